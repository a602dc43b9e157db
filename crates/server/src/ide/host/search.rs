//! `_kiro/host/search/…`

use serde_json::{Value, json};
use session::Cancel;
use session::desk::{Desk, FoundLine, TextQuery};

use super::params::{FindFiles, FindText};
use crate::kiro::read;
use crate::rpc::{Peer, RpcError};

/// The most that one search finds, whatever is asked.
const FOUND_MAX: usize = 20_000;

pub(super) fn answer(
    desk: &Desk,
    peer: &Peer,
    act: &str,
    params: Value,
    cancel: &Cancel,
) -> Result<Value, RpcError> {
    let stop = || cancel.is_cancelled();
    match act {
        "files" => {
            let it: FindFiles = read(params)?;
            let limit = it.limit.min(FOUND_MAX);
            let (paths, is_cut) = desk.find_files(&it.query, &it.exclude, limit, &stop)?;
            Ok(json!({"paths": paths, "is_cut": is_cut}))
        }
        "text" => text(desk, peer, read(params)?, &stop),
        _ => Err(RpcError::no_method(act)),
    }
}

fn text(
    desk: &Desk,
    peer: &Peer,
    asked: FindText,
    stop: &dyn Fn() -> bool,
) -> Result<Value, RpcError> {
    let search = asked.search;
    let query = TextQuery {
        pattern: asked.pattern,
        is_regex: asked.is_regex,
        case_sensitive: asked.case_sensitive,
        whole_word: asked.whole_word,
        include: asked.include,
        exclude: asked.exclude,
        ignored_too: asked.ignored_too,
        limit: asked.limit.min(FOUND_MAX),
    };
    let line = |it: &FoundLine| json!({"line": it.line, "text": it.text, "places": it.places});
    let mut tell = |path: String, lines: Vec<FoundLine>| {
        let lines: Vec<Value> = lines.iter().map(line).collect();
        let found = json!({"search": search, "path": path, "lines": lines});
        peer.notify("_kiro/host/search/found", found);
    };
    let result = desk.find_text(&query, stop, &mut tell)?;
    Ok(json!({"lines": result.lines, "is_cut": result.is_cut}))
}
