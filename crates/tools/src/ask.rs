//! `ask_user`: a question to the person, who may not be there.

use serde_json::{Value, json};

use crate::arguments::Arguments;
use crate::error::ToolError;
use crate::person::Person;
use crate::text::quoted;
use crate::{Answer, Progress, Stop, ToolSpec};

pub(crate) fn spec() -> ToolSpec {
    ToolSpec {
        name: "ask_user".to_owned(),
        description: "Asks the user when only they can decide.".to_owned(),
        parameters: json!({
            "type": "object",
            "properties": {
                "question": {"type": "string"},
                "options": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["question"],
        }),
    }
}

pub(crate) fn call(
    person: &dyn Person,
    arguments: &Value,
    stop: Stop<'_>,
    on: &(dyn Fn(Progress) + Sync),
) -> Result<Answer, ToolError> {
    let arguments = Arguments::of("ask_user", &["question", "options"], arguments)?;
    let question = arguments.text("question")?.trim();
    if question.is_empty() {
        return Err(ToolError::call("`question` is empty"));
    }
    let options: Vec<String> = arguments
        .list("options")?
        .iter()
        .filter_map(|it| it.as_str().map(str::to_owned))
        .collect();
    on(Progress::Waiting("an answer of the user".to_owned()));
    match person.ask(question, &options, stop) {
        Some(answer) => Ok(Answer::done(
            format!("the user answered: {answer}"),
            format!("{} {}", quoted(question), quoted(&answer)),
        )),
        None => Err(ToolError::call(
            "nobody answered: decide by what is known, do what can be undone, and say at the end what you assumed",
        )),
    }
}
