//! `kiro spec diff`

use std::process::ExitCode;

use serde_json::{Value, json};
use session::{ChangeKind, Environment, RequirementChange, SessionError, visible};

use crate::args::DiffArgs;
use crate::output::{self, BOLD, CYAN, GREEN, RED, YELLOW, styled};

pub(crate) fn run(args: &DiffArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    let diff = session::spec_diff(&args.spec, args.range.as_deref(), environment)?;
    if args.json {
        let tasks = diff
            .tasks
            .iter()
            .map(|it| json!({"id": it.id, "title": it.title, "done": it.done, "files": it.files, "tests": it.tests}));
        output::json(&json!({
            "old": diff.old,
            "new": diff.new,
            "requirements": diff.changes.iter().map(as_json).collect::<Vec<_>>(),
            "tasks": tasks.collect::<Vec<_>>(),
        }));
        return Ok(ExitCode::SUCCESS);
    }
    if diff.changes.is_empty() {
        output::remark(format!(
            "Nothing changed from {} to {}.",
            diff.old, diff.new
        ));
    }
    for change in &diff.changes {
        let head = format!("{} {}", change.id, change.title);
        output::line(format!(
            "{}  {}",
            styled(BOLD, visible(&head)),
            sign(change.kind)
        ));
        for criterion in &change.criteria {
            output::line(format!("  {:<10} {}", criterion.id, sign(criterion.kind)));
            let is_moved = criterion.kind == ChangeKind::Renumbered;
            if let Some(before) = criterion.before.as_ref().filter(|_| !is_moved) {
                output::line(styled(RED, format!("    - {}", visible(before))));
            }
            if let Some(after) = criterion.after.as_ref().filter(|_| !is_moved) {
                output::line(styled(GREEN, format!("    + {}", visible(after))));
            }
            if let Some(was) = &criterion.was {
                output::line(format!("    was {was}"));
            }
        }
    }
    for task in &diff.tasks {
        let done = if task.done { "done, now stale" } else { "open" };
        let code = task.files.iter().filter(|it| !task.tests.contains(it));
        let code: Vec<&str> = code.map(String::as_str).collect();
        let files = styled(CYAN, visible(&code.join(", ")));
        let tests = match task.tests.is_empty() {
            true => String::new(),
            false => format!("  tests: {}", visible(&task.tests.join(", "))),
        };
        output::line(format!(
            "task {}: {} ({done})  {files}{tests}",
            task.id,
            visible(&task.title)
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn sign(kind: ChangeKind) -> String {
    let style = match kind {
        ChangeKind::Added => GREEN,
        ChangeKind::Removed => RED,
        ChangeKind::Changed | ChangeKind::Renumbered => YELLOW,
    };
    styled(style, kind.as_str())
}

fn as_json(change: &RequirementChange) -> Value {
    let criteria = change.criteria.iter().map(|it| {
        json!({
            "id": it.id,
            "kind": it.kind.as_str(),
            "before": it.before,
            "after": it.after,
            "was": it.was,
        })
    });
    json!({
        "id": change.id,
        "title": change.title,
        "kind": change.kind.as_str(),
        "criteria": criteria.collect::<Vec<_>>(),
    })
}
