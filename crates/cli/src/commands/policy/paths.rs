//! `kiro policy test-paths`

use std::process::ExitCode;

use serde_json::json;
use session::{Environment, PathCasesOptions, SessionError};

use crate::args::TestPathsArgs;
use crate::output;

/// Judges every path of a file.
pub(in crate::commands) fn run(
    args: TestPathsArgs,
    environment: &Environment,
) -> Result<ExitCode, SessionError> {
    let here = |path: std::path::PathBuf| environment.cwd.join(path);
    let options = PathCasesOptions {
        config: args.config.map(here),
        governance: args.governance.map(here),
        workspace: here(args.workspace),
        home: here(args.home),
        cases: here(args.jsonl),
    };
    for case in session::path_cases(&options)? {
        output::line(json!({"id": case.id, "verdict": case.verdict, "rule": case.rule}));
    }
    Ok(ExitCode::SUCCESS)
}
