//! A condition's text as tokens.

use std::ops::Range;

use super::Fault;
use crate::diagnostic::Code;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Word(String),
    Number(f64),
    Text(String),
    /// `==`, `(`, `,` and their like.
    Mark(&'static str),
}

pub(super) type Placed = (Token, Range<usize>);

/// Longest first.
const MARKS: [&str; 11] = ["==", "!=", "<=", ">=", "<", ">", "(", ")", "[", "]", ","];

/// What people write in other languages, and what it is here.
const MEANT: [(&str, &str); 4] = [("&&", "and"), ("||", "or"), ("=", "=="), ("!", "not")];

pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, Fault> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let (token, length) = match c {
            _ if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '#' => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            '"' | '\'' => string(rest, c, at)?,
            '0'..='9' | '-' => number(rest, at)?,
            _ if c.is_alphabetic() || c == '_' => {
                let length = rest
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(rest.len());
                (Token::Word(rest[..length].to_owned()), length)
            }
            _ => mark(rest, c, at)?,
        };
        found.push((token, at..at + length));
        at += length;
    }
    Ok(found)
}

fn mark(rest: &str, c: char, at: usize) -> Result<(Token, usize), Fault> {
    if let Some(mark) = MARKS.iter().find(|it| rest.starts_with(**it)) {
        return Ok((Token::Mark(mark), mark.len()));
    }
    let meant = MEANT.iter().find(|it| rest.starts_with(it.0));
    Err(match meant {
        Some((written, meant)) => Fault::new(
            Code::ConditionSyntax,
            at..at + written.len(),
            format!("write `{meant}` instead of `{written}`"),
        ),
        None => Fault::new(
            Code::ConditionSyntax,
            at..at + c.len_utf8(),
            format!(
                "`{}` says nothing in a condition",
                change::visible(&c.to_string())
            ),
        ),
    })
}

fn string(rest: &str, quote: char, at: usize) -> Result<(Token, usize), Fault> {
    let mut text = String::new();
    let mut letters = rest.char_indices().skip(1);
    while let Some((offset, c)) = letters.next() {
        match c {
            _ if c == quote => return Ok((Token::Text(text), offset + 1)),
            '\\' => match letters.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, 't')) => text.push('\t'),
                Some((_, other)) => text.push(other),
                None => break,
            },
            _ => text.push(c),
        }
    }
    let why = format!("the text does not end; put a {quote} behind it");
    Err(Fault::new(Code::ConditionSyntax, at..at + rest.len(), why))
}

fn number(rest: &str, at: usize) -> Result<(Token, usize), Fault> {
    let body = rest.strip_prefix('-').unwrap_or(rest);
    let length = body
        .find(|c: char| !c.is_alphanumeric() && c != '.' && c != '_')
        .unwrap_or(body.len());
    let written = &rest[..length + (rest.len() - body.len())];
    let plain = |c: char| c.is_ascii_digit() || c == '.' || c == '-';
    let number = written
        .parse::<f64>()
        .ok()
        .filter(|it| it.is_finite() && written.chars().all(plain));
    match number {
        Some(number) => Ok((Token::Number(number), written.len())),
        None => Err(Fault::new(
            Code::ConditionSyntax,
            at..at + written.len().max(1),
            "this is no number; write digits, such as 10 or 1.5",
        )),
    }
}
