//! Names of models: `PROVIDER/NAME`.

use std::fmt;
use std::str::FromStr;

/// Longest name that an id may carry, in bytes.
const NAME_BYTES_MAX: usize = 4096;

/// Who serves a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Provider {
    /// The model that runs inside this process.
    Local,
    /// A written script of replies, for tests.
    Scripted,
    /// Amazon Bedrock.
    Bedrock,
    /// Anthropic's own service.
    Anthropic,
    /// OpenAI, or any server that speaks its protocol.
    OpenAi,
}

impl Provider {
    /// Every provider, in the order in which messages list them.
    pub const ALL: [Self; 5] = [
        Self::Local,
        Self::Scripted,
        Self::Bedrock,
        Self::Anthropic,
        Self::OpenAi,
    ];

    /// The part of an id before the slash.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Scripted => "scripted",
            Self::Bedrock => "bedrock",
            Self::Anthropic => "anthropic",
            Self::OpenAi => "openai",
        }
    }

    fn from_prefix(prefix: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.prefix() == prefix)
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.prefix())
    }
}

/// The name by which a person chooses a model, such as `local/qwen2.5-coder-1.5b` or `scripted/tests/turns.jsonl`.
///
/// The name after the first slash is the provider's own and may contain slashes. It is never empty and holds no control
/// character.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelId {
    provider: Provider,
    name: String,
}

impl ModelId {
    /// The id of `name` at `provider`.
    ///
    /// # Errors
    ///
    /// [`ModelIdError::Name`] when the name is empty, longer than 4,096 bytes or holds a control character.
    pub fn new(provider: Provider, name: &str) -> Result<Self, ModelIdError> {
        if name.is_empty() || name.len() > NAME_BYTES_MAX || name.chars().any(char::is_control) {
            return Err(ModelIdError::Name { provider });
        }
        Ok(Self {
            provider,
            name: name.to_owned(),
        })
    }

    /// Who serves the model.
    #[must_use]
    pub fn provider(&self) -> Provider {
        self.provider
    }

    /// The provider's own name for the model; for [`Provider::Scripted`] the path of the script.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.name)
    }
}

impl FromStr for ModelId {
    type Err = ModelIdError;

    fn from_str(text: &str) -> Result<Self, ModelIdError> {
        let (prefix, name) = text.split_once('/').ok_or_else(|| ModelIdError::Form {
            text: text.to_owned(),
        })?;
        let provider =
            Provider::from_prefix(prefix).ok_or_else(|| ModelIdError::UnknownProvider {
                text: text.to_owned(),
                prefix: prefix.to_owned(),
            })?;
        Self::new(provider, name)
    }
}

/// Why a text is not the id of a model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelIdError {
    /// There is no slash.
    #[error("{text:?} names no model: write PROVIDER/NAME, for example local/qwen2.5-coder-1.5b")]
    Form {
        /// What was written.
        text: String,
    },

    /// The part before the slash is not a provider.
    #[error(
        "{text:?} names no model: {prefix:?} is not a provider; the known ones are {}",
        known()
    )]
    UnknownProvider {
        /// What was written.
        text: String,
        /// The part before the slash.
        prefix: String,
    },

    /// The part after the slash is not a name.
    #[error(
        "the name after {provider}/ must have 1 to {NAME_BYTES_MAX} bytes and no control characters"
    )]
    Name {
        /// The provider before the slash.
        provider: Provider,
    },
}

fn known() -> String {
    Provider::ALL.map(Provider::prefix).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(Provider, &str), &str>) {
        match (text.parse::<ModelId>(), expected) {
            (Ok(id), Ok((provider, name))) => {
                assert_eq!((id.provider(), id.name()), (provider, name));
                assert_eq!(id.to_string(), text);
            }
            (Err(error), Err(message)) => assert_eq!(error.to_string(), message),
            (found, _) => panic!("{text}: {found:?}"),
        }
    }

    #[test]
    fn parses() {
        check(
            "local/qwen2.5-coder-1.5b",
            Ok((Provider::Local, "qwen2.5-coder-1.5b")),
        );
        check(
            "scripted//tmp/a b/turns.jsonl",
            Ok((Provider::Scripted, "/tmp/a b/turns.jsonl")),
        );
        check("bedrock/x.y-v1:0", Ok((Provider::Bedrock, "x.y-v1:0")));
        check("anthropic/name", Ok((Provider::Anthropic, "name")));
        check("openai/org/name", Ok((Provider::OpenAi, "org/name")));
    }

    #[test]
    fn refuses() {
        check(
            "qwen",
            Err(
                "\"qwen\" names no model: write PROVIDER/NAME, for example local/qwen2.5-coder-1.5b",
            ),
        );
        check(
            "Local/qwen",
            Err(
                "\"Local/qwen\" names no model: \"Local\" is not a provider; \
                 the known ones are local, scripted, bedrock, anthropic, openai",
            ),
        );
        check(
            "local/",
            Err("the name after local/ must have 1 to 4096 bytes and no control characters"),
        );
        check(
            "local/a\nb",
            Err("the name after local/ must have 1 to 4096 bytes and no control characters"),
        );
    }

    proptest! {
        #[test]
        fn any_text_parses_or_is_refused_and_round_trips(text in any::<String>()) {
            if let Ok(id) = text.parse::<ModelId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }
}
