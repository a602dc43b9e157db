//! One turn loop for whoever needs a model's work.
//!
//! Two strategies: `slots`, in which the program drives and each call fills one small slot, for models too
//! small to drive; and, once providers that use tools are here, `tools`, in which the model drives. This
//! crate judges nothing by the model's word: a slot is filled when the [`Bench`] says that its checks pass.

mod slots;

pub use slots::{
    AgentError, Behaviour, Bench, BenchError, Filled, FunctionSlot, Limits, Neighbour, Route, Rule,
    SlotEvent, Trial, Tried, fill,
};
