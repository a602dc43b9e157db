//! Ids of snapshots, and what a snapshot leaves out.

use std::fmt;
use std::str::FromStr;

use super::error::ShadowError;
use crate::files::shown;

/// The id of a snapshot: what all its files, modes and names hash to. Equal ids are equal snapshots.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeId(String);

impl TreeId {
    /// Reads the form that `Display` writes.
    ///
    /// # Errors
    /// When the text is not 40 or 64 digits of `0-9a-f`.
    pub fn parse(text: &str) -> Result<TreeId, ShadowError> {
        if is_object_id(text) {
            return Ok(TreeId(text.to_owned()));
        }
        Err(ShadowError::BadTree {
            text: text.chars().take(80).collect(),
        })
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a text has the form of git's ids.
pub(super) fn is_object_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64)
        && text
            .bytes()
            .all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
}

impl fmt::Display for TreeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for TreeId {
    type Err = ShadowError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        TreeId::parse(text)
    }
}

/// Something that is in the folder but not in the snapshot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut {
    /// Its path below the folder, made safe to show.
    pub path: String,
    /// Why.
    pub why: Why,
}

impl LeftOut {
    pub(super) fn new(path: &str, why: Why) -> LeftOut {
        LeftOut {
            path: shown(path),
            why,
        }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.why)
    }
}

/// Why something is not in a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The caller's rule refused it; it was not even read.
    Refused,
    /// It belongs to git or to Kiro.
    Reserved,
    /// It is a repository of its own.
    Repository,
    /// Its name is not UTF-8 or too long.
    Name,
    /// It is larger than a snapshot takes.
    TooLarge,
    /// It is a pipe, a socket or a device.
    Special,
    /// A rule in a `.gitignore` hides it that the snapshot's own rules do not have.
    Hidden,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Why::Refused => "kept out by the rules for sensitive files",
            Why::Reserved => "belongs to git or to Kiro",
            Why::Repository => "a git repository of its own",
            Why::Name => "its name is not UTF-8, or too long",
            Why::TooLarge => "larger than 64 MiB",
            Why::Special => "neither a file nor a link",
            Why::Hidden => "hidden by an ignore rule that is new",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_ids_are_ids() {
        let id = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        assert_eq!(TreeId::parse(id).unwrap().to_string(), id);
        assert!(TreeId::parse(&format!("{id}{}", &id[..24])).is_ok());
        for text in [
            "",
            "HEAD",
            &id[1..],
            &id.to_uppercase(),
            "--output=x",
            &"é".repeat(20),
        ] {
            assert!(TreeId::parse(text).is_err(), "{text}");
        }
    }
}
