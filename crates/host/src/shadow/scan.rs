//! Which files of a folder belong in a snapshot.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use change::RelPath;

use super::error::ShadowError;
use super::store::LITTER_FOLDERS;
use super::tree::{LeftOut, Why};
use crate::files::{TEMP_PREFIX, is_forbidden_part, plain};

/// The largest file that a snapshot takes, in bytes.
const MAX_FILE_BYTES: u64 = 64 << 20;
/// The most files that a snapshot takes.
const MAX_FILES: usize = 500_000;

/// The caller's rule: whether a file may be read at all.
pub(super) type Keep<'a> = &'a dyn Fn(&RelPath) -> bool;

/// The files of a folder, sorted by what is to be done with them.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Are there and belong in the snapshot.
    pub(super) take: Vec<String>,
    /// Are not there any more.
    pub(super) gone: Vec<String>,
    /// Are there, and stay in the snapshot as they were, unread.
    pub(super) unread: Vec<String>,
    /// Everything that is there and left out, by path.
    pub(super) left_out: BTreeMap<String, Why>,
}

impl Scan {
    /// Judges the names that git listed for `folder`.
    pub(super) fn of(
        folder: &Path,
        listed: &[u8],
        keep: Keep<'_>,
        own: Option<&str>,
    ) -> Result<Scan, ShadowError> {
        let mut names: Vec<&[u8]> = listed
            .split(|it| *it == 0)
            .filter(|it| !it.is_empty())
            .collect();
        names.sort_unstable();
        names.dedup();
        if names.len() > MAX_FILES {
            return Err(ShadowError::TooManyFiles {
                path: folder.to_path_buf(),
                limit: MAX_FILES,
            });
        }
        let mut look = Look {
            folder,
            keep,
            own,
            folders: HashMap::new(),
            refused: None,
        };
        let mut scan = Scan::default();
        for name in names {
            scan.add(name, look.judge(name));
        }
        Ok(scan)
    }

    fn add(&mut self, name: &[u8], found: Found) {
        let text = String::from_utf8_lossy(name).into_owned();
        match found {
            Found::Take => self.take.push(text),
            Found::Gone => self.gone.push(text),
            Found::Ours => {}
            Found::Out(why) => {
                match why {
                    Why::Refused | Why::TooLarge => self.unread.push(text.clone()),
                    Why::Special | Why::Repository if !text.ends_with('/') => {
                        self.gone.push(text.clone());
                    }
                    _ => {}
                }
                let name = text.trim_end_matches('/').to_owned();
                self.left_out.insert(name, why);
            }
        }
    }

    /// What is left out, for the report.
    pub(super) fn report(&self) -> Vec<LeftOut> {
        let report = |(path, why): (&String, &Why)| LeftOut::new(path, *why);
        self.left_out.iter().map(report).collect()
    }
}

enum Found {
    Take,
    Gone,
    /// Kiro's own state or temporary file, of no interest to anybody.
    Ours,
    Out(Why),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Parent {
    Folder,
    /// A link, a file, or nothing.
    Other,
}

struct Look<'a> {
    folder: &'a Path,
    keep: Keep<'a>,
    /// Where in the folder Kiro's own state is.
    own: Option<&'a str>,
    folders: HashMap<String, Parent>,
    /// Files with several names of which one is refused; looked for when the first such file is met.
    refused: Option<HashSet<(u64, u64)>>,
}

impl Look<'_> {
    fn judge(&mut self, name: &[u8]) -> Found {
        if name.ends_with(b"/") {
            return Found::Out(Why::Repository);
        }
        let Some(path) = std::str::from_utf8(name)
            .ok()
            .and_then(|it| RelPath::parse(it).ok())
        else {
            return Found::Out(Why::Name);
        };
        let is_own = |own: &str| {
            path.as_str()
                .strip_prefix(own)
                .is_some_and(|rest| rest.starts_with('/'))
        };
        if self.own.is_some_and(is_own) || path.file_name().starts_with(TEMP_PREFIX) {
            return Found::Ours;
        }
        if path.components().any(is_forbidden_part) {
            return Found::Out(Why::Reserved);
        }
        if !(self.keep)(&path) {
            return Found::Out(Why::Refused);
        }
        if self.parent(&path) == Parent::Other {
            return Found::Gone;
        }
        self.file(&path)
    }

    fn file(&mut self, path: &RelPath) -> Found {
        let place = self.folder.join(path.as_str());
        let Ok(found) = fs::symlink_metadata(&place) else {
            return Found::Gone;
        };
        let kind = found.file_type();
        if kind.is_file() && found.nlink() > 1 && self.is_refused(&found) {
            Found::Out(Why::Refused)
        } else if kind.is_symlink() || (kind.is_file() && found.len() <= MAX_FILE_BYTES) {
            Found::Take
        } else if kind.is_file() {
            Found::Out(Why::TooLarge)
        } else if !kind.is_dir() {
            Found::Out(Why::Special)
        } else if place.join(".git").symlink_metadata().is_ok() {
            Found::Out(Why::Repository)
        } else {
            Found::Gone
        }
    }

    /// Whether a file is also one that the caller refuses, by another of its names.
    fn is_refused(&mut self, file: &fs::Metadata) -> bool {
        if self.refused.is_none() {
            self.refused = Some(self.refused_files());
        }
        let refused = self.refused.as_ref();
        refused.is_some_and(|it| it.contains(&(file.dev(), file.ino())))
    }

    /// The files with several names in the whole folder, ignored ones included, of which one name is refused.
    fn refused_files(&self) -> HashSet<(u64, u64)> {
        let mut refused = HashSet::new();
        let mut todo = vec![self.folder.to_path_buf()];
        let mut left = MAX_FILES;
        while let Some(folder) = todo.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                if left == 0 {
                    return refused;
                }
                left -= 1;
                let Ok(found) = entry.metadata() else {
                    continue;
                };
                if found.is_dir() {
                    todo.push(entry.path());
                } else if found.is_file() && found.nlink() > 1 && !self.keeps(&entry.path()) {
                    refused.insert((found.dev(), found.ino()));
                }
            }
        }
        refused
    }

    fn keeps(&self, place: &Path) -> bool {
        let inside = place.strip_prefix(self.folder).ok().and_then(Path::to_str);
        match inside.and_then(|it| RelPath::parse(it).ok()) {
            Some(path) => !path.components().any(is_forbidden_part) && (self.keep)(&path),
            None => false,
        }
    }

    /// What the path's folder is. A folder that is reached through a link counts as none.
    fn parent(&mut self, path: &RelPath) -> Parent {
        let Some(parent) = path.parent() else {
            return Parent::Folder;
        };
        if let Some(known) = self.folders.get(parent.as_str()) {
            return *known;
        }
        let is_folder = self.parent(&parent) == Parent::Folder
            && fs::symlink_metadata(self.folder.join(parent.as_str())).is_ok_and(|it| it.is_dir());
        let found = if is_folder {
            Parent::Folder
        } else {
            Parent::Other
        };
        self.folders.insert(parent.as_str().to_owned(), found);
        found
    }
}

/// The first of these files that cannot be read, for a message that names it.
pub(super) fn first_unreadable(folder: &Path, names: &[String]) -> Option<ShadowError> {
    names.iter().find_map(|name| {
        let path = folder.join(name);
        let kind = fs::symlink_metadata(&path).ok()?.file_type();
        let error = match kind.is_symlink() {
            true => fs::read_link(&path).err()?,
            false => fs::File::open(&path).err()?,
        };
        Some(ShadowError::Unreadable {
            path,
            reason: plain(&error).into_owned(),
        })
    })
}

/// Walks a folder for what git must not meet: a pipe where it expects rules would keep it waiting for
/// ever. Gives the places below the top where a `.git` stands.
pub(super) fn find_traps(folder: &Path) -> Result<Vec<String>, ShadowError> {
    let mut repositories = Vec::new();
    let mut todo = vec![folder.to_path_buf()];
    while let Some(at) = todo.pop() {
        // What cannot be listed is met again by git, which says so unless it is ignored.
        let Ok(entries) = fs::read_dir(&at) else {
            continue;
        };
        for entry in entries.flatten() {
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            match entry.file_name().as_bytes() {
                b".git" => repositories.extend(below(folder, &entry.path())),
                b".gitignore" | b".gitattributes" if !kind.is_file() => {
                    refuse_trap(entry.path(), kind)?;
                }
                name if kind.is_dir() && !is_litter(name) => todo.push(entry.path()),
                _ => {}
            }
        }
    }
    repositories.sort();
    Ok(repositories)
}

fn is_litter(name: &[u8]) -> bool {
    LITTER_FOLDERS.iter().any(|it| it.as_bytes() == name)
}

fn below(folder: &Path, path: &Path) -> Option<String> {
    let rest = path.strip_prefix(folder).ok()?;
    Some(rest.to_string_lossy().into_owned())
}

fn refuse_trap(path: PathBuf, kind: fs::FileType) -> Result<(), ShadowError> {
    let found = if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else if kind.is_char_device() || kind.is_block_device() {
        "a device"
    } else {
        return Ok(());
    };
    Err(ShadowError::Trap { path, found })
}
