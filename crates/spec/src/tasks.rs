//! Task lists: a plan cut into steps, with a box for each.

mod edit;
mod field;
mod ids;
mod mark;
mod parse;
mod reference;
mod render;
mod title;
mod waits;
mod wave;

use std::collections::HashSet;
use std::ops::Range;

pub use edit::{EditError, Edited, TaskPlace, TaskWish, add_task, drop_task, edit_task, move_task};
pub use mark::{MarkError, set_mark};
pub use waits::Waits;
pub use wave::Wave;

use crate::diagnostic::Diagnostic;
use crate::id::TaskId;

/// A task list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskList {
    /// The tasks of the first level, in order.
    pub tasks: Vec<Task>,
    /// Which tasks run at the same time, where the list says so.
    pub waves: Vec<Wave>,
    /// The fingerprint of the spec that the list was made from.
    pub spec_fingerprint: Option<String>,
    /// What the reader noticed.
    pub diagnostics: Vec<Diagnostic>,
}

/// One task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its id, unique in the list.
    pub id: TaskId,
    /// The number that it carries, as written: `3`, `2.1`, `T004`.
    pub number: Option<String>,
    /// What it does, on one line.
    pub title: String,
    /// What its box says.
    pub mark: TaskMark,
    /// The heading that it stands under, such as `Phase 1: Models`.
    pub phase: Option<String>,
    /// The tasks that it waits for.
    pub depends_on: Vec<TaskId>,
    /// The requirements and criteria that it serves, as written.
    pub requirements: Vec<String>,
    /// Whether it says that it serves all of them.
    pub covers_all: bool,
    /// Its scope: the files that it may write.
    pub files: Vec<String>,
    /// How long it was thought to take.
    pub estimate_minutes: Option<u32>,
    /// Whether it may be left out.
    pub optional: bool,
    /// The bytes from its line to the last one under it.
    pub span: Range<usize>,
    /// The bytes of the mark in its box: one byte, or three for a box that is one character.
    pub mark_span: Range<usize>,
    /// The tasks nested under it.
    pub subtasks: Vec<Task>,
    /// The other lines under it, without list markers.
    pub details: Vec<String>,
}

/// What a box says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaskMark {
    /// `[ ]`: to do.
    Open,
    /// `[~]`: waiting for its turn or for a person.
    Queued,
    /// `[-]`: being worked on.
    Running,
    /// `[x]`: done.
    Done,
}

impl TaskMark {
    /// The byte that stands in the box.
    pub fn symbol(self) -> char {
        match self {
            TaskMark::Open => ' ',
            TaskMark::Queued => '~',
            TaskMark::Running => '-',
            TaskMark::Done => 'x',
        }
    }

    /// The mark that a box's content means.
    pub fn from_symbol(symbol: char) -> Option<TaskMark> {
        match symbol {
            ' ' => Some(TaskMark::Open),
            '~' => Some(TaskMark::Queued),
            '-' => Some(TaskMark::Running),
            'x' | 'X' => Some(TaskMark::Done),
            _ => None,
        }
    }

    /// The box as a single character.
    pub(crate) fn glyph(self) -> char {
        match self {
            TaskMark::Open => '☐',
            TaskMark::Queued => '◔',
            TaskMark::Running => '◐',
            TaskMark::Done => '☑',
        }
    }

    pub(crate) fn from_glyph(glyph: char) -> Option<TaskMark> {
        let all = [
            TaskMark::Open,
            TaskMark::Queued,
            TaskMark::Running,
            TaskMark::Done,
        ];
        all.into_iter()
            .find(|it| it.glyph() == glyph)
            .or((glyph == '☒').then_some(TaskMark::Done))
    }
}

/// For each of some tasks that stand beside each other the one that it belongs to by its number: in a flat list `1.1` belongs to
/// the `1` that stands before it under the same heading, with nothing but its own between them.
pub(crate) fn above_by_number(beside: &[Task]) -> Vec<Option<usize>> {
    let mut open: Vec<usize> = Vec::new();
    let mut above = Vec::with_capacity(beside.len());
    for (at, task) in beside.iter().enumerate() {
        let number = task.number.as_deref().unwrap_or_default();
        let belongs = |it: &usize| {
            let other = &beside[*it];
            let stem = other.number.as_deref().filter(|it| !it.is_empty());
            let rest = stem.and_then(|it| number.strip_prefix(it));
            other.phase == task.phase && rest.is_some_and(|it| it.starts_with('.'))
        };
        while open.pop_if(|it| !belongs(it)).is_some() {}
        above.push(open.last().copied());
        open.push(at);
    }
    above
}

impl Task {
    /// An open task of no list yet, for [`TaskList::render`].
    pub fn new(id: TaskId, title: impl Into<String>) -> Self {
        Self {
            number: Some(id.to_string()),
            id,
            title: title.into(),
            mark: TaskMark::Open,
            phase: None,
            depends_on: Vec::new(),
            requirements: Vec::new(),
            covers_all: false,
            files: Vec::new(),
            estimate_minutes: None,
            optional: false,
            span: 0..0,
            mark_span: 0..0,
            subtasks: Vec::new(),
            details: Vec::new(),
        }
    }
}

impl TaskList {
    /// Reads a task list. Every line that begins with a list marker and a box outside code fences is exactly one task.
    pub fn parse(text: &str) -> TaskList {
        parse::list(text)
    }

    /// Writes a new task list.
    pub fn render(title: &str, tasks: &[Task], spec_fingerprint: Option<&str>) -> String {
        render::list(title, tasks, spec_fingerprint)
    }

    /// All tasks, each before its subtasks.
    pub fn all(&self) -> impl Iterator<Item = &Task> {
        let mut waiting: Vec<&Task> = self.tasks.iter().rev().collect();
        std::iter::from_fn(move || {
            let task = waiting.pop()?;
            waiting.extend(task.subtasks.iter().rev());
            Some(task)
        })
    }

    /// The tasks that are worked on: those without tasks below them. In a flat list `1` stands for `1.1` and `1.2` after it.
    pub fn leaves(&self) -> impl Iterator<Item = &Task> {
        let heads = self.heads();
        self.all()
            .filter(move |it| it.subtasks.is_empty() && !heads.contains(&it.id))
    }

    /// Tasks without tasks below them to which others beside them belong by their numbers.
    fn heads(&self) -> HashSet<TaskId> {
        let mut heads = HashSet::new();
        let lists = std::iter::once(&self.tasks).chain(self.all().map(|it| &it.subtasks));
        for list in lists {
            let above = above_by_number(list);
            heads.extend(above.into_iter().flatten().map(|it| list[it].id.clone()));
        }
        heads
    }

    /// The task with this id, at any depth.
    pub fn task(&self, id: &TaskId) -> Option<&Task> {
        self.all().find(|it| it.id == *id)
    }
}
