//! The index on the disk: two segments of contents, shared by every branch and worktree of a repository, and what each
//! folder holds. All of it can be made anew, so a file that is torn or of another version is as good as none.

use std::path::{Path, PathBuf};

use change::Digest;
use host::files::{FileError, ensure_private_folder, read, replace_own};

use super::coding::Bytes;
use super::segment::Segment;
use super::tree::Tree;

/// The form of the files; another one is not read.
const FORM: &[u8; 8] = b"kiro-ix1";
/// No file of it is larger.
const LARGEST: u64 = 1 << 30;
/// Bytes of the digest that ends a file.
const CHECK: usize = 16;

/// Where an index stands.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    folder: PathBuf,
    tree: String,
}

impl Store {
    /// In `folder`, for the files below `root`.
    pub(crate) fn new(folder: &Path, root: &Path) -> Store {
        let name = Digest::of(root.as_os_str().as_encoded_bytes()).to_string();
        Store {
            folder: folder.to_path_buf(),
            tree: format!("tree-{}", &name[..16]),
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
        let others = names.filter(|it| it.starts_with("tree-") && *it != self.tree);
        others.filter_map(|it| self.read(&it, Tree::read)).collect()
    }

    pub(crate) fn write_segment(&self, name: &str, segment: &Segment) -> Result<(), FileError> {
        self.write(name, |out| segment.write(out))
    }

    pub(crate) fn write_tree(&self, tree: &Tree) -> Result<(), FileError> {
        self.write(&self.tree, |out| tree.write(out))
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

fn checked(body: &[u8]) -> [u8; CHECK] {
    let mut check = [0; CHECK];
    check.copy_from_slice(&Digest::of(body).as_bytes()[..CHECK]);
    check
}
