//! What policy said of an agent's acts, for whoever keeps a record of it.

use std::sync::Arc;

use policy::shell::Answer;
use policy::{LineVerdict, Reason, Verdict};

/// One verdict, and whether its permit was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// The act, in one line.
    pub act: String,
    /// What policy said.
    pub answer: Answer,
    /// The rule that decided.
    pub rule: String,
    /// Whether it was done: allowed, or approved by a person.
    pub used: bool,
}

/// Is told every verdict on a write, a command, or a file that was not shown.
pub type Recorder = Arc<dyn Fn(Ruling) + Send + Sync>;

fn first(reasons: &[Reason]) -> String {
    reasons
        .first()
        .map_or_else(String::new, |it| it.rule.clone())
}

/// What a verdict says, and the first rule that made it so.
pub(crate) fn told(verdict: &Verdict) -> (Answer, String) {
    match verdict {
        Verdict::Allow(permit) => (Answer::Allow, permit.rule().to_owned()),
        Verdict::Ask(ask) => (Answer::Ask, first(&ask.reasons)),
        Verdict::Deny(reasons) => (Answer::Deny, first(reasons)),
    }
}

/// The same of a verdict on a command.
pub(crate) fn told_of_line(verdict: &LineVerdict) -> (Answer, String) {
    match verdict {
        LineVerdict::Allow(leave) => (Answer::Allow, leave.rule.clone()),
        LineVerdict::Ask(ask) => (Answer::Ask, first(&ask.reasons)),
        LineVerdict::Deny(reasons) => (Answer::Deny, first(reasons)),
    }
}
