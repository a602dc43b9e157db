//! Git's own hooks: scripts that run what was there before, and then `kiro hooks git NAME`.
//!
//! In the repository's own hooks folder the hook that stood there is moved aside and run first. Where `core.hooksPath` names
//! another folder (husky, a shared one), nothing in that folder is touched: a folder in the git directory takes its place,
//! with a script for every hook of git, each of which runs the one of the other folder. Taking it back restores the bytes
//! and the setting that were there.

use std::path::{Path, PathBuf};

use host::files::Last;
use host::process::{Command, Limits};
use policy::{Gate, OwnProgram};

use super::scan::git_program;
use crate::documents;
use crate::error::SessionError;
use crate::places::{Environment, Project};
use crate::shop::supervisor;

/// By which a hook of ours is known; the second is what earlier versions wrote.
const MARKS: [&str; 2] = ["# kiro hooks", "# kiro guard"];
/// What the hook that was there before is called afterwards.
const ASIDE: &str = ".before-kiro";
/// Hooks of git that Kiro's events come from.
const OURS: [&str; 6] = [
    "pre-commit",
    "commit-msg",
    "post-commit",
    "pre-push",
    "post-merge",
    "post-checkout",
];
/// Every other hook of git that a folder of the user's may hold.
const OTHERS: [&str; 15] = [
    "applypatch-msg",
    "pre-applypatch",
    "post-applypatch",
    "pre-merge-commit",
    "prepare-commit-msg",
    "pre-rebase",
    "post-rewrite",
    "pre-auto-gc",
    "reference-transaction",
    "push-to-checkout",
    "sendemail-validate",
    "post-index-change",
    "fsmonitor-watchman",
    "proc-receive",
    "p4-changelist",
];
/// What other tools call a hook that they found and run first (pre-commit, lefthook); empty is where it was.
const MOVED: [&str; 3] = ["", ".legacy", ".old"];
/// What stands in the hooks that tools write.
const TOOLS: [&str; 4] = ["lefthook", "pre-commit.com", "husky", "overcommit"];
/// The folder in the git directory that stands before another one.
const FOLDER: &str = "kiro-hooks";
/// The setting that stood there before.
const BEFORE: &str = "hooks-path-before";
/// Largest hook that is looked at, in bytes.
const HOOK_MAX: u64 = 1 << 20;

/// What was done with git's hooks.
#[derive(Clone, Debug, Default)]
pub struct Installed {
    /// The folder.
    pub folder: String,
    /// Hooks that were made, or removed.
    pub changed: Vec<String>,
    /// Hooks that were as they should be already.
    pub kept: Vec<String>,
}

/// A repository's hooks.
struct Place {
    git: PathBuf,
    /// The top of the working tree.
    top: PathBuf,
    /// The git directory that all worktrees share.
    common: PathBuf,
    /// What `core.hooksPath` of the repository says.
    setting: Option<String>,
    gate: Gate,
}

impl Place {
    fn find(environment: &Environment) -> Result<(Project, Place), SessionError> {
        let project = Project::around(environment)?;
        let none = || {
            SessionError::input(format!("{} is no git repository", project.root.display()))
                .hint("`git init` makes one")
        };
        let top = project
            .root
            .ancestors()
            .find(|it| it.join(".git").exists())
            .ok_or_else(none)?
            .to_path_buf();
        let git = git_program(&project, environment)?;
        let common = common_folder(&top)?;
        let setting = host::process::git_own_setting(&git, &top, "core.hooksPath")
            .map_err(SessionError::internal)?;
        let setting = setting.or_else(|| users_setting(&git, environment));
        let gate = documents::built_in_gate(&common)?;
        Ok((
            project,
            Place {
                git,
                top,
                common,
                setting,
                gate,
            },
        ))
    }

    /// Kiro's own folder before another one.
    fn front(&self) -> PathBuf {
        self.common.join(FOLDER)
    }

    fn is_ours(&self, path: &Path) -> Result<bool, SessionError> {
        if path.symlink_metadata().is_err() {
            return Ok(false);
        }
        let text = host::files::read(path, HOOK_MAX).map_err(SessionError::input)?;
        let text = String::from_utf8_lossy(&text);
        Ok(MARKS.iter().any(|it| text.contains(it)))
    }

    fn write(&self, path: &Path, text: &str) -> Result<(), SessionError> {
        let permit = documents::permitted(self.gate.judge_git_hook(path, text.as_bytes()))?;
        host::files::write_program(permit, path, text.as_bytes()).map_err(SessionError::input)
    }

    fn rename(&self, folder: &Path, from: &str, to: &str) -> Result<(), SessionError> {
        let look =
            |name: &str| host::files::look(folder, name, Last::Itself).map_err(SessionError::input);
        let (from, to) = (look(from)?, look(to)?);
        let gate = documents::built_in_gate(folder)?;
        let permit = documents::permitted(gate.judge_git_hook_move(&from, &to))?;
        host::files::rename_judged(permit, folder, &from, &to).map_err(SessionError::input)
    }

    fn remove(&self, folder: &Path, name: &str) -> Result<(), SessionError> {
        let facts = host::files::look(folder, name, Last::Itself).map_err(SessionError::input)?;
        let gate = documents::built_in_gate(folder)?;
        let permit = documents::permitted(gate.judge_git_hook_removal(&facts))?;
        host::files::remove_judged(permit, folder, &facts).map_err(SessionError::input)
    }

    /// Changes the repository's `core.hooksPath`.
    fn set(&self, value: Option<&str>, environment: &Environment) -> Result<(), SessionError> {
        let git = self.git.display().to_string();
        let words: Vec<&str> = match value {
            Some(value) => vec!["config", "--local", "core.hooksPath", value],
            None => vec!["config", "--local", "--unset", "core.hooksPath"],
        };
        let argv: Vec<String> = std::iter::once(git.as_str())
            .chain(words)
            .map(str::to_owned)
            .collect();
        let command = Command {
            env: environment.variables.clone(),
            limits: Limits {
                wall: std::time::Duration::from_secs(30),
                ..Limits::default()
            },
            ..Command::new(argv, self.top.clone())
        };
        let verdict = self
            .gate
            .judge_own(OwnProgram::HooksPath, &command.argv, &command.cwd);
        let permit = documents::permitted(verdict)?;
        let finished = host::process::plain(&supervisor(environment), permit, &command, &|| false);
        let finished = finished.map_err(SessionError::internal)?;
        match finished.ended.success() {
            true => Ok(()),
            false => Err(SessionError::input(format!(
                "git could not change core.hooksPath: {}",
                finished.ended
            ))),
        }
    }
}

/// The git directory that all worktrees of a repository share.
fn common_folder(top: &Path) -> Result<PathBuf, SessionError> {
    let entry = top.join(".git");
    if entry.is_dir() {
        return Ok(entry);
    }
    let text = |path: &Path| {
        let bytes = host::files::read(path, 64 << 10).map_err(SessionError::input)?;
        Ok::<String, SessionError>(String::from_utf8_lossy(&bytes).trim().to_owned())
    };
    let pointer = text(&entry)?;
    let own = pointer
        .strip_prefix("gitdir:")
        .map(|it| top.join(it.trim()));
    let own =
        own.ok_or_else(|| SessionError::input(format!("{} is no git directory", entry.display())))?;
    let common = match own.join("commondir") {
        file if file.is_file() => own.join(text(&file)?),
        _ => own,
    };
    common.canonicalize().map_err(|error| {
        SessionError::input(format!("{} cannot be used: {error}", common.display()))
    })
}

/// What the user's own configuration says of `core.hooksPath`.
fn users_setting(git: &Path, environment: &Environment) -> Option<String> {
    let file = environment.home.join(".gitconfig");
    let question = [
        "config",
        "--file",
        file.to_str()?,
        "--get",
        "core.hooksPath",
    ];
    host::process::git_answer(git, &environment.home, &question)
        .ok()
        .flatten()
}

/// Makes git's hooks run Kiro, after what was there before. Twice is once.
///
/// # Errors
/// When the project is no git repository, or cannot be written.
pub fn install(environment: &Environment) -> Result<Installed, SessionError> {
    install_some(&OURS, false, environment)
}

/// The same for the one hook that refuses sensitive files and secrets, whatever hooks there are; gives its path, and
/// whether it was made now. A whole installation does that too, and is left as it is.
///
/// # Errors
/// As [`install`].
pub fn guard_installed(environment: &Environment) -> Result<(String, bool), SessionError> {
    let done = install_some(&OURS[..1], true, environment)?;
    let made = !done.changed.is_empty();
    Ok((format!("{}/{}", done.folder, OURS[0]), made))
}

fn install_some(
    names: &[&str],
    guard: bool,
    environment: &Environment,
) -> Result<Installed, SessionError> {
    let (_, place) = Place::find(environment)?;
    let front = place.front();
    let set_already = place
        .setting
        .as_deref()
        .is_some_and(|it| place.top.join(it) == front);
    match &place.setting {
        Some(_) if set_already => fill(&place, names, guard, None, environment),
        Some(elsewhere) => {
            let elsewhere = elsewhere.clone();
            let done = fill(&place, names, guard, Some(&elsewhere), environment)?;
            place.set(front.to_str(), environment)?;
            Ok(done)
        }
        None => in_place(&place, names, guard, environment),
    }
}

/// Writes the scripts of the folder that stands before `elsewhere`.
fn fill(
    place: &Place,
    names: &[&str],
    guard: bool,
    elsewhere: Option<&str>,
    environment: &Environment,
) -> Result<Installed, SessionError> {
    let front = place.front();
    host::files::ensure_folder(&front).map_err(SessionError::input)?;
    let note = front.join(BEFORE);
    let elsewhere = match elsewhere {
        Some(it) => {
            // The whole setting, so that it can be put back; that it is the user's own is told by the first word.
            let own = host::process::git_own_setting(&place.git, &place.top, "core.hooksPath")
                .map_err(SessionError::internal)?;
            let scope = if own.is_some() { "local" } else { "user" };
            place.write(&note, &format!("{scope} {it}\n"))?;
            it.to_owned()
        }
        None => before(&note)?.1,
    };
    let other = place.top.join(expanded(&elsewhere, environment));
    let mut done = Installed {
        folder: front.display().to_string(),
        ..Installed::default()
    };
    let passing = OTHERS
        .iter()
        .chain(OURS.iter().filter(|it| !names.contains(it)));
    for (name, ours) in names
        .iter()
        .map(|it| (it, true))
        .chain(passing.map(|it| (it, false)))
    {
        let path = front.join(name);
        let text = script(
            name,
            &other.join(name).display().to_string(),
            ours.then_some(guard),
            &environment.program,
        );
        if (!ours || guard) && place.is_ours(&path)? {
            continue;
        }
        let same = host::files::read(&path, HOOK_MAX).is_ok_and(|it| it == text.as_bytes());
        if !same {
            place.write(&path, &text)?;
        }
        if ours {
            if same {
                done.kept.push((*name).to_owned())
            } else {
                done.changed.push((*name).to_owned())
            }
        }
    }
    Ok(done)
}

/// A path of a setting, in which `~/` is the user's home.
fn expanded(setting: &str, environment: &Environment) -> PathBuf {
    match setting.strip_prefix("~/") {
        Some(rest) => environment.home.join(rest),
        None => PathBuf::from(setting),
    }
}

/// The setting that stood there before, and whose it was.
fn before(note: &Path) -> Result<(bool, String), SessionError> {
    let bytes = host::files::read(note, 64 << 10).map_err(SessionError::input)?;
    let text = String::from_utf8_lossy(&bytes).trim_end().to_owned();
    match text.split_once(' ') {
        Some((scope, setting)) => Ok((scope == "local", setting.to_owned())),
        None => Err(SessionError::input(format!(
            "{} cannot be read",
            note.display()
        ))),
    }
}

fn in_place(
    place: &Place,
    names: &[&str],
    guard: bool,
    environment: &Environment,
) -> Result<Installed, SessionError> {
    let folder = place.common.join("hooks");
    host::files::ensure_folder(&folder).map_err(SessionError::input)?;
    let mut done = Installed {
        folder: folder.display().to_string(),
        ..Installed::default()
    };
    for name in names {
        let path = folder.join(name);
        let text = script(
            name,
            &format!("$(dirname \"$0\")/{name}{ASIDE}"),
            Some(guard),
            &environment.program,
        );
        if host::files::read(&path, HOOK_MAX).is_ok_and(|it| it == text.as_bytes()) {
            done.kept.push((*name).to_owned());
            continue;
        }
        let aside = format!("{name}{ASIDE}");
        let is_ours = place.is_ours(&path)?;
        if is_ours && guard && whole(&path) {
            done.kept.push((*name).to_owned());
            continue;
        }
        if !is_ours && runs_ours(place, &folder, name)? {
            done.kept.push((*name).to_owned());
            continue;
        }
        if path.symlink_metadata().is_ok() && !is_ours {
            clear_superseded(place, &folder, name)?;
            if folder.join(&aside).symlink_metadata().is_ok() {
                let why = format!(
                    "{} and {aside} are both there, and only one of them can be run first",
                    path.display()
                );
                return Err(SessionError::input(why).hint("look at both, and remove the older one"));
            }
            place.rename(&folder, name, &aside)?;
        }
        place.write(&path, &text)?;
        done.changed.push((*name).to_owned());
    }
    Ok(done)
}

/// Whether the hook that is there is pre-commit's, which moved ours aside and runs it first. Around it, ours would run twice,
/// and pre-commit's within itself.
fn runs_ours(place: &Place, folder: &Path, name: &str) -> Result<bool, SessionError> {
    let text = host::files::read(&folder.join(name), HOOK_MAX).unwrap_or_default();
    let runs = String::from_utf8_lossy(&text).contains(TOOLS[1]);
    Ok(runs && place.is_ours(&folder.join(format!("{name}.legacy")))?)
}

/// A tool that wrote its hook anew moved ours aside; ours goes, and so does the tool's older hook that ours ran first, which
/// the newer one stands for.
fn clear_superseded(place: &Place, folder: &Path, name: &str) -> Result<(), SessionError> {
    let moved = MOVED.iter().filter(|it| !it.is_empty());
    let mut ours_was_moved = false;
    for end in moved {
        let ours = format!("{name}{end}");
        if place.is_ours(&folder.join(&ours))? {
            place.remove(folder, &ours)?;
            ours_was_moved = true;
        }
    }
    let aside = format!("{name}{ASIDE}");
    let text = |name: &str| {
        let bytes = host::files::read(&folder.join(name), HOOK_MAX).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    };
    let (Some(older), Some(newer)) = (text(&aside), text(name)) else {
        return Ok(());
    };
    let same_tool = TOOLS
        .iter()
        .any(|it| older.contains(it) && newer.contains(it));
    if ours_was_moved && (older == newer || same_tool) {
        place.remove(folder, &aside)?;
    }
    Ok(())
}

/// Whether a hook of ours runs every hook, and not the guard alone.
fn whole(path: &Path) -> bool {
    host::files::read(path, HOOK_MAX)
        .is_ok_and(|it| String::from_utf8_lossy(&it).contains(" hooks git "))
}

/// A hook of git: what was there before, then Kiro: nothing, the guard, or every hook.
fn script(name: &str, before: &str, guard: Option<bool>, program: &Path) -> String {
    let quoted = |text: &str| text.replace('\'', "'\\''");
    let before = match before.starts_with("$(") {
        true => format!("\"{before}\""),
        false => format!("'{}'", quoted(before)),
    };
    let program = quoted(&program.display().to_string());
    let mark = MARKS[0];
    let mut text = format!(
        "#!/bin/sh\n{mark}: {name}. `kiro hooks uninstall` takes it out and puts back what was here.\nbefore={before}\n"
    );
    // Installed again over this hook, pre-commit runs it as the hook that was there before, and refuses to be run by it once more.
    text.push_str(
        "if [ -n \"$PRE_COMMIT_RUNNING_LEGACY\" ] && grep -q 'generated by pre-commit' \"$before\" 2>/dev/null; then before=; fi\n",
    );
    let Some(guard) = guard else {
        text.push_str("if [ -x \"$before\" ]; then exec \"$before\" \"$@\"; fi\n");
        return text;
    };
    // A push is told on the standard input, which both are to read.
    let (take, give) = match name {
        "pre-push" => ("input=$(cat)\n", "printf '%s\\n' \"$input\" | "),
        _ => ("", ""),
    };
    let run = match guard {
        true => "guard".to_owned(),
        false => format!("hooks git {name} \"$@\""),
    };
    let missing = match name.starts_with("post-") {
        true => "exit 0",
        false => {
            "echo 'kiro is not there: `git commit --no-verify` passes by, or remove this hook' >&2; exit 1"
        }
    };
    text.push_str(&format!(
        "{take}if [ -x \"$before\" ]; then {give}\"$before\" \"$@\" || exit $?; fi\n\
         if [ -x '{program}' ]; then kiro='{program}'; else kiro=$(command -v kiro) || {{ {missing}; }}; fi\n\
         {give}\"$kiro\" {run}\n"
    ));
    text
}

/// Takes git's hooks out again and puts back what was there before.
///
/// # Errors
/// When the project is no git repository, or cannot be written.
pub fn uninstall(environment: &Environment) -> Result<Installed, SessionError> {
    let (_, place) = Place::find(environment)?;
    let front = place.front();
    let mut done = Installed {
        folder: place.common.join("hooks").display().to_string(),
        ..Installed::default()
    };
    if front.is_dir() {
        done.folder = front.display().to_string();
        let (local, setting) = before(&front.join(BEFORE))?;
        let ours = place
            .setting
            .as_deref()
            .is_some_and(|it| place.top.join(it) == front);
        if ours {
            place.set(local.then_some(setting.as_str()), environment)?;
        }
        done.changed.extend(
            OURS.iter()
                .filter(|it| front.join(it).exists())
                .map(|it| (*it).to_owned()),
        );
        host::files::remove_tree(&front).map_err(SessionError::input)?;
    }
    let folder = place.common.join("hooks");
    for name in OURS {
        let aside = format!("{name}{ASIDE}");
        for moved in MOVED {
            let ours = format!("{name}{moved}");
            if !place.is_ours(&folder.join(&ours))? {
                continue;
            }
            place.remove(&folder, &ours)?;
            if folder.join(&aside).symlink_metadata().is_ok() {
                place.rename(&folder, &aside, &ours)?;
            }
            done.changed.push(name.to_owned());
        }
    }
    Ok(done)
}

/// Whether git runs Kiro before a commit, as far as can be seen.
pub(super) fn is_installed(environment: &Environment) -> bool {
    let Ok((_, place)) = Place::find(environment) else {
        return false;
    };
    let folder = match &place.setting {
        Some(setting) => place.top.join(setting),
        None => place.common.join("hooks"),
    };
    let is_there = place.is_ours(&folder.join(OURS[0]));
    is_there.unwrap_or(false) || runs_ours(&place, &folder, OURS[0]).unwrap_or(false)
}
