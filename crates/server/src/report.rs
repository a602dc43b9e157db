//! What is measured on runs, as figures in words and as one page that needs nothing else.

mod page;
mod plot;

use session::{Cost, Metrics, Money, Shape, ShapeChange, Share, SpecFigures, interval};

pub use self::page::html;

/// What first-pass accuracy is held against, from 0 to 1.
pub const FIRST_PASS: f64 = 0.95;
/// What test coverage is held against, from 0 to 1.
pub const COVERAGE: f64 = 0.80;

/// A figure with what it is held against.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What it is called.
    pub name: &'static str,
    /// The figure in words.
    pub value: String,
    /// More about it.
    pub note: String,
    /// Whether the target is met; none where there is no target or nothing was measured.
    pub met: Option<bool>,
    /// The target in words; empty where there is none.
    pub target: &'static str,
    /// Where it stands between nothing and all, beside its target; none where there is no target or no such number.
    pub gauge: Option<Gauge>,
}

/// A rate beside its target, all from 0 to 1.
#[derive(Clone, Copy, Debug)]
pub struct Gauge {
    /// The rate.
    pub rate: f64,
    /// The bounds of its 95 % interval.
    pub bounds: (f64, f64),
    /// The target.
    pub target: f64,
}

/// The figures, those with a target first.
pub fn figures(metrics: &Metrics) -> Vec<Figure> {
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
        gauge: None,
    }
}

fn quality(metrics: &Metrics) -> Vec<Figure> {
    let all = &metrics.all;
    let coverage = metrics.coverage.as_ref();
    let report = coverage.map_or("no report in the project".to_owned(), |it| {
        it.report.clone()
    });
    let covered = coverage.map_or("not measured".to_owned(), |it| percent(it.rate));
    let refused = format!("{} refused by the rules", count(all.refused, "act"));
    vec![
        Figure {
            met: all.first.rate().map(|it| it >= FIRST_PASS),
            target: "95 %",
            gauge: all.first.rate().map(|rate| {
                let bounds = interval(all.first);
                Gauge {
                    rate,
                    bounds: (bounds.low, bounds.high),
                    target: FIRST_PASS,
                }
            }),
            ..plain(
                "First-pass accuracy",
                share(all.first),
                bounds(all.first, "examples"),
            )
        },
        Figure {
            met: coverage.map(|it| it.rate >= COVERAGE),
            target: "80 %",
            gauge: coverage.map(|it| Gauge {
                rate: it.rate,
                bounds: (it.rate, it.rate),
                target: COVERAGE,
            }),
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
    let timed = times.len() as u64;
    let edits = format!(
        "at least {}; {} sent back with a remark",
        count(all.edited_lines, "line"),
        all.revisions
    );
    let tasks = format!(
        "{} done, {} failed, {} skipped, {} undone",
        count(all.done, "task"),
        all.failed,
        all.skipped,
        all.undone
    );
    let stale: u64 = metrics.specs.iter().map(|it| it.stale).sum();
    let stale_specs = metrics.specs.iter().filter(|it| it.stale > 0).count() as u64;
    let spent = format!("{} of models{}", count(all.turns, "turn"), money(&all.cost));
    let time = median(times).map_or("none yet".to_owned(), duration);
    let traced = share(sum(&metrics.specs, |it| it.traced));
    vec![
        plain(
            "From spec to working code",
            time,
            format!("median of {} done", count(timed, "spec")),
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
            format!("in {}", count(stale_specs, "spec")),
        ),
        complexity(metrics.shape),
        copied(metrics.shape),
        plain("Tokens", tokens(&all.cost), spent),
    ]
}

/// What a function of the changed files takes in, before and after.
fn complexity(shape: Option<ShapeChange>) -> Figure {
    const NAME: &str = "Complexity a function";
    let average = |it: &Shape| it.a_function().map(|it| format!("{it:.1}"));
    let Some((it, after)) = shape.and_then(|it| Some((it, average(&it.after)?))) else {
        return plain(
            NAME,
            "none yet".to_owned(),
            "no function of a run".to_owned(),
        );
    };
    let before = average(&it.before).map_or(String::new(), |it| format!("{it} before, "));
    let of = count(it.after.functions, "function");
    plain(
        NAME,
        after,
        format!("{before}{of} in changed files, cyclomatic"),
    )
}

/// How much of the changed files is copied, before and after.
fn copied(shape: Option<ShapeChange>) -> Figure {
    const NAME: &str = "Copied lines";
    let rate = |it: &Shape| {
        let (part, all) = (it.copied, it.lines);
        Share { part, all }.rate().map(percent)
    };
    let Some((it, after)) = shape.and_then(|it| Some((it, rate(&it.after)?))) else {
        return plain(NAME, "none yet".to_owned(), "no source of a run".to_owned());
    };
    let before = rate(&it.before).map_or(String::new(), |it| format!("{it} before, "));
    let of = count(it.after.lines, "line");
    plain(NAME, after, format!("{before}of {of} in changed files"))
}

/// A number of things.
fn count(number: u64, thing: &str) -> String {
    match number {
        1 => format!("1 {thing}"),
        _ => format!("{} {thing}s", grouped(number)),
    }
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn percent(rate: f64) -> String {
    format!("{:.1} %", rate * 100.0)
}

/// A share as a percentage, or that there is none.
pub fn share(share: Share) -> String {
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

/// The tokens of a cost, short.
pub fn tokens(cost: &Cost) -> String {
    let all = cost.input_tokens + cost.output_tokens;
    match all {
        0..10_000 => grouped(all),
        10_000..10_000_000 => format!("{} k", all / 1000),
        _ => format!("{:.1} M", all as f64 / 1e6),
    }
}

/// The money of a cost after a comma; empty where there is none.
pub fn money(cost: &Cost) -> String {
    match cost.nano_usd {
        0 => String::new(),
        nanos => format!(", {}", Money::from_nanos(nanos)),
    }
}
