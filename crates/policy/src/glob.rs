//! Path patterns: globs in which `*` stays inside one folder and a match of a folder covers all that it
//! holds. Names are compared as [`fold`] spells them.

use change::RelPath;
use globset::GlobBuilder;
use regex::bytes::Regex;

use crate::fold::fold;

/// One pattern of the configuration, compiled once.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    text: String,
    covers: Regex,
}

impl Pattern {
    pub(crate) fn compile(text: &str) -> Result<Pattern, String> {
        let folded = fold(text);
        let glob = GlobBuilder::new(folded.strip_prefix("./").unwrap_or(&folded))
            .case_insensitive(true)
            .literal_separator(true)
            .empty_alternates(true)
            .build()
            .map_err(|error| error.kind().to_string())?;
        // A folder's match covers what follows it, so that one pass over a path of any depth is enough.
        let whole = glob.regex().strip_suffix('$').unwrap_or(glob.regex());
        let covers = Regex::new(&format!("{whole}(?:/(?s:.)*)?$")).map_err(|it| it.to_string())?;
        Ok(Pattern {
            text: text.to_owned(),
            covers,
        })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the path, or a folder that it lies in, matches.
    pub(crate) fn covers(&self, path: &RelPath) -> bool {
        self.covers_folded(&fold(path.as_str()))
    }

    /// The same for a text that is folded already and need not be a sound path.
    pub(crate) fn covers_folded(&self, folded: &str) -> bool {
        self.covers.is_match(folded.as_bytes())
    }
}

/// The first pattern that covers one of these folded texts.
pub(crate) fn first_covering<'p>(
    patterns: &'p [Pattern],
    folded: &[String],
) -> Option<&'p Pattern> {
    patterns
        .iter()
        .find(|pattern| folded.iter().any(|text| pattern.covers_folded(text)))
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
        assert!(check("./src/**", "src/a.py"));
        assert!(check("**/.git", "a/b/.git/hooks/x") && !check("**/.git", "a/.gitx/y"));
        assert!(check("**", "a/b") && check("a\nb", "a\nb/c\nd"));
    }

    #[test]
    fn case_is_folded_and_stars_stay_inside_a_folder() {
        assert!(check("**/.env*", "sub/.ENV.local"));
        assert!(check("**/.env*", ".env"));
        assert!(check("**/*secret*", "my-\u{17f}ecret.txt"));
        assert!(check("**/Straße", "a/STRASSE/b"));
        assert!(!check("src/*.py", "src/a/b.py"));
    }
}
