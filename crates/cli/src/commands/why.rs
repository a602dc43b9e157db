//! `kiro why`

use std::process::ExitCode;

use serde_json::{Value, json};
use session::{AttemptTold, CheckTold, Environment, SessionError, Why, visible, why};

use crate::args::WhyArgs;
use crate::output::{self, BOLD, DIM, GREEN, RED, styled};

pub(super) fn run(args: &WhyArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    let told = why(&args.task, args.spec.as_deref(), environment)?;
    if args.json {
        output::json(&to_json(&told));
    } else {
        show(&told);
    }
    Ok(ExitCode::SUCCESS)
}

fn show(told: &Why) {
    let state = told.state.map_or("", |it| it.name());
    output::line(format!(
        "{} {}: {state} {}",
        styled(BOLD, format!("task {}", told.task)),
        visible(&told.title),
        styled(DIM, format!("{}, run {}", told.spec, told.run))
    ));
    named("it serves", &told.requirements);
    named("its evidence covers", &told.covered);
    told.attempts.iter().for_each(attempt);
    if !told.reason.is_empty() {
        output::line(format!("not done: {}", visible(&told.reason)));
    }
    let cost = &told.cost;
    output::line(styled(
        DIM,
        format!(
            "{} tokens read, {} written, {:.1} s of the model",
            cost.input_tokens,
            cost.output_tokens,
            cost.wall_ms as f64 / 1000.0
        ),
    ));
}

fn named(what: &str, all: &[(String, String)]) {
    if all.is_empty() {
        return;
    }
    output::line(format!("{what}:"));
    for (id, text) in all {
        output::line(format!("  {id} {}", visible(text)));
    }
}

fn attempt(told: &AttemptTold) {
    output::line(format!("attempt {}:", told.number));
    for (slot, route, result) in &told.turns {
        output::line(format!("  {slot}, {route}: {}", visible(result)));
    }
    told.checks.iter().for_each(check);
    if !told.files.is_empty() {
        let (added, removed) = told.lines;
        let files = told.files.join(", ");
        output::line(format!(
            "  proposed {} (+{added} -{removed})",
            visible(&files)
        ));
    }
    for reason in &told.asked {
        output::line(format!("  the rules: {}", visible(reason)));
    }
    for (answer, by, remark) in &told.answers {
        let said = match remark.as_str() {
            "" => String::new(),
            remark => format!(": {}", visible(remark)),
        };
        let (answer, by) = (answer.name(), by.name());
        output::line(format!("  answered: {answer} by {by}{said}"));
    }
    if !told.landed.is_empty() {
        let undone = match told.undone {
            true => ", and was taken out again",
            false => "",
        };
        output::line(format!(
            "  landed: {}{undone}",
            visible(&told.landed.join(", "))
        ));
    }
    if !told.merged.is_empty() {
        let merged = told.merged.join(", ");
        output::line(format!("  merged with your edits: {}", visible(&merged)));
    }
    if !told.failed.is_empty() {
        output::line(format!("  failed: {}", visible(&told.failed)));
    }
}

fn check(it: &CheckTold) {
    let (passed, failed) = it.counts;
    let style = match failed == 0 && passed > 0 {
        true => GREEN,
        false => RED,
    };
    let exit = it
        .exit
        .map_or("killed".to_owned(), |code| format!("exit code {code}"));
    output::line(format!(
        "  {} {} the task {}",
        styled(style, format!("{passed} of {} passed", passed + failed)),
        it.purpose.name(),
        styled(DIM, format!("{exit}: {}", visible(&it.argv.join(" "))))
    ));
}

fn to_json(told: &Why) -> Value {
    let named = |all: &[(String, String)]| -> Vec<Value> {
        all.iter()
            .map(|(id, text)| json!({"id": id, "text": text}))
            .collect()
    };
    json!({
        "spec": told.spec, "run": told.run, "task": told.task, "title": told.title,
        "state": told.state.map(|it| it.name()), "reason": told.reason,
        "requirements": named(&told.requirements), "covered": named(&told.covered),
        "attempts": told.attempts.iter().map(attempt_json).collect::<Vec<Value>>(),
        "cost": {
            "input_tokens": told.cost.input_tokens, "output_tokens": told.cost.output_tokens,
            "wall_ms": told.cost.wall_ms, "usd": told.cost.usd(),
        },
    })
}

fn attempt_json(it: &AttemptTold) -> Value {
    let turns = it
        .turns
        .iter()
        .map(|(slot, route, result)| json!({"slot": slot, "route": route, "result": result}));
    let checks = it.checks.iter().map(|it| {
        json!({
            "purpose": it.purpose.name(), "argv": it.argv, "exit": it.exit,
            "passed": it.counts.0, "failed": it.counts.1,
        })
    });
    let answers = it.answers.iter().map(
        |(answer, by, remark)| json!({"answer": answer.name(), "by": by.name(), "remark": remark}),
    );
    json!({
        "attempt": it.number, "started_ms": it.started_ms,
        "turns": turns.collect::<Vec<Value>>(), "checks": checks.collect::<Vec<Value>>(),
        "files": it.files, "added_lines": it.lines.0, "removed_lines": it.lines.1,
        "asked": it.asked, "answers": answers.collect::<Vec<Value>>(),
        "landed": it.landed, "merged": it.merged, "failed": it.failed, "undone": it.undone,
    })
}
