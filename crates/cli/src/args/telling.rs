//! What the user typed about what models are told, and how well things go.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Json, since};

/// What is to be measured.
#[derive(Debug, Args)]
pub(crate) struct MetricsArgs {
    /// One specification, by name or path; all of them when left out.
    pub(crate) spec: Option<String>,
    /// Only runs that began within this time, such as 12h or 30d.
    #[arg(long, value_name = "TIME", value_parser = since)]
    pub(crate) since: Option<std::time::Duration>,
    /// Write a page with plots, which needs nothing else.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What to do with steering.
#[derive(Debug, Subcommand)]
pub(crate) enum SteeringCommand {
    /// Write product.md, tech.md and structure.md to .kiro/steering, as the project's files show them; what is there stays.
    Init(Json),
}

/// What the context is for.
#[derive(Debug, Args)]
pub(crate) struct ContextArgs {
    /// A request in words.
    pub(crate) prompt: Option<String>,
    /// A task, by its id.
    #[arg(long, value_name = "ID")]
    pub(crate) task: Option<String>,
    /// The task's specification, by name or path, where several have such a task.
    #[arg(long, value_name = "SPEC")]
    pub(crate) spec: Option<String>,
    /// A file that the work is about; may be given several times.
    #[arg(long = "file", value_name = "PATH")]
    pub(crate) files: Vec<String>,
    /// Print the texts too, whole.
    #[arg(long)]
    pub(crate) full: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
