//! The arguments of `kiro ide`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use session::desk::Editor;

/// How the IDE is opened.
#[derive(Debug, Args)]
pub(crate) struct IdeArgs {
    /// The folder to open [default: the current one].
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    /// Open it in another editor instead, with Kiro's extension put into it.
    #[arg(long, value_name = "EDITOR")]
    pub(crate) host: Option<Host>,
    /// The port [default: the one that this folder had last time, else a free one].
    #[arg(long)]
    pub(crate) port: Option<u16>,
    /// Do not open a browser, or a window of the editor.
    #[arg(long)]
    pub(crate) no_open: bool,
    /// Print the address as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// An editor that takes Kiro's extension.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Host {
    /// Visual Studio Code
    Code,
    /// VSCodium
    Codium,
    /// Cursor
    Cursor,
    /// code-server, in the browser; npm brings it when it is not there
    CodeServer,
}

impl From<Host> for Editor {
    fn from(host: Host) -> Editor {
        match host {
            Host::Code => Editor::Code,
            Host::Codium => Editor::Codium,
            Host::Cursor => Editor::Cursor,
            Host::CodeServer => Editor::CodeServer,
        }
    }
}
