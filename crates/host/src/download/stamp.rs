//! Remembering that a large file was checked, so that not every start hashes it again.
//!
//! The stamp stands beside the file and names its content, size, time of change and inode. A file that was
//! replaced or written since does not match its stamp and is hashed anew.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{Download, Reason, place};
use crate::files::{FileError, replace_own};

/// Whether the file at the download's target is whole; hashes it only when it changed since it last was.
///
/// # Errors
/// When it was cancelled, or the file cannot be read. A file that is missing or wrong is no error.
pub fn is_whole(spec: &Download, cancel: &dyn Fn() -> bool) -> Result<bool, FileError> {
    let Some(stamp) = stamp(spec) else {
        return Ok(false);
    };
    let place = place_of(&spec.target);
    if fs::read_to_string(&place).is_ok_and(|it| it == stamp) {
        return Ok(true);
    }
    match place::check(&spec.target, spec, cancel) {
        Ok(()) => {
            // A cache that cannot be written still holds a file that is right.
            let _ = replace_own(&place, stamp.as_bytes());
            Ok(true)
        }
        Err(Reason::File(error)) => Err(error),
        Err(_) => Ok(false),
    }
}

fn place_of(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".checked");
    PathBuf::from(name)
}

/// What the stamp of this very file would say; none when it cannot be the one.
fn stamp(spec: &Download) -> Option<String> {
    let found = fs::metadata(&spec.target)
        .ok()
        .filter(fs::Metadata::is_file)?;
    (found.len() == spec.size).then(|| {
        let (seconds, nanos) = (found.mtime(), found.mtime_nsec());
        let (changed, changed_nanos) = (found.ctime(), found.ctime_nsec());
        format!(
            "{} {} {seconds}.{nanos:09} {changed}.{changed_nanos:09} {}\n",
            spec.sha256,
            found.len(),
            found.ino()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use change::Digest;

    #[expect(clippy::disallowed_methods, reason = "the test plants the file")]
    fn plant(path: &Path, bytes: &[u8]) {
        fs::write(path, bytes).expect("writes");
    }

    #[test]
    fn a_file_that_was_altered_is_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("weights");
        let spec = Download {
            target: target.clone(),
            size: 4,
            sha256: Digest::of(b"good"),
            sources: Vec::new(),
        };
        let whole = || is_whole(&spec, &|| false).expect("can be read");
        assert!(!whole());
        plant(&target, b"good");
        assert!(whole());
        assert!(place_of(&target).exists());
        assert!(whole());
        plant(&target, b"evil");
        assert!(!whole());
        plant(&target, b"longer");
        assert!(!whole());
    }
}
