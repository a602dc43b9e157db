//! What waits for an answer.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use session::Changeset;

use super::Hub;
use super::front::HubFront;
use crate::rpc::{RpcError, code};
use crate::wire::{Answer, Ask, AskClosed, Asked, Part};

/// How long is waited before other places are looked at for an answer.
const LOOK: Duration = Duration::from_millis(50);

/// Something that waits, with what is needed to tell a good answer.
pub(super) struct OpenAsk {
    ask: Ask,
    changes: Option<Changeset>,
    answer: Option<Answer>,
}

/// What may end the waiting besides an answer to this server.
pub(super) enum Elsewhere {
    /// Nothing yet.
    Nothing,
    /// Somebody said something that counts as an answer.
    Said(Answer),
    /// The question is answered, or nobody is there to answer it.
    Over,
}

impl Hub {
    /// What waits in the project's folder `root`.
    pub(crate) fn asks(&self, root: &Path) -> Vec<Ask> {
        let state = self.lock();
        let open = state.asks.iter().filter(|it| it.answer.is_none());
        let of_root = open.filter(|it| Path::new(&it.ask.root) == root);
        of_root.map(|it| it.ask.clone()).collect()
    }

    /// Answers what waits.
    ///
    /// # Errors
    /// When nothing of that id waits, or the answer does not fit it.
    pub(crate) fn answer(&self, id: &str, answer: Answer) -> Result<(), RpcError> {
        let mut state = self.lock();
        let found = state.asks.iter_mut().find(|it| it.ask.ask == id);
        let found = found.filter(|it| it.answer.is_none()).ok_or_else(|| {
            RpcError::new(code::NOT_FOUND, format!("nothing of the id {id} waits"))
        })?;
        fits(&found.ask.asked, found.changes.as_ref(), &answer)?;
        found.answer = Some(answer);
        self.0.moved.notify_all();
        Ok(())
    }

    /// Asks everybody who listens, and waits until one answers or `elsewhere` ends it.
    pub(super) fn wait(
        &self,
        front: &HubFront,
        asked: Asked,
        changes: Option<&Changeset>,
        elsewhere: &mut dyn FnMut(&Ask) -> Elsewhere,
    ) -> Option<Answer> {
        let ask = self.opened(front, asked, changes);
        self.tell(&front.root, "_kiro/asked", &ask);
        let answer = loop {
            if let Some(answer) = self.answered(&ask.ask) {
                break Some(answer);
            }
            match elsewhere(&ask) {
                Elsewhere::Nothing => {}
                Elsewhere::Over => break None,
                Elsewhere::Said(answer) => {
                    // What another client says is an answer like any other: it has to fit.
                    if self.answer(&ask.ask, answer).is_err() {
                        break None;
                    }
                }
            }
        };
        self.lock().asks.retain(|it| it.ask.ask != ask.ask);
        let closed = AskClosed {
            ask: ask.ask,
            operation: ask.operation,
            root: ask.root,
            answer: answer.clone(),
        };
        self.tell(&front.root, "_kiro/ask_closed", &closed);
        answer
    }

    fn opened(&self, front: &HubFront, asked: Asked, changes: Option<&Changeset>) -> Ask {
        let mut state = self.lock();
        state.last += 1;
        let ask = Ask {
            ask: format!("ask-{}", state.last),
            operation: front.operation.clone(),
            root: front.root.display().to_string(),
            asked,
        };
        state.asks.push(OpenAsk {
            ask: ask.clone(),
            changes: changes.cloned(),
            answer: None,
        });
        ask
    }

    /// The answer, if it comes within a moment.
    fn answered(&self, id: &str) -> Option<Answer> {
        let state = self.lock();
        let open = |it: &&OpenAsk| it.ask.ask == id;
        let waits = |state: &mut super::State| {
            let found = state.asks.iter().find(open);
            found.is_some_and(|it| it.answer.is_none())
        };
        let waited = self.0.moved.wait_timeout_while(state, LOOK, waits);
        let (state, _) = waited.unwrap_or_else(std::sync::PoisonError::into_inner);
        state.asks.iter().find(open)?.answer.clone()
    }
}

/// Whether an answer is one to what was asked.
fn fits(asked: &Asked, changes: Option<&Changeset>, answer: &Answer) -> Result<(), RpcError> {
    let no = |why: &str| Err(RpcError::params(why));
    match (asked, answer) {
        (Asked::Review(_), Answer::Approve | Answer::Skip | Answer::Stop)
        | (Asked::Question { .. }, Answer::Say { .. } | Answer::Skip)
        | (Asked::Wish { .. }, Answer::Yes { offer: None } | Answer::No) => Ok(()),
        (Asked::Review(review), Answer::Revise { remark }) => match review.offers.revise {
            true if !remark.trim().is_empty() => Ok(()),
            true => no("say what is to be otherwise"),
            false => no("this cannot be attempted anew"),
        },
        (Asked::Review(review), Answer::Keep { parts }) => match review.offers.keep {
            true => known(changes, parts),
            false => no("this is taken or left as a whole"),
        },
        (Asked::Review(review), Answer::Modify { files }) => {
            let of_review = |path: &str| review.files.iter().any(|it| it.path == path);
            match files.iter().find(|it| !of_review(&it.path)) {
                _ if !review.offers.modify => no("this is taken or left as a whole"),
                Some(file) => no(&format!("{} is no file of the proposal", file.path)),
                None if files.is_empty() => no("give the files as they shall be"),
                None => Ok(()),
            }
        }
        (Asked::Wish { offers, .. }, Answer::Yes { offer: Some(it) }) => match *it < offers.len() {
            true => Ok(()),
            false => no("there is no such offer"),
        },
        _ => no("that is no answer to what was asked"),
    }
}

fn known(changes: Option<&Changeset>, parts: &BTreeSet<Part>) -> Result<(), RpcError> {
    let all: BTreeSet<Part> = changes
        .iter()
        .flat_map(|it| it.parts())
        .map(|it| Part {
            path: it.path.to_string(),
            number: it.number,
        })
        .collect();
    match parts.iter().find(|it| !all.contains(it)) {
        Some(part) => Err(RpcError::params(format!(
            "{} has no part {}",
            part.path, part.number
        ))),
        None => Ok(()),
    }
}
