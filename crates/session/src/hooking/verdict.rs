//! What a blocking agent answers: `hook_verdict {pass|block, findings}`, and nothing else lets anything pass.

use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};
use tools::{Answer, Effect, Progress, Stop, ToolSpec, Toolbox};

/// The tool by which an agent answers.
pub(super) const TOOL: &str = "hook_verdict";
/// Most findings that are kept, and most characters of one.
const FINDINGS_MAX: usize = 50;
const FINDING_CHARS: usize = 500;

/// An agent's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HookVerdict {
    pub(super) passes: bool,
    pub(super) findings: Vec<String>,
}

impl HookVerdict {
    /// Reads the arguments of a call.
    pub(super) fn parse(arguments: &Value) -> Result<HookVerdict, String> {
        let wrong =
            "hook_verdict takes {\"verdict\": \"pass\" or \"block\", \"findings\": [texts]}";
        let passes = match arguments["verdict"].as_str() {
            Some("pass") => true,
            Some("block") => false,
            _ => return Err(wrong.to_owned()),
        };
        let findings = match &arguments["findings"] {
            Value::Null => Vec::new(),
            Value::Array(items) => {
                let texts = items.iter().map(|it| it.as_str().map(kept));
                texts.collect::<Option<Vec<_>>>().ok_or(wrong)?
            }
            _ => return Err(wrong.to_owned()),
        };
        if !passes && findings.is_empty() {
            return Err("a block needs at least one finding that says why".to_owned());
        }
        Ok(HookVerdict {
            passes,
            findings: findings.into_iter().take(FINDINGS_MAX).collect(),
        })
    }
}

pub(super) fn kept(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(FINDING_CHARS).collect()
}

/// A toolbox with the verdict beside its tools.
pub(super) struct Bench<'t> {
    inner: &'t dyn Toolbox,
    verdict: Mutex<Option<HookVerdict>>,
}

impl<'t> Bench<'t> {
    pub(super) fn over(inner: &'t dyn Toolbox) -> Bench<'t> {
        Bench {
            inner,
            verdict: Mutex::new(None),
        }
    }

    /// What was answered, if anything.
    pub(super) fn verdict(&self) -> Option<HookVerdict> {
        self.verdict
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn answer(&self, arguments: &Value) -> Answer {
        match HookVerdict::parse(arguments) {
            Err(why) => Answer::failed(why),
            Ok(verdict) => {
                let mut slot = self.verdict.lock().unwrap_or_else(PoisonError::into_inner);
                // A block that was said once stays.
                if slot.as_ref().is_none_or(|it| it.passes) {
                    *slot = Some(verdict);
                }
                Answer::done(
                    "noted; say in a few words what you found, and end",
                    "a verdict",
                )
            }
        }
    }
}

impl Toolbox for Bench<'_> {
    fn specs(&self) -> Vec<ToolSpec> {
        let mut specs = self.inner.specs();
        specs.push(ToolSpec {
            name: TOOL.to_owned(),
            description: "Answer once, at the end: whether what you were asked about passes. Block only for what must be \
                          mended first, and name each such thing as a finding with its file."
                .to_owned(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "verdict": {"type": "string", "enum": ["pass", "block"]},
                    "findings": {"type": "array", "items": {"type": "string"}},
                },
                "required": ["verdict", "findings"],
            }),
        });
        specs
    }

    fn effect(&self, name: &str, arguments: &Value) -> Effect {
        match name {
            TOOL => Effect::Changes,
            other => self.inner.effect(other, arguments),
        }
    }

    fn title(&self, name: &str, arguments: &Value) -> String {
        self.inner.title(name, arguments)
    }

    fn call(
        &self,
        name: &str,
        arguments: &Value,
        stop: Stop<'_>,
        on: &(dyn Fn(Progress) + Sync),
    ) -> Answer {
        match name {
            TOOL => self.answer(arguments),
            other => self.inner.call(other, arguments, stop, on),
        }
    }
}

/// What a model that calls no tools is held to: a verdict that [`HookVerdict::parse`] takes.
pub(super) fn schema() -> Value {
    let of = |verdict: &str, findings: Value| {
        json!({
            "type": "object",
            "properties": {"verdict": {"const": verdict}, "findings": findings},
            "required": ["verdict", "findings"],
            "additionalProperties": false,
        })
    };
    let text = json!({"type": "string", "minLength": 3, "maxLength": 200});
    json!({"anyOf": [
        of("pass", json!({"type": "array", "maxItems": 0})),
        of("block", json!({"type": "array", "items": text, "minItems": 1, "maxItems": 4})),
    ]})
}

/// The JSON that a text is, or that its one fence holds; null for anything else. What stands around it is not looked at,
/// so a word in it is no verdict.
pub(super) fn json_of(text: &str) -> Value {
    let text = text.trim();
    let fenced = text
        .strip_prefix("```")
        .and_then(|it| it.strip_suffix("```"));
    let inner = fenced.map_or(text, |it| it.strip_prefix("json").unwrap_or(it));
    serde_json::from_str(inner.trim()).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_well_formed_verdict_is_one() {
        for (arguments, passes) in [
            (json!({"verdict": "pass", "findings": []}), Some(true)),
            (json!({"verdict": "pass"}), Some(true)),
            (
                json!({"verdict": "block", "findings": ["a.py: a secret"]}),
                Some(false),
            ),
            (json!({"verdict": "block", "findings": []}), None),
            (json!({"verdict": "PASS"}), None),
            (json!({"verdict": true}), None),
            (json!({"verdict": "pass", "findings": "none"}), None),
            (json!({"verdict": "pass", "findings": [1]}), None),
            (json!({}), None),
            (json!("pass"), None),
        ] {
            assert_eq!(
                HookVerdict::parse(&arguments).ok().map(|it| it.passes),
                passes,
                "{arguments}"
            );
        }
    }

    #[test]
    fn an_answer_is_json_as_a_whole_or_nothing() {
        let read = |text: &str| HookVerdict::parse(&json_of(text)).ok().map(|it| it.passes);
        let pass = r#"{"verdict":"pass","findings":[]}"#;
        assert_eq!(read(pass), Some(true));
        assert_eq!(read(&format!("```json\n{pass}\n```\n")), Some(true));
        for text in [
            "",
            "pass",
            "PASS",
            &format!("Sure: {pass}"),
            &format!("{pass}{pass}"),
            r#"{"verdict":"pass"#,
            r#"[{"verdict":"pass"}]"#,
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
