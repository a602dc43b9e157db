//! Numbers with a unit and what is compared with them: `< 200 ms`, `at least 80 %`, `20 tests or more`.

use std::ops::Range;

use crate::inline::code_spans;

/// Which side of the number is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The number or more.
    AtLeast,
    /// The number or less.
    AtMost,
}

/// What a measured number is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Which side is right.
    pub side: Side,
    /// Whether the number itself is wrong.
    pub is_strict: bool,
    /// The number, in the smallest unit of its kind.
    pub amount: u64,
}

impl Limit {
    /// Whether a measured number is right.
    pub fn holds(&self, measured: u64) -> bool {
        match (self.side, self.is_strict) {
            (Side::AtLeast, false) => measured >= self.amount,
            (Side::AtLeast, true) => measured > self.amount,
            (Side::AtMost, false) => measured <= self.amount,
            (Side::AtMost, true) => measured < self.amount,
        }
    }

    /// In words, with the number as `amount` writes it.
    pub fn shown(&self, amount: impl Fn(u64) -> String) -> String {
        let words = match (self.side, self.is_strict) {
            (Side::AtLeast, false) => "at least",
            (Side::AtLeast, true) => "more than",
            (Side::AtMost, false) => "at most",
            (Side::AtMost, true) => "less than",
        };
        format!("{words} {}", amount(self.amount))
    }
}

/// Thousandths of a percent as people read them.
pub(super) fn percent(thousandths: u64) -> String {
    let text = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Nanoseconds as people read them.
pub fn duration(nanos: u64) -> String {
    let (unit, name) = match nanos {
        1_000_000_000.. => (1_000_000_000, "s"),
        1_000_000.. => (1_000_000, "ms"),
        1_000.. => (1_000, "µs"),
        _ => (1, "ns"),
    };
    let text = format!("{}.{:03}", nanos / unit, nanos % unit * 1000 / unit);
    format!(
        "{} {name}",
        text.trim_end_matches('0').trim_end_matches('.')
    )
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Time,
    Percent,
    Bytes,
    Lines,
    Tests,
    Other,
}

/// A number in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Quantity {
    pub(super) side: Option<Side>,
    is_strict: bool,
    /// In thousandths of the smallest unit.
    thousandths: u64,
    pub(super) unit: Unit,
    /// Its bytes, with the words of the comparison and the unit.
    pub(super) span: Range<usize>,
}

impl Quantity {
    /// As a limit; `side` where it says none.
    pub(super) fn limit(&self, side: Side) -> Limit {
        let scale = if self.unit == Unit::Percent { 1 } else { 1000 };
        Limit {
            side: self.side.unwrap_or(side),
            is_strict: self.is_strict,
            amount: self.thousandths / scale,
        }
    }

    pub(super) fn is_fraction(&self) -> bool {
        !self.thousandths.is_multiple_of(1000)
    }
}

const MORE: &[(&str, bool)] = &[
    ("at least", false),
    ("no less than", false),
    ("not less than", false),
    ("no fewer than", false),
    ("minimum of", false),
    ("minimum", false),
    ("min.", false),
    ("min", false),
    (">=", false),
    ("≥", false),
    ("more than", true),
    ("greater than", true),
    ("larger than", true),
    ("exceeds", true),
    ("over", true),
    ("above", true),
    (">", true),
];

const LESS: &[(&str, bool)] = &[
    ("at most", false),
    ("no more than", false),
    ("not more than", false),
    ("no longer than", false),
    ("no slower than", false),
    ("no larger than", false),
    ("not exceed", false),
    ("not exceeding", false),
    ("never exceeds", false),
    ("limited to", false),
    ("limit of", false),
    ("limit:", false),
    ("maximum of", false),
    ("maximum", false),
    ("max.", false),
    ("max", false),
    ("up to", false),
    ("within", false),
    ("<=", false),
    ("≤", false),
    ("less than", true),
    ("fewer than", true),
    ("smaller than", true),
    ("faster than", true),
    ("shorter than", true),
    ("under", true),
    ("below", true),
    ("<", true),
];

/// The numbers of a text outside of code, in its order.
pub(super) fn quantities(text: &str) -> Vec<Quantity> {
    let plain = plain(text);
    let mut found: Vec<Quantity> = Vec::new();
    let mut at = 0;
    while let Some(start) = plain[at..]
        .find(|c: char| c.is_ascii_digit())
        .map(|it| it + at)
    {
        let end = start + number_length(&plain[start..]);
        at = end;
        let from = found.last().map_or(0, |it| it.span.end);
        let before = &plain[from..start];
        let is_own =
            !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '/'));
        if let (true, Some(quantity)) = (is_own, quantity(&plain, from, start, end)) {
            at = quantity.span.end;
            found.push(quantity);
        }
    }
    found
}

/// The text in small letters with its code blanked out, byte for byte in the same place.
fn plain(text: &str) -> String {
    let mut plain = text.to_ascii_lowercase();
    for span in code_spans(text) {
        plain.replace_range(span.outer.clone(), &" ".repeat(span.outer.len()));
    }
    plain
}

fn number_length(text: &str) -> usize {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text[digits..].strip_prefix(['.', ',']);
    let more = rest.map_or(0, |it| it.bytes().take_while(u8::is_ascii_digit).count());
    digits + if more > 0 { more + 1 } else { 0 }
}

fn quantity(plain: &str, from: usize, start: usize, end: usize) -> Option<Quantity> {
    let after = &plain[end..];
    let gap = after.len() - after.trim_start_matches([' ', '\u{a0}']).len();
    let word = after[gap..]
        .find(|c: char| !(c.is_alphabetic() || c == '%' || c == 'µ'))
        .map_or(&after[gap..], |length| &after[gap..gap + length]);
    if gap == 0 && matches!(word, "st" | "nd" | "rd" | "th") {
        return None;
    }
    let (unit, factor) = unit(word, gap == 0).unwrap_or((Unit::Other, 1));
    let thousandths = thousandths(&plain[start..end])?.checked_mul(factor)?;
    let mut end = match unit {
        Unit::Other => end,
        _ => end + gap + word.len(),
    };
    let mut side = None;
    let mut begin = start;
    let before = plain[from..start].trim_end();
    for (comparisons, is) in [(MORE, Side::AtLeast), (LESS, Side::AtMost)] {
        let found = comparisons.iter().find(|(it, _)| ends(before, it));
        // «no more than» ends with «more than», too.
        let longer = found.filter(|(it, _)| side.is_none_or(|(_, _, length)| it.len() > length));
        if let Some((comparison, is_strict)) = longer {
            side = Some((is, *is_strict, comparison.len()));
            begin = from + before.len() - comparison.len();
        }
    }
    for (suffix, is) in [
        ("+", Side::AtLeast),
        (" or more", Side::AtLeast),
        (" or higher", Side::AtLeast),
        (" or less", Side::AtMost),
        (" or fewer", Side::AtMost),
    ] {
        if side.is_none() && plain[end..].starts_with(suffix) {
            side = Some((is, false, 0));
            end += suffix.len();
        }
    }
    Some(Quantity {
        side: side.map(|it| it.0),
        is_strict: side.is_some_and(|it| it.1),
        thousandths,
        unit,
        span: begin..end,
    })
}

/// Whether a text ends with words of a comparison, not with the end of a longer word.
fn ends(text: &str, words: &str) -> bool {
    text.strip_suffix(words).is_some_and(|before| {
        !words.starts_with(char::is_alphabetic) || !before.ends_with(char::is_alphanumeric)
    })
}

/// A number in thousandths; a comma stands before the thousands where three digits follow it.
fn thousandths(number: &str) -> Option<u64> {
    let (whole, part) = match number.split_once(['.', ',']) {
        Some((whole, part)) if number.contains(',') && part.len() == 3 => {
            return format!("{whole}{part}")
                .parse::<u64>()
                .ok()?
                .checked_mul(1000);
        }
        Some((whole, part)) => (whole, part),
        None => (number, ""),
    };
    let part: String = part.chars().chain("000".chars()).take(3).collect();
    let whole = whole.parse::<u64>().ok()?.checked_mul(1000)?;
    whole.checked_add(part.parse().ok()?)
}

/// What a unit counts and how many of the smallest unit it is; one letter alone only right behind the number.
fn unit(word: &str, is_close: bool) -> Option<(Unit, u64)> {
    const MINUTE: u64 = 60_000_000_000;
    Some(match word {
        "ns" | "nanosecond" | "nanoseconds" => (Unit::Time, 1),
        "µs" | "us" | "microsecond" | "microseconds" => (Unit::Time, 1_000),
        "ms" | "msec" | "millisecond" | "milliseconds" => (Unit::Time, 1_000_000),
        "s" | "sec" | "secs" | "second" | "seconds" => (Unit::Time, 1_000_000_000),
        "min" | "mins" | "minute" | "minutes" => (Unit::Time, MINUTE),
        "h" | "hour" | "hours" => (Unit::Time, 60 * MINUTE),
        "%" | "percent" => (Unit::Percent, 1),
        "b" if is_close => (Unit::Bytes, 1),
        "byte" | "bytes" => (Unit::Bytes, 1),
        "kb" => (Unit::Bytes, 1_000),
        "kib" => (Unit::Bytes, 1 << 10),
        "mb" => (Unit::Bytes, 1_000_000),
        "mib" => (Unit::Bytes, 1 << 20),
        "gb" => (Unit::Bytes, 1_000_000_000),
        "gib" => (Unit::Bytes, 1 << 30),
        "line" | "lines" => (Unit::Lines, 1),
        "test" | "tests" => (Unit::Tests, 1),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(Option<Side>, bool, u64, Unit)]) {
        let found = quantities(text);
        let told: Vec<_> = found
            .iter()
            .map(|it| {
                (
                    it.side,
                    it.is_strict,
                    it.limit(Side::AtMost).amount,
                    it.unit,
                )
            })
            .collect();
        assert_eq!(told, expected, "{text}");
    }

    #[test]
    fn numbers_come_with_their_comparison_and_unit() {
        let (most, least) = (Some(Side::AtMost), Some(Side::AtLeast));
        check(
            "Login < 200ms p95",
            &[(most, true, 200_000_000, Unit::Time)],
        );
        check("coverage ≥ 80 %", &[(least, false, 80_000, Unit::Percent)]);
        check(
            "Code coverage: 80.5%+",
            &[(least, false, 80_500, Unit::Percent)],
        );
        check(
            "within 2 seconds",
            &[(most, false, 2_000_000_000, Unit::Time)],
        );
        check(
            "at most 5 failed attempts",
            &[(most, false, 5, Unit::Other)],
        );
        check("bcrypt cost >= 12", &[(least, false, 12, Unit::Other)]);
        check(
            "no more than 1,500 lines",
            &[(most, false, 1500, Unit::Lines)],
        );
        check("1.5 MiB or less", &[(most, false, 1_572_864, Unit::Bytes)]);
        check(
            "the 95th percentile is under 0.5 s",
            &[(most, true, 500_000_000, Unit::Time)],
        );
        check(
            "Rate limit: 5 attempts per 15 minutes",
            &[
                (most, false, 5, Unit::Other),
                (None, false, 900_000_000_000, Unit::Time),
            ],
        );
        check("over 20 tests", &[(least, true, 20, Unit::Tests)]);
    }

    #[test]
    fn what_is_no_number_of_its_own_is_none() {
        for text in [
            "p95",
            "utf-8",
            "v1.2",
            "FR-1.2",
            "`f(1) < 3`",
            "3rd party",
            "sha256",
        ] {
            check(text, &[]);
        }
        // Too big for any measure: no limit rather than a wrong one.
        check(&format!("< {}", "9".repeat(30)), &[]);
    }

    #[test]
    fn limits_hold_and_are_shown() {
        let limit = |side, is_strict| Limit {
            side,
            is_strict,
            amount: 10,
        };
        for (limit, right, wrong) in [
            (limit(Side::AtLeast, false), 10, 9),
            (limit(Side::AtLeast, true), 11, 10),
            (limit(Side::AtMost, false), 10, 11),
            (limit(Side::AtMost, true), 9, 10),
        ] {
            assert!(limit.holds(right) && !limit.holds(wrong), "{limit:?}");
        }
        assert_eq!(percent(80_500), "80.5 %");
        assert_eq!(duration(200_000_000), "200 ms");
        assert_eq!(duration(1_500), "1.5 µs");
    }
}
