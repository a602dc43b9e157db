//! What can go wrong with the shadow repository.

use std::path::PathBuf;
use std::time::Duration;

use change::{ChangesetError, PathError};

use crate::files::{FileError, Shown, shown};
use crate::lease::LeaseError;
use crate::process::RunError;

/// Why a snapshot, a checkout or a comparison failed. The user's files are as they were.
#[derive(Debug, thiserror::Error)]
pub enum ShadowError {
    /// Git did not start or could not be followed to its end.
    #[error("cannot {doing}: {source}")]
    Run {
        /// What was to be done.
        doing: &'static str,
        /// What happened.
        source: RunError,
    },
    /// Git refused.
    #[error("cannot {doing} in {}: git says: {said}", Shown(place))]
    Git {
        /// What was to be done.
        doing: &'static str,
        /// Kiro's own repository, in which it was to be done.
        place: PathBuf,
        /// Its own words.
        said: String,
    },
    /// Git did not end in time.
    #[error("cannot {doing}: git was still busy after {} s", limit.as_secs())]
    TooSlow {
        /// What was to be done.
        doing: &'static str,
        /// The time it had.
        limit: Duration,
    },
    /// Git answered with something that it never should.
    #[error("cannot {doing}: git answered {answer}")]
    Answer {
        /// What was to be done.
        doing: &'static str,
        /// What it answered.
        answer: String,
    },
    /// A file or folder of the workspace cannot be read.
    #[error(
        "cannot read {}: {reason}; make it readable or add it to .gitignore",
        Shown(path)
    )]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// Why, in plain words.
        reason: String,
    },
    /// A file that git would read for its rules is none, and reading it could wait for ever.
    #[error("{} is {found}, not a file; remove it", Shown(path))]
    Trap {
        /// Which one.
        path: PathBuf,
        /// What it is.
        found: &'static str,
    },
    /// There are more files than a task can be given.
    #[error(
        "{} holds more than {limit} files that no ignore rule leaves out; add the folders that tools make to .gitignore",
        Shown(path)
    )]
    TooManyFiles {
        /// The folder.
        path: PathBuf,
        /// The most that are taken.
        limit: usize,
    },
    /// The files that changed are together too large to be held.
    #[error(
        "the changed files are larger than {limit_mib} MiB together; leave generated files out with .gitignore"
    )]
    TooMuch {
        /// The most that are held.
        limit_mib: usize,
    },
    /// An attempt must start in a folder of its own.
    #[error(
        "{} is not empty; an attempt starts in a folder of its own",
        Shown(path)
    )]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// A path that git cannot be given.
    #[error(
        "{} is not UTF-8, so Kiro cannot keep its state there; set KIRO_HOME to another folder",
        Shown(path)
    )]
    NotUtf8 {
        /// The folder.
        path: PathBuf,
    },
    /// A text is not the id of a tree.
    #[error(
        "{} is not the id of a snapshot; an id is 40 or 64 lower-case hexadecimal digits",
        shown(text)
    )]
    BadTree {
        /// The text.
        text: String,
    },
    /// A text is not the name of a pin.
    #[error(
        "{} is not a name for a snapshot; use letters, digits, `-` and `_`, with `/` between parts",
        shown(name)
    )]
    BadName {
        /// The text.
        name: String,
    },
    /// Part of a snapshot is gone.
    #[error(
        "a snapshot is no longer complete: {what} is missing from Kiro's store and from the project's git objects"
    )]
    Incomplete {
        /// What is missing.
        what: String,
    },
    /// A snapshot holds something that is neither a file nor a link.
    #[error("a snapshot holds {}, which is neither a file nor a link", shown(path))]
    Strange {
        /// Which path.
        path: String,
    },
    /// A snapshot holds a path that is none.
    #[error("a snapshot holds a bad path: {0}")]
    Path(#[from] PathError),
    /// The differences make no changeset.
    #[error(transparent)]
    Changeset(#[from] ChangesetError),
    /// A file of the workspace or of Kiro's state could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// Nothing is known of this process.
    #[error(transparent)]
    Owner(#[from] LeaseError),
}

impl ShadowError {
    /// Whether it is the machine's or Kiro's own to mend, and not what stands in the workspace.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        !matches!(
            self,
            ShadowError::Unreadable { .. }
                | ShadowError::Trap { .. }
                | ShadowError::TooManyFiles { .. }
                | ShadowError::TooMuch { .. }
        )
    }
}
