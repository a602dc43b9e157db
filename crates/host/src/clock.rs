//! Time: the only place that looks at a clock.
//!
//! Wall time is for records and for people; it may jump. Every limit is measured with a [`Stopwatch`]
//! or a [`Deadline`], which never run backwards.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970-01-01 00:00 UTC; `0` when the machine's clock stands before that.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one module that reads the clock"
)]
pub fn now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// How long ago a file was changed, say; zero for a moment that is still to come.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one module that reads the clock"
)]
pub fn since(moment: SystemTime) -> Duration {
    moment.elapsed().unwrap_or_default()
}

/// Measures how long something took.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts to measure.
    #[must_use]
    pub fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }

    /// Time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    /// Whole milliseconds since the start.
    #[must_use]
    pub fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// A moment until which something may take.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    started: Instant,
    limit: Duration,
}

impl Deadline {
    /// The moment `limit` from now.
    #[must_use]
    pub fn after(limit: Duration) -> Deadline {
        Deadline {
            started: Instant::now(),
            limit,
        }
    }

    /// What is left; zero once it has passed.
    #[must_use]
    pub fn left(&self) -> Duration {
        self.limit.saturating_sub(self.started.elapsed())
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.left().is_zero()
    }

    /// The limit that was given.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wall_time_is_in_milliseconds_of_this_century() {
        let now = now_ms();
        assert!(
            (1_577_836_800_000..4_102_444_800_000).contains(&now),
            "{now}"
        );
    }

    #[test]
    fn the_future_is_not_long_ago() {
        assert!(since(UNIX_EPOCH) > Duration::from_secs(1_577_836_800));
        assert_eq!(
            since(UNIX_EPOCH + Duration::from_secs(1 << 40)),
            Duration::ZERO
        );
    }

    #[test]
    fn a_deadline_counts_down_and_stays_at_zero() {
        let deadline = Deadline::after(Duration::from_secs(60));
        assert!(!deadline.passed());
        assert!(deadline.left() <= Duration::from_secs(60));
        let gone = Deadline::after(Duration::ZERO);
        assert!(gone.passed());
        assert_eq!(gone.left(), Duration::ZERO);
        assert_eq!(gone.limit(), Duration::ZERO);
    }

    #[test]
    fn a_stopwatch_never_runs_backwards() {
        let watch = Stopwatch::start();
        let first = watch.elapsed();
        assert!(watch.elapsed() >= first);
        assert!(watch.elapsed_ms() < 60_000);
    }
}
