//! git as a person uses it from the IDE. What only asks is asked by Kiro's own git, which runs nothing that the repository
//! names; what changes something is the user's own git, with their settings and hooks, as in their terminal.

use std::path::PathBuf;
use std::time::Duration;

use host::process::{Command, Finished, Limits, git_answer, git_file_at, plain};
use policy::OwnProgram;

use super::{Desk, DeskError, Why};
use crate::documents::permitted;
use crate::hooking::git_program;
use crate::shop::supervisor;

/// How long a command of git may take; hooks of a commit run in it.
const GIT_SECONDS: u64 = 900;
/// The most changed paths that are shown.
const CHANGES_MAX: usize = 5_000;

/// Where a repository stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GitStatus {
    /// The branch; none when the head is at a commit of no branch.
    pub branch: Option<String>,
    /// The commit; none before the first one.
    pub commit: Option<String>,
    /// The branch that it follows.
    pub upstream: Option<String>,
    /// How many commits it is ahead of that.
    pub ahead: u64,
    /// How many commits it is behind that.
    pub behind: u64,
    /// What has changed.
    pub changes: Vec<GitChange>,
    /// Whether there are more changes than are listed.
    pub is_cut: bool,
}

/// A path that has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitChange {
    /// The path, relative to the opened folder.
    pub path: String,
    /// What it was called at the last commit, when that was something else.
    pub renamed_from: Option<String>,
    /// How the staged content differs from the last commit: git's letter, `.` for not at all, `?` for not tracked, `U` for a
    /// conflict.
    pub staged: char,
    /// How the file differs from the staged content.
    pub unstaged: char,
}

impl Desk {
    /// Where the repository of the folder stands; none when it is in no repository.
    ///
    /// # Errors
    /// When there is no git, or it does not answer.
    pub fn git_status(&self) -> Result<Option<GitStatus>, DeskError> {
        let Some(prefix) = self.asked(&["rev-parse", "--show-prefix"])? else {
            return Ok(None);
        };
        let off = self.filters_off()?;
        let mut question: Vec<&str> = off.iter().flat_map(|it| ["-c", it]).collect();
        question.extend([
            "--no-optional-locks",
            "status",
            "--porcelain=v2",
            "--branch",
            "--untracked-files=all",
            // Looking into another repository would go by its settings.
            "--ignore-submodules=dirty",
            "-z",
            "--",
            ".",
        ]);
        let told = self.asked(&question)?;
        Ok(told.map(|it| parse_status(&it, prefix.trim_end())))
    }

    /// Settings that take the programs out of every filter that the repository names: looking must run none of them.
    fn filters_off(&self) -> Result<Vec<String>, DeskError> {
        let question = [
            "config",
            "--null",
            "--name-only",
            "--get-regexp",
            r"^filter\..*\.(clean|smudge|process|required)$",
        ];
        let told = self.asked(&question)?.unwrap_or_default();
        let names = told.split('\0').filter(|it| !it.is_empty());
        Ok(names
            .map(|it| match it.ends_with(".required") {
                true => format!("{it}=false"),
                false => format!("{it}="),
            })
            .collect())
    }

    /// What a file held at a revision; the empty revision is what is staged. None when it was not there.
    ///
    /// # Errors
    /// When there is no git, or it does not answer.
    pub fn git_show(&self, revision: &str, path: &str) -> Result<Option<Vec<u8>>, DeskError> {
        git_file_at(&self.git()?, self.root(), revision, path).map_err(failed)
    }

    /// The local branches, the one that was committed to last first.
    ///
    /// # Errors
    /// When there is no git, or it does not answer.
    pub fn git_branches(&self) -> Result<Vec<String>, DeskError> {
        let question = [
            "for-each-ref",
            "--sort=-committerdate",
            "--format=%(refname:short)",
            "refs/heads",
        ];
        let told = self.asked(&question)?.unwrap_or_default();
        Ok(told.lines().map(str::to_owned).collect())
    }

    /// Stages these paths as they are now, or all when there are none.
    ///
    /// # Errors
    /// When git refuses, in its words.
    pub fn git_stage(&self, paths: &[String]) -> Result<(), DeskError> {
        self.act(&["add", "--all", "--"], paths)
    }

    /// Takes these paths back out of the next commit, or all.
    ///
    /// # Errors
    /// As [`Desk::git_stage`].
    pub fn git_unstage(&self, paths: &[String]) -> Result<(), DeskError> {
        match self.asked(&["rev-parse", "--verify", "--quiet", "HEAD"])? {
            Some(_) => self.act(&["reset", "--quiet", "HEAD", "--"], paths),
            None => self.act(&["rm", "--cached", "--quiet", "-r", "--"], paths),
        }
    }

    /// Makes these paths again what is staged of them; what is not tracked is removed.
    ///
    /// # Errors
    /// As [`Desk::git_stage`].
    pub fn git_discard(&self, paths: &[String]) -> Result<(), DeskError> {
        let is_tracked = |it: &&String| {
            let question = ["ls-files", "--error-unmatch", "--", it.as_str()];
            self.asked(&question).is_ok_and(|it| it.is_some())
        };
        let (tracked, others): (Vec<_>, Vec<_>) = paths.iter().partition(is_tracked);
        if !tracked.is_empty() {
            let tracked: Vec<String> = tracked.into_iter().cloned().collect();
            self.act(&["checkout", "--quiet", "--"], &tracked)?;
        }
        others.into_iter().try_for_each(|it| self.remove(it, true))
    }

    /// Commits what is staged; git's hooks run.
    ///
    /// # Errors
    /// When git or a hook refuses, in its words.
    pub fn git_commit(&self, message: &str, amend: bool) -> Result<(), DeskError> {
        let message = format!("--message={message}");
        let mut words = vec!["commit", "--quiet", message.as_str()];
        if amend {
            words.push("--amend");
        }
        self.run(&words).map(drop)
    }

    /// Goes to another branch, which is made first if `create` says so.
    ///
    /// # Errors
    /// As [`Desk::git_stage`].
    pub fn git_switch(&self, branch: &str, create: bool) -> Result<(), DeskError> {
        if branch.starts_with('-') {
            return Err(DeskError::new(
                Why::Failed,
                format!("{branch} is no name of a branch"),
            ));
        }
        match create {
            true => self.run(&["switch", "--quiet", "--create", branch]),
            false => self.run(&["switch", "--quiet", branch]),
        }
        .map(drop)
    }

    /// Makes the folder a repository.
    ///
    /// # Errors
    /// As [`Desk::git_stage`].
    pub fn git_init(&self) -> Result<(), DeskError> {
        self.run(&["init", "--quiet"]).map(drop)
    }

    fn act(&self, words: &[&str], paths: &[String]) -> Result<(), DeskError> {
        let all = ["."];
        let paths: Vec<&str> = match paths {
            [] => all.to_vec(),
            paths => paths.iter().map(String::as_str).collect(),
        };
        let words: Vec<&str> = words.iter().copied().chain(paths).collect();
        self.run(&words).map(drop)
    }

    fn asked(&self, question: &[&str]) -> Result<Option<String>, DeskError> {
        git_answer(&self.git()?, self.root(), question).map_err(failed)
    }

    fn git(&self) -> Result<PathBuf, DeskError> {
        Ok(git_program(&self.project, &self.environment)?)
    }

    /// Runs the user's own git.
    fn run(&self, words: &[&str]) -> Result<Finished, DeskError> {
        let git = self.git()?.display().to_string();
        // Paths are paths: no letter in them has a meaning of its own.
        let fixed = [git.as_str(), "--literal-pathspecs"];
        let argv = fixed.into_iter().chain(words.iter().copied());
        let mut env = self.environment.variables.clone();
        env.retain(|(name, _)| name != "GIT_TERMINAL_PROMPT" && name != "GIT_EDITOR");
        env.push(("GIT_TERMINAL_PROMPT".to_owned(), "0".to_owned()));
        env.push(("GIT_EDITOR".to_owned(), "true".to_owned()));
        let command = Command {
            env,
            limits: Limits {
                wall: Duration::from_secs(GIT_SECONDS),
                ..Limits::default()
            },
            ..Command::new(argv, self.root())
        };
        let verdict = self
            .gate
            .judge_own(OwnProgram::Git, &command.argv, &command.cwd);
        let watcher = supervisor(&self.environment);
        let ran = plain(&watcher, permitted(verdict)?, &command, &|| false).map_err(failed)?;
        match ran.ended.success() {
            true => Ok(ran),
            false => Err(DeskError::new(Why::Failed, said(&ran))),
        }
    }
}

/// What git or a hook said when it refused.
fn said(ran: &Finished) -> String {
    let text = [&ran.stderr, &ran.stdout].map(|it| String::from_utf8_lossy(it).trim().to_owned());
    let text = text.into_iter().filter(|it| !it.is_empty());
    let text = text.collect::<Vec<_>>().join("\n");
    match text.is_empty() {
        true => format!("git ended with {}", ran.ended),
        false => text,
    }
}

fn failed(error: host::process::RunError) -> DeskError {
    DeskError::new(Why::Failed, error)
}

/// Reads git's own form of a status, version 2. `prefix` is where the opened folder stands in the repository.
fn parse_status(text: &str, prefix: &str) -> GitStatus {
    let mut status = GitStatus::default();
    let mut records = text.split('\0');
    while let Some(record) = records.next() {
        let mut words = record.splitn(2, ' ');
        let (kind, rest) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let path_after = |fields: usize| rest.splitn(fields + 1, ' ').nth(fields);
        let mut letters = rest.chars();
        let (staged, unstaged) = (letters.next().unwrap_or('.'), letters.next().unwrap_or('.'));
        let (path, from, staged, unstaged) = match kind {
            "#" => {
                header(&mut status, rest);
                continue;
            }
            "1" => (path_after(7), None, staged, unstaged),
            "2" => (path_after(8), records.next(), staged, unstaged),
            "u" => (path_after(9), None, 'U', 'U'),
            "?" => (Some(rest), None, '?', '?'),
            _ => continue,
        };
        let below = |path: &str| path.strip_prefix(prefix).map(str::to_owned);
        let Some(path) = path.and_then(below) else {
            continue;
        };
        if status.changes.len() == CHANGES_MAX {
            status.is_cut = true;
            break;
        }
        status.changes.push(GitChange {
            path,
            renamed_from: from.and_then(below),
            staged,
            unstaged,
        });
    }
    status
}

fn header(status: &mut GitStatus, line: &str) {
    let (name, value) = line.split_once(' ').unwrap_or((line, ""));
    match name {
        "branch.oid" if value != "(initial)" => status.commit = Some(value.to_owned()),
        "branch.head" if value != "(detached)" => status.branch = Some(value.to_owned()),
        "branch.upstream" => status.upstream = Some(value.to_owned()),
        "branch.ab" => {
            let mut counts = value
                .split(' ')
                .map(|it| it.trim_start_matches(['+', '-']).parse());
            let mut next = || counts.next().and_then(Result::ok).unwrap_or(0);
            (status.ahead, status.behind) = (next(), next());
        }
        _ => {}
    }
}
