//! `kiro approvals`

use std::process::ExitCode;

use serde_json::{Value, json};
use session::{Decision, Environment, SessionError, Waiting, answer, approvals, visible};

use crate::args::ApprovalsArgs;
use crate::output::{self, BOLD, DIM, YELLOW, styled};
use crate::terminal;

pub(super) fn run(
    args: &ApprovalsArgs,
    environment: &Environment,
) -> Result<ExitCode, SessionError> {
    let spec = args.spec.as_deref();
    if let (Some(task), Some(decision)) = (&args.task, decision(args)) {
        let answered = answer(task, spec, &decision, environment)?;
        if args.json {
            output::json(&to_json(&answered));
        } else {
            output::line(taken(&answered));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut all = approvals(spec, environment)?;
    if let Some(task) = &args.task {
        all.retain(|it| it.task == *task);
        if all.is_empty() {
            let error = format!("task {task} does not wait for an answer");
            return Err(SessionError::input(error).hint("`kiro approvals` shows what does"));
        }
    }
    if args.json {
        let all: Vec<Value> = all.iter().map(to_json).collect();
        output::json(&json!({"waiting": all}));
    } else if all.is_empty() {
        output::remark("Nothing waits for an approval.");
    } else {
        all.iter().for_each(|it| show(it, args.task.is_some()));
    }
    Ok(ExitCode::SUCCESS)
}

fn decision(args: &ApprovalsArgs) -> Option<Decision> {
    let choices = [
        (args.approve, Decision::Approve),
        (args.skip, Decision::Skip),
        (args.stop, Decision::Stop),
    ];
    let chosen = choices.into_iter().find(|it| it.0).map(|it| it.1);
    chosen.or_else(|| args.revise.clone().map(Decision::Revise))
}

fn taken(it: &Waiting) -> String {
    match it.going_on {
        true => format!("task {}: the run takes it up", it.task),
        false => format!("task {}: `kiro run {}` goes on with it", it.task, it.spec),
    }
}

fn show(it: &Waiting, whole: bool) {
    output::line(format!(
        "{} {} {}",
        styled(BOLD, format!("task {}", it.task)),
        visible(&it.title),
        styled(DIM, format!("{}, run {}", it.spec, it.run))
    ));
    for reason in &it.reasons {
        output::line(format!("  {} {reason}", styled(YELLOW, "asks:")));
    }
    let (added, removed) = it.lines;
    output::line(format!(
        "  {} files, +{added} -{removed}, {} checks pass",
        it.files.len(),
        it.passed
    ));
    if let Some(given) = it.given {
        let given = given.name();
        output::line(format!("  answered: {given}; the run has not taken it yet"));
    }
    if whole {
        output::line(terminal::diff(&it.changes.display()));
    }
}

fn to_json(it: &Waiting) -> Value {
    json!({
        "spec": it.spec, "run": it.run, "going_on": it.going_on, "task": it.task, "title": it.title,
        "reasons": it.reasons, "files": it.files, "added_lines": it.lines.0, "removed_lines": it.lines.1,
        "passed": it.passed, "diff": it.changes.display(),
        "answer": it.given.map(session::Answer::name),
    })
}
