//! Sessions of a client: begun, gone on with, listed, set, prompted.

use std::cell::RefCell;
use std::path::Path;
use std::sync::{Arc, Mutex};

use agent_client_protocol_schema::v1::{
    CloseSessionRequest, ListSessionsRequest, ListSessionsResponse, LoadSessionRequest,
    LoadSessionResponse, McpServer, NewSessionRequest, NewSessionResponse, PromptRequest,
    PromptResponse, SessionInfo, SetSessionConfigOptionRequest, SetSessionConfigOptionResponse,
    SetSessionModeRequest, StopReason,
};
use serde_json::{Value, json};
use session::{Cancel, Conversation, Environment, conversations};

use super::{Acp, commands, content, lock, settings, updates};
use crate::rpc::{Peer, RpcError, code};
use crate::wire::WorkMode;

/// A conversation of a client.
pub(super) struct Session {
    pub(super) id: String,
    pub(super) environment: Environment,
    pub(super) state: Mutex<State>,
    busy: Mutex<Option<Cancel>>,
}

/// What of a session changes.
pub(super) struct State {
    pub(super) mode: WorkMode,
    /// The model that the client chose; as configured without.
    pub(super) model: Option<String>,
    /// The spec that was spoken of last.
    pub(super) spec: Option<String>,
    /// How many servers of tools the client named that are not used, until it was told.
    unused_servers: usize,
    pub(super) conversation: Conversation,
}

impl Session {
    fn new(conversation: Conversation, environment: Environment, servers: &[McpServer]) -> Session {
        Session {
            id: conversation.id.clone(),
            environment,
            state: Mutex::new(State {
                mode: WorkMode::Guided,
                model: None,
                spec: None,
                unused_servers: servers.len(),
                conversation,
            }),
            busy: Mutex::default(),
        }
    }

    /// Ends what the session does.
    pub(super) fn cancel(&self) {
        if let Some(cancel) = &*lock(&self.busy) {
            cancel.cancel();
        }
    }

    /// Takes the session for one prompt.
    fn take(&self, cancel: &Cancel) -> Result<Taken<'_>, RpcError> {
        let mut busy = lock(&self.busy);
        if busy.is_some() {
            return Err(RpcError::invalid("the session works on a prompt already"));
        }
        *busy = Some(cancel.clone());
        Ok(Taken(self))
    }
}

/// A session that works on a prompt.
struct Taken<'a>(&'a Session);

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *lock(&self.0.busy) = None;
    }
}

impl Acp {
    fn environment_of(&self, cwd: &Path) -> Result<Environment, RpcError> {
        let folder = cwd
            .to_str()
            .ok_or_else(|| RpcError::params("the folder's name is no plain text"))?;
        self.hub.environment(Some(folder))
    }

    pub(super) fn new_session(
        &self,
        request: NewSessionRequest,
    ) -> Result<NewSessionResponse, RpcError> {
        let environment = self.environment_of(&request.cwd)?;
        let conversation = Conversation::begin(&environment)?;
        let session = Arc::new(Session::new(
            conversation,
            environment,
            &request.mcp_servers,
        ));
        lock(&self.sessions).insert(session.id.clone(), Arc::clone(&session));
        let state = lock(&session.state);
        Ok(NewSessionResponse::new(session.id.clone())
            .modes(settings::modes(state.mode))
            .config_options(settings::options(&state, &session.environment)?))
    }

    /// Goes on with a session: what was said is told again.
    pub(super) fn load_session(
        &self,
        peer: &Peer,
        request: LoadSessionRequest,
    ) -> Result<LoadSessionResponse, RpcError> {
        let environment = self.environment_of(&request.cwd)?;
        let id = request.session_id.0.to_string();
        let conversation = Conversation::load(&id, &environment)
            .map_err(|error| RpcError::new(code::NOT_FOUND, error.message))?;
        for exchange in &conversation.exchanges {
            updates::send(peer, &id, updates::of_user(&exchange.prompt));
            updates::send(peer, &id, updates::of_agent(&exchange.answer));
        }
        let session = Arc::new(Session::new(
            conversation,
            environment,
            &request.mcp_servers,
        ));
        lock(&self.sessions).insert(id.clone(), Arc::clone(&session));
        updates::send(peer, &id, commands::available());
        let state = lock(&session.state);
        Ok(LoadSessionResponse::new()
            .modes(settings::modes(state.mode))
            .config_options(settings::options(&state, &session.environment)?))
    }

    pub(super) fn list_sessions(
        &self,
        request: ListSessionsRequest,
    ) -> Result<ListSessionsResponse, RpcError> {
        let environment = match &request.cwd {
            Some(cwd) => self.environment_of(cwd)?,
            None => self.hub.environment(None)?,
        };
        let listed = conversations(&environment)?.into_iter().map(|it| {
            SessionInfo::new(it.id, environment.cwd.clone())
                .title(it.title)
                .updated_at(session::hooking::clock_time(it.at_ms).replacen(" ", "T", 1))
        });
        Ok(ListSessionsResponse::new(listed.collect()))
    }

    pub(super) fn close_session(&self, request: &CloseSessionRequest) -> Result<Value, RpcError> {
        self.session(&request.session_id.0)?.cancel();
        lock(&self.sessions).remove(&*request.session_id.0);
        Ok(json!({}))
    }

    pub(super) fn set_mode(
        &self,
        peer: &Peer,
        request: &SetSessionModeRequest,
    ) -> Result<Value, RpcError> {
        let session = self.session(&request.session_id.0)?;
        let mode = settings::mode(&request.mode_id.0)?;
        let options = {
            let mut state = lock(&session.state);
            state.mode = mode;
            settings::options(&state, &session.environment)?
        };
        updates::send(peer, &session.id, updates::of_options(options));
        Ok(json!({}))
    }

    pub(super) fn set_option(
        &self,
        peer: &Peer,
        request: &SetSessionConfigOptionRequest,
    ) -> Result<SetSessionConfigOptionResponse, RpcError> {
        let session = self.session(&request.session_id.0)?;
        let value = request
            .value
            .as_value_id()
            .ok_or_else(|| RpcError::params("the value is none of the option's"))?;
        let mut state = lock(&session.state);
        let is_mode = settings::set(
            &mut state,
            &request.config_id.0,
            &value.0,
            &session.environment,
        )?;
        if is_mode {
            updates::send(peer, &session.id, updates::of_mode(state.mode));
        }
        let options = settings::options(&state, &session.environment)?;
        Ok(SetSessionConfigOptionResponse::new(options))
    }

    /// Carries out what the person says.
    pub(super) fn prompt(
        &self,
        peer: &Peer,
        request: PromptRequest,
        cancel: &Cancel,
    ) -> Result<PromptResponse, RpcError> {
        let session = self.session(&request.session_id.0)?;
        let _taken = session.take(cancel)?;
        let prompt = content::prompt(&request.prompt)?;
        let unused = std::mem::take(&mut lock(&session.state).unused_servers);
        if unused > 0 {
            let told = format!(
                "{unused} MCP servers of the editor are not used: Kiro uses those that the project names and you trust.\n"
            );
            updates::send(peer, &session.id, updates::of_thought(&told));
        }
        let client = lock(&self.client).clone();
        let turn = commands::Turn {
            hub: &self.hub,
            peer,
            client: &client,
            session: &session,
            cancel,
            pictures: &prompt.pictures,
            came: RefCell::default(),
        };
        let prompt = &prompt.text;
        let said = turn.take(prompt);
        match said {
            Ok(_) if cancel.is_cancelled() => Ok(PromptResponse::new(StopReason::Cancelled)),
            Ok(said) => {
                let mut state = lock(&session.state);
                let came = turn.came.take();
                state.conversation.keep(prompt, &said, came)?;
                Ok(PromptResponse::new(StopReason::EndTurn))
            }
            Err(error) if error.code == code::CANCELLED || cancel.is_cancelled() => {
                Ok(PromptResponse::new(StopReason::Cancelled))
            }
            Err(error) => Err(error),
        }
    }
}
