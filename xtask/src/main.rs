//! Chores of the repository: `cargo xtask tidy`, `cargo xtask ide`, `cargo xtask vsix`, `cargo xtask sim`.
//!
//! It depends on no crate of the product, so that it builds in seconds and works while the product does not. What needs the
//! product is a program of its own, which is started here.

mod files;
mod ide;
mod manifest;
mod markdown;
mod rust_source;
mod tables;
mod tidy;
mod words;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use files::FileSet;

const USAGE: &str = "usage: cargo xtask tidy                           check the rules of the house
       cargo xtask ide                            build the page of `kiro ide`
       cargo xtask vsix [--engine KIRO]           make packages of the extension, with this engine or one built now
       cargo xtask sim [--seeds N | --seed K]    live through N simulated projects, or one again";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["tidy"] => tidy_repository(),
        ["sim", ..] => simulate(&arguments[1..]),
        ["ide"] => ended(ide::build(&repository())),
        ["vsix"] => ended(ide::packages(&repository(), None)),
        ["vsix", "--engine", engine] => ended(ide::packages(&repository(), Some(engine))),
        _ => fail(USAGE, 2),
    }
}

fn ended(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error, 1),
    }
}

fn tidy_repository() -> ExitCode {
    let files = match FileSet::read(&repository()) {
        Ok(files) => files,
        Err(error) => return fail(&error.to_string(), 2),
    };
    let violations = tidy::violations(&files);
    violations.iter().for_each(|it| say(&it.to_string()));
    match violations.len() {
        0 => {
            say(&format!("tidy: {} files keep the rules", files.len()));
            ExitCode::SUCCESS
        }
        count => fail(&format!("tidy: {count} findings"), 1),
    }
}

/// Builds and starts the simulator, which stands in the crate `testkit`.
#[expect(
    clippy::disallowed_methods,
    reason = "a chore starts cargo, as the person at the terminal would"
)]
fn simulate(arguments: &[String]) -> ExitCode {
    let started = std::process::Command::new(env!("CARGO"))
        .args([
            "run",
            "--quiet",
            "--package",
            "testkit",
            "--bin",
            "sim",
            "--",
        ])
        .args(arguments)
        .current_dir(repository())
        .status();
    match started {
        Ok(ended) => ended
            .code()
            .and_then(|it| u8::try_from(it).ok())
            .map_or(ExitCode::FAILURE, ExitCode::from),
        Err(error) => fail(&format!("cargo does not start: {error}"), 2),
    }
}

/// The repository's folder: xtask stands directly in it.
fn repository() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_path_buf()
}

#[expect(
    clippy::print_stdout,
    reason = "xtask speaks to a person at a terminal"
)]
fn say(line: &str) {
    println!("{line}");
}

#[expect(
    clippy::print_stderr,
    reason = "xtask speaks to a person at a terminal"
)]
fn fail(message: &str, code: u8) -> ExitCode {
    eprintln!("{message}");
    ExitCode::from(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_tidy() {
        let files = FileSet::read(&repository()).expect("git lists the repository's files");
        let findings: Vec<String> = tidy::violations(&files)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
    }
}
