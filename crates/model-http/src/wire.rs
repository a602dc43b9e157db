//! One exchange with a server: a request goes out, events come in.
//!
//! A thread of its own talks to the network, so that neither a cancelled turn nor a silent server is waited for: the turn
//! shuts the connection down and leaves, and the thread ends by itself.

use std::io::{ErrorKind, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use model::{Cancel, Limits, ModelError, ModelId, Trouble};
use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body};

use crate::refusal::Refusal;
use crate::settings::Settings;
use crate::sse::{Event, Reader, SseError};

/// How often a wait looks whether the turn was cancelled.
const LOOK: Duration = Duration::from_millis(50);
/// Bytes read from the network at once.
const CHUNK: usize = 16 << 10;
/// Chunks that may wait for the turn.
const WAITING: usize = 16;
/// Bytes of an error's text that are read.
const ERROR_BYTES_MAX: usize = 64 << 10;
/// How much longer than the turn the thread waits, so that the turn decides.
const GRACE: Duration = Duration::from_secs(5);

/// Whether an answer goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// More events are expected.
    More,
    /// That was the last event.
    Done,
}

/// Why an exchange failed.
pub(crate) enum Failure {
    /// The server refused the request. No event came.
    Refused(Box<Refusal>),
    /// Anything else.
    Model(ModelError),
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        Self::Model(error)
    }
}

/// What goes out.
pub(crate) struct Ask<'a> {
    /// The path behind the endpoint's base.
    pub(crate) path: &'a str,
    /// Headers beside the content's type. Their values may be secret.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The body, JSON.
    pub(crate) body: String,
}

/// A way to one server, which many turns may use at once.
pub(crate) struct Wire {
    model: ModelId,
    settings: Settings,
    /// Agents whose connections are free to be used again. One turn has one agent, because a turn that is cancelled shuts
    /// down all connections of its agent.
    free: Mutex<Vec<Agent>>,
}

enum Message {
    Head(Head),
    Chunk(Vec<u8>),
    End(Result<(), (Trouble, String)>),
}

struct Head {
    status: u16,
    length: Option<u64>,
    location: Option<String>,
    retry_after: Option<Duration>,
}

impl Wire {
    pub(crate) fn new(model: ModelId, settings: Settings) -> Self {
        Self {
            model,
            settings,
            free: Mutex::default(),
        }
    }

    pub(crate) fn model(&self) -> &ModelId {
        &self.model
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// An error of this model, without the key.
    pub(crate) fn error(&self, trouble: Trouble, reason: impl AsRef<str>) -> ModelError {
        ModelError::Provider {
            model: self.model.clone(),
            trouble,
            reason: self.redact(reason.as_ref()),
            retry_after: None,
        }
    }

    pub(crate) fn redact(&self, text: &str) -> String {
        match &self.settings.key {
            Some(key) => key.redact(text),
            None => text.to_owned(),
        }
    }

    /// Sends `ask` and gives each event to `on`, until that says it was the last one.
    pub(crate) fn exchange(
        &self,
        ask: Ask<'_>,
        cancel: &Cancel,
        on: &mut dyn FnMut(Event) -> Result<Flow, ModelError>,
    ) -> Result<(), Failure> {
        if cancel.is_cancelled() {
            return Err(ModelError::Cancelled.into());
        }
        let agent = self.agent();
        let outcome = self.send(&agent, ask).and_then(|receiver| {
            let mut answer = Answer {
                wire: self,
                cancel,
                began: Instant::now(),
                bytes: 0,
            };
            answer.receive(&receiver, on)
        });
        match outcome {
            Ok(()) => self.lock().push(agent),
            Err(_) => agent.shutdown(),
        }
        outcome
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Agent>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn agent(&self) -> Agent {
        if let Some(agent) = self.lock().pop() {
            return agent;
        }
        let Limits {
            connect,
            first,
            idle,
            ..
        } = self.settings.limits;
        Agent::config_builder()
            .proxy(self.settings.proxy())
            // A key must not travel to wherever a server points.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .timeout_resolve(Some(connect))
            .timeout_connect(Some(connect))
            .timeout_per_write(Some(idle))
            .timeout_per_read(Some(first.max(idle) + GRACE))
            .max_idle_connections_per_host(1)
            .user_agent(concat!("kiro/", env!("CARGO_PKG_VERSION")))
            .build()
            .into()
    }

    fn send(&self, agent: &Agent, ask: Ask<'_>) -> Result<Receiver<Message>, Failure> {
        let (sender, receiver) = sync_channel(WAITING);
        let url = self.settings.endpoint.url(ask.path);
        let mut request = agent
            .post(url)
            .content_type("application/json")
            .header("Accept", "text/event-stream")
            .header("Accept-Encoding", "identity");
        for (name, value) in ask.headers {
            request = request.header(name, value);
        }
        let body = ask.body;
        thread::Builder::new()
            .name("model".to_owned())
            .spawn(move || match request.send(body) {
                Ok(response) => hand_on(response, &sender),
                Err(error) => drop(sender.send(Message::End(Err(in_words(&error))))),
            })
            .map_err(|error| {
                self.error(
                    Trouble::Network,
                    format!("no thread could be started: {error}"),
                )
            })?;
        Ok(receiver)
    }
}

/// One answer as it comes.
struct Answer<'a> {
    wire: &'a Wire,
    cancel: &'a Cancel,
    began: Instant,
    bytes: usize,
}

impl Answer<'_> {
    fn receive(
        &mut self,
        receiver: &Receiver<Message>,
        on: &mut dyn FnMut(Event) -> Result<Flow, ModelError>,
    ) -> Result<(), Failure> {
        let mut reader = Reader::default();
        let mut seen = false;
        let mut beginning = Vec::new();
        let head = loop {
            match self.next(receiver, self.limits().first)? {
                Message::Head(head) => break head,
                Message::End(Err((trouble, reason))) => return Err(self.fail(trouble, reason)),
                Message::Chunk(_) | Message::End(Ok(())) => {}
            }
        };
        if head.status != 200 {
            return Err(Failure::Refused(Box::new(self.refusal(&head, receiver)?)));
        }
        self.take(head.length.unwrap_or(0))?;
        self.bytes = 0;
        loop {
            let limit = if seen {
                self.limits().idle
            } else {
                self.limits().first
            };
            let chunk = match self.next(receiver, limit)? {
                Message::Chunk(chunk) => chunk,
                Message::End(end) => return Err(self.early(end, seen, &beginning)),
                Message::Head(_) => continue,
            };
            self.take(chunk.len() as u64)?;
            if !seen && beginning.len() < ERROR_BYTES_MAX {
                beginning.extend_from_slice(&chunk);
            }
            let events = reader
                .push(&chunk)
                .map_err(|error| self.unreadable(error))?;
            for event in events {
                seen = true;
                if self.cancel.is_cancelled() {
                    return Err(ModelError::Cancelled.into());
                }
                if on(event)? == Flow::Done {
                    return Ok(());
                }
            }
        }
    }

    fn limits(&self) -> &Limits {
        &self.wire.settings.limits
    }

    fn fail(&self, trouble: Trouble, reason: impl AsRef<str>) -> Failure {
        self.wire.error(trouble, reason).into()
    }

    fn take(&mut self, bytes: u64) -> Result<(), Failure> {
        let limit = self.limits().answer_bytes;
        self.bytes = usize::try_from(bytes)
            .unwrap_or(usize::MAX)
            .saturating_add(self.bytes);
        match self.bytes > limit {
            true => Err(self.fail(Trouble::TooLarge, format!("more than {limit} bytes came"))),
            false => Ok(()),
        }
    }

    fn unreadable(&self, error: SseError) -> Failure {
        match error {
            SseError::Utf8 => self.fail(Trouble::Garbled, "it is not UTF-8"),
            SseError::TooLarge => self.fail(Trouble::TooLarge, "one event of it never ends"),
        }
    }

    /// The stream ended before its last event.
    fn early(&self, end: Result<(), (Trouble, String)>, seen: bool, beginning: &[u8]) -> Failure {
        match end {
            Err((trouble, reason)) => self.fail(trouble, reason),
            Ok(()) if seen => self.fail(Trouble::Cut, "the stream ended before its last event"),
            Ok(()) if beginning.is_empty() => self.fail(Trouble::Cut, "nothing came"),
            Ok(()) => {
                let refusal = Refusal::read(200, beginning, None);
                let said = refusal.words();
                match refusal.is_error() {
                    true => Failure::Refused(Box::new(refusal)),
                    false => self.fail(Trouble::Garbled, format!("no events came, but {said:?}")),
                }
            }
        }
    }

    fn next(&self, receiver: &Receiver<Message>, limit: Duration) -> Result<Message, Failure> {
        let since = Instant::now();
        loop {
            if self.cancel.is_cancelled() {
                return Err(ModelError::Cancelled.into());
            }
            if self.began.elapsed() > self.limits().total {
                let total = self.limits().total;
                return Err(self.fail(
                    Trouble::Timeout,
                    format!("it was not whole after {total:?}"),
                ));
            }
            match receiver.recv_timeout(LOOK.min(limit)) {
                Ok(message) => return Ok(message),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(self.fail(Trouble::Cut, "the connection was lost"));
                }
                Err(RecvTimeoutError::Timeout) if since.elapsed() >= limit => {
                    return Err(self.fail(Trouble::Idle, format!("nothing came for {limit:?}")));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// What the server says beside a status that is no success.
    fn refusal(&self, head: &Head, receiver: &Receiver<Message>) -> Result<Refusal, Failure> {
        if let Some(location) = &head.location {
            let said = format!("it sends requests on to {location}; set the address to that one");
            return Ok(Refusal::told(head.status, &said));
        }
        let mut body = Vec::new();
        while body.len() < ERROR_BYTES_MAX {
            match self.next(receiver, self.limits().idle) {
                Ok(Message::Chunk(chunk)) => body.extend_from_slice(&chunk),
                Err(Failure::Model(ModelError::Cancelled)) => {
                    return Err(ModelError::Cancelled.into());
                }
                // The status alone says enough.
                Ok(_) | Err(_) => break,
            }
        }
        body.truncate(ERROR_BYTES_MAX);
        Ok(Refusal::read(head.status, &body, head.retry_after))
    }
}

/// Runs in the thread: hands on what comes. A receiver that is gone ends it.
fn hand_on(response: Response<Body>, sender: &SyncSender<Message>) {
    if sender.send(Message::Head(head(&response))).is_err() {
        return;
    }
    let mut body = response.into_body().into_reader();
    loop {
        let mut chunk = vec![0; CHUNK];
        let message = match body.read(&mut chunk) {
            Ok(0) => Message::End(Ok(())),
            Ok(count) => {
                chunk.truncate(count);
                Message::Chunk(chunk)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => Message::End(Err(in_words(&ureq::Error::from(error)))),
        };
        let last = matches!(message, Message::End(_));
        if sender.send(message).is_err() || last {
            return;
        }
    }
}

fn head<T>(response: &Response<T>) -> Head {
    let headers = response.headers();
    let status = response.status().as_u16();
    Head {
        status,
        length: header(headers, "content-length").and_then(|it| it.parse().ok()),
        location: (300..400)
            .contains(&status)
            .then(|| header(headers, "location").unwrap_or("nowhere").to_owned()),
        retry_after: retry_after(headers),
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// `Retry-After` as seconds or as a date, the latter by the server's own clock; or its younger brother in milliseconds.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    if let Some(millis) = header(headers, "retry-after-ms").and_then(|it| it.parse::<u64>().ok()) {
        return Some(Duration::from_millis(millis));
    }
    let text = header(headers, "retry-after")?;
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let at = httpdate::parse_http_date(text).ok()?;
    let now = httpdate::parse_http_date(header(headers, "date")?).ok()?;
    Some(at.duration_since(now).unwrap_or_default())
}

fn in_words(error: &ureq::Error) -> (Trouble, String) {
    use ureq::Error;
    use ureq::Timeout::{Connect, PerRead, Resolve};
    let network = |reason: &str| (Trouble::Network, reason.to_owned());
    match error {
        Error::HostNotFound => network("there is no network, or no such host"),
        Error::Timeout(Connect | Resolve) => network("no connection came about in time"),
        Error::Timeout(PerRead) => (Trouble::Idle, "nothing came any more".to_owned()),
        Error::Timeout(_) => network("the request could not be sent in time"),
        Error::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused => network("the connection was refused"),
            ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable => {
                network("there is no network")
            }
            ErrorKind::UnexpectedEof
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe => (Trouble::Cut, "the connection broke".to_owned()),
            // The standard library has no kind for a name that cannot be looked up.
            _ if error.to_string().contains("lookup address") => {
                network("there is no network, or no such host")
            }
            _ => (Trouble::Network, error.to_string()),
        },
        Error::Rustls(error) => (Trouble::Network, format!("no secure connection: {error}")),
        Error::Tls(error) => (Trouble::Network, format!("no secure connection: {error}")),
        Error::ConnectProxyFailed(error) => (Trouble::Network, format!("the proxy: {error}")),
        Error::Protocol(error) => (Trouble::Garbled, error.to_string()),
        Error::LargeResponseHeader(..) => (Trouble::TooLarge, error.to_string()),
        other => (Trouble::Network, other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[(&'static str, &str)], expected: Option<Duration>) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        assert_eq!(retry_after(&map), expected, "{headers:?}");
    }

    #[test]
    fn waits_that_servers_ask_for() {
        let seconds = |it| Some(Duration::from_secs(it));
        check(&[], None);
        check(&[("retry-after", "7")], seconds(7));
        check(&[("retry-after", "0.5")], Some(Duration::from_millis(500)));
        check(
            &[("retry-after", "7"), ("retry-after-ms", "1250")],
            Some(Duration::from_millis(1250)),
        );
        let date = ("date", "Tue, 24 Nov 2026 10:00:00 GMT");
        check(
            &[("retry-after", "Tue, 24 Nov 2026 10:01:30 GMT"), date],
            seconds(90),
        );
        check(
            &[("retry-after", "Tue, 24 Nov 2026 09:00:00 GMT"), date],
            seconds(0),
        );
        check(&[("retry-after", "Tue, 24 Nov 2026 10:01:30 GMT")], None);
        for odd in ["soon", "-1", "NaN", "1e300"] {
            check(&[("retry-after", odd)], None);
        }
    }
}
