//! `kiro watch`: the hooks of files, while a person works.
//!
//! One process a folder watches. A thread takes in what the system tells, so that nothing is lost while hooks run; what is
//! quiet is decided upon, path by path. A change that another process of Kiro has asked hooks about already, with that very
//! content, is left alone.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use change::{Digest, RelPath};
use engine::Fact;
use hooks::{Burst, Event, Happening, Queue};
use host::clock::Stopwatch;
use host::lease::Lock;
use host::watch::{Change, Watcher};
use model::Cancel;

use super::document::event_of;
use super::incident::digest_of;
use super::outcome::Ran;
use super::rig::Rig;
use crate::error::{Kind, SessionError};
use crate::models::Chain;
use crate::places::{Environment, Project};
use crate::view::{Front, View};

/// Most paths that wait at a time; with more the tree is looked over instead.
const WAITING_MAX: usize = 200_000;
/// A file that never rests is told after this long, in milliseconds.
const PATIENCE_MS: u64 = 5_000;
/// How many changes are decided upon before what was decided is written.
const BATCH: usize = 500;
/// How long is waited at a stretch, so that stopping is noticed.
const STRETCH: Duration = Duration::from_millis(500);
/// Folders that nobody writes hooks for; those that git ignores are left out too.
const SKIPPED: [&str; 8] = [
    ".git",
    "node_modules",
    "target",
    ".venv",
    "venv",
    "__pycache__",
    ".hg",
    ".svn",
];

/// What `kiro watch` is asked.
#[derive(Clone, Debug)]
pub struct WatchOptions {
    /// How long a file has to be quiet, in milliseconds.
    pub quiet_ms: u64,
    /// The model; as configured for hooks when none is named.
    pub model: Option<Chain>,
}

/// One change that hooks were asked about.
#[derive(Clone, Debug)]
pub struct Watched {
    /// What happened.
    pub event: String,
    /// The file.
    pub path: String,
    /// How long after it was quiet the hooks were asked, in microseconds.
    pub late_us: u64,
    /// How long each decision took, in microseconds.
    pub decided_us: Vec<u64>,
    /// Hooks that fired.
    pub ran: Vec<Ran>,
}

/// What the thread that listens and the one that runs hooks share.
struct Shared {
    queue: Mutex<Taken>,
    came: Condvar,
    clock: Stopwatch,
}

struct Taken {
    queue: Queue,
    /// Whether the tree has to be looked over.
    lost: bool,
    /// Why the system tells no more.
    broken: Option<String>,
}

/// Watches until cancelled; `on` is told of every change that hooks were asked about.
///
/// # Errors
/// When another process watches here already, the system cannot watch, or the journal cannot be written.
pub fn watch(
    options: &WatchOptions,
    environment: &Environment,
    cancel: &Cancel,
    front: &mut dyn Front,
    on: &mut dyn FnMut(&Watched),
) -> Result<(), SessionError> {
    let project = Project::around(environment)?;
    host::files::ensure_private_folder(&project.state).map_err(SessionError::internal)?;
    let lock = Lock::take(&project.state.join("watch.lock")).map_err(SessionError::internal)?;
    let Some(_lock) = lock else {
        let why = format!(
            "another `kiro watch` watches {} already",
            project.root.display()
        );
        return Err(SessionError::new(Kind::Refused, why)
            .hint("its hooks hold here too; stop it first to watch from here"));
    };
    let rig = Rig::open(&project, environment, cancel)?.with_model(options.model.clone());
    let skip = skipped(&project, environment);
    let (watcher, files) = Watcher::new(&project.root, skip).map_err(SessionError::input)?;
    let shared = Arc::new(Shared {
        queue: Mutex::new(Taken {
            queue: Queue::new(WAITING_MAX, options.quiet_ms, PATIENCE_MS),
            lost: false,
            broken: None,
        }),
        came: Condvar::new(),
        clock: Stopwatch::start(),
    });
    let grants = crate::trust::grants_file(&project, environment, "json");
    let mut watch = Watch {
        rig,
        shared: Arc::clone(&shared),
        known: files
            .iter()
            .map(|it| (it.clone(), stamp(&project.root, it)))
            .collect(),
        seen: HashMap::new(),
        seen_seq: 0,
        cancel: cancel.clone(),
        quiet_ms: options.quiet_ms,
        grants_stamp: stamp(&grants, ""),
        grants,
    };
    watch.learn_seen(front)?;
    watch.seen.clear();
    // Whoever reads this may change a file at once, so what stood here before is known by now.
    front.show(&View::Notice(format!(
        "watching {} files in {} folders of {}; Ctrl-C ends it",
        files.len(),
        watcher.folders(),
        project.root.display()
    )));
    let done = Cancel::new();
    std::thread::scope(|scope| {
        let listener = scope.spawn(|| listen(watcher, &shared, cancel, &done));
        let ran = watch.run(front, on);
        done.cancel();
        // It has nothing to say that was not told.
        let _ = listener.join();
        let closed = watch.rig.close(front);
        ran.and(closed)
    })
}

/// The folders that are left out.
fn skipped(project: &Project, environment: &Environment) -> Box<dyn Fn(&str) -> bool + Send> {
    let ignored: BTreeSet<String> = super::scan::git_program(project, environment)
        .ok()
        .filter(|_| project.root.ancestors().any(|it| it.join(".git").exists()))
        .and_then(|git| {
            let question = [
                "ls-files",
                "--others",
                "--ignored",
                "--exclude-standard",
                "--directory",
                "-z",
            ];
            host::process::git_answer(&git, &project.root, &question)
                .ok()
                .flatten()
        })
        .map(|told| {
            told.split('\0')
                .filter_map(|it| it.strip_suffix('/'))
                .map(str::to_owned)
                .collect()
        })
        .unwrap_or_default();
    let state = project
        .state
        .strip_prefix(&project.root)
        .ok()
        .and_then(Path::to_str)
        .map(str::to_owned);
    Box::new(move |path| {
        let name = path.rsplit('/').next().unwrap_or(path);
        SKIPPED.contains(&name) || ignored.contains(path) || state.as_deref() == Some(path)
    })
}

/// When a file was changed last and how large it is: whether it is another one now.
type Stamp = Option<(std::time::SystemTime, u64)>;

fn stamp(root: &Path, path: &str) -> Stamp {
    let place = if path.is_empty() {
        root.to_path_buf()
    } else {
        root.join(path)
    };
    let found = place.symlink_metadata().ok()?;
    Some((found.modified().ok()?, found.len()))
}

/// Takes in what the system tells until nobody wants it any more.
fn listen(mut watcher: Watcher, shared: &Shared, cancel: &Cancel, done: &Cancel) {
    while !cancel.is_cancelled() && !done.is_cancelled() {
        let told = watcher.wait(STRETCH);
        let mut taken = lock(shared);
        match told {
            Ok(changes) if changes.is_empty() => continue,
            Ok(changes) => {
                let now = shared.clock.elapsed_ms();
                for change in changes {
                    match change {
                        Change::Created(path) => {
                            taken.queue.push(&path, Happening::Created, 0, now)
                        }
                        Change::Written(path) => taken.queue.push(&path, Happening::Saved, 0, now),
                        Change::Removed(path) => {
                            taken.queue.push(&path, Happening::Deleted, 0, now)
                        }
                        Change::Moved { from, to } => {
                            taken.queue.push(&to, Happening::Renamed { from }, 0, now)
                        }
                        Change::Folder(_) => {}
                        Change::Lost => taken.lost = true,
                    }
                }
                taken.lost |= taken.queue.take_overflow();
            }
            Err(error) => {
                taken.broken = Some(error.to_string());
                shared.came.notify_all();
                return;
            }
        }
        if taken.lost && watcher.look_over().is_err() {
            taken.broken = Some("the folder cannot be looked over".to_owned());
        }
        shared.came.notify_all();
    }
}

fn lock(shared: &Shared) -> std::sync::MutexGuard<'_, Taken> {
    shared.queue.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Watch<'a> {
    rig: Rig<'a>,
    shared: Arc<Shared>,
    /// Every file that is there, with its stamp.
    known: HashMap<String, Stamp>,
    /// Contents that hooks were asked about, here or elsewhere.
    seen: HashMap<String, BTreeSet<String>>,
    seen_seq: i64,
    cancel: Cancel,
    quiet_ms: u64,
    /// What a person has approved of this folder, and when that was changed last.
    grants: std::path::PathBuf,
    grants_stamp: Stamp,
}

impl Watch<'_> {
    fn run(
        &mut self,
        front: &mut dyn Front,
        on: &mut dyn FnMut(&Watched),
    ) -> Result<(), SessionError> {
        while !self.cancel.is_cancelled() {
            let (due, lost, broken) = self.wait();
            if let Some(why) = broken {
                return Err(SessionError::internal(format!(
                    "the system tells no more of changes: {why}"
                )));
            }
            if lost {
                front.show(&View::Warning(
                    "more changed than could be followed; the folder is looked over".to_owned(),
                ));
                self.look_over();
            }
            if due.is_empty() {
                continue;
            }
            match self.batch(due, front, on) {
                Err(error) if error.kind == Kind::Interrupted => return Ok(()),
                other => other?,
            }
        }
        Ok(())
    }

    /// Waits for changes that are quiet.
    fn wait(&self) -> (Vec<Burst>, bool, Option<String>) {
        let mut taken = lock(&self.shared);
        let now = self.shared.clock.elapsed_ms();
        let wait = match taken.queue.next_ms() {
            Some(at) => Duration::from_millis(at.saturating_sub(now)).min(STRETCH),
            None => STRETCH,
        };
        if !wait.is_zero() && !taken.lost && taken.broken.is_none() {
            let waited = self.shared.came.wait_timeout(taken, wait);
            taken = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let due = taken.queue.due(self.shared.clock.elapsed_ms());
        (due, std::mem::take(&mut taken.lost), taken.broken.clone())
    }

    /// Finds by their stamps which files changed, where the system did not tell.
    fn look_over(&mut self) {
        let root = self.rig.project.root.clone();
        let skip = skipped(&self.rig.project, self.rig.environment);
        let mut found = BTreeSet::new();
        walk(&root, None, &*skip, &mut found);
        let now = self.shared.clock.elapsed_ms();
        let mut taken = lock(&self.shared);
        for path in &found {
            match self.known.get(path) {
                None => taken.queue.push(path, Happening::Created, 0, now),
                Some(before) if *before != stamp(&root, path) => {
                    taken.queue.push(path, Happening::Saved, 0, now)
                }
                Some(_) => {}
            }
        }
        let gone: Vec<&String> = self
            .known
            .keys()
            .filter(|it| !found.contains(*it))
            .collect();
        for path in gone {
            taken.queue.push(path, Happening::Deleted, 0, now);
        }
    }

    fn batch(
        &mut self,
        due: Vec<Burst>,
        front: &mut dyn Front,
        on: &mut dyn FnMut(&Watched),
    ) -> Result<(), SessionError> {
        let grants = stamp(&self.grants, "");
        if grants != self.grants_stamp || due.iter().any(|it| it.path.starts_with(".kiro/")) {
            self.grants_stamp = grants;
            self.rig.refresh()?;
        }
        self.learn_seen(front)?;
        let asks = self.rig.asks_of_the_last_commit();
        for some in due.chunks(BATCH) {
            if asks {
                let paths: Vec<String> = some.iter().map(|it| it.path.clone()).collect();
                self.rig.world.fetch_heads(&paths);
            }
            let told = self.tell_all(some, front, on);
            self.rig.world.forget_heads();
            told?;
            self.rig.flush(front)?;
        }
        self.learn_seen(front)
    }

    fn tell_all(
        &mut self,
        due: &[Burst],
        front: &mut dyn Front,
        on: &mut dyn FnMut(&Watched),
    ) -> Result<(), SessionError> {
        for burst in due {
            if self.cancel.is_cancelled() {
                break;
            }
            for (event, path, old) in self.events(burst) {
                self.tell(event, &path, old.as_deref(), burst, front, on)?;
            }
        }
        Ok(())
    }

    /// What a change means, given what was there: a path that was a folder stands for what it held.
    fn events(&mut self, burst: &Burst) -> Vec<(Event, String, Option<String>)> {
        let root = self.rig.project.root.clone();
        let now = stamp(&root, &burst.path);
        let is_file = root
            .join(&burst.path)
            .symlink_metadata()
            .is_ok_and(|it| it.is_file());
        let mut events = Vec::new();
        if !is_file {
            let below = format!("{}/", burst.path);
            let mut gone: Vec<String> = self
                .known
                .keys()
                .filter(|it| **it == burst.path || it.starts_with(&below))
                .cloned()
                .collect();
            gone.retain(|it| !root.join(it).exists());
            gone.sort();
            for path in gone {
                self.known.remove(&path);
                events.push((Event::FileDelete, path, None));
            }
            return events;
        }
        let before = self.known.insert(burst.path.clone(), now);
        let path = || burst.path.clone();
        if let Happening::Renamed { from } = &burst.what {
            // An editor that writes beside the file and renames has saved it.
            let was_there = self.known.remove(from).is_some();
            if was_there && before.is_none() {
                return vec![(Event::FileRename, path(), Some(from.clone()))];
            }
        }
        match before {
            None => {
                events.push((Event::FileCreate, path(), None));
                events.push((Event::FileSave, path(), None));
            }
            Some(before) if before != now => events.push((Event::FileSave, path(), None)),
            Some(_) => {}
        }
        let document = event_of(&burst.path).filter(|_| !events.is_empty());
        events.extend(document.map(|it| (it, path(), None)));
        events
    }

    fn tell(
        &mut self,
        event: Event,
        path: &str,
        old: Option<&str>,
        burst: &Burst,
        front: &mut dyn Front,
        on: &mut dyn FnMut(&Watched),
    ) -> Result<(), SessionError> {
        let digest = RelPath::parse(path)
            .ok()
            .and_then(|it| digest_of(&self.rig.project.root, &it));
        if self.was_seen(path, digest) {
            return Ok(());
        }
        self.rig.decided_in.clear();
        let quiet_at = burst.last_ms + self.quiet_ms;
        let late_us = self
            .shared
            .clock
            .elapsed_ms()
            .saturating_sub(quiet_at)
            .saturating_mul(1_000);
        let ran = match old {
            Some(old) => {
                let incident = self.rig.incident(event).about(path).at_depth(burst.depth);
                let incident = incident.text(hooks::Fact::OldPath, old);
                self.rig.fire(&incident, front)?
            }
            None => self.rig.fire_on_change(event, path, burst.depth, front)?,
        };
        let decided_us = self
            .rig
            .decided_in
            .iter()
            .map(|it| u64::try_from(it.as_micros()).unwrap_or(u64::MAX));
        let watched = Watched {
            event: event.name().to_owned(),
            path: path.to_owned(),
            late_us,
            decided_us: decided_us.collect(),
            ran,
        };
        on(&watched);
        Ok(())
    }

    /// Whether another process, or a hook of this one, has asked hooks about this very content.
    fn was_seen(&mut self, path: &str, digest: Option<Digest>) -> bool {
        let digest = digest.map_or(String::new(), |it| it.to_string());
        self.seen.get(path).is_some_and(|it| it.contains(&digest))
    }

    /// Learns from the journal what was asked about by others since.
    fn learn_seen(&mut self, front: &mut dyn Front) -> Result<(), SessionError> {
        let run = self.rig.record(front)?.run().to_owned();
        let entries = self
            .rig
            .record(front)?
            .journal()
            .changes_seen(self.seen_seq)
            .map_err(SessionError::internal)?;
        for entry in entries {
            self.seen_seq = self.seen_seq.max(entry.seq);
            let Fact::ChangeSeen {
                path,
                digest,
                depth,
                ..
            } = entry.fact
            else {
                continue;
            };
            // What this process saw from outside may come again: a person can save the same content twice.
            if entry.run != run || depth > 0 {
                self.seen.entry(path).or_default().insert(digest);
            }
        }
        Ok(())
    }
}

fn walk(
    root: &Path,
    folder: Option<&RelPath>,
    skip: &dyn Fn(&str) -> bool,
    found: &mut BTreeSet<String>,
) {
    for entry in host::files::entries_in(root, folder).unwrap_or_default() {
        let path = match folder {
            Some(folder) => folder.join(&entry.name),
            None => RelPath::parse(&entry.name),
        };
        let Ok(path) = path else { continue };
        match entry.kind {
            host::files::EntryKind::Folder if !skip(path.as_str()) => {
                walk(root, Some(&path), skip, found)
            }
            host::files::EntryKind::File(_) => drop(found.insert(path.to_string())),
            _ => {}
        }
    }
}
