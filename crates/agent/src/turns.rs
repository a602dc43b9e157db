//! The `tools` strategy: the model drives by calling tools, and the program keeps the truth.
//!
//! A [`Conversation`] asks the model, makes the calls of its answer, tells it the results, and asks again, until the
//! model answers in words, gives up, or reaches a limit. The request grows in place: nothing of it is copied from turn
//! to turn, and its beginning stays the same to the byte, so that providers can keep it. When the context gets full, old
//! results are cut first, then old turns; what is true of the work stands in the [`Ledger`], which no cut touches.
//!
//! What is absent: no files and no processes (the toolbox has them), no policy (it judges inside the toolbox), no
//! judgement of the work by the model's word: [`Ended::Finished`] only says that the model stopped.

mod conversation;
mod execute;
mod fenced;
mod kit;
mod ledger;
mod limits;
mod prompt;
mod room;
mod watch;

use std::time::Duration;

use model::{Cancel, Delta, Message, Model, ModelError, Usage};
use tools::{Progress, Toolbox};

pub use conversation::Conversation;
pub use ledger::Ledger;
pub use limits::{Limit, Spent, TurnLimits};

/// What a conversation works with.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// Who answers.
    pub model: &'a dyn Model,
    /// What it may call.
    pub toolbox: &'a dyn Toolbox,
    /// What the model is told before all else, in the caller's words. Kept short: it is read at every turn.
    pub system: &'a str,
    /// How much may be used.
    pub limits: TurnLimits,
    /// Ends the conversation soon.
    pub cancel: &'a Cancel,
    /// Seed of the answers.
    pub seed: u64,
    /// Whether the model may let a subagent do a part.
    pub delegates: bool,
}

/// How a conversation came to rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The model answered in words. Whether the work is done is for others to judge.
    Finished {
        /// What it said.
        text: String,
    },
    /// It leads nowhere.
    GaveUp {
        /// Why.
        why: GaveUp,
        /// The last words.
        text: String,
    },
    /// A limit was reached.
    Spent(Limit),
    /// It was cancelled.
    Cancelled,
    /// The model failed.
    Failed(ModelError),
}

/// Why a conversation leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GaveUp {
    /// The same calls gave the same results again and again, also after the model was told.
    Circle,
    /// The model's answers did nothing, also after it was told.
    NothingDone,
    /// The model's answers were cut off at their length limit again and again.
    CutOff,
    /// The model's calls could not be read again and again.
    Unreadable,
    /// The provider refused to let the model answer.
    Refused,
}

impl std::fmt::Display for GaveUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            GaveUp::Circle => "the same calls gave the same results again and again",
            GaveUp::NothingDone => "the model's answers did nothing",
            GaveUp::CutOff => "the model's answers were cut off at their length limit",
            GaveUp::Unreadable => "the model's calls could not be read",
            GaveUp::Refused => "the provider refused to let the model answer",
        })
    }
}

/// Something that happens in a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentEvent {
    /// The model is asked.
    TurnBegan {
        /// The turn's number, from 1.
        turn: u32,
        /// How many tokens the request is thought to have.
        tokens: u64,
    },
    /// A piece of an answer.
    Streaming(Delta),
    /// The model's answer is there.
    TurnEnded {
        /// The turn's number.
        turn: u32,
        /// Its tokens and its price.
        usage: Usage,
        /// How long it took.
        wall: Duration,
        /// How many calls it holds.
        calls: usize,
    },
    /// A call is about to be made.
    Called {
        /// Its id.
        call: String,
        /// The tool's name as the model wrote it.
        name: String,
        /// The arguments as the model wrote them.
        arguments: String,
    },
    /// Something to show of a call under way.
    Progress {
        /// The call's id.
        call: String,
        /// What.
        progress: Progress,
    },
    /// A call was answered.
    Answered {
        /// Its id.
        call: String,
        /// The tool's name.
        name: String,
        /// The answer in one line.
        summary: String,
        /// Whether it failed.
        failed: bool,
        /// Files that it changed.
        changed: Vec<String>,
    },
    /// The model was told that what it does leads nowhere.
    Nudged(GaveUp),
    /// The answer broke off and is asked for again; nothing of it was carried out.
    AskedAgain {
        /// Why.
        why: String,
    },
    /// Old results were cut to make room.
    ResultsCut {
        /// How many.
        count: usize,
        /// How many bytes that saved.
        bytes: usize,
    },
    /// Old turns were replaced by what the ledger knows.
    TurnsCut {
        /// How many messages went.
        messages: usize,
        /// Why the model's own summary is missing, when it is.
        no_summary: Option<String>,
    },
    /// A subagent begins.
    Delegated {
        /// Its number.
        agent: u32,
        /// What it is to do.
        task: String,
    },
}

/// Someone who watches a conversation. Agent 0 is the conversation itself, others are its subagents.
pub trait Watcher: Send {
    /// Something happened. Must return soon.
    fn event(&mut self, agent: u32, event: AgentEvent);

    /// A message joined the conversation: the whole transcript, whatever is cut later. The place to redact and to keep
    /// it.
    fn message(&mut self, agent: u32, message: &Message);
}

#[cfg(test)]
mod tests;
