//! Bringing the index up to what the folder holds now.

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use change::{Digest, RelPath};
use host::files::{self, EntryKind, FileError, Stamp};

use super::document::{Document, Key};
use super::segment::Segment;
use super::tree::Seen;
use super::{Index, Loaded};
use crate::walk::{Found, Walk};

/// The largest file that is read, in bytes.
const LARGEST: u64 = 2 << 20;
/// Most files with several names that are judged by all of them.
const SEVERAL_MAX: usize = 200;
/// Documents of one batch while many are made.
const BATCH: usize = 256;
/// Documents that may come before the two segments become one.
const TAIL_MAX: usize = 256;
/// Threads that read and parse.
const THREADS_MAX: usize = 4;
/// From which share of new documents on ranks are computed anew.
const RANK_SHARE: usize = 50;

/// What a refresh did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// Files of the folder that are not ignored and may be shown.
    pub files: usize,
    /// Files that were read.
    pub read: usize,
    /// Contents that were not known yet.
    pub added: usize,
    /// Files that policy hides.
    pub hidden: usize,
    /// Files that are too large.
    pub too_large: usize,
    /// Whether the walk ended before everything was seen.
    pub cut: bool,
}

/// A file that has to be read.
struct Todo {
    path: RelPath,
    size: u64,
    stamp: Stamp,
}

/// A file that was read.
struct Read {
    path: RelPath,
    seen: Seen,
}

#[derive(Default)]
struct Came {
    read: Vec<Read>,
    parts: Vec<Segment>,
    added: usize,
}

impl Index {
    /// Walks the folder and reads what changed.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn refresh(&mut self, stop: &(dyn Fn() -> bool + Sync)) -> Result<Refreshed, FileError> {
        let mut done = Refreshed::default();
        let mut files: BTreeMap<RelPath, Seen> = BTreeMap::new();
        let mut todo = Vec::new();
        let known = &self.tree.files;
        let readable = |path: &RelPath| known.contains_key(path) || self.reader.shows(path);
        let walk = Walk {
            root: &self.root,
            start: None,
            depth: usize::MAX,
            readable: &readable,
            stop,
        };
        let walked = walk.go(&mut |found| {
            sort_out(found, known, &mut files, &mut todo, &mut done);
            ControlFlow::Continue(())
        })?;
        done.cut = walked.cut;
        done.read = todo.len();
        let gone =
            known.len() != files.len() || todo.iter().any(|it| !known.contains_key(&it.path));
        let came = self.read_all(todo, stop);
        self.unsaved.tree |= gone || !came.read.is_empty();
        // What was not read, because it was stopped, is not seen.
        files.extend(came.read.into_iter().map(|it| (it.path, it.seen)));
        self.tree.files = files;
        done.files = self.tree.files.len();
        done.added = came.added;
        self.take_in(came.parts, came.added);
        Ok(done)
    }

    /// Reads these files anew; those that are gone are forgotten.
    ///
    /// # Errors
    /// When a folder on the way cannot be listed.
    pub fn refresh_files(&mut self, paths: &[RelPath]) -> Result<Refreshed, FileError> {
        let mut done = Refreshed::default();
        let mut todo = Vec::new();
        for path in paths {
            let before = self.tree.files.remove(path);
            self.unsaved.tree = true;
            let Some((size, stamp)) = files::stamp_in(&self.root, path)? else {
                continue;
            };
            if !self.reader.shows(path) || size > LARGEST {
                continue;
            }
            if let Some(same) = before.filter(|it| it.is_same(size, stamp)) {
                self.tree.files.insert(path.clone(), same);
                continue;
            }
            todo.push(Todo {
                path: path.clone(),
                size,
                stamp,
            });
        }
        done.read = todo.len();
        let came = self.read_all(todo, &|| false);
        self.tree
            .files
            .extend(came.read.into_iter().map(|it| (it.path, it.seen)));
        done.files = self.tree.files.len();
        done.added = came.added;
        self.take_in(came.parts, came.added);
        Ok(done)
    }

    fn read_all(&self, todo: Vec<Todo>, stop: &(dyn Fn() -> bool + Sync)) -> Came {
        let threads = std::thread::available_parallelism()
            .map_or(1, usize::from)
            .min(THREADS_MAX);
        let threads = threads.min(todo.len().div_ceil(8)).max(1);
        let next = AtomicUsize::new(0);
        let fresh: Mutex<HashSet<Key>> = Mutex::default();
        let several = AtomicUsize::new(0);
        let work = || {
            let mut came = Came::default();
            let mut batch = Vec::new();
            while let Some(it) = todo.get(next.fetch_add(1, Ordering::Relaxed)) {
                if stop() {
                    break;
                }
                let Some((read, document)) = self.read_one(it, &fresh, &several) else {
                    continue;
                };
                came.read.push(read);
                batch.extend(document);
                if batch.len() >= BATCH {
                    came.close(&mut batch);
                }
            }
            came.close(&mut batch);
            came
        };
        if threads == 1 {
            return work();
        }
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            let mut all = Came::default();
            for came in workers.into_iter().filter_map(|it| it.join().ok()) {
                all.read.extend(came.read);
                all.parts.extend(came.parts);
                all.added += came.added;
            }
            all
        })
    }

    /// Reads a file; its document only when its content is not known yet.
    fn read_one(
        &self,
        todo: &Todo,
        fresh: &Mutex<HashSet<Key>>,
        several: &AtomicUsize,
    ) -> Option<(Read, Option<Document>)> {
        let now_ns = i64::try_from(host::clock::now_ms())
            .unwrap_or(i64::MAX)
            .saturating_mul(1_000_000);
        let bytes = if todo.stamp.links > 1 {
            // Its other names count as well.
            let few = several.fetch_add(1, Ordering::Relaxed) < SEVERAL_MAX;
            few.then(|| self.reader.text(todo.path.as_str()).ok().flatten())??
                .into_bytes()
        } else {
            files::load_in(&self.root, &todo.path, LARGEST).ok()?.bytes
        };
        let mut key = Key::default();
        let length = key.len();
        key.copy_from_slice(&Digest::of(&bytes).as_bytes()[..length]);
        let seen = Seen {
            size: todo.size,
            stamp: Seen::sure(todo.stamp, now_ns),
            key,
            rank: self.tree.files.get(&todo.path).map_or(0, |it| it.rank),
        };
        let is_new = !self.documents.contains_key(&key)
            && fresh
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(key);
        let document = is_new.then(|| match String::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => {
                Document::of(key, todo.path.as_str(), &self.redactor.redact(&text))
            }
            _ => Document::blank(key),
        });
        let path = todo.path.clone();
        Some((Read { path, seen }, document))
    }

    /// Takes new documents into the segments.
    fn take_in(&mut self, parts: Vec<Segment>, added: usize) {
        if added == 0 {
            return;
        }
        let [base, tail] = &self.segments;
        let (old, waiting) = (
            base.segment.documents.len(),
            tail.segment.documents.len() + added,
        );
        if waiting > TAIL_MAX.max(old / 16) {
            let live = self.live();
            let all: Vec<&Segment> = [&base.segment, &tail.segment]
                .into_iter()
                .chain(&parts)
                .collect();
            let merged = Segment::merged(&all, &|key| live.contains(key));
            self.segments = [Loaded::new(merged), Loaded::default()];
            self.unsaved.base = true;
        } else {
            let all: Vec<&Segment> = std::iter::once(&tail.segment).chain(&parts).collect();
            self.segments[1] = Loaded::new(Segment::merged(&all, &|_| true));
        }
        self.unsaved.tail = true;
        self.place_documents();
        if added * RANK_SHARE >= self.tree.files.len() {
            self.rank();
            self.unsaved.tree = true;
        }
    }

    /// The contents that some folder with this index holds.
    fn live(&self) -> HashSet<Key> {
        let others = self.store.iter().flat_map(|it| it.other_trees());
        let others = others.flat_map(|it| it.files.into_values());
        self.tree
            .files
            .values()
            .copied()
            .chain(others)
            .map(|it| it.key)
            .collect()
    }
}

impl Came {
    fn close(&mut self, batch: &mut Vec<Document>) {
        if !batch.is_empty() {
            self.added += batch.len();
            self.parts.push(Segment::of(std::mem::take(batch)));
        }
    }
}

/// Decides about one thing that the walk came upon.
fn sort_out(
    found: Found,
    known: &BTreeMap<RelPath, Seen>,
    files: &mut BTreeMap<RelPath, Seen>,
    todo: &mut Vec<Todo>,
    done: &mut Refreshed,
) {
    let EntryKind::File(size) = found.kind else {
        return;
    };
    if !found.readable {
        done.hidden += 1;
        return;
    }
    if size > LARGEST {
        done.too_large += 1;
        return;
    }
    match known
        .get(&found.path)
        .filter(|it| it.is_same(size, found.stamp))
    {
        Some(seen) => drop(files.insert(found.path, *seen)),
        None => todo.push(Todo {
            path: found.path,
            size,
            stamp: found.stamp,
        }),
    }
}
