//! `kiro hooks`, `kiro validate-hooks` and `kiro run-hook`

mod explain;
mod git;
mod list;
mod new;
pub(super) mod run;
pub(super) mod validate;

use std::process::ExitCode;

use serde_json::{Value, json};
use session::hooking::{Installed, Ran, Was};
use session::{Environment, SessionError};

use crate::args::HooksCommand;
use crate::output::{self, DIM, GREEN, RED, YELLOW, styled};

pub(super) fn run_command(
    command: HooksCommand,
    environment: &Environment,
) -> Result<ExitCode, SessionError> {
    match command {
        HooksCommand::List(args) => list::run(&args, environment),
        HooksCommand::Explain(args) => explain::run(&args, environment),
        HooksCommand::New(args) => new::run(&args, environment),
        HooksCommand::On(args) => new::switch(&args.name, true, environment),
        HooksCommand::Off(args) => new::switch(&args.name, false, environment),
        HooksCommand::Install(args) => installed(
            &session::hooking::install(environment)?,
            args.json,
            "installed",
        ),
        HooksCommand::Uninstall(args) => installed(
            &session::hooking::uninstall(environment)?,
            args.json,
            "removed",
        ),
        HooksCommand::Git(args) => git::run(&args, environment),
    }
}

fn installed(done: &Installed, json: bool, verb: &str) -> Result<ExitCode, SessionError> {
    if json {
        output::json(&json!({"folder": done.folder, "changed": done.changed, "kept": done.kept}));
        return Ok(ExitCode::SUCCESS);
    }
    output::line(&done.folder);
    for name in &done.changed {
        output::line(format!("  {} {name}", styled(GREEN, verb)));
    }
    for name in &done.kept {
        output::line(format!("  {} {name}", styled(DIM, "kept")));
    }
    if done.changed.is_empty() && done.kept.is_empty() {
        output::line("  nothing of Kiro's is there");
    }
    Ok(ExitCode::SUCCESS)
}

/// A hook that ran, as JSON.
pub(super) fn ran_json(ran: &Ran) -> Value {
    json!({
        "hook": ran.hook, "file": ran.file, "event": ran.event, "path": ran.path,
        "outcome": ran.was.name(), "why": ran.why, "findings": ran.findings, "files": ran.files,
        "diff": ran.diff, "text": ran.text, "stops": ran.stops, "wall_ms": ran.wall_ms,
        "cost": {"input_tokens": ran.cost.input_tokens, "output_tokens": ran.cost.output_tokens},
    })
}

fn outcome(was: Was) -> String {
    let style = match was {
        Was::Passed => GREEN,
        Was::Blocked | Was::Failed => RED,
        Was::Waiting | Was::Skipped => YELLOW,
    };
    styled(style, was.name())
}

/// The code of hooks that ran: what waits for a person or for trust is a refusal, what blocked or failed a finding.
fn code(ran: &[Ran]) -> ExitCode {
    let any = |wanted: &[Was]| ran.iter().any(|it| wanted.contains(&it.was));
    ExitCode::from(match () {
        () if any(&[Was::Blocked, Was::Failed]) => 1,
        () if any(&[Was::Waiting, Was::Skipped]) => 3,
        () => 0,
    })
}
