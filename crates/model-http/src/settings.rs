//! How a model is reached and what it can hold: decided by whoever opens it, never read from the environment here.

use model::{Key, Limits, ModelError, ModelId, Profile, Provider, Trouble};

use crate::{Endpoint, Proxy};

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
