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

/// A sum of money that may be spent, in millionths of whatever the prices are in.
#[derive(Clone, Copy)]
pub struct Purse<'a> {
    /// What a turn costs, in millionths.
    pub price: &'a (dyn Fn(Usage) -> u64 + Sync),
    /// Most that may be spent, in millionths.
    pub most: u64,
}

impl std::fmt::Debug for Purse<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Purse {{ most: {} }}", self.most)
    }
}

/// What has been used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Answers of the model.
    pub turns: u32,
    /// Tokens.
    pub usage: Usage,
    /// Money in millionths; none where no prices are known.
    pub money: Option<u64>,
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
    /// [`Purse::most`].
    Money,
    /// [`TurnLimits::wall`].
    Time,
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Limit::Turns => "the limit of turns is reached",
            Limit::Tokens => "the limit of tokens is reached",
            Limit::Money => "the budget is used up",
            Limit::Time => "the limit of time is reached",
        })
    }
}

/// Adds up what is used, and says when a limit is reached.
#[derive(Debug)]
pub(super) struct Meter<'a> {
    limits: TurnLimits,
    purse: Option<Purse<'a>>,
    started: Instant,
    spent: Spent,
}

impl<'a> Meter<'a> {
    pub(super) fn new(limits: TurnLimits, purse: Option<Purse<'a>>) -> Meter<'a> {
        Meter {
            limits,
            purse,
            started: Instant::now(),
            spent: Spent {
                money: purse.map(|_| 0),
                ..Spent::default()
            },
        }
    }

    /// Adds an answer; gives its price.
    pub(super) fn add(&mut self, usage: Usage, thinking: Duration) -> Option<u64> {
        self.spent.turns += 1;
        self.spent.usage += usage;
        self.spent.thinking += thinking;
        let price = self.purse.map(|it| (it.price)(usage));
        if let (Some(sum), Some(price)) = (&mut self.spent.money, price) {
            *sum = sum.saturating_add(price);
        }
        price
    }

    /// Adds all that a subagent used.
    pub(super) fn add_all(&mut self, other: Spent) {
        self.spent.turns += other.turns;
        self.spent.usage += other.usage;
        self.spent.thinking += other.thinking;
        if let Some(sum) = &mut self.spent.money {
            *sum = sum.saturating_add(other.money.unwrap_or(0));
        }
    }

    pub(super) fn spent(&self) -> Spent {
        self.spent
    }

    pub(super) fn is_late(&self) -> bool {
        self.started.elapsed() >= self.limits.wall
    }

    pub(super) fn reached(&self) -> Option<Limit> {
        let spent = &self.spent;
        let money = spent.money.zip(self.purse);
        if spent.turns >= self.limits.turns {
            Some(Limit::Turns)
        } else if weighed(spent.usage) >= self.limits.tokens {
            Some(Limit::Tokens)
        } else if money.is_some_and(|(sum, purse)| sum >= purse.most) {
            Some(Limit::Money)
        } else if self.is_late() {
            Some(Limit::Time)
        } else {
            None
        }
    }

    /// What a subagent may use: what is left, and not more than so many turns.
    pub(super) fn left(&self, turns: u32) -> (TurnLimits, Option<Purse<'a>>) {
        let spent = &self.spent;
        let limits = TurnLimits {
            turns: self.limits.turns.saturating_sub(spent.turns).min(turns),
            tokens: self.limits.tokens.saturating_sub(weighed(spent.usage)),
            wall: self.limits.wall.saturating_sub(self.started.elapsed()),
        };
        let purse = self.purse.map(|it| Purse {
            most: it.most.saturating_sub(spent.money.unwrap_or(0)),
            ..it
        });
        (limits, purse)
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
        money: model::Money::ZERO,
    };

    #[track_caller]
    fn check(limits: TurnLimits, most: Option<u64>, turns: u32, expected: Option<Limit>) {
        let price = |usage: Usage| usage.output_tokens * 7;
        let purse = most.map(|most| Purse {
            price: &price,
            most,
        });
        let mut meter = Meter::new(limits, purse);
        for _ in 0..turns {
            meter.add(TURN, Duration::ZERO);
        }
        assert_eq!(meter.reached(), expected);
    }

    #[test]
    fn each_limit_is_reached_by_its_own_measure() {
        let limits = TurnLimits::default();
        check(limits, None, 249, None);
        check(limits, None, 250, Some(Limit::Turns));
        let tokens = TurnLimits {
            tokens: 400,
            ..limits
        };
        check(tokens, None, 1, None);
        check(tokens, None, 2, Some(Limit::Tokens));
        check(limits, Some(141), 2, None);
        check(limits, Some(140), 2, Some(Limit::Money));
        let time = TurnLimits {
            wall: Duration::ZERO,
            ..limits
        };
        check(time, None, 0, Some(Limit::Time));
    }

    #[test]
    fn a_subagent_gets_what_is_left_and_its_cost_counts() {
        let price = |_| 5;
        let purse = Purse {
            price: &price,
            most: 12,
        };
        let mut meter = Meter::new(TurnLimits::default(), Some(purse));
        assert_eq!(meter.add(TURN, Duration::ZERO), Some(5));
        let (limits, purse) = meter.left(30);
        let most = purse.map(|it| it.most);
        assert_eq!((limits.turns, most), (30, Some(7)));
        let mut child = Meter::new(limits, purse);
        child.add(TURN, Duration::from_secs(1));
        child.add(TURN, Duration::from_secs(1));
        assert_eq!(child.reached(), Some(Limit::Money));
        meter.add_all(child.spent());
        assert_eq!(meter.spent().money, Some(15));
        assert_eq!(meter.spent().turns, 3);
        assert_eq!(meter.reached(), Some(Limit::Money));
    }
}
