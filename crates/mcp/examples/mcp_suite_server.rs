//! What `kiro mcp serve` serves with, with the tools, resources and prompts of the conformance suite's own example on it: some of
//! the suite's scenarios ask for these by name. What of them Kiro's way of serving cannot say, pictures and sounds for example,
//! is not there.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use mcp::{Document, Offer, Prompt, PromptField, Prompts, Shelf};
use serde_json::{Map, Value, json};
use tools::{Answer, Effect, Progress, Stop, ToolSpec, Toolbox};

struct Example;

impl Toolbox for Example {
    fn specs(&self) -> Vec<ToolSpec> {
        let nothing = json!({"type": "object", "properties": {}});
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "$defs": {"address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
            }},
            "properties": {
                "name": {"type": "string"},
                "address": {"$ref": "#/$defs/address"},
                "contactMethod": {"type": "string", "enum": ["phone", "email"]},
                "phone": {"type": "string"},
                "email": {"type": "string"},
            },
            "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
            "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
            "then": {"required": ["phone"]},
            "else": {"required": ["email"]},
            "additionalProperties": false,
        });
        [
            ("test_simple_text", nothing.clone()),
            ("test_error_handling", nothing.clone()),
            ("test_tool_with_progress", nothing),
            ("json_schema_2020_12_tool", schema),
        ]
        .map(|(name, parameters)| ToolSpec {
            name: name.to_owned(),
            description: "A tool of the conformance suite.".to_owned(),
            parameters,
        })
        .to_vec()
    }

    fn effect(&self, _: &str, _: &Value) -> Effect {
        Effect::Reads
    }

    fn call(&self, name: &str, _: &Value, _: Stop<'_>, on: &(dyn Fn(Progress) + Sync)) -> Answer {
        match name {
            "test_error_handling" => {
                Answer::failed("This tool intentionally returns an error for testing")
            }
            "test_tool_with_progress" => {
                for part in ["begun", "half", "done"] {
                    on(Progress::Waiting(part.to_owned()));
                    std::thread::sleep(Duration::from_millis(50));
                }
                Answer::done("It went on.", name)
            }
            _ => Answer::done("This is a simple text response for testing.", name),
        }
    }
}

impl Shelf for Example {
    fn documents(&self) -> Vec<Document> {
        vec![Document {
            uri: "test://static-text".to_owned(),
            title: "static text".to_owned(),
            kind: "text/plain",
        }]
    }

    fn read(&self, uri: &str) -> Option<(&'static str, String)> {
        let text = "This is the content of the static text resource.";
        (uri == "test://static-text").then(|| ("text/plain", text.to_owned()))
    }
}

impl Prompts for Example {
    fn prompts(&self) -> Vec<Prompt> {
        let field = |name: &str| PromptField {
            name: name.to_owned(),
            about: "A field.".to_owned(),
            required: true,
        };
        let prompt = |name: &str, fields: Vec<PromptField>| Prompt {
            name: name.to_owned(),
            about: "A prompt of the conformance suite.".to_owned(),
            fields,
        };
        vec![
            prompt("test_simple_prompt", Vec::new()),
            prompt(
                "test_prompt_with_arguments",
                vec![field("arg1"), field("arg2")],
            ),
        ]
    }

    fn prompt(&self, name: &str, given: &Map<String, Value>) -> Result<String, String> {
        let text = |key: &str| given.get(key).and_then(Value::as_str).unwrap_or_default();
        match name {
            "test_simple_prompt" => Ok("This is a simple prompt for testing.".to_owned()),
            "test_prompt_with_arguments" => Ok(format!(
                "Prompt with arguments: arg1='{}', arg2='{}'",
                text("arg1"),
                text("arg2")
            )),
            _ => Err(format!("there is no prompt {name}")),
        }
    }

    fn completions(&self, _: &str, _: &str, begun: &str) -> Vec<String> {
        vec![format!("{begun}ing")]
    }
}

fn main() -> ExitCode {
    let example = Arc::new(Example);
    let offer = Offer {
        toolbox: Arc::clone(&example) as Arc<dyn Toolbox + Send>,
        shelf: Arc::clone(&example) as Arc<dyn Shelf>,
        prompts: example,
        instructions: String::new(),
    };
    ExitCode::from(u8::from(mcp::serve(offer).is_err()))
}
