//! What `kiro run` takes.

use clap::Args;

use super::BudgetArgs;

/// What to run.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The specification, by name or path.
    pub(crate) spec: String,
    /// Show every task's diff and wait for an answer (the default).
    #[arg(long, conflicts_with = "autopilot")]
    pub(crate) guided: bool,
    /// Go on by itself; only what the rules ask for waits.
    #[arg(long)]
    pub(crate) autopilot: bool,
    /// Carry out this task only.
    #[arg(long, value_name = "ID")]
    pub(crate) task: Option<String>,
    /// Work at up to this many tasks at once: those that wait for nothing and share no file.
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) parallel: u8,
    /// Commit each task that is done, its own files only; git's hooks run as for a commit by hand, once the folder is trusted.
    #[arg(long)]
    pub(crate) commit_per_task: bool,
    /// Work on this branch; it is made where there is none.
    #[arg(long, value_name = "NAME")]
    pub(crate) branch: Option<String>,
    /// Go on with a run that was cut off; a run that was cut off is always gone on with.
    #[arg(long)]
    pub(crate) resume: bool,
    /// The model: local/NAME, openai/NAME, anthropic/NAME, bedrock/NAME, or auto. Without it: KIRO_MODEL, then
    /// config.yaml, then what `kiro model use` chose, then the built-in one.
    #[arg(long, value_name = "PROVIDER/NAME")]
    pub(crate) model: Option<String>,
    #[command(flatten)]
    pub(crate) budget: BudgetArgs,
    /// Print every event as a line of JSON.
    #[arg(long)]
    pub(crate) jsonl: bool,
}
