//! What servers' tools said of themselves when they were used with leave, beside the grants of the project.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use change::Digest;
use mcp::Pins;
use serde::{Deserialize, Serialize};

use crate::places::{Environment, Project};
use crate::trust;

/// Version of the file's form.
const FORM: u32 = 1;
/// Largest file, in bytes.
const FILE_MAX: u64 = 4 << 20;

/// The file. One that cannot be read counts as one in which every tool changed, so that all ask again.
pub(super) struct PinFile {
    file: PathBuf,
    root: String,
    state: Mutex<State>,
}

struct State {
    pins: BTreeMap<(String, String), Digest>,
    is_damaged: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    form: u32,
    root: String,
    tools: Vec<Row>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    server: String,
    tool: String,
    digest: String,
}

impl PinFile {
    pub(super) fn of(project: &Project, environment: &Environment) -> PinFile {
        let pins = PinFile {
            file: trust::grants_file(project, environment, "tools.json"),
            root: project.root.display().to_string(),
            state: Mutex::new(State {
                pins: BTreeMap::new(),
                is_damaged: false,
            }),
        };
        pins.read();
        pins
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) {
        let mut state = self.lock();
        if !self.file.exists() {
            return;
        }
        match self.written() {
            Some(rows) => state.pins.extend(rows),
            None => state.is_damaged = true,
        }
    }

    fn written(&self) -> Option<BTreeMap<(String, String), Digest>> {
        let bytes = host::files::read(&self.file, FILE_MAX).ok()?;
        let written: Written = serde_json::from_slice(&bytes).ok()?;
        if written.form != FORM || written.root != self.root {
            return None;
        }
        let row = |it: Row| Some(((it.server, it.tool), Digest::parse(&it.digest).ok()?));
        written.tools.into_iter().map(row).collect()
    }

    /// What others wrote meanwhile stays.
    fn write(&self, pins: &BTreeMap<(String, String), Digest>) -> Option<()> {
        let mut all = self.written().unwrap_or_default();
        all.extend(pins.iter().map(|(key, digest)| (key.clone(), *digest)));
        let row = |((server, tool), digest): ((String, String), Digest)| Row {
            server,
            tool,
            digest: digest.to_string(),
        };
        let written = Written {
            form: FORM,
            root: self.root.clone(),
            tools: all.into_iter().map(row).collect(),
        };
        let text = serde_json::to_string_pretty(&written).ok()?;
        host::files::ensure_private_folder(self.file.parent()?).ok()?;
        host::files::replace_own(&self.file, text.as_bytes()).ok()
    }
}

impl Pins for PinFile {
    fn known(&self, server: &str, tool: &str) -> Option<Digest> {
        let state = self.lock();
        let known = state.pins.get(&(server.to_owned(), tool.to_owned()));
        match (known, state.is_damaged) {
            (Some(known), _) => Some(*known),
            (None, true) => Some(Digest::of(b"what it said is not known any more")),
            (None, false) => None,
        }
    }

    fn keep(&self, server: &str, tool: &str, digest: Digest) {
        let mut state = self.lock();
        let before = state
            .pins
            .insert((server.to_owned(), tool.to_owned()), digest);
        if before != Some(digest) {
            // One that cannot be written down holds for this run, and is asked for again in the next.
            let _ = self.write(&state.pins);
        }
    }
}
