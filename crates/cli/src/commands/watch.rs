//! `kiro watch`

use std::process::ExitCode;

use serde_json::json;
use session::hooking::{WatchOptions, Watched};
use session::{Environment, Front, Role, SessionError};

use super::run::interruptible;
use crate::args::WatchArgs;
use crate::output;
use crate::terminal::Terminal;

pub(super) fn run(args: &WatchArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    let cancel = interruptible()?;
    let model = match &args.model {
        Some(name) => Some(session::model_for(Role::Hook, Some(name), environment)?),
        None => None,
    };
    let options = WatchOptions {
        quiet_ms: args.quiet_ms,
        model,
    };
    let mut front: Box<dyn Front> = match args.json {
        true => Box::new(Terminal::remarks()),
        false => Box::new(Terminal::interactive(cancel.clone())),
    };
    let json = args.json;
    let mut on = |it: &Watched| {
        if json {
            output::line(to_json(it));
        }
    };
    session::hooking::watch(&options, environment, &cancel, &mut *front, &mut on)?;
    Ok(ExitCode::SUCCESS)
}

fn to_json(it: &Watched) -> serde_json::Value {
    let ran: Vec<_> = it.ran.iter().map(super::hooks::ran_json).collect();
    json!({"event": it.event, "path": it.path, "late_us": it.late_us, "decided_us": it.decided_us, "ran": ran})
}
