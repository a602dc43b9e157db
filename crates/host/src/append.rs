//! A file of Kiro's own that only grows: each line is there, or is not, after a crash.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::files::{FileError, ensure_private_folder};

/// A log that lines are added to, readable to its owner alone.
#[derive(Debug)]
pub struct Appender {
    file: File,
    path: PathBuf,
    left: u64,
}

impl Appender {
    /// Opens or creates the file at `path`, which may take `limit_bytes` more.
    ///
    /// # Errors
    /// When its folder or the file cannot be made.
    pub fn open(path: &Path, limit_bytes: u64) -> Result<Appender, FileError> {
        if let Some(folder) = path.parent() {
            ensure_private_folder(folder)?;
        }
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)
            .map_err(|error| FileError::os("write", path, error))?;
        Ok(Appender {
            file,
            path: path.to_path_buf(),
            left: limit_bytes,
        })
    }

    /// Adds a line; says whether there was room for it.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn line(&mut self, line: &str) -> Result<bool, FileError> {
        let bytes = line.len() as u64 + 1;
        if bytes > self.left {
            self.left = 0;
            return Ok(false);
        }
        self.left -= bytes;
        let mut text = String::with_capacity(line.len() + 1);
        text.push_str(line);
        text.push('\n');
        self.file
            .write_all(text.as_bytes())
            .map_err(|error| FileError::os("write", &self.path, error))?;
        Ok(true)
    }

    /// Where it stands.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_added_until_the_limit() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/log.jsonl");
        let mut log = Appender::open(&path, 8).expect("opens");
        assert!(log.line("abc").expect("written"));
        assert!(!log.line("abcdefgh").expect("refused"));
        assert!(!log.line("x").expect("nothing after what is missing"));
        let mut again = Appender::open(&path, 8).expect("opens");
        assert!(again.line("d").expect("written"));
        assert_eq!(std::fs::read_to_string(&path).expect("reads"), "abc\nd\n");
    }
}
