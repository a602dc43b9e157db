//! Content on its way to its place: a temporary file or link that a rename puts there at once.

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use change::{FileState, Mode, RelPath};
use rustix::fs::{AtFlags, Dir, OFlags, RawMode, RenameFlags, Stat};
use rustix::io::Errno;

use super::beneath::Root;
use super::error::FileError;
use super::present::{Stamp, look_at};
use crate::lease::{self, LeaseError, Owner};

/// How the names of temporary files begin; snapshots leave them out.
pub(crate) const PREFIX: &str = ".kiro-tmp.";

static COUNTER: AtomicU64 = AtomicU64::new(0);

/// Content that is on the disk under a name of its own.
#[derive(Debug)]
pub(crate) struct Temp {
    folder: OwnedFd,
    name: String,
}

/// The permission bits that a file gets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bits {
    bits: RawMode,
    owner: Option<(u32, u32)>,
}

impl Bits {
    /// The bits of the file that is replaced, made to fit `mode`; without one what the system gives
    /// new files.
    pub(crate) fn like(old: Option<&Stat>, mode: Mode) -> Option<Bits> {
        let old = old?;
        let bits = old.st_mode & 0o7777;
        let bits = match mode {
            Mode::Executable => bits | (bits & 0o444) >> 2,
            Mode::File | Mode::Symlink => bits & !0o111,
        };
        Some(Bits {
            bits,
            owner: Some((old.st_uid, old.st_gid)),
        })
    }

    /// The bits of the file that is replaced, as they are.
    pub(crate) fn same(old: &Stat) -> Bits {
        Bits {
            bits: old.st_mode & 0o7777,
            owner: Some((old.st_uid, old.st_gid)),
        }
    }
}

impl Temp {
    /// Puts the state's content on the disk, for good, under a temporary name in `folder`.
    pub(crate) fn create(
        folder: OwnedFd,
        owner: Owner,
        state: &FileState,
        bits: Option<Bits>,
    ) -> Result<Temp, Errno> {
        let temp = Temp::named(folder, owner);
        let made = match state.mode {
            Mode::Symlink => {
                rustix::fs::symlinkat(state.bytes.as_slice(), &temp.folder, temp.name.as_str())
            }
            Mode::File => temp.fill(&state.bytes, 0o666, bits),
            Mode::Executable => temp.fill(&state.bytes, 0o777, bits),
        };
        match made {
            Ok(()) => Ok(temp),
            Err(errno) => {
                temp.discard();
                Err(errno)
            }
        }
    }

    fn fill(&self, bytes: &[u8], mode: RawMode, bits: Option<Bits>) -> Result<(), Errno> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = rustix::fs::Mode::from_raw_mode(mode);
        let fd = rustix::fs::openat(&self.folder, self.name.as_str(), flags, mode)?;
        let mut file = File::from(fd);
        let errno = |error: std::io::Error| Errno::from_io_error(&error).unwrap_or(Errno::IO);
        file.write_all(bytes).map_err(errno)?;
        if let Some(bits) = bits {
            keep(file.as_fd(), bits)?;
        }
        rustix::fs::fsync(&file)
    }

    /// The folder it is in.
    pub(crate) fn folder(&self) -> BorrowedFd<'_> {
        self.folder.as_fd()
    }

    /// Moves it to `name` in `folder`; with `fresh` only when nothing stands there.
    pub(crate) fn land(
        &self,
        folder: BorrowedFd<'_>,
        name: &str,
        fresh: bool,
    ) -> Result<(), Errno> {
        if fresh {
            let flags = RenameFlags::NOREPLACE;
            match rustix::fs::renameat_with(&self.folder, self.name.as_str(), folder, name, flags) {
                Err(Errno::INVAL | Errno::NOSYS) => {}
                other => return other,
            }
        }
        rustix::fs::renameat(&self.folder, self.name.as_str(), folder, name)
    }

    /// Takes the place of the file at `name` in `folder`, which must be as it was read; false, and nothing has changed, when
    /// somebody else has been there. They change places first and are compared then, so there is no moment in between.
    pub(crate) fn replace(
        &self,
        folder: BorrowedFd<'_>,
        name: &str,
        (state, stamp): (&FileState, &Stamp),
    ) -> Result<bool, Errno> {
        let swap = || {
            let own = self.name.as_str();
            rustix::fs::renameat_with(&self.folder, own, folder, name, RenameFlags::EXCHANGE)
        };
        match swap() {
            Ok(()) => {}
            Err(Errno::NOENT) => return Ok(false),
            // Some disks of other systems and of the network know no exchange.
            Err(Errno::INVAL | Errno::NOSYS) => {
                return self.land(folder, name, false).map(|()| true);
            }
            Err(errno) => return Err(errno),
        }
        let was = look_at(self.folder.as_fd(), &self.name);
        if was.is_ok_and(|it| it.is(state, stamp)) {
            self.discard();
            return Ok(true);
        }
        swap()?;
        Ok(false)
    }

    /// Removes the file at `name` in `folder`, which must be as it was read; false, and nothing has changed, when somebody else
    /// has been there. It is moved aside first and compared then.
    pub(crate) fn take_away(
        folder: OwnedFd,
        owner: Owner,
        name: &str,
        (state, stamp): (&FileState, &Stamp),
    ) -> Result<bool, Errno> {
        let aside = Temp::named(folder, owner);
        let (here, own) = (aside.folder.as_fd(), aside.name.as_str());
        match rustix::fs::renameat_with(here, name, here, own, RenameFlags::NOREPLACE) {
            Ok(()) => {}
            Err(Errno::NOENT) => return Ok(false),
            Err(Errno::INVAL | Errno::NOSYS) => {
                return rustix::fs::unlinkat(here, name, AtFlags::empty()).map(|()| true);
            }
            Err(errno) => return Err(errno),
        }
        if look_at(here, own).is_ok_and(|it| it.is(state, stamp)) {
            return rustix::fs::unlinkat(here, own, AtFlags::empty()).map(|()| true);
        }
        rustix::fs::renameat_with(here, own, here, name, RenameFlags::NOREPLACE)?;
        Ok(false)
    }

    fn named(folder: OwnedFd, owner: Owner) -> Temp {
        let count = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}{}.{}.{count}", owner.pid, owner.start);
        Temp { folder, name }
    }

    /// Removes it; best effort, since [`sweep`] finds what stays behind.
    pub(crate) fn discard(&self) {
        let _ = rustix::fs::unlinkat(&self.folder, self.name.as_str(), AtFlags::empty());
    }
}

/// Gives a file the bits and, where the system lets us, the owner of the one it replaces. Keeping the
/// owner matters when root works in somebody's folder; anyone else may not give files away.
fn keep(file: BorrowedFd<'_>, bits: Bits) -> Result<(), Errno> {
    if let Some((user, group)) = bits.owner {
        let now = rustix::fs::fstat(file)?;
        if (now.st_uid, now.st_gid) != (user, group) {
            let _ = rustix::fs::fchown(
                file,
                Some(rustix::fs::Uid::from_raw(user)),
                Some(rustix::fs::Gid::from_raw(group)),
            );
        }
    }
    rustix::fs::fchmod(file, rustix::fs::Mode::from_raw_mode(bits.bits))
}

/// Removes from a folder the temporary files whose process is gone.
pub(crate) fn sweep(folder: BorrowedFd<'_>) -> Result<(), Errno> {
    let mut entries = Dir::read_from(folder)?;
    while let Some(entry) = entries.read() {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_str().is_ok_and(is_orphan) {
            match rustix::fs::unlinkat(folder, name, AtFlags::empty()) {
                // A folder of such a name is somebody's own.
                Ok(()) | Err(Errno::NOENT | Errno::ISDIR) => {}
                Err(errno) => return Err(errno),
            }
        }
    }
    Ok(())
}

/// Removes from the folder that a file stands in what dead processes left there on its way to some place. Whoever writes there
/// does so too; this is for a folder that may not be written to again.
///
/// # Errors
/// When the disk refuses. That there is no such folder, or a link in its place, is none.
pub fn clear_leftovers(root: &Path, path: &RelPath) -> Result<(), FileError> {
    let root = Root::open("write", root)?;
    let folder = match root.folder_of(path) {
        Ok((folder, _)) => folder,
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::XDEV | Errno::ACCESS) => {
            return Ok(());
        }
        Err(errno) => return Err(FileError::os("write", &root.join(path), errno)),
    };
    sweep(folder.as_fd()).map_err(|errno| FileError::os("write", &root.join(path), errno))
}

fn is_orphan(name: &str) -> bool {
    let Some(rest) = name.strip_prefix(PREFIX) else {
        return false;
    };
    let numbers: Vec<Option<u64>> = rest.split('.').map(|part| part.parse().ok()).collect();
    match numbers.as_slice() {
        [Some(pid), Some(start), Some(_)] => {
            u32::try_from(*pid).is_ok_and(|pid| !lease::is_alive(pid, *start))
        }
        _ => false,
    }
}

/// The process whose name temporary files carry.
pub(crate) fn owner() -> Result<Owner, LeaseError> {
    Owner::this()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_dead_processes_are_orphans() {
        let this = Owner::this().unwrap();
        assert!(!is_orphan(&format!(
            "{PREFIX}{}.{}.0",
            this.pid, this.start
        )));
        assert!(is_orphan(&format!(
            "{PREFIX}{}.{}.0",
            this.pid,
            this.start + 1
        )));
        for other in [
            "main.rs",
            ".kiro-tmp.",
            ".kiro-tmp.notes",
            ".kiro-tmp.1.2",
            ".kiro-tmp.1.2.3.4",
        ] {
            assert!(!is_orphan(other), "{other}");
        }
    }

    #[test]
    fn bits_follow_the_old_file_and_the_new_mode() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        File::create(&path).unwrap();
        let check = |old: u32, mode: Mode| {
            let old = rustix::fs::Mode::from_raw_mode(old);
            rustix::fs::chmod(&path, old).unwrap();
            let stat = rustix::fs::stat(&path).unwrap();
            Bits::like(Some(&stat), mode).unwrap().bits
        };
        assert_eq!(check(0o640, Mode::Executable), 0o750);
        assert_eq!(check(0o755, Mode::File), 0o644);
        assert_eq!(check(0o600, Mode::File), 0o600);
        assert_eq!(check(0o700, Mode::Executable), 0o700);
        assert!(Bits::like(None, Mode::File).is_none());
    }
}
