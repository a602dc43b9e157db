//! The progress of one run: a fold over its facts, and what to do next.

mod next;
mod replan;

pub use self::next::Next;
pub use self::replan::Conflict;

use crate::fact::{
    Answer, Answerer, CheckPurpose, Cost, Fact, Judgement, Mode, Outcome, Proposal, Renewal,
    TaskRecord,
};
use crate::graph::{Graph, GraphError};
use crate::lanes::{Lanes, scopes_meet};

/// A task's state in the words of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// Waits for other tasks.
    Pending,
    /// Can begin.
    Ready,
    /// An attempt is under way.
    Running,
    /// Waits for a person.
    Waiting,
    /// Was being brought in when its process died.
    InDoubt,
    /// Was done from a spec or task that has since changed.
    Stale,
    /// Done on evidence, or ticked by a person.
    Done,
    /// Left out by a person.
    Skipped,
    /// Could not be proven.
    Failed,
}

impl TaskState {
    /// The state's name on every surface.
    pub fn name(self) -> &'static str {
        match self {
            TaskState::Pending => "pending",
            TaskState::Ready => "ready",
            TaskState::Running => "running",
            TaskState::Waiting => "waiting",
            TaskState::InDoubt => "in_doubt",
            TaskState::Stale => "stale",
            TaskState::Done => "done",
            TaskState::Skipped => "skipped",
            TaskState::Failed => "failed",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Open,
    Running,
    Proposed,
    Judged,
    Unanswered,
    Approved,
    Modifying,
    Applying,
    Applied,
    Done,
    Skipped,
    Failed,
}

/// One task's progress in a run.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The task as planned.
    pub record: TaskRecord,
    stage: Stage,
    /// Attempts begun.
    pub attempts: u32,
    /// What its model turns cost.
    pub cost: Cost,
    /// Model turns taken.
    pub turns: u32,
    /// What the last attempt proposes.
    pub proposal: Option<Proposal>,
    /// What policy said of it.
    pub judgement: Option<Judgement>,
    /// Who approved what was judged, once somebody did.
    approved_by: Option<Answerer>,
    /// Whether checks ran after the last attempt, and all were green.
    green: Option<bool>,
    /// Why it failed or was refused, when it was.
    pub reason: String,
    /// Criteria that recorded evidence covers.
    pub covered: Vec<String>,
    /// Whether the tick in the file is a person's own.
    pub ticked_by_person: bool,
    /// Whether the box in the tasks file is ticked.
    ticked: bool,
    /// How often a person changed the attempt by hand.
    pub edits: u32,
    /// What a person wanted to be otherwise, oldest first.
    pub remarks: Vec<String>,
    /// How often the project had been changed by this run when the tree was taken that the work is based on.
    based_at: u32,
    /// The same of the tree on which it is being proven anew.
    renewed_at: u32,
    /// How the tasks file disagrees with work that was begun on it.
    pub conflict: Option<Conflict>,
    /// Whether it was seen to that what it brought in is committed.
    pub committed: bool,
}

impl Progress {
    fn new(record: TaskRecord) -> Progress {
        let ticked = record.ticked;
        Progress {
            record,
            stage: if ticked { Stage::Done } else { Stage::Open },
            attempts: 0,
            cost: Cost::default(),
            turns: 0,
            proposal: None,
            judgement: None,
            approved_by: None,
            green: None,
            reason: String::new(),
            covered: Vec::new(),
            ticked_by_person: ticked,
            ticked,
            edits: 0,
            remarks: Vec::new(),
            based_at: 0,
            renewed_at: 0,
            conflict: None,
            committed: false,
        }
    }

    /// Whether it is done, on evidence or by a person's word.
    pub fn is_done(&self) -> bool {
        self.stage == Stage::Done
    }

    fn has_landed(&self) -> bool {
        matches!(self.stage, Stage::Applying | Stage::Applied | Stage::Done)
    }

    /// Whether nothing could be run that judges what it proposes.
    pub fn is_unjudged(&self) -> bool {
        self.proposal.as_ref().is_some_and(|it| it.unjudged)
    }

    /// Whether a person approved what the last attempt proposes; the rules' own approval ends where the rules do.
    pub fn is_approved_by_person(&self) -> bool {
        self.approved_by == Some(Answerer::Person)
    }

    /// Whether it is done on recorded evidence, and its box is ticked.
    pub fn is_ticked_on_evidence(&self) -> bool {
        self.stage == Stage::Done && self.ticked && !self.ticked_by_person
    }

    fn proposes_nothing(&self) -> bool {
        let is_empty = self.proposal.as_ref().is_some_and(|it| it.files.is_empty());
        is_empty && self.conflict.is_none()
    }
}

/// The state of one run.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// The spec's path.
    pub spec: String,
    /// How far the run goes by itself; none before it began.
    pub mode: Option<Mode>,
    /// The model that works.
    pub model: String,
    only: Option<String>,
    tasks: Vec<Progress>,
    graph: Graph,
    proven: bool,
    /// Success criteria that have no proof, with the reason.
    pub unproven: Vec<(String, String)>,
    /// Success criteria with what proves them.
    pub proofs: Vec<(String, String)>,
    stopped: bool,
    /// How often something was brought into the project or taken out of it.
    changed: u32,
    /// How the run ended, once it did.
    pub outcome: Option<(Outcome, String)>,
    /// What all model turns cost, those of planning and of tasks that are gone included.
    cost: Cost,
}

impl Run {
    /// The run that these facts tell of.
    pub fn from_facts<'a>(facts: impl IntoIterator<Item = &'a Fact>) -> Run {
        let mut run = Run::default();
        facts.into_iter().for_each(|fact| run.apply(fact));
        run
    }

    /// Takes one fact in. Total: of an unknown task only the cost counts.
    pub fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::RunStarted {
                spec,
                mode,
                model,
                only,
                ..
            } => {
                *self = Run {
                    spec: spec.clone(),
                    mode: Some(*mode),
                    model: model.clone(),
                    only: only.clone(),
                    ..Run::default()
                };
            }
            Fact::Resumed => self.resume(),
            Fact::Planned { tasks } => self.plan(tasks),
            Fact::Replanned { tasks } => self.replan(tasks),
            Fact::Claimed {
                criterion,
                text,
                proof,
                why,
            } => {
                self.claim(criterion, text, proof.as_deref(), why);
            }
            Fact::RunEnded { outcome, reason } => self.outcome = Some((*outcome, reason.clone())),
            other => self.apply_to_task(other),
        }
    }

    fn resume(&mut self) {
        self.outcome = None;
        self.stopped = false;
        self.proven = false;
        for it in &mut self.tasks {
            it.stage = match it.stage {
                Stage::Running | Stage::Modifying | Stage::Failed => Stage::Open,
                Stage::Unanswered => Stage::Judged,
                stage => stage,
            };
        }
    }

    fn plan(&mut self, tasks: &[TaskRecord]) {
        let mut before = std::mem::take(&mut self.tasks);
        self.graph = Graph::new(tasks).unwrap_or_default();
        self.tasks = tasks
            .iter()
            .map(|record| carry_over(&mut before, record))
            .collect();
    }

    fn claim(&mut self, criterion: &str, text: &str, proof: Option<&str>, why: &str) {
        if !self.proven {
            self.proven = true;
            self.proofs.clear();
            self.unproven.clear();
        }
        match proof {
            Some(proof) => self
                .proofs
                .push((format!("{criterion}: {text}"), proof.to_owned())),
            None => self
                .unproven
                .push((format!("{criterion}: {text}"), why.to_owned())),
        }
    }

    fn apply_to_task(&mut self, fact: &Fact) {
        let Some(name) = task_of(fact) else { return };
        if matches!(
            fact,
            Fact::Answered {
                answer: Answer::Stop,
                ..
            }
        ) {
            self.stopped = true;
        }
        if matches!(
            fact,
            Fact::Applied { .. }
                | Fact::UndoIntended { .. }
                | Fact::Undone { .. }
                | Fact::AttemptStarted { .. }
        ) {
            self.proven = false;
        }
        if let Fact::TurnEnded { cost, .. } = fact {
            self.cost += *cost;
        }
        if matches!(fact, Fact::Applied { .. } | Fact::Undone { .. }) {
            self.changed += 1;
        }
        if let Some(task) = self.tasks.iter_mut().find(|it| it.record.id == name) {
            task.take(fact, self.changed);
            self.forget_removed();
        }
    }

    /// Every task's progress, in the file's order.
    pub fn tasks(&self) -> &[Progress] {
        &self.tasks
    }

    /// One task's progress.
    pub fn task(&self, id: &str) -> Option<&Progress> {
        self.tasks.iter().find(|it| it.record.id == id)
    }

    /// The contract's state of a task, as far as this run knows; `alive` says whether the run's process
    /// still lives.
    pub fn state(&self, task: &Progress, alive: bool) -> TaskState {
        match task.stage {
            Stage::Open if self.is_ready(task) => TaskState::Ready,
            Stage::Open => TaskState::Pending,
            Stage::Running | Stage::Modifying if alive => TaskState::Running,
            Stage::Running | Stage::Modifying => TaskState::Ready,
            Stage::Proposed | Stage::Judged | Stage::Unanswered | Stage::Approved => {
                TaskState::Waiting
            }
            Stage::Applying | Stage::Applied if alive => TaskState::Running,
            Stage::Applying | Stage::Applied => TaskState::InDoubt,
            Stage::Done => TaskState::Done,
            Stage::Skipped => TaskState::Skipped,
            Stage::Failed => TaskState::Failed,
        }
    }

    /// Whether a task's proposal waits for a person.
    pub fn waits_for_person(&self, task: &Progress) -> bool {
        match task.stage {
            Stage::Unanswered => true,
            Stage::Judged => matches!(self.after_judgement(task), Next::Ask { .. }),
            _ => false,
        }
    }

    /// Tasks that were asked about when nobody was there.
    pub fn unanswered(&self) -> impl Iterator<Item = &Progress> {
        self.tasks.iter().filter(|it| it.stage == Stage::Unanswered)
    }

    /// Whether a person stopped it.
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// What all model turns cost.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// Checks the planned tasks' dependencies.
    ///
    /// # Errors
    /// When they cannot be followed; see [`GraphError`].
    pub fn check_graph(tasks: &[TaskRecord]) -> Result<(), GraphError> {
        Graph::new(tasks).map(|_| ())
    }

    /// What to do next when one thing is done at a time; none after the run ended.
    pub fn next(&self) -> Option<Next> {
        self.next_beside(&Lanes::default())
    }

    /// What to do next beside the work that goes on in `lanes`; none after the run ended.
    pub fn next_beside(&self, lanes: &Lanes) -> Option<Next> {
        if self.outcome.is_some() {
            return None;
        }
        let free = |it: &&Progress| !lanes.holds(&it.record.id);
        let mut under_way = self.tasks.iter().filter(free);
        // What stands in the project comes to its end before anything is proven beside it.
        let landed = under_way.clone().filter(|it| it.has_landed());
        if let Some(next) = landed
            .chain(under_way.clone())
            .find_map(|it| self.continue_task(it))
        {
            return Some(next);
        }
        if self.stopped {
            return Some(match lanes.is_empty() {
                true => end(Outcome::Stopped, "you stopped it".to_owned()),
                false => Next::Wait,
            });
        }
        let ready = under_way.find(|it| self.can_begin(it, lanes));
        if let Some(task) = ready.filter(|_| !lanes.are_full()) {
            return Some(Next::Attempt {
                task: task.record.id.clone(),
                attempt: task.attempts + 1,
            });
        }
        Some(match lanes.is_empty() {
            true => self.finish(),
            false => Next::Wait,
        })
    }

    /// Whether a task waits for nothing and nobody is at work on its files.
    fn can_begin(&self, task: &Progress, lanes: &Lanes) -> bool {
        let at_work = self.tasks.iter().filter(|it| lanes.holds(&it.record.id));
        task.stage == Stage::Open
            && self.is_wanted(task)
            && self.is_ready(task)
            && at_work
                .into_iter()
                .all(|it| !scopes_meet(&it.record.files, &task.record.files))
    }

    fn continue_task(&self, task: &Progress) -> Option<Next> {
        let id = task.record.id.clone();
        match task.stage {
            Stage::Proposed | Stage::Approved if task.based_at < self.changed => {
                Some(Next::Renew { task: id })
            }
            Stage::Proposed if task.proposes_nothing() => Some(self.complete(task)),
            Stage::Proposed => Some(Next::Judge { task: id }),
            Stage::Judged => Some(self.after_judgement(task)),
            Stage::Modifying => Some(Next::Modify { task: id }),
            Stage::Approved | Stage::Applying => Some(Next::Apply { task: id }),
            Stage::Applied => Some(self.complete(task)),
            Stage::Done if !task.ticked => Some(Next::Tick { task: id }),
            _ => None,
        }
    }

    fn after_judgement(&self, task: &Progress) -> Next {
        let id = task.record.id.clone();
        match (&task.judgement, self.mode) {
            (Some(Judgement::Deny(reasons)), _) => Next::Fail {
                task: id,
                reason: format!("refused: {}", reasons.join("; ")),
            },
            (Some(Judgement::Allow), Some(Mode::Autopilot))
                if task.conflict.is_none() && !task.is_unjudged() =>
            {
                Next::Approve { task: id }
            }
            _ => Next::Ask { task: id },
        }
    }

    /// The evidence gate: without a green check after the attempt nothing is done, but for what nothing can check and a
    /// person has vouched for.
    fn complete(&self, task: &Progress) -> Next {
        let id = task.record.id.clone();
        match task.green {
            Some(true) => Next::Complete { task: id },
            None if task.is_unjudged() && task.is_approved_by_person() => {
                Next::Complete { task: id }
            }
            _ => Next::Fail {
                task: id,
                reason: "no check was green after the attempt, so nothing proves it".to_owned(),
            },
        }
    }

    fn finish(&self) -> Next {
        if let Some(only) = &self.only {
            return self.finish_one(only);
        }
        if !self.proven {
            return Next::Prove;
        }
        let open: Vec<&Progress> = self
            .tasks
            .iter()
            .filter(|it| it.stage != Stage::Done)
            .collect();
        let waiting = open.iter().any(|it| it.stage == Stage::Unanswered);
        if open.is_empty() && self.unproven.is_empty() {
            let reason = format!(
                "{} tasks done, every success criterion proven",
                self.tasks.len()
            );
            return end(Outcome::Done, reason);
        }
        let outcome = if waiting || open.iter().any(|it| is_denied(it)) {
            Outcome::Refused
        } else {
            Outcome::Incomplete
        };
        end(outcome, self.what_is_open(&open))
    }

    fn finish_one(&self, only: &str) -> Next {
        match self.task(only) {
            Some(task) if task.stage == Stage::Done => end(
                Outcome::Partial,
                format!("task {only} is done; the success criteria were not looked at"),
            ),
            Some(task) if task.stage == Stage::Unanswered || is_denied(task) => {
                end(Outcome::Refused, self.what_is_open(&[task]))
            }
            Some(task) => end(Outcome::Incomplete, self.what_is_open(&[task])),
            None => end(Outcome::Incomplete, format!("there is no task {only}")),
        }
    }

    fn what_is_open(&self, open: &[&Progress]) -> String {
        let mut parts: Vec<String> = open.iter().map(|it| self.open_task(it)).collect();
        parts.extend(
            self.unproven
                .iter()
                .map(|(criterion, why)| format!("no proof of {criterion} ({why})")),
        );
        parts.join("; ")
    }

    fn open_task(&self, task: &Progress) -> String {
        let id = &task.record.id;
        match task.stage {
            Stage::Failed => format!("task {id} failed: {}", task.reason),
            Stage::Skipped => format!("task {id} was skipped"),
            Stage::Unanswered => format!("task {id} needs an approval and nobody is there"),
            _ => {
                let missing: Vec<&str> = self
                    .graph
                    .needs(id)
                    .iter()
                    .filter(|it| !self.is_done(it))
                    .map(String::as_str)
                    .collect();
                format!("task {id} waits for task {}", missing.join(", "))
            }
        }
    }

    fn is_wanted(&self, task: &Progress) -> bool {
        self.only.as_ref().is_none_or(|it| *it == task.record.id)
    }

    fn is_ready(&self, task: &Progress) -> bool {
        self.graph
            .needs(&task.record.id)
            .iter()
            .all(|it| self.is_done(it))
    }

    fn is_done(&self, id: &str) -> bool {
        self.task(id).is_some_and(|it| it.stage == Stage::Done)
    }
}

impl Progress {
    /// Takes in one fact of its own, after so many changes of the project.
    fn take(&mut self, fact: &Fact, changed: u32) {
        match fact {
            Fact::AttemptStarted { attempt, .. } => {
                self.stage = Stage::Running;
                self.attempts = *attempt;
                self.based_at = changed;
                self.green = None;
                self.approved_by = None;
                self.proposal = None;
                self.judgement = None;
                self.conflict = None;
            }
            Fact::TurnEnded { cost, .. } => {
                self.cost += *cost;
                self.turns += 1;
            }
            Fact::CheckRan {
                purpose: CheckPurpose::After,
                exit,
                passed,
                failed,
                ..
            } => {
                let green = *exit == Some(0) && *failed == 0 && *passed > 0;
                self.green = Some(self.green.unwrap_or(true) && green);
            }
            Fact::Proposed { proposal, .. } => {
                self.stage = Stage::Proposed;
                self.proposal = Some(proposal.clone());
            }
            Fact::RenewalStarted { .. } => {
                self.renewed_at = changed;
                self.green = None;
            }
            Fact::RenewalEnded { renewal, .. } => self.renewed(renewal),
            Fact::AttemptFailed { reason, .. } | Fact::ApplyFailed { reason, .. } => {
                self.stage = Stage::Failed;
                self.reason.clone_from(reason);
            }
            Fact::Judged { judgement, .. } => {
                self.stage = Stage::Judged;
                self.approved_by = None;
                self.judgement = Some(judgement.clone());
            }
            Fact::Answered {
                answer, remark, by, ..
            } => {
                self.answered(*answer);
                self.approved_by = (*answer == Answer::Approve).then_some(*by);
                self.remarks
                    .extend((!remark.is_empty()).then(|| remark.clone()));
            }
            Fact::Unanswered { .. } => self.stage = Stage::Unanswered,
            Fact::ApplyIntended { .. } => self.stage = Stage::Applying,
            Fact::Applied { .. } => self.applied(),
            // From the first file on that goes, what is left is not what was proven.
            Fact::UndoIntended { .. } | Fact::Undone { .. } | Fact::Reopened { .. } => {
                self.reopen();
            }
            Fact::TaskDone { covered, .. } => {
                self.stage = Stage::Done;
                self.covered.clone_from(covered);
                self.ticked_by_person = false;
            }
            Fact::Ticked { .. } => self.ticked = true,
            Fact::Committed { .. } => self.committed = true,
            _ => {}
        }
    }

    /// What was made for a task that says something else by now is no evidence for it: it is worked on again.
    fn applied(&mut self) {
        self.stage = match self.conflict {
            Some(Conflict::Changed) => Stage::Open,
            _ => Stage::Applied,
        };
    }

    /// What it brought in was taken out: nothing of it counts any more, but what it cost does.
    fn reopen(&mut self) {
        *self = Progress {
            attempts: self.attempts,
            turns: self.turns,
            edits: self.edits,
            remarks: std::mem::take(&mut self.remarks),
            cost: self.cost,
            ..Progress::new(TaskRecord {
                ticked: false,
                ..self.record.clone()
            })
        };
    }

    fn renewed(&mut self, renewal: &Renewal) {
        self.based_at = self.renewed_at;
        match renewal {
            Renewal::Same(proposal) => self.proposal = Some(proposal.clone()),
            Renewal::Changed(proposal) => {
                self.stage = Stage::Proposed;
                self.proposal = Some(proposal.clone());
            }
            Renewal::Failed(_) => self.stage = Stage::Open,
        }
    }

    fn answered(&mut self, answer: Answer) {
        match answer {
            Answer::Approve => self.stage = Stage::Approved,
            Answer::Modify => {
                self.stage = Stage::Modifying;
                self.edits += 1;
                self.green = None;
            }
            Answer::Skip => self.stage = Stage::Skipped,
            Answer::Revise | Answer::Stop => self.stage = Stage::Open,
        }
    }
}

fn carry_over(before: &mut Vec<Progress>, record: &TaskRecord) -> Progress {
    let same = before
        .iter()
        .position(|it| it.record.id == record.id && it.record.fingerprint == record.fingerprint);
    let Some(at) = same else {
        return Progress::new(record.clone());
    };
    let mut kept = before.swap_remove(at);
    let unticked_by_person = kept.ticked && !record.ticked;
    // What may stand half in the project lands as a whole first, whatever a person ticked meanwhile.
    let ticked_by_person = record.ticked && !matches!(kept.stage, Stage::Done | Stage::Applying);
    if unticked_by_person || ticked_by_person {
        return Progress::new(record.clone());
    }
    kept.record = record.clone();
    kept
}

fn is_denied(task: &Progress) -> bool {
    task.stage == Stage::Failed && matches!(task.judgement, Some(Judgement::Deny(_)))
}

fn end(outcome: Outcome, reason: String) -> Next {
    Next::End { outcome, reason }
}

fn task_of(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::AttemptStarted { task, .. }
        | Fact::TurnEnded { task, .. }
        | Fact::TranscriptKept { task, .. }
        | Fact::Proposed { task, .. }
        | Fact::RenewalStarted { task, .. }
        | Fact::RenewalEnded { task, .. }
        | Fact::AttemptFailed { task, .. }
        | Fact::Judged { task, .. }
        | Fact::Answered { task, .. }
        | Fact::Unanswered { task }
        | Fact::ApplyIntended { task, .. }
        | Fact::Applied { task, .. }
        | Fact::ApplyFailed { task, .. }
        | Fact::UndoIntended { task, .. }
        | Fact::Undone { task, .. }
        | Fact::Reopened { task }
        | Fact::TaskDone { task, .. }
        | Fact::Committed { task, .. }
        | Fact::Ticked { task } => Some(task),
        Fact::CheckRan { task, .. } => task.as_deref(),
        Fact::RunStarted { .. }
        | Fact::Resumed
        | Fact::Planned { .. }
        | Fact::Replanned { .. }
        | Fact::Confirmed { .. }
        | Fact::Claimed { .. }
        | Fact::Ruled { .. }
        | Fact::HookDecided { .. }
        | Fact::HookStarted { .. }
        | Fact::HookEnded { .. }
        | Fact::HoldSet { .. }
        | Fact::HoldLifted { .. }
        | Fact::ChangeSeen { .. }
        | Fact::HookCommitted { .. }
        | Fact::RunEnded { .. } => None,
    }
}

#[cfg(test)]
mod tests;
