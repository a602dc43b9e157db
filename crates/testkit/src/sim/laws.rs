//! What must hold of the facts, whatever decided to record them: told from the facts alone, without the engine's fold.

use std::collections::{BTreeMap, BTreeSet};

use change::{FileState, RelPath};
use engine::{Answer, Answerer, CheckPurpose, Fact, Judgement, Mode, Outcome, Renewal, TaskRecord};
use session::Given;

use super::world::Tree;

/// What is known of a task in one run.
#[derive(Default)]
struct Work {
    base: String,
    tree: String,
    is_empty: bool,
    /// Whether all checks since the attempt, or a person's edit, were green.
    green: Option<bool>,
    judged: Option<Judgement>,
    approved: Option<Answerer>,
    waits: bool,
    intended: bool,
    applied: bool,
    done: bool,
    /// Whether a person brings back what was taken out.
    again: bool,
}

#[derive(Default)]
struct OneRun {
    autopilot: bool,
    plan: Vec<TaskRecord>,
    work: BTreeMap<String, Work>,
    claims: Vec<bool>,
}

/// All that was recorded, and what the person of the simulation did.
#[derive(Default)]
pub(super) struct Laws {
    runs: BTreeMap<String, OneRun>,
    last: String,
    /// Lines of trees that were about to land.
    lines: BTreeSet<String>,
    by_person: BTreeSet<String>,
    proven: BTreeSet<String>,
    standing: BTreeMap<String, (String, String)>,
    taken_out: BTreeSet<(String, String)>,
    said: Vec<(Given, bool)>,
}

type Kept = Result<(), String>;

impl Laws {
    /// A person set the task's box.
    pub(super) fn by_person(&mut self, task: &str) {
        self.by_person.insert(task.to_owned());
    }

    /// A person answered; `elsewhere` says whether the journal acknowledged it.
    pub(super) fn said(&mut self, given: &Given, elsewhere: bool) {
        if elsewhere {
            let of_it = |it: &Given| (&it.run, &it.task) == (&given.run, &given.task);
            self.said.retain(|(it, kept)| !(*kept && of_it(it)));
        }
        self.said.push((given.clone(), elsewhere));
    }

    /// Answers that were acknowledged and not yet recorded as facts.
    pub(super) fn unheard(&self) -> impl Iterator<Item = &Given> {
        self.said.iter().filter(|it| it.1).map(|it| &it.0)
    }

    /// Whether a task's line may stand among the user's files.
    pub(super) fn may_stand(&self, line: &str) -> bool {
        self.lines.contains(line)
    }

    /// Proposals of the last run that wait for a person: run, task, tree.
    pub(super) fn waiting(&self) -> Vec<(String, String, String)> {
        let Some(run) = self.runs.get(&self.last) else {
            return Vec::new();
        };
        let waits = run.work.iter().filter(|it| it.1.waits);
        waits
            .map(|(task, it)| (self.last.clone(), task.clone(), it.tree.clone()))
            .collect()
    }

    /// Whether no person approved what lands.
    pub(super) fn approved_by_rules(&self, run: &str, task: &str) -> bool {
        let work = self.runs.get(run).and_then(|it| it.work.get(task));
        work.is_some_and(|it| !it.again && it.approved == Some(Answerer::Rules))
    }

    /// Tasks whose changes stand on evidence, with the trees before and after.
    pub(super) fn done(&self) -> Vec<(String, String, String)> {
        let all = self.standing.iter();
        all.map(|(task, (base, tree))| (task.clone(), base.clone(), tree.clone()))
            .collect()
    }

    /// No box is ticked that neither a person ticked nor evidence stands behind.
    pub(super) fn ticks<'a>(&self, mut ticked: impl Iterator<Item = &'a str>) -> Kept {
        let unfounded =
            ticked.find(|it| !self.by_person.contains(*it) && !self.proven.contains(*it));
        match unfounded {
            Some(task) => Err(format!("I3: task {task} is ticked and nothing proves it")),
            None => Ok(()),
        }
    }

    /// Takes one recorded fact in.
    pub(super) fn apply(&mut self, run: &str, fact: &Fact, trees: &BTreeMap<String, Tree>) -> Kept {
        match fact {
            Fact::RunStarted { mode, .. } => {
                let autopilot = *mode == Mode::Autopilot;
                let fresh = OneRun {
                    autopilot,
                    ..OneRun::default()
                };
                self.runs.insert(run.to_owned(), fresh);
                run.clone_into(&mut self.last);
            }
            Fact::Planned { tasks } => self.run(run).plan.clone_from(tasks),
            Fact::Resumed => self.run(run).claims.clear(),
            Fact::Claimed { proof, .. } => self.run(run).claims.push(proof.is_some()),
            Fact::RunEnded { outcome, .. } if *outcome == Outcome::Done => {
                return self.ended_done(run);
            }
            Fact::ApplyIntended { task, tree, .. } => {
                self.note_lines(tree, trees);
                return self.intended(run, task, tree);
            }
            Fact::UndoIntended { task, base, .. } => {
                self.note_lines(base, trees);
                self.standing.remove(task);
            }
            Fact::Undone { task, .. } => self.undone(run, task),
            Fact::RenewalStarted { task, .. } => self.work(run, task).green = None,
            Fact::RenewalEnded { task, renewal } => {
                return self.renewed(run, task, renewal, trees);
            }
            Fact::TaskDone { task, .. } => return self.task_done(run, task),
            Fact::AttemptStarted { task, base, .. } => return self.started(run, task, base),
            other => return self.of_task(run, other),
        }
        Ok(())
    }

    fn run(&mut self, run: &str) -> &mut OneRun {
        self.runs.entry(run.to_owned()).or_default()
    }

    fn work(&mut self, run: &str, task: &str) -> &mut Work {
        self.run(run).work.entry(task.to_owned()).or_default()
    }

    fn note_lines(&mut self, tree: &str, trees: &BTreeMap<String, Tree>) {
        let states = trees.get(tree).into_iter().flat_map(BTreeMap::values);
        for text in states.filter_map(|it| it.text()) {
            self.lines.extend(text.lines().map(str::to_owned));
        }
    }

    fn started(&mut self, run: &str, task: &str, base: &str) -> Kept {
        self.standing.remove(task);
        let run = self.run(run);
        run.claims.clear();
        let record = run.plan.iter().find(|it| it.id == task);
        let needs = record.map(|it| it.depends_on.clone()).unwrap_or_default();
        for need in needs {
            let ticked = run.plan.iter().any(|it| it.id == need && it.ticked);
            if !ticked && !run.work.get(&need).is_some_and(|it| it.done) {
                return Err(format!(
                    "order: task {task} began before task {need} was done"
                ));
            }
        }
        let fresh = Work {
            base: base.to_owned(),
            ..Work::default()
        };
        run.work.insert(task.to_owned(), fresh);
        Ok(())
    }

    fn of_task(&mut self, run: &str, fact: &Fact) -> Kept {
        match fact {
            Fact::CheckRan {
                task: Some(task),
                purpose: CheckPurpose::After,
                exit,
                passed,
                failed,
                ..
            } => {
                let green = *exit == Some(0) && *failed == 0 && *passed > 0;
                let work = self.work(run, task);
                work.green = Some(green && work.green.unwrap_or(true));
            }
            Fact::Proposed { task, proposal } => {
                let work = self.work(run, task);
                work.tree.clone_from(&proposal.tree);
                work.is_empty = proposal.files.is_empty();
                (work.judged, work.approved, work.waits) = (None, None, false);
            }
            Fact::Judged { task, judgement } => {
                let work = self.work(run, task);
                work.judged = Some(judgement.clone());
                // An approval was for what was judged before.
                (work.approved, work.waits) = (None, true);
            }
            Fact::Unanswered { task } => self.work(run, task).waits = true,
            Fact::Answered {
                task, answer, by, ..
            } => return self.answered(run, task, *answer, *by),
            Fact::Applied { task, .. } => {
                self.run(run).claims.clear();
                let work = self.work(run, task);
                if !std::mem::take(&mut work.intended) {
                    return Err(format!("I3: task {task} was applied without an intent"));
                }
                work.applied = true;
            }
            Fact::ApplyFailed { task, .. } | Fact::AttemptFailed { task, .. } => {
                let work = self.work(run, task);
                (work.intended, work.waits) = (false, false);
            }
            Fact::Ticked { task } if !self.proven.contains(task) => {
                return Err(format!("I3: task {task} was ticked before it was done"));
            }
            _ => {}
        }
        Ok(())
    }

    /// What was said of a proposal holds on another tree only while it changes the very same.
    fn renewed(
        &mut self,
        run: &str,
        task: &str,
        renewal: &Renewal,
        trees: &BTreeMap<String, Tree>,
    ) -> Kept {
        let work = self.work(run, task);
        match renewal {
            Renewal::Same(proposal) => {
                let changes =
                    |base: &str, tree: &str| differences(trees.get(base), trees.get(tree));
                if changes(&work.base, &work.tree) != changes(&proposal.base, &proposal.tree) {
                    return Err(format!("I5: task {task} is renewed as what it is not"));
                }
                work.base.clone_from(&proposal.base);
                work.tree.clone_from(&proposal.tree);
            }
            Renewal::Changed(proposal) => {
                work.base.clone_from(&proposal.base);
                work.tree.clone_from(&proposal.tree);
                work.is_empty = proposal.files.is_empty();
                (work.judged, work.approved, work.waits) = (None, None, false);
            }
            Renewal::Failed(_) => {
                (work.judged, work.approved, work.waits) = (None, None, false);
            }
        }
        Ok(())
    }

    fn answered(&mut self, run: &str, task: &str, answer: Answer, by: Answerer) -> Kept {
        let autopilot = self.run(run).autopilot;
        let work = self.work(run, task);
        work.waits = false;
        let tree = work.tree.clone();
        if answer == Answer::Modify {
            work.green = None;
        }
        if by == Answerer::Rules {
            let allowed = autopilot && work.judged == Some(Judgement::Allow);
            work.approved = Some(by);
            return match allowed {
                true => Ok(()),
                false => Err(format!("I5: the rules approved task {task}, and may not")),
            };
        }
        if answer == Answer::Approve {
            work.approved = Some(by);
        }
        let is_it = |it: &Given| {
            (it.run.as_str(), it.task.as_str(), it.answer) == (run, task, answer) && it.tree == tree
        };
        match self.said.iter().position(|it| is_it(&it.0)) {
            Some(at) => {
                self.said.remove(at);
                // One answer stands for all that were left.
                self.said
                    .retain(|(it, kept)| !(*kept && it.run == run && it.task == task));
                Ok(())
            }
            None => Err(format!("I5: nobody said {answer:?} to this of task {task}")),
        }
    }

    fn intended(&mut self, run: &str, task: &str, tree: &str) -> Kept {
        let again = self.taken_out.remove(&(task.to_owned(), tree.to_owned()));
        let work = self.work(run, task);
        work.intended = true;
        if again {
            work.again = true;
            return Ok(());
        }
        // After a death the intent is recorded a second time, on the same approval.
        match (&work.judged, work.approved) {
            _ if work.tree != tree => Err(format!("I5: task {task} would land another tree")),
            (_, Some(Answerer::Person)) => Ok(()),
            (Some(Judgement::Allow), Some(Answerer::Rules)) => Ok(()),
            _ => Err(format!("I5: task {task} would land and nobody approved it")),
        }
    }

    fn undone(&mut self, run: &str, task: &str) {
        self.run(run).claims.clear();
        let work = self.work(run, task);
        let tree = std::mem::take(work).tree;
        self.taken_out.insert((task.to_owned(), tree));
        self.proven.remove(task);
        self.standing.remove(task);
    }

    fn task_done(&mut self, run: &str, task: &str) -> Kept {
        let work = self.work(run, task);
        if work.done {
            return Err(format!("I3: task {task} was done twice"));
        }
        let landed = work.applied || work.is_empty;
        if !(landed && (work.green == Some(true) || work.again)) {
            return Err(format!("I3: task {task} is done without evidence"));
        }
        work.done = true;
        let trees = (work.base.clone(), work.tree.clone());
        if work.applied && !work.again {
            self.standing.insert(task.to_owned(), trees);
        }
        self.proven.insert(task.to_owned());
        Ok(())
    }

    fn ended_done(&mut self, run: &str) -> Kept {
        let run = self.run(run);
        let open = run
            .plan
            .iter()
            .find(|it| !it.ticked && !run.work.get(&it.id).is_some_and(|work| work.done));
        if let Some(open) = open {
            return Err(format!("the run is done and task {} is not", open.id));
        }
        match run.claims.is_empty() || run.claims.contains(&false) {
            true => Err("the run is done without proof of every criterion".to_owned()),
            false => Ok(()),
        }
    }
}

/// Files that two trees hold otherwise, each with both states.
fn differences<'t>(
    base: Option<&'t Tree>,
    tree: Option<&'t Tree>,
) -> Vec<(&'t RelPath, Option<&'t FileState>, Option<&'t FileState>)> {
    let paths: BTreeSet<&RelPath> = base
        .into_iter()
        .chain(tree)
        .flat_map(BTreeMap::keys)
        .collect();
    let both = paths.into_iter().map(|path| {
        let of = |it: Option<&'t Tree>| it.and_then(|it| it.get(path));
        (path, of(base), of(tree))
    });
    both.filter(|(_, before, after)| before != after).collect()
}
