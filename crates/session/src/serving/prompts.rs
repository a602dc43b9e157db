//! What a person lets another program's agent do by one name.

use mcp::{Prompt, PromptField, Prompts};
use serde_json::{Map, Value};

use super::Office;
use crate::specs;

/// Work on a specification's tasks.
const WORK: &str = "work";
const SPEC: &str = "spec";

impl Office {
    fn spec_names(&self) -> Vec<String> {
        let listed = specs::specs(&self.environment).unwrap_or_default();
        listed.into_iter().map(|it| it.name).collect()
    }
}

impl Prompts for Office {
    fn prompts(&self) -> Vec<Prompt> {
        vec![Prompt {
            name: WORK.to_owned(),
            about:
                "Work on the tasks of a specification, one after the other, until none is ready."
                    .to_owned(),
            fields: vec![PromptField {
                name: SPEC.to_owned(),
                about: "The specification, by name or path; without it, ask which.".to_owned(),
                required: false,
            }],
        }]
    }

    fn prompt(&self, name: &str, given: &Map<String, Value>) -> Result<String, String> {
        if name != WORK {
            return Err(format!("there is no prompt {name}"));
        }
        let spec = given.get(SPEC).and_then(Value::as_str).map(str::trim);
        let which = match spec.filter(|it| !it.is_empty()) {
            Some(spec) => format!("Work on the specification «{spec}»."),
            None => {
                let names = self.spec_names().join(", ");
                format!("The specifications are: {names}. Ask me which one to work on.")
            }
        };
        Ok(format!(
            "{which} Ask Kiro's tool `next_task` for the next task, write its code in this folder, keep to the files that it \
             names, and call `hand_in` when you believe that it is done. Kiro runs the checks; when some fail, mend the code \
             and hand it in again. Go on with the next task until none is ready. Never tick a task yourself."
        ))
    }

    fn completions(&self, prompt: &str, field: &str, begun: &str) -> Vec<String> {
        if (prompt, field) != (WORK, SPEC) {
            return Vec::new();
        }
        let mut names = self.spec_names();
        names.retain(|it| it.starts_with(begun));
        names
    }
}
