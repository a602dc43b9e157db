//! What requests give, and what is told unasked.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;
use session::{Fact, SpecView, TaskView};

use super::ask::Ask;
use super::event::{CostView, Shown};

/// It was done.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Done {}

/// The client hears what happens from now on.
#[derive(Clone, Debug, Serialize)]
pub struct Listening {
    /// [`super::VERSION`].
    pub version: u32,
    /// The project's folder.
    pub root: String,
    /// What is going on in this server.
    pub operations: Vec<Operation>,
    /// What waits for an answer in this server.
    pub asks: Vec<Ask>,
}

/// How a project stands.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// The project's folder.
    pub root: String,
    /// Its specs.
    pub specs: Vec<SpecStatus>,
    /// How far its own files are trusted.
    pub trust: TrustSummary,
    /// The model that a run takes; none when none can be had, and then why.
    pub model: Option<String>,
    /// Why there is no model.
    pub no_model: Option<String>,
}

/// How far a folder's own files are trusted.
#[derive(Clone, Debug, Serialize)]
pub struct TrustSummary {
    /// Whether nothing is left to approve.
    pub whole: bool,
    /// One line about it.
    pub summary: String,
}

/// A spec with what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct SpecStatus {
    /// Its path.
    pub spec: String,
    /// Its title.
    pub title: String,
    /// How many tasks are in which state.
    pub tasks: BTreeMap<String, usize>,
    /// Its last run.
    pub run: Option<Run>,
}

/// A run.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// The spec's path.
    pub spec: String,
    /// When it began, in milliseconds since 1970.
    pub started_ms: i64,
    /// Whether a process works on it.
    pub going_on: bool,
    /// How it ended, once it did.
    pub outcome: Option<&'static str>,
    /// Why.
    pub reason: String,
    /// The model.
    pub model: String,
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// US dollars, as far as prices are known.
    pub usd: f64,
}

/// The specs of a project.
#[derive(Clone, Debug, Serialize)]
pub struct Specs {
    /// In the order of their paths.
    pub specs: Vec<ListedSpec>,
}

/// A spec as a list shows it.
#[derive(Clone, Debug, Serialize)]
pub struct ListedSpec {
    /// Its name.
    pub name: String,
    /// `native`, `kiro`, and so on: whose form it has.
    pub dialect: &'static str,
    /// The document that names it.
    pub path: String,
    /// Its tasks file, where there is one.
    pub tasks: Option<String>,
    /// Whether it was archived.
    pub archived: bool,
}

/// A spec with all that it says.
#[derive(Clone, Debug, Serialize)]
pub struct ShownSpec {
    /// The document that names it.
    pub path: String,
    /// All its documents.
    pub documents: Vec<String>,
    /// Where its plan stands or would stand.
    pub plan: String,
    /// Where its tasks stand or would stand.
    pub tasks: String,
    /// As `kiro spec show --json`.
    #[serde(flatten)]
    pub spec: SpecView,
}

/// A file that was written.
#[derive(Clone, Debug, Serialize)]
pub struct Written {
    /// Its path.
    pub path: String,
}

/// What a look over specs found.
#[derive(Clone, Debug, Serialize)]
pub struct Linted {
    /// How many specs were looked at.
    pub specs: usize,
    /// How many findings were mended.
    pub fixed: usize,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// A finding in a document.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// The document.
    pub path: String,
    /// What sort of finding it is.
    pub code: &'static str,
    /// `error` or `warning`.
    pub severity: &'static str,
    /// What is wrong, and what to do.
    pub message: String,
    /// Why it matters.
    pub why: &'static str,
    /// Where it is.
    pub span: Span,
    /// Whether it has one mechanical answer.
    pub fixable: bool,
}

/// A place in a document.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
    /// The line, from 1.
    pub line: usize,
    /// The character of the line, from 1.
    pub column: usize,
}

/// What requirements became.
#[derive(Clone, Debug, Serialize)]
pub struct Traced {
    /// One row a requirement.
    pub rows: Vec<TracedRequirement>,
}

/// What a requirement became.
#[derive(Clone, Debug, Serialize)]
pub struct TracedRequirement {
    /// The spec's path.
    pub spec: String,
    /// The requirement's id.
    pub requirement: String,
    /// Its title.
    pub title: String,
    /// Its criteria, and whether evidence covers each.
    pub criteria: Vec<TracedCriterion>,
    /// The tasks that carry it out.
    pub tasks: Vec<TracedTask>,
}

/// A criterion.
#[derive(Clone, Debug, Serialize)]
pub struct TracedCriterion {
    /// Its id.
    pub id: String,
    /// Whether evidence covers it.
    pub covered: bool,
}

/// A task that carries a requirement out.
#[derive(Clone, Debug, Serialize)]
pub struct TracedTask {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Whether it is done.
    pub done: bool,
    /// The run that did it.
    pub run: Option<String>,
    /// Files that it wrote.
    pub files: Vec<String>,
    /// The check that it passed.
    pub check: Option<TracedCheck>,
}

/// A check that ran.
#[derive(Clone, Debug, Serialize)]
pub struct TracedCheck {
    /// The command.
    pub command: String,
    /// How many passed.
    pub passed: u32,
    /// How many failed.
    pub failed: u32,
}

/// The tasks of a spec.
#[derive(Clone, Debug, Serialize)]
pub struct Tasks {
    /// The tasks file.
    pub path: String,
    /// The tasks of the first level, as `kiro tasks --json`.
    pub tasks: Vec<TaskView>,
    /// Tasks whose tick is a person's own.
    pub ticked_by_person: Vec<String>,
}

/// A task's box that was set.
#[derive(Clone, Debug, Serialize)]
pub struct TaskSet {
    /// The tasks file.
    pub path: String,
    /// The task's id.
    pub id: String,
    /// Its state before.
    pub before: &'static str,
    /// Its state now.
    pub after: &'static str,
}

/// An operation that goes on.
#[derive(Clone, Debug, Serialize)]
pub struct Started {
    /// Its id.
    pub operation: String,
}

/// The operations of this server that go on, and those that ended last.
#[derive(Clone, Debug, Serialize)]
pub struct Operations {
    /// In the order in which they began.
    pub operations: Vec<Operation>,
}

/// Something that takes time.
#[derive(Clone, Debug, Serialize)]
pub struct Operation {
    /// Its id.
    pub operation: String,
    /// The folder that it is about.
    pub root: String,
    /// `plan`, `run`, `chat`, `hook`, `watch` or `model`.
    pub kind: &'static str,
    /// What it is about: a spec, a hook file, a model, or the beginning of a prompt.
    pub subject: String,
    /// `guided` or `autopilot`, where that matters.
    pub mode: Option<&'static str>,
    /// When it began, in milliseconds since 1970.
    pub started_ms: i64,
    /// The run's id in the journal, once it is known.
    pub run: Option<String>,
    /// How it ended, once it did.
    pub ended: Option<Ended>,
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ended {
    /// `done`, `partial`, `incomplete`, `stopped`, `refused`, `interrupted`, or `failed` when it could not be done at all.
    pub outcome: &'static str,
    /// Why; empty when all is well.
    pub reason: String,
    /// The next step, where there is one.
    pub hint: Option<String>,
    /// What came of it: the text of a chat, the decisions of a hook.
    pub result: Value,
}

/// What an operation shows.
#[derive(Clone, Debug, Serialize)]
pub struct OperationEvent {
    /// The operation.
    pub operation: String,
    /// The folder that it is about.
    pub root: String,
    /// What it shows.
    #[serde(flatten)]
    pub event: Shown,
}

/// What waits for an answer in this server.
#[derive(Clone, Debug, Serialize)]
pub struct Asks {
    /// In the order in which they were asked.
    pub asks: Vec<Ask>,
}

/// Proposals that wait, in any process.
#[derive(Clone, Debug, Serialize)]
pub struct Waiting {
    /// The newest run first.
    pub waiting: Vec<WaitingTask>,
}

/// A proposal that waits.
#[derive(Clone, Debug, Serialize)]
pub struct WaitingTask {
    /// The spec's path.
    pub spec: String,
    /// The run.
    pub run: String,
    /// Whether the run's process is at work.
    pub going_on: bool,
    /// Whether it is a hook's, which the answer itself brings in.
    pub of_hook: bool,
    /// The task, or the hook's name.
    pub task: String,
    /// Its title.
    pub title: String,
    /// Why the rules want a person, when they do.
    pub reasons: Vec<String>,
    /// Files that would change.
    pub files: Vec<String>,
    /// Lines added.
    pub added_lines: u64,
    /// Lines removed.
    pub removed_lines: u64,
    /// Checks that pass.
    pub passed: u32,
    /// The diff, made safe to print.
    pub diff: String,
    /// An answer that the run has not taken yet.
    pub answer: Option<&'static str>,
}

/// A run with its facts.
#[derive(Clone, Debug, Serialize)]
pub struct RunLog {
    /// The run.
    pub run: Run,
    /// Its facts, oldest first.
    pub facts: Vec<FactEntry>,
}

/// A fact with its place and time.
#[derive(Clone, Debug, Serialize)]
pub struct FactEntry {
    /// Its place in the journal.
    pub seq: i64,
    /// The run.
    pub run: String,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// The fact.
    pub fact: Fact,
}

/// What was recorded since.
#[derive(Clone, Debug, Serialize)]
pub struct Facts {
    /// The project's folder.
    pub root: String,
    /// Oldest first.
    pub facts: Vec<FactEntry>,
}

/// What other processes do cannot be seen.
#[derive(Clone, Debug, Serialize)]
pub struct Trouble {
    /// The project's folder.
    pub root: String,
    /// Why.
    pub text: String,
}

/// Documents that are other than they were.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Changed {
    /// The project's folder.
    pub root: String,
    /// Specs, plans and tasks files.
    pub specs: Vec<String>,
    /// Hook files.
    pub hooks: Vec<String>,
    /// Files with rules, settings and steering.
    pub config: Vec<String>,
}

/// Why a task is as it is.
#[derive(Clone, Debug, Serialize)]
pub struct WhyTask {
    /// The spec's path.
    pub spec: String,
    /// The run.
    pub run: String,
    /// The task.
    pub task: String,
    /// Its title.
    pub title: String,
    /// Its state.
    pub state: Option<&'static str>,
    /// Why it is not done; empty when it is.
    pub reason: String,
    /// What it serves.
    pub requirements: Vec<Named>,
    /// What its evidence covers.
    pub covered: Vec<Named>,
    /// Its attempts.
    pub attempts: Vec<WhyAttempt>,
    /// What its model turns cost.
    pub cost: CostView,
}

/// Something with an id.
#[derive(Clone, Debug, Serialize)]
pub struct Named {
    /// The id.
    pub id: String,
    /// What it says.
    pub text: String,
}

/// An attempt at a task.
#[derive(Clone, Debug, Serialize)]
pub struct WhyAttempt {
    /// 1 for the first.
    pub attempt: u32,
    /// When it began, in milliseconds since 1970.
    pub started_ms: i64,
    /// What was asked of the model.
    pub turns: Vec<WhyTurn>,
    /// The checks that ran.
    pub checks: Vec<WhyCheck>,
    /// Files that it proposed.
    pub files: Vec<String>,
    /// Lines added.
    pub added_lines: u64,
    /// Lines removed.
    pub removed_lines: u64,
    /// Why the rules wanted a person.
    pub asked: Vec<String>,
    /// What was answered.
    pub answers: Vec<WhyAnswer>,
    /// Files that landed.
    pub landed: Vec<String>,
    /// Files in which the user's own edits were kept.
    pub merged: Vec<String>,
    /// Why it failed; empty when it did not.
    pub failed: String,
    /// Whether it was taken out again.
    pub undone: bool,
}

/// A turn of the model.
#[derive(Clone, Debug, Serialize)]
pub struct WhyTurn {
    /// What was to be written.
    pub slot: String,
    /// In which way it was asked.
    pub route: String,
    /// What came of it.
    pub result: String,
}

/// A check that ran.
#[derive(Clone, Debug, Serialize)]
pub struct WhyCheck {
    /// Why it ran.
    pub purpose: &'static str,
    /// The command.
    pub argv: Vec<String>,
    /// Its exit code; none when it was killed.
    pub exit: Option<i32>,
    /// How many passed.
    pub passed: u32,
    /// How many failed.
    pub failed: u32,
}

/// An answer that was given.
#[derive(Clone, Debug, Serialize)]
pub struct WhyAnswer {
    /// The answer.
    pub answer: &'static str,
    /// `person` or `rules`.
    pub by: &'static str,
    /// What they said; may be empty.
    pub remark: String,
}

/// What was taken out or brought back.
#[derive(Clone, Debug, Serialize)]
pub struct Undone {
    /// Whether it was only shown.
    pub dry_run: bool,
    /// In the order in which it was done.
    pub tasks: Vec<UndoneTask>,
}

/// A task's changes that were taken out or brought back.
#[derive(Clone, Debug, Serialize)]
pub struct UndoneTask {
    /// The spec's path.
    pub spec: String,
    /// The run.
    pub run: String,
    /// The task.
    pub task: String,
    /// Its title.
    pub title: String,
    /// Files written or removed.
    pub files: Vec<String>,
    /// Files in which the user's own edits were kept.
    pub merged: Vec<String>,
    /// The diff, made safe to print.
    pub diff: String,
}

/// The hooks of a project and of the user.
#[derive(Clone, Debug, Serialize)]
pub struct Hooks {
    /// In the order in which they run.
    pub hooks: Vec<Hook>,
}

/// A hook.
#[derive(Clone, Debug, Serialize)]
pub struct Hook {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its file.
    pub file: String,
    /// `yaml`, `v1` or `legacy`.
    pub form: &'static str,
    /// What it waits for; none when that cannot be read.
    pub event: Option<&'static str>,
    /// Which files it is about; none for all.
    pub files: Option<String>,
    /// What else has to be true.
    pub condition: Option<String>,
    /// `agent` or `command`.
    pub action: Option<&'static str>,
    /// Whether it is switched on.
    pub enabled: bool,
    /// Whether it stops what it waits for when it does not pass.
    pub blocking: bool,
    /// `trusted`, `new` or `changed`.
    pub standing: &'static str,
    /// Whether it has an error, and is not run.
    pub broken: bool,
    /// Why it cannot fire now; none when it can.
    pub hindrance: Option<String>,
}

/// For every hook whether it would fire.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedHooks {
    /// In the order in which they run.
    pub hooks: Vec<ExplainedHook>,
}

/// Whether a hook would fire.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedHook {
    /// Its name; empty for a file that cannot be read.
    pub hook: String,
    /// Its file.
    pub file: String,
    /// Whether it fires.
    pub fires: bool,
    /// Which clause decided.
    pub clause: &'static str,
    /// Why.
    pub why: String,
}

/// What hooks did.
#[derive(Clone, Debug, Serialize)]
pub struct HookLines {
    /// Oldest first.
    pub lines: Vec<HookLine>,
}

/// Something that a hook did.
#[derive(Clone, Debug, Serialize)]
pub struct HookLine {
    /// Its place in the journal.
    pub seq: i64,
    /// The run that it belongs to.
    pub run: String,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// In words, made safe to print.
    pub text: String,
    /// The fact.
    pub fact: Fact,
}

/// The models that can be chosen.
#[derive(Clone, Debug, Serialize)]
pub struct Models {
    /// The model that a run takes; none when none can be had, and then why.
    pub chosen: Option<String>,
    /// Why there is none.
    pub no_model: Option<String>,
    /// Those on this machine.
    pub models: Vec<LocalModel>,
    /// Those behind a provider.
    pub providers: Vec<Provider>,
}

/// A model on this machine.
#[derive(Clone, Debug, Serialize)]
pub struct LocalModel {
    /// Its id.
    pub id: String,
    /// Where it stands or would stand.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// `present`, `missing` or `changed`.
    pub state: &'static str,
    /// Whether it comes with Kiro.
    pub built_in: bool,
    /// Whether later runs take it.
    pub default: bool,
}

/// A provider of models.
#[derive(Clone, Debug, Serialize)]
pub struct Provider {
    /// Its name, with which its models' ids begin.
    pub provider: String,
    /// Where it answers.
    pub endpoint: String,
    /// `present`, `missing`, `not_needed` or `not_built_in`.
    pub key: &'static str,
    /// Where the key comes from, or what to do to have one.
    pub note: Option<String>,
}

/// What a folder brings along that needs trust.
#[derive(Clone, Debug, Serialize)]
pub struct Trust {
    /// The folder.
    pub root: String,
    /// Whether nothing is left to approve.
    pub whole: bool,
    /// One line about it.
    pub summary: String,
    /// What is shown, as one value: an approval names it.
    pub state: String,
    /// What asks for trust.
    pub items: Vec<TrustedItem>,
    /// Commands that were approved for this project.
    pub approved: Vec<ApprovedCommand>,
}

/// Something that asks for trust.
#[derive(Clone, Debug, Serialize)]
pub struct TrustedItem {
    /// `commands`, `rules`, `hook` or `server`.
    pub kind: &'static str,
    /// What it is called.
    pub name: String,
    /// `trusted`, `new` or `changed`.
    pub standing: &'static str,
    /// What it would do.
    pub shows: Vec<String>,
    /// Whether it could be read, so that it can be approved.
    pub readable: bool,
}

/// A command that was approved for a project.
#[derive(Clone, Debug, Serialize)]
pub struct ApprovedCommand {
    /// What was approved.
    pub pattern: String,
    /// Whether it still runs what it ran then.
    pub holds: bool,
}

/// What was measured, for a person.
#[derive(Clone, Debug, Serialize)]
pub struct MetricsPage {
    /// The page of `kiro metrics --html`: it needs nothing else and holds no script.
    pub html: String,
}

/// What a look over the machine found.
#[derive(Clone, Debug, Serialize)]
pub struct Health {
    /// Whether everything that runs need is there and every wall holds.
    pub sound: bool,
    /// Programs, folders, model.
    pub findings: Vec<HealthFinding>,
    /// What the sandbox is made of.
    pub sandbox: String,
    /// Attempts to escape it.
    pub controls: Vec<Control>,
}

/// Something that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct HealthFinding {
    /// What.
    pub name: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found.
    pub detail: String,
    /// How to mend it.
    pub fix: Option<String>,
}

/// An attempt to escape the sandbox.
#[derive(Clone, Debug, Serialize)]
pub struct Control {
    /// What was tried.
    pub name: &'static str,
    /// Whether the sandbox held.
    pub held: bool,
    /// What came of it.
    pub detail: String,
}

/// What the built-in model suggests.
#[derive(Clone, Debug, Serialize)]
pub struct Completed {
    /// The text that it would put at the cursor; empty when nothing.
    pub text: String,
}
