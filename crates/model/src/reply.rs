//! What a model answers.

use std::iter::Sum;
use std::ops::{Add, AddAssign};
use std::time::Duration;

use crate::{Call, Kept, Message, ModelId, Money};

/// A piece of an answer under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delta {
    /// The model reads the prompt.
    Reading {
        /// Tokens read so far, those kept from earlier turns included.
        done: u32,
        /// Tokens of the whole prompt.
        total: u32,
    },
    /// More text of the answer.
    Text(String),
    /// More of what the model thinks before it answers. No part of the answer.
    Thinking(String),
    /// The model begins to write a call of the tool with this name.
    Calling(String),
    /// The provider failed in a way that passes, and is asked again after this wait. Comes again as the wait gets
    /// shorter, so that a countdown can be shown.
    Waiting {
        /// What is left of the wait.
        left: Duration,
        /// Why, in one clause.
        reason: String,
    },
    /// The answer is begun anew: everything that came before is void.
    Restarted,
    /// Another model of a chain answers from here on. Where something came before, [`Delta::Restarted`] precedes it.
    Switched {
        /// Who answers now.
        to: ModelId,
        /// Why the one before does not, in one clause.
        reason: String,
    },
}

impl Delta {
    /// Whether an answer of which something had come, or not (`begun`), has begun once this came too.
    #[must_use]
    pub fn begins(&self, begun: bool) -> bool {
        match self {
            Self::Text(_) | Self::Thinking(_) | Self::Calling(_) => true,
            Self::Restarted => false,
            Self::Reading { .. } | Self::Waiting { .. } | Self::Switched { .. } => begun,
        }
    }
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The text, without any stop text.
    pub text: String,
    /// The calls that the model asks for, in its order.
    pub calls: Vec<Call>,
    /// What the provider wants back with the next request.
    pub kept: Vec<Kept>,
    /// What it cost.
    pub usage: Usage,
    /// Why it ended.
    pub stop: Stop,
    /// Who answered, where that is not the model that was asked: another one of its chain.
    pub by: Option<ModelId>,
}

impl Reply {
    /// An answer of text alone.
    #[must_use]
    pub fn text(text: impl Into<String>, usage: Usage, stop: Stop) -> Self {
        Self {
            text: text.into(),
            calls: Vec::new(),
            kept: Vec::new(),
            usage,
            stop,
            by: None,
        }
    }

    /// The answer as a message of the conversation.
    #[must_use]
    pub fn into_message(self) -> Message {
        Message {
            calls: self.calls,
            kept: self.kept,
            ..Message::assistant(self.text)
        }
    }
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stop {
    /// The model had said everything.
    End,
    /// The answer reached [`Request::max_tokens`](crate::Request::max_tokens) or the end of the context, so it may be cut.
    Length,
    /// One of [`Request::stop`](crate::Request::stop) came up.
    Sequence,
    /// The model waits for the results of its calls.
    Calls,
    /// The provider refused to let the model answer, or to go on.
    Refused,
}

/// What one or more turns used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompts, the cached ones included.
    pub input_tokens: u64,
    /// Those of the input that were kept from an earlier turn and not read again.
    pub cached_tokens: u64,
    /// Those of the input that the provider keeps from now on, where it charges for that.
    pub cache_write_tokens: u64,
    /// Tokens of the answers.
    pub output_tokens: u64,
    /// What it cost, as far as prices are known. Nothing where no [`Metered`](crate::Metered) stands before the model.
    pub money: Money,
}

impl Add for Usage {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            cached_tokens: self.cached_tokens.saturating_add(other.cached_tokens),
            cache_write_tokens: self
                .cache_write_tokens
                .saturating_add(other.cache_write_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            money: self.money + other.money,
        }
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Usage {
    fn sum<I: Iterator<Item = Self>>(usages: I) -> Self {
        usages.fold(Self::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_sums_and_saturates() {
        let one = Usage {
            input_tokens: 10,
            cached_tokens: 4,
            cache_write_tokens: 1,
            output_tokens: u64::MAX - 1,
            money: Money::from_nanos(7),
        };
        let sum: Usage = [one, one].into_iter().sum();
        assert_eq!(
            sum,
            Usage {
                input_tokens: 20,
                cached_tokens: 8,
                cache_write_tokens: 2,
                output_tokens: u64::MAX,
                money: Money::from_nanos(14),
            }
        );
    }
}
