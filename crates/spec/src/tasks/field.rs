//! The lines under a task that say something known: scope, dependencies, estimate, requirements.

use std::ops::Range;

use super::ids::Ranges;
use super::{Task, reference};
use crate::id::TaskId;
use crate::inline::{bare, code_spans, place_in};

/// What a line under a task says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Scope,
    Dependencies,
    Estimate,
    Requirements,
}

/// The field that a line's key names, with the bytes of its value in `text`. Requirements have many keys and are told apart
/// by [`reference`].
pub(super) fn keyed(text: &str) -> Option<(Field, Range<usize>)> {
    let plain = text.trim_matches(['_', '*']);
    let (key, value) = plain.split_once([':', '：'])?;
    let key = key.trim_matches(['_', '*', ' ']).to_lowercase();
    let value = value.trim_matches(['_', '*', ' ']);
    let field = match key.as_str() {
        "scope" | "files" | "file" | "paths" => Field::Scope,
        "dependencies" | "dependency" | "depends on" | "depends" | "blocked by" | "依赖" => {
            Field::Dependencies
        }
        "estimated" | "estimate" | "estimated time" | "time" => Field::Estimate,
        _ => return None,
    };
    Some((field, place_in(text, value)))
}

/// Reads the fields of one document's tasks.
#[derive(Default)]
pub(super) struct Fields {
    ranges: Ranges,
}

impl Fields {
    /// Takes a line under `task` as one of its fields; `false` when it is none, or says something else too.
    pub(super) fn take(&mut self, task: &mut Task, text: &str) -> bool {
        if self.references(task, text) {
            return true;
        }
        let Some((field, at)) = keyed(text) else {
            return false;
        };
        let value = &text[at];
        match field {
            Field::Scope => task.files.extend(files(value)),
            Field::Dependencies => task.depends_on.extend(self.ids(value)),
            Field::Estimate => match minutes(value) {
                Some(minutes) => task.estimate_minutes = Some(minutes),
                None => return false,
            },
            Field::Requirements => return false,
        }
        true
    }

    /// Takes the requirements that a line names, wherever in it; whether it says nothing else.
    pub(super) fn references(&mut self, task: &mut Task, text: &str) -> bool {
        let Some(found) = reference::in_line(text, &mut self.ranges) else {
            return false;
        };
        task.covers_all |= found.all;
        for id in found.ids {
            if !task.requirements.contains(&id) {
                task.requirements.push(id);
            }
        }
        found.is_whole_line
    }

    /// The tasks in `Task 1, Task 2`, `1-3`, `2.1 and 2.2`, `T001`; none in `none`.
    fn ids(&mut self, value: &str) -> Vec<TaskId> {
        if is_none(value) {
            return Vec::new();
        }
        let value = value.replace(" - ", "-").replace(" – ", "-");
        let plain = |word: &str| {
            word.trim_start_matches('#')
                .trim_end_matches('.')
                .to_owned()
        };
        let words = words(&value)
            .into_iter()
            .map(plain)
            .filter(|it| is_task_id(it));
        words
            .flat_map(|word| self.ranges.expanded(&word))
            .map(TaskId::new)
            .collect()
    }
}

fn is_none(value: &str) -> bool {
    let value = value.trim_end_matches('.').to_lowercase();
    matches!(value.as_str(), "" | "none" | "-" | "–" | "n/a" | "nothing")
}

fn files(value: &str) -> Vec<String> {
    let code: Vec<String> = code_spans(value)
        .into_iter()
        .map(|it| value[it.inner].trim().to_owned())
        .collect();
    if !code.is_empty() {
        return code;
    }
    if is_none(value) {
        return Vec::new();
    }
    let parts = value
        .split(',')
        .map(|part| part.split(" (").next().unwrap_or_default().trim());
    parts
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The words of a list without remarks in parentheses.
fn words(value: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = value;
    while !rest.is_empty() {
        let (before, after) = rest.split_once('(').unwrap_or((rest, ""));
        words.extend(
            before
                .split([',', ';', ' ', '\t'])
                .map(|it| bare(it.trim_end_matches('.')).trim_matches(['`', '_', '*']))
                .filter(|it| !it.is_empty()),
        );
        rest = after.split_once(')').map_or("", |(_, it)| it);
    }
    words
}

/// A task's id, or a range that was too long to write out.
fn is_task_id(text: &str) -> bool {
    let number = text
        .strip_prefix("TASK-")
        .or(text.strip_prefix("T-"))
        .or(text.strip_prefix('T'))
        .unwrap_or(text);
    number.starts_with(|c: char| c.is_ascii_digit())
        && number
            .chars()
            .all(|c| c.is_ascii_digit() || ".-–".contains(c))
}

/// The minutes in `10 minutes`, `1.5 h`, `1h 30m`, `4-6 hours` (the longer), `1 day` (eight hours).
fn minutes(value: &str) -> Option<u32> {
    let lower = value.to_lowercase();
    let mut rest = lower.trim_start_matches(['~', '≈', ' ']);
    let mut total = 0.0;
    let mut found = false;
    while let Some((amount, after)) = amount(rest) {
        let after = after.trim_start();
        if let Some(upper) = after.strip_prefix(['-', '–']) {
            rest = upper.trim_start();
            continue;
        }
        let length = after
            .find(|c: char| !c.is_alphabetic())
            .unwrap_or(after.len());
        total += amount * unit(&after[..length])?;
        found = true;
        rest = after[length..].trim_start_matches([',', ' ']);
    }
    (found && total >= 0.0 && total <= f64::from(u32::MAX)).then(|| total.round() as u32)
}

fn amount(text: &str) -> Option<(f64, &str)> {
    let length = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    Some((text[..length].parse().ok()?, &text[length..]))
}

fn unit(word: &str) -> Option<f64> {
    match word {
        "m" | "min" | "mins" | "minute" | "minutes" => Some(1.0),
        "h" | "hr" | "hrs" | "hour" | "hours" => Some(60.0),
        "d" | "day" | "days" => Some(480.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(text: &str) -> Task {
        let mut task = Task::new(TaskId::new("1"), "");
        assert!(Fields::default().take(&mut task, text), "{text}");
        task
    }

    fn check_ids(text: &str, expected: &[&str]) {
        let found: Vec<_> = task(text)
            .depends_on
            .iter()
            .map(|it| it.as_str().to_owned())
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn dependencies() {
        check_ids("Dependencies: Task 1, Task 2", &["1", "2"]);
        check_ids(
            "Depends on: 1-3 (models), T004 and 2.1–2.2",
            &["1", "2", "3", "T004", "2.1", "2.2"],
        );
        check_ids("Dependencies: none", &[]);
        check_ids(
            "Dependencies: 1-4000000000, 1 - 2",
            &["1-4000000000", "1", "2"],
        );
        check_ids("**Dependencies:** #5, `6`.", &["5", "6"]);
    }

    #[test]
    fn files_and_requirements() {
        assert_eq!(
            task("Scope: `a.py`, `b/c.py` (new)").files,
            ["a.py", "b/c.py"]
        );
        assert_eq!(
            task("Scope: src/a.py, tests/b.py (new)").files,
            ["src/a.py", "tests/b.py"]
        );
        assert_eq!(task("Scope: none").files, [""; 0]);
        assert_eq!(
            task("_Requirements: 2.1, 2.2, 7.4_").requirements,
            ["2.1", "2.2", "7.4"]
        );
        assert_eq!(
            task("**Validates: Requirements 1.1-1.3**").requirements,
            ["1.1", "1.2", "1.3"]
        );
        assert_eq!(
            task("Requirements: FR-1 (slugs), NFR-2").requirements,
            ["FR-1", "NFR-2"]
        );
    }

    #[test]
    fn estimates() {
        for (text, expected) in [
            ("10 minutes", 10),
            ("1.5 h", 90),
            ("1h 30m", 90),
            ("4-6 hours", 360),
            ("~1 day", 480),
            ("45min", 45),
        ] {
            assert_eq!(minutes(text), Some(expected), "{text}");
        }
        for text in ["", "soon", "5", "99999999999 days", "1.2.3 h", "-5 minutes"] {
            assert_eq!(minutes(text), None, "{text}");
        }
    }

    #[test]
    fn other_lines_are_no_fields() {
        let mut task = Task::new(TaskId::new("1"), "");
        for text in [
            "**Property 3: Round trip**",
            "Note: x",
            "Estimated: soon",
            "no colon",
            "_Requirements: Backend test coverage_",
            "",
        ] {
            assert!(!Fields::default().take(&mut task, text), "{text}");
        }
    }
}
