//! Kiro's own methods: what editors that know Kiro say to it beside the Agent Client Protocol, over the same peer.
//!
//! All names begin with `_kiro/`, as that protocol wants of what is not its own. Keys are in snake case and mean what
//! they mean in the output of `--json`. Every request takes `root`, the absolute path of a folder of the project; without
//! it the folder in which the server was started is meant. Paths of specs, tasks and files are relative to the project.
//! An error has a code of [`crate::rpc::code`] and, where there is one, the next step as `data.hint`.
//!
//! | request | parameters | result |
//! | --- | --- | --- |
//! | `_kiro/listen` | [`Here`] | [`Listening`]; from then on the notifications below |
//! | `_kiro/status` | [`Here`] | [`Status`] |
//! | `_kiro/specs/list` | [`Here`] | [`Specs`] |
//! | `_kiro/specs/show` | [`OfSpec`] | [`ShownSpec`] |
//! | `_kiro/specs/new` | [`NewSpec`] | [`Written`] |
//! | `_kiro/specs/lint` | [`Lint`] | [`Linted`] |
//! | `_kiro/specs/trace` | [`Trace`] | [`Traced`] |
//! | `_kiro/tasks/list` | [`OfSpec`] | [`Tasks`]: states, dependencies, requirements, files |
//! | `_kiro/tasks/set` | [`SetTask`] | [`TaskSet`] |
//! | `_kiro/plan/start` | [`StartPlan`] | [`Started`] |
//! | `_kiro/run/start` | [`StartRun`] | [`Started`] |
//! | `_kiro/chat/start` | [`StartChat`] | [`Started`] |
//! | `_kiro/operations/list` | [`Here`] | [`Operations`] |
//! | `_kiro/operations/stop` | [`OfOperation`] | [`Done`]; a run that was stopped so can go on later |
//! | `_kiro/asks/list` | [`Here`] | [`Asks`]: what waits for an answer in this server |
//! | `_kiro/asks/answer` | [`AnswerAsk`] | [`Done`] |
//! | `_kiro/approvals/list` | [`Approvals`] | [`Waiting`]: what waits in any process, from the journal |
//! | `_kiro/approvals/show` | [`OfTask`] | [`Review`] |
//! | `_kiro/approvals/answer` | [`AnswerApproval`] | [`WaitingTask`] |
//! | `_kiro/runs/log` | [`OfRun`] | [`RunLog`] |
//! | `_kiro/complete` | [`Complete`] | [`Completed`]: a later one ends it, and so does `$/cancel_request` |
//! | `_kiro/why` | [`OfTask`] | [`WhyTask`] |
//! | `_kiro/undo` | [`UndoTask`] | [`Undone`] |
//! | `_kiro/hooks/list` | [`Here`] | [`Hooks`] |
//! | `_kiro/hooks/explain` | [`ExplainHooks`] | [`ExplainedHooks`] |
//! | `_kiro/hooks/switch` | [`SwitchHook`] | [`Written`] |
//! | `_kiro/hooks/new` | [`NewHook`] | [`Written`] |
//! | `_kiro/hooks/watch` | [`Here`] | [`Started`]: the hooks of files run until it is stopped; there is one a folder |
//! | `_kiro/hooks/run` | [`RunHook`] | [`Started`] |
//! | `_kiro/hooks/log` | [`HookLog`] | [`HookLines`] |
//! | `_kiro/models/list` | [`Here`] | [`Models`] |
//! | `_kiro/models/use` | [`UseModel`] | [`Started`]: the model may have to be fetched |
//! | `_kiro/trust/show` | [`Here`] | [`Trust`] |
//! | `_kiro/trust/grant` | [`GrantTrust`] | [`Trust`] |
//! | `_kiro/doctor` | [`Here`] | [`Health`] |
//!
//! What takes time is an operation of the server, not of the connection: it goes on when the page that began it is
//! reloaded. Only the end of `kiro acp`'s one client ends what that server does.
//!
//! | notification to the client | parameters |
//! | --- | --- |
//! | `_kiro/operation` | [`Operation`]: it began, learned its run's id, or ended |
//! | `_kiro/event` | [`OperationEvent`]: something that an operation shows |
//! | `_kiro/asked` | [`Ask`]: something waits for an answer |
//! | `_kiro/ask_closed` | [`AskClosed`]: it does not any more |
//! | `_kiro/facts` | [`Facts`]: what was recorded in the journal, by whichever process |
//! | `_kiro/changed` | [`Changed`]: documents of the project that are other than they were |
//! | `_kiro/trouble` | [`Trouble`]: what other processes do cannot be seen |

mod ask;
mod event;
mod params;
mod results;

pub use ask::{
    Answer, Ask, AskClosed, Asked, Offer, Part, Review, ReviewFile, ReviewOffers, ReviewPart,
    TextFile, files, offer,
};
pub use event::{CostView, Event, Shown};
pub use params::{
    AnswerApproval, AnswerAsk, Approvals, Complete, ExplainHooks, GrantTrust, Here, HookLog, Lint,
    NewHook, NewSpec, OfOperation, OfRun, OfSpec, OfTask, RunHook, SetTask, SpecKind, StartChat,
    StartPlan, StartRun, SwitchHook, Trace, UndoTask, UseModel, WorkMode,
};
pub use results::*;

/// Version of the form of everything here. It is raised when something is taken away or gets another meaning; what is
/// added does not raise it.
pub const VERSION: u32 = 1;
