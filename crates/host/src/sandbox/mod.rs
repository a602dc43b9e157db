//! Walls around what a model wrote: it never runs bare.
//!
//! A [`Sandbox`] runs one command at a time to its end, within [`Walls`]. The walls stand in layers, so
//! that a hole in one is not a way out:
//!
//! 1. **Outside**, bubblewrap where it is installed, else namespaces that the supervisor makes itself:
//!    no other process is to be seen, no network is to be reached, and the file system is read-only but
//!    for the command's own folders. Where the system allows neither, this layer is missing.
//! 2. **Landlock**, always: an allow-list of files and folders; no signals and no sockets out.
//! 3. **seccomp**, always: no system call that the other layers do not see, and no new privileges.
//! 4. **Limits** by the kernel for each process and by the supervisor for all of them together.
//!
//! Below what layers 2 and 3 need, nothing is run at all. Without layer 1, modes and times that a program
//! gives its files are ignored, because Landlock does not keep them, and so are the sessions and groups
//! that it makes of its processes, because they have to be ended at one stroke.
//!
//! On macOS there is one layer, a Seatbelt profile, and the limits on time and output.
//!
//! [`Sandbox::controls`] tries the walls on the machine at hand, for `kiro doctor`.

#[cfg(target_os = "linux")]
mod attended;
#[cfg(target_os = "linux")]
mod bubblewrap;
#[cfg(target_os = "linux")]
mod controls;
mod door;
#[cfg(target_os = "linux")]
mod fence;
#[cfg(target_os = "linux")]
mod filter;
#[cfg(target_os = "linux")]
mod keeper;
#[cfg(target_os = "linux")]
mod launch;
#[cfg(target_os = "linux")]
mod linux;
// Tested on every system; on the others it is the sandbox.
#[cfg(any(target_os = "macos", test))]
mod macos;
#[cfg(target_os = "linux")]
mod namespaces;
#[cfg(target_os = "linux")]
mod places;
#[cfg(target_os = "linux")]
mod probe;
#[cfg(any(target_os = "macos", test))]
mod seatbelt;
#[cfg(target_os = "linux")]
mod supervisor;
#[cfg(target_os = "linux")]
mod system;
#[cfg(target_os = "linux")]
mod tree;
#[cfg(not(target_os = "linux"))]
mod unsupported;
#[cfg(target_os = "linux")]
mod walls;
#[cfg(target_os = "linux")]
mod wire;

#[cfg(target_os = "linux")]
pub use attended::Attended;
pub use door::{Door, DoorLimits, Doorbell, Internet, Outside, Passage, Upstream, UpstreamError};
#[cfg(target_os = "linux")]
pub use linux::{Layer, Sandbox};
#[cfg(target_os = "linux")]
pub(crate) use linux::{attended, without_walls};
#[cfg(target_os = "macos")]
pub use macos::Sandbox;
#[cfg(target_os = "linux")]
pub use supervisor::supervisor_main;
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub use unsupported::Sandbox;
#[cfg(not(target_os = "linux"))]
pub use unsupported::{Layer, Network, Overlay, Walls, WallsError, supervisor_main};
#[cfg(target_os = "linux")]
pub use walls::{Network, Walls, WallsError};
#[cfg(target_os = "linux")]
pub use wire::Overlay;

use policy::PermitMismatch;

use crate::process::{CommandError, RunError};

/// A command was not run in the sandbox, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// This machine cannot confine a program.
    #[error("no sandbox on this system, so nothing was run: {0}")]
    NoSandbox(String),
    /// The walls are not sound.
    #[error(transparent)]
    Walls(#[from] WallsError),
    /// The command could not be run to its end.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl From<PermitMismatch> for SandboxError {
    fn from(error: PermitMismatch) -> Self {
        SandboxError::Run(error.into())
    }
}

impl From<CommandError> for SandboxError {
    fn from(error: CommandError) -> Self {
        SandboxError::Run(error.into())
    }
}

/// One trial of the walls, and whether they held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// A short name for it.
    pub name: &'static str,
    /// What was tried.
    pub question: &'static str,
    /// Whether it went as it must: what is forbidden was refused, what is needed worked.
    pub held: bool,
    /// What came of it.
    pub detail: String,
}
