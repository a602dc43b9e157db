//! Secrets that are known by the name in front of them, and the values of environment files.

use super::Secret;

/// Words that a name has when its value is a secret.
const TELLING: [&str; 14] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "api_key",
    "api-key",
    "accesskey",
    "access_key",
    "access-key",
    "private_key",
    "privatekey",
    "credential",
];

/// Words that a name has when its value only speaks of secrets.
const HARMLESS: [&str; 11] = [
    "tokenizer",
    "tokens",
    "token_count",
    "max_token",
    "token_limit",
    "token_type",
    "token_url",
    "secret_name",
    "password_field",
    "tokenise",
    "tokenize",
];

/// Shortest value that is taken for a secret, in bytes.
const MIN: usize = 10;
/// Longest one that is looked at.
const MAX: usize = 512;
/// Longest name that is looked at.
const NAME_MAX: usize = 64;

/// Whether a name says that its value is a secret.
pub(super) fn is_telling(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let short =
        || name == "pwd" || name == "pass" || name.ends_with("_pass") || name.ends_with("_pwd");
    (TELLING.iter().any(|it| name.contains(it)) || short())
        && !HARMLESS.iter().any(|it| name.contains(it))
}

/// Whether the name of a process's variable says that its value is a secret.
pub(super) fn is_key(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    is_telling(&name) || name == "KEY" || name.ends_with("_KEY") || name.ends_with("_KEYS")
}

/// Whether a value only stands where a secret is to be put.
pub(super) fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let first = lower.chars().next();
    value.starts_with(['$', '{', '<', '%', '[', '*'])
        || lower.chars().all(|c| Some(c) == first)
        || [
            "example",
            "changeme",
            "change_me",
            "your_",
            "your-",
            "placeholder",
            "redacted",
            "dummy",
            "xxxx",
        ]
        .iter()
        .any(|it| lower.contains(it))
}

/// Values behind telling names, in quotes or up to the end of their word.
pub(super) fn find(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !is_name_byte(bytes[at]) {
            at += 1;
            continue;
        }
        let length = bytes[at..]
            .iter()
            .take_while(|it| is_name_byte(**it))
            .count();
        let name = &bytes[at..at + length];
        at += length;
        if length > NAME_MAX || !std::str::from_utf8(name).is_ok_and(is_telling) {
            continue;
        }
        if let Some((from, to, quoted)) = value_after(bytes, at) {
            let value = text.get(from..to);
            if value.is_some_and(|it| is_secret(it, quoted)) {
                found.push(Secret {
                    range: from..to,
                    kind: "assigned-secret",
                });
                at = to;
            }
        }
    }
    found
}

fn is_name_byte(it: u8) -> bool {
    it.is_ascii_alphanumeric() || it == b'_' || it == b'-'
}

/// Where the value stands that is given to the name which ends at `at`, and whether in quotes.
fn value_after(bytes: &[u8], mut at: usize) -> Option<(usize, usize, bool)> {
    let peek = |at: usize| bytes.get(at).copied();
    // A key of JSON closes its quotes first; inside JSON they may be written out.
    if peek(at) == Some(b'\\') {
        at += 1;
    }
    if matches!(peek(at), Some(b'"' | b'\'')) {
        at += 1;
    }
    let skip = |mut at: usize| {
        while matches!(peek(at), Some(b' ' | b'\t')) {
            at += 1;
        }
        at
    };
    at = skip(at);
    match (peek(at), peek(at + 1)) {
        (Some(b'='), Some(b'=')) => return None,
        (Some(b':'), Some(b'=')) | (Some(b'='), Some(b'>')) => at += 2,
        (Some(b'=' | b':'), _) => at += 1,
        _ => return None,
    }
    at = skip(at);
    if peek(at) == Some(b'\\') {
        at += 1;
    }
    let quote = peek(at).filter(|it| matches!(it, b'"' | b'\'' | b'`'));
    let from = at + usize::from(quote.is_some());
    let ends = |it: &u8| match quote {
        Some(quote) => *it == quote || *it == b'\\' || *it == b'\n',
        None => it.is_ascii_whitespace() || b"\"'`\\,;)}]".contains(it),
    };
    let window = bytes.get(from..(from + MAX).min(bytes.len()))?;
    let length = match window.iter().position(ends) {
        Some(length) => length,
        // A longer one is only followed to its end when its beginning is a secret: no text takes long.
        None => match std::str::from_utf8(without_torn_end(window)) {
            Ok(begin) if is_secret(begin, quote.is_some()) => {
                let rest = bytes.get(from..)?;
                rest.iter().position(ends).unwrap_or(rest.len())
            }
            _ => window.len(),
        },
    };
    Some((from, from + length, quote.is_some()))
}

/// The bytes without a character at their end that was cut in two.
fn without_torn_end(bytes: &[u8]) -> &[u8] {
    let torn = bytes.iter().rev().take(3);
    let torn = torn.take_while(|it| **it >= 0x80).count();
    &bytes[..bytes.len() - torn]
}

/// Whether a value looks like a secret and not like code, a word or a sentence.
fn is_secret(value: &str, quoted: bool) -> bool {
    let has = |fits: fn(&char) -> bool| value.chars().any(|c| fits(&c));
    let code = "(){}<>$".chars().any(|c| value.contains(c));
    let varied = has(char::is_ascii_digit) && has(|c| c.is_ascii_alphabetic());
    let path =
        !quoted && (value.contains('.') && value.contains('_')) && !has(char::is_ascii_digit);
    value.len() >= MIN && !code && varied && !path && !value.contains(' ') && !is_placeholder(value)
}

/// Names and values of an environment file. A value in quotes may go on over several lines.
pub(super) fn environment(text: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let begin = rest;
        rest = after;
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        if line.starts_with('#') {
            continue;
        }
        let Some((name, value)) = line.split_once('=') else {
            continue;
        };
        let value = value.trim();
        let value = match value.chars().next().filter(|it| "\"'`".contains(*it)) {
            None => value.split(" #").next().unwrap_or_default().trim_end(),
            Some(quote) => match value[1..].split_once(quote) {
                Some((value, _)) => value,
                None => {
                    let from = begin.find(quote).map_or(begin.len(), |at| at + 1);
                    match begin[from..].split_once(quote) {
                        Some((value, after)) => {
                            rest = after.split_once('\n').map_or("", |it| it.1);
                            value
                        }
                        None => &value[1..],
                    }
                }
            },
        };
        pairs.push((name.trim().to_owned(), value.to_owned()));
    }
    pairs
}
