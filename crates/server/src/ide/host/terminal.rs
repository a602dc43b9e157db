//! `_kiro/host/terminal/…`

use std::path::Path;

use data_encoding::BASE64;
use serde_json::{Value, json};
use session::Size;
use session::desk::{Shown, TerminalId, Terminals};

use super::params::{Attach, OfTerminal, OpenTerminal, Resize, TypeIn};
use super::{Window, Windows, lock};
use crate::kiro::read;
use crate::rpc::{Peer, RpcError};

pub(super) fn answer(
    terminals: &Terminals,
    peer: &Peer,
    window: &Window,
    act: &str,
    params: Value,
) -> Result<Value, RpcError> {
    match act {
        "open" => {
            let it: OpenTerminal = read(params)?;
            let size = Size {
                columns: it.columns,
                rows: it.rows,
            };
            let (terminal, pid) = terminals.open(Path::new(&it.cwd), size)?;
            return Ok(json!({"terminal": terminal, "pid": pid}));
        }
        "list" => {
            let one = |(terminal, pid, shown): (TerminalId, u32, bool)| json!({"terminal": terminal, "pid": pid, "shown": shown});
            let all: Vec<Value> = terminals.all().into_iter().map(one).collect();
            return Ok(json!({ "terminals": all }));
        }
        "attach" => {
            let it: Attach = read(params)?;
            let is_new = !window.shows(it.terminal);
            let typed = terminals.attach(it.terminal, it.from, &|shown| {
                window.shown().insert(it.terminal);
                send(peer, &shown);
            })?;
            window.shown().insert(it.terminal);
            if !is_new {
                terminals.detach(it.terminal);
            }
            return Ok(json!({ "typed": typed }));
        }
        "type" => {
            let it: TypeIn = read(params)?;
            terminals.type_in(it.terminal, it.number, &it.text)?;
        }
        "resize" => {
            let it: Resize = read(params)?;
            let size = Size {
                columns: it.columns,
                rows: it.rows,
            };
            terminals.resize(it.terminal, size)?;
        }
        "close" => {
            let it: OfTerminal = read(params)?;
            window.shown().remove(&it.terminal);
            terminals.close(it.terminal);
        }
        _ => return Err(RpcError::no_method(act)),
    }
    Ok(json!({}))
}

/// Tells the windows that show a terminal what it shows.
pub(super) fn tell(windows: &Windows, shown: &Shown) {
    let terminal: TerminalId = match shown {
        Shown::Output { terminal, .. } | Shown::Ended { terminal, .. } => *terminal,
    };
    for (peer, _) in lock(windows).iter().filter(|it| it.1.shows(terminal)) {
        send(peer, shown);
    }
}

fn send(peer: &Peer, shown: &Shown) {
    match shown {
        Shown::Output {
            terminal,
            at,
            bytes,
        } => peer.notify(
            "_kiro/host/terminal/output",
            json!({"terminal": terminal, "at": at, "base64": BASE64.encode(bytes)}),
        ),
        Shown::Ended { terminal, code } => peer.notify(
            "_kiro/host/terminal/ended",
            json!({"terminal": terminal, "code": code}),
        ),
    }
}
