//! `todo`: the agent's own list of what is to be done, shown to the person.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::arguments::Arguments;
use crate::error::ToolError;
use crate::text::count;
use crate::{Answer, ToolSpec};

/// Items that a list has, and bytes of one.
const ITEMS_MAX: usize = 100;
const TEXT_MAX: usize = 500;

/// How far an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TodoState {
    /// Not begun.
    Open,
    /// Under way.
    Doing,
    /// Done, as the agent says; nobody's evidence.
    Done,
}

/// One item of the agent's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TodoItem {
    /// What is to be done.
    pub text: String,
    /// How far it is.
    pub state: TodoState,
}

impl fmt::Display for TodoItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.state {
            TodoState::Open => "[ ]",
            TodoState::Doing => "[~]",
            TodoState::Done => "[x]",
        };
        write!(f, "{mark} {}", self.text)
    }
}

pub(crate) fn spec() -> ToolSpec {
    ToolSpec {
        name: "todo".to_owned(),
        description:
            "Replaces your own list of steps, which the user sees. Without `items`: shows it."
                .to_owned(),
        parameters: json!({
            "type": "object",
            "properties": {
                "items": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "text": {"type": "string"},
                            "state": {"type": "string", "enum": ["open", "doing", "done"]},
                        },
                        "required": ["text"],
                    },
                },
            },
        }),
    }
}

/// The list, which calls replace as a whole.
#[derive(Debug, Default)]
pub(crate) struct Todo(Mutex<Vec<TodoItem>>);

impl Todo {
    pub(crate) fn items(&self) -> Vec<TodoItem> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn call(&self, arguments: &Value) -> Result<Answer, ToolError> {
        let arguments = Arguments::of("todo", &["items"], arguments)?;
        if arguments.has("items") {
            let items = arguments
                .list("items")?
                .iter()
                .map(item)
                .collect::<Result<Vec<_>, _>>()?;
            if items.len() > ITEMS_MAX {
                return Err(ToolError::call(format!(
                    "a list has at most {ITEMS_MAX} items"
                )));
            }
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = items;
        }
        let items = self.items();
        let rows: Vec<String> = items.iter().map(ToString::to_string).collect();
        let done = items
            .iter()
            .filter(|it| it.state == TodoState::Done)
            .count();
        let text = match rows.is_empty() {
            true => "the list is empty".to_owned(),
            false => rows.join("\n"),
        };
        Ok(Answer::done(
            text,
            format!("{done} of {} done", count(rows.len(), "step")),
        ))
    }
}

fn item(value: &Value) -> Result<TodoItem, ToolError> {
    if let Value::String(text) = value {
        return Ok(TodoItem {
            text: line(text),
            state: TodoState::Open,
        });
    }
    let arguments = Arguments::of("todo", &["text", "state"], value)?;
    let state = match arguments.text_if("state")? {
        None | Some("open" | "pending") => TodoState::Open,
        Some("doing" | "in_progress") => TodoState::Doing,
        Some("done" | "completed") => TodoState::Done,
        Some(other) => {
            return Err(ToolError::call(format!(
                "{} is no state; an item is open, doing or done",
                crate::text::quoted(other)
            )));
        }
    };
    Ok(TodoItem {
        text: line(arguments.text("text")?),
        state,
    })
}

/// Safe to show on one line.
fn line(text: &str) -> String {
    let shown = change::visible(text.trim()).replace(['\n', '\t'], " ");
    crate::text::head(&shown, TEXT_MAX).to_owned()
}
