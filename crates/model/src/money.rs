//! Amounts of money, in US dollars, without rounding errors that add up.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign};
use std::str::FromStr;

/// Nano-dollars in a dollar.
const PER_DOLLAR: u64 = 1_000_000_000;

/// An amount of US dollars, in steps of a nano-dollar. Sums saturate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(u64);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many nano-dollars.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// The amount in nano-dollars.
    #[must_use]
    pub fn nanos(self) -> u64 {
        self.0
    }

    /// The amount in dollars, for reports only.
    #[must_use]
    pub fn dollars(self) -> f64 {
        self.0 as f64 / PER_DOLLAR as f64
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, Add::add)
    }
}

/// Four decimals, rounded up, so that nothing but nothing is shown as nothing: `$0.0123`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = self.0.div_ceil(PER_DOLLAR / 10_000);
        write!(f, "${}.{:04}", steps / 10_000, steps % 10_000)
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    /// Reads dollars as a person writes them: `5`, `0.25`, `$1.50`; at most nine decimals.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let fail = || MoneyError(text.to_owned());
        let number = text.trim();
        let number = number.strip_prefix('$').unwrap_or(number);
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        let digits = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
        if !digits(whole)
            || !digits(part)
            || part.len() > 9
            || (whole.is_empty() && part.is_empty())
        {
            return Err(fail());
        }
        let whole: u64 = match whole {
            "" => 0,
            whole => whole.parse().map_err(|_| fail())?,
        };
        let part: u64 = format!("{part:0<9}").parse().map_err(|_| fail())?;
        let nanos = whole
            .checked_mul(PER_DOLLAR)
            .and_then(|it| it.checked_add(part));
        nanos.map(Self).ok_or_else(fail)
    }
}

/// A text that is no amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no amount of dollars: write one like 2.50")]
pub struct MoneyError(String);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, nanos: Option<u64>) {
        assert_eq!(text.parse().ok(), nanos.map(Money), "{text}");
    }

    #[test]
    fn amounts() {
        check("5", Some(5_000_000_000));
        check("$1.50", Some(1_500_000_000));
        check(".25", Some(250_000_000));
        check(" 0.000000001 ", Some(1));
        check("3.", Some(3_000_000_000));
        for text in [
            "",
            "$",
            ".",
            "-1",
            "1e3",
            "1,5",
            "0.0000000001",
            "99999999999999999999",
            "NaN",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn shown() {
        let shown = [0, 1, 100_000, 12_345_678, 2_500_000_000].map(|it| Money(it).to_string());
        assert_eq!(
            shown,
            ["$0.0000", "$0.0001", "$0.0001", "$0.0124", "$2.5000"]
        );
        assert_eq!(Money(u64::MAX) + Money(1), Money(u64::MAX));
    }

    proptest! {
        #[test]
        fn what_is_shown_is_never_less(nanos in 0..1_000_000_000_000_u64) {
            let shown: Money = Money(nanos).to_string().parse().unwrap();
            prop_assert!(shown >= Money(nanos) && shown.0 - nanos < 100_000);
        }
    }
}
