//! Where and within what commands run.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use host::process::Limits;
use host::sandbox::{Door, Network, Passage, Sandbox, Walls};

/// Finds a program of the user's by its name, outside the workspace; gives its absolute path.
pub type FindProgram = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Where and within what commands run: given once by whoever opens the workspace.
pub struct ShellSetting {
    /// The sandbox.
    pub sandbox: Sandbox,
    /// What commands may touch. The workspace belongs to `write` only when it is a task's worktree.
    pub walls: Walls,
    /// The way to allowed hosts; without one, commands have the network of the walls.
    pub door: Option<Door>,
    /// The environment, to which is added what keeps programs from asking and paging.
    pub env: Vec<(String, String)>,
    /// How programs are found.
    pub find: FindProgram,
    /// What a command may use up.
    pub limits: ShellLimits,
}

impl fmt::Debug for ShellSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShellSetting")
            .field("walls", &self.walls)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl ShellSetting {
    /// The walls of one command, with a door that tells whom it did not reach.
    pub(super) fn walls_telling(&self, refusals: &Refusals) -> Walls {
        let network = match &self.door {
            Some(door) => Network::Hosts(door.heard_also_by(refusals.listener())),
            None => self.walls.network.clone(),
        };
        Walls {
            network,
            ..self.walls.clone()
        }
    }

    /// What a model is told of the network.
    pub(super) fn network(&self) -> String {
        const NAMED: usize = 12;
        let Some(door) = &self.door else {
            return "no network".to_owned();
        };
        let allowed = door.hosts().allowed();
        let named = allowed
            .iter()
            .take(NAMED)
            .map(|it| it.pattern().to_string());
        let named: Vec<String> = named.collect();
        let more = match allowed.len() > NAMED {
            true => ", …",
            false => "",
        };
        format!(
            "of the network only {}{more}, by the proxy in HTTPS_PROXY",
            named.join(", ")
        )
    }
}

/// Whom a command did not reach, as its door tells.
#[derive(Clone, Default)]
pub(super) struct Refusals(Arc<Mutex<Vec<String>>>);

impl Refusals {
    fn listener(&self) -> Arc<dyn Fn(Passage) + Send + Sync> {
        let told = Arc::clone(&self.0);
        Arc::new(move |passage| {
            if let Some(why) = passage.refused {
                let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
                told.push(format!("{}: {why}", passage.to));
            }
        })
    }

    /// What was told since, as a part of an answer; empty when nothing was.
    pub(super) fn take(&self) -> String {
        let told = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        match told.is_empty() {
            true => String::new(),
            false => format!("--- not reached\n{}\n", told.join("\n")),
        }
    }
}

/// What a command may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShellLimits {
    /// Time from start to end when the call names none.
    pub wall: Duration,
    /// The longest time that a call may name.
    pub wall_max: Duration,
    /// Time without output when the call names none.
    pub idle: Duration,
    /// Time of a command in the background.
    pub background_wall: Duration,
    /// Memory of all processes of a command, in bytes.
    pub memory_bytes: u64,
    /// Processes of a command.
    pub processes: u32,
}

impl Default for ShellLimits {
    fn default() -> Self {
        ShellLimits {
            wall: Duration::from_secs(300),
            wall_max: Duration::from_secs(1800),
            idle: Duration::from_secs(120),
            background_wall: Duration::from_secs(4 * 3600),
            memory_bytes: 4 << 30,
            processes: 256,
        }
    }
}

/// Bytes kept of each output stream of a command.
pub(super) const OUTPUT_BYTES: usize = 24 << 10;

impl ShellLimits {
    pub(super) fn of(self, wall: Duration, idle: Option<Duration>) -> Limits {
        Limits {
            wall,
            idle,
            cpu_seconds: wall.as_secs().max(1).saturating_mul(4),
            memory_bytes: self.memory_bytes,
            output_bytes: OUTPUT_BYTES,
            processes: self.processes,
            ..Limits::default()
        }
    }
}

/// Variables that keep programs from paging, colouring, and asking a person who is not there.
const QUIET: &[(&str, &str)] = &[
    ("PAGER", "cat"),
    ("MANPAGER", "cat"),
    ("GIT_PAGER", "cat"),
    ("GH_PAGER", "cat"),
    ("SYSTEMD_PAGER", "cat"),
    ("AWS_PAGER", ""),
    ("BAT_PAGER", ""),
    ("DELTA_PAGER", "cat"),
    ("LESS", "-FRX"),
    ("TERM", "dumb"),
    ("NO_COLOR", "1"),
    ("CARGO_TERM_COLOR", "never"),
    ("EDITOR", "true"),
    ("VISUAL", "true"),
    ("GIT_EDITOR", "true"),
    ("GIT_SEQUENCE_EDITOR", "true"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_ASKPASS", "true"),
    ("SSH_ASKPASS", "true"),
    ("DEBIAN_FRONTEND", "noninteractive"),
    ("PIP_NO_INPUT", "1"),
    ("npm_config_yes", "true"),
];

/// The whole environment of a command that starts `program`, whose folder is searched before all others unless it is
/// searched anyway: a compiler finds its own parts there.
pub(super) fn environment(given: &[(String, String)], program: &str) -> Vec<(String, String)> {
    let folder = Path::new(program).parent().and_then(Path::to_str);
    let searched = |(name, value): &(String, String)| {
        let more = folder.filter(|it| name == "PATH" && !value.split(':').any(|part| part == *it));
        match more {
            Some(folder) => (name.clone(), format!("{folder}:{value}")),
            None => (name.clone(), value.clone()),
        }
    };
    let is_quiet = |name: &str| QUIET.iter().any(|(quiet, _)| *quiet == name);
    let kept = given
        .iter()
        .filter(|(name, _)| !is_quiet(name))
        .map(searched);
    let quiet = QUIET
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    kept.chain(quiet).collect()
}

/// The folder that a walled command may keep its own files in: the writable one that is not the workspace.
pub(super) fn scratch<'a>(walls: &'a Walls, root: &Path) -> Option<&'a PathBuf> {
    walls.write.iter().find(|it| !it.starts_with(root))
}
