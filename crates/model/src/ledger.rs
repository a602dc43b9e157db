//! What turns cost, added up, and how much they may.

use std::collections::BTreeMap;

use crate::{Catalogue, ModelId, Money, Reply, Usage};

/// What was used and spent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Turns that were answered.
    pub turns: u64,
    /// Tokens.
    pub usage: Usage,
    /// Money, as far as prices are known.
    pub money: Money,
    /// Models whose price is not known, with the tokens that are therefore not in `money`.
    pub unpriced: BTreeMap<ModelId, Usage>,
}

impl Spent {
    /// Adds what `usage` of `model` costs, and gives the money, if the price is known.
    pub fn add(&mut self, model: &ModelId, usage: Usage, prices: &Catalogue) -> Option<Money> {
        self.turns = self.turns.saturating_add(1);
        self.usage += usage;
        match prices.price(model).map(|it| it.of(&usage)) {
            Some(money) => {
                self.money += money;
                Some(money)
            }
            None => {
                *self.unpriced.entry(model.clone()).or_default() += usage;
                None
            }
        }
    }

    /// Adds a reply to a request that was made of `asked`; another model of its chain may have answered.
    pub fn add_reply(
        &mut self,
        asked: &ModelId,
        reply: &Reply,
        prices: &Catalogue,
    ) -> Option<Money> {
        self.add(reply.by.as_ref().unwrap_or(asked), reply.usage, prices)
    }

    /// Adds what was spent elsewhere.
    pub fn merge(&mut self, other: &Self) {
        self.turns = self.turns.saturating_add(other.turns);
        self.usage += other.usage;
        self.money += other.money;
        for (model, usage) in &other.unpriced {
            *self.unpriced.entry(model.clone()).or_default() += *usage;
        }
    }

    /// Tokens, input and output together.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        self.usage
            .input_tokens
            .saturating_add(self.usage.output_tokens)
    }
}

/// How much may be spent. The default is without limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// Most money.
    pub money: Option<Money>,
    /// Most tokens, input and output together.
    pub tokens: Option<u64>,
}

/// Why nothing more may be spent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Exceeded {
    /// The money is spent.
    #[error("{spent} of {limit} are spent; raise the budget to go on")]
    Money {
        /// What was spent.
        spent: Money,
        /// What may be.
        limit: Money,
    },
    /// The tokens are used.
    #[error("{used} of {limit} tokens are used; raise the budget to go on")]
    Tokens {
        /// What was used.
        used: u64,
        /// What may be.
        limit: u64,
    },
    /// Money is limited, and nobody knows what this model costs.
    #[error(
        "the budget is {limit}, and the price of {model} is not known; write it into catalogue.json in Kiro's own folder, or limit tokens instead"
    )]
    Unpriced {
        /// The model.
        model: ModelId,
        /// What may be spent.
        limit: Money,
    },
}

impl Budget {
    /// Whether another turn may be asked for after `spent`. One turn may take a budget over its limit, because its cost is
    /// known only afterwards; the next is not asked for.
    ///
    /// # Errors
    ///
    /// [`Exceeded`] when not.
    pub fn allows(&self, spent: &Spent) -> Result<(), Exceeded> {
        if let Some(limit) = self.money {
            if let Some(model) = spent.unpriced.keys().next() {
                let model = model.clone();
                return Err(Exceeded::Unpriced { model, limit });
            }
            if spent.money >= limit {
                let spent = spent.money;
                return Err(Exceeded::Money { spent, limit });
            }
        }
        let used = spent.tokens();
        match self.tokens {
            Some(limit) if used >= limit => Err(Exceeded::Tokens { used, limit }),
            _ => Ok(()),
        }
    }

    /// Whether `model` may be used at all: where money is limited, its price must be known.
    ///
    /// # Errors
    ///
    /// [`Exceeded::Unpriced`] when not.
    pub fn admits(&self, model: &ModelId, prices: &Catalogue) -> Result<(), Exceeded> {
        match self.money {
            Some(limit) if prices.price(model).is_none() => Err(Exceeded::Unpriced {
                model: model.clone(),
                limit,
            }),
            _ => Ok(()),
        }
    }

    /// Both budgets at once: of each limit the lower one.
    #[must_use]
    pub fn tightened(self, other: Self) -> Self {
        fn lower<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
            match (a, b) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            }
        }
        Self {
            money: lower(self.money, other.money),
            tokens: lower(self.tokens, other.tokens),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Stop;

    fn id(text: &str) -> ModelId {
        text.parse().unwrap()
    }

    fn usage(input_tokens: u64, output_tokens: u64) -> Usage {
        Usage {
            input_tokens,
            output_tokens,
            ..Usage::default()
        }
    }

    fn money(text: &str) -> Money {
        text.parse().unwrap()
    }

    #[test]
    fn turns_add_up_by_the_model_that_answered() {
        let prices = Catalogue::shipped();
        let mut spent = Spent::default();
        let asked = id("anthropic/claude-sonnet-4-0");
        let reply = Reply::text("", usage(1000, 100), Stop::End);
        assert_eq!(
            spent.add_reply(&asked, &reply, prices),
            Some(money("0.0045"))
        );
        let other = Reply {
            by: Some(id("openai/gpt-5")),
            ..reply.clone()
        };
        assert_eq!(
            spent.add_reply(&asked, &other, prices),
            Some(money("0.00225"))
        );
        let unknown = Reply {
            by: Some(id("openai/mine")),
            ..reply
        };
        assert_eq!(spent.add_reply(&asked, &unknown, prices), None);
        assert_eq!(
            (spent.turns, spent.tokens(), spent.money),
            (3, 3300, money("0.00675"))
        );
        let mut twice = spent.clone();
        twice.merge(&spent);
        assert_eq!(
            (twice.turns, twice.tokens(), twice.money),
            (6, 6600, money("0.0135"))
        );
        assert_eq!(twice.unpriced[&id("openai/mine")], usage(2000, 200));
    }

    #[test]
    fn budgets() {
        let prices = Catalogue::shipped();
        let mut spent = Spent::default();
        spent.add(&id("openai/gpt-5"), usage(1_000_000, 100_000), prices);
        let budget = |money_: Option<&str>, tokens| Budget {
            money: money_.map(money),
            tokens,
        };
        assert_eq!(budget(None, None).allows(&spent), Ok(()));
        assert_eq!(budget(Some("2.26"), Some(1_100_001)).allows(&spent), Ok(()));
        let told = |budget: Budget, spent: &Spent| budget.allows(spent).unwrap_err().to_string();
        assert_eq!(
            told(budget(Some("2.25"), None), &spent),
            "$2.2500 of $2.2500 are spent; raise the budget to go on"
        );
        assert_eq!(
            told(budget(None, Some(1_100_000)), &spent),
            "1100000 of 1100000 tokens are used; raise the budget to go on"
        );
        spent.add(&id("openai/mine"), usage(1, 1), prices);
        assert_eq!(budget(None, Some(9_000_000)).allows(&spent), Ok(()));
        assert!(
            told(budget(Some("100"), None), &spent)
                .contains("the price of openai/mine is not known")
        );
    }

    #[test]
    fn money_is_limited_only_where_prices_are_known() {
        let prices = Catalogue::shipped();
        let budget = Budget {
            money: Some(money("1")),
            tokens: None,
        };
        assert_eq!(budget.admits(&id("local/any"), prices), Ok(()));
        assert!(budget.admits(&id("openai/mine"), prices).is_err());
        assert_eq!(Budget::default().admits(&id("openai/mine"), prices), Ok(()));
    }

    #[test]
    fn of_two_budgets_each_lower_limit_holds() {
        let a = Budget {
            money: Some(money("1")),
            tokens: None,
        };
        let b = Budget {
            money: Some(money("2")),
            tokens: Some(5),
        };
        let both = Budget {
            money: Some(money("1")),
            tokens: Some(5),
        };
        assert_eq!((a.tightened(b), b.tightened(a)), (both, both));
        assert_eq!(a.tightened(Budget::default()), a);
    }
}
