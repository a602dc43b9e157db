//! One attempt at a task: a worktree on a snapshot, the model's functions, the program's glue, the checks, and
//! what came of it as a changeset.

use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use agent::{
    AgentError, BUT, Behaviour, Bench, BenchError, FunctionSlot, Limits, SlotEvent, Trial,
};
use change::Changeset;
use code::Language;
use engine::checks::{self, Came, CheckFile, Probe, Report};
use engine::{
    CheckPurpose, Fact, FunctionWork, Neighbour, Proposal, Renewal, TRIAL_FOLDER, TaskRecord, Work,
    complete, work_of,
};
use host::shadow::{Captured, TreeId};
use spec::Spec;

use super::{Event, landing};
use crate::briefing::{Briefing, SHORT, Wanted};
use crate::error::SessionError;
use crate::hooking::ExecKind;
use crate::shop::{Shop, Yard, exit_code, millis};
use crate::talk;
use crate::tooling;
use crate::view::View;

/// Room between the seeds of two attempts, and of two runs: a sample adds its own number.
const SEEDS_AN_ATTEMPT: u64 = 100;
const SEEDS_A_RUN: u64 = 10_000;

/// How often the compiler is asked what it proposes for one answer: mended in one place it finds the next.
const CORRECTIONS_TRIED: u32 = 3;

/// What cargo writes when it first tries anything.
const CARGO_LOCK: &str = "Cargo.lock";

/// What stands above a briefing for a model with little room.
const STEERING: &str = "How code is written in this project, where it concerns this function:";

/// One attempt under way.
pub(super) struct Attempt<'a> {
    pub(super) shop: &'a Shop,
    pub(super) spec: &'a Spec,
    /// The text that the spec was read from.
    pub(super) spec_text: &'a str,
    pub(super) task: TaskRecord,
    /// What a person wanted to be otherwise in earlier attempts.
    pub(super) remarks: Vec<String>,
    pub(super) number: u32,
    /// The run's seed.
    pub(super) seed: u64,
    pub(super) base: TreeId,
    pub(super) yard: Yard,
    /// The tasks that are done: it must not break what proves them.
    pub(super) done: Vec<TaskRecord>,
    /// Whether work of theirs stands in the base that was not there when this one began.
    pub(super) beside: bool,
    pub(super) events: Sender<Event>,
    /// Whether a hook waits for tests or a build to begin.
    pub(super) announces: bool,
    /// Where the transcript of a conversation is kept.
    pub(super) transcript: PathBuf,
}

/// How an attempt ended when nothing broke.
enum End {
    Proposed(Proposal),
    Failed(String),
}

impl Attempt<'_> {
    /// Works the task from a fresh worktree to a proposal or an honest failure. What an earlier attempt proposed and a
    /// person wants otherwise is where it begins.
    pub(super) fn run(&self, earlier: Option<&Changeset>) -> Result<(), SessionError> {
        self.check_out()?;
        if let Some(earlier) = earlier
            && let Err(error) = self.shop.bring_in(&self.yard, earlier)
        {
            // The user's own edits stand in its way: then it is done from the beginning.
            self.view(View::Warning(error.message));
        }
        let end = match self.work() {
            Ok(work) => self.carry_out(&work)?,
            Err(reason) => End::Failed(reason),
        };
        if let Some(warning) = self.shop.sharing.warning() {
            self.view(View::Warning(warning));
        }
        self.end(end);
        Ok(())
    }

    /// Proves a worktree that a person has changed, and proposes it anew.
    pub(super) fn prove_again(&self) -> Result<(), SessionError> {
        let end = self.proven()?;
        self.end(end);
        Ok(())
    }

    /// Proves what was proposed before on the project as it is now.
    pub(super) fn renew(&self, proposed: &Changeset) -> Result<(), SessionError> {
        self.check_out()?;
        let renewal = match self.shop.bring_in(&self.yard, proposed) {
            Err(error) => Renewal::Failed(error.message),
            Ok(()) => match self.proven()? {
                End::Failed(reason) => Renewal::Failed(reason),
                End::Proposed(proposal) => {
                    match landing::changes(self.shop, &proposal)? == *proposed {
                        true => Renewal::Same(proposal),
                        false => Renewal::Changed(proposal),
                    }
                }
            },
        };
        let task = self.task.id.clone();
        self.fact(Fact::RenewalEnded { task, renewal });
        Ok(())
    }

    fn check_out(&self) -> Result<(), SessionError> {
        let shadow = &self.shop.shadow;
        let checked_out = shadow.checkout(&self.base, &self.yard.tree);
        checked_out.map_err(SessionError::internal)
    }

    /// What comes of the worktree as it is.
    fn proven(&self) -> Result<End, SessionError> {
        match self.work() {
            Ok(work) => self.propose(&work),
            Err(reason) => Ok(End::Failed(reason)),
        }
    }

    fn work(&self) -> Result<Work, String> {
        self.work_on(&self.task)
    }

    pub(super) fn work_on(&self, task: &TaskRecord) -> Result<Work, String> {
        let tooling = tooling::look(&self.yard.tree, self.spec, self.shop);
        work_of(
            self.spec,
            &tooling,
            &task.id,
            &task.requirements,
            &task.files,
        )
        .map_err(|it| it.to_string())
    }

    fn end(&self, end: End) {
        let task = self.task.id.clone();
        self.fact(match end {
            End::Proposed(proposal) => Fact::Proposed { task, proposal },
            End::Failed(reason) => Fact::AttemptFailed { task, reason },
        });
    }

    fn carry_out(&self, work: &Work) -> Result<End, SessionError> {
        if work.unjudged.is_some() && work.glue.is_empty() && self.is_checkpoint() {
            return self.propose(work);
        }
        let drives = self.shop.model_drives()?;
        if let (Some(why), false, true) = (&work.unjudged, drives, work.glue.is_empty()) {
            return Ok(End::Failed(format!(
                "{why}; {} only fills in functions that examples judge: another model can do it, with --model",
                self.shop.model_id()
            )));
        }
        for glue in &work.glue {
            let present = self.read(glue.path())?;
            self.write(glue.path(), &glue.text_over(&present))?;
        }
        self.make_modules(work)?;
        let mut red = false;
        for file in &work.checks {
            self.write(&file.path, &file.text)?;
            let report = self.check_file(file, CheckPurpose::Before)?;
            red |= !report.failed.is_empty();
        }
        if self.shop.proves_others() {
            return self.propose(work);
        }
        // What the program writes whole needs no model.
        let is_written = work.unjudged.is_some() && !work.glue.is_empty();
        let unfinished: Vec<String> = match drives && !is_written {
            true => self.drive(work, red)?.into_iter().collect(),
            false => self.fill_all(work)?,
        };
        if !unfinished.is_empty() {
            return Ok(End::Failed(unfinished.join("; ")));
        }
        self.propose(work)
    }

    /// Fills every function's slot; gives the reasons where that failed.
    fn fill_all(&self, work: &Work) -> Result<Vec<String>, SessionError> {
        let mut unfilled = Vec::new();
        let told = self.briefing(work, 0)?.short(SHORT);
        for function in &work.functions {
            let mut function = function.clone();
            if !told.is_empty() {
                function.context = format!("{}\n\n{STEERING}\n{told}", function.context)
                    .trim_start()
                    .to_owned();
            }
            unfilled.extend(self.fill(&function)?);
        }
        Ok(unfilled)
    }

    /// What a model is told beside the task.
    pub(super) fn briefing(&self, work: &Work, around: usize) -> Result<Briefing, SessionError> {
        let of_work = work.functions.iter().map(|it| &it.file);
        let mut files: Vec<String> = self.task.files.iter().chain(of_work).cloned().collect();
        files.dedup();
        let wanted = Wanted {
            words: &self.task.title,
            files: &files,
            around,
            ..Wanted::default()
        };
        Briefing::in_shop(self.shop, wanted, &mut |view| self.view(view))
    }

    /// From which the seeds of this attempt's answers follow.
    pub(super) fn model_seed(&self) -> u64 {
        self.seed * SEEDS_A_RUN + u64::from(self.number) * SEEDS_AN_ATTEMPT
    }

    /// A module that a Rust library makes known must be there before anything compiles.
    fn make_modules(&self, work: &Work) -> Result<(), SessionError> {
        let modules = work
            .functions
            .iter()
            .filter(|it| it.language == Language::Rust);
        for it in modules {
            if !self.yard.tree.join(&it.file).exists() {
                self.write(&it.file, "")?;
            }
        }
        Ok(())
    }

    /// Runs every check on the worktree as it is and captures what changed.
    fn propose(&self, work: &Work) -> Result<End, SessionError> {
        let (mut passed, mut failures) = (0, Vec::new());
        for file in &work.checks {
            let report = self.check_file(file, CheckPurpose::After)?;
            passed += count(report.passed.len());
            failures.extend(report.failed);
        }
        for (module, names) in &work.imports {
            let report = self.check_import(module, names, CheckPurpose::After)?;
            passed += count(report.passed.len());
            failures.extend(report.failed);
        }
        let mut shown = Vec::new();
        if self.has_own(work) {
            let own = self.own_tests(work, CheckPurpose::After)?;
            shown = own.shows(&self.wanted_tests());
            passed += count(own.report.passed.len());
            failures.extend(own.report.failed);
        }
        let captured = landing::capture(self.shop, &self.base, &self.yard)?;
        if failures.is_empty() {
            failures = self.breaks(&captured, CheckPurpose::After)?;
        }
        if let Some((test, why)) = failures.first() {
            let all = passed as usize + failures.len();
            return Ok(End::Failed(format!(
                "{passed} of {all} checks pass; {test}: {why}"
            )));
        }
        if let Some(warning) = landing::left_out(&captured) {
            self.view(View::Warning(warning));
        }
        Ok(End::Proposed(Proposal {
            unjudged: work.unjudged.is_some() && passed == 0,
            shown,
            ..landing::proposal(&self.base, &captured, passed)
        }))
    }

    /// Checks of tasks that are done and fail on the worktree.
    pub(super) fn breaks(
        &self,
        captured: &Captured,
        purpose: CheckPurpose,
    ) -> Result<Vec<(String, String)>, SessionError> {
        let concerned = self.done.iter().filter(|it| self.concerns(it, captured));
        let mut failed = Vec::new();
        for task in concerned {
            failed.extend(self.broken_by_it(task, purpose)?);
        }
        Ok(failed)
    }

    /// Whether what was changed may break a task that is done: it touches its files, or stands on a base that is new to
    /// both.
    fn concerns(&self, task: &TaskRecord, captured: &Captured) -> bool {
        let mut changed = captured.changes.paths();
        self.beside || changed.any(|path| task.files.iter().any(|it| it == path.as_str()))
    }

    /// Checks of another task that fail on the worktree.
    fn broken_by_it(
        &self,
        task: &TaskRecord,
        purpose: CheckPurpose,
    ) -> Result<Vec<(String, String)>, SessionError> {
        let mut failed = Vec::new();
        for file in self.work_on(task).map(|it| it.checks).unwrap_or_default() {
            failed.extend(self.check_file(&file, purpose)?.failed);
        }
        let of_task = |(test, why)| (format!("task {}: {test}", task.id), why);
        Ok(failed.into_iter().map(of_task).collect())
    }

    /// Fills one function's slot; gives the reason when it could not.
    fn fill(&self, work: &FunctionWork) -> Result<Option<String>, SessionError> {
        let mut work = work.clone();
        // A neighbour that is yet to be written cannot be imported.
        work.uses
            .retain(|it| self.yard.tree.join(&it.file).is_file());
        let before = landing::capture(self.shop, &self.base, &self.yard)?.tree;
        let filled = self.try_candidates(&work);
        let trials = self.yard.tree.join(TRIAL_FOLDER);
        if trials.exists() {
            host::files::remove_tree(&trials).map_err(SessionError::internal)?;
        }
        self.undo_strays(&before, &work)?;
        filled
    }

    /// Undoes what candidates did to the worktree when they were tried, beside the files that this is about: of one that saves a
    /// list to be tried nothing must land with another.
    fn undo_strays(&self, before: &TreeId, work: &FunctionWork) -> Result<(), SessionError> {
        let rewritten = self.shop.written.rewritten_by(&self.task.id);
        let is_own = |path: &str| {
            [&work.file, &work.check.path].iter().any(|it| *it == path)
                || rewritten.iter().any(|it| it == path)
                || path == CARGO_LOCK
        };
        let now = landing::capture(self.shop, before, &self.yard)?;
        let strays = now.changes.selected(|it| !is_own(it.path.as_str()));
        if strays.is_empty() {
            return Ok(());
        }
        let paths: Vec<&str> = strays.paths().map(|it| it.as_str()).collect();
        self.view(View::Notice(format!(
            "answers to {} that were tried changed {}: undone",
            work.function,
            landing::named(&paths)
        )));
        self.shop.bring_in(&self.yard, &strays.inverted())
    }

    fn try_candidates(&self, work: &FunctionWork) -> Result<Option<String>, SessionError> {
        let present = self.read(&work.file)?;
        let mut bench = SlotBench {
            attempt: self,
            work,
            present: &present,
        };
        let asked = !self.remarks.is_empty();
        if !asked && bench.check(&present).is_ok_and(|it| it.is_green()) {
            self.view(View::Notice(format!(
                "{} already passes its examples",
                work.function
            )));
            return Ok(None);
        }
        let slot = slot(work, present.clone(), &self.remarks);
        let model = self.shop.model()?;
        let mut told = Telling::new(self, &work.function);
        let limits = Limits {
            seed: self.model_seed(),
            ..Limits::default()
        };
        let filled = agent::fill(
            &*model,
            &slot,
            limits,
            &mut bench,
            &self.shop.cancel,
            &mut |event| {
                told.event(event);
            },
        )
        .map_err(agent_error)?;
        let unjudged = work.check.tests.is_empty() && filled.trial.failures.is_empty();
        if let (Some(file), true) = (&filled.file, filled.trial.is_green() || unjudged) {
            let text = complete(file, work);
            self.write(&work.file, &text)?;
            let is_alone = filled.agreeing.0 == 0;
            let written = &self.shop.written;
            written.keep(work, &text, filled.answers, is_alone);
            if unjudged {
                self.view(View::Warning(unproven(&work.function, filled.agreeing)));
            } else if !filled.is_settled {
                let passed = filled.trial.passed;
                self.view(View::Warning(alone(
                    &work.function,
                    passed,
                    filled.agreeing,
                )));
            }
            return Ok(None);
        }
        let all = filled.trial.passed as usize + filled.trial.failures.len();
        let tries = filled.tried.len();
        let first = filled
            .trial
            .failures
            .first()
            .map_or(String::new(), |it| format!(" ({it})"));
        Ok(Some(format!(
            "`{}` passes {} of {all} examples after {tries} tries{first}",
            work.function, filled.trial.passed
        )))
    }

    pub(super) fn read(&self, path: &str) -> Result<String, SessionError> {
        let file = self.yard.tree.join(path);
        if file.symlink_metadata().is_err() {
            return Ok(String::new());
        }
        let bytes = host::files::read(&file, 4 << 20).map_err(SessionError::input)?;
        String::from_utf8(bytes)
            .map_err(|_| SessionError::input(format!("{path} is not UTF-8 text")))
    }

    pub(super) fn write(&self, path: &str, text: &str) -> Result<(), SessionError> {
        self.shop.write(&self.yard, path, text)
    }

    pub(super) fn check_file(
        &self,
        file: &CheckFile,
        purpose: CheckPurpose,
    ) -> Result<Report, SessionError> {
        if let Some(refused) = self.held_back(file, purpose) {
            return Ok(refused);
        }
        let (argv, finished, report) = self.shop.check_file(&self.yard, file, purpose)?;
        self.checked(purpose, argv, &finished, &report);
        Ok(report)
    }

    /// What is reported of a task's proof that a hook does not let begin; none where it may.
    pub(super) fn held_back(&self, file: &CheckFile, purpose: CheckPurpose) -> Option<Report> {
        let argv = file.argv();
        let is_asked = self.announces && purpose == CheckPurpose::After;
        if !is_asked || ExecKind::recognised(&argv).is_none() {
            return None;
        }
        let (reply, answer) = channel();
        self.events.send(Event::Begins { argv, reply }).ok()?;
        // A run that is over has nothing against it any more.
        let why = answer.recv().ok()??;
        Some(Report {
            failed: vec![(file.path.clone(), format!("not run: {why}"))],
            ..Report::default()
        })
    }

    pub(super) fn check_import(
        &self,
        module: &str,
        names: &[String],
        purpose: CheckPurpose,
    ) -> Result<Report, SessionError> {
        let line = format!("from {module} import {}", names.join(", "));
        let argv = vec![self.shop.python()?, "-c".to_owned(), line.clone()];
        let finished = self.shop.check(&self.yard, argv.clone())?;
        let mut report = Report::default();
        if finished.ended.success() {
            report.passed.push(line);
        } else {
            let why = String::from_utf8_lossy(&finished.stderr);
            let last = why
                .lines()
                .rfind(|it| !it.trim().is_empty())
                .unwrap_or("it failed");
            report.failed.push((line, last.to_owned()));
        }
        self.checked(purpose, argv, &finished, &report);
        Ok(report)
    }

    pub(super) fn checked(
        &self,
        purpose: CheckPurpose,
        argv: Vec<String>,
        finished: &host::process::Finished,
        report: &Report,
    ) {
        let (passed, failed) = (count(report.passed.len()), count(report.failed.len()));
        if purpose != CheckPurpose::Candidate {
            let what = match purpose {
                CheckPurpose::Before => "examples before the task",
                _ => "checks after the task",
            };
            self.view(View::Check {
                what: what.to_owned(),
                result: Some((passed, failed)),
            });
        }
        self.fact(Fact::CheckRan {
            task: Some(self.task.id.clone()),
            purpose,
            argv,
            exit: exit_code(finished),
            ended: finished.ended.to_string(),
            passed,
            failed,
            wall_ms: millis(finished.wall),
        });
    }

    pub(super) fn fact(&self, fact: Fact) {
        // The receiver outlives every attempt; a closed channel means that the run is already over.
        let _ = self.events.send(Event::Fact(fact));
    }

    pub(super) fn view(&self, view: View) {
        let _ = self.events.send(Event::View(view));
    }
}

/// The inputs on which a candidate broke down, in words.
fn breakdowns(probe: &Probe, behaviour: &[Behaviour]) -> Vec<String> {
    let told = |(call, it): (&String, &Behaviour)| match it {
        Behaviour::Failed(name) => Some(format!("{call}: it ended with {name}")),
        Behaviour::Gave(_) | Behaviour::Refused(_) => None,
    };
    probe.calls.iter().zip(behaviour).filter_map(told).collect()
}

/// A function that may be called, as the model is told of it.
fn neighbour(it: &Neighbour) -> agent::Neighbour {
    agent::Neighbour {
        function: it.function.clone(),
        signature: it.signature.as_ref().unwrap_or(&it.function).clone(),
        file: it.file.clone(),
        about: it.about.clone(),
        statement: it.statement.clone(),
    }
}

fn rule(it: &engine::Rule) -> agent::Rule {
    agent::Rule {
        text: it.text.clone(),
        examples: it.examples.clone(),
    }
}

/// What is to be said of a function that no example judges.
fn unproven(function: &str, (agreeing, others): (usize, usize)) -> String {
    format!(
        "no example judges `{function}`, so nothing proves it; {agreeing} of {others} other answers behave \
         alike on inputs derived from its signature"
    )
}

/// What is to be said of a function that passes its examples, and that the other answers do not speak for.
fn alone(function: &str, passed: u32, (agreeing, others): (usize, usize)) -> String {
    let beside = match others {
        0 => "and no other answer does".to_owned(),
        _ => {
            format!("but only {agreeing} of {others} other answers that do behave alike elsewhere")
        }
    };
    format!("`{function}` passes its examples ({passed}), {beside}: look at what no example shows")
}

fn behaviour(came: Came, work: &FunctionWork) -> Behaviour {
    match came {
        Came::Value(value) => Behaviour::Gave(value),
        Came::Error(name) if work.raises.contains(&name) => Behaviour::Refused(name),
        Came::Error(name) => Behaviour::Failed(name),
    }
}

pub(super) fn slot(work: &FunctionWork, present: String, remarks: &[String]) -> FunctionSlot {
    let wishes = remarks.iter().map(|it| agent::Rule {
        text: it.clone(),
        examples: Vec::new(),
    });
    // What is yet to be written cannot be called.
    let is_there = |it: &&Neighbour| code::definition(work.language, &present, &it.function);
    let beside = work.beside.iter().filter(|it| is_there(it).is_some());
    FunctionSlot {
        language: work.language,
        function: work.function.clone(),
        signature: work.signature.clone(),
        purpose: work.purpose.clone(),
        context: work.context.clone(),
        rules: work.rules.iter().map(rule).chain(wishes).collect(),
        examples: work.examples.clone(),
        neighbours: work.uses.iter().chain(beside).map(neighbour).collect(),
        others: work.others.clone(),
        path: work.file.clone(),
        file: present,
        earlier: Vec::new(),
    }
}

/// Tries candidates of one function: its file in the worktree, its examples beside it.
#[derive(Clone, Copy)]
pub(super) struct SlotBench<'a> {
    pub(super) attempt: &'a Attempt<'a>,
    pub(super) work: &'a FunctionWork,
    /// The file without any candidate.
    pub(super) present: &'a str,
}

impl Bench for SlotBench<'_> {
    fn check(&mut self, file: &str) -> Result<Trial, BenchError> {
        self.trial(file)
            .map_err(|error| BenchError(error.to_string()))
    }

    fn corrected(&mut self, file: &str) -> Result<Option<String>, BenchError> {
        self.as_proposed(file)
            .map_err(|error| BenchError(error.to_string()))
    }

    fn mend(&mut self, answer: &str) -> Result<Option<String>, AgentError> {
        self.attempt.mend(self.work, self.present, answer)
    }
}

impl SlotBench<'_> {
    fn trial(&self, file: &str) -> Result<Trial, SessionError> {
        let attempt = self.attempt;
        let check = &self.work.check;
        attempt.write(&self.work.file, &complete(file, self.work))?;
        let mut report = Report::default();
        if !check.tests.is_empty() {
            attempt.write(&check.path, &check.text)?;
            report = attempt.check_file(check, CheckPurpose::Candidate)?;
        }
        let failures = report.failed.iter();
        let mut trial = Trial {
            passed: count(report.passed.len()),
            failures: failures.map(|(test, why)| self.told(test, why)).collect(),
            ..Trial::default()
        };
        if let (Some(probe), true) = (&self.work.probe, trial.failures.is_empty()) {
            match self.watched(probe)? {
                Some(mut came) => {
                    trial.failures.extend(probe.objection(&came));
                    came.truncate(probe.compared);
                    let came = came.into_iter().map(|it| behaviour(it, self.work));
                    trial.behaviour = came.collect();
                    trial.breakdowns = breakdowns(probe, &trial.behaviour);
                }
                // Its own tests import it in their own way; only without any is this all there is.
                None if check.tests.is_empty() => {
                    trial.failures.push("it cannot be imported".to_owned());
                }
                None => {}
            }
        }
        Ok(trial)
    }

    /// The file as Rust's compiler proposes, once more where it then finds more; none where it has nothing to propose.
    fn as_proposed(&self, file: &str) -> Result<Option<String>, SessionError> {
        if self.work.language != Language::Rust {
            return Ok(None);
        }
        let attempt = self.attempt;
        let first = complete(file, self.work);
        let mut text = first.clone();
        for _ in 0..CORRECTIONS_TRIED {
            attempt.write(&self.work.file, &text)?;
            let argv = checks::CORRECTIONS.map(str::to_owned).to_vec();
            let argv = attempt.shop.resolved(argv)?;
            let finished = attempt.shop.try_out(&attempt.yard, argv)?;
            let output = String::from_utf8_lossy(&finished.stdout);
            match checks::corrected(&self.work.file, &text, &output) {
                Some(better) => text = better,
                None => break,
            }
        }
        Ok((text != first).then_some(text))
    }

    /// What the candidate does on the derived inputs; none when it cannot be imported.
    fn watched(&self, probe: &Probe) -> Result<Option<Vec<Came>>, SessionError> {
        let attempt = self.attempt;
        attempt.write(&probe.path, &probe.text)?;
        let root = attempt.yard.tree.display().to_string();
        let argv = attempt.shop.resolved(probe.argv(&root))?;
        let finished = attempt.shop.watch(&attempt.yard, argv)?;
        Ok(probe.read(&String::from_utf8_lossy(&finished.stdout)))
    }

    /// A failing example in the words that a model needs: the example, and what came instead.
    pub(super) fn told(&self, test: &str, why: &str) -> String {
        let test = self.work.check.tests.iter().find(|it| it.name == test);
        match test {
            Some(test) => format!("{}{BUT}{why}", test.says),
            None => why.to_owned(),
        }
    }
}

/// Turns the strategy's events into views and facts.
pub(super) struct Telling<'a> {
    attempt: &'a Attempt<'a>,
    slot: &'a str,
    clock: host::clock::Stopwatch,
    last_ms: u64,
}

impl<'a> Telling<'a> {
    pub(super) fn new(attempt: &'a Attempt<'a>, slot: &'a str) -> Telling<'a> {
        Telling {
            attempt,
            slot,
            clock: host::clock::Stopwatch::start(),
            last_ms: 0,
        }
    }

    pub(super) fn event(&mut self, event: SlotEvent) {
        let slot = self.slot.to_owned();
        match event {
            SlotEvent::Asking(route) => {
                self.attempt.view(View::Asking {
                    slot,
                    route: route.to_string(),
                });
            }
            SlotEvent::Streaming(delta) => {
                if let Some(view) = View::streamed(delta) {
                    self.attempt.view(view);
                }
            }
            SlotEvent::Tried(tried) => {
                let now = self.clock.elapsed_ms();
                let cost = talk::cost(tried.usage, Duration::from_millis(now - self.last_ms));
                self.last_ms = now;
                let route = tried.route.to_string();
                self.attempt.fact(Fact::TurnEnded {
                    task: self.attempt.task.id.clone(),
                    attempt: self.attempt.number,
                    route: route.clone(),
                    slot: slot.clone(),
                    cost,
                    result: tried.result.clone(),
                });
                self.attempt.view(View::Tried {
                    slot,
                    route,
                    result: tried.result,
                    cost,
                });
            }
        }
    }
}

pub(super) fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn agent_error(error: AgentError) -> SessionError {
    match error {
        AgentError::Model(error) => crate::models::failed(error),
        AgentError::Bench(error) => SessionError::internal(error),
    }
}
