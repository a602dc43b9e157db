//! What the page asks of the folder and the machine: `_kiro/host/…`, at the person's own desk.

mod files;
mod git;
mod params;
mod search;
mod terminal;

use std::collections::HashSet;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use session::desk::{Desk, DeskError, Happening, Shown, TerminalId, Terminals, Why};

use super::socket::{Outbox, Socket};
use super::wire::{self, Failure};

/// How long terminals of a window that is gone wait for it to come back.
const GRACE: Duration = Duration::from_secs(120);
/// How long changes are gathered before they are told.
const GATHER: Duration = Duration::from_millis(40);

/// The desk behind every window of one page.
#[derive(Clone)]
pub(super) struct Host(Arc<Inner>);

struct Inner {
    desk: Desk,
    terminals: Terminals,
    windows: Windows,
    next: AtomicU64,
}

type Windows = Arc<Mutex<Vec<Arc<Window>>>>;

/// One window of the page.
pub(super) struct Window {
    number: u64,
    outbox: Outbox,
    /// The terminals that it shows.
    shows: Mutex<HashSet<TerminalId>>,
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host")
            .field("root", &self.0.desk.root())
            .finish_non_exhaustive()
    }
}

impl Window {
    fn tell(&self, method: &str, params: Value) {
        // A window that is gone is told nothing, and is found to be gone by its own thread.
        self.outbox.send(wire::notification(method, params));
    }

    fn shows(&self, terminal: TerminalId) -> bool {
        self.shown().contains(&terminal)
    }

    fn shown(&self) -> std::sync::MutexGuard<'_, HashSet<TerminalId>> {
        self.shows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Host {
    pub(super) fn new(desk: Desk) -> Host {
        let windows = Windows::default();
        let all = Arc::clone(&windows);
        let viewer = move |shown: Shown| terminal::tell(&all, &shown);
        let terminals = Terminals::of(desk.clone(), Arc::new(viewer));
        watch(&desk, &windows);
        Host(Arc::new(Inner {
            desk,
            terminals,
            windows,
            next: AtomicU64::new(1),
        }))
    }

    pub(super) fn desk(&self) -> &Desk {
        &self.0.desk
    }

    /// Answers one window until it goes away.
    pub(super) fn attend(&self, mut socket: Socket) -> io::Result<()> {
        let window = Arc::new(Window {
            number: self.0.next.fetch_add(1, Ordering::Relaxed),
            outbox: socket.outbox(),
            shows: Mutex::default(),
        });
        lock(&self.0.windows).push(Arc::clone(&window));
        while let Some(text) = socket.read() {
            let host = self.clone();
            let window = Arc::clone(&window);
            wire::take(&text, window.outbox.clone(), move |method, params| {
                host.answer(&window, method, params)
            });
        }
        lock(&self.0.windows).retain(|it| it.number != window.number);
        self.leave(&window);
        Ok(())
    }

    /// A window is gone. Its terminals wait for it a while.
    fn leave(&self, window: &Window) {
        let shown: Vec<TerminalId> = window.shown().drain().collect();
        shown.iter().for_each(|it| self.0.terminals.detach(*it));
        if shown.is_empty() {
            return;
        }
        let terminals = self.0.terminals.clone();
        std::thread::spawn(move || {
            std::thread::sleep(GRACE);
            shown.into_iter().for_each(|it| terminals.close_unseen(it));
        });
    }

    fn answer(&self, window: &Arc<Window>, method: &str, params: Value) -> Result<Value, Failure> {
        let Some(method) = method.strip_prefix("_kiro/host/") else {
            return Err(Failure::no_method(method));
        };
        let desk = &self.0.desk;
        match method.split_once('/') {
            None if method == "hello" => Ok(hello(desk)),
            Some(("files", act)) => files::answer(desk, act, params),
            Some(("search", act)) => search::answer(desk, window, act, params),
            Some(("terminal", act)) => terminal::answer(&self.0.terminals, window, act, params),
            Some(("git", act)) => git::answer(desk, act, params),
            _ => Err(Failure::no_method(method)),
        }
    }
}

fn hello(desk: &Desk) -> Value {
    let name = desk
        .root()
        .file_name()
        .map(|it| it.to_string_lossy().into_owned());
    json!({
        "root": desk.root(),
        "name": name.unwrap_or_default(),
        "shell": desk.shell(),
        "version": env!("CARGO_PKG_VERSION"),
    })
}

/// Tells every window what changes in the folder. A folder that cannot be watched is one whose changes are not told: the page
/// still looks at files when they are opened.
fn watch(desk: &Desk, windows: &Windows) {
    let Ok(mut watching) = desk.watch() else {
        return;
    };
    let windows = Arc::clone(windows);
    std::thread::spawn(move || {
        while let Ok(mut happened) = watching.wait(Duration::from_secs(3600)) {
            if happened.is_empty() {
                continue;
            }
            std::thread::sleep(GATHER);
            happened.extend(watching.wait(Duration::ZERO).unwrap_or_default());
            let changes: Vec<Value> = happened
                .iter()
                .map(|it| json!({"path": it.path, "kind": kind(it.happening)}))
                .collect();
            let params = json!({ "changes": changes });
            for window in lock(&windows).iter() {
                window.tell("_kiro/host/files/changed", params.clone());
            }
        }
    });
}

fn kind(happening: Happening) -> &'static str {
    match happening {
        Happening::Created => "created",
        Happening::Written => "written",
        Happening::Removed => "removed",
    }
}

fn lock(windows: &Windows) -> std::sync::MutexGuard<'_, Vec<Arc<Window>>> {
    windows.lock().unwrap_or_else(PoisonError::into_inner)
}

impl From<DeskError> for Failure {
    fn from(error: DeskError) -> Failure {
        let why = match error.why {
            Why::Missing => "missing",
            Why::Exists => "exists",
            Why::NotAFolder => "not_a_folder",
            Why::IsAFolder => "is_a_folder",
            Why::TooLarge => "too_large",
            Why::Refused => "refused",
            Why::Failed => "failed",
        };
        Failure::new(-32010, error.message).with(json!({ "why": why }))
    }
}
