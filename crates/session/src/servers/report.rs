//! `kiro mcp list`, `test` and `doctor`: which servers there are, and how each of them starts.

use mcp::{Entry, Fleet, Introduction, Member, Trouble, Way};

use super::{Named, ground, named};
use crate::documents;
use crate::error::SessionError;
use crate::places::{Environment, Project};
use crate::secrets;

/// A server as the files name it.
#[derive(Clone, Debug)]
pub struct ServerState {
    /// Its name.
    pub name: String,
    /// The file that its entry stands in.
    pub file: String,
    /// `program` or `http`; empty when the entry does not say.
    pub kind: &'static str,
    /// The command, or the address, as written.
    pub what: String,
    /// `ready`, or why it would not be started, in one word.
    pub state: &'static str,
    /// The same in words; empty when it is ready.
    pub why: String,
    /// What to do about it.
    pub hint: Option<&'static str>,
    /// Tools that are called without asking.
    pub auto_approve: Vec<String>,
    /// Tools that are kept from agents.
    pub disabled_tools: Vec<String>,
    /// Milliseconds for a start, and for a request.
    pub timeouts_ms: (u64, u64),
}

/// Every server, and what is wrong with the files.
#[derive(Clone, Debug)]
pub struct ServersReport {
    /// The servers, by name.
    pub servers: Vec<ServerState>,
    /// File, line, column, whether it is an error, and the remark.
    pub remarks: Vec<(String, usize, usize, bool, String)>,
    /// Which entries stand in place of which.
    pub notes: Vec<String>,
}

/// A server that was started for a trial.
#[derive(Clone, Debug)]
pub struct ServerTrial {
    /// As the files name it.
    pub server: ServerState,
    /// What it is and has, or why it is not there.
    pub came: Result<Introduction, Trouble>,
}

/// Looks at the files. Nothing is started.
///
/// # Errors
/// When the project or its rules cannot be read.
pub fn list_servers(environment: &Environment) -> Result<ServersReport, SessionError> {
    let project = Project::around(environment)?;
    let gate = documents::gate(&project, environment)?;
    Ok(reported(&named(&project, &gate, environment)))
}

/// Starts `only` one server, or all that may be started, asks what they have, and ends them.
///
/// # Errors
/// When the project or its rules cannot be read, or there is no server of this name.
pub fn try_servers(
    only: Option<&str>,
    environment: &Environment,
) -> Result<(ServersReport, Vec<ServerTrial>), SessionError> {
    let project = Project::around(environment)?;
    let gate = documents::gate(&project, environment)?;
    let mut named = named(&project, &gate, environment);
    if let Some(only) = only {
        let names: Vec<String> = named
            .members
            .iter()
            .map(|it| it.entry.name.clone())
            .collect();
        named.members.retain(|it| it.entry.name == only);
        if named.members.is_empty() {
            let hint = match names.is_empty() {
                true => {
                    "servers are named in .kiro/settings/mcp.json and ~/.kiro/settings/mcp.json"
                        .to_owned()
                }
                false => format!("the servers are: {}", names.join(", ")),
            };
            return Err(SessionError::input(format!("there is no server {only}")).hint(hint));
        }
    }
    let report = reported(&named);
    let redactor = secrets::redactor(&project, environment)?;
    let ground = ground(&project, &gate, redactor, environment);
    let fleet = Fleet::of(named.members, ground).map_err(SessionError::internal)?;
    fleet.start();
    let trial = |server: &ServerState| ServerTrial {
        server: server.clone(),
        came: fleet.introduction(&server.name),
    };
    let trials = report.servers.iter().map(trial).collect();
    Ok((report, trials))
}

fn reported(named: &Named) -> ServersReport {
    let remarks = named.remarks.iter().map(|(file, it)| {
        let message = host::files::shown(&it.message);
        (file.clone(), it.line, it.column, it.is_error, message)
    });
    ServersReport {
        servers: named.members.iter().map(state).collect(),
        remarks: remarks.collect(),
        notes: named
            .notes
            .iter()
            .map(|it| host::files::shown(it))
            .collect(),
    }
}

fn state(member: &Member) -> ServerState {
    let entry = &member.entry;
    let (kind, what) = told(entry);
    let trouble = member.target.as_ref().err();
    let ms = |it: std::time::Duration| u64::try_from(it.as_millis()).unwrap_or(u64::MAX);
    ServerState {
        name: entry.name.clone(),
        file: member.file.clone(),
        kind,
        what: host::files::shown(&what),
        state: trouble.map_or("ready", Trouble::code),
        why: trouble.map_or(String::new(), ToString::to_string),
        hint: trouble.and_then(Trouble::hint),
        auto_approve: entry.auto_approve.clone(),
        disabled_tools: entry.disabled_tools.clone(),
        timeouts_ms: (ms(entry.start_timeout), ms(entry.timeout)),
    }
}

fn told(entry: &Entry) -> (&'static str, String) {
    match &entry.way {
        Some(Way::Program { command, args, .. }) => {
            let words = std::iter::once(command).chain(args);
            let words: Vec<&str> = words.map(String::as_str).collect();
            ("program", words.join(" "))
        }
        Some(Way::Http { url, .. }) => ("http", url.clone()),
        None => ("", String::new()),
    }
}
