//! What requests carry.

use serde::Deserialize;

use super::ask::Answer;

/// A folder of the project that is meant.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Here {
    /// Its absolute path; without it the folder in which the server was started.
    #[serde(default)]
    pub root: Option<String>,
}

/// A spec.
#[derive(Clone, Debug, Deserialize)]
pub struct OfSpec {
    /// See [`Here`].
    #[serde(flatten)]
    pub here: Here,
    /// The spec's name or path.
    pub spec: String,
}

/// What a new spec is for.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpecKind {
    /// Something new.
    #[default]
    Feature,
    /// Something that is wrong.
    Bugfix,
    /// Something small.
    Quick,
}

/// A spec to be begun.
#[derive(Clone, Debug, Deserialize)]
pub struct NewSpec {
    /// See [`Here`].
    #[serde(flatten)]
    pub here: Here,
    /// Its name: letters, digits and hyphens.
    pub name: String,
    /// Its title; made of the name without.
    #[serde(default)]
    pub title: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub kind: SpecKind,
    /// Its form, such as `kiro`, `spec-kit` or `openspec-change`; that of the project's other specs without.
    #[serde(default)]
    pub dialect: Option<String>,
}

/// Specs to be looked over.
#[derive(Clone, Debug, Deserialize)]
pub struct Lint {
    /// See [`Here`].
    #[serde(flatten)]
    pub here: Here,
    /// Which; all of them when there is none.
    #[serde(default)]
    pub specs: Vec<String>,
    /// Whether what has one mechanical answer is mended.
    #[serde(default)]
    pub fix: bool,
}

/// What is to be traced.
#[derive(Clone, Debug, Deserialize)]
pub struct Trace {
    /// See [`Here`].
    #[serde(flatten)]
    pub here: Here,
    /// A requirement's id or a file.
    #[serde(default)]
    pub what: Option<String>,
    /// Only of this spec.
    #[serde(default)]
    pub spec: Option<String>,
}

/// A task's box.
#[derive(Clone, Debug, Deserialize)]
pub struct SetTask {
    /// See [`Here`].
    #[serde(flatten)]
    pub here: Here,
    /// The spec's name or path.
    pub spec: String,
    /// The task's id.
    pub task: String,
    /// `pending`, `waiting`, `running` or `done`.
    pub state: String,
}

/// A plan to be made.
#[derive(Clone, Debug, Deserialize)]
pub struct StartPlan {
    /// See [`Here`].
    #[serde(flatten)]
    pub here: Here,
    /// The spec's name or path.
    pub spec: String,
    /// Whether documents are replaced that a person edited.
    #[serde(default)]
    pub fresh: bool,
    /// What is to be otherwise.
    #[serde(default)]
    pub feedback: Option<String>,
    /// The model; as configured without.
    #[serde(default)]
    pub model: Option<String>,
}

/// How far work goes by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkMode {
    /// Every change waits for an answer.
    #[default]
    Guided,
    /// Only what the rules ask for waits.
    Autopilot,
}

/// A run to be begun, or to go on where the last one of the spec was cut off.
#[derive(Clone, Debug, Deserialize)]
pub struct StartRun {
    /// See [`Here`].
    #[serde(flatten)]
    pub here: Here,
    /// The spec's name or path.
    pub spec: String,
    /// How far it goes by itself.
    #[serde(default)]
    pub mode: WorkMode,
    /// One task only.
    #[serde(default)]
    pub task: Option<String>,
    /// At how many tasks it may work at once; one without.
    #[serde(default)]
    pub parallel: Option<u8>,
    /// Whether each task that is done becomes a commit.
    #[serde(default)]
    pub commit_per_task: bool,
    /// The branch to work on; made where there is none.
    #[serde(default)]
    pub branch: Option<String>,
    /// The model; as configured without.
    #[serde(default)]
    pub model: Option<String>,
}

/// A request of a person to be carried out by a model with tools.
#[derive(Clone, Debug, Deserialize)]
pub struct StartChat {
    /// See [`Here`].
    #[serde(flatten)]
    pub here: Here,
    /// The person's words.
    pub prompt: String,
    /// How far it goes by itself.
    #[serde(default)]
    pub mode: WorkMode,
    /// The model; as configured without.
    #[serde(default)]
    pub model: Option<String>,
}

/// An operation.
#[derive(Clone, Debug, Deserialize)]
pub struct OfOperation {
    /// Its id.
    pub operation: String,
}

/// An answer to what waits in this server.
#[derive(Clone, Debug, Deserialize)]
pub struct AnswerAsk {
    /// The id of what waits.
    pub ask: String,
    /// The answer.
    #[serde(flatten)]
    pub answer: Answer,
}

/// Whose approvals are meant.
#[derive(Clone, Debug, Deserialize)]
pub struct Approvals {
    /// See [`Here`].
    #[serde(flatten)]
    pub here: Here,
    /// Only of this spec.
    #[serde(default)]
    pub spec: Option<String>,
}

/// A task.
#[derive(Clone, Debug, Deserialize)]
pub struct OfTask {
    /// See [`Here`].
    #[serde(flatten)]
    pub here: Here,
    /// Its id.
    pub task: String,
    /// Its spec, where several have such a task.
    #[serde(default)]
    pub spec: Option<String>,
}

/// An answer to a proposal, whichever process waits for it: `approve`, `revise`, `skip` or `stop`.
#[derive(Clone, Debug, Deserialize)]
pub struct AnswerApproval {
    /// The task, or the hook's name.
    #[serde(flatten)]
    pub of: OfTask,
    /// Of several changes that a hook has left, the one of this file.
    #[serde(default)]
    pub file: Option<String>,
    /// The answer.
    #[serde(flatten)]
    pub answer: Answer,
}

/// A run.
#[derive(Clone, Debug, Deserialize)]
pub struct OfRun {
    /// See [`Here`].
    #[serde(flatten)]
    pub here: Here,
    /// Its id, or its spec; the last run without.
    #[serde(default)]
    pub run: Option<String>,
}

/// What is to be taken out or brought back. Without `task`, `redo` and `back_to` the last task is taken out.
#[derive(Clone, Debug, Deserialize)]
pub struct UndoTask {
    /// See [`Here`].
    #[serde(flatten)]
    pub here: Here,
    /// This task.
    #[serde(default)]
    pub task: Option<String>,
    /// Bring back what was taken out last.
    #[serde(default)]
    pub redo: bool,
    /// This task or run, and all that landed after it.
    #[serde(default)]
    pub back_to: Option<String>,
    /// The spec, where several have such a task.
    #[serde(default)]
    pub spec: Option<String>,
    /// Only show it.
    #[serde(default)]
    pub dry_run: bool,
}

/// An event that hooks are asked about.
#[derive(Clone, Debug, Deserialize)]
pub struct ExplainHooks {
    /// See [`Here`].
    #[serde(flatten)]
    pub here: Here,
    /// The event, such as `file.save`.
    pub event: String,
    /// The file that it happened to.
    #[serde(default)]
    pub file: Option<String>,
}

/// A hook to be switched.
#[derive(Clone, Debug, Deserialize)]
pub struct SwitchHook {
    /// See [`Here`].
    #[serde(flatten)]
    pub here: Here,
    /// Its name.
    pub hook: String,
    /// Whether it is on.
    pub enabled: bool,
}

/// A hook to be made of a template.
#[derive(Clone, Debug, Deserialize)]
pub struct NewHook {
    /// See [`Here`].
    #[serde(flatten)]
    pub here: Here,
    /// The template's name.
    pub template: String,
}

/// A hook file to be run by hand.
#[derive(Clone, Debug, Deserialize)]
pub struct RunHook {
    /// See [`Here`].
    #[serde(flatten)]
    pub here: Here,
    /// The hook file.
    pub hook: String,
    /// The file that it is to be about.
    #[serde(default)]
    pub file: Option<String>,
    /// Only say what would be done.
    #[serde(default)]
    pub dry_run: bool,
    /// The model; as configured for hooks without.
    #[serde(default)]
    pub model: Option<String>,
}

/// Which lines of the hooks' log.
#[derive(Clone, Debug, Deserialize)]
pub struct HookLog {
    /// See [`Here`].
    #[serde(flatten)]
    pub here: Here,
    /// Only what came after this place in the journal.
    #[serde(default)]
    pub after_seq: i64,
}

/// A model that later runs take.
#[derive(Clone, Debug, Deserialize)]
pub struct UseModel {
    /// See [`Here`].
    #[serde(flatten)]
    pub here: Here,
    /// Its name, `built-in`, the path of a GGUF file, or a name on the hub.
    pub model: String,
}

/// What a person approves of a folder.
#[derive(Clone, Debug, Deserialize)]
pub struct GrantTrust {
    /// See [`Here`].
    #[serde(flatten)]
    pub here: Here,
    /// The `state` of the [`super::Trust`] that they were shown: what changed since is not approved.
    pub state: String,
}

/// A place where a person types.
#[derive(Clone, Debug, Deserialize)]
pub struct Complete {
    /// See [`Here`].
    #[serde(flatten)]
    pub here: Here,
    /// The file, relative to the root.
    #[serde(default)]
    pub path: Option<String>,
    /// The text before the cursor, or its end.
    pub before: String,
    /// The text after it, or its beginning.
    #[serde(default)]
    pub after: String,
}
