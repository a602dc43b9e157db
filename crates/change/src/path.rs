//! Paths inside a workspace.

use std::fmt;
use std::str::FromStr;

/// The longest path accepted, in bytes; longer ones cannot be opened on the systems Kiro runs on.
const MAX_BYTES: usize = 4096;

/// A file's path relative to the workspace, with `/` between the parts.
///
/// It is UTF-8, not empty and already normalised: no empty part, no `.`, no `..`, no NUL, no leading
/// `/` or `\`, no drive letter. So two equal places have one spelling, and joining a `RelPath` to a
/// root names nothing outside that root as long as no link on the way leads out (which only the disk
/// can tell). Paths are ordered by their bytes, as git orders them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelPath(String);

/// Why a text is not a [`RelPath`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The text is empty.
    #[error("a path must not be empty")]
    Empty,
    /// The text begins at a file system's root or with a drive letter.
    #[error("the path {0:?} is absolute; give it relative to the workspace")]
    Absolute(String),
    /// A part is `..`, so the path could leave the workspace.
    #[error("the path {0:?} contains `..`; name the file from the workspace's root")]
    ParentPart(String),
    /// A part is empty or `.`, so the path is not the one spelling of its place.
    #[error("the path {0:?} is not normalised; remove empty and `.` parts")]
    NotNormal(String),
    /// The text contains a NUL byte.
    #[error("the path {0:?} contains a NUL byte")]
    Nul(String),
    /// The text is longer than any path that can be opened.
    #[error("the path is {0} bytes long; at most 4096 are allowed")]
    TooLong(usize),
}

impl RelPath {
    /// Reads a path that is already normalised.
    ///
    /// # Errors
    /// Says which rule the text breaks; nothing is repaired.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        if text.is_empty() {
            return Err(PathError::Empty);
        }
        if text.len() > MAX_BYTES {
            return Err(PathError::TooLong(text.len()));
        }
        if text.contains('\0') {
            return Err(PathError::Nul(text.to_owned()));
        }
        if is_absolute(text) {
            return Err(PathError::Absolute(text.to_owned()));
        }
        for part in text.split('/') {
            match part {
                ".." => return Err(PathError::ParentPart(text.to_owned())),
                "" | "." => return Err(PathError::NotNormal(text.to_owned())),
                _ => {}
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// What follows the last dot of the file name; `None` without a dot or when the only dot is the
    /// first character (`.gitignore`).
    #[must_use]
    pub fn extension(&self) -> Option<&str> {
        match self.file_name().rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => Some(extension),
            _ => None,
        }
    }

    /// The folder the file is in; `None` at the workspace's root.
    #[must_use]
    pub fn parent(&self) -> Option<RelPath> {
        self.0
            .rsplit_once('/')
            .map(|(folder, _)| Self(folder.to_owned()))
    }

    /// The parts, from the outermost folder to the file name.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/')
    }

    /// The path of `inner` seen from this folder.
    ///
    /// # Errors
    /// When `inner` is not a path itself, or the whole is too long.
    pub fn join(&self, inner: &str) -> Result<RelPath, PathError> {
        let inner = Self::parse(inner)?;
        Self::parse(&format!("{}/{inner}", self.0))
    }

    /// Whether this path is `folder` or lies somewhere in it.
    #[must_use]
    pub fn is_within(&self, folder: &RelPath) -> bool {
        match self.0.strip_prefix(&folder.0) {
            Some(rest) => rest.is_empty() || rest.starts_with('/'),
            None => false,
        }
    }
}

fn is_absolute(text: &str) -> bool {
    let drive = match text.as_bytes() {
        [letter, b':'] | [letter, b':', b'/' | b'\\', ..] => letter.is_ascii_alphabetic(),
        _ => false,
    };
    drive || text.starts_with(['/', '\\'])
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for RelPath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for RelPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RelPath {
        RelPath::parse(text).unwrap()
    }

    #[test]
    fn normalised_relative_paths_are_accepted() {
        for text in [
            "a",
            "src/main.rs",
            ".github/workflows/ci.yml",
            "a b/ü.txt",
            "a\\b",
            "...",
            "c:d",
        ] {
            assert_eq!(path(text).as_str(), text);
        }
    }

    #[test]
    fn each_broken_rule_has_its_own_error() {
        let whole = |text: &str| text.to_owned();
        assert_eq!(RelPath::parse(""), Err(PathError::Empty));
        for text in ["/etc/passwd", "\\\\server\\share", "C:/x", "c:\\x", "C:"] {
            assert_eq!(RelPath::parse(text), Err(PathError::Absolute(whole(text))));
        }
        for text in ["..", "../x", "a/../b", "a/.."] {
            assert_eq!(
                RelPath::parse(text),
                Err(PathError::ParentPart(whole(text)))
            );
        }
        for text in [".", "./a", "a//b", "a/./b", "a/"] {
            assert_eq!(RelPath::parse(text), Err(PathError::NotNormal(whole(text))));
        }
        assert_eq!(RelPath::parse("a\0b"), Err(PathError::Nul(whole("a\0b"))));
        assert_eq!(
            RelPath::parse(&"a".repeat(4097)),
            Err(PathError::TooLong(4097))
        );
    }

    #[test]
    fn parts() {
        let it = path("src/app/main.test.ts");
        assert_eq!(it.file_name(), "main.test.ts");
        assert_eq!(it.extension(), Some("ts"));
        assert_eq!(it.parent(), Some(path("src/app")));
        assert_eq!(
            it.components().collect::<Vec<_>>(),
            ["src", "app", "main.test.ts"]
        );
        assert_eq!(path(".gitignore").extension(), None);
        assert_eq!(path("Makefile").extension(), None);
        assert_eq!(path("Makefile").parent(), None);
    }

    #[test]
    fn join_keeps_the_rules() {
        assert_eq!(path("a").join("b/c"), Ok(path("a/b/c")));
        assert!(path("a").join("../b").is_err());
        assert!(path("a").join("/b").is_err());
    }

    #[test]
    fn within_compares_whole_parts() {
        assert!(path("a/b").is_within(&path("a")));
        assert!(path("a").is_within(&path("a")));
        assert!(!path("ab").is_within(&path("a")));
    }
}
