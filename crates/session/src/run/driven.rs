//! An attempt in which the model drives: it works in the attempt's worktree by calling tools, and the same checks as
//! everywhere judge what stands there afterwards.
//!
//! The checks are written anew before they judge, so that a test that was weakened proves nothing. What fails is told to
//! the model for some rounds; its word that all is well is never asked for.

use std::sync::Arc;

use agent::{Conversation, Job, TurnLimits};
use engine::checks::Report;
use engine::{CheckPurpose, Fact, Work};
use tools::Person;

use super::attempt::{Attempt, count};
use super::{Event, landing};
use crate::briefing::AROUND_TASK;
use crate::error::SessionError;
use crate::hooking::Hooked;
use crate::person::Distant;
use crate::servers;
use crate::spec_tools::SpecTools;
use crate::talk::{self, Ear, Talk, TurnTold};
use crate::toolbox;
use crate::transcript::Transcript;
use crate::view::View;

/// How often failing checks are told to the model.
const ROUNDS: u32 = 3;

/// Longest list of failures that is told, in entries.
const FAILURES_TOLD: usize = 12;

/// Longest spec that is told whole, in bytes.
const SPEC_MAX: usize = 32 << 10;

/// Longest failure that is told, in characters.
const FAILURE_CHARS: usize = 1500;

const SYSTEM: &str = "\
You carry out one task of a plan, in a copy of the project. Write code of the kind that stands there already. Change \
only the files of the task unless more is needed, and leave the given tests as they are: they are written anew before \
they judge.";

/// What a model is told of a task that nothing in the spec judges.
const OWN_TESTS: &str = "\
No example of the spec judges this task. Where it can be tested here, write tests of what the spec says of it, in the \
project's own way, in test files of their own: they are run, offline, and must pass. A person looks at the rest.";

impl Attempt<'_> {
    /// Lets the model work until the checks pass; gives the reason when they do not. `red` says whether one is known to
    /// fail.
    pub(super) fn drive(&self, work: &Work, red: bool) -> Result<Option<String>, SessionError> {
        let is_green = || Ok(self.judge(work)?.failed.is_empty());
        let is_judged = work.unjudged.is_none();
        if is_judged && self.remarks.is_empty() && !red && is_green()? {
            self.view(View::Notice(format!(
                "task {} already passes its checks",
                self.task.id
            )));
            return Ok(None);
        }
        let model = self.shop.model()?;
        let checks: Vec<Vec<String>> = work.checks.iter().map(|it| it.argv()).collect();
        let channel = self.events.clone();
        let person = Distant::behind(channel, Event::Asked, &self.shop.approvals);
        let tools = toolbox::of_yard(self.shop, &self.yard, &checks, person)?;
        let tools = SpecTools::beside(tools, self.shop, &self.yard);
        let person = Distant::behind(self.events.clone(), Event::Asked, &self.shop.approvals);
        let person = Arc::from(person as Box<dyn Person>);
        let tools = servers::beside(self.shop, tools, person, &mut |view| self.view(view))?;
        let tools = Hooked::over(&tools, self.shop)?;
        let briefing = self.briefing(work, AROUND_TASK)?;
        let system = briefing.system(SYSTEM);
        let mut conversation = Conversation::new(Job {
            model: &*model,
            toolbox: &tools,
            system: &system,
            limits: TurnLimits::default(),
            cancel: &self.shop.cancel,
            seed: self.model_seed(),
            delegates: true,
        });
        let mut transcript = Transcript::open(&self.transcript, &self.shop.redactor)?;
        let first = briefing.message(&self.asked(work));
        let result = self.rounds(work, first, &mut conversation, &mut transcript);
        self.fact(Fact::TranscriptKept {
            task: self.task.id.clone(),
            attempt: self.number,
            path: transcript.path().display().to_string(),
            missing: transcript.broken().unwrap_or_default().to_owned(),
        });
        result
    }

    fn rounds(
        &self,
        work: &Work,
        first: String,
        conversation: &mut Conversation<'_>,
        transcript: &mut Transcript,
    ) -> Result<Option<String>, SessionError> {
        let mut ear = Told { attempt: self };
        let mut text = first;
        for round in 0..=ROUNDS {
            let who = format!("task {}", self.task.id);
            let ended = conversation.ask(&text, &mut Talk::new(who, &mut ear, transcript));
            let stopped = talk::stopped(&ended)?;
            let report = self.judge(work)?;
            if report.failed.is_empty() {
                return Ok(None);
            }
            let (passed, all) = (
                report.passed.len(),
                report.passed.len() + report.failed.len(),
            );
            self.view(View::Check {
                what: "checks so far".to_owned(),
                result: Some((count(passed), count(all - passed))),
            });
            if stopped.is_some() || round == ROUNDS {
                let why = stopped.map_or(String::new(), |it| format!("; {it}"));
                let first = &report.failed[0];
                return Ok(Some(format!(
                    "{passed} of {all} checks pass after {} turns{why}; {}: {}",
                    conversation.spent().turns,
                    first.0,
                    first.1
                )));
            }
            text = self.failures(work, &report);
        }
        Ok(None)
    }

    /// Runs every check of the task on the worktree as it is, with the check files as they should be.
    fn judge(&self, work: &Work) -> Result<Report, SessionError> {
        let purpose = CheckPurpose::Candidate;
        if work.unjudged.is_some() {
            return self.own_tests(purpose);
        }
        let mut all = Report::default();
        for file in &work.checks {
            self.write(&file.path, &file.text)?;
            let report = self.check_file(file, purpose)?;
            all.passed.extend(report.passed);
            all.failed.extend(report.failed);
        }
        for (module, names) in &work.imports {
            let report = self.check_import(module, names, purpose)?;
            all.passed.extend(report.passed);
            all.failed.extend(report.failed);
        }
        if all.failed.is_empty() && !self.done.is_empty() {
            let captured = landing::capture(self.shop, &self.base, &self.yard)?;
            all.failed = self.breaks(&captured, purpose)?;
        }
        Ok(all)
    }

    /// The task in words.
    fn asked(&self, work: &Work) -> String {
        let task = &self.task;
        let mut text = format!("Task {} of the plan: {}\n", task.id, task.title);
        let mut part = |title: &str, body: &str| {
            if !body.trim().is_empty() {
                text.push_str(&format!("\n{title}:\n{}\n", body.trim_end()));
            }
        };
        part("The spec says", &self.requirements());
        let constraints = self.spec.constraints.iter();
        let constraints: Vec<String> = constraints
            .map(|it| format!("- {}: {}", it.key, it.value))
            .collect();
        part("Constraints", &constraints.join("\n"));
        part("Files of the task", &list(task.files.iter()));
        let checks = work.checks.iter().map(|it| &it.path);
        part("Tests that will judge it, already written", &list(checks));
        let imports = work.imports.iter();
        let imports: Vec<String> = imports
            .map(|(module, names)| format!("- from {module} import {}", names.join(", ")))
            .collect();
        part("Imports that must work", &imports.join("\n"));
        if work.unjudged.is_some() {
            part("How it is judged", OWN_TESTS);
        }
        let title = "A person has looked at an earlier attempt and wants";
        part(title, &list(self.remarks.iter()));
        text
    }

    /// The requirements of the task, in the spec's own words.
    fn requirements(&self) -> String {
        let wanted = self.spec.requirements.iter().filter(|it| {
            let names = &self.task.requirements;
            let named = |id: &str| names.iter().any(|name| name == id);
            named(it.id.as_str()) || it.criteria.iter().any(|it| named(it.id.as_str()))
        });
        let texts = wanted.filter_map(|it| self.spec_text.get(it.span.clone()));
        let texts = texts.collect::<Vec<&str>>().join("\n");
        // A task that names no requirement serves the whole.
        match texts.is_empty() && self.spec_text.len() <= SPEC_MAX {
            true => self.spec_text.to_owned(),
            false => texts,
        }
    }

    fn failures(&self, work: &Work, report: &Report) -> String {
        let told = report.failed.iter().take(FAILURES_TOLD).map(|(test, why)| {
            let tests = work.checks.iter().flat_map(|it| &it.tests);
            let says = tests.into_iter().find(|it| it.name == *test);
            let says = says.map_or(test.as_str(), |it| it.says.as_str());
            let why: String = why.chars().take(FAILURE_CHARS).collect();
            format!("- {says}, but: {why}\n")
        });
        let told: String = told.collect();
        format!(
            "The checks were run. {} pass, {} fail:\n{told}Find the cause and mend the code.",
            report.passed.len(),
            report.failed.len()
        )
    }
}

fn list<'a>(items: impl Iterator<Item = &'a String>) -> String {
    items.map(|it| format!("- {it}\n")).collect()
}

/// Turns of an attempt become facts, the rest views.
struct Told<'a> {
    attempt: &'a Attempt<'a>,
}

impl Ear for Told<'_> {
    fn view(&mut self, view: View) {
        self.attempt.view(view);
    }

    fn turn(&mut self, turn: TurnTold) {
        let attempt = self.attempt;
        let slot = format!("task {}", attempt.task.id);
        let route = format!("turn {}", turn.turn);
        attempt.fact(Fact::TurnEnded {
            task: attempt.task.id.clone(),
            attempt: attempt.number,
            route: route.clone(),
            slot: slot.clone(),
            cost: turn.cost,
            result: turn.result.clone(),
        });
        attempt.view(View::Tried {
            slot,
            route,
            result: turn.result,
            cost: turn.cost,
        });
    }
}
