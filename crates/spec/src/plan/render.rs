//! A plan as Markdown.

use super::number::tasks;
use super::{Phase, Plan, tree};
use crate::fingerprint;
use crate::inline::fold;

pub(super) fn plan(plan: &Plan) -> String {
    let mut out = format!("# Implementation Plan: {}\n", fold(&plan.title));
    section(&mut out, "Analysis", plan.analysis.iter().map(pair));
    if !plan.files.is_empty() {
        out += &format!(
            "\n## File Structure\n\n```\n{}```\n",
            tree::draw(&plan.files)
        );
    }
    if !plan.phases.is_empty() {
        out += "\n## Implementation Steps\n";
    }
    for (i, it) in plan.phases.iter().enumerate() {
        phase(&mut out, i + 1, it);
    }
    let waits = plan.dependencies.iter().map(|it| {
        let because = if it.because.is_empty() {
            String::new()
        } else {
            format!(" ({})", fold(&it.because))
        };
        format!("Task {} depends on {}{because}", it.task, tasks(&it.on))
    });
    section(&mut out, "Dependencies Between Tasks", waits);
    section(
        &mut out,
        "Risk Mitigation",
        plan.risks.iter().map(|it| fold(it)),
    );
    section(
        &mut out,
        "Architectural Decisions",
        plan.decisions.iter().map(pair),
    );
    section(
        &mut out,
        "Additional Considerations",
        plan.considerations.iter().map(|it| fold(it)),
    );
    if let Some(fingerprint) = &plan.spec_fingerprint {
        out += &format!("\n{}\n", fingerprint::comment(fingerprint));
    }
    out
}

fn phase(out: &mut String, number: usize, phase: &Phase) {
    let numbers: Vec<u32> = phase.tasks.iter().map(|it| it.number).collect();
    let which = if numbers.is_empty() {
        "no tasks".to_owned()
    } else {
        tasks(&numbers)
    };
    let title = fold(&phase.title);
    let space = if title.is_empty() { "" } else { " " };
    *out += &format!("\n### Phase {number}: {title}{space}({which})\n\n");
    for task in &phase.tasks {
        *out += &format!("{}. {}\n", task.number, escaped(&fold(&task.title)));
    }
}

fn section(out: &mut String, title: &str, bullets: impl Iterator<Item = String>) {
    let mut bullets = bullets.filter(|it| !it.is_empty()).peekable();
    if bullets.peek().is_some() {
        *out += &format!("\n## {title}\n\n");
    }
    for bullet in bullets {
        *out += &format!("- {}\n", escaped(&bullet));
    }
}

fn pair((key, value): &(String, String)) -> String {
    let (key, value) = (fold(key), fold(value));
    match (key.is_empty(), value.is_empty()) {
        (true, _) => value,
        (false, true) => format!("{key}:"),
        (false, false) => format!("{key}: {value}"),
    }
}

/// A bullet's text such that it cannot open a code block or be read as a line across the page.
fn escaped(text: &str) -> String {
    let is_line = !text.is_empty() && text.chars().all(|it| matches!(it, '-' | '*' | '_' | ' '));
    let opens = ["```", "~~~", "\\"].iter().any(|it| text.starts_with(it));
    if opens || is_line {
        format!("\\{text}")
    } else {
        text.to_owned()
    }
}
