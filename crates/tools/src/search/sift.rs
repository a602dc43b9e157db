//! Which files hold a match, found out by several threads beside each other.

use std::cmp::Ordering as Order;
use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use change::RelPath;
use context::{Met, Sweep};
use grep_matcher::LineTerminator;
use grep_regex::RegexMatcher;
use grep_searcher::{BinaryDetection, Searcher, SearcherBuilder, Sink, SinkMatch};
use host::files::{FileError, FolderRead};

use super::LARGEST;
use crate::Stop;
use crate::error::ToolError;
use crate::list::Pattern;
use crate::workspace::{Walk, Workspace};

/// Threads that look through files.
const THREADS_MAX: usize = 8;
/// A worker's memory for one file is given back when it is larger than this, in bytes.
const BUFFER: usize = 1 << 20;

pub(super) struct Sift<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) matcher: &'a RegexMatcher,
    pub(super) glob: Option<&'a Pattern>,
    pub(super) first: Firsts,
    /// Files that policy does not let be shown.
    pub(super) withheld: AtomicUsize,
    pub(super) too_large: AtomicUsize,
}

/// What one thread works with.
struct Worker {
    searcher: Searcher,
    bytes: Vec<u8>,
}

impl Worker {
    fn new() -> Worker {
        Worker {
            searcher: SearcherBuilder::new()
                .line_number(false)
                .line_terminator(LineTerminator::crlf())
                .binary_detection(BinaryDetection::quit(0))
                .build(),
            bytes: Vec::new(),
        }
    }
}

impl Sift<'_> {
    pub(super) fn run(&self, place: Option<&RelPath>, stop: Stop<'_>) -> Result<Walk, ToolError> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let workers = (0..threads.min(THREADS_MAX)).map(|_| Worker::new());
        let sweep = Sweep {
            root: self.workspace.root(),
            start: place,
            readable: &|path| self.workspace.is_readable(path),
            skip: &|path| self.first.is_beyond(path),
            stop,
        };
        let visit = |worker: &mut Worker, met: Met<'_>| self.file(worker, met);
        let (walked, _) = sweep.go(workers.collect(), &visit)?;
        Ok(walked)
    }

    fn file(&self, worker: &mut Worker, met: Met<'_>) {
        if self.glob.is_some_and(|it| !it.matches(met.path.as_str())) {
            return;
        }
        let count = |what: &AtomicUsize| {
            what.fetch_add(1, Ordering::Relaxed);
        };
        if !met.readable {
            return count(&self.withheld);
        }
        let has_match = match met.folder.read(met.name, LARGEST, &mut worker.bytes) {
            // Gone, or not to be read by this user: it has no lines to show.
            FolderRead::None => return,
            FolderRead::TooLarge => return count(&self.too_large),
            FolderRead::Whole => Some(self.has_match(&mut worker.searcher, &worker.bytes)),
            FolderRead::Shared => self.workspace.load_found(&met.path, LARGEST).map_or_else(
                |error| match error {
                    FileError::TooLarge { .. } => Some(true),
                    _ => None,
                },
                |loaded| match loaded {
                    Some(it) => Some(self.has_match(&mut worker.searcher, &it.bytes)),
                    // It is counted when it is to be shown.
                    None => Some(true),
                },
            ),
        };
        if worker.bytes.capacity() > BUFFER {
            worker.bytes = Vec::new();
        }
        if has_match == Some(true) {
            self.first.add(met.path);
        }
    }

    fn has_match(&self, searcher: &mut Searcher, bytes: &[u8]) -> bool {
        let mut found = Found(false);
        // What cannot be searched is said when it is to be shown.
        let searched = searcher.search_slice(self.matcher, bytes, &mut found);
        searched.is_err() || found.0
    }
}

/// Whether there is a match.
struct Found(bool);

impl Sink for Found {
    type Error = io::Error;

    fn matched(&mut self, _: &Searcher, _: &SinkMatch<'_>) -> io::Result<bool> {
        self.0 = true;
        Ok(false)
    }
}

/// The first so many files in the order of a walk, whenever they are found.
pub(super) struct Firsts {
    limit: usize,
    found: Mutex<BTreeSet<InOrder>>,
    is_full: AtomicBool,
}

impl Firsts {
    /// One more than `limit`, so that it is seen when there are more.
    pub(super) fn of(limit: usize) -> Firsts {
        Firsts {
            limit: limit + 1,
            found: Mutex::default(),
            is_full: AtomicBool::new(false),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<InOrder>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, path: RelPath) {
        let mut found = self.lock();
        found.insert(InOrder(path));
        if found.len() > self.limit {
            found.pop_last();
        }
        self.is_full
            .store(found.len() == self.limit, Ordering::Relaxed);
    }

    /// Whether a file, or everything in a folder, would come after all of them.
    fn is_beyond(&self, path: &RelPath) -> bool {
        if !self.is_full.load(Ordering::Relaxed) {
            return false;
        }
        let found = self.lock();
        found
            .last()
            .is_some_and(|it| in_order(path, &it.0) == Order::Greater)
    }

    pub(super) fn into_paths(self) -> impl Iterator<Item = RelPath> {
        let found = self.found.into_inner();
        let found = found.unwrap_or_else(PoisonError::into_inner);
        found.into_iter().map(|it| it.0)
    }
}

/// A path that is compared as a walk meets it: name by name.
#[derive(PartialEq, Eq)]
struct InOrder(RelPath);

fn in_order(a: &RelPath, b: &RelPath) -> Order {
    a.components().cmp(b.components())
}

impl Ord for InOrder {
    fn cmp(&self, other: &InOrder) -> Order {
        in_order(&self.0, &other.0)
    }
}

impl PartialOrd for InOrder {
    fn partial_cmp(&self, other: &InOrder) -> Option<Order> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RelPath {
        RelPath::parse(text).expect("a path")
    }

    #[test]
    fn the_first_files_are_kept_in_the_order_of_a_walk() {
        let first = Firsts::of(1);
        assert!(!first.is_beyond(&path("z")));
        for it in ["b/x", "a-b/x", "c", "a/x"] {
            first.add(path(it));
        }
        assert!(first.is_beyond(&path("b")));
        assert!(!first.is_beyond(&path("a")), "there may be more in it");
        assert!(!first.is_beyond(&path("a/y")));
        let kept: Vec<String> = first.into_paths().map(|it| it.to_string()).collect();
        assert_eq!(kept, ["a/x", "a-b/x"]);
    }
}
