//! `kiro tasks`

mod edit;

use std::collections::BTreeSet;
use std::process::ExitCode;

use serde::Serialize;
use serde_json::{Value, json};
use session::{Environment, SessionError, TaskListView, TaskView};

use crate::args::{TasksArgs, TasksCommand};
use crate::output::{self, BOLD, CYAN, DIM, GREEN, RED, YELLOW, styled};
use crate::terminal::Terminal;

pub(super) fn run(args: &TasksArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    match &args.act {
        None | Some(TasksCommand::List) => print(&args.spec, args.json, environment),
        Some(TasksCommand::Set { id, state }) => set(args, id, state, environment),
        Some(command) => edit::run(args, command, environment),
    }
}

/// Sets one task's box.
fn set(
    args: &TasksArgs,
    id: &str,
    state: &str,
    environment: &Environment,
) -> Result<ExitCode, SessionError> {
    let set = session::set_task(&args.spec, id, state, environment, &mut Terminal::remarks())?;
    if args.json {
        output::json(
            &json!({"path": set.path, "id": id, "before": set.before, "after": set.after}),
        );
    } else {
        output::line(format!("{}: task {id} is {}", set.path, set.after));
    }
    Ok(ExitCode::SUCCESS)
}

/// The tasks of a spec as JSON for machines.
#[derive(Serialize)]
struct TasksJson<'a> {
    #[serde(flatten)]
    list: &'a TaskListView,
    path: &'a str,
    ticked_by_person: &'a BTreeSet<String>,
    stale: Vec<Value>,
}

/// Prints the tasks of a spec.
pub(super) fn print(
    spec: &str,
    as_json: bool,
    environment: &Environment,
) -> Result<ExitCode, SessionError> {
    let view = session::tasks(spec, environment)?;
    if as_json {
        output::large_json(&TasksJson {
            list: &view.list,
            path: &view.path,
            ticked_by_person: &view.ticked_by_person,
            stale: view.stale.iter().map(super::status::stale_json).collect(),
        });
        return Ok(ExitCode::SUCCESS);
    }
    let mut phase = None;
    for task in &view.list.tasks {
        if task.phase != phase {
            phase.clone_from(&task.phase);
            output::line(styled(BOLD, phase.as_deref().unwrap_or("Tasks")));
        }
        print_task(task, 1, &view.ticked_by_person);
    }
    Ok(ExitCode::SUCCESS)
}

fn print_task(task: &TaskView, depth: usize, by_hand: &BTreeSet<String>) {
    let indent = "  ".repeat(depth);
    let waits = if task.depends_on.is_empty() {
        String::new()
    } else {
        styled(DIM, format!("  after {}", task.depends_on.join(", ")))
    };
    let by = if by_hand.contains(&task.id) {
        " (ticked by hand)"
    } else {
        ""
    };
    output::line(format!(
        "{indent}{} {:>3}  {}{waits}  {}{by}",
        sign(&task.state),
        task.id,
        task.title,
        styled(style(&task.state), &task.state)
    ));
    if !task.files.is_empty() {
        output::line(format!(
            "{indent}       {}",
            styled(DIM, task.files.join(", "))
        ));
    }
    for subtask in &task.subtasks {
        print_task(subtask, depth + 1, by_hand);
    }
}

fn sign(state: &str) -> &'static str {
    match state {
        "done" => "✓",
        "failed" => "✗",
        "skipped" => "–",
        "running" => "▸",
        "waiting" | "in_doubt" => "?",
        "stale" => "↻",
        "ready" => "○",
        _ => "·",
    }
}

fn style(state: &str) -> anstyle::Style {
    match state {
        "done" => GREEN,
        "failed" => RED,
        "running" | "ready" => CYAN,
        "waiting" | "in_doubt" | "stale" => YELLOW,
        _ => DIM,
    }
}
