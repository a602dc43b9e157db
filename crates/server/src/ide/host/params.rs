//! What the page says with each method.

use serde::Deserialize;

/// One path, relative to the opened folder.
#[derive(Debug, Deserialize)]
pub(super) struct OfPath {
    pub(super) path: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Write {
    pub(super) path: String,
    pub(super) base64: String,
    pub(super) create: bool,
    pub(super) overwrite: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Remove {
    pub(super) path: String,
    pub(super) recursive: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Rename {
    pub(super) path: String,
    pub(super) to: String,
    pub(super) overwrite: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct FindFiles {
    pub(super) query: String,
    #[serde(default)]
    pub(super) exclude: Vec<String>,
    pub(super) limit: usize,
}

#[derive(Debug, Deserialize)]
pub(super) struct FindText {
    /// A number that the page gave the search, with which what is found is told.
    pub(super) search: u64,
    pub(super) pattern: String,
    #[serde(default)]
    pub(super) is_regex: bool,
    #[serde(default)]
    pub(super) case_sensitive: bool,
    #[serde(default)]
    pub(super) whole_word: bool,
    #[serde(default)]
    pub(super) include: Vec<String>,
    #[serde(default)]
    pub(super) exclude: Vec<String>,
    #[serde(default)]
    pub(super) ignored_too: bool,
    pub(super) limit: usize,
}

#[derive(Debug, Deserialize)]
pub(super) struct OpenTerminal {
    pub(super) cwd: String,
    pub(super) columns: u16,
    pub(super) rows: u16,
}

#[derive(Debug, Deserialize)]
pub(super) struct OfTerminal {
    pub(super) terminal: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Attach {
    pub(super) terminal: u64,
    pub(super) from: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Seen {
    pub(super) terminal: u64,
    pub(super) at: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct TypeIn {
    pub(super) terminal: u64,
    /// Counts what was typed, so that what is sent twice is typed once.
    pub(super) number: u64,
    pub(super) text: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Resize {
    pub(super) terminal: u64,
    pub(super) columns: u16,
    pub(super) rows: u16,
}

#[derive(Debug, Deserialize)]
pub(super) struct Paths {
    /// None are all.
    #[serde(default)]
    pub(super) paths: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Show {
    pub(super) path: String,
    /// Empty is what is staged.
    pub(super) revision: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Commit {
    pub(super) message: String,
    #[serde(default)]
    pub(super) amend: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Switch {
    pub(super) branch: String,
    #[serde(default)]
    pub(super) create: bool,
}
