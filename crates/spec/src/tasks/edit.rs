//! Edits of a task list: a task added, changed, moved or dropped. All other bytes stay, and every other task says afterwards
//! what it said before; an edit of which that cannot be said is refused.

mod field_lines;
mod page;
mod settle;
mod task_lines;
mod waves;

use self::field_lines::set_fields;
use self::page::{Page, Patches};
use self::settle::{Expected, Origin, settle};
use super::{Task, TaskList};
use crate::id::TaskId;
use crate::inline::fold;

/// Where a task is put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskPlace {
    /// Before this task, beside it.
    Before(TaskId),
    /// After this task and all below it, beside it.
    After(TaskId),
    /// Below this task, as the last of those there.
    Under(TaskId),
    /// At the end of a phase, named by its heading.
    Phase(String),
    /// At the end of the list.
    End,
}

/// What a task is to say; what is none stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskWish {
    /// What it does, on one line.
    pub title: Option<String>,
    /// Its scope; empty takes it away.
    pub files: Option<Vec<String>>,
    /// The tasks that it waits for; empty takes them away.
    pub depends_on: Option<Vec<TaskId>>,
    /// The requirements that it serves; empty takes them away.
    pub requirements: Option<Vec<String>>,
    /// How many minutes it is thought to take; 0 takes the estimate away.
    pub estimate_minutes: Option<u32>,
}

/// A task list after an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// The whole text.
    pub text: String,
    /// The task's id, in the list where it is; in the list before for one that was dropped.
    pub task: TaskId,
    /// Other tasks without a number of their own, which go by their place and so by another id now: before and after.
    pub renamed: Vec<(TaskId, TaskId)>,
    /// Tasks that waited for a dropped one and now wait for what that one waited for.
    pub released: Vec<TaskId>,
}

/// Why a task list was not edited.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EditError {
    /// The task is not in the list.
    #[error("the task list holds no task {0}")]
    UnknownTask(TaskId),
    /// It is to wait for a task that is not in the list.
    #[error("it cannot wait for task {0}, which is not in the list")]
    UnknownDependency(TaskId),
    /// The phase is not in the list.
    #[error("no task stands under «{phase}»; the phases are: {}", .known.join(", "))]
    UnknownPhase {
        /// What was named.
        phase: String,
        /// The headings that tasks stand under.
        known: Vec<String>,
    },
    /// Other tasks wait for the one that is to be dropped.
    #[error("task {id} is waited for by {}", names(.by))]
    Needed {
        /// The task.
        id: TaskId,
        /// Who waits for it, or for a task below it.
        by: Vec<TaskId>,
    },
    /// A task can stand neither beside nor below itself.
    #[error("task {0} cannot be put beside or below itself")]
    Itself(TaskId),
    /// A task without a title is none.
    #[error("a task needs a title")]
    NoTitle,
    /// The list is written such that the edit would change what is read elsewhere in it.
    #[error("the list is written such that this would change how {0} is read; edit it by hand")]
    Unclear(String),
}

fn names(ids: &[TaskId]) -> String {
    let names: Vec<&str> = ids.iter().map(TaskId::as_str).collect();
    names.join(", ")
}

/// Adds a task with the next free number of those beside it, in the form that those have.
///
/// # Errors
/// When the place or a dependency is not in the list, there is no title, or the edit would change what else is read.
pub fn add_task(text: &str, wish: &TaskWish, place: &TaskPlace) -> Result<Edited, EditError> {
    let page = Page::read(text);
    let title = titled(wish)?.ok_or(EditError::NoTitle)?;
    page.check_known(wish.depends_on.iter().flatten())?;
    let spot = page.spot(place)?;
    let number = spot.number(&page);
    let block = task_lines::written(&page, &spot, number.as_deref(), &title, wish);
    let mut patches = Patches::default();
    patches.insert_block(&page, spot.at, &page.parted(&spot, &block));
    let mut order: Vec<Origin> = (0..page.tasks.len()).map(Origin::Old).collect();
    order.insert(spot.index, Origin::New);
    let expected = Expected {
        order,
        place: Some(spot.parent),
        wish: Some(TaskWish {
            title: Some(title),
            ..wish.clone()
        }),
        ..Expected::default()
    };
    settle(&page, &patches.applied(text), &expected)
}

/// Changes what a task says.
///
/// # Errors
/// When the task or a dependency is not in the list, or the edit would change what else is read.
pub fn edit_task(text: &str, id: &TaskId, wish: &TaskWish) -> Result<Edited, EditError> {
    let page = Page::read(text);
    let index = page.index(id)?;
    page.check_known(wish.depends_on.iter().flatten())?;
    let title = titled(wish)?;
    let mut patches = Patches::default();
    if let Some(title) = title.as_deref().filter(|it| *it != page.tasks[index].title) {
        patches.replace(task_lines::title_span(&page, index), title);
    }
    set_fields(&page, index, wish, &mut patches);
    let expected = Expected {
        order: (0..page.tasks.len()).map(Origin::Old).collect(),
        edited: Some(index),
        wish: Some(TaskWish {
            title,
            ..wish.clone()
        }),
        ..Expected::default()
    };
    settle(&page, &patches.applied(text), &expected)
}

/// Moves a task with all below it. Its number stays, so that whoever waits for it still does.
///
/// # Errors
/// When the task or the place is not in the list, or the edit would change what else is read.
pub fn move_task(text: &str, id: &TaskId, place: &TaskPlace) -> Result<Edited, EditError> {
    let page = Page::read(text);
    let index = page.index(id)?;
    let subtree = page.subtree(index);
    if page.anchor(place)?.is_some_and(|it| subtree.contains(&it)) {
        return Err(EditError::Itself(id.clone()));
    }
    let spot = page.spot_beside(place, Some(&subtree))?;
    let block = page.block(index);
    let moved = task_lines::indented(&page, index, &spot);
    let mut patches = Patches::default();
    patches.replace(page.with_a_blank(&block), "");
    patches.insert_block(&page, spot.at, &page.parted(&spot, &moved));
    let stays = |it: &usize| !subtree.contains(it);
    let before = (0..spot.index).filter(stays).map(Origin::Old);
    let after = (spot.index..page.tasks.len()).filter(stays);
    let order = before
        .chain(subtree.clone().map(Origin::Old))
        .chain(after.map(Origin::Old))
        .collect();
    let expected = Expected {
        order,
        edited: Some(index),
        place: Some(spot.parent),
        ..Expected::default()
    };
    settle(&page, &patches.applied(text), &expected)
}

/// Drops a task with all below it. Tasks that wait for it are named, or wait with `release` for what it waited for.
///
/// # Errors
/// When the task is not in the list, others wait for it, or the edit would change what else is read.
pub fn drop_task(text: &str, id: &TaskId, release: bool) -> Result<Edited, EditError> {
    let page = Page::read(text);
    let index = page.index(id)?;
    let subtree = page.subtree(index);
    let gone: Vec<&TaskId> = subtree.clone().map(|it| &page.tasks[it].id).collect();
    let waits = |it: &&Task| it.depends_on.iter().any(|on| gone.contains(&on));
    let stays = (0..page.tasks.len()).filter(|it| !subtree.contains(it));
    let by: Vec<TaskId> = stays
        .clone()
        .filter_map(|it| page.tasks.get(it).filter(waits))
        .map(|it| it.id.clone())
        .collect();
    if !by.is_empty() && !release {
        return Err(EditError::Needed { id: id.clone(), by });
    }
    let mut patches = Patches::default();
    patches.replace(page.with_a_blank(&page.block(index)), "");
    waves::without(&page, &gone, &mut patches);
    let expected = Expected {
        order: stays.map(Origin::Old).collect(),
        dropped: gone.iter().map(|it| (*it).clone()).collect(),
        ..Expected::default()
    };
    let edited = settle(&page, &patches.applied(text), &expected)?;
    Ok(Edited {
        task: id.clone(),
        released: by,
        ..edited
    })
}

/// The wished title on one line.
fn titled(wish: &TaskWish) -> Result<Option<String>, EditError> {
    let title = wish.title.as_deref().map(fold);
    match title.as_deref() {
        Some("") => Err(EditError::NoTitle),
        _ => Ok(title),
    }
}

#[cfg(test)]
mod tests;
