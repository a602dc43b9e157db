//! How a project and this machine stand.

use session::{Access, FolderTrust, LocalState, Presence, ProviderState, Role};

use crate::hub::Hub;
use crate::rpc::{RpcError, code};
use crate::wire;

pub(super) fn status(hub: &Hub, here: &wire::Here) -> Result<wire::Status, RpcError> {
    let environment = hub.environment(here.root.as_deref())?;
    let specs = session::status(&environment)?;
    let trust = session::folder_trust(None, &environment)?;
    let (model, no_model) = chosen(&environment);
    Ok(wire::Status {
        root: trust.root.display().to_string(),
        specs: specs.into_iter().map(Into::into).collect(),
        trust: wire::TrustSummary {
            whole: trust.is_whole(),
            summary: trust.summary(),
        },
        model,
        no_model,
    })
}

/// The model that a run takes, or why there is none.
fn chosen(environment: &session::Environment) -> (Option<String>, Option<String>) {
    match session::model_for(Role::Implement, None, environment) {
        Ok(chain) => (Some(chain.to_string()), None),
        Err(error) => (None, Some(error.message)),
    }
}

pub(super) fn metrics(hub: &Hub, here: &wire::Here) -> Result<wire::MetricsPage, RpcError> {
    let environment = hub.environment(here.root.as_deref())?;
    let metrics = session::metrics(&session::MetricsOptions::default(), &environment)?;
    Ok(wire::MetricsPage {
        html: crate::report::html(&metrics),
    })
}

pub(super) fn models(hub: &Hub, here: &wire::Here) -> Result<wire::Models, RpcError> {
    let environment = hub.environment(here.root.as_deref())?;
    let (model, no_model) = chosen(&environment);
    let local = |it: LocalState| wire::LocalModel {
        id: it.id.to_string(),
        path: it.path,
        bytes: it.bytes,
        state: match it.presence {
            Presence::Present => "present",
            Presence::Missing => "missing",
            Presence::Changed => "changed",
        },
        built_in: it.built_in,
        default: it.default,
    };
    Ok(wire::Models {
        chosen: model,
        no_model,
        models: session::local_models(&environment)?
            .into_iter()
            .map(local)
            .collect(),
        providers: session::providers(&environment)?
            .into_iter()
            .map(provider)
            .collect(),
    })
}

fn provider(it: ProviderState) -> wire::Provider {
    let (key, note) = match it.access {
        Access::Present(place) => ("present", Some(place)),
        Access::Missing(next) => ("missing", Some(next)),
        Access::NotNeeded => ("not_needed", None),
        Access::NotBuiltIn => ("not_built_in", None),
    };
    wire::Provider {
        provider: it.name.to_string(),
        endpoint: it.place,
        key,
        note: note.map(|it| it.to_string()),
    }
}

pub(super) fn trust(hub: &Hub, here: &wire::Here) -> Result<wire::Trust, RpcError> {
    let environment = hub.environment(here.root.as_deref())?;
    let shown = session::folder_trust(None, &environment)?;
    Ok(trust_of(&shown))
}

pub(super) fn grant(hub: &Hub, wanted: &wire::GrantTrust) -> Result<wire::Trust, RpcError> {
    let environment = hub.environment(wanted.here.root.as_deref())?;
    let shown = session::folder_trust(None, &environment)?;
    if shown.state() != wanted.state {
        let why = "the folder is other than what was shown; look at it again";
        return Err(RpcError::new(code::REFUSED, why));
    }
    session::grant(&shown)?;
    Ok(trust_of(&session::folder_trust(None, &environment)?))
}

fn trust_of(shown: &FolderTrust) -> wire::Trust {
    let items = shown.items.iter().map(|it| wire::TrustedItem {
        kind: it.kind,
        name: it.name.clone(),
        standing: it.standing,
        shows: it.shows.clone(),
        readable: it.readable,
    });
    let approved = shown.approved.iter().map(|it| wire::ApprovedCommand {
        pattern: it.0.clone(),
        holds: it.1,
    });
    wire::Trust {
        root: shown.root.display().to_string(),
        whole: shown.is_whole(),
        summary: shown.summary(),
        state: shown.state(),
        items: items.collect(),
        approved: approved.collect(),
    }
}

pub(super) fn doctor(hub: &Hub, here: &wire::Here) -> Result<wire::Health, RpcError> {
    let environment = hub.environment(here.root.as_deref())?;
    let found = session::diagnose(&environment)?;
    let sound = found.is_sound();
    let finding = |it: session::Finding| wire::HealthFinding {
        name: it.name,
        ok: it.ok,
        detail: it.detail,
        fix: it.fix,
    };
    let control = |it: session::Control| wire::Control {
        name: it.name,
        held: it.held,
        detail: it.detail,
    };
    Ok(wire::Health {
        sound,
        findings: found.findings.into_iter().map(finding).collect(),
        sandbox: found.sandbox,
        controls: found.controls.into_iter().map(control).collect(),
    })
}
