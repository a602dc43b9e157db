//! Numbers that stay: a task that was in the list before keeps its number, so that a changed spec changes only what depends on
//! the change.

use std::collections::{BTreeMap, BTreeSet};

use spec::{Task, TaskList};

use super::DraftTask;

/// Gives tasks the numbers that they had in `before`; new ones get numbers that none has.
pub(super) fn kept(tasks: &mut [DraftTask], before: &TaskList) {
    let old: Vec<&Task> = before.leaves().collect();
    if old.is_empty() {
        return;
    }
    let mut numbers: BTreeMap<u32, u32> = BTreeMap::new();
    let mut taken: BTreeSet<u32> = BTreeSet::new();
    let ways: [fn(&DraftTask, &Task) -> bool; 3] = [
        |new, old| new.title == old.title && new.files == old.files,
        |new, old| !new.files.is_empty() && new.files == old.files,
        |new, old| {
            let own = new.requirements.first();
            own.is_some()
                && own == old.requirements.first()
                && old.phase.as_deref() == Some(&new.phase)
        },
    ];
    for same in ways {
        for task in tasks.iter() {
            if numbers.contains_key(&task.number) {
                continue;
            }
            let found = old.iter().find(|it| {
                !taken.contains(&it.id.number()) && it.id.number() > 0 && same(task, it)
            });
            if let Some(found) = found {
                taken.insert(found.id.number());
                numbers.insert(task.number, found.id.number());
            }
        }
    }
    let mut next = before.all().map(|it| it.id.number()).max().unwrap_or(0);
    for task in tasks.iter() {
        numbers.entry(task.number).or_insert_with(|| {
            next = next.saturating_add(1);
            next
        });
    }
    for task in tasks {
        task.number = numbers.get(&task.number).copied().unwrap_or(task.number);
        for (on, _) in &mut task.depends_on {
            *on = numbers.get(on).copied().unwrap_or(*on);
        }
        task.depends_on.sort();
    }
}
