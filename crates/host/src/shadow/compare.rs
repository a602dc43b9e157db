//! The difference between two snapshots, as a changeset.

use std::collections::{BTreeSet, HashMap};

use change::{Changeset, FileChange, FileState, Mode, RelPath};

use super::error::ShadowError;
use super::store::{Store, answer};
use super::tree::{TreeId, is_object_id};

/// The most bytes that the files of one comparison may have together.
const MAX_BYTES: usize = 256 << 20;
const DOING: &str = "compare two snapshots";

/// What differs, by names and ids only.
#[derive(Debug, Default)]
pub(super) struct Difference {
    files: Vec<Entry>,
    /// Everything that is needed to tell the difference again: trees and contents of both sides.
    pub(super) objects: BTreeSet<String>,
}

#[derive(Debug)]
struct Entry {
    path: RelPath,
    before: Option<(Mode, String)>,
    after: Option<(Mode, String)>,
}

/// Compares two snapshots.
pub(super) fn difference(
    store: &Store,
    old: &TreeId,
    new: &TreeId,
) -> Result<Difference, ShadowError> {
    if old == new {
        return Ok(Difference::default());
    }
    let words = [
        "diff-tree",
        "-r",
        "-t",
        "-z",
        "--raw",
        "--no-abbrev",
        "--no-renames",
        old.as_str(),
        new.as_str(),
    ];
    let out = store.call(store.inner(DOING, &words), None)?.out;
    let mut found = Difference::default();
    found.objects.extend([old.to_string(), new.to_string()]);
    let mut parts = out.split(|it| *it == 0).filter(|it| !it.is_empty());
    while let Some(facts) = parts.next() {
        let path = parts.next().ok_or_else(|| answer(DOING, "half a line"))?;
        found.add(facts, path)?;
    }
    Ok(found)
}

/// Files that stand under another name in the new snapshot, by content that is the same or mostly so: old name, new name.
pub(super) fn renames(
    store: &Store,
    old: &TreeId,
    new: &TreeId,
) -> Result<Vec<(RelPath, RelPath)>, ShadowError> {
    let words = [
        "diff-tree",
        "-r",
        "-z",
        "--name-status",
        "--find-renames",
        "--diff-filter=R",
        old.as_str(),
        new.as_str(),
    ];
    let out = store.call(store.inner(DOING, &words), None)?.out;
    let mut parts = out.split(|it| *it == 0).filter(|it| !it.is_empty());
    let path = |bytes: Option<&[u8]>| {
        let bytes = bytes.ok_or_else(|| answer(DOING, "half a line"))?;
        Ok::<RelPath, ShadowError>(RelPath::parse(&String::from_utf8_lossy(bytes))?)
    };
    let mut found = Vec::new();
    while parts.next().is_some() {
        found.push((path(parts.next())?, path(parts.next())?));
    }
    Ok(found)
}

impl Difference {
    /// One line of git's: `:100644 100755 ID ID M` and the path.
    fn add(&mut self, facts: &[u8], path: &[u8]) -> Result<(), ShadowError> {
        let text = String::from_utf8_lossy(facts);
        let fields: Vec<&str> = text.trim_start_matches(':').split(' ').collect();
        let [old_mode, new_mode, old_id, new_id, _] = fields.as_slice() else {
            return Err(answer(DOING, &text));
        };
        let path = String::from_utf8_lossy(path);
        let before = side(old_mode, old_id, &path)?;
        let after = side(new_mode, new_id, &path)?;
        for id in [&before, &after].into_iter().flatten() {
            self.objects.insert(id.1.clone());
        }
        let file = |it: Option<(Option<Mode>, String)>| it.and_then(|(mode, id)| Some((mode?, id)));
        let (before, after) = (file(before), file(after));
        if before.is_some() || after.is_some() {
            self.files.push(Entry {
                path: RelPath::parse(&path)?,
                before,
                after,
            });
        }
        Ok(())
    }

    /// The paths of the files that differ and exist in the new snapshot.
    pub(super) fn standing(&self) -> impl Iterator<Item = &RelPath> {
        self.files
            .iter()
            .filter(|it| it.after.is_some())
            .map(|it| &it.path)
    }

    /// The difference with all contents.
    pub(super) fn changeset(self, store: &Store) -> Result<Changeset, ShadowError> {
        let sides = self.files.iter().flat_map(|it| [&it.before, &it.after]);
        let ids: BTreeSet<&str> = sides.flatten().map(|(_, id)| id.as_str()).collect();
        let contents = contents(store, &ids)?;
        let state = |side: Option<(Mode, String)>| {
            side.map(|(mode, id)| match contents.get(&id) {
                Some(bytes) => Ok(FileState {
                    mode,
                    bytes: bytes.clone(),
                }),
                None => Err(ShadowError::Incomplete { what: id }),
            })
            .transpose()
        };
        let mut files = Vec::new();
        for entry in self.files {
            files.push(FileChange {
                path: entry.path,
                before: state(entry.before)?,
                after: state(entry.after)?,
            });
        }
        // Git tells of a file that becomes a folder as one gone and others come; so does a changeset.
        Ok(Changeset::new(files)?)
    }
}

/// One side of a line: nothing, a folder (without a mode), or a file.
fn side(mode: &str, id: &str, path: &str) -> Result<Option<(Option<Mode>, String)>, ShadowError> {
    let mode = match mode {
        "000000" => return Ok(None),
        "040000" => None,
        "100644" => Some(Mode::File),
        "100755" => Some(Mode::Executable),
        "120000" => Some(Mode::Symlink),
        _ => {
            return Err(ShadowError::Strange {
                path: path.to_owned(),
            });
        }
    };
    if !is_object_id(id) {
        return Err(answer(DOING, id));
    }
    Ok(Some((mode, id.to_owned())))
}

/// The contents of these objects.
pub(super) fn contents(
    store: &Store,
    ids: &BTreeSet<&str>,
) -> Result<HashMap<String, Vec<u8>>, ShadowError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let list: Vec<u8> = ids
        .iter()
        .flat_map(|id| id.bytes().chain([b'\n']))
        .collect();
    let sizes = store.inner(DOING, &["cat-file", "--batch-check"]);
    let sizes = store.call(sizes, Some(list.clone()))?.out;
    let mut total = 0_usize;
    for line in String::from_utf8_lossy(&sizes).lines() {
        total = total.saturating_add(header(line)?.1);
    }
    if total > MAX_BYTES {
        return Err(ShadowError::TooMuch {
            limit_mib: MAX_BYTES >> 20,
        });
    }
    let batch = store.inner(DOING, &["cat-file", "--batch"]);
    let out = store.call(batch, Some(list))?.out;
    let mut found = HashMap::new();
    let mut rest = out.as_slice();
    while !rest.is_empty() {
        let torn = || answer(DOING, "a torn answer");
        let end = rest.iter().position(|it| *it == b'\n').ok_or_else(torn)?;
        let (line, body) = rest.split_at(end);
        let (id, size) = header(&String::from_utf8_lossy(line))?;
        let bytes = body.get(1..=size).ok_or_else(torn)?;
        found.insert(id, bytes.to_vec());
        rest = body.get(size + 2..).ok_or_else(torn)?;
    }
    Ok(found)
}

/// `ID blob SIZE`.
fn header(line: &str) -> Result<(String, usize), ShadowError> {
    let fields: Vec<&str> = line.split(' ').collect();
    match fields.as_slice() {
        [id, "blob", size] => {
            let size = size.parse().map_err(|_| answer(DOING, line))?;
            Ok(((*id).to_owned(), size))
        }
        [id, "missing"] => Err(ShadowError::Incomplete {
            what: (*id).to_owned(),
        }),
        _ => Err(answer(DOING, line)),
    }
}
