//! Plans, runs, chats, hooks by hand; what waits, what was done, and taking it out again.

use std::path::PathBuf;

use serde_json::{Value, json};
use session::hooking::{RunHookOptions, WatchOptions};
use session::{
    Budget, ChatOptions, Decision, Environment, Mode, Outcome, PlanOptions, Role, RunOptions, Undo,
    UndoOptions, Unseen,
};

use crate::hub::{Begin, Hub};
use crate::rpc::{RpcError, code};
use crate::wire::{self, Answer, Started, WorkMode};

/// How long a file has to be quiet before its hooks are asked, in milliseconds.
const WATCH_QUIET_MS: u64 = 150;

/// The mode and its name.
pub(crate) fn mode(wanted: WorkMode) -> (Mode, &'static str) {
    match wanted {
        WorkMode::Guided => (Mode::Guided, "guided"),
        WorkMode::Autopilot => (Mode::Autopilot, "autopilot"),
    }
}

/// What a plan is made by.
pub(crate) fn plan_options(
    wanted: &wire::StartPlan,
    environment: &Environment,
) -> Result<PlanOptions, RpcError> {
    Ok(PlanOptions {
        spec: wanted.spec.clone(),
        fresh: wanted.fresh,
        feedback: wanted.feedback.clone(),
        model: session::model_for(Role::Plan, wanted.model.as_deref(), environment)?,
    })
}

/// What a run is made by.
pub(crate) fn run_options(
    wanted: &wire::StartRun,
    environment: &Environment,
) -> Result<RunOptions, RpcError> {
    let model = wanted.model.as_deref();
    Ok(RunOptions {
        spec: wanted.spec.clone(),
        mode: mode(wanted.mode).0,
        only: wanted.task.clone(),
        model: session::model_for(Role::Implement, model, environment)?,
        planner: session::model_for(Role::Plan, model, environment)?,
        budget: Budget::default(),
        seed: 0,
        parallel: wanted.parallel.map_or(1, usize::from),
        commit_per_task: wanted.commit_per_task,
        branch: wanted.branch.clone(),
    })
}

/// What a chat is made by.
pub(crate) fn chat_options(
    wanted: &wire::StartChat,
    environment: &Environment,
) -> Result<ChatOptions, RpcError> {
    Ok(ChatOptions {
        prompt: wanted.prompt.clone(),
        earlier: Vec::new(),
        pictures: Vec::new(),
        mode: mode(wanted.mode).0,
        model: session::model_for(Role::Implement, wanted.model.as_deref(), environment)?,
        budget: Budget::default(),
    })
}

pub(super) fn plan(hub: &Hub, wanted: wire::StartPlan) -> Result<Started, RpcError> {
    let environment = hub.environment(wanted.here.root.as_deref())?;
    let options = plan_options(&wanted, &environment)?;
    let begin = Begin {
        kind: "plan",
        subject: &wanted.spec,
        mode: None,
        environment: &environment.clone(),
    };
    let operation = hub.start(&begin, move |cancel, front| {
        let place = session::plan(&options, &environment, cancel, front)?;
        let made = json!({"plan": place.plan(), "tasks": place.tasks()});
        Ok((Outcome::Done, String::new(), made))
    })?;
    Ok(Started { operation })
}

pub(super) fn run(hub: &Hub, wanted: wire::StartRun) -> Result<Started, RpcError> {
    let environment = hub.environment(wanted.here.root.as_deref())?;
    let options = run_options(&wanted, &environment)?;
    let begin = Begin {
        kind: "run",
        subject: &wanted.spec,
        mode: Some(mode(wanted.mode).1),
        environment: &environment.clone(),
    };
    let operation = hub.start(&begin, move |cancel, front| {
        let outcome = session::run(&options, &environment, cancel, front)?;
        Ok((outcome, front.reason(), Value::Null))
    })?;
    Ok(Started { operation })
}

pub(super) fn chat(hub: &Hub, wanted: wire::StartChat) -> Result<Started, RpcError> {
    let environment = hub.environment(wanted.here.root.as_deref())?;
    let options = chat_options(&wanted, &environment)?;
    let subject: String = wanted.prompt.chars().take(80).collect();
    let begin = Begin {
        kind: "chat",
        subject: &subject,
        mode: Some(mode(wanted.mode).1),
        environment: &environment.clone(),
    };
    let operation = hub.start(&begin, move |cancel, front| {
        let chat = session::chat(&options, &environment, cancel, front)?;
        let came = json!({"run": chat.run, "text": chat.text, "files": chat.files, "applied": chat.applied});
        Ok((chat.outcome, chat.reason, came))
    })?;
    Ok(Started { operation })
}

pub(super) fn hook(hub: &Hub, wanted: wire::RunHook) -> Result<Started, RpcError> {
    let environment = hub.environment(wanted.here.root.as_deref())?;
    let model = wanted.model.as_deref();
    let options = RunHookOptions {
        hook: PathBuf::from(&wanted.hook),
        file: wanted.file.as_ref().map(PathBuf::from),
        dry_run: wanted.dry_run,
        model: model
            .map(|it| session::model_for(Role::Hook, Some(it), &environment))
            .transpose()?,
    };
    let begin = Begin {
        kind: "hook",
        subject: &wanted.hook,
        mode: None,
        environment: &environment.clone(),
    };
    let operation = hub.start(&begin, move |cancel, front| {
        let came = session::hooking::run_hook(&options, &environment, cancel, front)?;
        let stopped = came.ran.iter().any(|it| it.stops);
        let outcome = match stopped {
            true => Outcome::Incomplete,
            false => Outcome::Done,
        };
        Ok((outcome, String::new(), super::convert::hook_result(&came)))
    })?;
    Ok(Started { operation })
}

/// Runs the hooks of files while this server lives; once a folder.
pub(super) fn watch(hub: &Hub, here: &wire::Here) -> Result<Started, RpcError> {
    let environment = hub.environment(here.root.as_deref())?;
    let root = hub.root(here)?;
    let goes_on = |it: &wire::Operation| it.kind == "watch" && it.ended.is_none();
    if let Some(it) = hub.operations(&root).into_iter().find(goes_on) {
        return Ok(Started {
            operation: it.operation,
        });
    }
    let options = WatchOptions {
        quiet_ms: WATCH_QUIET_MS,
        model: None,
    };
    let begin = Begin {
        kind: "watch",
        subject: "files",
        mode: None,
        environment: &environment.clone(),
    };
    let operation = hub.start(&begin, move |cancel, front| {
        session::hooking::watch(&options, &environment, cancel, front, &mut |_| {})?;
        Ok((Outcome::Done, String::new(), Value::Null))
    })?;
    Ok(Started { operation })
}

pub(super) fn use_model(hub: &Hub, wanted: wire::UseModel) -> Result<Started, RpcError> {
    let environment = hub.environment(wanted.here.root.as_deref())?;
    let model = wanted.model.clone();
    let begin = Begin {
        kind: "model",
        subject: &wanted.model,
        mode: None,
        environment: &environment.clone(),
    };
    let operation = hub.start(&begin, move |cancel, front| {
        let chosen = session::use_model(&model, &environment, cancel, front)?;
        Ok((
            Outcome::Done,
            String::new(),
            json!({"model": chosen.id.to_string()}),
        ))
    })?;
    Ok(Started { operation })
}

pub(super) fn approvals(hub: &Hub, wanted: &wire::Approvals) -> Result<wire::Waiting, RpcError> {
    let environment = hub.environment(wanted.here.root.as_deref())?;
    let waiting = session::approvals(wanted.spec.as_deref(), &environment)?;
    Ok(wire::Waiting {
        waiting: waiting.iter().map(wire::WaitingTask::from).collect(),
    })
}

pub(super) fn approval(hub: &Hub, wanted: &wire::OfTask) -> Result<wire::Review, RpcError> {
    let environment = hub.environment(wanted.here.root.as_deref())?;
    let waiting = session::approvals(wanted.spec.as_deref(), &environment)?;
    let found = waiting.iter().find(|it| it.task == wanted.task);
    found.map(wire::Review::from).ok_or_else(|| {
        let why = format!("task {} does not wait for an answer", wanted.task);
        RpcError::new(code::NOT_FOUND, why)
    })
}

pub(super) fn answer(
    hub: &Hub,
    wanted: &wire::AnswerApproval,
) -> Result<wire::WaitingTask, RpcError> {
    let environment = hub.environment(wanted.of.here.root.as_deref())?;
    let decision = match &wanted.answer {
        Answer::Approve => Decision::Approve,
        Answer::Revise { remark } => Decision::Revise(remark.clone()),
        Answer::Skip => Decision::Skip,
        Answer::Stop => Decision::Stop,
        _ => {
            let why = "edits of a proposal are made where the run is: answer what it asks there";
            return Err(RpcError::new(code::REFUSED, why));
        }
    };
    let meant = session::Meant {
        task: &wanted.of.task,
        spec: wanted.of.spec.as_deref(),
        file: wanted.file.as_deref(),
    };
    let waiting = session::answer(meant, &decision, &environment)?;
    Ok(wire::WaitingTask::from(&waiting))
}

pub(super) fn log(hub: &Hub, wanted: &wire::OfRun) -> Result<wire::RunLog, RpcError> {
    let environment = hub.environment(wanted.here.root.as_deref())?;
    let (run, facts) = session::log(wanted.run.as_deref(), &environment)?;
    Ok(wire::RunLog {
        run: run.into(),
        facts: facts.into_iter().map(wire::FactEntry::from).collect(),
    })
}

pub(super) fn why(hub: &Hub, wanted: &wire::OfTask) -> Result<wire::WhyTask, RpcError> {
    let environment = hub.environment(wanted.here.root.as_deref())?;
    let why = session::why(&wanted.task, wanted.spec.as_deref(), &environment)?;
    Ok(why.into())
}

pub(super) fn undo(hub: &Hub, wanted: &wire::UndoTask) -> Result<wire::Undone, RpcError> {
    let environment = hub.environment(wanted.here.root.as_deref())?;
    let options = UndoOptions {
        what: match (&wanted.back_to, wanted.redo) {
            (Some(target), _) => Undo::Back(target.clone()),
            (None, true) => Undo::Redo,
            (None, false) => Undo::Task(wanted.task.clone()),
        },
        spec: wanted.spec.clone(),
        dry_run: wanted.dry_run,
    };
    let moved = session::undo(&options, &environment, &mut Unseen)?;
    Ok(wire::Undone {
        dry_run: wanted.dry_run,
        tasks: moved.into_iter().map(Into::into).collect(),
    })
}
