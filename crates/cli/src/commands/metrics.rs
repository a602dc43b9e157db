//! `kiro metrics`

use std::collections::BTreeMap;
use std::process::ExitCode;

use serde_json::{Value, json};
use server::report::{self, COVERAGE, FIRST_PASS, figures, money, share, tokens};
use session::{
    Cost, Environment, Metrics, MetricsOptions, SessionError, Shape, Share, Tally, interval,
    visible,
};

use crate::args::MetricsArgs;
use crate::output::{self, BOLD, DIM, GREEN, YELLOW, styled};

pub(super) fn run(args: &MetricsArgs, environment: &Environment) -> Result<ExitCode, SessionError> {
    let options = MetricsOptions {
        spec: args.spec.clone(),
        since_ms: args
            .since
            .map(|it| i64::try_from(it.as_millis()).unwrap_or(i64::MAX)),
    };
    let metrics = session::metrics(&options, environment)?;
    if let Some(path) = &args.html {
        let file = environment.cwd.join(path);
        session::write_report(&file, report::html(&metrics).as_bytes())?;
        output::remark(format!("wrote {}", file.display()));
    }
    if args.json {
        output::json(&to_json(&metrics));
    } else if args.html.is_none() {
        show(&metrics);
    }
    Ok(ExitCode::SUCCESS)
}

fn show(metrics: &Metrics) {
    output::line(format!(
        "{} {}",
        styled(BOLD, visible(&metrics.project)),
        styled(
            DIM,
            format!("{} runs, {} chats", metrics.runs.len(), metrics.chats.0)
        )
    ));
    for it in figures(metrics) {
        let met = match it.met {
            Some(true) => styled(GREEN, format!("meets {}", it.target)),
            Some(false) => styled(YELLOW, format!("short of {}", it.target)),
            None => String::new(),
        };
        output::line(
            format!(
                "  {:<32}{:>14}  {} {met}",
                it.name,
                it.value,
                styled(DIM, visible(&it.note))
            )
            .trim_end(),
        );
    }
    for (title, groups) in [
        ("by spec", &metrics.by_spec),
        ("by model", &metrics.by_model),
        ("by week", &metrics.by_week),
    ] {
        if !groups.is_empty() {
            output::line(format!("\n{}", styled(BOLD, title)));
            groups.iter().for_each(|(name, tally)| group(name, tally));
        }
    }
}

fn group(name: &str, tally: &Tally) {
    output::line(format!(
        "  {:<38} first pass {:>7}, {} done, {} retries, {} edits, {}{}",
        visible(name),
        share(tally.first),
        tally.done,
        tally.retries,
        tally.edits,
        tokens(&tally.cost),
        money(&tally.cost)
    ));
}

fn to_json(metrics: &Metrics) -> Value {
    let groups = |groups: &BTreeMap<String, Tally>| -> Value {
        groups
            .iter()
            .map(|(name, tally)| (name.clone(), tally_json(tally)))
            .collect::<serde_json::Map<String, Value>>()
            .into()
    };
    let runs = metrics.runs.iter().map(|it| {
        json!({
            "id": it.id, "spec": it.run.spec, "model": it.run.model, "started_ms": it.run.span_ms.0, "ended_ms": it.run.span_ms.1,
            "outcome": it.run.outcome.map(|it| it.name()), "figures": tally_json(&it.run.tally),
        })
    });
    let specs = metrics.specs.iter().map(|it| {
        json!({
            "spec": it.spec, "title": it.title, "to_done_ms": it.to_done_ms, "traced": share_json(it.traced),
            "covered": share_json(it.covered), "stale": it.stale, "tasks": share_json(it.tasks),
        })
    });
    json!({
        "project": metrics.project, "at_ms": metrics.at_ms, "all": tally_json(&metrics.all),
        "runs": runs.collect::<Vec<Value>>(), "specs": specs.collect::<Vec<Value>>(),
        "by_spec": groups(&metrics.by_spec), "by_model": groups(&metrics.by_model), "by_week": groups(&metrics.by_week),
        "chats": metrics.chats.0, "chat_cost": cost_json(&metrics.chats.1),
        "coverage": metrics.coverage.as_ref().map(|it| json!({"rate": it.rate, "report": it.report})),
        "documented": share_json(metrics.documented),
        "shape": metrics.shape.map(|it| json!({"before": shape_json(&it.before), "after": shape_json(&it.after)})),
        "targets": {"first": FIRST_PASS, "coverage": COVERAGE, "findings": 0},
    })
}

fn tally_json(it: &Tally) -> Value {
    json!({
        "first": share_json(it.first), "accepted": share_json(it.accepted), "approved": share_json(it.approved),
        "proven": share_json(it.proven), "edits": it.edits, "edited_lines": it.edited_lines, "revisions": it.revisions,
        "landed_lines": it.landed_lines, "retries": it.retries, "done": it.done, "failed": it.failed, "skipped": it.skipped,
        "undone": it.undone, "refused": it.refused, "findings": it.findings, "turns": it.turns, "checks_ms": it.checks_ms,
        "cost": cost_json(&it.cost),
    })
}

fn shape_json(it: &Shape) -> Value {
    json!({
        "files": it.files, "complexity": it.complexity, "functions": it.functions, "copied": it.copied, "lines": it.lines,
    })
}

fn share_json(share: Share) -> Value {
    let bounds = interval(share);
    json!({"part": share.part, "all": share.all, "rate": share.rate(), "low": bounds.low, "high": bounds.high})
}

fn cost_json(cost: &Cost) -> Value {
    json!({
        "input_tokens": cost.input_tokens, "cached_tokens": cost.cached_tokens, "output_tokens": cost.output_tokens,
        "wall_ms": cost.wall_ms, "usd": cost.usd(),
    })
}
