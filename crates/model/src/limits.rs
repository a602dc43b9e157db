//! What a provider may take of time and room before a turn is given up.

use std::time::Duration;

/// How long a provider may be silent and how much it may say: alike for all that are reached over the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Until a connection stands.
    pub connect: Duration,
    /// Until the first event: a server may read a long prompt, or think, before it says anything.
    pub first: Duration,
    /// Between two pieces of an answer.
    pub idle: Duration,
    /// A whole answer.
    pub total: Duration,
    /// Bytes of a whole answer.
    pub answer_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first: Duration::from_mins(5),
            idle: Duration::from_mins(1),
            total: Duration::from_hours(1),
            answer_bytes: 32 << 20,
        }
    }
}
