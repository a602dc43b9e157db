//! Examples as an interactive session: `>>> f(1)` and what it answers.

use std::ops::Range;

use super::link::{Link, expectation_at, is_end, link_at};
use super::setup::Setup;
use super::{Call, Expect, Findings, Found, Unclear, callee};
use crate::expression::call_at;
use crate::line::{Line, lines};

/// Whether any line of `text` is a prompt.
pub(super) fn is_doctest(text: &str) -> bool {
    lines(text).any(|line| prompt(line.text).is_some())
}

fn prompt(text: &str) -> Option<&str> {
    let rest = text.strip_prefix(">>>")?;
    (rest.is_empty() || rest.starts_with(' ')).then(|| rest.strip_prefix(' ').unwrap_or(rest))
}

fn continuation(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("...")?;
    (rest.is_empty() || rest.starts_with(' ')).then(|| rest.strip_prefix(' ').unwrap_or(rest))
}

/// One prompt with its continuation lines and its answer.
struct Turn {
    source: String,
    answer: Vec<String>,
    span: Range<usize>,
}

/// The examples in a session.
pub(super) fn read(text: &str) -> Findings {
    let mut findings = Findings::default();
    let mut setup = Setup::within(text.len());
    for turn in turns(text) {
        settle(turn, &mut setup, &mut findings);
    }
    findings
}

fn turns(text: &str) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    let mut indent = 0;
    let mut answering = None;
    for line in lines(text) {
        if let Some(source) = prompt(line.text) {
            turns.push(Turn {
                source: source.to_owned(),
                answer: Vec::new(),
                span: line.at..line.end(),
            });
            indent = line.at - line.start;
            answering = Some(false);
            continue;
        }
        let (Some(has_answer), Some(turn)) = (answering, turns.last_mut()) else {
            continue;
        };
        match continuation(line.text).filter(|_| !has_answer) {
            Some(more) => {
                turn.source.push('\n');
                turn.source.push_str(more);
            }
            None if line.is_blank() => {
                answering = None;
                continue;
            }
            None => {
                answering = Some(true);
                turn.answer.push(answer_line(text, line, indent));
            }
        }
        turn.span.end = line.end();
    }
    turns
}

/// The line without the session's own indentation.
fn answer_line(text: &str, line: Line<'_>, indent: usize) -> String {
    let whole = &text[line.start..line.end()];
    let own = (line.at - line.start).min(indent);
    whole
        .get(own..)
        .unwrap_or(line.text)
        .replace("<BLANKLINE>", "")
}

fn settle(turn: Turn, setup: &mut Setup, findings: &mut Findings) {
    let source = turn.source.trim();
    if source.is_empty() || source.starts_with('#') || setup.take_binding(source) {
        return;
    }
    let claimed = || call_of(source, Expect::Value("True".to_owned()), setup);
    let expect = match answer(&turn.answer) {
        Some(expect) => expect,
        None if claimed().is_some_and(|(_, it)| it.text() != "True") => {
            Expect::Value("True".to_owned())
        }
        None => {
            setup.take(source);
            return;
        }
    };
    let Some((call, expect)) = call_of(source, expect, setup) else {
        findings.unclear.push((turn.span, Unclear::NoCall));
        return;
    };
    let raises = matches!(expect, Expect::Raises(_));
    let Some(statements) = setup.repeated() else {
        findings.unclear.push((turn.span, Unclear::LongSetup));
        return;
    };
    findings.examples.push(Found {
        call,
        expect,
        setup: statements,
        span: turn.span,
    });
    if setup.has_state() && !raises {
        setup.take(source);
    }
}

/// What a session's answer promises; `None` when there is no answer.
fn answer(lines: &[String]) -> Option<Expect> {
    let first = lines.first()?;
    if !first.starts_with("Traceback") {
        return Some(Expect::Value(lines.join("\n").trim_end().to_owned()));
    }
    let last = lines
        .iter()
        .skip(1)
        .rfind(|line| line.starts_with(|c: char| c.is_alphabetic()))?;
    Some(Expect::Raises(
        last.split([':', ' ']).next().unwrap_or(last).to_owned(),
    ))
}

fn call_of(source: &str, expect: Expect, setup: &Setup) -> Option<(Call, Expect)> {
    let shape = call_at(source, 0)?;
    let head = &source[shape.head.clone()];
    if is_end(&source[shape.end..]) {
        let function = setup.function(callee(source, &shape));
        let expect = match expect {
            Expect::Value(text) if head == "print" => Expect::Output(text),
            other => other,
        };
        return Some((
            Call {
                source: source[..shape.end].to_owned(),
                function,
                command: None,
            },
            expect,
        ));
    }
    let found = link_at(source, shape.end).filter(|it| {
        it.link == Link::Value && source[shape.end..].trim_start().starts_with("==")
    })?;
    let (value, end) = expectation_at(source, found.end, Link::Value, &[])?;
    let holds = expect == Expect::Value("True".to_owned()) && is_end(&source[end..]);
    let call = Call {
        source: source[..shape.end].to_owned(),
        function: setup.function(callee(source, &shape)),
        command: None,
    };
    holds.then_some((call, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let findings = read(text);
        let show = |it: &Found| {
            format!(
                "{:?} {} [{}] {:?}",
                it.setup, it.call.source, it.call.function, it.expect
            )
        };
        assert_eq!(
            findings.examples.iter().map(show).collect::<Vec<_>>(),
            expected,
            "{text}"
        );
    }

    #[test]
    fn prompts_with_answers_are_examples() {
        check(
            "  >>> slugify(\"A B\")  # words\n  'a-b'\n\n  prose\n  >>> slugify(None)\n  Traceback (most recent call last):\n    File \"x\", line 1\n  TypeError: no text\n",
            &[
                "[] slugify(\"A B\") [slugify] Value(\"'a-b'\")",
                "[] slugify(None) [slugify] Raises(\"TypeError\")",
            ],
        );
        check(
            ">>> f(1,\n...   2)\n[1,\n 2]\n>>> f(3) == 4\nTrue\n",
            &[
                "[] f(1,\n  2) [f] Value(\"[1,\\n 2]\")",
                "[] f(3) [f] Value(\"4\")",
            ],
        );
        check(
            ">>> f(3) == 4\n>>> f(5) == 6\n>>> round(f([1, 2]), 2)  # f(x)\n-0.5\n",
            &[
                "[] f(3) [f] Value(\"4\")",
                "[] f(5) [f] Value(\"6\")",
                "[] round(f([1, 2]), 2) [f] Value(\"-0.5\")",
            ],
        );
        check(
            ">>> print(f(1))\na\n<BLANKLINE>\nb\n",
            &["[] print(f(1)) [f] Output(\"a\\n\\nb\")"],
        );
    }

    #[test]
    fn statements_before_an_example_are_its_setup() {
        check(
            ">>> from kit import Stack\n>>> s = Stack([1])\n>>> s.push(2)\n>>> s.pop()\n2\n>>> s.pop()\n1\n",
            &[
                "[\"from kit import Stack\", \"s = Stack([1])\", \"s.push(2)\"] s.pop() [Stack.pop] Value(\"2\")",
                "[\"from kit import Stack\", \"s = Stack([1])\", \"s.push(2)\", \"s.pop()\"] s.pop() [Stack.pop] Value(\"1\")",
            ],
        );
    }

    #[test]
    fn an_answer_to_no_call_is_noted() {
        let findings = read(">>> [f(x) for x in y]\n[1]\n>>> f(1) == 3\nFalse\n");
        assert_eq!((findings.examples.len(), findings.unclear.len()), (0, 2));
    }
}
