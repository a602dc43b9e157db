//! `kiro run-hook`: the hooks of a file, by hand.

use std::path::PathBuf;

use change::RelPath;
use hooks::{Action, Event, Hook, Occasion};
use model::Cancel;

use super::command;
use super::incident::Incident;
use super::outcome::Ran;
use super::rack::Rack;
use super::rig::Rig;
use crate::error::SessionError;
use crate::models::Chain;
use crate::places::{Environment, Project};
use crate::view::Front;

/// What `kiro run-hook` is asked.
#[derive(Clone, Debug)]
pub struct RunHookOptions {
    /// The hook file.
    pub hook: PathBuf,
    /// The file that it is to be about.
    pub file: Option<PathBuf>,
    /// Only say what would be done.
    pub dry_run: bool,
    /// The model; as configured for hooks when none is named.
    pub model: Option<Chain>,
}

/// What came of `kiro run-hook`.
#[derive(Clone, Debug)]
pub struct RunHookResult {
    /// For each hook of the file: its name, whether it would fire by itself, which clause decided, and why.
    pub decisions: Vec<(String, bool, &'static str, String)>,
    /// What each would do: the command, or the agent's whole prompt.
    pub would: Vec<String>,
    /// What became of them; empty for a dry run.
    pub ran: Vec<Ran>,
}

/// Runs the hooks of a file by hand, as if their event had happened to the file that is named.
///
/// # Errors
/// When a file cannot be read, or there is no journal.
pub fn run_hook(
    options: &RunHookOptions,
    environment: &Environment,
    cancel: &Cancel,
    front: &mut dyn Front,
) -> Result<RunHookResult, SessionError> {
    let project = Project::around(environment)?;
    let mut rig = Rig::open(&project, environment, cancel)?.with_model(options.model.clone());
    let wanted = inside(&project, &environment.cwd.join(&options.hook))?;
    if !rig.rack.shelves.iter().any(|it| it.file.path == wanted) {
        rig.rack = Rack::of_file(&project, &wanted, &rig.gate)?;
    }
    rig.rack.shelves.retain(|it| it.file.path == wanted);
    let path = options
        .file
        .as_ref()
        .map(|it| inside(&project, &environment.cwd.join(it)))
        .transpose()?;
    let shelves = rig.rack.shelves.clone();
    let mut result = RunHookResult {
        decisions: Vec::new(),
        would: Vec::new(),
        ran: Vec::new(),
    };
    for shelf in &shelves {
        if shelf.file.is_unreadable() {
            let why = shelf
                .file
                .diagnostics
                .first()
                .map_or("", |it| it.message.as_str());
            return Err(SessionError::input(format!("{wanted}: {why}"))
                .hint("`kiro validate-hooks` shows where"));
        }
        for hook in &shelf.file.hooks {
            let event = hook.event.unwrap_or(Event::Manual);
            if event.is_about_a_file() && path.is_none() {
                return Err(
                    SessionError::input(format!("«{}» is about a file", hook.name))
                        .hint("name one with --file PATH"),
                );
            }
            let mut incident = rig.incident(event);
            incident.path = path.clone();
            let incident = super::git::by_hand(incident, &rig.world, environment)?;
            let decision = hook.decide(&incident);
            result.decisions.push((
                hook.name.clone(),
                decision.fires,
                decision.clause.name(),
                decision.why,
            ));
            result.would.push(would(hook, &incident));
            if !options.dry_run {
                let ran = rig.run_hook(shelf, hook, &incident, front)?;
                result.ran.push(ran);
            }
        }
    }
    rig.close(front)?;
    Ok(result)
}

/// A path as the project knows it.
pub(super) fn inside(project: &Project, path: &std::path::Path) -> Result<String, SessionError> {
    let outside = || {
        SessionError::input(format!(
            "{} is no path of {}",
            path.display(),
            project.root.display()
        ))
    };
    let clean: PathBuf = path.components().collect();
    let real = clean
        .parent()
        .and_then(|it| it.canonicalize().ok())
        .map(|it| it.join(clean.file_name().unwrap_or_default()));
    let found = real.unwrap_or(clean);
    let text = found
        .strip_prefix(&project.root)
        .ok()
        .and_then(|it| it.to_str())
        .ok_or_else(outside)?;
    RelPath::parse(text)
        .map(|it| it.to_string())
        .map_err(|_| outside())
}

fn would(hook: &Hook, incident: &Incident) -> String {
    let value = |part: &hooks::Part| match part {
        hooks::Part::Fact(fact) => incident
            .fact(*fact)
            .map_or(String::new(), |it| it.to_string()),
        hooks::Part::Workspace(scope) => format!("@workspace({})", scope.0.join(", ")),
        hooks::Part::Text(text) => text.clone(),
    };
    match &hook.action {
        Some(Action::Command(prompt)) => command::text(prompt, incident),
        Some(Action::Agent(prompt)) => prompt.filled(value),
        None => String::new(),
    }
}
