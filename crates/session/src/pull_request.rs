//! `kiro pr`: the text of a pull request, from the spec and what is recorded of its last run. What is not proven is said as
//! plainly as what is.

use std::fmt::Write;

use engine::{Fact, Progress, Run, TaskState};
use spec::Spec;

use crate::documents;
use crate::error::SessionError;
use crate::places::{Environment, SpecPlace};
use crate::query::existing_journal;
use crate::view::passing;

/// The text of a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullRequest {
    /// Its title: the spec's.
    pub title: String,
    /// Its body, as Markdown.
    pub body: String,
}

/// Longest overview that is repeated, in characters.
const OVERVIEW: usize = 1_200;

/// The text of a pull request for the last run of a spec.
///
/// # Errors
/// When the spec or the journal cannot be read, or no run of it is recorded.
pub fn pull_request(wanted: &str, environment: &Environment) -> Result<PullRequest, SessionError> {
    let place = SpecPlace::find(wanted, environment)?;
    let (_, spec) = documents::spec(&place)?;
    let path = place.path.as_str();
    let none = || {
        SessionError::input(format!("no run of {path} is recorded"))
            .hint("`kiro run SPEC` makes one")
    };
    let journal = existing_journal(&place.project)?.ok_or_else(none)?;
    let row = journal
        .last_run(path)
        .map_err(SessionError::internal)?
        .ok_or_else(none)?;
    let facts = journal.facts(&row.id).map_err(SessionError::internal)?;
    let facts: Vec<Fact> = facts.into_iter().map(|it| it.fact).collect();
    let run = Run::from_facts(&facts);
    let title = match spec.title.trim() {
        "" => place.name.clone(),
        title => one_line(title),
    };
    Ok(PullRequest {
        title,
        body: body(&spec, path, &row.id, &run, &facts),
    })
}

fn body(spec: &Spec, path: &str, id: &str, run: &Run, facts: &[Fact]) -> String {
    let mut out = String::new();
    let overview: String = spec.overview.chars().take(OVERVIEW).collect();
    if !overview.trim().is_empty() {
        let _ = writeln!(out, "{}\n", overview.trim());
    }
    let _ = writeln!(out, "Specification: `{path}`\n\n## Tasks\n");
    for task in run.tasks() {
        let _ = writeln!(out, "{}", task_line(run, task, spec, facts));
    }
    let _ = writeln!(out, "\n## Evidence\n");
    if run.proofs.is_empty() && run.unproven.is_empty() {
        let _ = writeln!(out, "The success criteria were not looked at in this run.");
    }
    for (criterion, proof) in &run.proofs {
        let _ = writeln!(out, "- [x] {}: {}", one_line(criterion), one_line(proof));
    }
    for (criterion, why) in &run.unproven {
        let _ = writeln!(
            out,
            "- [ ] {}: **not proven**: {}",
            one_line(criterion),
            one_line(why)
        );
    }
    for (answer, count) in answers(facts) {
        let _ = writeln!(out, "- {count} changes were approved by {answer}");
    }
    let _ = writeln!(out, "\nRun `{id}` with {}.", run.model);
    out
}

fn task_line(run: &Run, task: &Progress, spec: &Spec, facts: &[Fact]) -> String {
    let record = &task.record;
    let state = run.state(task, false);
    let sign = if state == TaskState::Done { "x" } else { " " };
    let mut line = format!("- [{sign}] {}. {}", record.id, one_line(&record.title));
    let served: Vec<String> = record
        .requirements
        .iter()
        .map(|id| named(spec, id))
        .collect();
    if !served.is_empty() {
        let _ = write!(line, " ({})", served.join(", "));
    }
    let passed = task.proposal.as_ref().map_or(0, |it| it.passed);
    match state {
        TaskState::Done if task.ticked_by_person => line += ": ticked by hand",
        TaskState::Done => {
            let _ = write!(line, ": {}", passing(passed));
        }
        state => {
            let _ = write!(line, ": {}", state.name());
        }
    }
    let commit = facts.iter().rev().find_map(|it| match it {
        Fact::Committed { task, commit, .. } if *task == record.id => commit.clone(),
        _ => None,
    });
    if let Some(commit) = commit {
        let _ = write!(line, " ({})", commit.chars().take(12).collect::<String>());
    }
    line
}

/// A requirement with its title.
fn named(spec: &Spec, id: &str) -> String {
    let found = spec.requirements.iter().find(|it| it.id.as_str() == id);
    match found.map(|it| it.title.trim()) {
        Some(title) if !title.is_empty() => format!("{id} {}", one_line(title)),
        _ => id.to_owned(),
    }
}

/// How many proposals a person approved, and how many the rules did.
fn answers(facts: &[Fact]) -> Vec<(&'static str, usize)> {
    use engine::{Answer, Answerer};
    let of = |who: Answerer| {
        let is_yes = |it: &&Fact| matches!(it, Fact::Answered { answer: Answer::Approve, by, .. } if *by == who);
        facts.iter().filter(is_yes).count()
    };
    [
        ("a person", of(Answerer::Person)),
        ("the rules", of(Answerer::Rules)),
    ]
    .into_iter()
    .filter(|it| it.1 > 0)
    .collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
