//! `kiro model`

use std::process::ExitCode;

use serde_json::json;
use session::{Environment, SessionError};

use super::run::interruptible;
use crate::args::Json;
use crate::output;
use crate::terminal::Terminal;

pub(super) fn pull(environment: &Environment) -> Result<ExitCode, SessionError> {
    let cancel = interruptible()?;
    let mut front = Terminal::interactive(cancel.clone());
    let path = session::pull(environment, &cancel, &mut front)?;
    output::line(path.display());
    Ok(ExitCode::SUCCESS)
}

pub(super) fn list(args: &Json, environment: &Environment) -> Result<ExitCode, SessionError> {
    let state = session::local_state(environment);
    if args.json {
        output::json(&json!({"models": [{
            "id": state.id.to_string(),
            "path": state.path,
            "bytes": state.bytes,
            "present": state.present,
        }]}));
    } else {
        let here = if state.present {
            "here"
        } else {
            "not here; `kiro model pull` fetches it"
        };
        output::line(format!(
            "{}  {} MB  {here}\n  {}",
            state.id,
            state.bytes / 1_000_000,
            state.path.display()
        ));
    }
    Ok(ExitCode::SUCCESS)
}
