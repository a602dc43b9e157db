//! Why a call could not be done, in words for a model.

use host::files::FileError;
use host::sandbox::SandboxError;
use policy::Reason;

/// Why a call could not be done. Its text says what would be right.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ToolError {
    /// The arguments are not those of the tool, or name nothing that is there.
    #[error("{0}")]
    Call(String),
    /// Policy does not let it happen.
    #[error("refused: {}", listed(.0))]
    Refused(Vec<Reason>),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A command could not be run.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
}

impl ToolError {
    pub(crate) fn call(text: impl Into<String>) -> ToolError {
        ToolError::Call(text.into())
    }
}

fn listed(reasons: &[Reason]) -> String {
    let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
    reasons.join("; ")
}
