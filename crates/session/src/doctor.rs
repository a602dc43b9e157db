//! `kiro doctor`: what this machine has, and whether the sandbox holds.

use host::sandbox::Control;

use crate::error::SessionError;
use crate::models::{self, Presence};
use crate::places::{Environment, Project};
use crate::shop;

/// One thing that was looked at.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What.
    pub name: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found.
    pub detail: String,
    /// How to mend it, when it is not.
    pub fix: Option<String>,
}

/// All that was found.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// Programs, folders, model.
    pub findings: Vec<Finding>,
    /// What the sandbox is made of.
    pub sandbox: String,
    /// Attempts to escape it, each of which must fail.
    pub controls: Vec<Control>,
}

impl Diagnosis {
    /// Whether everything that runs need is there and every wall holds.
    pub fn is_sound(&self) -> bool {
        self.findings.iter().all(|it| it.ok)
            && !self.controls.is_empty()
            && self.controls.iter().all(|it| it.held)
    }
}

/// Looks at the machine and tries the sandbox.
///
/// # Errors
/// When Kiro's own folder cannot be written.
pub fn diagnose(environment: &Environment) -> Result<Diagnosis, SessionError> {
    let project = Project::around(environment)?;
    let scratch = environment.kiro_home().join("state/doctor");
    host::files::ensure_private_folder(&scratch).map_err(SessionError::input)?;
    let sandbox = shop::sandbox(environment);
    let controls = sandbox.controls(&scratch);
    host::files::remove_tree(&scratch).map_err(SessionError::internal)?;
    Ok(Diagnosis {
        findings: vec![
            git(environment, &project),
            python(environment, &project),
            model(environment),
            room(environment),
            rules(environment, &project),
            folder(environment, &project),
            network(environment, &project),
        ],
        sandbox: sandbox.describe(),
        controls,
    })
}

fn finding(name: &str, found: Result<String, (String, &str)>) -> Finding {
    match found {
        Ok(detail) => Finding {
            name: name.to_owned(),
            ok: true,
            detail,
            fix: None,
        },
        Err((detail, fix)) => Finding {
            name: name.to_owned(),
            ok: false,
            detail,
            fix: Some(fix.to_owned()),
        },
    }
}

fn git(environment: &Environment, project: &Project) -> Finding {
    let roots = [project.root.clone()];
    let program = host::process::toolchain::find_program("git", &environment.path, &roots);
    let version = program.ok_or("it was not found".to_owned()).and_then(|it| {
        host::process::git_version(&it)
            .map(|version| format!("{} at {}", version.trim(), it.display()))
            .map_err(|error| error.to_string())
    });
    finding(
        "git",
        version.map_err(|why| (why, "install git 2.39 or newer")),
    )
}

fn python(environment: &Environment, project: &Project) -> Finding {
    let roots = [project.root.clone()];
    let found = host::process::toolchain::python(&environment.path, &roots);
    let found = found.map(|it| it.display().to_string());
    finding(
        "python",
        found.map_err(|error| (error.to_string(), "install Python 3")),
    )
}

fn model(environment: &Environment) -> Finding {
    let state = models::built_in_state(environment);
    let found = if state.presence == Presence::Present {
        Ok(format!("{} at {}", state.id, state.path.display()))
    } else {
        Err((
            format!("{} is not here yet", state.id),
            "`kiro model pull` fetches it; the first run does so by itself",
        ))
    };
    finding("built-in model", found)
}

fn rules(environment: &Environment, project: &Project) -> Finding {
    let found = match crate::documents::rules(project, environment) {
        Ok(_) => Ok("they can be read".to_owned()),
        Err(error) => Err((error.message, "mend the file; until then nothing runs")),
    };
    finding("rules", found)
}

/// What the folder brings along is nobody's fault, so it is told and never a failure.
fn folder(environment: &Environment, project: &Project) -> Finding {
    let found = crate::trust::folder_trust(Some(&project.root), environment);
    let (detail, fix) = match &found {
        Ok(trust) if trust.is_whole() => (trust.summary(), None),
        Ok(trust) => (
            trust.summary(),
            Some("`kiro trust` shows it and asks".to_owned()),
        ),
        Err(error) => (error.message.clone(), error.hint.clone()),
    };
    Finding {
        name: "folder".to_owned(),
        ok: found.is_ok(),
        detail,
        fix,
    }
}

/// Which hosts commands reach. That they reach none is nobody's fault.
fn network(environment: &Environment, project: &Project) -> Finding {
    let found = crate::network::reachable_here(project, environment);
    let waits = |it: &crate::network::Reachable| it.hosts.iter().any(|it| !it.counts);
    let (ok, detail, fix) = match found {
        Ok(found) => {
            let fix = match (&found.trouble, waits(&found)) {
                (Some(_), _) => Some("until then commands have no network"),
                (None, true) => Some("`kiro trust` shows them and asks"),
                (None, false) => None,
            };
            (found.trouble.is_none(), found.summary(), fix)
        }
        Err(error) => (false, error.message, None),
    };
    Finding {
        name: "network".to_owned(),
        ok,
        detail,
        fix: fix.map(str::to_owned),
    }
}

fn room(environment: &Environment) -> Finding {
    const NEEDED: u64 = 1 << 30;
    let found = match host::files::disk_free(&environment.kiro_home()) {
        Ok(free) if free >= NEEDED => Ok(format!("{} GB free", free >> 30)),
        Ok(free) => Err((
            format!("{} MB free", free >> 20),
            "make room, or set KIRO_HOME to another disk",
        )),
        Err(error) => Err((error.to_string(), "set KIRO_HOME to a folder you can write")),
    };
    finding("disk", found)
}
