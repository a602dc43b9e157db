//! Asking a person about a proposal: at the front, or by what they left from another terminal.

use change::{Changeset, FileState, Mode};
use engine::{Answerer, Fact};
use spec::TaskMark;

use super::{Running, landing};
use crate::error::{Kind, SessionError};
use crate::view::{Decision, EditedFile, Offers, Review, View};
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
        let (journal, run) = (&mut self.journal, &self.id);
        let mut broken = None;
        let mut elsewhere = || match journal.take(run, id, &tree) {
            Ok(given) => given.and_then(Decision::given),
            Err(error) => {
                broken = Some(error);
                None
            }
        };
        let decision = elsewhere().or_else(|| self.front.ask(&review, &mut elsewhere));
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
        self.decided(&review, decision)
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
            let given = self.journal.take(&self.id, &id, &tree);
            let decision = given
                .map_err(SessionError::internal)?
                .and_then(Decision::given);
            if let (Some(decision), Some(review)) = (decision, self.review(&id)?) {
                self.decided(&review, decision)?;
            }
        }
        Ok(())
    }

    fn proposed_tree(&self, id: &str) -> String {
        let proposal = self.run.task(id).and_then(|it| it.proposal.as_ref());
        proposal.map_or(String::new(), |it| it.tree.clone())
    }

    fn decided(&mut self, review: &Review, decision: Decision) -> Result<(), SessionError> {
        let task = review.task.clone();
        let answer = decision.answer();
        let mut said = String::new();
        match decision {
            Decision::Approve => self.front.show(&View::Approved {
                task: task.clone(),
                by_person: true,
            }),
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
        self.record(Fact::Answered {
            task,
            answer,
            by: Answerer::Person,
            remark: said,
        })
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
            evidence: format!("{} checks pass", proposal.passed),
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
