//! Which hooks there are, and why each fires or does not.

use std::path::PathBuf;

use hooks::{Action, Clause, Event, Fact, Form};
use model::Cancel;

use super::by_hand::inside;
use super::incident::Incident;
use super::install::is_installed;
use super::rig::Rig;
use crate::error::SessionError;
use crate::places::{Environment, Project};

/// A hook as people see it.
#[derive(Clone, Debug)]
pub struct HookRow {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its file.
    pub file: String,
    /// `yaml`, `v1` or `legacy`.
    pub form: &'static str,
    /// What it waits for; none when that cannot be read.
    pub event: Option<&'static str>,
    /// Which files it is about; none for all.
    pub files: Option<String>,
    /// What else has to be true.
    pub condition: Option<String>,
    /// `agent` or `command`.
    pub action: Option<&'static str>,
    /// Whether it is switched on.
    pub enabled: bool,
    /// Whether it stops what it waits for when it does not pass.
    pub blocking: bool,
    /// `trusted`, `new` or `changed`.
    pub standing: &'static str,
    /// Whether it has an error, and is not run.
    pub broken: bool,
    /// Why it cannot fire now although it is in order; none when it can.
    pub hindrance: Option<String>,
}

/// Every hook of the project and of the user, in the order in which they run.
///
/// # Errors
/// When the project or its rules cannot be read.
pub fn list(environment: &Environment) -> Result<Vec<HookRow>, SessionError> {
    let project = Project::around(environment)?;
    let rig = Rig::open(&project, environment, &Cancel::new())?;
    let installed = is_installed(environment);
    let row = |(shelf, hook): (&super::rack::Shelf, &hooks::Hook)| {
        let git = hook.event.is_some_and(Event::is_of_git);
        let hindrance = match () {
            () if !shelf.is_trusted() => {
                Some("it is not trusted as it is: `kiro trust`".to_owned())
            }
            () if hook.broken => Some("it has an error: `kiro validate-hooks`".to_owned()),
            () if git && !installed => {
                Some("git does not run Kiro here: `kiro hooks install`".to_owned())
            }
            () => None,
        };
        HookRow {
            name: hook.name.clone(),
            description: hook.description.clone(),
            file: shelf.file.path.clone(),
            form: shelf.file.form.map_or("", Form::name),
            event: hook.event.map(Event::name),
            files: hook.files_told(),
            condition: hook.condition.as_ref().map(|it| it.text().to_owned()),
            action: hook.action.as_ref().map(|it| match it {
                Action::Agent(_) => "agent",
                Action::Command(_) => "command",
            }),
            enabled: hook.enabled,
            blocking: hook.blocking,
            standing: shelf.standing.name(),
            broken: hook.broken,
            hindrance,
        }
    };
    Ok(rig.rack.hooks().map(row).collect())
}

/// What `kiro hooks explain` says of one hook.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Its name.
    pub hook: String,
    /// Its file.
    pub file: String,
    /// Whether it fires.
    pub fires: bool,
    /// Which clause decided.
    pub clause: &'static str,
    /// Why.
    pub why: String,
}

/// For every hook whether it would fire on this event, and which clause decides. Nothing is run.
///
/// # Errors
/// When the event or the file is none, or the project cannot be read.
pub fn explain(
    event: &str,
    file: Option<&PathBuf>,
    environment: &Environment,
) -> Result<Vec<Asked>, SessionError> {
    let names: Vec<&str> = Event::all().map(Event::name).collect();
    let event = Event::parse(event)
        .ok_or_else(|| SessionError::input(change::unknown_word("event", event, &names)))?;
    let project = Project::around(environment)?;
    let rig = Rig::open(&project, environment, &Cancel::new())?;
    let mut incident: Incident = rig.incident(event);
    if let Some(file) = file {
        incident = incident.about(&inside(&project, &environment.cwd.join(file))?);
    } else if event.is_about_a_file() {
        return Err(SessionError::input(format!("{event} is about a file"))
            .hint("name one with --file PATH"));
    }
    let incident = super::git::by_hand(incident, &rig.world, environment)?;
    let incident = match event {
        Event::ToolPre | Event::ToolPost => incident.text(Fact::Tool, ""),
        _ => incident,
    };
    let asked = |(shelf, hook): (&super::rack::Shelf, &hooks::Hook)| {
        let decision = hook.decide(&incident);
        let (mut fires, mut clause, mut why) =
            (decision.fires, decision.clause.name(), decision.why);
        if fires && !shelf.is_trusted() {
            (fires, clause) = (false, "trust");
            why = format!(
                "{} is {}; `kiro trust` shows and approves it",
                shelf.file.path,
                match shelf.standing {
                    policy::Standing::Changed => "changed since it was trusted",
                    _ => "not trusted yet",
                }
            );
        } else if decision.clause == Clause::Error {
            clause = "error";
        }
        Asked {
            hook: hook.name.clone(),
            file: shelf.file.path.clone(),
            fires,
            clause,
            why,
        }
    };
    let mut all: Vec<Asked> = rig.rack.hooks().map(asked).collect();
    all.extend(
        rig.rack
            .shelves
            .iter()
            .filter(|it| it.file.is_unreadable())
            .map(|it| Asked {
                hook: String::new(),
                file: it.file.path.clone(),
                fires: false,
                clause: "error",
                why: "the file cannot be read; `kiro validate-hooks` shows where".to_owned(),
            }),
    );
    Ok(all)
}
