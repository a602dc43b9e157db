//! What no commit may hold, found without a model: sensitive files, and secrets in what is staged.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use change::{Changeset, Digest, FileChange, FileState, RelPath};
use host::process::Staged;
use policy::Gate;

use crate::documents;
use crate::error::SessionError;
use crate::places::{Environment, Project};
use crate::secrets;

/// Largest file in which secrets are looked for, in bytes; what is larger is told as not looked at.
const TEXT_MAX: usize = 8 << 20;

/// git of the user's path, outside the project.
pub(crate) fn git_program(
    project: &Project,
    environment: &Environment,
) -> Result<PathBuf, SessionError> {
    let roots = [project.root.clone()];
    host::process::toolchain::find_program("git", &environment.path, &roots)
        .ok_or_else(|| SessionError::input("git was not found").hint("install git 2.39 or newer"))
}

/// What git handed to its hook.
pub(super) fn handed(environment: &Environment) -> Vec<(&'static str, String)> {
    let value = |name: &str| {
        let found = environment.variables.iter().find(|(it, _)| it == name);
        found.map(|(_, value)| value.clone())
    };
    let names = [
        "GIT_DIR",
        "GIT_INDEX_FILE",
        "GIT_WORK_TREE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    ];
    names
        .iter()
        .filter_map(|name| Some((*name, value(name)?)))
        .collect()
}

/// The sensitive files among those that are about to be committed, each with the rule that says so.
///
/// # Errors
/// When git or the rules cannot be read; then nothing should be committed either.
pub fn guard(environment: &Environment) -> Result<Vec<(String, String)>, SessionError> {
    let project = Project::around(environment)?;
    let git = git_program(&project, environment)?;
    let staged = host::process::git_staged(&git, &environment.cwd, &handed(environment))
        .map_err(SessionError::input)?;
    let mut found = project.root.ancestors();
    let top = found.find(|it| it.join(".git").exists());
    let mut rules = ProjectRules {
        environment,
        top: top.unwrap_or(&project.root).to_path_buf(),
        gates: BTreeMap::new(),
    };
    let mut sensitive = Vec::new();
    for path in staged {
        if let Some(rule) = rules.sensitive_by(&path)? {
            sensitive.push((path, rule));
        }
    }
    Ok(sensitive)
}

/// The rules of every project of a repository, read when a file of it is met.
struct ProjectRules<'a> {
    environment: &'a Environment,
    top: PathBuf,
    gates: BTreeMap<PathBuf, Gate>,
}

impl ProjectRules<'_> {
    /// The rule by which a file is sensitive, in any of the projects that it lies in.
    fn sensitive_by(&mut self, path: &str) -> Result<Option<String>, SessionError> {
        let file = self.top.join(path);
        let folders = file.ancestors().skip(1);
        let mut folders: Vec<PathBuf> = folders
            .take_while(|it| it.starts_with(&self.top))
            .filter(|it| **it == self.top || it.join(".kiro").is_dir())
            .map(Path::to_path_buf)
            .collect();
        // A project may hold the repository.
        let above = self.top.ancestors().skip(1);
        let mut above = above.filter(|it| it.join(".kiro").is_dir());
        folders.extend(above.next().map(Path::to_path_buf));
        for folder in folders {
            let name = file.strip_prefix(&folder).ok().and_then(Path::to_str);
            let name = name.unwrap_or(path).to_owned();
            if let Some(rule) = self.gate(folder)?.sensitive_by(&name) {
                return Ok(Some(rule));
            }
        }
        Ok(None)
    }

    fn gate(&mut self, folder: PathBuf) -> Result<&Gate, SessionError> {
        match self.gates.entry(folder) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(new) => {
                let project = Project::at(new.key(), self.environment)?;
                let rules = documents::rules(&project, self.environment)?;
                Ok(new.insert(Gate::new(&project.root, rules)))
            }
        }
    }
}

/// Whether either side of a file is there and was not read: it would look made, or removed.
fn is_unread((it, before, after): &StagedFile) -> bool {
    (it.before.is_some() && before.is_none()) || (it.after.is_some() && after.is_none())
}

/// What is about to be committed, with its content.
pub(super) struct Staging {
    /// Every path, sensitive ones too, seen from the top of the working tree.
    pub(super) names: Vec<String>,
    files: Vec<StagedFile>,
}

/// A path with its content in the last commit and in the next one; none, too, where that is larger than [`TEXT_MAX`].
type StagedFile = (Staged, Option<Vec<u8>>, Option<Vec<u8>>);

impl Staging {
    /// Reads it from git, as git's hook sees it.
    pub(super) fn read(
        project: &Project,
        environment: &Environment,
    ) -> Result<Staging, SessionError> {
        let git = git_program(project, environment)?;
        let env = handed(environment);
        let staged = host::process::git_staged_objects(&git, &environment.cwd, &env)
            .map_err(SessionError::input)?;
        let names = staged.iter().map(|it| it.path.clone()).collect();
        let plain: Vec<Staged> = staged
            .into_iter()
            .filter(|it| it.plain || it.after.is_none())
            .collect();
        let ids: Vec<String> = plain
            .iter()
            .flat_map(|it| [it.before.clone(), it.after.clone()])
            .flatten()
            .collect();
        let contents = host::process::git_objects(&git, &environment.cwd, &env, &ids, TEXT_MAX)
            .map_err(SessionError::input)?;
        let mut contents = contents.into_iter();
        let mut files = Vec::new();
        for it in plain {
            let mut next =
                |id: &Option<String>| id.as_ref().and_then(|_| contents.next().flatten());
            let (before, after) = (next(&it.before), next(&it.after));
            files.push((it, before, after));
        }
        Ok(Staging { names, files })
    }

    /// What of it a hook may see, as a changeset of the project.
    pub(super) fn changes(
        &self,
        below: &str,
        gate: &policy::Gate,
    ) -> Result<Changeset, SessionError> {
        let change = |file: &StagedFile| {
            let (it, before, after) = file;
            if is_unread(file) {
                return None;
            }
            let path = RelPath::parse(it.path.strip_prefix(below)?).ok()?;
            let state =
                |bytes: &Option<Vec<u8>>| bytes.as_ref().map(|it| FileState::file(it.clone()));
            let change = FileChange {
                before: state(before),
                after: state(after),
                path,
            };
            (gate.sensitive_by(change.path.as_str()).is_none() && change.before != change.after)
                .then_some(change)
        };
        Changeset::new(self.files.iter().filter_map(change).collect())
            .map_err(SessionError::internal)
    }

    /// Paths with digests of what is staged.
    pub(super) fn digests(&self, below: &str) -> Vec<(String, Digest)> {
        let one = |(it, _, after): &StagedFile| {
            Some((
                it.path.strip_prefix(below)?.to_owned(),
                Digest::of(after.as_ref()?),
            ))
        };
        self.files.iter().filter_map(one).collect()
    }

    /// Files that are too large to be searched for secrets and shown to a hook.
    pub(super) fn unsearched(&self) -> impl Iterator<Item = &str> {
        let unread = self.files.iter().filter(|it| is_unread(it));
        unread.map(|it| it.0.path.as_str())
    }

    /// Secrets that the commit would add, each as path, line and kind. What the last commit held already is not told
    /// again.
    pub(super) fn secrets(
        &self,
        project: &Project,
        environment: &Environment,
    ) -> Result<Vec<(String, usize, &'static str)>, SessionError> {
        let redactor = secrets::redactor(project, environment)?;
        let mut found = Vec::new();
        for (it, before, after) in &self.files {
            let text = |bytes: &Option<Vec<u8>>| {
                let bytes = bytes.as_ref().filter(|it| it.len() <= TEXT_MAX)?;
                Some(String::from_utf8_lossy(bytes).into_owned())
            };
            let Some(after) = text(after) else { continue };
            let before = text(before).unwrap_or_default();
            let old: BTreeSet<&str> = redactor
                .find(&before)
                .into_iter()
                .map(|it| &before[it.range])
                .collect();
            for secret in redactor.find(&after) {
                if !old.contains(&after[secret.range.clone()]) {
                    let line = 1 + after[..secret.range.start].matches('\n').count();
                    found.push((it.path.clone(), line, secret.kind));
                }
            }
        }
        Ok(found)
    }
}

/// Secrets in what is about to be committed, each as path, line and kind.
///
/// # Errors
/// When git cannot be read; then nothing should be committed either.
pub fn secrets_staged(
    environment: &Environment,
) -> Result<Vec<(String, usize, &'static str)>, SessionError> {
    let project = Project::around(environment)?;
    Staging::read(&project, environment)?.secrets(&project, environment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::Rules;

    #[test]
    fn what_was_too_large_to_read_is_named_and_looks_neither_made_nor_removed() {
        let staged = |path: &str, before: bool, after: bool| Staged {
            path: path.to_owned(),
            before: before.then(|| "1".to_owned()),
            after: after.then(|| "2".to_owned()),
            plain: true,
        };
        let text = || Some(b"text".to_vec());
        let staging = Staging {
            names: Vec::new(),
            files: vec![
                (staged("grew", true, true), text(), None),
                (staged("shrank", true, true), None, text()),
                (staged("gone", true, false), text(), None),
                (staged("new", false, true), None, text()),
            ],
        };
        assert_eq!(staging.unsearched().collect::<Vec<_>>(), ["grew", "shrank"]);
        let gate = Gate::new(
            Path::new("/project"),
            Rules::parse(None, None).expect("rules"),
        );
        let changes = staging.changes("", &gate).expect("a changeset");
        let paths: Vec<String> = changes.paths().map(ToString::to_string).collect();
        assert_eq!(paths, ["gone", "new"]);
    }
}
