//! `_kiro/host/files/…`

use data_encoding::BASE64;
use serde_json::{Value, json};
use session::desk::{Desk, FileKind};

use super::params::{OfPath, Remove, Rename, Write};
use crate::kiro::read;
use crate::rpc::RpcError;

pub(super) fn answer(desk: &Desk, act: &str, params: Value) -> Result<Value, RpcError> {
    match act {
        "stat" => {
            let it = desk.stat(&read::<OfPath>(params)?.path)?;
            Ok(json!({"kind": kind(it.kind), "size": it.size, "changed_ms": it.changed_ms}))
        }
        "list" => {
            let listed = desk.list(&read::<OfPath>(params)?.path)?;
            let entry =
                |it: &session::desk::Listed| json!({"name": it.name, "kind": kind(it.kind)});
            Ok(json!({"entries": listed.iter().map(entry).collect::<Vec<Value>>()}))
        }
        "read" => {
            let bytes = desk.read(&read::<OfPath>(params)?.path)?;
            Ok(json!({"base64": BASE64.encode(&bytes)}))
        }
        "write" => {
            let it: Write = read(params)?;
            let bytes = BASE64.decode(it.base64.as_bytes());
            let bytes = bytes.map_err(RpcError::params)?;
            desk.write(&it.path, &bytes, it.create, it.overwrite)?;
            Ok(json!({}))
        }
        "make_folder" => {
            desk.make_folder(&read::<OfPath>(params)?.path)?;
            Ok(json!({}))
        }
        "remove" => {
            let it: Remove = read(params)?;
            desk.remove(&it.path, it.recursive)?;
            Ok(json!({}))
        }
        "rename" => {
            let it: Rename = read(params)?;
            desk.rename(&it.path, &it.to, it.overwrite)?;
            Ok(json!({}))
        }
        _ => Err(RpcError::no_method(act)),
    }
}

fn kind(kind: FileKind) -> &'static str {
    match kind {
        FileKind::File => "file",
        FileKind::Folder => "folder",
        FileKind::Link => "link",
        FileKind::Special => "special",
    }
}
