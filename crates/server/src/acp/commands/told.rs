//! Answers to commands, as Markdown.

use std::fmt::Write;

use session::{Environment, NewSpec, Purpose, TaskView, Undo, UndoOptions, Unseen, visible};

use crate::rpc::RpcError;

type Told = Result<String, RpcError>;

pub(super) fn specs(environment: &Environment) -> Told {
    let all = session::spec_list(environment)?;
    let lines = all.iter().map(|it| {
        let archived = if it.archived { ", archived" } else { "" };
        format!("- **{}** `{}` ({}{archived})", it.name, it.path, it.dialect)
    });
    Ok(list(
        lines,
        "There is no spec here yet; `/spec new NAME` begins one.",
    ))
}

pub(super) fn new_spec(name: &str, title: Option<&str>, environment: &Environment) -> Told {
    let files = session::new_spec(
        &NewSpec {
            name: name.to_owned(),
            title: title.map(str::to_owned),
            purpose: Purpose::Feature,
            dialect: None,
        },
        environment,
        &mut Unseen,
    )?;
    // By its path: some forms put a number before the name.
    let first = files.first().map_or(name, String::as_str);
    Ok(format!(
        "`{}` is begun: write what you want to have built, then `/plan {first}`.",
        files.join("`, `")
    ))
}

pub(super) fn spec(wanted: &str, environment: &Environment) -> Told {
    let (place, view, _) = session::spec(wanted, environment)?;
    let mut text = format!("**{}** `{}`\n", visible(&view.title), place.path);
    for requirement in &view.requirements {
        line(
            &mut text,
            format_args!("\n- **{}** {}", requirement.id, visible(&requirement.title)),
        );
        for criterion in &requirement.criteria {
            let words: Vec<&str> = criterion.text.split_whitespace().collect();
            line(
                &mut text,
                format_args!(
                    "\n  - {} {} ({})",
                    criterion.id,
                    visible(&words.join(" ")),
                    criterion.check
                ),
            );
        }
    }
    Ok(text)
}

pub(super) fn tasks(spec: &str, environment: &Environment) -> Told {
    let view = session::tasks(spec, environment)?;
    let mut lines = Vec::new();
    collect(&view.list.tasks, 0, &mut lines);
    Ok(list(lines.into_iter(), "There are no tasks."))
}

fn collect(tasks: &[TaskView], depth: usize, lines: &mut Vec<String>) {
    for task in tasks {
        let mark = match task.state.as_str() {
            "done" => "x",
            _ => " ",
        };
        let waits = match task.depends_on.is_empty() {
            true => String::new(),
            false => format!(", after {}", task.depends_on.join(", ")),
        };
        lines.push(format!(
            "{}- [{mark}] {} {} ({}{waits})",
            "  ".repeat(depth),
            task.id,
            visible(&task.title),
            task.state
        ));
        collect(&task.subtasks, depth + 1, lines);
    }
}

pub(super) fn status(environment: &Environment) -> Told {
    let all = session::status(environment)?;
    let lines = all.iter().map(|it| {
        let states: Vec<String> = it
            .states
            .iter()
            .map(|(state, count)| format!("{count} {state}"))
            .collect();
        let run = it.run.as_ref().map_or(String::new(), |run| {
            let how = match (run.outcome, run.going_on) {
                (Some(outcome), _) => outcome.name(),
                (None, true) => "going on",
                (None, false) => "cut off; `/run` goes on with it",
            };
            format!("; run {}: {how}", run.id)
        });
        format!(
            "- **{}** `{}`: {}{run}",
            visible(&it.title),
            it.spec,
            states.join(", ")
        )
    });
    Ok(list(lines, "There is no spec here yet."))
}

pub(super) fn lint(spec: &str, environment: &Environment) -> Told {
    let wanted: Vec<String> = match spec.is_empty() {
        true => Vec::new(),
        false => vec![spec.to_owned()],
    };
    let report = session::lint(&wanted, false, environment, &mut Unseen)?;
    let lines = report.findings.iter().map(|it| {
        format!(
            "- `{}:{}:{}` {}: {}",
            it.path,
            it.place.0,
            it.place.1,
            it.severity.as_str(),
            visible(&it.message)
        )
    });
    Ok(list(lines, "Nothing was found."))
}

pub(super) fn why(task: &str, environment: &Environment) -> Told {
    let told = session::why(task, None, environment)?;
    let state = told.state.map_or("", |it| it.name());
    let mut text = format!("**Task {}** {}: {state}\n", told.task, visible(&told.title));
    for attempt in &told.attempts {
        line(&mut text, format_args!("\n- attempt {}", attempt.number));
        for check in &attempt.checks {
            let (passed, failed) = check.counts;
            line(
                &mut text,
                format_args!(
                    "\n  - {}: {passed} passed, {failed} failed",
                    check.purpose.name()
                ),
            );
        }
        for (answer, by, remark) in &attempt.answers {
            line(
                &mut text,
                format_args!(
                    "\n  - {} by {} {}",
                    answer.name(),
                    by.name(),
                    visible(remark)
                ),
            );
        }
        if !attempt.landed.is_empty() {
            line(
                &mut text,
                format_args!("\n  - landed: {}", visible(&attempt.landed.join(", "))),
            );
        }
        if !attempt.failed.is_empty() {
            line(
                &mut text,
                format_args!("\n  - failed: {}", visible(&attempt.failed)),
            );
        }
    }
    Ok(text)
}

pub(super) fn approvals(environment: &Environment) -> Told {
    let all = session::approvals(None, environment)?;
    let lines = all.iter().map(|it| {
        let reasons = match it.reasons.is_empty() {
            true => String::new(),
            false => format!(": {}", it.reasons.join("; ")),
        };
        format!(
            "- task {} of `{}`, {}{reasons}",
            it.task,
            it.spec,
            visible(&it.title)
        )
    });
    Ok(list(lines, "Nothing waits for an answer."))
}

pub(super) fn undo(task: &str, environment: &Environment) -> Told {
    let options = UndoOptions {
        what: Undo::Task((!task.is_empty()).then(|| task.to_owned())),
        spec: None,
        dry_run: false,
    };
    let moved = session::undo(&options, environment, &mut Unseen)?;
    let lines = moved.iter().map(|it| {
        format!(
            "- task {} is taken out: {}",
            it.task,
            visible(&it.files.join(", "))
        )
    });
    Ok(list(lines, "Nothing was taken out."))
}

pub(super) fn hooks(environment: &Environment) -> Told {
    let all = session::hooking::list(environment)?;
    let lines = all.iter().map(|it| {
        let off = if it.enabled { "" } else { ", off" };
        let why = it
            .hindrance
            .as_ref()
            .map_or(String::new(), |it| format!(": {it}"));
        format!(
            "- **{}** on {}{off}{why}",
            visible(&it.name),
            it.event.unwrap_or("?")
        )
    });
    Ok(list(lines, "There are no hooks here."))
}

fn list(lines: impl Iterator<Item = String>, empty: &str) -> String {
    let lines: Vec<String> = lines.collect();
    match lines.is_empty() {
        true => empty.to_owned(),
        false => lines.join("\n"),
    }
}

fn line(text: &mut String, told: std::fmt::Arguments<'_>) {
    // A string takes everything.
    let _ = text.write_fmt(told);
}
