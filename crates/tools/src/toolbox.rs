//! The trait by which an agent reaches tools, and the values that pass through it.

use serde_json::Value;

/// A tool, as it is described to a model.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolSpec {
    /// Its name: letters, digits and `_`, at most 64.
    pub name: String,
    /// What it does and when to use it.
    pub description: String,
    /// JSON Schema of its arguments, an object.
    pub parameters: Value,
}

/// What a call can do to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: it may run beside other reading calls.
    Reads,
    /// Something: it runs alone and in the order of the calls.
    Changes,
}

/// What a call came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What the model is told. Bounded by the toolbox.
    pub text: String,
    /// One line for a person.
    pub summary: String,
    /// Whether it failed. A refusal by policy is a failure that names its rule.
    pub failed: bool,
    /// Files that it changed, relative to the workspace.
    pub changed: Vec<String>,
    /// Pictures that belong to it, as the bytes of their files. Nobody has looked into them yet.
    pub pictures: Vec<Vec<u8>>,
}

impl Answer {
    /// What went well and changed no file.
    pub fn done(text: impl Into<String>, summary: impl Into<String>) -> Answer {
        Answer {
            text: text.into(),
            summary: summary.into(),
            failed: false,
            changed: Vec::new(),
            pictures: Vec::new(),
        }
    }

    /// What could not be done; the text says why and what would be right.
    pub fn failed(text: impl Into<String>) -> Answer {
        let text = text.into();
        let line = text.lines().next().unwrap_or_default();
        Answer {
            summary: change::visible(line).into_owned(),
            text,
            failed: true,
            changed: Vec::new(),
            pictures: Vec::new(),
        }
    }

    /// The answer to a call of a tool that is not there.
    pub fn unknown(name: &str, specs: &[ToolSpec]) -> Answer {
        let names: Vec<&str> = specs.iter().map(|it| it.name.as_str()).collect();
        Answer::failed(format!(
            "there is no tool `{name}`; the tools are {}",
            names.join(", ")
        ))
    }
}

/// Something to show while a call runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A piece of a program's output, made safe to print.
    Output(String),
    /// What is being waited for.
    Waiting(String),
}

/// Asked by a running call whether it should end; the owner of the turn answers.
pub type Stop<'a> = &'a (dyn Fn() -> bool + Sync);

/// A set of tools over one workspace. It may be shared between threads: reading calls run beside each other.
pub trait Toolbox: Sync {
    /// What can be called, in a stable order.
    fn specs(&self) -> Vec<ToolSpec>;

    /// What a call of `name` with `arguments` can do. An unknown tool reads: its answer only says so.
    fn effect(&self, name: &str, arguments: &Value) -> Effect;

    /// What a call is about, as rules and hooks name it: the tool, or `@server/tool` for one of another program.
    fn title(&self, name: &str, _arguments: &Value) -> String {
        name.to_owned()
    }

    /// Answers a call. Never panics on any arguments: what cannot be done is an [`Answer`] that failed and says what
    /// would be right.
    fn call(
        &self,
        name: &str,
        arguments: &Value,
        stop: Stop<'_>,
        on: &(dyn Fn(Progress) + Sync),
    ) -> Answer;
}
