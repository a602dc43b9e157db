//! What a person names of servers in their own words: a prompt that is to be theirs, a resource that is to be read. Their word is
//! the leave, as far as no rule denies it.

use std::sync::Arc;

use change::visible;
use policy::{Acquaintance, Act, Gate, Redactor, ServerCall, Verdict};
use serde_json::{Map, Value, json};
use tools::{Nobody, Stop};

use super::{Asked, READING, refusal};
use crate::fleet::Fleet;
use crate::render::{bounded, marked};

/// How getting a prompt is called in rules: `server/prompts/get`.
const GETTING: &str = "prompts/get";
/// Bytes of a prompt that a model is shown.
const PROMPT_MAX: usize = 24_000;

/// The servers, for a person's own words.
#[derive(Clone, Copy)]
pub struct Typed<'a> {
    /// The servers.
    pub fleet: &'a Fleet,
    /// Judges what is asked of them.
    pub gate: &'a Gate,
    /// Takes secrets out of answers.
    pub redactor: &'a Redactor,
}

impl Typed<'_> {
    /// Whether a word names a server that may be started.
    pub fn knows(&self, server: &str) -> bool {
        let mut members = self.fleet.members();
        members.any(|it| it.entry.name == server && it.target.is_ok())
    }

    /// The text of a prompt, filled in with what follows its name: `field=value`, or values in the order of the fields, of which the
    /// last takes what is left.
    ///
    /// # Errors
    /// When there is none, something is missing, a rule denies it, or the server does not give it.
    pub fn prompt(&self, server: &str, name: &str, words: &str) -> Result<String, String> {
        let told = |error: crate::RequestError| format!("{server}:{name}: {error}");
        let fields = self.fleet.fields(server, name).map_err(told)?;
        let given = filled(&fields, words).map_err(|why| format!("{server}:{name}: {why}"))?;
        let mut asked = given.clone();
        asked.insert("name".to_owned(), json!(name));
        self.permitted(server, GETTING, &asked)?;
        let text = self.fleet.prompt(server, name, given).map_err(told)?;
        let text = self.redactor.redact(&text);
        Ok(format!(
            "I chose the prompt «{}» of the server «{}»; do what it asks for:\n\n{}",
            visible(name),
            visible(server),
            bounded(text.trim(), PROMPT_MAX)
        ))
    }

    /// The text of a resource, marked as another program's.
    ///
    /// # Errors
    /// When a rule denies it, or the server does not give it.
    pub fn resource(&self, server: &str, uri: &str, stop: Stop<'_>) -> Result<String, String> {
        let asked = Map::from_iter([("uri".to_owned(), json!(uri))]);
        self.permitted(server, READING, &asked)?;
        let read = self
            .fleet
            .read_resource(server, uri, Arc::new(Nobody), stop, &|_| {});
        let text = read.map_err(|error| format!("@{server}:{uri}: {error}"))?;
        Ok(marked(&format!("{server} {uri}"), &text, self.redactor))
    }

    fn permitted(
        &self,
        server: &str,
        tool: &str,
        arguments: &Map<String, Value>,
    ) -> Result<(), String> {
        let asked = Asked {
            server,
            tool,
            auto_approve: false,
            arguments,
            now: None,
        };
        let act: Act = asked.act();
        let verdict = self.gate.judge_server_call(&ServerCall {
            server,
            tool,
            arguments: asked.digest(),
            auto_approve: false,
            acquaintance: Acquaintance::Known,
        });
        let permit = match verdict {
            Verdict::Allow(permit) => permit,
            // Who named it is who would be asked.
            Verdict::Ask(ask) => ask.approved(),
            Verdict::Deny(reasons) => {
                return Err(refusal("policy does not let it be read", &reasons));
            }
        };
        let redeemed = permit.redeem(&act);
        redeemed.map(drop).map_err(|error| error.to_string())
    }
}

/// Fields, each with whether there is nothing without it, filled in from words.
fn filled(fields: &[(String, bool)], words: &str) -> Result<Map<String, Value>, String> {
    let mut given = Map::new();
    let mut rest = words.trim();
    while !rest.is_empty() {
        let (word, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let named = word.split_once('=');
        let named = named.filter(|(name, _)| fields.iter().any(|it| it.0 == *name));
        let mut open = fields.iter().filter(|it| !given.contains_key(&it.0));
        let (name, value, after) = match (named, open.next(), open.next()) {
            (Some((name, value)), ..) => (name.to_owned(), value, after),
            (None, Some((name, _)), Some(_)) => (name.clone(), word, after),
            (None, Some((name, _)), None) => (name.clone(), rest, ""),
            (None, None, _) => return Err(format!("it takes nothing beside: {rest}")),
        };
        given.insert(name, json!(value));
        rest = after.trim_start();
    }
    let missing = |it: &&(String, bool)| it.1 && !given.contains_key(&it.0);
    let missing: Vec<&str> = fields
        .iter()
        .filter(missing)
        .map(|it| it.0.as_str())
        .collect();
    match missing.is_empty() {
        true => Ok(given),
        false => Err(format!("it needs {}", missing.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_fill_fields_in_their_order_or_by_their_names() {
        let fields = [("city".to_owned(), true), ("why".to_owned(), false)];
        for (words, expected) in [
            ("Rome", json!({"city": "Rome"})),
            (
                "Rome for the food",
                json!({"city": "Rome", "why": "for the food"}),
            ),
            ("why=food Rome", json!({"city": "Rome", "why": "food"})),
            ("city=Rome a=b c", json!({"city": "Rome", "why": "a=b c"})),
        ] {
            let given = filled(&fields, words).expect(words);
            assert_eq!(Value::Object(given), expected, "{words}");
        }
        assert_eq!(filled(&fields, "").expect_err("missing"), "it needs city");
        assert_eq!(
            filled(&fields, "why=x").expect_err("missing"),
            "it needs city"
        );
        assert!(filled(&[], "more").is_err());
        assert!(filled(&[], " ").is_ok_and(|it| it.is_empty()));
    }
}
