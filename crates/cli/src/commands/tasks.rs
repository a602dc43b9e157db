//! `kiro tasks`

use std::process::ExitCode;

use serde_json::{Value, json};
use session::{Environment, SessionError, TaskState, TaskView};

use crate::args::TasksArgs;
use crate::output::{self, BOLD, CYAN, DIM, GREEN, RED, YELLOW, styled};

pub(super) fn run(args: &TasksArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    print(&args.spec, args.json, environment)
}

/// Prints the tasks of a spec.
pub(super) fn print(
    spec: &str,
    as_json: bool,
    environment: &Environment,
) -> Result<ExitCode, SessionError> {
    let view = session::tasks(spec, environment)?;
    if as_json {
        let tasks: Vec<Value> = view.tasks.iter().map(task_json).collect();
        output::json(&json!({"path": view.path, "tasks": tasks}));
        return Ok(ExitCode::SUCCESS);
    }
    let mut phase = None;
    for task in &view.tasks {
        if task.phase != phase {
            phase.clone_from(&task.phase);
            output::line(styled(BOLD, phase.as_deref().unwrap_or("Tasks")));
        }
        print_task(task, 1);
    }
    Ok(ExitCode::SUCCESS)
}

fn print_task(task: &TaskView, depth: usize) {
    let indent = "  ".repeat(depth);
    let waits = if task.depends_on.is_empty() {
        String::new()
    } else {
        styled(DIM, format!("  after {}", task.depends_on.join(", ")))
    };
    let by = if task.by_person {
        " (ticked by hand)"
    } else {
        ""
    };
    output::line(format!(
        "{indent}{} {:>3}  {}{waits}  {}{by}",
        sign(task.state),
        task.id,
        task.title,
        styled(state_style(task.state), task.state.name())
    ));
    if !task.files.is_empty() {
        output::line(format!(
            "{indent}       {}",
            styled(DIM, task.files.join(", "))
        ));
    }
    for subtask in &task.subtasks {
        print_task(subtask, depth + 1);
    }
}

fn sign(state: TaskState) -> &'static str {
    match state {
        TaskState::Done => "✓",
        TaskState::Failed => "✗",
        TaskState::Skipped => "–",
        TaskState::Running => "▸",
        TaskState::Waiting | TaskState::InDoubt => "?",
        TaskState::Stale => "↻",
        TaskState::Ready => "○",
        TaskState::Pending => "·",
    }
}

fn state_style(state: TaskState) -> anstyle::Style {
    match state {
        TaskState::Done => GREEN,
        TaskState::Failed => RED,
        TaskState::Running | TaskState::Ready => CYAN,
        TaskState::Waiting | TaskState::InDoubt | TaskState::Stale => YELLOW,
        TaskState::Skipped | TaskState::Pending => DIM,
    }
}

fn task_json(task: &TaskView) -> Value {
    json!({
        "id": task.id,
        "number": task.number,
        "title": task.title,
        "state": task.state.name(),
        "phase": task.phase,
        "depends_on": task.depends_on,
        "requirements": task.requirements,
        "files": task.files,
        "estimate_minutes": task.estimate_minutes,
        "optional": task.optional,
        "ticked_by_person": task.by_person,
        "span": {"start": task.span.start, "end": task.span.end},
        "subtasks": task.subtasks.iter().map(task_json).collect::<Vec<_>>(),
    })
}
