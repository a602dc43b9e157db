//! Answers that are held to a JSON schema: which tokens may come next.
//!
//! The work is llguidance's. Its index of the vocabulary is made when the first such answer is asked for.

use crate::turn::Halt;
use crate::vocabulary::{Token, Vocabulary};
use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{ApproximateTokEnv, TokEnv, TokRxInfo, TokTrie};
use llguidance::{JsonCompileOptions, Matcher, ParserFactory};
use serde_json::Value;
use std::sync::{Arc, OnceLock};

/// The index of a vocabulary, from which forms are made.
#[derive(Default)]
pub(crate) struct Forms(OnceLock<Result<ParserFactory, String>>);

impl Forms {
    /// The form of an answer that keeps `schema`, on one line, with a space after each colon and comma: so models write JSON of
    /// themselves, in tokens that hold the space. Without it what is next likely is not allowed, and a text begins with rubbish.
    pub(crate) fn of(&self, schema: &Value, vocabulary: &Vocabulary) -> Result<Form, Halt> {
        let factory = self.0.get_or_init(|| index(vocabulary));
        let factory = factory.as_ref().map_err(|error| failed(error))?;
        let mut schema = schema.clone();
        if schema.is_object() {
            let spaced = JsonCompileOptions {
                whitespace_flexible: false,
                item_separator: ", ".to_owned(),
                key_separator: ": ".to_owned(),
                ..JsonCompileOptions::default()
            };
            spaced.apply_to(&mut schema);
        }
        let parser = factory.create_parser(TopLevelGrammar::from_json_schema(schema));
        let matcher = Matcher::new(parser);
        match matcher.get_error() {
            Some(error) => Err(failed(&format!("no answer can keep its schema: {error}"))),
            None => Ok(Form(matcher)),
        }
    }
}

fn index(vocabulary: &Vocabulary) -> Result<ParserFactory, String> {
    let size = u32::try_from(vocabulary.len()).map_err(|error| error.to_string())?;
    let words: Vec<Vec<u8>> = (0..size).map(|token| word(vocabulary, token)).collect();
    let trie = TokTrie::from(&TokRxInfo::new(size, vocabulary.end()), &words);
    let tokens: TokEnv = Arc::new(ApproximateTokEnv::new(trie));
    let mut factory = ParserFactory::new_simple(&tokens).map_err(|error| error.to_string())?;
    factory.quiet();
    // What an answer holds so far does not belong into an error.
    factory.limits_mut().verbose_errors = false;
    Ok(factory)
}

/// What a token stands for; a marker has a name that no text has.
fn word(vocabulary: &Vocabulary, token: Token) -> Vec<u8> {
    match vocabulary.spelling(token) {
        [] => [
            &[TokTrie::SPECIAL_TOKEN_MARKER],
            format!("<{token}>").as_bytes(),
        ]
        .concat(),
        bytes => bytes.to_vec(),
    }
}

/// What one answer may still hold.
pub(crate) struct Form(Matcher);

impl Form {
    /// The scores of the tokens that may come next; all others have none.
    pub(crate) fn allowed(&mut self, scores: &[f32]) -> Result<Vec<f32>, Halt> {
        let mask = self.0.compute_mask();
        let mask = mask.map_err(|error| failed(&error.to_string()))?;
        let mut allowed = vec![f32::NEG_INFINITY; scores.len()];
        mask.iter_set_entries(|token| {
            if let (Some(allowed), Some(score)) = (allowed.get_mut(token), scores.get(token)) {
                *allowed = *score;
            }
        });
        Ok(allowed)
    }

    /// Takes the token that was chosen. Returns whether the answer is whole, so that none can follow.
    pub(crate) fn take(&mut self, token: Token) -> Result<bool, Halt> {
        let taken = self.0.consume_token(token);
        taken.map_err(|error| failed(&error.to_string()))?;
        Ok(self.0.is_stopped())
    }
}

impl Clone for Form {
    fn clone(&self) -> Self {
        Self(self.0.deep_clone())
    }
}

fn failed(reason: &str) -> Halt {
    Halt::Failed(reason.to_owned())
}

#[cfg(test)]
mod tests;
