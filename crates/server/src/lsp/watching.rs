//! Remarks follow what is written, once it comes to rest; lenses follow what is recorded, by whichever process.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use lsp_types::{Diagnostic, PublishDiagnosticsParams, Uri};
use serde_json::Value;
use session::Follower;

use super::{State, lock};
use crate::hub::Hub;
use crate::rpc::Peer;

/// How long nothing is written before remarks are made.
const REST: Duration = Duration::from_millis(150);
/// How often writing may go on before remarks are made all the same.
const RESTS_MAX: usize = 10;
/// How often is looked what was recorded.
const LOOK: Duration = Duration::from_millis(500);

/// Begins, on a thread of its own, until the editor is gone.
pub(super) fn begin(state: &Arc<(Mutex<State>, Condvar)>, hub: &Hub, peer: &Peer) {
    let (state, hub, peer) = (Arc::clone(state), hub.clone(), peer.clone());
    std::thread::spawn(move || {
        let roots = lock(&state).documents.roots();
        let environments = roots
            .iter()
            .filter_map(|it| hub.environment(it.to_str()).ok());
        // A journal that cannot be read is told by whoever uses it; lenses are then as old as the last save.
        let mut followers: Vec<Follower> = environments
            .filter_map(|it| Follower::begin(&it).ok())
            .collect();
        let mut said = HashMap::new();
        while !lock(&state).gone {
            let is_dirty = rest(&state);
            let is_news = followers.iter_mut().any(|it| {
                let news = it.look().unwrap_or_default();
                news != session::News::default()
            });
            if is_news {
                news(&state, &peer);
            }
            if is_dirty || is_news {
                say(&state, &peer, &mut said);
            }
        }
    });
}

/// Waits until something was written and came to rest, or for a moment; gives whether something was.
fn rest(state: &(Mutex<State>, Condvar)) -> bool {
    let wait = |time, is: fn(&mut State) -> bool| {
        let guard = lock(state);
        let waited = state.1.wait_timeout_while(guard, time, |it| !is(it));
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    };
    wait(LOOK, |it| it.is_dirty || it.gone);
    let mut is_dirty = false;
    for _ in 0..RESTS_MAX {
        if !std::mem::take(&mut lock(state).is_dirty) {
            break;
        }
        is_dirty = true;
        wait(REST, |it| it.is_dirty || it.gone);
    }
    is_dirty
}

fn news(state: &(Mutex<State>, Condvar), peer: &Peer) {
    let mut state = lock(state);
    state.documents.forget();
    if state.client.refresh_lenses {
        drop(state);
        // Whether the editor does is its own affair.
        let asked = peer.call("workspace/codeLens/refresh", Value::Null);
        asked.wait(LOOK);
    }
}

/// Tells the remarks of open documents where they are others than before, and that closed ones have none.
fn say(state: &(Mutex<State>, Condvar), peer: &Peer, said: &mut HashMap<String, Vec<Diagnostic>>) {
    let remarks = {
        let mut state = lock(state);
        let encoding = state.encoding;
        state.documents.remarks(encoding)
    };
    let is_open = |uri: &str| remarks.iter().any(|it| it.0.as_str() == uri);
    let closed: Vec<String> = said.keys().filter(|it| !is_open(it)).cloned().collect();
    for uri in closed {
        said.remove(&uri);
        if let Ok(uri) = uri.parse() {
            publish(peer, uri, None, Vec::new());
        }
    }
    for (uri, version, diagnostics) in remarks {
        let before = said.insert(uri.as_str().to_owned(), diagnostics.clone());
        if before.as_ref() != Some(&diagnostics) {
            publish(peer, uri, Some(version), diagnostics);
        }
    }
}

fn publish(peer: &Peer, uri: Uri, version: Option<i32>, diagnostics: Vec<Diagnostic>) {
    let told = PublishDiagnosticsParams {
        uri,
        diagnostics,
        version,
    };
    peer.notify("textDocument/publishDiagnostics", told);
}
