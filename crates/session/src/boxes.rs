//! Boxes of a task list, set by a person: one byte, or one character, of the file.

use spec::{TaskList, TaskMark, set_mark};

use crate::documents;
use crate::error::{Kind, SessionError};
use crate::places::{Environment, SpecPlace};
use crate::planning;
use crate::run::open_journal;
use crate::secrets;
use crate::view::Unseen;

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
) -> Result<SetTask, SessionError> {
    let mark = mark_of(state)?;
    let place = SpecPlace::find(wanted, environment)?;
    let path = place.tasks();
    let text = documents::read(&place.project, &path)?
        .ok_or_else(|| SessionError::input(format!("there is no {path}")))?;
    let id = id.into();
    let marked = set_mark(&text, &id, mark)
        .map_err(|error| SessionError::input(error).hint(known(&text)))?;
    let before = TaskList::parse(&text)
        .task(&id)
        .map_or(TaskMark::Open, |it| it.mark);
    if !replace(&place, environment, &text, &marked)? {
        return Err(SessionError::new(
            Kind::Refused,
            format!("{path} was changed meanwhile, so it was left alone"),
        )
        .hint("try again"));
    }
    Ok(SetTask {
        path,
        before: name_of(before),
        after: name_of(mark),
    })
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
    old: &str,
    new: &str,
) -> Result<bool, SessionError> {
    let path = place.tasks();
    let _alone = documents::alone(&place.project)?;
    if documents::read(&place.project, &path)?.as_deref() != Some(old) {
        return Ok(false);
    }
    if new == old {
        return Ok(true);
    }
    let gate = documents::gate(&place.project, environment)?;
    if place.project.state.join("journal.db").exists() {
        let redactor = secrets::redactor(&place.project, environment)?;
        let mut journal = open_journal(&place.project, &redactor, &mut Unseen)?;
        planning::write_own(&place.project, &gate, &mut journal, &path, old, new)?;
    } else {
        documents::write(&place.project, &gate, &path, new)?;
    }
    Ok(true)
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
