//! One file: reading with a limit, and replacing it at once and for good.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use change::{Digest, FileState, Mode, RelPath};
use policy::{Act, Permit};
use rustix::fs::{AtFlags, FileType, Stat};
use rustix::io::Errno;
use sha2::{Digest as _, Sha256};

use super::beneath::{READ, Root, resolved};
use super::error::FileError;
use super::present::{Present, look_at};
use super::temp::{self, Bits, Temp};

/// How many links in a row are followed.
const MAX_LINKS: usize = 8;

/// The content of the file at `path`; links are followed.
///
/// # Errors
/// When it cannot be opened, is no plain file, or is larger than `limit_bytes`.
pub fn read(path: &Path, limit_bytes: u64) -> Result<Vec<u8>, FileError> {
    let fd = rustix::fs::open(path, READ, rustix::fs::Mode::empty())
        .map_err(|errno| FileError::os("read", path, errno))?;
    read_open(fd, path, limit_bytes)
}

/// The content of what a person named for a command to read: a file, or a pipe such as `/dev/stdin`, waited for to its end.
///
/// # Errors
/// When it cannot be opened or read, or is larger than `limit_bytes`.
pub fn read_given(path: &Path, limit_bytes: u64) -> Result<Vec<u8>, FileError> {
    let os = |error| FileError::os("read", path, error);
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(os)?;
    let copied = file
        .take(limit_bytes.saturating_add(1))
        .read_to_end(&mut bytes);
    if copied.map_err(os)? as u64 > limit_bytes {
        return Err(FileError::TooLarge {
            path: path.to_path_buf(),
            limit: limit_bytes,
        });
    }
    Ok(bytes)
}

/// The content of a file below `root`. Links are followed only as long as they stay below `root`.
///
/// # Errors
/// As [`read`]; and when a link leads out.
pub fn read_in(root: &Path, path: &RelPath, limit_bytes: u64) -> Result<Vec<u8>, FileError> {
    let root = Root::open("read", root)?;
    let place = root.join(path);
    let fd = root
        .open_file(path)
        .map_err(|errno| FileError::os("read", &place, errno))?;
    read_open(fd, &place, limit_bytes)
}

pub(crate) fn read_open(fd: OwnedFd, path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let os = |errno: Errno| FileError::os("read", path, errno);
    let stat = rustix::fs::fstat(&fd).map_err(os)?;
    if let Some(found) = not_a_file(&stat) {
        return Err(FileError::NotAFile {
            verb: "read",
            path: path.to_path_buf(),
            found,
        });
    }
    let too_large = || FileError::TooLarge {
        path: path.to_path_buf(),
        limit,
    };
    if u64::try_from(stat.st_size).is_ok_and(|size| size > limit) {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(
        usize::try_from(stat.st_size.max(0))
            .unwrap_or(0)
            .min(1 << 26),
    );
    let copied = File::from(fd)
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| FileError::os("read", path, error))?;
    if copied as u64 > limit {
        return Err(too_large());
    }
    Ok(bytes)
}

/// The SHA-256 of a file of any size; none when it was cancelled, which is asked after each megabyte.
///
/// # Errors
/// When something else than a file stands there, or it cannot be read.
pub fn digest(path: &Path, cancel: &dyn Fn() -> bool) -> Result<Option<Digest>, FileError> {
    let os = |error| FileError::os("read", path, error);
    let mut file = File::open(path).map_err(os)?;
    let mut hash = Sha256::new();
    let mut block = vec![0; 1 << 20];
    loop {
        if cancel() {
            return Ok(None);
        }
        match file.read(&mut block) {
            Ok(0) => break,
            Ok(count) => hash.update(&block[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(os(error)),
        }
    }
    Ok(Some(Digest::from_bytes(hash.finalize().into())))
}

/// Replaces or creates the file at the absolute `path`, whose folder must exist. The bits of a replaced
/// file are kept. A link is followed to a file of the same folder; one that leads elsewhere is refused.
///
/// # Errors
/// When the permit is not for these bytes at this place, when something else than a file stands there,
/// or when the disk refuses; then the old content stands unharmed.
pub fn write(permit: Permit, path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    permit.redeem(&Act::write(path, bytes))?;
    let (folder, name) = split(path)?;
    let root = Root::open("write", &folder)?;
    let target = follow(&root, name)?;
    put(&root, &target, bytes)
}

/// As [`write()`], for a file that the caller has read: replaces it only while it still is what `before` is the digest of, or,
/// without one, while nothing stands there.
///
/// # Errors
/// As [`write()`]; and [`FileError::Changed`] when somebody else has written it meanwhile, whose bytes then stand.
pub fn write_over(
    permit: Permit,
    path: &Path,
    before: Option<Digest>,
    bytes: &[u8],
) -> Result<(), FileError> {
    permit.redeem(&Act::write(path, bytes))?;
    let (folder, name) = split(path)?;
    let root = Root::open("write", &folder)?;
    let target = follow(&root, name)?;
    let place = root.join(&target);
    let changed = || FileError::Changed {
        path: place.clone(),
    };
    let os = |errno: Errno| FileError::os("write", &place, errno);
    let (folder, name) = root.folder_of(&target).map_err(os)?;
    let old = match look_at(folder.as_fd(), name) {
        Ok(Present::File(state, stamp)) => Some((state, stamp)),
        Ok(Present::Absent) => None,
        Ok(_) => return put(&root, &target, bytes),
        Err(Errno::AGAIN) => return Err(changed()),
        Err(errno) => return Err(os(errno)),
    };
    if old.as_ref().map(|it| Digest::of(&it.0.bytes)) != before {
        return Err(changed());
    }
    temp::sweep(folder.as_fd()).map_err(os)?;
    let bits = stat_at(folder.as_fd(), name).map_err(os)?;
    let state = FileState::file(bytes);
    let temp = put_aside(&folder, &place, &state, bits.as_ref().map(Bits::same))?;
    let landed = match &old {
        Some((state, stamp)) => temp.replace(folder.as_fd(), name, (state, stamp)),
        None => temp.land(folder.as_fd(), name, true).map(|()| true),
    };
    match landed {
        Ok(true) => rustix::fs::fsync(&folder).map_err(os),
        other => {
            temp.discard();
            match other {
                Ok(_) | Err(Errno::EXIST) => Err(changed()),
                Err(errno) => Err(os(errno)),
            }
        }
    }
}

/// As [`write()`], for a file that can be run.
///
/// # Errors
/// As [`write()`].
pub fn write_program(permit: Permit, path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    permit.redeem(&Act::write(path, bytes))?;
    let (folder, name) = split(path)?;
    put_as(
        Mode::Executable,
        &Root::open("write", &folder)?,
        &name,
        bytes,
    )
}

/// Replaces or creates a file below `root`, creating the folders on the way. No link is followed,
/// neither on the way nor at the end.
///
/// # Errors
/// As [`write`]; and when a link stands anywhere on the path. The permit must be for the path below
/// `root` as joined.
pub fn write_in(
    permit: Permit,
    root: &Path,
    path: &RelPath,
    bytes: &[u8],
) -> Result<(), FileError> {
    permit.redeem(&Act::write(&root.join(path.as_str()), bytes))?;
    let root = Root::open("write", root)?;
    make_folders(&root, path).map_err(|errno| through("write", &root, path, errno))?;
    put(&root, path, bytes)
}

/// Replaces a file of Kiro's own state, which needs no permit.
///
/// # Errors
/// When something else than a file stands there, or the disk refuses; then the old content stands unharmed.
pub fn replace_own(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let (folder, name) = split(path)?;
    put(&Root::open("write", &folder)?, &name, bytes)
}

fn split(path: &Path) -> Result<(PathBuf, RelPath), FileError> {
    let bad = |why| FileError::BadPath {
        verb: "write",
        path: path.to_path_buf(),
        why,
    };
    let folder = path.parent().ok_or_else(|| bad("it names no file"))?;
    let name = path
        .file_name()
        .ok_or_else(|| bad("it names no file"))?
        .to_str()
        .ok_or_else(|| bad("its name is not UTF-8"))?;
    let name = RelPath::parse(name).map_err(|_| bad("it names no file"))?;
    Ok((folder.to_path_buf(), name))
}

/// The file of the same folder that a chain of links ends at.
fn follow(root: &Root, mut name: RelPath) -> Result<RelPath, FileError> {
    let folder = root
        .folder(None)
        .map_err(|errno| FileError::os("write", root.path(), errno))?;
    for _ in 0..MAX_LINKS {
        let target = match rustix::fs::readlinkat(&folder, name.as_str(), Vec::new()) {
            Err(Errno::INVAL | Errno::NOENT) => return Ok(name),
            Err(errno) => return Err(FileError::os("write", &root.join(&name), errno)),
            Ok(target) => target,
        };
        name = match resolved(&name, target.as_bytes()) {
            Some(next) if next.parent().is_none() => next,
            _ => {
                return Err(FileError::LeavesFolder {
                    path: root.join(&name),
                    target: PathBuf::from(String::from_utf8_lossy(target.as_bytes()).into_owned()),
                });
            }
        };
    }
    Err(FileError::os("write", &root.join(&name), Errno::LOOP))
}

/// Makes the folder `path` of an attempt and those above it, below `root`; whether it stands there. It does not where a
/// link or a file stands in its place or on the way: nothing is made through one.
///
/// # Errors
/// When it cannot be made.
#[cfg(target_os = "linux")]
pub(crate) fn make_folder_in(root: &Path, path: &RelPath) -> Result<bool, FileError> {
    let root = Root::open("make the folder", root)?;
    let made = make_folders(&root, path).and_then(|()| {
        let (folder, name) = root.folder_of(path)?;
        match rustix::fs::mkdirat(&folder, name, rustix::fs::Mode::from_raw_mode(0o777)) {
            Ok(()) | Err(Errno::EXIST) => root.folder(Some(path)).map(|_| ()),
            Err(errno) => Err(errno),
        }
    });
    match made {
        Ok(()) => Ok(true),
        Err(Errno::LOOP | Errno::NOTDIR) => Ok(false),
        Err(errno) => Err(FileError::os("make the folder", &root.join(path), errno)),
    }
}

/// Creates the folders that `path` stands in, each synced into its parent.
pub(crate) fn make_folders(root: &Root, path: &RelPath) -> Result<(), Errno> {
    let mut missing = Vec::new();
    let mut folder = path.parent();
    while let Some(it) = folder {
        match root.folder(Some(&it)) {
            Ok(_) => break,
            Err(Errno::NOENT) => missing.push(it.clone()),
            Err(errno) => return Err(errno),
        }
        folder = it.parent();
    }
    for it in missing.iter().rev() {
        let (parent, name) = root.folder_of(it)?;
        match rustix::fs::mkdirat(&parent, name, rustix::fs::Mode::from_raw_mode(0o777)) {
            Ok(()) | Err(Errno::EXIST) => rustix::fs::fsync(&parent)?,
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

fn put(root: &Root, path: &RelPath, bytes: &[u8]) -> Result<(), FileError> {
    put_as(Mode::File, root, path, bytes)
}

fn put_as(mode: Mode, root: &Root, path: &RelPath, bytes: &[u8]) -> Result<(), FileError> {
    let (folder, name) = root
        .folder_of(path)
        .map_err(|errno| through("write", root, path, errno))?;
    let place = root.join(path);
    let os = |errno: Errno| FileError::os("write", &place, errno);
    let old = stat_at(folder.as_fd(), name).map_err(os)?;
    if let Some(found) = old.as_ref().and_then(not_a_file) {
        return Err(FileError::NotAFile {
            verb: "write",
            path: place,
            found,
        });
    }
    temp::sweep(folder.as_fd()).map_err(os)?;
    let state = FileState {
        mode,
        bytes: bytes.to_vec(),
    };
    let temp = put_aside(&folder, &place, &state, old.as_ref().map(Bits::same))?;
    if let Err(errno) = temp.land(folder.as_fd(), name, false) {
        temp.discard();
        return Err(os(errno));
    }
    rustix::fs::fsync(&folder).map_err(os)
}

/// Puts content on the disk beside its `place` in `folder`, under a temporary name.
pub(crate) fn put_aside(
    folder: &OwnedFd,
    place: &Path,
    state: &FileState,
    bits: Option<Bits>,
) -> Result<Temp, FileError> {
    let os = |errno: Errno| FileError::os("write", place, errno);
    let own = rustix::io::fcntl_dupfd_cloexec(folder, 0).map_err(os)?;
    Temp::create(own, temp::owner()?, state, bits).map_err(os)
}

/// What the system says of a name in a folder, without following a link; `None` when nothing is there.
pub(crate) fn stat_at(folder: BorrowedFd<'_>, name: &str) -> Result<Option<Stat>, Errno> {
    match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat)),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(errno),
    }
}

fn not_a_file(stat: &Stat) -> Option<&'static str> {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => None,
        other => Some(kind_name(other)),
    }
}

/// What a thing that is no plain file is called.
pub(crate) fn kind_name(kind: FileType) -> &'static str {
    match kind {
        FileType::RegularFile => "a file",
        FileType::Directory => "a folder",
        FileType::Symlink => "a link",
        FileType::Fifo => "a pipe",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        FileType::Unknown => "something unknown",
    }
}

/// Why something below a folder could not be reached.
pub(crate) fn through(verb: &'static str, root: &Root, path: &RelPath, errno: Errno) -> FileError {
    match errno {
        Errno::LOOP | Errno::NOTDIR | Errno::XDEV => FileError::ThroughLink {
            verb,
            path: root.join(path),
        },
        other => FileError::os(verb, &root.join(path), other),
    }
}
