//! `kiro hooks git`, which git's own hooks run

use std::io::Read;
use std::process::ExitCode;

use session::{Environment, SessionError};

use crate::args::HooksGitArgs;
use crate::commands::run::interruptible;
use crate::exit;
use crate::output;
use crate::terminal::Terminal;

/// Most bytes of what git says on the standard input.
const INPUT_MAX: u64 = 16 << 20;

pub(super) fn run(
    args: &HooksGitArgs,
    environment: &Environment,
) -> Result<ExitCode, SessionError> {
    let cancel = interruptible()?;
    let mut input = String::new();
    if args.name == "pre-push" {
        let read = std::io::stdin()
            .lock()
            .take(INPUT_MAX)
            .read_to_string(&mut input);
        read.map_err(|error| {
            SessionError::input(format!("what git says cannot be read: {error}"))
        })?;
    }
    // Nobody can be asked: git waits, and its standard input is not a person's.
    let mut front = Terminal::remarks();
    let done = session::hooking::git_hook(
        &args.name,
        &args.arguments,
        &input,
        environment,
        &cancel,
        &mut front,
    )?;
    for line in &done.refused {
        output::remark(format!("refused: {}", session::visible(line)));
    }
    if !done.refused.is_empty() && args.name == "pre-commit" {
        output::remark(
            "\nNothing was committed. `git restore --staged FILE` takes a file out; `git commit --no-verify` passes by \
             every hook, this once.",
        );
    }
    Ok(exit::findings(!done.refused.is_empty()))
}
