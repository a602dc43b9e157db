//! Secrets taken out of text: before a model sees it, before it is logged, before it is kept.
//!
//! Three kinds of secrets are found: those that have a known form (keys of providers, private keys, web tokens,
//! passwords in addresses), values that stand behind a name such as `password`, and values that were learnt from
//! an environment file. Each becomes a marker that says what it was and nothing of its value, so the same text
//! always becomes the same text. The time is linear in the length of the text.

mod assigned;
mod forms;

use std::borrow::Cow;
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

/// Shortest value of an environment file that is taken for a secret, in bytes; behind a telling name.
const NAMED_MIN: usize = 4;
/// The same behind any name.
const VALUE_MIN: usize = 8;

/// Finds secrets. Cheap to make without learnt values; with them, make it once.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    values: Vec<String>,
    known: Option<AhoCorasick>,
}

/// A secret in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// Where it stands, in bytes.
    pub range: Range<usize>,
    /// What it is, as in `aws-access-key`.
    pub kind: &'static str,
}

impl Redactor {
    /// One that knows the secrets of these environment files too, given as their text.
    pub fn with_environment<'t>(files: impl IntoIterator<Item = &'t str>) -> Redactor {
        Redactor::of(files, [])
    }

    /// The same, with the variables of a process, of which those count whose names speak of secrets.
    pub fn of<'t>(
        files: impl IntoIterator<Item = &'t str>,
        variables: impl IntoIterator<Item = (&'t str, &'t str)>,
    ) -> Redactor {
        let of_files = files
            .into_iter()
            .flat_map(assigned::environment)
            .filter(|(name, value)| is_worth_keeping(name, value));
        let is_secret = |(name, value): &(&str, &str)| {
            assigned::is_key(name) && value.len() >= VALUE_MIN && !assigned::is_placeholder(value)
        };
        let of_process = variables
            .into_iter()
            .filter(is_secret)
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut values: Vec<String> = of_files
            .chain(of_process)
            .flat_map(|(_, value)| spellings(value))
            .collect();
        values.sort();
        values.dedup();
        let known = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&values)
            .ok()
            .filter(|_| !values.is_empty());
        Redactor { values, known }
    }

    /// How many markers of secrets that were taken out a text holds.
    pub fn markers(text: &[u8]) -> usize {
        const BEGIN: &[u8] = b"[redacted ";
        let after = |at: usize| {
            let kind = &text[at + BEGIN.len()..];
            let end = kind.iter().take(40).position(|it| *it == b']');
            end.is_some_and(|end| {
                let letters = |it: &u8| it.is_ascii_lowercase() || *it == b'-';
                end > 0 && kind[..end].iter().all(letters)
            })
        };
        memchr_all(text, BEGIN).filter(|at| after(*at)).count()
    }

    /// How many values were learnt.
    pub fn learnt(&self) -> usize {
        self.values.len()
    }

    /// The secrets of a text, in order, none inside another.
    pub fn find(&self, text: &str) -> Vec<Secret> {
        let mut found = forms::find(text);
        found.extend(assigned::find(text));
        if let Some(known) = &self.known {
            found.extend(known.find_iter(text).map(|it| Secret {
                range: it.range(),
                kind: "environment-value",
            }));
        }
        found.sort_by_key(|it| (it.range.start, usize::MAX - it.range.end));
        // Of two that overlap the first is kept, and reaches as far as either.
        found.dedup_by(|next, kept| {
            let overlaps = next.range.start < kept.range.end;
            if overlaps {
                kept.range.end = kept.range.end.max(next.range.end);
            }
            overlaps
        });
        found
    }

    /// The text with a marker in place of each secret.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let found = self.find(text);
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for secret in found {
            out.push_str(&text[at..secret.range.start]);
            out.push_str("[redacted ");
            out.push_str(secret.kind);
            out.push(']');
            at = secret.range.end;
        }
        out.push_str(&text[at..]);
        Cow::Owned(out)
    }
}

/// Where `wanted` stands in a text.
fn memchr_all<'t>(text: &'t [u8], wanted: &'t [u8]) -> impl Iterator<Item = usize> + 't {
    let windows = text.windows(wanted.len()).enumerate();
    windows
        .filter(move |(_, it)| *it == wanted)
        .map(|(at, _)| at)
}

/// Shortest line of a value of several lines that is taken for a secret by itself, in bytes.
const LINE_MIN: usize = 12;

/// A value as it may stand in a text: as it is, as JSON writes it, and line by line.
fn spellings(value: String) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    if value.contains('\n') {
        let lines = value.lines().map(str::trim);
        all.extend(
            lines
                .filter(|it| it.len() >= LINE_MIN && !it.starts_with("-----"))
                .map(str::to_owned),
        );
    }
    let escaped = value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
        .replace('\r', "\\r")
        .replace('\t', "\\t");
    if escaped != value {
        all.push(escaped);
    }
    all.push(value);
    all
}

/// Whether a value of an environment file is one that must not be seen: not a switch, a number, a word or a
/// plain address.
fn is_worth_keeping(name: &str, value: &str) -> bool {
    if assigned::is_telling(name) {
        return value.len() >= NAMED_MIN && !assigned::is_placeholder(value);
    }
    let plain = |c: char| c.is_ascii_lowercase() || "-_./:".contains(c);
    value.len() >= VALUE_MIN
        && !value.chars().all(plain)
        && !value.bytes().all(|it| it.is_ascii_digit() || it == b'.')
        && !is_plain_address(value)
}

/// An address in which nobody's password stands.
fn is_plain_address(value: &str) -> bool {
    value.contains("://") && !value.contains(['@', '?'])
}

#[cfg(test)]
mod tests;
