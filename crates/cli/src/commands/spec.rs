//! `kiro spec`

use std::process::ExitCode;

use session::{Environment, SessionError};

use crate::args::SpecArgs;
use crate::output::{self, BOLD, DIM, GREEN, YELLOW, styled};

pub(super) fn show(args: &SpecArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    let (_, text, spec) = session::spec(&args.spec, environment)?;
    if args.json {
        let view = session::SpecView::new(&spec, &text);
        let value = serde_json::to_value(&view).map_err(SessionError::internal)?;
        output::json(&value);
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
