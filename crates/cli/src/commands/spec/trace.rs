//! `kiro spec trace`

use std::process::ExitCode;

use serde_json::{Value, json};
use session::{Environment, SessionError, TraceRow, TracedTask, visible};

use crate::args::TraceArgs;
use crate::output::{self, BOLD, CYAN, DIM, GREEN, YELLOW, styled};

pub(crate) fn run(args: &TraceArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    let rows = session::trace(args.what.as_deref(), args.spec.as_deref(), environment)?;
    if args.json {
        output::json(&graph(&rows));
        return Ok(ExitCode::SUCCESS);
    }
    for row in &rows {
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
    Ok(ExitCode::SUCCESS)
}

fn task(task: &TracedTask) {
    let done = if task.done { "done" } else { "open" };
    output::line(format!(
        "  task {} {} ({done})",
        task.id,
        visible(&task.title)
    ));
    if !task.files.is_empty() {
        let run = task.run.as_deref().unwrap_or_default();
        output::line(format!(
            "    {}  run {run}",
            styled(CYAN, visible(&task.files.join(", ")))
        ));
    }
    if let Some((command, passed, failed)) = &task.check {
        output::line(format!(
            "    {}: {passed} passed, {failed} failed",
            visible(command)
        ));
    }
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
                let file = node(file.clone(), "file", file);
                edges.push(json!({"from": task, "to": file, "kind": "wrote", "run": traced.run}));
            }
            if let Some((command, passed, failed)) = &traced.check {
                let check = node(format!("{task}#check"), "check", command);
                edges.push(json!({"from": task, "to": check, "kind": "checked-by", "passed": passed, "failed": failed}));
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
