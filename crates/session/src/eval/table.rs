//! Rates with intervals, as Markdown.

use std::fmt::Write as _;

use super::results::{EvalRow, Way};

/// The bounds of a rate, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

/// Quantile of the standard normal distribution for two-sided 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// The 95 % score interval of a rate (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927, p. 209); the whole range
/// when there are no trials.
pub fn wilson(passed: usize, trials: usize) -> Interval {
    if trials == 0 {
        return Interval {
            low: 0.0,
            high: 1.0,
        };
    }
    let n = trials as f64;
    let rate = passed as f64 / n;
    let z2 = Z * Z;
    let middle = rate + z2 / (2.0 * n);
    let half = Z * ((rate * (1.0 - rate) + z2 / (4.0 * n)) / n).sqrt();
    let scale = 1.0 + z2 / n;
    Interval {
        low: ((middle - half) / scale).max(0.0),
        high: ((middle + half) / scale).min(1.0),
    }
}

/// One way's figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The way.
    pub way: Way,
    /// The model.
    pub model: String,
    /// Measurements.
    pub trials: usize,
    /// Of these, those whose hidden checks passed.
    pub passed: usize,
    /// 95 % interval of the rate.
    pub interval: Interval,
    /// Measurements whose work ended `done`, and how many of those passed; none for the plain way, which
    /// proves nothing.
    pub claimed: Option<(usize, usize)>,
    /// Tokens read, mean.
    pub input_tokens: f64,
    /// Tokens written, mean.
    pub output_tokens: f64,
    /// Candidates, mean.
    pub candidates: f64,
    /// Seconds, median.
    pub seconds: f64,
    /// Seconds, mean.
    pub mean_seconds: f64,
}

/// Summaries by way and model, plain first.
pub fn summaries(rows: &[EvalRow]) -> Vec<Summary> {
    let mut keys: Vec<(Way, &str)> = rows.iter().map(|it| (it.way, it.model.as_str())).collect();
    keys.sort_unstable();
    keys.dedup();
    let of = |(way, model): (Way, &str)| {
        let mine: Vec<&EvalRow> = rows
            .iter()
            .filter(|it| it.way == way && it.model == model)
            .collect();
        summary(way, model, &mine)
    };
    keys.into_iter().map(of).collect()
}

fn summary(way: Way, model: &str, rows: &[&EvalRow]) -> Summary {
    let passed = rows.iter().filter(|it| it.passed).count();
    let done: Vec<&&EvalRow> = rows.iter().filter(|it| it.outcome == "done").collect();
    let right = done.iter().filter(|it| it.passed).count();
    let mean = |of: fn(&EvalRow) -> f64| {
        rows.iter().map(|it| of(it)).sum::<f64>() / rows.len().max(1) as f64
    };
    let mut seconds: Vec<f64> = rows.iter().map(|it| it.seconds).collect();
    seconds.sort_unstable_by(f64::total_cmp);
    Summary {
        way,
        model: model.to_owned(),
        trials: rows.len(),
        passed,
        interval: wilson(passed, rows.len()),
        claimed: (way == Way::Kiro).then_some((done.len(), right)),
        input_tokens: mean(|it| it.input_tokens as f64),
        output_tokens: mean(|it| it.output_tokens as f64),
        candidates: mean(|it| f64::from(it.candidates)),
        seconds: median(&seconds),
        mean_seconds: mean(|it| it.seconds),
    }
}

/// The middle of sorted values; the mean of both when there are two.
fn median(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => sorted[half],
        _ => f64::midpoint(sorted[half - 1], sorted[half]),
    }
}

/// A Markdown table of the results, and the cases that failed.
pub fn markdown(rows: &[EvalRow]) -> String {
    let mut text = String::from(
        "| way | model | passed | rate | 95 % interval | ended done, right of those | tokens read | tokens written | candidates | seconds, median | mean |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for it in summaries(rows) {
        let claimed = it
            .claimed
            .map_or("–".to_owned(), |(done, right)| format!("{done}, {right}"));
        let _ = writeln!(
            text,
            "| {} | {} | {} of {} | {} | {} – {} | {claimed} | {:.0} | {:.0} | {:.1} | {:.1} | {:.1} |",
            it.way.name(),
            it.model,
            it.passed,
            it.trials,
            percent(it.passed as f64 / it.trials.max(1) as f64),
            percent(it.interval.low),
            percent(it.interval.high),
            it.input_tokens,
            it.output_tokens,
            it.candidates,
            it.seconds,
            it.mean_seconds,
        );
    }
    for way in [Way::Plain, Way::Kiro] {
        let failed: Vec<&str> = rows
            .iter()
            .filter(|it| it.way == way && !it.passed)
            .map(|it| it.case.as_str())
            .collect();
        if !failed.is_empty() {
            let _ = write!(text, "\nFailed, {}: {}\n", way.name(), failed.join(", "));
        }
    }
    text
}

fn percent(rate: f64) -> String {
    format!("{:.1} %", rate * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(passed: usize, trials: usize, low: f64, high: f64) {
        let it = wilson(passed, trials);
        assert!(
            (it.low - low).abs() < 5e-5 && (it.high - high).abs() < 5e-5,
            "{it:?}"
        );
    }

    /// Reference values worked out apart from this code.
    #[test]
    fn intervals_are_wilsons() {
        check(10, 10, 0.7225, 1.0);
        check(0, 10, 0.0, 0.2775);
        check(26, 40, 0.4951, 0.7787);
        check(0, 0, 0.0, 1.0);
    }

    #[test]
    fn medians_of_even_and_odd_counts() {
        assert_eq!(median(&[]).to_bits(), 0.0_f64.to_bits());
        assert_eq!(median(&[1.0, 2.0, 9.0]).to_bits(), 2.0_f64.to_bits());
        assert_eq!(median(&[1.0, 2.0]).to_bits(), 1.5_f64.to_bits());
    }
}
