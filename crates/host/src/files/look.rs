//! What the disk says of a path that somebody asked for, so that policy can judge it.
//!
//! The walk follows every link itself, as the system would, and writes down where it came out. Nothing is
//! opened but folders, and nothing is changed. What is done afterwards is done below a descriptor of the
//! project's folder and only to the file that was looked at ([`read_judged`](super::read_judged)), so it does
//! not matter what happens to the path in between.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirEntryExt, MetadataExt};
use std::path::{Path, PathBuf};

use change::RelPath;
use policy::{FileId, Found, FoundKind, PathFacts, Place, Trouble};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::error::FileError;

/// How many links are followed on one way, as in the kernel.
const LINKS_MAX: usize = 40;
/// The longest path that the system takes, in bytes.
const PATH_MAX: usize = 4095;
/// How many names of a project are looked through for the other names of one file.
const NAMES_MAX: usize = 300_000;

/// Whether a link at the end of the path is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Last {
    /// The act is about the file that it leads to.
    Followed,
    /// The act is about the link itself, as in removing.
    Itself,
}

/// Looks at the path that `text` names, seen from the canonical folder `root`.
///
/// # Errors
/// When the root itself cannot be looked at. Whatever is wrong with the path is a fact, no error.
pub fn look(root: &Path, text: &str, last: Last) -> Result<PathFacts, FileError> {
    let fact = |place, found, literal| PathFacts {
        requested: text.to_owned(),
        place,
        found,
        literal,
    };
    if text.contains('\0') {
        return Ok(fact(Place::Nowhere(Trouble::NotText), None, false));
    }
    if text.len() > PATH_MAX {
        return Ok(fact(Place::Nowhere(Trouble::TooLong), None, false));
    }
    let os = |errno: Errno| FileError::os("look at", root, errno);
    let mut walk = Walk::from(root, text, last).map_err(os)?;
    let stat = match walk.go() {
        Ok(stat) => stat,
        Err(trouble) => return Ok(fact(Place::Nowhere(trouble), None, false)),
    };
    let place = walk.place(root);
    let found = stat.map(|it| found(root, &place, &it));
    Ok(fact(place, found, walk.literal))
}

fn found(root: &Path, place: &Place, stat: &Stat) -> Found {
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => FoundKind::File,
        FileType::Directory => FoundKind::Folder,
        FileType::Symlink => FoundKind::Link,
        _ => FoundKind::Special,
    };
    let links = links(stat);
    let id = file_id(stat);
    let several = kind == FoundKind::File && links > 1 && matches!(place, Place::Inside(_));
    Found {
        kind,
        id,
        links,
        names: match several {
            true => names_of(root, id, links),
            false => Vec::new(),
        },
    }
}

/// How many names the file has on its disk.
#[cfg_attr(
    target_os = "linux",
    expect(clippy::unnecessary_cast, reason = "narrower on other systems")
)]
pub(super) fn links(stat: &Stat) -> u64 {
    stat.st_nlink as u64
}

/// Who may do what with the file.
#[cfg_attr(
    target_os = "linux",
    expect(clippy::useless_conversion, reason = "narrower on other systems")
)]
pub(super) fn permission_bits(stat: &Stat) -> u32 {
    u32::from(stat.st_mode & 0o7777)
}

/// Which file the system means.
#[cfg_attr(
    target_os = "linux",
    expect(clippy::unnecessary_cast, reason = "narrower on other systems")
)]
pub(crate) fn file_id(stat: &Stat) -> FileId {
    FileId {
        device: stat.st_dev as u64,
        number: stat.st_ino as u64,
    }
}

/// The names below `root` that one file has; stops when all are found, or after [`NAMES_MAX`] names.
fn names_of(root: &Path, id: FileId, links: u64) -> Vec<RelPath> {
    let mut names = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            seen += 1;
            if seen > NAMES_MAX || names.len() as u64 == links {
                return names;
            }
            if entry.file_type().is_ok_and(|it| it.is_dir()) {
                folders.push(entry.path());
            } else if entry.ino() == id.number
                && entry.metadata().is_ok_and(|it| it.dev() == id.device)
            {
                let path = entry.path();
                let inside = path.strip_prefix(root).ok().and_then(Path::to_str);
                names.extend(inside.and_then(|it| RelPath::parse(it).ok()));
            }
        }
    }
    names
}

/// A walk along a path, link after link.
struct Walk {
    /// The real names of the folders on the way here, from the file system's root.
    names: Vec<Vec<u8>>,
    /// Where the walk stands; none below something that does not exist.
    folder: Option<OwnedFd>,
    todo: VecDeque<Part>,
    links: usize,
    literal: bool,
    last: Last,
}

struct Part {
    name: Vec<u8>,
    /// Whether it is of the text that was asked for, not of a link.
    asked: bool,
}

enum Step {
    Folder(OwnedFd),
    Link(Vec<u8>),
    Other(Stat),
    Nothing,
}

impl Walk {
    fn from(root: &Path, text: &str, last: Last) -> Result<Walk, Errno> {
        let names: Vec<Vec<u8>> = match text.starts_with('/') {
            true => Vec::new(),
            false => names_in(root.as_os_str().as_bytes()).collect(),
        };
        let todo = text.as_bytes().split(|it| *it == b'/').map(|name| Part {
            name: name.to_vec(),
            asked: true,
        });
        Ok(Walk {
            folder: Some(reopen(&names)?),
            names,
            todo: todo.collect(),
            links: 0,
            literal: true,
            last,
        })
    }

    /// Goes to the end; gives what stands there.
    fn go(&mut self) -> Result<Option<Stat>, Trouble> {
        let mut end = None;
        while let Some(part) = self.todo.pop_front() {
            let more = self.todo.iter().any(|it| !it.name.is_empty());
            match part.name.as_slice() {
                b"" => {}
                b"." => {}
                b".." => self.up()?,
                name if self.folder.is_none() => {
                    self.literal = false;
                    self.names.push(name.to_vec());
                }
                _ => end = self.enter(&part, more)?,
            }
            if end.is_some() && more {
                return Err(Trouble::ThroughFile);
            }
        }
        match (&self.folder, end) {
            (_, Some(stat)) => Ok(Some(stat)),
            (Some(folder), None) => rustix::fs::fstat(folder).map(Some).map_err(trouble),
            (None, None) => Ok(None),
        }
    }

    fn up(&mut self) -> Result<(), Trouble> {
        self.names.pop();
        self.folder = match reopen(&self.names) {
            Ok(folder) => Some(folder),
            Err(Errno::NOENT) => None,
            Err(errno) => return Err(trouble(errno)),
        };
        Ok(())
    }

    /// Enters what `part` names; gives what stands there when it is no folder.
    fn enter(&mut self, part: &Part, more: bool) -> Result<Option<Stat>, Trouble> {
        let Some(folder) = &self.folder else {
            return Ok(None);
        };
        let name = part.name.as_slice();
        let step = step(folder, name).map_err(trouble)?;
        if part.asked && self.literal {
            self.literal = !matches!(step, Step::Nothing) && is_literal(folder, name);
        }
        match step {
            Step::Link(_) if !more && self.last == Last::Itself && part.asked => {
                let stat = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW);
                self.names.push(name.to_vec());
                stat.map(Some).map_err(trouble)
            }
            Step::Link(target) => {
                if is_kernels_own(folder, self.names.len()) {
                    return Err(Trouble::MagicLink);
                }
                self.follow(&target)?;
                Ok(None)
            }
            Step::Folder(next) => {
                self.names.push(name.to_vec());
                self.folder = Some(next);
                Ok(None)
            }
            Step::Other(stat) => {
                self.names.push(name.to_vec());
                Ok(Some(stat))
            }
            Step::Nothing => {
                self.names.push(name.to_vec());
                self.folder = None;
                Ok(None)
            }
        }
    }

    fn follow(&mut self, target: &[u8]) -> Result<(), Trouble> {
        self.links += 1;
        if self.links > LINKS_MAX {
            return Err(Trouble::Loop);
        }
        if target.starts_with(b"/") {
            self.names.clear();
            self.folder = Some(reopen(&[]).map_err(trouble)?);
        }
        for name in names_in(target).rev() {
            self.todo.push_front(Part { name, asked: false });
        }
        Ok(())
    }

    fn place(&self, root: &Path) -> Place {
        let root: Vec<Vec<u8>> = names_in(root.as_os_str().as_bytes()).collect();
        let Some(inside) = self.names.strip_prefix(root.as_slice()) else {
            let path = [b"/".as_slice(), &self.names.join(&b'/')].concat();
            return Place::Outside(PathBuf::from(OsStr::from_bytes(&path)));
        };
        if inside.is_empty() {
            return Place::Root;
        }
        let text = String::from_utf8(inside.join(&b'/')).ok();
        match text.and_then(|it| RelPath::parse(&it).ok()) {
            Some(path) => Place::Inside(path),
            None => Place::Nowhere(Trouble::NotText),
        }
    }
}

fn names_in(path: &[u8]) -> impl DoubleEndedIterator<Item = Vec<u8>> + '_ {
    let names = path.split(|it| *it == b'/');
    names.filter(|it| !it.is_empty()).map(<[u8]>::to_vec)
}

fn trouble(errno: Errno) -> Trouble {
    match errno {
        Errno::NOTDIR => Trouble::ThroughFile,
        Errno::LOOP => Trouble::Loop,
        Errno::NAMETOOLONG => Trouble::TooLong,
        _ => Trouble::Refused,
    }
}

#[cfg(target_os = "linux")]
const LOOKING: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const LOOKING: OFlags = OFlags::RDONLY;

fn open_folder(folder: &OwnedFd, name: &[u8]) -> Result<OwnedFd, Errno> {
    let flags = LOOKING | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(folder, name, flags, Mode::empty())
}

/// The folder with these real names, none of which may have become a link.
fn reopen(names: &[Vec<u8>]) -> Result<OwnedFd, Errno> {
    let flags = LOOKING | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut folder = rustix::fs::open("/", flags, Mode::empty())?;
    for name in names {
        folder = open_folder(&folder, name)?;
    }
    Ok(folder)
}

fn step(folder: &OwnedFd, name: &[u8]) -> Result<Step, Errno> {
    let stat = match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => stat,
        Err(Errno::NOENT) => return Ok(Step::Nothing),
        Err(errno) => return Err(errno),
    };
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => open_folder(folder, name).map(Step::Folder),
        FileType::Symlink => rustix::fs::readlinkat(folder, name, Vec::new())
            .map(|target| Step::Link(target.into_bytes())),
        _ => Ok(Step::Other(stat)),
    }
}

/// Whether links in this folder, so many folders deep, lead where no text says. Those at the top of the
/// kernel's own file system are plain ones.
#[cfg(target_os = "linux")]
fn is_kernels_own(folder: &OwnedFd, depth: usize) -> bool {
    depth > 1
        && rustix::fs::fstatfs(folder).map_or(true, |it| it.f_type == rustix::fs::PROC_SUPER_MAGIC)
}

#[cfg(not(target_os = "linux"))]
fn is_kernels_own(_folder: &OwnedFd, _depth: usize) -> bool {
    false
}

/// Whether a name that was found stands in the folder letter for letter. Some disks find a file by another
/// name, so the list of names is read, unless every letter is one that all disks keep.
fn is_literal(folder: &OwnedFd, name: &[u8]) -> bool {
    let kept = |it: &u8| it.is_ascii_alphanumeric() || b"._-".contains(it);
    if name.iter().all(kept) && !name.ends_with(b".") {
        return true;
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let listed = rustix::fs::openat(folder, ".", flags, Mode::empty()).and_then(Dir::read_from);
    let Ok(listed) = listed else {
        return false;
    };
    listed.flatten().any(|it| it.file_name().to_bytes() == name)
}

#[cfg(test)]
mod tests;
