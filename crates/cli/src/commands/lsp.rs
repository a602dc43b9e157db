//! `kiro lsp`: the Language Server Protocol, for the editor that started this program.

use std::process::ExitCode;

use session::{Environment, SessionError};

pub(super) fn run(environment: &Environment) -> Result<ExitCode, SessionError> {
    let cancel = super::run::interruptible()?;
    let ended_well = server::lsp::serve(environment, &cancel);
    Ok(ExitCode::from(u8::from(!ended_well)))
}
