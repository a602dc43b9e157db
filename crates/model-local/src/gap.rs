//! Filling a gap in a text: what stands before it and after it goes between markers that a model was trained with, and its answer
//! is what belongs between them.

use model::{Cancel, ModelError, Request};

use crate::LocalModel;
use crate::chat::refuse_from;
use crate::resident::Lane;
use crate::turn::Halt;
use crate::vocabulary::{Token, Vocabulary};

/// What stands before the gap follows the first, what stands after it the second, and what belongs there the third.
const MARKERS: [&str; 3] = ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"];
/// With these a model says that the gap is full.
const ENDS: [&str; 4] = [
    "<|endoftext|>",
    "<|fim_pad|>",
    "<|file_sep|>",
    "<|repo_name|>",
];

/// A gap in a text.
#[derive(Clone, Copy, Debug)]
pub struct Gap<'a> {
    /// What stands before it.
    pub before: &'a str,
    /// What stands after it.
    pub after: &'a str,
    /// Most tokens that may fill it.
    pub max_tokens: u32,
    /// Texts that end what fills it, and are no part of it.
    pub stop: &'a [String],
}

impl LocalModel {
    /// Whether it was trained to fill gaps.
    #[must_use]
    pub fn fills_gaps(&self) -> bool {
        markers(&self.vocabulary).is_some()
    }

    /// What belongs into a gap, by the likeliest tokens; empty when nothing does.
    ///
    /// # Errors
    /// When it was not trained for it, the text around is longer than its context, or it was cancelled.
    pub fn fill(&self, gap: &Gap<'_>, cancel: &Cancel) -> Result<String, ModelError> {
        let request = Request {
            system: String::new(),
            messages: Vec::new(),
            tools: Vec::new(),
            max_tokens: gap.max_tokens,
            temperature: 0.0,
            seed: 0,
            stop: gap.stop.to_vec(),
            schema: None,
        };
        let ends: Vec<Token> = ENDS
            .iter()
            .filter_map(|it| self.vocabulary.marker(it))
            .collect();
        let reply = self
            .prompt_of(gap)
            .and_then(|prompt| {
                self.turn_on(
                    (&prompt, &ends, Lane::Gaps),
                    cancel,
                    &mut |_| {},
                    |turn, prompt, kept| turn.answer(&request, prompt, kept),
                )
            })
            .map_err(|halt| self.error(halt))?;
        Ok(reply.text)
    }

    fn prompt_of(&self, gap: &Gap<'_>) -> Result<Vec<Token>, Halt> {
        let [prefix, suffix, middle] = markers(&self.vocabulary)
            .ok_or_else(|| Halt::Failed("it was not trained to fill gaps".to_owned()))?;
        let limit = self.profile.context_tokens as usize;
        let bytes = gap.before.len() + gap.after.len();
        refuse_from(limit, self.vocabulary.tokens_min(bytes))?;
        let text = |text: &str| self.vocabulary.encode(text).map_err(Halt::Failed);
        let mut tokens = vec![prefix];
        tokens.extend(text(gap.before)?);
        tokens.push(suffix);
        tokens.extend(text(gap.after)?);
        tokens.push(middle);
        refuse_from(limit, tokens.len())?;
        Ok(tokens)
    }
}

fn markers(vocabulary: &Vocabulary) -> Option<[Token; 3]> {
    let [prefix, suffix, middle] = MARKERS.map(|it| vocabulary.marker(it));
    Some([prefix?, suffix?, middle?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Storage, Tiny};

    #[test]
    fn a_model_that_was_not_trained_for_it_says_so() {
        let model = Tiny::write(Storage::Whole, true, 1).open();
        assert!(!model.fills_gaps());
        let gap = Gap {
            before: "a",
            after: "b",
            max_tokens: 1,
            stop: &[],
        };
        let error = model.fill(&gap, &Cancel::new()).expect_err("refused");
        assert!(error.to_string().contains("trained"), "{error}");
    }
}
