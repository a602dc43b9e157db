//! Several files written together: all of them or none.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use change::{Digest, FileState, Mode, RelPath};
use policy::{Act, Permit};
use rustix::fs::AtFlags;
use rustix::io::Errno;

use super::beneath::Root;
use super::error::FileError;
use super::present::{Present, Stamp, look};
use super::single::{make_folders, put_aside, stat_at, through};
use super::temp::{self, Bits, Temp};

/// One file of several that are written together.
#[derive(Debug)]
pub struct Rewrite {
    /// Leave to write `bytes` at the path below the root as joined.
    pub permit: Permit,
    /// The file.
    pub path: RelPath,
    /// What stands there now; nothing does when it is `None`.
    pub before: Option<Digest>,
    /// What is to stand there.
    pub bytes: Vec<u8>,
}

/// Replaces or creates several files below `root`, creating the folders on the way; the bits of replaced files
/// are kept and no link is followed. Every file is compared with what the caller read, and prepared on the disk,
/// before the first one takes its place; when one of them cannot, those before it are put back. Only a power cut
/// between two of them leaves some new and some old, each of them whole.
///
/// # Errors
/// When a permit is for something else, a file is not what the caller read, a link stands on the way, or the disk
/// refuses. Then every file is as it was, except those that [`FileError::HalfWritten`] names.
pub fn write_all_in(root: &Path, files: Vec<Rewrite>) -> Result<(), FileError> {
    let mut wanted = Vec::new();
    for file in files {
        file.permit
            .redeem(&Act::write(&root.join(file.path.as_str()), &file.bytes))?;
        wanted.push((file.path, file.before, file.bytes));
    }
    let root = Root::open("write", root)?;
    let mut found = Vec::new();
    for (path, before, bytes) in wanted {
        found.push((expect(&root, &path, before)?, path, bytes));
    }
    let mut ready = Vec::new();
    for (old, path, bytes) in found {
        match Ready::prepare(&root, path, old, bytes) {
            Ok(it) => ready.push(it),
            Err(error) => {
                discard(&ready);
                return Err(error);
            }
        }
    }
    for at in 0..ready.len() {
        if let Err(error) = ready[at].land(&root) {
            discard(&ready[at..]);
            return Err(take_back(&root, &ready[..at]).unwrap_or(error));
        }
    }
    for it in &ready {
        let os = |errno: Errno| FileError::os("write", &root.join(&it.path), errno);
        rustix::fs::fsync(&it.folder).map_err(os)?;
    }
    Ok(())
}

/// A file that stood there: its content, how to tell that it was touched, and its bits.
struct Old {
    state: FileState,
    stamp: Stamp,
}

/// A file that lies on the disk beside its place.
struct Ready {
    path: RelPath,
    folder: OwnedFd,
    old: Option<Old>,
    bits: Option<Bits>,
    temp: Temp,
}

fn expect(root: &Root, path: &RelPath, before: Option<Digest>) -> Result<Option<Old>, FileError> {
    let found = look(root, path).map_err(|errno| through("write", root, path, errno))?;
    let old = match found {
        Present::Absent => None,
        Present::File(state, stamp) if state.mode != Mode::Symlink => Some(Old { state, stamp }),
        Present::Blocked => return Err(through("write", root, path, Errno::LOOP)),
        Present::File(..) => return Err(not_a_file(root, path, "a link")),
        Present::Folder => return Err(not_a_file(root, path, "a folder")),
        Present::Strange(found) => return Err(not_a_file(root, path, found)),
    };
    if old.as_ref().map(|it| Digest::of(&it.state.bytes)) == before {
        Ok(old)
    } else {
        Err(changed(root, path))
    }
}

fn not_a_file(root: &Root, path: &RelPath, found: &'static str) -> FileError {
    FileError::NotAFile {
        verb: "write",
        path: root.join(path),
        found,
    }
}

fn changed(root: &Root, path: &RelPath) -> FileError {
    FileError::Changed {
        path: root.join(path),
    }
}

impl Ready {
    fn prepare(
        root: &Root,
        path: RelPath,
        old: Option<Old>,
        bytes: Vec<u8>,
    ) -> Result<Ready, FileError> {
        make_folders(root, &path).map_err(|errno| through("write", root, &path, errno))?;
        let (folder, name) = root
            .folder_of(&path)
            .map_err(|errno| through("write", root, &path, errno))?;
        let os = |errno: Errno| FileError::os("write", &root.join(&path), errno);
        temp::sweep(folder.as_fd()).map_err(os)?;
        let stat = stat_at(folder.as_fd(), name).map_err(os)?;
        let bits = stat.as_ref().map(Bits::same);
        let state = FileState {
            mode: Mode::File,
            bytes,
        };
        let temp = put_aside(&folder, &root.join(&path), &state, bits)?;
        Ok(Ready {
            path,
            folder,
            old,
            bits,
            temp,
        })
    }

    fn land(&self, root: &Root) -> Result<(), FileError> {
        let name = self.path.file_name();
        let os = |errno: Errno| FileError::os("write", &root.join(&self.path), errno);
        let now = stat_at(self.folder.as_fd(), name).map_err(os)?;
        if now.as_ref().map(Stamp::of) != self.old.as_ref().map(|it| it.stamp) {
            return Err(changed(root, &self.path));
        }
        let folder = self.folder.as_fd();
        let landed = match &self.old {
            Some(old) => self.temp.replace(folder, name, (&old.state, &old.stamp)),
            None => self.temp.land(folder, name, true).map(|()| true),
        };
        match landed {
            Ok(true) => Ok(()),
            Ok(false) | Err(Errno::EXIST) => Err(changed(root, &self.path)),
            Err(errno) => Err(os(errno)),
        }
    }

    /// Puts back what stood here.
    fn take_back(&self, root: &Root) -> Result<(), FileError> {
        let (place, name) = (root.join(&self.path), self.path.file_name());
        let os = |errno: Errno| FileError::os("write", &place, errno);
        let Some(old) = &self.old else {
            return rustix::fs::unlinkat(&self.folder, name, AtFlags::empty()).map_err(os);
        };
        let temp = put_aside(&self.folder, &place, &old.state, self.bits)?;
        temp.land(self.folder.as_fd(), name, false).map_err(os)
    }
}

fn discard(ready: &[Ready]) {
    ready.iter().for_each(|it| it.temp.discard());
}

/// Puts the files that have landed back, the last first; an error when some would not go.
fn take_back(root: &Root, landed: &[Ready]) -> Option<FileError> {
    let stuck: Vec<_> = landed
        .iter()
        .rev()
        .filter(|it| it.take_back(root).is_err())
        .map(|it| root.join(&it.path))
        .collect();
    (!stuck.is_empty()).then_some(FileError::HalfWritten { paths: stuck })
}
