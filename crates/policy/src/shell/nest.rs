//! Where what was opened is closed: the ends of substitutions and quotes, nested in each other.

use std::cell::RefCell;

/// How deeply the ends of substitutions are looked for.
const DEPTH_MAX: usize = 60;

/// The place of the `)` that closes a command substitution whose inside begins at `from`.
pub(crate) fn end_of_command(chars: &[char], from: usize) -> Option<usize> {
    Scan::of(chars).command(from)
}

/// The place of the `}` that closes a parameter expansion whose inside begins at `from`.
pub(crate) fn end_of_braces(chars: &[char], from: usize) -> Option<usize> {
    Scan::of(chars).until(from, '}')
}

/// The place of the `]` that closes old arithmetic whose inside begins at `from`.
pub(crate) fn end_of_brackets(chars: &[char], from: usize) -> Option<usize> {
    Scan::of(chars).until(from, ']')
}

/// The place of the `"` that closes a string whose inside begins at `from`.
pub(crate) fn end_of_double_quotes(chars: &[char], from: usize) -> Option<usize> {
    Scan::of(chars).double_quotes(from)
}

/// The place of the backtick that closes a substitution whose inside begins at `from`.
pub(crate) fn end_of_backticks(chars: &[char], from: usize) -> Option<usize> {
    let mut at = from;
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            '`' => return Some(at),
            _ => at += 1,
        }
    }
    None
}

/// The place behind the quote, substitution or character that stands at `at`; the end where it is never closed.
pub(crate) fn behind(chars: &[char], at: usize) -> usize {
    let scan = Scan::of(chars);
    scan.skip(at, false).unwrap_or(chars.len()).min(chars.len())
}

/// The text with a `(` before every pattern of `case` that has none, and a `;` behind every `esac` before a `)`.
///
/// The parser's tokenizer ends a substitution or group at the `)` of a pattern, and its grammar takes `esac )` for
/// a pattern.
pub(crate) fn with_balanced_cases(text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    chars.push(')');
    let patterns = RefCell::new(Vec::new());
    let scan = Scan {
        chars: &chars,
        depth: 0,
        patterns: Some(&patterns),
    };
    scan.command(0);
    chars.pop();
    let mut places = patterns.into_inner();
    places.sort_unstable();
    places.dedup();
    let mut out = String::with_capacity(text.len() + places.len());
    let mut places = places.into_iter().peekable();
    for (at, c) in chars.iter().enumerate() {
        while let Some((_, sign)) = places.next_if(|(place, _)| *place == at) {
            out.push(sign);
        }
        out.push(*c);
    }
    out
}

struct Scan<'a> {
    chars: &'a [char],
    depth: usize,
    /// What is missing around patterns of `case`, and where, if that is wanted.
    patterns: Option<&'a RefCell<Vec<(usize, char)>>>,
}

/// What a `)` may close.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Paren,
    Case,
}

impl<'a> Scan<'a> {
    fn of(chars: &'a [char]) -> Scan<'a> {
        Scan {
            chars,
            depth: 0,
            patterns: None,
        }
    }

    fn deeper(&self) -> Option<Scan<'a>> {
        (self.depth < DEPTH_MAX).then_some(Scan {
            chars: self.chars,
            depth: self.depth + 1,
            patterns: self.patterns,
        })
    }

    /// Notes that a pattern of `case` ended; it began behind the last `in` or `;;`.
    fn pattern_ended(&self, began: usize) {
        if let Some(patterns) = self.patterns {
            patterns.borrow_mut().push((began, '('));
        }
    }

    /// Notes that an `esac` ended before `at`.
    fn case_ended(&self, at: usize) {
        if let Some(patterns) = self.patterns {
            patterns.borrow_mut().push((at, ';'));
        }
    }

    /// Behind whatever quote or expansion begins at `at`; `None` if it has no end.
    fn skip(&self, at: usize, in_quotes: bool) -> Option<usize> {
        let next = self.chars.get(at + 1).copied();
        match (self.chars[at], next) {
            ('\\', _) => Some(at + 2),
            ('\'', _) if !in_quotes => {
                let end = (at + 1..self.chars.len()).find(|&i| self.chars[i] == '\'')?;
                Some(end + 1)
            }
            ('"', _) if !in_quotes => Some(self.deeper()?.double_quotes(at + 1)? + 1),
            ('`', _) => Some(end_of_backticks(self.chars, at + 1)? + 1),
            ('$', Some('\'')) if !in_quotes => {
                let mut i = at + 2;
                while *self.chars.get(i)? != '\'' {
                    i += if self.chars[i] == '\\' { 2 } else { 1 };
                }
                Some(i + 1)
            }
            ('$', Some('(')) => Some(self.deeper()?.command(at + 2)? + 1),
            ('$', Some('{')) => Some(self.deeper()?.until(at + 2, '}')? + 1),
            _ => Some(at + 1),
        }
    }

    fn double_quotes(&self, from: usize) -> Option<usize> {
        let mut at = from;
        while at < self.chars.len() {
            if self.chars[at] == '"' {
                return Some(at);
            }
            at = self.skip(at, true)?;
        }
        None
    }

    fn until(&self, from: usize, close: char) -> Option<usize> {
        let mut at = from;
        while at < self.chars.len() {
            if self.chars[at] == close {
                return Some(at);
            }
            at = self.skip(at, false)?;
        }
        None
    }

    fn command(&self, from: usize) -> Option<usize> {
        let mut open = vec![Open::Paren];
        let mut at = from;
        let mut begins_command = true;
        let mut here_docs: Vec<(String, bool)> = Vec::new();
        let mut pattern_from = from;
        while at < self.chars.len() {
            let c = self.chars[at];
            let at_word_start = at == from || is_break(self.chars[at - 1]);
            match c {
                '\n' => {
                    at = self.skip_bodies(at + 1, &mut here_docs);
                    begins_command = true;
                    continue;
                }
                '#' if at_word_start => {
                    at = (at..self.chars.len())
                        .find(|&i| self.chars[i] == '\n')
                        .unwrap_or(self.chars.len());
                    continue;
                }
                ';' | '&' | '|' => {
                    begins_command = true;
                    pattern_from = at + 1;
                }
                '(' => {
                    open.push(Open::Paren);
                    begins_command = true;
                }
                ')' => {
                    if open.last() == Some(&Open::Paren) {
                        open.pop();
                        if open.is_empty() {
                            return Some(at);
                        }
                    } else {
                        self.pattern_ended(pattern_from);
                    }
                    begins_command = true;
                }
                '<' if self.chars.get(at + 1) == Some(&'<')
                    && self.chars.get(at + 2) != Some(&'<')
                    && (at == 0 || self.chars[at - 1] != '<') =>
                {
                    at = self.here_doc(at + 2, &mut here_docs)?;
                    continue;
                }
                c if at_word_start && c.is_ascii_alphabetic() => {
                    let end = self.word_end(at);
                    let depth = open.len();
                    begins_command = word(&self.chars[at..end], begins_command, &mut open);
                    let next = self.chars[end..].iter().find(|c| !c.is_whitespace());
                    if open.len() < depth && next == Some(&')') && end + 1 < self.chars.len() {
                        self.case_ended(end);
                    }
                    if self.chars[at..end] == ['i', 'n'] && open.last() == Some(&Open::Case) {
                        pattern_from = end;
                    }
                    at = if end == at { at + 1 } else { end };
                    continue;
                }
                c if c.is_whitespace() => {}
                '{' | '!' if at_word_start => {}
                _ => begins_command = false,
            }
            at = self.skip(at, false)?;
        }
        None
    }

    fn word_end(&self, from: usize) -> usize {
        (from..self.chars.len())
            .find(|&i| !self.chars[i].is_ascii_alphanumeric())
            .unwrap_or(self.chars.len())
    }

    /// Notes the delimiter of a here-document; gives the place behind it.
    fn here_doc(&self, from: usize, pending: &mut Vec<(String, bool)>) -> Option<usize> {
        let strip = self.chars.get(from) == Some(&'-');
        let mut at = from + usize::from(strip);
        while self.chars.get(at).is_some_and(|c| *c == ' ' || *c == '\t') {
            at += 1;
        }
        let start = at;
        while at < self.chars.len() && !is_break(self.chars[at]) {
            at = self.skip(at, false)?;
        }
        let end = at.min(self.chars.len());
        let delimiter = self.chars[start.min(end)..end]
            .iter()
            .filter(|c| !"'\"\\".contains(**c))
            .collect();
        pending.push((delimiter, strip));
        Some(at)
    }

    fn skip_bodies(&self, from: usize, pending: &mut Vec<(String, bool)>) -> usize {
        let mut at = from;
        for (delimiter, strip) in pending.drain(..) {
            while at < self.chars.len() {
                let end = (at..self.chars.len())
                    .find(|&i| self.chars[i] == '\n')
                    .unwrap_or(self.chars.len());
                let line: String = self.chars[at..end].iter().collect();
                let line = if strip {
                    line.trim_start_matches('\t')
                } else {
                    line.as_str()
                };
                at = end + 1;
                if line == delimiter {
                    break;
                }
            }
        }
        at.min(self.chars.len())
    }
}

/// What a word does to what is open; whether the next word may begin a command.
fn word(word: &[char], begins_command: bool, open: &mut Vec<Open>) -> bool {
    if !begins_command {
        return false;
    }
    let word: String = word.iter().collect();
    match word.as_str() {
        "case" => open.push(Open::Case),
        "esac" if open.last() == Some(&Open::Case) => {
            open.pop();
        }
        "do" | "then" | "else" | "elif" | "if" | "while" | "until" | "time" => return true,
        _ => {}
    }
    false
}

fn is_break(c: char) -> bool {
    c.is_whitespace() || ";&|()<>".contains(c)
}
