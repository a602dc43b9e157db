//! The person that an agent works for, who may not be there.

use policy::Reason;

use crate::Stop;

/// Whoever answers questions and approves what needs approval.
pub trait Person: Send + Sync {
    /// The answer to a question; `options` are suggestions, none when any answer will do. `None` when nobody is
    /// there or will answer. Returns soon once `stop` says so.
    fn ask(&self, question: &str, options: &[String], stop: Stop<'_>) -> Option<String>;

    /// Whether the person says yes to exactly this act, after having been shown every reason to ask.
    fn approve(&self, act: &str, reasons: &[Reason], stop: Stop<'_>) -> bool;
}

/// Nobody is there: what has to be asked is refused.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nobody;

impl Person for Nobody {
    fn ask(&self, _question: &str, _options: &[String], _stop: Stop<'_>) -> Option<String> {
        None
    }

    fn approve(&self, _act: &str, _reasons: &[Reason], _stop: Stop<'_>) -> bool {
        false
    }
}
