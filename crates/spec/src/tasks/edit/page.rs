//! A task list with its lines, and the bytes that are to be put in other's places.

use std::ops::Range;

use super::{EditError, Task, TaskList, TaskPlace};
use crate::fence::Fence;
use crate::id::TaskId;
use crate::line::{Line, lines};
use crate::tasks::field::Fields;
use crate::tasks::parse::opened;

/// A task list as it is edited.
pub(super) struct Page<'a> {
    pub(super) text: &'a str,
    pub(super) lines: Vec<Line<'a>>,
    /// Whether a line is in a code fence, or opens or closes one.
    pub(super) fenced: Vec<bool>,
    pub(super) list: TaskList,
    /// All tasks, each before those below it.
    pub(super) tasks: Vec<Task>,
    /// The task that each stands below.
    pub(super) parents: Vec<Option<usize>>,
}

/// Where a task comes to stand.
pub(super) struct Spot {
    /// The byte before which its lines go.
    pub(super) at: usize,
    /// Its place among all tasks, as they were.
    pub(super) index: usize,
    /// The task that it stands below.
    pub(super) parent: Option<usize>,
    /// The task beside it whose form it takes; none where nothing stands beside it.
    pub(super) beside: Option<usize>,
}

impl<'a> Page<'a> {
    pub(super) fn read(text: &'a str) -> Page<'a> {
        let list = TaskList::parse(text);
        let lines: Vec<Line<'a>> = lines(text).collect();
        let mut page = Page {
            text,
            fenced: fenced(&lines),
            lines,
            tasks: Vec::new(),
            parents: Vec::new(),
            list: TaskList {
                waves: list.waves.clone(),
                ..TaskList::default()
            },
        };
        page.flatten(&list.tasks);
        page
    }

    /// Depth first, without recursion: lists may nest deeply.
    fn flatten(&mut self, tasks: &[Task]) {
        let mut waiting: Vec<(&Task, Option<usize>)> =
            tasks.iter().rev().map(|it| (it, None)).collect();
        while let Some((task, parent)) = waiting.pop() {
            let own = Some(self.tasks.len());
            waiting.extend(task.subtasks.iter().rev().map(|it| (it, own)));
            self.tasks.push(Task {
                subtasks: Vec::new(),
                ..task.clone()
            });
            self.parents.push(parent);
        }
    }

    pub(super) fn index(&self, id: &TaskId) -> Result<usize, EditError> {
        let found = self.tasks.iter().position(|it| it.id == *id);
        found.ok_or_else(|| EditError::UnknownTask(id.clone()))
    }

    pub(super) fn check_known<'b>(
        &self,
        ids: impl Iterator<Item = &'b TaskId>,
    ) -> Result<(), EditError> {
        for id in ids {
            if self.tasks.iter().all(|it| it.id != *id) {
                return Err(EditError::UnknownDependency(id.clone()));
            }
        }
        Ok(())
    }

    /// A task and all below it.
    pub(super) fn subtree(&self, index: usize) -> Range<usize> {
        let mut end = index + 1;
        while self
            .parents
            .get(end)
            .is_some_and(|it| it.is_some_and(|it| it >= index))
        {
            end += 1;
        }
        index..end
    }

    /// The tasks directly below `parent`.
    pub(super) fn below(&self, parent: Option<usize>) -> impl Iterator<Item = usize> {
        let all = self.parents.iter().enumerate();
        all.filter(move |(_, it)| **it == parent).map(|it| it.0)
    }

    /// The place of the line that holds a byte.
    pub(super) fn line(&self, at: usize) -> usize {
        let after = self.lines.partition_point(|it| it.start <= at);
        after.saturating_sub(1)
    }

    /// The byte after a line and its ending.
    pub(super) fn after_line(&self, line: usize) -> usize {
        self.lines
            .get(line + 1)
            .map_or(self.text.len(), |it| it.start)
    }

    /// The lines of a task with all below it: what stands under it, and lines beside it that name its requirements.
    pub(super) fn block(&self, index: usize) -> Range<usize> {
        let task = &self.tasks[index];
        let mut last = self.line(task.span.end.max(task.span.start + 1) - 1);
        let next = self.tasks.get(self.subtree(index).end);
        let limit = next.map_or(self.lines.len(), |it| self.line(it.span.start));
        for at in last + 1..limit {
            let text = self.lines[at].text;
            if text.starts_with('#') || self.fenced[at] {
                break;
            }
            let mut named = Task::new(TaskId::new(""), "");
            if Fields::default().references(&mut named, text) {
                last = at;
            }
        }
        self.lines[self.line(task.span.start)].start..self.after_line(last)
    }

    /// The same with the blank line after it, where there is one before it too.
    pub(super) fn with_a_blank(&self, block: &Range<usize>) -> Range<usize> {
        let is_blank = |line: usize| line < self.lines.len() && self.lines[line].is_blank();
        let first = self.line(block.start);
        let after = self.lines.partition_point(|it| it.start < block.end);
        let is_parted = (first == 0 || is_blank(first - 1)) && is_blank(after);
        match is_parted {
            true => block.start..self.after_line(after),
            false => block.clone(),
        }
    }

    /// A block as it stands at a spot: with a blank line where the tasks there have one between them.
    pub(super) fn parted(&self, spot: &Spot, block: &str) -> String {
        let is_blank = |line: usize| self.lines.get(line).is_some_and(Line::is_blank);
        let Some(beside) = spot.beside else {
            let last = self.line(spot.at.max(1) - 1);
            let is_open = spot.parent.is_none() && !self.text.is_empty() && !is_blank(last);
            return match is_open {
                true => format!("{}{block}", self.ending()),
                false => block.to_owned(),
            };
        };
        let beside_it: Vec<usize> = self.below(self.parents[beside]).collect();
        let at = beside_it.iter().position(|it| *it == beside).unwrap_or(0);
        let other = if at > 0 { at } else { at + 1 };
        let between = beside_it
            .get(other)
            .map(|it| self.line(self.tasks[*it].span.start));
        let in_phase = beside_it
            .get(other)
            .is_some_and(|it| self.tasks[*it].phase == self.tasks[beside].phase);
        let is_parted =
            in_phase && other > 0 && between.is_some_and(|it| it > 0 && is_blank(it - 1));
        let is_before = spot.index <= beside;
        match (is_parted, is_before) {
            (true, true) => format!("{block}{}", self.ending()),
            (true, false) => format!("{}{block}", self.ending()),
            _ => block.to_owned(),
        }
    }

    /// The task that a place names.
    pub(super) fn anchor(&self, place: &TaskPlace) -> Result<Option<usize>, EditError> {
        match place {
            TaskPlace::Before(id) | TaskPlace::After(id) | TaskPlace::Under(id) => {
                self.index(id).map(Some)
            }
            TaskPlace::Phase(_) | TaskPlace::End => Ok(None),
        }
    }

    pub(super) fn spot(&self, place: &TaskPlace) -> Result<Spot, EditError> {
        self.spot_beside(place, None)
    }

    /// The spot that a place means, found without looking at the tasks in `moved`.
    pub(super) fn spot_beside(
        &self,
        place: &TaskPlace,
        moved: Option<&Range<usize>>,
    ) -> Result<Spot, EditError> {
        let stays = |it: &usize| moved.is_none_or(|moved| !moved.contains(it));
        match place {
            TaskPlace::Before(id) => {
                let anchor = self.index(id)?;
                Ok(Spot {
                    at: self.lines[self.line(self.tasks[anchor].span.start)].start,
                    index: anchor,
                    parent: self.parents[anchor],
                    beside: Some(anchor),
                })
            }
            TaskPlace::After(id) => Ok(self.after(self.index(id)?)),
            TaskPlace::Under(id) => {
                let anchor = self.index(id)?;
                if let Some(last) = self.last_of_head(anchor).filter(stays) {
                    return Ok(self.after(last));
                }
                Ok(Spot {
                    parent: Some(anchor),
                    beside: self.below(Some(anchor)).filter(stays).last(),
                    ..self.after(anchor)
                })
            }
            TaskPlace::Phase(phase) => self.end_of_phase(phase, &stays),
            TaskPlace::End => Ok(self.below(None).filter(stays).last().map_or(
                Spot {
                    at: self.text.len(),
                    index: self.tasks.len(),
                    parent: None,
                    beside: None,
                },
                |it| self.after(it),
            )),
        }
    }

    fn after(&self, anchor: usize) -> Spot {
        Spot {
            at: self.block(anchor).end,
            index: self.subtree(anchor).end,
            parent: self.parents[anchor],
            beside: Some(anchor),
        }
    }

    /// The last of the tasks that stand beside a head in a flat list and whose numbers begin with its own.
    fn last_of_head(&self, head: usize) -> Option<usize> {
        let stem = format!("{}.", self.tasks[head].number.as_deref()?);
        let beside = self.below(self.parents[head]);
        let is_own = |it: &usize| {
            let number = self.tasks[*it].number.as_deref();
            number.is_some_and(|it| it.starts_with(&stem))
        };
        beside.filter(is_own).last()
    }

    fn end_of_phase(&self, phase: &str, stays: &dyn Fn(&usize) -> bool) -> Result<Spot, EditError> {
        let of = |it: usize| self.tasks[it].phase.as_deref();
        let is_meant = |name: &str| {
            let short = name.split_once(':').map_or(name, |it| it.0);
            name.eq_ignore_ascii_case(phase) || short.eq_ignore_ascii_case(phase)
        };
        let in_phase = |it: &usize| of(*it).is_some_and(is_meant);
        let last = self
            .below(None)
            .filter(in_phase)
            .filter(|it| stays(it))
            .last();
        last.map(|it| self.after(it)).ok_or_else(|| {
            let mut known: Vec<String> = Vec::new();
            for name in self.below(None).filter_map(of) {
                if known.last().is_none_or(|it| it != name) {
                    known.push(name.to_owned());
                }
            }
            EditError::UnknownPhase {
                phase: phase.to_owned(),
                known,
            }
        })
    }

    /// How lines end here.
    pub(super) fn ending(&self) -> &'static str {
        match self.text.find(['\n', '\r']) {
            Some(at) if self.text[at..].starts_with("\r\n") => "\r\n",
            Some(at) if self.text[at..].starts_with('\r') => "\r",
            _ => "\n",
        }
    }
}

fn fenced(lines: &[Line<'_>]) -> Vec<bool> {
    let mut fence: Option<Fence> = None;
    let is_fenced = |line: &Line<'_>| match fence {
        Some(open) => {
            if open.is_closed_by(line.text) {
                fence = None;
            }
            true
        }
        None => {
            fence = opened(line.text);
            fence.is_some()
        }
    };
    lines.iter().map(is_fenced).collect()
}

/// Bytes that are to be put in others' places.
#[derive(Default)]
pub(super) struct Patches {
    all: Vec<(Range<usize>, String)>,
}

impl Patches {
    pub(super) fn replace(&mut self, range: Range<usize>, with: &str) {
        self.all.push((range, with.to_owned()));
    }

    /// Puts whole lines, of which the last has no ending, before the byte `at`, which begins a line or ends the text.
    pub(super) fn insert_block(&mut self, page: &Page<'_>, at: usize, block: &str) {
        let ending = page.ending();
        let is_open = at == page.text.len() && !page.text.is_empty() && !ends_a_line(page.text);
        let with = match is_open {
            true => format!("{ending}{block}"),
            false => format!("{block}{ending}"),
        };
        self.replace(at..at, &with);
    }

    pub(super) fn applied(mut self, text: &str) -> String {
        // Of two at one byte the insertion comes first: what is taken away there stood after it.
        self.all.sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = String::with_capacity(text.len() + 64);
        let mut from = 0;
        for (range, with) in &self.all {
            out.push_str(text.get(from..range.start).unwrap_or_default());
            out.push_str(with);
            from = from.max(range.end);
        }
        out.push_str(&text[from..]);
        out
    }
}

fn ends_a_line(text: &str) -> bool {
    text.ends_with(['\n', '\r'])
}
