//! `kiro hooks list`

use std::process::ExitCode;

use serde_json::{Value, json};
use session::hooking::HookRow;
use session::{Environment, SessionError};

use crate::args::Json;
use crate::output::{self, BOLD, DIM, YELLOW, styled};

pub(super) fn run(args: &Json, environment: &Environment) -> Result<ExitCode, SessionError> {
    let all = session::hooking::list(environment)?;
    if args.json {
        output::json(&json!({"hooks": all.iter().map(to_json).collect::<Vec<Value>>()}));
        return Ok(ExitCode::SUCCESS);
    }
    for it in &all {
        let mut marks = Vec::new();
        if it.blocking {
            marks.push("blocking");
        }
        if !it.enabled {
            marks.push("off");
        }
        let marks = if marks.is_empty() {
            String::new()
        } else {
            format!("  ({})", marks.join(", "))
        };
        output::line(format!("{}{marks}", styled(BOLD, session::shown(&it.name))));
        let event = it.event.unwrap_or("?");
        let files = it.files.as_ref().map_or(String::new(), |files| {
            format!("  {}", session::shown(files))
        });
        let condition = it
            .condition
            .as_ref()
            .map_or(String::new(), |it| format!("  when {}", session::shown(it)));
        output::line(format!(
            "    {} on {event}{files}{condition}",
            it.action.unwrap_or("?")
        ));
        output::line(format!("    {}", styled(DIM, session::shown(&it.file))));
        if let Some(why) = &it.hindrance {
            output::line(format!("    {}", styled(YELLOW, why)));
        }
    }
    if all.is_empty() {
        output::remark("There are no hooks here; `kiro hooks new --template auto-doc` writes one.");
    }
    Ok(ExitCode::SUCCESS)
}

fn to_json(it: &HookRow) -> Value {
    json!({
        "name": it.name, "description": it.description, "file": it.file, "form": it.form, "event": it.event,
        "files": it.files, "condition": it.condition, "action": it.action, "enabled": it.enabled,
        "blocking": it.blocking, "standing": it.standing, "broken": it.broken, "hindrance": it.hindrance,
    })
}
