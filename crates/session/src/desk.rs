//! The desk: what a person does in the opened folder with their own hands, for the page of `kiro ide`. Files, search, terminals
//! and git.
//!
//! No rule asks about a person's own acts, but none of them leaves the folder, save what they type at a terminal.

mod browser;
mod editors;
mod files;
mod git;
mod search;
mod terminals;
mod watching;

use std::fmt;
use std::path::Path;

use host::files::FileError;
use policy::Gate;

use crate::documents;
use crate::error::SessionError;
use crate::places::{Environment, Project};

pub use editors::{CodeServer, Editor, free_port};
pub use files::{FileKind, Listed, Stated};
pub use git::{GitChange, GitStatus};
pub use search::{FoundLine, TextQuery, TextResult};
pub use terminals::{Shown, TerminalId, Terminals, Viewer};
pub use watching::{Happened, Happening, Watching};

/// The largest file that is kept for a folder, in bytes.
const KEPT_MAX: u64 = 64 << 10;

/// Why something at the desk was not done, for a program to act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nothing stands there.
    Missing,
    /// Something stands there already.
    Exists,
    /// A file stands where a folder has to.
    NotAFolder,
    /// A folder stands where a file has to.
    IsAFolder,
    /// It is too large to be read at once.
    TooLarge,
    /// It is outside of the folder, or the system does not let this user.
    Refused,
    /// Something else.
    Failed,
}

/// Something at the desk that was not done.
#[derive(Debug)]
pub struct DeskError {
    /// Why, for a program.
    pub why: Why,
    /// Why, for a person.
    pub message: String,
}

impl DeskError {
    pub(crate) fn new(why: Why, message: impl fmt::Display) -> DeskError {
        DeskError {
            why,
            message: message.to_string(),
        }
    }
}

impl fmt::Display for DeskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DeskError {}

impl From<SessionError> for DeskError {
    fn from(error: SessionError) -> Self {
        let why = match error.kind {
            crate::error::Kind::Refused => Why::Refused,
            _ => Why::Failed,
        };
        DeskError::new(why, error)
    }
}

impl From<FileError> for DeskError {
    fn from(error: FileError) -> Self {
        use std::io::ErrorKind;
        let why = match &error {
            FileError::Os { source, .. } => match source.kind() {
                ErrorKind::NotFound => Why::Missing,
                ErrorKind::AlreadyExists => Why::Exists,
                ErrorKind::NotADirectory => Why::NotAFolder,
                ErrorKind::IsADirectory => Why::IsAFolder,
                ErrorKind::PermissionDenied => Why::Refused,
                _ => Why::Failed,
            },
            FileError::TooLarge { .. } => Why::TooLarge,
            FileError::NotAFile { found, .. } if *found == "a folder" => Why::IsAFolder,
            FileError::ThroughLink { .. } | FileError::LeavesFolder { .. } => Why::Refused,
            _ => Why::Failed,
        };
        DeskError::new(why, error)
    }
}

/// A person's desk in one folder.
#[derive(Clone, Debug)]
pub struct Desk {
    project: Project,
    environment: Environment,
    gate: Gate,
}

impl Desk {
    /// The desk in `folder`, which is the whole of what can be seen from it.
    ///
    /// # Errors
    /// When the folder cannot be resolved.
    pub fn at(folder: &Path, environment: &Environment) -> Result<Desk, SessionError> {
        let project = Project::at(folder, environment)?;
        let gate = documents::built_in_gate(&project.root)?;
        Ok(Desk {
            project,
            environment: environment.clone(),
            gate,
        })
    }

    /// The folder, resolved.
    pub fn root(&self) -> &Path {
        &self.project.root
    }

    /// A file that Kiro keeps for this folder, outside of it; none when there is none.
    pub fn kept(&self, name: &str) -> Option<Vec<u8>> {
        host::files::read(&self.project.state.join(name), KEPT_MAX).ok()
    }

    /// Keeps a file for this folder, outside of it, for this user only.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn keep(&self, name: &str, bytes: &[u8]) -> Result<(), SessionError> {
        let state = &self.project.state;
        host::files::ensure_private_folder(state).map_err(SessionError::internal)?;
        host::files::replace_own(&state.join(name), bytes).map_err(SessionError::internal)
    }

    /// The user's home.
    pub fn home(&self) -> &Path {
        &self.environment.home
    }

    /// The shell that this user's terminals run.
    pub fn shell(&self) -> &str {
        self.environment.variable("SHELL").unwrap_or("/bin/sh")
    }
}
