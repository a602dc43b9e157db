//! The gate: judges each act against the rules and the grants of one run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use change::{Changeset, FileState, RelPath};

use crate::change_type;
use crate::fold::fold;
use crate::glob::{Pattern, first_covering};
use crate::path::{FileAct, PathFacts, asks_at_landing, closed_to_attempts};
use crate::permission::{Capability, Effect, PermissionRule};
use crate::permit::{Act, Permit};
use crate::rules::{Rules, Threshold};
use crate::trust::{Trust, TrustKind};
use crate::verdict::{Reason, Verdict};

/// A program of the user's own that Kiro starts on the user's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnProgram {
    /// `$VISUAL` or `$EDITOR`, when the user chose Modify.
    Editor,
    /// The package client that brings the built-in model's weights.
    PackageClient,
}

/// The rules together with what one run was granted.
#[derive(Clone, Debug)]
pub struct Gate {
    root: PathBuf,
    rules: Rules,
    granted: Vec<Vec<String>>,
    protected: Vec<PathBuf>,
    trust: Trust,
}

impl Gate {
    /// A gate for the project in `root` (absolute).
    pub fn new(root: &Path, rules: Rules) -> Gate {
        Gate {
            root: root.to_path_buf(),
            rules,
            granted: Vec::new(),
            protected: Vec::new(),
            trust: Trust::default(),
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

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    pub(crate) fn protected(&self) -> &[PathBuf] {
        &self.protected
    }

    /// Grants one check that Kiro derived from the spec of this run: exactly this argv.
    pub fn grant_check(&mut self, argv: Vec<String>) {
        if !self.granted.contains(&argv) {
            self.granted.push(argv);
        }
    }

    /// Whether a file's content may not leave the user's tree: not to a model, not into an attempt.
    pub fn is_sensitive(&self, path: &RelPath) -> bool {
        self.sensitive_pattern(path.as_str()).is_some()
    }

    fn sensitive_pattern(&self, path: &str) -> Option<&Pattern> {
        first_covering(&self.rules.sensitive, &[fold(path)])
    }

    /// Judges a command that an attempt wants to run in its sandbox.
    pub fn judge_run(&self, argv: &[String], cwd: &Path) -> Verdict {
        let act = Act::Run {
            argv: argv.to_vec(),
            cwd: cwd.to_path_buf(),
        };
        let line = argv.join(" ");
        let denied = self.rules.denied.iter().filter(|rule| {
            let words: Vec<&str> = rule.split_whitespace().collect();
            !words.is_empty() && starts_with_words(argv, &words)
        });
        let mut deny: Vec<Reason> = denied
            .map(|rule| Reason {
                rule: format!("security.denied_commands: {rule}"),
                why: format!("the command «{line}» is denied"),
                change: "remove the rule from .kiro/config.yaml".to_owned(),
            })
            .collect();
        deny.extend(self.shell_rules(Effect::Deny, &line));
        let mut ask = self.shell_rules(Effect::Ask, &line);
        if self.granted.iter().any(|it| it == argv) {
            return Verdict::from_reasons(&act, deny, ask, "check derived from the spec");
        }
        let allowed = self.allowed_by(argv, &line);
        if allowed.is_none() {
            ask.push(self.not_granted(&line));
        }
        Verdict::from_reasons(&act, deny, ask, &allowed.unwrap_or_default())
    }

    /// The rules in the form of `permissions.yaml` that have this effect on a command.
    fn shell_rules(&self, effect: Effect, line: &str) -> Vec<Reason> {
        let rules = self.rules.permissions.iter();
        let met = rules.filter(|it| {
            it.effect == effect && it.speaks_of(Capability::Shell) && it.covers_line(line)
        });
        met.map(|rule| Reason {
            rule: rule.title(),
            why: format!("the command «{line}» meets this rule"),
            change: "approve it, or change the rule".to_owned(),
        })
        .collect()
    }

    /// The rule that allows a command: the folder's own only once the folder is trusted, the user's at once.
    /// A command whose words a shell would read otherwise is none that a pattern over its line can allow.
    fn allowed_by(&self, argv: &[String], line: &str) -> Option<String> {
        let trusted = |rule: &&String| {
            rule.split_whitespace().eq(argv.iter().map(String::as_str))
                && self.trust.trusts_all(TrustKind::Commands)
        };
        if let Some(rule) = self.rules.trusted.iter().find(trusted) {
            return Some(format!("security.trusted_commands: {rule}"));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-./=:,@+%".contains(c);
        if !argv
            .iter()
            .all(|it| !it.is_empty() && it.chars().all(plain))
        {
            return None;
        }
        let allows = |rule: &&PermissionRule| {
            rule.effect == Effect::Allow
                && rule.speaks_of(Capability::Shell)
                && rule.covers_line(line)
                && (!rule.is_of_the_folder() || self.trust.trusts_all(TrustKind::Rules))
        };
        let found = self.rules.permissions.iter().find(allows);
        found.map(PermissionRule::title)
    }

    /// Why a command that was not derived from the spec asks. A repository may tighten policy, never loosen
    /// it: what its own file trusts counts only once a person trusted the folder.
    fn not_granted(&self, line: &str) -> Reason {
        let listed = self.rules.trusted.iter().find(|it| it.as_str() == line);
        Reason {
            rule: match listed {
                Some(rule) => {
                    format!("security.trusted_commands: {rule} (the folder is not trusted yet)")
                }
                None => "commands ask unless granted".to_owned(),
            },
            why: format!("the command «{line}» was not derived from the spec"),
            change: "approve it".to_owned(),
        }
    }

    /// Judges a program of the user's own, started on the user's word.
    pub fn judge_own(&self, program: OwnProgram, argv: &[String], cwd: &Path) -> Verdict {
        let rule = match program {
            OwnProgram::Editor => "the user's own editor",
            OwnProgram::PackageClient => "the user's package client brings the built-in model",
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
    pub fn judge_fetch(&self, path: &Path, content: change::Digest) -> Verdict {
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
        let deny = if path.as_str().ends_with(".md") && !self.is_sensitive(path) {
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

    /// Judges the git hook that refuses sensitive files, which the user asked for.
    pub fn judge_guard(&self, path: &Path, bytes: &[u8]) -> Verdict {
        let rule = "the guard that the user asked for";
        Verdict::Allow(Permit::mint(&Act::write(path, bytes), rule))
    }

    /// Judges moving the hook that stood there before aside, so that the guard can run it.
    pub fn judge_guard_move(&self, from: &PathFacts, to: &PathFacts) -> Verdict {
        let rule = "the guard that the user asked for";
        Verdict::Allow(Permit::mint(
            &self.file_act(FileAct::Rename(to), from),
            rule,
        ))
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

    /// Judges a file that a model wants written in its attempt, whose worktree is `worktree`.
    pub fn judge_attempt_write(&self, worktree: &Path, path: &RelPath, bytes: &[u8]) -> Verdict {
        let act = Act::write(&worktree.join(path.as_str()), bytes);
        let deny = self.forbidden(path).into_iter().collect();
        Verdict::from_reasons(
            &act,
            deny,
            Vec::new(),
            "a file of the attempt's own worktree",
        )
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
        let deny = changes
            .paths()
            .filter_map(|it| self.forbidden(it))
            .collect();
        let mut ask = self.over_thresholds(changes, earlier);
        ask.extend(changes.paths().filter_map(armed));
        ask.extend(self.approval_paths(changes));
        ask.extend(self.approval_types(changes));
        ask.extend(outside_scope(changes, scope));
        Verdict::from_reasons(
            &act,
            deny,
            ask,
            "inside the task's scope, under every threshold",
        )
    }

    fn forbidden(&self, path: &RelPath) -> Option<Reason> {
        if let Some(pattern) = closed_to_attempts(path) {
            return Some(Reason {
                rule: format!("built in: {}", pattern.text()),
                why: format!("{path} can make a tool run something, so no agent writes it"),
                change: "make this change yourself".to_owned(),
            });
        }
        let pattern = self.sensitive_pattern(path.as_str())?;
        Some(Reason {
            rule: sensitive_rule(pattern),
            why: format!("{path} is sensitive, so no agent writes it"),
            change: "make this change yourself, or rename the file".to_owned(),
        })
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

fn armed(path: &RelPath) -> Option<Reason> {
    let pattern = asks_at_landing(path)?;
    Some(Reason {
        rule: format!("built in: {}", pattern.text()),
        why: format!("{path} decides what programs run or models are told later"),
        change: "approve it".to_owned(),
    })
}

fn starts_with_words(argv: &[String], words: &[&str]) -> bool {
    let program = argv.first().map(|it| {
        Path::new(it)
            .file_name()
            .map_or(it.as_str(), |name| name.to_str().unwrap_or(it))
    });
    program == words.first().copied()
        && argv.len() >= words.len()
        && argv[1..].iter().zip(&words[1..]).all(|(a, b)| a == b)
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
