//! What hooks proposed when nobody was there: kept, shown with all that waits, and answered from any terminal.

use change::Changeset;
use engine::{Answer, Answerer, Fact, Judgement, Proposal};
use host::shadow::{Captured, TreeId};
use model::Cancel;
use policy::Verdict;

use super::outcome::{Ran, Was};
use super::rig::Rig;
use crate::documents;
use crate::error::SessionError;
use crate::journal::{Entry, Given, Journal};
use crate::places::{Environment, Project};
use crate::run::{landing, now};
use crate::shop::Shop;
use crate::view::Unseen;

/// A proposal of a hook that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Left {
    /// The run of hooks in which it was made.
    pub(crate) run: String,
    /// The hook's name.
    pub(crate) hook: String,
    /// What it would bring in.
    pub(crate) proposal: Proposal,
    /// Why a person is wanted.
    pub(crate) reasons: Vec<String>,
}

/// Everything that hooks have left, oldest first. A later proposal of a hook for a file takes the place of an earlier one.
pub(crate) fn left(journal: &Journal) -> Result<Vec<Left>, SessionError> {
    let facts = journal.hook_facts(0).map_err(SessionError::internal)?;
    let mut fold = Fold::default();
    facts.iter().for_each(|it| fold.take(it));
    Ok(fold.left)
}

#[derive(Default)]
struct Fold {
    /// The last proposal of each hook in each run.
    open: Vec<Left>,
    left: Vec<Left>,
}

impl Fold {
    fn take(&mut self, entry: &Entry) {
        match &entry.fact {
            Fact::Proposed { task, proposal } => self.proposed(&entry.run, task, proposal),
            Fact::Judged {
                task,
                judgement: Judgement::Ask(reasons),
            } => {
                if let Some(open) = self.last(&entry.run, task) {
                    open.reasons.clone_from(reasons);
                }
            }
            Fact::Unanswered { task } => {
                let open = self.last(&entry.run, task).cloned();
                self.left.extend(open);
            }
            Fact::Answered { task, .. } => {
                if let Some(open) = self.last(&entry.run, task).cloned() {
                    let tree = &open.proposal.tree;
                    self.left.retain(|it| it.proposal.tree != *tree);
                }
            }
            _ => {}
        }
    }

    fn proposed(&mut self, run: &str, hook: &str, proposal: &Proposal) {
        let meets = |it: &Left| {
            let mut files = it.proposal.files.iter();
            it.hook == hook
                && it.proposal.tree != proposal.tree
                && files.any(|file| proposal.files.contains(file))
        };
        self.left.retain(|it| !meets(it));
        self.open
            .retain(|it| (it.run.as_str(), it.hook.as_str()) != (run, hook));
        self.open.push(Left {
            run: run.to_owned(),
            hook: hook.to_owned(),
            proposal: proposal.clone(),
            reasons: Vec::new(),
        });
    }

    fn last(&mut self, run: &str, hook: &str) -> Option<&mut Left> {
        let mut open = self.open.iter_mut();
        open.find(|it| it.run == run && it.hook == hook)
    }
}

/// Answers one: brings it in, or leaves it out for good.
///
/// # Errors
/// When the rules refuse it, it no longer fits what stands in the project, or another terminal has answered.
pub(crate) fn answer(
    project: &Project,
    journal: &mut Journal,
    left: &Left,
    answer: Answer,
    environment: &Environment,
) -> Result<(), SessionError> {
    if !matches!(answer, Answer::Approve | Answer::Skip) {
        return Err(SessionError::input(
            "what a hook left can be approved or skipped",
        ));
    }
    if answer == Answer::Approve {
        let cancel = Cancel::new();
        let mut rig = Rig::open(project, environment, &cancel)?;
        let landed = rig.land_left(left);
        rig.close(&mut Unseen)?;
        landed?;
    }
    // Landing twice is the same as once: what dies before this is recorded waits still.
    match record(journal, left, answer)? {
        true => Ok(()),
        false => Err(SessionError::input(format!(
            "what the hook «{}» left has just been answered elsewhere",
            left.hook
        ))),
    }
}

/// Records the answer; false when another terminal did.
fn record(journal: &mut Journal, left: &Left, answer: Answer) -> Result<bool, SessionError> {
    let (run, task) = (left.run.clone(), left.hook.clone());
    let given = Given {
        run: run.clone(),
        task: task.clone(),
        tree: left.proposal.tree.clone(),
        answer,
        remark: String::new(),
    };
    let facts = [
        Fact::Proposed {
            task: task.clone(),
            proposal: left.proposal.clone(),
        },
        Fact::Answered {
            task: task.clone(),
            answer,
            by: Answerer::Person,
            remark: String::new(),
        },
    ];
    journal
        .give(&given, now())
        .and_then(|()| journal.append_answer((&run, &task), now(), &facts, Some(&given)))
        .map_err(SessionError::internal)
}

impl Rig<'_> {
    fn land_left(&mut self, left: &Left) -> Result<(), SessionError> {
        let shop = self.shop()?;
        let changes = landing::changes(&shop, &left.proposal)?;
        let verdict = shop.gate.judge_changes(&changes, &self.landed, &[]);
        let judged = Fact::Judged {
            task: left.hook.clone(),
            judgement: landing::judgement(&verdict),
        };
        self.add(&shop, vec![judged], &mut Unseen)?;
        self.bring_in(&shop, left, changes, verdict)
    }

    fn bring_in(
        &mut self,
        shop: &Shop,
        left: &Left,
        changes: Changeset,
        verdict: Verdict,
    ) -> Result<(), SessionError> {
        let front = &mut Unseen;
        let permit = match verdict {
            Verdict::Allow(permit) => permit,
            Verdict::Ask(ask) => ask.approved(),
            Verdict::Deny(reasons) => return Err(documents::refused(&reasons)),
        };
        let tree = |text: &str| TreeId::parse(text).map_err(SessionError::internal);
        let base = tree(&left.proposal.base)?;
        let captured = Captured {
            tree: tree(&left.proposal.tree)?,
            changes,
            left_out: Vec::new(),
        };
        let mut ran = Ran::of_later(&left.hook);
        self.apply(shop, &left.hook, &base, &captured, permit, &mut ran, front)?;
        if ran.was != Was::Passed {
            return Err(SessionError::input(ran.why).hint(
                "nothing was brought in: make room for it and approve it again, or leave it out with --skip",
            ));
        }
        self.commit_if_wanted(shop, &mut ran)?;
        for path in ran.files.clone() {
            let created = ran.created.contains(&path);
            self.fire_on_write(&path, created, 1, front)?;
        }
        Ok(())
    }

    /// As the hook's file says now, if it is trusted.
    fn commit_if_wanted(&mut self, shop: &Shop, ran: &mut Ran) -> Result<(), SessionError> {
        let of_it = |name: &str| *name == ran.hook;
        let hooks = self.rack.hooks();
        let wants = hooks.filter(|(shelf, hook)| hook.auto_commit && shelf.is_trusted());
        let file = wants
            .filter(|(_, hook)| of_it(&hook.name))
            .map(|(shelf, _)| shelf.file.path.clone())
            .next();
        match file {
            Some(file) => self.commit(shop, &file, 0, ran, &mut Unseen),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposal(tree: &str, files: &[&str]) -> Proposal {
        Proposal {
            base: "b".to_owned(),
            tree: tree.to_owned(),
            files: files.iter().map(|it| (*it).to_owned()).collect(),
            added_lines: 1,
            removed_lines: 0,
            passed: 0,
            failed: 0,
            unjudged: false,
            shown: Vec::new(),
        }
    }

    fn entry(run: &str, fact: Fact) -> Entry {
        Entry {
            seq: 0,
            run: run.to_owned(),
            at_ms: 0,
            fact,
        }
    }

    fn waits(run: &str, tree: &str, files: &[&str]) -> [Entry; 2] {
        let task = || "Doc".to_owned();
        [
            entry(
                run,
                Fact::Proposed {
                    task: task(),
                    proposal: proposal(tree, files),
                },
            ),
            entry(run, Fact::Unanswered { task: task() }),
        ]
    }

    fn trees(entries: &[Entry]) -> Vec<String> {
        let mut fold = Fold::default();
        entries.iter().for_each(|it| fold.take(it));
        fold.left.into_iter().map(|it| it.proposal.tree).collect()
    }

    #[test]
    fn what_waits_is_the_newest_for_each_file_until_it_is_answered() {
        let mut all = Vec::new();
        all.extend(waits("r1", "t1", &["a.py"]));
        all.extend(waits("r1", "t2", &["b.py"]));
        assert_eq!(trees(&all), ["t1", "t2"]);
        all.extend(waits("r2", "t3", &["a.py", "c.py"]));
        assert_eq!(trees(&all), ["t2", "t3"]);
        all.push(entry(
            "r3",
            Fact::Proposed {
                task: "Doc".to_owned(),
                proposal: proposal("t2", &["b.py"]),
            },
        ));
        assert_eq!(trees(&all), ["t2", "t3"], "looked at and not answered yet");
        all.push(entry(
            "r3",
            Fact::Answered {
                task: "Doc".to_owned(),
                answer: Answer::Skip,
                by: Answerer::Person,
                remark: String::new(),
            },
        ));
        assert_eq!(trees(&all), ["t3"]);
    }
}
