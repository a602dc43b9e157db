//! `read`: lines of a file with their numbers.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::arguments::Arguments;
use crate::error::ToolError;
use crate::text::{BOM, Content, LineEnds, count, head, lines};
use crate::workspace::Workspace;
use crate::{Answer, ToolSpec};

/// Lines shown when no end is named.
const LINES: usize = 800;
/// The most bytes of lines that are shown.
const BYTES: usize = 48 << 10;
/// The most bytes of one line that are shown.
const WIDTH: usize = 2000;

pub(crate) fn spec() -> ToolSpec {
    ToolSpec {
        name: "read".to_owned(),
        description: "Lines of a text file, each after its number and a tab.".to_owned(),
        parameters: json!({
            "type": "object",
            "properties": {
                "path": {"type": "string"},
                "from": {"type": "integer", "description": "first line, from 1"},
                "to": {"type": "integer", "description": "last line"},
            },
            "required": ["path"],
        }),
    }
}

pub(crate) fn call(workspace: &Workspace, arguments: &Value) -> Result<Answer, ToolError> {
    let arguments = Arguments::of("read", &["path", "from", "to"], arguments)?;
    let path = workspace.file(arguments.text("path")?)?;
    let from = arguments.number("from")?.unwrap_or(1).max(1);
    let to = arguments.number("to")?;
    if to.is_some_and(|to| to < from) {
        return Err(ToolError::call("`to` is before `from`"));
    }
    let loaded = workspace.load(&path)?;
    let bytes = loaded.bytes.as_slice();
    let content = Content::of(bytes);
    match content {
        Content::Binary => {
            return Err(ToolError::call(format!(
                "{path} is not text: {} bytes of binary data",
                bytes.len()
            )));
        }
        Content::Utf16 => {
            return Err(ToolError::call(format!(
                "{path} is UTF-16 ({} bytes); convert it with a command, such as iconv, to work on it",
                bytes.len()
            )));
        }
        Content::Text | Content::Foreign(_) => {}
    }
    workspace.note_seen(&path, bytes);
    let body = bytes.strip_prefix(BOM).unwrap_or(bytes);
    let page = Page::of(body, from, to)?;
    let mut text = format!("{path}: {}\n", page.title());
    for note in notes(bytes, content) {
        let _never_fails = writeln!(text, "[{note}]");
    }
    text.push_str(&page.text);
    if let Some(next) = page.next {
        let _never_fails = writeln!(text, "[cut: go on with from={next}]");
    }
    let summary = format!("{path}, {}", page.title());
    Ok(Answer::done(text, summary))
}

/// The lines that are shown.
struct Page {
    text: String,
    from: usize,
    /// The last line shown.
    to: usize,
    all: usize,
    /// The next line, when lines that were asked for are left.
    next: Option<usize>,
}

impl Page {
    fn of(body: &[u8], from: usize, to: Option<usize>) -> Result<Page, ToolError> {
        let all = lines(body);
        if from > all.len().max(1) {
            return Err(ToolError::call(format!(
                "the file has only {}",
                count(all.len(), "line")
            )));
        }
        let wanted = to.unwrap_or(from + LINES - 1).min(all.len());
        let (mut text, mut last) = (String::new(), from - 1);
        for (at, line) in all.iter().enumerate().take(wanted).skip(from - 1) {
            let content = String::from_utf8_lossy(line.content);
            let shown = head(&content, WIDTH);
            let row = match content.len() - shown.len() {
                0 => format!("{:>6}\t{shown}\n", at + 1),
                more => format!("{:>6}\t{shown}[… {more} more bytes]\n", at + 1),
            };
            if text.len() + row.len() > BYTES {
                break;
            }
            text.push_str(&row);
            last = at + 1;
        }
        let end = to.unwrap_or(all.len()).min(all.len());
        Ok(Page {
            text,
            from,
            to: last,
            all: all.len(),
            next: (last < end).then_some(last + 1),
        })
    }

    fn title(&self) -> String {
        match self.all {
            0 => "empty".to_owned(),
            all if self.from == 1 && self.to == all => count(all, "line"),
            all => format!("lines {}-{} of {all}", self.from, self.to),
        }
    }
}

/// What the lines themselves do not show.
fn notes(bytes: &[u8], content: Content) -> Vec<String> {
    let mut notes = Vec::new();
    if let Content::Foreign(at) = content {
        notes.push(format!(
            "not UTF-8 from byte {at} on: what could not be read is shown as \u{fffd}"
        ));
    }
    match LineEnds::of(bytes) {
        LineEnds::Crlf => notes.push("lines end with CRLF, which `edit` keeps".to_owned()),
        LineEnds::Mixed(_) => notes.push("some lines end with CRLF, some with LF".to_owned()),
        LineEnds::None | LineEnds::Lf => {}
    }
    if bytes.starts_with(BOM) {
        notes.push("begins with a byte order mark, which `edit` keeps".to_owned());
    }
    if !bytes.is_empty() && !bytes.ends_with(b"\n") {
        notes.push("no newline at the end".to_owned());
    }
    notes.extend(hidden(bytes));
    notes
}

/// Lines with characters that hide or reorder text.
fn hidden(bytes: &[u8]) -> Option<String> {
    const NAMED: usize = 8;
    let body = bytes.strip_prefix(BOM).unwrap_or(bytes);
    let deceives = |content: &[u8]| {
        std::str::from_utf8(content)
            .is_ok_and(|it| matches!(change::visible(it), std::borrow::Cow::Owned(_)))
    };
    let found: Vec<String> = lines(body)
        .iter()
        .enumerate()
        .filter(|(_, line)| deceives(line.content))
        .map(|(at, _)| (at + 1).to_string())
        .take(NAMED)
        .collect();
    (!found.is_empty())
        .then(|| format!("hidden or control characters in lines {}", found.join(", ")))
}
