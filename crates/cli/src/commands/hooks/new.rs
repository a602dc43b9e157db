//! `kiro hooks new`, `kiro hooks on` and `kiro hooks off`

use std::process::ExitCode;

use serde_json::json;
use session::hooking::NewHook;
use session::{Environment, Role, SessionError};

use crate::args::HooksNewArgs;
use crate::commands::run::interruptible;
use crate::output::{self, GREEN, styled};
use crate::terminal::Terminal;

pub(super) fn run(
    args: &HooksNewArgs,
    environment: &Environment,
) -> Result<ExitCode, SessionError> {
    let cancel = interruptible()?;
    let model = match &args.model {
        Some(name) => Some(session::model_for(Role::Hook, Some(name), environment)?),
        None => None,
    };
    let wanted = NewHook {
        template: args.template.clone(),
        words: args.words.clone(),
        model,
    };
    let (path, text) =
        session::hooking::new_hook(&wanted, environment, &cancel, &mut Terminal::remarks())?;
    if args.json {
        output::json(&json!({"path": path, "text": text}));
        return Ok(ExitCode::SUCCESS);
    }
    output::line(format!(
        "{} {path}\n\n{}",
        styled(GREEN, "created"),
        session::visible(text.trim_end())
    ));
    output::remark("\nNext: look at it, and run `kiro trust` to let it run.");
    Ok(ExitCode::SUCCESS)
}

pub(super) fn switch(
    name: &str,
    enabled: bool,
    environment: &Environment,
) -> Result<ExitCode, SessionError> {
    let path = session::hooking::switch(name, enabled, environment)?;
    let state = if enabled { "on" } else { "off" };
    output::line(format!("«{}» is {state} ({path})", session::shown(name)));
    Ok(ExitCode::SUCCESS)
}
