//! Hooks at work: files that say what is to happen, read, decided upon, carried out and written down.
//!
//! The crate `hooks` decides; here is what it decides about. A [`Rack`] holds the hook files of a folder and how far they
//! are trusted; an [`Incident`] answers what conditions ask; a [`Rig`] runs what fires, in the files' order, in a
//! transaction of its own. Whatever a hook changed passes governance and lands as a whole. A blocking hook that does not
//! pass, for whatever reason, stops what it was asked about, or leaves a hold on the content.

mod agent;
mod around;
mod by_hand;
mod command;
mod commit;
mod document;
mod evidence;
mod exec;
mod git;
pub(crate) mod holds;
mod incident;
mod index;
mod install;
mod landing;
pub(crate) mod later;
mod list;
mod logs;
mod outcome;
mod prompted;
mod rack;
mod record;
mod review;
mod rig;
mod scan;
mod tests_of;
mod verdict;
mod watch;
mod writing;

pub use by_hand::{RunHookOptions, RunHookResult, run_hook};
pub use exec::{ExecKind, ExecOptions, exec};
pub use git::{GitHookResult, git_hook};
pub use holds::Hold;
pub use install::{Installed, guard_installed, install, uninstall};
pub use list::{Asked, HookRow, explain, list};
pub use logs::{LogLine, clock_time, hook_log, now_ms, words};
pub use outcome::{Ran, Was};
pub use rack::{FileFindings, Finding, validate};
pub use scan::{guard, secrets_staged};
pub use watch::{WatchOptions, Watched, watch};
pub use writing::{NewHook, new_hook, switch};

pub(crate) use around::Hooked;
pub(crate) use commit::DEPTH;
pub(crate) use document::{WrittenFile, tell_of_writes};
pub(crate) use outcome::stops;
pub(crate) use prompted::{after_chat, before_prompt};
pub(crate) use rack::{covered, remarks_of};
pub(crate) use record::HOOKS;
pub(crate) use rig::Rig;
pub(crate) use scan::git_program;
