//! What a front end shows: plain values in the user's words. Two front ends consume them from the first day:
//! the terminal and `--jsonl`.

use std::collections::BTreeSet;

use change::{Changeset, Part, visible};
use engine::{Answer, Cost, Fact, Outcome};
use model::Delta;
use tools::{Consent, Wish};

use crate::journal::Given;

/// Something to show.
#[derive(Clone, Debug)]
pub enum View {
    /// A remark: what is being done, or what was found.
    Notice(String),
    /// Something the user should know, though the work goes on.
    Warning(String),
    /// The built-in model's weights are being fetched.
    Pulling {
        /// Bytes there.
        done: u64,
        /// Bytes in all.
        total: u64,
        /// Where they come from.
        source: String,
    },
    /// A run begins, or goes on where it stopped.
    Began {
        /// The run's id.
        run: String,
        /// The spec's path.
        spec: String,
        /// Whether it goes on.
        resumed: bool,
    },
    /// The plan and the tasks stand in the project.
    Planned {
        /// The plan's path.
        plan: String,
        /// The tasks file's path.
        tasks: String,
        /// How many tasks there are, and how many of them are open.
        count: (usize, usize),
        /// Whether they were written just now.
        fresh: bool,
    },
    /// An attempt begins.
    TaskStarted {
        /// The task's id.
        task: String,
        /// Its place among all, from 1, and how many there are.
        place: (usize, usize),
        /// Its title.
        title: String,
    },
    /// The model is asked.
    Asking {
        /// What is to be written.
        slot: String,
        /// In which way it is asked.
        route: String,
    },
    /// The model reads its prompt.
    Reading {
        /// Tokens read.
        done: u32,
        /// Tokens in all.
        total: u32,
    },
    /// The model writes.
    Writing(String),
    /// The model begins to call the tool with this name.
    Calling(String),
    /// The provider failed in a way that passes, and is asked again after this wait.
    Waiting {
        /// What is left of the wait, in milliseconds.
        left_ms: u64,
        /// Why.
        reason: String,
    },
    /// A program that a call started prints something; made safe to print.
    Output(String),
    /// A call of the model was answered.
    Called {
        /// 0 for the model itself, else the helper that it delegated to.
        agent: u32,
        /// The tool.
        tool: String,
        /// The answer in one line.
        summary: String,
        /// Whether it failed.
        failed: bool,
    },
    /// A candidate was judged, or a turn ended.
    Tried {
        /// What was to be written.
        slot: String,
        /// In which way it was asked.
        route: String,
        /// What came of it.
        result: String,
        /// What it cost.
        cost: Cost,
    },
    /// A check runs or ran.
    Check {
        /// What is checked.
        what: String,
        /// Passed and failed, once it ran.
        result: Option<(u32, u32)>,
    },
    /// A changeset is about to land.
    Diff {
        /// The task's id.
        task: String,
        /// What lands.
        changes: Changeset,
    },
    /// A task was approved, by the rules or a person.
    Approved {
        /// The task's id.
        task: String,
        /// Whether a person did.
        by_person: bool,
    },
    /// A task is done.
    TaskDone {
        /// The task's id.
        task: String,
        /// Its title.
        title: String,
        /// Files that changed.
        files: Vec<String>,
        /// Examples that pass.
        passed: u32,
        /// What it cost.
        cost: Cost,
        /// Attempts it took.
        attempts: u32,
    },
    /// A task could not be done, was skipped, or waits.
    TaskOpen {
        /// The task's id.
        task: String,
        /// Its title.
        title: String,
        /// Why.
        reason: String,
    },
    /// A success criterion was looked at.
    Claim {
        /// The criterion.
        criterion: String,
        /// What proves it, or why nothing does.
        proof: Result<String, String>,
    },
    /// A fact was recorded in the journal.
    Recorded(Fact),
    /// One of several tasks that are worked on at once shows something.
    Of {
        /// The task's id.
        task: String,
        /// What it shows.
        view: Box<View>,
    },
    /// The run ended.
    Ended {
        /// The run's id.
        run: String,
        /// How.
        outcome: Outcome,
        /// Why.
        reason: String,
        /// What all model turns cost.
        cost: Cost,
        /// Wall time of this command in milliseconds.
        wall_ms: u64,
    },
}

impl View {
    /// What there is to show of a piece of an answer under way. What a model or a server wrote is made safe to print.
    pub fn streamed(delta: Delta) -> Option<View> {
        Some(match delta {
            Delta::Reading { done, total } => View::Reading { done, total },
            Delta::Text(text) => View::Writing(text),
            Delta::Calling(tool) => View::Calling(visible(&tool).into_owned()),
            Delta::Waiting { left, reason } => View::Waiting {
                left_ms: u64::try_from(left.as_millis()).unwrap_or(u64::MAX),
                reason: visible(&reason).into_owned(),
            },
            Delta::Restarted => View::Notice("the answer is begun anew".to_owned()),
            Delta::Switched { to, reason } => {
                View::Warning(format!("{}; {to} answers instead", visible(&reason)))
            }
            Delta::Thinking(_) => return None,
        })
    }
}

/// A proposal for a person to judge.
#[derive(Clone, Debug)]
pub struct Review {
    /// The spec's path; none when the work has no spec.
    pub spec: Option<String>,
    /// The task's id.
    pub task: String,
    /// Its title.
    pub title: String,
    /// What would land.
    pub changes: Changeset,
    /// Why the rules want a person, when they do.
    pub reasons: Vec<String>,
    /// What the checks said.
    pub evidence: String,
    /// Which answers there are besides Approve, Skip and Stop.
    pub offers: Offers,
}

/// Answers that are not always there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offers {
    /// Modify: an editor is at hand.
    pub modify: bool,
    /// Keep and Revise: a task works on it, which can be proven or attempted anew.
    pub task: bool,
}

/// A file of a proposal as a person wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditedFile {
    /// Its path.
    pub path: String,
    /// Its whole text.
    pub text: String,
}

/// What a person says of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Let it land.
    Approve,
    /// Open it in an editor; what is then there is proven and shown anew.
    Modify,
    /// Leave out all but these parts; what is left is proven and shown anew.
    Keep(BTreeSet<Part>),
    /// These files shall be as the person wrote them; what is then there is proven and shown anew.
    Edit(Vec<EditedFile>),
    /// Attempt it anew, as this remark says.
    Revise(String),
    /// Leave this task out.
    Skip,
    /// End the run here.
    Stop,
}

impl Decision {
    /// As the journal has it. Leaving parts out is an edit of the person's own.
    pub(crate) fn answer(&self) -> Answer {
        match self {
            Decision::Approve => Answer::Approve,
            Decision::Modify | Decision::Keep(_) | Decision::Edit(_) => Answer::Modify,
            Decision::Revise(_) => Answer::Revise,
            Decision::Skip => Answer::Skip,
            Decision::Stop => Answer::Stop,
        }
    }

    /// The decision that was left for a run; an edit cannot be.
    pub(crate) fn given(given: Given) -> Option<Decision> {
        Some(match given.answer {
            Answer::Approve => Decision::Approve,
            Answer::Revise => Decision::Revise(given.remark),
            Answer::Skip => Decision::Skip,
            Answer::Stop => Decision::Stop,
            Answer::Modify => return None,
        })
    }
}

/// What the model wants to know, and waits for. Made safe to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The question.
    pub text: String,
    /// Answers that it suggests; may be empty.
    pub options: Vec<String>,
}

/// Someone who watches a session and may answer.
pub trait Front {
    /// Shows a view. Must return soon.
    fn show(&mut self, view: &View);

    /// Asks a person about a proposal; none when nobody is there.
    /// `elsewhere` is to be looked at while they think: the answer may come from another terminal.
    fn ask(
        &mut self,
        review: &Review,
        elsewhere: &mut dyn FnMut() -> Option<Decision>,
    ) -> Option<Decision>;

    /// Asks a person what the model wants to know; none when nobody is there, or no answer comes.
    fn answer(&mut self, question: &Question) -> Option<String>;

    /// Asks a person about a command; [`Consent::No`] when nobody is there.
    fn consent(&mut self, wish: &Wish) -> Consent;
}

/// That so many checks pass, in words.
pub fn passing(checks: u32) -> String {
    match checks {
        1 => "1 check passes".to_owned(),
        all => format!("{all} checks pass"),
    }
}

/// A front at which nobody looks and nobody answers: what happens is in the journal.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unseen;

impl Front for Unseen {
    fn show(&mut self, _: &View) {}

    fn ask(&mut self, _: &Review, _: &mut dyn FnMut() -> Option<Decision>) -> Option<Decision> {
        None
    }

    fn answer(&mut self, _: &Question) -> Option<String> {
        None
    }

    fn consent(&mut self, _: &Wish) -> Consent {
        Consent::No
    }
}
