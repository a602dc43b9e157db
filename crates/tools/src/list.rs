//! `list` and `glob`: which files there are.

use std::fmt::Write as _;
use std::ops::ControlFlow;

use globset::{GlobBuilder, GlobMatcher};
use host::files::EntryKind;
use serde_json::{Value, json};

use crate::arguments::Arguments;
use crate::error::ToolError;
use crate::text::{count, quoted};
use crate::workspace::{Found, Walk, Workspace};
use crate::{Answer, Stop, ToolSpec};

/// Names that one answer shows.
const SHOWN: usize = 500;

pub(crate) fn list_spec() -> ToolSpec {
    ToolSpec {
        name: "list".to_owned(),
        description: "Files and folders in a folder, without what is ignored.".to_owned(),
        parameters: json!({
            "type": "object",
            "properties": {
                "path": {"type": "string", "description": "folder; the workspace if left out"},
                "depth": {"type": "integer", "description": "levels, 1 if left out"},
            },
        }),
    }
}

pub(crate) fn glob_spec() -> ToolSpec {
    ToolSpec {
        name: "glob".to_owned(),
        description: "Files whose path matches a pattern such as src/**/*.rs; one without / matches names anywhere."
            .to_owned(),
        parameters: json!({
            "type": "object",
            "properties": {"pattern": {"type": "string"}, "path": {"type": "string", "description": "folder"}},
            "required": ["pattern"],
        }),
    }
}

pub(crate) fn list(
    workspace: &Workspace,
    arguments: &Value,
    stop: Stop<'_>,
) -> Result<Answer, ToolError> {
    let arguments = Arguments::of("list", &["path", "depth"], arguments)?;
    let folder = workspace.place(arguments.text_if("path")?.unwrap_or("."))?;
    let depth = arguments.number("depth")?.unwrap_or(1).max(1);
    let mut rows = Rows::default();
    let walk = workspace.walk(folder.as_ref(), depth, stop, &mut |found| {
        rows.add(row(found))
    })?;
    let name = folder.map_or_else(|| ".".to_owned(), |it| it.to_string());
    Ok(rows.answer(&name, walk, "is empty"))
}

fn row(found: &Found) -> String {
    let path = &found.path;
    let mut row = match found.kind {
        EntryKind::Folder => format!("{path}/"),
        EntryKind::File(bytes) => format!("{path}  {}", size(bytes)),
        EntryKind::Link => format!("{path}  link"),
        EntryKind::Special => format!("{path}  no file"),
    };
    if !found.readable {
        row.push_str("  sensitive, never shown");
    }
    row
}

fn size(bytes: u64) -> String {
    match bytes {
        0..=9_999 => format!("{bytes} B"),
        10_000..=9_999_999 => format!("{} kB", bytes / 1000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

pub(crate) fn glob(
    workspace: &Workspace,
    arguments: &Value,
    stop: Stop<'_>,
) -> Result<Answer, ToolError> {
    let arguments = Arguments::of("glob", &["pattern", "path"], arguments)?;
    let pattern = Pattern::of(arguments.text("pattern")?)?;
    let folder = workspace.place(arguments.text_if("path")?.unwrap_or("."))?;
    let mut rows = Rows::default();
    let walk = workspace.walk(folder.as_ref(), usize::MAX, stop, &mut |found| {
        let is_file = matches!(found.kind, EntryKind::File(_) | EntryKind::Link);
        if is_file && pattern.matches(found.path.as_str()) {
            return rows.add(found.path.to_string());
        }
        ControlFlow::Continue(())
    })?;
    Ok(rows.answer(arguments.text("pattern")?, walk, "matches no file"))
}

/// A pattern of paths, as every tool takes them.
pub(crate) struct Pattern(GlobMatcher);

impl Pattern {
    pub(crate) fn of(text: &str) -> Result<Pattern, ToolError> {
        let text = text.trim_start_matches("./");
        let whole = match text.contains('/') {
            true => text.trim_start_matches('/').to_owned(),
            false => format!("**/{text}"),
        };
        let glob = GlobBuilder::new(&whole).literal_separator(true).build();
        let glob = glob.map_err(|error| {
            ToolError::call(format!(
                "{} is not a path pattern: {}",
                quoted(text),
                error.kind()
            ))
        })?;
        Ok(Pattern(glob.compile_matcher()))
    }

    pub(crate) fn matches(&self, path: &str) -> bool {
        self.0.is_match(path)
    }
}

/// The rows of an answer, of which only so many are kept.
#[derive(Default)]
struct Rows {
    text: String,
    shown: usize,
    more: bool,
}

impl Rows {
    fn add(&mut self, row: String) -> ControlFlow<()> {
        if self.shown == SHOWN {
            self.more = true;
            return ControlFlow::Break(());
        }
        self.shown += 1;
        self.text.push_str(&row);
        self.text.push('\n');
        ControlFlow::Continue(())
    }

    fn answer(self, what: &str, walk: Walk, nothing: &str) -> Answer {
        let what = change::visible(what).into_owned();
        let mut text = self.text;
        if self.shown == 0 {
            let _never_fails = writeln!(text, "{what} {nothing}");
        }
        if self.more {
            let _never_fails = writeln!(text, "[cut after {SHOWN}: ask for less]");
        } else if walk.cut {
            text.push_str("[cut: not everything was looked at]\n");
        }
        if walk.ignored > 0 && !self.more {
            let _never_fails = writeln!(text, "[{} left out as ignored]", walk.ignored);
        }
        Answer::done(text, format!("{what}: {}", count(self.shown, "name")))
    }
}
