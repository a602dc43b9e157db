//! The metrics as one page that needs nothing else: no script, no font, no network.

use std::fmt::Write as _;

use session::{Metrics, SpecFigures, date, interval};

use super::plot::{Bar, Dot, bars, dots, escaped, gauge};
use super::{FIRST_PASS, Figure, duration, figures, money, share, tokens};

/// Runs that a plot shows: the latest.
const RUNS_MAX: usize = 40;
const DAY_MS: i64 = 86_400_000;

const STYLE: &str = include_str!("page.css");

/// The whole page.
pub fn html(metrics: &Metrics) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>How it goes</title><style>{STYLE}</style></head><body><main>"
    );
    let name = metrics.project.rsplit('/').next().unwrap_or_default();
    let _ = write!(
        page,
        "<header><h1>{}</h1><p>Runs: {}, chats: {} · measured {} from the journal</p></header>",
        escaped(name),
        metrics.runs.len(),
        metrics.chats.0,
        date(metrics.at_ms.div_euclid(DAY_MS))
    );
    cards(&mut page, metrics);
    page.push_str("<div class=\"plots\">");
    first_pass(&mut page, metrics);
    spent(&mut page, metrics);
    times(&mut page, metrics);
    traced(&mut page, metrics);
    page.push_str("</div>");
    specs(&mut page, metrics);
    groups(&mut page, metrics);
    runs(&mut page, metrics);
    page.push_str("<footer>First-pass accuracy is the share of a task's examples that were green in the first changeset shown or applied; what a model tried before that is cost. Bars on points are 95 % score intervals. What was not measured is not shown as a number.</footer></main></body></html>\n");
    page
}

fn cards(page: &mut String, metrics: &Metrics) {
    let (aimed, others): (Vec<Figure>, Vec<Figure>) = figures(metrics)
        .into_iter()
        .partition(|it| !it.target.is_empty());
    for (class, all) in [("aims", aimed), ("cards", others)] {
        let _ = write!(page, "<section class=\"{class}\">");
        all.iter().for_each(|it| card(page, it));
        page.push_str("</section>");
    }
}

fn card(page: &mut String, it: &Figure) {
    let (class, mark) = match it.met {
        Some(true) => ("met", format!("✓ target {}", it.target)),
        Some(false) => ("short", format!("✗ target {}", it.target)),
        None if it.target.is_empty() => ("", String::new()),
        None => ("", format!("target {}", it.target)),
    };
    let gauge = it
        .gauge
        .as_ref()
        .map(|it| gauge(it.rate, it.bounds, it.target));
    let _ = write!(
        page,
        "<div class=\"card {class}\"><h2>{}</h2><b>{}</b>{}<p>{}</p><i>{}</i></div>",
        it.name,
        escaped(&it.value),
        gauge.unwrap_or_default(),
        escaped(&it.note),
        escaped(&mark)
    );
}

fn plot(page: &mut String, title: &str, keys: &[&str], svg: &str) {
    let _ = write!(page, "<figure><figcaption>{title}");
    for (nth, key) in keys.iter().enumerate() {
        let _ = write!(
            page,
            "<span class=\"key\"><i class=\"k{nth}\"></i>{key}</span>"
        );
    }
    let _ = write!(page, "</figcaption>{svg}</figure>");
}

/// The name of a spec without its folder and ending.
fn short(spec: &str) -> &str {
    let name = spec.rsplit('/').next().unwrap_or(spec);
    name.strip_suffix(".md").unwrap_or(name)
}

fn first_pass(page: &mut String, metrics: &Metrics) {
    let measured = metrics.runs.iter().filter_map(|it| {
        let bounds = interval(it.run.tally.first);
        Some(Dot {
            label: format!(
                "{} {}",
                short(&it.run.spec),
                date(it.run.span_ms.0.div_euclid(DAY_MS))
            ),
            rate: it.run.tally.first.rate()?,
            low: bounds.low,
            high: bounds.high,
        })
    });
    let mut points: Vec<Dot> = measured.collect();
    points.drain(..points.len().saturating_sub(RUNS_MAX));
    if !points.is_empty() {
        let title = "First-pass accuracy, run by run";
        plot(page, title, &[], &dots(title, &points, FIRST_PASS));
    }
}

fn spent(page: &mut String, metrics: &Metrics) {
    let mut all: Vec<Bar> = metrics
        .runs
        .iter()
        .filter(|it| it.run.tally.turns > 0)
        .map(|it| {
            let cost = &it.run.tally.cost;
            let fresh = cost.input_tokens.saturating_sub(cost.cached_tokens);
            Bar {
                label: short(&it.run.spec).to_owned(),
                parts: [fresh, cost.cached_tokens, cost.output_tokens]
                    .map(|it| it as f64)
                    .to_vec(),
                told: format!(
                    "{fresh} read, {} kept from before, {} written{}",
                    cost.cached_tokens,
                    cost.output_tokens,
                    money(cost)
                ),
            }
        })
        .collect();
    all.drain(..all.len().saturating_sub(RUNS_MAX));
    if !all.is_empty() {
        let title = "Tokens, run by run";
        plot(
            page,
            title,
            &["read", "kept from before", "written"],
            &bars(title, &all, &thousands),
        );
    }
}

fn thousands(number: f64) -> String {
    match number {
        ..1000.0 => format!("{number:.0}"),
        ..10_000.0 => format!("{:.1} k", number / 1000.0),
        ..1_000_000.0 => format!("{:.0} k", number / 1000.0),
        _ => format!("{:.1} M", number / 1e6),
    }
}

fn times(page: &mut String, metrics: &Metrics) {
    let mut all: Vec<Bar> = metrics
        .runs
        .iter()
        .map(|it| {
            let (tally, seconds) = (&it.run.tally, |ms: u64| ms as f64 / 1000.0);
            let whole = u64::try_from(it.run.span_ms.1 - it.run.span_ms.0).unwrap_or(0);
            let (models, checks) = (
                tally.cost.wall_ms.min(whole),
                tally
                    .checks_ms
                    .min(whole.saturating_sub(tally.cost.wall_ms)),
            );
            let rest = whole.saturating_sub(models + checks);
            let told = [models, checks, rest].map(|it| duration(i64::try_from(it).unwrap_or(0)));
            Bar {
                label: short(&it.run.spec).to_owned(),
                parts: vec![seconds(models), seconds(checks), seconds(rest)],
                told: format!(
                    "model {}, checks {}, waiting and the rest {}",
                    told[0], told[1], told[2]
                ),
            }
        })
        .collect();
    all.drain(..all.len().saturating_sub(RUNS_MAX));
    let wholes = all.iter().map(|it| it.parts.iter().sum::<f64>());
    let (seconds, unit) = unit_of(wholes.fold(0.0, f64::max));
    let parts = all.iter_mut().flat_map(|it| &mut it.parts);
    parts.for_each(|it| *it /= seconds);
    if !all.is_empty() {
        let title = "Where the time went, run by run";
        plot(
            page,
            title,
            &["models", "checks", "waiting and the rest"],
            &bars(title, &all, &|it| format!("{} {unit}", plain(it))),
        );
    }
}

/// A number without parts that say nothing.
fn plain(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The seconds of a unit in which so many seconds are read easily, and its name.
fn unit_of(seconds: f64) -> (f64, &'static str) {
    match seconds {
        ..120.0 => (1.0, "s"),
        ..7_200.0 => (60.0, "min"),
        _ => (3_600.0, "h"),
    }
}

fn traced(page: &mut String, metrics: &Metrics) {
    let bar = |it: &SpecFigures| {
        let open = it.covered.all - it.covered.part;
        Bar {
            label: short(&it.spec).to_owned(),
            parts: vec![it.covered.part as f64, open as f64],
            told: format!(
                "{} of {} criteria covered by evidence",
                it.covered.part, it.covered.all
            ),
        }
    };
    let all: Vec<Bar> = metrics
        .specs
        .iter()
        .filter(|it| it.covered.all > 0)
        .take(RUNS_MAX)
        .map(bar)
        .collect();
    if !all.is_empty() {
        let title = "Criteria of each spec";
        plot(
            page,
            title,
            &["covered by evidence", "not yet"],
            &bars(title, &all, &thousands),
        );
    }
}

fn table(page: &mut String, title: &str, heads: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    let _ = write!(
        page,
        "<section><h2>{title}</h2><div class=\"scroll\" role=\"region\" aria-label=\"{title}\" tabindex=\"0\"><table><thead><tr>"
    );
    for head in heads {
        let _ = write!(page, "<th>{head}</th>");
    }
    page.push_str("</tr></thead><tbody>");
    for row in rows {
        let cells: String = row
            .iter()
            .map(|it| format!("<td>{}</td>", escaped(it)))
            .collect();
        let _ = write!(page, "<tr>{cells}</tr>");
    }
    page.push_str("</tbody></table></div></section>");
}

fn specs(page: &mut String, metrics: &Metrics) {
    if metrics.specs.is_empty() {
        return;
    }
    let heads = [
        "Spec",
        "Tasks",
        "Stale",
        "Traced",
        "Covered",
        "To working code",
    ];
    let of = |it: &session::Share| format!("{} of {}", it.part, it.all);
    let rows = metrics.specs.iter().map(|it| {
        let time = it.to_done_ms.map_or("not yet".to_owned(), duration);
        vec![
            it.spec.clone(),
            of(&it.tasks),
            it.stale.to_string(),
            of(&it.traced),
            of(&it.covered),
            time,
        ]
    });
    table(page, "Specs", &heads, rows);
}

fn groups(page: &mut String, metrics: &Metrics) {
    let mut heads = [
        "",
        "First pass",
        "Accepted at first",
        "Approved",
        "Done",
        "Retries",
        "Edits",
        "Tokens",
    ];
    for (title, of, groups) in [
        ("Models", "Model", &metrics.by_model),
        ("Weeks", "Week", &metrics.by_week),
    ] {
        if groups.is_empty() {
            continue;
        }
        heads[0] = of;
        let rows = groups.iter().map(|(name, it)| {
            vec![
                name.clone(),
                share(it.first),
                share(it.accepted),
                share(it.approved),
                it.done.to_string(),
                it.retries.to_string(),
                it.edits.to_string(),
                format!("{}{}", tokens(&it.cost), money(&it.cost)),
            ]
        });
        table(page, title, &heads, rows);
    }
}

fn runs(page: &mut String, metrics: &Metrics) {
    if metrics.runs.is_empty() {
        return;
    }
    let heads = [
        "Run",
        "Day",
        "Spec",
        "Model",
        "Ended",
        "First pass",
        "Retries",
        "Edits",
        "Tokens",
        "Time",
    ];
    let rows = metrics.runs.iter().rev().map(|it| {
        let (run, tally) = (&it.run, &it.run.tally);
        vec![
            it.id.clone(),
            date(run.span_ms.0.div_euclid(DAY_MS)),
            short(&run.spec).to_owned(),
            run.model.clone(),
            run.outcome.map_or("open", |it| it.name()).to_owned(),
            share(tally.first),
            tally.retries.to_string(),
            tally.edits.to_string(),
            tokens(&tally.cost),
            duration(run.span_ms.1 - run.span_ms.0),
        ]
    });
    table(page, "Runs", &heads, rows);
}
