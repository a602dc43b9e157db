//! One conversation with a client: both vocabularies over one peer.

use serde_json::Value;
use session::Cancel;

use crate::acp::Acp;
use crate::hub::Hub;
use crate::kiro;
use crate::rpc::{Peer, RpcError, Service};

/// Answers one client. Make one for each peer, over one [`Hub`].
pub struct Kiro {
    hub: Hub,
    acp: Acp,
}

impl Kiro {
    /// What answers one more client of `hub`.
    pub fn new(hub: &Hub) -> Kiro {
        Kiro {
            hub: hub.clone(),
            acp: Acp::new(hub),
        }
    }
}

impl Service for Kiro {
    fn is_quick(&self, method: &str) -> bool {
        match method.starts_with(kiro::PREFIX) {
            true => kiro::is_quick(method),
            false => Acp::is_quick(method),
        }
    }

    fn request(
        &self,
        peer: &Peer,
        method: &str,
        params: Value,
        cancel: &Cancel,
    ) -> Result<Value, RpcError> {
        match method.starts_with(kiro::PREFIX) {
            true => kiro::request(&self.hub, peer, method, params, cancel),
            false => self.acp.request(peer, method, params, cancel),
        }
    }

    fn answered(&self, peer: &Peer, method: &str, result: &Value) {
        self.acp.answered(peer, method, result);
    }

    fn notification(&self, _: &Peer, method: &str, params: Value) {
        self.acp.notification(method, params);
    }

    fn gone(&self, peer: &Peer) {
        self.hub.forget(peer);
    }
}
