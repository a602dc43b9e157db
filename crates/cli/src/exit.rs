//! Exit codes, decided in one place.
//!
//! 0 done · 1 findings, failed checks, incomplete · 2 usage or unreadable input · 3 refused, or an approval is
//! needed and nobody is there · 4 no model available · 5 internal error · 130 interrupted.

use std::process::ExitCode;

use session::{Kind, Outcome, SessionError};

use crate::output;

/// The code of a run's end.
pub(crate) fn of_outcome(outcome: Outcome) -> ExitCode {
    ExitCode::from(match outcome {
        Outcome::Done | Outcome::Partial => 0,
        Outcome::Incomplete | Outcome::Stopped => 1,
        Outcome::Refused => 3,
        Outcome::Interrupted => 130,
    })
}

/// The code for findings that the user should see to.
pub(crate) fn findings(any: bool) -> ExitCode {
    ExitCode::from(u8::from(any))
}

/// Tells an error and gives its code.
pub(crate) fn of_error(error: &SessionError) -> ExitCode {
    output::error(&error.message, error.hint.as_deref());
    ExitCode::from(match error.kind {
        Kind::Input => 2,
        Kind::Refused => 3,
        Kind::NoModel => 4,
        Kind::Internal => 5,
        Kind::Interrupted => 130,
    })
}

/// Prints help or a usage error, and gives its code.
pub(crate) fn of_usage(error: &clap::Error) -> ExitCode {
    // A closed pipe while printing help is nobody's error.
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}
