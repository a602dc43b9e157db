//! The front end for programs: every event is one line of JSON on the standard output.

use serde_json::json;
use server::wire::{Shown, offer};
use session::{Consent, Decision, Front, Question, Review, View, Wish};

use crate::output;

/// Prints views as lines of JSON; nobody is there to answer.
pub(crate) struct Jsonl;

impl Jsonl {
    /// A front end for programs.
    pub(crate) fn new() -> Jsonl {
        Jsonl
    }
}

impl Front for Jsonl {
    fn show(&mut self, view: &View) {
        if let Some(event) = Shown::of(view) {
            output::line(serde_json::to_value(event).unwrap_or_default());
        }
    }

    fn ask(
        &mut self,
        review: &Review,
        _: &mut dyn FnMut() -> Option<Decision>,
    ) -> Option<Decision> {
        output::line(json!({
            "event": "review",
            "task": review.task,
            "title": review.title,
            "diff": review.changes.display(),
            "reasons": review.reasons,
            "evidence": review.evidence,
        }));
        None
    }

    fn answer(&mut self, question: &Question) -> Option<String> {
        output::line(json!({
            "event": "question", "text": question.text, "options": question.options,
        }));
        None
    }

    fn consent(&mut self, wish: &Wish) -> Consent {
        let reasons: Vec<String> = wish.reasons.iter().map(ToString::to_string).collect();
        let offers: Vec<String> = wish.offers.iter().map(offer).collect();
        output::line(json!({
            "event": "wish", "act": wish.act, "reasons": reasons, "offers": offers,
        }));
        Consent::No
    }
}
