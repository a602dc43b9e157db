//! What the model may call in a conversation: the toolbox, and two tools that belong to the conversation itself.

use serde_json::{Value, json};
use tools::Toolbox;

/// The tool that keeps a decision or a question in the ledger.
pub(super) const NOTE: &str = "note";

/// The tool that lets a subagent do a part of the work.
pub(super) const DELEGATE: &str = "delegate";

/// The tools of a conversation, described once so that every request describes them alike.
pub(super) struct Kit<'a> {
    pub(super) toolbox: &'a dyn Toolbox,
    specs: Vec<model::ToolSpec>,
}

impl<'a> Kit<'a> {
    pub(super) fn new(toolbox: &'a dyn Toolbox, delegates: bool) -> Kit<'a> {
        let described = toolbox.specs().into_iter().map(|it| model::ToolSpec {
            name: it.name,
            description: it.description,
            parameters: it.parameters,
        });
        let mut specs: Vec<model::ToolSpec> = described.collect();
        specs.push(note());
        specs.extend(delegates.then(delegate));
        Kit { toolbox, specs }
    }

    pub(super) fn specs(&self) -> &[model::ToolSpec] {
        &self.specs
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    fn find(&self, name: &str) -> Option<&model::ToolSpec> {
        self.specs.iter().find(|it| it.name == name)
    }

    /// A call's arguments as an object, or what the model is told of them.
    pub(super) fn arguments(&self, name: &str, written: &str) -> Result<Value, String> {
        let spec = self.find(name).ok_or_else(|| self.unknown(name))?;
        let right = || {
            format!(
                "`{name}` takes a JSON object such as {}",
                example(&spec.parameters)
            )
        };
        if written.trim().is_empty() {
            return Ok(json!({}));
        }
        match serde_json::from_str(written) {
            Ok(Value::String(inner)) => match serde_json::from_str(&inner) {
                Ok(value @ Value::Object(_)) => Ok(value),
                _ => Err(format!("the arguments are a text; {}", right())),
            },
            Ok(value @ Value::Object(_)) => Ok(value),
            Ok(Value::Null) => Ok(json!({})),
            Ok(_) => Err(format!("the arguments are no object; {}", right())),
            Err(error) => Err(format!("the arguments are not JSON ({error}); {}", right())),
        }
    }

    fn unknown(&self, name: &str) -> String {
        let lower = name.to_lowercase();
        let near = self.specs.iter().map(|it| it.name.as_str()).find(|it| {
            !lower.is_empty() && (lower.contains(&it.to_lowercase()) || it.contains(&lower))
        });
        let meant = near.map_or(String::new(), |it| format!(" Did you mean `{it}`?"));
        let names: Vec<&str> = self.specs.iter().map(|it| it.name.as_str()).collect();
        format!(
            "there is no tool `{name}`.{meant} The tools are: {}",
            names.join(", ")
        )
    }

    /// The tools in words, for a model that takes them as text.
    pub(super) fn described(&self) -> String {
        let lines = self.specs.iter().map(|it| {
            let arguments = &it.parameters["properties"];
            format!("- {}: {} Arguments: {arguments}\n", it.name, it.description)
        });
        lines.collect()
    }
}

/// Arguments of the right form, made from a JSON Schema: what is required, by type.
fn example(schema: &Value) -> Value {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let names = required.iter().filter_map(Value::as_str);
    let value = |name: &str| match schema["properties"][name]["type"].as_str() {
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some("object") => json!({}),
        _ => json!("…"),
    };
    names.map(|it| (it.to_owned(), value(it))).collect()
}

fn note() -> model::ToolSpec {
    model::ToolSpec {
        name: NOTE.to_owned(),
        description: "Keep a decision or an open question; notes survive when older turns are cut."
            .to_owned(),
        parameters: json!({
            "type": "object",
            "properties": {
                "kind": {"type": "string", "enum": ["decision", "question", "settled"]},
                "text": {"type": "string", "description": "One sentence; for settled, the question as noted."},
            },
            "required": ["kind", "text"],
        }),
    }
}

fn delegate() -> model::ToolSpec {
    model::ToolSpec {
        name: DELEGATE.to_owned(),
        description:
            "Let a helper with an empty context and the same tools do one part; its last words come back."
                .to_owned(),
        parameters: json!({
            "type": "object",
            "properties": {
                "task": {"type": "string", "description": "All it has to know, and what it is to answer."},
            },
            "required": ["task"],
        }),
    }
}
