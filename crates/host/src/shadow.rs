//! Snapshots of any folder, in a repository of Kiro's own.
//!
//! A task works on a snapshot of the user's folder, uncommitted work included, and what it did is the
//! difference between two snapshots. All of them are trees in a bare git repository in Kiro's state
//! folder, so this works in folders without git as well, and nothing is ever written into the user's own
//! repository: its objects are only read, as alternates. (Git may renew the times of objects that are
//! used, as it does to keep them from being pruned.)
//!
//! The user's settings, hooks, filters and attributes never act: git runs on Kiro's repository with
//! Kiro's settings only, and the attributes there turn every conversion off, so bytes are kept as they
//! are. Ignore rules do act, and files that the user's git tracks are in even when a rule ignores them.
//!
//! Any number of processes may use one repository: every operation has an index file of its own, so
//! that neither a lock nor what a killed process leaves behind stands in anybody's way.

mod compare;
mod error;
mod ignore;
mod index;
mod scan;
mod store;
mod tree;
mod user;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use change::{Changeset, RelPath};

use crate::files::{self, FileError, plain};
use compare::difference;
pub use error::ShadowError;
use ignore::{Rules, folders_of};
use index::OwnIndex;
use scan::{Keep, Scan};
use store::{Call, Store, object_id};
pub use tree::{LeftOut, TreeId, Why};
use user::UserRepository;

/// How often files that change while they are read are read again.
const TRIES: usize = 3;
/// The most paths that are examined to tell what a new ignore rule hides.
const MAX_HIDDEN: usize = 10_000;

const LIST: &[&str] = &[
    "ls-files",
    "-z",
    "--cached",
    "--others",
    "--exclude-standard",
];
const ADD: &[&str] = &[
    "update-index",
    "--add",
    "--remove",
    "--replace",
    "-z",
    "--stdin",
];
const DROP: &[&str] = &["update-index", "--force-remove", "-z", "--stdin"];

/// The snapshots of one folder.
#[derive(Debug)]
pub struct Shadow {
    store: Store,
    root: PathBuf,
    user: Option<UserRepository>,
    /// The folder's path below the top of the user's repository; empty at the top and without one.
    below: String,
    /// The user's rules and Kiro's, as they hold at the top of the repository.
    exclude: PathBuf,
    /// Where in the folder Kiro's own state is.
    own: Option<String>,
}

/// A snapshot that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Its id.
    pub tree: TreeId,
    /// What is in the folder and not in the snapshot, besides what is ignored or `.git` or `.kiro`.
    pub left_out: Vec<LeftOut>,
}

/// What happened in a folder since a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    /// The folder as it is now.
    pub tree: TreeId,
    /// The difference to the snapshot.
    pub changes: Changeset,
    /// What is in the folder and could not be captured, or was hidden by a rule that is new.
    pub left_out: Vec<LeftOut>,
}

impl Shadow {
    /// Opens the snapshots of the folder `root`, kept in the folder `state`; both are made ready if
    /// needed. `git` is the absolute path of the git program.
    ///
    /// # Errors
    /// When a folder cannot be used or git does not run.
    pub fn open(git: &Path, state: &Path, root: &Path) -> Result<Shadow, ShadowError> {
        let root = canonical(root)?;
        files::ensure_private_folder(state)?;
        let state = canonical(state)?;
        let user = UserRepository::find(&root);
        let store = Store::open(git, &state, user.as_ref())?;
        let below = user
            .as_ref()
            .and_then(|it| root.strip_prefix(&it.top).ok()?.to_str())
            .unwrap_or("")
            .to_owned();
        let own = state.strip_prefix(&root).ok().and_then(Path::to_str);
        let mut shadow = Shadow {
            exclude: store.path(&format!("kiro/root-{}.exclude", index::key(&root, None))),
            own: own.map(str::to_owned),
            store,
            root,
            user,
            below,
        };
        if !shadow.below.is_empty() && shadow.is_foreign_to_its_repository()? {
            shadow.user = None;
            shadow.below = String::new();
        }
        shadow.write_exclude()?;
        Ok(shadow)
    }

    /// Takes a snapshot of the folder as it is now: uncommitted and untracked work included, ignored
    /// files, `.git` and `.kiro` left out. A file that `keep` refuses is not even read.
    ///
    /// # Errors
    /// When a file or folder that belongs in the snapshot cannot be read; names it.
    pub fn snapshot(&self, keep: &dyn Fn(&RelPath) -> bool) -> Result<Snapshot, ShadowError> {
        scan::find_traps(&self.root)?;
        let mut tries = TRIES;
        loop {
            tries -= 1;
            match self.try_snapshot(keep) {
                Err(ShadowError::Git { .. }) if tries > 0 => {}
                other => return other,
            }
        }
    }

    fn try_snapshot(&self, keep: Keep<'_>) -> Result<Snapshot, ShadowError> {
        let listed = self.list_root()?;
        let mut scan = Scan::of(&self.root, &listed, keep, self.own.as_deref())?;
        scan.left_out.retain(|_, why| *why != Why::Reserved);
        let kept = index::of_root(&self.store, &self.root);
        let index = OwnIndex::from(&self.store, &kept)?;
        let at = At {
            store: &self.store,
            folder: &self.root,
            index: &index,
        };
        let wanted: BTreeSet<&str> = scan.take.iter().map(String::as_str).collect();
        let mut dropped = at.entries()?;
        dropped.retain(|it| !wanted.contains(it.as_str()));
        let tree = at.record(&dropped, &scan.take)?;
        index.keep(&kept)?;
        Ok(Snapshot {
            tree,
            left_out: scan.report(),
        })
    }

    /// Lays a snapshot out in the folder `into`, which is made and must be empty: the worktree of an
    /// attempt. No `.git` stands in it.
    ///
    /// # Errors
    /// When the folder is not empty, part of the snapshot is gone, or the disk refuses.
    pub fn checkout(&self, tree: &TreeId, into: &Path) -> Result<(), ShadowError> {
        files::ensure_private_folder(into)?;
        let into = canonical(into)?;
        let unreadable = |error| FileError::os("read", &into, error);
        if std::fs::read_dir(&into)
            .map_err(unreadable)?
            .next()
            .is_some()
        {
            return Err(ShadowError::NotEmpty { path: into });
        }
        let index = OwnIndex::empty(&self.store);
        let at = At {
            store: &self.store,
            folder: &into,
            index: &index,
        };
        let doing = "lay out a snapshot";
        at.run(doing, &["read-tree", tree.as_str()], None)?;
        at.run(
            doing,
            &["checkout-index", "--all", "--index", "--quiet"],
            None,
        )?;
        index.keep_for(&into, tree)
    }

    /// Tells what changed in the folder `dir` since it was laid out from `base`, by whatever means: new
    /// files, deleted ones, modes, links (never followed). Ignored files are no part of it, and what
    /// `keep` refuses counts as unchanged and is not read.
    ///
    /// Nothing must be at work in `dir` meanwhile.
    ///
    /// # Errors
    /// As [`Shadow::snapshot`]; and when the changes are too large to hold.
    pub fn capture(
        &self,
        base: &TreeId,
        dir: &Path,
        keep: &dyn Fn(&RelPath) -> bool,
    ) -> Result<Captured, ShadowError> {
        let dir = canonical(dir)?;
        let repositories = scan::find_traps(&dir)?;
        let index = OwnIndex::from(&self.store, &index::of_work_tree(&self.store, &dir, base))?;
        let at = At {
            store: &self.store,
            folder: &dir,
            index: &index,
        };
        if !index.exists() {
            at.run(
                "compare with a snapshot",
                &["read-tree", base.as_str()],
                None,
            )?;
        }
        let exclude = self.exclude_outside();
        let listed = at.list(LIST, &exclude)?;
        let mut scan = Scan::of(&dir, &listed, keep, None)?;
        self.drop_ignored_above(&at, &mut scan)?;
        let tree = at.record(&scan.gone, &scan.take)?;
        let difference = difference(&self.store, base, &tree)?;
        self.store.own(&difference.objects)?;
        let mut left_out = scan.left_out;
        left_out.extend(repositories.into_iter().map(|path| (path, Why::Reserved)));
        if difference
            .standing()
            .any(|it| it.file_name() == ".gitignore")
        {
            left_out.extend(self.hidden(&at, base)?);
        }
        Ok(Captured {
            changes: difference.changeset(&self.store)?,
            tree,
            left_out: report(&left_out),
        })
    }

    /// Keeps a snapshot under a name (`run-1/task-2/base`), for good: it is on the disk when this
    /// returns. A name that is used again means the new snapshot.
    ///
    /// # Errors
    /// When the name is none or the disk refuses.
    pub fn pin(&self, name: &str, tree: &TreeId) -> Result<(), ShadowError> {
        self.store.pin(name, tree)
    }

    /// The difference between two snapshots, for recovery and undo.
    ///
    /// # Errors
    /// When part of either is gone, or the difference is too large to hold.
    pub fn read_changes(&self, old: &TreeId, new: &TreeId) -> Result<Changeset, ShadowError> {
        difference(&self.store, old, new)?.changeset(&self.store)
    }

    /// Files of a snapshot that stand under another name in a later one, as git finds them: by content that is the same, or for the
    /// most part. Old name, new name.
    ///
    /// # Errors
    /// When part of either is gone.
    pub fn renames(
        &self,
        old: &TreeId,
        new: &TreeId,
    ) -> Result<Vec<(RelPath, RelPath)>, ShadowError> {
        compare::renames(&self.store, old, new)
    }

    /// The paths of a snapshot's files. Names that are no [`RelPath`] are never in a snapshot.
    ///
    /// # Errors
    /// When part of it is gone.
    pub fn paths(&self, tree: &TreeId) -> Result<Vec<RelPath>, ShadowError> {
        let words = ["ls-tree", "-r", "-z", "--name-only", tree.as_str()];
        let listed = self
            .store
            .call(self.store.inner("list a snapshot", &words), None)?;
        let names = listed.out.split(|byte| *byte == 0);
        Ok(names
            .filter_map(|name| RelPath::parse(std::str::from_utf8(name).ok()?).ok())
            .collect())
    }

    /// The names of all files of the user's folder that git would consider.
    fn list_root(&self) -> Result<Vec<u8>, ShadowError> {
        let index = self.user_index()?;
        let at = At {
            store: &self.store,
            folder: &self.root,
            index: &index,
        };
        let up = self.up();
        at.list_below(LIST, &self.exclude, &up)
    }

    /// A copy of the user's index: it tells which files the user's git tracks.
    fn user_index(&self) -> Result<OwnIndex<'_>, ShadowError> {
        let Some(user) = &self.user else {
            return Ok(OwnIndex::empty(&self.store));
        };
        index::borrow_shared_part(&self.store, &user.git_dir)?;
        OwnIndex::from(&self.store, &user.index())
    }

    /// The way from the folder to the top of the user's repository.
    fn up(&self) -> String {
        if self.below.is_empty() {
            return ".".to_owned();
        }
        vec![".."; self.below.split('/').count()].join("/")
    }

    /// Whether the repository around the folder neither tracks anything in it nor would: a project
    /// inside somebody's ignored folder, or below a home folder that is kept in git.
    fn is_foreign_to_its_repository(&self) -> Result<bool, ShadowError> {
        let index = self.user_index()?;
        let at = At {
            store: &self.store,
            folder: &self.root,
            index: &index,
        };
        self.write_exclude()?;
        let tracked = at.list_below(&["ls-files", "-z", "--cached"], &self.exclude, &self.up())?;
        if !tracked.is_empty() {
            return Ok(false);
        }
        let path = [format!("{}/", self.below)];
        let ignored = self
            .rules_above()
            .ignored(&self.store, &self.exclude, &path)?;
        Ok(!ignored.is_empty())
    }

    /// The rules in the folders above this one, up to the top of the repository.
    fn rules_above(&self) -> Rules {
        let mut rules = Rules::default();
        let Some(user) = &self.user else {
            return rules;
        };
        for folder in folders_of([self.below.as_str()]) {
            if folder != self.below {
                rules.add_from(folder, &user.top.join(folder));
            }
        }
        rules
    }

    /// Rules that hold in a folder that was laid out elsewhere: those of `.git/info/exclude` count from
    /// the top of the repository, which is missing there when the workspace is a folder below.
    fn exclude_outside(&self) -> PathBuf {
        if self.below.is_empty() {
            self.exclude.clone()
        } else {
            self.store.path("kiro/litter")
        }
    }

    fn write_exclude(&self) -> Result<(), ShadowError> {
        let mut rules = files::read(&self.store.path("kiro/litter"), 1 << 16)?;
        if let Some(user) = &self.user {
            rules.extend(user.exclude());
        }
        let name = format!("kiro/root-{}.exclude", index::key(&self.root, None));
        self.store.keep(&name, &rules)
    }

    /// Takes out of `scan` the new files that rules above the workspace leave out.
    fn drop_ignored_above(&self, at: &At<'_>, scan: &mut Scan) -> Result<(), ShadowError> {
        let mut rules = self.rules_above();
        if self.below.is_empty() {
            return Ok(());
        }
        let known: BTreeSet<String> = at.entries()?.into_iter().collect();
        let new: Vec<&str> = scan
            .take
            .iter()
            .map(String::as_str)
            .filter(|it| !known.contains(*it))
            .collect();
        for folder in folders_of(new.iter().copied()) {
            rules.add_from(&self.in_repository(folder), &at.folder.join(folder));
        }
        let paths: Vec<String> = new.iter().map(|it| self.in_repository(it)).collect();
        let ignored = rules.ignored(&self.store, &self.exclude, &paths)?;
        scan.take
            .retain(|it| known.contains(it) || !ignored.contains(&self.in_repository(it)));
        Ok(())
    }

    /// A path of the workspace, seen from the top of the repository.
    fn in_repository(&self, path: &str) -> String {
        match (self.below.as_str(), path) {
            ("", path) => path.to_owned(),
            (below, "") => below.to_owned(),
            (below, path) => format!("{below}/{path}"),
        }
    }

    /// What the ignore rules of the folder hide now and those of the snapshot would not.
    fn hidden(&self, at: &At<'_>, base: &TreeId) -> Result<BTreeMap<String, Why>, ShadowError> {
        let words = [
            "ls-files",
            "-z",
            "--others",
            "--ignored",
            "--directory",
            "--exclude-standard",
        ];
        let listed = at.list(&words, &self.exclude_outside())?;
        let names = listed.split(|it| *it == 0).filter(|it| !it.is_empty());
        let names: Vec<String> = names
            .take(MAX_HIDDEN)
            .map(|it| String::from_utf8_lossy(it).into_owned())
            .collect();
        let mut rules = self.rules_above();
        self.add_rules_of(base, &mut rules)?;
        let paths: Vec<String> = names.iter().map(|it| self.in_repository(it)).collect();
        let ignored = rules.ignored(&self.store, &self.exclude, &paths)?;
        let hidden = names
            .into_iter()
            .filter(|it| !ignored.contains(&self.in_repository(it)))
            .map(|it| (it.trim_end_matches('/').to_owned(), Why::Hidden));
        Ok(hidden.collect())
    }

    /// Adds the `.gitignore` files of a snapshot.
    fn add_rules_of(&self, tree: &TreeId, rules: &mut Rules) -> Result<(), ShadowError> {
        let words = [
            "ls-tree",
            "-r",
            "-z",
            "--format=%(objectname) %(path)",
            tree.as_str(),
        ];
        let doing = "read the ignore rules of a snapshot";
        let out = self.store.call(self.store.inner(doing, &words), None)?.out;
        let text = String::from_utf8_lossy(&out).into_owned();
        let found: Vec<(&str, &str)> = text
            .split('\0')
            .filter_map(|line| line.split_once(' '))
            .filter(|(_, path)| *path == ".gitignore" || path.ends_with("/.gitignore"))
            .collect();
        let ids = found.iter().map(|(id, _)| *id).collect();
        let contents = compare::contents(&self.store, &ids)?;
        for (id, path) in found {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            if let Some(bytes) = contents.get(id) {
                rules.add(&self.in_repository(folder), bytes.clone());
            }
        }
        Ok(())
    }
}

/// A folder and the index that tells what is known of it.
struct At<'a> {
    store: &'a Store,
    folder: &'a Path,
    index: &'a OwnIndex<'a>,
}

impl At<'_> {
    fn call<'a>(&'a self, doing: &'static str, words: &'a [&'a str]) -> Call<'a> {
        Call {
            doing,
            words,
            cwd: self.folder,
            work_tree: ".",
            index: Some(self.index.path()),
            exclude: None,
            borrow: true,
        }
    }

    fn run(
        &self,
        doing: &'static str,
        words: &[&str],
        stdin: Option<Vec<u8>>,
    ) -> Result<Vec<u8>, ShadowError> {
        Ok(self.store.call(self.call(doing, words), stdin)?.out)
    }

    /// The names that git lists, of a folder that is the top.
    fn list(&self, words: &[&str], exclude: &Path) -> Result<Vec<u8>, ShadowError> {
        self.list_below(words, exclude, ".")
    }

    /// The names that git lists, of a folder whose top is `up`.
    fn list_below(&self, words: &[&str], exclude: &Path, up: &str) -> Result<Vec<u8>, ShadowError> {
        let call = Call {
            exclude: Some(exclude),
            work_tree: up,
            ..self.call("list the files of the folder", words)
        };
        let answer = self.store.call(call, None)?;
        match unreadable_folder(&answer.err, &self.folder.join(up)) {
            Some(error) => Err(error),
            None => Ok(answer.out),
        }
    }

    /// The names in the index.
    fn entries(&self) -> Result<Vec<String>, ShadowError> {
        if !self.index.exists() {
            return Ok(Vec::new());
        }
        let out = self.run("read an index", &["ls-files", "-z", "--cached"], None)?;
        let names = out.split(|it| *it == 0).filter(|it| !it.is_empty());
        Ok(names
            .map(|it| String::from_utf8_lossy(it).into_owned())
            .collect())
    }

    /// Brings the index up to date and makes a tree of it.
    fn record(&self, drop: &[String], take: &[String]) -> Result<TreeId, ShadowError> {
        let doing = "take the files of the folder into a snapshot";
        if !drop.is_empty() {
            self.run(doing, DROP, Some(zero_ended(drop)))?;
        }
        if !take.is_empty() {
            self.run(doing, ADD, Some(zero_ended(take)))
                .map_err(|error| scan::first_unreadable(self.folder, take).unwrap_or(error))?;
        }
        let out = self.run(doing, &["write-tree"], None)?;
        TreeId::parse(&object_id(doing, &out)?)
    }
}

fn zero_ended(names: &[String]) -> Vec<u8> {
    names.iter().flat_map(|it| it.bytes().chain([0])).collect()
}

/// Git goes on without a folder that it cannot read; here that is an error, since its files would count
/// as deleted.
fn unreadable_folder(err: &str, top: &Path) -> Option<ShadowError> {
    let line = err
        .lines()
        .find_map(|it| it.strip_prefix("warning: could not open directory '"))?;
    let (path, reason) = line.rsplit_once("': ")?;
    Some(ShadowError::Unreadable {
        path: top.join(path.trim_end_matches('/')),
        reason: reason.to_lowercase(),
    })
}

fn report(left_out: &BTreeMap<String, Why>) -> Vec<LeftOut> {
    let report = |(path, why): (&String, &Why)| LeftOut::new(path, *why);
    left_out.iter().map(report).collect()
}

fn canonical(path: &Path) -> Result<PathBuf, ShadowError> {
    path.canonicalize()
        .map_err(|error| ShadowError::Unreadable {
            path: path.to_path_buf(),
            reason: plain(&error).into_owned(),
        })
}
