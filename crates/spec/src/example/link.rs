//! What stands between a call and what is expected of it, and the expectation after it.

use super::Expect;
use crate::expression::{dotted_end, group_end, is_exception, literal_end, skip_space, unquoted};
use crate::inline::CodeSpan;

/// What is promised of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    Value,
    Raises,
    Prints,
}

const ARROWS: &[&str] = &[
    "-->", "==>", "===", "->", "=>", "==", "→", "⇒", "➜", "➞", "➔", "⟶", "⟹", "⇨", "↦", "=",
];
const MODALS: &[&str] = &["should", "must", "shall", "will", "to"];
const FILLERS: &[&str] = &[
    "exactly",
    "the",
    "a",
    "an",
    "string",
    "list",
    "value",
    "number",
    "tuple",
    "text",
    "to",
    "with",
    "of",
    "type",
    "exception",
    "error",
];
/// The longest word of those that make a link.
const WORD_MAX: usize = 9;

fn verb(word: &str) -> Option<Link> {
    match word {
        "returns" | "return" | "gives" | "give" | "yields" | "yield" | "produces" | "produce"
        | "equals" | "equal" | "is" | "be" | "becomes" | "evaluates" | "evaluate" => {
            Some(Link::Value)
        }
        "raises" | "raise" | "throws" | "throw" | "fails" | "fail" => Some(Link::Raises),
        "prints" | "print" | "outputs" | "output" | "writes" => Some(Link::Prints),
        _ => None,
    }
}

/// A link found: what it promises, where it ends, and whether it is an arrow, which is rarely meant otherwise.
#[derive(Clone, Copy, Debug)]
pub(super) struct LinkFound {
    pub(super) link: Link,
    pub(super) end: usize,
    pub(super) is_arrow: bool,
}

/// The link that begins at `at`.
pub(super) fn link_at(text: &str, at: usize) -> Option<LinkFound> {
    let start = skip_space(text, at);
    let arrow = ARROWS
        .iter()
        .find(|it| text[start..].starts_with(**it))
        .map(|it| start + it.len());
    let (mut at, mut link) = (arrow.unwrap_or(start), arrow.map(|_| Link::Value));
    while let Some((word, end)) = word_at(text, at) {
        match verb(&word) {
            Some(found) => link = Some(found),
            None if arrow.is_none() && link.is_none() && MODALS.contains(&word.as_str()) => {}
            None if link.is_some() && FILLERS.contains(&word.as_str()) => {}
            None => break,
        }
        at = end;
    }
    link.map(|link| LinkFound {
        link,
        end: at,
        is_arrow: arrow.is_some(),
    })
}

/// The lower-case word after white space, only where a space or the end of the text follows it.
fn word_at(text: &str, at: usize) -> Option<(String, usize)> {
    let start = skip_space(text, at);
    let rest = &text[start..];
    let length = rest
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(rest.len());
    let follows = rest[length..]
        .chars()
        .next()
        .is_none_or(|c| c.is_whitespace() || c == '`');
    (length > 0 && length <= WORD_MAX && follows)
        .then(|| (rest[..length].to_lowercase(), start + length))
}

/// The expectation that begins at `at`, and where it ends. `code` are the code spans of `text`; none inside code.
pub(super) fn expectation_at(
    text: &str,
    at: usize,
    link: Link,
    code: &[CodeSpan],
) -> Option<(Expect, usize)> {
    let start = skip_space(text, at);
    let span = code
        .binary_search_by_key(&start, |span| span.outer.start)
        .ok()
        .map(|i| &code[i])
        .filter(|span| span.outer.end <= text.len());
    if let Some(span) = span {
        let expect = in_code(text[span.inner.clone()].trim(), link)?;
        return Some((expect, span.outer.end));
    }
    let (expect, end) = bare(text, start, link)?;
    Some((expect, end))
}

/// The expectation that the whole of a code span's content is.
pub(super) fn in_code(text: &str, link: Link) -> Option<Expect> {
    if link == Link::Prints {
        return Some(Expect::Output(
            unquoted(text).unwrap_or_else(|| text.to_owned()),
        ));
    }
    let found = link_at(text, 0).filter(|it| it.link == Link::Raises);
    let (at, link) = found.map_or((0, link), |it| (it.end, Link::Raises));
    let (expect, end) = bare(text, skip_space(text, at), link)?;
    let is_message = matches!(expect, Expect::Raises(_)) && text[end..].starts_with(':');
    (is_end(&text[end..]) || is_message).then_some(expect)
}

fn bare(text: &str, at: usize, link: Link) -> Option<(Expect, usize)> {
    match link {
        Link::Value => exception(text, at, is_exception).or_else(|| value(text, at)),
        Link::Raises => exception(text, at, |name| {
            is_exception(name) || name.rsplit(['.', ':']).next().is_some_and(is_type_name)
        }),
        Link::Prints => {
            let end = literal_end(text, at)?;
            Some((Expect::Output(unquoted(&text[at..end])?), end))
        }
    }
}

fn value(text: &str, at: usize) -> Option<(Expect, usize)> {
    if let Some((empty, end)) = empty(text, at) {
        return Some((Expect::Value(empty.to_owned()), end));
    }
    let end = literal_end(text, at)?;
    let source = text[at..end].trim();
    let value = ungrouped(source).unwrap_or_else(|| source.to_owned());
    Some((Expect::Value(value), end))
}

/// `empty list` and the like in words.
fn empty(text: &str, at: usize) -> Option<(&'static str, usize)> {
    const KINDS: &[(&str, &str)] = &[
        ("list", "[]"),
        ("array", "[]"),
        ("string", "\"\""),
        ("dictionary", "{}"),
        ("dict", "{}"),
        ("object", "{}"),
    ];
    let rest = text[at..].strip_prefix("empty ")?;
    let (kind, value) = KINDS.iter().find(|it| rest.starts_with(it.0))?;
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let after = &rest[kind.len()..];
    (!after.starts_with(is_word)).then(|| (*value, text.len() - after.len()))
}

/// A number without the commas between its groups of three digits, where it has some: `1,000`.
fn ungrouped(source: &str) -> Option<String> {
    let digits = source.strip_prefix('-').unwrap_or(source);
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let is_number = |it: &str| !it.is_empty() && it.bytes().all(|b| b.is_ascii_digit());
    let is_grouped = whole.contains(',')
        && is_number(first)
        && first.len() <= 3
        && !first.starts_with('0')
        && groups.all(|it| it.len() == 3 && is_number(it))
        && (rest.is_empty() || is_number(&rest[1..]));
    is_grouped.then(|| source.replace(',', ""))
}

fn exception(text: &str, at: usize, is_name: impl Fn(&str) -> bool) -> Option<(Expect, usize)> {
    let end = dotted_end(text, at)?;
    let name = &text[at..end];
    if !is_name(name) {
        return None;
    }
    let after = if text[end..].starts_with('(') {
        group_end(text, end)?
    } else {
        end
    };
    Some((Expect::Raises(name.to_owned()), after))
}

/// `NotFound`, but not the first word of a sentence.
fn is_type_name(name: &str) -> bool {
    name.starts_with(char::is_uppercase)
        && name.chars().skip(1).any(char::is_uppercase)
        && name.chars().any(char::is_lowercase)
}

/// Whether code ends here, but for a comment.
pub(super) fn is_end(rest: &str) -> bool {
    let rest = rest.trim();
    rest.is_empty() || rest == ";" || rest.starts_with('#') || rest.starts_with("//")
}

/// Whether what follows an expectation in prose is a remark about it, and not the rest of a sentence that only resembled an example.
pub(super) fn is_remark(rest: &str, expect: &Expect) -> bool {
    const WORDS: &[&str] = &[
        "because", "since", "as", "when", "if", "for", "and", "but", "not", "with", "after",
        "before", "even", "though", "on", "in", "or", "unless",
    ];
    let trimmed = rest.trim_start().trim_start_matches(['*', '_']);
    let Some(first) = trimmed.chars().next() else {
        return true;
    };
    if "#(,;.:!—–|".contains(first)
        || trimmed.starts_with("//")
        || trimmed.starts_with("- ")
        || trimmed.starts_with("--")
    {
        return true;
    }
    let is_distinct = match expect {
        Expect::Value(value) => value.ends_with(['"', '\'', '`', ']', '}', ')']),
        Expect::Raises(_) | Expect::Output(_) | Expect::Exits(_) => true,
    };
    let word = trimmed
        .split(|c: char| !c.is_alphabetic())
        .next()
        .unwrap_or_default();
    rest.starts_with(char::is_whitespace)
        && (is_distinct && first.is_alphabetic() || WORDS.contains(&word.to_lowercase().as_str()))
}
