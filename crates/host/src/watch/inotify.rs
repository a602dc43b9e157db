//! Linux tells of each folder apart (inotify), so every folder below the root is watched, new ones too.

use std::collections::HashMap;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;

use change::RelPath;

use super::{Change, joined};
use crate::files::{self, EntryKind};

/// A folder that is watched.
pub struct Watcher {
    root: PathBuf,
    inotify: OwnedFd,
    /// The watched folders by what the system calls them; empty is the root.
    folders: HashMap<i32, String>,
    skip: Box<dyn Fn(&str) -> bool + Send>,
}

impl std::fmt::Debug for Watcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watcher")
            .field("root", &self.root)
            .field("folders", &self.folders.len())
            .finish_non_exhaustive()
    }
}

fn watched() -> WatchFlags {
    WatchFlags::CLOSE_WRITE
        | WatchFlags::CREATE
        | WatchFlags::DELETE
        | WatchFlags::MOVED_FROM
        | WatchFlags::MOVED_TO
        | WatchFlags::ONLYDIR
        | WatchFlags::DONT_FOLLOW
}

impl Watcher {
    /// Watches `root` and every folder below it but those that `skip` names; gives the files that stand there.
    ///
    /// # Errors
    /// When the system cannot watch so many folders, or the root cannot be read.
    pub fn new(
        root: &Path,
        skip: Box<dyn Fn(&str) -> bool + Send>,
    ) -> io::Result<(Watcher, Vec<String>)> {
        let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let mut watcher = Watcher {
            root: root.to_path_buf(),
            inotify,
            folders: HashMap::new(),
            skip,
        };
        let mut files = Vec::new();
        watcher.enter("", &mut files)?;
        Ok((watcher, files))
    }

    /// How many folders are watched.
    pub fn folders(&self) -> usize {
        self.folders.len()
    }

    /// Watches a folder and all below it, and notes the files there.
    fn enter(&mut self, folder: &str, files: &mut Vec<String>) -> io::Result<()> {
        let mut open = vec![folder.to_owned()];
        while let Some(folder) = open.pop() {
            let place = self.root.join(&folder);
            match inotify::add_watch(&self.inotify, &place, watched()) {
                Ok(number) => drop(self.folders.insert(number, folder.clone())),
                // Gone again, or not ours to read.
                Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS | Errno::LOOP)
                    if !folder.is_empty() =>
                {
                    continue;
                }
                Err(Errno::NOSPC) => {
                    let why =
                        "the system watches no more folders; raise fs.inotify.max_user_watches";
                    return Err(io::Error::other(why));
                }
                Err(errno) => return Err(errno.into()),
            }
            let below = match folder.is_empty() {
                true => files::entries_in(&self.root, None),
                false => RelPath::parse(&folder).map_or(Ok(Vec::new()), |it| {
                    files::entries_in(&self.root, Some(&it))
                }),
            };
            for entry in below.unwrap_or_default() {
                let path = joined(&folder, &entry.name);
                match entry.kind {
                    EntryKind::Folder if !(self.skip)(&path) => open.push(path),
                    EntryKind::File(_) => files.push(path),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// The files that stand there now, looked up anew; folders that were missed are watched from now on.
    ///
    /// # Errors
    /// As [`Watcher::new`].
    pub fn look_over(&mut self) -> io::Result<Vec<String>> {
        let mut files = Vec::new();
        self.enter("", &mut files)?;
        Ok(files)
    }

    /// Waits until something changes or the time is over; gives what changed, in order.
    ///
    /// # Errors
    /// When the system does not tell any more.
    pub fn wait(&mut self, most: Duration) -> io::Result<Vec<Change>> {
        let timeout = rustix::event::Timespec {
            tv_sec: i64::try_from(most.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(most.subsec_nanos()),
        };
        let mut ready = [PollFd::new(&self.inotify, PollFlags::IN)];
        match poll(&mut ready, Some(&timeout)) {
            Ok(0) | Err(Errno::INTR) => return Ok(Vec::new()),
            Ok(_) => {}
            Err(errno) => return Err(errno.into()),
        }
        let told = self.read()?;
        let mut changes = Vec::new();
        let mut left: Option<(u32, String, bool)> = None;
        for it in told {
            self.take(it, &mut left, &mut changes)?;
        }
        if let Some((_, path, false)) = left {
            changes.push(Change::Removed(path));
        }
        Ok(changes)
    }

    fn read(&self) -> io::Result<Vec<Told>> {
        let mut buffer = [MaybeUninit::uninit(); 64 << 10];
        let mut reader = Reader::new(&self.inotify, &mut buffer);
        let mut told = Vec::new();
        loop {
            match reader.next() {
                Ok(event) => told.push(Told {
                    folder: event.wd(),
                    flags: event.events(),
                    cookie: event.cookie(),
                    name: event
                        .file_name()
                        .and_then(|it| it.to_str().ok())
                        .map(str::to_owned),
                }),
                Err(Errno::WOULDBLOCK) => return Ok(told),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    /// Makes changes of what the system said. `left` is a file that left its name and may come to another.
    fn take(
        &mut self,
        it: Told,
        left: &mut Option<(u32, String, bool)>,
        changes: &mut Vec<Change>,
    ) -> io::Result<()> {
        if it.flags.contains(ReadFlags::QUEUE_OVERFLOW) {
            changes.push(Change::Lost);
            return Ok(());
        }
        if it.flags.contains(ReadFlags::IGNORED) {
            self.folders.remove(&it.folder);
            return Ok(());
        }
        let (Some(folder), Some(name)) = (self.folders.get(&it.folder), it.name) else {
            return Ok(());
        };
        let path = joined(folder, &name);
        let is_folder = it.flags.contains(ReadFlags::ISDIR);
        if it.flags.contains(ReadFlags::MOVED_TO) {
            let from = left
                .take_if(|it_left| it_left.0 == it.cookie && !it_left.2)
                .map(|it| it.1);
            return match (is_folder, from) {
                (true, _) => self.appear(&path, changes),
                (false, Some(from)) => {
                    changes.push(Change::Moved { from, to: path });
                    Ok(())
                }
                (false, None) => {
                    changes.push(Change::Written(path));
                    Ok(())
                }
            };
        }
        if let Some((_, gone, false)) = left.take() {
            changes.push(Change::Removed(gone));
        }
        match (is_folder, it.flags) {
            (true, flags) if flags.contains(ReadFlags::CREATE) => self.appear(&path, changes)?,
            // Files of a folder that is gone are found missing by whoever knows them.
            (true, flags) if flags.intersects(ReadFlags::MOVED_FROM | ReadFlags::DELETE) => {
                self.leave(&path);
                changes.push(Change::Removed(path));
            }
            (false, flags) if flags.contains(ReadFlags::MOVED_FROM) => {
                *left = Some((it.cookie, path, false))
            }
            (false, flags) if flags.contains(ReadFlags::CREATE) => {
                changes.push(Change::Created(path))
            }
            (false, flags) if flags.contains(ReadFlags::DELETE) => {
                changes.push(Change::Removed(path))
            }
            (false, flags) if flags.contains(ReadFlags::CLOSE_WRITE) => {
                changes.push(Change::Written(path))
            }
            _ => {}
        }
        Ok(())
    }

    /// A folder came: what it holds came with it.
    fn appear(&mut self, folder: &str, changes: &mut Vec<Change>) -> io::Result<()> {
        if (self.skip)(folder) {
            return Ok(());
        }
        let mut files = Vec::new();
        self.enter(folder, &mut files)?;
        changes.push(Change::Folder(folder.to_owned()));
        changes.extend(files.into_iter().map(Change::Created));
        Ok(())
    }

    fn leave(&mut self, folder: &str) {
        let below = format!("{folder}/");
        let gone: Vec<i32> = self
            .folders
            .iter()
            .filter(|(_, path)| *path == folder || path.starts_with(&below))
            .map(|(number, _)| *number)
            .collect();
        for number in gone {
            self.folders.remove(&number);
            // A folder that is gone is watched no longer anyway.
            let _ = inotify::remove_watch(&self.inotify, number);
        }
    }
}

struct Told {
    folder: i32,
    flags: ReadFlags,
    cookie: u32,
    name: Option<String>,
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "a test changes the files that are watched"
)]
mod tests {
    use super::*;
    use std::fs;

    fn changes(watcher: &mut Watcher) -> Vec<Change> {
        let mut all = Vec::new();
        loop {
            let some = watcher.wait(Duration::from_millis(150)).expect("told");
            if some.is_empty() {
                return all;
            }
            all.extend(some);
        }
    }

    #[test]
    fn every_change_is_told_with_its_path() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("resolves");
        fs::create_dir_all(root.join("a/b")).expect("made");
        fs::create_dir_all(root.join("skipped")).expect("made");
        fs::write(root.join("a/old.txt"), "x").expect("written");
        let (mut watcher, files) =
            Watcher::new(&root, Box::new(|it| it == "skipped")).expect("watches");
        assert_eq!(
            (files, watcher.folders()),
            (vec!["a/old.txt".to_owned()], 3)
        );
        fs::write(root.join("a/b/new.txt"), "y").expect("written");
        fs::write(root.join("skipped/z"), "y").expect("written");
        fs::rename(root.join("a/old.txt"), root.join("a/b/moved.txt")).expect("moved");
        fs::remove_file(root.join("a/b/new.txt")).expect("removed");
        let path = |it: &str| format!("a/b/{it}");
        assert_eq!(
            changes(&mut watcher),
            [
                Change::Created(path("new.txt")),
                Change::Written(path("new.txt")),
                Change::Moved {
                    from: "a/old.txt".into(),
                    to: path("moved.txt")
                },
                Change::Removed(path("new.txt")),
            ]
        );
        fs::create_dir_all(root.join("c/d")).expect("made");
        fs::write(root.join("c/d/deep.txt"), "z").expect("written");
        let told = changes(&mut watcher);
        assert!(told.contains(&Change::Folder("c".into())), "{told:?}");
        let is_told = |it: &Change| matches!(it, Change::Created(path) | Change::Written(path) if path == "c/d/deep.txt");
        assert!(told.iter().any(is_told), "{told:?}");
        fs::write(root.join("c/d/deep.txt"), "zz").expect("written");
        assert_eq!(
            changes(&mut watcher),
            [Change::Written("c/d/deep.txt".into())],
            "a new folder is watched"
        );
        fs::remove_dir_all(root.join("c")).expect("removed");
        assert!(changes(&mut watcher).contains(&Change::Removed("c/d/deep.txt".into())));
        assert_eq!(watcher.folders(), 3);
    }
}
