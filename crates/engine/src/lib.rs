//! What happens next: plans derived from specs, the task graph, and the progress of a run. Pure.
//!
//! The journal holds [`Fact`]s. [`Run::apply`] folds them into a [`Run`], is total, and keeps its meaning
//! across versions; [`Run::next`] decides what to do and may change between versions, because it is never
//! replayed. Nothing here acts: the caller does what [`Next`] says and reports it as further facts.

pub mod checks;
mod estimate;
mod fact;
mod fingerprint;
mod graph;
mod inputs;
mod landings;
mod lanes;
mod plan;
mod plan_check;
mod plan_written;
mod proof;
mod run;
mod scanners;
mod tally;
mod tooling;
mod trail;
mod work;

pub use fact::{
    Answer, Answerer, CheckPurpose, Cost, Fact, Judgement, LeftFile, Mode, Outcome, Proposal,
    Renewal, Ruling, TaskRecord,
};
pub use fingerprint::{
    of_bound_task as bound_fingerprint_of, of_task as fingerprint_of, prints as requirement_prints,
};
pub use graph::{Graph, GraphError};
pub use landings::{Landed, Landings};
pub use lanes::{Lanes, scopes_meet};
pub use plan::{Draft, DraftTask, derive, derive_after};
pub use plan_check::{Finding, check_plan};
pub use plan_written::{WrittenPlan, read_written};
pub use proof::{Claim, Proof, claims};
pub use run::{Conflict, Next, Progress, Run, TaskState};
pub use scanners::{Grade, Scanner, SecurityFinding, grades};
pub use tally::{RunTally, Share, Tally, tally};
pub use tooling::Tooling;
pub use trail::{Above, DoneTask, Trail};
pub use work::{
    FunctionWork, Glue, Neighbour, Rule, TRIAL_FOLDER, Work, WorkError, complete, languages,
    source_files, work_of,
};
