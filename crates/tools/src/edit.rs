//! `edit` and `write`: changing files. Several edits are made together or not at all, and every file that was
//! written is read back.

mod draft;
mod elision;
mod find;
mod indent;
mod near;
mod replace;
#[cfg(test)]
mod tests;
mod weave;

use serde_json::{Value, json};

use crate::arguments::Arguments;
use crate::error::ToolError;
use crate::person::Person;
use crate::text::count;
use crate::workspace::Workspace;
use crate::{Answer, Stop, ToolSpec};

use draft::{Change, Drafts};
use replace::Choice;

/// Edits in one call.
const EDITS_MAX: usize = 100;

const EDIT: &[&str] = &["path", "old", "new", "all", "line", "symbol", "content"];
const CALL: &[&str] = &[
    "edits", "preview", "path", "old", "new", "all", "line", "symbol", "content",
];

pub(crate) fn edit_spec() -> ToolSpec {
    ToolSpec {
        name: "edit".to_owned(),
        description: "Changes files; all edits of a call are made, or none. An edit replaces `old`, quoted exactly \
                      and standing once in the file, by `new`; or the definition `symbol` by `new`; or the whole file \
                      by `content`."
            .to_owned(),
        parameters: json!({
            "type": "object",
            "properties": {
                "edits": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "path": {"type": "string"},
                            "old": {"type": "string"},
                            "new": {"type": "string"},
                            "all": {"type": "boolean", "description": "replace every place of `old`"},
                            "line": {"type": "integer", "description": "the line where the `old` that is meant begins"},
                            "symbol": {"type": "string", "description": "function, type, or Type.method"},
                            "content": {"type": "string"},
                        },
                        "required": ["path"],
                    },
                },
                "preview": {"type": "boolean", "description": "only show what would change"},
            },
            "required": ["edits"],
        }),
    }
}

pub(crate) fn write_spec() -> ToolSpec {
    ToolSpec {
        name: "write".to_owned(),
        description: "Creates a file, or replaces the whole of one that was read before."
            .to_owned(),
        parameters: json!({
            "type": "object",
            "properties": {"path": {"type": "string"}, "content": {"type": "string"}},
            "required": ["path", "content"],
        }),
    }
}

/// Whether a call of `edit` only shows what it would do.
pub(crate) fn is_preview(arguments: &Value) -> bool {
    Arguments::of("edit", CALL, arguments)
        .and_then(|it| it.flag("preview"))
        .unwrap_or(false)
}

pub(crate) fn edit(
    workspace: &Workspace,
    person: &dyn Person,
    arguments: &Value,
    stop: Stop<'_>,
) -> Result<Answer, ToolError> {
    let call = Arguments::of("edit", CALL, arguments)?;
    let edits = match (call.has("edits"), call.has("path")) {
        (true, true) => {
            return Err(ToolError::call("give `path` within each of `edits`"));
        }
        (true, false) => call.list("edits")?,
        (false, _) => vec![only_edit(arguments)],
    };
    if edits.is_empty() {
        return Err(ToolError::call("`edits` is empty"));
    }
    if edits.len() > EDITS_MAX {
        return Err(ToolError::call(format!(
            "more than {EDITS_MAX} edits in one call"
        )));
    }
    let mut drafts = Drafts::new(workspace);
    for (nth, edit) in edits.iter().enumerate() {
        let made = one(edit).and_then(|(path, change)| drafts.make(&path, &change));
        made.map_err(|error| numbered(error, nth, edits.len()))?;
    }
    if call.flag("preview")? {
        return Ok(drafts.preview());
    }
    drafts.write(person, stop)
}

/// A call that gives one edit without a list around it.
fn only_edit(arguments: &Value) -> Value {
    let mut map = arguments.as_object().cloned().unwrap_or_default();
    map.remove("preview");
    Value::Object(map)
}

/// Says which edit it was, and that none was made.
fn numbered(error: ToolError, nth: usize, all: usize) -> ToolError {
    match (error, all) {
        (ToolError::Call(text), 1) => ToolError::Call(text),
        (ToolError::Call(text), _) => ToolError::Call(format!(
            "edit {} of {all} cannot be made, so none was: {text}",
            nth + 1
        )),
        (other, _) => other,
    }
}

fn one(edit: &Value) -> Result<(String, Change), ToolError> {
    let edit = Arguments::of("edit", EDIT, edit)?;
    let path = edit.text("path")?.to_owned();
    let ways = ["old", "symbol", "content"];
    let given: Vec<&str> = ways.into_iter().filter(|it| edit.has(it)).collect();
    let change = match given.as_slice() {
        ["old"] => Change::Replace {
            old: edit.text("old")?.to_owned(),
            new: edit.text("new")?.to_owned(),
            choice: match (edit.flag("all")?, edit.number("line")?) {
                (true, Some(_)) => {
                    return Err(ToolError::call("give `all` or `line`, not both"));
                }
                (true, None) => Choice::All,
                (false, Some(line)) => Choice::AtLine(line),
                (false, None) => Choice::Only,
            },
        },
        ["symbol"] => Change::Symbol {
            name: edit.text("symbol")?.to_owned(),
            new: edit.text("new")?.to_owned(),
        },
        ["content"] if !edit.has("new") => Change::Whole(edit.text("content")?.to_owned()),
        _ => {
            return Err(ToolError::call(
                "an edit has `old` and `new`, or `symbol` and `new`, or `content`",
            ));
        }
    };
    Ok((path, change))
}

pub(crate) fn write(
    workspace: &Workspace,
    person: &dyn Person,
    arguments: &Value,
    stop: Stop<'_>,
) -> Result<Answer, ToolError> {
    let call = Arguments::of("write", &["path", "content"], arguments)?;
    let (path, content) = (call.text("path")?, call.text("content")?);
    let mut drafts = Drafts::new(workspace);
    drafts.make(path, &Change::Whole(content.to_owned()))?;
    let mut answer = drafts.write(person, stop)?;
    answer.summary = format!(
        "{} ({})",
        answer.summary,
        count(content.lines().count(), "line")
    );
    Ok(answer)
}
