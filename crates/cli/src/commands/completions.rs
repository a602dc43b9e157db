//! `kiro completions`: what a shell needs to complete the commands.

use std::process::ExitCode;

use clap::CommandFactory as _;

use crate::args::{CompletionsArgs, Kiro};
use crate::output;

/// Prints the shell's script.
pub(super) fn run(args: &CompletionsArgs) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Kiro::command(), "kiro", &mut script);
    output::line(String::from_utf8_lossy(&script).trim_end());
    ExitCode::SUCCESS
}
