//! Children: the only place that starts programs, besides [`crate::sandbox`], which is built on it.
//!
//! What a model wrote, or what runs what a model wrote, goes through [`crate::sandbox::Sandbox`]. The
//! functions here are for programs of the user's own: [`plain`] for a package client, [`interactive`]
//! for an editor, and, inside this crate and without a permit, `git` on Kiro's own shadow repository.
//!
//! Whatever starts a child here owns it to the end: its output is bounded, its input is closed unless
//! given, it can be cancelled at any moment, and no process of it is left when the call returns.

#[cfg(any(test, all(unix, not(target_os = "linux"))))]
#[cfg_attr(
    target_os = "linux",
    expect(unreachable_pub, reason = "for systems without a supervisor")
)]
mod attended;
mod capture;
mod command;
#[cfg(unix)]
mod direct;
#[cfg(unix)]
mod git;
#[cfg(unix)]
mod plain;
#[cfg(unix)]
pub mod pty;
#[cfg(unix)]
mod streams;
#[cfg(unix)]
pub mod toolchain;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use policy::PermitMismatch;

#[cfg(target_os = "linux")]
pub use crate::sandbox::Attended;
#[cfg(all(unix, not(target_os = "linux")))]
pub use attended::Attended;
pub use command::{Channel, Command, CommandError, Ended, Finished, Limits, Watch};
#[cfg(any(target_os = "macos", test))]
pub(crate) use direct::run as run_direct;
#[cfg(unix)]
pub(crate) use git::{Git, GitCall};
#[cfg(unix)]
pub use git::{
    Staged, git_answer, git_file_at, git_objects, git_own_setting, git_staged, git_staged_objects,
    git_unstaged_objects, git_untracked, git_version,
};
#[cfg(unix)]
pub use plain::{attended, interactive, leave, plain};
#[cfg(target_os = "linux")]
pub(crate) use streams::{Silence, Streams, timespec};

/// The streams of an [`Attended`] program, seen from outside.
#[cfg(unix)]
#[derive(Debug)]
pub struct Pipes {
    /// What is written here is its standard input; dropping it ends that.
    pub input: std::os::fd::OwnedFd,
    /// Its standard output.
    pub output: std::os::fd::OwnedFd,
    /// Its standard error.
    pub error: std::os::fd::OwnedFd,
}

/// Bytes of memory that this process itself holds now; none where the system does not say.
#[must_use]
pub fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}

/// How often a wait looks whether it was cancelled.
pub(crate) const PATIENCE: Duration = Duration::from_millis(20);

/// The program that watches over a child and leaves nothing of it behind: Kiro itself, started again
/// with hidden arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supervisor {
    /// Absolute path of the program.
    pub program: PathBuf,
    /// The arguments after which [`crate::sandbox::supervisor_main`] receives its own.
    pub args: Vec<OsString>,
}

/// A command could not be run, or could not be run to its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The permit was for something else.
    #[error(transparent)]
    Refused(#[from] PermitMismatch),
    /// The command cannot be run as it is written.
    #[error(transparent)]
    Invalid(#[from] CommandError),
    /// The program did not start.
    #[error("cannot run {program}: {source}")]
    Start {
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// The system refused something on the way.
    #[error("cannot {what} while running {program}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// The walls around the program could not be raised, so it was not run.
    #[error("{program} was not run, because its walls could not be raised: {why}")]
    Confine {
        /// The program.
        program: String,
        /// What went wrong.
        why: String,
    },
    /// The supervisor ended without a word.
    #[error("the supervisor of {program} ended without a report: {detail}")]
    Lost {
        /// The program.
        program: String,
        /// What is known.
        detail: String,
    },
    /// Some processes could not be killed.
    #[error("{count} processes of {program} could not be killed; end them by hand: {pids}")]
    Survivors {
        /// The program.
        program: String,
        /// How many there are.
        count: usize,
        /// Their process ids.
        pids: String,
    },
    /// This system cannot do it.
    #[error("{0} is not possible on this system")]
    Unsupported(&'static str),
}
