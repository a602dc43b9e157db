//! What a model answers.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

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
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The text, without any stop text.
    pub text: String,
    /// What it cost.
    pub usage: Usage,
    /// Why it ended.
    pub stop: Stop,
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
}

/// Tokens that one or more turns used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompts, the cached ones included.
    pub input_tokens: u64,
    /// Those of the input that were kept from an earlier turn and not read again.
    pub cached_tokens: u64,
    /// Tokens of the answers.
    pub output_tokens: u64,
}

impl Add for Usage {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            cached_tokens: self.cached_tokens.saturating_add(other.cached_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
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
            output_tokens: u64::MAX - 1,
        };
        let sum: Usage = [one, one].into_iter().sum();
        assert_eq!(
            sum,
            Usage {
                input_tokens: 20,
                cached_tokens: 8,
                output_tokens: u64::MAX,
            }
        );
    }
}
