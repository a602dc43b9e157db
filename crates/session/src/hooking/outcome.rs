//! What became of hooks: as values, as facts of the journal, and as words.

use engine::{Cost, Fact};
use hooks::{Decision, Hook};

use super::incident::Incident;
use super::rack::Shelf;
use crate::error::SessionError;
use crate::view::{Front, View};

/// What became of a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Was {
    /// It did what it is there for, and lets the event go on.
    Passed,
    /// It says that the event must not go on.
    Blocked,
    /// It could not do what it is there for.
    Failed,
    /// What it changed waits for a person.
    Waiting,
    /// It was not run: it is not trusted, or the chain of hooks is too long.
    Skipped,
}

impl Was {
    /// Its name on every surface.
    pub fn name(self) -> &'static str {
        match self {
            Was::Passed => "passed",
            Was::Blocked => "blocked",
            Was::Failed => "failed",
            Was::Waiting => "waiting",
            Was::Skipped => "skipped",
        }
    }
}

/// A hook that fired, and what became of it.
#[derive(Clone, Debug)]
pub struct Ran {
    /// Its name.
    pub hook: String,
    /// Its file.
    pub file: String,
    /// What happened.
    pub event: String,
    /// The file that it happened to.
    pub path: Option<String>,
    /// What became of it.
    pub was: Was,
    /// Why, in one sentence.
    pub why: String,
    /// What it found.
    pub findings: Vec<String>,
    /// Files that it changed in the project.
    pub files: Vec<String>,
    /// Those of them that were not there before.
    pub(super) created: Vec<String>,
    /// What it changed or wants to change.
    pub diff: String,
    /// Its last words, or what its command printed.
    pub text: String,
    /// Whether the event must not go on because of it.
    pub stops: bool,
    /// What its model turns cost.
    pub cost: Cost,
    /// Wall time in milliseconds.
    pub wall_ms: u64,
}

impl Ran {
    fn new(hook: &str, file: &str, event: &str) -> Ran {
        Ran {
            hook: hook.to_owned(),
            file: file.to_owned(),
            event: event.to_owned(),
            path: None,
            was: Was::Passed,
            why: String::new(),
            findings: Vec::new(),
            files: Vec::new(),
            created: Vec::new(),
            diff: String::new(),
            text: String::new(),
            stops: false,
            cost: Cost::default(),
            wall_ms: 0,
        }
    }

    /// What a hook left and a person lets land.
    pub(super) fn of_later(hook: &str) -> Ran {
        Ran::new(hook, "", "an approval")
    }

    /// It could not do what it is there for; that is no error of Kiro's.
    pub(super) fn failed(&mut self, why: String) -> Result<(), SessionError> {
        self.was = Was::Failed;
        self.why = why;
        Ok(())
    }
}

pub(super) fn blank(shelf: &Shelf, hook: &Hook, incident: &Incident) -> Ran {
    Ran {
        path: incident.path.clone(),
        ..Ran::new(&hook.name, &shelf.file.path, incident.event.name())
    }
}

/// A file that nothing could be read of may hold a hook that blocks: it stops what could be stopped.
pub(super) fn unreadable(shelf: &Shelf, incident: &Incident) -> Ran {
    let file = &shelf.file.path;
    let name = file.rsplit('/').next().unwrap_or_default();
    let why = "the hook file cannot be read, so nobody knows what it is to stop; `kiro validate-hooks` shows where";
    Ran {
        was: Was::Blocked,
        why: why.to_owned(),
        stops: true,
        ..Ran::new(name, file, incident.event.name())
    }
}

pub(super) fn decided(
    shelf: &Shelf,
    hook: &Hook,
    incident: &Incident,
    decision: &Decision,
) -> Fact {
    Fact::HookDecided {
        hook: hook.name.clone(),
        file: shelf.file.path.clone(),
        event: incident.event.name().to_owned(),
        path: incident.path.clone(),
        fires: decision.fires,
        clause: decision.clause.name().to_owned(),
        why: decision.why.clone(),
        depth: incident.depth,
    }
}

pub(super) fn started(hook: &Hook, incident: &Incident) -> Fact {
    Fact::HookStarted {
        hook: hook.name.clone(),
        event: incident.event.name().to_owned(),
        path: incident.path.clone(),
    }
}

pub(super) fn ended(ran: &Ran) -> Fact {
    Fact::HookEnded {
        hook: ran.hook.clone(),
        event: ran.event.clone(),
        path: ran.path.clone(),
        outcome: ran.was.name().to_owned(),
        why: ran.why.clone(),
        findings: ran.findings.clone(),
        files: ran.files.clone(),
        cost: ran.cost,
        wall_ms: ran.wall_ms,
    }
}

/// Shows what became of a hook.
pub(super) fn tell(ran: &Ran, front: &mut dyn Front) {
    let about = ran
        .path
        .as_ref()
        .map_or(String::new(), |it| format!(" of {it}"));
    let why = if ran.why.is_empty() {
        String::new()
    } else {
        format!(": {}", ran.why)
    };
    let mut text = format!(
        "hook «{}» on {}{about} {}{why}",
        ran.hook,
        ran.event,
        ran.was.name()
    );
    for finding in &ran.findings {
        text.push_str(&format!("\n  - {finding}"));
    }
    let text = change::visible(&text).into_owned();
    front.show(&match ran.was {
        Was::Passed => View::Notice(text),
        _ => View::Warning(text),
    });
}

/// What of several hooks stops an event, in one sentence; none when nothing does.
pub(crate) fn stops(all: &[Ran]) -> Option<String> {
    let told: Vec<String> = all
        .iter()
        .filter(|it| it.stops)
        .map(|it| format!("«{}»: {}", it.hook, it.why))
        .collect();
    (!told.is_empty()).then(|| told.join("; "))
}
