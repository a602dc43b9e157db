//! Files as they will be when the edits of one call are made.

use std::fmt::Write as _;

use change::{RelPath, line_hunks};
use code::{Language, splice, symbols, syntax_error};
use host::files::Loaded;

use super::elision::elided;
use super::replace::{Choice, replace};
use crate::Answer;
use crate::Stop;
use crate::error::ToolError;
use crate::person::Person;
use crate::text::{BOM, Content, LineEnds, bounded, count, lines, quoted};
use crate::workspace::{Workspace, Write};

/// Bytes of differences that one answer shows.
const SHOWN: usize = 8 << 10;
/// Unchanged lines around a difference.
const CONTEXT: usize = 2;

/// One change of one file.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// A quotation by something else.
    Replace {
        old: String,
        new: String,
        choice: Choice,
    },
    /// A definition by another.
    Symbol { name: String, new: String },
    /// Everything.
    Whole(String),
}

/// The files that a call changes.
pub(super) struct Drafts<'a> {
    workspace: &'a Workspace,
    files: Vec<Draft>,
    notes: Vec<String>,
}

struct Draft {
    path: RelPath,
    before: Option<Loaded>,
    bytes: Vec<u8>,
}

impl Draft {
    fn old(&self) -> &[u8] {
        self.before.as_ref().map_or(&[][..], |it| &it.bytes)
    }
}

impl<'a> Drafts<'a> {
    pub(super) fn new(workspace: &'a Workspace) -> Drafts<'a> {
        Drafts {
            workspace,
            files: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Makes one change on top of those before it.
    pub(super) fn make(&mut self, path: &str, change: &Change) -> Result<(), ToolError> {
        let path = self.workspace.file(path)?;
        let at = match self.files.iter().position(|it| it.path == path) {
            Some(at) => at,
            None => self.open(path)?,
        };
        let draft = &self.files[at];
        let is_new = draft.before.is_none() && draft.bytes.is_empty();
        let (bytes, note) = match change {
            Change::Replace { old, new, .. } if is_new && old.is_empty() => {
                (new.as_bytes().to_vec(), None)
            }
            Change::Replace { .. } | Change::Symbol { .. } if is_new => {
                self.files.remove(at);
                return Err(ToolError::call(
                    "there is no such file; give `content` to create it, or look for it with `glob`",
                ));
            }
            Change::Replace { old, new, choice } => replaced(draft, old, new, *choice)?,
            Change::Symbol { name, new } => (with_symbol(draft, name, new)?, None),
            Change::Whole(content) => self.whole(draft, content)?,
        };
        let path = draft.path.clone();
        self.notes.extend(note.map(|it| format!("{path}: {it}")));
        self.files[at].bytes = bytes;
        Ok(())
    }

    fn open(&mut self, path: RelPath) -> Result<usize, ToolError> {
        let before = self.workspace.load_if(&path)?;
        let bytes = before
            .as_ref()
            .map(|it| it.bytes.clone())
            .unwrap_or_default();
        if matches!(Content::of(&bytes), Content::Binary | Content::Utf16) {
            return Err(ToolError::call(format!(
                "{path} is not UTF-8 text, so it is not edited"
            )));
        }
        self.files.push(Draft {
            path,
            before,
            bytes,
        });
        Ok(self.files.len() - 1)
    }

    fn whole(&self, draft: &Draft, content: &str) -> Result<(Vec<u8>, Option<String>), ToolError> {
        let path = &draft.path;
        if let Some(before) = &draft.before {
            match self.workspace.knows(path, &before.bytes) {
                Some(true) => {}
                Some(false) => {
                    return Err(ToolError::call(format!(
                        "{path} changed since it was read; read it again before replacing it"
                    )));
                }
                None => {
                    return Err(ToolError::call(format!(
                        "{path} is there already and was not read; read it first, or use `old` and `new`"
                    )));
                }
            }
        }
        refuse_elided(content, draft.old())?;
        Ok(in_manner_of(draft.old(), content))
    }

    /// What would change, and nothing is written.
    pub(super) fn preview(&self) -> Answer {
        let text = format!("nothing was written; this would change:\n{}", self.report());
        Answer::done(
            text,
            format!("preview of {}", count(self.files.len(), "file")),
        )
    }

    /// Writes all files, or none.
    pub(super) fn write(&self, person: &dyn Person, stop: Stop<'_>) -> Result<Answer, ToolError> {
        let changed: Vec<&Draft> = self
            .files
            .iter()
            .filter(|it| it.before.is_none() || it.old() != it.bytes)
            .collect();
        if changed.is_empty() {
            return Err(ToolError::call(
                "nothing would change: the files hold this already",
            ));
        }
        let writes: Vec<Write> = changed
            .iter()
            .map(|it| Write {
                path: it.path.clone(),
                before: it.before.clone(),
                bytes: it.bytes.clone(),
            })
            .collect();
        self.workspace.write(&writes, person, stop)?;
        let names: Vec<String> = changed.iter().map(|it| it.path.to_string()).collect();
        let (added, removed) = changed.iter().fold((0, 0), |sum, it| {
            let (added, removed) = extent(it.old(), &it.bytes);
            (sum.0 + added, sum.1 + removed)
        });
        Ok(Answer {
            text: self.report(),
            summary: format!("{} +{added} -{removed}", names.join(", ")),
            failed: false,
            changed: names,
            pictures: Vec::new(),
        })
    }

    fn report(&self) -> String {
        let mut text = String::new();
        for draft in &self.files {
            let _never_fails = match draft.before {
                Some(_) => writeln!(text, "{}", draft.path),
                None => writeln!(
                    text,
                    "{} (new, {})",
                    draft.path,
                    count(lines(&draft.bytes).len(), "line")
                ),
            };
            if draft.before.is_some() {
                text.push_str(&differences(draft.old(), &draft.bytes));
            }
        }
        let mut text = bounded(text, SHOWN);
        for note in self
            .notes
            .iter()
            .cloned()
            .chain(self.files.iter().filter_map(broken))
        {
            let _never_fails = writeln!(text, "[{note}]");
        }
        text
    }
}

fn extent(old: &[u8], new: &[u8]) -> (usize, usize) {
    line_hunks(old, new, 0).iter().fold((0, 0), |sum, it| {
        (sum.0 + it.new_range.len(), sum.1 + it.old_range.len())
    })
}

/// The hunks between two contents, with numbers of the new lines.
fn differences(old: &[u8], new: &[u8]) -> String {
    let mut text = String::new();
    for hunk in line_hunks(old, new, CONTEXT) {
        let _never_fails = writeln!(text, "{}", hunk.header());
        for line in &hunk.lines {
            let mark = match line.side {
                change::Side::Both => ' ',
                change::Side::Old => '-',
                change::Side::New => '+',
            };
            let content = line.text();
            let _never_fails = writeln!(text, "{mark}{}", content.trim_end_matches('\r'));
        }
    }
    text
}

/// A note when a file that made sense does not any more.
fn broken(draft: &Draft) -> Option<String> {
    let language = Language::from_path(draft.path.as_str())?;
    let error = |bytes: &[u8]| {
        let text = std::str::from_utf8(bytes.strip_prefix(BOM).unwrap_or(bytes)).ok()?;
        syntax_error(language, text)
    };
    let now = error(&draft.bytes)?;
    match draft.before.is_some() && error(draft.old()).is_some() {
        true => None,
        false => Some(format!("{} has a syntax error now: {now}", draft.path)),
    }
}

fn replaced(
    draft: &Draft,
    old: &str,
    new: &str,
    choice: Choice,
) -> Result<(Vec<u8>, Option<String>), ToolError> {
    if let Some(line) = elided(new).filter(|line| !old.contains(line.as_str())) {
        return Err(elision(&line));
    }
    let (mark, body) = split_bom(&draft.bytes);
    let plain = |text: &str| text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
    let (old, new) = (plain(old), plain(new));
    let made = replace(body, &old, &new, choice)
        .map_err(|error| ToolError::call(format!("{}: {error}", draft.path)))?;
    let loose: Vec<String> = made
        .spots
        .iter()
        .filter(|it| it.closeness != super::find::Closeness::Exact)
        .map(super::replace::Spot::describe)
        .collect();
    let note = (!loose.is_empty()).then(|| format!("matched {}", loose.join("; ")));
    Ok(([mark, &made.bytes].concat(), note))
}

fn split_bom(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.strip_prefix(BOM) {
        Some(rest) => (BOM, rest),
        None => (&[], bytes),
    }
}

fn with_symbol(draft: &Draft, name: &str, new: &str) -> Result<Vec<u8>, ToolError> {
    let path = &draft.path;
    let language = Language::from_path(path.as_str()).ok_or_else(|| {
        ToolError::call(format!(
            "definitions in {path} are not known; use `old` and `new`"
        ))
    })?;
    if let Some(line) = elided(new) {
        return Err(elision(&line));
    }
    let (mark, body) = split_bom(&draft.bytes);
    let text = std::str::from_utf8(body)
        .map_err(|_| ToolError::call(format!("{path} is not UTF-8; use `old` and `new`")))?;
    let wanted = name.trim().trim_end_matches("()").replace("::", ".");
    let all = symbols(language, text);
    if !all.iter().any(|it| it.qualified() == wanted) {
        let names: Vec<String> = all.iter().take(40).map(code::Symbol::qualified).collect();
        return Err(ToolError::call(format!(
            "{path} does not define {}; it defines {}",
            quoted(name),
            if names.is_empty() {
                "nothing".to_owned()
            } else {
                names.join(", ")
            }
        )));
    }
    let made = splice(language, text, new, name)
        .map_err(|error| ToolError::call(format!("{path}: {error}")))?;
    Ok([mark, made.as_bytes()].concat())
}

/// New content with the line ends and the mark of the file that it replaces.
fn in_manner_of(old: &[u8], content: &str) -> (Vec<u8>, Option<String>) {
    let new = content.as_bytes();
    let (mark, _) = split_bom(old);
    let new_has_mark = new.starts_with(BOM);
    let mut bytes = if new_has_mark {
        Vec::new()
    } else {
        mark.to_vec()
    };
    let crlf = LineEnds::of(old).usual() == b"\r\n" && LineEnds::of(new) == LineEnds::Lf;
    if !crlf {
        bytes.extend_from_slice(new);
        return (bytes, None);
    }
    for line in lines(new) {
        bytes.extend_from_slice(line.content);
        bytes.extend_from_slice(if line.end.is_empty() { b"" } else { b"\r\n" });
    }
    (bytes, Some("lines end with CRLF, as they did".to_owned()))
}

fn refuse_elided(content: &str, old: &[u8]) -> Result<(), ToolError> {
    let old = String::from_utf8_lossy(old);
    match elided(content).filter(|line| !old.contains(line.as_str())) {
        Some(line) => Err(elision(&line)),
        None => Ok(()),
    }
}

fn elision(line: &str) -> ToolError {
    ToolError::call(format!(
        "{} stands for text that was left out; write it in full, or replace only what changes",
        quoted(line)
    ))
}
