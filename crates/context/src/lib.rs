//! What a model is told beside its task: steering, and what a person mentions of the project.
//!
//! Every piece has a name, a reason why it is there, and a size, so that a person can see what is sent. Files are read
//! through policy's judgement of their paths ([`Reader`]), so that no sensitive file gets into a piece by any name.

mod front_matter;
mod index;
mod mention;
mod reader;
mod steering;
mod sweep;
mod walk;

pub use index::{Hit, Index, Place, Refreshed, forget_gone};
pub use mention::{Mention, MentionKind, mentions};
pub use reader::{Read, Reader};
pub use steering::{About, Choice, Inclusion, Origin, Reference, ReferenceKind, Steering, choose};
pub use sweep::{Met, Sweep};
pub use walk::{Found, Walk, Walked};

/// Bytes of text that make a token, roughly: what an unknown model's tokenizer gives for code and prose.
const BYTES_A_TOKEN: usize = 4;

/// How many tokens a text has, roughly.
pub fn tokens(text: &str) -> usize {
    text.len().div_ceil(BYTES_A_TOKEN)
}

#[cfg(test)]
mod tests {
    #[test]
    fn tokens_are_counted_up() {
        assert_eq!(
            [
                super::tokens(""),
                super::tokens("a"),
                super::tokens("abcde")
            ],
            [0, 1, 2]
        );
    }
}
