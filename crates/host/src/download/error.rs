//! Why a file did not come.

use std::fmt;
use std::path::PathBuf;

use policy::PermitMismatch;

use crate::files::{FileError, Shown};

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// Nobody wants it any more. What has come so far is kept.
    #[error("the download was stopped; it goes on from there the next time")]
    Cancelled,
    /// Every source failed.
    #[error("could not get {}: {reasons}", Shown(target))]
    Nowhere {
        /// What was wanted.
        target: PathBuf,
        /// All reasons, as text.
        reasons: String,
        /// The reason of each source.
        failures: Vec<Failure>,
    },
    /// A text could not be read.
    #[error("could not read {url}: {reason}")]
    Text {
        /// Its address.
        url: String,
        /// Why, as the end of a sentence.
        reason: String,
    },
    /// A file beside the target cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// The permit was given for something else.
    #[error(transparent)]
    Permit(#[from] PermitMismatch),
}

/// A source that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its name.
    pub source: String,
    /// Why, as the end of a sentence.
    pub reason: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.source, self.reason)
    }
}

pub(super) fn list(failures: &[Failure]) -> String {
    if failures.is_empty() {
        return "no source is known".to_owned();
    }
    let all: Vec<String> = failures.iter().map(Failure::to_string).collect();
    all.join("; ")
}

/// Why one source failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Reason {
    #[error("stopped")]
    Cancelled,
    #[error("no client for Python packages was found; install pip")]
    NoClient,
    #[error("{} MB are needed and {} MB are free on the disk", megabytes(*needed), megabytes(*free))]
    Space { needed: u64, free: u64 },
    #[error("it has {found} bytes instead of {wanted}, so it was deleted")]
    Size { found: u64, wanted: u64 },
    #[error("its SHA-256 is {found} instead of {wanted}, so it was deleted")]
    Content { found: String, wanted: String },
    #[error("{0}")]
    Network(String),
    #[error("{0}")]
    Packages(String),
    #[error("{0}")]
    File(FileError),
}

fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}
