//! `kiro chat`: one request, or a conversation at a terminal.

mod complete;
mod room;

use std::process::ExitCode;

use serde_json::{Value, json};
use session::{ChatOptions, ChatResult, Environment, Mode, Money, Role, SessionError};

use super::run::interruptible;
use crate::args::ChatArgs;
use crate::exit;
use crate::output::{self, DIM, YELLOW, styled};
use crate::terminal::Terminal;

pub(super) fn run(args: &ChatArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    if args.list {
        list(args.json, environment)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(id) = &args.export {
        let id = Some(id.as_str()).filter(|it| !it.is_empty());
        let conversation = session::Conversation::resume(id, environment)?;
        output::line(session::visible(conversation.markdown().trim_end()));
        return Ok(ExitCode::SUCCESS);
    }
    match &args.prompt {
        Some(prompt) => once(prompt, args, environment),
        None => room::run(args, environment),
    }
}

/// Lists the conversations of the project.
fn list(as_json: bool, environment: &Environment) -> Result<(), SessionError> {
    let rows = session::conversations(environment)?;
    if as_json {
        let rows = rows.iter().map(
            |it| json!({"id": it.id, "at_ms": it.at_ms, "requests": it.count, "title": it.title}),
        );
        output::json(&json!({"conversations": rows.collect::<Vec<Value>>()}));
    } else {
        room::listed(&rows);
    }
    Ok(())
}

fn mode(args: &ChatArgs) -> Mode {
    match args.autopilot {
        true => Mode::Autopilot,
        false => Mode::Guided,
    }
}

fn once(
    prompt: &str,
    args: &ChatArgs,
    environment: &Environment,
) -> Result<ExitCode, SessionError> {
    let cancel = interruptible()?;
    let pictures = args.images.iter();
    let pictures = pictures.map(|it| Ok(session::picture_file(it, environment)?.0));
    let options = ChatOptions {
        prompt: prompt.to_owned(),
        earlier: Vec::new(),
        pictures: pictures.collect::<Result<_, SessionError>>()?,
        mode: mode(args),
        model: session::model_for(Role::Implement, args.model.as_deref(), environment)?,
        budget: args.budget.budget(),
    };
    // What JSON is read by is a program: nobody is there to answer.
    let mut front = match args.json {
        true => Terminal::remarks(),
        false => Terminal::interactive(cancel.clone()),
    };
    let result = session::chat(&options, environment, &cancel, &mut front)?;
    // Its live line goes before the result stands there.
    drop(front);
    match args.json {
        true => output::json(&to_json(&options, &result)),
        false => print(&result),
    }
    Ok(exit::of_outcome(result.outcome))
}

fn print(result: &ChatResult) {
    if !result.text.trim().is_empty() {
        output::line(session::visible(result.text.trim_end()));
    }
    let files = match (result.applied, result.files.len()) {
        (_, 0) => "nothing changed".to_owned(),
        (true, _) => format!("changed: {}", result.files.join(", ")),
        (false, _) => format!("not brought in: {}", result.files.join(", ")),
    };
    let cost = &result.cost;
    let spent = format!(
        "{files} · {} turn{}, {} tokens read, {} written, {:.1} s{}",
        result.turns,
        if result.turns == 1 { "" } else { "s" },
        cost.input_tokens,
        cost.output_tokens,
        result.wall_ms as f64 / 1000.0,
        match cost.nano_usd {
            0 => String::new(),
            nanos => format!(", {}", Money::from_nanos(nanos)),
        }
    );
    output::remark(styled(DIM, spent));
    if !result.reason.is_empty() {
        let name = result.outcome.name();
        output::remark(format!("{} {}", styled(YELLOW, name), result.reason));
    }
}

fn to_json(options: &ChatOptions, result: &ChatResult) -> Value {
    let calls = result.calls.iter().map(|it| {
        json!({
            "agent": it.agent, "tool": it.tool, "summary": it.summary, "failed": it.failed,
        })
    });
    let pictures = result.pictures.iter();
    let pictures = pictures.map(|it| json!({"name": it.name, "sha256": it.sha256}));
    json!({
        "run": result.run,
        "model": options.model.to_string(),
        "text": result.text,
        "outcome": result.outcome.name(),
        "reason": result.reason,
        "calls": calls.collect::<Vec<Value>>(),
        "pictures": pictures.collect::<Vec<Value>>(),
        "files": result.files,
        "applied": result.applied,
        "diff": result.diff,
        "turns": result.turns,
        "cost": {
            "input_tokens": result.cost.input_tokens,
            "cached_tokens": result.cost.cached_tokens,
            "output_tokens": result.cost.output_tokens,
            "wall_ms": result.cost.wall_ms,
            "usd": result.cost.usd(),
        },
        "transcript": result.transcript.display().to_string(),
        "wall_ms": result.wall_ms,
    })
}
