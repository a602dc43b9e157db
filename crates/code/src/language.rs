//! The languages that are understood.

use std::fmt;

/// A programming language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Python 3.
    Python,
    /// JavaScript, with JSX.
    JavaScript,
    /// TypeScript, with or without JSX.
    TypeScript,
    /// Rust.
    Rust,
}

impl Language {
    /// Every language, in the order in which a text of unknown language is tried.
    pub const ALL: [Language; 4] = [
        Language::Python,
        Language::JavaScript,
        Language::TypeScript,
        Language::Rust,
    ];

    /// The language of a file by its extension, in any case.
    #[must_use]
    pub fn from_path(path: &str) -> Option<Self> {
        let name = path.rsplit(['/', '\\']).next()?;
        let (_, extension) = name.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "py" | "pyi" | "pyw" => Some(Language::Python),
            "js" | "mjs" | "cjs" | "jsx" => Some(Language::JavaScript),
            "ts" | "mts" | "cts" | "tsx" => Some(Language::TypeScript),
            "rs" => Some(Language::Rust),
            _ => None,
        }
    }

    /// The language that a Markdown fence's tag names, in any case.
    #[must_use]
    pub fn from_fence_tag(tag: &str) -> Option<Self> {
        let tag = tag.to_ascii_lowercase();
        Self::ALL
            .into_iter()
            .find(|language| language.fence_tags().contains(&tag.as_str()))
    }

    /// The name as people write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Language::Python => "Python",
            Language::JavaScript => "JavaScript",
            Language::TypeScript => "TypeScript",
            Language::Rust => "Rust",
        }
    }

    /// The tags of Markdown fences that mean this language, the usual one first.
    #[must_use]
    pub fn fence_tags(self) -> &'static [&'static str] {
        match self {
            Language::Python => &["python", "py", "python3", "py3"],
            Language::JavaScript => &["javascript", "js", "jsx", "mjs", "cjs", "node"],
            Language::TypeScript => &["typescript", "ts", "tsx", "mts", "cts"],
            Language::Rust => &["rust", "rs"],
        }
    }

    pub(crate) fn is_script(self) -> bool {
        matches!(self, Language::JavaScript | Language::TypeScript)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_path() {
        assert_eq!(
            Language::from_path("a/b.test.TSX"),
            Some(Language::TypeScript)
        );
        assert_eq!(Language::from_path("x.mjs"), Some(Language::JavaScript));
        assert_eq!(Language::from_path("a.py/b"), None);
        assert_eq!(Language::from_path("py"), None);
    }

    #[test]
    fn every_tag_leads_back() {
        for language in Language::ALL {
            for tag in language.fence_tags() {
                assert_eq!(
                    Language::from_fence_tag(&tag.to_uppercase()),
                    Some(language)
                );
            }
        }
        assert_eq!(Language::from_fence_tag("bash"), None);
    }
}
