//! Criteria, and how each can be checked.

use std::borrow::Cow;
use std::ops::Range;

use crate::id::{CriterionId, ExampleId};
use crate::inline::code_spans;

/// One statement that must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Criterion {
    /// Its id: `FR-1.2`, `SC-1`, `T-1`.
    pub id: CriterionId,
    /// The statement on one line, as written.
    pub text: String,
    /// The criterion whose bullet encloses this one's.
    pub parent: Option<CriterionId>,
    /// The label that encloses it, such as `Test cases`, where that is no criterion itself.
    pub group: Option<String>,
    /// The examples on its bullet or directly under it.
    pub examples: Vec<ExampleId>,
    /// How it is checked.
    pub check: Check,
    /// What measures it; only for [`Check::Measured`].
    pub measure: Option<Measure>,
    /// Why it is checked so, in a sentence for people.
    pub why: Cow<'static, str>,
    /// Sixteen hexadecimal digits that change when its words or its examples do.
    pub fingerprint: String,
    /// The bytes of its bullet.
    pub span: Range<usize>,
}

/// How a criterion is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Check {
    /// By running its examples.
    Compiled,
    /// By running a known command.
    Measured,
    /// By a person.
    Manual,
}

/// What measures a criterion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measure {
    /// All of the project's tests.
    AllTests,
    /// All examples of the document.
    Examples,
    /// A command; it holds when the command exits with 0.
    Command(String),
}

/// Where a criterion stands, which decides what may measure it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Functional,
    NonFunctional,
    Testing,
    Success,
}

impl Criterion {
    /// Decides how the criterion is checked, from its examples, its place and its words.
    pub(crate) fn settle(&mut self, place: Place) {
        let measure = (place != Place::Functional)
            .then(|| Measure::of(&self.text))
            .flatten();
        (self.check, self.why) = match (&measure, self.examples.as_slice()) {
            (_, [only]) => (
                Check::Compiled,
                format!("Kiro runs its example {only}.").into(),
            ),
            (_, [first, .., last]) => (
                Check::Compiled,
                format!(
                    "Kiro runs its {} examples, {first} to {last}.",
                    self.examples.len()
                )
                .into(),
            ),
            (Some(measure), []) => (Check::Measured, measure.why()),
            (None, []) => (Check::Manual, reason_for_a_person(&self.text, place).into()),
        };
        self.measure = measure.filter(|_| self.check == Check::Measured);
    }
}

fn reason_for_a_person(text: &str, place: Place) -> &'static str {
    let text = text.to_lowercase();
    if text.ends_with(':') {
        "It introduces the points under it; confirm it when they hold."
    } else if text.contains("coverage") {
        "Kiro does not measure coverage by itself; name the command that does, in backticks and with \"passes\", or confirm it."
    } else if place == Place::Functional {
        "No example shows it; add one under it, such as `f(1)` → `2`, or confirm it."
    } else if text.contains("test") && text.contains("example") && text.contains("pass") {
        "It asks for two measurements, tests and examples; write a criterion for each, or confirm it."
    } else {
        "Kiro knows no command that measures it; name one in backticks and with \"passes\", or confirm it."
    }
}

const TESTS: &[&str] = &["test", "tests", "suite"];
const EXAMPLES: &[&str] = &["example", "examples"];
const PASSING: &[&str] = &[
    "pass", "passes", "passing", "hold", "holds", "succeed", "succeeds", "work", "works", "green",
];
const COMMON: &[&str] = &[
    "all",
    "every",
    "each",
    "the",
    "of",
    "a",
    "in",
    "this",
    "document",
    "spec",
    "specification",
    "project",
    "existing",
    "new",
    "unit",
    "integration",
    "automated",
    "regression",
    "acceptance",
    "end",
    "to",
    "and",
    "must",
    "should",
    "shall",
    "still",
    "will",
    "now",
    "is",
    "are",
    "above",
    "listed",
    "given",
    "written",
    "case",
    "cases",
    "100",
    "as",
];

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

impl Measure {
    /// What measures the statement `text`; `None` when nothing known measures all of it.
    pub fn of(text: &str) -> Option<Measure> {
        if let Some(command) = command_in(text) {
            return Some(Measure::Command(command.to_owned()));
        }
        let words = words(text);
        let is_made_of = |nouns: &[&str]| {
            let is_known = |word: &String| {
                [nouns, PASSING, COMMON]
                    .iter()
                    .any(|set| set.contains(&word.as_str()))
            };
            let has = |set: &[&str]| words.iter().any(|word| set.contains(&word.as_str()));
            words.iter().all(is_known) && has(nouns) && has(PASSING)
        };
        match (is_made_of(TESTS), is_made_of(EXAMPLES)) {
            (true, _) => Some(Measure::AllTests),
            (_, true) => Some(Measure::Examples),
            _ => None,
        }
    }

    fn why(&self) -> Cow<'static, str> {
        match self {
            Measure::AllTests => "Kiro runs all tests of the project.".into(),
            Measure::Examples => "Kiro runs every example of this document.".into(),
            Measure::Command(command) => {
                format!("Kiro runs `{command}`; it holds when the command exits with 0.").into()
            }
        }
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|it| !it.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// The one command in backticks whose success the statement asserts.
fn command_in(text: &str) -> Option<&str> {
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
    (is_asserted && (!is_denied || is_clean)).then(|| text[span.inner.clone()].trim())
}

fn is_command(code: &str) -> bool {
    let program = code.split_whitespace().next().unwrap_or_default();
    let is_script = program
        .strip_prefix("./")
        .is_some_and(|it| it.starts_with(char::is_alphanumeric) && !it.contains('('));
    is_script || PROGRAMS.contains(&program)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expected: Option<Measure>, texts: &[&str]) {
        for text in texts {
            assert_eq!(Measure::of(text), expected, "{text}");
        }
    }

    #[test]
    fn statements_about_all_tests_are_measured_by_them() {
        check(
            Some(Measure::AllTests),
            &[
                "All tests pass",
                "all unit and integration tests pass.",
                "The test suite is green",
                "Unit tests pass",
                "100% of tests pass",
            ],
        );
        check(
            Some(Measure::Examples),
            &[
                "Every example in this document holds",
                "All examples pass",
                "The examples above must hold",
            ],
        );
    }

    #[test]
    fn commands_are_measured_where_their_success_is_asserted() {
        let command = |it: &str| Some(Measure::Command(it.to_owned()));
        check(
            command("python3 -m unittest"),
            &[
                "`python3 -m unittest` passes",
                "`python3 -m unittest`",
                "All tests pass with `python3 -m unittest`",
            ],
        );
        check(
            command("./check.sh --all"),
            &["`./check.sh --all` exits with 0"],
        );
        check(
            command("ruff check ."),
            &["`ruff check .` reports no errors"],
        );
    }

    #[test]
    fn other_statements_are_not_measured() {
        check(
            None,
            &[
                "Code coverage ≥ 80%",
                "Tests pass on Windows",
                "Not all tests pass",
                "No security vulnerabilities (scan with Amazon Q)",
                "Tests for each service",
                "Never runs `docker run`",
                "Uses `make`",
                "Returns `slugify(1)`",
                "`npm test` and `npm run lint` pass",
                "All tests and examples pass",
                "",
            ],
        );
    }
}
