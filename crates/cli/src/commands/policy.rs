//! `kiro policy`

mod explain;
pub(super) mod paths;

use std::process::ExitCode;

use serde_json::json;
use session::{Environment, SessionError};

use crate::args::{ExplainArgs, PolicyTestArgs};
use crate::output;

/// Shows how a command is read. The exit code says nothing of the verdict: showing it is what was asked.
pub(super) fn explain(
    args: &ExplainArgs,
    environment: &Environment,
) -> Result<ExitCode, SessionError> {
    let verdict = session::explain_command(&args.command, args.config.as_deref(), environment)?;
    let reachable = session::reachable(args.config.as_deref(), environment)?;
    if args.json {
        output::json(&explain::to_json(&args.command, &verdict, &reachable));
    } else {
        explain::print(&args.command, &verdict);
        explain::print_network(&reachable);
    }
    Ok(ExitCode::SUCCESS)
}

/// Judges every command of a file.
pub(super) fn test(
    args: &PolicyTestArgs,
    environment: &Environment,
) -> Result<ExitCode, SessionError> {
    for (id, verdict) in session::judge_corpus(&args.config, &args.jsonl, environment)? {
        output::line(json!({
            "id": id,
            "verdict": verdict.answer.to_string(),
            "rule": verdict.rule,
        }));
    }
    Ok(ExitCode::SUCCESS)
}
