//! What policy said of acts, until the one loop that owns the journal records it.

use std::sync::{Mutex, PoisonError};

use engine::{Fact, Ruling};
use host::sandbox::Passage;
use policy::{Permit, Reason, Verdict};

use crate::documents;
use crate::error::SessionError;

/// Verdicts that wait to be recorded. Attempts fill it from threads of their own.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Vec<Fact>>);

impl Ledger {
    /// The permit of a verdict that allows; what was said is noted either way.
    pub(crate) fn permitted(&self, act: String, verdict: Verdict) -> Result<Permit, SessionError> {
        let (ruling, rule) = told(&verdict);
        let permit = documents::permitted(verdict);
        let used = permit.is_ok();
        self.note(act, ruling, rule, used);
        permit
    }

    fn note(&self, act: String, ruling: Ruling, rule: String, used: bool) {
        self.lock().push(Fact::Ruled {
            act,
            ruling,
            rule,
            used,
        });
    }

    /// Notes what was said of an act of an agent's tools.
    pub(crate) fn ruled(&self, it: tools::Ruling) {
        let ruling = match it.answer {
            policy::shell::Answer::Allow => Ruling::Allow,
            policy::shell::Answer::Ask => Ruling::Ask,
            policy::shell::Answer::Deny => Ruling::Deny,
        };
        self.note(it.act, ruling, it.rule, it.used);
    }

    /// Notes whom a command reached, or not.
    pub(crate) fn passed(&self, it: &Passage) {
        let ruling = match it.answer {
            policy::shell::Answer::Allow => Ruling::Allow,
            policy::shell::Answer::Ask => Ruling::Ask,
            policy::shell::Answer::Deny => Ruling::Deny,
        };
        self.note(
            format!("connect to {}", it.to),
            ruling,
            it.rule.clone(),
            it.refused.is_none(),
        );
    }

    /// Everything that was noted since, in order.
    pub(crate) fn take(&self) -> Vec<Fact> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Fact>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a verdict says, and the first rule that made it so.
pub(crate) fn told(verdict: &Verdict) -> (Ruling, String) {
    let first = |reasons: &[Reason]| reasons.first().map_or(String::new(), |it| it.rule.clone());
    match verdict {
        Verdict::Allow(permit) => (Ruling::Allow, permit.rule().to_owned()),
        Verdict::Ask(ask) => (Ruling::Ask, first(&ask.reasons)),
        Verdict::Deny(reasons) => (Ruling::Deny, first(reasons)),
    }
}
