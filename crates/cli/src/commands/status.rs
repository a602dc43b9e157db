//! `kiro status`

use std::process::ExitCode;

use serde_json::{Value, json};
use session::{Environment, RunStatus, SessionError, SpecStatus, StaleTask, StaleWhy, visible};

use crate::args::Json;
use crate::output::{self, BOLD, DIM, YELLOW, styled};

pub(super) fn run(args: &Json, environment: &Environment) -> Result<ExitCode, SessionError> {
    let all = session::status(environment)?;
    let trust = session::folder_trust(None, environment)?;
    if args.json {
        let specs: Vec<Value> = all.iter().map(spec_json).collect();
        let trust = json!({"whole": trust.is_whole(), "summary": trust.summary()});
        output::json(&json!({"specs": specs, "trust": trust}));
        return Ok(ExitCode::SUCCESS);
    }
    if !trust.is_whole() {
        output::remark(format!(
            "folder: {}; `kiro trust` shows it",
            trust.summary()
        ));
    }
    if all.is_empty() {
        output::remark("There is no spec here yet: write specs/NAME.md, then `kiro run NAME`.");
    }
    for spec in &all {
        print(spec);
    }
    Ok(ExitCode::SUCCESS)
}

fn print(spec: &SpecStatus) {
    output::line(format!("{}  {}", styled(BOLD, &spec.spec), spec.title));
    let states: Vec<String> = spec
        .states
        .iter()
        .map(|(state, count)| format!("{count} {state}"))
        .collect();
    let states = if states.is_empty() {
        "no tasks yet".to_owned()
    } else {
        states.join(", ")
    };
    output::line(format!("  tasks: {states}"));
    for task in &spec.stale {
        let why: Vec<String> = task.why.iter().map(StaleWhy::told).collect();
        output::line(format!(
            "  {} task {} {}: {}",
            styled(YELLOW, "stale"),
            task.id,
            visible(&task.title),
            why.join("; ")
        ));
    }
    if let Some(run) = &spec.run {
        output::line(format!("  run {}: {}", run.id, told(run)));
    }
}

/// A run's end in words.
pub(super) fn told(run: &RunStatus) -> String {
    let cost = styled(
        DIM,
        format!("{} tokens written by {}", run.cost.output_tokens, run.model),
    );
    match run.outcome {
        Some(outcome) => format!("{}; {}  {cost}", outcome.name(), run.reason),
        None if run.going_on => format!("going on  {cost}"),
        None => format!("cut off; `kiro run {}` goes on with it  {cost}", run.spec),
    }
}

fn spec_json(spec: &SpecStatus) -> Value {
    json!({
        "spec": spec.spec,
        "title": spec.title,
        "tasks": spec.states,
        "stale": spec.stale.iter().map(stale_json).collect::<Vec<_>>(),
        "run": spec.run.as_ref().map(run_json),
    })
}

/// A stale task as JSON.
pub(super) fn stale_json(task: &StaleTask) -> Value {
    let why = task.why.iter().map(|it| {
        let side = if it.is_code() { "code" } else { "spec" };
        json!({"side": side, "kind": it.kind(), "subject": it.subject(), "told": it.told()})
    });
    json!({"id": task.id, "title": task.title, "why": why.collect::<Vec<_>>()})
}

/// A run as JSON.
pub(super) fn run_json(run: &RunStatus) -> Value {
    json!({
        "id": run.id,
        "spec": run.spec,
        "started_ms": run.started_ms,
        "going_on": run.going_on,
        "outcome": run.outcome.map(session::Outcome::name),
        "reason": run.reason,
        "model": run.model,
        "input_tokens": run.cost.input_tokens,
        "output_tokens": run.cost.output_tokens,
        "usd": run.cost.usd(),
    })
}
