//! The person that an agent works for, who may not be there.

use policy::Reason;
use policy::shell::{CommandPattern, PatternScope};

use crate::Stop;

/// An act that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// What is to be done, in one line that is safe to print.
    pub act: String,
    /// Every reason to ask.
    pub reasons: Vec<Reason>,
    /// What may be approved beyond this one time, the narrowest first.
    pub offers: Vec<(CommandPattern, PatternScope)>,
}

/// What a person says to a wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consent {
    /// No, or nobody is there.
    No,
    /// Yes, to exactly this act.
    Once,
    /// Yes, and to all that is covered by one of the offers.
    Further(CommandPattern, PatternScope),
}

/// Whoever answers questions and approves what needs approval.
pub trait Person: Send + Sync {
    /// The answer to a question; `options` are suggestions, none when any answer will do. `None` when nobody is
    /// there or will answer. Returns soon once `stop` says so.
    fn ask(&self, question: &str, options: &[String], stop: Stop<'_>) -> Option<String>;

    /// What the person says to exactly this act, after having been shown every reason to ask.
    fn approve(&self, wish: &Wish, stop: Stop<'_>) -> Consent;
}

/// Nobody is there: what has to be asked is refused.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nobody;

impl Person for Nobody {
    fn ask(&self, _question: &str, _options: &[String], _stop: Stop<'_>) -> Option<String> {
        None
    }

    fn approve(&self, _wish: &Wish, _stop: Stop<'_>) -> Consent {
        Consent::No
    }
}
