//! `kiro guard`

use std::process::ExitCode;

use session::{Environment, SessionError};

use crate::exit;
use crate::output;

pub(super) fn run(environment: &Environment) -> Result<ExitCode, SessionError> {
    let found = session::hooking::guard(environment)?;
    for (path, rule) in &found {
        let path = session::visible(path);
        output::remark(format!("refused: {path} is sensitive ({rule})"));
    }
    let secrets = session::hooking::secrets_staged(environment)?;
    for (path, line, kind) in &secrets {
        let path = session::visible(path);
        output::remark(format!("refused: {path}:{line} holds a secret ({kind})"));
    }
    let any = !found.is_empty() || !secrets.is_empty();
    if any {
        output::remark(
            "\nNothing was committed. `git restore --staged FILE` takes a file out; a file that is meant to be \
             shared needs another name, or another rule in .kiro/config.yaml.",
        );
    }
    Ok(exit::findings(any))
}
