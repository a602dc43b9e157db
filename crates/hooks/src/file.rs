//! Hook files in their three forms.

mod legacy;
mod native;
mod section;
mod v1;
mod within;
mod write;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::hook::Hook;
use crate::tree::{self, Node, Unreadable};

pub use write::set_enabled;

/// In which form a hook file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// YAML with `trigger` and `action`.
    Native,
    /// Kiro's JSON with `"version": "v1"` and a list of hooks.
    V1,
    /// Kiro's older `.kiro.hook` with `when` and `then`.
    Legacy,
}

impl Form {
    /// Its name on every surface.
    pub fn name(self) -> &'static str {
        match self {
            Form::Native => "yaml",
            Form::V1 => "v1",
            Form::Legacy => "legacy",
        }
    }
}

/// A hook file as it was read. Reading never fails: what is wrong is said in [`HookFile::diagnostics`].
#[derive(Clone, Debug)]
pub struct HookFile {
    /// Its path from the project's root.
    pub path: String,
    /// Its form; none when it could not be told.
    pub form: Option<Form>,
    /// Its hooks in the file's order, those with errors included.
    pub hooks: Vec<Hook>,
    /// What is wrong or worth knowing, in the file's order.
    pub diagnostics: Vec<Diagnostic>,
}

impl HookFile {
    /// The endings of hook files' names.
    pub const ENDINGS: [&'static str; 4] = [".yaml", ".yml", ".json", ".hook"];

    /// Whether a file of the hooks' folder is a hook file.
    pub fn is_named_so(name: &str) -> bool {
        HookFile::ENDINGS.iter().any(|it| name.ends_with(it))
    }

    /// A file that could not even be looked into.
    pub fn unreadable(path: &str, why: &str) -> HookFile {
        HookFile {
            path: path.to_owned(),
            form: None,
            hooks: Vec::new(),
            diagnostics: vec![Diagnostic::error(Code::Syntax, 0..0, why)],
        }
    }

    /// Reads the text of the file at `path`.
    pub fn read(path: &str, text: &str) -> HookFile {
        let json = path.ends_with(".json") || path.ends_with(".hook");
        let root = if json {
            tree::json(text)
        } else {
            tree::yaml(text)
        };
        let mut file = HookFile {
            path: path.to_owned(),
            form: None,
            hooks: Vec::new(),
            diagnostics: Vec::new(),
        };
        match root {
            Err(Unreadable { span, why }) => {
                file.diagnostics
                    .push(Diagnostic::error(Code::Syntax, span, why))
            }
            Ok(root) => file.fill(text, &root, json),
        }
        file.diagnostics
            .sort_by_key(|it| (it.span.start, it.severity));
        file
    }

    fn fill(&mut self, text: &str, root: &Node, json: bool) {
        let read = match json {
            false => {
                self.form = Some(Form::Native);
                native::read(text, root)
            }
            true if root.get("hooks").is_some() => {
                self.form = Some(Form::V1);
                v1::read(text, root)
            }
            true if root.get("when").is_some() || root.get("then").is_some() => {
                self.form = Some(Form::Legacy);
                legacy::read(text, root)
            }
            true => {
                let why = "this is no hook file: Kiro's JSON has `hooks` (with \"version\": \"v1\"), or `when` and `then`";
                self.diagnostics
                    .push(Diagnostic::error(Code::MissingKey, head(text), why));
                return;
            }
        };
        (self.hooks, self.diagnostics) = read;
    }

    /// Whether nothing at all could be read of it, so that nobody knows what it is to stop.
    pub fn is_unreadable(&self) -> bool {
        self.hooks.is_empty()
            && self
                .diagnostics
                .iter()
                .any(|it| it.severity == Severity::Error)
    }

    /// Tells which scripts of the project its commands name that are not there; `exists` is asked with paths from the
    /// project's root.
    pub fn missing_scripts(&self, text: &str, exists: &dyn Fn(&str) -> bool) -> Vec<Diagnostic> {
        self.hooks
            .iter()
            .flat_map(|it| crate::lint::missing_scripts(it, text, exists))
            .collect()
    }
}

/// The first line of a file, for what is wrong with the whole of it.
fn head(text: &str) -> std::ops::Range<usize> {
    0..text.lines().next().map_or(0, str::len)
}

#[cfg(test)]
mod tests;
