//! A model whose turns are counted, and stopped by a budget.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{
    Budget, Cancel, Catalogue, Delta, Model, ModelError, ModelId, Profile, Reply, Request, Spent,
};

/// A model whose turns cost: [`Usage::money`](crate::Usage::money) of each reply says what, and when the budget is spent, no
/// further turn is asked for.
pub struct Metered {
    model: Arc<dyn Model>,
    prices: Catalogue,
    budget: Budget,
    spent: Mutex<Spent>,
}

impl Metered {
    /// `model`, priced by `prices`, within `budget`.
    #[must_use]
    pub fn new(model: Arc<dyn Model>, prices: Catalogue, budget: Budget) -> Self {
        Self {
            model,
            prices,
            budget,
            spent: Mutex::default(),
        }
    }

    /// The same after `spent`, which counts for the budget: a run that was taken up again.
    #[must_use]
    pub fn after(self, spent: Spent) -> Self {
        Self {
            spent: Mutex::new(spent),
            ..self
        }
    }

    /// What was spent so far.
    #[must_use]
    pub fn spent(&self) -> Spent {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Spent> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self) -> Result<(), ModelError> {
        let admitted = self.budget.admits(self.model.id(), &self.prices);
        let allowed = admitted.and_then(|()| self.budget.allows(&self.lock()));
        allowed.map_err(|exceeded| ModelError::Exceeded {
            model: self.model.id().clone(),
            exceeded,
        })
    }

    /// Adds a reply to what is spent, and tells it what it cost.
    fn charge(&self, reply: &mut Reply) {
        let money = self.lock().add_reply(self.model.id(), reply, &self.prices);
        reply.usage.money = money.unwrap_or_default();
    }
}

impl Model for Metered {
    fn id(&self) -> &ModelId {
        self.model.id()
    }

    fn profile(&self) -> Profile {
        self.model.profile()
    }

    fn stream(
        &self,
        request: &Request,
        cancel: &Cancel,
        on: &mut dyn FnMut(Delta),
    ) -> Result<Reply, ModelError> {
        self.check()?;
        let mut reply = self.model.stream(request, cancel, on)?;
        self.charge(&mut reply);
        Ok(reply)
    }

    fn samples(
        &self,
        request: &Request,
        seeds: &[u64],
        cancel: &Cancel,
        on: &mut dyn FnMut(Delta),
    ) -> Result<Vec<Reply>, ModelError> {
        self.check()?;
        let mut replies = self.model.samples(request, seeds, cancel, on)?;
        replies.iter_mut().for_each(|it| self.charge(it));
        Ok(replies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stand_in::{StandIn, hello, request};
    use crate::{Money, Usage};

    fn metered(id: &str, budget: Budget) -> Metered {
        let inner = StandIn::new(id, (0..5).map(|_| hello()).collect());
        Metered::new(Arc::new(inner), Catalogue::shipped().clone(), budget)
    }

    fn ask(model: &Metered) -> Result<Reply, ModelError> {
        model.stream(&request(), &Cancel::new(), &mut |_| ())
    }

    #[test]
    fn a_reply_says_what_it_cost() {
        let model = metered("openai/gpt-5", Budget::default());
        // 3 tokens at 1.25 and 1 at 10 dollars a million.
        let money = Money::from_nanos(13_750);
        assert_eq!(ask(&model).unwrap().usage.money, money);
        let more = model.samples(&request(), &[1, 2], &Cancel::new(), &mut |_| ());
        assert!(more.unwrap().iter().all(|it| it.usage.money == money));
        assert_eq!(model.spent().money, Money::from_nanos(41_250));
        assert_eq!(model.spent().turns, 3);
    }

    #[test]
    fn no_turn_is_asked_for_when_the_budget_is_spent() {
        let budget = Budget {
            money: Some(Money::from_nanos(20_000)),
            tokens: None,
        };
        let model = metered("openai/gpt-5", budget);
        assert!(ask(&model).is_ok() && ask(&model).is_ok());
        let told = ask(&model).unwrap_err().to_string();
        assert_eq!(
            told,
            "openai/gpt-5: $0.0001 of $0.0001 are spent; raise the budget to go on"
        );
        let more = model.samples(&request(), &[1], &Cancel::new(), &mut |_| ());
        assert!(more.is_err());
        assert_eq!(model.spent().turns, 2);
    }

    #[test]
    fn what_was_spent_before_counts() {
        let budget = Budget {
            money: None,
            tokens: Some(10),
        };
        let before = Spent {
            usage: Usage {
                input_tokens: 3,
                output_tokens: 1,
                ..Usage::default()
            },
            ..Spent::default()
        };
        let model = metered("openai/gpt-5", budget).after(before);
        // Four tokens before, and four each turn.
        assert!(ask(&model).is_ok() && ask(&model).is_ok());
        assert!(ask(&model).is_err());
    }

    #[test]
    fn a_budget_in_money_needs_a_price() {
        let budget = Budget {
            money: Some(Money::from_nanos(1)),
            tokens: None,
        };
        assert!(ask(&metered("openai/mine", budget)).is_err());
        assert!(ask(&metered("local/mine", budget)).is_ok());
    }
}
