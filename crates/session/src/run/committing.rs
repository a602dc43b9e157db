//! `--commit-per-task` and `--branch`: what the person asked git to keep. This is the one place of a run that writes the user's
//! repository: objects, the branch that is checked out, and in the index only the entries of the task's own files.
//!
//! A commit is built in an index of its own from what HEAD holds, what the task brought in and its tick in the list of tasks, so
//! that what the user staged or changed beside it, in the same files too, stays as it was and out of the commit. Git's hooks run
//! as they would for a commit by hand where nothing in the folder waits for trust; elsewhere they do not, nor do filters, and
//! that is said.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use change::{Changeset, FileState, Mode, RelPath, merge};
use engine::{Fact, Landings};
use host::process::{Command, Finished, Limits};
use policy::OwnProgram;
use spec::{TaskMark, set_mark};

use super::{Running, landing};
use crate::documents;
use crate::error::{Kind, SessionError};
use crate::hooking::DEPTH;
use crate::shop::{Shop, supervisor};
use crate::trace::{REQUIREMENTS, RUN, SPEC, TASK};
use crate::trust;
use crate::view::View;

/// How long git and its hooks may take for one commit.
const WALL: Duration = Duration::from_secs(900);

/// Variables by which git would look elsewhere.
const POINTERS: [&str; 4] = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"];

/// Settings under which git runs nothing that a repository names.
const NOTHING_RUNS: [&str; 4] = [
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
];

/// The user's repository, as a run that was asked to writes it.
pub(super) struct Repository<'a> {
    shop: &'a Shop,
    git: String,
    top: PathBuf,
    /// The project's folder below the top, with a slash at its end; empty at the top.
    below: String,
    /// Whether git's hooks and filters run as they do for the user.
    trusted: bool,
}

/// A file as a commit is to hold it; none where it is to go.
type Wanted = BTreeMap<RelPath, Option<FileState>>;

impl<'a> Repository<'a> {
    /// The repository that the project lies in.
    pub(super) fn open(shop: &'a Shop) -> Result<Repository<'a>, SessionError> {
        let git = shop
            .program("git")
            .ok_or_else(|| SessionError::input("git was not found").hint("install git"))?;
        let ask = |question: &[&str]| {
            host::process::git_answer(Path::new(&git), &shop.project.root, question)
                .map_err(SessionError::internal)
        };
        let top = ask(&["rev-parse", "--show-toplevel"])?.ok_or_else(|| {
            let folder = shop.project.root.display();
            SessionError::input(format!(
                "{folder} is in no git repository, so nothing can be committed"
            ))
            .hint("`git init` makes one")
        })?;
        let below = ask(&["rev-parse", "--show-prefix"])?.unwrap_or_default();
        let folder = trust::folder_trust(Some(&shop.project.root), shop.environment())?;
        Ok(Repository {
            shop,
            top: PathBuf::from(top),
            below,
            trusted: folder.is_whole(),
            git,
        })
    }

    /// Checks a branch out, made from where HEAD is if there is none of that name.
    pub(super) fn switch(&self, name: &str) -> Result<bool, SessionError> {
        let current = self.answer(&["symbolic-ref", "--quiet", "--short", "HEAD"])?;
        if current.as_deref() == Some(name) {
            return Ok(false);
        }
        let valid = self.answer(&["check-ref-format", "--branch", name])?;
        if valid.is_none() || name.starts_with('-') {
            return Err(SessionError::input(format!(
                "«{name}» is no name of a branch"
            )));
        }
        let reference = format!("refs/heads/{name}");
        let is_there = self
            .answer(&["rev-parse", "--verify", "--quiet", &reference])?
            .is_some();
        // Files that change on the way would pass through filters, which are programs that the repository names.
        if is_there && !self.trusted {
            return Err(SessionError::new(
                Kind::Refused,
                format!(
                    "the branch {name} is not checked out: something in this folder waits for trust"
                ),
            )
            .hint("`kiro trust` shows it; or check the branch out yourself"));
        }
        let words: &[&str] = match is_there {
            true => &["switch", "--quiet", name],
            false => &["switch", "--quiet", "-c", name],
        };
        let done = self.run(words, None, None, self.trusted)?;
        match done.ended.success() {
            true => Ok(true),
            false => Err(SessionError::new(
                Kind::Refused,
                format!("git did not check the branch {name} out: {}", said(&done)),
            )
            .hint("commit or stash what stands in its way, or choose another branch")),
        }
    }

    fn answer(&self, question: &[&str]) -> Result<Option<String>, SessionError> {
        host::process::git_answer(Path::new(&self.git), &self.top, question)
            .map_err(SessionError::internal)
    }

    /// Runs git as the user does; without `hooks` nothing that a repository names is run.
    fn run(
        &self,
        words: &[&str],
        index: Option<&Path>,
        stdin: Option<Vec<u8>>,
        hooks: bool,
    ) -> Result<Finished, SessionError> {
        let settings: &[&str] = if hooks { &[] } else { &NOTHING_RUNS };
        let argv = std::iter::once(self.git.as_str()).chain(settings.iter().copied());
        let argv: Vec<String> = argv
            .chain(words.iter().copied())
            .map(str::to_owned)
            .collect();
        let mut env = self.shop.inherited();
        env.retain(|it| it.0 != DEPTH && !POINTERS.contains(&it.0.as_str()));
        env.push((DEPTH.to_owned(), "1".to_owned()));
        env.extend(index.map(|it| ("GIT_INDEX_FILE".to_owned(), it.display().to_string())));
        let command = Command {
            env,
            stdin,
            limits: Limits {
                wall: WALL,
                ..Limits::default()
            },
            ..Command::new(argv, self.top.clone())
        };
        let verdict = self
            .shop
            .gate
            .judge_own(OwnProgram::TaskCommit, &command.argv, &command.cwd);
        let permit = documents::permitted(verdict)?;
        let cancel = self.shop.cancel.clone();
        let watcher = supervisor(self.shop.environment());
        host::process::plain(&watcher, permit, &command, &move || cancel.is_cancelled())
            .map_err(SessionError::internal)
    }

    /// The same for what must succeed; gives what it printed.
    fn must(
        &self,
        words: &[&str],
        index: Option<&Path>,
        stdin: Option<Vec<u8>>,
    ) -> Result<String, String> {
        let done = self
            .run(words, index, stdin, false)
            .map_err(|it| it.message)?;
        match done.ended.success() {
            true => Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned()),
            false => Err(said(&done)),
        }
    }

    /// What the files of some changes are to be in the next commit: what HEAD holds with the changes merged in.
    fn wanted(&self, changes: &[Changeset]) -> Result<Wanted, String> {
        let mut wanted = Wanted::new();
        for file in changes.iter().flat_map(Changeset::files) {
            let path = &file.path;
            if self.shop.gate.sensitive_by(path.as_str()).is_some() {
                return Err(format!("{path} is sensitive, and is never committed"));
            }
            let held = match wanted.get(path) {
                Some(known) => known.clone(),
                None => self.at_head(path)?,
            };
            let next = match (&file.before, &held, &file.after) {
                (before, held, after)
                    if before.as_ref().map(|it| &it.bytes) == held.as_ref().map(|it| &it.bytes) =>
                {
                    after.clone()
                }
                (_, held, after)
                    if held.as_ref().map(|it| &it.bytes) == after.as_ref().map(|it| &it.bytes) =>
                {
                    after.clone()
                }
                (Some(before), Some(held), Some(after)) => {
                    let merged = merge(&before.bytes, &held.bytes, &after.bytes).clean();
                    let bytes = merged.ok_or_else(|| own_changes(path))?;
                    Some(FileState {
                        bytes,
                        mode: after.mode,
                    })
                }
                // The file is new to git, and some of it was the user's own before the task.
                _ => return Err(own_changes(path)),
            };
            wanted.insert(path.clone(), next);
        }
        Ok(wanted)
    }

    /// The list of tasks as git holds it, with this task ticked; none where git does not hold it, or holds no such open task, or
    /// it is sensitive: what is, is never committed.
    fn ticked(&self, tasks: &RelPath, id: &str) -> Result<Option<FileState>, String> {
        if self.shop.gate.sensitive_by(tasks.as_str()).is_some() {
            return Ok(None);
        }
        let Some(held) = self.at_head(tasks)? else {
            return Ok(None);
        };
        let marked = held
            .text()
            .and_then(|it| set_mark(it, &id.into(), TaskMark::Done).ok());
        let bytes = marked.map(String::into_bytes);
        Ok(bytes
            .filter(|it| *it != held.bytes)
            .map(|bytes| FileState { bytes, ..held }))
    }

    fn at_head(&self, path: &RelPath) -> Result<Option<FileState>, String> {
        let bytes = host::process::git_file_at(
            Path::new(&self.git),
            &self.shop.project.root,
            "HEAD",
            path.as_str(),
        );
        let bytes = bytes.map_err(|it| it.to_string())?;
        Ok(bytes.map(|bytes| FileState {
            bytes,
            mode: Mode::File,
        }))
    }

    /// Makes a commit of these files; gives its id, or none when HEAD holds them already.
    fn commit(
        &self,
        wanted: &Wanted,
        message: &str,
        index: &Path,
    ) -> Result<Option<String>, String> {
        if wanted.is_empty() {
            return Ok(None);
        }
        let before = self
            .answer(&["rev-parse", "--verify", "--quiet", "HEAD"])
            .map_err(|it| it.message)?;
        let tree = match &before {
            Some(_) => ["read-tree", "HEAD"],
            None => ["read-tree", "--empty"],
        };
        self.must(&tree, Some(index), None)?;
        for (path, state) in wanted {
            self.put(path, state.as_ref(), index)?;
        }
        if before.is_some() {
            let same = self.run(
                &["diff-index", "--cached", "--quiet", "HEAD", "--"],
                Some(index),
                None,
                false,
            );
            if same.map_err(|it| it.message)?.ended.success() {
                return Ok(None);
            }
        }
        if !self.trusted {
            return self
                .commit_bare(before.as_deref(), message, index)
                .map(Some);
        }
        let text = Some(message.as_bytes().to_vec());
        let done = self.run(&["commit", "--quiet", "--file=-"], Some(index), text, true);
        let done = done.map_err(|it| it.message)?;
        if !done.ended.success() {
            return Err(said(&done));
        }
        let id = self
            .answer(&["rev-parse", "--verify", "--quiet", "HEAD"])
            .map_err(|it| it.message)?;
        Ok(id)
    }

    /// Makes the commit of an index by its parts. `git commit` looks at the files of the folder first, through filters.
    fn commit_bare(
        &self,
        parent: Option<&str>,
        message: &str,
        index: &Path,
    ) -> Result<String, String> {
        let tree = self.must(&["write-tree"], Some(index), None)?;
        let mut words = vec!["commit-tree", tree.as_str(), "-F", "-"];
        words.extend(parent.into_iter().flat_map(|it| ["-p", it]));
        let text = Some(message.as_bytes().to_vec());
        let id = self.must(&words, None, text)?;
        let subject = message.lines().next().unwrap_or_default();
        let why = format!("commit: {subject}");
        let mut words = vec!["update-ref", "-m", &why, "HEAD", &id];
        words.extend(parent);
        self.must(&words, None, None)?;
        Ok(id)
    }

    /// Puts a file into an index.
    fn put(&self, path: &RelPath, state: Option<&FileState>, index: &Path) -> Result<(), String> {
        let whole = format!("{}{path}", self.below);
        let Some(state) = state else {
            let gone = ["update-index", "--force-remove", "--", &whole];
            return self.must(&gone, Some(index), None).map(drop);
        };
        let named = format!("--path={whole}");
        let way = if self.trusted {
            named.as_str()
        } else {
            "--no-filters"
        };
        let words = ["hash-object", "-w", "--stdin", way];
        let id = self.must(&words, None, Some(state.bytes.clone()))?;
        let entry = format!("{},{id},{whole}", state.mode.git());
        self.must(
            &["update-index", "--add", "--cacheinfo", &entry],
            Some(index),
            None,
        )
        .map(drop)
    }

    /// Lets the user's own index hold the committed files, where it held what HEAD held before; gives the others.
    fn follow(
        &self,
        wanted: &Wanted,
        before: &BTreeMap<RelPath, (String, String)>,
    ) -> Result<Vec<String>, String> {
        let mut left = Vec::new();
        for (path, (head, staged)) in before {
            if head != staged {
                left.push(path.to_string());
                continue;
            }
            let whole = format!("{}{path}", self.below);
            match wanted.get(path).and_then(Option::as_ref) {
                None => self.must(
                    &["update-index", "--force-remove", "--", &whole],
                    None,
                    None,
                )?,
                Some(_) => {
                    let row = self.must(&["ls-tree", "HEAD", "--", &whole], None, None)?;
                    let mut words = row.split_whitespace();
                    let (mode, id) = (
                        words.next().unwrap_or_default(),
                        words.nth(1).unwrap_or_default(),
                    );
                    let entry = format!("{mode},{id},{whole}");
                    self.must(
                        &["update-index", "--add", "--cacheinfo", &entry],
                        None,
                        None,
                    )?
                }
            };
        }
        Ok(left)
    }

    /// For each file the object that HEAD holds, and the one that the user's index holds.
    fn entries(&self, wanted: &Wanted) -> Result<BTreeMap<RelPath, (String, String)>, String> {
        let mut entries = BTreeMap::new();
        for path in wanted.keys() {
            let whole = format!("{}{path}", self.below);
            let head = format!("HEAD:{whole}");
            let of = |name: &str| {
                let id = self.answer(&["rev-parse", "--verify", "--quiet", name]);
                id.map(Option::unwrap_or_default).map_err(|it| it.message)
            };
            entries.insert(path.clone(), (of(&head)?, of(&format!(":{whole}"))?));
        }
        Ok(entries)
    }
}

fn own_changes(path: &RelPath) -> String {
    format!(
        "{path} holds changes of yours that are not committed, in the places that the task changed"
    )
}

/// What git or its hooks said last.
fn said(done: &Finished) -> String {
    let text = String::from_utf8_lossy(&done.stderr);
    let text = match text.trim() {
        "" => String::from_utf8_lossy(&done.stdout).trim().to_owned(),
        text => text.to_owned(),
    };
    match text.is_empty() {
        true => done.ended.to_string(),
        false => host::files::shown(&text),
    }
}

/// Checks out the branch that the run was asked to work on.
pub(super) fn on_branch(shop: &Shop, name: &str) -> Result<Option<View>, SessionError> {
    let repository = Repository::open(shop)?;
    let switched = repository.switch(name)?;
    Ok(switched.then(|| View::Notice(format!("the branch {name} is checked out"))))
}

/// Refuses to begin where commits were asked for and cannot be made.
pub(super) fn can_commit(shop: &Shop) -> Result<Option<View>, SessionError> {
    let repository = Repository::open(shop)?;
    let why = "something in this folder waits for trust, so git's hooks and filters do not run for the commits of tasks; \
               `kiro trust` shows it";
    Ok((!repository.trusted).then(|| View::Warning(why.to_owned())))
}

impl Running<'_> {
    /// Commits tasks that are done and were not committed yet, if the run was asked to.
    pub(super) fn commit_done(&mut self) -> Result<(), SessionError> {
        if !self.commits {
            return Ok(());
        }
        let done: Vec<String> = self
            .run
            .tasks()
            .iter()
            .filter(|it| it.is_ticked_on_evidence() && !it.committed)
            .map(|it| it.record.id.clone())
            .collect();
        for id in done {
            self.commit_task(&id)?;
        }
        Ok(())
    }

    fn commit_task(&mut self, id: &str) -> Result<(), SessionError> {
        let told = self.committed(id)?;
        let (commit, why) = match told {
            Ok(commit) => (commit, String::new()),
            Err(why) => (None, why),
        };
        match (&commit, why.as_str()) {
            (Some(commit), _) => {
                let short: String = commit.chars().take(12).collect();
                self.front
                    .show(&View::Notice(format!("task {id} is commit {short}")));
            }
            (None, "") => {}
            (None, why) => self.front.show(&View::Warning(format!(
                "task {id} is done and was not committed: {why}"
            ))),
        }
        self.record(Fact::Committed {
            task: id.to_owned(),
            commit,
            why,
        })
    }

    /// The commit of a task; none when nothing of it is new to git.
    fn committed(&mut self, id: &str) -> Result<Result<Option<String>, String>, SessionError> {
        let facts = self
            .journal
            .facts(&self.id)
            .map_err(SessionError::internal)?;
        let mut landings = Landings::default();
        facts
            .iter()
            .for_each(|it| landings.apply(&it.run, &it.fact));
        let own = landings.standing().iter().filter(|it| it.task == id);
        let changes: Result<Vec<Changeset>, SessionError> = own
            .map(|it| landing::between(&self.shop.shadow, &it.base, &it.tree))
            .collect();
        let changes = changes?;
        let message = self.message(id);
        let folder = self.run_folder();
        host::files::ensure_private_folder(&folder).map_err(SessionError::internal)?;
        let index = folder.join("commit-index");
        let repository = Repository::open(self.shop)?;
        let mut left = Vec::new();
        let tasks = RelPath::parse(&self.place.tasks()).ok();
        let made = repository.wanted(&changes).and_then(|mut wanted| {
            if let Some(tasks) = tasks.filter(|_| !wanted.is_empty())
                && let Some(ticked) = repository.ticked(&tasks, id)?
            {
                wanted.insert(tasks, Some(ticked));
            }
            let before = repository.entries(&wanted)?;
            let commit = repository.commit(&wanted, &message, &index)?;
            if commit.is_some() {
                left = repository.follow(&wanted, &before)?;
            }
            Ok(commit)
        });
        if !left.is_empty() {
            self.front.show(&View::Warning(format!(
                "you had staged changes of {}; what is staged there is still from before task {id}",
                left.join(", ")
            )));
        }
        Ok(made)
    }

    fn message(&self, id: &str) -> String {
        let record = self.run.task(id).map(|it| &it.record);
        let title = record.map_or("", |it| it.title.as_str());
        let requirements = record.map_or(String::new(), |it| it.requirements.join(", "));
        let spec = self.place.path.as_str();
        let mut text = format!("{title}\n\n{TASK}: {id}\n{SPEC}: {spec}\n");
        if !requirements.is_empty() {
            text += &format!("{REQUIREMENTS}: {requirements}\n");
        }
        text += &format!("{RUN}: {}\n", self.id);
        text
    }
}
