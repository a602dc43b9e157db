//! A system without walls: everything here says so, and nothing runs.

use std::convert::Infallible;
use std::ffi::OsString;
#[cfg(not(target_os = "macos"))]
use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;

#[cfg(not(target_os = "macos"))]
use super::{Control, SandboxError};
#[cfg(not(target_os = "macos"))]
use crate::process::{Command, Finished, Supervisor, Watch};
#[cfg(not(target_os = "macos"))]
use policy::Permit;

#[cfg(not(target_os = "macos"))]
const WHY: &str = "confining a program needs Linux 6.2 or newer";

/// What a walled program reaches over the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// Nothing.
    #[default]
    None,
    /// A loopback interface of its own.
    Loopback,
    /// Whatever this machine reaches over IP.
    Host,
}

/// What a walled program may touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walls {
    /// Folders it may change.
    pub write: Vec<PathBuf>,
    /// Files and folders that it may read and run.
    pub read: Vec<PathBuf>,
    /// Files and folders to keep from it.
    pub hide: Vec<PathBuf>,
    /// What it reaches over the network.
    pub network: Network,
}

/// Walls that cannot be raised: there are none on this system.
#[derive(Debug, thiserror::Error)]
#[error("there are no walls on this system")]
pub struct WallsError(Infallible);

/// One layer of the walls; there is none on this system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// What it is.
    pub name: String,
    /// What it keeps.
    pub keeps: &'static str,
}

/// A sandbox that runs nothing.
#[cfg(not(target_os = "macos"))]
#[derive(Clone, Debug)]
pub struct Sandbox(());

#[cfg(not(target_os = "macos"))]
impl Sandbox {
    /// There is no sandbox on this system.
    pub fn detect_for(_supervisor: Supervisor, _home: Option<&Path>) -> Sandbox {
        Sandbox(())
    }

    /// Refuses to run.
    ///
    /// # Errors
    /// Always.
    pub fn run(
        &self,
        _permit: Permit,
        _command: &Command,
        _walls: &Walls,
        _cancelled: &dyn Fn() -> bool,
    ) -> Result<Finished, SandboxError> {
        Err(SandboxError::NoSandbox(WHY.to_owned()))
    }

    /// Refuses to run.
    ///
    /// # Errors
    /// Always.
    pub fn follow(
        &self,
        _permit: Permit,
        _command: &Command,
        _walls: &Walls,
        _watch: &Watch<'_>,
    ) -> Result<Finished, SandboxError> {
        Err(SandboxError::NoSandbox(WHY.to_owned()))
    }

    /// Why there is no sandbox.
    ///
    /// # Errors
    /// Always.
    pub fn layers(&self) -> Result<Vec<Layer>, SandboxError> {
        Err(SandboxError::NoSandbox(WHY.to_owned()))
    }

    /// Says that there is none.
    pub fn describe(&self) -> String {
        format!("none: {WHY}")
    }

    /// The environment that a program would be given.
    pub fn environment(&self, path: &str, _private: &Path) -> Vec<(String, String)> {
        vec![("PATH".to_owned(), path.to_owned())]
    }

    /// One control, which did not hold.
    pub fn controls(&self, _scratch: &Path) -> Vec<Control> {
        vec![Control {
            name: "sandbox",
            question: "confine a program at all",
            held: false,
            detail: WHY.to_owned(),
        }]
    }

    /// One control, which did not hold.
    pub fn escapes(&self, scratch: &Path) -> Vec<Control> {
        self.controls(scratch)
    }
}

/// There is nothing to supervise on this system.
pub fn supervisor_main(_words: impl IntoIterator<Item = OsString>) -> ExitCode {
    ExitCode::FAILURE
}
