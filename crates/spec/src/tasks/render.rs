//! A new task list as Markdown.

use super::Task;
use super::reference::reference;
use crate::fingerprint;
use crate::id::TaskId;
use crate::inline::fold;

pub(super) fn list(title: &str, tasks: &[Task], spec_fingerprint: Option<&str>) -> String {
    let mut out = format!("# Tasks: {}\n", fold(title));
    let mut phase = None;
    for (i, task) in tasks.iter().enumerate() {
        if task.phase != phase {
            phase.clone_from(&task.phase);
            out += &format!(
                "\n## {}\n",
                phase.as_deref().map_or("Tasks".to_owned(), fold)
            );
        }
        if i == 0 || task.phase != tasks[i - 1].phase {
            out.push('\n');
        }
        write(&mut out, task, 0);
    }
    if let Some(fingerprint) = spec_fingerprint {
        out += &format!("\n{}\n", fingerprint::comment(fingerprint));
    }
    out
}

fn write(out: &mut String, task: &Task, depth: usize) {
    let indent = "  ".repeat(depth);
    let star = if task.optional { "*" } else { "" };
    let dot = if task.id.as_str().bytes().all(|b| b.is_ascii_digit()) {
        "."
    } else {
        ""
    };
    *out += format!(
        "{indent}- [{}]{star} {}{dot} {}",
        task.mark.symbol(),
        task.id,
        fold(&task.title)
    )
    .trim_end();
    out.push('\n');
    for line in fields(task)
        .into_iter()
        .chain(task.details.iter().map(|it| detail(it)))
    {
        *out += &format!("{indent}  - {line}\n");
    }
    for subtask in &task.subtasks {
        write(out, subtask, depth + 1);
    }
}

fn fields(task: &Task) -> Vec<String> {
    let mut fields = Vec::new();
    if !task.files.is_empty() {
        let files: Vec<String> = task.files.iter().map(|it| format!("`{it}`")).collect();
        fields.push(format!("Scope: {}", files.join(", ")));
    }
    if !task.depends_on.is_empty() {
        let ids: Vec<&str> = task.depends_on.iter().map(TaskId::as_str).collect();
        fields.push(format!("Dependencies: {}", ids.join(", ")));
    }
    if let Some(minutes) = task.estimate_minutes {
        let unit = if minutes == 1 { "minute" } else { "minutes" };
        fields.push(format!("Estimated: {minutes} {unit}"));
    }
    if !task.requirements.is_empty() {
        let ids: Vec<String> = task.requirements.iter().map(|it| reference(it)).collect();
        fields.push(format!("Requirements: {}", ids.join(", ")));
    }
    fields
}

/// A detail such that it is read as nothing else.
fn detail(text: &str) -> String {
    let text = fold(text);
    let is_special =
        text.starts_with(['[', '\\']) || text.starts_with("```") || text.starts_with("~~~");
    if is_special {
        format!("\\{text}")
    } else {
        text
    }
}
