//! Tasks added, changed, moved and dropped by a person: `kiro tasks SPEC add|edit|move|drop`. A run that goes on takes them at
//! its next step.

use engine::Run;
use spec::{
    EditError, Edited, Spec, TaskId, TaskList, TaskPlace, TaskWish, add_task, drop_task, edit_task,
    move_task,
};

use crate::boxes;
use crate::documents;
use crate::error::{Kind, SessionError};
use crate::places::{Environment, SpecPlace};
use crate::run::tasks_file;
use crate::view::Front;

/// How often an edit is made anew because the file changed meanwhile.
const TRIES: usize = 5;

/// What is to become of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskAct {
    /// A new one.
    Add {
        /// What it says.
        wish: TaskWish,
        /// Where it stands.
        place: TaskPlace,
    },
    /// It is to say this.
    Edit {
        /// Which.
        id: TaskId,
        /// What it says.
        wish: TaskWish,
    },
    /// It is to stand here.
    Move {
        /// Which.
        id: TaskId,
        /// Where.
        place: TaskPlace,
    },
    /// It is to go.
    Drop {
        /// Which.
        id: TaskId,
    },
}

/// What became of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditedTask {
    /// The tasks file, relative to the project.
    pub path: String,
    /// The task's id.
    pub id: String,
    /// Its title; of a dropped one the title that it had.
    pub title: String,
    /// Whether the file changed.
    pub changed: bool,
    /// Tasks that go by their place and so have another id now.
    pub renamed: Vec<(String, String)>,
    /// Tasks that waited for a dropped one and now wait for what that one waited for.
    pub released: Vec<String>,
}

/// Edits the tasks file of a spec. `release` is asked whether the named tasks may wait for what a dropped one waited for.
///
/// # Errors
/// When the file cannot be read, the edit cannot be made or would make tasks wait for each other, tasks that wait for a dropped
/// one are not released, or policy refuses.
pub fn edit_tasks(
    wanted: &str,
    act: &TaskAct,
    environment: &Environment,
    release: &mut dyn FnMut(&[String]) -> bool,
    front: &mut dyn Front,
) -> Result<EditedTask, SessionError> {
    let place = SpecPlace::find(wanted, environment)?;
    let path = place.tasks();
    let mut released = false;
    for _ in 0..TRIES {
        let text = documents::read(&place.project, &path)?.ok_or_else(|| {
            SessionError::input(format!("there is no {path}")).hint("`kiro plan` writes it")
        })?;
        let edited = match made(&text, act, released) {
            Err(EditError::Needed { id, by }) => {
                let by: Vec<String> = by.iter().map(ToString::to_string).collect();
                if !release(&by) {
                    return Err(needed(&id, &by));
                }
                released = true;
                continue;
            }
            other => other.map_err(|error| failed(error, &path, &text))?,
        };
        let spec = documents::written(&place)?.spec;
        refuse_circles(&spec, &text, &edited.text)?;
        if boxes::replace(&place, environment, (&text, &edited.text), front)? {
            return Ok(told(path, act, &text, edited));
        }
    }
    Err(SessionError::new(
        Kind::Refused,
        format!("{path} changes all the time, so it was left alone"),
    )
    .hint("save it where it is open, and try again"))
}

fn made(text: &str, act: &TaskAct, release: bool) -> Result<Edited, EditError> {
    match act {
        TaskAct::Add { wish, place } => add_task(text, wish, place),
        TaskAct::Edit { id, wish } => edit_task(text, id, wish),
        TaskAct::Move { id, place } => move_task(text, id, place),
        TaskAct::Drop { id } => drop_task(text, id, release),
    }
}

fn needed(id: &TaskId, by: &[String]) -> SessionError {
    SessionError::new(
        Kind::Refused,
        format!("task {id} is waited for by {}", by.join(", ")),
    )
    .hint("with `--release` they wait for what it waited for")
}

fn failed(error: EditError, path: &str, text: &str) -> SessionError {
    let names_a_task = matches!(
        error,
        EditError::UnknownTask(_) | EditError::UnknownDependency(_)
    );
    let failed = SessionError::input(format!("{path}: {error}"));
    match names_a_task {
        true => failed.hint(boxes::known(text)),
        false => failed,
    }
}

/// An edit may not make tasks wait for each other in a circle; one that was there before is nobody's to keep.
fn refuse_circles(spec: &Spec, before: &str, after: &str) -> Result<(), SessionError> {
    let graph = |text: &str| Run::check_graph(&tasks_file::records_of(text, spec));
    match (graph(before), graph(after)) {
        (Ok(()), Err(error)) => Err(SessionError::input(error)),
        _ => Ok(()),
    }
}

fn told(path: String, act: &TaskAct, before: &str, edited: Edited) -> EditedTask {
    let list = TaskList::parse(match act {
        TaskAct::Drop { .. } => before,
        _ => &edited.text,
    });
    let title = list.task(&edited.task).map(|it| it.title.clone());
    let pair = |(old, new): &(TaskId, TaskId)| (old.to_string(), new.to_string());
    EditedTask {
        path,
        id: edited.task.to_string(),
        title: title.unwrap_or_default(),
        changed: edited.text != before,
        renamed: edited.renamed.iter().map(pair).collect(),
        released: edited.released.iter().map(ToString::to_string).collect(),
    }
}
