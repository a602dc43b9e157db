//! Bringing in what a hook changed: judged, approved, applied as a whole or not at all.

use engine::{Answerer, Fact, Judgement};
use host::shadow::{Captured, TreeId};
use policy::Verdict;

use super::outcome::{Ran, Was};
use super::rig::Rig;
use super::{holds, tests_of};
use crate::error::{Kind, SessionError};
use crate::run::landing;
use crate::shop::{Shop, Yard};
use crate::stale;
use crate::view::{Decision, Front, Offers, Review};

/// What a hook asks for when its changes are to land.
pub(super) struct Wishes<'h> {
    pub(super) hook: &'h str,
    pub(super) require_approval: bool,
    pub(super) run_tests: bool,
}

impl Rig<'_> {
    /// Lands what stands in `yard` otherwise than in `base`; says in `ran` what came of it.
    pub(super) fn land(
        &mut self,
        shop: &Shop,
        wishes: &Wishes<'_>,
        base: &TreeId,
        yard: &Yard,
        ran: &mut Ran,
        front: &mut dyn Front,
    ) -> Result<(), SessionError> {
        let captured = landing::capture(shop, base, yard)?;
        if captured.changes.is_empty() {
            return Ok(());
        }
        ran.diff = captured.changes.display();
        let mut evidence = "nothing was checked".to_owned();
        if wishes.run_tests {
            match tests_of::pass(shop, yard)? {
                Ok(told) => evidence = told,
                Err(why) => return ran.failed(format!("its changes were not brought in: {why}")),
            }
        }
        let task = wishes.hook.to_owned();
        let proposed = Fact::Proposed {
            task: task.clone(),
            proposal: landing::proposal(base, &captured, 0),
        };
        self.add(shop, vec![proposed], front)?;
        if let Some(why) = self.held_by_others(wishes.hook, &captured, front)? {
            return ran.failed(format!("its changes were not brought in: {why}"));
        }
        let verdict = shop
            .gate
            .judge_changes(&captured.changes, &self.landed, &[]);
        let judgement = landing::judgement(&verdict);
        self.add(
            shop,
            vec![Fact::Judged {
                task: task.clone(),
                judgement: judgement.clone(),
            }],
            front,
        )?;
        let permit = match verdict {
            Verdict::Deny(reasons) => return ran.failed(landing::refusal(&reasons)),
            Verdict::Allow(permit) => permit,
            Verdict::Ask(ask) => ask.approved(),
        };
        let reasons = match judgement {
            Judgement::Ask(reasons) => reasons,
            _ if wishes.require_approval => vec!["the hook says require_approval".to_owned()],
            _ => Vec::new(),
        };
        let review = Review {
            spec: None,
            title: format!("what the hook «{task}» changed"),
            task: task.clone(),
            changes: captured.changes.clone(),
            reasons,
            evidence,
            offers: Offers::default(),
        };
        if !review.reasons.is_empty()
            && !self.approved(shop, &review, (base, &captured.tree), ran, front)?
        {
            return Ok(());
        }
        self.apply(shop, &task, base, &captured, permit, ran, front)
    }

    /// The holds of other hooks that the changes would meet.
    fn held_by_others(
        &mut self,
        hook: &str,
        captured: &Captured,
        front: &mut dyn Front,
    ) -> Result<Option<String>, SessionError> {
        let standing = holds::standing(self.record(front)?.journal())?;
        let met = holds::met_by(&standing, &captured.changes, &|hold, path| {
            self.reaches(hold, path)
        });
        let met: Vec<&holds::Hold> = met.into_iter().filter(|it| it.hook != hook).collect();
        Ok((!met.is_empty()).then(|| holds::told(&met)))
    }

    /// Asks a person; without one the changes wait.
    fn approved(
        &mut self,
        shop: &Shop,
        review: &Review,
        (base, tree): (&TreeId, &TreeId),
        ran: &mut Ran,
        front: &mut dyn Front,
    ) -> Result<bool, SessionError> {
        let decision = front.ask(review, &mut || None);
        if shop.cancel.is_cancelled() {
            return Err(SessionError::new(Kind::Interrupted, "interrupted"));
        }
        let task = review.task.clone();
        let fact = match &decision {
            Some(decision) => Fact::Answered {
                task,
                answer: decision.answer(),
                by: Answerer::Person,
                remark: String::new(),
            },
            None => Fact::Unanswered { task },
        };
        if decision.is_none() {
            self.keep_for_later(shop, &review.task, base, tree, front)?;
        }
        self.add(shop, vec![fact], front)?;
        match decision {
            Some(Decision::Approve) => return Ok(true),
            Some(_) => {
                ran.was = Was::Failed;
                ran.why = "you did not want its changes".to_owned();
            }
            None => {
                ran.was = Was::Waiting;
                ran.why = format!(
                    "its changes need an approval and nobody is there: {}; `kiro approvals` shows and answers them",
                    review.reasons.join("; ")
                );
            }
        }
        Ok(false)
    }

    /// What waits must still be there when it is answered.
    fn keep_for_later(
        &mut self,
        shop: &Shop,
        hook: &str,
        base: &TreeId,
        tree: &TreeId,
        front: &mut dyn Front,
    ) -> Result<(), SessionError> {
        let run = self.record(front)?.run().to_owned();
        let name = format!("{run}-{}-{tree}", crate::places::plain(hook, &[]));
        landing::pin(shop, &name, base, tree)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one act with everything that it is about"
    )]
    pub(super) fn apply(
        &mut self,
        shop: &Shop,
        task: &str,
        base: &TreeId,
        captured: &Captured,
        permit: policy::Permit,
        ran: &mut Ran,
        front: &mut dyn Front,
    ) -> Result<(), SessionError> {
        let task = task.to_owned();
        let run = self.record(front)?.run().to_owned();
        landing::pin(
            shop,
            &format!("{run}-{}", crate::places::plain(&task, &[])),
            base,
            &captured.tree,
        )?;
        let intent = Fact::ApplyIntended {
            task: task.clone(),
            base: base.to_string(),
            tree: captured.tree.to_string(),
        };
        self.add(shop, vec![intent], front)?;
        match host::files::apply(permit, &shop.project.root, &captured.changes) {
            Ok(applied) => {
                self.landed.push(captured.changes.clone());
                let landing = applied.landing;
                ran.files = landing.changes.paths().map(ToString::to_string).collect();
                let created = |it: &&change::FileChange| it.before.is_none();
                let created = landing.changes.files().iter().filter(created);
                ran.created = created.map(|it| it.path.to_string()).collect();
                let fact = stale::applied(task, &landing, &captured.changes);
                self.add(shop, vec![fact], front)
            }
            Err(error) => {
                let reason = error.to_string();
                self.add(
                    shop,
                    vec![Fact::ApplyFailed {
                        task,
                        reason: reason.clone(),
                    }],
                    front,
                )?;
                ran.failed(reason)
            }
        }
    }
}
