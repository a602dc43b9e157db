//! Examples as a session at a shell: `$ todo add milk` and what it prints.

use std::ops::Range;

use super::command::Command;
use super::setup::Setup;
use super::{Call, Expect, Findings, Found, Unclear};
use crate::line::lines;

/// Whether any line of `body` is a prompt.
pub(super) fn is_session(body: &str) -> bool {
    lines(body).any(|line| line.text.starts_with("$ "))
}

/// One command with what it prints.
struct Turn {
    line: String,
    printed: Vec<String>,
    span: Range<usize>,
}

/// The examples in a session: one a command, which has the commands before it as its setup.
pub(super) fn read(body: &str) -> Findings {
    let mut findings = Findings::default();
    let mut setup = Setup::within(body.len());
    let mut before: Vec<Found> = Vec::new();
    for turn in turns(body) {
        let span = turn.span.clone();
        if turn.line == "echo $?" {
            let code = turn.printed.join("\n");
            match (before.last(), code.trim().parse::<u8>()) {
                (Some(last), Ok(code)) => findings.examples.push(Found {
                    expect: Expect::Exits(code.to_string()),
                    span,
                    ..last.clone()
                }),
                _ => findings.unclear.push((span, Unclear::Command)),
            }
            continue;
        }
        let (Some(call), Some(statements)) = (call(&turn.line), setup.repeated()) else {
            // What comes after a command that cannot be run means nothing.
            findings.unclear.push((span, Unclear::Command));
            return findings;
        };
        setup.take(&turn.line);
        let found = Found {
            call,
            expect: Expect::Output(plain(&turn.printed)),
            setup: statements,
            span,
        };
        findings.examples.push(found.clone());
        before = vec![found];
    }
    findings
}

/// The call that a command line is.
pub(super) fn call(line: &str) -> Option<Call> {
    let command = Command::parse(line)?;
    Some(Call {
        source: line.trim().to_owned(),
        function: command.program.clone(),
        command: Some(command),
    })
}

fn turns(body: &str) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    let mut indent = 0;
    for line in lines(body) {
        if let Some(command) = line.text.strip_prefix("$ ") {
            indent = line.at - line.start;
            turns.push(Turn {
                line: command.trim().to_owned(),
                printed: Vec::new(),
                span: line.at..line.end(),
            });
        } else if let Some(turn) = turns.last_mut() {
            let own = (line.at - line.start).min(indent);
            let whole = body.get(line.start + own..line.end());
            turn.printed.push(whole.unwrap_or(line.text).to_owned());
            if !line.is_blank() {
                turn.span.end = line.end();
            }
        }
    }
    turns
}

/// Printed lines without spaces at their ends and without blank lines at the end.
fn plain(lines: &[String]) -> String {
    let lines: Vec<&str> = lines.iter().map(|it| it.trim_end()).collect();
    lines.join("\n").trim_end_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: &[&str]) {
        let findings = read(body);
        let mut found: Vec<String> = findings
            .examples
            .iter()
            .map(|it| format!("{:?} {} {:?}", it.setup, it.call.source, it.expect))
            .collect();
        found.extend(
            findings
                .unclear
                .iter()
                .map(|(it, _)| format!("unclear {}", &body[it.clone()])),
        );
        assert_eq!(found, expected, "{body}");
        for it in &findings.examples {
            assert!(body[it.span.clone()].starts_with("$ "), "{body}");
        }
    }

    #[test]
    fn commands_come_with_what_was_run_before_them() {
        check(
            "$ todo add milk\nAdded 1: milk  \n\n$ todo list\n1. milk\n\n   2 more\n$ todo done 9\n$ echo $?\n1\n",
            &[
                "[] todo add milk Output(\"Added 1: milk\")",
                "[\"todo add milk\"] todo list Output(\"1. milk\\n\\n   2 more\")",
                "[\"todo add milk\", \"todo list\"] todo done 9 Output(\"\")",
                "[\"todo add milk\", \"todo list\"] todo done 9 Exits(\"1\")",
            ],
        );
        check("  $ todo\n    a\n", &["[] todo Output(\"  a\")"]);
    }

    #[test]
    fn what_cannot_be_run_is_noted_and_ends_the_session() {
        check(
            "$ todo add x\nok\n$ todo list | sort\nx\n$ todo list\nx\n",
            &[
                "[] todo add x Output(\"ok\")",
                "unclear $ todo list | sort\nx",
            ],
        );
        check("$ echo $?\n0\n", &["unclear $ echo $?\n0"]);
        check("$ npm install\n", &["unclear $ npm install"]);
        check("todo\n$todo\n", &[]);
    }
}
