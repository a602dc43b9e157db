//! Asking a person about a proposal: at the front, or by what they left from another terminal.

use change::{Changeset, FileState, Mode};
use engine::{Answerer, Fact};
use spec::TaskMark;

use super::{Running, landing, now};
use crate::error::{Kind, SessionError};
use crate::journal::Given;
use crate::view::{Decision, EditedFile, Offers, Review, View, passing};
use crate::waiting;

impl Running<'_> {
    /// Asks whoever is there about a task's proposal.
    pub(super) fn ask(&mut self, id: &str) -> Result<(), SessionError> {
        let Some(review) = self.review(id)? else {
            return Err(SessionError::internal(format!(
                "task {id} has nothing to review"
            )));
        };
        self.mark(id, TaskMark::Queued)?;
        let tree = self.proposed_tree(id);
        let (journal, run) = (&self.journal, &self.id);
        let (mut broken, mut left) = (None, None);
        let mut elsewhere = || match journal.left(run, id, &tree) {
            Ok(given) => {
                left.clone_from(&given);
                given.and_then(Decision::given)
            }
            Err(error) => {
                broken = Some(error);
                None
            }
        };
        let (decision, is_left) = match elsewhere() {
            Some(decision) => (Some(decision), true),
            None => {
                let mut was_left = false;
                let decision = self.front.ask(&review, &mut || {
                    let found = elsewhere();
                    was_left |= found.is_some();
                    found
                });
                (decision, was_left)
            }
        };
        if let Some(error) = broken {
            return Err(SessionError::internal(error));
        }
        if self.shop.cancel.is_cancelled() {
            return Err(SessionError::new(Kind::Interrupted, "interrupted"));
        }
        let Some(decision) = decision else {
            self.front.show(&View::TaskOpen {
                task: id.to_owned(),
                title: review.title,
                reason: unanswered(&review.reasons),
            });
            return self.record(Fact::Unanswered {
                task: id.to_owned(),
            });
        };
        // An answer is for the task that was looked at; what is another by now is asked about anew.
        if self.was_changed_meanwhile(id)? {
            let discarded = self.journal.discard_answers(&self.id, id);
            return discarded.map_err(SessionError::internal);
        }
        self.decided(&review, decision, left.filter(|_| is_left).as_ref())
    }

    /// Takes answers that came after nobody had been there.
    pub(super) fn hear_answers(&mut self) -> Result<(), SessionError> {
        let asked: Vec<String> = self
            .run
            .unanswered()
            .map(|it| it.record.id.clone())
            .collect();
        for id in asked {
            let tree = self.proposed_tree(&id);
            let left = self.journal.left(&self.id, &id, &tree);
            let left = left.map_err(SessionError::internal)?;
            let decision = left.clone().and_then(Decision::given);
            if let (Some(decision), Some(review)) = (decision, self.review(&id)?) {
                self.decided(&review, decision, left.as_ref())?;
            }
        }
        Ok(())
    }

    fn proposed_tree(&self, id: &str) -> String {
        let proposal = self.run.task(id).and_then(|it| it.proposal.as_ref());
        proposal.map_or(String::new(), |it| it.tree.clone())
    }

    /// Takes a decision up; `left` is the row that it was read from, when it came from elsewhere. One that was changed there
    /// meanwhile is not taken: the run looks again.
    fn decided(
        &mut self,
        review: &Review,
        decision: Decision,
        left: Option<&Given>,
    ) -> Result<(), SessionError> {
        let task = review.task.clone();
        let answer = decision.answer();
        let mut said = String::new();
        match decision {
            Decision::Approve => {
                let by_person = true;
                let view = View::Approved {
                    task: task.clone(),
                    by_person,
                };
                self.show_of(&task, view);
            }
            Decision::Keep(parts) => {
                let kept = review
                    .changes
                    .keeping(&parts)
                    .map_err(SessionError::input)?;
                self.kept = Some((task.clone(), kept));
            }
            Decision::Edit(files) => {
                let edited = edited(&review.changes, files)?;
                self.kept = Some((task.clone(), edited));
            }
            Decision::Revise(remark) => said = remark,
            Decision::Skip | Decision::Stop => self.mark(&task, TaskMark::Open)?,
            Decision::Modify => {}
        }
        let answered = Fact::Answered {
            task: task.clone(),
            answer,
            by: Answerer::Person,
            remark: said,
        };
        let facts = self.facts_with(answered)?;
        let taken = self
            .journal
            .append_answer((&self.id, &task), now(), &facts, left)
            .map_err(SessionError::internal)?;
        if taken {
            self.recorded(facts);
        }
        Ok(())
    }

    fn review(&self, id: &str) -> Result<Option<Review>, SessionError> {
        let Some(task) = self.run.task(id) else {
            return Ok(None);
        };
        let Some(proposal) = &task.proposal else {
            return Ok(None);
        };
        let changes = landing::changes(self.shop, proposal)?;
        Ok(Some(Review {
            spec: Some(self.place.path.to_string()),
            task: id.to_owned(),
            title: task.record.title.clone(),
            changes,
            reasons: waiting::reasons(task),
            evidence: match proposal.unjudged {
                true => "nothing was run that could judge it".to_owned(),
                false => passing(proposal.passed),
            },
            offers: Offers {
                modify: self.shop.has_editor(),
                task: true,
            },
        }))
    }
}

fn unanswered(reasons: &[String]) -> String {
    if reasons.is_empty() {
        "it needs an approval and nobody is there".to_owned()
    } else {
        format!(
            "it needs an approval and nobody is there: {}",
            reasons.join("; ")
        )
    }
}

/// A proposal with these files as a person wrote them.
fn edited(changes: &Changeset, files: Vec<EditedFile>) -> Result<Changeset, SessionError> {
    let mut all = changes.clone().into_files();
    for edit in files {
        let found = all.iter_mut().find(|it| it.path.as_str() == edit.path);
        let file = found.ok_or_else(|| {
            SessionError::input(format!("{} is no file of the proposal", edit.path))
        })?;
        let mode = file.after.as_ref().or(file.before.as_ref());
        file.after = Some(FileState {
            mode: mode.map_or(Mode::File, |it| it.mode),
            bytes: edit.text.into_bytes(),
        });
    }
    Changeset::new(all).map_err(SessionError::input)
}
