//! `kiro steering`

use std::process::ExitCode;

use serde_json::json;
use session::{Environment, SessionError, steering_init};

use crate::args::Json;
use crate::output;

pub(super) fn init(args: &Json, environment: &Environment) -> Result<ExitCode, SessionError> {
    let made = steering_init(environment)?;
    if args.json {
        output::json(&json!({"created": made.created, "kept": made.kept}));
        return Ok(ExitCode::SUCCESS);
    }
    for it in &made.created {
        output::line(format!("created  {it}"));
    }
    for it in &made.kept {
        output::line(format!("kept     {it}"));
    }
    if !made.created.is_empty() {
        output::remark(
            "read them and correct what the files do not show; `kiro context` shows when they are told",
        );
    }
    Ok(ExitCode::SUCCESS)
}
