//! The one error that front ends see: a kind, a sentence, and the next step.

use std::fmt;

/// What sort of end an error is; front ends make exit codes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The input cannot be read or used as it is.
    Input,
    /// The rules refused, or a person is needed and nobody is there.
    Refused,
    /// No model is available.
    NoModel,
    /// Something failed that is not the user's to mend.
    Internal,
    /// A signal ended it.
    Interrupted,
}

/// Why a command of the session failed.
#[derive(Debug)]
pub struct SessionError {
    /// What sort of end it is.
    pub kind: Kind,
    /// One sentence that names the file or thing.
    pub message: String,
    /// What to do next, when there is something.
    pub hint: Option<String>,
}

impl SessionError {
    /// Input that cannot be used.
    pub fn input(message: impl fmt::Display) -> SessionError {
        SessionError::new(Kind::Input, message)
    }

    /// A failure of the machine or of Kiro itself.
    pub fn internal(message: impl fmt::Display) -> SessionError {
        SessionError::new(Kind::Internal, message)
    }

    /// An error of any kind.
    pub fn new(kind: Kind, message: impl fmt::Display) -> SessionError {
        SessionError {
            kind,
            message: message.to_string(),
            hint: None,
        }
    }

    /// The same with the next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> SessionError {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SessionError {}
