//! One end of a conversation in JSON-RPC 2.0: texts in, texts out, both sides may ask.
//!
//! A peer does not know its transport. Whoever owns the transport gives every text that came to [`Peer::receive`] and is
//! given every text that is to go. Each request is answered on a thread of its own, unless its answer is at hand, so that
//! one that takes an hour keeps nobody waiting.

mod calls;
mod error;
pub mod lines;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};
use session::Cancel;

use self::calls::Calls;
pub use self::calls::Pending;
pub use self::error::{RpcError, code};

/// Most requests that are worked on at once.
const REQUESTS_MAX: usize = 64;

/// The notification by which either side takes a request of its own back.
const CANCEL_REQUEST: &str = "$/cancel_request";

/// Whoever answers.
pub trait Service: Send + Sync + 'static {
    /// Whether `method` is answered at once, before anything that came after it is read.
    fn is_quick(&self, method: &str) -> bool;

    /// Answers a request. `cancel` is set when the other side takes it back, or is gone.
    ///
    /// # Errors
    /// What the other side is told instead of a result.
    fn request(
        &self,
        peer: &Peer,
        method: &str,
        params: Value,
        cancel: &Cancel,
    ) -> Result<Value, RpcError>;

    /// A request was answered with `result`; what the client can only understand then may be told now.
    fn answered(&self, peer: &Peer, method: &str, result: &Value) {
        let _ = (peer, method, result);
    }

    /// Takes note of something. Must return soon: nothing else is read meanwhile.
    fn notification(&self, peer: &Peer, method: &str, params: Value);

    /// The other side is gone. Requests that it had made were cancelled.
    fn gone(&self, peer: &Peer);
}

/// One end of a conversation. Clones are the same end.
#[derive(Clone)]
pub struct Peer(Arc<Inner>);

struct Inner {
    send: Box<dyn Fn(String) -> bool + Send + Sync>,
    service: Arc<dyn Service>,
    calls: Calls,
    requests: Mutex<HashMap<String, Cancel>>,
    answered: Condvar,
    gone: AtomicBool,
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Peer")
            .field("gone", &self.is_gone())
            .finish_non_exhaustive()
    }
}

impl PartialEq for Peer {
    fn eq(&self, other: &Peer) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Peer {
    /// An end whose texts go to `send`, which must return soon and keep their order; it says whether the other side is there.
    pub fn new(
        service: Arc<dyn Service>,
        send: impl Fn(String) -> bool + Send + Sync + 'static,
    ) -> Peer {
        Peer(Arc::new(Inner {
            send: Box::new(send),
            service,
            calls: Calls::default(),
            requests: Mutex::default(),
            answered: Condvar::new(),
            gone: AtomicBool::new(false),
        }))
    }

    /// Takes one text that came. What is no message is answered as such.
    pub fn receive(&self, text: &str) {
        match serde_json::from_str(text) {
            Ok(Value::Object(message)) => self.take(message),
            Ok(Value::Array(_)) => self.refuse(RpcError::invalid("batches are not taken")),
            Ok(_) => self.refuse(RpcError::invalid("a message is an object")),
            Err(error) => self.refuse(RpcError::new(
                code::PARSE,
                format!("this is no JSON: {error}"),
            )),
        }
    }

    /// Tells the other side of a message that cannot even be attributed.
    pub(crate) fn refuse(&self, error: RpcError) {
        self.answer(Value::Null, Err(error));
    }

    fn take(&self, mut message: Map<String, Value>) {
        let id = message.remove("id");
        let params = message.remove("params").unwrap_or(Value::Null);
        match (message.remove("method"), id) {
            (Some(Value::String(method)), Some(id @ (Value::String(_) | Value::Number(_)))) => {
                self.asked(method, id, params);
            }
            (Some(Value::String(method)), None) => self.told(&method, params),
            (None, Some(id)) => self.0.calls.answered(&id, came(message)),
            _ => self.refuse(RpcError::invalid(
                "this is no request, no answer and no notification",
            )),
        }
    }

    fn told(&self, method: &str, params: Value) {
        if method == CANCEL_REQUEST {
            let key = params.get("requestId").map(Value::to_string);
            if let Some(cancel) = key.and_then(|it| self.requests().get(&it).cloned()) {
                cancel.cancel();
            }
            return;
        }
        self.0.service.notification(self, method, params);
    }

    fn asked(&self, method: String, id: Value, params: Value) {
        let cancel = match self.taken(&id) {
            Ok(cancel) => cancel,
            Err(error) => return self.answer(id, Err(error)),
        };
        if self.0.service.is_quick(&method) {
            return self.work(&method, id, params, &cancel);
        }
        let peer = self.clone();
        std::thread::spawn(move || peer.work(&method, id, params, &cancel));
    }

    /// Notes that a request is worked on.
    fn taken(&self, id: &Value) -> Result<Cancel, RpcError> {
        let mut requests = self.requests();
        if requests.len() >= REQUESTS_MAX {
            let why = format!("{REQUESTS_MAX} requests are being worked on; wait for one of them");
            return Err(RpcError::new(code::REFUSED, why));
        }
        match requests.entry(id.to_string()) {
            Entry::Occupied(_) => Err(RpcError::invalid(
                "a request with this id is being worked on",
            )),
            Entry::Vacant(free) => Ok(free.insert(Cancel::new()).clone()),
        }
    }

    /// Answers a request, whatever becomes of the work.
    fn work(&self, method: &str, id: Value, params: Value, cancel: &Cancel) {
        let worked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            self.0.service.request(self, method, params, cancel)
        }));
        let result = worked.unwrap_or_else(|_| {
            Err(RpcError::new(
                code::INTERNAL,
                format!("{method} broke down; this is an error in Kiro"),
            ))
        });
        let key = id.to_string();
        self.answer(id, result.clone());
        if let Ok(result) = result {
            self.0.service.answered(self, method, &result);
        }
        self.requests().remove(&key);
        self.0.answered.notify_all();
    }

    fn answer(&self, id: Value, result: Result<Value, RpcError>) {
        let message = match result {
            Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
            Err(error) => json!({"jsonrpc": "2.0", "id": id, "error": error}),
        };
        self.send(&message);
    }

    /// Tells the other side something.
    pub fn notify(&self, method: &str, params: impl serde::Serialize) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Asks the other side; what it answers comes through the [`Pending`].
    pub fn call(&self, method: &str, params: impl serde::Serialize) -> Pending {
        let (id, pending) = self.0.calls.begin(self);
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        if self.is_gone() {
            self.0.calls.gone();
        }
        pending
    }

    fn send(&self, message: &Value) {
        if !self.is_gone() && !(self.0.send)(message.to_string()) {
            self.close();
        }
    }

    /// Whether the other side is gone.
    pub fn is_gone(&self) -> bool {
        self.0.gone.load(Ordering::SeqCst)
    }

    /// The other side is gone: its requests are cancelled, and what it was asked is answered so.
    pub fn close(&self) {
        if self.0.gone.swap(true, Ordering::SeqCst) {
            return;
        }
        self.requests().values().for_each(Cancel::cancel);
        self.0.calls.gone();
        self.0.service.gone(self);
    }

    /// Waits until every request was worked off.
    pub fn rest(&self) {
        let requests = self.requests();
        drop(
            self.0
                .answered
                .wait_while(requests, |it| !it.is_empty())
                .unwrap_or_else(PoisonError::into_inner),
        );
    }

    fn requests(&self) -> MutexGuard<'_, HashMap<String, Cancel>> {
        self.0
            .requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an answer says.
fn came(mut message: Map<String, Value>) -> Result<Value, RpcError> {
    match (message.remove("result"), message.remove("error")) {
        (_, Some(error)) if !error.is_null() => {
            Err(serde_json::from_value(error).unwrap_or_else(|_| {
                RpcError::new(code::INTERNAL, "the other side failed and does not say how")
            }))
        }
        (result, _) => Ok(result.unwrap_or(Value::Null)),
    }
}

#[cfg(test)]
mod tests;
