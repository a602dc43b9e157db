//! The outside world: files, processes, the sandbox, snapshots, downloads, the clock.
//!
//! Every call that changes the user's world takes a [`policy::Permit`] by value and redeems it for exactly the
//! act it is about to do. What needs none touches Kiro's own state only.

pub mod append;
pub mod clock;
pub mod download;
pub mod files;
pub mod lease;
pub mod machine;
pub mod process;
pub mod sandbox;
pub mod shadow;
pub mod terminal;
pub mod watch;
