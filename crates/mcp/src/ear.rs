//! Kiro's side of a connection, as the server hears it: it answers questions to the person and takes in progress.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use rmcp::model::{
    ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult, ElicitationAction,
    ElicitationCapability, ErrorData, FormElicitationCapability, Implementation,
    ProgressNotificationParam, ProtocolVersion, RootsCapabilities,
};
use rmcp::service::{NotificationContext, RequestContext};
use rmcp::{ClientHandler, RoleClient};
use tools::Person;

use crate::elicit::{self, Answered};
use crate::render::{bounded, plain};
use crate::roots::{self, Roots};

/// Bytes of one report of progress.
const PROGRESS_MAX: usize = 300;

/// Something that happens while a call is under way.
#[derive(Debug)]
pub(crate) enum Heard<T> {
    /// The server reports progress.
    Progress(String),
    /// A sign of life that is not shown.
    Alive,
    /// It is over.
    Done(T),
}

/// Whoever waits for an answer of the server.
struct Waiting {
    ticket: u64,
    person: Arc<dyn Person>,
    tell: Box<dyn Fn(Heard<()>) + Send>,
}

/// What a server can reach of Kiro.
#[derive(Default)]
pub(crate) struct Ears {
    server: String,
    /// The folders that it is asked about.
    roots: Vec<PathBuf>,
    waiting: Mutex<Vec<Waiting>>,
    tickets: AtomicU64,
    /// Questions that a person is being asked.
    asking: AtomicU64,
    /// Whether the server said that its tools are others now.
    pub(crate) tools_changed: AtomicBool,
}

impl Ears {
    pub(crate) fn of(server: &str, roots: &[PathBuf]) -> Arc<Ears> {
        Arc::new(Ears {
            server: server.to_owned(),
            roots: roots.to_vec(),
            ..Ears::default()
        })
    }

    /// Lets whoever calls be told of progress, and the person be asked, until the ticket is dropped.
    pub(crate) fn wait<T: Send + 'static>(
        self: &Arc<Ears>,
        person: Arc<dyn Person>,
        tell: Sender<Heard<T>>,
    ) -> Ticket {
        let number = self.tickets.fetch_add(1, Ordering::Relaxed);
        let tell = move |heard: Heard<()>| {
            let heard = match heard {
                Heard::Progress(text) => Heard::Progress(text),
                Heard::Alive | Heard::Done(()) => Heard::Alive,
            };
            // Whoever has gone away wants to hear no more.
            let _ = tell.send(heard);
        };
        self.lock().push(Waiting {
            ticket: number,
            person,
            tell: Box::new(tell),
        });
        Ticket {
            number,
            ears: Arc::clone(self),
        }
    }

    /// Whether a person is being asked something at the moment.
    pub(crate) fn is_asking(&self) -> bool {
        self.asking.load(Ordering::Relaxed) > 0
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell_all(&self, heard: impl Fn() -> Heard<()>) {
        self.lock().iter().for_each(|it| (it.tell)(heard()));
    }

    /// Asks the person of the call that began last; without a call nobody can be meant.
    fn ask(self: &Arc<Ears>, message: &str, schema: &serde_json::Value) -> Answered {
        let asked = self
            .lock()
            .last()
            .map(|it| (it.ticket, Arc::clone(&it.person)));
        let Some((ticket, person)) = asked else {
            return Answered::Cancelled;
        };
        self.asking.fetch_add(1, Ordering::Relaxed);
        let gone = || !self.lock().iter().any(|it| it.ticket == ticket);
        let message = bounded(message, 2_000);
        let answered = elicit::form(&self.server, &message, schema, &*person, &gone);
        self.asking.fetch_sub(1, Ordering::Relaxed);
        self.tell_all(|| Heard::Alive);
        answered
    }
}

/// A call that waits; when it is dropped, nothing more is told to it and nobody asked for it.
pub(crate) struct Ticket {
    number: u64,
    ears: Arc<Ears>,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.ears.lock().retain(|it| it.ticket != self.number);
    }
}

/// The handler that the protocol is given.
#[derive(Clone)]
pub(crate) struct Ear(pub(crate) Arc<Ears>);

impl ClientHandler for Ear {
    fn get_info(&self) -> ClientConfig {
        let mut capabilities = ClientCapabilities::default();
        let form = ElicitationCapability::new().with_form(FormElicitationCapability::default());
        capabilities.elicitation = Some(form);
        if !self.0.roots.is_empty() {
            capabilities.roots = Some(RootsCapabilities::default());
        }
        let me = Implementation::new("kiro", env!("CARGO_PKG_VERSION"));
        let mut config = ClientConfig::new(capabilities, me);
        config.protocol_version = ProtocolVersion::LATEST_WITH_INITIALIZE;
        config
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let ElicitRequestParams::FormElicitationParams {
            message,
            requested_schema,
            ..
        } = request
        else {
            // An address that a server wants to have opened is never opened for it.
            return Ok(ElicitResult::new(ElicitationAction::Decline));
        };
        let schema = serde_json::to_value(&requested_schema).unwrap_or_default();
        let ears = Arc::clone(&self.0);
        let asked = tokio::task::spawn_blocking(move || ears.ask(&message, &schema));
        let answered = asked.await.unwrap_or(Answered::Cancelled);
        Ok(match answered {
            Answered::Accepted(content) => {
                let mut result = ElicitResult::new(ElicitationAction::Accept);
                result.content = Some(content);
                result
            }
            Answered::Declined => ElicitResult::new(ElicitationAction::Decline),
            Answered::Cancelled => ElicitResult::new(ElicitationAction::Cancel),
        })
    }

    async fn list_roots(&self, _: RequestContext<RoleClient>) -> Result<Roots, ErrorData> {
        Ok(roots::of(&self.0.roots))
    }

    async fn on_progress(
        &self,
        progress: ProgressNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        let share = match progress.total {
            Some(total) if total > 0.0 => format!("{:.0} %", progress.progress / total * 100.0),
            _ => format!("{}", progress.progress),
        };
        let message = progress.message.unwrap_or_default();
        let text = format!("{}: {share} {}", self.0.server, plain(&message));
        let text = bounded(text.trim_end(), PROGRESS_MAX);
        self.0.tell_all(|| Heard::Progress(text.clone()));
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.0.tools_changed.store(true, Ordering::Relaxed);
    }
}
