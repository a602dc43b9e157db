//! Kiro's own methods: each asks the session for one thing and gives it as a value of [`crate::wire`].

pub(crate) mod convert;
mod hooks;
mod inline;
pub(crate) mod runs;
mod specs;
mod world;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use session::Cancel;

use crate::hub::Hub;
use crate::rpc::{Peer, RpcError, code};
use crate::wire::{self, Done, Here};

/// What all of Kiro's own methods begin with.
pub const PREFIX: &str = "_kiro/";

/// Whether a method is answered before anything that came after it is read.
pub(crate) fn is_quick(method: &str) -> bool {
    matches!(
        method,
        "_kiro/listen"
            | "_kiro/operations/list"
            | "_kiro/operations/stop"
            | "_kiro/asks/list"
            | "_kiro/asks/answer"
    )
}

/// Answers one of Kiro's own methods.
///
/// # Errors
/// When there is no such method, or it cannot be done.
pub(crate) fn request(
    hub: &Hub,
    peer: &Peer,
    method: &str,
    params: Value,
    cancel: &Cancel,
) -> Result<Value, RpcError> {
    match method {
        "_kiro/complete" => told(&inline::complete(hub, read(params)?, cancel)?),
        "_kiro/listen" => told(&listen(hub, peer, &read(params)?)?),
        "_kiro/status" => told(&world::status(hub, &read(params)?)?),
        "_kiro/specs/list" => told(&specs::list(hub, &read(params)?)?),
        "_kiro/specs/show" => told(&specs::show(hub, &read(params)?)?),
        "_kiro/specs/new" => told(&specs::new(hub, &read(params)?)?),
        "_kiro/specs/lint" => told(&specs::lint(hub, &read(params)?)?),
        "_kiro/specs/trace" => told(&specs::trace(hub, &read(params)?)?),
        "_kiro/tasks/list" => told(&specs::tasks(hub, &read(params)?)?),
        "_kiro/tasks/set" => told(&specs::set_task(hub, &read(params)?)?),
        "_kiro/plan/start" => told(&runs::plan(hub, read(params)?)?),
        "_kiro/run/start" => told(&runs::run(hub, read(params)?)?),
        "_kiro/chat/start" => told(&runs::chat(hub, read(params)?)?),
        "_kiro/hooks/watch" => told(&runs::watch(hub, &read(params)?)?),
        "_kiro/hooks/run" => told(&runs::hook(hub, read(params)?)?),
        "_kiro/models/use" => told(&runs::use_model(hub, read(params)?)?),
        "_kiro/operations/list" => told(&operations(hub, &read(params)?)?),
        "_kiro/operations/stop" => told(&stop(hub, &read(params)?)?),
        "_kiro/asks/list" => told(&asks(hub, &read(params)?)?),
        "_kiro/asks/answer" => told(&answer(hub, read(params)?)?),
        "_kiro/approvals/list" => told(&runs::approvals(hub, &read(params)?)?),
        "_kiro/approvals/show" => told(&runs::approval(hub, &read(params)?)?),
        "_kiro/approvals/answer" => told(&runs::answer(hub, &read(params)?)?),
        "_kiro/runs/log" => told(&runs::log(hub, &read(params)?)?),
        "_kiro/why" => told(&runs::why(hub, &read(params)?)?),
        "_kiro/undo" => told(&runs::undo(hub, &read(params)?)?),
        other => elsewhere(hub, other, params),
    }
}

fn elsewhere(hub: &Hub, method: &str, params: Value) -> Result<Value, RpcError> {
    match method {
        "_kiro/hooks/list" => told(&hooks::list(hub, &read(params)?)?),
        "_kiro/hooks/explain" => told(&hooks::explain(hub, &read(params)?)?),
        "_kiro/hooks/switch" => told(&hooks::switch(hub, &read(params)?)?),
        "_kiro/hooks/new" => told(&hooks::new(hub, &read(params)?)?),
        "_kiro/hooks/log" => told(&hooks::log(hub, &read(params)?)?),
        "_kiro/models/list" => told(&world::models(hub, &read(params)?)?),
        "_kiro/metrics/page" => told(&world::metrics(hub, &read(params)?)?),
        "_kiro/trust/show" => told(&world::trust(hub, &read(params)?)?),
        "_kiro/trust/grant" => told(&world::grant(hub, &read(params)?)?),
        "_kiro/doctor" => told(&world::doctor(hub, &read(params)?)?),
        _ => Err(RpcError::no_method(method)),
    }
}

/// Parameters of a method; none at all are those without a field.
pub(crate) fn read<T: DeserializeOwned>(params: Value) -> Result<T, RpcError> {
    let params = match params {
        Value::Null => Value::Object(serde_json::Map::new()),
        params => params,
    };
    serde_json::from_value(params).map_err(RpcError::params)
}

/// A result as it is sent.
pub(crate) fn told(result: &impl Serialize) -> Result<Value, RpcError> {
    serde_json::to_value(result).map_err(|error| RpcError::new(code::INTERNAL, error))
}

fn listen(hub: &Hub, peer: &Peer, here: &Here) -> Result<wire::Listening, RpcError> {
    let environment = hub.environment(here.root.as_deref())?;
    let root = hub.listen(peer, &environment)?;
    Ok(wire::Listening {
        version: wire::VERSION,
        operations: hub.operations(&root),
        asks: hub.asks(&root),
        root: root.display().to_string(),
    })
}

fn operations(hub: &Hub, here: &Here) -> Result<wire::Operations, RpcError> {
    let root = hub.root(here)?;
    Ok(wire::Operations {
        operations: hub.operations(&root),
    })
}

fn stop(hub: &Hub, wanted: &wire::OfOperation) -> Result<Done, RpcError> {
    hub.stop(&wanted.operation)?;
    Ok(Done {})
}

fn asks(hub: &Hub, here: &Here) -> Result<wire::Asks, RpcError> {
    let root = hub.root(here)?;
    Ok(wire::Asks {
        asks: hub.asks(&root),
    })
}

fn answer(hub: &Hub, said: wire::AnswerAsk) -> Result<Done, RpcError> {
    hub.answer(&said.ask, said.answer)?;
    Ok(Done {})
}
