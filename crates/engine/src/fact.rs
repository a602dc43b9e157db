//! The facts of a run, as the journal keeps them.
//!
//! This is one of the project's two serialised boundaries. A variant or field is never renamed or given
//! another meaning; new fields have defaults; a new kind of fact is a new variant. Golden tests hold the form.

use serde::{Deserialize, Serialize};

/// How far a run goes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Every task's diff is shown and waits for an answer.
    Guided,
    /// Only what the rules ask for waits.
    Autopilot,
}

/// One task as the run found it in the tasks file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRecord {
    /// The task's id in the tasks file, such as `2` or `2.1`.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Ids of the tasks that must be done first.
    #[serde(default)]
    pub depends_on: Vec<String>,
    /// Requirements it carries out.
    #[serde(default)]
    pub requirements: Vec<String>,
    /// Files of its scope.
    #[serde(default)]
    pub files: Vec<String>,
    /// Fingerprint of everything the task was made from.
    pub fingerprint: String,
    /// Fingerprints of its requirements, in their order; empty for one that the spec does not have. None at all in facts from
    /// before they were kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prints: Vec<String>,
    /// Whether the tasks file already had it ticked.
    #[serde(default)]
    pub ticked: bool,
}

/// What was spent on model turns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Tokens read by the model, kept ones included.
    pub input_tokens: u64,
    /// Tokens of the input that were kept from an earlier turn.
    #[serde(default)]
    pub cached_tokens: u64,
    /// Tokens written by the model.
    pub output_tokens: u64,
    /// Wall time in milliseconds.
    pub wall_ms: u64,
    /// Money in nano-dollars, as far as prices are known.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub nano_usd: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Cost {
    /// The money in US dollars, for reports.
    #[must_use]
    pub fn usd(&self) -> f64 {
        self.nano_usd as f64 / 1e9
    }
}

impl std::ops::AddAssign for Cost {
    fn add_assign(&mut self, other: Cost) {
        self.input_tokens += other.input_tokens;
        self.cached_tokens += other.cached_tokens;
        self.output_tokens += other.output_tokens;
        self.wall_ms += other.wall_ms;
        self.nano_usd = self.nano_usd.saturating_add(other.nano_usd);
    }
}

/// Why a check ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckPurpose {
    /// Before the task: it should fail.
    Before,
    /// On one candidate of the model.
    Candidate,
    /// After the task, in the attempt's worktree: it must pass.
    After,
    /// In the finished project, for a success criterion.
    Success,
    /// In the project as it is now, for a task that was done before.
    Again,
}

impl CheckPurpose {
    /// Its name on every surface.
    pub fn name(self) -> &'static str {
        match self {
            CheckPurpose::Before => "before",
            CheckPurpose::Candidate => "candidate",
            CheckPurpose::After => "after",
            CheckPurpose::Success => "success",
            CheckPurpose::Again => "again",
        }
    }
}

/// How a file was left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftFile {
    /// Its path.
    pub path: String,
    /// Digest of its content; empty when it is gone.
    pub digest: String,
}

/// What an attempt proposes to bring into the project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Tree of the project that the attempt started from.
    pub base: String,
    /// Tree of the attempt's worktree at its end.
    pub tree: String,
    /// Paths that differ.
    pub files: Vec<String>,
    /// Lines added.
    pub added_lines: u64,
    /// Lines removed.
    pub removed_lines: u64,
    /// Examples that passed after the attempt.
    #[serde(default)]
    pub passed: u32,
    /// Examples that failed after the attempt.
    #[serde(default)]
    pub failed: u32,
    /// Whether nothing could be run that judges it, so that only a person can.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unjudged: bool,
}

/// What became of a proposal on a project in which other work has landed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Renewal {
    /// It changes what it changed before: what was said of it still holds.
    Same(Proposal),
    /// It was merged with what landed: it is judged anew.
    Changed(Proposal),
    /// It does not fit, for this reason, and is to be attempted anew.
    Failed(String),
}

/// What policy said of a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// It may land.
    Allow,
    /// A person must say yes, for these reasons.
    Ask(Vec<String>),
    /// It may not land, for these reasons.
    Deny(Vec<String>),
}

/// What policy said of one act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// It may happen.
    Allow,
    /// A person must say yes.
    Ask,
    /// It may not happen.
    Deny,
}

impl Ruling {
    /// Its name on every surface.
    pub fn name(self) -> &'static str {
        match self {
            Ruling::Allow => "allow",
            Ruling::Ask => "ask",
            Ruling::Deny => "deny",
        }
    }
}

/// An answer to a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Let it land.
    Approve,
    /// The person's own edit replaces it; the attempt is proven and proposed anew.
    Modify,
    /// Attempt it anew, as the person's remark says.
    Revise,
    /// Leave this task out.
    Skip,
    /// End the run here.
    Stop,
}

impl Answer {
    /// Every answer there is.
    pub const ALL: [Answer; 5] = [
        Answer::Approve,
        Answer::Modify,
        Answer::Revise,
        Answer::Skip,
        Answer::Stop,
    ];

    /// Its name on every surface.
    pub fn name(self) -> &'static str {
        match self {
            Answer::Approve => "approve",
            Answer::Modify => "modify",
            Answer::Revise => "revise",
            Answer::Skip => "skip",
            Answer::Stop => "stop",
        }
    }
}

/// Who answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answerer {
    /// A person.
    Person,
    /// The rules, in Autopilot.
    Rules,
}

impl Answerer {
    /// Its name on every surface.
    pub fn name(self) -> &'static str {
        match self {
            Answerer::Person => "person",
            Answerer::Rules => "rules",
        }
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every task is done and every success criterion has recorded proof.
    Done,
    /// The one task that was asked for is done; the success criteria were not looked at.
    Partial,
    /// Something failed, was skipped, or has no proof.
    Incomplete,
    /// A person stopped it.
    Stopped,
    /// An approval is needed and nobody is there, or the rules refused.
    Refused,
    /// It was interrupted by a signal.
    Interrupted,
}

impl Outcome {
    /// Its name on every surface.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Done => "done",
            Outcome::Partial => "partial",
            Outcome::Incomplete => "incomplete",
            Outcome::Stopped => "stopped",
            Outcome::Refused => "refused",
            Outcome::Interrupted => "interrupted",
        }
    }
}

/// One fact of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// A run began.
    RunStarted {
        /// The spec's path, relative to the project.
        spec: String,
        /// Fingerprint of the spec's text.
        spec_fingerprint: String,
        /// How far it goes by itself.
        mode: Mode,
        /// The model that works.
        model: String,
        /// The one task that was asked for, or none for all of them.
        #[serde(default)]
        only: Option<String>,
    },
    /// A run whose process died goes on; attempts that were under way begin anew.
    Resumed,
    /// The tasks that the run will carry out, as read from the tasks file.
    Planned {
        /// In the file's order.
        tasks: Vec<TaskRecord>,
    },
    /// The tasks file was changed by hand while the run went on, and read again.
    Replanned {
        /// In the file's order.
        tasks: Vec<TaskRecord>,
    },
    /// An attempt at a task began.
    AttemptStarted {
        /// The task.
        task: String,
        /// 1 for the first.
        attempt: u32,
        /// Tree of the project that it starts from.
        base: String,
    },
    /// The model finished a turn of an attempt.
    TurnEnded {
        /// The task.
        task: String,
        /// The attempt.
        attempt: u32,
        /// Which way of asking it was.
        route: String,
        /// What was asked for, such as a function's name.
        slot: String,
        /// What it cost.
        cost: Cost,
        /// What came of it, in a few words.
        result: String,
    },
    /// The whole transcript of a conversation stands in a file.
    TranscriptKept {
        /// The task.
        task: String,
        /// The attempt.
        attempt: u32,
        /// The file, in Kiro's own state.
        path: String,
        /// Why it is not whole; empty when it is.
        #[serde(default)]
        missing: String,
    },
    /// A command ran as a check.
    CheckRan {
        /// The task, or none for a check of the whole project.
        #[serde(default)]
        task: Option<String>,
        /// Why it ran.
        purpose: CheckPurpose,
        /// The command.
        argv: Vec<String>,
        /// Its exit code; none when it was killed.
        exit: Option<i32>,
        /// How it ended otherwise, such as a time limit.
        #[serde(default)]
        ended: String,
        /// Examples or tests that passed.
        passed: u32,
        /// Examples or tests that failed.
        failed: u32,
        /// Wall time in milliseconds.
        wall_ms: u64,
    },
    /// An attempt ended with something to bring in.
    Proposed {
        /// The task.
        task: String,
        /// What.
        proposal: Proposal,
    },
    /// Other work landed since an attempt began; what it proposes is about to be proven on the project as it is now.
    RenewalStarted {
        /// The task.
        task: String,
        /// Tree of the project as it is now.
        base: String,
    },
    /// That came to its end.
    RenewalEnded {
        /// The task.
        task: String,
        /// What came of it.
        renewal: Renewal,
    },
    /// An attempt ended with nothing that can be proven.
    AttemptFailed {
        /// The task.
        task: String,
        /// Why, in one sentence.
        reason: String,
    },
    /// Policy judged a proposal.
    Judged {
        /// The task.
        task: String,
        /// What it said.
        judgement: Judgement,
    },
    /// Policy judged an act other than a proposal.
    Ruled {
        /// The act, as in `run python3 -m pytest` or `write src/a.py`.
        act: String,
        /// What it said.
        ruling: Ruling,
        /// The rule that decided.
        rule: String,
        /// Whether the act was then let happen.
        used: bool,
    },
    /// A proposal was answered.
    Answered {
        /// The task.
        task: String,
        /// The answer.
        answer: Answer,
        /// Whose.
        by: Answerer,
        /// What the person wants to be otherwise; empty when nothing was said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        remark: String,
    },
    /// A proposal needs a person and none is there.
    Unanswered {
        /// The task.
        task: String,
    },
    /// The proposal is about to be brought into the project.
    ApplyIntended {
        /// The task.
        task: String,
        /// Tree before.
        base: String,
        /// Tree after.
        tree: String,
    },
    /// It stands in the project.
    Applied {
        /// The task.
        task: String,
        /// Files written or removed.
        files: Vec<String>,
        /// Files in which the user's own edits were merged.
        #[serde(default)]
        merged: Vec<String>,
        /// How all its files stood then. None in facts from before it was kept.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        left: Vec<LeftFile>,
    },
    /// It could not be brought in.
    ApplyFailed {
        /// The task.
        task: String,
        /// Why, in one sentence.
        reason: String,
    },
    /// A task's changes are about to be taken out of the project again.
    UndoIntended {
        /// The task.
        task: String,
        /// Tree before the task, which comes back.
        base: String,
        /// Tree after the task.
        tree: String,
    },
    /// They are taken out; the task is open again.
    Undone {
        /// The task.
        task: String,
        /// Files written or removed.
        files: Vec<String>,
        /// Files in which the user's own edits were kept.
        #[serde(default)]
        merged: Vec<String>,
        /// How all its files stood then. None in facts from before it was kept.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        left: Vec<LeftFile>,
    },
    /// The task is done on recorded evidence.
    TaskDone {
        /// The task.
        task: String,
        /// Criteria that the evidence covers.
        covered: Vec<String>,
    },
    /// The task's box in the tasks file was ticked.
    Ticked {
        /// The task.
        task: String,
    },
    /// What the task was made from changed since it was done, so its box was opened: it is to be worked on again.
    Reopened {
        /// The task.
        task: String,
    },
    /// A task that was done still is, on what stands in the project by now.
    Confirmed {
        /// The task, as it was called when it was done.
        task: String,
        /// As it is now.
        record: TaskRecord,
        /// Whether a person said so; else its checks did.
        by_person: bool,
        /// How its files stand.
        left: Vec<LeftFile>,
    },
    /// What a task brought in was committed to the user's repository, as the person asked.
    Committed {
        /// The task.
        task: String,
        /// The commit; none when there was nothing to commit, or it could not be made.
        #[serde(default)]
        commit: Option<String>,
        /// Why it could not be made; empty otherwise.
        #[serde(default)]
        why: String,
    },
    /// A success criterion was looked at.
    Claimed {
        /// The criterion's id.
        criterion: String,
        /// Its text.
        text: String,
        /// What proves it; none when nothing does.
        proof: Option<String>,
        /// Why there is no proof, when there is none.
        #[serde(default)]
        why: String,
    },
    /// A hook was asked whether it fires.
    HookDecided {
        /// The hook's name.
        hook: String,
        /// Its file.
        file: String,
        /// What happened, such as `file.save`.
        event: String,
        /// The file that it happened to.
        #[serde(default)]
        path: Option<String>,
        /// Whether it fires.
        fires: bool,
        /// Which clause decided, such as `filter`.
        clause: String,
        /// Why.
        why: String,
        /// 0 where a person was the cause, else how many hooks lie between.
        #[serde(default)]
        depth: u32,
    },
    /// A hook's action is about to begin.
    HookStarted {
        /// The hook's name.
        hook: String,
        /// What happened.
        event: String,
        /// The file that it happened to.
        #[serde(default)]
        path: Option<String>,
    },
    /// A hook's action ended.
    HookEnded {
        /// The hook's name.
        hook: String,
        /// What happened.
        event: String,
        /// The file that it happened to.
        #[serde(default)]
        path: Option<String>,
        /// How: `passed`, `blocked`, `failed` or `waiting`.
        outcome: String,
        /// Why, in one sentence.
        why: String,
        /// What it found.
        #[serde(default)]
        findings: Vec<String>,
        /// Files that it changed in the project.
        #[serde(default)]
        files: Vec<String>,
        /// What its model turns cost.
        #[serde(default)]
        cost: Cost,
        /// Wall time in milliseconds.
        wall_ms: u64,
    },
    /// A file's content is held: it may not be committed, brought in or completed.
    HoldSet {
        /// The hook that holds it.
        hook: String,
        /// The file.
        path: String,
        /// Digest of the content.
        digest: String,
        /// Why.
        why: String,
    },
    /// A hook holds a file no longer.
    HoldLifted {
        /// The hook.
        hook: String,
        /// The file.
        path: String,
    },
    /// A change of a file was seen, and hooks were asked; whoever sees the same change need not ask again.
    ChangeSeen {
        /// What happened.
        event: String,
        /// The file.
        path: String,
        /// Digest of its content; empty when it is gone.
        digest: String,
        /// 0 where a person was the cause, else how many hooks lie between.
        depth: u32,
    },
    /// A hook's changes became a commit.
    HookCommitted {
        /// The hook's name.
        hook: String,
        /// The files.
        files: Vec<String>,
    },
    /// The run ended.
    RunEnded {
        /// How.
        outcome: Outcome,
        /// Why, in one sentence.
        reason: String,
    },
}

#[cfg(test)]
mod tests;
