//! `kiro acp`: one client over this process's own streams.

use std::io::{stdin, stdout};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use session::{Cancel, Environment};

use crate::hub::Hub;
use crate::rpc::lines;
use crate::service::Kiro;

/// How often is looked whether the process is to end.
const LOOK: Duration = Duration::from_millis(100);

/// Serves the client at the other end of this process's streams, until it closes them or `cancel` is set. What goes on
/// then is ended as an interruption ends it: a run can go on later.
pub fn serve(environment: &Environment, cancel: &Cancel) {
    let hub = Hub::new(environment.clone());
    let service = Arc::new(Kiro::new(&hub));
    let (ended, end) = channel();
    std::thread::spawn(move || {
        lines::serve(service, &mut stdin().lock(), stdout());
        // Whoever waits for it may have been told to end.
        let _ = ended.send(());
    });
    while end.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
        if cancel.is_cancelled() {
            break;
        }
    }
    hub.close();
}
