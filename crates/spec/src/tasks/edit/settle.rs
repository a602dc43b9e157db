//! What an edited list must say: everything that it said before, but for what was wished.

use std::collections::HashMap;

use super::field_lines::set_fields;
use super::page::{Page, Patches};
use super::{EditError, Edited, Task, TaskWish};
use crate::id::TaskId;

/// Where a task of the edited list comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The place among all tasks before.
    Old(usize),
    /// It is new.
    New,
}

/// What the edited list is to hold.
#[derive(Default)]
pub(super) struct Expected {
    /// All its tasks, in order.
    pub(super) order: Vec<Origin>,
    /// The task that was edited or moved, by its place before.
    pub(super) edited: Option<usize>,
    /// The task that the new or moved one stands below, by its place before.
    pub(super) place: Option<Option<usize>>,
    /// What the new or edited task is to say.
    pub(super) wish: Option<TaskWish>,
    /// Tasks that are gone; whoever waited for them waits for what they waited for.
    pub(super) dropped: Vec<TaskId>,
}

/// Makes dependencies follow tasks whose ids changed or went, and takes the edit only if the list then says what is expected.
pub(super) fn settle(
    before: &Page<'_>,
    text: &str,
    expected: &Expected,
) -> Result<Edited, EditError> {
    let after = Page::read(text);
    if after.tasks.len() != expected.order.len() {
        return Err(EditError::Unclear("the list".to_owned()));
    }
    let ids: HashMap<&TaskId, &TaskId> = pairs(before, &after, expected)
        .map(|(old, new)| (&old.id, &new.id))
        .collect();
    let mut wanted = Vec::new();
    let mut patches = Patches::default();
    for (at, origin) in expected.order.iter().enumerate() {
        let ids_of = |old: &[TaskId]| -> Vec<TaskId> {
            let new = old.iter().map(|it| (*ids.get(it).unwrap_or(&it)).clone());
            new.collect()
        };
        let on = match origin {
            Origin::New => wish_of(expected).depends_on.unwrap_or_default(),
            Origin::Old(old) if expected.edited == Some(*old) => {
                let wished = wish_of(expected).depends_on;
                wished.unwrap_or_else(|| before.tasks[*old].depends_on.clone())
            }
            Origin::Old(old) => inherited(before, &before.tasks[*old], &expected.dropped),
        };
        let wish = TaskWish {
            depends_on: Some(ids_of(&on)),
            ..TaskWish::default()
        };
        set_fields(&after, at, &wish, &mut patches);
        wanted.push(wish.depends_on.unwrap_or_default());
    }
    let settled = patches.applied(text);
    let list = Page::read(&settled);
    check(before, &list, expected, &wanted)?;
    let renamed = pairs(before, &list, expected)
        .filter(|(old, new)| old.id != new.id)
        .map(|(old, new)| (old.id.clone(), new.id.clone()))
        .collect();
    Ok(Edited {
        task: subject(&list, expected).unwrap_or_else(|| TaskId::new("")),
        renamed,
        released: Vec::new(),
        text: settled,
    })
}

fn wish_of(expected: &Expected) -> TaskWish {
    expected.wish.clone().unwrap_or_default()
}

/// Each task that stays, before and after.
fn pairs<'a>(
    before: &'a Page<'_>,
    after: &'a Page<'_>,
    expected: &'a Expected,
) -> impl Iterator<Item = (&'a Task, &'a Task)> {
    let both = expected.order.iter().zip(&after.tasks);
    both.filter_map(|(origin, new)| match origin {
        Origin::Old(old) => Some((&before.tasks[*old], new)),
        Origin::New => None,
    })
}

/// The id of the task that the edit is about.
fn subject(after: &Page<'_>, expected: &Expected) -> Option<TaskId> {
    let own = expected.edited.map_or(Origin::New, Origin::Old);
    let at = expected.order.iter().position(|it| *it == own)?;
    Some(after.tasks[at].id.clone())
}

/// What a task waits for once some are gone: in their place what those waited for.
fn inherited(before: &Page<'_>, task: &Task, dropped: &[TaskId]) -> Vec<TaskId> {
    if !task.depends_on.iter().any(|it| dropped.contains(it)) {
        return task.depends_on.clone();
    }
    let mut found: Vec<TaskId> = Vec::new();
    let mut seen: Vec<&TaskId> = Vec::new();
    let mut waiting: Vec<&TaskId> = task.depends_on.iter().rev().collect();
    while let Some(id) = waiting.pop() {
        if !dropped.contains(id) {
            if !found.contains(id) && *id != task.id {
                found.push(id.clone());
            }
            continue;
        }
        if seen.contains(&id) {
            continue;
        }
        seen.push(id);
        let gone = before.tasks.iter().find(|it| it.id == *id);
        waiting.extend(gone.iter().flat_map(|it| it.depends_on.iter().rev()));
    }
    found
}

fn check(
    before: &Page<'_>,
    after: &Page<'_>,
    expected: &Expected,
    wanted: &[Vec<TaskId>],
) -> Result<(), EditError> {
    let unclear = |what: String| Err(EditError::Unclear(what));
    if after.tasks.len() != expected.order.len() {
        return unclear("the list".to_owned());
    }
    for (at, origin) in expected.order.iter().enumerate() {
        let new = &after.tasks[at];
        let is_moved = |old: usize| expected.edited == Some(old) && expected.place.is_some();
        let old = match origin {
            Origin::New => None,
            Origin::Old(old) => Some(*old),
        };
        let is_fine = match old {
            None => is_as_wished(new, None, &wish_of(expected)),
            Some(old) if expected.edited == Some(old) => {
                is_as_wished(new, Some(&before.tasks[old]), &wish_of(expected))
            }
            Some(old) => says_the_same(&before.tasks[old], new),
        };
        let place = match old {
            Some(old) if !is_moved(old) => before.parents[old],
            _ => expected.place.flatten(),
        };
        let parent = after.parents[at].map(|it| expected.order[it]);
        let stands = parent == place.map(Origin::Old);
        if !is_fine || !stands || new.depends_on != wanted[at] {
            let id = old.map_or(&new.id, |it| &before.tasks[it].id);
            return unclear(format!("task {id}"));
        }
    }
    Ok(())
}

/// Whether a task says what it said, but for ids that follow from its place.
fn says_the_same(old: &Task, new: &Task) -> bool {
    old.number == new.number
        && old.title == new.title
        && old.mark == new.mark
        && old.optional == new.optional
        && old.requirements == new.requirements
        && old.covers_all == new.covers_all
        && old.files == new.files
        && old.estimate_minutes == new.estimate_minutes
        && old.details == new.details
}

/// Whether a task says what was wished, and for the rest what it said.
fn is_as_wished(new: &Task, old: Option<&Task>, wish: &TaskWish) -> bool {
    let nothing = Task::new(TaskId::new(""), "");
    let was = old.unwrap_or(&nothing);
    let title = wish.title.as_ref().unwrap_or(&was.title);
    let estimate = match wish.estimate_minutes {
        None => was.estimate_minutes,
        Some(minutes) => Some(minutes).filter(|it| *it > 0),
    };
    let requirements = match (&wish.requirements, &wish.title) {
        (Some(wished), _) => new.requirements == *wished,
        // A title may name requirements by itself.
        (None, Some(_)) => {
            was.requirements
                .iter()
                .all(|it| new.requirements.contains(it))
                || old.is_some()
        }
        (None, None) => new.requirements == was.requirements,
    };
    new.title == *title
        && new.mark == was.mark
        && new.optional == was.optional
        && new.files == *wish.files.as_ref().unwrap_or(&was.files)
        && new.estimate_minutes == estimate
        && requirements
        && new.details == was.details
}
