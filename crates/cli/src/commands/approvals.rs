//! `kiro approvals`

use std::process::ExitCode;

use serde_json::{Value, json};
use session::{
    Answer, Decision, Environment, Meant, SessionError, Waiting, answer, approvals, visible,
};

use crate::args::ApprovalsArgs;
use crate::output::{self, BOLD, DIM, YELLOW, styled};
use crate::terminal;

pub(super) fn run(
    args: &ApprovalsArgs,
    environment: &Environment,
) -> Result<ExitCode, SessionError> {
    let spec = args.spec.as_deref();
    let file = args.file.as_deref();
    let meant = args.task.as_deref();
    let meant = meant.map(|task| Meant { task, spec, file });
    if let (Some(meant), Some(decision)) = (meant, decision(args)) {
        let answered = answer(meant, &decision, environment)?;
        if args.json {
            output::json(&to_json(&answered));
        } else {
            output::line(taken(&answered));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut all = approvals(spec, environment)?;
    if let Some(meant) = meant {
        all.retain(|it| meant.is(it));
        if all.is_empty() {
            let error = format!("task {} does not wait for an answer", meant.task);
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
    let files = it.files.join(", ");
    match (it.of_hook, it.given, it.going_on) {
        (true, Some(Answer::Approve), _) => format!("{}: brought in {files}", name(it)),
        (true, ..) => format!("{}: left out {files}", name(it)),
        (false, _, true) => format!("task {}: the run takes it up", it.task),
        (false, _, false) => format!("task {}: `kiro run {}` goes on with it", it.task, it.spec),
    }
}

fn show(it: &Waiting, whole: bool) {
    output::line(format!(
        "{} {} {}",
        styled(BOLD, name(it)),
        visible(&it.title),
        styled(DIM, format!("{}, run {}", it.spec, it.run))
    ));
    for reason in &it.reasons {
        output::line(format!("  {} {reason}", styled(YELLOW, "asks:")));
    }
    let (added, removed) = it.lines;
    let proof = match it.of_hook {
        true => it.files.join(", "),
        false => session::passing(it.passed),
    };
    output::line(format!(
        "  {} files, +{added} -{removed}, {proof}",
        it.files.len(),
    ));
    if let Some(given) = it.given {
        let given = given.name();
        output::line(format!("  answered: {given}; the run has not taken it yet"));
    }
    if whole {
        output::line(terminal::diff(&it.changes.display()));
    }
}

fn name(it: &Waiting) -> String {
    match it.of_hook {
        true => format!("hook {}", visible(&it.task)),
        false => format!("task {}", it.task),
    }
}

fn to_json(it: &Waiting) -> Value {
    json!({
        "spec": it.spec, "run": it.run, "of_hook": it.of_hook, "going_on": it.going_on, "task": it.task, "title": it.title,
        "reasons": it.reasons, "files": it.files, "added_lines": it.lines.0, "removed_lines": it.lines.1,
        "passed": it.passed, "diff": it.changes.display(),
        "answer": it.given.map(session::Answer::name),
    })
}
