//! `kiro spec trace`

use std::process::ExitCode;

use serde_json::{Value, json};
use session::{
    Environment, LineSource, SessionError, TraceRow, TracedLine, TracedTask, trace_whole, visible,
};

use crate::args::TraceArgs;
use crate::output::{self, BOLD, CYAN, DIM, GREEN, YELLOW, styled};

pub(crate) fn run(args: &TraceArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    let traced = trace_whole(args.what.as_deref(), args.spec.as_deref(), environment)?;
    let rows = &traced.rows;
    if args.json {
        let mut value = graph(rows);
        value["line"] = traced.line.as_ref().map_or(Value::Null, line_json);
        output::json(&value);
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(line) = &traced.line {
        show_line(line);
    }
    for row in rows {
        let head = format!("{} {}", row.requirement, row.title);
        let covered = row.criteria.iter().filter(|(_, is)| *is).count();
        let style = if covered == row.criteria.len() {
            GREEN
        } else {
            YELLOW
        };
        let share = styled(
            style,
            format!("{covered}/{} criteria covered", row.criteria.len()),
        );
        output::line(format!(
            "{}  {share}  {}",
            styled(BOLD, visible(&head)),
            styled(DIM, &row.spec)
        ));
        row.tasks.iter().for_each(task);
    }
    if args.what.is_none() && !rows.is_empty() {
        table(rows);
    }
    Ok(ExitCode::SUCCESS)
}

fn show_line(line: &TracedLine) {
    let place = format!("{}:{}", line.path, line.line);
    output::line(format!(
        "{}  {}",
        styled(CYAN, visible(&place)),
        visible(line.text.trim())
    ));
    let task = line.task.as_deref().unwrap_or_default();
    let of = line
        .spec
        .as_ref()
        .map_or_else(String::new, |it| format!(" of {}", visible(it)));
    let commit = line.commit.as_deref().map(short);
    let in_commit = commit.map_or_else(String::new, |it| format!(", commit {it}"));
    let title = visible(&line.title);
    output::line(match line.source {
        LineSource::Journal => {
            let run = line.run.as_deref().unwrap_or_default();
            format!("  written by task {task}{of}: {title}, run {run}{in_commit}")
        }
        LineSource::Trailers => format!(
            "  written by task {task}{of}, as the trailers of its commit say: {title}{in_commit}"
        ),
        LineSource::Commit => format!("  written by hand: {title}{in_commit}"),
        LineSource::Nobody => "  written by hand, and in no commit as it stands".to_owned(),
    });
    if !line.requirements.is_empty() {
        output::line(format!("  for {}", visible(&line.requirements.join(", "))));
    }
}

fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

/// How much of each spec has proof, and how much reaches code.
fn table(rows: &[TraceRow]) {
    output::line(styled(BOLD, "Coverage"));
    let mut specs: Vec<&str> = rows.iter().map(|it| it.spec.as_str()).collect();
    specs.dedup();
    for spec in specs {
        let own: Vec<&TraceRow> = rows.iter().filter(|it| it.spec == spec).collect();
        let criteria: usize = own.iter().map(|it| it.criteria.len()).sum();
        let covered = own.iter().flat_map(|it| &it.criteria);
        let covered = covered.filter(|(_, is)| *is).count();
        let reached = |it: &&&TraceRow| it.tasks.iter().any(|it| !it.files.is_empty());
        let checked = |it: &&&TraceRow| {
            let mut checks = it.tasks.iter().filter_map(|it| it.check.as_ref());
            checks.any(|(_, passed, failed)| *passed > 0 && *failed == 0)
        };
        output::line(format!(
            "  {}: {covered} of {criteria} criteria have proof; of {} requirements {} reach code and {} a check that passed last",
            visible(spec),
            own.len(),
            own.iter().filter(reached).count(),
            own.iter().filter(checked).count(),
        ));
    }
}

fn task(task: &TracedTask) {
    let done = if task.done { "done" } else { "open" };
    output::line(format!(
        "  task {} {} ({done})",
        task.id,
        visible(&task.title)
    ));
    if !task.files.is_empty() {
        let files = task.files.iter().map(|it| with_lines(task, it));
        let files = files.collect::<Vec<_>>().join(", ");
        let run = task.run.as_deref().unwrap_or_default();
        output::line(format!("    {}  run {run}", styled(CYAN, visible(&files))));
    }
    if !task.commits.is_empty() {
        let commits: Vec<&str> = task.commits.iter().map(|it| short(it)).collect();
        output::line(format!("    commit {}", commits.join(", ")));
    }
    if let Some((command, passed, failed)) = &task.check {
        output::line(format!(
            "    {}: {passed} passed, {failed} failed",
            visible(command)
        ));
    }
}

/// A file with the lines that the task wrote and that still stand: `a.py:1-4,9`.
fn with_lines(task: &TracedTask, file: &str) -> String {
    let ranges = task.lines.get(file).map_or(&[][..], Vec::as_slice);
    let ranges = ranges.iter().map(|(first, last)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    });
    let ranges: Vec<String> = ranges.collect();
    let was = task.renamed.get(file);
    let was = was.map_or(String::new(), |it| format!(" (was {it})"));
    match ranges.is_empty() {
        true => format!("{file}{was}"),
        false => format!("{file}:{}{was}", ranges.join(",")),
    }
}

fn line_json(line: &TracedLine) -> Value {
    json!({
        "path": line.path,
        "line": line.line,
        "text": line.text,
        "source": line.source.name(),
        "spec": line.spec,
        "task": line.task,
        "title": line.title,
        "requirements": line.requirements,
        "run": line.run,
        "commit": line.commit,
    })
}

/// Nodes and edges, and the coverage of each requirement.
fn graph(rows: &[TraceRow]) -> Value {
    let (mut nodes, mut edges, mut coverage) = (Vec::new(), Vec::new(), Vec::new());
    let mut node = |id: String, kind: &str, label: &str| {
        let value = json!({"id": id, "kind": kind, "label": label});
        if !nodes.contains(&value) {
            nodes.push(value);
        }
        id
    };
    for row in rows {
        let requirement = node(
            format!("{}#{}", row.spec, row.requirement),
            "requirement",
            &row.title,
        );
        let covered = row.criteria.iter().filter(|(_, is)| *is).count();
        for (id, is_covered) in &row.criteria {
            let criterion = node(format!("{}#{id}", row.spec), "criterion", id);
            edges.push(
                json!({"from": requirement, "to": criterion, "kind": "has", "covered": is_covered}),
            );
        }
        for traced in &row.tasks {
            let task = node(
                format!("{}#task-{}", row.spec, traced.id),
                "task",
                &traced.title,
            );
            edges.push(json!({"from": requirement, "to": task, "kind": "carried-out-by", "done": traced.done}));
            for file in &traced.files {
                let lines = traced.lines.get(file).cloned().unwrap_or_default();
                let was = traced.renamed.get(file);
                let file = node(file.clone(), "file", file);
                edges.push(json!({"from": task, "to": file, "kind": "wrote", "run": traced.run, "lines": lines, "was": was}));
            }
            for commit in &traced.commits {
                let commit = node(commit.clone(), "commit", short(commit));
                edges.push(json!({"from": task, "to": commit, "kind": "committed-as"}));
            }
            if let Some((command, passed, failed)) = &traced.check {
                let check = node(format!("{task}#check"), "check", command);
                edges.push(json!({"from": task, "to": check, "kind": "checked-by", "passed": passed, "failed": failed, "at_ms": traced.checked_ms}));
            }
        }
        coverage.push(json!({
            "spec": row.spec,
            "requirement": row.requirement,
            "criteria": row.criteria.len(),
            "covered": covered,
            "tasks": row.tasks.iter().map(|it| it.id.clone()).collect::<Vec<_>>(),
        }));
    }
    json!({"nodes": nodes, "edges": edges, "coverage": coverage})
}
