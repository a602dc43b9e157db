//! Checks without a model: a spec's examples compiled into tests, and the verdict of a test run read back.
//!
//! Each language has a module that writes test files; each runner has one that reads what it printed. What
//! they share stands here.

mod cargo;
mod constants;
mod corrections;
mod limit;
mod node;
mod probe;
mod pytest;
mod python;
mod rust;
mod script;

use std::collections::{BTreeMap, BTreeSet};

use code::Language;
use spec::{Command, Example, Expect};

pub use corrections::{CORRECTIONS, corrected};
pub use limit::Limited;
pub use probe::{Came, Probe, Watched, probe};
pub(crate) use python::literal as python_literal;
pub use python::module_of;
pub(crate) use rust::{module_of as rust_module, path_of as rust_path};
pub(crate) use script::relative;

/// What runs test files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Runner {
    /// Python's own `unittest`.
    Unittest,
    /// `pytest`, where the project has it.
    Pytest,
    /// The test runner of node.
    Node,
    /// `cargo test`.
    Cargo,
}

impl Runner {
    /// Its name as people know it.
    pub fn name(self) -> &'static str {
        match self {
            Runner::Unittest => "unittest",
            Runner::Pytest => "pytest",
            Runner::Node => "node --test",
            Runner::Cargo => "cargo test",
        }
    }

    /// Words that run every test of a project, from the project's folder; the first names a program.
    pub fn suite(self) -> Vec<String> {
        words(match self {
            Runner::Unittest => &["python3", "-m", "unittest", "discover", "-v", "-s", "tests"],
            Runner::Pytest => &[
                "python3",
                "-m",
                "pytest",
                "-q",
                "-rA",
                "-p",
                "no:cacheprovider",
            ],
            Runner::Node => &["node", "--test", "--test-reporter=tap"],
            Runner::Cargo => &["cargo", "test", "--offline"],
        })
    }

    /// Which tests a run names, with whether each passed; none of a run that did not come to its end.
    pub fn results(self, exit: Option<i32>, stdout: &str, stderr: &str) -> BTreeMap<String, bool> {
        let told = match self {
            Runner::Unittest => python::told(exit, stderr),
            Runner::Pytest => pytest::told(exit, stdout),
            Runner::Node => node::nested(exit, stdout, stderr),
            Runner::Cargo => cargo::told(exit, stdout, stderr),
        };
        match told.ended {
            true => told.results,
            false => BTreeMap::new(),
        }
    }

    /// How many tests a run says it ran.
    pub fn count(self, stdout: &str, stderr: &str) -> u32 {
        match self {
            Runner::Unittest => python::count(stderr),
            Runner::Pytest => pytest::count(stdout),
            Runner::Node => node::count(stdout),
            Runner::Cargo => cargo::count(stdout),
        }
    }
}

/// One test of a check file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// Its name in the file.
    pub name: String,
    /// The id of the example it was made from.
    pub example: String,
    /// The example as a person reads it.
    pub says: String,
}

/// A test file compiled from a spec's examples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckFile {
    /// Where it stands, relative to the project.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Its tests.
    pub tests: Vec<Test>,
    /// What runs it.
    pub runner: Runner,
}

impl CheckFile {
    /// Words that run this file alone, from the project's folder; the first names a program.
    pub fn argv(&self) -> Vec<String> {
        let (folder, name) = self.path.rsplit_once('/').unwrap_or((".", &self.path));
        match self.runner {
            Runner::Unittest => words(&[
                "python3", "-m", "unittest", "discover", "-v", "-s", folder, "-p", name,
            ]),
            // Options of the project's own could hide the results.
            Runner::Pytest => words(&[
                "python3",
                "-m",
                "pytest",
                "-q",
                "-rA",
                "--tb=short",
                "-p",
                "no:cacheprovider",
                "-o",
                "addopts=",
                &self.path,
            ]),
            Runner::Node => words(&["node", "--test", "--test-reporter=tap", &self.path]),
            Runner::Cargo => {
                // A test in a folder of its own goes by the folder's name.
                let folder = folder.rsplit('/').next().unwrap_or(folder);
                let stem = name.strip_suffix(".rs").unwrap_or(name);
                let target = if stem == "main" { folder } else { stem };
                words(&["cargo", "test", "--offline", "--test", target])
            }
        }
    }

    /// How many of its tests run commands.
    pub fn commands(&self) -> u64 {
        let commands = self.tests.iter().filter(|it| it.says.contains("$ "));
        commands.count() as u64
    }

    /// Reads what the run of [`CheckFile::argv`] printed. A test that is not mentioned did not run and counts
    /// as failed.
    pub fn read_report(&self, exit: Option<i32>, stdout: &str, stderr: &str) -> Report {
        let told = match self.runner {
            Runner::Unittest => python::told(exit, stderr),
            Runner::Pytest => pytest::told(exit, stdout),
            Runner::Node => node::told(exit, stdout, stderr),
            Runner::Cargo => cargo::told(exit, stdout, stderr),
        };
        told.report(&self.tests, exit)
    }
}

/// What a runner's output tells, test by test.
#[derive(Debug, Default)]
struct Told {
    /// Whether the run came to its end, so that its results count.
    ended: bool,
    /// Tests with whether they passed.
    results: BTreeMap<String, bool>,
    /// Why tests failed, in a few lines.
    reasons: BTreeMap<String, String>,
    /// The reason for all tests that nothing else is known of.
    last_words: String,
}

impl Told {
    /// A test that is told of twice passed only if both passed.
    fn result(&mut self, test: &str, passed: bool) {
        let known = self.results.entry(test.to_owned()).or_insert(passed);
        *known &= passed;
    }

    fn report(&self, tests: &[Test], exit: Option<i32>) -> Report {
        let mut report = Report::default();
        for test in tests {
            if self.ended && self.results.get(&test.name) == Some(&true) {
                report.passed.push(test.name.clone());
            } else {
                report
                    .failed
                    .push((test.name.clone(), self.why(&test.name)));
            }
        }
        if exit != Some(0) && report.failed.is_empty() {
            let passed = std::mem::take(&mut report.passed);
            let failed = |test| (test, self.last_words.clone());
            report.failed = passed.into_iter().map(failed).collect();
        }
        report
    }

    fn why(&self, test: &str) -> String {
        let known = self.reasons.get(test).filter(|it| !it.is_empty());
        known.unwrap_or(&self.last_words).clone()
    }
}

fn did_not_run(exit: Option<i32>) -> String {
    match exit {
        Some(code) => format!("the test did not run (exit code {code})"),
        None => "the test did not run to its end".to_owned(),
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

/// A function and the file that defines it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The function that examples call.
    pub function: String,
    /// The file that defines it, relative to the project.
    pub file: String,
    /// Its signature, where the spec gives one.
    pub signature: Option<String>,
    /// The programs that begin with it, as commands name them.
    pub programs: Vec<String>,
}

impl Subject {
    /// Whether a command's program begins with it.
    pub(crate) fn runs(&self, program: &str) -> bool {
        self.programs.iter().any(|it| it == program)
    }

    /// The file's language.
    pub fn language(&self) -> Option<Language> {
        Language::from_path(&self.file)
    }

    /// Whether it gives a promise, by its signature.
    pub(crate) fn is_promised(&self) -> bool {
        let signature = self.signature.as_deref().unwrap_or_default();
        signature.contains("async ") || signature.contains("Promise")
    }

    /// The name that the file defines: of a method, its class.
    pub(crate) fn root(&self) -> &str {
        self.function.split('.').next().unwrap_or_default()
    }
}

/// Where a check file is to stand and what is to run it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, relative to the project.
    pub path: String,
    /// What runs it.
    pub runner: Runner,
    /// The package that the project is, as Rust code names it.
    pub package: String,
}

/// Compiles examples into one test file; `origin` says in the file where they come from. Examples of
/// functions that `subjects` does not place are left out. `message` knows the message of an example's error, as an expression.
pub fn compile(
    place: &Place,
    origin: &str,
    examples: &[&Example],
    subjects: &[Subject],
    message: &dyn Fn(&Example) -> Option<String>,
) -> CheckFile {
    let placed: Vec<(&Example, &Subject)> = examples
        .iter()
        .filter_map(|it| Some((*it, subject_of(it, subjects)?)))
        .collect();
    let source = Source {
        path: &place.path,
        origin,
        placed,
        subjects,
        message,
    };
    let (text, tests) = match place.runner {
        Runner::Unittest | Runner::Pytest => python::compile(&source),
        Runner::Node => script::compile(&source),
        Runner::Cargo => rust::compile(&source, &place.package),
    };
    CheckFile {
        path: place.path.clone(),
        text,
        tests,
        runner: place.runner,
    }
}

/// What a test file is made of.
struct Source<'a> {
    path: &'a str,
    origin: &'a str,
    placed: Vec<(&'a Example, &'a Subject)>,
    subjects: &'a [Subject],
    message: &'a dyn Fn(&Example) -> Option<String>,
}

impl Source<'_> {
    /// Which names are needed from which file.
    fn names(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut names: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let is_call = |it: &&(&Example, &Subject)| it.0.call.command.is_none();
        for (example, subject) in self.placed.iter().filter(is_call) {
            let language = subject.language();
            let others = self
                .subjects
                .iter()
                .filter(|it| it.language() == language && uses(example, it.root()));
            for it in others.chain([*subject]) {
                names.entry(&it.file).or_default().insert(it.root());
            }
        }
        names
    }

    /// The comment that stands at the head of the file.
    fn header(&self) -> String {
        let plain = |c: char| {
            if c.is_control() || "\"\\*".contains(c) {
                ' '
            } else {
                c
            }
        };
        let origin: String = self.origin.chars().map(plain).collect();
        format!(
            "Examples of {origin}.\n\nWritten by Kiro from the specification: change them there.\n"
        )
    }

    /// Whether a call, not a command, expects something of this kind.
    fn expects(&self, wanted: impl Fn(&Expect) -> bool) -> bool {
        self.placed
            .iter()
            .any(|(it, _)| it.call.command.is_none() && wanted(&it.expect))
    }

    fn has_commands(&self) -> bool {
        self.placed.iter().any(|(it, _)| it.call.command.is_some())
    }

    /// How many folders the file stands in.
    fn depth(&self) -> usize {
        self.path.matches('/').count()
    }

    /// The file that a command line runs, with the command; none when no subject is that program.
    fn run_of(&self, line: &str) -> Option<(&str, Command)> {
        let command = Command::parse(line)?;
        let subject = self.subjects.iter().find(|it| it.runs(&command.program))?;
        Some((subject.file.as_str(), command))
    }

    /// The runs of an example's command: those before it, and its own last.
    fn runs_of(&self, example: &Example) -> Vec<(&str, Command)> {
        let lines = example.setup.iter().chain([&example.call.source]);
        lines.filter_map(|it| self.run_of(it)).collect()
    }
}

pub(crate) fn subject_of<'a>(example: &Example, subjects: &'a [Subject]) -> Option<&'a Subject> {
    if let Some(command) = &example.call.command {
        return subjects.iter().find(|it| it.runs(&command.program));
    }
    let root = example.call.function.split(['.', ':']).next()?;
    subjects
        .iter()
        .find(|it| it.function == example.call.function || it.function == root)
}

/// Whether an example's code calls `name`.
pub(crate) fn uses(example: &Example, name: &str) -> bool {
    let setup = example.setup.iter().map(String::as_str);
    setup
        .chain([example.call.source.as_str(), example.expect.text()])
        .any(|text| calls(text, name))
}

/// Whether `name` is called in `text`, outside a longer name.
pub(crate) fn calls(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$' || c == '.';
    !name.is_empty()
        && text.match_indices(name).any(|(at, _)| {
            let (before, after) = (&text[..at], &text[at + name.len()..]);
            !before.ends_with(is_part) && after.starts_with('(')
        })
}

/// An example as a person reads it.
pub(crate) fn readable(example: &Example) -> String {
    let (prompt, gap) = match example.call.command {
        Some(_) => ("$ ", "\n  "),
        None => ("", "; "),
    };
    let before: String = example
        .setup
        .iter()
        .map(|it| format!("{prompt}{}{gap}", it.trim()))
        .collect();
    let call = format!("{before}{prompt}{}", example.call.source);
    match &example.expect {
        Expect::Value(value) => format!("{call} → {value}"),
        Expect::Raises(error) => format!("{call} raises {error}"),
        Expect::Output(output) => format!("{call} prints {output:?}"),
        Expect::Exits(code) => format!("{call} exits with {code}"),
    }
}

fn test(name: String, example: &Example) -> Test {
    Test {
        name,
        example: example.id.to_string(),
        says: readable(example),
    }
}

/// `FR-1.e2` → `fr_1_e2`.
fn test_words(id: &str) -> String {
    let words = id.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<String> = words
        .filter(|it| !it.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    words.join("_")
}

fn one_line(source: &str) -> String {
    source.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

/// Whether a literal is a number with a point, which is compared to seven places.
fn is_float(value: &str) -> bool {
    let number = value.trim_start_matches('-');
    number.contains('.') && number.parse::<f64>().is_ok()
}

/// A string literal of any text, in double quotes; `escape` gives the form of what may not stand as it is.
pub(crate) fn quoted(text: &str, escape: impl Fn(char) -> Option<String>) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match (c, escape(c)) {
            ('"' | '\\', _) => out.extend(['\\', c]),
            ('\n', _) => out.push_str("\\n"),
            (_, Some(form)) => out.push_str(&form),
            (c, None) => out.push(c),
        }
    }
    out.push('"');
    out
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|it| (*it).to_owned()).collect()
}

#[cfg(test)]
mod commands;
