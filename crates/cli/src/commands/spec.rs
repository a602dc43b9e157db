//! `kiro spec`

pub(super) mod diff;
pub(super) mod lint;
pub(super) mod new;
pub(super) mod trace;

use std::process::ExitCode;

use serde_json::{Value, json};
use session::{Environment, SessionError};

use crate::args::{Json, SpecArgs};
use crate::output::{self, BOLD, DIM, GREEN, YELLOW, styled};

pub(super) fn list(args: &Json, environment: &Environment) -> Result<ExitCode, SessionError> {
    let all = session::spec_list(environment)?;
    if args.json {
        let specs: Vec<Value> = all
            .iter()
            .map(|it| {
                json!({
                    "name": it.name,
                    "dialect": it.dialect,
                    "path": it.path,
                    "tasks": it.tasks,
                    "archived": it.archived,
                })
            })
            .collect();
        output::json(&json!({"specs": specs}));
        return Ok(ExitCode::SUCCESS);
    }
    if all.is_empty() {
        output::remark("There is no spec here yet: write specs/NAME.md.");
    }
    for it in &all {
        let archived = if it.archived { "  (archived)" } else { "" };
        output::line(format!(
            "{:<28} {:<16} {}{archived}",
            it.name,
            it.dialect,
            styled(DIM, &it.path)
        ));
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn show(args: &SpecArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    let (_, view, spec) = session::spec(&args.spec, environment)?;
    if args.json {
        output::large_json(&view);
        return Ok(ExitCode::SUCCESS);
    }
    output::line(styled(BOLD, &spec.title));
    for requirement in &spec.requirements {
        output::line(format!(
            "\n{} {}",
            styled(BOLD, &requirement.id),
            requirement.title
        ));
        for criterion in &requirement.criteria {
            print_criterion(criterion);
        }
        let examples = requirement.examples.len();
        output::line(styled(DIM, format!("  {examples} examples")));
    }
    if !spec.success.is_empty() {
        output::line(styled(BOLD, "\nSuccess criteria"));
        spec.success.iter().for_each(print_criterion);
    }
    for diagnostic in &spec.diagnostics {
        output::remark(format!(
            "{} {}",
            styled(YELLOW, "warning:"),
            diagnostic.message
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn print_criterion(criterion: &session::Criterion) {
    let check = match criterion.check {
        session::Check::Compiled => styled(GREEN, "compiled"),
        session::Check::Measured => styled(GREEN, "measured"),
        session::Check::Manual => styled(YELLOW, "manual  "),
    };
    let text = criterion
        .text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    output::line(format!("  {check}  {:<8} {text}", criterion.id.to_string()));
}
