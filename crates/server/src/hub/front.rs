//! The front of an operation: what it shows goes to everybody who listens, and whoever answers first is heard.

use std::path::PathBuf;

use serde_json::Value;
use session::{
    Cancel, Consent, Decision, EditedFile, Front, Kind, Part, Question, RelPath, Review, View, Wish,
};

use super::Hub;
use super::asks::Elsewhere;
use super::operations::Work;
use crate::wire::{self, Answer, Ask, Asked, Ended, OperationEvent, Shown};

/// How many looks at this server's answers there are for one at those of other processes.
const LOOKS_A_QUERY: u32 = 5;

/// A client that an operation was begun by and that sees it in its own way.
pub(crate) trait Beside: Send {
    /// Shows a view. Must return soon.
    fn show(&mut self, view: &View);

    /// Begins to ask.
    fn ask(&mut self, ask: &Ask);

    /// What was said meanwhile.
    fn said(&mut self) -> Spoken;

    /// The question is answered: nobody is to be asked any more.
    fn close(&mut self);
}

/// What a client said.
pub(crate) enum Spoken {
    /// Nothing yet.
    Nothing,
    /// An answer.
    Answer(Answer),
    /// It does not answer this.
    Declined,
    /// Everything that was begun is to end.
    Cancelled,
}

/// The front of one operation.
pub(crate) struct HubFront {
    hub: Hub,
    pub(super) operation: String,
    pub(super) root: PathBuf,
    cancel: Cancel,
    beside: Option<Box<dyn Beside>>,
    /// Why the last run ended.
    reason: String,
}

impl HubFront {
    pub(super) fn new(
        hub: Hub,
        operation: String,
        root: PathBuf,
        cancel: Cancel,
        beside: Option<Box<dyn Beside>>,
    ) -> HubFront {
        HubFront {
            hub,
            operation,
            root,
            cancel,
            beside,
            reason: String::new(),
        }
    }

    /// Why the run ended that was shown here.
    pub(crate) fn reason(&self) -> String {
        self.reason.clone()
    }

    /// Does the work, whatever becomes of it, and tells how it ended.
    pub(super) fn carry_out(
        &mut self,
        cancel: &Cancel,
        work: impl FnOnce(&Cancel, &mut HubFront) -> Work,
    ) -> Ended {
        let worked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(cancel, self)));
        let ended = match worked {
            Ok(Ok((outcome, reason, result))) => Ended {
                outcome: outcome.name(),
                reason,
                hint: None,
                result,
            },
            Ok(Err(error)) => Ended {
                outcome: match error.kind {
                    Kind::Interrupted => "interrupted",
                    Kind::Refused => "refused",
                    _ => "failed",
                },
                reason: error.message,
                hint: error.hint,
                result: Value::Null,
            },
            Err(_) => Ended {
                outcome: "failed",
                reason: "it broke down; this is an error in Kiro".to_owned(),
                hint: None,
                result: Value::Null,
            },
        };
        self.hub.ended(&self.operation, ended.clone());
        ended
    }

    fn learn(&mut self, view: &View) {
        match view {
            View::Began { run, .. } => self.hub.runs_as(&self.operation, run),
            View::Ended { reason, .. } => self.reason.clone_from(reason),
            _ => {}
        }
    }

    /// Waits for an answer of anybody, `elsewhere` too.
    fn wait(
        &mut self,
        asked: Asked,
        changes: Option<&session::Changeset>,
        elsewhere: &mut dyn FnMut() -> bool,
    ) -> Option<Answer> {
        let (hub, cancel) = (self.hub.clone(), self.cancel.clone());
        let mut beside = self.beside.take();
        let root = self.root.clone();
        let mut is_asked = false;
        let mut declined = beside.is_none();
        let needs_listener = beside.is_some();
        let mut looks = 0u32;
        let mut look = |ask: &Ask| {
            if let (Some(beside), false) = (beside.as_mut(), is_asked) {
                beside.ask(ask);
                is_asked = true;
            }
            if cancel.is_cancelled() {
                return Elsewhere::Over;
            }
            looks = looks.wrapping_add(1);
            if looks.is_multiple_of(LOOKS_A_QUERY) && elsewhere() {
                return Elsewhere::Over;
            }
            match beside.as_mut().map(|it| it.said()) {
                Some(Spoken::Answer(answer)) => return Elsewhere::Said(answer),
                Some(Spoken::Declined) => declined = true,
                Some(Spoken::Cancelled) => {
                    cancel.cancel();
                    return Elsewhere::Over;
                }
                Some(Spoken::Nothing) | None => {}
            }
            // Who was asked does not answer, and nobody else is there.
            match declined && needs_listener && !hub.is_heard(&root) {
                true => Elsewhere::Over,
                false => Elsewhere::Nothing,
            }
        };
        let answer = self.hub.clone().wait(self, asked, changes, &mut look);
        if let Some(beside) = beside.as_mut() {
            beside.close();
        }
        self.beside = beside;
        answer
    }
}

impl Front for HubFront {
    fn show(&mut self, view: &View) {
        self.learn(view);
        if let Some(beside) = &mut self.beside {
            beside.show(view);
        }
        if let Some(event) = Shown::of(view) {
            let told = OperationEvent {
                operation: self.operation.clone(),
                root: self.root.display().to_string(),
                event,
            };
            self.hub.tell(&self.root, "_kiro/event", &told);
        }
    }

    fn ask(
        &mut self,
        review: &Review,
        elsewhere: &mut dyn FnMut() -> Option<Decision>,
    ) -> Option<Decision> {
        let mut from_elsewhere = None;
        let asked = Asked::Review(wire::Review::of(review));
        let mut look = || {
            from_elsewhere = elsewhere();
            from_elsewhere.is_some()
        };
        let here = self.wait(asked, Some(&review.changes), &mut look);
        here.and_then(decision).or(from_elsewhere)
    }

    fn answer(&mut self, question: &Question) -> Option<String> {
        let asked = Asked::Question {
            text: question.text.clone(),
            options: question.options.clone(),
        };
        match self.wait(asked, None, &mut || false)? {
            Answer::Say { text } => Some(text),
            _ => None,
        }
    }

    fn consent(&mut self, wish: &Wish) -> Consent {
        match self.wait(Asked::wish(wish), None, &mut || false) {
            Some(Answer::Yes { offer: None }) => Consent::Once,
            Some(Answer::Yes { offer: Some(at) }) => match wish.offers.get(at).cloned() {
                Some((pattern, scope)) => Consent::Further(pattern, scope),
                None => Consent::No,
            },
            _ => Consent::No,
        }
    }
}

/// An answer that fits a review as a decision.
fn decision(answer: Answer) -> Option<Decision> {
    Some(match answer {
        Answer::Approve => Decision::Approve,
        Answer::Keep { parts } => {
            let part = |it: wire::Part| {
                let path = RelPath::parse(&it.path).ok()?;
                let number = it.number;
                Some(Part { path, number })
            };
            Decision::Keep(parts.into_iter().filter_map(part).collect())
        }
        Answer::Modify { files } => {
            let file = |it: wire::TextFile| EditedFile {
                path: it.path,
                text: it.text,
            };
            Decision::Edit(files.into_iter().map(file).collect())
        }
        Answer::Revise { remark } => Decision::Revise(remark.trim().to_owned()),
        Answer::Skip => Decision::Skip,
        Answer::Stop => Decision::Stop,
        Answer::Say { .. } | Answer::Yes { .. } | Answer::No => return None,
    })
}
