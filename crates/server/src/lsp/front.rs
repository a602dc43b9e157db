//! What an operation shows in an editor that speaks only the Language Server Protocol: progress, and questions as messages
//! with buttons.

use std::time::Duration;

use serde_json::{Value, json};
use session::{Environment, View};

use super::{ClientCan, message};
use crate::hub::{Beside, Spoken};
use crate::rpc::{Peer, Pending};
use crate::wire::{Answer, Ask, Asked, Review};

/// How long an editor may take to make a place for progress.
const PROMPTLY: Duration = Duration::from_secs(2);

/// The editor that a command came from.
pub(super) struct EditorFront {
    peer: Peer,
    client: ClientCan,
    token: Option<String>,
    environment: Environment,
    pending: Option<(Pending, Ask)>,
}

impl EditorFront {
    pub(super) fn new(
        peer: &Peer,
        title: &str,
        client: ClientCan,
        environment: &Environment,
    ) -> EditorFront {
        let token = format!("kiro-{}", session::hooking::now_ms());
        let made = client.progress && {
            let place = peer.call("window/workDoneProgress/create", json!({"token": token}));
            matches!(place.wait(PROMPTLY), Some(Ok(_)))
        };
        let front = EditorFront {
            peer: peer.clone(),
            client,
            token: made.then_some(token),
            environment: environment.clone(),
            pending: None,
        };
        front.progress(json!({"kind": "begin", "title": title}));
        front
    }

    fn progress(&self, value: Value) {
        if let Some(token) = &self.token {
            let params = json!({"token": token, "value": value});
            self.peer.notify("$/progress", params);
        }
    }

    fn report(&self, text: &str) {
        self.progress(json!({"kind": "report", "message": text}));
    }

    /// Asks by buttons.
    fn buttons(&mut self, ask: &Ask, text: &str, buttons: &[String]) {
        let actions: Vec<Value> = buttons.iter().map(|it| json!({ "title": it })).collect();
        let params = json!({"type": 3, "message": text, "actions": actions});
        let pending = self.peer.call("window/showMessageRequest", params);
        self.pending = Some((pending, ask.clone()));
    }

    /// Opens what is proposed beside; the question stays.
    fn show_changes(&self, review: &Review) {
        let diff: String = review
            .files
            .iter()
            .flat_map(|file| file.parts.iter().map(move |part| (file, part)))
            .map(|(file, part)| match part.text.starts_with("diff ") {
                true => part.text.clone(),
                false => format!("--- {0}\n+++ {0}\n{1}", file.path, part.text),
            })
            .collect();
        let shown = session::keep_aside("proposal.diff", &diff, &self.environment);
        let uri = shown.ok().and_then(|it| super::place::uri(&it));
        if let Some(uri) = uri {
            let params = json!({"uri": uri, "takeFocus": true});
            // Whether it could be shown is seen by whoever asked for it.
            drop(self.peer.call("window/showDocument", params).wait(PROMPTLY));
        }
    }

    fn chosen(&mut self, title: &str, ask: Ask) -> Spoken {
        let answer = match (&ask.asked, title) {
            (Asked::Review(_), "Approve") => Answer::Approve,
            (Asked::Review(_), "Skip") => Answer::Skip,
            (Asked::Review(_), "Stop") => Answer::Stop,
            (Asked::Review(review), "Show the changes") => {
                self.show_changes(review);
                self.ask(&ask);
                return Spoken::Nothing;
            }
            (Asked::Wish { .. }, "Yes, this once") => Answer::Yes { offer: None },
            (Asked::Wish { .. }, "No") => Answer::No,
            (Asked::Wish { offers, .. }, title) => {
                let found = offers.iter().find(|it| further(&it.text) == title);
                match found {
                    Some(offer) => Answer::Yes {
                        offer: Some(offer.number),
                    },
                    None => Answer::No,
                }
            }
            (Asked::Question { .. }, text) => Answer::Say {
                text: text.to_owned(),
            },
            (Asked::Review(_), _) => return Spoken::Declined,
        };
        Spoken::Answer(answer)
    }
}

fn further(offer: &str) -> String {
    format!("Yes, and {offer}")
}

impl Beside for EditorFront {
    fn show(&mut self, view: &View) {
        match view {
            View::TaskStarted { place, title, .. } => {
                self.report(&format!("task {} of {}: {title}", place.0, place.1));
            }
            View::Asking { slot, .. } => self.report(slot),
            View::Check { what, result: None } => self.report(what),
            View::Warning(text) => self.peer.notify("window/logMessage", message(2, text)),
            View::Notice(text) => self.peer.notify("window/logMessage", message(3, text)),
            _ => {}
        }
    }

    fn ask(&mut self, ask: &Ask) {
        let words = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        match &ask.asked {
            Asked::Review(review) => {
                let files: Vec<&str> = review.files.iter().map(|it| it.path.as_str()).collect();
                let reasons = review.reasons.iter().map(|it| format!("\n{it}"));
                let text = format!(
                    "Task {} {}: {} (+{} -{}). {}.{}",
                    review.task,
                    review.title,
                    files.join(", "),
                    review.added_lines,
                    review.removed_lines,
                    review.evidence,
                    reasons.collect::<String>()
                );
                let mut buttons = words(&["Approve", "Skip", "Stop"]);
                if self.client.show_documents {
                    buttons.insert(1, "Show the changes".to_owned());
                }
                self.buttons(ask, &text, &buttons);
            }
            Asked::Wish {
                act,
                reasons,
                offers,
            } => {
                let mut buttons = words(&["Yes, this once"]);
                buttons.extend(offers.iter().map(|it| further(&it.text)));
                buttons.push("No".to_owned());
                self.buttons(ask, &format!("{act}\n{}", reasons.join("\n")), &buttons);
            }
            Asked::Question { text, options } => self.buttons(ask, text, options),
        }
    }

    fn said(&mut self) -> Spoken {
        let Some((pending, _)) = &self.pending else {
            return Spoken::Nothing;
        };
        let Some(came) = pending.wait(Duration::ZERO) else {
            return Spoken::Nothing;
        };
        let Some((_, ask)) = self.pending.take() else {
            return Spoken::Nothing;
        };
        match came {
            Ok(Value::Object(chosen)) => match chosen.get("title").and_then(Value::as_str) {
                Some(title) => self.chosen(title, ask),
                None => Spoken::Declined,
            },
            // Closed without an answer: what was proposed waits, and can be answered from anywhere.
            _ => Spoken::Declined,
        }
    }

    fn close(&mut self) {
        self.pending = None;
    }
}

impl Drop for EditorFront {
    fn drop(&mut self) {
        self.progress(json!({"kind": "end"}));
    }
}
