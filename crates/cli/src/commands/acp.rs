//! `kiro acp`: the Agent Client Protocol, and Kiro's own methods, for the program that started this one.

use std::process::ExitCode;

use session::{Environment, SessionError};

pub(super) fn run(environment: &Environment) -> Result<ExitCode, SessionError> {
    let cancel = super::run::interruptible()?;
    server::serve(environment, &cancel);
    Ok(ExitCode::SUCCESS)
}
