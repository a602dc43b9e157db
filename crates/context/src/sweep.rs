//! A walk by several threads beside each other, for work on files that needs no order: the same files as a walk, each met in the
//! folder that it stands in, which is held open.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use change::RelPath;
use host::files::{FileError, FolderName, NameKind, OpenFolder};
use ignore::gitignore::Gitignore;

use crate::walk::{DEPTH_MAX, NAMES_MAX, RULE_FILES, Walked, above, is_left_out, rules_of};

/// A sweep to be made.
pub struct Sweep<'a> {
    /// The folder whose files are meant, canonical.
    pub root: &'a Path,
    /// Where it begins; none for the folder itself.
    pub start: Option<&'a RelPath>,
    /// Whether policy lets a path be shown.
    pub readable: &'a (dyn Fn(&RelPath) -> bool + Sync),
    /// Whether a file or folder need not be looked at any more.
    pub skip: &'a (dyn Fn(&RelPath) -> bool + Sync),
    /// Asked whether it should end.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

/// A file that a sweep comes upon.
#[derive(Debug)]
pub struct Met<'a> {
    /// The folder that it stands in.
    pub folder: &'a OpenFolder,
    /// Its name there.
    pub name: &'a str,
    /// Its whole path.
    pub path: RelPath,
    /// Whether policy lets it be shown.
    pub readable: bool,
}

impl Sweep<'_> {
    /// Visits every file, each worker on a thread of its own with what it was given to work with. Gives these back.
    ///
    /// # Errors
    /// When the folder that it begins in cannot be listed.
    pub fn go<W: Send>(
        &self,
        workers: Vec<W>,
        visit: &(dyn Fn(&mut W, Met<'_>) + Sync),
    ) -> Result<(Walked, Vec<W>), FileError> {
        // Each folder is opened by who looks through it; of the first one it is told when that cannot be.
        OpenFolder::open(self.root, self.start)?;
        let mut rules = None;
        for folder in above(self.start) {
            rules = Rules::within(rules, rules_of(self.root, folder.as_ref(), &RULE_FILES));
        }
        let shared = Shared {
            sweep: self,
            jobs: Mutex::new(Jobs::default()),
            woken: Condvar::new(),
            left: AtomicUsize::new(NAMES_MAX),
            ignored: AtomicUsize::new(0),
            is_cut: AtomicBool::new(false),
        };
        let job = Job {
            folder: self.start.cloned(),
            rules,
            depth: DEPTH_MAX,
        };
        shared.lock().waiting.push(job);
        let shared_ref = &shared;
        let work = |mut worker: W| {
            while let Some(job) = shared_ref.next() {
                let _under_way = UnderWay(shared_ref);
                shared_ref.folder(&job, &mut |met| visit(&mut worker, met));
            }
            worker
        };
        let workers = std::thread::scope(|scope| {
            let threads: Vec<_> = workers
                .into_iter()
                .map(|it| scope.spawn(move || work(it)))
                .collect();
            threads
                .into_iter()
                .filter_map(|it| {
                    let came = it.join();
                    if came.is_err() {
                        // What it would have looked at was not looked at.
                        shared_ref.is_cut.store(true, Ordering::Relaxed);
                    }
                    came.ok()
                })
                .collect()
        });
        let walked = Walked {
            ignored: shared.ignored.into_inner(),
            cut: shared.is_cut.into_inner(),
        };
        Ok((walked, workers))
    }
}

/// The rules of a folder, and of those that it stands in.
struct Rules {
    own: Gitignore,
    above: Option<Arc<Rules>>,
}

impl Rules {
    fn within(above: Option<Arc<Rules>>, own: Gitignore) -> Option<Arc<Rules>> {
        match own.is_empty() {
            true => above,
            false => Some(Arc::new(Rules { own, above })),
        }
    }

    fn chain(innermost: Option<&Arc<Rules>>) -> impl Iterator<Item = &Gitignore> {
        std::iter::successors(innermost.map(AsRef::as_ref), |it: &&Rules| {
            it.above.as_deref()
        })
        .map(|it| &it.own)
    }
}

/// A folder that is still to be looked through.
struct Job {
    folder: Option<RelPath>,
    rules: Option<Arc<Rules>>,
    depth: usize,
}

#[derive(Default)]
struct Jobs {
    waiting: Vec<Job>,
    /// Folders that are being looked through, from which more may come.
    under_way: usize,
}

/// A folder that is being looked through, however that ends.
struct UnderWay<'s>(&'s Shared<'s>);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut jobs = self.0.lock();
        jobs.under_way -= 1;
        if jobs.under_way == 0 {
            self.0.woken.notify_all();
        }
    }
}

struct Shared<'a> {
    sweep: &'a Sweep<'a>,
    jobs: Mutex<Jobs>,
    woken: Condvar,
    left: AtomicUsize,
    ignored: AtomicUsize,
    is_cut: AtomicBool,
}

impl Shared<'_> {
    fn lock(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next folder; none when no more can come.
    fn next(&self) -> Option<Job> {
        let mut jobs = self.lock();
        loop {
            if let Some(job) = jobs.waiting.pop() {
                jobs.under_way += 1;
                return Some(job);
            }
            if jobs.under_way == 0 {
                return None;
            }
            jobs = self
                .woken
                .wait(jobs)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn add(&self, job: Job) {
        self.lock().waiting.push(job);
        self.woken.notify_one();
    }

    fn folder(&self, job: &Job, visit: &mut dyn FnMut(Met<'_>)) {
        // A folder that cannot be listed, or has gone, holds nothing that could be shown.
        let opened = OpenFolder::open(self.sweep.root, job.folder.as_ref());
        let Some((folder, names)) = opened
            .ok()
            .and_then(|it| it.names().ok().map(|names| (it, names)))
        else {
            return;
        };
        let has = |name: &&&str| names.iter().any(|it| it.name == ***name);
        let files: Vec<&str> = RULE_FILES.iter().filter(has).copied().collect();
        let rules = match files.is_empty() {
            true => job.rules.clone(),
            false => {
                let own = rules_of(self.sweep.root, job.folder.as_ref(), &files);
                Rules::within(job.rules.clone(), own)
            }
        };
        for entry in &names {
            if (self.sweep.stop)() || self.takes_too_many() {
                self.is_cut.store(true, Ordering::Relaxed);
                return;
            }
            self.entry(job, &folder, entry, rules.as_ref(), visit);
        }
    }

    fn takes_too_many(&self) -> bool {
        let take = |left: usize| left.checked_sub(1);
        let took = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        took.is_err()
    }

    fn entry(
        &self,
        job: &Job,
        folder: &OpenFolder,
        entry: &FolderName,
        rules: Option<&Arc<Rules>>,
        visit: &mut dyn FnMut(Met<'_>),
    ) {
        let path = match &job.folder {
            Some(folder) => folder.join(&entry.name),
            None => RelPath::parse(&entry.name),
        };
        let Ok(path) = path else { return };
        let is_folder = entry.kind == NameKind::Folder;
        if is_left_out(&path, is_folder, Rules::chain(rules)) {
            self.ignored.fetch_add(1, Ordering::Relaxed);
            return;
        }
        if (self.sweep.skip)(&path) {
            return;
        }
        match entry.kind {
            NameKind::Other => {}
            NameKind::File => {
                let readable = (self.sweep.readable)(&path);
                visit(Met {
                    folder,
                    name: &entry.name,
                    path,
                    readable,
                });
            }
            NameKind::Folder if job.depth > 1 && (self.sweep.readable)(&path) => self.add(Job {
                folder: Some(path),
                rules: rules.cloned(),
                depth: job.depth - 1,
            }),
            NameKind::Folder => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::ops::ControlFlow;

    use super::*;
    use crate::walk::{Found, Walk};

    #[expect(clippy::disallowed_methods, reason = "a test plants its files")]
    fn planted() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in [
            (".gitignore", "*.log\nbuild/\n!keep.log\n"),
            ("a.rs", ""),
            ("x.log", ""),
            ("keep.log", ""),
            ("build/out.rs", ""),
            ("deep/.gitignore", "/only.rs\n!x.log\n"),
            ("deep/only.rs", ""),
            ("deep/x.log", ""),
            ("deep/er/only.rs", ""),
            ("deep/er/secret/s.rs", ""),
            ("node_modules/n.js", ""),
            (".git/config", ""),
        ] {
            let file = folder.path().join(path);
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
            std::fs::write(file, text).expect("written");
        }
        folder
    }

    fn walked(root: &Path, start: Option<&RelPath>) -> (Walked, BTreeSet<(String, bool)>) {
        let mut found = BTreeSet::new();
        let walk = Walk {
            root,
            start,
            depth: usize::MAX,
            readable: &|it| it.file_name() != "secret" && it.file_name() != "a.rs",
            stop: &|| false,
        };
        let visit = &mut |it: Found| {
            if matches!(it.kind, host::files::EntryKind::File(_)) {
                found.insert((it.path.to_string(), it.readable));
            }
            ControlFlow::Continue(())
        };
        (walk.go(visit).expect("walked"), found)
    }

    fn swept(root: &Path, start: Option<&RelPath>) -> (Walked, BTreeSet<(String, bool)>) {
        let sweep = Sweep {
            root,
            start,
            readable: &|it| it.file_name() != "secret" && it.file_name() != "a.rs",
            skip: &|_| false,
            stop: &|| false,
        };
        let workers = vec![Vec::new(), Vec::new(), Vec::new()];
        let (walked, workers) = sweep
            .go(workers, &|worker: &mut Vec<_>, met| {
                worker.push((met.path.to_string(), met.readable));
            })
            .expect("swept");
        (walked, workers.into_iter().flatten().collect())
    }

    #[test]
    fn a_sweep_comes_upon_what_a_walk_does() {
        let folder = planted();
        for start in [None, Some("deep"), Some("deep/er")] {
            let start = start.map(|it| RelPath::parse(it).expect("a path"));
            let swept = swept(folder.path(), start.as_ref());
            assert_eq!(swept, walked(folder.path(), start.as_ref()), "{start:?}");
            assert!(!swept.1.is_empty());
        }
    }

    #[test]
    fn a_sweep_ends_when_it_is_told_to() {
        let folder = planted();
        let sweep = Sweep {
            root: folder.path(),
            start: None,
            readable: &|_| true,
            skip: &|_| false,
            stop: &|| true,
        };
        let (walked, workers) = sweep.go(vec![0, 0], &|it, _| *it += 1).expect("swept");
        assert!(walked.cut);
        assert_eq!(workers, [0, 0]);
    }
}
