//! Examples whose call stands in a condition and whose answer in what follows: the steps of a scenario, and
//! `WHEN f(1) is called, THE system SHALL return 2`.

use std::ops::Range;

use super::command::Command;
use super::declaration::are_all_parameters;
use super::link::{Link, expectation_at, is_remark, link_at};
use super::prose::exit_code;
use super::setup::Setup;
use super::{Call, Expect, Found, callee, session};
use crate::expression::{call_at, is_exception, split_commas};
use crate::inline::{CodeSpan, code_spans};

/// The steps of one scenario, as bytes of the source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Steps {
    pub(crate) given: Vec<Range<usize>>,
    pub(crate) when: Vec<Range<usize>>,
    pub(crate) then: Vec<Range<usize>>,
}

/// Words that may stand beside a call in a condition without changing what is asked of it.
const CALLING: &[&str] = &[
    "when",
    "whenever",
    "if",
    "and",
    "i",
    "we",
    "you",
    "the",
    "a",
    "an",
    "user",
    "client",
    "caller",
    "developer",
    "is",
    "are",
    "calls",
    "call",
    "called",
    "runs",
    "run",
    "invokes",
    "invoked",
    "executes",
    "executed",
    "types",
    "enters",
    "evaluates",
    "evaluated",
    "command",
    "function",
    "program",
    "someone",
    "expression",
];

/// Words that may stand before the answer.
const ANSWERING: &[&str] = &[
    "then", "it", "the", "a", "an", "result", "answer", "output", "value", "function", "system",
    "program", "command", "call", "shall", "must", "will", "should", "continue", "to", "i", "we",
    "get", "gets", "caller",
];

/// Words for what a call gives.
const RESULTS: &[&str] = &[
    "then", "the", "result", "answer", "output", "value", "return", "returned", "call", "of",
];

/// The example that the steps of a scenario are together; none where a state in words decides what must come of it.
pub(crate) fn in_steps(source: &str, steps: &Steps) -> Option<Found> {
    let [when] = steps.when.as_slice() else {
        return None;
    };
    let first = steps.then.first()?;
    let (called, at) = called(&source[when.clone()])?;
    let (expect, end) = response(&source[first.clone()], called.command.is_some())?;
    let mut setup = setup(source, &steps.given, &called)?;
    let function = match called.command {
        Some(_) => called.function.clone(),
        None => setup.function(&called.function),
    };
    Some(Found {
        call: Call { function, ..called },
        expect,
        setup: setup.repeated()?,
        span: when.start + at..first.start + end,
    })
}

/// The example that one statement in EARS is.
pub(crate) fn in_ears(text: &str, base: usize) -> Option<Found> {
    // A clause of a bugfix begins with its number.
    let plain = text.trim_start_matches(|c: char| c.is_ascii_digit() || " .:)*_".contains(c));
    let (text, base) = (plain, base + text.len() - plain.len());
    let code = code_spans(text);
    let outside = |at: usize| code.iter().all(|it| !it.outer.contains(&at));
    let (shall, length) = ["SHALL", "MUST"]
        .iter()
        .find_map(|it| word(text, it).map(|at| (at, it.len())))
        .filter(|(at, _)| outside(*at))?;
    let condition = &text[..shall];
    let is_event = ["WHEN", "IF"]
        .iter()
        .any(|it| condition.trim_start_matches(['*', '_']).starts_with(it));
    let subject = condition
        .rmatch_indices([',', '，'])
        .map(|it| it.0)
        .chain(condition.rfind("THEN"))
        .find(|at| outside(*at))?;
    let (call, at) = called(&condition[..subject]).filter(|_| is_event)?;
    let rest = shall + length;
    // What SHALL be something must be what the call gives.
    let verb = text[rest..]
        .split(|c: char| !c.is_alphabetic())
        .find(|it| !it.is_empty());
    let is_state = verb.is_some_and(|it| matches!(it, "be" | "equal" | "become"));
    if is_state && !is_made_of(&condition[subject..], RESULTS) {
        return None;
    }
    let (expect, end) = response(&text[rest..], call.command.is_some())?;
    Some(Found {
        call,
        expect,
        setup: Vec::new(),
        span: base + at..base + rest + end,
    })
}

/// Where a keyword stands as a word of its own.
fn word(text: &str, keyword: &str) -> Option<usize> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(keyword).map(|it| it.0).find(|at| {
        !text[..*at].ends_with(is_part) && !text[at + keyword.len()..].starts_with(is_part)
    })
}

/// The one call of a condition that asks for nothing but the call, and where it begins.
fn called(text: &str) -> Option<(Call, usize)> {
    let code = code_spans(text);
    let (call, span) = match code.as_slice() {
        [] => bare(text)?,
        [only] => {
            let inner = text[only.inner.clone()].trim();
            let call = match inner.strip_prefix("$ ") {
                Some(line) => session::call(line)?,
                None => whole_call(inner)?,
            };
            (call, only.outer.clone())
        }
        _ => return None,
    };
    let around = [&text[..span.start], " ", &text[span.end..]].concat();
    is_made_of(&around, CALLING).then_some((call, span.start))
}

/// A call with values of its own that stands in a text without marks.
fn bare(text: &str) -> Option<(Call, Range<usize>)> {
    let mut at = 0;
    while at < text.len() {
        let start = at + text[at..].find(|c: char| c.is_alphabetic() || c == '_')?;
        if let Some(shape) = call_at(text, start) {
            return Some((whole_call(&text[start..shape.end])?, start..shape.end));
        }
        let rest = &text[start..];
        let length = rest.find(|c: char| !c.is_alphanumeric() && !"_.".contains(c));
        at = start + length?;
    }
    None
}

/// The call that a whole text is; none of one that only names its parameters.
fn whole_call(text: &str) -> Option<Call> {
    let shape = call_at(text, 0).filter(|it| it.end == text.len())?;
    let args = split_commas(text, shape.args.clone());
    let args: Vec<&str> = args.into_iter().map(|it| &text[it]).collect();
    (!are_all_parameters(&args)).then(|| Call {
        source: text.to_owned(),
        function: callee(text, &shape).to_owned(),
        command: None,
    })
}

/// Whether a text in backticks is a call with values of its own.
pub(crate) fn is_call_in_code(text: &str) -> bool {
    whole_call(text).is_some()
}

/// What a response says must come of the call, and where that ends.
fn response(text: &str, is_command: bool) -> Option<(Expect, usize)> {
    let code = code_spans(text);
    if let Some(found) = raised(text, &code).filter(|_| !is_command) {
        return Some(found);
    }
    let limit = code.first().map_or(text.len(), |it| it.outer.start);
    let mut at = 0;
    while let Some(start) = text[at..limit].find(char::is_alphabetic).map(|it| it + at) {
        let found = match is_command {
            true => exit_code(text, start)
                .or_else(|| after_link(text, start, Some(Link::Prints), &code)),
            false => after_link(text, start, None, &code),
        };
        if found.is_some() {
            return found;
        }
        let length = text[start..limit].find(|c: char| !c.is_alphabetic());
        let end = start + length.unwrap_or(limit - start);
        if !ANSWERING.contains(&text[start..end].to_lowercase().as_str()) {
            return None;
        }
        at = end;
    }
    None
}

fn after_link(
    text: &str,
    at: usize,
    instead: Option<Link>,
    code: &[CodeSpan],
) -> Option<(Expect, usize)> {
    let found = link_at(text, at).filter(|it| !it.is_arrow)?;
    let link = match (instead, found.link) {
        (Some(_), Link::Raises) => return None,
        (Some(link), _) => link,
        (None, link) => link,
    };
    expectation_at(text, found.end, link, code)
        .filter(|(expect, end)| text[..*end].ends_with('`') || is_remark(&text[*end..], expect))
}

/// `ValueError is raised`.
fn raised(text: &str, code: &[CodeSpan]) -> Option<(Expect, usize)> {
    let first = code.first()?;
    let name = text[first.inner.clone()].trim();
    let rest = text[first.outer.end..].trim_start();
    let is_raised = ["is raised", "is thrown"]
        .iter()
        .any(|it| rest.starts_with(it));
    let is_plain = is_made_of(&text[..first.outer.start], ANSWERING);
    (is_exception(name) && is_raised && is_plain)
        .then(|| (Expect::Raises(name.to_owned()), first.outer.end))
}

/// What the given steps prepare. A state in words alone decides nothing for a call that holds its values itself; for any
/// other call, and for a command, it would have to be made first.
fn setup(source: &str, given: &[Range<usize>], call: &Call) -> Option<Setup> {
    let mut setup = Setup::within(source.len());
    let has_values = call.command.is_none() && !call.source.ends_with("()");
    for step in given {
        let text = &source[step.clone()];
        let mut is_made = false;
        for span in code_spans(text) {
            let code = text[span.inner.clone()].trim();
            is_made |= match (code.strip_prefix("$ "), &call.command) {
                (Some(line), Some(_)) if Command::parse(line).is_some() => {
                    setup.take(line.trim());
                    true
                }
                (None, None) => setup.take_binding(code),
                _ => false,
            };
        }
        if !is_made && !has_values {
            return None;
        }
    }
    Some(setup)
}

fn is_made_of(text: &str, words: &[&str]) -> bool {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|it| !it.is_empty())
        .all(|it| words.contains(&it.to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(found: Option<Found>) -> String {
        found.map_or("none".to_owned(), |it| {
            let setup: String = it.setup.iter().map(|it| format!("{it}; ")).collect();
            format!("{setup}{} {:?}", it.call.source, it.expect)
        })
    }

    fn ears(text: &str, expected: &str) {
        let found = in_ears(text, 0);
        if let Some(found) = &found {
            assert!(
                text[found.span.clone()].contains(&found.call.source),
                "{text}"
            );
        }
        assert_eq!(shown(found), expected, "{text}");
    }

    #[test]
    fn a_statement_in_ears_that_holds_call_and_answer_is_an_example() {
        ears(
            "WHEN `f(1)` is called, THE system SHALL return `2`.",
            "f(1) Value(\"2\")",
        );
        ears(
            "**WHEN** `f(1)` is called **THEN** the system **SHALL** return `2`",
            "f(1) Value(\"2\")",
        );
        ears(
            "WHEN `f(1)` is called THEN the system SHALL return `2`",
            "f(1) Value(\"2\")",
        );
        ears(
            "IF `f(-1)` is called, THEN THE Kit SHALL raise `ValueError`",
            "f(-1) Raises(\"ValueError\")",
        );
        ears(
            "WHEN the user runs `$ todo list`, THE program SHALL print `1. milk`",
            "todo list Output(\"1. milk\")",
        );
        ears(
            "WHEN `$ todo fly` is run, THE program SHALL end with exit code 2",
            "todo fly Exits(\"2\")",
        );
    }

    #[test]
    fn what_asks_for_more_than_the_call_is_none() {
        for text in [
            "WHEN `f(1)` is called twice, THE system SHALL return `2`",
            "WHEN `f(x)` is called, THE system SHALL return `2`",
            "WHEN `f(1)` is called, THE system SHALL not return `2`",
            "WHEN `f(1)` is called, THE balance SHALL grow by `2`",
            "WHEN `f(1)` is called, THE balance SHALL be `2`",
            "WHEN `f(1)` and `g(2)` are called, THE system SHALL return `2`",
            "WHILE `f(1)` is called, THE system SHALL return `2`",
            "THE system SHALL return `2`",
            "WHEN a user fails 5 times, THE Login SHALL lock the account.",
        ] {
            ears(text, "none");
        }
    }

    fn steps(given: &[&str], when: &str, then: &str) -> String {
        let mut source = String::new();
        let mut place = |text: &str| {
            let start = source.len();
            source.push_str(text);
            source.push('\n');
            start..start + text.len()
        };
        let steps = Steps {
            given: given.iter().map(|it| place(it)).collect(),
            when: vec![place(when)],
            then: vec![place(then)],
        };
        shown(in_steps(&source, &steps))
    }

    #[test]
    fn the_steps_of_a_scenario_are_one_example() {
        let when = "**WHEN** `total([1, 2])` is called";
        assert_eq!(
            steps(&["**GIVEN** a cart"], when, "**THEN** it gives `3`"),
            "total([1, 2]) Value(\"3\")"
        );
        assert_eq!(
            steps(&[], when, "Then the result is `3`"),
            "total([1, 2]) Value(\"3\")"
        );
        assert_eq!(
            steps(&[], when, "Then `TypeError` is raised"),
            "total([1, 2]) Raises(\"TypeError\")"
        );
        assert_eq!(
            steps(&[], "When total([1]) is called", "Then the answer is 1"),
            "total([1]) Value(\"1\")"
        );
        assert_eq!(
            steps(
                &["Given `s = Stack()`"],
                "When `s.pop()` is called",
                "Then `IndexError` is raised"
            ),
            "s = Stack(); s.pop() Raises(\"IndexError\")"
        );
        assert_eq!(
            steps(
                &["Given `$ todo add milk`"],
                "When I run `$ todo list`",
                "Then it prints `1. milk`"
            ),
            "todo add milk; todo list Output(\"1. milk\")"
        );
        assert_eq!(
            steps(&[], "When I run `$ todo fly`", "Then it exits with 2"),
            "todo fly Exits(\"2\")"
        );
    }

    #[test]
    fn a_state_in_words_makes_no_example_where_it_decides() {
        assert_eq!(
            steps(
                &["Given two items"],
                "When I run `$ todo list`",
                "Then it prints `1. milk`"
            ),
            "none"
        );
        assert_eq!(
            steps(
                &["Given two items"],
                "When `count()` is called",
                "Then it gives `2`"
            ),
            "none"
        );
        assert_eq!(
            steps(
                &[],
                "When `deposit(3)` is called",
                "Then the balance is `3`"
            ),
            "none"
        );
        assert_eq!(
            steps(&[], "When a user logs in", "Then the page is shown"),
            "none"
        );
    }
}
