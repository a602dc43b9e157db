//! One connection to one server that answers.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use change::Digest;
use host::clock::{Deadline, Stopwatch};
use host::process::Attended;
use rmcp::RoleClient;
use rmcp::model::{CallToolRequestParams, CallToolResult, PaginatedRequestParams, Tool};
use rmcp::service::{Peer, RunningService, ServiceError};
use serde_json::{Map, Value};
use tokio::runtime::Handle;
use tools::{Person, Progress, Stop};

use crate::ear::{Ear, Ears, Heard};
use crate::render::{description, plain};
use crate::said::Said;

/// How often a wait looks whether it is to end.
const LOOK: Duration = Duration::from_millis(50);
/// Signs of life make a call last no longer than so many times its limit.
const LIVES: u32 = 10;
/// Most pages of a list, and most tools of a server.
const PAGES_MAX: usize = 64;
const TOOLS_MAX: usize = 1_000;
/// Largest schema of a tool's arguments, in bytes.
const SCHEMA_MAX: usize = 64_000;
/// How long a program that is told to end may take for it.
const FAREWELL: Duration = Duration::from_millis(500);

pub(crate) type Service = RunningService<RoleClient, Ear>;

/// A tool as its server describes it, made fit to be shown.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoteTool {
    /// Its name there.
    pub name: String,
    /// What it says of itself.
    pub description: String,
    /// JSON Schema of its arguments, an object.
    pub schema: Value,
    /// Digest of everything that it says of itself, as it said it.
    pub digest: Digest,
}

/// Why a request came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The owner ended it.
    #[error("it was stopped")]
    Stopped,
    /// Nothing came for so long.
    #[error("no answer within {} s; the server was told that nobody waits any more", .0.as_secs_f64())]
    Silent(Duration),
    /// The answer is larger than is taken.
    #[error("the answer was larger than {0} bytes and was thrown away")]
    TooLarge(usize),
    /// The connection is gone.
    #[error("the server died{0}")]
    Died(String),
    /// The server says no.
    #[error("{0}")]
    Refused(String),
    /// It wants a person to log in, or to grant more; what it said of that.
    #[error("it wants authorization: run `kiro mcp login` for it")]
    Unauthorized(String),
}

/// A server that answers.
pub(crate) struct Link {
    name: String,
    // In an option, so that it goes before the program does.
    service: Option<Arc<Service>>,
    ears: Arc<Ears>,
    said: Arc<Said>,
    program: Option<Mutex<Attended>>,
    handle: Handle,
    tools: Mutex<Vec<RemoteTool>>,
    notes: Mutex<Vec<String>>,
    /// Where its standard error is kept.
    pub(crate) log: Option<PathBuf>,
}

/// What a connection is made of.
pub(crate) struct Parts {
    pub(crate) name: String,
    pub(crate) service: Service,
    pub(crate) ears: Arc<Ears>,
    pub(crate) said: Arc<Said>,
    pub(crate) program: Option<Attended>,
    pub(crate) log: Option<PathBuf>,
}

impl Link {
    pub(crate) fn of(parts: Parts, handle: Handle) -> Link {
        Link {
            name: parts.name,
            service: Some(Arc::new(parts.service)),
            ears: parts.ears,
            said: parts.said,
            program: parts.program.map(Mutex::new),
            handle,
            tools: Mutex::default(),
            notes: Mutex::default(),
            log: parts.log,
        }
    }

    fn peer(&self) -> Result<&Peer<RoleClient>, RequestError> {
        let service = self.service.as_ref();
        service
            .map(|it| it.peer())
            .ok_or_else(|| RequestError::Died(String::new()))
    }

    /// Name and version that the server gives itself, and the protocol's version.
    pub(crate) fn introduces(&self) -> (String, String) {
        let info = self.peer().ok().and_then(Peer::peer_info);
        let Some(info) = info else {
            return (String::new(), String::new());
        };
        let who = info.server_info.as_ref();
        let who = who.map_or(String::new(), |it| {
            plain(&format!("{} {}", it.name, it.version))
        });
        (who, info.protocol_version.to_string())
    }

    /// Whether it has resources, and prompts.
    pub(crate) fn offers(&self) -> (bool, bool) {
        let info = self.peer().ok().and_then(Peer::peer_info);
        info.map_or((false, false), |it| {
            let can = &it.capabilities;
            (can.resources.is_some(), can.prompts.is_some())
        })
    }

    /// The tools as they were listed last.
    pub(crate) fn tools(&self) -> Vec<RemoteTool> {
        let tools = self.tools.lock().unwrap_or_else(PoisonError::into_inner);
        tools.clone()
    }

    /// What was left out of the list, and why.
    pub(crate) fn notes(&self) -> Vec<String> {
        let notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.clone()
    }

    /// Asks for the tools anew where the server said that they changed.
    pub(crate) fn refresh(&self, limit: Duration) -> Result<(), RequestError> {
        match self.ears.tools_changed.swap(false, Ordering::Relaxed) {
            true => self.list_tools(limit),
            false => Ok(()),
        }
    }

    /// Asks for the tools.
    pub(crate) fn list_tools(&self, limit: Duration) -> Result<(), RequestError> {
        let peer = self.peer()?.clone();
        let can = peer
            .peer_info()
            .is_some_and(|it| it.capabilities.tools.is_some());
        let listed = match can {
            false => Vec::new(),
            true => self.soon(limit, async move {
                let (mut all, mut cursor) = (Vec::new(), None);
                for _ in 0..PAGES_MAX {
                    let params = PaginatedRequestParams::default().with_cursor(cursor);
                    let page = peer.list_tools(Some(params)).await?;
                    all.extend(page.tools);
                    cursor = page.next_cursor;
                    if cursor.is_none() || all.len() > TOOLS_MAX {
                        break;
                    }
                }
                Ok(all)
            })?,
        };
        let (tools, notes) = fit(&listed);
        *self.tools.lock().unwrap_or_else(PoisonError::into_inner) = tools;
        *self.notes.lock().unwrap_or_else(PoisonError::into_inner) = notes;
        Ok(())
    }

    /// Does something that is not shown while it lasts, and that nobody is asked for.
    pub(crate) fn soon<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl Future<Output = Result<T, ServiceError>> + Send + 'static,
    ) -> Result<T, RequestError> {
        let nobody: Arc<dyn Person> = Arc::new(tools::Nobody);
        self.follow(limit, nobody, work, &|| false, &|_| {})
    }

    /// The service itself, for requests that are made of it.
    pub(crate) fn service(&self) -> Result<Arc<Service>, RequestError> {
        let service = self.service.as_ref().map(Arc::clone);
        service.ok_or_else(|| RequestError::Died(String::new()))
    }

    /// Calls a tool. What the server asks meanwhile is put to `person`.
    pub(crate) fn call(
        &self,
        tool: &str,
        arguments: Map<String, Value>,
        limit: Duration,
        person: Arc<dyn Person>,
        stop: Stop<'_>,
        on: &(dyn Fn(Progress) + Sync),
    ) -> Result<CallToolResult, RequestError> {
        let service = self.service()?;
        let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        let work = async move { service.call_tool(params).await };
        self.follow(limit, person, work, stop, on)
    }

    /// Waits for `work` until it is done, stopped, or nothing was heard for `limit`; who gives up tells the server.
    pub(crate) fn follow<T: Send + 'static>(
        &self,
        limit: Duration,
        person: Arc<dyn Person>,
        work: impl Future<Output = Result<T, ServiceError>> + Send + 'static,
        stop: Stop<'_>,
        on: &(dyn Fn(Progress) + Sync),
    ) -> Result<T, RequestError> {
        let (tell, inbox) = channel();
        let _ticket = self.ears.wait(person, tell.clone());
        let oversized = self.said.oversized();
        let work = self.handle.spawn(async move {
            let came = work.await;
            // Whoever has gone away wants no answer.
            let _ = tell.send(Heard::Done(came));
        });
        let all = Deadline::after(limit.saturating_mul(LIVES));
        let mut heard = Stopwatch::start();
        let ended = loop {
            match inbox.recv_timeout(LOOK) {
                Ok(Heard::Done(came)) => return came.map_err(|it| self.failed(&it)),
                Ok(Heard::Progress(text)) => {
                    on(Progress::Waiting(text));
                    heard = Stopwatch::start();
                }
                Ok(Heard::Alive) => heard = Stopwatch::start(),
                Err(RecvTimeoutError::Disconnected) => break RequestError::Died(String::new()),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if stop() {
                break RequestError::Stopped;
            }
            if self.said.oversized() > oversized {
                break RequestError::TooLarge(crate::connect::MESSAGE_MAX);
            }
            if self.ears.is_asking() {
                heard = Stopwatch::start();
            } else if heard.elapsed() >= limit || all.passed() {
                break RequestError::Silent(limit);
            }
        };
        // Dropping a request tells the server that nobody waits for it.
        work.abort();
        Err(ended)
    }

    fn failed(&self, error: &ServiceError) -> RequestError {
        if error.auth_challenge().is_some() || error.is_authorization_required() {
            let challenge = error.auth_challenge().unwrap_or_default();
            return RequestError::Unauthorized(challenge.to_owned());
        }
        match error {
            ServiceError::McpError(error) => RequestError::Refused(plain(&error.message)),
            ServiceError::TransportClosed | ServiceError::Cancelled { .. } => {
                RequestError::Died(self.last_words())
            }
            ServiceError::TransportSend(error) if self.program.is_some() => {
                let words = self.last_words();
                RequestError::Died(match words.is_empty() {
                    true => format!(": {}", plain(&error.to_string())),
                    false => words,
                })
            }
            ServiceError::UnexpectedResponse => {
                RequestError::Refused("its answer is none that the protocol knows here".to_owned())
            }
            error => RequestError::Refused(plain(&causes(error))),
        }
    }

    /// How its program ended, and what it said at last.
    fn last_words(&self) -> String {
        let Some(program) = &self.program else {
            return String::new();
        };
        let program = program.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = match program.ending(FAREWELL) {
            Ok(Some(ended)) => format!(" ({ended})"),
            Ok(None) => String::new(),
            Err(error) => format!(" ({error})"),
        };
        match self.said.last_words().trim() {
            "" => ended,
            said => format!("{ended}; it said: {said}"),
        }
    }

    /// Whether nothing can be asked of it any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.service
            .as_ref()
            .is_none_or(|it| it.is_closed() || it.peer().is_transport_closed())
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Some(service) = self.service.take() {
            // Its input closes, which is how a server is told to end.
            service.cancellation_token().cancel();
        }
        if let Some(program) = self.program.take() {
            let program = program.into_inner().unwrap_or_else(PoisonError::into_inner);
            // Whatever does not end by itself is ended when this is dropped.
            let _ = program.ending(FAREWELL);
        }
    }
}

/// An error with what lies below it.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut below = error.source();
    while let Some(cause) = below {
        let cause_told = cause.to_string();
        if !told.contains(&cause_told) {
            told.push_str(&format!(": {cause_told}"));
        }
        below = cause.source();
    }
    told
}

/// The tools that can be offered, and what is left out with the reason.
fn fit(listed: &[Tool]) -> (Vec<RemoteTool>, Vec<String>) {
    let mut tools: BTreeMap<String, RemoteTool> = BTreeMap::new();
    let mut notes = Vec::new();
    if listed.len() > TOOLS_MAX {
        notes.push(format!(
            "of {} tools the first {TOOLS_MAX} are there",
            listed.len()
        ));
    }
    for tool in listed.iter().take(TOOLS_MAX) {
        let name = plain(&tool.name);
        let why = match () {
            () if name.trim().is_empty() || name.len() > 200 || name != *tool.name => {
                Some("its name cannot be used")
            }
            () if tools.contains_key(&name) => Some("another one has its name"),
            () => None,
        };
        let mut schema = Value::Object((*tool.input_schema).clone());
        let why = why.or_else(|| {
            (schema.to_string().len() > SCHEMA_MAX)
                .then_some("what it says of its arguments is too long")
        });
        if let Some(why) = why {
            notes.push(format!(
                "the tool «{}» is left out: {why}",
                crate::render::bounded(&name, 80)
            ));
            continue;
        }
        schema["type"] = Value::String("object".to_owned());
        tools.insert(
            name.clone(),
            RemoteTool {
                name,
                description: description(tool.description.as_deref().unwrap_or_default()),
                schema: clean(schema),
                digest: fingerprint(tool),
            },
        );
    }
    (tools.into_values().collect(), notes)
}

/// A digest of everything that a model or a person is led by.
fn fingerprint(tool: &Tool) -> Digest {
    let text = |it: Option<&str>| Value::from(it.unwrap_or_default());
    let schema = |it: Option<&Arc<Map<String, Value>>>| {
        it.map_or(Value::Null, |it| Value::Object((**it).clone()))
    };
    let parts = [
        text(Some(&tool.name)),
        text(tool.title.as_deref()),
        text(tool.description.as_deref()),
        schema(Some(&tool.input_schema)),
        schema(tool.output_schema.as_ref()),
        serde_json::to_value(&tool.annotations).unwrap_or_default(),
    ];
    Digest::of(canonical(&Value::from(parts.to_vec())).as_bytes())
}

/// The value as text, whatever the order of its keys.
fn canonical(value: &Value) -> String {
    let joined = |parts: Vec<String>| parts.join(",");
    match value {
        Value::Array(list) => format!("[{}]", joined(list.iter().map(canonical).collect())),
        Value::Object(object) => {
            let mut keys: Vec<&String> = object.keys().collect();
            keys.sort();
            let pair =
                |key: &String| format!("{}:{}", Value::from(key.as_str()), canonical(&object[key]));
            format!("{{{}}}", joined(keys.into_iter().map(pair).collect()))
        }
        other => other.to_string(),
    }
}

/// The same value with nothing hidden in its texts.
fn clean(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(plain(&text)),
        Value::Array(list) => Value::Array(list.into_iter().map(clean).collect()),
        Value::Object(object) => {
            let pair = |(key, value): (String, Value)| (key, clean(value));
            Value::Object(object.into_iter().map(pair).collect())
        }
        other => other,
    }
}
