//! Plots as SVG: every mark carries its value as a tooltip, and what they say stands in a table as well.

use std::fmt::Write as _;

/// The size of a plot's drawing, and the room for its axes.
const WIDTH: f64 = 540.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 70.0;
const BOTTOM: f64 = 34.0;
const TOP: f64 = 14.0;
const RIGHT: f64 = 12.0;

/// A rate with its interval.
pub(super) struct Dot {
    /// What it is of.
    pub(super) label: String,
    /// From 0 to 1.
    pub(super) rate: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// A bar of several parts.
pub(super) struct Bar {
    pub(super) label: String,
    /// Each part's size, in the order of the series.
    pub(super) parts: Vec<f64>,
    /// What its tooltip says.
    pub(super) told: String,
}

/// Text as it may stand in a page.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

fn open(title: &str) -> String {
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
        escaped(title)
    )
}

fn y_of(rate: f64) -> f64 {
    TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - rate)
}

fn grid(svg: &mut String, marks: &[(f64, String)]) {
    for (rate, label) in marks {
        let y = y_of(*rate);
        let _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>",
            WIDTH - RIGHT
        );
        let _ = write!(
            svg,
            "<text class=\"axis\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
            LEFT - 8.0,
            y + 4.0
        );
    }
}

/// Rates one after the other with their intervals, and a line for what they are held against.
pub(super) fn dots(title: &str, dots: &[Dot], target: f64) -> String {
    let mut svg = open(title);
    let marks: Vec<(f64, String)> = (0..=4)
        .map(|it| (f64::from(it) / 4.0, format!("{} %", it * 25)))
        .collect();
    grid(&mut svg, &marks);
    let y = y_of(target);
    let _ = write!(
        svg,
        "<line class=\"target\" x1=\"{LEFT}\" x2=\"{}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>",
        WIDTH - RIGHT
    );
    let _ = write!(
        svg,
        "<text class=\"note\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">target {:.0} %</text>",
        WIDTH - RIGHT,
        y + 14.0,
        target * 100.0
    );
    let step = (WIDTH - LEFT - RIGHT) / dots.len().max(1) as f64;
    let x_of = |at: usize| LEFT + step * (at as f64 + 0.5);
    let points: Vec<String> = dots
        .iter()
        .enumerate()
        .map(|(at, it)| format!("{:.1},{:.1}", x_of(at), y_of(it.rate)))
        .collect();
    if points.len() > 1 {
        let _ = write!(
            svg,
            "<polyline class=\"line\" points=\"{}\"/>",
            points.join(" ")
        );
    }
    for (at, it) in dots.iter().enumerate() {
        let x = x_of(at);
        let told = format!(
            "{}: {:.1} % ({:.0} to {:.0} %)",
            it.label,
            it.rate * 100.0,
            it.low * 100.0,
            it.high * 100.0
        );
        let _ = write!(
            svg,
            "<g><title>{}</title><line class=\"bound\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{:.1}\" y2=\"{:.1}\"/><circle class=\"dot\" cx=\"{x:.1}\" cy=\"{:.1}\" r=\"5\"/></g>",
            escaped(&told),
            y_of(it.high),
            y_of(it.low),
            y_of(it.rate)
        );
    }
    labels(&mut svg, dots.iter().map(|it| it.label.as_str()), step);
    svg + "</svg>"
}

/// A rate as a bar, with its interval and its target.
pub(super) fn gauge(rate: f64, bounds: (f64, f64), target: f64) -> String {
    let at = |rate: f64| 100.0 * rate.clamp(0.0, 1.0);
    let (low, high) = (at(bounds.0), at(bounds.1));
    format!(
        "<svg class=\"gauge\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <rect class=\"track\" width=\"100\" height=\"8\"/>\
         <rect class=\"s0\" width=\"{:.1}\" height=\"8\"/>\
         <rect class=\"span\" x=\"{low:.1}\" width=\"{:.1}\" height=\"8\"/>\
         <rect class=\"aim\" x=\"{:.1}\" width=\"0.6\" height=\"8\"/></svg>",
        at(rate),
        high - low,
        at(target)
    )
}

/// Bars of several parts, one upon the other; `unit` writes a size as a label of the axis.
pub(super) fn bars(title: &str, bars: &[Bar], unit: &dyn Fn(f64) -> String) -> String {
    let mut svg = open(title);
    let most = bars
        .iter()
        .map(|it| it.parts.iter().sum::<f64>())
        .fold(0.0, f64::max);
    let most = rounded_up(most);
    let marks: Vec<(f64, String)> = (0..=4)
        .map(|it| (f64::from(it) / 4.0, unit(most * f64::from(it) / 4.0)))
        .collect();
    grid(&mut svg, &marks);
    let step = (WIDTH - LEFT - RIGHT) / bars.len().max(1) as f64;
    let width = (step * 0.62).min(56.0);
    for (at, it) in bars.iter().enumerate() {
        let x = LEFT + step * (at as f64 + 0.5) - width / 2.0;
        let _ = write!(
            svg,
            "<g><title>{}</title>",
            escaped(&format!("{}: {}", it.label, it.told))
        );
        let mut below = 0.0;
        for (nth, part) in it.parts.iter().enumerate() {
            let (low, high) = (y_of(below / most), y_of((below + part) / most));
            below += part;
            let _ = write!(
                svg,
                "<rect class=\"s{nth}\" x=\"{x:.1}\" y=\"{high:.1}\" width=\"{width:.1}\" height=\"{:.1}\" rx=\"2\"/>",
                (low - high).max(0.0)
            );
        }
        svg.push_str("</g>");
    }
    labels(&mut svg, bars.iter().map(|it| it.label.as_str()), step);
    svg + "</svg>"
}

/// The next number above that is easy to divide by four.
fn rounded_up(most: f64) -> f64 {
    if most <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(most.log10().floor());
    let steps = [1.0, 1.2, 1.6, 2.0, 2.4, 3.2, 4.0, 4.8, 6.0, 8.0, 10.0];
    let step = steps
        .iter()
        .find(|it| *it * power >= most)
        .copied()
        .unwrap_or(10.0);
    step * power
}

/// Labels below, as many as there is room for.
fn labels<'a>(svg: &mut String, labels: impl Iterator<Item = &'a str>, step: f64) {
    const LETTER: f64 = 6.4;
    const APART: f64 = 74.0;
    let every = (APART / step).ceil().max(1.0) as usize;
    let room = (step * every as f64 / LETTER) as usize;
    for (at, label) in labels.enumerate().filter(|(at, _)| at % every == 0) {
        let x = LEFT + step * (at as f64 + 0.5);
        let short: String = match label.chars().count() > room {
            true => label
                .chars()
                .take(room.saturating_sub(1))
                .chain(['…'])
                .collect(),
            false => label.to_owned(),
        };
        let _ = write!(
            svg,
            "<text class=\"axis\" x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            HEIGHT - 12.0,
            escaped(&short)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_hold_cannot_leave_its_place() {
        let bar = Bar {
            label: "<script>\"'&".to_owned(),
            parts: vec![1.0],
            told: "x".to_owned(),
        };
        let svg = bars("t", &[bar], &|it| format!("{it:.0}"));
        assert!(
            !svg.contains("<script") && svg.contains("&lt;script&gt;&quot;&#39;&amp;"),
            "{svg}"
        );
    }

    #[test]
    fn axes_end_above_the_largest() {
        assert_eq!(
            [
                rounded_up(0.0),
                rounded_up(3.0),
                rounded_up(40.0),
                rounded_up(81.0),
                rounded_up(236.0)
            ],
            [1.0, 3.2, 40.0, 100.0, 240.0]
        );
        assert!(!bars("t", &[], &|it| it.to_string()).contains("NaN"));
    }
}
