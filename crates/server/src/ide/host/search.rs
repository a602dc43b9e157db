//! `_kiro/host/search/…`

use serde_json::{Value, json};
use session::desk::{Desk, FoundLine, TextQuery};

use super::Window;
use super::params::{FindFiles, FindText};
use crate::ide::wire::{Failure, read};

/// The most that one search finds, whatever is asked.
const FOUND_MAX: usize = 20_000;

pub(super) fn answer(
    desk: &Desk,
    window: &Window,
    act: &str,
    params: Value,
) -> Result<Value, Failure> {
    match act {
        "files" => {
            let it: FindFiles = read(params)?;
            let limit = it.limit.min(FOUND_MAX);
            let (paths, is_cut) = desk.find_files(&it.query, &it.exclude, limit, &|| false)?;
            Ok(json!({"paths": paths, "is_cut": is_cut}))
        }
        "text" => text(desk, window, read(params)?),
        _ => Err(Failure::no_method(act)),
    }
}

fn text(desk: &Desk, window: &Window, asked: FindText) -> Result<Value, Failure> {
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
        window.tell("_kiro/host/search/found", found);
    };
    let result = desk.find_text(&query, &|| false, &mut tell)?;
    Ok(json!({"lines": result.lines, "is_cut": result.is_cut}))
}
