//! Changesets: what a task did to the files of a workspace, as values.
//!
//! A [`Changeset`] holds the state of every touched file before and after, so it can be judged,
//! shown, approved hunk by hunk, merged with somebody else's edits, undone and identified by a
//! [`Digest`], without looking at a disk. This crate is pure: no I/O, no clock (the diff is bounded
//! by a deterministic heuristic instead of a deadline), no randomness.

mod changeset;
mod diff;
mod digest;
mod merge;
mod origin;
mod parts;
mod path;
mod spelling;
mod unified;
mod visible;

pub use changeset::{Changeset, ChangesetError, FileChange, FileState, Kind, Mode, Stats};
pub use diff::{Hunk, HunkError, HunkLine, Side, apply_hunks, line_hunks};
pub use digest::{Digest, DigestError};
pub use merge::{Labels, Merge, MergePiece, merge};
pub use origin::{carried, origins};
pub use parts::{Part, PartsError};
pub use path::{PathError, RelPath};
pub use spelling::{closest, meant, unknown_word};
pub use visible::visible;
