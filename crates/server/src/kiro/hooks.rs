//! Hooks.

use std::path::PathBuf;

use session::hooking::{Asked, HookRow, LogLine};
use session::{Cancel, Unseen, visible};

use crate::hub::Hub;
use crate::rpc::RpcError;
use crate::wire;

pub(super) fn list(hub: &Hub, here: &wire::Here) -> Result<wire::Hooks, RpcError> {
    let environment = hub.environment(here.root.as_deref())?;
    let row = |it: HookRow| wire::Hook {
        name: it.name,
        description: it.description,
        file: it.file,
        form: it.form,
        event: it.event,
        files: it.files,
        condition: it.condition,
        action: it.action,
        enabled: it.enabled,
        blocking: it.blocking,
        standing: it.standing,
        broken: it.broken,
        hindrance: it.hindrance,
    };
    let hooks = session::hooking::list(&environment)?;
    Ok(wire::Hooks {
        hooks: hooks.into_iter().map(row).collect(),
    })
}

pub(super) fn explain(
    hub: &Hub,
    wanted: &wire::ExplainHooks,
) -> Result<wire::ExplainedHooks, RpcError> {
    let environment = hub.environment(wanted.here.root.as_deref())?;
    let file = wanted.file.as_ref().map(PathBuf::from);
    let explained = |it: Asked| wire::ExplainedHook {
        hook: it.hook,
        file: it.file,
        fires: it.fires,
        clause: it.clause,
        why: it.why,
    };
    let hooks = session::hooking::explain(&wanted.event, file.as_ref(), &environment)?;
    Ok(wire::ExplainedHooks {
        hooks: hooks.into_iter().map(explained).collect(),
    })
}

pub(super) fn switch(hub: &Hub, wanted: &wire::SwitchHook) -> Result<wire::Written, RpcError> {
    let environment = hub.environment(wanted.here.root.as_deref())?;
    let path = session::hooking::switch(&wanted.hook, wanted.enabled, &environment)?;
    Ok(wire::Written { path })
}

pub(super) fn new(hub: &Hub, wanted: &wire::NewHook) -> Result<wire::Written, RpcError> {
    let environment = hub.environment(wanted.here.root.as_deref())?;
    let new = session::hooking::NewHook {
        template: Some(wanted.template.clone()),
        words: None,
        model: None,
    };
    let (path, _) = session::hooking::new_hook(&new, &environment, &Cancel::new(), &mut Unseen)?;
    Ok(wire::Written { path })
}

pub(super) fn log(hub: &Hub, wanted: &wire::HookLog) -> Result<wire::HookLines, RpcError> {
    let environment = hub.environment(wanted.here.root.as_deref())?;
    let line = |it: LogLine| wire::HookLine {
        seq: it.entry.seq,
        run: it.entry.run,
        at_ms: it.entry.at_ms,
        text: visible(&it.text).into_owned(),
        fact: it.entry.fact,
    };
    let lines = session::hooking::hook_log(wanted.after_seq, 0, &environment)?;
    Ok(wire::HookLines {
        lines: lines.into_iter().map(line).collect(),
    })
}
