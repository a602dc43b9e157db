//! `kiro tasks SPEC add|edit|move|drop`

use std::io::BufRead;
use std::process::ExitCode;

use serde_json::{Value, json};
use session::{EditedTask, Environment, SessionError, TaskAct, TaskPlace, TaskWish, edit_tasks};

use crate::args::{PlaceArgs, SaysArgs, TasksArgs, TasksCommand};
use crate::output;
use crate::terminal::{self, Terminal};

pub(super) fn run(
    args: &TasksArgs,
    command: &TasksCommand,
    environment: &Environment,
) -> Result<ExitCode, SessionError> {
    let (act, done) = match command {
        TasksCommand::List | TasksCommand::Set { .. } => {
            return Err(SessionError::internal("this is no edit of a task"));
        }
        TasksCommand::Add { title, place, says } => {
            let wish = wish(Some(title), says);
            let place = at(place).unwrap_or(TaskPlace::End);
            (TaskAct::Add { wish, place }, "added")
        }
        TasksCommand::Edit { id, title, says } => {
            let wish = wish(title.as_ref(), says);
            if wish == TaskWish::default() {
                return Err(SessionError::input("nothing is said of what is to change")
                    .hint("name it: --title, --files, --depends-on, --requirements, --estimate"));
            }
            (
                TaskAct::Edit {
                    id: id.as_str().into(),
                    wish,
                },
                "changed",
            )
        }
        TasksCommand::Move { id, place } => {
            let place = at(place).unwrap_or(TaskPlace::End);
            (
                TaskAct::Move {
                    id: id.as_str().into(),
                    place,
                },
                "moved",
            )
        }
        TasksCommand::Drop { id, .. } => (
            TaskAct::Drop {
                id: id.as_str().into(),
            },
            "dropped",
        ),
    };
    let leave = matches!(command, TasksCommand::Drop { release: true, .. });
    let mut release = |waiting: &[String]| leave || (!args.json && says_yes(waiting));
    let edited = edit_tasks(
        &args.spec,
        &act,
        environment,
        &mut release,
        &mut Terminal::remarks(),
    )?;
    match args.json {
        true => output::json(&to_json(&edited, done)),
        false => show(&edited, done),
    }
    Ok(ExitCode::SUCCESS)
}

fn wish(title: Option<&String>, says: &SaysArgs) -> TaskWish {
    let list = |text: &Option<String>| text.as_deref().map(listed);
    let ids = list(&says.depends_on);
    TaskWish {
        title: title.cloned(),
        files: list(&says.files),
        depends_on: ids.map(|it| it.iter().map(|it| it.as_str().into()).collect()),
        requirements: list(&says.requirements),
        estimate_minutes: says.estimate,
    }
}

fn listed(text: &str) -> Vec<String> {
    let parts = text.split(',').map(str::trim).filter(|it| !it.is_empty());
    parts.map(str::to_owned).collect()
}

fn at(place: &PlaceArgs) -> Option<TaskPlace> {
    let id = |it: &Option<String>| it.as_deref().map(Into::into);
    id(&place.after)
        .map(TaskPlace::After)
        .or(id(&place.before).map(TaskPlace::Before))
        .or(id(&place.under).map(TaskPlace::Under))
        .or(place.phase.clone().map(TaskPlace::Phase))
}

/// Asks the person at the terminal, if there is one, what becomes of tasks that wait for a dropped one.
fn says_yes(waiting: &[String]) -> bool {
    if !terminal::somebody_is_there() {
        return false;
    }
    output::remark(format!(
        "It is waited for by {}. Shall they wait for what it waited for? Type yes.",
        waiting.join(", ")
    ));
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.is_ok() && line.trim().eq_ignore_ascii_case("yes")
}

fn show(edited: &EditedTask, done: &str) {
    let done = if edited.changed { done } else { "as it was" };
    output::line(format!(
        "{}: task {} {done}: {}",
        edited.path,
        edited.id,
        session::visible(&edited.title)
    ));
    for (old, new) in &edited.renamed {
        output::line(format!("  what was task {old} goes by {new} now"));
    }
    for id in &edited.released {
        output::line(format!("  task {id} waits for what it waited for"));
    }
}

fn to_json(edited: &EditedTask, done: &str) -> Value {
    let renamed = edited.renamed.iter();
    let renamed: Vec<Value> = renamed
        .map(|(old, new)| json!({"before": old, "after": new}))
        .collect();
    json!({
        "path": edited.path, "act": done, "id": edited.id, "title": edited.title,
        "changed": edited.changed, "renamed": renamed, "released": edited.released,
    })
}
