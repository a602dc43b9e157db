//! Checks without a model: a spec's examples compiled into tests, and the verdict of a test run read back.

mod probe;
mod python;

pub use probe::{Came, Probe, probe};
pub use python::{compile, module_of, read_report};

/// A test file compiled from a spec's examples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckFile {
    /// Where it stands, relative to the project.
    pub path: String,
    /// Its text.
    pub text: String,
    /// The names of its tests, each with the example it was made from.
    pub tests: Vec<(String, String)>,
}

impl CheckFile {
    /// The file's own name.
    pub fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// What one run of a test file showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Tests that passed.
    pub passed: Vec<String>,
    /// Tests that failed or never ran, each with the reason in a few lines.
    pub failed: Vec<(String, String)>,
}

impl Report {
    /// Whether every test ran and passed.
    pub fn is_green(&self) -> bool {
        self.failed.is_empty() && !self.passed.is_empty()
    }
}

/// A test file's place and the module its functions come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The function that examples call.
    pub function: String,
    /// The file that defines it, relative to the project.
    pub file: String,
}
