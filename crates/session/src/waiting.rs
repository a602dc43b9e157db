//! Proposals that wait for a person, and answers to them from any terminal.

use change::Changeset;
use engine::{Answer, Fact, Judgement, Progress, Run};

use crate::error::{Kind, SessionError};
use crate::journal::{Entry, Given, Journal, RunRow};
use crate::places::{Environment, Project, SpecPlace};
use crate::query::existing_journal;
use crate::run::{landing, now};
use crate::secrets;
use crate::shop::open_shadow;
use crate::view::Decision;

/// A proposal that waits.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The spec's path.
    pub spec: String,
    /// The run.
    pub run: String,
    /// Whether the run's process is still at work.
    pub going_on: bool,
    /// The task.
    pub task: String,
    /// Its title.
    pub title: String,
    /// Why the rules want a person, when they do.
    pub reasons: Vec<String>,
    /// Files that would change.
    pub files: Vec<String>,
    /// Lines added and removed.
    pub lines: (u64, u64),
    /// Checks that pass.
    pub passed: u32,
    /// What would land.
    pub changes: Changeset,
    /// An answer that the run has not taken yet.
    pub given: Option<Answer>,
    /// The tree that would land.
    tree: String,
}

/// Everything in the project that waits for a person; with `spec` only of that one.
///
/// # Errors
/// When the journal cannot be read.
pub fn approvals(
    spec: Option<&str>,
    environment: &Environment,
) -> Result<Vec<Waiting>, SessionError> {
    let project = Project::around(environment)?;
    let journal = existing_journal(&project)?;
    waiting(&project, journal.as_ref(), spec, environment)
}

/// Leaves an answer to the one proposal of `task` that waits.
///
/// # Errors
/// When there is no such proposal, or the decision needs the run's own terminal.
pub fn answer(
    task: &str,
    spec: Option<&str>,
    decision: &Decision,
    environment: &Environment,
) -> Result<Waiting, SessionError> {
    if matches!(
        decision,
        Decision::Modify | Decision::Keep(_) | Decision::Edit(_)
    ) {
        return Err(SessionError::new(
            Kind::Refused,
            "edits of a proposal are made where the run is",
        ));
    }
    let project = Project::around(environment)?;
    let mut journal = existing_journal(&project)?;
    let all = waiting(&project, journal.as_ref(), spec, environment)?;
    let mut found: Vec<&Waiting> = all.iter().filter(|it| it.task == task).collect();
    let one = match (found.pop(), found.pop()) {
        (Some(one), None) => one,
        (Some(one), Some(other)) => {
            let error = format!("task {task} waits in {} and in {}", other.spec, one.spec);
            return Err(SessionError::input(error).hint("say which with --spec"));
        }
        _ => {
            let known: Vec<&str> = all.iter().map(|it| it.task.as_str()).collect();
            let error = SessionError::input(format!("task {task} does not wait for an answer"));
            return Err(error.hint(match known.is_empty() {
                true => "nothing waits here".to_owned(),
                false => format!("what waits: {}", known.join(", ")),
            }));
        }
    };
    let given = Given {
        run: one.run.clone(),
        task: one.task.clone(),
        tree: one.tree.clone(),
        answer: decision.answer(),
        remark: match decision {
            Decision::Revise(remark) => remark.clone(),
            _ => String::new(),
        },
    };
    if let Some(journal) = &mut journal {
        journal.redact_with(secrets::redactor(&project, environment)?);
        let given = journal.give(&given, now());
        given.map_err(SessionError::internal)?;
    }
    Ok(Waiting {
        given: Some(given.answer),
        ..one.clone()
    })
}

fn waiting(
    project: &Project,
    journal: Option<&Journal>,
    spec: Option<&str>,
    environment: &Environment,
) -> Result<Vec<Waiting>, SessionError> {
    let wanted = spec
        .map(|it| SpecPlace::find(it, environment))
        .transpose()?;
    let Some(journal) = journal else {
        return Ok(Vec::new());
    };
    let mut seen: Vec<String> = Vec::new();
    let mut all = Vec::new();
    for row in journal.runs().map_err(SessionError::internal)? {
        let is_wanted = wanted
            .as_ref()
            .is_none_or(|it| it.path.as_str() == row.spec);
        // An older run of the same spec is history.
        if !is_wanted || seen.contains(&row.spec) {
            continue;
        }
        seen.push(row.spec.clone());
        all.extend(of_run(project, journal, &row, environment)?);
    }
    Ok(all)
}

fn of_run(
    project: &Project,
    journal: &Journal,
    row: &RunRow,
    environment: &Environment,
) -> Result<Vec<Waiting>, SessionError> {
    let facts = journal.facts(&row.id).map_err(SessionError::internal)?;
    if facts
        .iter()
        .all(|it| !matches!(it.fact, Fact::Proposed { .. }))
    {
        return Ok(Vec::new());
    }
    let run = Run::from_facts(facts.iter().map(|it| &it.fact));
    let given = journal.given(&row.id).map_err(SessionError::internal)?;
    let going_on = run.outcome.is_none() && row.owner.is_alive();
    let mut all = Vec::new();
    for task in run.tasks().iter().filter(|it| run.waits_for_person(it)) {
        let Some(proposal) = &task.proposal else {
            continue;
        };
        let shadow = open_shadow(environment, project)?;
        let changes = landing::between(&shadow, &proposal.base, &proposal.tree)?;
        let answered = given.iter().find(|it| it.task == task.record.id);
        all.push(Waiting {
            spec: row.spec.clone(),
            run: row.id.clone(),
            going_on,
            task: task.record.id.clone(),
            title: task.record.title.clone(),
            reasons: reasons(task),
            files: proposal.files.clone(),
            lines: (proposal.added_lines, proposal.removed_lines),
            passed: proposal.passed,
            changes,
            given: answered.map(|it| it.answer),
            tree: proposal.tree.clone(),
        });
    }
    Ok(all)
}

/// Whether an answer was left for a proposal of this run that waits.
pub(crate) fn are_answered(
    facts: &[Entry],
    run: &str,
    journal: &Journal,
) -> Result<bool, SessionError> {
    let given = journal.given(run).map_err(SessionError::internal)?;
    let run = Run::from_facts(facts.iter().map(|it| &it.fact));
    let waits = |it: &Given| {
        let task = run.task(&it.task).filter(|task| run.waits_for_person(task));
        let proposal = task.and_then(|task| task.proposal.as_ref());
        proposal.is_some_and(|proposal| proposal.tree == it.tree)
    };
    Ok(given.iter().any(waits))
}

/// Why a proposal waits, in the rules' words.
pub(crate) fn reasons(task: &Progress) -> Vec<String> {
    match &task.judgement {
        Some(Judgement::Ask(reasons)) => reasons.clone(),
        _ => Vec::new(),
    }
}
