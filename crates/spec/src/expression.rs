//! Just enough of an expression's grammar to tell calls and literals from prose, in the languages that specs quote.
//!
//! Strings, brackets, names and numbers are recognised; nothing is evaluated. All positions are byte offsets into the text given.

use std::ops::Range;

/// How deep a literal may nest before it is taken for something else.
const DEPTH: usize = 64;

/// A call: `head` is the dotted name before the first parenthesis, `args` what those parentheses hold, `end` where the
/// expression ends, with what is called, indexed or named on its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) head: Range<usize>,
    pub(crate) args: Range<usize>,
    pub(crate) first_end: usize,
    pub(crate) end: usize,
}

const KEYWORDS: &[&str] = &[
    "and", "assert", "async", "await", "catch", "class", "def", "del", "elif", "else", "except",
    "fn", "for", "func", "function", "if", "in", "is", "lambda", "let", "match", "not", "or",
    "return", "switch", "throw", "while", "with", "yield",
];

/// The call that begins at `at`.
pub(crate) fn call_at(text: &str, at: usize) -> Option<Call> {
    let head_end = dotted_end(text, at)?;
    if text.as_bytes().get(head_end) != Some(&b'(') || KEYWORDS.contains(&&text[at..head_end]) {
        return None;
    }
    let first_end = group_end(text, head_end)?;
    Some(Call {
        head: at..head_end,
        args: head_end + 1..first_end - 1,
        first_end,
        end: tails_end(text, first_end),
    })
}

/// The end of the name that begins at `at`.
pub(crate) fn name_end(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    if !rest.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        return None;
    }
    Some(
        at + rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len()),
    )
}

/// The end of the dotted name (`a.b`, `a::b`) that begins at `at`.
pub(crate) fn dotted_end(text: &str, at: usize) -> Option<usize> {
    let mut end = name_end(text, at)?;
    loop {
        let rest = &text[end..];
        let step = if rest.starts_with("::") {
            2
        } else {
            usize::from(rest.starts_with('.'))
        };
        match name_end(text, end + step).filter(|_| step > 0) {
            Some(next) => end = next,
            None => return Some(end),
        }
    }
}

/// The end of the string literal that begins at `at`: triple quotes may hold line breaks, others not.
pub(crate) fn string_end(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let quote = *bytes.get(at).filter(|b| matches!(b, b'"' | b'\'' | b'`'))?;
    let triple =
        quote != b'`' && bytes.get(at + 1) == Some(&quote) && bytes.get(at + 2) == Some(&quote);
    let mut i = at + if triple { 3 } else { 1 };
    while let Some(byte) = bytes.get(i) {
        match *byte {
            b'\\' => i += 1,
            b if b == quote && !triple => return Some(i + 1),
            b if b == quote && bytes[i..].starts_with(&[quote; 3]) => return Some(i + 3),
            b'\n' | b'\r' if !triple && quote != b'`' => return None,
            _ => {}
        }
        i += 1;
    }
    None
}

/// The end of the bracketed group that begins at `at`, strings and inner groups skipped.
pub(crate) fn group_end(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut closers: Vec<u8> = Vec::new();
    let mut i = at;
    while let Some(byte) = bytes.get(i) {
        match *byte {
            b'(' => closers.push(b')'),
            b'[' => closers.push(b']'),
            b'{' => closers.push(b'}'),
            b'"' | b'\'' | b'`' => i = string_end(text, i)? - 1,
            b @ (b')' | b']' | b'}') if closers.pop() != Some(b) => return None,
            _ => {}
        }
        i += 1;
        if closers.is_empty() {
            return Some(i);
        }
    }
    None
}

/// The end of what follows an operand without space: `.name`, `(…)`, `[…]`, over and over.
pub(crate) fn tails_end(text: &str, at: usize) -> usize {
    let mut end = at;
    loop {
        let next = match text.as_bytes().get(end) {
            Some(b'(' | b'[') => group_end(text, end),
            Some(b'.') => name_end(text, end + 1),
            _ => None,
        };
        match next {
            Some(next) => end = next,
            None => return end,
        }
    }
}

/// The parts of `text[range]` between its outermost commas, without white space around them; none for a blank range.
pub(crate) fn split_commas(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut parts = Vec::new();
    let (mut from, mut i) = (range.start, range.start);
    while i < range.end {
        match bytes[i] {
            b'(' | b'[' | b'{' => i = group_end(text, i).map_or(range.end, |end| end - 1),
            b'"' | b'\'' | b'`' => i = string_end(text, i).map_or(range.end, |end| end - 1),
            b',' => {
                parts.push(trim_range(text, from..i));
                from = i + 1;
            }
            _ => {}
        }
        i += 1;
    }
    let last = trim_range(text, from..range.end);
    if !last.is_empty() {
        parts.push(last);
    }
    parts
}

/// Whether a source is several values with commas between them and nothing around them: `1, 2`.
pub fn is_row(source: &str) -> bool {
    let parts = split_commas(source, 0..source.len());
    let end = source.trim_end().len();
    parts.first().is_some_and(|first| first.end < end)
}

/// `range` without white space at its ends.
pub(crate) fn trim_range(text: &str, range: Range<usize>) -> Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + part.len() - part.trim_start().len();
    start..start + part.trim().len()
}

/// The first offset from `at` on that holds no white space.
pub(crate) fn skip_space(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    at + rest.len() - rest.trim_start().len()
}

/// Whether the whole of `text` is a literal value.
pub(crate) fn is_literal(text: &str) -> bool {
    let text = text.trim();
    literal_end(text, 0) == Some(text.len())
}

/// Whether the whole of `text` is a literal value and not a bare sequence such as `1, 2`.
pub(crate) fn is_operand(text: &str) -> bool {
    let text = text.trim();
    sum_end(text, 0, 0) == Some(text.len())
}

/// The end of the literal value that begins at `at`: strings, numbers, constants, collections of them, constructor calls,
/// arithmetic on them, and sequences with bare commas.
pub(crate) fn literal_end(text: &str, at: usize) -> Option<usize> {
    let mut end = sum_end(text, at, 0)?;
    loop {
        let comma = skip_space(text, end);
        if !text[comma..].starts_with(',') {
            return Some(end);
        }
        let Some(next) = sum_end(text, skip_space(text, comma + 1), 0) else {
            return Some(end);
        };
        let after = text[next..].trim_start();
        if ["->", "=>", "==", "→", "⇒"]
            .iter()
            .any(|arrow| after.starts_with(arrow))
        {
            return Some(end);
        }
        end = next;
    }
}

fn sum_end(text: &str, at: usize, depth: usize) -> Option<usize> {
    let mut end = operand_end(text, at, depth)?;
    loop {
        let rest = text[end..].trim_start_matches([' ', '\t']);
        let Some(operator) = ["**", "//", "+", "-", "*", "/", "%", "|", "&"]
            .iter()
            .find(|it| rest.starts_with(**it))
        else {
            return Some(end);
        };
        let next = skip_space(text, text.len() - rest.len() + operator.len());
        match operand_end(text, next, depth) {
            Some(it) => end = it,
            None => return Some(end),
        }
    }
}

fn operand_end(text: &str, at: usize, depth: usize) -> Option<usize> {
    if depth > DEPTH {
        return None;
    }
    let signed = at + usize::from(text.get(at..)?.starts_with(['-', '+', '&', '!']));
    let at = if signed > at {
        skip_space(text, signed)
    } else {
        at
    };
    let first = text[at..].chars().next()?;
    let end = match first {
        '"' | '\'' | '`' => strings_end(text, at)?,
        '0'..='9' => number_end(text, at)?,
        '.' => number_end(text, at)?,
        '(' | '[' | '{' => collection_end(text, at, depth)?,
        _ => named_end(text, at)?,
    };
    Some(tails_end(text, end))
}

/// Adjacent strings are one value.
fn strings_end(text: &str, at: usize) -> Option<usize> {
    let mut end = string_end(text, at)?;
    loop {
        let next = text.len() - text[end..].trim_start_matches([' ', '\t']).len();
        match string_end(text, next).filter(|_| !text[next..].starts_with('`')) {
            Some(it) => end = it,
            None => return Some(end),
        }
    }
}

fn number_end(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        from + bytes[from..]
            .iter()
            .take_while(|b| b.is_ascii_digit() || **b == b'_')
            .count()
    };
    let radix = ["0x", "0X", "0o", "0O", "0b", "0B"]
        .iter()
        .any(|it| text[at..].starts_with(it));
    if radix {
        let length = bytes[at + 2..]
            .iter()
            .take_while(|b| b.is_ascii_hexdigit() || **b == b'_')
            .count();
        return (length > 0).then_some(at + 2 + length);
    }
    let mut end = digits(at);
    if end - at > 1
        && text[at..end].starts_with('0')
        && text[at..end]
            .bytes()
            .any(|b| b.is_ascii_digit() && b != b'0')
    {
        return None;
    }
    if text[end..].starts_with('.') && digits(end + 1) > end + 1 {
        end = digits(end + 1);
    }
    if end == at {
        return None;
    }
    if text[end..].starts_with(['e', 'E']) {
        let sign = end + 1 + usize::from(text[end + 1..].starts_with(['+', '-']));
        end = if digits(sign) > sign {
            digits(sign)
        } else {
            end
        };
    }
    let suffix_end = name_end(text, end).unwrap_or(end);
    let suffix = &text[end..suffix_end];
    let typed = suffix
        .strip_prefix(['i', 'u', 'f'])
        .is_some_and(|it| ["8", "16", "32", "64", "128", "size"].contains(&it));
    (suffix.is_empty() || typed || ["j", "J", "n", "L", "m"].contains(&suffix))
        .then_some(suffix_end)
}

/// A bracketed group whose every part is a literal, with or without a key.
fn collection_end(text: &str, at: usize, depth: usize) -> Option<usize> {
    let end = group_end(text, at)?;
    let parts = split_commas(text, at + 1..end - 1);
    parts
        .into_iter()
        .all(|part| is_entry(&text[..part.end], part.start, depth))
        .then_some(end)
}

/// Whether `text` from `at` on is a literal or a key with one. Each byte is read once at each depth.
fn is_entry(text: &str, at: usize, depth: usize) -> bool {
    let first = sum_end(text, at, depth + 1);
    if first == Some(text.len()) {
        return true;
    }
    let Some(key_end) = first.or_else(|| name_end(text, at)) else {
        return false;
    };
    let Some(value) = text[skip_space(text, key_end)..].strip_prefix(':') else {
        return false;
    };
    let value = skip_space(text, text.len() - value.len());
    sum_end(text, value, depth + 1) == Some(text.len())
}

/// A constant, or a name that is called: `True`, `Color.RED`, `Decimal("1.5")`, `vec![1]`, `b"bytes"`.
fn named_end(text: &str, at: usize) -> Option<usize> {
    let end = dotted_end(text, at)?;
    let name = &text[at..end];
    match text.as_bytes().get(end) {
        Some(b'"' | b'\'') if name.len() <= 2 && name.chars().all(|c| "rbfuRBFU".contains(c)) => {
            strings_end(text, end)
        }
        Some(b'(' | b'[') if !KEYWORDS.contains(&name) => group_end(text, end),
        Some(b'!') if text[end + 1..].starts_with(['[', '(']) => group_end(text, end + 1),
        _ => is_constant(name).then_some(end),
    }
}

/// Whether a name stands for a fixed value: a language's constants, an enumeration's member, `MAX_SIZE`.
pub(crate) fn is_constant(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "True",
        "False",
        "None",
        "true",
        "false",
        "null",
        "nil",
        "undefined",
        "NaN",
        "Infinity",
        "inf",
        "nan",
        "Ellipsis",
        "NotImplemented",
    ];
    let is_capitals = |it: &str| {
        it.contains('_')
            && it.starts_with(char::is_uppercase)
            && it
                .chars()
                .all(|c| c.is_uppercase() || c.is_numeric() || c == '_')
    };
    let is_member = || {
        let (owner, member) = name
            .rsplit_once("::")
            .or_else(|| name.rsplit_once('.'))
            .unwrap_or_default();
        owner.starts_with(char::is_uppercase) && !member.is_empty()
    };
    NAMES.contains(&name) || is_capitals(name) || is_member()
}

/// Whether a name is by its form an exception's.
pub(crate) fn is_exception(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "StopIteration",
        "StopAsyncIteration",
        "KeyboardInterrupt",
        "SystemExit",
        "GeneratorExit",
    ];
    let last = name.rsplit(['.', ':']).next().unwrap_or(name);
    let by_suffix = ["Error", "Exception", "Warning"]
        .iter()
        .any(|it| last.ends_with(it));
    NAMES.contains(&last) || (by_suffix && last.starts_with(char::is_uppercase))
}

/// What a string literal stands for, with the common escapes resolved; `None` when the whole of `text` is no such literal.
pub(crate) fn unquoted(text: &str) -> Option<String> {
    let text = text.trim();
    if string_end(text, 0) != Some(text.len()) {
        return None;
    }
    let width = if text.len() >= 6 && (text.starts_with("\"\"\"") || text.starts_with("'''")) {
        3
    } else {
        1
    };
    let mut out = String::new();
    let mut chars = text[width..text.len() - width].chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\').1.then(|| chars.next()).flatten() {
            None => out.push(c),
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some(escaped @ ('\\' | '"' | '\'' | '`')) => out.push(escaped),
            Some(other) => out.extend(['\\', other]),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_literal(text: &str, expected: Option<&str>) {
        assert_eq!(
            literal_end(text, 0).map(|end| &text[..end]),
            expected,
            "{text}"
        );
    }

    #[test]
    fn literals_end_where_prose_begins() {
        for whole in [
            r#""a \" → b""#,
            "'it''s'",
            "-1.5e-3",
            "[1, 2, [3]]",
            r#"{"a": 1, 'b': [None]}"#,
            "{a: 1}",
            "()",
            "1, 2",
            "Decimal('1.5')",
            "set()",
            "Color.RED",
            "b'x'",
            "Some(\"x\")",
            "vec![1, 2]",
            "1 + 2j",
            "0xFF",
            "100_000u32",
            "\"\"\"a\nb\"\"\"",
            "&[1]",
            "MAX_SIZE",
            "\"a\" \"b\"",
        ] {
            check_literal(whole, Some(whole));
        }
        check_literal("\"a-b\" - a remark", Some("\"a-b\""));
        check_literal("3.", Some("3"));
        check_literal("2, f(2) → 3", Some("2"));
        check_literal("3, because", Some("3"));
        for none in [
            "config",
            "a-b",
            "an \"x\"",
            "200ms",
            "(an empty list)",
            "{x for x in y}",
            "[a, b]",
            "01",
            "",
            "\"open",
            "Spec",
            ".",
            "lambda(x)",
        ] {
            check_literal(none, None);
        }
    }

    #[test]
    fn literals_nested_too_deep_are_none() {
        check_literal(&("[".repeat(66) + &"]".repeat(66)), None);
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        check_literal(&deep, None);
        check_literal(&"[".repeat(100_000), None);
    }

    fn check_call(text: &str, expected: Option<(&str, &str)>) {
        let found = call_at(text, 0).map(|it| (&text[it.head], &text[..it.end]));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn calls_are_balanced_to_their_end() {
        check_call(
            "f(\"a → b)\", ')', (1)) → 2",
            Some(("f", "f(\"a → b)\", ')', (1))")),
        );
        check_call("a.b::c(1).d[0](2) x", Some(("a.b::c", "a.b::c(1).d[0](2)")));
        check_call("größe('ä')", Some(("größe", "größe('ä')")));
        for none in [
            "f (1)", "f(1", "f(1]", "1f()", "if(x)", "f(\"x)", "f(don't)", "f", "", "(1)",
        ] {
            check_call(none, None);
        }
    }

    #[test]
    fn strings_are_unquoted() {
        assert_eq!(unquoted(r#""a\n\"b\"\d""#).as_deref(), Some("a\n\"b\"\\d"));
        assert_eq!(unquoted("'''x'''").as_deref(), Some("x"));
        assert_eq!(unquoted("''").as_deref(), Some(""));
        assert_eq!(unquoted("a"), None);
    }
}
