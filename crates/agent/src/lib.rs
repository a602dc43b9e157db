//! One turn loop for whoever needs a model's work.
//!
//! Two strategies: `slots`, in which the program drives and each call fills one small slot, for models too
//! small to drive; and `turns`, in which the model drives by calling tools. This crate judges nothing by the
//! model's word: a slot is filled when the [`Bench`] says that its checks pass, and a conversation that came to
//! rest has only come to rest.

mod slots;
mod turns;

pub use slots::{
    AgentError, Answer, BUT, Behaviour, Bench, BenchError, Filled, FunctionSlot, Limits, Neighbour,
    Route, Rule, SlotEvent, Trial, Tried, fill,
};
pub use turns::{
    AgentEvent, Conversation, Ended, GaveUp, Job, Ledger, Limit, Spent, TurnLimits, Watcher,
};
