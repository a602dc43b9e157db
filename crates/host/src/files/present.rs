//! What stands at a path right now.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd};

use change::{FileState, Mode, RelPath};
use policy::FileId;
use rustix::fs::{FileType, OFlags, RawMode, Stat};
use rustix::io::Errno;

use super::beneath::Root;
use super::look::file_id;
use super::single::{kind_name, stat_at};

/// The largest file that is compared or merged, in bytes; a task's own files are smaller.
pub(crate) const MAX_FILE_BYTES: u64 = 256 << 20;

/// What stands at a path.
#[derive(Debug)]
pub(crate) enum Present {
    /// Nothing.
    Absent,
    /// Nothing, because a file or a link stands where its folder would be.
    Blocked,
    /// A file or a link.
    File(FileState, Stamp),
    /// A folder.
    Folder,
    /// Something that cannot be compared, as in "a pipe".
    Strange(&'static str),
}

/// What tells that nobody touched a file since it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    place: FileId,
    size: i64,
    bits: RawMode,
    changed: (i64, i64, i64, i64),
}

impl Present {
    /// Whether it is this very file as it was read, wherever it was moved since.
    pub(crate) fn is(&self, state: &FileState, stamp: &Stamp) -> bool {
        match self {
            Present::File(found, now) => {
                found == state && (now.place, now.bits) == (stamp.place, stamp.bits)
            }
            _ => false,
        }
    }
}

impl Stamp {
    pub(crate) fn of(stat: &Stat) -> Stamp {
        Stamp {
            place: file_id(stat),
            size: stat.st_size,
            bits: stat.st_mode,
            changed: (
                stat.st_mtime,
                stat.st_mtime_nsec as i64,
                stat.st_ctime,
                stat.st_ctime_nsec as i64,
            ),
        }
    }
}

/// Looks at one path below `root`, without following a link.
pub(crate) fn look(root: &Root, path: &RelPath) -> Result<Present, Errno> {
    let (folder, name) = match root.folder_of(path) {
        Ok(found) => found,
        Err(Errno::NOENT) => return Ok(Present::Absent),
        Err(Errno::NOTDIR | Errno::LOOP) => return Ok(Present::Blocked),
        Err(errno) => return Err(errno),
    };
    look_at(folder.as_fd(), name)
}

/// Looks at a name in a folder, without following a link.
pub(crate) fn look_at(folder: BorrowedFd<'_>, name: &str) -> Result<Present, Errno> {
    let Some(stat) = stat_at(folder, name)? else {
        return Ok(Present::Absent);
    };
    let state = match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => return Ok(Present::Folder),
        FileType::Symlink => FileState {
            mode: Mode::Symlink,
            bytes: rustix::fs::readlinkat(folder, name, Vec::new())?.into_bytes(),
        },
        FileType::RegularFile if stat.st_size as u64 > MAX_FILE_BYTES => {
            return Ok(Present::Strange("a file of more than 256 MiB"));
        }
        FileType::RegularFile => {
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
            let fd = rustix::fs::openat(folder, name, flags, rustix::fs::Mode::empty())?;
            if Stamp::of(&rustix::fs::fstat(&fd)?) != Stamp::of(&stat) {
                return Err(Errno::AGAIN);
            }
            file_state(&stat, File::from(fd))?
        }
        other => return Ok(Present::Strange(kind_name(other))),
    };
    Ok(Present::File(state, Stamp::of(&stat)))
}

fn file_state(stat: &Stat, file: File) -> Result<FileState, Errno> {
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES)
        .read_to_end(&mut bytes)
        .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
    let mode = if stat.st_mode & 0o100 == 0 {
        Mode::File
    } else {
        Mode::Executable
    };
    Ok(FileState { mode, bytes })
}

/// The stamp of what stands at a path; `None` when nothing does.
pub(crate) fn stamp(root: &Root, path: &RelPath) -> Result<Option<Stamp>, Errno> {
    let (folder, name) = match root.folder_of(path) {
        Ok(found) => found,
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(None),
        Err(errno) => return Err(errno),
    };
    Ok(stat_at(folder.as_fd(), name)?.as_ref().map(Stamp::of))
}
