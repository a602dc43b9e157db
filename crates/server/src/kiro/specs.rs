//! Specs and their tasks.

use session::{Dialect, ListedSpec, Purpose, Unseen};

use crate::hub::Hub;
use crate::rpc::RpcError;
use crate::wire;

pub(super) fn list(hub: &Hub, here: &wire::Here) -> Result<wire::Specs, RpcError> {
    let environment = hub.environment(here.root.as_deref())?;
    let listed = |it: ListedSpec| wire::ListedSpec {
        name: it.name,
        dialect: it.dialect,
        path: it.path,
        tasks: it.tasks,
        archived: it.archived,
    };
    let specs = session::spec_list(&environment)?;
    Ok(wire::Specs {
        specs: specs.into_iter().map(listed).collect(),
    })
}

pub(super) fn show(hub: &Hub, wanted: &wire::OfSpec) -> Result<wire::ShownSpec, RpcError> {
    let environment = hub.environment(wanted.here.root.as_deref())?;
    let (place, spec, _) = session::spec(&wanted.spec, &environment)?;
    Ok(wire::ShownSpec {
        path: place.path.to_string(),
        plan: place.plan(),
        tasks: place.tasks(),
        documents: place.layout.documents,
        spec,
    })
}

pub(super) fn new(hub: &Hub, wanted: &wire::NewSpec) -> Result<wire::Written, RpcError> {
    let environment = hub.environment(wanted.here.root.as_deref())?;
    let named = |name: &String| {
        Dialect::named(name).ok_or_else(|| RpcError::params(format!("«{name}» is no dialect")))
    };
    let dialect = wanted.dialect.as_ref().map(named).transpose()?;
    let new = session::NewSpec {
        name: wanted.name.clone(),
        title: wanted.title.clone(),
        purpose: match wanted.kind {
            wire::SpecKind::Feature => Purpose::Feature,
            wire::SpecKind::Bugfix => Purpose::Bugfix,
            wire::SpecKind::Quick => Purpose::Quick,
        },
        dialect,
    };
    let files = session::new_spec(&new, &environment, &mut Unseen)?;
    let path = files.into_iter().next().unwrap_or_default();
    Ok(wire::Written { path })
}

pub(super) fn lint(hub: &Hub, wanted: &wire::Lint) -> Result<wire::Linted, RpcError> {
    let environment = hub.environment(wanted.here.root.as_deref())?;
    let report = session::lint(&wanted.specs, wanted.fix, &environment, &mut Unseen)?;
    Ok(wire::Linted {
        specs: report.specs,
        fixed: report.fixed,
        findings: report.findings.iter().map(wire::Finding::from).collect(),
    })
}

pub(super) fn trace(hub: &Hub, wanted: &wire::Trace) -> Result<wire::Traced, RpcError> {
    let environment = hub.environment(wanted.here.root.as_deref())?;
    let rows = session::trace(wanted.what.as_deref(), wanted.spec.as_deref(), &environment)?;
    Ok(super::convert::traced(rows))
}

pub(super) fn tasks(hub: &Hub, wanted: &wire::OfSpec) -> Result<wire::Tasks, RpcError> {
    let environment = hub.environment(wanted.here.root.as_deref())?;
    let view = session::tasks(&wanted.spec, &environment)?;
    Ok(wire::Tasks {
        path: view.path,
        tasks: view.list.tasks,
        ticked_by_person: view.ticked_by_person.into_iter().collect(),
    })
}

pub(super) fn set_task(hub: &Hub, wanted: &wire::SetTask) -> Result<wire::TaskSet, RpcError> {
    let environment = hub.environment(wanted.here.root.as_deref())?;
    let set = session::set_task(
        &wanted.spec,
        &wanted.task,
        &wanted.state,
        &environment,
        &mut Unseen,
    )?;
    Ok(wire::TaskSet {
        path: set.path,
        id: wanted.task.clone(),
        before: set.before,
        after: set.after,
    })
}
