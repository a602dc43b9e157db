//! Work that goes on at once: it begins in one step, and reports in a later one, in an order that follows from the seed.

use engine::{Fact, Next, Proposal, Renewal};
use spec::TaskMark;

use super::process::{Process, Step, onto};

/// Work on a task that has begun and not reported.
pub(super) struct Work {
    task: String,
    /// The tree that it began with.
    base: String,
    /// What is proven anew; none where the model works.
    renewed: Option<Proposal>,
}

impl Process<'_> {
    /// Lets the model work on a task.
    pub(super) fn attempt(&mut self, id: &str, attempt: u32) -> Step {
        let base = self.world.snapshot();
        self.record(Fact::AttemptStarted {
            task: id.to_owned(),
            attempt,
            base: base.clone(),
        })?;
        self.mark(id, TaskMark::Running)?;
        self.set_to_work(id, base, None);
        Ok(())
    }

    /// Other work has landed since: the proposal is brought onto what stands now and proven there.
    pub(super) fn renew(&mut self, id: &str) -> Step {
        let proposal = self.proposal(id)?;
        let base = self.world.snapshot();
        self.record(Fact::RenewalStarted {
            task: id.to_owned(),
            base: base.clone(),
        })?;
        self.set_to_work(id, base, Some(proposal));
        Ok(())
    }

    fn set_to_work(&mut self, id: &str, base: String, renewed: Option<Proposal>) {
        self.lanes.begin(id);
        self.at_work.push(Work {
            task: id.to_owned(),
            base,
            renewed,
        });
        self.world.at_once = self.world.at_once.max(self.at_work.len());
    }

    /// Whether some work reports before the next step is taken.
    pub(super) fn is_heard(&mut self, next: &Next) -> bool {
        !self.at_work.is_empty() && (matches!(next, Next::Wait) || self.world.dice.once_in(2))
    }

    /// One of those at work comes to its end.
    pub(super) fn hear(&mut self) -> Step {
        let at = self.world.dice.below(self.at_work.len());
        let work = self.at_work.swap_remove(at);
        self.lanes.end(&work.task);
        match work.renewed {
            None => self.attempted(&work.task, &work.base),
            Some(proposal) => self.renewed(&work.task, work.base, proposal),
        }
    }

    fn attempted(&mut self, id: &str, base: &str) -> Step {
        self.world.point("the model works");
        if self.world.fault(12) {
            self.mark(id, TaskMark::Open)?;
            return Err("the provider is gone".to_owned());
        }
        if self.world.fault(8) {
            self.check(id, false)?;
            return self.fail(id.to_owned(), "no candidate passes".to_owned());
        }
        let tree = self.work(id, base);
        self.propose(id, base, tree)
    }

    fn renewed(&mut self, id: &str, base: String, proposal: Proposal) -> Step {
        self.world.point("the proposal is proven anew");
        let changes = self.world.between(&proposal.base, &proposal.tree);
        let renewal = match onto(self.world.tree(&base), &changes) {
            None => Renewal::Failed("it does not fit".to_owned()),
            Some(_) if self.world.fault(10) => {
                self.check(id, false)?;
                Renewal::Failed("no check is green".to_owned())
            }
            Some(tree) => {
                self.check(id, true)?;
                let tree = self.world.keep(tree);
                let same = self.world.between(&base, &tree) == changes;
                let proposal = Proposal {
                    base,
                    tree,
                    ..proposal
                };
                match same {
                    true => Renewal::Same(proposal),
                    false => Renewal::Changed(proposal),
                }
            }
        };
        self.record(Fact::RenewalEnded {
            task: id.to_owned(),
            renewal,
        })
    }
}
