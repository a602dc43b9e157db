//! `kiro schema`: the schemas of what is printed as JSON.

use std::process::ExitCode;

use serde_json::{Value, json};
use session::SessionError;

use crate::args::SchemaArgs;
use crate::output;

/// Each schema with the command whose output it describes.
const SCHEMAS: &[(&str, &str, &str)] = &[
    (
        "tasks",
        "kiro tasks SPEC --json",
        include_str!("../../schemas/tasks.json"),
    ),
    (
        "tasks-edit",
        "kiro tasks SPEC add|edit|move|drop --json",
        include_str!("../../schemas/tasks-edit.json"),
    ),
    (
        "spec",
        "kiro spec show SPEC --json",
        include_str!("../../schemas/spec.json"),
    ),
    (
        "status",
        "kiro status --json",
        include_str!("../../schemas/status.json"),
    ),
    (
        "trace",
        "kiro spec trace --json",
        include_str!("../../schemas/trace.json"),
    ),
    (
        "context",
        "kiro context --json",
        include_str!("../../schemas/context.json"),
    ),
    (
        "verify",
        "kiro verify --json",
        include_str!("../../schemas/verify.json"),
    ),
    (
        "pr",
        "kiro pr SPEC --json",
        include_str!("../../schemas/pr.json"),
    ),
    (
        "metrics",
        "kiro metrics --json",
        include_str!("../../schemas/metrics.json"),
    ),
    (
        "lint",
        "kiro spec lint --json",
        include_str!("../../schemas/lint.json"),
    ),
    (
        "mcp-list",
        "kiro mcp list --json",
        include_str!("../../schemas/mcp-list.json"),
    ),
    (
        "mcp-test",
        "kiro mcp test SERVER --json",
        include_str!("../../schemas/mcp-test.json"),
    ),
    (
        "mcp-doctor",
        "kiro mcp doctor --json",
        include_str!("../../schemas/mcp-doctor.json"),
    ),
];

pub(super) fn run(args: &SchemaArgs) -> Result<ExitCode, SessionError> {
    let Some(name) = &args.name else {
        let all: Vec<Value> = SCHEMAS
            .iter()
            .map(|(name, command, _)| json!({"name": name, "command": command}))
            .collect();
        output::json(&json!({"schemas": all}));
        return Ok(ExitCode::SUCCESS);
    };
    let known = SCHEMAS
        .iter()
        .find(|(it, _, _)| it == name)
        .ok_or_else(|| {
            let names: Vec<&str> = SCHEMAS.iter().map(|(it, _, _)| *it).collect();
            SessionError::input(format!("there is no schema {name}"))
                .hint(format!("the schemas are {}", names.join(", ")))
        })?;
    output::line(known.2.trim_end());
    Ok(ExitCode::SUCCESS)
}
