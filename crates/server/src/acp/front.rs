//! What an operation shows, as a client of the protocol sees it: text, tool calls, a plan; and what it asks, as requests
//! for permission.

mod asking;
mod calls;
mod plan;

use agent_client_protocol_schema::v1::{ClientCapabilities, SessionUpdate, ToolCallStatus};
use session::{Answer, Environment, Fact, View};

use self::asking::Asking;
use self::calls::Calls;
use self::plan::PlanShown;
use super::updates;
use crate::hub::{Beside, Spoken};
use crate::rpc::Peer;
use crate::wire::Ask;

/// The client that a prompt came from.
pub(super) struct ClientFront {
    peer: Peer,
    session: String,
    root: String,
    environment: Environment,
    plan: PlanShown,
    calls: Calls,
    asking: Asking,
}

impl ClientFront {
    pub(super) fn new(
        peer: &Peer,
        session: &str,
        root: String,
        environment: &Environment,
        client: &ClientCapabilities,
    ) -> ClientFront {
        ClientFront {
            peer: peer.clone(),
            session: session.to_owned(),
            environment: environment.clone(),
            plan: PlanShown::default(),
            calls: Calls::default(),
            asking: Asking::new(peer, session, &root, client),
            root,
        }
    }

    fn send(&self, update: SessionUpdate) {
        updates::send(&self.peer, &self.session, update);
    }

    fn send_all(&self, updates: impl IntoIterator<Item = SessionUpdate>) {
        updates.into_iter().for_each(|it| self.send(it));
    }

    fn thought(&self, text: &str) {
        self.send(updates::of_thought(&format!("{text}\n")));
    }

    fn says(&self, text: &str) {
        self.send(updates::of_agent(&format!("{text}\n\n")));
    }

    /// What has to do with the run as a whole.
    fn show_run(&mut self, view: &View) {
        match view {
            View::Notice(text) => self.thought(text),
            View::Warning(text) => self.says(&format!("Warning: {text}")),
            View::Pulling { done, total, .. } if done == total => {
                self.thought("the model is there")
            }
            View::Began {
                run, resumed: true, ..
            } => self.thought(&format!("run {run} goes on where it stopped")),
            View::Began { spec, .. } => self.plan.of_spec(spec),
            View::Planned { .. } => {
                let update = self.plan.read(&self.environment);
                self.send_all(update);
            }
            View::Recorded(Fact::Planned { .. }) => {
                let update = self.plan.read(&self.environment);
                self.send_all(update);
            }
            View::Claim { criterion, proof } => self.thought(&match proof {
                Ok(proof) => format!("proven: {criterion}: {proof}"),
                Err(why) => format!("not proven: {criterion}: {why}"),
            }),
            View::Waiting { left_ms, reason } => self.thought(&format!(
                "asking again in {} s: {reason}",
                left_ms.div_ceil(1000)
            )),
            _ => {}
        }
    }

    /// What has to do with one task.
    fn show_task(&mut self, view: &View) {
        let updates: Vec<SessionUpdate> = match view {
            View::TaskStarted { task, place, title } => {
                let plan = self.plan.started(task);
                let title = format!("Task {}/{}: {title}", place.0, place.1);
                plan.into_iter()
                    .chain([self.calls.task(task, &title)])
                    .collect()
            }
            View::Tried {
                slot,
                route,
                result,
                ..
            } => self.calls.line(&format!("{slot}, {route}: {result}")),
            View::Check {
                what,
                result: Some((passed, failed)),
            } => self
                .calls
                .line(&format!("{what}: {passed} passed, {failed} failed")),
            View::Diff { task, changes } => {
                let diffs = updates::diffs_of(&self.root, changes);
                self.calls.shows(task, diffs)
            }
            View::TaskDone { task, passed, .. } => {
                let plan = self.plan.done(task);
                let told = format!("done: {passed} examples pass");
                let call = self.calls.ended(&told, ToolCallStatus::Completed);
                plan.into_iter().chain(call).collect()
            }
            View::TaskOpen { task, reason, .. } => {
                let plan = self.plan.open(task);
                let call = self.calls.ended(reason, ToolCallStatus::Failed);
                plan.into_iter().chain(call).collect()
            }
            View::Recorded(Fact::Answered { task, answer, .. }) => match answer {
                Answer::Skip => self.left_out(task, "skipped"),
                Answer::Stop => self.left_out(task, "stopped"),
                _ => Vec::new(),
            },
            View::Ended { reason, .. } => self.calls.ended(reason, ToolCallStatus::Failed),
            _ => Vec::new(),
        };
        self.send_all(updates);
    }

    fn left_out(&mut self, task: &str, how: &str) -> Vec<SessionUpdate> {
        let plan = self.plan.open(task);
        let call = self.calls.ended(how, ToolCallStatus::Failed);
        plan.into_iter().chain(call).collect()
    }

    /// What the model does.
    fn show_model(&mut self, view: &View) {
        match view {
            // What a program asked for is an answer to it, not to the person.
            View::Writing(text) if !self.calls.is_in_task() => {
                self.send(updates::of_agent(text));
            }
            View::Calling(tool) => {
                let update = self.calls.called(tool);
                self.send(update);
            }
            View::Output(text) => {
                let update = self.calls.output(text);
                self.send_all(update);
            }
            View::Called {
                agent,
                tool,
                summary,
                failed,
            } => {
                let update = self.calls.answered(*agent, tool, summary, *failed);
                self.send(update);
            }
            _ => {}
        }
    }
}

impl Beside for ClientFront {
    fn show(&mut self, view: &View) {
        let view = match view {
            View::Of { view, .. } => view,
            view => view,
        };
        self.show_run(view);
        self.show_task(view);
        self.show_model(view);
    }

    fn ask(&mut self, ask: &Ask) {
        let call = self.calls.asked(ask);
        self.asking.begin(ask, call);
    }

    fn said(&mut self) -> Spoken {
        self.asking.look()
    }

    fn close(&mut self) {
        let updates = self.calls.answered_ask();
        self.send_all(updates);
        self.asking.end();
    }
}
