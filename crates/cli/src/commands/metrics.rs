//! `kiro metrics`

mod page;
mod plot;

use std::collections::BTreeMap;
use std::process::ExitCode;

use serde_json::{Value, json};
use session::{
    Cost, Environment, Metrics, MetricsOptions, Money, SessionError, Share, SpecFigures, Tally,
    interval, visible,
};

use crate::args::MetricsArgs;
use crate::output::{self, BOLD, DIM, GREEN, YELLOW, styled};

/// What the figures are held against, from 0 to 1.
const FIRST_PASS: f64 = 0.95;
const COVERAGE: f64 = 0.80;

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
        session::write_report(&file, page::html(&metrics).as_bytes())?;
        output::remark(format!("wrote {}", file.display()));
    }
    if args.json {
        output::json(&to_json(&metrics));
    } else if args.html.is_none() {
        show(&metrics);
    }
    Ok(ExitCode::SUCCESS)
}

/// A figure with what it is held against.
struct Figure {
    name: &'static str,
    value: String,
    /// More about it.
    note: String,
    /// Whether the target is met; none where there is no target or nothing was measured.
    met: Option<bool>,
    target: &'static str,
}

/// The figures, those with a target first.
fn figures(metrics: &Metrics) -> Vec<Figure> {
    let mut all = quality(metrics);
    all.extend(effort(metrics));
    all
}

fn plain(name: &'static str, value: String, note: String) -> Figure {
    Figure {
        name,
        value,
        note,
        met: None,
        target: "",
    }
}

fn quality(metrics: &Metrics) -> Vec<Figure> {
    let all = &metrics.all;
    let coverage = metrics.coverage.as_ref();
    let report = coverage.map_or("no report in the project".to_owned(), |it| {
        it.report.clone()
    });
    let covered = coverage.map_or("not measured".to_owned(), |it| percent(it.rate));
    let refused = format!("{} acts refused by the rules", all.refused);
    vec![
        Figure {
            met: all.first.rate().map(|it| it >= FIRST_PASS),
            target: "95 %",
            ..plain(
                "First-pass accuracy",
                share(all.first),
                bounds(all.first, "examples"),
            )
        },
        Figure {
            met: coverage.map(|it| it.rate >= COVERAGE),
            target: "80 %",
            ..plain("Test coverage", covered, report)
        },
        Figure {
            met: (!metrics.runs.is_empty()).then_some(all.findings == 0),
            target: "0",
            ..plain(
                "Findings that stopped work",
                all.findings.to_string(),
                refused,
            )
        },
        plain(
            "Accepted at first",
            share(all.accepted),
            bounds(all.accepted, "tasks"),
        ),
        plain(
            "Approval rate",
            share(all.approved),
            bounds(all.approved, "answers of persons"),
        ),
        plain(
            "Proven criteria",
            share(all.proven),
            bounds(all.proven, "success criteria"),
        ),
    ]
}

fn effort(metrics: &Metrics) -> Vec<Figure> {
    let all = &metrics.all;
    let times: Vec<i64> = metrics
        .specs
        .iter()
        .filter_map(|it| it.to_done_ms)
        .collect();
    let count = times.len();
    let edits = format!(
        "at least {} lines; {} sent back with a remark",
        all.edited_lines, all.revisions
    );
    let tasks = format!(
        "{} tasks done, {} failed, {} skipped, {} undone",
        all.done, all.failed, all.skipped, all.undone
    );
    let stale: u64 = metrics.specs.iter().map(|it| it.stale).sum();
    let stale_specs = metrics.specs.iter().filter(|it| it.stale > 0).count();
    let spent = format!("{} turns of models{}", all.turns, money(&all.cost));
    let time = median(times).map_or("none yet".to_owned(), duration);
    let traced = share(sum(&metrics.specs, |it| it.traced));
    vec![
        plain(
            "From spec to working code",
            time,
            format!("median of {count} specs that are done"),
        ),
        plain("Manual edits", all.edits.to_string(), edits),
        plain("Retries", all.retries.to_string(), tasks),
        plain(
            "Traced requirements",
            traced,
            "with task, files and check".to_owned(),
        ),
        plain(
            "Documented definitions",
            share(metrics.documented),
            "public ones, in files of runs".to_owned(),
        ),
        plain(
            "Stale tasks",
            stale.to_string(),
            format!("in {stale_specs} specs"),
        ),
        plain("Tokens", tokens(&all.cost), spent),
    ]
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

fn percent(rate: f64) -> String {
    format!("{:.1} %", rate * 100.0)
}

fn share(share: Share) -> String {
    share.rate().map_or("none yet".to_owned(), percent)
}

/// A share in words with the interval of its rate.
fn bounds(share: Share, what: &str) -> String {
    if share.all == 0 {
        return format!("no {what}");
    }
    let bounds = interval(share);
    format!(
        "{} of {} {what}, 95 % interval {:.0} to {:.0} %",
        share.part,
        share.all,
        bounds.low * 100.0,
        bounds.high * 100.0
    )
}

fn sum(specs: &[SpecFigures], of: impl Fn(&SpecFigures) -> Share) -> Share {
    let mut all = Share::default();
    for it in specs.iter().map(of) {
        all.part += it.part;
        all.all += it.all;
    }
    all
}

fn median(mut numbers: Vec<i64>) -> Option<i64> {
    numbers.sort_unstable();
    numbers.get(numbers.len().checked_sub(1)? / 2).copied()
}

fn duration(ms: i64) -> String {
    match ms / 1000 {
        seconds @ ..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds @ 3600..172_800 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        seconds => format!("{} days", seconds / 86_400),
    }
}

fn tokens(cost: &Cost) -> String {
    let all = cost.input_tokens + cost.output_tokens;
    match all {
        0..10_000 => all.to_string(),
        10_000..10_000_000 => format!("{} k", all / 1000),
        _ => format!("{:.1} M", all as f64 / 1e6),
    }
}

fn money(cost: &Cost) -> String {
    match cost.nano_usd {
        0 => String::new(),
        nanos => format!(", {}", Money::from_nanos(nanos)),
    }
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
