//! Which models, with which budget, from where: the keys `model`, `budget` and `providers` of the configuration files.
//!
//! The user's own file is `config.yaml` in Kiro's folder; the project's is `.kiro/config.yaml`. A project may name models and
//! lower the budget. It may not say where a provider is: whoever decides that gets the user's key. Nor may it name a script:
//! that would be an agent that does what the project wrote.

use std::collections::BTreeMap;
use std::path::Path;

use model::{Budget, ModelId, Money, Provider};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::documents;
use crate::error::SessionError;
use crate::places::{Environment, Project};

/// What a model is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Plans and tasks.
    Plan,
    /// Code.
    Implement,
    /// A second look at code.
    Review,
    /// Small answers beside the work.
    Hook,
}

/// A model by name, or left to Kiro.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// The best that there is an account for.
    Auto,
    /// These, in this order.
    Chain(Vec<ModelId>),
}

impl Wish {
    /// A script among the models.
    fn script(&self) -> Option<&ModelId> {
        match self {
            Self::Auto => None,
            Self::Chain(chain) => chain.iter().find(|it| it.provider() == Provider::Scripted),
        }
    }
}

/// How OpenAI, or what speaks like it, is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Api {
    /// Chat Completions.
    Chat,
    /// Responses.
    Responses,
}

/// Where a provider is, and how it is to be treated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ProviderSection {
    pub(super) base_url: Option<String>,
    pub(super) api: Option<Api>,
    /// Whether a key may go to another machine without encryption.
    pub(super) plain_http: bool,
}

/// The providers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Providers {
    pub(super) anthropic: ProviderSection,
    pub(super) openai: ProviderSection,
    /// Seconds until the first piece of an answer, and between two pieces.
    pub(super) first_seconds: Option<u64>,
    pub(super) idle_seconds: Option<u64>,
}

/// What both files say together.
#[derive(Clone, Debug, Default)]
pub(super) struct Config {
    user: Models,
    project: Models,
    pub(super) budget: Budget,
    pub(super) providers: Providers,
}

/// The wishes of one file, by role; "" is the default.
type Models = BTreeMap<String, Wish>;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    model: Option<ModelSection>,
    budget: BudgetSection,
    providers: Option<Providers>,
    /// Read by policy.
    #[serde(rename = "security")]
    _security: IgnoredAny,
    /// Read by policy.
    #[serde(rename = "governance")]
    _governance: IgnoredAny,
    /// Read where attempts are made ready.
    #[serde(rename = "attempts")]
    _attempts: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ModelSection {
    One(Names),
    Roles(BTreeMap<String, Names>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Names {
    One(String),
    Several(Vec<String>),
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct BudgetSection {
    max_cost: Option<Amount>,
    max_tokens: Option<u64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Amount {
    Whole(u64),
    Part(f64),
    Text(String),
}

impl Role {
    const NAMES: [(&'static str, Role); 4] = [
        ("plan", Role::Plan),
        ("implement", Role::Implement),
        ("review", Role::Review),
        ("hook", Role::Hook),
    ];

    fn name(self) -> &'static str {
        let found = Self::NAMES.iter().find(|it| it.1 == self);
        found.map_or("", |it| it.0)
    }
}

impl Config {
    /// Reads both files; a missing one says nothing.
    pub(super) fn read(environment: &Environment) -> Result<Config, SessionError> {
        let (shown, own) = documents::own_config(environment)?;
        let project = Project::around(environment)?;
        let theirs = match project.root.join(".kiro/config.yaml") == Path::new(&shown) {
            true => None,
            false => documents::read(&project, ".kiro/config.yaml")?,
        };
        Config::parse(
            (&shown, &own),
            (".kiro/config.yaml", theirs.as_deref().unwrap_or("")),
        )
        .map_err(SessionError::input)
    }

    fn parse(own: (&str, &str), theirs: (&str, &str)) -> Result<Config, String> {
        let user: File = documents::settings(own.0, own.1)?;
        let project: File = documents::settings(theirs.0, theirs.1)?;
        if project.providers.is_some() {
            return Err(format!(
                "{}: `providers` says where keys are sent, so it counts only in {}",
                theirs.0, own.0
            ));
        }
        let wishes = models(theirs.0, project.model)?;
        if let Some(script) = wishes.values().find_map(Wish::script) {
            return Err(format!(
                "{}: `model`: {script} plays a file as if a model had written it, so only you can choose it; take it out here, and say it in {} or with --model",
                theirs.0, own.0
            ));
        }
        Ok(Config {
            budget: budget(own.0, user.budget)?.tightened(budget(theirs.0, project.budget)?),
            user: models(own.0, user.model)?,
            project: wishes,
            providers: user.providers.unwrap_or_default(),
        })
    }

    /// What the user wishes for a role.
    pub(super) fn users(&self, role: Role) -> Option<&Wish> {
        wish(&self.user, role)
    }

    /// What the project wishes for a role.
    pub(super) fn projects(&self, role: Role) -> Option<&Wish> {
        wish(&self.project, role)
    }

    /// The models that the user wants to answer where `first` cannot.
    pub(super) fn others(&self, first: &ModelId) -> &[ModelId] {
        let mut chains = self.user.values().filter_map(|it| match it {
            Wish::Chain(chain) => chain.split_first(),
            Wish::Auto => None,
        });
        chains.find(|it| it.0 == first).map_or(&[], |it| it.1)
    }
}

/// What is wrong with the models and the budget of a project's `config.yaml`.
pub(crate) fn trouble(text: &str) -> Option<String> {
    Config::parse(("", ""), (crate::trust::CONFIG, text)).err()
}

fn wish(models: &Models, role: Role) -> Option<&Wish> {
    models.get(role.name()).or_else(|| models.get(""))
}

fn models(file: &str, section: Option<ModelSection>) -> Result<Models, String> {
    let roles = match section {
        None => return Ok(Models::new()),
        Some(ModelSection::One(names)) => BTreeMap::from([(String::new(), names)]),
        Some(ModelSection::Roles(roles)) => roles,
    };
    let mut models = Models::new();
    for (role, names) in roles {
        let known = Role::NAMES.iter().any(|it| it.0 == role);
        if !known && !matches!(role.as_str(), "" | "default") {
            return Err(format!(
                "{file}: `model` has no role «{role}»; the roles are default, plan, implement, review and hook"
            ));
        }
        let wish = names
            .wish()
            .map_err(|why| format!("{file}: `model`: {why}"))?;
        models.insert(if known { role } else { String::new() }, wish);
    }
    Ok(models)
}

impl Names {
    fn wish(self) -> Result<Wish, String> {
        let names = match self {
            Names::One(name) => vec![name],
            Names::Several(names) => names,
        };
        match &names[..] {
            [] => Err("a list of models is empty".to_owned()),
            [name] if name == "auto" => Ok(Wish::Auto),
            names => names
                .iter()
                .map(|it| it.parse())
                .collect::<Result<_, _>>()
                .map(Wish::Chain)
                .map_err(|error: model::ModelIdError| error.to_string()),
        }
    }
}

fn budget(file: &str, section: BudgetSection) -> Result<Budget, String> {
    let fail = |text: &dyn std::fmt::Display| {
        format!("{file}: `budget`: {text} is no amount of dollars: write one like 2.50")
    };
    let money: Option<Money> = match section.max_cost {
        None => None,
        Some(Amount::Whole(dollars)) => {
            Some(dollars.to_string().parse().map_err(|_| fail(&dollars))?)
        }
        Some(Amount::Part(dollars)) => {
            // Written out again: nine decimals are more than anybody writes.
            let text = format!("{dollars:.9}");
            Some(text.parse().map_err(|_| fail(&dollars))?)
        }
        Some(Amount::Text(text)) => Some(text.parse().map_err(|_| fail(&text))?),
    };
    Ok(Budget {
        money,
        tokens: section.max_tokens,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(own: &str, theirs: &str) -> Result<Config, String> {
        Config::parse(("USER", own), ("PROJECT", theirs))
    }

    fn shown(wish: Option<&Wish>) -> String {
        match wish {
            None => "none".to_owned(),
            Some(Wish::Auto) => "auto".to_owned(),
            Some(Wish::Chain(chain)) => {
                let names: Vec<String> = chain.iter().map(ToString::to_string).collect();
                names.join(" > ")
            }
        }
    }

    #[track_caller]
    fn check(own: &str, role: Role, expected: &str) {
        assert_eq!(shown(read(own, "").unwrap().users(role)), expected, "{own}");
    }

    #[test]
    fn models_by_role() {
        check("", Role::Plan, "none");
        check("# nothing\n", Role::Plan, "none");
        check("model: auto\n", Role::Hook, "auto");
        check("model: openai/gpt-5\n", Role::Plan, "openai/gpt-5");
        check(
            "model: [openai/a, local/b]\n",
            Role::Plan,
            "openai/a > local/b",
        );
        let roles = "model:\n  default: openai/a\n  plan: [anthropic/p, openai/a]\n  hook: auto\n";
        check(roles, Role::Implement, "openai/a");
        check(roles, Role::Plan, "anthropic/p > openai/a");
        check(roles, Role::Hook, "auto");
        let config = read(roles, "").unwrap();
        let others = config.others(&"anthropic/p".parse().unwrap());
        assert_eq!(others, ["openai/a".parse().unwrap()]);
        assert!(config.others(&"openai/zz".parse().unwrap()).is_empty());
        let theirs = read("", roles).unwrap();
        assert!(theirs.others(&"anthropic/p".parse().unwrap()).is_empty());
    }

    #[test]
    fn a_project_names_models_and_lowers_the_budget() {
        let config = read(
            "budget: {max_cost: 5, max_tokens: 100}\nproviders: {openai: {base_url: 'http://a', api: chat}, idle_seconds: 5}\n",
            "model: openai/theirs\nbudget: {max_cost: 2.50, max_tokens: 1000}\nsecurity: {trusted_commands: []}\n",
        );
        let config = config.unwrap();
        assert_eq!(shown(config.projects(Role::Plan)), "openai/theirs");
        assert_eq!(shown(config.users(Role::Plan)), "none");
        assert_eq!(config.budget.money.unwrap().to_string(), "$2.5000");
        assert_eq!(config.budget.tokens, Some(100));
        assert_eq!(config.providers.openai.api, Some(Api::Chat));
        assert_eq!(config.providers.idle_seconds, Some(5));
    }

    #[track_caller]
    fn check_refused(own: &str, theirs: &str, words: &str) {
        let error = read(own, theirs).err().unwrap_or_default();
        assert!(error.contains(words), "{words:?} is not in {error:?}");
    }

    #[test]
    fn what_is_refused_is_named() {
        check_refused(
            "",
            "providers: {openai: {base_url: 'https://evil.example'}}",
            "counts only in USER",
        );
        check_refused("", "model: scripted/a\n", "scripted/a plays a file");
        check_refused(
            "",
            "model: {hook: [openai/a, scripted/b]}\n",
            "scripted/b plays a file",
        );
        assert!(read("model: scripted/a\n", "").is_ok());
        check_refused("modle: x\n", "", "modle");
        check_refused(
            "model: gpt-5\n",
            "",
            "USER: `model`: \"gpt-5\" names no model",
        );
        check_refused("model: {planning: openai/a}\n", "", "no role «planning»");
        check_refused("model: []\n", "", "empty");
        check_refused(
            "",
            "model: [openai/a, auto]\n",
            "PROJECT: `model`: \"auto\" names no model",
        );
        check_refused(
            "budget: {max_cost: cheap}\n",
            "",
            "«cheap»".trim_matches(['«', '»']),
        );
        check_refused("budget: {max_cost: -1}\n", "", "no amount");
        check_refused("providers: {openai: {api: soap}}\n", "", "soap");
        check_refused("providers: {openai: {key: x}}\n", "", "key");
    }
}
