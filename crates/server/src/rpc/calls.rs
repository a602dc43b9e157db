//! What this side has asked and waits for.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::{CANCEL_REQUEST, Peer, RpcError};

type Came = Result<Value, RpcError>;

/// The requests of this side that are not answered yet.
#[derive(Default)]
pub(super) struct Calls(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    last: u64,
    open: HashMap<u64, Sender<Came>>,
}

impl Calls {
    pub(super) fn begin(&self, peer: &Peer) -> (u64, Pending) {
        let (sender, came) = channel();
        let mut waiting = self.lock();
        waiting.last += 1;
        let id = waiting.last;
        waiting.open.insert(id, sender);
        let peer = peer.clone();
        (id, Pending { id, came, peer })
    }

    /// An answer to one that nobody waits for any more is nobody's.
    pub(super) fn answered(&self, id: &Value, came: Came) {
        let sender = id.as_u64().and_then(|it| self.lock().open.remove(&it));
        if let Some(sender) = sender {
            // Whoever asked may have gone away meanwhile.
            let _ = sender.send(came);
        }
    }

    /// Nobody will answer any more.
    pub(super) fn gone(&self) {
        for (_, sender) in self.lock().open.drain() {
            // Whoever asked may have gone away meanwhile.
            let _ = sender.send(Err(RpcError::gone()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question to the other side. Dropped before the answer came, it is taken back.
#[must_use = "the answer comes through it"]
#[derive(Debug)]
pub struct Pending {
    id: u64,
    came: Receiver<Came>,
    peer: Peer,
}

impl Pending {
    /// The answer, if it comes within this time.
    pub fn wait(&self, time: Duration) -> Option<Came> {
        match self.came.recv_timeout(time) {
            Ok(came) => Some(came),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Err(RpcError::gone())),
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let is_open = self.peer.0.calls.lock().open.remove(&self.id).is_some();
        if is_open {
            self.peer
                .notify(CANCEL_REQUEST, json!({ "requestId": self.id }));
        }
    }
}
