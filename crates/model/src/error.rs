//! What can go wrong with a model.

use crate::{Exceeded, ModelId};
use std::path::PathBuf;
use std::time::Duration;

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
        "the model {model} cannot be opened: the provider {0} is not built into this version; build it with the feature {0}, or choose another model",
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

    /// The request holds a picture and the model takes none.
    #[error("{model} takes no pictures")]
    NoImages {
        /// The model that was asked.
        model: ModelId,
    },

    /// A file of weights that is missing, truncated, altered or of another kind.
    #[error("the model file {} cannot be used: {reason}", path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// One clause that says why.
        reason: String,
    },

    /// The provider answered with an error, or did not answer.
    #[error("{model}: {}: {reason}", trouble.words())]
    Provider {
        /// The model that was asked.
        model: ModelId,
        /// Of what kind the error is.
        trouble: Trouble,
        /// What the provider said, or what happened, in one clause. No secrets.
        reason: String,
        /// How long the provider wants to be left alone, where it says so.
        retry_after: Option<Duration>,
    },

    /// The budget is spent.
    #[error("{model}: {exceeded}")]
    Exceeded {
        /// The model that was to be asked.
        model: ModelId,
        /// What is spent.
        exceeded: Exceeded,
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

/// Of what kind a provider's error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// The request is wrong: 400 and its like.
    Request,
    /// There is no key, or it is wrong: 401.
    Key,
    /// The account may not do this: 403, or it is out of credit.
    Forbidden,
    /// There is no such model, or no such address: 404.
    NotFound,
    /// The provider gave up waiting: 408, 504.
    Timeout,
    /// Too many requests: 429.
    RateLimit,
    /// The provider failed: 500 and its like.
    Server,
    /// The provider has too much to do: 503, 529.
    Overloaded,
    /// Nothing could be reached: no address, no connection, no trust in its certificate.
    Network,
    /// The answer stopped coming without an end.
    Idle,
    /// The answer's end never came: the connection closed in the middle.
    Cut,
    /// The answer is not what the protocol says.
    Garbled,
    /// The answer is larger than any honest one.
    TooLarge,
}

impl Trouble {
    /// Whether the same request may well succeed a little later.
    #[must_use]
    pub fn passes(self) -> bool {
        matches!(
            self,
            Self::Timeout
                | Self::RateLimit
                | Self::Server
                | Self::Overloaded
                | Self::Network
                | Self::Idle
                | Self::Cut
        )
    }

    fn words(self) -> &'static str {
        match self {
            Self::Request => "the request was refused as wrong",
            Self::Key => "no valid key",
            Self::Forbidden => "not allowed for this account",
            Self::NotFound => "no such model or address",
            Self::Timeout => "the provider took too long",
            Self::RateLimit => "too many requests",
            Self::Server => "the provider failed",
            Self::Overloaded => "the provider is overloaded",
            Self::Network => "not reachable",
            Self::Idle => "the answer stopped coming",
            Self::Cut => "the answer was cut off",
            Self::Garbled => "the answer cannot be read",
            Self::TooLarge => "the answer is too large",
        }
    }
}

impl ModelError {
    /// Whether the same request may well succeed a little later.
    #[must_use]
    pub fn passes(&self) -> bool {
        matches!(self, Self::Provider { trouble, .. } if trouble.passes())
    }

    /// The same after so many attempts, which a person wants to know.
    pub(crate) fn after(mut self, attempts: u32) -> Self {
        if let Self::Provider { reason, .. } = &mut self
            && attempts > 1
        {
            reason.push_str(&format!("; it was asked {attempts} times"));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_that_is_not_built_in_is_named() {
        let error = ModelError::NotBuiltIn {
            model: "bedrock/some.model-v1:0".parse().unwrap(),
        };
        assert_eq!(
            error.to_string(),
            "the model bedrock/some.model-v1:0 cannot be opened: the provider bedrock is not built into this version; \
             build it with the feature bedrock, or choose another model"
        );
    }

    #[test]
    fn what_passes() {
        use Trouble::*;
        let all = [
            Request, Key, Forbidden, NotFound, Timeout, RateLimit, Server, Overloaded, Network,
            Idle, Cut, Garbled, TooLarge,
        ];
        let passing: Vec<Trouble> = all.into_iter().filter(|it| it.passes()).collect();
        assert_eq!(
            passing,
            [Timeout, RateLimit, Server, Overloaded, Network, Idle, Cut]
        );
    }
}
