//! What can go wrong with a model.

use crate::{ModelId, Provider};
use std::path::PathBuf;

/// Why a model could not be opened, or a turn did not end in a reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// The turn's [`Cancel`](crate::Cancel) was set.
    #[error("the turn was cancelled")]
    Cancelled,

    /// The model exists but cannot answer now: no weights, no account, no network, overloaded.
    #[error("the model {model} is not available: {reason}")]
    Unavailable {
        /// The model that was asked for.
        model: ModelId,
        /// One clause that says why.
        reason: String,
    },

    /// The id is well formed, but its provider is not part of this build.
    #[error(
        "the model {model} cannot be opened: the provider {} is not built into this version; choose a local/ model",
        model.provider()
    )]
    NotBuiltIn {
        /// The model that was asked for.
        model: ModelId,
    },

    /// The request does not fit the model's context.
    #[error(
        "the prompt has at least {prompt_tokens} tokens and {model} holds {limit}, its own answer included; shorten the prompt"
    )]
    TooLong {
        /// The model that was asked.
        model: ModelId,
        /// Tokens in the prompt. A lower bound when the prompt was too large to be worth counting.
        prompt_tokens: u64,
        /// Tokens that the model's context holds, prompt and answer together.
        limit: u32,
    },

    /// A file of weights that is missing, truncated, altered or of another kind.
    #[error("the model file {} cannot be used: {reason}", path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// One clause that says why.
        reason: String,
    },

    /// The model began to answer and failed.
    #[error("the answer of {model} broke off: {reason}")]
    Broken {
        /// The model that was asked.
        model: ModelId,
        /// One clause that says why.
        reason: String,
    },

    /// A script of the scripted model that cannot be read, or that has no reply for a request.
    #[error("the script {script} {reason}")]
    Script {
        /// The script's name.
        script: String,
        /// A clause that continues "the script NAME …".
        reason: String,
    },
}

impl ModelError {
    /// The error for a model whose provider is not part of this build, if it is not.
    #[must_use]
    pub fn not_built_in(model: &ModelId) -> Option<Self> {
        let built_in = matches!(model.provider(), Provider::Local | Provider::Scripted);
        (!built_in).then(|| Self::NotBuiltIn {
            model: model.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(id: &str, expected: Option<&str>) {
        let error = ModelError::not_built_in(&id.parse().unwrap());
        assert_eq!(error.map(|it| it.to_string()).as_deref(), expected);
    }

    #[test]
    fn only_local_and_scripted_are_built_in() {
        check("local/qwen2.5-coder-1.5b", None);
        check("scripted/fixtures/turns.jsonl", None);
        check(
            "bedrock/some.model-v1:0",
            Some(
                "the model bedrock/some.model-v1:0 cannot be opened: the provider bedrock is not built into this version; \
                 choose a local/ model",
            ),
        );
    }
}
