//! `kiro run-hook`

use std::process::ExitCode;

use serde_json::{Value, json};
use session::hooking::{RunHookOptions, RunHookResult};
use session::{Environment, Role, SessionError};

use super::{code, outcome, ran_json};
use crate::args::RunHookArgs;
use crate::commands::run::interruptible;
use crate::output::{self, BOLD, DIM, styled};
use crate::terminal::Terminal;

pub(crate) fn run(args: &RunHookArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    let cancel = interruptible()?;
    let model = match &args.model {
        Some(name) => Some(session::model_for(Role::Hook, Some(name), environment)?),
        None => None,
    };
    let options = RunHookOptions {
        hook: args.hook.clone(),
        file: args.file.clone(),
        dry_run: args.dry_run,
        model,
    };
    let mut front = match args.json {
        true => Terminal::remarks(),
        false => Terminal::interactive(cancel.clone()),
    };
    let result = session::hooking::run_hook(&options, environment, &cancel, &mut front)?;
    match args.json {
        true => output::json(&to_json(&result)),
        false => print(&result, args.dry_run),
    }
    Ok(code(&result.ran))
}

fn print(result: &RunHookResult, dry_run: bool) {
    for ((name, fires, clause, why), would) in result.decisions.iter().zip(&result.would) {
        let verb = if *fires {
            "would fire"
        } else {
            "would not fire"
        };
        output::line(format!(
            "{} {verb} by itself: {clause}: {}",
            styled(BOLD, session::shown(name)),
            session::visible(why)
        ));
        if dry_run {
            output::line(styled(DIM, "It would do this:"));
            output::line(session::visible(would.trim_end()));
        }
    }
    for ran in &result.ran {
        if !ran.text.trim().is_empty() {
            output::line(session::visible(ran.text.trim_end()));
        }
        let files = if ran.files.is_empty() {
            String::new()
        } else {
            format!(" · changed {}", ran.files.join(", "))
        };
        let why = if ran.why.is_empty() {
            String::new()
        } else {
            format!(": {}", session::visible(&ran.why))
        };
        output::line(format!(
            "{} {}{why}{files}",
            session::shown(&ran.hook),
            outcome(ran.was)
        ));
        for finding in &ran.findings {
            output::line(format!("  - {}", session::visible(finding)));
        }
    }
}

fn to_json(result: &RunHookResult) -> Value {
    let decisions: Vec<Value> = result
        .decisions
        .iter()
        .zip(&result.would)
        .map(|((hook, fires, clause, why), would)| {
            json!({"hook": hook, "fires": fires, "clause": clause, "why": why, "would": would})
        })
        .collect();
    json!({"decisions": decisions, "ran": result.ran.iter().map(ran_json).collect::<Vec<Value>>()})
}
