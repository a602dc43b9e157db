//! Who wrote a line: what tasks brought in, as the shadow repository keeps it, followed through all later edits; where no task of
//! this journal wrote it, the history.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use change::{Changeset, FileChange, FileState, RelPath, carried, origins};
use engine::{Landed, Landings, Run};

use super::TracedTask;
use super::commits::{Commit, Commits};
use super::names::Names;
use crate::error::SessionError;
use crate::places::{Environment, Project};
use crate::run::landing;
use crate::shop::open_shadow;
use crate::stale::Past;

/// Largest file whose lines are followed, in bytes.
const FILE_MAX: u64 = 16 << 20;

/// From what it is known who wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineSource {
    /// A task of this project's journal brought it in.
    Journal,
    /// The trailers of the commit that wrote it name a task.
    Trailers,
    /// A commit that names no task wrote it.
    Commit,
    /// It is in no commit and no task brought it in.
    Nobody,
}

impl LineSource {
    /// Its name on every surface.
    pub fn name(self) -> &'static str {
        match self {
            LineSource::Journal => "journal",
            LineSource::Trailers => "trailers",
            LineSource::Commit => "commit",
            LineSource::Nobody => "nobody",
        }
    }
}

/// A line with who wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TracedLine {
    /// The file, relative to its project.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// Its text.
    pub text: String,
    /// From what that is known.
    pub source: LineSource,
    /// The spec's path, where a task wrote it.
    pub spec: Option<String>,
    /// The task.
    pub task: Option<String>,
    /// The task's title, or the commit's subject.
    pub title: String,
    /// The requirements that the task carried out.
    pub requirements: Vec<String>,
    /// The run.
    pub run: Option<String>,
    /// The commit that holds it.
    pub commit: Option<String>,
}

impl TracedLine {
    /// Whether this task of this spec wrote it.
    pub(super) fn is_of(&self, spec: &str, task: &str) -> bool {
        let is_spec = self.spec.as_deref().is_none_or(|it| it == spec);
        self.task.as_deref() == Some(task) && is_spec
    }

    fn by(mut self, commit: Commit) -> TracedLine {
        self.source = match commit.task {
            Some(_) => LineSource::Trailers,
            None => LineSource::Commit,
        };
        self.title = commit.subject;
        self.task = commit.task;
        self.spec = commit.spec;
        self.requirements = commit.requirements;
        self.run = commit.run;
        self.commit = Some(commit.id);
        self
    }
}

/// What all tasks of a project brought in, oldest first.
pub(super) struct Writers {
    root: PathBuf,
    landed: Vec<(Landed, Changeset)>,
    names: Names,
    runs: BTreeMap<String, Run>,
}

impl Writers {
    pub(super) fn of(
        project: &Project,
        environment: &Environment,
    ) -> Result<Writers, SessionError> {
        let past = Past::of(project)?;
        let mut entries: Vec<_> = past.runs.iter().flat_map(|(_, facts)| facts).collect();
        entries.sort_by_key(|it| it.seq);
        let mut landings = Landings::default();
        entries
            .iter()
            .for_each(|it| landings.apply(&it.run, &it.fact));
        let mut writers = Writers {
            root: project.root.clone(),
            landed: Vec::new(),
            names: Names::default(),
            runs: BTreeMap::new(),
        };
        if landings.standing().is_empty() {
            return Ok(writers);
        }
        let shadow = open_shadow(environment, project)?;
        for it in landings.standing() {
            let changes = landing::between(&shadow, &it.base, &it.tree)?;
            writers.landed.push((it.clone(), changes));
        }
        writers.names = Names::of(&writers.landed, &shadow, project, environment)?;
        for (row, facts) in &past.runs {
            let run = Run::from_facts(facts.iter().map(|it| &it.fact));
            writers.runs.insert(row.id.clone(), run);
        }
        Ok(writers)
    }

    /// For each line of a file as it stands, the landing that wrote it.
    fn of_file(&self, path: &str, now: &[u8]) -> Vec<Option<&Landed>> {
        let found: Vec<(&Landed, Vec<u8>, Vec<u8>)> = self
            .landed
            .iter()
            .filter_map(|(landed, changes)| {
                // Of a file that a task moved, one name tells what was there before and the other what came of it.
                let of_it = |it: &&FileChange| self.names.now(it.path.as_str()) == path;
                let own: Vec<&FileChange> = changes.files().iter().filter(of_it).collect();
                let side = |of: fn(&FileChange) -> &Option<FileState>| {
                    let found = own.iter().find_map(|it| of(it).as_ref());
                    found.map_or_else(Vec::new, |it| it.bytes.clone())
                };
                own.first()?;
                Some((landed, side(|it| &it.before), side(|it| &it.after)))
            })
            .collect();
        let edits: Vec<(&[u8], &[u8])> = found
            .iter()
            .map(|(_, before, after)| (before.as_slice(), after.as_slice()))
            .collect();
        let origins = origins(&edits, now);
        origins
            .into_iter()
            .map(|it| it.map(|at| found[at].0))
            .collect()
    }

    /// Tells of a task's files under which name they stand now.
    pub(super) fn rename(&self, task: &mut TracedTask) {
        for path in &mut task.files {
            let now = self.names.now(path);
            if now != path {
                let before = std::mem::replace(path, now.to_owned());
                task.renamed.insert(path.clone(), before);
            }
        }
        let mut seen = BTreeSet::new();
        task.files.retain(|it| seen.insert(it.clone()));
    }

    /// Adds the lines that a task wrote and that still stand.
    pub(super) fn tell(&self, task: &mut TracedTask, spec: &str) {
        for path in &task.files {
            let Some(now) = self.read(path) else { continue };
            let origins = self.of_file(path, &now);
            let is_own = |it: &Landed| it.spec == spec && it.task == task.id;
            let own = origins.iter().map(|it| it.is_some_and(is_own));
            let ranges = ranges(own);
            if !ranges.is_empty() {
                task.lines.insert(path.clone(), ranges);
            }
        }
    }

    fn read(&self, path: &str) -> Option<Vec<u8>> {
        let path = RelPath::parse(path).ok()?;
        host::files::read_in(&self.root, &path, FILE_MAX).ok()
    }

    /// Who wrote a line of a file, from 1.
    pub(super) fn line(
        &self,
        file: &Path,
        line: usize,
        commits: &Commits,
        environment: &Environment,
    ) -> Result<TracedLine, SessionError> {
        let outside = || {
            let project = self.root.display();
            SessionError::input(format!("{} is not in {project}", file.display()))
        };
        let path = file.strip_prefix(&self.root).ok().and_then(Path::to_str);
        let path = path.ok_or_else(outside)?;
        let relative = RelPath::parse(path).map_err(SessionError::input)?;
        let project = Project::at(&self.root, environment)?;
        let gate = crate::documents::gate(&project, environment)?;
        if gate.hidden_by(&relative).is_some() {
            return Err(SessionError::input(format!(
                "{path} is sensitive, so it is not looked into"
            )));
        }
        let now =
            host::files::read_in(&self.root, &relative, FILE_MAX).map_err(SessionError::input)?;
        let lines: Vec<&[u8]> = now.split_inclusive(|it| *it == b'\n').collect();
        let text = line
            .checked_sub(1)
            .and_then(|at| lines.get(at))
            .ok_or_else(|| {
                SessionError::input(format!("{path} has {} lines, no line {line}", lines.len()))
            })?;
        let traced = TracedLine {
            path: path.to_owned(),
            line,
            text: String::from_utf8_lossy(text).trim_end().to_owned(),
            source: LineSource::Nobody,
            spec: None,
            task: None,
            title: String::new(),
            requirements: Vec::new(),
            run: None,
            commit: None,
        };
        if let Some(landed) = self.of_file(path, &now).get(line - 1).copied().flatten() {
            return Ok(self.by_task(traced, landed, commits));
        }
        let Some(head) = commits.at_head(path)? else {
            return Ok(traced);
        };
        let Some(at) = carried(&head, &now)[line - 1] else {
            return Ok(traced);
        };
        match commits.of_line(path, at + 1)? {
            Some(commit) => Ok(traced.by(commit)),
            None => Ok(traced),
        }
    }

    fn by_task(&self, line: TracedLine, landed: &Landed, commits: &Commits) -> TracedLine {
        let run = self.runs.get(&landed.run);
        let record = run
            .and_then(|it| it.task(&landed.task))
            .map(|it| &it.record);
        let commit = commits.of_task(&landed.run, &landed.task);
        TracedLine {
            source: LineSource::Journal,
            spec: Some(landed.spec.clone()),
            task: Some(landed.task.clone()),
            title: record.map_or_else(String::new, |it| it.title.clone()),
            requirements: record.map_or_else(Vec::new, |it| it.requirements.clone()),
            run: Some(landed.run.clone()),
            commit: commit.map(|it| it.id.clone()),
            ..line
        }
    }
}

/// The runs of lines that are so, each as first and last line from 1.
fn ranges(is_so: impl Iterator<Item = bool>) -> Vec<(usize, usize)> {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for (at, _) in is_so.enumerate().filter(|it| it.1) {
        let line = at + 1;
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == line => *last = line,
            _ => ranges.push((line, line)),
        }
    }
    ranges
}
