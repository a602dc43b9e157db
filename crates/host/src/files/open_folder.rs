//! A folder that is held open: what stands in it is listed and read without walking its path again.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use change::RelPath;
use rustix::fs::{Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::beneath::{READ, Root};
use super::error::FileError;
use super::single::stat_at;

/// A folder below another one, to which no link leads, held open.
#[derive(Debug)]
pub struct OpenFolder {
    fd: OwnedFd,
    place: PathBuf,
}

/// A name in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderName {
    /// The name.
    pub name: String,
    /// What stood there when it was listed.
    pub kind: NameKind,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// A plain file.
    File,
    /// A folder.
    Folder,
    /// A link, a device or something else.
    Other,
}

/// How reading a file went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FolderRead {
    /// Its content was read.
    Whole,
    /// It has other names as well, by which it has to be judged before it is read.
    Shared,
    /// It is larger than was allowed.
    TooLarge,
    /// It has gone, is no plain file, or cannot be read.
    None,
}

impl OpenFolder {
    /// Opens a folder below `root` (`None`: `root` itself).
    ///
    /// # Errors
    /// When it is no folder, a link stands on the way, or it cannot be opened.
    pub fn open(root: &Path, folder: Option<&RelPath>) -> Result<OpenFolder, FileError> {
        let root = Root::open("list", root)?;
        let place = folder.map_or_else(|| root.path().to_path_buf(), |it| root.join(it));
        match root.folder(folder) {
            Ok(fd) => Ok(OpenFolder { fd, place }),
            Err(errno) => Err(FileError::os("list", &place, errno)),
        }
    }

    /// What stands in it, in no order. Names that are not UTF-8 and Kiro's temporary files are left out.
    ///
    /// # Errors
    /// When it cannot be listed.
    pub fn names(&self) -> Result<Vec<FolderName>, FileError> {
        let os = |errno: Errno| FileError::os("list", &self.place, errno);
        let mut found = Vec::new();
        let mut list = Dir::read_from(&self.fd).map_err(os)?;
        while let Some(entry) = list.read() {
            let entry = entry.map_err(os)?;
            let Ok(name) = entry.file_name().to_str() else {
                continue;
            };
            if matches!(name, "." | "..") || name.starts_with(super::TEMP_PREFIX) {
                continue;
            }
            let kind = match entry.file_type() {
                // Not every file system says so at once.
                FileType::Unknown => match stat_at(self.fd.as_fd(), name).map_err(os)? {
                    Some(stat) => FileType::from_raw_mode(stat.st_mode),
                    None => continue,
                },
                known => known,
            };
            found.push(FolderName {
                name: name.to_owned(),
                kind: match kind {
                    FileType::RegularFile => NameKind::File,
                    FileType::Directory => NameKind::Folder,
                    _ => NameKind::Other,
                },
            });
        }
        Ok(found)
    }

    /// Reads the file of this name, and no link, into `bytes`, which is emptied before.
    pub fn read(&self, name: &str, limit_bytes: u64, bytes: &mut Vec<u8>) -> FolderRead {
        bytes.clear();
        let is_one = !name.contains('/') && !matches!(name, "" | "." | "..");
        let flags = READ | OFlags::NOFOLLOW;
        let opened = is_one.then(|| rustix::fs::openat(&self.fd, name, flags, Mode::empty()));
        let Some(Ok(fd)) = opened else {
            return FolderRead::None;
        };
        let Ok(stat) = rustix::fs::fstat(&fd) else {
            return FolderRead::None;
        };
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return FolderRead::None;
        }
        if stat.st_nlink > 1 {
            return FolderRead::Shared;
        }
        let size = u64::try_from(stat.st_size).unwrap_or(u64::MAX);
        if size > limit_bytes {
            return FolderRead::TooLarge;
        }
        match read_whole(&mut File::from(fd), size, limit_bytes, bytes) {
            Ok(true) => FolderRead::Whole,
            Ok(false) => FolderRead::TooLarge,
            Err(_) => FolderRead::None,
        }
    }
}

/// Reads a file that had `size` bytes just now. Gives whether it was at most `limit` long.
fn read_whole(
    file: &mut File,
    size: u64,
    limit: u64,
    bytes: &mut Vec<u8>,
) -> std::io::Result<bool> {
    let expected = usize::try_from(size).unwrap_or(usize::MAX);
    // One more than there should be, so that the end is seen in the same read.
    bytes.resize(expected.saturating_add(1), 0);
    let mut filled = 0;
    while filled < bytes.len() {
        match file.read(&mut bytes[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        // A file that says how long it is has ended there.
        if filled == expected && expected > 0 {
            break;
        }
    }
    let has_grown = filled > expected;
    bytes.truncate(filled);
    if has_grown {
        file.take(limit.saturating_add(1).saturating_sub(filled as u64))
            .read_to_end(bytes)?;
    }
    Ok(bytes.len() as u64 <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "a test plants its files")]
    fn in_folder() -> (tempfile::TempDir, OpenFolder) {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in [("a", "text"), ("empty", ""), ("large", "0123456789")] {
            std::fs::write(folder.path().join(name), text).expect("written");
        }
        std::fs::create_dir(folder.path().join("inner")).expect("a folder");
        std::os::unix::fs::symlink("a", folder.path().join("link")).expect("a link");
        let open = OpenFolder::open(folder.path(), None).expect("there");
        (folder, open)
    }

    #[test]
    fn what_stands_there_is_listed_by_its_kind() {
        let (_folder, open) = in_folder();
        let mut names = open.names().expect("listed");
        names.sort_by(|a, b| a.name.cmp(&b.name));
        let told: Vec<(&str, NameKind)> =
            names.iter().map(|it| (it.name.as_str(), it.kind)).collect();
        let expected = [
            ("a", NameKind::File),
            ("empty", NameKind::File),
            ("inner", NameKind::Folder),
            ("large", NameKind::File),
            ("link", NameKind::Other),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test plants its files")]
    fn a_file_is_read_whole_and_nothing_else_is() {
        let (folder, open) = in_folder();
        let mut bytes = b"before".to_vec();
        assert_eq!(open.read("a", 4, &mut bytes), FolderRead::Whole);
        assert_eq!(bytes, b"text");
        assert_eq!(open.read("empty", 0, &mut bytes), FolderRead::Whole);
        assert_eq!(bytes, b"");
        assert_eq!(open.read("large", 9, &mut bytes), FolderRead::TooLarge);
        for name in ["link", "inner", "gone", "../a", ".", ""] {
            assert_eq!(open.read(name, 9, &mut bytes), FolderRead::None, "{name}");
        }
        std::fs::hard_link(folder.path().join("a"), folder.path().join("b")).expect("linked");
        assert_eq!(open.read("a", 4, &mut bytes), FolderRead::Shared);
    }
}
