//! The form of what goes over the wire: which keys, of which kind. `golden/wire-1.json` holds it, by method, for version 1.
//! What is added makes a new line there; what goes or changes needs another version. `KIRO_BLESS=1` writes the file anew.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The forms that were seen, by method and, for what comes in several kinds, by kind.
#[derive(Default)]
pub(crate) struct Forms(BTreeMap<String, Value>);

impl Forms {
    /// Notes what one message holds.
    pub(crate) fn note(&mut self, method: &str, value: &Value) {
        let kinds = ["sessionUpdate", "event", "kind"];
        let inner = value.get("update").unwrap_or(value);
        let kind = kinds.iter().find_map(|it| inner.get(it)?.as_str());
        let name = match kind {
            Some(kind) if method != "_kiro/operation" => format!("{method} {kind}"),
            _ => method.to_owned(),
        };
        let form = form(value);
        let known = self.0.remove(&name);
        let both = known.map_or(form.clone(), |it| joined(&it, &form));
        self.0.insert(name, both);
    }

    /// Compares with what is written down.
    pub(crate) fn check(&self) {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/golden/wire-1.json");
        let text = serde_json::to_string_pretty(&self.0).expect("JSON") + "\n";
        if std::env::var_os("KIRO_BLESS").is_some() {
            #[expect(
                clippy::disallowed_methods,
                reason = "whoever blesses wants it written"
            )]
            std::fs::write(path, &text).expect("written");
        }
        let known = std::fs::read_to_string(path).unwrap_or_default();
        let known: BTreeMap<String, Value> = serde_json::from_str(&known).unwrap_or_default();
        for (name, form) in &self.0 {
            assert_eq!(known.get(name), Some(form), "the form of {name}");
        }
        let gone: Vec<&String> = known
            .keys()
            .filter(|it| !self.0.contains_key(*it))
            .collect();
        assert!(gone.is_empty(), "not seen any more: {gone:?}");
    }
}

/// Keys and kinds, without values.
fn form(value: &Value) -> Value {
    match value {
        Value::Null => json!("null"),
        Value::Bool(_) => json!("bool"),
        Value::Number(_) => json!("number"),
        Value::String(_) => json!("string"),
        Value::Array(items) => {
            let one = items.iter().map(form).reduce(|a, b| joined(&a, &b));
            Value::Array(one.into_iter().collect())
        }
        // Facts are the journal's boundary, which has a golden test of its own.
        Value::Object(fields) if fields.contains_key("fact") && fields["fact"].is_string() => {
            json!("fact")
        }
        Value::Object(fields) => fields
            .iter()
            .map(|(key, it)| (key.clone(), form(it)))
            .collect::<BTreeMap<String, Value>>()
            .into_iter()
            .collect::<Map<String, Value>>()
            .into(),
    }
}

/// The form of values that have either form.
fn joined(a: &Value, b: &Value) -> Value {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let mut all: BTreeMap<String, Value> = BTreeMap::new();
            for (key, it) in a.iter().chain(b) {
                let known = all.remove(key);
                all.insert(
                    key.clone(),
                    known.map_or(it.clone(), |known| joined(&known, it)),
                );
            }
            Value::Object(all.into_iter().collect())
        }
        (Value::Array(a), Value::Array(b)) => {
            let one = a.iter().chain(b).cloned().reduce(|a, b| joined(&a, &b));
            Value::Array(one.into_iter().collect())
        }
        (Value::String(a), Value::String(b)) => {
            let mut kinds: Vec<&str> = a.split(" or ").chain(b.split(" or ")).collect();
            kinds.sort_unstable();
            kinds.dedup();
            json!(kinds.join(" or "))
        }
        // What may be missing says so by the kind of the other.
        (Value::String(null), other) | (other, Value::String(null)) if null == "null" => {
            other.clone()
        }
        (a, b) => json!(format!("{a} or {b}")),
    }
}
