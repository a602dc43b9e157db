//! `kiro lsp`: the Language Server Protocol over this process's streams. What is said of documents is the session's; here it
//! gets positions, and the requests their form.

mod actions;
mod deeds;
mod documents;
mod front;
mod place;
mod position;
mod watching;

use std::io::{stdin, stdout};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CodeLensOptions,
    CompletionOptions, ExecuteCommandOptions, HoverProviderCapability, InitializeParams,
    InitializeResult, OneOf, PositionEncodingKind, SaveOptions, ServerCapabilities, ServerInfo,
    TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions,
    TextDocumentSyncSaveOptions,
};
use serde_json::{Value, json};
use session::{Cancel, Environment};

use self::documents::Documents;
use self::position::Encoding;
use crate::hub::Hub;
use crate::kiro::{read, told};
use crate::rpc::{Peer, RpcError, Service, TakingBack, frames};

/// The code for a request before `initialize`.
const NOT_INITIALIZED: i64 = -32002;
/// How often is looked whether the process is to end.
const LOOK: Duration = Duration::from_millis(100);

/// Serves the editor at the other end of this process's streams until it closes them, tells to exit, or `cancel` is set.
/// Gives whether it ended as the protocol wants.
pub fn serve(environment: &Environment, cancel: &Cancel) -> bool {
    let hub = Hub::new(environment.clone());
    let service = Arc::new(Lsp::new(&hub));
    let (ended, end) = channel();
    let served = Arc::clone(&service);
    std::thread::spawn(move || {
        frames::serve(served, &mut stdin().lock(), stdout());
        // Whoever waits for it may have been told to end.
        let _ = ended.send(());
    });
    while end.recv_timeout(LOOK).is_err() && !cancel.is_cancelled() {}
    hub.close();
    service.is_shut_down()
}

/// What answers one editor over a transport of its own, within the folder of `hub`.
pub(crate) fn service(hub: &Hub) -> Arc<dyn Service> {
    Arc::new(Lsp::new(hub))
}

/// Answers one editor.
struct Lsp {
    hub: Hub,
    state: Arc<(Mutex<State>, Condvar)>,
    shut_down: AtomicBool,
}

/// What is known of the editor and its documents.
#[derive(Default)]
struct State {
    initialized: bool,
    encoding: Encoding,
    client: ClientCan,
    documents: Documents,
    /// Whether something changed that remarks depend on.
    is_dirty: bool,
    gone: bool,
}

/// What the editor can do.
#[derive(Clone, Copy, Debug, Default)]
struct ClientCan {
    progress: bool,
    show_documents: bool,
    refresh_lenses: bool,
}

impl Lsp {
    fn new(hub: &Hub) -> Lsp {
        Lsp {
            hub: hub.clone(),
            state: Arc::default(),
            shut_down: AtomicBool::new(false),
        }
    }

    fn is_shut_down(&self) -> bool {
        self.shut_down.load(Ordering::SeqCst)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn initialize(&self, params: InitializeParams) -> Result<InitializeResult, RpcError> {
        let mut state = self.lock();
        if state.initialized {
            return Err(RpcError::invalid("it is initialized already"));
        }
        state.initialized = true;
        let general = params.capabilities.general.as_ref();
        let offered = general.and_then(|it| it.position_encodings.as_ref());
        state.encoding = match offered.is_some_and(|it| it.contains(&PositionEncodingKind::UTF8)) {
            true => Encoding::Utf8,
            false => Encoding::Utf16,
        };
        state.client = can(&params);
        // A folder that is none, or is not this hub's, has no documents.
        let folders = documents::folders(&params);
        let of = |it: &PathBuf| self.hub.environment(it.to_str()).ok();
        let environments = match folders.is_empty() {
            true => vec![self.hub.environment(None)?],
            false => folders.iter().filter_map(of).collect(),
        };
        state.documents.begin(environments);
        let own_commands = params
            .initialization_options
            .as_ref()
            .and_then(|it| it["commands"].as_bool())
            .unwrap_or(true);
        Ok(InitializeResult {
            capabilities: capabilities(state.encoding, own_commands),
            server_info: Some(ServerInfo {
                name: "kiro".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
        })
    }

    /// Answers what is asked about a document.
    fn of_document(&self, method: &str, params: Value) -> Result<Value, RpcError> {
        let mut state = self.lock();
        let encoding = state.encoding;
        let documents = &mut state.documents;
        match method {
            "textDocument/hover" => told(&documents.hover(encoding, &read(params)?)),
            "textDocument/definition" => told(&documents.definition(encoding, &read(params)?)),
            "textDocument/completion" => told(&documents.completion(encoding, &read(params)?)),
            "textDocument/codeLens" => told(&documents.lenses(encoding, &read(params)?)),
            "textDocument/codeAction" => told(&documents.actions(encoding, &read(params)?)),
            _ => Err(RpcError::no_method(method)),
        }
    }

    /// Something changed that remarks depend on.
    fn dirty(&self, mut state: MutexGuard<'_, State>) {
        state.is_dirty = true;
        self.state.1.notify_all();
    }
}

impl Service for Lsp {
    fn is_quick(&self, method: &str) -> bool {
        method != "workspace/executeCommand"
    }

    fn taking_back(&self) -> TakingBack {
        TakingBack::LSP
    }

    fn request(
        &self,
        peer: &Peer,
        method: &str,
        params: Value,
        cancel: &Cancel,
    ) -> Result<Value, RpcError> {
        if method == "initialize" {
            return told(&self.initialize(read(params)?)?);
        }
        if !self.lock().initialized {
            return Err(RpcError::new(NOT_INITIALIZED, "it is not initialized yet"));
        }
        if self.is_shut_down() {
            return Err(RpcError::invalid("it was shut down"));
        }
        match method {
            "shutdown" => {
                self.shut_down.store(true, Ordering::SeqCst);
                Ok(Value::Null)
            }
            "workspace/executeCommand" => self.execute(peer, &read(params)?, cancel),
            _ => self.of_document(method, params),
        }
    }

    fn notification(&self, peer: &Peer, method: &str, params: Value) {
        match method {
            "exit" => return peer.close(),
            "initialized" => return watching::begin(&self.state, &self.hub, peer),
            _ => {}
        }
        let mut state = self.lock();
        let encoding = state.encoding;
        let documents = &mut state.documents;
        // A notification that cannot be read changes nothing; there is nobody to tell.
        let changed = match method {
            "textDocument/didOpen" => read(params).map(|it| documents.opened(it)),
            "textDocument/didChange" => read(params).map(|it| documents.changed(encoding, it)),
            "textDocument/didClose" => read(params).map(|it| documents.closed(&it)),
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" => {
                documents.forget();
                Ok(())
            }
            _ => return,
        };
        if changed.is_ok() {
            self.dirty(state);
        }
    }

    fn gone(&self, peer: &Peer) {
        self.hub.forget(peer);
        let mut state = self.lock();
        state.gone = true;
        self.state.1.notify_all();
    }
}

fn lock(state: &(Mutex<State>, Condvar)) -> MutexGuard<'_, State> {
    state.0.lock().unwrap_or_else(PoisonError::into_inner)
}

fn can(params: &InitializeParams) -> ClientCan {
    let window = params.capabilities.window.as_ref();
    let workspace = params.capabilities.workspace.as_ref();
    let lenses = workspace.and_then(|it| it.code_lens.as_ref());
    let shows = window.and_then(|it| it.show_document.as_ref());
    ClientCan {
        progress: window
            .and_then(|it| it.work_done_progress)
            .unwrap_or_default(),
        show_documents: shows.is_some_and(|it| it.support),
        refresh_lenses: lenses.and_then(|it| it.refresh_support).unwrap_or_default(),
    }
}

fn capabilities(encoding: Encoding, own_commands: bool) -> ServerCapabilities {
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::INCREMENTAL),
        save: Some(TextDocumentSyncSaveOptions::SaveOptions(
            SaveOptions::default(),
        )),
        ..TextDocumentSyncOptions::default()
    };
    let triggers = ["-", ".", "{", ":", " "].map(str::to_owned).to_vec();
    ServerCapabilities {
        position_encoding: Some(encoding.kind()),
        text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        definition_provider: Some(OneOf::Left(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(triggers),
            ..CompletionOptions::default()
        }),
        code_lens_provider: Some(CodeLensOptions {
            resolve_provider: Some(false),
        }),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX, actions::fix_all()]),
            ..CodeActionOptions::default()
        })),
        execute_command_provider: own_commands.then(|| ExecuteCommandOptions {
            commands: deeds::COMMANDS.map(str::to_owned).to_vec(),
            ..ExecuteCommandOptions::default()
        }),
        ..ServerCapabilities::default()
    }
}

/// What an editor is told of one message of the server.
fn message(kind: u32, text: &str) -> Value {
    json!({"type": kind, "message": text})
}
