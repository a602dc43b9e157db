//! A task list from Markdown, line by line: any checkbox outside fences is a task, however the file is laid out.

use std::collections::{HashMap, HashSet};

use super::field::Fields;
use super::title::{Boxes, TaskLine, task_line};
use super::{Task, TaskList, wave};
use crate::diagnostic::{Code, Diagnostic};
use crate::fence::Fence;
use crate::fingerprint;
use crate::id::TaskId;
use crate::inline::label;
use crate::line::{Line, lines};
use crate::outline::marker;

/// How deep tasks nest; deeper ones are siblings.
const DEPTH: usize = 32;

pub(super) fn list(text: &str) -> TaskList {
    let mut flat = flat(text, Boxes::Bracketed);
    if flat.is_empty() {
        flat = self::flat(text, Boxes::Drawn);
    }
    let mut diagnostics = Vec::new();
    settle_loose(&mut flat);
    name(&mut flat, &mut diagnostics);
    check_dependencies(&flat, &mut diagnostics);
    if flat.is_empty() {
        let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let message = "The task list holds no task; write one as \"- [ ] 1. Title\".";
        diagnostics.push(Diagnostic::new(Code::NoTask, start..text.len(), message));
    }
    TaskList {
        tasks: nested(flat),
        waves: wave::waves(text),
        spec_fingerprint: fingerprint::from_comment(text),
        diagnostics,
    }
}

/// A task not yet put under its parent.
struct Flat {
    task: Task,
    id: Option<String>,
    loose: Option<(String, String)>,
    parent: Option<usize>,
}

fn flat(text: &str, boxes: Boxes) -> Vec<Flat> {
    let mut reader = Reader {
        source: text,
        boxes,
        flat: Vec::new(),
        open: Vec::new(),
        last: None,
        phase: None,
        fence: None,
        level: usize::MAX,
        fields: Fields::default(),
    };
    for line in lines(text) {
        reader.take(&line);
    }
    reader.flat
}

/// Takes a bare number as one where its neighbours count on from it, or where a task below begins with it.
fn settle_loose(flat: &mut [Flat]) {
    // The number, or the first of a dotted one: `6` counts on from `5.8` in a flat list.
    let number = |it: &Flat| {
        let loose = it.loose.as_ref().map(|(number, _)| number.as_str());
        let text = it.id.as_deref().or(loose);
        text.and_then(|it| it.split('.').next()?.parse::<u32>().ok())
    };
    let mut last_of: HashMap<Option<usize>, (usize, Option<u32>)> = HashMap::new();
    let mut is_number = vec![false; flat.len()];
    for (index, it) in flat.iter().enumerate() {
        let own = number(it);
        let before = last_of.insert(it.parent, (index, own));
        if let (Some(own), Some((at, Some(before)))) = (own, before)
            && before.checked_add(1) == Some(own)
        {
            is_number[index] = true;
            is_number[at] = true;
        }
        if let (Some(parent), Some(id)) = (it.parent, &it.id)
            && let Some((loose, _)) = &flat[parent].loose
            && id
                .strip_prefix(loose.as_str())
                .is_some_and(|rest| rest.starts_with('.'))
        {
            is_number[parent] = true;
        }
    }
    for (it, is_number) in flat.iter_mut().zip(is_number) {
        if let Some((number, title)) = it.loose.take().filter(|_| is_number) {
            it.id = Some(number);
            it.task.title = title;
        }
    }
}

struct Reader<'a> {
    source: &'a str,
    boxes: Boxes,
    flat: Vec<Flat>,
    /// The tasks that a line may belong to: index and indentation.
    open: Vec<(usize, usize)>,
    /// The last task since a heading: fields that nobody indented are its own.
    last: Option<usize>,
    phase: Option<String>,
    fence: Option<Fence>,
    /// The least indentation of the lines since the last task: what follows is under tasks left of it.
    level: usize,
    fields: Fields,
}

impl Reader<'_> {
    fn take(&mut self, line: &Line<'_>) {
        if let Some(fence) = self.fence {
            if fence.is_closed_by(line.text) {
                self.fence = None;
            }
            self.code(line);
            return;
        }
        self.fence = opened(line.text);
        if self.fence.is_some() {
            self.level = self.level.min(line.indent);
            self.code(line);
        } else if let Some(found) = task_line(line, self.boxes) {
            self.task(line, found);
        } else if line.indent < 4 && is_heading(line.text) && !self.is_under_task(line) {
            self.heading(line.text);
        } else {
            self.other(line);
        }
    }

    fn task(&mut self, line: &Line<'_>, found: TaskLine) {
        while self
            .open
            .pop_if(|(_, indent)| *indent + 2 > line.indent)
            .is_some()
        {}
        self.open.truncate(DEPTH - 1);
        let parent = self.open.last().map(|(index, _)| *index);
        let TaskLine {
            mark,
            mark_span,
            optional,
            id,
            title,
            loose,
            ..
        } = found;
        let mut task = Task {
            mark,
            mark_span,
            optional,
            phase: self.phase.clone(),
            span: line.at..line.end(),
            ..Task::new(TaskId::new(""), title)
        };
        self.open.push((self.flat.len(), line.indent));
        self.level = usize::MAX;
        self.last = Some(self.flat.len());
        let title = task.title.clone();
        self.fields.references(&mut task, &title);
        self.flat.push(Flat {
            task,
            id,
            loose,
            parent,
        });
        self.extend(line);
    }

    /// Lets the open tasks reach to the end of `line`.
    fn extend(&mut self, line: &Line<'_>) {
        for (index, indent) in &self.open {
            if *indent <= line.indent {
                self.flat[*index].task.span.end = line.end();
            }
        }
    }

    fn is_under_task(&self, line: &Line<'_>) -> bool {
        self.open.iter().any(|(_, indent)| *indent < line.indent)
    }

    fn heading(&mut self, text: &str) {
        let title = text.trim_start_matches('#');
        let level = text.len() - title.len();
        let title = title.trim().trim_end_matches('#').trim_end();
        let is_general = matches!(
            title.to_lowercase().as_str(),
            "" | "tasks"
                | "task list"
                | "overview"
                | "notes"
                | "implementation tasks"
                | "implementation plan"
                | "task dependency graph"
        );
        self.phase = (level > 1 && !is_general).then(|| label(title));
        self.open.clear();
        self.last = None;
    }

    /// A line that is no task: under one it is a field or a detail.
    fn other(&mut self, line: &Line<'_>) {
        if line.is_blank() {
            return;
        }
        self.level = self.level.min(line.indent);
        let text = marker(line.text).map_or(line.text, |it| &line.text[it.length..]);
        let Some(index) = self.owner(line) else {
            if let Some(last) = self.last {
                self.fields.references(&mut self.flat[last].task, text);
            }
            return;
        };
        let task = &mut self.flat[index].task;
        if !self.fields.take(task, text) && !text.is_empty() {
            task.details.push(unescaped(text).to_owned());
        }
    }

    /// A line of a code block, kept as it is.
    fn code(&mut self, line: &Line<'_>) {
        let text = self.source[line.start..line.end()].trim_end().to_owned();
        if let Some(index) = self.owner(line).filter(|_| !text.is_empty()) {
            self.flat[index].task.details.push(text);
        }
    }

    /// The task that the current line is under; it and those around it then reach to the line's end.
    fn owner(&mut self, line: &Line<'_>) -> Option<usize> {
        let level = self.level;
        let above = self.open.iter().filter(|(_, indent)| *indent < level);
        let mut innermost = None;
        for (index, _) in above {
            self.flat[*index].task.span.end = line.end();
            innermost = Some(*index);
        }
        innermost
    }
}

/// The fence that a line opens, itself or on a list marker.
pub(super) fn opened(text: &str) -> Option<Fence> {
    let content = marker(text).map_or("", |it| &text[it.length..]);
    Fence::open(text)
        .or_else(|| Fence::open(content))
        .map(|(fence, _)| fence)
}

fn is_heading(text: &str) -> bool {
    let level = text.bytes().take_while(|b| *b == b'#').count();
    (1..=6).contains(&level) && text[level..].chars().next().is_none_or(char::is_whitespace)
}

/// A detail as it was before [`super::render`] kept it from being read as something else.
fn unescaped(text: &str) -> &str {
    text.strip_prefix('\\')
        .filter(|rest| rest.starts_with(['[', '`', '~', '\\']))
        .unwrap_or(text)
}

/// Gives every task an id of its own: the written one, or one by its order under its parent.
fn name(flat: &mut [Flat], diagnostics: &mut Vec<Diagnostic>) {
    let written: HashSet<String> = flat.iter().filter_map(|it| it.id.clone()).collect();
    let mut counters: HashMap<Option<usize>, u32> = HashMap::new();
    let mut times: HashMap<String, u32> = HashMap::new();
    for index in 0..flat.len() {
        let parent = flat[index].parent;
        let counter = counters.entry(parent).or_insert(0);
        *counter += 1;
        flat[index].task.number = flat[index].id.clone();
        let id = match flat[index].id.take() {
            Some(id) => id,
            None => {
                let stem = parent.map_or_else(String::new, |it| format!("{}.", flat[it].task.id));
                while written.contains(&format!("{stem}{counter}")) {
                    *counter += 1;
                }
                format!("{stem}{counter}")
            }
        };
        let task = &mut flat[index].task;
        let count = times.entry(id.clone()).or_insert(0);
        *count += 1;
        task.id = TaskId::new(if *count == 1 {
            id.clone()
        } else {
            format!("{id}#{count}")
        });
        if *count > 1 {
            let message = format!(
                "The id {id} is used {count} times; this task is called {} until it has an id of its own.",
                task.id
            );
            diagnostics.push(Diagnostic::new(
                Code::DuplicateTask,
                task.span.clone(),
                message,
            ));
        }
    }
}

fn check_dependencies(flat: &[Flat], diagnostics: &mut Vec<Diagnostic>) {
    let known: HashSet<&TaskId> = flat.iter().map(|it| &it.task.id).collect();
    for Flat { task, .. } in flat {
        for id in task.depends_on.iter().filter(|id| !known.contains(id)) {
            let message = format!(
                "Task {} depends on {id}, which is not in the list; correct the number or remove it.",
                task.id
            );
            diagnostics.push(Diagnostic::new(
                Code::UnknownDependency,
                task.span.clone(),
                message,
            ));
        }
    }
}

/// Puts every task under its parent.
fn nested(flat: Vec<Flat>) -> Vec<Task> {
    let parents: Vec<Option<usize>> = flat.iter().map(|it| it.parent).collect();
    let mut slots: Vec<Option<Task>> = flat.into_iter().map(|it| Some(it.task)).collect();
    let mut roots = Vec::new();
    for index in (0..slots.len()).rev() {
        let Some(mut task) = slots[index].take() else {
            continue;
        };
        task.subtasks.reverse();
        match parents[index].and_then(|parent| slots[parent].as_mut()) {
            Some(parent) => parent.subtasks.push(task),
            None => roots.push(task),
        }
    }
    roots.reverse();
    roots
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(text: &str) -> String {
        let list = TaskList::parse(text);
        let mut out = String::new();
        for task in list.all() {
            out += &format!(
                "{} {:?} {:?} phase {:?} on {:?} for {:?} in {:?} details {:?}\n",
                task.id,
                task.mark,
                task.title,
                task.phase.as_deref().unwrap_or("-"),
                task.depends_on
                    .iter()
                    .map(TaskId::as_str)
                    .collect::<Vec<_>>(),
                task.requirements,
                task.files,
                task.details
            );
        }
        for it in &list.diagnostics {
            out += &format!("{}: {}\n", it.code, it.message);
        }
        out
    }

    #[test]
    fn numbers_are_given_where_there_are_none() {
        insta::assert_snapshot!(render("- [ ] a\n  - [x] b\n  - [ ] 1.1 c\n  - [ ] d\n- [ ] 2. e\n- [ ] f\n- [ ] 2. g\n  Dependencies: 9\n"), @r#"
        1 Open "a" phase "-" on [] for [] in [] details []
        1.2 Done "b" phase "-" on [] for [] in [] details []
        1.1 Open "c" phase "-" on [] for [] in [] details []
        1.4 Open "d" phase "-" on [] for [] in [] details []
        2 Open "e" phase "-" on [] for [] in [] details []
        3 Open "f" phase "-" on [] for [] in [] details []
        2#2 Open "g" phase "-" on ["9"] for [] in [] details []
        duplicate-task: The id 2 is used 2 times; this task is called 2#2 until it has an id of its own.
        unknown-dependency: Task 2#2 depends on 9, which is not in the list; correct the number or remove it.
        "#);
    }

    #[test]
    fn fences_hide_boxes_and_are_details() {
        insta::assert_snapshot!(render("# Tasks: T\n\n## Phase 1: A\n\n- [ ] 1. a\n  ```\n  - [ ] no\n  ```\n  - Scope: `x.py`\n  - \\[ ] text\n    more\n\n~~~\n- [ ] no\n```\n~~~\n## Notes\n- [ ] 2. b\n- ```\n  - [ ] no\n  ```\n"), @r#"
        1 Open "a" phase "Phase 1: A" on [] for [] in ["x.py"] details ["  ```", "  - [ ] no", "  ```", "[ ] text", "more"]
        2 Open "b" phase "-" on [] for [] in [] details []
        "#);
    }

    #[test]
    fn spans_cover_a_task_with_what_is_under_it() {
        let text = "\u{feff}- [ ] 1. a\r\n  - [~] 1.1 b\r\n    - note\r\n\r\ntext\r\n- [x] 2. c";
        let list = TaskList::parse(text);
        let spans: Vec<_> = list
            .all()
            .map(|it| (&text[it.span.clone()], &text[it.mark_span.clone()]))
            .collect();
        assert_eq!(
            spans,
            [
                ("- [ ] 1. a\r\n  - [~] 1.1 b\r\n    - note", " "),
                ("- [~] 1.1 b\r\n    - note", "~"),
                ("- [x] 2. c", "x")
            ]
        );
    }
}
