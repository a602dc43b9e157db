//! The answer to one act.

use std::fmt;

use crate::permit::{Act, Permit};

/// Why an act was not simply allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The rule that decided, as it stands in the configuration or by its built-in name.
    pub rule: String,
    /// What about the act met the rule.
    pub why: String,
    /// What the user can do to change the answer.
    pub change: String,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}); {}", self.why, self.rule, self.change)
    }
}

/// What policy says of one act.
#[derive(Debug)]
pub enum Verdict {
    /// It may happen, once.
    Allow(Permit),
    /// A person must say yes first; without a person this is a refusal.
    Ask(Ask),
    /// It may not happen, whoever says yes.
    Deny(Vec<Reason>),
}

impl Verdict {
    /// The stricter of two answers to the same act decides; reasons of equal answers are joined.
    pub(crate) fn from_reasons(
        act: &Act,
        deny: Vec<Reason>,
        ask: Vec<Reason>,
        allowed_by: &str,
    ) -> Verdict {
        if !deny.is_empty() {
            Verdict::Deny(deny)
        } else if !ask.is_empty() {
            Verdict::Ask(Ask {
                permit: Permit::mint(act, "approved by a person"),
                reasons: ask,
            })
        } else {
            Verdict::Allow(Permit::mint(act, allowed_by))
        }
    }
}

/// An act that waits for a person. Only [`Ask::approved`] makes a permit of it.
#[derive(Debug)]
pub struct Ask {
    permit: Permit,
    /// Every rule that wants a person here.
    pub reasons: Vec<Reason>,
}

impl Ask {
    /// The permit, after a person said yes to exactly this act.
    pub fn approved(self) -> Permit {
        self.permit
    }
}
