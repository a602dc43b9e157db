//! Why a task is as it is: what it was made from, what was tried, what was checked, who said yes, what landed. All of it from
//! the journal; nothing is guessed.

use std::collections::BTreeMap;

use engine::{
    Answer, Answerer, CheckPurpose, Cost, Fact, Judgement, Progress, Renewal, Run, TaskState,
};

use crate::documents;
use crate::error::SessionError;
use crate::journal::Entry;
use crate::places::{Environment, Project, SpecPlace};
use crate::query::existing_journal;

/// What is recorded of a task.
#[derive(Clone, Debug, Default)]
pub struct Why {
    /// The spec's path.
    pub spec: String,
    /// The run that worked on it last.
    pub run: String,
    /// The task.
    pub task: String,
    /// Its title.
    pub title: String,
    /// Its state in that run.
    pub state: Option<TaskState>,
    /// Requirements it serves, with their titles; the title is empty when the spec no longer has it.
    pub requirements: Vec<(String, String)>,
    /// Criteria that its evidence covers, with their texts.
    pub covered: Vec<(String, String)>,
    /// Every attempt, oldest first.
    pub attempts: Vec<AttemptTold>,
    /// Why it is not done, when it failed.
    pub reason: String,
    /// What all of it cost.
    pub cost: Cost,
}

/// What is recorded of one attempt.
#[derive(Clone, Debug, Default)]
pub struct AttemptTold {
    /// 1 for the first.
    pub number: u32,
    /// When it began, in milliseconds since 1970.
    pub started_ms: i64,
    /// Turns of the model: what was asked for, how, and what came of it.
    pub turns: Vec<(String, String, String)>,
    /// Checks before it and after it, in their order.
    pub checks: Vec<CheckTold>,
    /// Files that it proposed, with lines added and removed.
    pub files: Vec<String>,
    /// Lines added and removed.
    pub lines: (u64, u64),
    /// What the rules said, as reasons; none for a plain yes.
    pub asked: Vec<String>,
    /// Answers, each with who gave it and what they remarked.
    pub answers: Vec<(Answer, Answerer, String)>,
    /// Files that landed.
    pub landed: Vec<String>,
    /// Files in which the user's own edits were merged.
    pub merged: Vec<String>,
    /// Why it failed or did not land.
    pub failed: String,
    /// Whether what it brought in was taken out again.
    pub undone: bool,
}

/// A check that was recorded.
#[derive(Clone, Debug)]
pub struct CheckTold {
    /// Why it ran.
    pub purpose: CheckPurpose,
    /// The command.
    pub argv: Vec<String>,
    /// Its exit code; none when it was killed.
    pub exit: Option<i32>,
    /// Examples or tests that passed and failed.
    pub counts: (u32, u32),
}

/// What is recorded of a task, in the last run that knew it.
///
/// # Errors
/// When nothing is recorded of it, or several specs have such a task.
pub fn why(task: &str, spec: Option<&str>, environment: &Environment) -> Result<Why, SessionError> {
    let place = spec
        .map(|it| SpecPlace::find(it, environment))
        .transpose()?;
    let project = match &place {
        Some(place) => place.project.clone(),
        None => Project::around(environment)?,
    };
    let unknown = || {
        SessionError::input(format!("nothing is recorded of task {task}"))
            .hint("`kiro tasks SPEC` shows the tasks; `kiro run SPEC` works on them")
    };
    let journal = existing_journal(&project)?.ok_or_else(unknown)?;
    let mut found: BTreeMap<String, Vec<(String, Vec<Entry>)>> = BTreeMap::new();
    for row in journal.runs().map_err(SessionError::internal)? {
        let is_wanted = place.as_ref().is_none_or(|it| it.path.as_str() == row.spec);
        if !is_wanted {
            continue;
        }
        let facts = journal.facts(&row.id).map_err(SessionError::internal)?;
        let worked =
            |it: &Entry| matches!(&it.fact, Fact::AttemptStarted { task: of, .. } if of == task);
        if facts.iter().any(worked) {
            found.entry(row.spec).or_default().push((row.id, facts));
        }
    }
    if found.len() > 1 {
        let specs: Vec<&str> = found.keys().map(String::as_str).collect();
        let error = format!("{} have a task {task}", specs.join(" and "));
        return Err(SessionError::input(error).hint("say which with --spec"));
    }
    let (spec, runs) = found.into_iter().next().ok_or_else(unknown)?;
    // Newest first, as the journal lists them.
    let (run, facts) = runs.into_iter().next().ok_or_else(unknown)?;
    let mut why = told(&facts, task);
    why.run = run;
    why.name_what_it_serves(&project, &spec, environment);
    why.spec = spec;
    Ok(why)
}

fn told(facts: &[Entry], task: &str) -> Why {
    let run = Run::from_facts(facts.iter().map(|it| &it.fact));
    let mut why = Why {
        task: task.to_owned(),
        ..Why::default()
    };
    if let Some(progress) = run.task(task) {
        why.learn(&run, progress);
    }
    for entry in facts {
        why.hear(entry);
    }
    why
}

impl Why {
    fn learn(&mut self, run: &Run, progress: &Progress) {
        self.title.clone_from(&progress.record.title);
        self.state = Some(run.state(progress, false));
        self.reason.clone_from(&progress.reason);
        self.cost = progress.cost;
        let plain = |it: &String| (it.clone(), String::new());
        self.requirements = progress.record.requirements.iter().map(plain).collect();
        self.covered = progress.covered.iter().map(plain).collect();
    }

    /// Adds the titles and texts of what the task serves, as far as the spec can still be read.
    fn name_what_it_serves(&mut self, project: &Project, spec: &str, environment: &Environment) {
        let place = SpecPlace::from_file(&project.root.join(spec), environment);
        let Some((_, spec)) = place.ok().and_then(|it| documents::spec(&it).ok()) else {
            return;
        };
        for (id, title) in &mut self.requirements {
            let found = spec.requirements.iter().find(|it| it.id.as_str() == id);
            title.push_str(found.map_or("", |it| it.title.as_str()));
        }
        let criteria = || spec.requirements.iter().flat_map(|it| &it.criteria);
        for (id, text) in &mut self.covered {
            let found = criteria().find(|it| it.id.as_str() == id);
            text.push_str(found.map_or("", |it| it.text.as_str()));
        }
    }

    fn hear(&mut self, entry: &Entry) {
        let own = |of: &String| *of == self.task;
        match &entry.fact {
            Fact::AttemptStarted { task, attempt, .. } if own(task) => {
                self.attempts.push(AttemptTold {
                    number: *attempt,
                    started_ms: entry.at_ms,
                    ..AttemptTold::default()
                });
            }
            Fact::CheckRan {
                task: Some(task), ..
            } if own(task) => self.last(&entry.fact),
            Fact::TurnEnded { task, .. }
            | Fact::Proposed { task, .. }
            | Fact::RenewalStarted { task, .. }
            | Fact::RenewalEnded { task, .. }
            | Fact::Judged { task, .. }
            | Fact::Answered { task, .. }
            | Fact::Applied { task, .. }
            | Fact::AttemptFailed { task, .. }
            | Fact::ApplyFailed { task, .. }
            | Fact::Undone { task, .. }
                if own(task) =>
            {
                self.last(&entry.fact);
            }
            _ => {}
        }
    }

    fn last(&mut self, fact: &Fact) {
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.take(fact);
        }
    }
}

impl AttemptTold {
    fn take(&mut self, fact: &Fact) {
        match fact {
            Fact::TurnEnded {
                slot,
                route,
                result,
                ..
            } => self
                .turns
                .push((slot.clone(), route.clone(), result.clone())),
            Fact::CheckRan {
                purpose:
                    purpose @ (CheckPurpose::Before | CheckPurpose::After | CheckPurpose::MustFail),
                argv,
                exit,
                passed,
                failed,
                ..
            } => self.checks.push(CheckTold {
                purpose: *purpose,
                argv: argv.clone(),
                exit: *exit,
                counts: (*passed, *failed),
            }),
            // What was proven before other work landed counts no more.
            Fact::RenewalStarted { .. } => {
                self.checks.retain(|it| it.purpose == CheckPurpose::Before);
            }
            Fact::RenewalEnded {
                renewal: Renewal::Failed(reason),
                ..
            } => self.failed.clone_from(reason),
            Fact::Proposed { proposal, .. }
            | Fact::RenewalEnded {
                renewal: Renewal::Same(proposal) | Renewal::Changed(proposal),
                ..
            } => {
                self.files.clone_from(&proposal.files);
                self.lines = (proposal.added_lines, proposal.removed_lines);
            }
            Fact::Judged {
                judgement: Judgement::Ask(reasons) | Judgement::Deny(reasons),
                ..
            } => self.asked.clone_from(reasons),
            Fact::Answered {
                answer, by, remark, ..
            } => self.answers.push((*answer, *by, remark.clone())),
            Fact::Applied { files, merged, .. } => {
                self.landed.clone_from(files);
                self.merged.clone_from(merged);
                self.undone = false;
            }
            Fact::AttemptFailed { reason, .. } | Fact::ApplyFailed { reason, .. } => {
                self.failed.clone_from(reason);
            }
            Fact::Undone { .. } => self.undone = true,
            _ => {}
        }
    }
}
