//! Commands that a statement names and whose end it asserts.

use super::words::words;
use crate::inline::code_spans;

const PROGRAMS: &[&str] = &[
    "bandit",
    "bazel",
    "black",
    "bun",
    "bundle",
    "cargo",
    "composer",
    "coverage",
    "ctest",
    "deno",
    "docker",
    "dotnet",
    "eslint",
    "flake8",
    "go",
    "golangci-lint",
    "gradle",
    "hadolint",
    "jest",
    "just",
    "make",
    "mix",
    "mocha",
    "mvn",
    "mypy",
    "node",
    "nox",
    "npm",
    "npx",
    "phpunit",
    "pip-audit",
    "pnpm",
    "poetry",
    "prettier",
    "pyright",
    "pytest",
    "python",
    "python3",
    "rspec",
    "ruff",
    "shellcheck",
    "swift",
    "tox",
    "tsc",
    "uv",
    "vitest",
    "yarn",
    "zig",
];

const ASSERTING: &[&str] = &[
    "pass",
    "passes",
    "passing",
    "succeed",
    "succeeds",
    "exit",
    "exits",
    "clean",
    "green",
    "run",
    "runs",
    "report",
    "reports",
    "find",
    "finds",
    "show",
    "shows",
    "work",
    "works",
    "verified",
    "checked",
    "measured",
    "scan",
    "scanned",
    "by",
    "completes",
];

/// The one command in backticks whose end the statement asserts, with the exit code that it must have.
pub(super) fn command_in(text: &str) -> Option<(String, u8)> {
    let spans = code_spans(text);
    let mut commands = spans
        .iter()
        .filter(|span| is_command(&text[span.inner.clone()]));
    let (span, None) = (commands.next()?, commands.next()) else {
        return None;
    };
    let around = [&text[..span.outer.start], &text[span.outer.end..]].concat();
    let words = words(&around);
    let is_denied = words.iter().any(|word| {
        matches!(word.as_str(), "not" | "never" | "no" | "cannot") || word.ends_with("n't")
    });
    let is_clean = [
        "no error",
        "no warning",
        "no finding",
        "no issue",
        "no problem",
    ]
    .iter()
    .any(|it| around.to_lowercase().contains(it));
    let is_asserted =
        words.is_empty() || words.iter().any(|word| ASSERTING.contains(&word.as_str()));
    let line = text[span.inner.clone()].trim().to_owned();
    (is_asserted && (!is_denied || is_clean)).then(|| Some((line, exit_code(&words)?)))?
}

/// The exit code that words name, 0 when they name none; none when the number is no exit code.
fn exit_code(words: &[String]) -> Option<u8> {
    const BETWEEN: &[&str] = &["with", "code", "status", "exit", "a", "the", "of"];
    let Some(at) = words
        .iter()
        .position(|it| matches!(it.as_str(), "exit" | "exits"))
    else {
        return Some(0);
    };
    let mut after = words[at + 1..]
        .iter()
        .skip_while(|it| BETWEEN.contains(&it.as_str()));
    match after.next().map(|it| it.parse::<u64>()) {
        Some(Ok(code)) => u8::try_from(code).ok(),
        _ => Some(0),
    }
}

fn is_command(code: &str) -> bool {
    let program = code.split_whitespace().next().unwrap_or_default();
    let is_script = program
        .strip_prefix("./")
        .is_some_and(|it| it.starts_with(char::is_alphanumeric) && !it.contains('('));
    is_script || PROGRAMS.contains(&program)
}
