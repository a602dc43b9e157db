//! `kiro pr`

use std::process::ExitCode;

use serde_json::json;
use session::{Environment, SessionError, pull_request};

use crate::args::PrArgs;
use crate::output;

pub(super) fn run(args: &PrArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    let text = pull_request(&args.spec, environment)?;
    match (args.json, args.title) {
        (true, _) => output::json(&json!({"title": text.title, "body": text.body})),
        (false, true) => output::line(session::visible(&text.title)),
        (false, false) => output::line(session::visible(text.body.trim_end())),
    }
    Ok(ExitCode::SUCCESS)
}
