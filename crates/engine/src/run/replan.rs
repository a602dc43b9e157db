//! Hand edits of the tasks file under a run that goes on: which tasks came, went or changed, and what becomes of work that
//! was begun on those.

use super::{Progress, Run, Stage};
use crate::fact::TaskRecord;
use crate::graph::Graph;

/// How the tasks file disagrees with work that was begun on a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// The task says something else now.
    Changed,
    /// The task is gone.
    Removed,
}

impl Conflict {
    /// Why a person is asked, as a reason beside the rules'.
    pub fn why(self) -> &'static str {
        match self {
            Conflict::Changed => {
                "the tasks file says this task otherwise since work on it began; what was made is for the task as it was, and \
                 the task is worked on again after it lands"
            }
            Conflict::Removed => "the task is no longer in the tasks file since work on it began",
        }
    }
}

impl Run {
    /// Whether the tasks file may be read again now: not while a task's changes are half way into the project.
    pub fn can_replan(&self) -> bool {
        let half_way = |it: &Progress| match it.stage {
            Stage::Approved | Stage::Applying | Stage::Applied => true,
            Stage::Done => !it.ticked,
            _ => false,
        };
        !self.tasks.iter().any(half_way)
    }

    /// What the tasks file says otherwise than this run knows it, in words.
    pub fn differences(&self, tasks: &[TaskRecord]) -> Vec<String> {
        let known: Vec<&Progress> = self
            .tasks
            .iter()
            .filter(|it| it.conflict != Some(Conflict::Removed))
            .collect();
        let mut told = Vec::new();
        for record in tasks {
            match known.iter().find(|it| it.record.id == record.id) {
                None => told.push(format!("task {} was added", record.id)),
                Some(old) => told.extend(difference(old, record)),
            }
        }
        let is_gone = |it: &&&Progress| tasks.iter().all(|new| new.id != it.record.id);
        let gone = known.iter().filter(is_gone);
        told.extend(gone.map(|it| format!("task {} was taken out", it.record.id)));
        let order = |it: &Vec<&str>, other: &Vec<&str>| it != other;
        let old: Vec<&str> = known.iter().map(|it| it.record.id.as_str()).collect();
        let new: Vec<&str> = tasks.iter().map(|it| it.id.as_str()).collect();
        if told.is_empty() && order(&old, &new) {
            told.push("the order of tasks changed".to_owned());
        }
        told
    }

    pub(super) fn replan(&mut self, tasks: &[TaskRecord]) {
        let mut before = std::mem::take(&mut self.tasks);
        let mut now: Vec<Progress> = tasks
            .iter()
            .map(|record| carried(&mut before, record))
            .collect();
        let left = before.into_iter().filter(Progress::is_begun);
        now.extend(left.map(|it| Progress {
            conflict: Some(Conflict::Removed),
            ..it
        }));
        let records: Vec<TaskRecord> = now.iter().map(|it| it.record.clone()).collect();
        // What is left of a removed task may name others that are gone; it waits for nothing any more.
        self.graph = Graph::new(&records)
            .or_else(|_| Graph::new(tasks))
            .unwrap_or_default();
        self.tasks = now;
        self.proven = false;
    }

    /// Tasks that are out of the file go once nothing of theirs is under way.
    pub(super) fn forget_removed(&mut self) {
        let is_over = |it: &Progress| {
            let ended = matches!(
                it.stage,
                Stage::Open | Stage::Skipped | Stage::Failed | Stage::Applied | Stage::Done
            );
            it.conflict == Some(Conflict::Removed) && ended
        };
        self.tasks.retain(|it| !is_over(it));
    }
}

impl Progress {
    /// Whether work on it is under way or waits for a person.
    fn is_begun(&self) -> bool {
        matches!(
            self.stage,
            Stage::Running | Stage::Proposed | Stage::Judged | Stage::Unanswered | Stage::Modifying
        )
    }
}

fn difference(old: &Progress, new: &TaskRecord) -> Option<String> {
    let mut what = Vec::new();
    let was = &old.record;
    let mut is = |name: &'static str, other: bool| what.extend(other.then_some(name));
    is("title", was.title != new.title);
    is("scope", was.files != new.files);
    is("dependencies", was.depends_on != new.depends_on);
    is("requirements", was.requirements != new.requirements);
    is("box", old.ticked != new.ticked);
    (!what.is_empty()).then(|| format!("task {} has another {}", new.id, what.join(", ")))
}

/// The progress of a task as the file has it now.
fn carried(before: &mut Vec<Progress>, record: &TaskRecord) -> Progress {
    let Some(at) = before.iter().position(|it| it.record.id == record.id) else {
        return Progress::new(record.clone());
    };
    let mut kept = before.swap_remove(at);
    let is_same = kept.record.fingerprint == record.fingerprint;
    let ticked_by_hand = record.ticked && kept.stage != Stage::Done;
    let unticked_by_hand = kept.ticked && !record.ticked;
    if is_same && !ticked_by_hand && !unticked_by_hand {
        kept.record = record.clone();
        // It may have been out of the file and come back.
        kept.conflict = kept.conflict.filter(|it| *it == Conflict::Changed);
        return kept;
    }
    if kept.is_begun() && !ticked_by_hand {
        return Progress {
            record: record.clone(),
            conflict: Some(Conflict::Changed),
            ..kept
        };
    }
    if record.ticked && kept.stage == Stage::Done {
        // Done from other words: that it is stale is told by its fingerprint.
        kept.record = record.clone();
        return kept;
    }
    if record.ticked {
        return Progress {
            cost: kept.cost,
            attempts: kept.attempts,
            ..Progress::new(record.clone())
        };
    }
    kept.record = record.clone();
    kept.reopen();
    kept
}
