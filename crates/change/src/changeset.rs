//! Files before and after.

use std::fmt;

use crate::diff::{self, Hunk};
use crate::digest::{Digest, FieldHasher};
use crate::path::RelPath;

/// How git would record a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// A plain file (`100644`).
    File,
    /// A file that may be run (`100755`).
    Executable,
    /// A symbolic link; its bytes are the target (`120000`).
    Symlink,
}

impl Mode {
    /// Git's octal spelling.
    #[must_use]
    pub fn git(self) -> &'static str {
        match self {
            Mode::File => "100644",
            Mode::Executable => "100755",
            Mode::Symlink => "120000",
        }
    }
}

/// A file as it was at one moment.
#[derive(Clone, PartialEq, Eq)]
pub struct FileState {
    /// What kind of file it is.
    pub mode: Mode,
    /// Its whole content, or the target of a link.
    pub bytes: Vec<u8>,
}

impl FileState {
    /// A plain file with this content.
    #[must_use]
    pub fn file(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            mode: Mode::File,
            bytes: bytes.into(),
        }
    }

    /// The content as text; `None` when it is binary: not UTF-8, or with a NUL in it.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes)
            .ok()
            .filter(|text| !text.contains('\0'))
    }
}

impl fmt::Debug for FileState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} {:?}",
            self.mode,
            self.bytes.escape_ascii().to_string()
        )
    }
}

/// What happened to a file, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// It did not exist before.
    Added,
    /// Its content changed (its mode may have changed too).
    Modified,
    /// It exists no more.
    Deleted,
    /// Only its mode changed.
    ModeChanged,
}

/// One file before and after; `None` is a file that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// Which file.
    pub path: RelPath,
    /// Its state before the change.
    pub before: Option<FileState>,
    /// Its state after the change.
    pub after: Option<FileState>,
}

impl FileChange {
    /// What happened. A change from nothing to nothing counts as [`Kind::ModeChanged`]; a
    /// [`Changeset`] never holds one.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match (&self.before, &self.after) {
            (None, Some(_)) => Kind::Added,
            (Some(_), None) => Kind::Deleted,
            (Some(before), Some(after)) if before.bytes != after.bytes => Kind::Modified,
            (Some(_), Some(_)) | (None, None) => Kind::ModeChanged,
        }
    }

    /// Whether either side is not text, so that it has neither lines nor hunks.
    #[must_use]
    pub fn is_binary(&self) -> bool {
        [&self.before, &self.after]
            .into_iter()
            .flatten()
            .any(|state| state.text().is_none())
    }

    /// Whether a link became a file or a file a link, which git records as a deletion and an addition.
    #[must_use]
    pub fn changes_type(&self) -> bool {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => {
                (before.mode == Mode::Symlink) != (after.mode == Mode::Symlink)
            }
            _ => false,
        }
    }

    /// Lines added and removed; a binary file counts none.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let mut stats = Stats {
            files: 1,
            ..Stats::default()
        };
        if !self.is_binary() {
            let lines = diff::count(self.old_bytes(), self.new_bytes());
            stats.added_lines = lines.added;
            stats.removed_lines = lines.removed;
        }
        stats
    }

    /// The changed places, each with up to `context` unchanged lines around it. None for a binary
    /// file, which is taken or left as a whole.
    #[must_use]
    pub fn hunks(&self, context: usize) -> Vec<Hunk> {
        if self.is_binary() {
            return Vec::new();
        }
        diff::line_hunks(self.old_bytes(), self.new_bytes(), context)
    }

    /// The same change backwards.
    #[must_use]
    pub fn inverted(self) -> Self {
        Self {
            path: self.path,
            before: self.after,
            after: self.before,
        }
    }

    pub(crate) fn old_bytes(&self) -> &[u8] {
        self.before.as_ref().map_or(&[], |state| &state.bytes)
    }

    pub(crate) fn new_bytes(&self) -> &[u8] {
        self.after.as_ref().map_or(&[], |state| &state.bytes)
    }
}

/// The size of a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Files touched.
    pub files: usize,
    /// Lines that are in the new text only.
    pub added_lines: usize,
    /// Lines that are in the old text only.
    pub removed_lines: usize,
}

impl std::ops::AddAssign for Stats {
    fn add_assign(&mut self, other: Self) {
        self.files += other.files;
        self.added_lines += other.added_lines;
        self.removed_lines += other.removed_lines;
    }
}

/// Why some file changes do not make a [`Changeset`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangesetError {
    /// Two changes name the same file.
    #[error("the changeset names {path:?} twice; give one change a file", path = .0.as_str())]
    Duplicate(RelPath),
    /// One path would be a file and, at once, the folder of another.
    #[error("the changeset makes {file:?} a file and also puts {inner:?} inside it", file = .file.as_str(), inner = .inner.as_str())]
    FileAsFolder {
        /// The path that would be a file.
        file: RelPath,
        /// The path below it.
        inner: RelPath,
    },
}

/// Every file that a piece of work touched, each once, sorted by path, without files whose two
/// states are equal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changeset {
    files: Vec<FileChange>,
}

impl Changeset {
    /// Sorts the changes and drops those that change nothing.
    ///
    /// # Errors
    /// When a path is named twice (even by a change of nothing), or the files after the change could
    /// not exist side by side.
    pub fn new(mut files: Vec<FileChange>) -> Result<Self, ChangesetError> {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        if let Some(pair) = files.windows(2).find(|pair| pair[0].path == pair[1].path) {
            return Err(ChangesetError::Duplicate(pair[0].path.clone()));
        }
        files.retain(|file| file.before != file.after);
        refuse_files_as_folders(&files)?;
        Ok(Self { files })
    }

    /// The changes, sorted by path.
    #[must_use]
    pub fn files(&self) -> &[FileChange] {
        &self.files
    }

    /// The changes, by value.
    #[must_use]
    pub fn into_files(self) -> Vec<FileChange> {
        self.files
    }

    /// The change of one file.
    #[must_use]
    pub fn get(&self, path: &RelPath) -> Option<&FileChange> {
        let at = self
            .files
            .binary_search_by(|file| file.path.cmp(path))
            .ok()?;
        self.files.get(at)
    }

    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The paths, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &RelPath> {
        self.files.iter().map(|file| &file.path)
    }

    /// The size of the whole.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let mut stats = Stats::default();
        self.files.iter().for_each(|file| stats += file.stats());
        stats
    }

    /// Identifies the changeset: two are equal exactly when paths, modes and both contents are.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut hasher = FieldHasher::new("changeset 1");
        for file in &self.files {
            hasher.field(file.path.as_str().as_bytes());
            for state in [&file.before, &file.after] {
                hasher.field(
                    state
                        .as_ref()
                        .map_or("", |state| state.mode.git())
                        .as_bytes(),
                );
                hasher.field(state.as_ref().map_or(&[], |state| &state.bytes));
            }
        }
        hasher.finish()
    }

    /// The changes of the files that `keep` accepts.
    #[must_use]
    pub fn selected(&self, mut keep: impl FnMut(&FileChange) -> bool) -> Self {
        Self {
            files: self
                .files
                .iter()
                .filter(|file| keep(file))
                .cloned()
                .collect(),
        }
    }

    /// The changeset that undoes this one.
    #[must_use]
    pub fn inverted(self) -> Self {
        Self {
            files: self.files.into_iter().map(FileChange::inverted).collect(),
        }
    }
}

fn refuse_files_as_folders(files: &[FileChange]) -> Result<(), ChangesetError> {
    let after: std::collections::BTreeSet<&RelPath> = files
        .iter()
        .filter(|file| file.after.is_some())
        .map(|file| &file.path)
        .collect();
    for inner in &after {
        let mut folder = inner.parent();
        while let Some(file) = folder {
            if after.contains(&file) {
                return Err(ChangesetError::FileAsFolder {
                    file,
                    inner: (*inner).clone(),
                });
            }
            folder = file.parent();
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(path: &str, before: Option<&str>, after: Option<&str>) -> FileChange {
        FileChange {
            path: RelPath::parse(path).unwrap(),
            before: before.map(FileState::file),
            after: after.map(FileState::file),
        }
    }

    fn names(changes: &Changeset) -> Vec<&str> {
        changes.paths().map(RelPath::as_str).collect()
    }

    #[test]
    fn sorted_and_without_no_ops() {
        let changes = Changeset::new(vec![
            change("z", None, Some("1")),
            change("same", Some("1"), Some("1")),
            change("never", None, None),
            change("a", Some("1"), None),
        ])
        .unwrap();
        assert_eq!(names(&changes), ["a", "z"]);
        assert_eq!(changes.files()[0].kind(), Kind::Deleted);
        assert_eq!(changes.files()[1].kind(), Kind::Added);
    }

    #[test]
    fn a_path_named_twice_is_refused() {
        let twice = vec![
            change("a", None, Some("1")),
            change("a", Some("1"), Some("1")),
        ];
        let error = Changeset::new(twice).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the changeset names \"a\" twice; give one change a file"
        );
    }

    #[test]
    fn a_file_may_become_a_folder_but_not_be_both() {
        let moved = vec![change("a", Some("1"), None), change("a/b", None, Some("1"))];
        assert_eq!(names(&Changeset::new(moved).unwrap()), ["a", "a/b"]);
        let both = vec![
            change("a", None, Some("1")),
            change("a-b", None, Some("")),
            change("a/b/c", None, Some("1")),
        ];
        assert_eq!(
            Changeset::new(both).unwrap_err().to_string(),
            "the changeset makes \"a\" a file and also puts \"a/b/c\" inside it"
        );
    }

    #[test]
    fn stats_count_lines_and_skip_binaries() {
        let changes = Changeset::new(vec![
            change("a", Some("1\n2\n3\n"), Some("1\nX\n3\n4\n")),
            change("b", None, Some("1\n2")),
            change("c", None, Some("\0\n\n\n")),
        ])
        .unwrap();
        assert_eq!(
            changes.stats(),
            Stats {
                files: 3,
                added_lines: 4,
                removed_lines: 1
            }
        );
    }

    #[test]
    fn the_digest_covers_paths_modes_and_both_contents() {
        let base = change("a", Some("1"), Some("2"));
        let mut run = base.clone();
        run.after = Some(FileState {
            mode: Mode::Executable,
            bytes: b"2".to_vec(),
        });
        let variants = [
            base.clone(),
            change("b", Some("1"), Some("2")),
            change("a", Some("3"), Some("2")),
            change("a", Some("1"), Some("3")),
            change("a", None, Some("2")),
            change("a", Some(""), Some("2")),
            run,
        ];
        let digests: std::collections::BTreeSet<_> = variants
            .iter()
            .map(|file| Changeset::new(vec![file.clone()]).unwrap().digest())
            .collect();
        assert_eq!(digests.len(), variants.len());
        let known = Changeset::new(vec![base]).unwrap().digest().to_string();
        insta::assert_snapshot!(known, @"bbc2a41a099f83626167db84d7574a37fd58690d0f0294c633e4663950da3d4c");
    }

    #[test]
    fn inverting_twice_is_nothing() {
        let changes = Changeset::new(vec![change("a", None, Some("1"))]).unwrap();
        assert_eq!(changes.clone().inverted().files()[0].kind(), Kind::Deleted);
        assert_eq!(changes.clone().inverted().inverted(), changes);
        assert!(
            changes
                .selected(|file| file.kind() == Kind::Deleted)
                .is_empty()
        );
    }
}
