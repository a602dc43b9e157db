//! What the page asks of the folder and the machine: `_kiro/host/…`, at the person's own desk.

mod files;
mod git;
mod params;
mod search;
mod terminal;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use session::Cancel;
use session::desk::{Desk, DeskError, Happening, Shown, TerminalId, Terminals, Why};

use super::socket::Socket;
use crate::hub::Hub;
use crate::kiro::read;
use crate::rpc::{Peer, RpcError, Service, code};
use crate::service::Kiro;

/// What all of these methods begin with.
const PREFIX: &str = "_kiro/host/";
/// How long terminals of a window that is gone wait for it to come back.
const GRACE: Duration = Duration::from_secs(600);
/// How long changes are gathered before they are told.
const GATHER: Duration = Duration::from_millis(40);

/// The desk behind every window of one page.
#[derive(Clone)]
pub(super) struct Host(Arc<Inner>);

struct Inner {
    desk: Desk,
    terminals: Terminals,
    hub: Hub,
    windows: Windows,
}

type Windows = Arc<Mutex<Vec<(Peer, Arc<Window>)>>>;

/// One window of the page: it speaks both of Kiro's vocabularies, and this one.
pub(super) struct Window {
    kiro: Kiro,
    host: Host,
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

impl Host {
    pub(super) fn new(desk: Desk, hub: &Hub) -> Host {
        let windows = Windows::default();
        let all = Arc::clone(&windows);
        let viewer = move |shown: Shown| terminal::tell(&all, &shown);
        let terminals = Terminals::of(desk.clone(), Arc::new(viewer));
        watch(&desk, &windows);
        Host(Arc::new(Inner {
            desk,
            terminals,
            hub: hub.clone(),
            windows,
        }))
    }

    pub(super) fn desk(&self) -> &Desk {
        &self.0.desk
    }

    /// Ends what goes on, as an interruption does: it can go on later.
    pub(super) fn close(&self) {
        self.0.hub.close();
    }

    /// Answers one window until it goes away.
    pub(super) fn attend(&self, mut socket: Socket) {
        let window = Arc::new(Window {
            kiro: Kiro::new(&self.0.hub),
            host: self.clone(),
            shows: Mutex::default(),
        });
        let peer = peer(Arc::clone(&window) as Arc<dyn Service>, &socket);
        lock(&self.0.windows).push((peer.clone(), window));
        while let Some(text) = socket.read() {
            peer.receive(&text);
        }
        lock(&self.0.windows).retain(|it| it.0 != peer);
        peer.close();
    }

    /// Is one window's language server until it goes away.
    pub(super) fn explain(&self, mut socket: Socket) {
        let peer = peer(crate::lsp::service(&self.0.hub), &socket);
        while let Some(text) = socket.read() {
            peer.receive(&text);
        }
        peer.close();
    }
}

fn peer(service: Arc<dyn Service>, socket: &Socket) -> Peer {
    let outbox = socket.outbox();
    Peer::new(service, move |text| {
        outbox.send(text);
        true
    })
}

impl Window {
    fn shows(&self, terminal: TerminalId) -> bool {
        self.shown().contains(&terminal)
    }

    fn shown(&self) -> MutexGuard<'_, HashSet<TerminalId>> {
        self.shows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(
        &self,
        peer: &Peer,
        method: &str,
        params: Value,
        cancel: &Cancel,
    ) -> Result<Value, RpcError> {
        let Inner {
            desk, terminals, ..
        } = &*self.host.0;
        match method.split_once('/') {
            None if method == "hello" => Ok(hello(desk)),
            Some(("files", act)) => files::answer(desk, act, params),
            Some(("search", act)) => search::answer(desk, peer, act, params, cancel),
            Some(("terminal", act)) => terminal::answer(terminals, peer, self, act, params),
            Some(("git", act)) => git::answer(desk, act, params),
            _ => Err(RpcError::no_method(&format!("{PREFIX}{method}"))),
        }
    }
}

impl Service for Window {
    fn is_quick(&self, method: &str) -> bool {
        match method.strip_prefix(PREFIX) {
            // What is typed has an order.
            Some(act) => act.starts_with("terminal/") && act != "terminal/open",
            None => self.kiro.is_quick(method),
        }
    }

    fn request(
        &self,
        peer: &Peer,
        method: &str,
        params: Value,
        cancel: &Cancel,
    ) -> Result<Value, RpcError> {
        match method.strip_prefix(PREFIX) {
            Some(act) => self.answer(peer, act, params, cancel),
            None => self.kiro.request(peer, method, params, cancel),
        }
    }

    fn answered(&self, peer: &Peer, method: &str, result: &Value) {
        self.kiro.answered(peer, method, result);
    }

    fn notification(&self, peer: &Peer, method: &str, params: Value) {
        if method != "_kiro/host/terminal/seen" {
            return self.kiro.notification(peer, method, params);
        }
        // What cannot be read was not seen.
        if let Ok(params::Seen { terminal, at }) = read(params) {
            self.host.0.terminals.seen(terminal, at);
        }
    }

    /// Its terminals wait for it a while.
    fn gone(&self, peer: &Peer) {
        self.kiro.gone(peer);
        let terminals = self.host.0.terminals.clone();
        let shown: Vec<TerminalId> = self.shown().drain().collect();
        shown.iter().for_each(|it| terminals.detach(*it));
        if shown.is_empty() {
            return;
        }
        std::thread::spawn(move || {
            std::thread::sleep(GRACE);
            shown.into_iter().for_each(|it| terminals.close_unseen(it));
        });
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
        "home": desk.home(),
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
            for (peer, _) in lock(&windows).iter() {
                peer.notify("_kiro/host/files/changed", &params);
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

fn lock(windows: &Windows) -> MutexGuard<'_, Vec<(Peer, Arc<Window>)>> {
    windows.lock().unwrap_or_else(PoisonError::into_inner)
}

impl From<DeskError> for RpcError {
    fn from(error: DeskError) -> RpcError {
        let why = match error.why {
            Why::Missing => "missing",
            Why::Exists => "exists",
            Why::NotAFolder => "not_a_folder",
            Why::IsAFolder => "is_a_folder",
            Why::TooLarge => "too_large",
            Why::Refused => "refused",
            Why::Failed => "failed",
        };
        RpcError {
            data: Some(json!({ "why": why })),
            ..RpcError::new(code::REFUSED, error.message)
        }
    }
}
