//! A system without walls: everything here says so, and nothing runs.

use std::convert::Infallible;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::Door;
use change::RelPath;

use crate::files::FileError;

#[cfg(not(target_os = "macos"))]
use super::{Control, SandboxError};
#[cfg(not(target_os = "macos"))]
use crate::process::{Command, Finished, Supervisor, Watch};
#[cfg(not(target_os = "macos"))]
use policy::Permit;

#[cfg(not(target_os = "macos"))]
const WHY: &str = "confining a program needs Linux 6.2 or newer";

/// What a walled program reaches over the network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// Nothing.
    #[default]
    None,
    /// A loopback interface of its own.
    Loopback,
    /// The same, with a proxy to allowed hosts. Not on this system: nothing is reached.
    Hosts(Door),
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
    /// Folders that it sees at another place; no such system can show them.
    pub overlays: Vec<Overlay>,
    /// What it reaches over the network.
    pub network: Network,
}

impl Walls {
    /// Whether a file is to be seen at this path by an overlay: there are none.
    pub fn shows(&self, _path: &Path) -> bool {
        false
    }
}

/// A folder that is seen at another place as well; there is none on this system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlay(Infallible);

impl Overlay {
    /// Makes nothing ready: [`Sandbox::overlays`](super::Sandbox::overlays) says before that there are none.
    ///
    /// # Errors
    /// Always.
    pub fn prepare(
        _below: &Path,
        _above: Option<&Path>,
        (root, place): (&Path, &RelPath),
    ) -> Result<Option<Overlay>, FileError> {
        let error = std::io::Error::from(std::io::ErrorKind::Unsupported);
        Err(FileError::os("lay over", &root.join(place.as_str()), error))
    }
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

    /// Whether this machine can show a folder at another place: none such can.
    ///
    /// # Errors
    /// Always.
    pub fn overlays(&self, _scratch: &Path) -> Result<bool, String> {
        Err("only Linux can show a folder at another place".to_owned())
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

    /// No command is led anywhere.
    ///
    /// # Errors
    /// Always.
    pub fn opens_doors(&self) -> Result<(), &'static str> {
        Err(WHY)
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

    /// None: no door can be opened.
    pub fn door_controls(&self) -> Vec<Control> {
        Vec::new()
    }
}

/// There is nothing to supervise on this system.
pub fn supervisor_main(_words: impl IntoIterator<Item = OsString>) -> ExitCode {
    ExitCode::FAILURE
}
