//! How a model is reached and what it can hold: decided by whoever opens it, never read from the environment here.

use std::time::Duration;

use model::{Key, ModelError, ModelId, Profile, Provider, Trouble};

use crate::{Endpoint, Proxy};

/// How long a server may be silent and how much it may say.
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

/// Everything that a provider needs.
pub struct Settings {
    /// Where it is.
    pub endpoint: Endpoint,
    /// The key; none is needed on this machine.
    pub key: Option<Key>,
    /// The proxy; never used for this machine.
    pub proxy: Option<Proxy>,
    /// How long it may be silent and how much it may say.
    pub limits: Limits,
    /// What the model can hold.
    pub profile: Profile,
}

impl Settings {
    /// Settings for `endpoint` without key and proxy.
    #[must_use]
    pub fn new(endpoint: Endpoint, profile: Profile) -> Self {
        Self {
            endpoint,
            key: None,
            proxy: None,
            limits: Limits::default(),
            profile,
        }
    }

    /// That a key is there where one is needed.
    pub(crate) fn check(&self, model: &ModelId) -> Result<(), ModelError> {
        if self.key.is_some() || self.endpoint.is_loopback() {
            return Ok(());
        }
        let variable = match model.provider() {
            Provider::Anthropic => "ANTHROPIC_API_KEY",
            _ => "OPENAI_API_KEY",
        };
        Err(ModelError::Provider {
            model: model.clone(),
            trouble: Trouble::Key,
            reason: format!("{} wants one; set {variable}", self.endpoint.host()),
            retry_after: None,
        })
    }

    /// The proxy to use, if any.
    pub(crate) fn proxy(&self) -> Option<ureq::Proxy> {
        let proxy = self.proxy.as_ref()?;
        (!self.endpoint.is_loopback()).then(|| proxy.inner().clone())
    }
}
