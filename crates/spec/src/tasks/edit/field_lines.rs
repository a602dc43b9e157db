//! The lines under a task that say something known, found, changed and written.

use std::ops::Range;

use super::page::{Page, Patches};
use super::{Task, TaskWish};
use crate::id::TaskId;
use crate::outline::marker;
use crate::tasks::field::{Field, Fields, keyed};
use crate::tasks::reference::reference;

/// How fields are written in a list.
pub(super) struct Style {
    /// What stands before a field, beyond the indentation of its task.
    pub(super) lead: String,
    /// Whether files stand in code spans.
    code: bool,
    /// Whether other tasks are called `Task 1`.
    word: bool,
    /// What encloses the line that names requirements.
    emphasis: &'static str,
}

/// A line that is a field.
struct Found {
    line: usize,
    field: Field,
    /// The bytes of its value.
    value: Range<usize>,
}

impl Style {
    /// As the fields of this task are written, or else those of others.
    pub(super) fn of(page: &Page<'_>, index: Option<usize>) -> Style {
        let all = index.into_iter().chain(0..page.tasks.len());
        let lead = all.clone().find_map(|it| lead_of(page, it));
        let is_drawn = page.tasks.first().is_some_and(|it| it.mark_span.len() > 1);
        let (mut scopes, mut codes, mut words, mut emphasis) = (0, 0, false, "");
        for found in all.flat_map(|it| found_of(page, it)) {
            let value = &page.text[found.value.clone()];
            match found.field {
                Field::Scope => {
                    scopes += 1;
                    codes += usize::from(value.contains('`'));
                }
                Field::Dependencies => words |= value.contains("Task "),
                Field::Requirements if emphasis.is_empty() => {
                    let text = content(page.lines[found.line].text);
                    let is_whole = |it: &&&str| text.starts_with(**it) && text.ends_with(**it);
                    emphasis = ["_", "*"].iter().find(is_whole).map_or("", |it| *it);
                }
                Field::Requirements | Field::Estimate => {}
            }
        }
        let default = if is_drawn { "  " } else { "  - " };
        Style {
            lead: lead.unwrap_or_else(|| default.to_owned()),
            code: scopes == 0 || codes > 0,
            word: words,
            emphasis,
        }
    }

    fn file(&self, file: &str) -> String {
        match self.code || file.contains([',', '(']) {
            true => format!("`{file}`"),
            false => file.to_owned(),
        }
    }

    fn task(&self, id: &str) -> String {
        match self.word {
            true => format!("Task {id}"),
            false => id.to_owned(),
        }
    }
}

/// A line without its list marker.
fn content(text: &str) -> &str {
    marker(text).map_or(text, |it| &text[it.length..])
}

/// What stands before the first line under a task, beyond the task's own indentation.
fn lead_of(page: &Page<'_>, index: usize) -> Option<String> {
    let own = page.line(page.tasks[index].span.start);
    let first = own_lines(page, index).next()?;
    let (task, line) = (&page.lines[own], &page.lines[first]);
    let indent = page.text[line.start..line.at].strip_prefix(&page.text[task.start..task.at])?;
    let is_deeper = line.indent > task.indent;
    let mark = &line.text[..line.text.len() - content(line.text).len()];
    is_deeper.then(|| format!("{indent}{mark}"))
}

/// The lines under a task, outside of fences, that belong to none below it.
fn own_lines(page: &Page<'_>, index: usize) -> impl Iterator<Item = usize> {
    let task = &page.tasks[index];
    let (first, last) = (
        page.line(task.span.start) + 1,
        page.line(task.span.end.max(1) - 1),
    );
    let below = page.subtree(index);
    let mut children: Vec<Range<usize>> = Vec::new();
    for it in below.start + 1..below.end {
        let span = &page.tasks[it].span;
        children.push(page.line(span.start)..page.line(span.end.max(1) - 1) + 1);
    }
    (first..last + 1).filter(move |line| {
        let is_below = children.iter().any(|it| it.contains(line));
        !is_below && !page.fenced[*line] && !page.lines[*line].is_blank()
    })
}

fn found_of(page: &Page<'_>, index: usize) -> Vec<Found> {
    let found = |line: usize| {
        let row = &page.lines[line];
        let text = content(row.text);
        let from = row.end() - text.len();
        let (field, value) = read(text)?;
        Some(Found {
            line,
            field,
            value: from + value.start..from + value.end,
        })
    };
    own_lines(page, index).filter_map(found).collect()
}

/// The field that a whole line is, and the bytes of its value.
fn read(text: &str) -> Option<(Field, Range<usize>)> {
    let mut task = Task::new(TaskId::new(""), "");
    if Fields::default().references(&mut task, text) {
        let at = text.find([':', '：'])?;
        let colon = text[at..].chars().next().map_or(1, char::len_utf8);
        let rest = &text[at + colon..];
        let value = rest.trim_matches(['_', '*', ' ', ')']);
        let from = crate::inline::place_in(text, value);
        return Some((Field::Requirements, from));
    }
    Fields::default()
        .take(&mut task, text)
        .then(|| keyed(text))
        .flatten()
}

/// The fields of a new task, in their order, each one line without indentation.
pub(super) fn lines_for(wish: &TaskWish, style: &Style) -> Vec<String> {
    let all = [
        Field::Scope,
        Field::Dependencies,
        Field::Estimate,
        Field::Requirements,
    ];
    let line = |it: &Field| {
        let words = spelt(*it, wish, style)?;
        (!words.is_empty()).then(|| whole(*it, &words.join(", "), style))
    };
    all.iter().filter_map(line).collect()
}

fn whole(field: Field, value: &str, style: &Style) -> String {
    match field {
        Field::Scope => format!("Scope: {value}"),
        Field::Dependencies => format!("Dependencies: {value}"),
        Field::Estimate => format!("Estimated: {value}"),
        Field::Requirements => format!("{0}Requirements: {value}{0}", style.emphasis),
    }
}

/// What a field is to say, each word as it is written; none where it is to stay.
fn spelt(field: Field, wish: &TaskWish, style: &Style) -> Option<Vec<String>> {
    match field {
        Field::Scope => Some(
            wish.files
                .as_ref()?
                .iter()
                .map(|it| style.file(it))
                .collect(),
        ),
        Field::Dependencies => {
            let ids = wish.depends_on.as_ref()?.iter();
            Some(ids.map(|it| style.task(it.as_str())).collect())
        }
        Field::Estimate => Some(match wish.estimate_minutes? {
            0 => Vec::new(),
            1 => vec!["1 minute".to_owned()],
            minutes => vec![format!("{minutes} minutes")],
        }),
        Field::Requirements => {
            let ids = wish.requirements.as_ref()?.iter();
            Some(ids.map(|it| reference(it)).collect())
        }
    }
}

/// Whether a task says what is wished of a field.
fn says(task: &Task, field: Field, wish: &TaskWish) -> bool {
    match field {
        Field::Scope => wish.files.as_ref().is_none_or(|it| *it == task.files),
        Field::Dependencies => wish
            .depends_on
            .as_ref()
            .is_none_or(|it| *it == task.depends_on),
        Field::Requirements => wish
            .requirements
            .as_ref()
            .is_none_or(|it| *it == task.requirements),
        Field::Estimate => {
            let wished = wish.estimate_minutes;
            wished.is_none_or(|it| task.estimate_minutes.unwrap_or(0) == it)
        }
    }
}

/// Makes a task's fields say what is wished.
pub(super) fn set_fields(page: &Page<'_>, index: usize, wish: &TaskWish, patches: &mut Patches) {
    let task = &page.tasks[index];
    let all = [
        Field::Scope,
        Field::Dependencies,
        Field::Estimate,
        Field::Requirements,
    ];
    if all.iter().all(|it| says(task, *it, wish)) {
        return;
    }
    let (style, found) = (Style::of(page, Some(index)), found_of(page, index));
    let mut added = Vec::new();
    for field in all {
        let Some(words) = spelt(field, wish, &style).filter(|_| !says(task, field, wish)) else {
            continue;
        };
        let mut own = found.iter().filter(|it| it.field == field);
        let kept = own.next().filter(|_| !words.is_empty());
        match kept {
            Some(it) => {
                let value = value(page, it, field, wish, &words);
                patches.replace(it.value.clone(), &value);
            }
            None if !words.is_empty() => added.push(whole(field, &words.join(", "), &style)),
            None => {}
        }
        let is_gone =
            |it: &&Found| it.field == field && kept.is_none_or(|kept| kept.line != it.line);
        for it in found.iter().filter(is_gone) {
            patches.replace(page.lines[it.line].start..page.after_line(it.line), "");
        }
    }
    if added.is_empty() {
        return;
    }
    let own = page.line(task.span.start);
    let row = &page.lines[own];
    let lead = format!("{}{}", &page.text[row.start..row.at], style.lead);
    let lines: Vec<String> = added.iter().map(|it| format!("{lead}{it}")).collect();
    patches.insert_block(
        page,
        page.after_line(last_own(page, index, &found)),
        &lines.join(page.ending()),
    );
}

/// The line after which new fields go: the last field, or the last line before the first task below.
fn last_own(page: &Page<'_>, index: usize, found: &[Found]) -> usize {
    let task = &page.tasks[index];
    let own = page.line(task.span.start);
    if let Some(last) = found
        .iter()
        .filter(|it| it.field != Field::Requirements)
        .map(|it| it.line)
        .max()
    {
        return last;
    }
    let below = page.subtree(index);
    let end = match below.len() {
        1 => page.line(task.span.end.max(1) - 1),
        _ => page
            .line(page.tasks[index + 1].span.start)
            .saturating_sub(1),
    };
    (own..=end.max(own))
        .rev()
        .find(|it| !page.lines[*it].is_blank())
        .unwrap_or(own)
}

/// The value of a field that says what is wished: with as few bytes changed as can be, or else written anew.
fn value(
    page: &Page<'_>,
    found: &Found,
    field: Field,
    wish: &TaskWish,
    words: &[String],
) -> String {
    let row = &page.lines[found.line];
    let old = &page.text[found.value.clone()];
    let (start, end) = (row.end() - content(row.text).len(), row.end());
    let reads = |value: &str| {
        let line = format!(
            "{}{value}{}",
            &page.text[start..found.value.start],
            &page.text[found.value.end..end]
        );
        let mut task = Task::new(TaskId::new(""), "");
        Fields::default().take(&mut task, &line) && says(&task, field, wish)
    };
    let mut said = Task::new(TaskId::new(""), "");
    Fields::default().take(&mut said, &page.text[start..end]);
    let said = match field {
        Field::Scope => said.files,
        Field::Dependencies => said.depends_on.iter().map(ToString::to_string).collect(),
        Field::Requirements => said.requirements,
        Field::Estimate => Vec::new(),
    };
    let revised = revised(old, &said, words);
    match reads(&revised) {
        true => revised,
        false => words.join(", "),
    }
}

/// `old` without what it says and is not wished, and with what it lacks at its end.
fn revised(old: &str, said: &[String], words: &[String]) -> String {
    let bare = |word: &str| {
        let plain = word.trim_matches(['`', '#', ' ']);
        plain.trim_start_matches("Task ").to_owned()
    };
    let wished: Vec<String> = words.iter().map(|it| bare(it)).collect();
    let mut kept: Vec<&str> = Vec::new();
    let mut there = Vec::new();
    for part in old.split(',') {
        let word = part.split(" (").next().unwrap_or_default();
        let name = bare(word.trim_end_matches('.'));
        if wished.contains(&name) || !said.contains(&name) {
            kept.push(part);
            there.push(name);
        }
    }
    let mut out = kept.join(",").trim().to_owned();
    for (word, name) in words.iter().zip(&wished) {
        if !there.contains(name) {
            let joint = if out.is_empty() { "" } else { ", " };
            out.push_str(joint);
            out.push_str(word);
        }
    }
    out
}
