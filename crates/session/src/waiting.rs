//! Proposals that wait for a person, and answers to them from any terminal.

use change::Changeset;
use engine::{Answer, Fact, Judgement, Progress, Run};

use crate::error::{Kind, SessionError};
use crate::hooking::HOOKS;
use crate::hooking::later::{self, Left};
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
    /// The spec's path; "hooks" for what a hook proposed.
    pub spec: String,
    /// The run.
    pub run: String,
    /// Whether it is a hook's, which lands by the answer itself.
    pub of_hook: bool,
    /// Whether the run's process is still at work.
    pub going_on: bool,
    /// The task, or the hook's name.
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

/// Which proposal is meant.
#[derive(Clone, Copy, Debug)]
pub struct Meant<'a> {
    /// The task, or the hook's name.
    pub task: &'a str,
    /// Its spec, where several have such a task.
    pub spec: Option<&'a str>,
    /// A file that it changes, where a hook has left several.
    pub file: Option<&'a str>,
}

impl Meant<'_> {
    /// Whether this one is meant.
    pub fn is(&self, it: &Waiting) -> bool {
        let changes = |file| it.files.iter().any(|it| it == file);
        it.task == self.task && self.file.is_none_or(changes)
    }
}

/// Leaves an answer to the one proposal that is meant; what a hook left is answered at once.
///
/// # Errors
/// When there is no such proposal, there are several, or the decision needs the run's own terminal.
pub fn answer(
    meant: Meant<'_>,
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
    let all = waiting(&project, journal.as_ref(), meant.spec, environment)?;
    let one = the_one(&all, meant)?;
    if let (true, Some(journal)) = (one.of_hook, &mut journal) {
        let left = later::left(journal)?;
        let same = |it: &Left| it.hook == one.task && it.proposal.tree == one.tree;
        let gone = || SessionError::input(format!("{} has just been answered", one.task));
        let left = left.into_iter().find(same).ok_or_else(gone)?;
        later::answer(&project, journal, &left, decision.answer(), environment)?;
        return Ok(Waiting {
            given: Some(decision.answer()),
            ..one.clone()
        });
    }
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

/// The one proposal that is meant.
fn the_one<'w>(all: &'w [Waiting], meant: Meant<'_>) -> Result<&'w Waiting, SessionError> {
    let task = meant.task;
    let mut found: Vec<&Waiting> = all.iter().filter(|it| meant.is(it)).collect();
    match (found.pop(), found.pop()) {
        (Some(one), None) => Ok(one),
        (Some(one), Some(other)) => {
            let (error, hint) = match one.of_hook && other.of_hook {
                true => (
                    format!("the hook «{task}» has left more than one change"),
                    "say which with --file and a file that it changes",
                ),
                false => (
                    format!("task {task} waits in {} and in {}", other.spec, one.spec),
                    "say which with --spec",
                ),
            };
            Err(SessionError::input(error).hint(hint))
        }
        _ => {
            let known: Vec<&str> = all.iter().map(|it| it.task.as_str()).collect();
            let error = SessionError::input(format!("task {task} does not wait for an answer"));
            Err(error.hint(match known.is_empty() {
                true => "nothing waits here".to_owned(),
                false => format!("what waits: {}", known.join(", ")),
            }))
        }
    }
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
        if !is_wanted || row.spec == HOOKS || seen.contains(&row.spec) {
            continue;
        }
        seen.push(row.spec.clone());
        all.extend(of_run(project, journal, &row, environment)?);
    }
    if wanted.is_none() {
        for left in later::left(journal)? {
            all.push(of_hook(project, left, environment)?);
        }
    }
    Ok(all)
}

fn of_hook(
    project: &Project,
    left: Left,
    environment: &Environment,
) -> Result<Waiting, SessionError> {
    let shadow = open_shadow(environment, project)?;
    let proposal = &left.proposal;
    let changes = landing::between(&shadow, &proposal.base, &proposal.tree)?;
    let reasons = match left.reasons.is_empty() {
        true => vec!["the hook says require_approval".to_owned()],
        false => left.reasons,
    };
    Ok(Waiting {
        spec: HOOKS.to_owned(),
        run: left.run,
        of_hook: true,
        going_on: false,
        title: format!("what the hook «{}» changed", left.hook),
        task: left.hook,
        reasons,
        files: proposal.files.clone(),
        lines: (proposal.added_lines, proposal.removed_lines),
        passed: proposal.passed,
        changes,
        given: None,
        tree: proposal.tree.clone(),
    })
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
            of_hook: false,
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
    let mut all = match &task.judgement {
        Some(Judgement::Ask(reasons)) => reasons.clone(),
        _ => Vec::new(),
    };
    all.extend(task.conflict.map(|it| it.why().to_owned()));
    all
}
