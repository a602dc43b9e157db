//! Rust: integration tests from examples.
//!
//! Values are compared by what `Debug` says of them, so that `String` and `&str`, `Vec` and arrays are alike and
//! expected values need no types.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use spec::{Example, Expect, is_row};

use super::{Source, Subject, Test, is_float, one_line, test, test_words};

const CHECK: &str = r#"
#[track_caller]
fn check(actual: impl std::fmt::Debug, expected: impl std::fmt::Debug) {
    let (actual, expected) = (format!("{actual:?}"), format!("{expected:?}"));
    assert!(actual == expected, "expected {expected}, got {actual}");
}
"#;

const NEAR: &str = r#"
#[track_caller]
fn check_near(actual: impl Into<f64>, expected: f64) {
    let actual: f64 = actual.into();
    let limit = 1e-7 * expected.abs().max(1.0);
    let is_near = (actual - expected).abs() <= limit;
    assert!(is_near, "expected {expected}, got {actual}");
}
"#;

/// The text of an integration test of the package `package`, and its tests.
pub(super) fn compile(source: &Source<'_>, package: &str) -> (String, Vec<Test>) {
    let nears = source.expects(|it| matches!(it, Expect::Value(value) if is_float(value)));
    let checks = source.expects(|it| matches!(it, Expect::Value(value) if !is_float(value)));
    let mut text = String::new();
    for line in source.header().lines() {
        let _ = writeln!(text, "{}", format!("//! {line}").trim_end());
    }
    text.push_str("\n#![allow(unused_must_use, unused_mut)]\n\n");
    for (file, names) in source.names() {
        let names: Vec<&str> = names.into_iter().collect();
        let names = match names.as_slice() {
            [only] => (*only).to_owned(),
            several => format!("{{{}}}", several.join(", ")),
        };
        let _ = writeln!(text, "use {};", path_of(package, file, &names));
    }
    for (wanted, helper) in [(checks, CHECK), (nears, NEAR)] {
        if wanted {
            text.push_str(helper);
        }
    }
    let mut tests = Vec::new();
    for (example, subject) in &source.placed {
        let name = test_words(&example.id.to_string());
        text.push_str(&body(&name, example, subject));
        tests.push(test(name, example));
    }
    (text, tests)
}

/// The module that a file below `src` is; empty for the crate's root. None when no `pub mod` in the root makes it
/// known.
pub(crate) fn module_of(file: &str) -> Option<&str> {
    let name = file.strip_prefix("src/")?.strip_suffix(".rs")?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    match name {
        "lib" => Some(""),
        "main" => None,
        name => name.chars().all(is_plain).then_some(name),
    }
}

/// The path of a name as code outside (`todo_kit`) or inside (`crate`) the package writes it.
pub(crate) fn path_of(root: &str, file: &str, name: &str) -> String {
    match module_of(file) {
        Some(module) if !module.is_empty() => format!("{root}::{module}::{name}"),
        _ => format!("{root}::{name}"),
    }
}

fn body(name: &str, example: &Example, subject: &Subject) -> String {
    let call = typed(&one_line(&example.call.source));
    let fallible = subject
        .signature
        .as_deref()
        .is_some_and(|it| it.contains("Result<"));
    let panics = matches!(&example.expect, Expect::Raises(_)) && !fallible;
    let mark = if panics { "#[should_panic]\n" } else { "" };
    let mut text = format!("\n#[test]\n{mark}fn {name}() {{\n");
    for line in setup(&example.setup) {
        let _ = writeln!(text, "    {line}");
    }
    let line = match &example.expect {
        Expect::Value(value) if is_float(value) => format!("check_near({call}, {value});"),
        Expect::Value(value) if is_row(value) => {
            format!("check({call}, ({}));", typed(&one_line(value)))
        }
        Expect::Value(value) => format!("check({call}, {});", typed(&one_line(value))),
        Expect::Raises(_) if fallible => {
            format!("assert!({call}.is_err(), \"expected an error\");")
        }
        Expect::Raises(_) => format!("{call};"),
        Expect::Output(_) | Expect::Exits(_) => String::new(),
    };
    let _ = writeln!(text, "    {line}\n}}");
    text
}

fn setup(statements: &[String]) -> Vec<String> {
    let mut declared = BTreeSet::new();
    let line = |statement: &String| {
        let line = typed(&one_line(statement));
        let line = line.trim_end_matches(';').to_owned();
        let length = line
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(line.len());
        let (name, rest) = (&line[..length], line[length..].trim_start());
        let assigns = !name.is_empty() && rest.starts_with('=') && !rest.starts_with("==");
        if assigns && declared.insert(name.to_owned()) {
            format!("let mut {line};")
        } else {
            format!("{line};")
        }
    };
    statements.iter().map(line).collect()
}

/// The source with the constants of other languages in Rust's words and with types where none could be
/// inferred; strings stay as they are, but for their quotes.
fn typed(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' | '\'' => string_length(rest),
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            '[' if rest[1..].trim_start().starts_with(']') => {
                out.push_str("[(); 0]");
                rest = &rest[1..].trim_start()[1..];
                continue;
            }
            c => c.len_utf8(),
        };
        let token = &rest[..length];
        rest = &rest[length..];
        if first == '\'' {
            out.push_str(&quoted(token));
        } else if token == "vec" && rest.starts_with("![]") {
            out.push_str("[(); 0]");
            rest = &rest[3..];
        } else if is_word(first) && !out.ends_with("::") {
            out.push_str(&word(token, rest));
        } else {
            out.push_str(token);
        }
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn word(token: &str, rest: &str) -> String {
    match token {
        "True" => "true".to_owned(),
        "False" => "false".to_owned(),
        "None" => "None::<()>".to_owned(),
        "Ok" if rest.starts_with('(') => "Ok::<_, ()>".to_owned(),
        "Err" if rest.starts_with('(') => "Err::<(), _>".to_owned(),
        number
            if number
                .parse::<i64>()
                .is_ok_and(|it| i32::try_from(it).is_err()) =>
        {
            format!("{number}_i64")
        }
        other => other.to_owned(),
    }
}

/// How long the string at the beginning is.
fn string_length(text: &str) -> usize {
    let mut chars = text.char_indices();
    let quote = chars.next().map_or('"', |it| it.1);
    while let Some((at, c)) = chars.next() {
        if c == '\\' {
            chars.next();
        } else if c == quote {
            return at + c.len_utf8();
        }
    }
    text.len()
}

/// A string in single quotes, unless it is one letter and so a `char`.
fn quoted(token: &str) -> String {
    let inner = token.trim_matches('\'');
    let is_letter = inner.chars().count() == 1 || (inner.len() == 2 && inner.starts_with('\\'));
    if is_letter {
        token.to_owned()
    } else {
        format!("\"{}\"", inner.replace('"', "\\\"").replace("\\'", "'"))
    }
}

#[cfg(test)]
mod tests;
