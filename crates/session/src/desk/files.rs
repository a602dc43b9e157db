//! Files as a person's editor reads and writes them.

use change::RelPath;
use host::files::{self, EntryKind, Last};
use policy::{FileAct, FoundKind, PathFacts, Place};

use super::{Desk, DeskError, Why};
use crate::documents::permitted;

/// The largest file that is read at once, in bytes.
const FILE_MAX: u64 = 64 << 20;

/// What stands at a place. A link is what it leads to, as long as that is in the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A link that leads nowhere, or out of the folder.
    Link,
    /// A pipe, a socket or a device.
    Special,
}

/// What is known of a place without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stated {
    /// What stands there.
    pub kind: FileKind,
    /// Its size in bytes; 0 for what is no file.
    pub size: u64,
    /// When it changed last, in milliseconds since 1970.
    pub changed_ms: i64,
}

/// One name in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The name.
    pub name: String,
    /// What stands there.
    pub kind: FileKind,
}

impl Desk {
    /// What stands at a path; the folder itself is the empty one.
    ///
    /// # Errors
    /// When nothing stands there, or it leads out of the folder.
    pub fn stat(&self, path: &str) -> Result<Stated, DeskError> {
        let facts = self.look(path, Last::Followed)?;
        let place = match &facts.place {
            Place::Root => None,
            Place::Inside(path) => Some(path),
            _ => return self.dead_link(path),
        };
        let standing = files::standing_in(self.root(), place)?.ok_or_else(|| missing(path))?;
        let (kind, size) = match standing.kind {
            EntryKind::File(size) => (FileKind::File, size),
            EntryKind::Folder => (FileKind::Folder, 0),
            EntryKind::Link => (FileKind::Link, 0),
            EntryKind::Special => (FileKind::Special, 0),
        };
        Ok(Stated {
            kind,
            size,
            changed_ms: standing.changed_ms,
        })
    }

    /// A link that leads nowhere in the folder stands there all the same.
    fn dead_link(&self, path: &str) -> Result<Stated, DeskError> {
        let facts = self.look(path, Last::Itself)?;
        let Place::Inside(place) = &facts.place else {
            return Err(outside(path));
        };
        let standing =
            files::standing_in(self.root(), Some(place))?.ok_or_else(|| missing(path))?;
        Ok(Stated {
            kind: FileKind::Link,
            size: 0,
            changed_ms: standing.changed_ms,
        })
    }

    /// What stands in a folder, by name.
    ///
    /// # Errors
    /// When it is no folder, or cannot be listed.
    pub fn list(&self, path: &str) -> Result<Vec<Listed>, DeskError> {
        let facts = self.look(path, Last::Followed)?;
        let place = match &facts.place {
            Place::Root => None,
            Place::Inside(path) => Some(path),
            _ => return Err(outside(path)),
        };
        let entries = files::entries_in(self.root(), place)?;
        let listed = entries.into_iter().map(|it| Listed {
            kind: match it.kind {
                EntryKind::File(_) => FileKind::File,
                EntryKind::Folder => FileKind::Folder,
                EntryKind::Special => FileKind::Special,
                EntryKind::Link => self.led_to(path, &it.name),
            },
            name: it.name,
        });
        Ok(listed.collect())
    }

    fn led_to(&self, folder: &str, name: &str) -> FileKind {
        let path = match folder {
            "" => name.to_owned(),
            folder => format!("{folder}/{name}"),
        };
        self.stat(&path).map_or(FileKind::Link, |it| it.kind)
    }

    /// The content of a file.
    ///
    /// # Errors
    /// When there is none, it leads out of the folder, or it is larger than 64 MiB.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, DeskError> {
        let facts = self.look(path, Last::Followed)?;
        if facts.found.is_none() && matches!(facts.place, Place::Inside(_)) {
            return Err(missing(path));
        }
        let permit = permitted(self.gate.judge_own_file(FileAct::Read, &facts))?;
        let read = files::load_judged(permit, self.root(), &facts, FILE_MAX);
        Ok(read?.bytes)
    }

    /// Writes a file whole, and makes the folders it stands in. `create` lets it be new, `overwrite` lets it be there.
    ///
    /// # Errors
    /// When it may not be new, or not be there, or the disk refuses; then the old content stands.
    pub fn write(
        &self,
        path: &str,
        bytes: &[u8],
        create: bool,
        overwrite: bool,
    ) -> Result<(), DeskError> {
        let facts = self.look(path, Last::Followed)?;
        match &facts.found {
            None if !create => return Err(missing(path)),
            Some(_) if !overwrite => return Err(exists(path)),
            _ => {}
        }
        let permit = permitted(self.gate.judge_own_file(FileAct::Write(bytes), &facts))?;
        Ok(files::write_judged(permit, self.root(), &facts, bytes)?)
    }

    /// Makes a folder, and those it stands in.
    ///
    /// # Errors
    /// When something stands there, or the disk refuses.
    pub fn make_folder(&self, path: &str) -> Result<(), DeskError> {
        let facts = self.look(path, Last::Itself)?;
        let permit = permitted(self.gate.judge_own_folder(&facts))?;
        Ok(files::make_folder_judged(permit, self.root(), &facts)?)
    }

    /// Removes a file, a link, or a folder; one that is not empty only with `recursive`.
    ///
    /// # Errors
    /// When nothing stands there, a folder is not empty, or the disk refuses.
    pub fn remove(&self, path: &str, recursive: bool) -> Result<(), DeskError> {
        let facts = self.look(path, Last::Itself)?;
        let Some(found) = &facts.found else {
            return Err(missing(path));
        };
        let is_folder = found.kind == FoundKind::Folder;
        if is_folder && !recursive && !self.list(path)?.is_empty() {
            return Err(DeskError::new(Why::Failed, format!("{path} is not empty")));
        }
        let permit = permitted(self.gate.judge_own_file(FileAct::Delete, &facts))?;
        match is_folder {
            true => files::remove_tree_judged(permit, self.root(), &facts)?,
            false => files::remove_judged(permit, self.root(), &facts)?,
        }
        Ok(())
    }

    /// Moves a file or folder. What stands at the new place is removed first if `overwrite` says so.
    ///
    /// # Errors
    /// When nothing is there to be moved, the new place is taken, or the disk refuses.
    pub fn rename(&self, from: &str, to: &str, overwrite: bool) -> Result<(), DeskError> {
        let source = self.look(from, Last::Itself)?;
        if source.found.is_none() {
            return Err(missing(from));
        }
        let mut target = self.look(to, Last::Itself)?;
        let same = target.found.as_ref().map(|it| it.id) == source.found.as_ref().map(|it| it.id);
        if target.found.is_some() && !same {
            if !overwrite {
                return Err(exists(to));
            }
            self.remove(to, true)?;
            target = self.look(to, Last::Itself)?;
        }
        let verdict = self.gate.judge_own_file(FileAct::Rename(&target), &source);
        Ok(files::rename_judged(
            permitted(verdict)?,
            self.root(),
            &source,
            &target,
        )?)
    }

    fn look(&self, path: &str, last: Last) -> Result<PathFacts, DeskError> {
        if path.is_empty() {
            return Ok(files::look(self.root(), ".", last)?);
        }
        RelPath::parse(path).map_err(|error| DeskError::new(Why::Refused, error))?;
        Ok(files::look(self.root(), path, last)?)
    }
}

fn missing(path: &str) -> DeskError {
    DeskError::new(Why::Missing, format!("{path} does not exist"))
}

fn exists(path: &str) -> DeskError {
    DeskError::new(Why::Exists, format!("{path} is there already"))
}

fn outside(path: &str) -> DeskError {
    DeskError::new(
        Why::Refused,
        format!("{path} is no place in the opened folder"),
    )
}
