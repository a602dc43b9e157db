//! `kiro mcp`: what the user typed.

use clap::{Args, Subcommand};

use super::Json;

/// What to do with servers of the Model Context Protocol.
#[derive(Debug, Subcommand)]
pub(crate) enum McpCommand {
    /// List the servers: from which file, trusted or not, how each is reached. Nothing is started.
    List(Json),
    /// Start one server, show what it is and has, and end it.
    Test(McpTestArgs),
    /// Log in at a server behind HTTP with your browser; what it grants is kept in ~/.kiro, for you alone.
    Login(McpLoginArgs),
    /// Serve this project's specs, tasks and evidence to another program's agent, over the standard streams.
    Serve,
    /// Start every server that may be started, and say in plain words what is wrong with each.
    Doctor(Json),
}

/// At which server.
#[derive(Debug, Args)]
pub(crate) struct McpLoginArgs {
    /// Its name in mcp.json.
    pub(crate) server: String,
}

/// Which server is tried.
#[derive(Debug, Args)]
pub(crate) struct McpTestArgs {
    /// Its name in mcp.json.
    pub(crate) server: String,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
