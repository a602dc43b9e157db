//! What changes in the opened folder, told as it happens.

use std::time::Duration;

use host::watch::{Change, Watcher};

use super::{Desk, DeskError, Why};

/// Folders whose inside is not watched: what is in them is made by tools, and by the thousands.
const QUIET: [&str; 8] = [
    "node_modules",
    "target",
    ".venv",
    "venv",
    "__pycache__",
    ".mypy_cache",
    ".pytest_cache",
    "dist",
];

/// What happened to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// It is there and was not.
    Created,
    /// It has other content.
    Written,
    /// It is gone.
    Removed,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// The path, relative to the folder; empty when anything may have changed.
    pub path: String,
    /// What happened to it.
    pub happening: Happening,
}

/// A watch on the opened folder.
#[derive(Debug)]
pub struct Watching(Watcher);

impl Watching {
    /// Waits until something changes, at most so long; gives what changed, in order.
    ///
    /// # Errors
    /// When the system does not tell any more.
    pub fn wait(&mut self, most: Duration) -> Result<Vec<Happened>, DeskError> {
        let changes = self.0.wait(most).map_err(failed)?;
        let mut happened = Vec::new();
        let mut add = |path: String, happening| happened.push(Happened { path, happening });
        for change in changes {
            match change {
                Change::Folder(path) | Change::Created(path) => add(path, Happening::Created),
                Change::Written(path) => add(path, Happening::Written),
                Change::Removed(path) => add(path, Happening::Removed),
                Change::Moved { from, to } => {
                    add(from, Happening::Removed);
                    add(to, Happening::Created);
                }
                Change::Lost => {
                    self.0.look_over().map_err(failed)?;
                    add(String::new(), Happening::Written);
                }
            }
        }
        Ok(happened)
    }
}

impl Desk {
    /// Begins to watch the folder.
    ///
    /// # Errors
    /// When the system cannot watch it.
    pub fn watch(&self) -> Result<Watching, DeskError> {
        // Of git's own folder only what tells of commits and branches is of interest.
        let skip = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or(path);
            QUIET.contains(&name) || path.starts_with(".git/") && !path.starts_with(".git/refs")
        };
        let (watcher, _) = Watcher::new(self.root(), Box::new(skip)).map_err(failed)?;
        Ok(Watching(watcher))
    }
}

fn failed(error: std::io::Error) -> DeskError {
    DeskError::new(Why::Failed, error)
}
