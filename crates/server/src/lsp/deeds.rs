//! What lenses do: commands of the editor that this server carries out.

use lsp_types::ExecuteCommandParams;
use serde::Deserialize;
use serde_json::{Value, json};
use session::language::Deed;
use session::{Cancel, Environment, Outcome};

use super::front::EditorFront;
use super::{Lsp, message};
use crate::hub::Begin;
use crate::kiro::{convert, runs, told};
use crate::rpc::{Peer, RpcError};
use crate::wire::{self, Ended, Here, WorkMode};

/// The commands.
pub(super) const COMMANDS: [&str; 4] = ["kiro.plan", "kiro.run", "kiro.why", "kiro.trace"];

/// What a command is about.
#[derive(Deserialize)]
struct Argument {
    #[serde(default)]
    root: Option<String>,
    spec: String,
    #[serde(default)]
    task: Option<String>,
    #[serde(default)]
    requirement: Option<String>,
    #[serde(default)]
    mode: WorkMode,
}

/// What a lens does, as a command with its argument.
pub(super) fn command(deed: &Deed, root: &str) -> (&'static str, Value) {
    match deed {
        Deed::Plan { spec } => ("kiro.plan", json!({"root": root, "spec": spec})),
        Deed::Run { spec, task } => (
            "kiro.run",
            json!({"root": root, "spec": spec, "task": task}),
        ),
        Deed::Why { spec, task } => (
            "kiro.why",
            json!({"root": root, "spec": spec, "task": task}),
        ),
        Deed::Trace { spec, requirement } => (
            "kiro.trace",
            json!({"root": root, "spec": spec, "requirement": requirement}),
        ),
    }
}

impl Lsp {
    pub(super) fn execute(
        &self,
        peer: &Peer,
        params: &ExecuteCommandParams,
        cancel: &Cancel,
    ) -> Result<Value, RpcError> {
        let argument = params.arguments.first().cloned().unwrap_or_default();
        let argument: Argument = serde_json::from_value(argument).map_err(RpcError::params)?;
        match params.command.as_str() {
            "kiro.plan" => self.plan(peer, &argument, cancel),
            "kiro.run" => self.run(peer, &argument, cancel),
            "kiro.why" => self.why(peer, &argument),
            "kiro.trace" => self.trace(peer, &argument),
            other => Err(RpcError::params(format!("there is no command {other}"))),
        }
    }

    fn plan(&self, peer: &Peer, argument: &Argument, cancel: &Cancel) -> Result<Value, RpcError> {
        let environment = self.hub.environment(argument.root.as_deref())?;
        let wanted = wire::StartPlan {
            here: Here::default(),
            spec: argument.spec.clone(),
            fresh: false,
            feedback: None,
            model: None,
        };
        let options = runs::plan_options(&wanted, &environment)?;
        let begin = Begin {
            kind: "plan",
            subject: &argument.spec,
            mode: None,
            environment: &environment,
        };
        let front = self.front(peer, &format!("Plan of {}", argument.spec), &environment);
        let ended = self.hub.carry_out(&begin, cancel, front, |cancel, front| {
            let place = session::plan(&options, &environment, cancel, front)?;
            Ok((
                Outcome::Done,
                String::new(),
                json!({"tasks": place.tasks()}),
            ))
        })?;
        self.tell(
            peer,
            &ended,
            &format!("The plan of {} is written", argument.spec),
        )
    }

    fn run(&self, peer: &Peer, argument: &Argument, cancel: &Cancel) -> Result<Value, RpcError> {
        let environment = self.hub.environment(argument.root.as_deref())?;
        let wanted = wire::StartRun {
            here: Here::default(),
            spec: argument.spec.clone(),
            mode: argument.mode,
            task: argument.task.clone(),
            parallel: None,
            commit_per_task: false,
            branch: None,
            model: None,
        };
        let options = runs::run_options(&wanted, &environment)?;
        let begin = Begin {
            kind: "run",
            subject: &argument.spec,
            mode: Some(runs::mode(argument.mode).1),
            environment: &environment,
        };
        let front = self.front(peer, &format!("Run of {}", argument.spec), &environment);
        let ended = self.hub.carry_out(&begin, cancel, front, |cancel, front| {
            let outcome = session::run(&options, &environment, cancel, front)?;
            Ok((outcome, front.reason(), Value::Null))
        })?;
        let told = format!("Run {}: {}", ended.outcome, ended.reason);
        self.tell(peer, &ended, &told)
    }

    fn front(&self, peer: &Peer, title: &str, environment: &Environment) -> Box<EditorFront> {
        let client = self.lock().client;
        Box::new(EditorFront::new(peer, title, client, environment))
    }

    /// Tells how it ended where a person sees it.
    fn tell(&self, peer: &Peer, ended: &Ended, done: &str) -> Result<Value, RpcError> {
        let (kind, text) = match ended.outcome {
            "done" | "partial" => (3, done.to_owned()),
            "failed" | "refused" => (1, ended.reason.clone()),
            _ => (2, done.to_owned()),
        };
        peer.notify("window/showMessage", message(kind, &text));
        told(ended)
    }

    fn why(&self, peer: &Peer, argument: &Argument) -> Result<Value, RpcError> {
        let environment = self.hub.environment(argument.root.as_deref())?;
        let task = argument.task.as_deref().unwrap_or_default();
        let why = session::why(task, Some(&argument.spec), &environment)?;
        let last = why.attempts.last();
        let checks = last.map_or((0, 0), |it| {
            let counts = it.checks.last().map(|it| it.counts);
            counts.unwrap_or_default()
        });
        let text = format!(
            "Task {task} {}: {} attempts; the last check: {} passed, {} failed",
            why.title,
            why.attempts.len(),
            checks.0,
            checks.1
        );
        peer.notify("window/showMessage", message(3, &text));
        told(&wire::WhyTask::from(why))
    }

    fn trace(&self, peer: &Peer, argument: &Argument) -> Result<Value, RpcError> {
        let environment = self.hub.environment(argument.root.as_deref())?;
        let what = argument.requirement.as_deref();
        let rows = session::trace(what, Some(&argument.spec), &environment)?;
        for row in &rows {
            let covered = row.criteria.iter().filter(|it| it.1).count();
            let text = format!(
                "{} {}: {covered} of {} criteria covered",
                row.requirement,
                row.title,
                row.criteria.len()
            );
            peer.notify("window/showMessage", message(3, &text));
        }
        told(&convert::traced(rows))
    }
}
