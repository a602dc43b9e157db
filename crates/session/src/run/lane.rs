//! Lanes: attempts that go on at once, each on threads of its own. What they report comes through one channel to the one
//! loop that owns journal and front.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::Scope;
use std::time::Duration;

use change::Changeset;
use engine::{CheckPurpose, Fact, Renewal, TaskRecord};
use host::shadow::TreeId;
use spec::TaskMark;

use super::attempt::Attempt;
use super::{Event, Running, landing};
use crate::error::{Kind, SessionError};
use crate::shop::Yard;
use crate::view::View;

/// How long the loop waits for a report before it looks for answers from elsewhere.
const LOOK: Duration = Duration::from_millis(100);

/// Memory that a lane is reckoned to need, in bytes.
const LANE_MEMORY: u64 = 1 << 30;

/// Lanes a core: an attempt waits for its model most of the time, and checks have room of their own.
const LANES_A_CORE: usize = 2;

/// How many lanes this machine bears, when so many are wanted.
pub(super) fn bearable(wanted: usize) -> usize {
    bounded(wanted, host::machine::cores(), host::machine::free_memory())
}

fn bounded(wanted: usize, cores: usize, memory: Option<u64>) -> usize {
    let by_memory = memory.map_or(wanted, |it| {
        usize::try_from(it / LANE_MEMORY).unwrap_or(wanted)
    });
    wanted.min(cores * LANES_A_CORE).min(by_memory).max(1)
}

/// Where the work on a task begins.
pub(super) enum Way {
    /// With the project as it is, and what an earlier attempt proposed, if that is to be revised.
    Afresh(Option<Changeset>),
    /// With a worktree that a person has changed.
    Edited,
    /// With the project as it is and what was proposed for an older one.
    Renewed(Changeset),
}

/// An attempt's work, as it is about to begin.
pub(super) struct Begin {
    pub(super) task: String,
    pub(super) number: u32,
    pub(super) base: TreeId,
    pub(super) yard: Yard,
    pub(super) way: Way,
}

/// What came from a lane.
struct Report {
    task: String,
    event: Event,
}

/// The threads of all lanes.
pub(super) struct Crew<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    outbox: Sender<Report>,
    inbox: Receiver<Report>,
}

impl<'scope, 'env: 'scope> Crew<'scope, 'env> {
    pub(super) fn new(scope: &'scope Scope<'scope, 'env>) -> Crew<'scope, 'env> {
        let (outbox, inbox) = channel();
        Crew {
            scope,
            outbox,
            inbox,
        }
    }

    /// Lets an attempt work; the last thing that is heard of it is how it ended.
    fn begin(&self, make: impl FnOnce(Sender<Event>) -> Attempt<'env>, way: Way) {
        let (events, inbox) = channel();
        let attempt = make(events);
        let task = attempt.task.id.clone();
        let outbox = self.outbox.clone();
        self.scope.spawn(move || {
            let tell = |event| {
                let task = task.clone();
                // The loop outlives its lanes, but for an error that ends it.
                let _ = outbox.send(Report { task, event });
            };
            let ended = std::thread::scope(|scope| {
                let worker = scope.spawn(move || match &way {
                    Way::Afresh(earlier) => attempt.run(earlier.as_ref()),
                    Way::Edited => attempt.prove_again(),
                    Way::Renewed(proposed) => attempt.renew(proposed),
                });
                inbox.iter().for_each(tell);
                worker.join()
            });
            let broken =
                || SessionError::internal(format!("the attempt at task {task} broke down"));
            tell(Event::Ended(ended.unwrap_or_else(|_| Err(broken()))));
        });
    }
}

impl<'a> Running<'a> {
    /// Lets work on a task begin in a lane.
    pub(super) fn begin(&mut self, crew: &Crew<'_, 'a>, begin: Begin) -> Result<(), SessionError> {
        let Some(progress) = self.run.task(&begin.task) else {
            return Err(SessionError::internal(format!(
                "task {} is gone",
                begin.task
            )));
        };
        let (task, remarks) = (progress.record.clone(), progress.remarks.clone());
        let transcript = self.transcript(&begin.task, begin.number);
        let (shop, spec, spec_text, seed) = (self.bench, self.spec, self.spec_text, self.seed);
        self.lanes.begin(&begin.task);
        let done = self.done_beside(&begin.task);
        let beside = matches!(begin.way, Way::Renewed(_));
        let announces = self.hooks_wait_for_proofs();
        let make = |events| Attempt {
            announces,
            shop,
            spec,
            spec_text,
            done,
            beside,
            task,
            remarks,
            number: begin.number,
            seed,
            base: begin.base,
            yard: begin.yard,
            events,
            transcript,
        };
        crew.begin(make, begin.way);
        Ok(())
    }

    /// The other tasks of this run that are done: whatever lands after them leaves them proven.
    fn done_beside(&self, task: &str) -> Vec<TaskRecord> {
        let done = self.run.tasks().iter().filter(|it| it.is_done());
        done.map(|it| it.record.clone())
            .filter(|it| it.id != task)
            .collect()
    }

    /// Proves a proposal on the project as it is now.
    pub(super) fn renew(&mut self, crew: &Crew<'_, 'a>, id: &str) -> Result<(), SessionError> {
        let gone = || SessionError::internal(format!("task {id} has no proposal"));
        let task = self.run.task(id).ok_or_else(gone)?;
        let (number, proposal) = (task.attempts, task.proposal.clone().ok_or_else(gone)?);
        let proposed = landing::changes(self.shop, &proposal)?;
        let base = self.snapshot()?;
        let text = "other work has landed meanwhile: it is proven on the project as it is now";
        self.show_of(id, View::Notice(text.to_owned()));
        self.record(Fact::RenewalStarted {
            task: id.to_owned(),
            base: base.to_string(),
        })?;
        let begin = Begin {
            task: id.to_owned(),
            number,
            base,
            yard: Yard::fresh(&self.yard_folder(id, number))?,
            way: Way::Renewed(proposed),
        };
        self.begin(crew, begin)
    }

    /// Waits for a report of any lane, though not for long.
    pub(super) fn wait(&mut self, crew: &Crew<'_, 'a>) -> Result<(), SessionError> {
        if self.run.is_stopped() {
            self.bench.cancel.cancel();
        }
        match crew.inbox.recv_timeout(LOOK) {
            Ok(report) => self.hear(report),
            Err(RecvTimeoutError::Timeout) => Ok(()),
            Err(RecvTimeoutError::Disconnected) => {
                Err(SessionError::internal("the lanes are gone"))
            }
        }
    }

    /// Takes in what lanes have reported so far.
    pub(super) fn hear_lanes(&mut self, crew: &Crew<'_, 'a>) -> Result<(), SessionError> {
        while let Ok(report) = crew.inbox.try_recv() {
            self.hear(report)?;
        }
        Ok(())
    }

    /// Ends every lane and waits for it. What goes wrong on the way is told.
    pub(super) fn end_lanes(&mut self, crew: &Crew<'_, 'a>) {
        self.bench.cancel.cancel();
        while !self.lanes.is_empty() {
            let Ok(report) = crew.inbox.recv() else {
                return;
            };
            let heard = match self.hear(report) {
                Err(error) if error.kind != Kind::Interrupted => Err(error),
                _ => Ok(()),
            };
            if let Err(error) = heard {
                self.front.show(&View::Warning(error.message));
            }
        }
    }

    fn hear(&mut self, report: Report) -> Result<(), SessionError> {
        let Report { task, event } = report;
        match event {
            Event::Fact(fact) => self.noted(&task, fact),
            Event::View(view) => {
                self.show_of(&task, view);
                Ok(())
            }
            // Whoever is being stopped is answered by nobody.
            Event::Asked(_) if self.bench.cancel.is_cancelled() => Ok(()),
            Event::Asked(asked) => {
                asked.put_to(self.front);
                Ok(())
            }
            // Whoever waits for an answer that never comes takes that for none.
            Event::Begins { .. } if self.bench.cancel.is_cancelled() => Ok(()),
            Event::Begins { argv, reply } => {
                let why = self.hooks_on_begin(&argv)?;
                let _ = reply.send(why);
                Ok(())
            }
            Event::Ended(ended) => {
                self.lanes.end(&task);
                if ended.is_err() {
                    self.mark(&task, TaskMark::Open)?;
                }
                self.after_attempt(&task)?;
                ended
            }
        }
    }

    fn noted(&mut self, task: &str, fact: Fact) -> Result<(), SessionError> {
        let check = match &fact {
            Fact::CheckRan {
                purpose: CheckPurpose::After,
                argv,
                exit,
                ..
            } => Some((argv.clone(), *exit)),
            _ => None,
        };
        if let Fact::RenewalEnded {
            renewal: Renewal::Failed(why),
            ..
        } = &fact
        {
            let text = format!("it does not fit what has landed ({why}); it is attempted anew");
            self.show_of(task, View::Notice(text));
        }
        self.record(fact)?;
        match check {
            Some((argv, exit)) => self.hooks_on_check(&argv, exit),
            None => Ok(()),
        }
    }

    /// Shows something of a task: beside others, it is said of which.
    pub(super) fn show_of(&mut self, task: &str, view: View) {
        let view = match self.lanes.are_several() {
            true => View::Of {
                task: task.to_owned(),
                view: Box::new(view),
            },
            false => view,
        };
        self.front.show(&view);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_are_bounded_by_cores_and_memory() {
        let gib = |n: u64| Some(n << 30);
        assert_eq!(bounded(1, 2, gib(8)), 1);
        assert_eq!(bounded(8, 2, gib(64)), 4);
        assert_eq!(bounded(8, 16, gib(3)), 3);
        assert_eq!(bounded(8, 16, Some(5)), 1);
        assert_eq!(bounded(3, 16, None), 3);
        assert_eq!(bounded(0, 1, None), 1);
    }
}
