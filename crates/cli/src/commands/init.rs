//! `kiro init`

use std::process::ExitCode;

use serde_json::json;
use session::{Environment, SessionError};

use crate::args::InitArgs;
use crate::output::{self, DIM, GREEN, styled};

pub(super) fn run(args: &InitArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    let mut done = session::init(environment)?;
    if args.guard {
        let (path, made) = session::hooking::guard_installed(environment)?;
        match made {
            true => done.created.push(path),
            false => done.kept.push(path),
        }
    }
    if args.json {
        output::json(&json!({"root": done.root, "created": done.created, "kept": done.kept}));
        return Ok(ExitCode::SUCCESS);
    }
    for path in &done.created {
        output::line(format!("{} {path}", styled(GREEN, "created")));
    }
    for path in &done.kept {
        output::line(format!("{} {path}", styled(DIM, "kept   ")));
    }
    output::remark("\nNext: write specs/NAME.md, then `kiro run NAME`.");
    Ok(ExitCode::SUCCESS)
}
