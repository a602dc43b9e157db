//! What the user typed.

mod ide;
mod mcp;
mod new;
mod run;
mod tasks;
mod telling;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use session::{Budget, Money};

pub(crate) use self::ide::IdeArgs;
pub(crate) use self::mcp::{McpCommand, McpLoginArgs, McpTestArgs};
pub(crate) use self::new::{DialectArg, NewArgs, PurposeArg};
pub(crate) use self::run::RunArgs;
pub(crate) use self::tasks::{PlaceArgs, SaysArgs, TasksArgs, TasksCommand};
pub(crate) use self::telling::{ContextArgs, MetricsArgs, SteeringCommand};

/// Spec-driven development: a written specification becomes planned, tested code.
///
/// An independent implementation; not affiliated with the vendor of the product of the same name.
#[derive(Debug, Parser)]
#[command(name = "kiro", version, max_term_width = 100)]
pub(crate) struct Kiro {
    /// Work as if started in this folder.
    #[arg(short = 'C', long = "dir", global = true, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Create .kiro/ in this project: config.yaml, hooks/, specs/, .gitignore.
    Init(InitArgs),
    /// Read a specification.
    #[command(subcommand)]
    Spec(SpecCommand),
    /// Write plans/NAME-plan.md and plans/NAME-tasks.md from a specification.
    Plan(PlanArgs),
    /// Show the tasks of a specification; set, add, edit, move or drop one.
    Tasks(TasksArgs),
    /// Carry out a specification: plan, tasks, code, checks.
    Run(RunArgs),
    /// Show why a task is as it is: attempts, checks, answers and what landed, from the journal.
    Why(WhyArgs),
    /// Print the text of a pull request from a specification and its evidence, for `gh pr create --body-file -`.
    Pr(PrArgs),
    /// Prove the success criteria of specifications again, on the project as it is now.
    Verify(VerifyArgs),
    /// Show what waits for an approval, and answer it, from any terminal.
    Approvals(ApprovalsArgs),
    /// Take a task's changes out of the project again: the last one's, or a named one's. Your own edits stay.
    Undo(UndoArgs),
    /// Bring back what was taken out last.
    Redo(RedoArgs),
    /// Take out a task, or all of a run, and everything that landed after it.
    Rewind(RewindArgs),
    /// Talk with a model that has tools; what each request changes is shown as one diff first.
    Chat(ChatArgs),
    /// Show what a model would be told beside a request or a task, why, and how many tokens that is. Nothing is sent.
    Context(ContextArgs),
    /// Show how well things go, from the journal: first-pass accuracy, approvals, edits, retries, time, tokens, coverage.
    Metrics(MetricsArgs),
    /// Write down what models should know of this project.
    #[command(subcommand)]
    Steering(SteeringCommand),
    /// Show every specification of this project with its tasks and last run.
    Status(Json),
    /// Show what happened in a run.
    Log(LogArgs),
    /// Show what hooks decided and did.
    Logs(LogsArgs),
    /// Say what is wrong with the hook files of this project, each with its place. Nothing is run.
    ValidateHooks(ValidateHooksArgs),
    /// Run the hooks of a file by hand, as if their event had happened.
    RunHook(RunHookArgs),
    /// List, explain, write and install hooks.
    #[command(subcommand)]
    Hooks(HooksCommand),
    /// Run the hooks of files while you work; one process a folder.
    Watch(WatchArgs),
    /// Open the IDE in your browser; it serves this machine only.
    Ide(IdeArgs),
    /// Run a command of yours with the hooks of tests, builds or deployments around it.
    Exec(ExecArgs),
    /// List, fetch, choose and try models.
    #[command(subcommand)]
    Model(ModelCommand),
    /// List, try and mend servers of the Model Context Protocol.
    #[command(subcommand)]
    Mcp(McpCommand),
    /// Measure how often a model is right, on a suite of specs with hidden checks.
    Eval(EvalArgs),
    /// Show what this folder brings along that could run something, and approve it as it is now.
    Trust(TrustArgs),
    /// Refuse a commit that holds sensitive files; run by the hook that `kiro init --guard` makes.
    #[command(hide = true)]
    Guard,
    /// Ask what the rules say, and why.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Print the schema of a command's JSON, or list the schemas.
    Schema(SchemaArgs),
    /// Print what a shell needs to complete the commands of this program.
    Completions(CompletionsArgs),
    /// Look at this machine, and try to break out of the sandbox.
    Doctor(Json),
    /// Speak the Agent Client Protocol, for the editor that started this program
    Acp,
    /// Speak the Language Server Protocol, for the editor that started this program
    Lsp,
}

/// What to trust.
#[derive(Debug, Args)]
pub(crate) struct TrustArgs {
    /// The folder [default: the project around the current one].
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    /// Approve without asking.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Take back what was approved here.
    #[arg(long, conflicts_with = "yes")]
    pub(crate) revoke: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What to create.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Add a git hook too that refuses to commit sensitive files; it needs no model.
    #[arg(long)]
    pub(crate) guard: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Paths to judge.
#[derive(Debug, Args)]
pub(crate) struct TestPathsArgs {
    /// The configuration, as .kiro/config.yaml.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The governance rules, as .kiro/governance.yaml.
    #[arg(long, value_name = "FILE")]
    pub(crate) governance: Option<PathBuf>,
    /// The project's folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) workspace: PathBuf,
    /// The user's home.
    #[arg(long, value_name = "DIR")]
    pub(crate) home: PathBuf,
    /// The cases.
    #[arg(long, value_name = "FILE")]
    pub(crate) jsonl: PathBuf,
}

/// Which schema.
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Its name; the schemas are listed when left out.
    pub(crate) name: Option<String>,
}

/// Which shell.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell: `source <(kiro completions bash)`, `kiro completions fish | source`.
    pub(crate) shell: clap_complete::Shell,
}

/// For machines.
#[derive(Debug, Args)]
pub(crate) struct Json {
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What to do with a specification.
#[derive(Debug, Subcommand)]
pub(crate) enum SpecCommand {
    /// Make a specification of an idea, by the model; or begin one from a template, in which what is open is marked.
    New(NewArgs),
    /// List every specification here, in every dialect.
    List(Json),
    /// Show what Kiro reads in it: requirements, criteria, examples.
    Show(SpecArgs),
    /// Say what is wrong with specifications and their tasks: ids, words, shape, coverage, order.
    Lint(LintArgs),
    /// Even the shape of specifications and task lists; what they say stays.
    Fmt(FormatArgs),
    /// Show what became of requirements: tasks, files, checks and their last result; or what a file was written for.
    Trace(TraceArgs),
    /// Show what changed between two versions of a specification, and the tasks and files that depend on it.
    Diff(DiffArgs),
}

/// What to trace.
#[derive(Debug, Args)]
pub(crate) struct TraceArgs {
    /// A requirement, a criterion, or a file, with or without a line; everything when left out.
    #[arg(value_name = "WHAT")]
    pub(crate) what: Option<String>,
    /// In this specification only.
    #[arg(long)]
    pub(crate) spec: Option<String>,
    /// Print the graph and the coverage as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What to compare.
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The specification, by name or path.
    pub(crate) spec: String,
    /// OLD..NEW, OLD.. or OLD, each a git revision or a file [default: HEAD.. against the disk].
    #[arg(value_name = "OLD..NEW")]
    pub(crate) range: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What to lint.
#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    /// Names or paths; every specification here when left out.
    #[arg(value_name = "SPEC")]
    pub(crate) specs: Vec<String>,
    /// Mend what has one mechanical answer.
    #[arg(long)]
    pub(crate) fix: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Print SARIF 2.1.0, for code hosts.
    #[arg(long, conflicts_with = "json")]
    pub(crate) sarif: bool,
}

/// What to format.
#[derive(Debug, Args)]
pub(crate) struct FormatArgs {
    /// Names or paths; every specification here when left out.
    #[arg(value_name = "SPEC")]
    pub(crate) specs: Vec<String>,
    /// Write nothing; end with 1 where something is uneven.
    #[arg(long)]
    pub(crate) check: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// A specification.
#[derive(Debug, Args)]
pub(crate) struct SpecArgs {
    /// Its name or path.
    pub(crate) spec: String,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What to plan.
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// The specification, by name or path.
    pub(crate) spec: String,
    /// Replace plan and tasks even if they were edited by hand, and ask a model again that planned this very spec before.
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Change only what depends on what changed in the specification; what was edited by hand stays. The default where there
    /// is a plan already.
    #[arg(long, conflicts_with = "fresh")]
    pub(crate) update: bool,
    /// Say why each task is there, what it writes, whom it waits for and what judges it. Nothing is written.
    #[arg(long, conflicts_with_all = ["fresh", "update", "feedback"])]
    pub(crate) explain: bool,
    /// What is to be otherwise; for a model that writes plans.
    #[arg(long, value_name = "TEXT")]
    pub(crate) feedback: Option<String>,
    /// The model; as for `kiro run` when none is named. Plans of local models are derived from the spec.
    #[arg(long, value_name = "PROVIDER/NAME")]
    pub(crate) model: Option<String>,
    /// Print the tasks as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// For which specification.
#[derive(Debug, Args)]
pub(crate) struct PrArgs {
    /// Its name or path.
    pub(crate) spec: String,
    /// Print the title instead of the body.
    #[arg(long)]
    pub(crate) title: bool,
    /// Print both as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What to verify.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// Names or paths; every specification here when left out.
    #[arg(value_name = "SPEC")]
    pub(crate) specs: Vec<String>,
    /// Run the security scanners that are installed too: cargo-audit, npm audit, pip-audit, bandit, semgrep.
    #[arg(long)]
    pub(crate) security: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which task.
#[derive(Debug, Args)]
pub(crate) struct WhyArgs {
    /// The task.
    pub(crate) task: String,
    /// The specification, by name or path, where several have such a task.
    #[arg(long, value_name = "SPEC")]
    pub(crate) spec: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What is answered.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("answer").args(["approve", "skip", "stop", "revise"]).requires("task")))]
pub(crate) struct ApprovalsArgs {
    /// The task, or the hook's name; its whole diff is shown.
    pub(crate) task: Option<String>,
    /// Of several changes that a hook has left, the one of this file.
    #[arg(long, value_name = "PATH", requires = "task")]
    pub(crate) file: Option<String>,
    /// Let it land.
    #[arg(long)]
    pub(crate) approve: bool,
    /// Leave the task out.
    #[arg(long)]
    pub(crate) skip: bool,
    /// End the run there.
    #[arg(long)]
    pub(crate) stop: bool,
    /// Let it be attempted anew, as this remark says.
    #[arg(long, value_name = "REMARK")]
    pub(crate) revise: Option<String>,
    /// The specification, by name or path.
    #[arg(long, value_name = "SPEC")]
    pub(crate) spec: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What to take out.
#[derive(Debug, Args)]
pub(crate) struct UndoArgs {
    /// The task [default: the one that landed last].
    pub(crate) task: Option<String>,
    #[command(flatten)]
    pub(crate) how: UndoHow,
}

/// What to bring back.
#[derive(Debug, Args)]
pub(crate) struct RedoArgs {
    #[command(flatten)]
    pub(crate) how: UndoHow,
}

/// How far to go back.
#[derive(Debug, Args)]
pub(crate) struct RewindArgs {
    /// The id of a run, as `kiro log` shows it, or of a task.
    #[arg(value_name = "RUN|TASK")]
    pub(crate) target: String,
    #[command(flatten)]
    pub(crate) how: UndoHow,
}

/// How changes are taken out or brought back.
#[derive(Debug, Args)]
pub(crate) struct UndoHow {
    /// The specification, by name or path, where several have such a task.
    #[arg(long, value_name = "SPEC")]
    pub(crate) spec: Option<String>,
    /// Only show what would change.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// How much may be used.
#[derive(Debug, Args)]
pub(crate) struct BudgetArgs {
    /// Ask for no further turn once the model's turns have cost this much, in US dollars.
    #[arg(long, value_name = "DOLLARS")]
    max_cost: Option<Money>,
    /// Ask for no further turn once so many tokens are used, read and written together.
    #[arg(long, value_name = "TOKENS")]
    max_tokens: Option<u64>,
}

impl BudgetArgs {
    /// As a value.
    pub(crate) fn budget(&self) -> Budget {
        Budget {
            money: self.max_cost,
            tokens: self.max_tokens,
        }
    }
}

/// What to do.
#[derive(Debug, Args)]
pub(crate) struct ChatArgs {
    /// What is to be done or answered; without it a conversation begins at this terminal.
    #[arg(short = 'p', long = "prompt", value_name = "PROMPT")]
    pub(crate) prompt: Option<String>,
    /// A picture to show the model with the prompt; may be given several times.
    #[arg(long = "image", value_name = "PATH", requires = "prompt")]
    pub(crate) images: Vec<String>,
    /// Go on with a conversation; the last one when no id is given.
    #[arg(long, value_name = "ID", num_args = 0..=1, default_missing_value = "", conflicts_with_all = ["prompt", "json"])]
    pub(crate) resume: Option<String>,
    /// List the conversations of this project.
    #[arg(long, conflicts_with_all = ["prompt", "resume", "export"])]
    pub(crate) list: bool,
    /// Print a conversation as Markdown; the last one when no id is given.
    #[arg(long, value_name = "ID", num_args = 0..=1, default_missing_value = "", conflicts_with_all = ["prompt", "resume"])]
    pub(crate) export: Option<String>,
    /// Bring changes in without asking, as far as the rules allow.
    #[arg(long)]
    pub(crate) autopilot: bool,
    /// The model; as for `kiro run` when none is named.
    #[arg(long, value_name = "PROVIDER/NAME")]
    pub(crate) model: Option<String>,
    #[command(flatten)]
    pub(crate) budget: BudgetArgs,
    /// Print the result as JSON; then nobody is asked.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which run.
#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// A specification or a run's id; the last run when left out.
    pub(crate) run: Option<String>,
    /// Show what policy said of each act and whether it was done, and check that nothing was taken out of the
    /// journal or changed.
    #[arg(long)]
    pub(crate) policy: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct EvalArgs {
    /// A folder of cases, or one case: a folder with specs/NAME.md and acceptance/run. Naming it here lets its
    /// acceptance programs run, in the sandbox and without network.
    pub(crate) suite: PathBuf,
    /// Only cases whose name contains this; may be given several times.
    #[arg(long, value_name = "PART")]
    pub(crate) case: Vec<String>,
    /// How the specs are worked on: by Kiro, as one plain prompt, or both to compare.
    #[arg(long, value_enum, default_value_t = WayArg::Kiro)]
    pub(crate) way: WayArg,
    /// How often each case is run.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) repeat: u32,
    /// The model; as for `kiro run` when none is named.
    #[arg(long, value_name = "PROVIDER/NAME")]
    pub(crate) model: Option<String>,
    /// Results, a line of JSON each; what it holds already is not run again [default: SUITE/results.jsonl].
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Work on the cases' projects in this folder, and leave them there.
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
    /// Print JSON instead of a Markdown table.
    #[arg(long)]
    pub(crate) json: bool,
}

/// A way of working.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum WayArg {
    /// `kiro run` in Autopilot.
    Kiro,
    /// The whole spec as one prompt; what the answer holds is the result.
    Plain,
    /// Both.
    Both,
}

/// What to ask of the rules.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Show how a command is read, each part, the rule, the verdict, and what would change it. Nothing is run.
    Explain(ExplainArgs),
    /// Judge every command of a file: a line {"id","verdict","rule"} each.
    Test(PolicyTestArgs),
    /// Judge paths, a JSON object a line: {"id","op","path"}.
    TestPaths(TestPathsArgs),
}

/// A command to be judged.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The command, as one text for a shell.
    #[arg(value_name = "CMD", allow_hyphen_values = true)]
    pub(crate) command: String,
    /// The configuration [default: .kiro/config.yaml of this project].
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Commands to be judged.
#[derive(Debug, Args)]
pub(crate) struct PolicyTestArgs {
    /// The configuration.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// A JSON object a line, with "id" and "cmd".
    #[arg(long, value_name = "CORPUS")]
    pub(crate) jsonl: PathBuf,
}

/// What to do with models.
#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// Fetch the built-in model: resumable, size and SHA-256 checked.
    Pull,
    /// List the built-in model, the registered ones, and the providers with whether there is a key.
    List(Json),
    /// Choose the model for later runs; a GGUF file is registered with its SHA-256 first.
    Use(UseArgs),
    /// Let a model write one small function, and measure it.
    Test(TestArgs),
}

/// Which model later runs take.
#[derive(Debug, Args)]
pub(crate) struct UseArgs {
    /// `built-in`, the name of a registered model, the path of a GGUF file, or OWNER/REPO[:FILE.gguf] of the
    /// Hugging Face hub.
    pub(crate) model: String,
}

/// Which model is tried.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// `built-in`, the name of a registered model, or PROVIDER/NAME; the default model when left out.
    pub(crate) model: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Whose log.
#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    /// Show the log of hooks.
    #[arg(long, required = true)]
    pub(crate) hooks: bool,
    /// Go on showing what happens until interrupted.
    #[arg(long)]
    pub(crate) follow: bool,
    /// Only what happened within this time, such as 90s, 10m, 2h or 3d.
    #[arg(long, value_name = "TIME", value_parser = since)]
    pub(crate) since: Option<std::time::Duration>,
    /// Print a line of JSON for each fact.
    #[arg(long)]
    pub(crate) json: bool,
}

fn since(text: &str) -> Result<std::time::Duration, String> {
    let wrong = || format!("«{text}» is no time: write a number and s, m, h or d, such as 10m");
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    let seconds = number.checked_mul(seconds).ok_or_else(wrong)?;
    Ok(std::time::Duration::from_secs(seconds))
}

/// How to watch.
#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    /// How long a file has to be quiet before hooks are asked, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 150)]
    pub(crate) quiet_ms: u64,
    /// The model; as configured for hooks when none is named.
    #[arg(long, value_name = "PROVIDER/NAME")]
    pub(crate) model: Option<String>,
    /// Print a line of JSON for each change; then nobody is asked.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which hook files.
#[derive(Debug, Args)]
pub(crate) struct ValidateHooksArgs {
    /// Hook files [default: those in .kiro/hooks and in ~/.kiro/hooks].
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which hooks to run.
#[derive(Debug, Args)]
pub(crate) struct RunHookArgs {
    /// The hook file.
    #[arg(value_name = "HOOK")]
    pub(crate) hook: PathBuf,
    /// The file that the hook is to be about.
    #[arg(long, value_name = "PATH")]
    pub(crate) file: Option<PathBuf>,
    /// Only say whether it would fire and what it would do.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The model; as configured for hooks when none is named.
    #[arg(long, value_name = "PROVIDER/NAME")]
    pub(crate) model: Option<String>,
    /// Print the result as JSON; then nobody is asked.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What to do with hooks.
#[derive(Debug, Subcommand)]
pub(crate) enum HooksCommand {
    /// List every hook in the order in which they run.
    List(Json),
    /// Say of every hook whether it would fire, and which clause decides. Nothing is run.
    Explain(HooksExplainArgs),
    /// Write a hook file from a template, or let a model draft one from a description.
    New(HooksNewArgs),
    /// Switch a hook on.
    On(HookName),
    /// Switch a hook off.
    Off(HookName),
    /// Make git run Kiro's hooks, after those that are there.
    Install(Json),
    /// Take git's hooks out again and put back what was there.
    Uninstall(Json),
    /// Run by git's hooks.
    #[command(hide = true)]
    Git(HooksGitArgs),
}

/// A hook.
#[derive(Debug, Args)]
pub(crate) struct HookName {
    /// Its name.
    pub(crate) name: String,
}

/// What is supposed to have happened.
#[derive(Debug, Args)]
pub(crate) struct HooksExplainArgs {
    /// The event, such as file.save.
    #[arg(long)]
    pub(crate) event: String,
    /// The file that it happened to.
    #[arg(long, value_name = "PATH")]
    pub(crate) file: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which hook file to write.
#[derive(Debug, Args)]
pub(crate) struct HooksNewArgs {
    /// What the hook is to do, in words.
    #[arg(value_name = "WORDS", conflicts_with = "template")]
    pub(crate) words: Option<String>,
    /// The name of a template.
    #[arg(long, value_name = "NAME")]
    pub(crate) template: Option<String>,
    /// The model that drafts; as configured for hooks when none is named.
    #[arg(long, value_name = "PROVIDER/NAME")]
    pub(crate) model: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What git says.
#[derive(Debug, Args)]
pub(crate) struct HooksGitArgs {
    /// The hook's name, such as pre-commit.
    pub(crate) name: String,
    /// Its arguments.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) arguments: Vec<String>,
}

/// A command of the user's.
#[derive(Debug, Args)]
pub(crate) struct ExecArgs {
    /// What the command is.
    #[arg(long = "as", value_enum)]
    pub(crate) kind: ExecKindArg,
    /// The command.
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(crate) command: Vec<String>,
}

/// What a command is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ExecKindArg {
    /// Tests.
    Test,
    /// A build.
    Build,
    /// A deployment.
    Deploy,
}
