//! The guard: a git hook that refuses to commit sensitive files, whoever staged them. It needs no model.

use std::path::{Path, PathBuf};

use crate::documents;
use crate::error::SessionError;
use crate::places::{Environment, Project};

/// By which a hook of ours is known.
const MARK: &str = "# kiro guard";
const HOOK: &str = "pre-commit";
/// What the hook that was there before is called afterwards.
const BEFORE: &str = "pre-commit.before-kiro";
/// Largest hook that is looked at, in bytes.
const HOOK_MAX: u64 = 1 << 20;

/// The guard as it stands.
#[derive(Clone, Debug)]
pub struct Guard {
    /// The hook.
    pub path: String,
    /// Whether it was made now; otherwise it was there already.
    pub made: bool,
}

/// Makes the hook; one that is there already is run first by it.
///
/// # Errors
/// When the project is no git repository, keeps its hooks elsewhere, or cannot be written.
pub fn install_guard(environment: &Environment) -> Result<Guard, SessionError> {
    let project = Project::around(environment)?;
    let folder = hooks_folder(&project, environment)?;
    let path = folder.join(HOOK);
    let done = |made| Guard {
        path: path.display().to_string(),
        made,
    };
    let gate = documents::built_in_gate(&folder)?;
    host::files::ensure_folder(&folder).map_err(SessionError::input)?;
    if path.symlink_metadata().is_ok() {
        let text = host::files::read(&path, HOOK_MAX).map_err(SessionError::input)?;
        if String::from_utf8_lossy(&text).contains(MARK) {
            return Ok(done(false));
        }
        let look = |name: &str| {
            host::files::look(&folder, name, host::files::Last::Itself).map_err(SessionError::input)
        };
        let (from, to) = (look(HOOK)?, look(BEFORE)?);
        let permit = documents::permitted(gate.judge_guard_move(&from, &to))?;
        host::files::rename_judged(permit, &folder, &from, &to).map_err(SessionError::input)?;
    }
    let text = script(&environment.program);
    let permit = documents::permitted(gate.judge_guard(&path, text.as_bytes()))?;
    host::files::write_program(permit, &path, text.as_bytes()).map_err(SessionError::input)?;
    Ok(done(true))
}

fn script(program: &Path) -> String {
    let program = program.display().to_string().replace('\'', "'\\''");
    format!(
        "#!/bin/sh\n{MARK}: refuses to commit sensitive files. Remove this file to be rid of it.\n\
         before=\"$(dirname \"$0\")/{BEFORE}\"\n\
         if [ -x \"$before\" ]; then \"$before\" \"$@\" || exit $?; fi\n\
         if [ -x '{program}' ]; then exec '{program}' guard; fi\n\
         exec kiro guard\n"
    )
}

fn hooks_folder(project: &Project, environment: &Environment) -> Result<PathBuf, SessionError> {
    let none = || {
        SessionError::input(format!("{} is no git repository", project.root.display()))
            .hint("`git init` makes one")
    };
    let mut found = project.root.ancestors().map(|it| it.join(".git"));
    let entry = found.find(|it| it.exists()).ok_or_else(none)?;
    let git = git(project, environment)?;
    let top = entry.parent().unwrap_or(&project.root);
    let elsewhere = host::process::git_own_setting(&git, top, "core.hooksPath")
        .map_err(SessionError::internal)?;
    if let Some(elsewhere) = elsewhere {
        let why = format!("this repository keeps its hooks in {elsewhere}");
        return Err(
            SessionError::input(why).hint("add the line `kiro guard` to its pre-commit hook")
        );
    }
    if entry.is_dir() {
        return Ok(entry.join("hooks"));
    }
    let why = format!("{} is a linked worktree", top.display());
    Err(SessionError::input(why)
        .hint("run `kiro init --guard` in the main one; its hooks hold here too"))
}

/// The git program, which may not lie in the project itself.
pub(crate) fn git(project: &Project, environment: &Environment) -> Result<PathBuf, SessionError> {
    let roots = [project.root.clone()];
    host::process::toolchain::find_program("git", &environment.path, &roots)
        .ok_or_else(|| SessionError::input("git was not found").hint("install git 2.39 or newer"))
}

/// The sensitive files among those that are about to be committed, each with the rule that says so.
///
/// # Errors
/// When git or the rules cannot be read; then nothing should be committed either.
pub fn guard(environment: &Environment) -> Result<Vec<(String, String)>, SessionError> {
    let project = Project::around(environment)?;
    let rules = documents::rules(&project, environment)?;
    let gate = policy::Gate::new(&project.root, rules);
    let git = git(&project, environment)?;
    let handed = |name: &str| {
        let found = environment.variables.iter().find(|(it, _)| it == name);
        found.map(|(_, value)| value.clone())
    };
    let handed: Vec<(&str, String)> = ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"]
        .iter()
        .filter_map(|name| Some((*name, handed(name)?)))
        .collect();
    let staged =
        host::process::git_staged(&git, &environment.cwd, &handed).map_err(SessionError::input)?;
    let sensitive = |path: String| {
        let rule = gate.sensitive_by(&path)?;
        Some((path, rule))
    };
    Ok(staged.into_iter().filter_map(sensitive).collect())
}
