//! What measures a criterion, read from its words. A statement is measured only where something known measures all of it: a
//! word that is not understood leaves it to a person.

mod command;
mod limit;
mod named;
mod words;

use std::borrow::Cow;

pub use limit::{Limit, Side, duration};
pub use named::TestName;

use self::command::command_in;
use self::limit::{Quantity, Unit, quantities};
use self::words::{Rest, only};
use crate::example::is_call_in_code;
use crate::inline::code_spans;
use crate::path::is_path;

/// What measures a criterion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measure {
    /// All of the project's tests.
    AllTests,
    /// All of the project's tests, and how many there are.
    TestCount(Limit),
    /// All examples of the document.
    Examples,
    /// A command, which must end with this exit code.
    Command {
        /// The command as written.
        line: String,
        /// The exit code.
        exit: u8,
    },
    /// A test of the project that is named for the criterion.
    Test(TestName),
    /// The share of the code's lines that the tests run, in thousandths of a percent.
    Coverage(Limit),
    /// Security scanners: none of their findings is high, critical or without a grade.
    Security,
    /// How long a call takes.
    Time(Timing),
    /// How big a file is.
    Size(Size),
}

/// A call whose time is limited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    /// The call as written: an expression, or a command line.
    pub call: String,
    /// Whether it is a command line.
    pub is_command: bool,
    /// Which of many times counts.
    pub statistic: Statistic,
    /// The limit, in nanoseconds.
    pub limit: Limit,
}

/// Which of many times counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// Each of them, hence the longest.
    Every,
    /// The mean.
    Mean,
    /// The one below which so many percent of them lie: 50 is the median.
    Percentile(u8),
}

/// A file whose size is limited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    /// The file, relative to the project.
    pub path: String,
    /// Whether its lines count; its bytes otherwise.
    pub lines: bool,
    /// The limit.
    pub limit: Limit,
}

impl Statistic {
    /// Its name, as people write it.
    pub fn name(self) -> String {
        match self {
            Statistic::Every => "the longest".to_owned(),
            Statistic::Mean => "the mean".to_owned(),
            Statistic::Percentile(50) => "the median".to_owned(),
            Statistic::Percentile(n) => format!("p{n}"),
        }
    }

    /// The one that counts of these times, in any order; none where there is none.
    pub fn of(self, times: &[u64]) -> Option<u64> {
        let mut sorted = times.to_vec();
        sorted.sort_unstable();
        let count = sorted.len();
        match self {
            Statistic::Every => sorted.last().copied(),
            Statistic::Mean => {
                let sum: u128 = sorted.iter().map(|it| u128::from(*it)).sum();
                let mean = sum.checked_div(count as u128)?;
                u64::try_from(mean).ok()
            }
            Statistic::Percentile(n) => {
                let rank = (usize::from(n) * count).div_ceil(100).max(1);
                sorted.get(rank - 1).copied()
            }
        }
    }
}

impl Measure {
    /// What measures the statement `text` about the whole; `None` when nothing known measures all of it.
    pub fn of(text: &str) -> Option<Measure> {
        if let Some((line, exit)) = command_in(text) {
            return Some(Measure::Command { line, exit });
        }
        if only(text, &[words::TESTS, words::PASSING, words::COMMON])
            && words::has(text, words::TESTS)
            && words::has(text, words::PASSING)
        {
            return Some(Measure::AllTests);
        }
        if only(text, &[words::EXAMPLES, words::PASSING, words::COMMON])
            && words::has(text, words::EXAMPLES)
            && words::has(text, words::PASSING)
        {
            return Some(Measure::Examples);
        }
        coverage(text)
            .or_else(|| security(text))
            .or_else(|| count(text))
            .or_else(|| Measure::of_part(text))
    }

    /// What measures the statement `text` about one call or file, whatever part of a spec it stands in.
    pub(crate) fn of_part(text: &str) -> Option<Measure> {
        timing(text).or_else(|| size(text))
    }

    /// Why it counts as measured, in a sentence for people.
    pub fn why(&self) -> Cow<'static, str> {
        match self {
            Measure::AllTests => "Kiro runs all tests of the project.".into(),
            Measure::TestCount(limit) => format!(
                "Kiro runs all tests of the project and counts them: {} must pass.",
                limit.shown(|it| it.to_string())
            )
            .into(),
            Measure::Examples => "Kiro runs every example of this document.".into(),
            Measure::Command { line, exit } => {
                format!("Kiro runs `{line}`; it holds when the command exits with {exit}.").into()
            }
            Measure::Test(name) => format!(
                "No example shows it, so a test must: Kiro runs the tests, and it holds when one that is named for it, such as `{name}`, asserts something and passes."
            )
            .into(),
            Measure::Coverage(limit) => format!(
                "Kiro runs the tests with what measures coverage in the project's language (coverage.py, node, cargo llvm-cov); {} of the lines must be run.",
                limit.shown(limit::percent)
            )
            .into(),
            Measure::Security => "Kiro runs the security scanners that are installed, as `kiro verify --security` does; it holds when one ran and nothing found is high, critical or without a grade.".into(),
            Measure::Time(timing) => format!(
                "Kiro runs {} many times and takes {}, which must be {}.",
                timing.shown(),
                timing.statistic.name(),
                timing.limit.shown(limit::duration)
            )
            .into(),
            Measure::Size(size) => {
                format!("Kiro counts the {} of `{}`: {}.", size.unit(), size.path, size.limit.shown(|it| it.to_string())).into()
            }
        }
    }
}

impl Timing {
    /// The call as people read it.
    pub fn shown(&self) -> String {
        match self.is_command {
            true => format!("`$ {}`", self.call),
            false => format!("`{}`", self.call),
        }
    }
}

impl Size {
    /// What is counted.
    pub fn unit(&self) -> &'static str {
        match self.lines {
            true => "lines",
            false => "bytes",
        }
    }
}

/// Whether a statement limits a time and names nothing that could be timed.
pub(crate) fn times_nothing(text: &str) -> bool {
    let is_time = |it: &Quantity| it.unit == Unit::Time && it.side.is_some();
    quantities(text).iter().any(is_time) && timing(text).is_none()
}

/// Whether a statement compares something with a number, so that a test can show it.
pub(crate) fn has_limit(text: &str) -> bool {
    quantities(text).iter().any(|it| it.side.is_some())
}

/// The one quantity of a statement, and its words without it.
fn one_quantity(text: &str, unit: Unit) -> Option<(Quantity, Rest)> {
    let found = quantities(text);
    let [one] = found.as_slice() else { return None };
    let rest = Rest::without(text, &one.span);
    (one.unit == unit).then(|| (one.clone(), rest))
}

fn coverage(text: &str) -> Option<Measure> {
    let (share, rest) = one_quantity(text, Unit::Percent)?;
    let is_covered = rest.has(&["coverage", "covered"]) && rest.only(&[words::COVERAGE]);
    let limit = share.limit(Side::AtLeast);
    let is_share = limit.amount <= 100_000 && limit.side == Side::AtLeast;
    (is_covered && is_share).then_some(Measure::Coverage(limit))
}

fn security(text: &str) -> Option<Measure> {
    let rest = Rest::without(text, &(0..0));
    let is_none = rest.has(&["no", "0", "zero", "free", "without"]);
    (is_none && rest.has(words::FLAWS) && rest.only(&[words::SECURITY, words::FLAWS]))
        .then_some(Measure::Security)
}

fn count(text: &str) -> Option<Measure> {
    let (count, rest) = one_quantity(text, Unit::Tests)?;
    let side = count.side?;
    let is_count =
        rest.only(&[words::PASSING, words::COMMON, words::THERE]) && !count.is_fraction();
    is_count.then(|| Measure::TestCount(count.limit(side)))
}

fn timing(text: &str) -> Option<Measure> {
    let (call, is_command) = timed(text)?;
    let (time, rest) = one_quantity(text, Unit::Time)?;
    let limit = time.limit(time.side.unwrap_or(Side::AtMost));
    let statistic = rest.statistic()?;
    let is_limited = limit.side == Side::AtMost && rest.only(&[words::TIMING]);
    is_limited.then_some(Measure::Time(Timing {
        call,
        is_command,
        statistic,
        limit,
    }))
}

/// The one call or command in backticks that a statement speaks of.
fn timed(text: &str) -> Option<(String, bool)> {
    let spans = code_spans(text);
    let [span] = spans.as_slice() else {
        return None;
    };
    let code = text[span.inner.clone()].trim();
    match code.strip_prefix("$ ") {
        Some(line) => {
            let is_own = crate::example::Command::parse(line).is_some();
            is_own.then(|| (line.trim().to_owned(), true))
        }
        None => is_call_in_code(code).then(|| (code.to_owned(), false)),
    }
}

fn size(text: &str) -> Option<Measure> {
    let spans = code_spans(text);
    let [span] = spans.as_slice() else {
        return None;
    };
    let path = text[span.inner.clone()].trim();
    if !is_path(path) || path.starts_with('/') || path.split('/').any(|it| it == "..") {
        return None;
    }
    let bytes = one_quantity(text, Unit::Bytes).map(|it| (it, false));
    let ((size, rest), lines) =
        bytes.or_else(|| one_quantity(text, Unit::Lines).map(|it| (it, true)))?;
    let limit = size.limit(size.side?);
    rest.only(&[words::SIZE]).then(|| {
        Measure::Size(Size {
            path: path.to_owned(),
            lines,
            limit,
        })
    })
}

#[cfg(test)]
mod tests;
