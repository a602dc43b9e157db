//! What a reader noticed in a document. Reading never fails: what is wrong is said here.

use std::ops::Range;

/// One remark about a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of problem it is.
    pub code: Code,
    /// One sentence that names the problem and, where it helps, the next step.
    pub message: String,
    /// The bytes of the source that it is about.
    pub span: Range<usize>,
    /// The change that mends it, where there is only one.
    pub fix: Option<Fix>,
}

/// A change of one range of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The bytes that are replaced.
    pub span: Range<usize>,
    /// What stands there then.
    pub text: String,
}

/// How much a remark weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something that makes a spec weaker than it could be.
    Warning,
    /// Something that cannot be meant.
    Error,
}

impl Severity {
    /// The word that is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

impl Diagnostic {
    pub(crate) fn new(code: Code, span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            span,
            fix: None,
        }
    }

    pub(crate) fn fixed_by(mut self, span: Range<usize>, text: impl Into<String>) -> Self {
        let text = text.into();
        self.fix = Some(Fix { span, text });
        self
    }
}

/// The kinds of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// The document holds nothing but white space.
    EmptySpec,
    /// The document names no requirement.
    NoRequirement,
    /// Two requirements or two criteria carry the same id; the later one was given another.
    DuplicateId,
    /// A requirement without an id; one was given to it by its order.
    MissingId,
    /// A requirement without anything that could be checked.
    NoCriterion,
    /// The document names no success criterion.
    NoSuccessCriteria,
    /// A call and an arrow, but no expected value that could be read.
    UnclearExample,
    /// An example outside every requirement that none of them can be seen to own.
    UnattachedExample,
    /// The task list holds no task.
    NoTask,
    /// Two tasks carry the same id; the later one was given another.
    DuplicateTask,
    /// A task depends on one that is not in the list.
    UnknownDependency,
    /// A word that everybody understands otherwise.
    VagueWord,
    /// A non-functional criterion that nothing measures.
    Unmeasurable,
    /// A requirement that takes input and says nothing of bad input.
    NoErrorCase,
    /// A spec without testing requirements and without examples.
    NoTests,
    /// Two versions of one thing that exclude each other.
    ConflictingVersions,
    /// A criterion with EARS keywords that lacks a part.
    EarsShape,
    /// The same statement twice.
    RepeatedCriterion,
    /// A place that was left open.
    Placeholder,
    /// A criterion that no task cites.
    UncoveredCriterion,
    /// A task that cites no requirement.
    IdleTask,
    /// A task that cites a requirement that is not in the spec.
    UnknownReference,
    /// Tasks that wait for each other.
    DependencyCycle,
    /// Two tasks of one wave that share a file.
    WaveOverlap,
    /// A wave that names no task of the list.
    UnknownInWave,
    /// A ticked task above open ones.
    TickedTooEarly,
}

impl Code {
    /// Every code.
    pub const ALL: &[Code] = &[
        Code::EmptySpec,
        Code::NoRequirement,
        Code::DuplicateId,
        Code::MissingId,
        Code::NoCriterion,
        Code::NoSuccessCriteria,
        Code::UnclearExample,
        Code::UnattachedExample,
        Code::NoTask,
        Code::DuplicateTask,
        Code::UnknownDependency,
        Code::VagueWord,
        Code::Unmeasurable,
        Code::NoErrorCase,
        Code::NoTests,
        Code::ConflictingVersions,
        Code::EarsShape,
        Code::RepeatedCriterion,
        Code::Placeholder,
        Code::UncoveredCriterion,
        Code::IdleTask,
        Code::UnknownReference,
        Code::DependencyCycle,
        Code::WaveOverlap,
        Code::UnknownInWave,
        Code::TickedTooEarly,
    ];

    /// The code as it is printed and searched for, in lower case with hyphens.
    pub fn as_str(self) -> &'static str {
        self.row().0
    }

    /// How much it weighs.
    pub fn severity(self) -> Severity {
        self.row().1
    }

    /// Why it matters, in one sentence.
    pub fn why(self) -> &'static str {
        self.row().2
    }

    fn row(self) -> (&'static str, Severity, &'static str) {
        ROWS[self as usize]
    }
}

/// Each code's name, weight and reason, in the order of [`Code`].
const ROWS: [(&str, Severity, &str); Code::ALL.len()] = [
    (
        "empty-spec",
        Severity::Error,
        "There is nothing that could be built or checked.",
    ),
    (
        "no-requirement",
        Severity::Error,
        "Tasks, checks and evidence all hang on requirements.",
    ),
    (
        "duplicate-id",
        Severity::Error,
        "A reference to this id means two things.",
    ),
    (
        "missing-id",
        Severity::Warning,
        "An id by order changes when something is moved, and every reference with it.",
    ),
    (
        "no-criterion",
        Severity::Warning,
        "Without a criterion nobody can tell whether it is done.",
    ),
    (
        "no-success-criteria",
        Severity::Warning,
        "A run is done when every success criterion is proven; without one there is nothing to prove.",
    ),
    (
        "unclear-example",
        Severity::Warning,
        "An example that cannot be read is not run, so it proves nothing.",
    ),
    (
        "unattached-example",
        Severity::Warning,
        "An example that no requirement owns is not run.",
    ),
    ("no-task", Severity::Error, "There is nothing to carry out."),
    (
        "duplicate-task",
        Severity::Error,
        "A dependency on this number means two tasks.",
    ),
    (
        "unknown-dependency",
        Severity::Error,
        "A task that waits for what does not exist never starts.",
    ),
    (
        "vague-word",
        Severity::Warning,
        "Two people read it differently, and no test can decide between them.",
    ),
    (
        "unmeasurable",
        Severity::Warning,
        "A quality without a number or a command is judged by taste.",
    ),
    (
        "no-error-case",
        Severity::Warning,
        "Most failures in use are inputs that the spec did not speak of.",
    ),
    (
        "no-tests",
        Severity::Warning,
        "What is not tested holds by chance.",
    ),
    (
        "conflicting-versions",
        Severity::Error,
        "Only one of the two can be installed.",
    ),
    (
        "ears-shape",
        Severity::Warning,
        "A criterion in EARS says when, who, and what: a part that is missing is guessed.",
    ),
    (
        "repeated-criterion",
        Severity::Warning,
        "Of two copies one will be changed and the other forgotten.",
    ),
    (
        "placeholder",
        Severity::Warning,
        "What is still open will be decided by whoever builds it.",
    ),
    (
        "uncovered-criterion",
        Severity::Warning,
        "What no task names is not built by anybody.",
    ),
    (
        "idle-task",
        Severity::Warning,
        "Work that serves no requirement cannot be judged against one.",
    ),
    (
        "unknown-reference",
        Severity::Error,
        "The task cannot be judged against something that is not there.",
    ),
    (
        "dependency-cycle",
        Severity::Error,
        "None of these tasks can ever start.",
    ),
    (
        "wave-overlap",
        Severity::Warning,
        "Tasks of one wave run at the same time, and these would write the same file.",
    ),
    (
        "unknown-in-wave",
        Severity::Error,
        "The wave names work that does not exist.",
    ),
    (
        "ticked-too-early",
        Severity::Warning,
        "The box says that everything below it is done.",
    ),
];

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_stand_in_the_order_of_the_codes() {
        for (place, code) in Code::ALL.iter().enumerate() {
            assert_eq!(*code as usize, place, "{code}");
            let name = format!("{code:?}");
            let hyphened = name.chars().fold(String::new(), |mut out, c| {
                if c.is_uppercase() && !out.is_empty() {
                    out.push('-');
                }
                out.extend(c.to_lowercase());
                out
            });
            assert_eq!(hyphened, code.as_str());
        }
    }
}
