//! Which model a run takes: what was typed, the variable, the user's wishes, the project's, and the built-in one.

use model::{ModelId, Provider};

use super::config::{Config, Role, Wish};
use super::registry::Registry;
use super::{built_in, remote, users_default};
use crate::error::SessionError;
use crate::places::Environment;

/// What `auto` takes of each provider, best provider first: for plans, code and reviews, and for small answers.
const AUTO: [(Provider, &str, &str); 3] = [
    (Provider::Anthropic, "claude-sonnet-5", "claude-haiku-4-5"),
    (Provider::OpenAi, "gpt-5", "gpt-5-mini"),
    (Provider::Bedrock, BEDROCK[0], BEDROCK[0]),
];

/// The models that Amazon Bedrock is asked for when nobody says more, best first. The names are inference profiles: `us.` says
/// where the model may run, and the account's region decides whether that is right.
pub(super) const BEDROCK: [&str; 2] = [
    "us.anthropic.claude-sonnet-4-20250514-v1:0",
    "us.anthropic.claude-3-7-sonnet-20250219-v1:0",
];

/// A model, and those that answer in its place where it cannot, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// Who is asked.
    pub first: ModelId,
    /// Who answers where the first cannot.
    pub others: Vec<ModelId>,
}

impl From<ModelId> for Chain {
    fn from(first: ModelId) -> Self {
        Self {
            first,
            others: Vec::new(),
        }
    }
}

impl std::fmt::Display for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.first.fmt(f)
    }
}

/// The model for `role`: `typed`, else `KIRO_MODEL`, else what the user's `config.yaml` says, else what `kiro model use`
/// chose, else what the project's `.kiro/config.yaml` says, else the built-in one, which needs no account. `auto` stands for
/// the best model that there is a key for.
///
/// A model has the others that the user's file names after it, however it was chosen. Those of the project's file count
/// only where the project has the say: it must not send to further providers what the user wanted one model to see.
///
/// # Errors
/// When a text names no model, or a file that may name one cannot be used.
pub fn model_for(
    role: Role,
    typed: Option<&str>,
    environment: &Environment,
) -> Result<Chain, SessionError> {
    let config = Config::read(environment)?;
    let chosen = |first: ModelId| Chain {
        others: others(&config, &first),
        first,
    };
    if let Some(text) = typed {
        let id = named(text, role, environment, &config).map_err(SessionError::input)?;
        return Ok(chosen(id));
    }
    if let Some(text) = &environment.model {
        return named(text, role, environment, &config)
            .map(chosen)
            .map_err(|error| SessionError::input(format!("KIRO_MODEL: {error}")));
    }
    if let Some(wish) = config.users(role) {
        return Ok(chosen(granted(wish, role, environment, &config)));
    }
    let registry = Registry::read(environment)?;
    match (&registry.default, config.projects(role)) {
        (None, Some(wish)) => Ok(match wish {
            Wish::Chain(chain) if chain.len() > 1 => Chain {
                first: chain[0].clone(),
                others: chain[1..].to_vec(),
            },
            wish => chosen(granted(wish, role, environment, &config)),
        }),
        _ => users_default(&registry).map(chosen),
    }
}

/// The model of a run that names none.
///
/// # Errors
/// As [`model_for`].
pub fn default_model(environment: &Environment) -> Result<ModelId, SessionError> {
    model_for(Role::Implement, None, environment).map(|it| it.first)
}

fn named(
    text: &str,
    role: Role,
    environment: &Environment,
    config: &Config,
) -> Result<ModelId, model::ModelIdError> {
    match text {
        "auto" => Ok(automatic(role, environment, config)),
        text => text.parse(),
    }
}

fn granted(wish: &Wish, role: Role, environment: &Environment, config: &Config) -> ModelId {
    match wish {
        Wish::Chain(chain) if !chain.is_empty() => chain[0].clone(),
        _ => automatic(role, environment, config),
    }
}

fn automatic(role: Role, environment: &Environment, config: &Config) -> ModelId {
    let ready = |it: &&(Provider, &str, &str)| remote::is_ready(environment, config, it.0);
    let found = AUTO
        .iter()
        .find(ready)
        .and_then(|(provider, large, small)| {
            let name = match role {
                Role::Hook => small,
                Role::Plan | Role::Implement | Role::Review => large,
            };
            ModelId::new(*provider, name).ok()
        });
    found.unwrap_or_else(|| built_in().clone())
}

/// The models that answer where `id` cannot: as the user configured, else as shipped.
fn others(config: &Config, id: &ModelId) -> Vec<ModelId> {
    let configured = config.others(id);
    if configured.is_empty() && id.provider() == Provider::Bedrock && id.name() == BEDROCK[0] {
        return ModelId::new(Provider::Bedrock, BEDROCK[1])
            .into_iter()
            .collect();
    }
    configured.to_vec()
}
