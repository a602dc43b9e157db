//! Path patterns: case-folded globs in which `*` stays inside one folder and a match of a folder covers
//! all that it holds.

use change::RelPath;
use globset::{GlobBuilder, GlobMatcher};

/// One pattern of the configuration, compiled once.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    text: String,
    matcher: GlobMatcher,
}

impl Pattern {
    pub(crate) fn compile(text: &str) -> Result<Pattern, globset::Error> {
        let matcher = GlobBuilder::new(text)
            .case_insensitive(true)
            .literal_separator(true)
            .build()?
            .compile_matcher();
        Ok(Pattern {
            text: text.to_owned(),
            matcher,
        })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the path, or a folder that it lies in, matches.
    pub(crate) fn covers(&self, path: &RelPath) -> bool {
        let path = path.as_str();
        let folders = path.match_indices('/').map(|(at, _)| &path[..at]);
        folders
            .chain(std::iter::once(path))
            .any(|part| self.matcher.is_match(part))
    }
}

/// Compiles patterns that are written in this crate and therefore known to be well formed.
pub(crate) fn built_in(patterns: &[&str]) -> Vec<Pattern> {
    patterns
        .iter()
        .filter_map(|text| Pattern::compile(text).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, path: &str) -> bool {
        let path = RelPath::parse(path).expect("a relative path");
        Pattern::compile(pattern).expect("a pattern").covers(&path)
    }

    #[test]
    fn a_folder_covers_what_it_holds() {
        assert!(check("**/*secret*", "config/my-secrets/readme.md"));
        assert!(check("acceptance/**", "acceptance/run"));
        assert!(!check("acceptance/**", "docs/acceptance.md"));
    }

    #[test]
    fn case_is_folded_and_stars_stay_inside_a_folder() {
        assert!(check("**/.env*", "sub/.ENV.local"));
        assert!(check("**/.env*", ".env"));
        assert!(!check("src/*.py", "src/a/b.py"));
    }
}
