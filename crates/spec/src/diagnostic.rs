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
        use Severity::{Error, Warning};
        match self {
            Code::EmptySpec => (
                "empty-spec",
                Error,
                "There is nothing that could be built or checked.",
            ),
            Code::NoRequirement => (
                "no-requirement",
                Error,
                "Tasks, checks and evidence all hang on requirements.",
            ),
            Code::DuplicateId => (
                "duplicate-id",
                Error,
                "A reference to this id means two things.",
            ),
            Code::MissingId => (
                "missing-id",
                Warning,
                "An id by order changes when something is moved, and every reference with it.",
            ),
            Code::NoCriterion => (
                "no-criterion",
                Warning,
                "Without a criterion nobody can tell whether it is done.",
            ),
            Code::NoSuccessCriteria => (
                "no-success-criteria",
                Warning,
                "A run is done when every success criterion is proven; without one there is nothing to prove.",
            ),
            Code::UnclearExample => (
                "unclear-example",
                Warning,
                "An example that cannot be read is not run, so it proves nothing.",
            ),
            Code::UnattachedExample => (
                "unattached-example",
                Warning,
                "An example that no requirement owns is not run.",
            ),
            Code::NoTask => ("no-task", Error, "There is nothing to carry out."),
            Code::DuplicateTask => (
                "duplicate-task",
                Error,
                "A dependency on this number means two tasks.",
            ),
            Code::UnknownDependency => (
                "unknown-dependency",
                Error,
                "A task that waits for what does not exist never starts.",
            ),
            Code::VagueWord => (
                "vague-word",
                Warning,
                "Two people read it differently, and no test can decide between them.",
            ),
            Code::Unmeasurable => (
                "unmeasurable",
                Warning,
                "A quality without a number or a command is judged by taste.",
            ),
            Code::NoErrorCase => (
                "no-error-case",
                Warning,
                "Most failures in use are inputs that the spec did not speak of.",
            ),
            Code::NoTests => ("no-tests", Warning, "What is not tested holds by chance."),
            Code::ConflictingVersions => (
                "conflicting-versions",
                Error,
                "Only one of the two can be installed.",
            ),
            Code::EarsShape => (
                "ears-shape",
                Warning,
                "A criterion in EARS says when, who, and what: a part that is missing is guessed.",
            ),
            Code::RepeatedCriterion => (
                "repeated-criterion",
                Warning,
                "Of two copies one will be changed and the other forgotten.",
            ),
            Code::Placeholder => (
                "placeholder",
                Warning,
                "What is still open will be decided by whoever builds it.",
            ),
            Code::UncoveredCriterion => (
                "uncovered-criterion",
                Warning,
                "What no task names is not built by anybody.",
            ),
            Code::IdleTask => (
                "idle-task",
                Warning,
                "Work that serves no requirement cannot be judged against one.",
            ),
            Code::UnknownReference => (
                "unknown-reference",
                Error,
                "The task cannot be judged against something that is not there.",
            ),
            Code::DependencyCycle => (
                "dependency-cycle",
                Error,
                "None of these tasks can ever start.",
            ),
            Code::WaveOverlap => (
                "wave-overlap",
                Warning,
                "Tasks of one wave run at the same time, and these would write the same file.",
            ),
            Code::UnknownInWave => (
                "unknown-in-wave",
                Error,
                "The wave names work that does not exist.",
            ),
            Code::TickedTooEarly => (
                "ticked-too-early",
                Warning,
                "The box says that everything below it is done.",
            ),
        }
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
