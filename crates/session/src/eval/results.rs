//! The results file: one measurement a line.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::documents;
use crate::error::SessionError;
use crate::view::{Front, View};

/// Largest results file, in bytes.
const RESULTS_MAX: u64 = 64 << 20;

/// A way of working.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// The whole spec as one prompt.
    Plain,
    /// `kiro run` in Autopilot.
    Kiro,
}

impl Way {
    /// Its name on every surface.
    pub fn name(self) -> &'static str {
        match self {
            Way::Plain => "plain",
            Way::Kiro => "kiro",
        }
    }
}

/// One measurement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvalRow {
    /// The case's name.
    pub case: String,
    /// Sixteen hexadecimal digits over the case's files.
    pub content: String,
    /// How it was worked on.
    pub way: Way,
    /// The model.
    pub model: String,
    /// Which repetition, from 1.
    pub repeat: u32,
    /// Version of the program that measured.
    pub version: String,
    /// How the work ended, by its own word: `done`, `incomplete`, …; `answered` for the plain way.
    pub outcome: String,
    /// Whether the hidden checks passed.
    pub passed: bool,
    /// Their last words, and why the work ended as it did when they failed.
    pub verdict: String,
    /// The lines of the hidden checks that begin with FAIL.
    #[serde(default)]
    pub failures: Vec<String>,
    /// Wall time of the work in seconds, acceptance not counted.
    pub seconds: f64,
    /// Tokens read.
    pub input_tokens: u64,
    /// Of those, tokens whose state was kept from before.
    pub cached_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Candidates that were drawn.
    pub candidates: u32,
}

/// What makes a measurement the same measurement.
pub(super) struct Key<'a> {
    pub(super) case: &'a str,
    pub(super) content: &'a str,
    pub(super) way: Way,
    pub(super) model: &'a str,
    pub(super) repeat: u32,
    pub(super) version: &'a str,
}

/// The results file, open.
pub(super) struct Results {
    path: PathBuf,
    text: String,
    rows: Vec<EvalRow>,
}

impl Results {
    /// Opens the file at `path`, which need not exist. A last line that was cut off is dropped; any other
    /// that is no result is an error.
    pub(super) fn open(path: &Path, front: &mut dyn Front) -> Result<Results, SessionError> {
        let mut text = String::new();
        if path.exists() {
            let bytes = host::files::read(path, RESULTS_MAX).map_err(SessionError::input)?;
            text = String::from_utf8(bytes).map_err(|_| {
                SessionError::input(format!("{} is not UTF-8 text", path.display()))
            })?;
        }
        let whole = text.rfind('\n').map_or(0, |at| at + 1);
        if whole < text.len() {
            front.show(&View::Warning(format!(
                "the last line of {} was cut off; it is measured again",
                path.display()
            )));
            text.truncate(whole);
        }
        let mut rows = Vec::new();
        for (number, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            rows.push(serde_json::from_str(line).map_err(|error| {
                SessionError::input(format!(
                    "{}:{}: no result of an evaluation: {error}",
                    path.display(),
                    number + 1
                ))
                .hint("name another file with --out")
            })?);
        }
        Ok(Results {
            path: path.to_path_buf(),
            text,
            rows,
        })
    }

    /// The last result under this key.
    pub(super) fn find(&self, key: &Key<'_>) -> Option<EvalRow> {
        let is_it = |row: &&EvalRow| {
            row.case == key.case
                && row.content == key.content
                && row.way == key.way
                && row.model == key.model
                && row.repeat == key.repeat
                && row.version == key.version
        };
        self.rows.iter().rev().find(is_it).cloned()
    }

    /// Adds a result and writes the file.
    pub(super) fn append(&mut self, row: &EvalRow) -> Result<(), SessionError> {
        let line = serde_json::to_string(row).map_err(SessionError::internal)?;
        self.text.push_str(&line);
        self.text.push('\n');
        self.rows.push(row.clone());
        let gate = documents::built_in_gate(self.path.parent().unwrap_or(Path::new("/")))?;
        let bytes = self.text.as_bytes();
        let permit = documents::permitted(gate.judge_report(&self.path, bytes))?;
        host::files::write(permit, &self.path, bytes).map_err(SessionError::input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{Decision, Question, Review};

    struct Silent(Vec<String>);

    impl Front for Silent {
        fn show(&mut self, view: &View) {
            if let View::Warning(text) = view {
                self.0.push(text.clone());
            }
        }

        fn ask(&mut self, _: &Review, _: &mut dyn FnMut() -> Option<Decision>) -> Option<Decision> {
            None
        }

        fn answer(&mut self, _: &Question) -> Option<String> {
            None
        }

        fn consent(&mut self, _: &tools::Wish) -> tools::Consent {
            tools::Consent::No
        }
    }

    pub(crate) fn row(case: &str, way: Way, passed: bool) -> EvalRow {
        EvalRow {
            case: case.to_owned(),
            content: "0".repeat(16),
            way,
            model: "scripted/x".to_owned(),
            repeat: 1,
            version: "0".to_owned(),
            outcome: "done".to_owned(),
            passed,
            verdict: String::new(),
            failures: Vec::new(),
            seconds: 1.5,
            input_tokens: 10,
            cached_tokens: 0,
            output_tokens: 5,
            candidates: 1,
        }
    }

    #[test]
    fn a_torn_last_line_is_dropped_and_measured_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().canonicalize().expect("real").join("r.jsonl");
        let mut front = Silent(Vec::new());
        let mut results = Results::open(&path, &mut front).expect("opens");
        results.append(&row("a", Way::Kiro, true)).expect("written");
        let half = results.text.clone() + &results.text[..20];
        let mut results = Results::open(&path, &mut front).expect("opens");
        results.text = half;
        results.append(&row("b", Way::Kiro, true)).expect("written");
        let bad = Results::open(&path, &mut front).err().expect("refused");
        assert!(bad.message.contains(":2: no result"), "{}", bad.message);
        assert!(front.0.is_empty());
        results.text.truncate(results.text.len() - 5);
        results.text = results.text.lines().next().expect("a line").to_owned() + "\n{\"case\"";
        let cut = results.text.clone();
        host_write(&path, &cut);
        let results = Results::open(&path, &mut front).expect("opens");
        assert_eq!((results.rows.len(), front.0.len()), (1, 1));
    }

    fn host_write(path: &Path, text: &str) {
        let gate = documents::built_in_gate(path.parent().expect("a folder")).expect("rules");
        let permit = documents::permitted(gate.judge_report(path, text.as_bytes()));
        let permit = permit.expect("a report may be written");
        host::files::write(permit, path, text.as_bytes()).expect("written");
    }
}
