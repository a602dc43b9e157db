//! The commits of tasks, by their trailers: what the history tells in any clone, journal or not. Asked by Kiro's own git, which runs
//! nothing that the repository names.

use std::path::PathBuf;

use host::process::{git_answer, git_file_at};

use super::TracedTask;
use crate::error::SessionError;
use crate::hooking::git_program;
use crate::places::{Environment, Project};

/// How many commits of tasks are looked at, newest first.
const COMMITS_MAX: &str = "--max-count=20000";

/// The trailer of a task's commit that names the task, the spec, the requirements and the run.
pub(crate) const TASK: &str = "Kiro-Task";
pub(crate) const SPEC: &str = "Kiro-Spec";
pub(crate) const REQUIREMENTS: &str = "Kiro-Requirements";
pub(crate) const RUN: &str = "Kiro-Run";

/// A commit as its message tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Commit {
    pub(super) id: String,
    pub(super) subject: String,
    pub(super) task: Option<String>,
    pub(super) spec: Option<String>,
    pub(super) requirements: Vec<String>,
    pub(super) run: Option<String>,
}

impl Commit {
    /// Reads a commit's id and, after it, its message, whose last paragraph holds the trailers.
    fn read(text: &str) -> Option<Commit> {
        let (id, message) = text
            .trim_start()
            .split_once('\n')
            .unwrap_or((text.trim(), ""));
        let message = message.trim();
        if id.is_empty() {
            return None;
        }
        let last = message.rsplit("\n\n").next().unwrap_or_default();
        let value = |key: &str| {
            let lines = last.lines().rev();
            let mut found = lines.filter_map(|it| it.strip_prefix(key)?.strip_prefix(':'));
            found.next().map(|it| it.trim().to_owned())
        };
        let requirements = value(REQUIREMENTS).unwrap_or_default();
        let requirements = requirements.split(',').map(|it| it.trim().to_owned());
        Some(Commit {
            id: id.to_owned(),
            subject: message.lines().next().unwrap_or_default().to_owned(),
            task: value(TASK),
            spec: value(SPEC),
            requirements: requirements.filter(|it| !it.is_empty()).collect(),
            run: value(RUN),
        })
    }
}

/// The commits of tasks that the checked-out history holds; empty where there is no repository.
pub(super) struct Commits {
    git: Option<PathBuf>,
    root: PathBuf,
    all: Vec<Commit>,
}

impl Commits {
    pub(super) fn of(
        project: &Project,
        environment: &Environment,
    ) -> Result<Commits, SessionError> {
        let mut commits = Commits {
            git: git_program(project, environment).ok(),
            root: project.root.clone(),
            all: Vec::new(),
        };
        let words = [
            "log",
            "--no-show-signature",
            "--no-color",
            "-z",
            "--format=%H%n%B",
            "--fixed-strings",
            "--grep=Kiro-Task: ",
            COMMITS_MAX,
            "HEAD",
        ];
        let told = commits.ask(&words)?.unwrap_or_default();
        let read = told.split('\0').filter_map(Commit::read);
        commits.all = read.filter(|it| it.task.is_some()).collect();
        Ok(commits)
    }

    fn ask(&self, words: &[&str]) -> Result<Option<String>, SessionError> {
        match &self.git {
            Some(git) => git_answer(git, &self.root, words).map_err(SessionError::internal),
            None => Ok(None),
        }
    }

    /// Adds a task's commits, and the files of these where no run is known that brought files in.
    pub(super) fn tell(&self, task: &mut TracedTask, spec: &str) {
        let is_own = |it: &&Commit| {
            let of_run = it.run.is_some() && it.run == task.run;
            let of_spec = it.spec.as_deref() == Some(spec);
            it.task.as_ref() == Some(&task.id) && (of_run || of_spec)
        };
        let own: Vec<&Commit> = self.all.iter().filter(is_own).collect();
        task.commits = own.iter().map(|it| it.id.clone()).collect();
        if task.files.is_empty()
            && let Some(last) = own.first()
        {
            task.run.clone_from(&last.run);
            task.files = self.files(&last.id);
        }
    }

    fn files(&self, commit: &str) -> Vec<String> {
        let words = [
            "diff-tree",
            "--no-commit-id",
            "--no-ext-diff",
            "--no-textconv",
            "--relative",
            "--name-only",
            "--root",
            "-r",
            "-z",
            commit,
        ];
        let told = self.ask(&words).ok().flatten().unwrap_or_default();
        let names = told.split('\0').filter(|it| !it.is_empty());
        names.map(str::to_owned).collect()
    }

    /// What HEAD holds of a file; none where it holds none.
    pub(super) fn at_head(&self, path: &str) -> Result<Option<Vec<u8>>, SessionError> {
        match &self.git {
            Some(git) => git_file_at(git, &self.root, "HEAD", path).map_err(SessionError::internal),
            None => Ok(None),
        }
    }

    /// The commit that wrote a line, from 1, of a file as HEAD holds it.
    pub(super) fn of_line(&self, path: &str, line: usize) -> Result<Option<Commit>, SessionError> {
        let range = format!("{line},{line}");
        let path = format!("./{path}");
        let words = [
            "-c",
            "blame.ignoreRevsFile=",
            "blame",
            "--porcelain",
            "--no-textconv",
            "-L",
            &range,
            "HEAD",
            "--",
            &path,
        ];
        let told = self.ask(&words)?.unwrap_or_default();
        let Some(id) = told.split_whitespace().next() else {
            return Ok(None);
        };
        let words = [
            "log",
            "--no-show-signature",
            "--no-color",
            "--max-count=1",
            "--format=%H%n%B",
            id,
        ];
        let told = self.ask(&words)?;
        Ok(told.as_deref().and_then(Commit::read))
    }

    /// The newest commit of a task's run.
    pub(super) fn of_task(&self, run: &str, task: &str) -> Option<&Commit> {
        let is_own =
            |it: &&Commit| it.run.as_deref() == Some(run) && it.task.as_deref() == Some(task);
        self.all.iter().find(is_own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailers_are_those_of_the_last_paragraph() {
        let text = "c0\nImplement it\n\nKiro-Task: 9\n\nMore.\n\nKiro-Task: 2\nKiro-Spec: specs/a.md\nKiro-Requirements: FR-1, FR-2\nKiro-Run: r\n";
        let commit = Commit::read(text).expect("a commit");
        assert_eq!(
            commit,
            Commit {
                id: "c0".to_owned(),
                subject: "Implement it".to_owned(),
                task: Some("2".to_owned()),
                spec: Some("specs/a.md".to_owned()),
                requirements: vec!["FR-1".to_owned(), "FR-2".to_owned()],
                run: Some("r".to_owned()),
            }
        );
        assert_eq!(Commit::read("c1\n").map(|it| it.task), Some(None));
        assert_eq!(Commit::read(""), None);
    }
}
