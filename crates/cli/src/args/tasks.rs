//! What was typed of tasks.

use clap::{Args, Subcommand};

/// Whose tasks.
#[derive(Debug, Args)]
pub(crate) struct TasksArgs {
    /// The specification, by name or path, or a task list's own path.
    pub(crate) spec: String,
    /// Print JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// What to do; without it the tasks are listed.
    #[command(subcommand)]
    pub(crate) act: Option<TasksCommand>,
}

/// What to do with tasks.
#[derive(Debug, Subcommand)]
pub(crate) enum TasksCommand {
    /// List the tasks.
    List,
    /// Set a task's box; nothing else in the file changes.
    Set {
        /// The task's id, as `kiro tasks` lists it.
        id: String,
        /// pending, waiting, running or done.
        state: String,
    },
    /// Add a task; it gets the next free number of those beside it.
    Add {
        /// What it does, on one line.
        title: String,
        #[command(flatten)]
        place: PlaceArgs,
        #[command(flatten)]
        says: SaysArgs,
    },
    /// Change what a task says; all else in the file stays byte for byte.
    Edit {
        /// The task's id, as `kiro tasks` lists it.
        id: String,
        /// What it does, on one line.
        #[arg(long, value_name = "TEXT")]
        title: Option<String>,
        #[command(flatten)]
        says: SaysArgs,
    },
    /// Move a task with all below it; its number stays.
    Move {
        /// The task's id, as `kiro tasks` lists it.
        id: String,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Drop a task with all below it.
    Drop {
        /// The task's id, as `kiro tasks` lists it.
        id: String,
        /// Let tasks that wait for it wait for what it waited for, without asking.
        #[arg(long)]
        release: bool,
    },
}

/// Where a task stands.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("place").args(["after", "before", "under", "phase"])))]
pub(crate) struct PlaceArgs {
    /// After this task [default: at the end].
    #[arg(long, value_name = "ID")]
    pub(crate) after: Option<String>,
    /// Before this task.
    #[arg(long, value_name = "ID")]
    pub(crate) before: Option<String>,
    /// Below this task.
    #[arg(long, value_name = "ID")]
    pub(crate) under: Option<String>,
    /// At the end of the phase with this heading, such as \"Phase 2\".
    #[arg(long, value_name = "HEADING")]
    pub(crate) phase: Option<String>,
}

/// What a task says; an empty value takes it away.
#[derive(Debug, Args)]
pub(crate) struct SaysArgs {
    /// Its scope: the files that it may change, with commas between them.
    #[arg(long, value_name = "PATHS")]
    pub(crate) files: Option<String>,
    /// The tasks that it waits for, with commas between them.
    #[arg(long, value_name = "IDS")]
    pub(crate) depends_on: Option<String>,
    /// The requirements that it serves, with commas between them.
    #[arg(long, value_name = "IDS")]
    pub(crate) requirements: Option<String>,
    /// How many minutes it is thought to take.
    #[arg(long, value_name = "MINUTES")]
    pub(crate) estimate: Option<u32>,
}
