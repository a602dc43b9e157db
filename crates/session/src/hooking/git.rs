//! What git's own hooks run: `kiro hooks git NAME`. Before a commit, what no commit may hold is looked for first; it needs
//! no model and no trust. Then the hooks of the folder have their say.

use change::Changeset;
use hooks::{Event, Fact, Value};
use model::Cancel;

use super::document::depth_of;
use super::holds;
use super::incident::{Incident, World};
use super::index;
use super::outcome::{Ran, stops};
use super::rig::Rig;
use super::scan::{Staging, git_program, guard};
use crate::error::SessionError;
use crate::places::{Environment, Project};
use crate::view::{Front, View};

/// What came of one of git's hooks.
#[derive(Clone, Debug, Default)]
pub struct GitHookResult {
    /// Why git must not go on, in one line each; empty when it may.
    pub refused: Vec<String>,
    /// Hooks that ran.
    pub ran: Vec<Ran>,
}

/// Carries out git's hook `name` with the arguments and the input that git gave it.
///
/// # Errors
/// When something could not be looked at; then git should not go on either.
pub fn git_hook(
    name: &str,
    arguments: &[String],
    input: &str,
    environment: &Environment,
    cancel: &Cancel,
    front: &mut dyn Front,
) -> Result<GitHookResult, SessionError> {
    let event = Event::parse(&format!("git.{name}")).ok_or_else(|| {
        SessionError::input(format!("there is no hook of git that Kiro knows as {name}"))
    })?;
    let project = Project::around(environment)?;
    let mut result = GitHookResult::default();
    let mut rig = Rig::open(&project, environment, cancel)?;
    let depth = depth_of(environment);
    // Before anything of it is read.
    let judges = event == Event::GitPreCommit;
    let judged = judges
        .then(|| index::state(&project, environment))
        .transpose()?;
    if event == Event::GitPreCommit {
        result.refused = refused(&project, &mut rig, environment, front)?;
        if !result.refused.is_empty() {
            return Ok(result);
        }
    }
    if !rig.waits_for(event) {
        return Ok(result);
    }
    let incident = rig.incident(event).at_depth(depth);
    let incident = told(incident, &rig.world.clone(), arguments, input, environment)?;
    result.ran = rig.fire(&incident, front)?;
    rig.close(front)?;
    let now = judges
        .then(|| index::state(&project, environment))
        .transpose()?;
    if judged != now {
        result.refused.push(
            "what is staged changed while hooks looked at it; look at it and commit again"
                .to_owned(),
        );
    }
    if let Some(why) = stops(&result.ran).filter(|_| event.can_be_stopped()) {
        result.refused.push(why);
    }
    Ok(result)
}

/// What stops a commit whatever hooks say: sensitive files, secrets, and content that is held.
fn refused(
    project: &Project,
    rig: &mut Rig<'_>,
    environment: &Environment,
    front: &mut dyn Front,
) -> Result<Vec<String>, SessionError> {
    let sensitive = guard(environment)?;
    let mut lines: Vec<String> = sensitive
        .iter()
        .map(|(path, rule)| format!("{path} is sensitive ({rule})"))
        .collect();
    let staging = Staging::read(project, environment)?;
    for path in staging.unsearched() {
        front.show(&View::Warning(format!(
            "{path} is too large to be searched for secrets"
        )));
    }
    let kinds = staging.secrets(project, environment)?;
    lines.extend(
        kinds
            .iter()
            .map(|(path, line, kind)| format!("{path}:{line} holds a secret ({kind})")),
    );
    // Nothing is made to find out that there is nothing.
    if project.state.join("journal.db").exists() {
        let standing = rig.holds(front)?;
        let files = staging.digests(rig.world.below());
        let met = holds::met(&standing, &files, &|hold, path| rig.reaches(hold, path));
        lines.extend(
            met.iter()
                .map(|it| format!("{} is held by «{}»: {}", it.path, it.hook, it.why)),
        );
    }
    Ok(lines)
}

/// The incident with what git says of it.
fn told(
    incident: Incident,
    world: &World,
    arguments: &[String],
    input: &str,
    environment: &Environment,
) -> Result<Incident, SessionError> {
    let none = || Changeset::new(Vec::new()).map_err(SessionError::internal);
    let names = |question: &[&str]| world.names(question);
    Ok(match incident.event {
        Event::GitPreCommit => staged(incident, world, environment)?,
        Event::GitCommitMsg => {
            let file = arguments.first().map(|it| environment.cwd.join(it));
            let bytes = file
                .and_then(|it| host::files::read(&it, 1 << 20).ok())
                .unwrap_or_default();
            let message = String::from_utf8_lossy(&bytes).into_owned();
            let kept: Vec<&str> = message.lines().filter(|it| !it.starts_with('#')).collect();
            staged(incident, world, environment)?.text(Fact::CommitMessage, kept.join("\n").trim())
        }
        Event::GitPostCommit => incident.changing(
            none()?,
            names(&[
                "diff-tree",
                "--no-commit-id",
                "--name-only",
                "-r",
                "--root",
                "-z",
                "HEAD",
            ]),
        ),
        Event::GitPostMerge => incident.changing(
            none()?,
            names(&[
                "diff",
                "--name-only",
                "-z",
                "--no-ext-diff",
                "ORIG_HEAD",
                "HEAD",
            ]),
        ),
        Event::GitPostCheckout => match arguments {
            [from, to, ..] if is_id(from) && is_id(to) => incident.changing(
                none()?,
                names(&["diff", "--name-only", "-z", "--no-ext-diff", from, to]),
            ),
            _ => incident.changing(none()?, Vec::new()),
        },
        Event::GitPrePush => incident.changing(none()?, pushed(input, world)),
        _ => incident,
    })
}

fn is_id(word: &str) -> bool {
    word.len() >= 40 && word.bytes().all(|it| it.is_ascii_hexdigit())
}

/// The files of the commits that a push sends, as far as git can tell: lines of `REF ID REMOTE-REF REMOTE-ID`.
fn pushed(input: &str, world: &World) -> Vec<String> {
    let mut found = Vec::new();
    for line in input.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [_, local, _, remote] = words[..] else {
            continue;
        };
        if !is_id(local) || !is_id(remote) || local.bytes().all(|it| it == b'0') {
            continue;
        }
        let fresh = remote.bytes().all(|it| it == b'0');
        found.extend(match fresh {
            true => world.names(&[
                "log",
                "--format=",
                "--name-only",
                "-z",
                local,
                "--not",
                "--remotes",
            ]),
            false => world.names(&["diff", "--name-only", "-z", "--no-ext-diff", remote, local]),
        });
    }
    found.sort();
    found.dedup();
    found
}

fn staged(
    incident: Incident,
    world: &World,
    environment: &Environment,
) -> Result<Incident, SessionError> {
    let project = Project::around(environment)?;
    let staging = Staging::read(&project, environment)?;
    let changes = staging.changes(world.below(), world.gate())?;
    Ok(incident.changing(changes, staging.names))
}

/// The same for a hook that is run by hand: what is staged now stands for what a commit would hold.
pub(super) fn by_hand(
    incident: Incident,
    world: &World,
    environment: &Environment,
) -> Result<Incident, SessionError> {
    match incident.event {
        Event::GitPreCommit | Event::GitCommitMsg => {
            let project = Project::around(environment)?;
            git_program(&project, environment)?;
            staged(incident, world, environment)
        }
        event if event.is_about_files() => Ok(incident.with(Fact::Files, Value::Texts(Vec::new()))),
        _ => Ok(incident),
    }
}
