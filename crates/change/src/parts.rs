//! The parts of a changeset that a person takes or leaves: the hunks of changed text, everything else file by file.

use std::collections::BTreeSet;

use crate::changeset::{Changeset, ChangesetError, FileChange, FileState, Kind};
use crate::diff::{Hunk, HunkError, apply_hunks};
use crate::path::RelPath;
use crate::unified::CONTEXT;

/// One part of a changeset: a place in a file, counted from 0, or 0 for a file that is one part.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// The file.
    pub path: RelPath,
    /// Which of its parts.
    pub number: usize,
}

/// Why parts make no changeset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PartsError {
    /// The hunks do not fit together without those that were left out.
    #[error("{path}: {source}", path = .path.as_str())]
    Hunks {
        /// The file.
        path: RelPath,
        /// Why not.
        source: HunkError,
    },
    /// The files cannot stand side by side.
    #[error(transparent)]
    Files(#[from] ChangesetError),
}

impl FileChange {
    /// The hunks of changed text that can be taken one by one; none when the file is taken or left as a whole, as one that
    /// comes, goes, is no text or changes its mode only.
    #[must_use]
    pub fn choices(&self) -> Vec<Hunk> {
        if self.kind() != Kind::Modified || self.changes_type() {
            return Vec::new();
        }
        self.hunks(CONTEXT)
    }

    fn parts(&self) -> impl Iterator<Item = Part> {
        (0..self.choices().len().max(1)).map(|number| Part {
            path: self.path.clone(),
            number,
        })
    }

    /// The change with these of its parts; none when none is left.
    fn keeping(&self, keep: &BTreeSet<Part>) -> Result<Option<FileChange>, HunkError> {
        let kept: Vec<usize> = self
            .parts()
            .filter(|it| keep.contains(it))
            .map(|it| it.number)
            .collect();
        let hunks = self.choices();
        if kept.is_empty() {
            return Ok(None);
        }
        let (Some(before), Some(after)) = (&self.before, &self.after) else {
            return Ok(Some(self.clone()));
        };
        if kept.len() == hunks.len().max(1) {
            return Ok(Some(self.clone()));
        }
        let hunks: Vec<Hunk> = kept
            .iter()
            .filter_map(|it| hunks.get(*it).cloned())
            .collect();
        Ok(Some(FileChange {
            path: self.path.clone(),
            before: Some(before.clone()),
            after: Some(FileState {
                mode: after.mode,
                bytes: apply_hunks(&before.bytes, &hunks)?,
            }),
        }))
    }
}

impl Changeset {
    /// Every part, in the order of the files and of their lines.
    pub fn parts(&self) -> impl Iterator<Item = Part> {
        self.files().iter().flat_map(FileChange::parts)
    }

    /// The changeset with these of its parts.
    ///
    /// # Errors
    /// When what is left does not fit together.
    pub fn keeping(&self, keep: &BTreeSet<Part>) -> Result<Changeset, PartsError> {
        let mut files = Vec::new();
        for file in self.files() {
            let kept = file.keeping(keep).map_err(|source| PartsError::Hunks {
                path: file.path.clone(),
                source,
            })?;
            files.extend(kept);
        }
        Ok(Changeset::new(files)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file(path: &str, before: Option<&str>, after: Option<&str>) -> FileChange {
        FileChange {
            path: RelPath::parse(path).unwrap(),
            before: before.map(FileState::file),
            after: after.map(FileState::file),
        }
    }

    fn sample() -> Changeset {
        let old: String = (0..30).map(|n| format!("line {n}\n")).collect();
        let new = old
            .replace("line 3\n", "line three\n")
            .replace("line 20\n", "");
        Changeset::new(vec![
            file("a.txt", Some(&old), Some(&new)),
            file("b.txt", None, Some("new\n")),
            file("c.txt", Some("old\n"), None),
            file("d.bin", Some("\0a"), Some("\0b")),
        ])
        .unwrap()
    }

    fn keep(changes: &Changeset, wanted: &[&str]) -> Changeset {
        let parts = changes.parts().filter(|it| {
            let name = format!("{}:{}", it.path.as_str(), it.number);
            wanted.contains(&name.as_str())
        });
        changes.keeping(&parts.collect()).unwrap()
    }

    #[test]
    fn text_has_hunks_and_all_else_is_one_part() {
        let changes = sample();
        let names: Vec<String> = changes
            .parts()
            .map(|it| format!("{}:{}", it.path.as_str(), it.number))
            .collect();
        assert_eq!(
            names,
            ["a.txt:0", "a.txt:1", "b.txt:0", "c.txt:0", "d.bin:0"]
        );
        assert_eq!(
            changes.keeping(&changes.parts().collect()).unwrap(),
            changes
        );
        assert!(changes.keeping(&BTreeSet::new()).unwrap().is_empty());
    }

    #[test]
    fn what_is_left_out_stays_as_it_was() {
        let changes = sample();
        let kept = keep(&changes, &["a.txt:1", "c.txt:0"]);
        let paths: Vec<&str> = kept.paths().map(RelPath::as_str).collect();
        assert_eq!(paths, ["a.txt", "c.txt"]);
        let after = kept.files()[0].after.as_ref().unwrap().text().unwrap();
        assert!(after.contains("line 3\n") && !after.contains("line 20\n"));
        let stats = kept.files()[0].stats();
        assert_eq!((stats.added_lines, stats.removed_lines), (0, 1));
    }

    proptest! {
        /// The parts that are kept and those that are left out add up: keeping one half and then the other gives the whole.
        #[test]
        fn halves_add_up(old in lines(), new in lines(), mask in any::<u64>()) {
            let changes = Changeset::new(vec![file("f", Some(&old), Some(&new))]).unwrap();
            let kept = changes.parts().filter(|it| mask >> (it.number % 64) & 1 == 1).collect();
            let Ok(first) = changes.keeping(&kept) else { return Ok(()) };
            let half = first.files().first().map_or(old.as_str(), |it| it.after.as_ref().unwrap().text().unwrap());
            let rest = Changeset::new(vec![file("f", Some(half), Some(&new))]).unwrap();
            let rest = rest.keeping(&rest.parts().collect()).unwrap();
            let whole = rest.files().first().map_or(half, |it| it.after.as_ref().unwrap().text().unwrap());
            prop_assert_eq!(whole, new.as_str());
        }
    }

    fn lines() -> impl Strategy<Value = String> {
        let line = prop_oneof!["a\n", "b\n", "c\n", "\n"].boxed();
        prop::collection::vec(line, 0..40).prop_map(|it| it.concat())
    }
}
