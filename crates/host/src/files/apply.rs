//! Bringing a changeset into the user's folder. The user's own edits win.

use std::collections::BTreeSet;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use change::{Changeset, ChangesetError, FileState, RelPath};
use policy::{Act, Permit, PermitMismatch};
use rustix::fs::{AtFlags, Dir};
use rustix::io::Errno;

use super::beneath::Root;
use super::error::{FileError, shown};
use super::landing::{self, Plan, Step};
pub use super::landing::{Conflict, Landing};
use super::present::{Stamp, stamp};
use super::single::{make_folders, stat_at};
use super::temp::{self, Bits, Temp};
use crate::lease::Owner;

/// What was brought in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The rule that allowed it.
    pub rule: String,
    /// What it did.
    pub landing: Landing,
}

/// Why a changeset was not brought in.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The user changed the same places. Nothing was written.
    #[error("nothing was written, because your own edits stand: {}", list(files))]
    Conflict {
        /// Every file that clashes.
        files: Vec<Conflict>,
    },
    /// A link of the changeset would lead out of the folder. Nothing was written.
    #[error("nothing was written: {} would be a link to {target}, which leads out of the folder", shown(path.as_str()))]
    Escapes {
        /// The link.
        path: RelPath,
        /// Where it would point.
        target: String,
    },
    /// A file of git's or of Kiro's own. Nothing was written.
    #[error("nothing was written: {} belongs to git or to Kiro, and no task writes there", shown(path.as_str()))]
    Forbidden {
        /// Which file.
        path: RelPath,
    },
    /// A file could not be read or prepared. Nothing was written.
    #[error("nothing was written: {0}")]
    File(#[from] FileError),
    /// What would land makes no changeset. Nothing was written.
    #[error("nothing was written: {0}")]
    Changeset(#[from] ChangesetError),
    /// The permit was given for something else. Nothing was written.
    #[error(transparent)]
    Permit(#[from] PermitMismatch),
    /// It stopped half way; applying the same changeset again completes it.
    #[error(
        "{done} of {total} files were brought in, then: {cause}; apply the same changes again to complete it"
    )]
    Stopped {
        /// Files that stand as wanted.
        done: usize,
        /// Files that had to be touched.
        total: usize,
        /// What stopped it.
        cause: FileError,
    },
    /// The user changed a file while the changeset was brought in.
    #[error("{} changed while {done} of {total} files were brought in; apply the same changes again to complete it", shown(path.as_str()))]
    Touched {
        /// Which file.
        path: RelPath,
        /// Files that stand as wanted.
        done: usize,
        /// Files that had to be touched.
        total: usize,
    },
}

fn list(conflicts: &[Conflict]) -> String {
    let all: Vec<String> = conflicts.iter().map(Conflict::to_string).collect();
    all.join("; ")
}

/// What [`apply`] would do now. Reads only.
///
/// # Errors
/// Those of [`apply`] under which nothing is written.
pub fn preview(root: &Path, changes: &Changeset) -> Result<Landing, ApplyError> {
    let root = Root::open("read", root)?;
    Ok(landing::decide(&root, changes)?.landing)
}

/// What takes out of the folder `root` whatever stands there of `changes`, some of which may have been brought in: their inverse,
/// but for files that the user has changed in the same places since. Reads only.
///
/// # Errors
/// When a file cannot be read.
pub fn way_back(root: &Path, changes: &Changeset) -> Result<Changeset, ApplyError> {
    let root = Root::open("read", root)?;
    let back = changes.clone().inverted();
    let mut free = BTreeSet::new();
    for change in back.files() {
        let one = back.selected(|it| it.path == change.path);
        match landing::decide(&root, &one) {
            Ok(_) => {
                free.insert(change.path.clone());
            }
            Err(ApplyError::Conflict { .. } | ApplyError::Escapes { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(back.selected(|it| free.contains(&it.path)))
}

/// Brings `changes` into the folder `root`, whose user may have edited it since.
///
/// A file that stands as before the change is written; one that stands as after it is left alone, so a
/// changeset can be applied again after a crash; one that the user changed is merged. When a merge
/// clashes, or anything else is wrong with any file, nothing at all is written. All new content is on
/// the disk under temporary names before the first file is touched. Folders on the way are created, and
/// folders that the changeset emptied are removed.
///
/// # Errors
/// See [`ApplyError`]; each says whether something was written.
pub fn apply(permit: Permit, root: &Path, changes: &Changeset) -> Result<Applied, ApplyError> {
    let rule = permit.redeem(&Act::Apply {
        root: root.to_path_buf(),
        changeset: changes.digest(),
    })?;
    let landing = bring_in(root, changes, &mut |_| Ok(()))?;
    Ok(Applied { rule, landing })
}

/// As [`apply`], with somebody who is asked before every operation that changes the disk; an error of theirs stops it there,
/// as one of the disk's own would. For simulations of faults.
///
/// # Errors
/// As [`apply`].
pub fn apply_watched(
    permit: Permit,
    root: &Path,
    changes: &Changeset,
    watch: &mut dyn FnMut(&RelPath) -> std::io::Result<()>,
) -> Result<Applied, ApplyError> {
    let rule = permit.redeem(&Act::Apply {
        root: root.to_path_buf(),
        changeset: changes.digest(),
    })?;
    let landing = bring_in(root, changes, &mut |path| {
        watch(path).map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
    })?;
    Ok(Applied { rule, landing })
}

/// Asked before every operation that changes the disk; an error stops there, as a crash would.
pub(crate) type Before<'a> = &'a mut dyn FnMut(&RelPath) -> Result<(), Errno>;

pub(crate) fn bring_in(
    root: &Path,
    changes: &Changeset,
    before: Before<'_>,
) -> Result<Landing, ApplyError> {
    let root = Root::open("write", root)?;
    let plan = landing::decide(&root, changes)?;
    let mut carry = Carry {
        root: &root,
        owner: temp::owner().map_err(FileError::from)?,
        before,
        folders: BTreeSet::new(),
        done: 0,
        total: plan.steps.len(),
    };
    let temps = carry.prepare(&plan)?;
    let outcome = carry
        .touch(&plan, &temps)
        .and_then(|()| carry.tidy(changes));
    if outcome.is_err() {
        temps.iter().flatten().for_each(Temp::discard);
    }
    outcome?;
    Ok(plan.landing)
}

struct Carry<'a> {
    root: &'a Root,
    owner: Owner,
    before: Before<'a>,
    /// Folders whose list of names changed; `None` is the root.
    folders: BTreeSet<Option<RelPath>>,
    done: usize,
    total: usize,
}

impl Carry<'_> {
    /// Puts all new content on the disk, under temporary names.
    fn prepare(&mut self, plan: &Plan) -> Result<Vec<Option<Temp>>, ApplyError> {
        self.sweep(plan)?;
        let mut temps: Vec<Option<Temp>> = Vec::new();
        for step in &plan.steps {
            let made = step.target.as_ref().map(|state| {
                (self.before)(&step.path)?;
                let folder = self.nearest_folder(&step.path)?;
                Temp::create(folder, self.owner, state, self.bits(step, state)?)
            });
            match made.transpose() {
                Ok(temp) => temps.push(temp),
                Err(errno) => {
                    temps.iter().flatten().for_each(Temp::discard);
                    return Err(FileError::os("write", &self.root.join(&step.path), errno).into());
                }
            }
        }
        Ok(temps)
    }

    /// Removes what a dead process left. It may lie above a file's folder, which was not there when it began.
    fn sweep(&self, plan: &Plan) -> Result<(), ApplyError> {
        let mut folders = BTreeSet::new();
        for step in plan.steps.iter().filter(|it| it.target.is_some()) {
            let mut folder = step.path.parent();
            while folders.insert(folder.clone()) {
                folder = folder.and_then(|it| it.parent());
            }
        }
        for folder in &folders {
            let swept = match self.root.folder(folder.as_ref()) {
                Ok(folder) => temp::sweep(folder.as_fd()),
                // It is not there yet, or what stands in its place is judged later.
                Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::ACCESS) => Ok(()),
                Err(errno) => Err(errno),
            };
            let place = || {
                folder
                    .as_ref()
                    .map_or(self.root.path().to_path_buf(), |it| self.root.join(it))
            };
            swept.map_err(|errno| FileError::os("write", &place(), errno))?;
        }
        Ok(())
    }

    fn bits(&self, step: &Step, state: &FileState) -> Result<Option<Bits>, Errno> {
        if step.present.is_none() {
            return Ok(None);
        }
        let (folder, name) = self.root.folder_of(&step.path)?;
        let old = stat_at(folder.as_fd(), name)?;
        let plain = old.filter(|it| rustix::fs::FileType::from_raw_mode(it.st_mode).is_file());
        Ok(Bits::like(plain.as_ref(), state.mode))
    }

    /// The deepest folder on the way to `path` that stands now.
    fn nearest_folder(&self, path: &RelPath) -> Result<OwnedFd, Errno> {
        let mut folder = path.parent();
        loop {
            match self.root.folder(folder.as_ref()) {
                Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) if folder.is_some() => {
                    folder = folder.and_then(|it| it.parent());
                }
                other => return other,
            }
        }
    }

    /// Removals first, so that a folder can take the place of a file and a file that of a folder.
    fn touch(&mut self, plan: &Plan, temps: &[Option<Temp>]) -> Result<(), ApplyError> {
        for step in plan.steps.iter().filter(|step| step.target.is_none()) {
            self.unchanged(step)?;
            if !self
                .remove(step)
                .map_err(|errno| self.stopped(&step.path, errno))?
            {
                return Err(self.touched(&step.path));
            }
            self.done += 1;
        }
        for (step, temp) in plan.steps.iter().zip(temps) {
            let Some(temp) = temp else { continue };
            self.unchanged(step)?;
            match self.land(step, temp) {
                Ok(false) | Err(Errno::EXIST) => return Err(self.touched(&step.path)),
                other => other.map_err(|errno| self.stopped(&step.path, errno))?,
            };
            self.done += 1;
        }
        Ok(())
    }

    /// Refuses to go on when somebody touched the file since it was compared.
    fn unchanged(&self, step: &Step) -> Result<(), ApplyError> {
        let now: Option<Stamp> =
            stamp(self.root, &step.path).map_err(|errno| self.stopped(&step.path, errno))?;
        let then = step.present.as_ref().map(|(_, stamp)| *stamp);
        if now == then || (step.on_folder && then.is_none()) {
            Ok(())
        } else {
            Err(self.touched(&step.path))
        }
    }

    /// False when somebody touched it at the last moment.
    fn remove(&mut self, step: &Step) -> Result<bool, Errno> {
        let path = &step.path;
        (self.before)(path)?;
        let Some((state, stamp)) = &step.present else {
            return Ok(true);
        };
        let (folder, name) = self.root.folder_of(path)?;
        let removed = Temp::take_away(folder, self.owner, name, (state, stamp))?;
        self.folders.insert(path.parent());
        Ok(removed)
    }

    /// False when somebody touched it at the last moment.
    fn land(&mut self, step: &Step, temp: &Temp) -> Result<bool, Errno> {
        let path = &step.path;
        if step.on_folder {
            (self.before)(path)?;
            self.clear_empty(path)?;
        }
        (self.before)(path)?;
        make_folders(self.root, path)?;
        (self.before)(path)?;
        let (folder, name) = self.root.folder_of(path)?;
        let landed = match &step.present {
            Some((state, stamp)) => temp.replace(folder.as_fd(), name, (state, stamp))?,
            None => temp.land(folder.as_fd(), name, true).map(|()| true)?,
        };
        rustix::fs::fsync(temp.folder())?;
        self.folders.insert(path.parent());
        Ok(landed)
    }

    /// Removes a folder that holds nothing but folders.
    fn clear_empty(&self, path: &RelPath) -> Result<(), Errno> {
        let mut found = vec![path.clone()];
        let mut at = 0;
        while let Some(folder) = found.get(at).cloned() {
            let fd = match self.root.folder(Some(&folder)) {
                Err(Errno::NOENT) => return Ok(()),
                other => other?,
            };
            let mut list = Dir::read_from(&fd)?;
            while let Some(entry) = list.read() {
                let entry = entry?;
                let name = entry.file_name();
                if name != c"." && name != c".." {
                    let name = name.to_str().map_err(|_| Errno::NOTEMPTY)?;
                    found.push(folder.join(name).map_err(|_| Errno::NAMETOOLONG)?);
                }
            }
            at += 1;
        }
        for folder in found.iter().rev() {
            let (parent, name) = self.root.folder_of(folder)?;
            rustix::fs::unlinkat(&parent, name, AtFlags::REMOVEDIR)?;
        }
        Ok(())
    }

    /// Removes the folders that the changeset emptied and makes everything last.
    fn tidy(&mut self, changes: &Changeset) -> Result<(), ApplyError> {
        for change in changes.files().iter().filter(|it| it.after.is_none()) {
            let mut folder = change.path.parent();
            while let Some(it) = folder {
                match self.remove_if_empty(&it) {
                    Ok(true) => folder = it.parent(),
                    Ok(false) => break,
                    Err(errno) => return Err(self.stopped(&it, errno)),
                }
            }
        }
        for folder in std::mem::take(&mut self.folders) {
            match self
                .root
                .folder(folder.as_ref())
                .and_then(rustix::fs::fsync)
            {
                Ok(()) | Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => {}
                Err(errno) => {
                    let path =
                        folder.map_or_else(|| self.root.path().into(), |it| self.root.join(&it));
                    return Err(ApplyError::Stopped {
                        done: self.done,
                        total: self.total,
                        cause: FileError::os("write", &path, errno),
                    });
                }
            }
        }
        Ok(())
    }

    fn remove_if_empty(&mut self, path: &RelPath) -> Result<bool, Errno> {
        let (parent, name) = match self.root.folder_of(path) {
            Ok(found) => found,
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(true),
            Err(errno) => return Err(errno),
        };
        if stat_at(parent.as_fd(), name)?.is_none() {
            return Ok(true);
        }
        (self.before)(path)?;
        match rustix::fs::unlinkat(&parent, name, AtFlags::REMOVEDIR) {
            Ok(()) => {
                self.folders.insert(path.parent());
                Ok(true)
            }
            Err(Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR | Errno::BUSY) => Ok(false),
            Err(Errno::NOENT) => Ok(true),
            Err(errno) => Err(errno),
        }
    }

    fn stopped(&self, path: &RelPath, errno: Errno) -> ApplyError {
        ApplyError::Stopped {
            done: self.done,
            total: self.total,
            cause: FileError::os("write", &self.root.join(path), errno),
        }
    }

    fn touched(&self, path: &RelPath) -> ApplyError {
        ApplyError::Touched {
            path: path.clone(),
            done: self.done,
            total: self.total,
        }
    }
}
