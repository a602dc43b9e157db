//! The words that statements of each kind are made of.

use std::ops::Range;

use super::Statistic;
use crate::inline::code_spans;

pub(super) const TESTS: &[&str] = &["test", "tests", "suite"];
pub(super) const EXAMPLES: &[&str] = &["example", "examples"];
pub(super) const PASSING: &[&str] = &[
    "pass", "passes", "passing", "hold", "holds", "succeed", "succeeds", "work", "works", "green",
];
pub(super) const COMMON: &[&str] = &[
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
pub(super) const THERE: &[&str] = &["there", "has", "have", "with", "run", "ran", "exist"];
pub(super) const COVERAGE: &[&str] = &[
    "coverage",
    "covered",
    "code",
    "line",
    "lines",
    "test",
    "tests",
    "unit",
    "the",
    "of",
    "is",
    "are",
    "be",
    "must",
    "shall",
    "should",
    "with",
    "total",
    "overall",
    "project",
    "reach",
    "reaches",
    "has",
    "have",
    "a",
    "by",
    "stays",
    "statement",
    "target",
];
pub(super) const FLAWS: &[&str] = &["vulnerability", "vulnerabilities", "finding", "findings"];
/// `scan with Amazon Q` is a wish for a scan; the sentence says which ones Kiro has.
pub(super) const SECURITY: &[&str] = &[
    "no",
    "0",
    "zero",
    "free",
    "without",
    "security",
    "known",
    "high",
    "critical",
    "severity",
    "or",
    "and",
    "of",
    "found",
    "by",
    "a",
    "any",
    "the",
    "in",
    "are",
    "is",
    "scan",
    "scans",
    "scanner",
    "scanners",
    "scanned",
    "with",
    "amazon",
    "q",
    "code",
    "dependencies",
    "project",
    "there",
    "reports",
    "report",
    "reported",
    "must",
    "have",
];
pub(super) const TIMING: &[&str] = &[
    "takes",
    "take",
    "taking",
    "runs",
    "run",
    "responds",
    "respond",
    "response",
    "responses",
    "answers",
    "answer",
    "returns",
    "return",
    "finishes",
    "finish",
    "completes",
    "complete",
    "ends",
    "end",
    "executes",
    "execute",
    "latency",
    "time",
    "times",
    "duration",
    "call",
    "calls",
    "called",
    "of",
    "the",
    "a",
    "an",
    "each",
    "every",
    "must",
    "should",
    "shall",
    "will",
    "be",
    "is",
    "in",
    "its",
    "has",
    "have",
    "when",
    "whenever",
    "invoked",
    "command",
    "function",
    "program",
    "system",
    "for",
    "percentile",
    "median",
    "mean",
    "average",
    "on",
    "at",
    "it",
    "execution",
    "and",
    "or",
];
pub(super) const SIZE: &[&str] = &[
    "is", "are", "stays", "stay", "be", "must", "shall", "should", "the", "file", "size", "of",
    "has", "have", "a", "weighs", "bundle", "long", "big", "large", "in", "and", "its",
];

/// The words of a text in small letters.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|it| !it.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Whether a text has one of these words.
pub(super) fn has(text: &str, set: &[&str]) -> bool {
    words(text).iter().any(|word| set.contains(&word.as_str()))
}

/// Whether a text is made of these words alone.
pub(super) fn only(text: &str, sets: &[&[&str]]) -> bool {
    words(text)
        .iter()
        .all(|word| sets.iter().any(|set| set.contains(&word.as_str())))
}

/// What a text says beside its code and a quantity.
pub(super) struct Rest(Vec<String>);

impl Rest {
    pub(super) fn without(text: &str, quantity: &Range<usize>) -> Rest {
        let mut plain = text.to_owned();
        let code = code_spans(text).into_iter().map(|it| it.outer);
        for span in code.chain([quantity.clone()]) {
            // What is cut out stands at the edges of characters, and spaces keep its length.
            plain.replace_range(span.clone(), &" ".repeat(span.len()));
        }
        Rest(words(&plain))
    }

    pub(super) fn has(&self, set: &[&str]) -> bool {
        self.0.iter().any(|word| set.contains(&word.as_str()))
    }

    /// Whether only these words are left, percentiles aside.
    pub(super) fn only(&self, sets: &[&[&str]]) -> bool {
        let known = |word: &String| {
            sets.iter().any(|set| set.contains(&word.as_str())) || percentile(word).is_some()
        };
        self.0.iter().all(known)
    }

    /// Which of many times is meant; none when it is said twice.
    pub(super) fn statistic(&self) -> Option<Statistic> {
        let mut said = self.0.iter().filter_map(|word| match word.as_str() {
            "median" => Some(Statistic::Percentile(50)),
            "mean" | "average" => Some(Statistic::Mean),
            word => percentile(word).map(Statistic::Percentile),
        });
        match (said.next(), said.next()) {
            (None, _) => Some(Statistic::Every),
            (Some(one), None) => Some(one),
            _ => None,
        }
    }
}

/// The number in `p95` and `95th`.
fn percentile(word: &str) -> Option<u8> {
    let number = word.strip_prefix('p').or_else(|| word.strip_suffix("th"))?;
    number.parse().ok().filter(|it| (1..100).contains(it))
}
