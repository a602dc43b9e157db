//! Git's index files: one for each operation, kept between operations as a memory of what is hashed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use change::Digest;

use super::error::ShadowError;
use super::store::{Store, remove};
use super::tree::TreeId;
use crate::files::{self, FileError};

/// An index that only one operation uses. It is removed when the operation is over, however it ends.
pub(super) struct OwnIndex<'a> {
    store: &'a Store,
    path: PathBuf,
}

impl<'a> OwnIndex<'a> {
    /// A new index: a copy of `kept` when there is one, else empty.
    pub(super) fn from(store: &'a Store, kept: &Path) -> Result<OwnIndex<'a>, ShadowError> {
        let index = OwnIndex {
            store,
            path: store.own_path("index"),
        };
        copy(kept, &index.path)?;
        Ok(index)
    }

    /// A new, empty index.
    pub(super) fn empty(store: &'a Store) -> OwnIndex<'a> {
        OwnIndex {
            store,
            path: store.own_path("index"),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether anything was written to it yet.
    pub(super) fn exists(&self) -> bool {
        self.path.is_file()
    }

    /// Makes it the one that is kept.
    pub(super) fn keep(self, kept: &Path) -> Result<(), ShadowError> {
        if !self.exists() {
            return Ok(());
        }
        fs::rename(&self.path, kept).map_err(|error| FileError::os("write", kept, error).into())
    }

    /// Makes it the one that is kept for a work tree, and notes where that is.
    pub(super) fn keep_for(self, folder: &Path, tree: &TreeId) -> Result<(), ShadowError> {
        let key = key(folder, Some(tree));
        let store = self.store;
        let place = folder.to_string_lossy();
        store.keep(&format!("kiro/{key}.place"), place.as_bytes())?;
        self.keep(&store.path(&format!("kiro/{key}.index")))
    }
}

impl Drop for OwnIndex<'_> {
    fn drop(&mut self) {
        // A leftover is found by the sweep at the next start.
        let _ = remove(&self.path);
        let _ = remove(&self.path.with_extension("lock"));
    }
}

/// Where the index of the workspace is kept.
pub(super) fn of_root(store: &Store, root: &Path) -> PathBuf {
    store.path(&format!("kiro/root-{}.index", key(root, None)))
}

/// Where the index of a work tree that was made from `tree` is kept.
pub(super) fn of_work_tree(store: &Store, folder: &Path, tree: &TreeId) -> PathBuf {
    store.path(&format!("kiro/{}.index", key(folder, Some(tree))))
}

/// A name for a folder, made of its path.
pub(super) fn key(folder: &Path, tree: Option<&TreeId>) -> String {
    let folder = &Digest::of(folder.as_os_str().as_encoded_bytes()).to_string()[..16];
    match tree {
        Some(tree) => format!("{folder}-{tree}"),
        None => folder.to_owned(),
    }
}

/// Copies an index with its time: git compares that with the times of the files, to know which of them
/// may have changed after they were hashed.
fn copy(from: &Path, to: &Path) -> Result<(), ShadowError> {
    let mut source = match File::open(from) {
        Ok(source) => source,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(FileError::os("read", from, error).into()),
    };
    let copied = File::create_new(to).and_then(|mut target| {
        io::copy(&mut source, &mut target)?;
        target.set_modified(source.metadata()?.modified()?)
    });
    copied.map_err(|error| FileError::os("write", to, error).into())
}

/// Gives Kiro's repository the shared part of a split index of the user's, without which git cannot
/// read it.
pub(super) fn borrow_shared_part(store: &Store, git_dir: &Path) -> Result<(), ShadowError> {
    let Ok(entries) = fs::read_dir(git_dir) else {
        return Ok(());
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("sharedindex.") && !store.path(&name).exists() {
            let bytes = files::read(&entry.path(), 1 << 30)?;
            store.keep(&name, &bytes)?;
        }
    }
    Ok(())
}
