//! Models behind a provider: from the environment and the user's configuration to an opened model.

use std::sync::Arc;
use std::time::Duration;

use model::{
    Catalogue, Fallback, Key, Limits, Model, ModelError, ModelId, Patience, Profile, Provider,
    Retrying, Sleep, Strategy,
};
use model_http::{Endpoint, Proxy, Settings, anthropic, chat_completions, responses};

use super::config::{Api, Config, ProviderSection};
use crate::error::{Kind, SessionError};
use crate::places::Environment;

/// Tokens of a context of which nobody has written down anything.
const CONTEXT_TOKENS: u32 = 32_768;

/// The same for one answer.
const OUTPUT_TOKENS: u32 = 4096;

/// A provider that is spoken to by HTTP.
#[derive(Clone, Copy)]
struct Kin {
    name: &'static str,
    key: &'static str,
    base: &'static str,
    shipped: &'static str,
}

const ANTHROPIC: Kin = Kin {
    name: "anthropic",
    key: "ANTHROPIC_API_KEY",
    base: "ANTHROPIC_BASE_URL",
    shipped: model_http::ANTHROPIC_BASE,
};

const OPENAI: Kin = Kin {
    name: "openai",
    key: "OPENAI_API_KEY",
    base: "OPENAI_BASE_URL",
    shipped: model_http::OPENAI_BASE,
};

/// Opens a model behind a provider, which is asked again when it fails in a way that passes.
pub(super) fn open(
    environment: &Environment,
    config: &Config,
    facts: &Catalogue,
    id: &ModelId,
) -> Result<Arc<dyn Model>, SessionError> {
    let model: Result<Arc<dyn Model>, ModelError> = match id.provider() {
        Provider::Anthropic => {
            let settings = settings(environment, config, ANTHROPIC, profile(facts, id))?;
            anthropic(id.clone(), settings).map(|it| Arc::new(it) as _)
        }
        Provider::OpenAi => {
            let settings = settings(environment, config, OPENAI, profile(facts, id))?;
            match api(environment, config, &settings.endpoint)? {
                Api::Chat => chat_completions(id.clone(), settings).map(|it| Arc::new(it) as _),
                Api::Responses => responses(id.clone(), settings).map(|it| Arc::new(it) as _),
            }
        }
        Provider::Bedrock => super::bedrock::open(environment, config, facts, id)?,
        Provider::Local | Provider::Scripted => Err(ModelError::NotBuiltIn { model: id.clone() }),
    };
    model.map_err(|error| {
        SessionError::new(Kind::NoModel, error).hint(
            "`kiro model list` shows which providers there is a key for; local/ models need none",
        )
    })
}

/// `model`, asked again with `patience`.
pub(super) fn retrying(model: Arc<dyn Model>, patience: Patience) -> Arc<dyn Model> {
    let seed = u64::from(std::process::id());
    Arc::new(Retrying::new(model, patience, seed, Arc::new(Sleep)))
}

/// A chain: each model is asked twice before the next one is, and the whole chain again after a while.
pub(super) fn chain(first: Arc<dyn Model>, others: Vec<Arc<dyn Model>>) -> Arc<dyn Model> {
    if others.is_empty() {
        return retrying(first, Patience::default());
    }
    let twice = Patience {
        attempts: 2,
        longest: Duration::from_secs(5),
        ..Patience::default()
    };
    let others = others.into_iter().map(|it| retrying(it, twice));
    let chain = Fallback::new(retrying(first, twice), others.collect());
    let again = Patience {
        first: Duration::from_secs(5),
        ..Patience::default()
    };
    retrying(Arc::new(chain), again)
}

/// What a model can hold and how it is driven.
pub(super) fn profile(facts: &Catalogue, id: &ModelId) -> Profile {
    let strategy = facts.strategy(id).unwrap_or(Strategy::Tools);
    Profile {
        context_tokens: facts.context_tokens(id).unwrap_or(CONTEXT_TOKENS),
        output_tokens_max: facts.output_tokens(id).unwrap_or(OUTPUT_TOKENS),
        strategy,
        writes_plans: strategy == Strategy::Tools,
        native_tools: true,
        images: facts.images(id).unwrap_or(false),
        goes_on: false,
    }
}

fn settings(
    environment: &Environment,
    config: &Config,
    kin: Kin,
    profile: Profile,
) -> Result<Settings, SessionError> {
    let endpoint = endpoint(environment, config, kin)?;
    let key = match environment.variable(kin.key) {
        None => None,
        Some(text) => Some(Key::new(text).map_err(|error| wrong(kin.key, &error))?),
    };
    Ok(Settings {
        key,
        plain_http: section(config, kin).plain_http,
        proxy: proxy(environment, &endpoint)?,
        limits: limits(environment, config)?,
        ..Settings::new(endpoint, profile)
    })
}

/// A variable that cannot be used. What it holds is never repeated.
fn wrong(variable: &str, error: &dyn std::fmt::Display) -> SessionError {
    SessionError::input(format!("{variable}: {error}"))
}

fn endpoint(
    environment: &Environment,
    config: &Config,
    kin: Kin,
) -> Result<Endpoint, SessionError> {
    if let Some(text) = environment.variable(kin.base) {
        return Endpoint::parse(text).map_err(|error| wrong(kin.base, &error));
    }
    let configured = section(config, kin).base_url.as_deref();
    Endpoint::parse(configured.unwrap_or(kin.shipped)).map_err(|error| {
        SessionError::input(format!(
            "config.yaml: `providers.{}.base_url`: {error}",
            kin.name
        ))
    })
}

fn section(config: &Config, kin: Kin) -> &ProviderSection {
    match kin.name == ANTHROPIC.name {
        true => &config.providers.anthropic,
        false => &config.providers.openai,
    }
}

/// Responses is OpenAI's own; all others speak Chat Completions.
fn api(
    environment: &Environment,
    config: &Config,
    endpoint: &Endpoint,
) -> Result<Api, SessionError> {
    const VARIABLE: &str = "KIRO_OPENAI_API";
    let wanted = match environment.variable(VARIABLE) {
        None => config.providers.openai.api,
        Some("chat") => Some(Api::Chat),
        Some("responses") => Some(Api::Responses),
        Some(other) => {
            let error = format!("{other:?} is neither chat nor responses");
            return Err(wrong(VARIABLE, &error));
        }
    };
    Ok(wanted.unwrap_or(match endpoint.host() == "api.openai.com" {
        true => Api::Responses,
        false => Api::Chat,
    }))
}

/// The proxy that the usual variables name for an endpoint.
fn proxy(environment: &Environment, endpoint: &Endpoint) -> Result<Option<Proxy>, SessionError> {
    // Not HTTP_PROXY in capitals: a server sets that from a stranger's header.
    let own: &[&str] = match endpoint.is_https() {
        true => &["HTTPS_PROXY", "https_proxy"],
        false => &["http_proxy"],
    };
    let mut names = own.iter().chain(&["ALL_PROXY", "all_proxy"]);
    let found = names.find_map(|name| Some((*name, environment.variable(name)?)));
    let Some((name, address)) = found else {
        return Ok(None);
    };
    let except = environment.variable("NO_PROXY");
    let except = except.or_else(|| environment.variable("no_proxy"));
    Proxy::parse(address, except.unwrap_or(""))
        .map(Some)
        .map_err(|error| wrong(name, &error))
}

pub(super) fn limits(environment: &Environment, config: &Config) -> Result<Limits, SessionError> {
    const VARIABLE: &str = "KIRO_MODEL_IDLE_SECONDS";
    let shipped = Limits::default();
    let seconds = |it: Option<u64>| it.filter(|it| *it > 0).map(Duration::from_secs);
    let wanted = match environment.variable(VARIABLE) {
        None => config.providers.idle_seconds,
        Some(text) => Some(
            text.trim()
                .parse()
                .map_err(|_| wrong(VARIABLE, &"it is no number of seconds"))?,
        ),
    };
    Ok(Limits {
        first: seconds(config.providers.first_seconds).unwrap_or(shipped.first),
        idle: seconds(wanted).unwrap_or(shipped.idle),
        ..shipped
    })
}

/// A provider, and whether it could be asked.
#[derive(Clone, Debug)]
pub struct ProviderState {
    /// Its name.
    pub name: &'static str,
    /// Where it is.
    pub place: String,
    /// Whether there is what it wants to see before it answers.
    pub access: Access,
}

/// What a provider wants to see, and whether it is there. Never the thing itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// It is there; the variable or file that holds it.
    Present(String),
    /// It is not there; what to do.
    Missing(String),
    /// Nothing is needed.
    NotNeeded,
    /// The provider is not part of this build.
    NotBuiltIn,
}

/// Every provider beside the built-in one.
///
/// # Errors
/// When the configuration cannot be read.
pub fn providers(environment: &Environment) -> Result<Vec<ProviderState>, SessionError> {
    let config = Config::read(environment)?;
    let mut states = Vec::new();
    for kin in [ANTHROPIC, OPENAI] {
        let endpoint = endpoint(environment, &config, kin)?;
        let access = match environment.variable(kin.key) {
            Some(_) => Access::Present(kin.key.to_owned()),
            None if endpoint.is_loopback() => Access::NotNeeded,
            None => Access::Missing(format!("set {}", kin.key)),
        };
        states.push(ProviderState {
            name: kin.name,
            place: endpoint.base().to_owned(),
            access,
        });
    }
    states.push(super::bedrock::state(environment));
    Ok(states)
}

/// Whether a provider of models that `auto` knows by name could be asked.
pub(super) fn is_ready(environment: &Environment, config: &Config, provider: Provider) -> bool {
    let kin = match provider {
        Provider::Anthropic => ANTHROPIC,
        Provider::OpenAi => OPENAI,
        Provider::Bedrock => {
            let state = super::bedrock::state(environment);
            return matches!(state.access, Access::Present(_));
        }
        Provider::Local | Provider::Scripted => return true,
    };
    let own = endpoint(environment, config, kin).is_ok_and(|it| it.base() == kin.shipped);
    own && environment.variable(kin.key).is_some()
}
