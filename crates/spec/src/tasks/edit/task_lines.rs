//! The lines of a task, in the form that those beside it have.

use std::ops::Range;

use super::TaskWish;
use super::field_lines::{Style, lines_for};
use super::page::{Page, Spot};
use crate::tasks::title::{Boxes, TaskLine, task_line};
use crate::tasks::{Task, TaskMark};

/// A task's own line, read again.
pub(super) fn own_line(page: &Page<'_>, index: usize) -> Option<TaskLine> {
    let task = &page.tasks[index];
    let boxes = match task.mark_span.len() {
        1 => Boxes::Bracketed,
        _ => Boxes::Drawn,
    };
    task_line(&page.lines[page.line(task.span.start)], boxes)
}

/// The bytes of a task's title, without a bare number that counts as its own.
pub(super) fn title_span(page: &Page<'_>, index: usize) -> Range<usize> {
    let task = &page.tasks[index];
    let Some(line) = own_line(page, index) else {
        return task.span.end..task.span.end;
    };
    let span = line.title_span;
    if line.id.is_none() && task.number.is_some() {
        let text = &page.text[span.clone()];
        let title = text
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .trim_start();
        return span.end - title.len()..span.end;
    }
    span
}

impl Spot {
    /// The next free number beside it; none where those beside it have none.
    pub(super) fn number(&self, page: &Page<'_>) -> Option<String> {
        let is_first = page.tasks.is_empty();
        let (stem, width) = match (self.beside, self.parent) {
            (Some(beside), _) => {
                let number = page.tasks[beside].number.as_deref()?;
                let (stem, digits) = counted(number);
                (stem.to_owned(), digits.len())
            }
            (None, Some(parent)) => (format!("{}.", page.tasks[parent].number.as_deref()?), 1),
            (None, None) if is_first => (String::new(), 1),
            (None, None) => return None,
        };
        let numbers = page.tasks.iter().filter_map(|it| it.number.as_deref());
        let taken = numbers.filter_map(|it| {
            let (own, digits) = counted(it);
            (own == stem).then(|| digits.parse::<u64>().ok()).flatten()
        });
        let next = taken.max().map_or(1, |it| it.saturating_add(1));
        Some(format!("{stem}{next:0>width$}"))
    }
}

/// A number without a letter after it, as what stays the same beside it and the digits that count: `2.1b` as `2.` and `1`.
fn counted(number: &str) -> (&str, &str) {
    let plain = number.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let digits = plain.bytes().rev().take_while(u8::is_ascii_digit).count();
    plain.split_at(plain.len() - digits)
}

/// The lines of a new task, without the last ending.
pub(super) fn written(
    page: &Page<'_>,
    spot: &Spot,
    number: Option<&str>,
    title: &str,
    wish: &TaskWish,
) -> String {
    let lead = indentation(page, spot);
    let form = spot.beside.and_then(|it| form(page, it));
    let (head, tail) = form.unwrap_or_else(|| plain_form(page, spot, number));
    let head = match number {
        Some(number) => head.replace(NUMBER, number),
        None => head,
    };
    let mut lines = vec![format!("{lead}{head}{title}{tail}")];
    let style = Style::of(page, spot.beside);
    let fields = lines_for(wish, &style);
    lines.extend(fields.iter().map(|it| format!("{lead}{}{it}", style.lead)));
    lines.join(page.ending())
}

/// What stands for a number in a form.
const NUMBER: &str = "\0";

/// What stands before and after the title of a task that is open and may not be left out, written like this one.
fn form(page: &Page<'_>, index: usize) -> Option<(String, String)> {
    let (line, task) = (own_line(page, index)?, &page.tasks[index]);
    let row = &page.lines[page.line(task.span.start)];
    let title = title_span(page, index);
    let boxed = line.mark_span.end + usize::from(task.mark_span.len() == 1);
    let symbol = match task.mark_span.len() {
        1 => TaskMark::Open.symbol(),
        _ => TaskMark::Open.glyph(),
    };
    let opening = format!(
        "{}{symbol}{}",
        &page.text[row.at..line.mark_span.start],
        &page.text[line.mark_span.end..boxed]
    );
    let mut between = page.text[boxed..title.start].to_owned();
    if let Some(number) = &task.number {
        let at = between.rfind(number.as_str())?;
        between.replace_range(at..at + number.len(), NUMBER);
    }
    if task.optional {
        between = without_star(&between)?;
    }
    if !between.ends_with(|c: char| c.is_whitespace() || c == '*') {
        between.push(' ');
    }
    let tail = page.text[title.end..row.end()].to_owned();
    Some((format!("{opening}{between}"), tail))
}

/// `* 2.3`, `\* 2.3` and `2.3*` without the star.
fn without_star(between: &str) -> Option<String> {
    let after_number = format!("{NUMBER}*");
    if between.contains(&after_number) && !between.contains("**") {
        return Some(between.replace(&after_number, NUMBER));
    }
    let spaced = between.trim_start();
    let plain = spaced.strip_prefix("\\*").or(spaced.strip_prefix('*'))?;
    Some(format!(" {}", plain.trim_start()))
}

/// The form of a task where nothing stands beside it: that of the list, as plain as can be.
fn plain_form(page: &Page<'_>, spot: &Spot, number: Option<&str>) -> (String, String) {
    let parent = spot.parent.map(|it| &page.tasks[it]);
    let opening = parent.map_or("- [ ]".to_owned(), |it| opening_of(page, it));
    let dot = match number {
        Some(it) if it.bytes().all(|it| it.is_ascii_digit()) => ".",
        _ => "",
    };
    let head = match number {
        Some(_) => format!("{opening} {NUMBER}{dot} "),
        None => format!("{opening} "),
    };
    (head, String::new())
}

fn opening_of(page: &Page<'_>, task: &Task) -> String {
    let row = &page.lines[page.line(task.span.start)];
    match task.mark_span.len() {
        1 => format!(
            "{}{}]",
            &page.text[row.at..task.mark_span.start],
            TaskMark::Open.symbol()
        ),
        _ => TaskMark::Open.glyph().to_string(),
    }
}

/// What stands before the box of a task here.
fn indentation(page: &Page<'_>, spot: &Spot) -> String {
    let of = |index: usize| {
        let line = &page.lines[page.line(page.tasks[index].span.start)];
        page.text[line.start..line.at].to_owned()
    };
    match (spot.beside, spot.parent) {
        (Some(beside), _) => of(beside),
        (None, Some(parent)) => format!("{}  ", of(parent)),
        (None, None) => String::new(),
    }
}

/// A task's lines, without the last ending, indented as those are that they come to stand beside.
pub(super) fn indented(page: &Page<'_>, index: usize, spot: &Spot) -> String {
    let block = page.block(index);
    let own = &page.lines[page.line(page.tasks[index].span.start)];
    let (old, new) = (&page.text[own.start..own.at], indentation(page, spot));
    let text = page.text[block].trim_end_matches(['\n', '\r']);
    if old == new {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match line.strip_prefix(old) {
            Some(rest) if !line.trim().is_empty() => {
                out.push_str(&new);
                out.push_str(rest);
            }
            _ => out.push_str(line),
        }
    }
    out
}
