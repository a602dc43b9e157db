//! One model on the service: opening it, asking it, and leaving it when a turn is cancelled or the service is silent.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::Credentials;
use aws_sdk_bedrockruntime::operation::converse_stream::ConverseStreamOutput as Opened;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use model::{
    Cancel, Delta, Key, Limits, Model, ModelError, ModelId, Profile, Reply, Request, Trouble,
};
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

use crate::answer::Blocks;
use crate::refusal::{Refusal, of_event, of_request};
use crate::request::{self, Without};

/// How often a wait looks whether the turn was cancelled.
const LOOK: Duration = Duration::from_millis(50);

/// What a model needs beside its name. What is not given is found as every AWS program finds it.
pub struct Settings {
    /// The region.
    pub region: Option<String>,
    /// Another address than the region's.
    pub endpoint: Option<String>,
    /// An access key's id and its secret.
    pub keys: Option<(String, Key)>,
    /// How long the service may be silent and how much it may say.
    pub limits: Limits,
    /// What the model can hold.
    pub capacity: Profile,
}

impl Settings {
    /// Settings that leave everything to the environment.
    #[must_use]
    pub fn new(capacity: Profile) -> Self {
        Self {
            region: None,
            endpoint: None,
            keys: None,
            limits: Limits::default(),
            capacity,
        }
    }
}

/// A model on Amazon Bedrock, named by its id there or by an inference profile. Prompts are marked for the provider's cache as
/// long as the model takes that.
pub struct Bedrock {
    id: ModelId,
    settings: Settings,
    runtime: Runtime,
    client: OnceCell<Client>,
    without: Mutex<Without>,
}

impl Bedrock {
    /// The model `id`. Nothing is asked of the network yet.
    ///
    /// # Errors
    ///
    /// [`ModelError::Unavailable`] when no thread can be had for it.
    pub fn new(id: ModelId, settings: Settings) -> Result<Self, ModelError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("bedrock")
            .enable_all()
            .build();
        let runtime = runtime.map_err(|error| ModelError::Unavailable {
            model: id.clone(),
            reason: error.to_string(),
        })?;
        Ok(Self {
            id,
            settings,
            runtime,
            client: OnceCell::new(),
            without: Mutex::default(),
        })
    }

    fn error(&self, trouble: Trouble, reason: impl Into<String>) -> ModelError {
        ModelError::Provider {
            model: self.id.clone(),
            trouble,
            reason: reason.into(),
            retry_after: None,
        }
    }

    async fn load(&self) -> Client {
        let Settings {
            region,
            endpoint,
            keys,
            limits,
            ..
        } = &self.settings;
        let http = Builder::new().build_with_connector_fn(|settings, _| {
            let mut connector = Connector::builder()
                .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
                .proxy_config(ProxyConfig::from_env());
            connector.set_connector_settings(settings.cloned());
            connector.build()
        });
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(limits.connect)
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        if let Some(region) = region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(endpoint) = endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        if let Some((id, secret)) = keys {
            let keys = Credentials::new(id, secret.reveal(), None, None, "settings");
            loader = loader.credentials_provider(keys);
        }
        Client::new(&loader.load().await)
    }

    /// Waits for `future`, for at most `limit`, and no longer than the turn that `began` lasts.
    async fn within<T>(
        &self,
        future: impl Future<Output = T>,
        limit: Duration,
        began: Instant,
        cancel: &Cancel,
    ) -> Result<T, ModelError> {
        let total = self.settings.limits.total;
        let mut future = pin!(future);
        let since = Instant::now();
        loop {
            if cancel.is_cancelled() {
                return Err(ModelError::Cancelled);
            }
            if began.elapsed() > total {
                let reason = format!("it was not whole after {total:?}");
                return Err(self.error(Trouble::Timeout, reason));
            }
            if let Ok(value) = tokio::time::timeout(LOOK.min(limit), &mut future).await {
                return Ok(value);
            }
            if since.elapsed() >= limit {
                return Err(self.error(Trouble::Idle, format!("nothing came for {limit:?}")));
            }
        }
    }

    async fn open(&self, request: &Request, without: &Without) -> Result<Opened, Refusal> {
        let client = self.client.get_or_init(|| self.load()).await;
        let call = client.converse_stream().model_id(self.id.name());
        let call = request::fill(call, request, without);
        call.send().await.map_err(|error| of_request(&error))
    }

    async fn ask(
        &self,
        request: &Request,
        cancel: &Cancel,
        on: &mut dyn FnMut(Delta),
    ) -> Result<Reply, ModelError> {
        let limits = self.settings.limits;
        let began = Instant::now();
        let mut without = self.lock().clone();
        let mut opened = loop {
            let opening = self.open(request, &without);
            match self.within(opening, limits.first, began, cancel).await? {
                Ok(opened) => break opened,
                Err(refusal) if self.learn(&refusal, &mut without) => {}
                Err(refusal) => return Err(self.refused(refusal)),
            }
        };
        let mut blocks = Blocks::new(request);
        let mut limit = limits.first;
        let mut seen = false;
        loop {
            let received = opened.stream.recv();
            let event = match self.within(received, limit, began, cancel).await? {
                Ok(Some(event)) => event,
                Ok(None) if blocks.is_whole() => break,
                Ok(None) => {
                    let reason = "the stream ended before its last event";
                    return Err(self.error(Trouble::Cut, reason));
                }
                Err(error) => return Err(self.refused(of_event(&error, seen))),
            };
            limit = limits.idle;
            seen = true;
            blocks
                .take(event, on)
                .map_err(|reason| self.error(Trouble::Garbled, reason))?;
            if blocks.bytes() > limits.answer_bytes {
                let reason = format!("more than {} bytes came", limits.answer_bytes);
                return Err(self.error(Trouble::TooLarge, reason));
            }
            if blocks.is_counted() {
                break;
            }
        }
        Ok(blocks.finish(on))
    }

    fn refused(&self, refusal: Refusal) -> ModelError {
        let secret = self.settings.keys.as_ref().map(|it| &it.1);
        refusal.into_error(&self.id, self.settings.capacity.context_tokens, secret)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Without> {
        self.without.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers what a refusal says the model does not take. False when it says nothing of that kind.
    fn learn(&self, refusal: &Refusal, without: &mut Without) -> bool {
        let all: BTreeSet<_> = request::Part::ALL.into_iter().collect();
        let found = all
            .difference(without)
            .copied()
            .find(|it| refusal.is_about(*it));
        if let Some(part) = found {
            without.insert(part);
            self.lock().insert(part);
        }
        found.is_some()
    }
}

impl Model for Bedrock {
    fn id(&self) -> &ModelId {
        &self.id
    }

    fn profile(&self) -> Profile {
        self.settings.capacity
    }

    fn stream(
        &self,
        request: &Request,
        cancel: &Cancel,
        on: &mut dyn FnMut(Delta),
    ) -> Result<Reply, ModelError> {
        request.check_images(&self.id, self.settings.capacity)?;
        self.runtime.block_on(self.ask(request, cancel, on))
    }
}
