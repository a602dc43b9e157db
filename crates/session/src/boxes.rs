//! Boxes of a task list, set by a person: one byte, or one character, of the file.

use spec::{TaskId, TaskList, TaskMark, set_mark};

use crate::documents;
use crate::error::SessionError;
use crate::hooking::tell_of_writes;
use crate::journal::Journal;
use crate::places::{Environment, SpecPlace};
use crate::planning;
use crate::run::open_journal;
use crate::secrets;
use crate::stale;
use crate::view::Front;

/// What became of a box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetTask {
    /// The tasks file, relative to the project.
    pub path: String,
    /// The state that the box said.
    pub before: &'static str,
    /// The state that it says now.
    pub after: &'static str,
}

/// Sets the box of a task; `state` is `pending`, `waiting`, `running` or `done`.
///
/// # Errors
/// When the file cannot be read, the task is not in it, the state is no box's, or policy refuses.
pub fn set_task(
    wanted: &str,
    id: &str,
    state: &str,
    environment: &Environment,
    front: &mut dyn Front,
) -> Result<SetTask, SessionError> {
    let mark = mark_of(state)?;
    let place = SpecPlace::find(wanted, environment)?;
    let path = place.tasks();
    if documents::read(&place.project, &path)?.is_none() {
        return Err(SessionError::input(format!("there is no {path}")));
    }
    let id: TaskId = id.into();
    let mut before = TaskMark::Open;
    edit(&place, environment, front, |text| {
        before = TaskList::parse(text)
            .task(&id)
            .map_or(TaskMark::Open, |it| it.mark);
        let marked = set_mark(text, &id, mark)
            .map_err(|error| SessionError::input(format!("{path}: {error}")).hint(known(text)));
        marked.map(Some)
    })?;
    if mark == TaskMark::Done {
        vouch(&place, id.as_str(), environment, front)?;
    }
    Ok(SetTask {
        path,
        before: name_of(before),
        after: name_of(mark),
    })
}

/// A person who says that a stale task is done has looked at it as it is now.
fn vouch(
    place: &SpecPlace,
    id: &str,
    environment: &Environment,
    front: &mut dyn Front,
) -> Result<(), SessionError> {
    match journal(place, environment, front)? {
        Some(mut journal) => stale::vouched(place, &mut journal, id),
        None => Ok(()),
    }
}

/// The project's journal, if it has one.
fn journal(
    place: &SpecPlace,
    environment: &Environment,
    front: &mut dyn Front,
) -> Result<Option<Journal>, SessionError> {
    if !place.project.state.join("journal.db").exists() {
        return Ok(None);
    }
    let redactor = secrets::redactor(&place.project, environment)?;
    open_journal(&place.project, &redactor, front).map(Some)
}

/// The ids of a task list, for who named another.
pub(crate) fn known(text: &str) -> String {
    let list = TaskList::parse(text);
    let known: Vec<&str> = list.all().map(|it| it.id.as_str()).take(60).collect();
    format!("its tasks are {}", known.join(", "))
}

/// Puts `new` in the place of the tasks file's text, if that is still `old`; whether it was.
pub(crate) fn replace(
    place: &SpecPlace,
    environment: &Environment,
    (old, new): (&str, &str),
    front: &mut dyn Front,
) -> Result<bool, SessionError> {
    let mut is_old = true;
    edit(place, environment, front, |text| {
        is_old = text == old;
        Ok(is_old.then(|| new.to_owned()))
    })?;
    Ok(is_old)
}

/// Changes the tasks file as a person's own act.
fn edit(
    place: &SpecPlace,
    environment: &Environment,
    front: &mut dyn Front,
    edit: impl FnMut(&str) -> Result<Option<String>, SessionError>,
) -> Result<(), SessionError> {
    let gate = documents::gate(&place.project, environment)?;
    let mut journal = journal(place, environment, front)?;
    let path = place.tasks();
    let written = planning::edit_own(&place.project, &gate, journal.as_mut(), &path, edit)?;
    drop(journal);
    match written {
        true => tell_of_writes(&place.project, environment, &[(path, false)], front),
        false => Ok(()),
    }
}

fn mark_of(state: &str) -> Result<TaskMark, SessionError> {
    Ok(
        match state.to_lowercase().replace(['-', ' '], "_").as_str() {
            "pending" | "open" | "todo" | "not_started" | "ready" => TaskMark::Open,
            "waiting" | "queued" => TaskMark::Queued,
            "running" | "in_progress" => TaskMark::Running,
            "done" | "completed" => TaskMark::Done,
            _ => {
                return Err(
                    SessionError::input(format!("«{state}» is no state of a box"))
                        .hint("the states are pending, waiting, running and done"),
                );
            }
        },
    )
}

fn name_of(mark: TaskMark) -> &'static str {
    match mark {
        TaskMark::Open => "pending",
        TaskMark::Queued => "waiting",
        TaskMark::Running => "running",
        TaskMark::Done => "done",
    }
}
