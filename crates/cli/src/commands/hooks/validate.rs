//! `kiro validate-hooks`

use std::process::ExitCode;

use serde_json::{Value, json};
use session::hooking::{FileFindings, Finding};
use session::{Environment, SessionError};

use crate::args::ValidateHooksArgs;
use crate::exit;
use crate::output::{self, CYAN, DIM, GREEN, RED, YELLOW, styled};

pub(crate) fn run(
    args: &ValidateHooksArgs,
    environment: &Environment,
) -> Result<ExitCode, SessionError> {
    let files = session::hooking::validate(&args.files, environment)?;
    let wrong = files.iter().any(FileFindings::is_wrong);
    if args.json {
        let files: Vec<Value> = files.iter().map(to_json).collect();
        output::json(&json!({"ok": !wrong, "files": files}));
        return Ok(exit::findings(wrong));
    }
    for file in &files {
        file.findings.iter().for_each(|it| print(&file.path, it));
        if !file.is_wrong() {
            output::line(format!(
                "{} {} ({})",
                styled(GREEN, "ok"),
                session::shown(&file.path),
                session::shown(&file.hooks.join(", "))
            ));
        }
    }
    if files.is_empty() {
        output::remark("There are no hook files in .kiro/hooks; `kiro init` writes some.");
    }
    Ok(exit::findings(wrong))
}

fn print(path: &str, it: &Finding) {
    let style = match it.severity {
        "error" => RED,
        "warning" => YELLOW,
        _ => DIM,
    };
    let place = format!(
        "{}:{}:{}",
        session::shown(path),
        it.place.line,
        it.place.column
    );
    output::line(format!(
        "{}: {} {} [{}]",
        styled(CYAN, place),
        styled(style, it.severity),
        session::visible(&it.message),
        it.code
    ));
    if it.place.text.trim().is_empty() {
        return;
    }
    let number = it.place.line.to_string();
    let margin = " ".repeat(number.len());
    let before = " ".repeat(it.place.column.saturating_sub(1));
    let left = it
        .place
        .text
        .chars()
        .count()
        .saturating_sub(it.place.column - 1);
    let width = it.span.len().clamp(1, left.max(1));
    output::line(format!(
        "{margin} |\n{number} | {}\n{margin} | {before}{}",
        session::visible(&it.place.text),
        "^".repeat(width)
    ));
}

fn to_json(file: &FileFindings) -> Value {
    let finding = |it: &Finding| {
        json!({
            "severity": it.severity, "code": it.code, "message": it.message,
            "span": {"start": it.span.start, "end": it.span.end},
            "line": it.place.line, "column": it.place.column,
        })
    };
    json!({
        "path": file.path, "form": file.form, "hooks": file.hooks, "ok": !file.is_wrong(),
        "findings": file.findings.iter().map(finding).collect::<Vec<Value>>(),
    })
}
