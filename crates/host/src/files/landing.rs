//! What bringing a changeset into a folder would do, decided before anything is touched.

use std::collections::BTreeSet;
use std::fmt;
use std::os::fd::OwnedFd;

use change::{Changeset, FileChange, FileState, Merge, Mode, RelPath, merge};
use rustix::fs::{Dir, FileType, OFlags};
use rustix::io::Errno;

use super::apply::ApplyError;
use super::beneath::{Root, is_forbidden_part};
use super::error::{FileError, shown};
use super::present::{Present, Stamp, look};

/// What bringing a changeset into a folder does there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Landing {
    /// What changes in the folder, from its present state: with the user's own edits on both sides.
    /// Inverted, it undoes exactly this.
    pub changes: Changeset,
    /// Files in which the user's edits and the changeset were put together.
    pub merged: Vec<RelPath>,
    /// Files that stand as the changeset wants them already.
    pub skipped: Vec<RelPath>,
}

/// A file that the user and the changeset both changed, in ways that do not go together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Which file.
    pub path: RelPath,
    /// What stands in the way, as the end of a sentence.
    pub why: String,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", shown(self.path.as_str()), self.why)
    }
}

/// One file that will be touched.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) path: RelPath,
    pub(crate) present: Option<(FileState, Stamp)>,
    /// What will stand there; `None` removes it.
    pub(crate) target: Option<FileState>,
    /// Whether an empty folder must first make room.
    pub(crate) on_folder: bool,
}

/// All of it, decided.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    pub(crate) landing: Landing,
}

enum Decision {
    Skip,
    Put(FileState, Note),
    Remove,
    Clash(String),
}

#[derive(PartialEq, Eq)]
enum Note {
    Plain,
    Merged,
    OnFolder,
}

/// Compares every file with its state before the change; writes nothing.
pub(crate) fn decide(root: &Root, changes: &Changeset) -> Result<Plan, ApplyError> {
    let deleted: BTreeSet<&RelPath> = changes
        .files()
        .iter()
        .filter(|it| it.after.is_none())
        .map(|it| &it.path)
        .collect();
    let mut plan = Plan {
        steps: Vec::new(),
        landing: Landing::default(),
    };
    let mut conflicts = Vec::new();
    let mut landed = Vec::new();
    for change in changes.files() {
        refuse_hostile(root, change)?;
        let present = look_again(root, &change.path)?;
        let decision = judge(root, change, &present, &deleted)?;
        let present = match present {
            Present::File(state, stamp) => Some((state, stamp)),
            _ => None,
        };
        let (target, note) = match decision {
            Decision::Skip => {
                plan.landing.skipped.push(change.path.clone());
                continue;
            }
            Decision::Clash(why) => {
                let path = change.path.clone();
                conflicts.push(Conflict { path, why });
                continue;
            }
            Decision::Put(state, note) => (Some(state), note),
            Decision::Remove => (None, Note::Plain),
        };
        if note == Note::Merged {
            plan.landing.merged.push(change.path.clone());
        }
        landed.push(FileChange {
            path: change.path.clone(),
            before: present.as_ref().map(|(state, _)| state.clone()),
            after: target.clone(),
        });
        plan.steps.push(Step {
            path: change.path.clone(),
            present,
            target,
            on_folder: note == Note::OnFolder,
        });
    }
    if !conflicts.is_empty() {
        return Err(ApplyError::Conflict { files: conflicts });
    }
    plan.landing.changes = Changeset::new(landed)?;
    Ok(plan)
}

/// Looks; once more when the file changed while it was read.
fn look_again(root: &Root, path: &RelPath) -> Result<Present, ApplyError> {
    let mut found = look(root, path);
    for _ in 0..3 {
        if !matches!(found, Err(Errno::AGAIN)) {
            break;
        }
        found = look(root, path);
    }
    found.map_err(|errno| FileError::os("read", &root.join(path), errno).into())
}

fn refuse_hostile(root: &Root, change: &FileChange) -> Result<(), ApplyError> {
    if change.path.components().any(is_forbidden_part) {
        return Err(ApplyError::Forbidden {
            path: change.path.clone(),
        });
    }
    match &change.after {
        Some(state)
            if state.mode == Mode::Symlink && root.link_leaves(&change.path, &state.bytes) =>
        {
            Err(ApplyError::Escapes {
                path: change.path.clone(),
                target: shown(&String::from_utf8_lossy(&state.bytes)),
            })
        }
        _ => Ok(()),
    }
}

fn judge(
    root: &Root,
    change: &FileChange,
    present: &Present,
    deleted: &BTreeSet<&RelPath>,
) -> Result<Decision, ApplyError> {
    let now = match present {
        Present::File(state, _) => Some(state),
        Present::Absent => None,
        Present::Blocked if change.after.is_none() || parent_goes(&change.path, deleted) => None,
        Present::Folder if change.after.is_none() => None,
        Present::Folder => return on_folder(root, change, deleted),
        Present::Blocked => {
            return Ok(Decision::Clash(
                "a file or a link stands where its folder belongs".to_owned(),
            ));
        }
        Present::Strange(what) => return Ok(Decision::Clash(format!("{what} stands there"))),
    };
    Ok(compare(change, now))
}

fn parent_goes(path: &RelPath, deleted: &BTreeSet<&RelPath>) -> bool {
    let mut folder = path.parent();
    while let Some(it) = folder {
        if deleted.contains(&it) {
            return true;
        }
        folder = it.parent();
    }
    false
}

/// A file is to stand where a folder is: only when the changeset removes everything in that folder.
fn on_folder(
    root: &Root,
    change: &FileChange,
    deleted: &BTreeSet<&RelPath>,
) -> Result<Decision, ApplyError> {
    let os = |errno: Errno| FileError::os("read", &root.join(&change.path), errno);
    let folder = root.folder(Some(&change.path)).map_err(os)?;
    let free =
        change.before.is_none() && only_holds(folder, change.path.as_str(), deleted).map_err(os)?;
    match &change.after {
        Some(state) if free => Ok(Decision::Put(state.clone(), Note::OnFolder)),
        _ => Ok(Decision::Clash("a folder stands there".to_owned())),
    }
}

fn only_holds(folder: OwnedFd, path: &str, deleted: &BTreeSet<&RelPath>) -> Result<bool, Errno> {
    let mut todo = vec![(folder, path.to_owned())];
    while let Some((folder, path)) = todo.pop() {
        let mut list = Dir::read_from(&folder)?;
        while let Some(entry) = list.read() {
            let entry = entry?;
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            let Ok(name) = name.to_str() else {
                return Ok(false);
            };
            let inner = format!("{path}/{name}");
            if entry.file_type() == FileType::Directory {
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let fd = rustix::fs::openat(&folder, name, flags, rustix::fs::Mode::empty())?;
                todo.push((fd, inner));
            } else if !RelPath::parse(&inner).is_ok_and(|it| deleted.contains(&it)) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

fn compare(change: &FileChange, now: Option<&FileState>) -> Decision {
    if now == change.after.as_ref() {
        return Decision::Skip;
    }
    if now == change.before.as_ref() {
        return match &change.after {
            Some(state) => Decision::Put(state.clone(), Note::Plain),
            None => Decision::Remove,
        };
    }
    let (now, after) = match (now, &change.after) {
        (Some(now), Some(after)) => (now, after),
        (Some(_), None) => return clash("you changed it, and the task deletes it"),
        (None, _) => return clash("you deleted it, and the task changes it"),
    };
    match &change.before {
        None if now.bytes == after.bytes
            && now.mode != Mode::Symlink
            && after.mode != Mode::Symlink =>
        {
            Decision::Put(after.clone(), Note::Plain)
        }
        None => clash("you and the task both created it"),
        Some(before) => together(before, now, after),
    }
}

fn together(before: &FileState, now: &FileState, after: &FileState) -> Decision {
    if [before, now, after]
        .iter()
        .any(|it| it.mode == Mode::Symlink)
    {
        return clash("you and the task both changed it, and it is a link");
    }
    let mode = if now.mode == before.mode {
        after.mode
    } else {
        now.mode
    };
    let merged = match merge(&before.bytes, &now.bytes, &after.bytes) {
        Merge::Clean(bytes) => FileState { mode, bytes },
        Merge::Conflict(_) => return clash("you and the task changed the same lines"),
    };
    if merged == *now {
        Decision::Skip
    } else {
        Decision::Put(merged, Note::Merged)
    }
}

fn clash(why: &str) -> Decision {
    Decision::Clash(why.to_owned())
}
