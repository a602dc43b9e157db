//! `_kiro/host/git/…`

use data_encoding::BASE64;
use serde_json::{Value, json};
use session::desk::{Desk, GitChange, GitStatus};

use super::params::{Commit, Paths, Show, Switch};
use crate::kiro::read;
use crate::rpc::RpcError;

pub(super) fn answer(desk: &Desk, act: &str, params: Value) -> Result<Value, RpcError> {
    match act {
        "status" => return Ok(status(desk.git_status()?)),
        "show" => {
            let it: Show = read(params)?;
            let bytes = desk.git_show(&it.revision, &it.path)?;
            return Ok(json!({"base64": bytes.map(|it| BASE64.encode(&it))}));
        }
        "branches" => return Ok(json!({"branches": desk.git_branches()?})),
        "stage" => desk.git_stage(&read::<Paths>(params)?.paths)?,
        "unstage" => desk.git_unstage(&read::<Paths>(params)?.paths)?,
        "discard" => desk.git_discard(&read::<Paths>(params)?.paths)?,
        "commit" => {
            let it: Commit = read(params)?;
            desk.git_commit(&it.message, it.amend)?;
        }
        "switch" => {
            let it: Switch = read(params)?;
            desk.git_switch(&it.branch, it.create)?;
        }
        "init" => desk.git_init()?,
        _ => return Err(RpcError::no_method(act)),
    }
    Ok(json!({}))
}

fn status(status: Option<GitStatus>) -> Value {
    let Some(it) = status else {
        return json!({"is_repository": false});
    };
    let change = |it: &GitChange| {
        json!({
            "path": it.path, "renamed_from": it.renamed_from,
            "staged": it.staged, "unstaged": it.unstaged,
        })
    };
    json!({
        "is_repository": true, "branch": it.branch, "commit": it.commit, "upstream": it.upstream,
        "ahead": it.ahead, "behind": it.behind, "is_cut": it.is_cut,
        "changes": it.changes.iter().map(change).collect::<Vec<Value>>(),
    })
}
