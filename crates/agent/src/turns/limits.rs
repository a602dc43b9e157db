//! What a conversation may use, and what it has used.

use std::time::{Duration, Instant};

use model::Usage;

/// How much a conversation may use, those of its subagents included.
#[derive(Clone, Copy, Debug)]
pub struct TurnLimits {
    /// Most turns: answers of the model.
    pub turns: u32,
    /// Most tokens, read and written; those that the provider kept from an earlier turn count as a tenth.
    pub tokens: u64,
    /// Most wall time. It is looked at between turns and while calls run; an answer under way is not cut off.
    pub wall: Duration,
}

impl Default for TurnLimits {
    fn default() -> TurnLimits {
        TurnLimits {
            turns: 250,
            tokens: 20_000_000,
            wall: Duration::from_secs(3600),
        }
    }
}

/// What has been used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Answers of the model.
    pub turns: u32,
    /// Tokens, and money as far as prices are known.
    pub usage: Usage,
    /// Time in which the model was waited for.
    pub thinking: Duration,
}

/// A limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// [`TurnLimits::turns`].
    Turns,
    /// [`TurnLimits::tokens`].
    Tokens,
    /// [`TurnLimits::wall`].
    Time,
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Limit::Turns => "the limit of turns is reached",
            Limit::Tokens => "the limit of tokens is reached",
            Limit::Time => "the limit of time is reached",
        })
    }
}

/// Adds up what is used, and says when a limit is reached.
#[derive(Debug)]
pub(super) struct Meter {
    limits: TurnLimits,
    started: Instant,
    spent: Spent,
}

impl Meter {
    pub(super) fn new(limits: TurnLimits) -> Meter {
        Meter {
            limits,
            started: Instant::now(),
            spent: Spent::default(),
        }
    }

    /// Adds an answer.
    pub(super) fn add(&mut self, usage: Usage, thinking: Duration) {
        self.add_all(Spent {
            turns: 1,
            usage,
            thinking,
        });
    }

    /// Adds all that a subagent used.
    pub(super) fn add_all(&mut self, other: Spent) {
        self.spent.turns += other.turns;
        self.spent.usage += other.usage;
        self.spent.thinking += other.thinking;
    }

    pub(super) fn spent(&self) -> Spent {
        self.spent
    }

    pub(super) fn is_late(&self) -> bool {
        self.started.elapsed() >= self.limits.wall
    }

    pub(super) fn reached(&self) -> Option<Limit> {
        let spent = &self.spent;
        if spent.turns >= self.limits.turns {
            Some(Limit::Turns)
        } else if weighed(spent.usage) >= self.limits.tokens {
            Some(Limit::Tokens)
        } else if self.is_late() {
            Some(Limit::Time)
        } else {
            None
        }
    }

    /// What a subagent may use: what is left, and not more than so many turns.
    pub(super) fn left(&self, turns: u32) -> TurnLimits {
        let spent = &self.spent;
        TurnLimits {
            turns: self.limits.turns.saturating_sub(spent.turns).min(turns),
            tokens: self.limits.tokens.saturating_sub(weighed(spent.usage)),
            wall: self.limits.wall.saturating_sub(self.started.elapsed()),
        }
    }
}

fn weighed(usage: Usage) -> u64 {
    let fresh = usage.input_tokens.saturating_sub(usage.cached_tokens);
    fresh
        .saturating_add(usage.cached_tokens / 10)
        .saturating_add(usage.output_tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TURN: Usage = Usage {
        input_tokens: 1000,
        cached_tokens: 900,
        cache_write_tokens: 0,
        output_tokens: 10,
        money: model::Money::from_nanos(5),
    };

    #[track_caller]
    fn check(limits: TurnLimits, turns: u32, expected: Option<Limit>) {
        let mut meter = Meter::new(limits);
        for _ in 0..turns {
            meter.add(TURN, Duration::ZERO);
        }
        assert_eq!(meter.reached(), expected);
    }

    #[test]
    fn each_limit_is_reached_by_its_own_measure() {
        let limits = TurnLimits::default();
        check(limits, 249, None);
        check(limits, 250, Some(Limit::Turns));
        let tokens = TurnLimits {
            tokens: 400,
            ..limits
        };
        check(tokens, 1, None);
        check(tokens, 2, Some(Limit::Tokens));
        let time = TurnLimits {
            wall: Duration::ZERO,
            ..limits
        };
        check(time, 0, Some(Limit::Time));
    }

    #[test]
    fn a_subagent_gets_what_is_left_and_its_cost_counts() {
        let limits = TurnLimits {
            turns: 4,
            tokens: 800,
            ..TurnLimits::default()
        };
        let mut meter = Meter::new(limits);
        meter.add(TURN, Duration::ZERO);
        let left = meter.left(30);
        assert_eq!((left.turns, left.tokens), (3, 600));
        assert_eq!(meter.left(2).turns, 2);
        let mut child = Meter::new(left);
        for _ in 0..3 {
            child.add(TURN, Duration::from_secs(1));
        }
        assert_eq!(child.reached(), Some(Limit::Turns));
        meter.add_all(child.spent());
        assert_eq!(
            meter.spent().usage.money,
            TURN.money + TURN.money + TURN.money + TURN.money
        );
        assert_eq!(meter.reached(), Some(Limit::Turns));
    }
}
