//! Looking around below one folder, by descriptor and without following a link.

use std::os::fd::AsFd;
use std::path::Path;

use change::RelPath;
use rustix::fs::{Dir, FileType, Stat};
use rustix::io::Errno;

use super::beneath::Root;
use super::error::FileError;
use super::look::{links, permission_bits};
use super::single::{read_open, stat_at, through};

/// A file's content and what its name does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its permission bits.
    pub bits: u32,
    /// How many names it has on its disk.
    pub links: u64,
}

/// One name in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name.
    pub name: String,
    /// What stands there.
    pub kind: EntryKind,
    /// By what a change of it can be told.
    pub stamp: Stamp,
}

/// By what a change of a file can be told without reading it: a file that was written has another one, unless it was
/// written twice within the resolution of the disk's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// When it was written last, in nanoseconds since 1970.
    pub written_ns: i64,
    /// When its content or its bits changed last.
    pub changed_ns: i64,
    /// Its number on its disk.
    pub inode: u64,
    /// How many names it has.
    pub links: u64,
}

impl Stamp {
    #[cfg_attr(
        target_os = "linux",
        expect(clippy::unnecessary_cast, reason = "narrower on other systems")
    )]
    fn of(stat: &Stat) -> Stamp {
        let ns =
            |seconds: i64, more: i64| seconds.saturating_mul(1_000_000_000).saturating_add(more);
        Stamp {
            written_ns: ns(stat.st_mtime as i64, stat.st_mtime_nsec as i64),
            changed_ns: ns(stat.st_ctime as i64, stat.st_ctime_nsec as i64),
            inode: stat.st_ino as u64,
            links: links(stat),
        }
    }
}

/// What stands under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A file, with its size in bytes.
    File(u64),
    /// A folder.
    Folder,
    /// A link.
    Link,
    /// A pipe, a socket or a device.
    Special,
}

/// What stands at a place, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What it is.
    pub kind: EntryKind,
    /// When its content changed last, in milliseconds since 1970.
    pub changed_ms: i64,
}

/// What stands at a place below `root` (`None`: `root` itself), to which no link leads; none when nothing does.
///
/// # Errors
/// When a link stands on the way, or the system does not say.
pub fn standing_in(root: &Path, path: Option<&RelPath>) -> Result<Option<Standing>, FileError> {
    let root = Root::open("look at", root)?;
    let place = path.map_or_else(|| root.path().to_path_buf(), |it| root.join(it));
    let os = |errno: Errno| FileError::os("look at", &place, errno);
    let (folder, name) = match path.map(|it| root.folder_of(it)) {
        None => (root.folder(None).map_err(os)?, "."),
        Some(Ok(found)) => found,
        Some(Err(Errno::NOENT | Errno::NOTDIR)) => return Ok(None),
        Some(Err(errno)) => return Err(os(errno)),
    };
    let stat = stat_at(folder.as_fd(), name).map_err(os)?;
    Ok(stat.map(|it| Standing {
        kind: kind_of(&it),
        changed_ms: (it.st_mtime).saturating_mul(1000) + it.st_mtime_nsec as i64 / 1_000_000,
    }))
}

fn kind_of(stat: &Stat) -> EntryKind {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => EntryKind::File(u64::try_from(stat.st_size).unwrap_or(0)),
        FileType::Directory => EntryKind::Folder,
        FileType::Symlink => EntryKind::Link,
        _ => EntryKind::Special,
    }
}

/// The content of a file below `root`, to which no link leads.
///
/// # Errors
/// When a link stands on the way or at the end, it is no file, or it is larger than `limit_bytes`.
pub fn load_in(root: &Path, path: &RelPath, limit_bytes: u64) -> Result<Loaded, FileError> {
    let root = Root::open("read", root)?;
    let place = root.join(path);
    let fd = root
        .open_itself(path)
        .map_err(|errno| through("read", &root, path, errno))?;
    let stat = rustix::fs::fstat(&fd).map_err(|errno| FileError::os("read", &place, errno))?;
    let bytes = read_open(fd, &place, limit_bytes)?;
    Ok(Loaded {
        bytes,
        bits: permission_bits(&stat),
        links: links(&stat),
    })
}

/// The size of a file below `root`, and by what a change of it can be told; none when no plain file stands there. No link is
/// followed.
///
/// # Errors
/// When a link stands on the way, or the disk refuses.
pub fn stamp_in(root: &Path, path: &RelPath) -> Result<Option<(u64, Stamp)>, FileError> {
    let root = Root::open("look at", root)?;
    let place = root.join(path);
    let os = |errno: Errno| FileError::os("look at", &place, errno);
    let (folder, name) = match root.folder_of(path) {
        Ok(found) => found,
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
        Err(errno) => return Err(os(errno)),
    };
    let stat = stat_at(folder.as_fd(), name).map_err(os)?;
    let file = stat.filter(|it| FileType::from_raw_mode(it.st_mode) == FileType::RegularFile);
    Ok(file.map(|it| (u64::try_from(it.st_size).unwrap_or(0), Stamp::of(&it))))
}

/// What stands in a folder below `root` (`None`: in `root` itself), sorted by name. Names that are not UTF-8 and
/// Kiro's temporary files are left out.
///
/// # Errors
/// When it is no folder, a link stands on the way, or it cannot be listed.
pub fn entries_in(root: &Path, folder: Option<&RelPath>) -> Result<Vec<Entry>, FileError> {
    let root = Root::open("list", root)?;
    let place = folder.map_or_else(|| root.path().to_path_buf(), |it| root.join(it));
    let os = |errno: Errno| FileError::os("list", &place, errno);
    let fd = root.folder(folder).map_err(os)?;
    let mut found = Vec::new();
    let mut list = Dir::read_from(&fd).map_err(os)?;
    while let Some(entry) = list.read() {
        let entry = entry.map_err(os)?;
        let Ok(name) = entry.file_name().to_str() else {
            continue;
        };
        if matches!(name, "." | "..") || name.starts_with(super::TEMP_PREFIX) {
            continue;
        }
        // What has gone since it was listed is not there.
        let Some(stat) = stat_at(fd.as_fd(), name).map_err(os)? else {
            continue;
        };
        found.push(Entry {
            name: name.to_owned(),
            kind: kind_of(&stat),
            stamp: Stamp::of(&stat),
        });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}
