//! `kiro undo`, `kiro redo` and `kiro rewind`

use std::process::ExitCode;

use serde_json::{Value, json};
use session::{Environment, Moved, SessionError, Undo, UndoOptions, undo};

use crate::args::UndoHow;
use crate::output::{self, BOLD, DIM, styled};
use crate::terminal::{self, Terminal};

pub(super) fn run(
    what: Undo,
    how: &UndoHow,
    environment: &Environment,
) -> Result<ExitCode, SessionError> {
    let verb = match (&what, how.dry_run) {
        (Undo::Redo, false) => "brought back",
        (Undo::Redo, true) => "would come back",
        (_, false) => "taken out",
        (_, true) => "would be taken out",
    };
    let options = UndoOptions {
        what,
        spec: how.spec.clone(),
        dry_run: how.dry_run,
    };
    let moved = undo(&options, environment, &mut Terminal::remarks())?;
    if how.json {
        let tasks: Vec<Value> = moved.iter().map(to_json).collect();
        output::json(&json!({"dry_run": how.dry_run, "tasks": tasks}));
    } else {
        moved.iter().for_each(|it| show(it, verb, how.dry_run));
    }
    Ok(ExitCode::SUCCESS)
}

fn show(moved: &Moved, verb: &str, whole: bool) {
    let title = styled(BOLD, format!("task {}", moved.task));
    output::line(format!("{title} {} {verb} ({})", moved.title, moved.spec));
    if whole {
        output::line(terminal::diff(&moved.diff));
        return;
    }
    for file in &moved.files {
        let note = match moved.merged.contains(file) {
            true => styled(DIM, " (your own edits stay)"),
            false => String::new(),
        };
        output::line(format!("  {}{note}", session::visible(file)));
    }
}

fn to_json(moved: &Moved) -> Value {
    json!({
        "spec": moved.spec, "run": moved.run, "task": moved.task, "title": moved.title,
        "files": moved.files, "merged": moved.merged, "diff": moved.diff,
    })
}
