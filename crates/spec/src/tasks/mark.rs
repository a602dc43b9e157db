//! Ticking boxes.

use super::{TaskList, TaskMark};
use crate::id::TaskId;

/// Why a box could not be marked.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum MarkError {
    /// No task has this id.
    #[error("The task list holds no task {id}; `kiro tasks` lists the ids.")]
    UnknownTask {
        /// The id that was asked for.
        id: TaskId,
    },
}

/// The text of a task list with the box of task `id` set to `mark`; every byte outside the box stays as it is.
///
/// # Errors
/// [`MarkError::UnknownTask`] when no task has this id.
pub fn set_mark(text: &str, id: &TaskId, mark: TaskMark) -> Result<String, MarkError> {
    let list = TaskList::parse(text);
    let task = list
        .task(id)
        .ok_or_else(|| MarkError::UnknownTask { id: id.clone() })?;
    let symbol = if task.mark_span.len() == 1 {
        mark.symbol()
    } else {
        mark.glyph()
    };
    let mut marked = text.to_owned();
    if task.mark != mark {
        marked.replace_range(task.mark_span.clone(), symbol.encode_utf8(&mut [0; 4]));
    }
    Ok(marked)
}
