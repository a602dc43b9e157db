//! Making the calls of an answer: the toolbox's, and the two that belong to the conversation itself.

use model::Call;
use serde_json::Value;
use tools::{Answer, Effect};

use super::{Conversation, SUBAGENT_TURNS};
use crate::turns::execute::{self, Prepared};
use crate::turns::kit::{DELEGATE, NOTE};
use crate::turns::{AgentEvent, Ended, Job, Watcher};

impl Conversation<'_> {
    /// Makes the calls; answers in their order.
    pub(super) fn answers(&mut self, calls: &[Call], watcher: &mut dyn Watcher) -> Vec<Answer> {
        let prepared: Vec<Prepared> = calls.iter().map(|it| self.prepare(it)).collect();
        let mut answers = Vec::with_capacity(calls.len());
        while let Some(call) = prepared.get(answers.len()) {
            let at = answers.len();
            let count = execute::beside(&prepared[at..]);
            for call in &calls[at..at + count] {
                let event = AgentEvent::Called {
                    call: call.id.clone(),
                    name: call.name.clone(),
                    arguments: call.arguments.clone(),
                };
                watcher.event(self.agent, event);
            }
            match (&call.arguments, call.name.as_str()) {
                (Ok(arguments), NOTE) => answers.push(self.note(arguments)),
                (Ok(arguments), DELEGATE) => answers.push(self.delegate(arguments, watcher)),
                _ => {
                    let (cancel, meter) = (self.job.cancel, &self.meter);
                    let stop = || cancel.is_cancelled() || meter.is_late();
                    let group = &prepared[at..at + count];
                    let toolbox = self.kit.toolbox;
                    answers.extend(execute::run(group, toolbox, &stop, self.agent, watcher));
                }
            }
            for (call, answer) in prepared[at..].iter().zip(&mut answers[at..]) {
                self.answered(call, answer, watcher);
            }
        }
        answers
    }

    fn prepare(&self, call: &Call) -> Prepared {
        let arguments = self.kit.arguments(&call.name, &call.arguments);
        let effect = match (&arguments, call.name.as_str()) {
            // The conversation's own tools run alone: they need the conversation.
            (Ok(_), NOTE | DELEGATE) => Effect::Changes,
            (Ok(arguments), name) => self.kit.toolbox.effect(name, arguments),
            (Err(_), _) => Effect::Reads,
        };
        Prepared {
            id: call.id.clone(),
            name: call.name.clone(),
            arguments,
            effect,
        }
    }

    fn answered(&mut self, call: &Prepared, answer: &mut Answer, watcher: &mut dyn Watcher) {
        let most = self.gauge.quarter_bytes();
        if answer.text.len() > most {
            let all = answer.text.len();
            answer.text.truncate(answer.text.floor_char_boundary(most));
            answer
                .text
                .push_str(&format!("\n[the first {most} of {all} bytes]"));
        }
        if let (Ok(arguments), false) = (&call.arguments, call.name == NOTE) {
            self.ledger
                .called(&call.name, arguments, call.effect, answer);
        }
        let event = AgentEvent::Answered {
            call: call.id.clone(),
            name: call.name.clone(),
            summary: answer.summary.clone(),
            failed: answer.failed,
            changed: answer.changed.clone(),
        };
        watcher.event(self.agent, event);
    }

    fn note(&mut self, arguments: &Value) -> Answer {
        let text = |name: &str| arguments[name].as_str().unwrap_or_default();
        match self.ledger.note(text("kind"), text("text")) {
            Ok(said) => Answer {
                text: said.to_owned(),
                summary: format!("{}: {}", text("kind"), text("text")),
                failed: false,
                changed: Vec::new(),
                pictures: Vec::new(),
            },
            Err(why) => Answer::failed(why),
        }
    }

    /// Lets a subagent work: its own context, the same toolbox, hence the same policy; what it uses counts here.
    fn delegate(&mut self, arguments: &Value, watcher: &mut dyn Watcher) -> Answer {
        let task = arguments["task"].as_str().unwrap_or_default().trim();
        if task.is_empty() {
            return Answer::failed("`task` is empty; say all that the helper has to know");
        }
        self.subagents += 1;
        let job = Job {
            limits: self.meter.left(SUBAGENT_TURNS),
            delegates: false,
            ..self.job
        };
        let agent = self.subagents;
        let delegated = AgentEvent::Delegated {
            agent,
            task: task.to_owned(),
        };
        watcher.event(self.agent, delegated);
        let mut child = Conversation::numbered(job, agent);
        let ended = child.ask(task, watcher);
        self.meter.add_all(child.spent());
        let changed: Vec<String> = child.ledger.changed.iter().cloned().collect();
        self.ledger.read.append(&mut child.ledger.read);
        let (text, failed) = match ended {
            Ended::Finished { text } => (text, false),
            Ended::GaveUp { why, text } => (format!("the helper gave up: {why}\n{text}"), true),
            Ended::Spent(limit) => (format!("the helper was stopped: {limit}"), true),
            Ended::Cancelled => ("the helper was stopped".to_owned(), true),
            Ended::Failed(error) => (format!("the helper could not go on: {error}"), true),
        };
        Answer {
            summary: text.lines().next().unwrap_or_default().to_owned(),
            text,
            failed,
            changed,
            pictures: Vec::new(),
        }
    }
}
