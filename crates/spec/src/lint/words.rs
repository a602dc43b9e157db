//! Words: vague ones, qualities, and places left open.

use std::ops::Range;

use crate::criterion::Criterion;
use crate::diagnostic::{Code, Diagnostic};
use crate::inline::code_spans;

/// Words that everybody understands otherwise, and what to say instead.
const VAGUE: &[(&str, &str)] = &[
    ("fast", "say how long it may take"),
    ("quickly", "say how long it may take"),
    ("slow", "say how long it may take"),
    ("easy", "say what a user can do, in how many steps"),
    ("easily", "say what a user can do, in how many steps"),
    ("simple", "say what it does"),
    ("intuitive", "say what a user can do, in how many steps"),
    ("user-friendly", "say what a user can do, in how many steps"),
    ("robust", "name the failures that it survives"),
    ("reliable", "name the failures that it survives"),
    ("gracefully", "say what the user sees and what is kept"),
    ("seamless", "say what is seen and what is not"),
    ("seamlessly", "say what is seen and what is not"),
    ("efficient", "give the time or memory that it may use"),
    ("efficiently", "give the time or memory that it may use"),
    ("optimized", "give the time or memory that it may use"),
    ("optimised", "give the time or memory that it may use"),
    ("scalable", "give the load that it must bear"),
    ("flexible", "name what can be changed"),
    ("appropriate", "say which"),
    ("appropriately", "say how"),
    ("properly", "say what is right"),
    ("correctly", "say what is right"),
    ("adequate", "say how much"),
    ("sufficient", "say how much"),
    ("reasonable", "say how much"),
    ("comprehensive", "list what it covers"),
    ("various", "list them"),
    ("several", "say how many"),
    ("etc", "list them all"),
    ("as needed", "say when"),
    ("if possible", "say when it must"),
    ("when necessary", "say when"),
    ("and/or", "say which"),
    ("state-of-the-art", "say what it does"),
    ("modern", "say what it does"),
    ("best practices", "name the rules"),
];

/// Qualities that want a measure.
const QUALITIES: &[&str] = &[
    "performance",
    "performant",
    "secure",
    "security",
    "availability",
    "available",
    "maintainable",
    "usable",
    "usability",
    "responsive",
    "latency",
    "throughput",
    "lightweight",
    "stable",
    "resilient",
    "accessible",
    "readable",
    "quality",
];

const OPEN: &[&str] = &[
    "TBD",
    "TODO",
    "FIXME",
    "???",
    "[NEEDS CLARIFICATION",
    "NEEDS CLARIFICATION",
    "{{",
    "XXX",
    "[TBC]",
    "TBC",
];

/// The words of a text in lower case.
pub(super) fn plain(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|it| !it.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// The first quality that a text asks for.
pub(super) fn quality(text: &str) -> Option<&'static str> {
    let words = plain(text);
    QUALITIES
        .iter()
        .copied()
        .find(|it| words.iter().any(|word| word == it))
}

/// The vague words of a criterion, each with its own place; those in code, and those with a number beside them, are none.
pub(super) fn vague(criterion: &Criterion, text: &str, found: &mut Vec<Diagnostic>) {
    let source = &text[criterion.span.clone()];
    if source.contains(|c: char| c.is_ascii_digit()) && is_bounded(source) {
        return;
    }
    let is_code = code_in(source);
    // Bytes of ASCII letters keep their places in small letters.
    let lower = source.to_ascii_lowercase();
    for (word, instead) in VAGUE {
        let Some(at) = whole_word(&lower, word) else {
            continue;
        };
        if is_code(at) {
            continue;
        }
        let from = criterion.span.start + at;
        let message = format!(
            "\"{word}\" in {} can mean anything; {instead}.",
            criterion.id
        );
        found.push(Diagnostic::new(
            Code::VagueWord,
            from..from + word.len(),
            message,
        ));
    }
}

/// Whether a place in a text is code.
fn code_in(text: &str) -> impl Fn(usize) -> bool {
    let code: Vec<Range<usize>> = code_spans(text).into_iter().map(|it| it.outer).collect();
    move |at| code.iter().any(|it| it.contains(&at))
}

/// Whether a number is compared with something: `< 10ms`, `≥ 80 %`, `at most 3`.
fn is_bounded(text: &str) -> bool {
    ['<', '>', '≤', '≥', '%']
        .iter()
        .any(|it| text.contains(*it))
        || [
            "within ",
            "at most",
            "at least",
            "under ",
            "below ",
            "less than",
            "more than",
            "up to",
        ]
        .iter()
        .any(|it| text.contains(it))
}

fn whole_word(text: &str, word: &str) -> Option<usize> {
    let mut places = text.match_indices(word).map(|(at, _)| at);
    places.find(|at| stands_alone(text, *at, word))
}

/// Whether the word at `at` is no part of a longer one.
fn stands_alone(text: &str, at: usize, word: &str) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || c == '-';
    !text[..at].ends_with(is_letter) && !text[at + word.len()..].starts_with(is_letter)
}

/// What was left open in a range of the source. Code says what it says: `{{name}}` there is for a program to fill in.
pub(super) fn placeholders(text: &str, span: &Range<usize>, found: &mut Vec<Diagnostic>) {
    let source = &text[span.clone()];
    let is_code = code_in(source);
    for mark in OPEN {
        let is_word = mark.chars().all(char::is_alphabetic);
        let mut places = source.match_indices(mark).map(|(at, _)| at);
        let stands = |at: &usize| !is_word || stands_alone(source, *at, mark);
        if let Some(at) = places.find(|it| stands(it) && !is_code(*it)) {
            let from = span.start + at;
            let message = format!(
                "\"{mark}\" leaves something open; decide it, or take it out of this spec."
            );
            found.push(Diagnostic::new(
                Code::Placeholder,
                from..from + mark.len(),
                message,
            ));
            return;
        }
    }
}
