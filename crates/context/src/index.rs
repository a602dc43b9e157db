//! The index of a workspace: which files there are, what stands in them, and what they define.
//!
//! It is made of contents, not of files ([`segment`]), so branches and worktrees share it, and of what one folder holds
//! ([`tree`]). A file is read again only when its stamp changed. Files that policy hides are never read, and secrets are
//! taken out of a text before its words are taken. All of it is in memory while it is used; on the disk it stands in Kiro's
//! own state ([`store`]).

mod ask;
mod coding;
mod document;
mod map;
mod rank;
mod refresh;
mod segment;
mod store;
mod tree;
mod words;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use change::RelPath;
use host::files::FileError;
use policy::{Gate, Redactor};

use crate::reader::Reader;

pub use ask::{Hit, Place};
pub use refresh::Refreshed;
pub use store::forget_gone;

use document::Key;
use segment::{Row, Segment};
use store::Store;
use tree::Tree;

/// The largest file that is read for an answer, in bytes.
const TEXT_MAX: u64 = 2 << 20;
const BASE: &str = "base";
const TAIL: &str = "tail";

/// The index of one folder.
pub struct Index {
    root: PathBuf,
    reader: Reader,
    redactor: Redactor,
    store: Option<Store>,
    /// Most documents; and those that came since.
    segments: [Loaded; 2],
    tree: Tree,
    /// Where each content's document is: segment and number.
    documents: HashMap<Key, (usize, u32)>,
    unsaved: Unsaved,
}

#[derive(Clone, Copy, Debug, Default)]
struct Unsaved {
    base: bool,
    tail: bool,
    tree: bool,
}

/// A segment with what makes it quick to ask.
#[derive(Default)]
struct Loaded {
    segment: Segment,
    /// All its words in small letters.
    small: String,
}

impl Loaded {
    fn new(segment: Segment) -> Loaded {
        Loaded {
            small: segment.all_words().to_ascii_lowercase(),
            segment,
        }
    }
}

impl Index {
    /// The index of the folder `root` (canonical) as it was left in `folder`; none there is an empty one. `rules` is a digest of
    /// the rules in `gate`: under others every file is judged anew.
    pub fn open(
        root: &Path,
        gate: &Gate,
        redactor: &Redactor,
        rules: [u8; 16],
        folder: Option<&Path>,
    ) -> Index {
        let store = folder.map(|it| Store::new(it, root));
        let segment = |name| {
            store
                .as_ref()
                .and_then(|it| it.segment(name))
                .unwrap_or_default()
        };
        let segments = [BASE, TAIL].map(|it| Loaded::new(segment(it)));
        let tree = store
            .as_ref()
            .and_then(Store::tree)
            .filter(|it| it.rules == rules);
        let mut index = Index {
            root: root.to_path_buf(),
            reader: Reader::new(root, gate),
            redactor: redactor.clone(),
            tree: tree.unwrap_or_else(|| Tree {
                rules,
                ..Tree::default()
            }),
            documents: HashMap::new(),
            unsaved: Unsaved::default(),
            segments,
            store,
        };
        index.place_documents();
        // What names no document that is there is as good as not seen.
        let known = &index.documents;
        index.tree.files.retain(|_, it| known.contains_key(&it.key));
        index
    }

    fn place_documents(&mut self) {
        self.documents.clear();
        for (at, loaded) in self.segments.iter().enumerate() {
            let rows = loaded.segment.documents.iter().enumerate();
            self.documents
                .extend(rows.map(|(number, row)| (row.key, (at, number as u32))));
        }
    }

    /// Keeps what was learnt, where there is a place for it.
    ///
    /// # Errors
    /// When the disk refuses. The index itself goes on.
    pub fn save(&mut self) -> Result<(), FileError> {
        let Some(store) = &self.store else {
            return Ok(());
        };
        let unsaved = std::mem::take(&mut self.unsaved);
        if unsaved.base {
            store.write_segment(BASE, &self.segments[0].segment)?;
        }
        if unsaved.base || unsaved.tail {
            store.write_segment(TAIL, &self.segments[1].segment)?;
        }
        if unsaved.tree {
            store.write_tree(&self.tree)?;
        }
        Ok(())
    }

    /// How many files there are.
    pub fn files(&self) -> usize {
        self.tree.files.len()
    }

    /// Bytes of the files, and of the index on the disk.
    pub fn sizes(&self) -> (u64, u64) {
        let sources = self.tree.files.values().map(|it| it.size).sum();
        (sources, self.store.as_ref().map_or(0, Store::bytes))
    }

    /// The files, in order.
    pub fn paths(&self) -> impl Iterator<Item = &RelPath> {
        self.tree.files.keys()
    }

    /// Forgets what a file holds, as if it had changed since, content and all.
    pub fn forget(&mut self, path: &RelPath) {
        if let Some(seen) = self.tree.files.remove(path) {
            self.documents.remove(&seen.key);
            self.unsaved.tree = true;
        }
    }

    /// What the files define, each name once.
    pub fn names(&self) -> Vec<String> {
        let rows = self.tree.files.values().filter_map(|it| self.row(&it.key));
        let names = rows.flat_map(|(at, _, row)| {
            row.defines
                .iter()
                .map(move |it| self.segments[at].segment.word(it.name))
        });
        let names: std::collections::BTreeSet<&str> = names.collect();
        names.into_iter().map(str::to_owned).collect()
    }

    fn row(&self, key: &Key) -> Option<(usize, u32, &Row)> {
        let (at, number) = *self.documents.get(key)?;
        let row = self.segments[at].segment.documents.get(number as usize)?;
        Some((at, number, row))
    }

    /// The text of a file of the index as it stands there now; none where it may not be shown or is gone. Secrets are in it
    /// still.
    fn text(&self, path: &RelPath) -> Option<String> {
        if !self.reader.shows(path) {
            return None;
        }
        // Of a file with one name that was judged nothing more can be found out.
        if self
            .tree
            .files
            .get(path)
            .is_some_and(|it| it.stamp.links == 1)
        {
            let loaded = host::files::load_in(&self.root, path, TEXT_MAX).ok()?;
            return (loaded.links == 1)
                .then(|| String::from_utf8(loaded.bytes).ok())
                .flatten();
        }
        self.reader.text(path.as_str()).ok()?
    }

    /// A text without secrets.
    fn clean(&self, text: &str) -> String {
        self.redactor.redact(text).into_owned()
    }
}

/// Whether a path lies in one of these folders or files; in all when there are none.
fn in_scope(path: &str, scope: &[String]) -> bool {
    let within = |it: &String| {
        let it = it
            .trim_start_matches("./")
            .trim_end_matches("/**")
            .trim_end_matches('/');
        it.is_empty()
            || path == it
            || path
                .strip_prefix(it)
                .is_some_and(|rest| rest.starts_with('/'))
    };
    scope.is_empty() || scope.iter().any(within)
}
