//! The Agent Client Protocol, as every editor that speaks it expects it: sessions, prompts, permissions, diffs, plans.
//!
//! A session is a conversation in one folder, with a mode and a model. A prompt is carried out by `session::chat`, or, when
//! it begins with a slash, is one of [`commands`] by which the whole work with specs can be driven. The protocol's own
//! types come from its schema crate and are used in these modules only.

mod commands;
mod content;
mod front;
mod sessions;
mod settings;
mod updates;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use agent_client_protocol_schema::ProtocolVersion;
use agent_client_protocol_schema::v1::{
    AGENT_METHOD_NAMES as METHOD, AgentCapabilities, CancelNotification, ClientCapabilities,
    Implementation, InitializeRequest, InitializeResponse, PromptCapabilities, SessionCapabilities,
    SessionCloseCapabilities, SessionListCapabilities,
};
use serde_json::{Value, json};
use session::{Cancel, Role};

use self::sessions::Session;
use crate::hub::Hub;
use crate::kiro::{read, told};
use crate::rpc::{Peer, RpcError, code};
use crate::wire;

/// What one client of the protocol has begun.
pub(crate) struct Acp {
    hub: Hub,
    client: Mutex<ClientCapabilities>,
    sessions: Mutex<HashMap<String, Arc<Session>>>,
}

impl Acp {
    pub(crate) fn new(hub: &Hub) -> Acp {
        Acp {
            hub: hub.clone(),
            client: Mutex::default(),
            sessions: Mutex::default(),
        }
    }

    /// Whether a method is answered before anything that came after it is read.
    pub(crate) fn is_quick(method: &str) -> bool {
        // What changes a session is done when the prompt after it begins.
        method != METHOD.session_prompt && method != METHOD.session_list
    }

    pub(crate) fn request(
        &self,
        peer: &Peer,
        method: &str,
        params: Value,
        cancel: &Cancel,
    ) -> Result<Value, RpcError> {
        match method {
            it if it == METHOD.initialize => told(&self.initialize(read(params)?)),
            // There is nobody to show a key to: models' keys come from the environment.
            it if it == METHOD.authenticate => Ok(json!({})),
            it if it == METHOD.session_new => told(&self.new_session(read(params)?)?),
            it if it == METHOD.session_load => told(&self.load_session(peer, read(params)?)?),
            it if it == METHOD.session_list => told(&self.list_sessions(read(params)?)?),
            it if it == METHOD.session_close => self.close_session(&read(params)?),
            it if it == METHOD.session_set_mode => self.set_mode(peer, &read(params)?),
            it if it == METHOD.session_set_config_option => {
                told(&self.set_option(peer, &read(params)?)?)
            }
            it if it == METHOD.session_prompt => told(&self.prompt(peer, read(params)?, cancel)?),
            _ => Err(RpcError::no_method(method)),
        }
    }

    /// What is told once a request was answered: commands belong to a session that the client knows.
    pub(crate) fn answered(&self, peer: &Peer, method: &str, result: &Value) {
        let is_new = method == METHOD.session_new;
        if let (true, Some(id)) = (is_new, result["sessionId"].as_str()) {
            updates::send(peer, id, commands::available());
        }
    }

    pub(crate) fn notification(&self, method: &str, params: Value) {
        if method != METHOD.session_cancel {
            return;
        }
        // What is no notification of the protocol cancels nothing.
        let Ok(wanted) = read::<CancelNotification>(params) else {
            return;
        };
        if let Ok(session) = self.session(&wanted.session_id.0) {
            session.cancel();
        }
    }

    fn initialize(&self, request: InitializeRequest) -> InitializeResponse {
        *lock(&self.client) = request.client_capabilities;
        let capabilities = AgentCapabilities::new()
            .load_session(true)
            .prompt_capabilities(
                PromptCapabilities::new()
                    .embedded_context(true)
                    .image(self.takes_images()),
            )
            .session_capabilities(
                SessionCapabilities::new()
                    .list(SessionListCapabilities::new())
                    .close(SessionCloseCapabilities::new()),
            );
        let mut meta = serde_json::Map::new();
        meta.insert("kiro".to_owned(), json!({ "version": wire::VERSION }));
        InitializeResponse::new(ProtocolVersion::V1)
            .agent_capabilities(capabilities)
            .agent_info(
                Implementation::new("kiro", env!("CARGO_PKG_VERSION")).title("Kiro".to_owned()),
            )
            .meta(meta)
    }

    /// Whether the model of a session that names none takes pictures. A client asks before it names a folder.
    fn takes_images(&self) -> bool {
        let takes = self.hub.environment(None).ok().and_then(|it| {
            let chain = session::model_for(Role::Implement, None, &it).ok()?;
            session::takes_images(&it, &chain).ok()
        });
        takes.unwrap_or(false)
    }

    fn session(&self, id: &str) -> Result<Arc<Session>, RpcError> {
        let sessions = lock(&self.sessions);
        sessions
            .get(id)
            .cloned()
            .ok_or_else(|| RpcError::new(code::NOT_FOUND, format!("there is no session {id}")))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
