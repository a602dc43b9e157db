//! Where the system tells nothing, the tree is looked over again and again.
//!
//! A file that got another name is told as one that is gone and one that came, and what came and went between two looks is not
//! told at all.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use change::RelPath;

use super::{Change, joined};
use crate::files::{self, EntryKind, Stamp};

/// The shortest time between two looks. A look that took longer than a tenth of it is followed by ten times its length.
const PAUSE: Duration = Duration::from_millis(500);

/// A folder that is watched.
pub struct Watcher {
    root: PathBuf,
    skip: Box<dyn Fn(&str) -> bool + Send>,
    seen: Seen,
    pause: Duration,
}

/// What a look found.
#[derive(Default, PartialEq, Eq)]
struct Seen {
    folders: usize,
    files: BTreeMap<String, (u64, Stamp)>,
}

impl std::fmt::Debug for Watcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watcher")
            .field("root", &self.root)
            .field("folders", &self.seen.folders)
            .finish_non_exhaustive()
    }
}

impl Watcher {
    /// Watches `root` and every folder below it but those that `skip` names; gives the files that stand there.
    ///
    /// # Errors
    /// When the root cannot be read.
    pub fn new(
        root: &Path,
        skip: Box<dyn Fn(&str) -> bool + Send>,
    ) -> io::Result<(Watcher, Vec<String>)> {
        let mut watcher = Watcher {
            root: root.to_path_buf(),
            skip,
            seen: Seen::default(),
            pause: PAUSE,
        };
        let files = watcher.look_over()?;
        Ok((watcher, files))
    }

    /// How many folders are watched.
    pub fn folders(&self) -> usize {
        self.seen.folders
    }

    /// The files that stand there now, looked up anew.
    ///
    /// # Errors
    /// As [`Watcher::new`].
    pub fn look_over(&mut self) -> io::Result<Vec<String>> {
        self.seen = self.look()?;
        Ok(self.seen.files.keys().cloned().collect())
    }

    /// Waits until something changes or the time is over; gives what changed, by path.
    ///
    /// # Errors
    /// When the root cannot be read any more.
    pub fn wait(&mut self, most: Duration) -> io::Result<Vec<Change>> {
        let until = Instant::now() + most;
        loop {
            thread::sleep(
                until
                    .saturating_duration_since(Instant::now())
                    .min(self.pause),
            );
            let before = Instant::now();
            let now = self.look()?;
            self.pause = PAUSE.max(before.elapsed() * 10);
            let changes = between(&self.seen, &now);
            self.seen = now;
            if !changes.is_empty() || Instant::now() >= until {
                return Ok(changes);
            }
        }
    }

    fn look(&self) -> io::Result<Seen> {
        let mut seen = Seen::default();
        let mut open = vec![String::new()];
        while let Some(folder) = open.pop() {
            let below = match RelPath::parse(&folder) {
                Ok(folder) => files::entries_in(&self.root, Some(&folder)),
                Err(_) => files::entries_in(&self.root, None),
            };
            let entries = match below {
                Ok(entries) => entries,
                Err(error) if folder.is_empty() => return Err(io::Error::other(error)),
                // Gone again, or not ours to read.
                Err(_) => continue,
            };
            seen.folders += 1;
            for entry in entries {
                let path = joined(&folder, &entry.name);
                match entry.kind {
                    EntryKind::Folder if !(self.skip)(&path) => open.push(path),
                    EntryKind::File(_) => {
                        let place = RelPath::parse(&path).map_err(io::Error::other)?;
                        if let Ok(Some(found)) = files::stamp_in(&self.root, &place) {
                            seen.files.insert(path, found);
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(seen)
    }
}

/// What changed between two looks.
fn between(old: &Seen, new: &Seen) -> Vec<Change> {
    let gone = old.files.keys().filter(|it| !new.files.contains_key(*it));
    let mut changes: Vec<Change> = gone.map(|it| Change::Removed(it.clone())).collect();
    for (path, stamp) in &new.files {
        match old.files.get(path) {
            None => {
                changes.push(Change::Created(path.clone()));
                changes.push(Change::Written(path.clone()));
            }
            Some(before) if before != stamp => changes.push(Change::Written(path.clone())),
            Some(_) => {}
        }
    }
    changes
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "a test changes the files that are watched"
)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_changed_between_two_looks_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("resolves");
        fs::create_dir_all(root.join("a/b")).expect("made");
        fs::create_dir_all(root.join("skipped")).expect("made");
        fs::write(root.join("a/old.txt"), "x").expect("written");
        fs::write(root.join("a/same.txt"), "x").expect("written");
        let (mut watcher, files) =
            Watcher::new(&root, Box::new(|it| it == "skipped")).expect("watches");
        assert_eq!(files, ["a/old.txt", "a/same.txt"]);
        assert_eq!(watcher.folders(), 3);
        assert_eq!(watcher.wait(Duration::ZERO).expect("told"), []);
        fs::write(root.join("a/same.txt"), "longer").expect("written");
        fs::write(root.join("skipped/z"), "y").expect("written");
        fs::rename(root.join("a/old.txt"), root.join("a/b/moved.txt")).expect("moved");
        let moved = || "a/b/moved.txt".to_owned();
        assert_eq!(
            watcher.wait(Duration::from_secs(5)).expect("told"),
            [
                Change::Removed("a/old.txt".to_owned()),
                Change::Created(moved()),
                Change::Written(moved()),
                Change::Written("a/same.txt".to_owned()),
            ]
        );
        fs::remove_dir_all(root.join("a")).expect("removed");
        let told = watcher.wait(Duration::from_secs(5)).expect("told");
        assert_eq!((told.len(), watcher.folders()), (2, 1));
        fs::remove_dir_all(&root).expect("removed");
        assert!(watcher.wait(Duration::ZERO).is_err());
    }
}
