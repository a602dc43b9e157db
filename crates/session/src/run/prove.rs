//! Proof of the success criteria: run in a fresh worktree on what now stands in the project.

use std::collections::BTreeSet;

use engine::checks::read_report;
use engine::{CheckPurpose, Fact, Proof, claims, work_of};
use host::process::Finished;

use super::Running;
use super::attempt::{exit_code, millis};
use crate::error::SessionError;
use crate::shop::Yard;
use crate::view::View;

impl Running<'_> {
    pub(super) fn prove(&mut self) -> Result<(), SessionError> {
        let snapshot = self.snapshot()?;
        let yard = Yard::fresh(&self.run_folder().join("proof"))?;
        self.shop
            .shadow
            .checkout(&snapshot, &yard.tree)
            .map_err(SessionError::internal)?;
        let suite = self.suite(&yard)?;
        for claim in claims(self.spec) {
            let proof = match &claim.proof {
                Proof::AllTests => suite.all_tests(),
                Proof::Examples => self.examples(&suite),
                Proof::Command(line) => self.command(&yard, line)?,
                Proof::None(why) => Err(why.clone()),
            };
            let criterion = format!("{}: {}", claim.criterion, claim.text);
            self.front.show(&View::Claim {
                criterion,
                proof: proof.clone(),
            });
            self.record(Fact::Claimed {
                criterion: claim.criterion,
                text: claim.text,
                why: proof.as_ref().err().cloned().unwrap_or_default(),
                proof: proof.ok(),
            })?;
        }
        Ok(())
    }

    /// Runs every test of the project once.
    fn suite(&mut self, yard: &Yard) -> Result<Suite, SessionError> {
        if !yard.tree.join("tests").is_dir() {
            return Ok(Suite::default());
        }
        let python = self.shop.python()?;
        let words = [&python, "-m", "unittest", "discover", "-v", "-s", "tests"];
        let argv: Vec<String> = words.map(str::to_owned).to_vec();
        let finished = self.shop.check(yard, argv.clone())?;
        let printed = String::from_utf8_lossy(&finished.stderr).into_owned();
        let suite = Suite {
            line: format!("python3 {}", argv[1..].join(" ")),
            exit: exit_code(&finished),
            ran: tests_run(&printed),
            printed,
        };
        self.success_check(argv, &finished, suite.ran)?;
        Ok(suite)
    }

    fn success_check(
        &mut self,
        argv: Vec<String>,
        finished: &Finished,
        ran: u32,
    ) -> Result<(), SessionError> {
        let green = finished.ended.success();
        self.record(Fact::CheckRan {
            task: None,
            purpose: CheckPurpose::Success,
            argv,
            exit: exit_code(finished),
            ended: finished.ended.to_string(),
            passed: if green { ran } else { 0 },
            failed: if green { 0 } else { ran.max(1) },
            wall_ms: millis(finished.wall),
        })
    }

    /// Every example of the spec must be among the tests that ran and passed.
    fn examples(&self, suite: &Suite) -> Result<String, String> {
        let (mut passed, mut failed) = (0, Vec::new());
        let mut seen = BTreeSet::new();
        for task in self.run.tasks() {
            let record = &task.record;
            let Ok(work) = work_of(self.spec, &record.id, &record.requirements, &record.files)
            else {
                continue;
            };
            for file in work.checks.iter().filter(|it| seen.insert(it.path.clone())) {
                let report = read_report(file, suite.exit, &suite.printed);
                passed += report.passed.len();
                failed.extend(report.failed.into_iter().map(|(test, _)| test));
            }
        }
        let all: usize = self
            .spec
            .requirements
            .iter()
            .map(|it| it.examples.len())
            .sum();
        if failed.is_empty() && passed == all && all > 0 {
            Ok(format!("{passed} of {all} examples pass: {}", suite.line))
        } else if all == 0 {
            Err("the spec has no examples".to_owned())
        } else {
            Err(format!("{passed} of {all} examples pass"))
        }
    }

    /// A command that the spec names: one simple command, run without a shell.
    fn command(&mut self, yard: &Yard, line: &str) -> Result<Result<String, String>, SessionError> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
        let Some((name, rest)) = words.split_first() else {
            return Ok(Err("the command is empty".to_owned()));
        };
        if !words.iter().all(|word| word.chars().all(plain)) {
            return Ok(Err(format!(
                "«{line}» is not one simple command, so it was not run"
            )));
        }
        let Some(program) = self.shop.program(name) else {
            return Ok(Err(format!("{name} is not installed")));
        };
        let argv: Vec<String> = std::iter::once(program)
            .chain(rest.iter().cloned())
            .collect();
        let finished = self.shop.check(yard, argv.clone())?;
        self.success_check(argv, &finished, 1)?;
        Ok(if finished.ended.success() {
            Ok(line.to_owned())
        } else {
            Err(format!("«{line}» ended with: {}", finished.ended))
        })
    }
}

/// One run of the project's tests.
#[derive(Default)]
struct Suite {
    line: String,
    exit: Option<i32>,
    ran: u32,
    printed: String,
}

impl Suite {
    fn all_tests(&self) -> Result<String, String> {
        match (self.exit, self.ran) {
            (_, 0) => Err("no test ran".to_owned()),
            (Some(0), ran) => Ok(format!("{ran} tests pass: {}", self.line)),
            (Some(code), ran) => Err(format!(
                "{ran} tests ran and some failed (exit code {code})"
            )),
            (None, ran) => Err(format!("{ran} tests ran but not to their end")),
        }
    }
}

/// The number in unittest's line `Ran N tests in …`.
fn tests_run(printed: &str) -> u32 {
    let line = printed.lines().rfind(|it| it.starts_with("Ran "));
    line.and_then(|it| it.split(' ').nth(1)?.parse().ok())
        .unwrap_or(0)
}
