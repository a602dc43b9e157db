//! What can go wrong with files, in words that help.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use policy::PermitMismatch;
use rustix::io::Errno;

use crate::lease::LeaseError;

/// Why a file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system refused.
    #[error("cannot {verb} {}: {}", Shown(path), plain(source))]
    Os {
        /// What was tried, as in "cannot read".
        verb: &'static str,
        /// Which file or folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The file is larger than the caller can use.
    #[error("cannot read {}: it is larger than {limit} bytes", Shown(path))]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// The most that would have been read, in bytes.
        limit: u64,
    },
    /// Something else than a plain file stands there.
    #[error("cannot {verb} {}: {found} stands there, not a file", Shown(path))]
    NotAFile {
        /// What was tried.
        verb: &'static str,
        /// Which file.
        path: PathBuf,
        /// What stands there, as in "a folder".
        found: &'static str,
    },
    /// The file is a link to a place outside the folder it stands in.
    #[error(
        "cannot write {}: it is a link to {}, outside its folder; write to that file itself",
        Shown(path),
        Shown(target)
    )]
    LeavesFolder {
        /// The link.
        path: PathBuf,
        /// Where it points.
        target: PathBuf,
    },
    /// A folder on the way to the file is a link, or no folder.
    #[error(
        "cannot {verb} {}: a folder on the way is a link or no folder",
        Shown(path)
    )]
    ThroughLink {
        /// What was tried.
        verb: &'static str,
        /// Which file.
        path: PathBuf,
    },
    /// The path does not name a file by an absolute path.
    #[error("cannot {verb} {}: {why}", Shown(path))]
    BadPath {
        /// What was tried.
        verb: &'static str,
        /// The path as given.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The file is not what the caller read.
    #[error(
        "cannot write {}: it changed since it was read; read it again",
        Shown(path)
    )]
    Changed {
        /// Which file.
        path: PathBuf,
    },
    /// Of several files, these could not be put back after another one had failed.
    #[error(
        "writing several files failed half-way, and these could not be put back: {}",
        paths.iter().map(|it| shown(&it.to_string_lossy())).collect::<Vec<_>>().join(", ")
    )]
    HalfWritten {
        /// The files that hold their new content.
        paths: Vec<PathBuf>,
    },
    /// Between the judgement and the act something else came to stand there.
    #[error(
        "cannot {verb} {}: it was exchanged while it was looked at; try again",
        Shown(path)
    )]
    Exchanged {
        /// What was tried.
        verb: &'static str,
        /// Which file.
        path: PathBuf,
    },
    /// The permit was given for something else.
    #[error(transparent)]
    Permit(#[from] PermitMismatch),
    /// Nothing is known of this process, so its temporary files could not be told from others'.
    #[error(transparent)]
    Owner(LeaseError),
}

impl FileError {
    pub(crate) fn os(verb: &'static str, path: &Path, source: impl Into<io::Error>) -> FileError {
        FileError::Os {
            verb,
            path: path.to_path_buf(),
            source: source.into(),
        }
    }
}

/// The reason of an error of the system, in plain words.
#[must_use]
pub fn plain(error: &io::Error) -> Cow<'static, str> {
    let known = match Errno::from_io_error(error) {
        Some(Errno::NOSPC) => "no space left on the disk",
        Some(Errno::DQUOT) => "the disk quota is used up",
        Some(Errno::ROFS) => "the disk is read-only",
        Some(Errno::ACCESS) => "permission denied",
        Some(Errno::PERM) => "the system does not permit it",
        Some(Errno::NOENT) => "it does not exist",
        Some(Errno::EXIST) => "it exists already",
        Some(Errno::NOTDIR) => "a part of the path is not a folder",
        Some(Errno::ISDIR) => "it is a folder",
        Some(Errno::NOTEMPTY) => "the folder is not empty",
        Some(Errno::LOOP) => "a part of the path is a link",
        Some(Errno::NAMETOOLONG) => "the name is too long",
        Some(Errno::MFILE | Errno::NFILE) => "too many files are open",
        Some(Errno::IO) => "the disk reported an error",
        Some(Errno::TXTBSY) => "it is a program that is running",
        Some(Errno::BUSY) => "it is in use",
        Some(Errno::XDEV) => "it leads to another disk or out of the folder",
        Some(Errno::FBIG) => "the file would be too large",
        Some(Errno::STALE) => "the network disk forgot it",
        _ => return Cow::Owned(error.to_string()),
    };
    Cow::Borrowed(known)
}

/// A path as [`shown`].
pub(crate) struct Shown<'a>(pub(crate) &'a Path);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.0.to_string_lossy()))
    }
}

/// A name made safe to show: on one line, nothing hidden, nothing that steers a terminal.
#[must_use]
pub fn shown(name: &str) -> String {
    change::visible(name)
        .replace('\n', "\\n")
        .replace('\t', "\\t")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(errno: Errno) -> String {
        FileError::os("write", Path::new("plans/x.md"), errno).to_string()
    }

    #[test]
    fn messages_name_the_file_and_the_reason_in_plain_words() {
        assert_eq!(
            message(Errno::NOSPC),
            "cannot write plans/x.md: no space left on the disk"
        );
        assert_eq!(
            message(Errno::ROFS),
            "cannot write plans/x.md: the disk is read-only"
        );
        assert_eq!(
            message(Errno::ACCESS),
            "cannot write plans/x.md: permission denied"
        );
        assert!(message(Errno::ILSEQ).starts_with("cannot write plans/x.md: "));
    }

    #[test]
    fn hostile_names_stay_on_one_line() {
        let error = FileError::os("read", Path::new("a\n\u{1b}[2Jb"), Errno::IO).to_string();
        assert_eq!(
            error,
            "cannot read a\\n\\u{1b}[2Jb: the disk reported an error"
        );
    }
}
