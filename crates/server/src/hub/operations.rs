//! What takes time: plans, runs, chats, hooks, models being fetched.

use std::path::Path;

use serde_json::Value;
use session::{Cancel, Environment, Outcome, Project, SessionError};

use super::front::{Beside, HubFront};
use super::{Hub, State};
use crate::rpc::{RpcError, code};
use crate::wire::{Ended, Operation};

/// How many operations are remembered after their end.
const ENDED_MAX: usize = 50;
/// Most operations that go on at once.
const GOING_ON_MAX: usize = 32;

/// An operation with the means to end it.
pub(super) struct Operating {
    pub(super) told: Operation,
    pub(super) cancel: Cancel,
}

/// What is to begin.
pub(crate) struct Begin<'a> {
    /// `plan`, `run`, `chat`, `hook` or `model`.
    pub(crate) kind: &'static str,
    /// What it is about.
    pub(crate) subject: &'a str,
    /// `guided` or `autopilot`, where that matters.
    pub(crate) mode: Option<&'static str>,
    /// Where.
    pub(crate) environment: &'a Environment,
}

/// What an operation gives: how it ended, why, and what came of it.
pub(crate) type Work = Result<(Outcome, String, Value), SessionError>;

impl Hub {
    /// Begins something on a thread of its own; gives its id.
    pub(crate) fn start(
        &self,
        begin: &Begin<'_>,
        work: impl FnOnce(&Cancel, &mut HubFront) -> Work + Send + 'static,
    ) -> Result<String, RpcError> {
        let cancel = Cancel::new();
        let mut front = self.begin(begin, &cancel, None)?;
        let id = front.operation.clone();
        std::thread::spawn(move || {
            front.carry_out(&cancel, work);
        });
        Ok(id)
    }

    /// Does something on this thread, seen and asked about by `beside` too.
    pub(crate) fn carry_out(
        &self,
        begin: &Begin<'_>,
        cancel: &Cancel,
        beside: Box<dyn Beside>,
        work: impl FnOnce(&Cancel, &mut HubFront) -> Work,
    ) -> Result<Ended, RpcError> {
        let mut front = self.begin(begin, cancel, Some(beside))?;
        Ok(front.carry_out(cancel, work))
    }

    fn begin(
        &self,
        begin: &Begin<'_>,
        cancel: &Cancel,
        beside: Option<Box<dyn Beside>>,
    ) -> Result<HubFront, RpcError> {
        let root = Project::around(begin.environment)?.root;
        let told = {
            let mut state = self.lock();
            let going_on = state.operations.iter().filter(|it| it.told.ended.is_none());
            if state.closing || going_on.count() >= GOING_ON_MAX {
                let why = "too much is going on; wait for something to end";
                return Err(RpcError::new(code::REFUSED, why));
            }
            state.last += 1;
            let told = Operation {
                operation: format!("op-{}", state.last),
                root: root.display().to_string(),
                kind: begin.kind,
                subject: begin.subject.to_owned(),
                mode: begin.mode,
                started_ms: session::hooking::now_ms(),
                run: None,
                ended: None,
            };
            state.operations.push_back(Operating {
                told: told.clone(),
                cancel: cancel.clone(),
            });
            told
        };
        self.shown(&told);
        Ok(HubFront::new(
            self.clone(),
            told.operation,
            root,
            cancel.clone(),
            beside,
        ))
    }

    /// The operations in the project's folder `root` that go on, and those that ended last.
    pub(crate) fn operations(&self, root: &Path) -> Vec<Operation> {
        let state = self.lock();
        let all = state.operations.iter().map(|it| it.told.clone());
        all.filter(|it| Path::new(&it.root) == root).collect()
    }

    /// Asks an operation to end. What it had recorded by then stays, so that a run can go on later.
    pub(crate) fn stop(&self, id: &str) -> Result<(), RpcError> {
        let state = self.lock();
        let found = state
            .operations
            .iter()
            .find(|it| it.told.operation == id)
            .ok_or_else(|| RpcError::new(code::NOT_FOUND, format!("there is no operation {id}")))?;
        found.cancel.cancel();
        self.0.moved.notify_all();
        Ok(())
    }

    /// Notes the id that an operation's run has in the journal.
    pub(super) fn runs_as(&self, id: &str, run: &str) {
        self.change(id, |it| {
            let is_new = it.run.is_none();
            it.run.get_or_insert_with(|| run.to_owned());
            is_new
        });
    }

    pub(super) fn ended(&self, id: &str, ended: Ended) {
        self.change(id, |it| {
            it.ended = Some(ended);
            true
        });
        let mut state = self.lock();
        forget_old(&mut state);
        self.0.moved.notify_all();
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Operation) -> bool) {
        let told = {
            let mut state = self.lock();
            let found = state
                .operations
                .iter_mut()
                .find(|it| it.told.operation == id);
            let Some(found) = found else { return };
            if !change(&mut found.told) {
                return;
            }
            found.told.clone()
        };
        self.shown(&told);
    }
}

fn forget_old(state: &mut State) {
    let ended = |it: &Operating| it.told.ended.is_some();
    while state.operations.iter().filter(|it| ended(it)).count() > ENDED_MAX {
        let oldest = state.operations.iter().position(ended);
        if let Some(at) = oldest {
            state.operations.remove(at);
        }
    }
}
