//! The binary `kiro`: arguments, output, exit codes. All else is the session's.

mod args;
mod commands;
mod exit;
mod jsonl;
mod output;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // The sandbox's supervisor is this program started again: it must come before everything else.
    if std::env::args_os()
        .nth(1)
        .is_some_and(|it| it == session::SUPERVISOR_ARGUMENT)
    {
        return session::supervisor_main(std::env::args_os().skip(2));
    }
    let args = match args::Kiro::try_parse() {
        Ok(args) => args,
        Err(error) => return exit::of_usage(&error),
    };
    match commands::run(args) {
        Ok(code) => code,
        Err(error) => exit::of_error(&error),
    }
}
