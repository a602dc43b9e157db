//! What a run can be told to do.

use crate::fact::Outcome;

/// What a run should do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Begin attempt number `attempt` at the task.
    Attempt {
        /// The task.
        task: String,
        /// 1 for the first.
        attempt: u32,
    },
    /// Let a person edit the proposal, prove it anew and propose it.
    Modify {
        /// The task.
        task: String,
    },
    /// Prove the proposal on the project as it is now, since other work has landed.
    Renew {
        /// The task.
        task: String,
    },
    /// Ask policy about the proposal.
    Judge {
        /// The task.
        task: String,
    },
    /// Show the proposal to a person and wait for an answer.
    Ask {
        /// The task.
        task: String,
    },
    /// Record that the rules approved the proposal.
    Approve {
        /// The task.
        task: String,
    },
    /// Record that the task failed.
    Fail {
        /// The task.
        task: String,
        /// Why.
        reason: String,
    },
    /// Bring the proposal into the project. Doing it again after a crash is safe.
    Apply {
        /// The task.
        task: String,
    },
    /// Record that the task is done: its evidence is complete.
    Complete {
        /// The task.
        task: String,
    },
    /// Tick its box in the tasks file.
    Tick {
        /// The task.
        task: String,
    },
    /// Wait until one of the threads that are at work reports.
    Wait,
    /// Look for proof of every success criterion.
    Prove,
    /// Record the end.
    End {
        /// How it ends.
        outcome: Outcome,
        /// Why, in one sentence.
        reason: String,
    },
}
