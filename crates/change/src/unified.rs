//! The unified diff, in the form `git apply` reads.

use std::fmt::Write as _;

use crate::changeset::{Changeset, FileChange, FileState};
use crate::diff::{Hunk, Side, line_hunks};
use crate::visible::visible;

/// Unchanged lines shown around a change.
pub(crate) const CONTEXT: usize = 3;

impl Changeset {
    /// The changes as a unified diff that `git apply` accepts. A binary file (see
    /// [`FileChange::is_binary`]) takes one line that says so and cannot be applied.
    ///
    /// The text is exact, so it may hold control characters; show [`Changeset::display`] to people.
    #[must_use]
    pub fn unified(&self) -> String {
        self.files().iter().map(FileChange::unified).collect()
    }

    /// The unified diff for a person's eyes: see [`visible`].
    #[must_use]
    pub fn display(&self) -> String {
        visible(&self.unified()).into_owned()
    }
}

impl FileChange {
    /// This file's part of [`Changeset::unified`].
    #[must_use]
    pub fn unified(&self) -> String {
        let path = self.path.as_str();
        if self.changes_type() {
            let gone = section(path, self.before.as_ref(), None);
            return gone + &section(path, None, self.after.as_ref());
        }
        section(path, self.before.as_ref(), self.after.as_ref())
    }

    /// This file's part of [`Changeset::display`].
    #[must_use]
    pub fn display(&self) -> String {
        visible(&self.unified()).into_owned()
    }
}

fn section(path: &str, before: Option<&FileState>, after: Option<&FileState>) -> String {
    let old_name = quoted(&format!("a/{path}"));
    let new_name = quoted(&format!("b/{path}"));
    let mut out = format!("diff --git {old_name} {new_name}\n");
    out.push_str(&mode_lines(before, after));
    let old_name = before.map_or("/dev/null".to_owned(), |_| old_name);
    let new_name = after.map_or("/dev/null".to_owned(), |_| new_name);
    if [before, after]
        .into_iter()
        .flatten()
        .any(|state| state.text().is_none())
    {
        if before.map(|state| &state.bytes) != after.map(|state| &state.bytes) {
            let _ = writeln!(out, "Binary files {old_name} and {new_name} differ");
        }
        return out;
    }
    let hunks = line_hunks(content(before), content(after), CONTEXT);
    if !hunks.is_empty() {
        let _ = writeln!(out, "--- {}", ended(&old_name));
        let _ = writeln!(out, "+++ {}", ended(&new_name));
    }
    hunks.iter().for_each(|hunk| push_hunk(&mut out, hunk));
    out
}

impl Hunk {
    /// The hunk as a unified diff shows it, for a person's eyes: see [`visible`].
    #[must_use]
    pub fn display(&self) -> String {
        let mut out = String::new();
        push_hunk(&mut out, self);
        visible(&out).into_owned()
    }
}

fn content(state: Option<&FileState>) -> &[u8] {
    state.map_or(&[], |state| &state.bytes)
}

fn mode_lines(before: Option<&FileState>, after: Option<&FileState>) -> String {
    match (before, after) {
        (None, Some(after)) => format!("new file mode {}\n", after.mode.git()),
        (Some(before), None) => format!("deleted file mode {}\n", before.mode.git()),
        (Some(before), Some(after)) if before.mode != after.mode => {
            format!(
                "old mode {}\nnew mode {}\n",
                before.mode.git(),
                after.mode.git()
            )
        }
        _ => String::new(),
    }
}

fn push_hunk(out: &mut String, hunk: &Hunk) {
    out.push_str(&hunk.header());
    out.push('\n');
    for line in &hunk.lines {
        out.push(match line.side {
            Side::Both => ' ',
            Side::Old => '-',
            Side::New => '+',
        });
        out.push_str(&line.text());
        out.push('\n');
        if !line.bytes.ends_with(b"\n") {
            out.push_str("\\ No newline at end of file\n");
        }
    }
}

/// A name with a space is followed by a tab, so that readers know where it ends.
fn ended(name: &str) -> String {
    let bare = !name.starts_with('"') && name.contains(' ');
    if bare {
        format!("{name}\t")
    } else {
        name.to_owned()
    }
}

/// Git's quoting, applied only where a bare name would be misread.
fn quoted(name: &str) -> String {
    if !name.contains(|c: char| c.is_control() || c == '"' || c == '\\') {
        return name.to_owned();
    }
    let mut out = String::from("\"");
    for c in name.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    let _ = write!(out, "\\{byte:03o}");
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
