//! Plans and tasks as documents of the project: derived, or written by a model that is able to; checked, written, and
//! kept when a person edited them.

mod author;
mod cache;
mod considered;
mod merge;

use std::collections::BTreeSet;

use change::Digest;
use engine::{DraftTask, Fact, TaskRecord, Tooling, check_plan, derive_after};
use engine::{bound_fingerprint_of, requirement_prints};
use policy::Gate;
use spec::{FileKind, Plan, Spec, Task, TaskId, TaskList, TaskMark, Waits};

use self::author::Authored;
use crate::documents;
use crate::error::SessionError;
use crate::hooking::{WrittenFile, tell_of_writes};
use crate::journal::Journal;
use crate::places::{Project, SpecPlace};
use crate::run::existing;
use crate::shop::Shop;
use crate::stale;
use crate::tooling;
use crate::view::{Front, View};

/// Most requirements of a spec that is planned: each becomes work of its own.
const REQUIREMENTS_MAX: usize = 2_000;

/// A task of the tasks file as a run records it.
pub(crate) fn record(spec: &Spec, waits: &Waits<'_>, task: &Task) -> TaskRecord {
    let waits_for = waits.of_task(task);
    TaskRecord {
        id: task.id.to_string(),
        title: task.title.clone(),
        depends_on: waits_for.iter().map(ToString::to_string).collect(),
        requirements: task.requirements.clone(),
        files: task.files.clone(),
        fingerprint: fingerprint(spec, task),
        prints: requirement_prints(spec, &task.requirements),
        ticked: task.mark == TaskMark::Done,
    }
}

/// What a task was made from: its own words, a person's constraints, and the requirements that it serves.
fn fingerprint(spec: &Spec, task: &Task) -> String {
    let constraints = considered::constraints(task);
    bound_fingerprint_of(
        spec,
        &task.title,
        &task.requirements,
        &task.files,
        &constraints,
    )
}

/// Makes sure that plan and tasks stand in the project and fit the spec; writes them when they are missing
/// or made from an older spec, and that tasks are open again that were done from what changed since. Gives what a model's turns were, as facts of the run.
pub(crate) fn ensure(
    place: &SpecPlace,
    spec: &Spec,
    shop: &Shop,
    journal: &mut Journal,
    front: &mut dyn Front,
) -> Result<Vec<Fact>, SessionError> {
    let tasks = documents::read(&place.project, &place.tasks())?;
    let plan = documents::read(&place.project, &place.plan())?;
    let fits = tasks.as_deref().is_some_and(|text| made_from(text, spec));
    let facts = if fits && (plan.is_some() || place.is_foreign()) {
        show(place, spec, false, front).map(|()| Vec::new())
    } else {
        write(place, spec, shop, journal, &Wish::default(), front)
    }?;
    stale::reopen(place, spec, &shop.gate, journal, front)?;
    Ok(facts)
}

/// Whether a tasks file was made from this very spec; one that names none is a person's own and fits.
fn made_from(tasks: &str, spec: &Spec) -> bool {
    let list = TaskList::parse(tasks);
    list.spec_fingerprint
        .is_none_or(|it| it == spec.fingerprint)
}

/// What a person wants of a plan.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wish {
    /// Replace documents that a person edited, and ask a model again.
    pub(crate) fresh: bool,
    /// What is to be otherwise, for a model that writes plans.
    pub(crate) feedback: Option<String>,
}

/// Makes plan and tasks and writes them: by the model where its plans are worth reading and hold, else derived. A document
/// that a person edited since Kiro wrote it is merged with the new one, unless it is to be replaced. Gives what a model's turns
/// were.
pub(crate) fn write(
    place: &SpecPlace,
    spec: &Spec,
    shop: &Shop,
    journal: &mut Journal,
    wish: &Wish,
    front: &mut dyn Front,
) -> Result<Vec<Fact>, SessionError> {
    if spec.requirements.is_empty() {
        return Err(
            SessionError::input(format!("{} has no requirement", place.path))
                .hint("requirements are headings such as «### FR-1: Title» with their rules below"),
        );
    }
    if spec.requirements.len() > REQUIREMENTS_MAX {
        return Err(SessionError::input(format!(
            "{} has {} requirements, and no plan of more than {REQUIREMENTS_MAX} can be followed",
            place.path,
            spec.requirements.len()
        ))
        .hint("cut it into specs that each are one piece of work"));
    }
    let existing = existing(shop)?;
    let tooling = tooling::look(&place.project.root, spec, shop);
    let Authored { plan, facts } = written(place, spec, shop, (&existing, &tooling), wish, front)?;
    if let Some(written) = plan {
        let made = (written.plan, written.tasks);
        put(place, spec, shop, journal, made, wish, front)?;
        return Ok(facts);
    }
    let before = match wish.fresh {
        true => TaskList::default(),
        false => {
            TaskList::parse(&documents::read(&place.project, &place.tasks())?.unwrap_or_default())
        }
    };
    let existing = without_planned(place, existing, wish)?;
    let draft = derive_after(spec, &tooling, &existing, &before);
    let tasks: Vec<Task> = draft.tasks.iter().map(drafted).collect();
    let list = TaskList::default();
    let waits = Waits::of(&list);
    let records: Vec<TaskRecord> = tasks.iter().map(|it| record(spec, &waits, it)).collect();
    let findings = check_plan(spec, &draft.plan, &records, &existing);
    if !findings.is_empty() {
        let text: Vec<String> = findings.into_iter().map(|it| it.message).collect();
        return Err(SessionError::input(format!(
            "no plan can be made from {}: {}",
            place.path,
            text.join("; ")
        )));
    }
    put(place, spec, shop, journal, (draft.plan, tasks), wish, front)?;
    Ok(facts)
}

/// The files that were there before the plan: what an earlier form of it made new is new to the next form too, so that planning
/// in a finished project changes what the spec changed and nothing else.
fn without_planned(
    place: &SpecPlace,
    mut existing: BTreeSet<String>,
    wish: &Wish,
) -> Result<BTreeSet<String>, SessionError> {
    if !wish.fresh {
        let text = documents::read(&place.project, &place.plan())?.unwrap_or_default();
        for file in Plan::parse(&text).files {
            if file.kind == FileKind::New {
                existing.remove(&file.path);
            }
        }
    }
    Ok(existing)
}

/// The plan that the model writes, where it is able to and its plan holds.
fn written(
    place: &SpecPlace,
    spec: &Spec,
    shop: &Shop,
    (existing, tooling): (&BTreeSet<String>, &Tooling),
    wish: &Wish,
    front: &mut dyn Front,
) -> Result<Authored, SessionError> {
    if !shop.model_plans()? {
        return match &wish.feedback {
            None => Ok(Authored {
                plan: None,
                facts: Vec::new(),
            }),
            Some(_) => Err(SessionError::input(format!(
                "{} writes no plans, so it cannot take feedback; its plans are derived from the spec",
                shop.model_id()
            ))
            .hint("change the spec, edit the plan by hand, or choose another model with --model")),
        };
    }
    let wanted = author::Wanted {
        place,
        spec,
        existing,
        tooling,
        feedback: wish.feedback.as_deref(),
        fresh: wish.fresh,
    };
    author::write(&wanted, shop, front)
}

/// Writes both documents and remembers them as Kiro's own. What a person wrote since is merged in; where both changed the same
/// lines nothing is written, and the lines are shown.
fn put(
    place: &SpecPlace,
    spec: &Spec,
    shop: &Shop,
    journal: &mut Journal,
    (mut plan, tasks): (Plan, Vec<Task>),
    wish: &Wish,
    front: &mut dyn Front,
) -> Result<(), SessionError> {
    let mut tasks = kept(place, tasks)?;
    plan.considerations = considered::lines(place)?;
    considered::place_all(&plan.considerations, &mut tasks);
    let tasks = TaskList::render(&spec.title, &tasks, Some(&spec.fingerprint));
    let design_stands = place.is_foreign() && documents::exists(&place.project.root, &place.plan());
    let plan = (!design_stands).then(|| (place.plan(), plan.render()));
    let fresh: Vec<(String, String)> = plan.into_iter().chain([(place.tasks(), tasks)]).collect();
    let mut merged = Vec::new();
    for (path, text) in &fresh {
        let before = documents::read(&place.project, path)?;
        let text = match wish.fresh {
            true => text.clone(),
            false => merge::with_hand_edits(place, journal, path, text)?,
        };
        merged.push((before, text));
    }
    let mut changed: Vec<WrittenFile> = Vec::new();
    for ((path, text), (before, merged)) in fresh.iter().zip(merged) {
        if !documents::rewrite(&place.project, &shop.gate, path, before.as_deref(), &merged)? {
            return Err(busy(path));
        }
        merge::remember(place, path, text)?;
        journal
            .wrote(path, Digest::of(merged.as_bytes()))
            .map_err(SessionError::internal)?;
        if before.as_ref() != Some(&merged) {
            changed.push((path.clone(), before.is_none()));
        }
    }
    tell_of_writes(&place.project, shop.environment(), &changed, front)?;
    show(place, spec, true, front)
}

/// A task of a draft as the tasks file holds it.
fn drafted(draft: &DraftTask) -> Task {
    Task {
        phase: Some(draft.phase.clone()),
        depends_on: draft
            .depends_on
            .iter()
            .map(|(on, _)| task_id(*on))
            .collect(),
        requirements: draft.requirements.clone(),
        files: draft.files.clone(),
        estimate_minutes: Some(draft.minutes),
        ..Task::new(task_id(draft.number), draft.title.clone())
    }
}

/// Tasks of a new plan. One that does the same in the same files keeps its number and its tick: whether it is stale is told
/// by what it was made from.
fn kept(place: &SpecPlace, mut tasks: Vec<Task>) -> Result<Vec<Task>, SessionError> {
    let before = documents::read(&place.project, &place.tasks())?.unwrap_or_default();
    let before = TaskList::parse(&before);
    let done: Vec<&Task> = before
        .leaves()
        .filter(|it| it.mark == TaskMark::Done)
        .collect();
    for task in &mut tasks {
        let same = |it: &&Task| it.title == task.title && it.files == task.files;
        if task.subtasks.is_empty() && done.iter().any(same) {
            task.mark = TaskMark::Done;
        }
    }
    Ok(tasks)
}

fn task_id(number: u32) -> TaskId {
    TaskId::new(number.to_string())
}

/// The tasks that are worked on: those without tasks below them.
pub(crate) fn leaves(list: &TaskList) -> impl Iterator<Item = &Task> {
    list.leaves()
}

fn show(
    place: &SpecPlace,
    spec: &Spec,
    fresh: bool,
    front: &mut dyn Front,
) -> Result<(), SessionError> {
    let text = documents::read(&place.project, &place.tasks())?.unwrap_or_default();
    let list = TaskList::parse(&text);
    let all = leaves(&list).count();
    let open = leaves(&list).filter(|it| it.mark != TaskMark::Done).count();
    for told in considered::homeless(&considered::lines(place)?, &list) {
        front.show(&View::Warning(told));
    }
    for diagnostic in &spec.diagnostics {
        front.show(&View::Warning(format!(
            "{}: {}",
            place.path, diagnostic.message
        )));
    }
    front.show(&View::Planned {
        plan: place.plan(),
        tasks: place.tasks(),
        count: (all, open),
        fresh,
    });
    Ok(())
}

/// How often a document that somebody else keeps writing is tried.
const TRIES: u32 = 20;

/// Changes one of Kiro's documents as `edit` says of its text; none leaves it alone. When somebody else writes it meanwhile their
/// text is taken and edited instead, so nothing of theirs is lost. The new text is remembered as Kiro's own if the old one was.
/// Gives whether anything was written.
///
/// # Errors
/// When it cannot be read or written, or is written by others all the time.
pub(crate) fn edit_own(
    project: &Project,
    gate: &Gate,
    journal: Option<&mut Journal>,
    path: &str,
    mut edit: impl FnMut(&str) -> Result<Option<String>, SessionError>,
) -> Result<bool, SessionError> {
    let mut journal = journal;
    for _ in 0..TRIES {
        let Some(old) = documents::read(project, path)? else {
            return Ok(false);
        };
        let Some(new) = edit(&old)?.filter(|it| *it != old) else {
            return Ok(false);
        };
        let written = match &journal {
            Some(journal) => journal.written(path).map_err(SessionError::internal)?,
            None => None,
        };
        if !documents::rewrite(project, gate, path, Some(&old), &new)? {
            continue;
        }
        if let (Some(journal), true) = (&mut journal, written == Some(Digest::of(old.as_bytes()))) {
            journal
                .wrote(path, Digest::of(new.as_bytes()))
                .map_err(SessionError::internal)?;
        }
        return Ok(true);
    }
    Err(busy(path))
}

fn busy(path: &str) -> SessionError {
    SessionError::input(format!(
        "{path} was written by somebody else while it was worked on"
    ))
    .hint("nothing is lost; do it again")
}
