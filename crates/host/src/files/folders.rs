//! Whole folders: making them, removing them, and the space that is left for them.

use std::collections::VecDeque;
use std::ffi::CString;
#[cfg(target_os = "linux")]
use std::os::fd::AsRawFd;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, RawMode};
use rustix::io::Errno;

use super::error::FileError;

/// Makes the folder at the absolute `path`, and those it stands in, and syncs each into its parent. A
/// folder that is there already is left as it is.
///
/// # Errors
/// When a part of the path is no folder or the disk refuses.
pub fn ensure_folder(path: &Path) -> Result<(), FileError> {
    ensure(path, 0o777)
}

/// As [`ensure_folder`]; what is made is for this user only. For Kiro's own state.
///
/// # Errors
/// As [`ensure_folder`].
pub fn ensure_private_folder(path: &Path) -> Result<(), FileError> {
    ensure(path, 0o700)
}

fn ensure(path: &Path, mode: RawMode) -> Result<(), FileError> {
    let os = |at: &Path, errno: Errno| FileError::os("make the folder", at, errno);
    if !path.is_absolute() {
        return Err(FileError::BadPath {
            verb: "make the folder",
            path: path.to_path_buf(),
            why: "the path is not absolute",
        });
    }
    let mut missing: Vec<&Path> = Vec::new();
    for at in path.ancestors() {
        match rustix::fs::stat(at) {
            Ok(stat) if FileType::from_raw_mode(stat.st_mode).is_dir() => break,
            Ok(_) => return Err(os(at, Errno::NOTDIR)),
            Err(Errno::NOENT) => missing.push(at),
            Err(errno) => return Err(os(at, errno)),
        }
    }
    for at in missing.iter().rev() {
        match rustix::fs::mkdir(*at, Mode::from_raw_mode(mode)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(os(at, errno)),
        }
        if let Some(parent) = at.parent() {
            sync_folder(parent).map_err(|errno| os(at, errno))?;
        }
    }
    Ok(())
}

/// Makes a folder's list of names last.
pub(crate) fn sync_folder(path: &Path) -> Result<(), Errno> {
    rustix::fs::fsync(open_folder(path)?)
}

fn open_folder(path: &Path) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::empty())
}

/// Bytes that this user can still write to the disk that holds `path`, or would hold it.
///
/// # Errors
/// When the disk cannot be asked.
pub fn disk_free(path: &Path) -> Result<u64, FileError> {
    for at in path.ancestors() {
        match rustix::fs::statvfs(at) {
            Ok(space) => return Ok(space.f_bavail.saturating_mul(space.f_frsize)),
            Err(Errno::NOENT | Errno::NOTDIR) => {}
            Err(errno) => return Err(FileError::os("ask for the free space of", at, errno)),
        }
    }
    Err(FileError::os(
        "ask for the free space of",
        path,
        Errno::NOENT,
    ))
}

/// Removes one file of Kiro's own; that it is gone already is no error.
pub(crate) fn remove_own(path: &Path) -> Result<(), FileError> {
    match rustix::fs::unlink(path) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(errno) => Err(FileError::os("remove", path, errno)),
    }
}

/// Removes a folder of Kiro's own (an attempt, a cache) with everything in it. Links are removed, never
/// followed; folders without permissions and of any depth go too. Nothing there is no error.
///
/// # Errors
/// When `path` is not absolute or a whole disk, or something cannot be removed; names it.
pub fn remove_tree(path: &Path) -> Result<(), FileError> {
    let (Some(parent), Some(name), true) = (path.parent(), path.file_name(), path.is_absolute())
    else {
        return Err(FileError::BadPath {
            verb: "remove",
            path: path.to_path_buf(),
            why: "it is not the absolute path of a folder inside another",
        });
    };
    match open_folder(parent) {
        Ok(parent) => remove_below(&parent, name.as_encoded_bytes(), path),
        Err(Errno::NOENT) => Ok(()),
        Err(errno) => Err(FileError::os("remove", path, errno)),
    }
}

/// Removes the folder `name` of `parent`, as [`remove_tree`]; `path` is what it is called in messages.
pub(super) fn remove_below(parent: &OwnedFd, name: &[u8], path: &Path) -> Result<(), FileError> {
    let os = |errno: Errno| FileError::os("remove", path, errno);
    let name = CString::new(name).map_err(|_| os(Errno::INVAL))?;
    match rustix::fs::statat(parent, &name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => return Ok(()),
        Err(errno) => return Err(os(errno)),
        Ok(stat) if FileType::from_raw_mode(stat.st_mode).is_dir() => {}
        Ok(_) => return rustix::fs::unlinkat(parent, &name, AtFlags::empty()).map_err(os),
    }
    let top = open_own(parent, &name).map_err(os)?;
    empty(top, path)?;
    rustix::fs::unlinkat(parent, &name, AtFlags::REMOVEDIR).map_err(os)
}

/// Empties a folder without recursion: a folder in it that is not empty is first moved up to the top
/// under a number, so that neither depth nor the length of a path ever matters.
fn empty(top: OwnedFd, path: &Path) -> Result<(), FileError> {
    let mut moved = 0_u64;
    let mut todo = VecDeque::new();
    clear(&top, &top, path, &mut moved, &mut todo)?;
    while let Some((name, shown)) = todo.pop_front() {
        let os = |errno: Errno| FileError::os("remove", &shown, errno);
        let folder = open_own(&top, &name).map_err(os)?;
        clear(&folder, &top, &shown, &mut moved, &mut todo)?;
        rustix::fs::unlinkat(&top, &name, AtFlags::REMOVEDIR).map_err(os)?;
    }
    Ok(())
}

type Waiting = VecDeque<(CString, PathBuf)>;

/// Removes what is in `folder`; folders that are not empty are moved to `top` and wait in `todo`.
fn clear(
    folder: &OwnedFd,
    top: &OwnedFd,
    path: &Path,
    moved: &mut u64,
    todo: &mut Waiting,
) -> Result<(), FileError> {
    for (name, kind) in entries(folder, path)? {
        let shown = path.join(name.to_string_lossy().into_owned());
        let os = |errno: Errno| FileError::os("remove", &shown, errno);
        match remove_entry(folder, &name, kind) {
            Ok(()) => {}
            Err(Errno::NOTEMPTY | Errno::EXIST) => {
                // A locked folder can neither be emptied nor moved, so it is unlocked here.
                open_own(folder, &name).map_err(os)?;
                let place = free_name(top, moved).map_err(os)?;
                rustix::fs::renameat(folder, &name, top, &place).map_err(os)?;
                todo.push_back((place, shown));
            }
            Err(errno) => return Err(os(errno)),
        }
    }
    Ok(())
}

fn entries(folder: &OwnedFd, path: &Path) -> Result<Vec<(CString, FileType)>, FileError> {
    let os = |errno: Errno| FileError::os("remove", path, errno);
    let mut found = Vec::new();
    let mut list = Dir::read_from(folder).map_err(os)?;
    while let Some(entry) = list.read() {
        let entry = entry.map_err(os)?;
        let name = entry.file_name();
        if name != c"." && name != c".." {
            found.push((name.to_owned(), entry.file_type()));
        }
    }
    Ok(found)
}

fn remove_entry(folder: &OwnedFd, name: &CString, kind: FileType) -> Result<(), Errno> {
    if kind.is_dir() {
        return rustix::fs::unlinkat(folder, name, AtFlags::REMOVEDIR);
    }
    match rustix::fs::unlinkat(folder, name, AtFlags::empty()) {
        Err(Errno::NOENT) => Ok(()),
        Err(refused @ (Errno::ISDIR | Errno::PERM)) => {
            match rustix::fs::unlinkat(folder, name, AtFlags::REMOVEDIR) {
                Err(Errno::NOTDIR) => Err(refused),
                other => other,
            }
        }
        other => other,
    }
}

/// A name that nothing has in `top` yet.
fn free_name(top: &OwnedFd, moved: &mut u64) -> Result<CString, Errno> {
    loop {
        *moved += 1;
        let name = CString::new(format!("{moved}.removed")).map_err(|_| Errno::INVAL)?;
        match rustix::fs::statat(top, &name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => return Ok(name),
            Ok(_) => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// Lets its owner into a folder; a link of that name is not followed.
#[cfg(target_os = "linux")]
fn unlock(parent: &OwnedFd, name: &CString) -> Result<(), Errno> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let held = rustix::fs::openat(parent, name, flags, Mode::empty())?;
    rustix::fs::chmod(format!("/proc/self/fd/{}", held.as_raw_fd()), Mode::RWXU)
}

#[cfg(not(target_os = "linux"))]
fn unlock(parent: &OwnedFd, name: &CString) -> Result<(), Errno> {
    rustix::fs::chmodat(parent, name, Mode::RWXU, AtFlags::SYMLINK_NOFOLLOW)
}

/// Opens a folder to empty it; one that its maker locked is unlocked first.
fn open_own(parent: &OwnedFd, name: &CString) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let open = |flags| rustix::fs::openat(parent, name, flags, Mode::empty());
    let folder = match open(flags) {
        Err(Errno::ACCESS) => {
            unlock(parent, name)?;
            open(flags)?
        }
        other => other?,
    };
    let bits = rustix::fs::fstat(folder.as_fd())?.st_mode;
    if bits & 0o700 != 0o700 {
        rustix::fs::fchmod(&folder, Mode::RWXU)?;
    }
    Ok(folder)
}
