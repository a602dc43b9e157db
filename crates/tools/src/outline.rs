//! `symbols`: what a file defines, and where in the workspace something is defined.

use std::fmt::Write as _;
use std::ops::ControlFlow;

use change::RelPath;
use code::{Language, MAX_SOURCE, Symbol, symbols};
use host::files::EntryKind;
use serde_json::{Value, json};

use crate::arguments::Arguments;
use crate::error::ToolError;
use crate::text::{count, head, quoted};
use crate::workspace::{Walk, Workspace};
use crate::{Answer, Stop, ToolSpec};

/// Definitions that one answer shows.
const SHOWN: usize = 300;
/// Bytes of a signature that are shown.
const WIDTH: usize = 160;

pub(crate) fn spec() -> ToolSpec {
    ToolSpec {
        name: "symbols".to_owned(),
        description: "With `path` of a file alone: its definitions. With `name`: where it is defined. Python, \
                      JavaScript, TypeScript, Rust."
            .to_owned(),
        parameters: json!({
            "type": "object",
            "properties": {
                "path": {"type": "string"},
                "name": {"type": "string", "description": "function, type, or Type.method"},
            },
        }),
    }
}

pub(crate) fn call(
    workspace: &Workspace,
    arguments: &Value,
    stop: Stop<'_>,
) -> Result<Answer, ToolError> {
    let arguments = Arguments::of("symbols", &["path", "name"], arguments)?;
    let name = arguments
        .text_if("name")?
        .map(str::trim)
        .filter(|it| !it.is_empty());
    let place = workspace.place(arguments.text_if("path")?.unwrap_or("."))?;
    match (name, place) {
        (None, None) => Err(ToolError::call(
            "`symbols` needs the `path` of a file, or a `name` to look for",
        )),
        (None, Some(path)) => outline(workspace, &path),
        (Some(name), place) => find(workspace, name, place.as_ref(), stop),
    }
}

fn outline(workspace: &Workspace, path: &RelPath) -> Result<Answer, ToolError> {
    let language = Language::from_path(path.as_str()).ok_or_else(|| {
        let known: Vec<&str> = Language::ALL.iter().map(|it| it.name()).collect();
        ToolError::call(format!(
            "{path} is not written in {}; use `read`",
            known.join(", ")
        ))
    })?;
    let text = String::from_utf8(workspace.load(path)?.bytes)
        .map_err(|_| ToolError::call(format!("{path} is not UTF-8")))?;
    if text.len() > MAX_SOURCE {
        return Err(ToolError::call(format!(
            "{path} is too large to be parsed; use `search`"
        )));
    }
    let all = symbols(language, &text);
    let mut out = String::new();
    for symbol in all.iter().take(SHOWN) {
        let depth = symbol.parent.as_ref().map_or(0, |it| it.split('.').count());
        let _never_fails = writeln!(
            out,
            "{:>6}\t{}{}",
            symbol.line,
            "  ".repeat(depth),
            signature(symbol)
        );
    }
    if all.is_empty() {
        let _never_fails = writeln!(out, "{path} defines nothing");
    }
    if all.len() > SHOWN {
        let _never_fails = writeln!(out, "[{} more]", all.len() - SHOWN);
    }
    Ok(Answer::done(
        out,
        format!("{path}: {}", count(all.len(), "definition")),
    ))
}

fn signature(symbol: &Symbol) -> String {
    let text = match symbol.signature.is_empty() {
        true => &symbol.name,
        false => &symbol.signature,
    };
    let shown = head(text, WIDTH);
    let more = if shown.len() < text.len() { "…" } else { "" };
    format!("{shown}{more}")
}

/// How well a definition fits a name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Same,
    Similar,
}

fn find(
    workspace: &Workspace,
    name: &str,
    place: Option<&RelPath>,
    stop: Stop<'_>,
) -> Result<Answer, ToolError> {
    let wanted = name.trim_end_matches("()").replace("::", ".");
    let last = wanted.rsplit('.').next().unwrap_or(&wanted).to_lowercase();
    let mut rows: Vec<(Fit, String)> = Vec::new();
    let mut look = |path: &RelPath| -> ControlFlow<()> {
        for (fit, symbol) in definitions(workspace, path, &wanted, &last) {
            rows.push((
                fit,
                format!(
                    "{path}:{}\t{} {}",
                    symbol.line,
                    symbol.qualified(),
                    signature(&symbol)
                ),
            ));
        }
        match rows.len() > SHOWN * 4 {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    };
    let walk = match workspace.one_file(place) {
        Some(path) => {
            let _one_file = look(path);
            Walk::default()
        }
        None => workspace.walk(place, usize::MAX, stop, &mut |found| match found.kind {
            EntryKind::File(size) if found.readable && size <= MAX_SOURCE as u64 => {
                look(&found.path)
            }
            _ => ControlFlow::Continue(()),
        })?,
    };
    Ok(found(rows, name, walk))
}

fn definitions(
    workspace: &Workspace,
    path: &RelPath,
    wanted: &str,
    last: &str,
) -> Vec<(Fit, Symbol)> {
    let Some(language) = Language::from_path(path.as_str()) else {
        return Vec::new();
    };
    let loaded = workspace.load_found(path, MAX_SOURCE as u64);
    let loaded = loaded.ok().flatten();
    let Some(text) = loaded.and_then(|it| String::from_utf8(it.bytes).ok()) else {
        return Vec::new();
    };
    if !text.to_lowercase().contains(last) {
        return Vec::new();
    }
    let fits = |symbol: &Symbol| {
        let qualified = symbol.qualified();
        let same = qualified == wanted || qualified.ends_with(&format!(".{wanted}"));
        let similar = || !wanted.contains('.') && symbol.name.to_lowercase().contains(last);
        match same {
            true => Some(Fit::Same),
            false => similar().then_some(Fit::Similar),
        }
    };
    let all = symbols(language, &text).into_iter();
    all.filter_map(|symbol| Some((fits(&symbol)?, symbol)))
        .collect()
}

fn found(mut rows: Vec<(Fit, String)>, name: &str, walk: Walk) -> Answer {
    let same = rows.iter().filter(|(fit, _)| *fit == Fit::Same).count();
    let mut text = String::new();
    if same > 0 {
        rows.retain(|(fit, _)| *fit == Fit::Same);
    } else if rows.is_empty() {
        let _never_fails = writeln!(
            text,
            "nothing defines {}; `search` finds uses",
            quoted(name)
        );
    } else {
        let _never_fails = writeln!(text, "nothing defines exactly {}; similar:", quoted(name));
    }
    for (_, row) in rows.iter().take(SHOWN) {
        text.push_str(row);
        text.push('\n');
    }
    if rows.len() > SHOWN {
        text.push_str("[cut: give `path`, or more of the name]\n");
    } else if walk.cut {
        text.push_str("[cut: not every file was looked at]\n");
    }
    Answer::done(
        text,
        format!("{}: {}", quoted(name), count(rows.len(), "definition")),
    )
}
