//! Following a project: what any process records in its journal, and which of its documents changed since the last look.
//!
//! Documents are known by size, time and identity. Which there are is looked for less often than whether one changed,
//! and the less often the longer the looking takes.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::error::SessionError;
use crate::journal::{Entry, Journal};
use crate::places::{Environment, Project};
use crate::query::{existing_journal, shown_in};
use crate::specs;

/// Shortest time between two looks for documents that are new.
const SEARCH: Duration = Duration::from_secs(2);
/// How much longer than the search itself the time until the next one is.
const SHARE: u32 = 20;
/// Most facts that one look gives.
const FACTS_MAX: usize = 10_000;

/// Somebody who follows a project.
pub struct Follower {
    environment: Environment,
    project: Project,
    journal: Option<Journal>,
    seq: i64,
    documents: Vec<(Sort, String)>,
    stamps: BTreeMap<String, Stamp>,
    search_at: Instant,
}

/// What happened since the last look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// What was recorded, oldest first.
    pub facts: Vec<Entry>,
    /// Specs, plans and tasks files that changed, came or went, relative to the project.
    pub specs: Vec<String>,
    /// Hook files that did.
    pub hooks: Vec<String>,
    /// Files with rules, settings and steering that did.
    pub config: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    Spec,
    Hook,
    Config,
}

/// Size, time of the last change, identity.
type Stamp = (u64, i64, i64, u64);

impl Follower {
    /// Follows the project around the environment's folder, from now on.
    ///
    /// # Errors
    /// When the project or its journal cannot be read.
    pub fn begin(environment: &Environment) -> Result<Follower, SessionError> {
        let project = Project::around(environment)?;
        let journal = existing_journal(&project)?;
        let seq = journal
            .as_ref()
            .map_or(Ok(0), Journal::last_seq)
            .map_err(SessionError::internal)?;
        let mut follower = Follower {
            environment: environment.clone(),
            project,
            journal,
            seq,
            documents: Vec::new(),
            stamps: BTreeMap::new(),
            search_at: Instant::now(),
        };
        follower.changes()?;
        Ok(follower)
    }

    /// What happened since the last look.
    ///
    /// # Errors
    /// When the journal or the specs cannot be read.
    pub fn look(&mut self) -> Result<News, SessionError> {
        let mut news = self.changes()?;
        news.facts = self.facts()?;
        Ok(news)
    }

    fn facts(&mut self) -> Result<Vec<Entry>, SessionError> {
        if self.journal.is_none() {
            self.journal = existing_journal(&self.project)?;
        }
        let Some(journal) = &self.journal else {
            return Ok(Vec::new());
        };
        let mut facts = journal
            .all_after(self.seq)
            .map_err(SessionError::internal)?;
        facts.truncate(FACTS_MAX);
        if let Some(last) = facts.last() {
            self.seq = last.seq;
        }
        Ok(facts)
    }

    fn changes(&mut self) -> Result<News, SessionError> {
        if Instant::now() >= self.search_at {
            self.search()?;
        }
        let now: BTreeMap<String, Stamp> = self
            .documents
            .iter()
            .filter_map(|(_, path)| Some((path.clone(), stamp(&self.project.root.join(path))?)))
            .collect();
        let before = std::mem::replace(&mut self.stamps, now);
        let mut news = News::default();
        for (sort, path) in &self.documents {
            if before.get(path) != self.stamps.get(path) {
                news.of(*sort).push(path.clone());
            }
        }
        // What is no document any more went.
        let known = |path: &String| self.documents.iter().any(|it| it.1 == *path);
        let gone = before.keys().filter(|it| !known(it));
        for path in gone {
            news.of(sort_of(path)).push(path.clone());
        }
        Ok(news)
    }

    /// Looks which documents there are.
    fn search(&mut self) -> Result<(), SessionError> {
        let started = Instant::now();
        let mut found = Vec::new();
        for place in specs::all(&self.project, &self.environment)? {
            let shown = shown_in(&self.project, &place);
            let folder = shown.strip_suffix(place.path.as_str()).unwrap_or_default();
            let mut paths = place.layout.documents.clone();
            paths.extend([place.plan(), place.tasks()]);
            found.extend(paths.iter().map(|it| (Sort::Spec, format!("{folder}{it}"))));
        }
        for folder in [".kiro/hooks", ".kiro/settings", ".kiro/steering", ".kiro"] {
            let files = files_in(&self.project.root, folder).into_iter();
            found.extend(files.map(|it| (sort_of(&it), it)));
        }
        found.sort();
        found.dedup();
        self.documents = found;
        self.search_at = started + SEARCH.max(started.elapsed() * SHARE);
        Ok(())
    }
}

impl News {
    fn of(&mut self, sort: Sort) -> &mut Vec<String> {
        match sort {
            Sort::Spec => &mut self.specs,
            Sort::Hook => &mut self.hooks,
            Sort::Config => &mut self.config,
        }
    }
}

fn sort_of(path: &str) -> Sort {
    match () {
        () if path.starts_with(".kiro/hooks/") => Sort::Hook,
        () if path.starts_with(".kiro/specs/") => Sort::Spec,
        () if path.starts_with(".kiro/") => Sort::Config,
        () => Sort::Spec,
    }
}

fn stamp(file: &Path) -> Option<Stamp> {
    let it = file.symlink_metadata().ok()?;
    Some((it.len(), it.mtime(), it.mtime_nsec(), it.ino()))
}

fn files_in(root: &Path, folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(root.join(folder));
    let files = entries.into_iter().flatten().flatten();
    files
        .filter(|it| it.file_type().is_ok_and(|it| it.is_file()))
        .filter_map(|it| Some(format!("{folder}/{}", it.file_name().to_str()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::RunRow;
    use engine::Fact;
    use host::lease::Owner;

    fn environment(cwd: &Path) -> Environment {
        Environment {
            cwd: cwd.join("project"),
            home: cwd.join("home"),
            kiro_home: None,
            cache_home: None,
            path: std::ffi::OsString::new(),
            model: None,
            editor: None,
            variables: Vec::new(),
            program: std::path::PathBuf::new(),
        }
    }

    fn write(root: &Path, path: &str, text: &str) {
        let file = root.join("project").join(path);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        host::files::replace_own(&file, text.as_bytes()).expect("written");
    }

    #[test]
    fn documents_that_change_come_and_go_are_told_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("resolves");
        write(&root, "specs/a.md", "one");
        write(&root, ".kiro/hooks/h.yaml", "one");
        let mut follower = Follower::begin(&environment(&root)).expect("begins");
        assert_eq!(follower.look().expect("looks"), News::default());
        write(&root, "specs/a.md", "two");
        write(&root, "plans/a-tasks.md", "- [ ] 1. It\n");
        write(&root, ".kiro/hooks/h.yaml", "two");
        write(&root, ".kiro/config.yaml", "{}");
        follower.search_at = Instant::now();
        let news = follower.look().expect("looks");
        assert_eq!(news.specs, ["plans/a-tasks.md", "specs/a.md"]);
        assert_eq!(news.hooks, [".kiro/hooks/h.yaml"]);
        assert_eq!(news.config, [".kiro/config.yaml"]);
        assert_eq!(follower.look().expect("looks"), News::default());
        let away = root.join("project/specs/a.md");
        std::fs::rename(away, root.join("elsewhere")).expect("moved");
        assert_eq!(follower.look().expect("looks").specs, ["specs/a.md"]);
        follower.search_at = Instant::now();
        assert_eq!(follower.look().expect("looks").specs, ["plans/a-tasks.md"]);
    }

    #[test]
    fn facts_of_any_process_are_told_from_the_beginning_of_the_journal_on() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("resolves");
        write(&root, "specs/a.md", "one");
        let environment = environment(&root);
        let mut follower = Follower::begin(&environment).expect("begins");
        assert!(follower.look().expect("looks").facts.is_empty());
        let project = Project::around(&environment).expect("a project");
        host::files::ensure_private_folder(&project.state).expect("made");
        let path = project.state.join("journal.db");
        let (mut journal, _) = Journal::open(&path, 0).expect("opens");
        let row = RunRow {
            id: "r".to_owned(),
            spec: "specs/a.md".to_owned(),
            started_ms: 1,
            owner: Owner::this().expect("a process"),
        };
        journal.begin(&row).expect("begins");
        journal.append("r", 1, &[Fact::Resumed]).expect("appends");
        let facts = follower.look().expect("looks").facts;
        assert_eq!(facts.len(), 1);
        assert_eq!(
            (facts[0].run.as_str(), &facts[0].fact),
            ("r", &Fact::Resumed)
        );
        assert!(follower.look().expect("looks").facts.is_empty());
    }
}
