//! What the tasks of a list wait for, with everything looked up once: lists can be long.

use std::collections::{HashMap, HashSet};

use super::{Task, TaskList};
use crate::id::TaskId;

/// What the tasks of one list wait for.
#[derive(Debug)]
pub struct Waits<'a> {
    by_id: HashMap<&'a TaskId, &'a Task>,
    /// The first wave that names a number.
    wave: HashMap<&'a str, usize>,
    /// The tasks of each wave that are worked on.
    in_wave: Vec<Vec<&'a TaskId>>,
    /// Of each wave the last one before it that holds any.
    before: Vec<Option<usize>>,
}

impl<'a> Waits<'a> {
    /// Looks through a list.
    pub fn of(list: &'a TaskList) -> Waits<'a> {
        let mut by_id = HashMap::new();
        for task in list.all() {
            by_id.entry(&task.id).or_insert(task);
        }
        let mut waves: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, wave) in list.waves.iter().enumerate() {
            for number in &wave.tasks {
                let own = waves.entry(number.as_str()).or_default();
                if own.last() != Some(&at) {
                    own.push(at);
                }
            }
        }
        let mut in_wave = vec![Vec::new(); list.waves.len()];
        for task in list.leaves().filter(|_| !waves.is_empty()) {
            let number = task.number.as_deref().unwrap_or_default();
            for at in waves.get(number).into_iter().flatten() {
                in_wave[*at].push(&task.id);
            }
        }
        let mut last = None;
        let mut before = Vec::new();
        for (at, wave) in in_wave.iter().enumerate() {
            before.push(last);
            last = (!wave.is_empty()).then_some(at).or(last);
        }
        let first = |(number, of): (&'a str, Vec<usize>)| Some((number, *of.first()?));
        Waits {
            by_id,
            wave: waves.into_iter().filter_map(first).collect(),
            in_wave,
            before,
        }
    }

    /// What a task waits for: what it says itself, or else the tasks of the last wave before its own that holds any. Whoever
    /// waits for a task with others below it waits for those.
    pub fn of_task(&self, task: &Task) -> Vec<TaskId> {
        let number = task.number.as_deref().unwrap_or_default();
        let wave = self.wave.get(number).filter(|_| task.depends_on.is_empty());
        let Some(wave) = wave else {
            return self.said(task);
        };
        let before = self.before[*wave].map_or(&[][..], |it| &self.in_wave[it]);
        before.iter().copied().cloned().collect()
    }

    /// The tasks that a task's own dependencies stand for.
    fn said(&self, task: &Task) -> Vec<TaskId> {
        let mut all = Vec::new();
        for id in &task.depends_on {
            let below = self.by_id.get(id).filter(|it| !it.subtasks.is_empty());
            let Some(below) = below else {
                all.push(id.clone());
                continue;
            };
            let mut waiting: Vec<&Task> = below.subtasks.iter().rev().collect();
            while let Some(it) = waiting.pop() {
                waiting.extend(it.subtasks.iter().rev());
                if it.subtasks.is_empty() && it.id != task.id {
                    all.push(it.id.clone());
                }
            }
        }
        let mut seen = HashSet::new();
        all.retain(|it| seen.insert(it.clone()));
        all
    }
}
