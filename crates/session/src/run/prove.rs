//! Proof of the success criteria: run in a fresh worktree on what now stands in the project.

use std::collections::BTreeSet;
use std::path::PathBuf;

use engine::checks::{CheckFile, Runner};
use engine::{CheckPurpose, Fact, NamedTests, Proof, TaskRecord, claims, work_of};
use host::process::Finished;
use policy::shell::{Answer, Plan};
use spec::{Limit, Measure, Spec, TestName};

use super::{Running, snapshot};
use crate::error::SessionError;
use crate::shop::{Shop, Yard, exit_code, millis};
use crate::tooling;
use crate::view::View;

/// Longest test file that is looked at for what it asserts, in bytes.
const SOURCE_MAX: u64 = 1 << 20;

/// What a proof tells while it goes on.
pub(crate) enum Told {
    /// Something that happened.
    Fact(Fact),
    /// Something to show.
    View(View),
}

/// Proves the success criteria of a spec on what stands in the project.
pub(crate) struct Prover<'a> {
    pub(crate) shop: &'a Shop,
    pub(crate) spec: &'a Spec,
    /// The tasks whose checks belong to the spec.
    pub(crate) tasks: Vec<TaskRecord>,
    /// Where the fresh worktree is laid.
    pub(crate) folder: PathBuf,
    /// Who is told.
    pub(crate) tell: &'a mut dyn FnMut(Told) -> Result<(), SessionError>,
}

impl Running<'_> {
    pub(super) fn prove(&mut self) -> Result<(), SessionError> {
        if self.look_again()? {
            return Ok(());
        }
        let (shop, spec, folder) = (self.shop, self.spec, self.run_folder().join("proof"));
        let tasks = self
            .run
            .tasks()
            .iter()
            .map(|it| it.record.clone())
            .collect();
        let mut tell = |told: Told| match told {
            Told::Fact(fact) => self.record(fact),
            Told::View(view) => {
                self.front.show(&view);
                Ok(())
            }
        };
        let prover = Prover {
            shop,
            spec,
            tasks,
            folder,
            tell: &mut tell,
        };
        prover.prove()
    }
}

impl Prover<'_> {
    /// Looks at every success criterion once.
    pub(crate) fn prove(mut self) -> Result<(), SessionError> {
        let snapshot = snapshot(self.shop)?;
        let yard = Yard::fresh(&self.folder)?;
        self.shop
            .shadow
            .checkout(&snapshot, &yard.tree)
            .map_err(SessionError::internal)?;
        let checks = self.compiled(&yard);
        let suites = self.suites(&yard, &checks)?;
        for claim in claims(self.spec) {
            let proof = match &claim.proof {
                Proof::By(measure) => self.measured(&yard, &checks, &suites, measure)?,
                Proof::Shown(named) => suites.show(named),
                Proof::None(why) => Err(why.clone()),
            };
            let criterion = format!("{}: {}", claim.criterion, claim.text);
            (self.tell)(Told::View(View::Claim {
                criterion,
                proof: proof.clone(),
            }))?;
            (self.tell)(Told::Fact(Fact::Claimed {
                criterion: claim.criterion,
                text: claim.text,
                why: proof.as_ref().err().cloned().unwrap_or_default(),
                proof: proof.ok(),
            }))?;
        }
        Ok(())
    }

    fn measured(
        &mut self,
        yard: &Yard,
        checks: &[CheckFile],
        suites: &Suites,
        measure: &Measure,
    ) -> Result<Result<String, String>, SessionError> {
        Ok(match measure {
            Measure::AllTests => suites.all_tests(),
            Measure::TestCount(limit) => suites.counted(limit),
            Measure::Examples => self.examples(yard, checks)?,
            Measure::Command { line, exit } => self.command(yard, line, *exit)?,
            Measure::Test(name) => suites.test(name),
            Measure::Coverage(limit) => self.coverage(yard, checks, limit)?,
            Measure::Security => self.security(yard)?,
            Measure::Time(timing) => self.time(yard, timing)?,
            Measure::Size(size) => self.size(yard, size)?,
        })
    }

    /// The check files of all tasks, compiled from the spec as it is now.
    fn compiled(&self, yard: &Yard) -> Vec<CheckFile> {
        let tooling = tooling::look(&yard.tree, self.spec, self.shop);
        let mut files: Vec<CheckFile> = Vec::new();
        for it in &self.tasks {
            let work = work_of(self.spec, &tooling, &it.id, &it.requirements, &it.files);
            for file in work.map(|it| it.checks).unwrap_or_default() {
                if files.iter().all(|it| it.path != file.path) {
                    files.push(file);
                }
            }
        }
        files
    }

    /// Runs every test of the project once, with each runner that the spec's checks use.
    fn suites(&mut self, yard: &Yard, checks: &[CheckFile]) -> Result<Suites, SessionError> {
        let mut suites = Suites::default();
        let has_tests = yard.tree.join("tests").is_dir();
        for runner in runners(checks).into_iter().filter(|_| has_tests) {
            let words = runner.suite();
            let argv = self.shop.resolved(words.clone())?;
            let finished = self.shop.check(yard, argv.clone())?;
            let (out, err) = (
                String::from_utf8_lossy(&finished.stdout),
                String::from_utf8_lossy(&finished.stderr),
            );
            let ran = runner.count(&out, &err);
            let exit = exit_code(&finished);
            suites.tests.ran(runner.results(exit, &out, &err));
            suites.list.push(Suite {
                line: words.join(" "),
                exit,
                ran,
            });
            self.success_check(argv, &finished, ran)?;
        }
        for path in self.files()? {
            if code::is_test_path(&path)
                && let Ok(bytes) = host::files::read(&yard.tree.join(&path), SOURCE_MAX)
            {
                suites.tests.source(&path, &String::from_utf8_lossy(&bytes));
            }
        }
        Ok(suites)
    }

    /// The files of the project, sensitive ones left out.
    pub(super) fn files(&self) -> Result<Vec<String>, SessionError> {
        Ok(super::existing(self.shop)?.into_iter().collect())
    }

    pub(super) fn success_check(
        &mut self,
        argv: Vec<String>,
        finished: &Finished,
        ran: u32,
    ) -> Result<(), SessionError> {
        let green = finished.ended.success();
        (self.tell)(Told::Fact(Fact::CheckRan {
            task: None,
            purpose: CheckPurpose::Success,
            argv,
            exit: exit_code(finished),
            ended: finished.ended.to_string(),
            passed: if green { ran } else { 0 },
            failed: if green { 0 } else { ran.max(1) },
            wall_ms: millis(finished.wall),
        }))
    }

    /// Every example of the spec must be among the tests that ran and passed. The check files are written
    /// anew, so that the spec is what is proven, whatever became of its tests.
    fn examples(
        &mut self,
        yard: &Yard,
        checks: &[CheckFile],
    ) -> Result<Result<String, String>, SessionError> {
        let (mut passed, mut failed) = (0, Vec::new());
        for file in checks {
            self.shop.write(yard, &file.path, &file.text)?;
            let (argv, finished, report) =
                self.shop.check_file(yard, file, CheckPurpose::Success)?;
            let ran = report.passed.len() + report.failed.len();
            self.success_check(argv, &finished, u32::try_from(ran).unwrap_or(u32::MAX))?;
            passed += report.passed.len();
            failed.extend(report.failed.into_iter().map(|(test, _)| test));
        }
        let runners: BTreeSet<Runner> = checks.iter().map(|it| it.runner).collect();
        let names: Vec<&str> = runners.into_iter().map(Runner::name).collect();
        let all = self.spec.examples().count();
        Ok(if failed.is_empty() && passed == all && all > 0 {
            Ok(format!(
                "{passed} of {all} examples pass: {}",
                names.join(", ")
            ))
        } else if all == 0 {
            Err("the spec has no examples".to_owned())
        } else {
            Err(format!("{passed} of {all} examples pass"))
        })
    }

    /// A command that the spec names: one simple command, run without a shell.
    fn command(
        &mut self,
        yard: &Yard,
        line: &str,
        exit: u8,
    ) -> Result<Result<String, String>, SessionError> {
        let verdict = self.shop.gate.explain_line(line);
        let words = match verdict.plan {
            Some(Plan::Run(one)) if one.copies.is_empty() => one.argv,
            _ if verdict.answer == Answer::Deny => return Ok(Err(verdict.why)),
            _ => {
                return Ok(Err(format!(
                    "«{line}» is not one simple command, so it was not run"
                )));
            }
        };
        let Some((name, rest)) = words.split_first() else {
            return Ok(Err("the command is empty".to_owned()));
        };
        let Some(program) = self.shop.program(name) else {
            return Ok(Err(format!("{name} is not installed")));
        };
        let argv: Vec<String> = std::iter::once(program)
            .chain(rest.iter().cloned())
            .collect();
        let finished = self.shop.check(yard, argv.clone())?;
        self.success_check(argv, &finished, 1)?;
        Ok(
            match (exit_code(&finished) == Some(i32::from(exit)), exit) {
                (true, 0) => Ok(line.to_owned()),
                (true, _) => Ok(format!("{line} (exit code {exit})")),
                (false, _) => Err(format!("«{line}» ended with: {}", finished.ended)),
            },
        )
    }
}

/// The runners that a spec's checks use; Python's own where it has none.
pub(super) fn runners(checks: &[CheckFile]) -> BTreeSet<Runner> {
    let mut runners: BTreeSet<Runner> = checks.iter().map(|it| it.runner).collect();
    if runners.is_empty() {
        runners.insert(Runner::Unittest);
    }
    runners
}

/// What the runs of all tests showed.
#[derive(Default)]
struct Suites {
    list: Vec<Suite>,
    tests: NamedTests,
}

/// One run of the project's tests.
struct Suite {
    line: String,
    exit: Option<i32>,
    ran: u32,
}

impl Suites {
    /// Every suite must have run tests and come to a good end.
    fn all_tests(&self) -> Result<String, String> {
        if self.list.is_empty() {
            return Err("no test ran".to_owned());
        }
        let proofs: Result<Vec<String>, String> = self.list.iter().map(Suite::all_tests).collect();
        proofs.map(|it| it.join("; "))
    }

    fn counted(&self, limit: &Limit) -> Result<String, String> {
        let proof = self.all_tests()?;
        let ran = self.list.iter().map(|it| u64::from(it.ran)).sum();
        match limit.holds(ran) {
            true => Ok(proof),
            false => Err(format!("{ran} tests ran")),
        }
    }

    fn test(&self, name: &TestName) -> Result<String, String> {
        self.tests.shows(name).map(|it| format!("{it} passes"))
    }

    /// Whether a test shows each of these criteria.
    fn show(&self, named: &[(String, TestName)]) -> Result<String, String> {
        let wrong = named.iter().filter_map(|(criterion, name)| {
            let why = self.tests.shows(name).err()?;
            Some(format!("{criterion}: {why}"))
        });
        let wrong: Vec<String> = wrong.collect();
        match wrong.is_empty() {
            true => Ok(format!(
                "{0} of {0} criteria have a test that is named for them and passes",
                named.len()
            )),
            false => Err(format!(
                "{} of {} criteria are shown by no test; {}",
                wrong.len(),
                named.len(),
                wrong.join("; ")
            )),
        }
    }
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
