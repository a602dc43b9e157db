//! Files of the user and of Kiro: read with a limit, written whole or not at all, kept through a power cut.
//!
//! A write goes to a temporary file in the same folder, is synced, takes its place by a rename, and the
//! folder is synced: whoever looks, and whenever the power goes, there is the old content or the new one.
//! Paths below a folder are walked by the system itself, below a descriptor and without links, because a
//! command in a sandbox may have put a link anywhere.
//!
//! [`apply`] brings a whole changeset into the user's folder; there the user's own edits win.

mod apply;
mod beneath;
mod browse;
mod error;
mod folders;
mod judged;
mod landing;
mod look;
mod open_folder;
mod present;
mod several;
mod single;
mod temp;

pub use apply::{Applied, ApplyError, Conflict, Landing, apply, apply_watched, preview, way_back};
pub use browse::{
    Entry, EntryKind, Loaded, Stamp, Standing, entries_in, load_in, stamp_in, standing_in,
};
pub use error::{FileError, plain, shown};
pub use folders::{disk_free, ensure_folder, ensure_private_folder, remove_tree};
pub use judged::{
    load_judged, make_folder_judged, read_judged, remove_judged, remove_tree_judged, rename_judged,
    write_judged,
};
pub use look::{Last, look};
pub use open_folder::{FolderName, FolderRead, NameKind, OpenFolder};
pub use several::{Rewrite, write_all_in};
#[cfg(target_os = "linux")]
pub(crate) use single::make_folder_in;
pub use single::{
    digest, read, read_given, read_in, replace_own, write, write_in, write_over, write_program,
};
pub use temp::clear_leftovers;

pub(crate) use beneath::is_forbidden_part;
pub(crate) use error::Shown;
pub(crate) use folders::remove_own;
pub(crate) use temp::PREFIX as TEMP_PREFIX;

#[cfg(test)]
mod tests;
