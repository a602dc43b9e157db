//! Which files a hook is about, as a list of patterns.
//!
//! A pattern is compared with the path from the project's root: `*` and `?` stay inside one folder, `**` spans folders,
//! `[ab]` and `{a,b}` choose; upper and lower case differ. A pattern that begins with `!` takes files out again. The
//! patterns are read from top to bottom and the last one that matches decides, so that a later pattern can bring back
//! what an earlier one took out; a file that none matches is left alone.

use std::ops::Range;

use globset::{GlobBuilder, GlobMatcher};

use crate::witness;

/// An ordered list of patterns.
#[derive(Clone, Debug)]
pub struct Filter {
    patterns: Vec<Pattern>,
}

/// One pattern of a filter.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    /// As it was written.
    pub(crate) text: String,
    /// Where it stands in the file.
    pub(crate) span: Range<usize>,
    /// Whether it takes out.
    pub(crate) negative: bool,
    glob: GlobMatcher,
}

impl Pattern {
    /// Compiles a pattern as it was written; with `anywhere`, one without a slash is about names in any folder.
    pub(crate) fn compile(
        text: &str,
        span: Range<usize>,
        anywhere: bool,
    ) -> Result<Pattern, String> {
        let (negative, body) = match text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if body.trim().is_empty() {
            return Err("an empty pattern matches nothing; write one or leave it out".to_owned());
        }
        let body = body.strip_prefix("./").unwrap_or(body);
        let whole = match anywhere && !body.contains('/') {
            true => format!("**/{body}"),
            false => body.to_owned(),
        };
        let glob = GlobBuilder::new(&whole)
            .literal_separator(true)
            .empty_alternates(true)
            .build()
            .map_err(|error| error.kind().to_string())?;
        Ok(Pattern {
            text: text.to_owned(),
            span,
            negative,
            glob: glob.compile_matcher(),
        })
    }

    pub(crate) fn matches(&self, path: &str) -> bool {
        self.glob.is_match(path)
    }

    /// The pattern without its `!`.
    pub(crate) fn body(&self) -> &str {
        self.text.strip_prefix('!').unwrap_or(&self.text)
    }
}

impl Filter {
    pub(crate) fn new(patterns: Vec<Pattern>) -> Filter {
        Filter { patterns }
    }

    pub(crate) fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// The last pattern that matches the path.
    pub(crate) fn deciding(&self, path: &str) -> Option<&Pattern> {
        self.patterns.iter().rev().find(|it| it.matches(path))
    }

    /// Whether the hook is about this file.
    pub fn takes(&self, path: &str) -> bool {
        self.deciding(path).is_some_and(|it| !it.negative)
    }

    /// The patterns as they were written.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.patterns.iter().map(|it| it.text.as_str())
    }
}

/// Paths that a filter takes.
pub(crate) fn filter_over(filter: &Filter) -> Vec<String> {
    let all = (0..filter.patterns.len()).flat_map(|it| witness::samples(filter, it));
    all.filter(|it| filter.takes(it)).collect()
}

#[cfg(test)]
pub(crate) fn filter(patterns: &[&str]) -> Filter {
    let compile = |it: &&str| Pattern::compile(it, 0..0, false).expect("a pattern");
    Filter::new(patterns.iter().map(compile).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_match_decides() {
        let seed = filter(&["src/**/*.py", "!**/__init__.py"]);
        for (path, takes) in [
            ("src/a.py", true),
            ("src/deep/er/a.py", true),
            ("src/__init__.py", false),
            ("src/x/__init__.py", false),
            ("src/a.pyc", false),
            ("lib/src/a.py", false),
            ("src/ä b'$(x).py", true),
        ] {
            assert_eq!(seed.takes(path), takes, "{path}");
        }
        let back = filter(&["**/*.ts", "!gen/**", "gen/keep.ts"]);
        assert!(back.takes("gen/keep.ts") && !back.takes("gen/other.ts") && back.takes("a.ts"));
        let undone = filter(&["!a.py", "*.py"]);
        assert!(undone.takes("a.py") && !undone.takes("x/a.py"));
        assert!(!filter(&[]).takes("a"));
    }

    #[test]
    fn names_in_any_folder_where_asked_for() {
        let pattern = Pattern::compile("*.ts", 0..0, true).expect("a pattern");
        assert!(pattern.matches("a.ts") && pattern.matches("x/y/a.ts"));
        let pattern = Pattern::compile("!src/*.ts", 0..0, true).expect("a pattern");
        assert!(pattern.negative && pattern.matches("src/a.ts") && !pattern.matches("x/src/a.ts"));
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        for text in ["", "!", "a{b", "[z", " "] {
            assert!(Pattern::compile(text, 0..0, false).is_err(), "{text}");
        }
    }
}
