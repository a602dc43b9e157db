//! Ignore rules that do not stand in the folder they are to be used on.
//!
//! Git itself judges, in an empty folder that holds nothing but the rules.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::error::ShadowError;
use super::store::{Call, Store, remove};
use crate::files::{self, FileError};

/// The most bytes of one file of rules.
const MAX_RULES: u64 = 1 << 20;

/// Files of ignore rules, by the folder they stand in; the top is the empty text.
#[derive(Debug, Default)]
pub(super) struct Rules(BTreeMap<String, Vec<u8>>);

impl Rules {
    /// Adds the rules of one folder.
    pub(super) fn add(&mut self, folder: &str, rules: Vec<u8>) {
        self.0.insert(folder.to_owned(), rules);
    }

    /// Adds the `.gitignore` that stands in a folder on the disk, if one does.
    pub(super) fn add_from(&mut self, folder: &str, place: &Path) {
        let path = place.join(".gitignore");
        if fs::symlink_metadata(&path).is_ok_and(|it| it.is_file())
            && let Ok(rules) = files::read(&path, MAX_RULES)
        {
            self.add(folder, rules);
        }
    }

    /// Those of `paths` that the rules leave out. A path that ends with `/` is a folder.
    pub(super) fn ignored(
        &self,
        store: &Store,
        exclude: &Path,
        paths: &[String],
    ) -> Result<BTreeSet<String>, ShadowError> {
        if paths.is_empty() {
            return Ok(BTreeSet::new());
        }
        let scratch = Scratch(store.own_path("scratch"));
        self.lay_out(&scratch.0, paths)?;
        // With `./` in front no name can be taken for a pattern.
        let line = |path: &String| format!("./{}\0", path.trim_end_matches('/'));
        let stdin: String = paths.iter().map(line).collect();
        let call = Call {
            doing: "ask git which files are ignored",
            words: &["check-ignore", "-z", "--stdin", "--no-index"],
            cwd: &scratch.0,
            work_tree: ".",
            index: None,
            exclude: Some(exclude),
            borrow: false,
        };
        let (code, answer) = store.try_call(call, Some(stdin.into_bytes()))?;
        if code > 1 {
            return Err(ShadowError::Git {
                doing: call.doing,
                place: store.folder.clone(),
                said: files::shown(answer.err.trim()),
            });
        }
        let names = answer.out.split(|it| *it == 0).filter(|it| !it.is_empty());
        let found: BTreeSet<String> = names
            .map(|it| String::from_utf8_lossy(it.strip_prefix(b"./").unwrap_or(it)).into_owned())
            .collect();
        let is_found = |path: &&String| found.contains(path.trim_end_matches('/'));
        Ok(paths.iter().filter(is_found).cloned().collect())
    }

    fn lay_out(&self, scratch: &Path, paths: &[String]) -> Result<(), ShadowError> {
        make(scratch)?;
        for path in paths.iter().filter(|it| it.ends_with('/')) {
            make(&scratch.join(path))?;
        }
        for (folder, rules) in &self.0 {
            let place = scratch.join(folder);
            make(&place)?;
            let path = place.join(".gitignore");
            fs::File::create(&path)
                .and_then(|mut file| file.write_all(rules))
                .map_err(|error| FileError::os("write", &path, error))?;
        }
        Ok(())
    }
}

fn make(folder: &Path) -> Result<(), FileError> {
    fs::create_dir_all(folder).map_err(|error| FileError::os("make the folder", folder, error))
}

struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // A leftover is found by the sweep at the next start.
        let _ = remove(&self.0);
    }
}

/// Every folder on the way to these paths, the top as the empty text.
pub(super) fn folders_of<'a>(paths: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
    let mut folders = BTreeSet::from([""]);
    for path in paths {
        let mut rest = path;
        while let Some((folder, _)) = rest.rsplit_once('/') {
            if !folders.insert(folder) {
                break;
            }
            rest = folder;
        }
    }
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_on_the_way() {
        let folders = folders_of(["a/b/c", "a/d", "e"]);
        assert_eq!(folders.into_iter().collect::<Vec<_>>(), ["", "a", "a/b"]);
        assert_eq!(folders_of([]).len(), 1);
    }
}
