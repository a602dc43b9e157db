//! The tasks file as a run uses it: read into records, its boxes kept up to date one byte at a time.

use engine::TaskRecord;
use policy::Gate;
use spec::{Spec, TaskList, TaskMark, Waits, set_mark};

use crate::documents;
use crate::error::SessionError;
use crate::journal::Journal;
use crate::places::SpecPlace;
use crate::planning;

/// The tasks of the tasks file, in order.
pub(crate) fn records(place: &SpecPlace, spec: &Spec) -> Result<Vec<TaskRecord>, SessionError> {
    let path = place.tasks();
    let text = documents::read(&place.project, &path)?.ok_or_else(|| {
        SessionError::input(format!("there is no {path}")).hint("`kiro plan` writes it")
    })?;
    Ok(records_of(&text, spec))
}

/// The tasks of a tasks file's text.
pub(crate) fn records_of(text: &str, spec: &Spec) -> Vec<TaskRecord> {
    let list = TaskList::parse(text);
    let waits = Waits::of(&list);
    let leaves = planning::leaves(&list);
    leaves
        .map(|task| planning::record(spec, &waits, task))
        .collect()
}

/// Sets one task's box and gives whether it said something else; a task that is no longer in the file is left alone.
pub(crate) fn mark(
    place: &SpecPlace,
    gate: &Gate,
    journal: &mut Journal,
    task: &str,
    mark: TaskMark,
) -> Result<bool, SessionError> {
    let path = place.tasks();
    planning::edit_own(&place.project, gate, Some(journal), &path, |text| {
        Ok(set_mark(text, &task.into(), mark).ok())
    })
}
