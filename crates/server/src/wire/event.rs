//! What an operation shows while it goes on; `kiro run --jsonl` prints the same.

use serde::Serialize;
use session::{Cost, Fact, View};

/// Something that is shown.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A remark: what is being done, or what was found.
    Notice {
        /// The remark.
        text: String,
    },
    /// Something the user should know, though the work goes on.
    Warning {
        /// The remark.
        text: String,
    },
    /// A model's weights are being fetched.
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
        /// How many tasks there are.
        count: usize,
        /// How many of them are open.
        open: usize,
        /// Whether they were written just now.
        fresh: bool,
    },
    /// An attempt begins.
    TaskStarted {
        /// The task's id.
        task: String,
        /// Its title.
        title: String,
        /// Its place among all, from 1.
        place: usize,
        /// How many there are.
        of: usize,
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
    Writing {
        /// What came just now.
        text: String,
    },
    /// A program that a call started prints something.
    Output {
        /// What it printed.
        text: String,
    },
    /// The model begins to call a tool.
    Calling {
        /// The tool.
        tool: String,
    },
    /// The provider is asked again after a wait.
    Waiting {
        /// What is left of the wait, in milliseconds.
        left_ms: u64,
        /// Why.
        reason: String,
    },
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
        cost: CostView,
    },
    /// A check runs or ran.
    Check {
        /// What is checked.
        what: String,
        /// How many passed, once it ran.
        passed: Option<u32>,
        /// How many failed, once it ran.
        failed: Option<u32>,
    },
    /// A changeset is about to land.
    Diff {
        /// The task's id.
        task: String,
        /// The diff.
        text: String,
    },
    /// A task was approved.
    Approved {
        /// The task's id.
        task: String,
        /// Whether a person did, not the rules.
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
        /// Attempts it took.
        attempts: u32,
        /// What it cost.
        cost: CostView,
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
        /// Whether it is proven.
        proven: bool,
        /// What proves it.
        proof: Option<String>,
        /// Why nothing does.
        why: Option<String>,
    },
    /// A fact was recorded in the journal.
    Recorded {
        /// The fact.
        fact: Fact,
    },
    /// The run ended.
    Ended {
        /// The run's id.
        run: String,
        /// How.
        outcome: &'static str,
        /// Why.
        reason: String,
        /// What all model turns cost.
        cost: CostView,
        /// Wall time of this part of the run in milliseconds.
        wall_ms: u64,
    },
}

/// What model turns cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CostView {
    /// Tokens read, kept ones included.
    pub input_tokens: u64,
    /// Tokens of the input that were kept from an earlier turn.
    pub cached_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Wall time in milliseconds.
    pub wall_ms: u64,
    /// US dollars, as far as prices are known.
    pub usd: f64,
}

impl From<&Cost> for CostView {
    fn from(it: &Cost) -> CostView {
        CostView {
            input_tokens: it.input_tokens,
            cached_tokens: it.cached_tokens,
            output_tokens: it.output_tokens,
            wall_ms: it.wall_ms,
            usd: it.usd(),
        }
    }
}

/// An event, and of which task it is where several are worked on at once.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    /// What is shown.
    #[serde(flatten)]
    pub event: Event,
    /// The task in whose lane it happened; left out where there is one lane only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lane: Option<String>,
}

impl Shown {
    /// A view as it is sent.
    pub fn of(view: &View) -> Option<Shown> {
        let (lane, view) = match view {
            View::Of { task, view } => (Some(task.clone()), &**view),
            view => (None, view),
        };
        let event = of_run(view)
            .or_else(|| of_model(view))
            .or_else(|| of_task(view))?;
        Some(Shown { event, lane })
    }
}

fn of_run(view: &View) -> Option<Event> {
    Some(match view.clone() {
        View::Notice(text) => Event::Notice { text },
        View::Warning(text) => Event::Warning { text },
        View::Pulling {
            done,
            total,
            source,
        } => Event::Pulling {
            done,
            total,
            source,
        },
        View::Began { run, spec, resumed } => Event::Began { run, spec, resumed },
        View::Planned {
            plan,
            tasks,
            count: (count, open),
            fresh,
        } => Event::Planned {
            plan,
            tasks,
            count,
            open,
            fresh,
        },
        View::Claim { criterion, proof } => Event::Claim {
            criterion,
            proven: proof.is_ok(),
            why: proof.clone().err(),
            proof: proof.ok(),
        },
        View::Recorded(fact) => Event::Recorded { fact },
        View::Ended {
            run,
            outcome,
            reason,
            cost,
            wall_ms,
        } => Event::Ended {
            run,
            outcome: outcome.name(),
            reason,
            cost: CostView::from(&cost),
            wall_ms,
        },
        _ => return None,
    })
}

/// What a model does meanwhile.
fn of_model(view: &View) -> Option<Event> {
    Some(match view.clone() {
        View::Asking { slot, route } => Event::Asking { slot, route },
        View::Reading { done, total } => Event::Reading { done, total },
        View::Writing(text) => Event::Writing { text },
        View::Output(text) => Event::Output { text },
        View::Calling(tool) => Event::Calling { tool },
        View::Waiting { left_ms, reason } => Event::Waiting { left_ms, reason },
        View::Called {
            agent,
            tool,
            summary,
            failed,
        } => Event::Called {
            agent,
            tool,
            summary,
            failed,
        },
        View::Tried {
            slot,
            route,
            result,
            cost,
        } => Event::Tried {
            slot,
            route,
            result,
            cost: CostView::from(&cost),
        },
        _ => return None,
    })
}

fn of_task(view: &View) -> Option<Event> {
    Some(match view.clone() {
        View::TaskStarted {
            task,
            place: (place, of),
            title,
        } => Event::TaskStarted {
            task,
            title,
            place,
            of,
        },
        View::Check { what, result } => Event::Check {
            what,
            passed: result.map(|it| it.0),
            failed: result.map(|it| it.1),
        },
        View::Diff { task, changes } => Event::Diff {
            task,
            text: changes.display(),
        },
        View::Approved { task, by_person } => Event::Approved { task, by_person },
        View::TaskDone {
            task,
            title,
            files,
            passed,
            cost,
            attempts,
        } => Event::TaskDone {
            task,
            title,
            files,
            passed,
            attempts,
            cost: CostView::from(&cost),
        },
        View::TaskOpen {
            task,
            title,
            reason,
        } => Event::TaskOpen {
            task,
            title,
            reason,
        },
        _ => return None,
    })
}
