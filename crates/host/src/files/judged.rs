//! Acts on a file that was looked at and judged: below a descriptor, without links, and on no other file.

use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use change::RelPath;
use policy::{Act, PathFacts, Permit, Place};
use rustix::fs::{AtFlags, Mode, RenameFlags};
use rustix::io::Errno;

use super::beneath::Root;
use super::browse::Loaded;
use super::error::FileError;
use super::folders::remove_below;
use super::look::{file_id, links, permission_bits};
use super::single::{make_folders, read_open, write_in};

/// The content of the file that was judged, with its bits.
///
/// # Errors
/// When the permit is for another file, another one has come to stand there, it is no plain file, or it is
/// larger than `limit_bytes`.
pub fn load_judged(
    permit: Permit,
    root: &Path,
    facts: &PathFacts,
    limit_bytes: u64,
) -> Result<Loaded, FileError> {
    let (root, path) = below("read", root, facts)?;
    let place = root.join(&path);
    let id = facts.found.as_ref().map(|it| it.id);
    permit.redeem(&Act::Read {
        path: place.clone(),
        file: id,
    })?;
    let fd = root
        .open_itself(&path)
        .map_err(|errno| exchanged("read", &place, errno))?;
    let stat = rustix::fs::fstat(&fd).map_err(|errno| FileError::os("read", &place, errno))?;
    if id != Some(file_id(&stat)) {
        return Err(exchanged("read", &place, Errno::LOOP));
    }
    Ok(Loaded {
        bytes: read_open(fd, &place, limit_bytes)?,
        bits: permission_bits(&stat),
        links: links(&stat),
    })
}

/// The same without the bits.
///
/// # Errors
/// As [`load_judged`].
pub fn read_judged(
    permit: Permit,
    root: &Path,
    facts: &PathFacts,
    limit_bytes: u64,
) -> Result<Vec<u8>, FileError> {
    load_judged(permit, root, facts, limit_bytes).map(|it| it.bytes)
}

/// Replaces or creates the file that was judged, creating the folders on the way.
///
/// # Errors
/// As [`write_in`].
pub fn write_judged(
    permit: Permit,
    root: &Path,
    facts: &PathFacts,
    bytes: &[u8],
) -> Result<(), FileError> {
    let path = inside("write", facts)?;
    write_in(permit, root, path, bytes)
}

/// Removes the file, or the link, that was judged; folders stay.
///
/// # Errors
/// When the permit is for another file, another one has come to stand there, or the disk refuses.
pub fn remove_judged(permit: Permit, root: &Path, facts: &PathFacts) -> Result<(), FileError> {
    let path = inside("remove", facts)?;
    let root = Root::open("remove", root)?;
    let place = root.join(path);
    permit.redeem(&Act::Remove {
        path: place.clone(),
    })?;
    let (folder, name) = held("remove", &root, path, facts)?;
    rustix::fs::unlinkat(&folder, name, AtFlags::empty())
        .and_then(|()| rustix::fs::fsync(&folder))
        .map_err(|errno| FileError::os("remove", &place, errno))
}

/// Removes the folder that was judged, with all that is in it; of links in it only the links.
///
/// # Errors
/// As [`remove_judged`].
pub fn remove_tree_judged(permit: Permit, root: &Path, facts: &PathFacts) -> Result<(), FileError> {
    let path = inside("remove", facts)?;
    let root = Root::open("remove", root)?;
    let place = root.join(path);
    permit.redeem(&Act::Remove {
        path: place.clone(),
    })?;
    let (folder, name) = held("remove", &root, path, facts)?;
    remove_below(&folder, name.as_bytes(), &place)?;
    rustix::fs::fsync(&folder).map_err(|errno| FileError::os("remove", &place, errno))
}

/// Makes the folder that was judged, and those that it stands in.
///
/// # Errors
/// When the permit is for another one, something stands there, or the disk refuses.
pub fn make_folder_judged(permit: Permit, root: &Path, facts: &PathFacts) -> Result<(), FileError> {
    let path = inside("make", facts)?;
    let root = Root::open("make", root)?;
    let place = root.join(path);
    permit.redeem(&Act::MakeFolder {
        path: place.clone(),
    })?;
    let os = |errno: Errno| FileError::os("make the folder", &place, errno);
    make_folders(&root, path).map_err(os)?;
    let (folder, name) = root.folder_of(path).map_err(os)?;
    rustix::fs::mkdirat(&folder, name, Mode::from_raw_mode(0o777)).map_err(os)?;
    rustix::fs::fsync(&folder).map_err(os)
}

/// Moves the file that was judged to the place that was judged with it, where nothing may stand.
///
/// # Errors
/// When the permit is for something else, something else has come to stand there, or the disk refuses.
pub fn rename_judged(
    permit: Permit,
    root: &Path,
    from: &PathFacts,
    to: &PathFacts,
) -> Result<(), FileError> {
    let (source, target) = (inside("move", from)?, inside("move", to)?);
    let root = Root::open("move", root)?;
    let place = root.join(source);
    permit.redeem(&Act::Rename {
        from: place.clone(),
        to: root.join(target),
    })?;
    let os = |errno: Errno| exchanged("move", &place, errno);
    let (folder, name) = held("move", &root, source, from)?;
    make_folders(&root, target).map_err(os)?;
    let (new_folder, new_name) = root.folder_of(target).map_err(os)?;
    let flags = RenameFlags::NOREPLACE;
    match rustix::fs::renameat_with(&folder, name, &new_folder, new_name, flags) {
        Err(Errno::INVAL | Errno::NOSYS) if to.found.is_none() => {
            rustix::fs::renameat(&folder, name, &new_folder, new_name)
        }
        other => other,
    }
    .and_then(|()| rustix::fs::fsync(&folder))
    .and_then(|()| rustix::fs::fsync(&new_folder))
    .map_err(|errno| FileError::os("move", &place, errno))
}

fn inside<'a>(verb: &'static str, facts: &'a PathFacts) -> Result<&'a RelPath, FileError> {
    match &facts.place {
        Place::Inside(path) => Ok(path),
        _ => Err(FileError::BadPath {
            verb,
            path: PathBuf::from(&facts.requested),
            why: "it is no file of the project",
        }),
    }
}

/// The folder that is held open, and the way below it: the project's, or the disk's for a file elsewhere that a
/// person approved.
fn below(verb: &'static str, root: &Path, facts: &PathFacts) -> Result<(Root, RelPath), FileError> {
    let Place::Outside(path) = &facts.place else {
        return Ok((Root::open(verb, root)?, inside(verb, facts)?.clone()));
    };
    let text = path.to_str().and_then(|it| it.strip_prefix('/'));
    let path = text.and_then(|it| RelPath::parse(it).ok());
    let path = path.ok_or_else(|| FileError::BadPath {
        verb,
        path: PathBuf::from(&facts.requested),
        why: "its name is not plain text",
    })?;
    Ok((Root::open(verb, Path::new("/"))?, path))
}

/// The folder and the name, if the file that was judged still stands there.
fn held<'a>(
    verb: &'static str,
    root: &Root,
    path: &'a RelPath,
    facts: &PathFacts,
) -> Result<(OwnedFd, &'a str), FileError> {
    let place = root.join(path);
    let (folder, name) = root
        .folder_of(path)
        .map_err(|errno| exchanged(verb, &place, errno))?;
    let stat = rustix::fs::statat(folder.as_fd(), name, AtFlags::SYMLINK_NOFOLLOW)
        .map_err(|errno| FileError::os(verb, &place, errno))?;
    match facts.found.as_ref().map(|it| it.id) == Some(file_id(&stat)) {
        true => Ok((folder, name)),
        false => Err(exchanged(verb, &place, Errno::LOOP)),
    }
}

/// A link, or another file, where the file that was judged stood.
fn exchanged(verb: &'static str, place: &Path, errno: Errno) -> FileError {
    match errno {
        Errno::LOOP | Errno::NOTDIR | Errno::XDEV => FileError::Exchanged {
            verb,
            path: place.to_path_buf(),
        },
        other => FileError::os(verb, place, other),
    }
}
