//! Something that happened, with answers to what conditions and prompts ask. What costs is found out when it is asked
//! for.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use change::{Changeset, Digest, FileChange, FileState, RelPath};
use hooks::{Event, Fact, Occasion, Value, language_of};
use policy::Gate;

use crate::places::{Environment, Project};

/// Largest file that conditions and prompts are about, in bytes.
const CONTENT_MAX: u64 = 8 << 20;

/// Something that happened in a project.
pub(crate) struct Incident {
    pub(crate) event: Event,
    /// The file that it is about, from the project's root.
    pub(crate) path: Option<String>,
    /// 0 where a person was the cause, else how many hooks lie between.
    pub(crate) depth: u32,
    /// What changed, for events about several files.
    pub(crate) changes: Option<Changeset>,
    given: BTreeMap<Fact, Value>,
    world: World,
    content: OnceCell<Option<Vec<u8>>>,
    head: OnceCell<Option<Vec<u8>>>,
}

/// Where answers are found.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) root: PathBuf,
    git: Option<PathBuf>,
    /// The project's path below the top of its repository, with a slash at the end; empty at the top.
    below: String,
    author: Option<String>,
    gate: Gate,
    /// Files as the last commit has them, asked for together beforehand.
    heads: Arc<Mutex<Heads>>,
}

/// Files of the last commit by path; none for one that it does not hold.
type Heads = HashMap<String, Option<Vec<u8>>>;

/// Largest file of the last commit that is compared, in bytes.
const HEAD_MAX: usize = 8 << 20;
/// How many files are asked for at once.
const HEADS_AT_ONCE: usize = 200;

impl World {
    pub(crate) fn of(project: &Project, gate: &Gate, environment: &Environment) -> World {
        let roots = [project.root.clone()];
        let top = project.root.ancestors().find(|it| it.join(".git").exists());
        let git = host::process::toolchain::find_program("git", &environment.path, &roots);
        let below = top
            .and_then(|it| project.root.strip_prefix(it).ok())
            .and_then(|it| it.to_str());
        let below = below.filter(|it| !it.is_empty()).map(|it| format!("{it}/"));
        World {
            root: project.root.clone(),
            git: git.filter(|_| top.is_some()),
            below: below.unwrap_or_default(),
            author: author(environment),
            gate: gate.clone(),
            heads: Arc::default(),
        }
    }

    fn ask(&self, question: &[&str]) -> Option<String> {
        let git = self.git.as_ref()?;
        host::process::git_answer(git, &self.root, question)
            .ok()
            .flatten()
    }

    /// The project's path below the top of its repository, with a slash at the end; empty at the top.
    pub(super) fn below(&self) -> &str {
        &self.below
    }

    pub(super) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Paths of the project that git lists, set apart by NUL.
    pub(super) fn names(&self, question: &[&str]) -> Vec<String> {
        let told = self.ask(question).unwrap_or_default();
        let names = told.split(['\0', '\n']).filter(|it| !it.is_empty());
        let mut names: Vec<String> = names
            .filter_map(|it| it.strip_prefix(&self.below))
            .map(str::to_owned)
            .collect();
        names.sort();
        names.dedup();
        names
    }

    /// The file as the last commit has it.
    fn head(&self, path: &str) -> Option<Vec<u8>> {
        if let Some(known) = self.heads().get(path) {
            return known.clone();
        }
        let git = self.git.as_ref()?;
        let id = format!("HEAD:{}{path}", self.below);
        let found = host::process::git_objects(git, &self.root, &[], &[id], HEAD_MAX).ok()?;
        found.into_iter().next().flatten()
    }

    fn heads(&self) -> MutexGuard<'_, Heads> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks git for these files at once, so that deciding about each does not have to. What it does not say is asked for
    /// one by one later.
    pub(super) fn fetch_heads(&self, paths: &[String]) {
        let Some(git) = &self.git else { return };
        for paths in paths.chunks(HEADS_AT_ONCE) {
            let asked: Vec<&String> = paths.iter().filter(|it| !it.contains('\n')).collect();
            let ids: Vec<String> = asked
                .iter()
                .map(|it| format!("HEAD:{}{it}", self.below))
                .collect();
            if let Ok(found) = host::process::git_objects(git, &self.root, &[], &ids, HEAD_MAX) {
                let named = asked.into_iter().cloned().zip(found);
                self.heads().extend(named);
            }
        }
    }

    /// The last commit may be another one next time.
    pub(super) fn forget_heads(&self) {
        self.heads().clear();
    }

    fn is_sensitive(&self, path: &str) -> bool {
        RelPath::parse(path).is_ok_and(|it| self.gate.sensitive_by(it.as_str()).is_some())
    }
}

/// The author as the environment or the user's own configuration says.
fn author(environment: &Environment) -> Option<String> {
    if let Some(name) = environment.variable("GIT_AUTHOR_NAME") {
        return Some(name.to_owned());
    }
    let file = host::files::read(&environment.home.join(".gitconfig"), 1 << 20).ok()?;
    let text = String::from_utf8_lossy(&file).into_owned();
    let user = text.split("[user]").nth(1)?;
    user.lines()
        .take_while(|it| !it.trim_start().starts_with('['))
        .find_map(|it| {
            let (key, value) = it.split_once('=')?;
            (key.trim() == "name").then(|| value.trim().trim_matches('"').to_owned())
        })
}

impl Incident {
    pub(crate) fn new(event: Event, world: World) -> Incident {
        Incident {
            event,
            path: None,
            depth: 0,
            changes: None,
            given: BTreeMap::new(),
            world,
            content: OnceCell::new(),
            head: OnceCell::new(),
        }
    }

    pub(crate) fn about(mut self, path: &str) -> Incident {
        self.path = Some(path.to_owned());
        self
    }

    pub(crate) fn at_depth(mut self, depth: u32) -> Incident {
        self.depth = depth;
        self
    }

    pub(crate) fn with(mut self, fact: Fact, value: Value) -> Incident {
        self.given.insert(fact, value);
        self
    }

    pub(crate) fn text(self, fact: Fact, text: impl Into<String>) -> Incident {
        self.with(fact, Value::Text(text.into()))
    }

    /// With what changed in several files; sensitive ones are named, and nothing of them is shown.
    pub(crate) fn changing(mut self, changes: Changeset, names: Vec<String>) -> Incident {
        self.changes = Some(changes);
        let count = names.len() as f64;
        self.with(Fact::Files, Value::Texts(names))
            .with(Fact::FilesChanged, Value::Number(count))
    }

    /// What is given with the event, for the input of commands.
    pub(crate) fn given(&self) -> &BTreeMap<Fact, Value> {
        &self.given
    }

    fn content(&self) -> Option<&Vec<u8>> {
        let read = || {
            let path = self
                .path
                .as_deref()
                .filter(|it| !self.world.is_sensitive(it))?;
            host::files::read_in(&self.world.root, &RelPath::parse(path).ok()?, CONTENT_MAX).ok()
        };
        self.content.get_or_init(read).as_ref()
    }

    /// Digest of the content as it is now; none when the file is gone or cannot be read.
    pub(crate) fn digest(&self) -> Option<Digest> {
        let path = RelPath::parse(self.path.as_deref()?).ok()?;
        digest_of(&self.world.root, &path)
    }

    fn head(&self) -> Option<&Vec<u8>> {
        let read = || {
            let path = self
                .path
                .as_deref()
                .filter(|it| !self.world.is_sensitive(it))?;
            self.world.head(path)
        };
        self.head.get_or_init(read).as_ref()
    }

    /// What is different from the last commit.
    fn difference(&self) -> Option<Changeset> {
        if let Some(changes) = &self.changes {
            return Some(changes.clone());
        }
        let path = RelPath::parse(self.path.as_deref()?).ok()?;
        let state = |it: Option<&Vec<u8>>| it.map(|it| FileState::file(it.clone()));
        let change = FileChange {
            path,
            before: state(self.head()),
            after: state(self.content()),
        };
        match change.before == change.after {
            true => Changeset::new(Vec::new()).ok(),
            false => Changeset::new(vec![change]).ok(),
        }
    }

    fn of_path(&self, fact: Fact) -> Option<Value> {
        let path = self.path.as_deref()?;
        let name = path.rsplit('/').next().unwrap_or(path);
        let (stem, ext) = name
            .rsplit_once('.')
            .filter(|it| !it.0.is_empty())
            .unwrap_or((name, ""));
        let text = match fact {
            Fact::FilePath => path,
            Fact::FileName => name,
            Fact::Stem => stem,
            Fact::Ext => ext,
            Fact::Folder => path.rsplit_once('/').map_or("", |it| it.0),
            Fact::Language => return Some(Value::Text(language_of(path))),
            _ => return None,
        };
        Some(Value::Text(text.to_owned()))
    }

    fn of_content(&self, fact: Fact) -> Option<Value> {
        let bytes = self.content()?;
        let text = || {
            std::str::from_utf8(bytes)
                .ok()
                .filter(|it| !it.contains('\0'))
        };
        Some(match fact {
            Fact::FileSizeKb => Value::Number(bytes.len() as f64 / 1024.0),
            Fact::IsBinary => Value::Truth(text().is_none()),
            Fact::Lines => Value::Number(text().map_or(0, |it| it.lines().count()) as f64),
            Fact::Content => Value::Text(text()?.to_owned()),
            Fact::CyclomaticComplexity => {
                let language = code::Language::from_path(self.path.as_deref()?)?;
                Value::Number(f64::from(code::complexity(language, text()?)))
            }
            _ => return None,
        })
    }
}

impl Occasion for Incident {
    fn event(&self) -> Event {
        self.event
    }

    fn path(&self) -> Option<Cow<'_, str>> {
        self.path.as_deref().map(Cow::Borrowed)
    }

    fn fact(&self, fact: Fact) -> Option<Value> {
        if let Some(value) = self.given.get(&fact) {
            return Some(value.clone());
        }
        match fact {
            Fact::Event => Some(Value::Text(self.event.name().to_owned())),
            Fact::Branch => self
                .world
                .ask(&["symbolic-ref", "--short", "-q", "HEAD"])
                .map(Value::Text),
            Fact::Author => self.world.author.clone().map(Value::Text),
            Fact::IsNew => Some(Value::Truth(self.head().is_none())),
            Fact::LinesAdded => Some(Value::Number(self.difference()?.stats().added_lines as f64)),
            Fact::LinesRemoved => Some(Value::Number(
                self.difference()?.stats().removed_lines as f64,
            )),
            Fact::Diff => Some(Value::Text(self.difference()?.display())),
            _ => self.of_path(fact).or_else(|| self.of_content(fact)),
        }
    }
}

/// Digest of a file of a folder as it is now; none when it is gone or cannot be read.
pub(crate) fn digest_of(root: &std::path::Path, path: &RelPath) -> Option<Digest> {
    host::files::read_in(root, path, CONTENT_MAX)
        .ok()
        .map(|it| Digest::of(&it))
}
