//! The one place where an agent's toolbox is made.
//!
//! What stands here is the smallest set with which a model can work on a worktree: list, read, write, edit. The crate
//! `tools` holds the whole set and takes its place in [`of_yard`].

use change::RelPath;
use serde_json::{Value, json};
use tools::{Answer, Effect, Progress, Stop, ToolSpec, Toolbox};

use crate::shop::{Shop, Yard};

/// Largest file that is read, in bytes.
const FILE_MAX: u64 = 1 << 20;

/// Most bytes of one answer.
const ANSWER_MAX: usize = 48 * 1024;

/// Most entries of a list.
const ENTRIES_MAX: usize = 500;

/// The tools over a yard's worktree. What they change stays there until the changeset is judged.
pub(crate) fn of_yard<'a>(shop: &'a Shop, yard: &'a Yard) -> impl Toolbox + 'a {
    YardTools { shop, yard }
}

struct YardTools<'a> {
    shop: &'a Shop,
    yard: &'a Yard,
}

impl Toolbox for YardTools<'_> {
    fn specs(&self) -> Vec<ToolSpec> {
        vec![
            spec(
                "list",
                "The files below a folder.",
                &[("path?", "Folder; the project when left out")],
            ),
            spec("read", "A file's text.", &[("path", "File")]),
            spec(
                "write",
                "Create a file, or replace the whole of one.",
                &[("path", "File"), ("text", "Its whole text")],
            ),
            spec(
                "edit",
                "Replace a text that stands exactly once in a file.",
                &[
                    ("path", "File"),
                    ("old", "Text to be replaced, exactly as it stands"),
                    ("new", "Text in its place"),
                ],
            ),
        ]
    }

    fn effect(&self, name: &str, _: &Value) -> Effect {
        match name {
            "write" | "edit" => Effect::Changes,
            _ => Effect::Reads,
        }
    }

    fn call(
        &self,
        name: &str,
        arguments: &Value,
        _: Stop<'_>,
        _: &(dyn Fn(Progress) + Sync),
    ) -> Answer {
        let text = |name: &str| {
            let value = arguments.get(name).and_then(Value::as_str);
            value.ok_or_else(|| format!("`{name}` is missing; it is a text"))
        };
        let done = match name {
            "list" => self.list(arguments.get("path").and_then(Value::as_str).unwrap_or(".")),
            "read" => text("path").and_then(|path| self.read(path)),
            "write" => text("path").and_then(|path| self.write(path, text("text")?)),
            "edit" => text("path").and_then(|path| self.edit(path, text("old")?, text("new")?)),
            other => Err(format!("there is no tool `{other}`")),
        };
        done.unwrap_or_else(|why| Answer {
            summary: why.lines().next().unwrap_or_default().to_owned(),
            text: why,
            failed: true,
            changed: Vec::new(),
        })
    }
}

impl YardTools<'_> {
    fn list(&self, folder: &str) -> Result<Answer, String> {
        let start = match folder.trim_matches('/') {
            "" | "." => String::new(),
            path => relative(path)?.to_string(),
        };
        let mut found = Vec::new();
        let mut folders = vec![start.clone()];
        while let (Some(folder), true) = (folders.pop(), found.len() <= ENTRIES_MAX) {
            let entries = std::fs::read_dir(self.yard.tree.join(&folder))
                .map_err(|error| format!("{folder} cannot be listed: {error}"))?;
            for entry in entries.flatten() {
                let Ok(name) = entry.file_name().into_string() else {
                    continue;
                };
                let path = match folder.as_str() {
                    "" => name,
                    folder => format!("{folder}/{name}"),
                };
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(path),
                    Ok(kind) if kind.is_file() => found.push(path),
                    _ => {}
                }
            }
        }
        found.sort();
        let more = found.len() > ENTRIES_MAX;
        found.truncate(ENTRIES_MAX);
        let count = found.len();
        if more {
            found.push("… and more; list a folder below".to_owned());
        }
        Ok(answer(found.join("\n"), format!("{count} files"), None))
    }

    fn text(&self, path: &str) -> Result<String, String> {
        let relative = relative(path)?;
        if self.shop.gate.is_sensitive(&relative) {
            return Err(format!("{path} is sensitive and cannot be read"));
        }
        let bytes = host::files::read_in(&self.yard.tree, &relative, FILE_MAX)
            .map_err(|error| error.to_string())?;
        String::from_utf8(bytes).map_err(|_| format!("{path} is no UTF-8 text"))
    }

    fn read(&self, path: &str) -> Result<Answer, String> {
        let mut text = self.text(path)?;
        let summary = format!("{path}, {} lines", text.lines().count());
        if text.len() > ANSWER_MAX {
            text.truncate(text.floor_char_boundary(ANSWER_MAX));
            text.push_str("\n[cut]");
        }
        Ok(answer(text, summary, None))
    }

    fn write(&self, path: &str, text: &str) -> Result<Answer, String> {
        self.shop
            .write(self.yard, path, text)
            .map_err(|error| error.to_string())?;
        let said = format!("wrote {path}, {} lines", text.lines().count());
        Ok(answer(said.clone(), said, Some(path)))
    }

    fn edit(&self, path: &str, old: &str, new: &str) -> Result<Answer, String> {
        let text = self.text(path)?;
        match text.matches(old).count() {
            1 if !old.is_empty() => self.write(path, &text.replacen(old, new, 1)),
            0 | 1 => Err(format!(
                "`old` does not stand in {path}; read it and copy exactly"
            )),
            many => Err(format!(
                "`old` stands {many} times in {path}; take more lines around it"
            )),
        }
    }
}

fn relative(path: &str) -> Result<RelPath, String> {
    RelPath::parse(path).map_err(|error| format!("{path} is no path of the project: {error}"))
}

fn answer(text: String, summary: String, changed: Option<&str>) -> Answer {
    Answer {
        text,
        summary,
        failed: false,
        changed: changed.into_iter().map(str::to_owned).collect(),
    }
}

/// A tool whose arguments are texts; those whose name ends in `?` may be left out.
fn spec(name: &str, description: &str, arguments: &[(&str, &str)]) -> ToolSpec {
    let property = |(name, says): &(&str, &str)| {
        let name = name.trim_end_matches('?').to_owned();
        (name, json!({"type": "string", "description": says}))
    };
    let properties: serde_json::Map<String, Value> = arguments.iter().map(property).collect();
    let required = arguments.iter().map(|(name, _)| *name);
    let required: Vec<&str> = required.filter(|it| !it.ends_with('?')).collect();
    ToolSpec {
        name: name.to_owned(),
        description: description.to_owned(),
        parameters: json!({"type": "object", "properties": properties, "required": required}),
    }
}
