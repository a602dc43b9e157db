//! The index on the disk: two segments of contents, shared by every branch and worktree of a repository, and what each
//! folder holds. All of it can be made anew, so a file that is torn or of another version is as good as none.

use std::path::{Path, PathBuf};

use change::Digest;
use host::files::{FileError, ensure_private_folder, read, remove_tree, replace_own};

use super::coding::Bytes;
use super::segment::Segment;
use super::tree::Tree;

/// The form of the files; another one is not read.
const FORM: &[u8; 8] = b"kiro-ix1";
/// No file of it is larger.
const LARGEST: u64 = 1 << 30;
/// What the names of files begin with that say what a folder holds, and which folder that is.
const TREE: &str = "tree-";
const ROOT: &str = "root-";
/// The longest path of a folder, in bytes.
const PATH_MAX: u64 = 16 << 10;
/// Bytes of the digest that ends a file.
const CHECK: usize = 16;

/// Where an index stands.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    folder: PathBuf,
    tree: String,
    root: PathBuf,
}

impl Store {
    /// In `folder`, for the files below `root`.
    pub(crate) fn new(folder: &Path, root: &Path) -> Store {
        let name = Digest::of(root.as_os_str().as_encoded_bytes()).to_string();
        Store {
            folder: folder.to_path_buf(),
            tree: format!("{TREE}{}", &name[..16]),
            root: root.to_path_buf(),
        }
    }

    pub(crate) fn segment(&self, name: &str) -> Option<Segment> {
        self.read(name, Segment::read)
    }

    pub(crate) fn tree(&self) -> Option<Tree> {
        self.read(&self.tree, Tree::read)
    }

    /// What other folders hold that share this index.
    pub(crate) fn other_trees(&self) -> Vec<Tree> {
        let entries = std::fs::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .flatten();
        let names = entries.filter_map(|it| it.file_name().into_string().ok());
        let others = names.filter(|it| it.starts_with(TREE) && *it != self.tree);
        others.filter_map(|it| self.read(&it, Tree::read)).collect()
    }

    pub(crate) fn write_segment(&self, name: &str, segment: &Segment) -> Result<(), FileError> {
        self.write(name, |out| segment.write(out))
    }

    pub(crate) fn write_tree(&self, tree: &Tree) -> Result<(), FileError> {
        self.write(&self.tree, |out| tree.write(out))?;
        let place = self.folder.join(self.tree.replacen(TREE, ROOT, 1));
        replace_own(&place, self.root.as_os_str().as_encoded_bytes())
    }

    /// Bytes on the disk.
    pub(crate) fn bytes(&self) -> u64 {
        let entries = std::fs::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .flatten();
        entries
            .filter_map(|it| it.metadata().ok())
            .map(|it| it.len())
            .sum()
    }

    fn read<T>(&self, name: &str, parse: impl FnOnce(&mut Bytes<'_>) -> Option<T>) -> Option<T> {
        let whole = read(&self.folder.join(name), LARGEST).ok()?;
        let (body, check) = whole.split_at_checked(whole.len().checked_sub(CHECK)?)?;
        let body = body.strip_prefix(FORM)?;
        if checked(body) != check {
            return None;
        }
        let mut bytes = Bytes::new(body);
        parse(&mut bytes).filter(|_| bytes.is_empty())
    }

    fn write(&self, name: &str, fill: impl FnOnce(&mut Vec<u8>)) -> Result<(), FileError> {
        ensure_private_folder(&self.folder)?;
        let mut out = FORM.to_vec();
        fill(&mut out);
        let check = checked(&out[FORM.len()..]);
        out.extend_from_slice(&check);
        replace_own(&self.folder.join(name), &out)
    }
}

/// Removes what is known of folders that are gone from the indexes below `indexes`, and each index that is about such folders
/// alone. What cannot be removed stays.
pub fn forget_gone(indexes: &Path) {
    for index in listed(indexes) {
        let roots: Vec<PathBuf> = listed(&index)
            .into_iter()
            .filter(|it| name(it).starts_with(ROOT))
            .collect();
        let gone: Vec<&PathBuf> = roots.iter().filter(|it| is_gone(it)).collect();
        if !roots.is_empty() && gone.len() == roots.len() {
            let _stays = remove_tree(&index);
            continue;
        }
        for root in gone {
            let tree = root.with_file_name(name(root).replacen(ROOT, TREE, 1));
            let _stays = remove_tree(&tree).and_then(|()| remove_tree(root));
        }
    }
}

/// Whether the folder that is named in a file is not there.
fn is_gone(file: &Path) -> bool {
    let path = read(file, PATH_MAX).ok();
    let path = path.and_then(|it| String::from_utf8(it).ok());
    // One that cannot be looked at is not known to be gone.
    path.is_some_and(|it| {
        let looked = Path::new(&it).symlink_metadata();
        looked.is_err_and(|it| it.kind() == std::io::ErrorKind::NotFound)
    })
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|it| it.path()).collect()
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn checked(body: &[u8]) -> [u8; CHECK] {
    let mut check = [0; CHECK];
    check.copy_from_slice(&Digest::of(body).as_bytes()[..CHECK]);
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_folders_that_are_gone_goes() {
        let home = tempfile::tempdir().expect("a folder");
        let place = |name: &str| home.path().join(name);
        for name in ["one", "two", "three"] {
            std::fs::create_dir(place(name)).expect("made");
        }
        let write = |index: &str, root: &str| {
            let store = Store::new(&place(index), &place(root));
            store.write_tree(&Tree::default()).expect("written");
            store
        };
        let (one, two) = (write("index/shared", "one"), write("index/shared", "two"));
        let three = write("index/alone", "three");
        forget_gone(&place("index"));
        assert!(one.tree().is_some() && two.tree().is_some() && three.tree().is_some());
        for name in ["two", "three"] {
            std::fs::remove_dir(place(name)).expect("gone");
        }
        forget_gone(&place("index"));
        assert!(one.tree().is_some(), "it is there still");
        assert!(two.tree().is_none());
        assert_eq!(listed(&place("index/shared")).len(), 2);
        assert!(!place("index/alone").exists());
    }
}
