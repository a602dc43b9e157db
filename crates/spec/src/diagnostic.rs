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
}

impl Diagnostic {
    pub(crate) fn new(code: Code, span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            span,
        }
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
}

impl Code {
    /// The code as it is printed and searched for, in lower case with hyphens.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::EmptySpec => "empty-spec",
            Code::NoRequirement => "no-requirement",
            Code::DuplicateId => "duplicate-id",
            Code::MissingId => "missing-id",
            Code::NoCriterion => "no-criterion",
            Code::NoSuccessCriteria => "no-success-criteria",
            Code::UnclearExample => "unclear-example",
            Code::UnattachedExample => "unattached-example",
            Code::NoTask => "no-task",
            Code::DuplicateTask => "duplicate-task",
            Code::UnknownDependency => "unknown-dependency",
        }
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
