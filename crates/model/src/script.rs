//! The written form of a script: one JSON object a line. [`crate::Scripted`] documents it.

use crate::{Call, ModelError, Profile, Strategy, Usage};
use serde::Deserialize;

/// Longest wait that a script may ask for before a piece of text, in milliseconds.
const DELAY_MS_MAX: u64 = 60_000;

/// A script as read: what the model says it is, and its turns in order.
pub(crate) struct Script {
    pub(crate) profile: Profile,
    pub(crate) turns: Vec<ScriptedTurn>,
}

/// One reply of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScriptedTurn {
    pub(crate) when: Option<String>,
    pub(crate) never: Vec<String>,
    pub(crate) pieces: Vec<String>,
    pub(crate) calls: Vec<Call>,
    pub(crate) delay_ms: u64,
    pub(crate) usage: Usage,
    pub(crate) failure: Option<Failure>,
}

/// How a scripted turn fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Failure {
    /// Before the first piece.
    Unavailable,
    /// After the last piece.
    Cut,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TurnLine {
    when: Option<String>,
    #[serde(default)]
    never: Vec<String>,
    reply: Option<serde_json::Value>,
    #[serde(default)]
    calls: Vec<CallLine>,
    #[serde(default)]
    delay_ms: u64,
    #[serde(default)]
    usage: UsageLine,
    error: Option<Failure>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallLine {
    name: String,
    #[serde(default)]
    arguments: serde_json::Value,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct UsageLine {
    input_tokens: u64,
    cached_tokens: u64,
    cache_write_tokens: u64,
    output_tokens: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileLine {
    profile: ProfileFields,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ProfileFields {
    context_tokens: u32,
    output_tokens_max: u32,
    strategy: StrategyName,
    writes_plans: bool,
    native_tools: bool,
    images: bool,
    goes_on: bool,
}

impl Default for ProfileFields {
    fn default() -> Self {
        Self {
            context_tokens: 32_768,
            output_tokens_max: 4_096,
            strategy: StrategyName::Slots,
            writes_plans: false,
            native_tools: true,
            images: false,
            goes_on: false,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum StrategyName {
    Slots,
    Tools,
}

impl From<ProfileFields> for Profile {
    fn from(fields: ProfileFields) -> Self {
        Self {
            context_tokens: fields.context_tokens,
            output_tokens_max: fields.output_tokens_max,
            strategy: match fields.strategy {
                StrategyName::Slots => Strategy::Slots,
                StrategyName::Tools => Strategy::Tools,
            },
            writes_plans: fields.writes_plans,
            native_tools: fields.native_tools,
            images: fields.images,
            goes_on: fields.goes_on,
        }
    }
}

impl Script {
    /// Reads `text`; blank lines and lines that begin with `#` are skipped.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self, ModelError> {
        let mut script = Self {
            profile: ProfileFields::default().into(),
            turns: Vec::new(),
        };
        let mut first = true;
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            script
                .read_line(line, first)
                .map_err(|reason| ModelError::Script {
                    script: name.to_owned(),
                    reason: format!("cannot be read: line {}: {reason}", index + 1),
                })?;
            first = false;
        }
        Ok(script)
    }

    fn read_line(&mut self, line: &str, first: bool) -> Result<(), String> {
        let value: serde_json::Value = serde_json::from_str(line)
            .map_err(|error| format!("column {} is not JSON", error.column()))?;
        if !value.is_object() {
            return Err("it is not a JSON object".to_owned());
        }
        if value.get("profile").is_none() {
            self.turns.push(ScriptedTurn::from_json(value)?);
            return Ok(());
        }
        if !first {
            return Err("a profile stands on the first line only".to_owned());
        }
        let line: ProfileLine = serde_json::from_value(value).map_err(|error| error.to_string())?;
        self.profile = line.profile.into();
        Ok(())
    }
}

impl ScriptedTurn {
    fn from_json(value: serde_json::Value) -> Result<Self, String> {
        let line: TurnLine = serde_json::from_value(value).map_err(|error| error.to_string())?;
        if line.delay_ms > DELAY_MS_MAX {
            return Err(format!("delay_ms is more than {DELAY_MS_MAX}"));
        }
        let pieces = match (line.reply, line.error) {
            (None, Some(_)) => Vec::new(),
            (None, None) if line.calls.is_empty() => {
                return Err("there is neither a reply nor a call nor an error".to_owned());
            }
            (None, None) => Vec::new(),
            (Some(_), Some(Failure::Unavailable)) => {
                return Err("a turn that is unavailable has no reply".to_owned());
            }
            (Some(reply), _) => pieces(reply)?,
        };
        Ok(Self {
            when: line.when,
            never: line.never,
            pieces,
            calls: line.calls.into_iter().map(CallLine::call).collect(),
            delay_ms: line.delay_ms,
            usage: Usage {
                input_tokens: line.usage.input_tokens,
                cached_tokens: line.usage.cached_tokens,
                cache_write_tokens: line.usage.cache_write_tokens,
                output_tokens: line.usage.output_tokens,
                ..Usage::default()
            },
            failure: line.error,
        })
    }

    /// Whether this turn answers a request whose last user message is `text`.
    pub(crate) fn answers(&self, text: &str) -> bool {
        self.when.as_deref().is_none_or(|when| text.contains(when))
    }
}

impl CallLine {
    /// The call, whose id the player gives. Arguments given as a text are taken as they stand, so that a script can
    /// hold what is no JSON.
    fn call(self) -> Call {
        let arguments = match self.arguments {
            serde_json::Value::Null => "{}".to_owned(),
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        Call {
            id: String::new(),
            name: self.name,
            arguments,
        }
    }
}

fn pieces(reply: serde_json::Value) -> Result<Vec<String>, String> {
    match reply {
        serde_json::Value::String(text) => Ok(vec![text]),
        list @ serde_json::Value::Array(_) => serde_json::from_value(list)
            .map_err(|_| "the pieces of a reply are not all texts".to_owned()),
        _ => Err("a reply is a text or a list of texts".to_owned()),
    }
}
