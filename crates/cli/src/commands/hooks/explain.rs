//! `kiro hooks explain`

use std::process::ExitCode;

use serde_json::{Value, json};
use session::{Environment, SessionError};

use crate::args::HooksExplainArgs;
use crate::output::{self, BOLD, DIM, GREEN, styled};

pub(super) fn run(
    args: &HooksExplainArgs,
    environment: &Environment,
) -> Result<ExitCode, SessionError> {
    let all = session::hooking::explain(&args.event, args.file.as_ref(), environment)?;
    if args.json {
        let rows: Vec<Value> = all
            .iter()
            .map(|it| json!({"hook": it.hook, "file": it.file, "fires": it.fires, "clause": it.clause, "why": it.why}))
            .collect();
        output::json(&json!({"event": args.event, "hooks": rows}));
        return Ok(ExitCode::SUCCESS);
    }
    for it in &all {
        let verb = if it.fires {
            styled(GREEN, "fires")
        } else {
            styled(DIM, "does not fire")
        };
        let name = if it.hook.is_empty() {
            &it.file
        } else {
            &it.hook
        };
        output::line(format!("{}  {verb}", styled(BOLD, session::shown(name))));
        output::line(format!("    {}: {}", it.clause, session::visible(&it.why)));
    }
    if all.is_empty() {
        output::remark("There are no hooks here; `kiro hooks new --template auto-doc` writes one.");
    }
    Ok(ExitCode::SUCCESS)
}
