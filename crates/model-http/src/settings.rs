//! How a model is reached and what it can hold: decided by whoever opens it, never read from the environment here.

use model::{Key, Limits, ModelError, ModelId, Profile, Provider, Trouble};

use crate::{Endpoint, Proxy};

/// Everything that a provider needs.
pub struct Settings {
    /// Where it is.
    pub endpoint: Endpoint,
    /// The key; none is needed on this machine.
    pub key: Option<Key>,
    /// Whether the key may go to another machine unencrypted.
    pub plain_http: bool,
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
            plain_http: false,
            proxy: None,
            limits: Limits::default(),
            profile,
        }
    }

    /// That a key is there where one is needed, and does not go out for all to read.
    pub(crate) fn check(&self, model: &ModelId) -> Result<(), ModelError> {
        let host = self.endpoint.host();
        let is_open = !self.endpoint.is_https() && !self.endpoint.is_loopback();
        if self.key.is_some() && is_open && !self.plain_http {
            return Err(ModelError::Unavailable {
                model: model.clone(),
                reason: format!(
                    "the key would go to {host} unencrypted; use an https address, or say `plain_http: true` for it in \
                     your own config.yaml if that network is yours"
                ),
            });
        }
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
            reason: format!("{host} wants one; set {variable}"),
            retry_after: None,
        })
    }

    /// The proxy to use, if any.
    pub(crate) fn proxy(&self) -> Option<ureq::Proxy> {
        let proxy = self.proxy.as_ref()?;
        (!self.endpoint.is_loopback()).then(|| proxy.inner().clone())
    }
}
