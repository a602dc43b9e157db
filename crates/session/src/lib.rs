//! The session: the shell around the pure core. It alone knows every other crate: it reads documents, asks
//! the engine what is next, asks policy whether it may be, lets the host do it, and writes down what
//! happened. Commands come in, [`View`]s go out; nothing here talks to a terminal.

mod approvals;
mod aside;
mod boxes;
mod briefing;
mod chat;
mod conversation;
mod counter;
pub mod desk;
mod diff;
mod doctor;
mod documents;
mod error;
mod eval;
mod explain;
mod follow;
pub mod hooking;
mod init;
mod inline;
mod journal;
pub mod language;
mod ledger;
mod lint;
mod metrics;
mod models;
mod network;
mod new_spec;
mod path_cases;
mod person;
mod pictures;
mod places;
mod plan;
mod planning;
mod pull_request;
mod query;
mod run;
mod scans;
mod secrets;
mod servers;
mod serving;
mod sharing;
mod shop;
mod spec_tools;
mod specs;
mod stale;
mod steering;
mod talk;
mod task_edits;
mod toolbox;
mod tooling;
mod trace;
mod transcript;
mod trust;
mod undo;
mod verdicts;
mod verify;
mod view;
mod waiting;
mod why;
mod workspace;
mod written;

pub use aside::keep_aside;
pub use boxes::{SetTask, set_task};
pub use briefing::{Briefing, BriefingOptions, Piece, briefing};
pub use change::{
    Changeset, FileChange, FileState, Hunk, Kind as FileChangeKind, Part, RelPath, visible,
};
pub use chat::{ChatCall, ChatOptions, ChatResult, chat};
pub use conversation::{
    Came, Conversation, Exchange, ListedConversation, conversations, spec_request,
};
pub use diff::{SpecDiff, TouchedTask, spec_diff};
pub use doctor::{Diagnosis, Finding, diagnose};
pub use engine::{
    Answer, Answerer, CheckPurpose, Cost, Fact, Grade, Judgement, Mode, Outcome, Renewal, Ruling,
    RunTally, Scanner, SecurityFinding, Share, Tally, TaskState, grades,
};
pub use error::{Kind, SessionError};
pub use eval::{EvalOptions, EvalRow, Interval, Summary, Way, eval, markdown, summaries, wilson};
pub use explain::{Explained, ExplainedTask, explain_plan};
pub use follow::{Follower, News};
pub use host::files::shown;
pub use host::process::pty::Size;
pub use host::sandbox::{Control, supervisor_main};
pub use host::terminal::read_line;
pub use init::{Initialised, init};
pub use inline::{Cursor, Inline};
pub use journal::{Entry, Given, Journal, JournalError, RunRow, Soundness};
pub use lint::{LintFinding, LintReport, format_specs, lint};
pub use mcp::{
    Introduction as ServerIntroduction, Listed as ServerListed, Trouble as ServerTrouble,
};
pub use metrics::{
    Coverage, Measured, Metrics, MetricsOptions, Shape, ShapeChange, SpecFigures, date, interval,
    metrics, write_report,
};
pub use model::{Budget, Cancel, ModelId, Money};
pub use models::{
    Access, Chain, Chosen, LocalState, Presence, ProviderState, Rate, Role, Trial, default_model,
    local_models, model_for, no_images, providers, pull, takes_images, test, use_model,
};
pub use network::{Reachable, ReachableHost, reachable};
pub use new_spec::{DraftOptions, Drafted, NewSpec, draft_spec, new_spec};
pub use path_cases::{CaseVerdict, PathCasesOptions, path_cases};
pub use pictures::{GivenPicture, Pictured, ShownPicture, picture_file, pictures_named};
pub use places::{Environment, Project, SpecPlace};
pub use plan::{PlanOptions, plan};
pub use policy::shell::{self, Answer as CommandAnswer, CommandVerdict};
pub use pull_request::{PullRequest, pull_request};
pub use query::{Audit, RunStatus, SpecStatus, TasksView, log, policy_log, spec, status, tasks};
pub use run::{RunOptions, run};
pub use scans::Scan;
pub use servers::{
    ServerState, ServerTrial, ServersReport, list_servers, log_in_at, prompts_of_servers,
    try_servers,
};
pub use serving::serve_mcp;
pub use shop::SUPERVISOR_ARGUMENT;
pub use spec::view::{SpecView, TaskListView, TaskView};
pub use spec::{
    ChangeKind, Check, Criterion, Dialect, Purpose, RequirementChange, Severity, Spec, TaskPlace,
    TaskWish,
};
pub use specs::{ListedSpec, spec_list, specs};
pub use stale::{StaleTask, StaleWhy};
pub use steering::{SteeringMade, steering_init};
pub use task_edits::{EditedTask, TaskAct, edit_tasks};
pub use tools::{Consent, Wish};
pub use trace::{LineSource, TraceRow, Traced, TracedLine, TracedTask, trace, trace_whole};
pub use trust::{FolderTrust, TrustItem, folder_trust, grant, not_granted, revoke};
pub use undo::{Moved, Undo, UndoOptions, undo};
pub use verdicts::{explain_command, judge_corpus};
pub use verify::{Verified, VerifiedClaim, VerifiedTask, VerifyOptions, verify};
pub use view::{Decision, EditedFile, Front, Offers, Question, Review, Unseen, View, passing};
pub use waiting::{Meant, Waiting, answer, approvals};
pub use why::{AttemptTold, CheckTold, Why, why};
pub use workspace::Nameable;
