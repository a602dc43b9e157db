//! The gate: judges each act against the rules and the grants of one run.

mod commands;
mod hook;
mod network;
mod own;
mod server;
mod weakening;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use change::{Changeset, Digest, FileState, RelPath};

use crate::change_type;
use crate::fold::fold;
use crate::glob::{Pattern, first_covering};
use crate::path::{FileAct, PathFacts};
use crate::permit::{Act, Permit};
use crate::rules::{Rules, Threshold};
use crate::trust::Trust;
use crate::verdict::{Reason, Verdict};

use self::commands::Granted;

pub use self::commands::{Leave, LineAsk, LineVerdict, Step};
pub use self::network::{AllowedHost, Hosts};
pub use self::server::{Acquaintance, ServerCall};

/// A program of the user's own that Kiro starts on the user's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnProgram {
    /// `$VISUAL` or `$EDITOR`, when the user chose Modify, or the editor that `kiro ide --host` names.
    Editor,
    /// The package client that brings the built-in model's weights, or the editor that `kiro ide --host` names.
    PackageClient,
    /// git, to make the commit that a hook with `auto_commit` is there for.
    Commit,
    /// git, to commit what a task brought in, or to check out the branch for it, on the person's word.
    TaskCommit,
    /// git, to change where this repository keeps its hooks.
    HooksPath,
    /// The command of `kiro exec`.
    Exec,
    /// A shell at which a person types.
    Shell,
    /// git, for what a person asked of it in the IDE.
    Git,
    /// What opens the user's browser.
    Browser,
}

/// Whose files are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The user's own project.
    Project,
    /// An attempt's worktree: what wants a person is asked when its changes land.
    Attempt,
}

/// The rules together with what one run was granted.
#[derive(Clone, Debug)]
pub struct Gate {
    root: PathBuf,
    stage: Stage,
    rules: Rules,
    granted: Granted,
    protected: Vec<PathBuf>,
    trust: Trust,
    /// Files whose content the program made from the spec, with its digest.
    derived: Vec<(RelPath, Digest)>,
}

impl Gate {
    /// A gate for the project in `root` (absolute).
    pub fn new(root: &Path, rules: Rules) -> Gate {
        Gate {
            root: root.to_path_buf(),
            stage: Stage::Project,
            rules,
            granted: Granted::default(),
            protected: Vec::new(),
            trust: Trust::default(),
            derived: Vec::new(),
        }
    }

    /// The same rules, for a change in which these files, with exactly these contents, follow from the spec: tests among them
    /// say what the spec says, so that nobody weakened them.
    #[must_use]
    pub fn knowing(&self, derived: Vec<(RelPath, Digest)>) -> Gate {
        Gate {
            derived,
            ..self.clone()
        }
    }

    /// Closes an absolute folder to every agent's writing, such as Kiro's own folder when it lies in the
    /// project.
    pub fn protect(&mut self, folder: PathBuf) {
        self.protected.push(folder);
    }

    /// Takes what a person has approved of this folder's own allow rules, hooks and servers.
    pub fn set_trust(&mut self, trust: Trust) {
        self.trust = trust;
    }

    /// What is trusted of this folder's.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// The same rules for files of an attempt, whose worktree is `worktree` (absolute and canonical).
    #[must_use]
    pub fn in_attempt(&self, worktree: &Path) -> Gate {
        Gate {
            root: worktree.to_path_buf(),
            stage: Stage::Attempt,
            ..self.clone()
        }
    }

    pub(crate) fn stage(&self) -> Stage {
        self.stage
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    pub(crate) fn protected(&self) -> &[PathBuf] {
        &self.protected
    }

    fn sensitive_pattern(&self, path: &str) -> Option<&Pattern> {
        first_covering(&self.rules.sensitive, &[fold(path)])
    }

    /// Judges a program of the user's own, started on the user's word.
    pub fn judge_own(&self, program: OwnProgram, argv: &[String], cwd: &Path) -> Verdict {
        let rule = match program {
            OwnProgram::Editor => "the user's own editor",
            OwnProgram::PackageClient => "the user's package client brings what the user asked for",
            OwnProgram::Commit => "the commit of a hook with auto_commit",
            OwnProgram::TaskCommit => "the commits of tasks that the user asked for",
            OwnProgram::HooksPath => "the git hooks that the user asked for",
            OwnProgram::Exec => "the command that the user gave to kiro exec",
            OwnProgram::Shell => "the user's own terminal",
            OwnProgram::Git => "what the user asked of git",
            OwnProgram::Browser => "the user's own browser",
        };
        Verdict::Allow(Permit::mint(
            &Act::Run {
                argv: argv.to_vec(),
                cwd: cwd.to_path_buf(),
            },
            rule,
        ))
    }

    /// Judges the download of a file whose only accepted content is known beforehand.
    pub fn judge_fetch(&self, path: &Path, content: Digest) -> Verdict {
        Verdict::Allow(Permit::mint(
            &Act::Fetch {
                path: path.to_path_buf(),
                content,
            },
            "content pinned by SHA-256",
        ))
    }

    /// Judges a document that Kiro itself writes for the user: plans, tasks, and what `init` creates.
    pub fn judge_document(&self, path: &RelPath, bytes: &[u8]) -> Verdict {
        let act = Act::write(&self.root.join(path.as_str()), bytes);
        let place = path.as_str();
        let ours = ["plans/", ".kiro/", "specs/"];
        let deny = if ours.iter().any(|it| place.starts_with(it)) {
            Vec::new()
        } else {
            vec![Reason {
                rule: "documents stand in plans/, specs/ and .kiro/".to_owned(),
                why: format!("{place} is none of Kiro's documents"),
                change: "choose a place in one of these folders".to_owned(),
            }]
        };
        Verdict::from_reasons(&act, deny, Vec::new(), "Kiro's own document")
    }

    /// Judges a Markdown document of a spec in another project's form, which stands where that form has it.
    pub fn judge_foreign_document(&self, path: &RelPath, bytes: &[u8]) -> Verdict {
        let act = Act::write(&self.root.join(path.as_str()), bytes);
        let deny = if path.as_str().ends_with(".md") && self.sensitive_by(path.as_str()).is_none() {
            Vec::new()
        } else {
            vec![Reason {
                rule: "documents are Markdown files".to_owned(),
                why: format!("{path} is no document"),
                change: "name a file that ends in .md".to_owned(),
            }]
        };
        Verdict::from_reasons(&act, deny, Vec::new(), "a document of the spec")
    }

    /// The rule by which a file is sensitive, if one is.
    pub fn sensitive_by(&self, path: &str) -> Option<String> {
        self.sensitive_pattern(path).map(sensitive_rule)
    }

    /// Judges a report that the user asked for, at the place that they named on the command line.
    pub fn judge_report(&self, path: &Path, bytes: &[u8]) -> Verdict {
        Verdict::Allow(Permit::mint(
            &Act::write(path, bytes),
            "a report the user asked for",
        ))
    }

    /// Judges a file that is written in an attempt, whose worktree is `worktree`, by its name.
    pub fn judge_attempt_write(&self, worktree: &Path, path: &RelPath, bytes: &[u8]) -> Verdict {
        self.in_attempt(worktree)
            .judge_file(FileAct::Write(bytes), &PathFacts::of_name(path))
    }

    /// Judges the parts of an attempt that a person keeps, which are brought into its worktree anew.
    pub fn judge_attempt_changes(&self, worktree: &Path, changes: &Changeset) -> Verdict {
        let act = Act::Apply {
            root: worktree.to_path_buf(),
            changeset: changes.digest(),
        };
        let inside = self.in_attempt(worktree);
        let mut deny = Vec::new();
        for file in changes.files() {
            let act = match &file.after {
                Some(after) => FileAct::Write(&after.bytes),
                None => FileAct::Delete,
            };
            if let Verdict::Deny(reasons) = inside.judge_file(act, &PathFacts::of_name(&file.path))
            {
                deny.extend(reasons);
            }
        }
        Verdict::from_reasons(&act, deny, Vec::new(), "the parts that a person keeps")
    }

    /// Judges a task's changeset before it lands in the project; `earlier` are the changesets that this
    /// run has already brought in, so that many small steps weigh as one large one.
    pub fn judge_changes(
        &self,
        changes: &Changeset,
        earlier: &[Changeset],
        scope: &[RelPath],
    ) -> Verdict {
        let act = Act::Apply {
            root: self.root.clone(),
            changeset: changes.digest(),
        };
        let (mut deny, mut by_name) = (Vec::new(), Vec::new());
        for path in changes.paths() {
            let reasons = self.weigh_landing(path);
            deny.extend(reasons.deny);
            by_name.extend(reasons.ask);
        }
        let mut ask = self.over_thresholds(changes, earlier);
        ask.extend(by_name);
        ask.extend(self.approval_paths(changes));
        ask.extend(self.approval_types(changes));
        ask.extend(outside_scope(changes, scope));
        ask.extend(weakening::reasons(changes, &self.derived));
        Verdict::from_reasons(
            &act,
            deny,
            ask,
            "inside the task's scope, under every threshold",
        )
    }

    fn over_thresholds(&self, changes: &Changeset, earlier: &[Changeset]) -> Vec<Reason> {
        let all = || earlier.iter().chain(std::iter::once(changes));
        let mut files: Vec<&RelPath> = all().flat_map(Changeset::paths).collect();
        files.sort();
        files.dedup();
        let added: u64 = all().map(|it| it.stats().added_lines as u64).sum();
        let removed: u64 = all().map(|it| it.stats().removed_lines as u64).sum();
        let complexity = complexity_increase(all());
        let met = |threshold: &Threshold| match *threshold {
            Threshold::Files(limit) => over("files changed", files.len() as u64, limit),
            Threshold::Lines(limit) => over("lines changed", added + removed, limit),
            Threshold::LinesAdded(limit) => over("lines added", added, limit),
            Threshold::Complexity(limit) => complexity
                .filter(|it| *it > limit)
                .map(|it| over_share("complexity increase", it, limit)),
        };
        self.rules.thresholds.iter().filter_map(met).collect()
    }

    fn approval_paths(&self, changes: &Changeset) -> Vec<Reason> {
        let asks = |pattern: &Pattern| {
            let path = changes.paths().find(|it| pattern.covers(it))?;
            Some(Reason {
                rule: format!("files that need approval: {}", pattern.text()),
                why: format!("{path} is changed"),
                change: "approve it".to_owned(),
            })
        };
        self.rules.approve_paths.iter().filter_map(asks).collect()
    }

    fn approval_types(&self, changes: &Changeset) -> Vec<Reason> {
        if self.rules.approve_types.is_empty() {
            return Vec::new();
        }
        let found = change_type::of(changes);
        change_type::NAMES
            .iter()
            .filter(|(_, kind)| self.rules.approve_types.contains(kind) && found.contains(kind))
            .map(|(name, _)| Reason {
                rule: format!("change_types: {name}"),
                why: format!("the change is of the type {name}"),
                change: "approve it".to_owned(),
            })
            .collect()
    }
}

/// The rule that a pattern of sensitive files stands for, as it is named to people.
pub(crate) fn sensitive_rule(pattern: &Pattern) -> String {
    format!("security.sensitive_files: {}", pattern.text())
}

fn over(what: &str, found: u64, limit: u64) -> Option<Reason> {
    (found > limit).then(|| Reason {
        rule: format!("{what} over {limit}"),
        why: format!("{found} {what} in this run"),
        change: "approve it, or raise the threshold".to_owned(),
    })
}

fn over_share(what: &str, found: f64, limit: f64) -> Reason {
    Reason {
        rule: format!("{what} over {:.0}%", limit * 100.0),
        why: format!("{what} of {:.0}% in the changed files", found * 100.0),
        change: "approve it, or raise the threshold".to_owned(),
    }
}

/// How much the changed files' complexity grew over all these changesets, as a share, from what each file was
/// at first to what it is at last; files that are new count for nothing, since they had none to grow from.
fn complexity_increase<'a>(changes: impl Iterator<Item = &'a Changeset>) -> Option<f64> {
    let mut files: BTreeMap<&RelPath, (Option<&FileState>, Option<&FileState>)> = BTreeMap::new();
    for file in changes.flat_map(Changeset::files) {
        let first = files
            .entry(&file.path)
            .or_insert((file.before.as_ref(), None));
        first.1 = file.after.as_ref();
    }
    let (mut before, mut after) = (0.0, 0.0);
    for (path, ends) in files {
        let (Some(old), Some(new)) = ends else {
            continue;
        };
        let Some(language) = code::Language::from_path(path.as_str()) else {
            continue;
        };
        let of = |bytes: &[u8]| {
            std::str::from_utf8(bytes)
                .map_or(0.0, |text| f64::from(code::complexity(language, text)))
        };
        before += of(&old.bytes);
        after += of(&new.bytes);
    }
    (before > 0.0).then(|| (after - before) / before)
}

fn outside_scope(changes: &Changeset, scope: &[RelPath]) -> Option<Reason> {
    if scope.is_empty() {
        return None;
    }
    let outside: Vec<&str> = changes
        .paths()
        .filter(|path| !scope.contains(path))
        .map(RelPath::as_str)
        .collect();
    (!outside.is_empty()).then(|| Reason {
        rule: "a task changes the files of its scope".to_owned(),
        why: format!("{} outside the task's scope", outside.join(", ")),
        change: "approve it, or add the file to the task's Scope".to_owned(),
    })
}

#[cfg(test)]
mod tests;
