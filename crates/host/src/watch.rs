//! What changes in a folder, told as it happens.
//!
//! Links are not followed. What could not be kept is told as [`Change::Lost`]: then the tree has to be looked over. Reading
//! never writes: no permit is needed.

#[cfg(target_os = "linux")]
mod inotify;
#[cfg(any(test, not(target_os = "linux")))]
#[cfg_attr(
    target_os = "linux",
    expect(unreachable_pub, reason = "for systems that tell nothing themselves")
)]
mod polled;

#[cfg(target_os = "linux")]
pub use inotify::Watcher;
#[cfg(not(target_os = "linux"))]
pub use polled::Watcher;

/// Something that changed. Paths are those below the watched folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A folder is there that was not; its files follow.
    Folder(String),
    /// A file is there that was not.
    Created(String),
    /// A file has new content, or came to stand where it does.
    Written(String),
    /// A file is gone.
    Removed(String),
    /// A file has another name.
    Moved {
        /// The name before.
        from: String,
        /// The name now.
        to: String,
    },
    /// More happened than the system could keep.
    Lost,
}

fn joined(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        folder => format!("{folder}/{name}"),
    }
}
