//! What node's test runner printed, in the Test Anything Protocol.

use std::collections::BTreeMap;

use super::{Told, did_not_run};

/// Reads results. Only lines at the left edge are the runner's; what tests print stands behind `#`, and what
/// they throw inside an indented block.
pub(super) fn told(exit: Option<i32>, stdout: &str, stderr: &str) -> Told {
    let mut told = Told {
        ended: stdout.lines().any(is_plan),
        last_words: last_words(exit, stdout, stderr),
        ..Told::default()
    };
    let mut lines = stdout.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((name, passed)) = result(line) else {
            continue;
        };
        told.result(name, passed);
        let mut block = Vec::new();
        while let Some(detail) = lines.next_if(|it| it.starts_with("  ")) {
            block.push(detail);
        }
        if !passed {
            told.reasons.insert(name.to_owned(), reason(&block));
        }
    }
    told
}

/// The same with the tests inside of others, which stand further in; what tests throw stands between `---` and `...`.
pub(super) fn nested(exit: Option<i32>, stdout: &str, stderr: &str) -> Told {
    let mut told = told(exit, stdout, stderr);
    let mut is_block = false;
    for line in stdout.lines().map(str::trim) {
        is_block = (is_block || line == "---") && line != "...";
        if let Some((name, passed)) = result(line).filter(|_| !is_block) {
            told.result(name, passed);
        }
    }
    told
}

/// The plan, `1..3`, which is printed at the end.
fn is_plan(line: &str) -> bool {
    line.strip_prefix("1..")
        .is_some_and(|it| it.trim().parse::<u32>().is_ok())
}

/// `ok 1 - NAME` and `not ok 1 - NAME`; a skipped test did not pass.
fn result(line: &str) -> Option<(&str, bool)> {
    let (rest, passed) = match line.strip_prefix("not ok ") {
        Some(rest) => (rest, false),
        None => (line.strip_prefix("ok ")?, true),
    };
    let (number, name) = rest.split_once(" - ")?;
    number.parse::<u32>().ok()?;
    match name.split_once(" # ") {
        Some((name, _)) => Some((name, false)),
        None => Some((name, passed)),
    }
}

/// The number in the line `# tests N`.
pub(super) fn count(stdout: &str) -> u32 {
    let number = |line: &str| line.strip_prefix("# tests ")?.trim().parse().ok();
    stdout.lines().rev().find_map(number).unwrap_or(0)
}

/// What was expected and what came, from the block below a failed test.
fn reason(block: &[&str]) -> String {
    let fields = fields(block);
    let scalar = |name: &str| fields.get(name).filter(|it| it.len() == 1).map(|it| it[0]);
    let is_comparison = scalar("operator").is_some_and(|it| it.contains("qual"));
    if let (true, Some(expected), Some(actual)) =
        (is_comparison, scalar("expected"), scalar("actual"))
    {
        return format!("expected {expected}, got {actual}");
    }
    let lines: Vec<&str> = fields.get("error").cloned().unwrap_or_default();
    if let Some(at) = lines.iter().position(|it| it.starts_with(DIFF)) {
        let [expected, actual] = ['-', '+'].map(|own| side(&lines[at + 1..], own));
        return format!("expected {expected}, got {actual}");
    }
    let telling = lines
        .iter()
        .filter(|it| !it.trim().is_empty() && !it.starts_with("Expected values to be"))
        .take(12);
    let text = telling.copied().collect::<Vec<_>>().join("\n");
    match scalar("name").map(unquoted) {
        Some(name) if name != "AssertionError" => format!("{name}: {text}"),
        _ => text,
    }
}

/// What stands above the lines in which two values differ; between them are those that both have.
const DIFF: &str = "+ actual - expected";

/// Most characters of a value that is told.
const TOLD: usize = 300;

/// One of the two values on one line: the lines that both have, and its `own`.
fn side(lines: &[&str], own: char) -> String {
    let is_its = |line: &&&str| !line.starts_with(['+', '-']) || line.starts_with(own);
    let lines = lines.iter().filter(is_its);
    let words = lines.map(|it| it.strip_prefix(own).unwrap_or(it).trim());
    let value: Vec<&str> = words.filter(|it| !it.is_empty()).collect();
    let value = value.join(" ").replace(", ]", " ]").replace(", }", " }");
    match value.char_indices().nth(TOLD) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value,
    }
}

/// The block's fields: each with its value, or the lines of it.
fn fields<'a>(block: &[&'a str]) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut fields: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut open = "";
    for line in block {
        let inner = line.strip_prefix("  ").unwrap_or(line);
        if let Some(more) = inner.strip_prefix("  ") {
            fields.entry(open).or_default().push(more);
        } else if let Some((name, value)) = inner.split_once(':') {
            open = name;
            let value = value.trim();
            let first = match value {
                "" | "|-" | ">-" | "|" => Vec::new(),
                value => vec![unquoted_text(name, value)],
            };
            fields.entry(name).or_insert(first);
        }
    }
    fields
}

/// A message is shown without its quotes, a value with them.
fn unquoted_text<'a>(name: &str, value: &'a str) -> &'a str {
    if name == "error" {
        unquoted(value)
    } else {
        value
    }
}

fn unquoted(value: &str) -> &str {
    value
        .strip_prefix('\'')
        .and_then(|it| it.strip_suffix('\''))
        .unwrap_or(value)
}

/// What ended the file before its tests: the error that node told, with the line that names it.
fn last_words(exit: Option<i32>, stdout: &str, stderr: &str) -> String {
    let told = stdout.lines().filter_map(|it| it.strip_prefix("# "));
    let is_error = |line: &&str| {
        let name = line.split([':', ' ']).next().unwrap_or_default();
        name.ends_with("Error") && name.starts_with(|c: char| c.is_ascii_uppercase())
    };
    let error = told.chain(stderr.lines()).find(is_error);
    error.map_or_else(|| did_not_run(exit), str::to_owned)
}

#[cfg(test)]
mod tests;
