//! Comments by which a model says that it left text out, such as `// ... existing code ...`.

/// What such a comment speaks of.
const WORDS: &[&str] = &[
    "existing",
    "rest of",
    "remaining",
    "unchanged",
    "same as before",
    "previous code",
    "omitted",
    "as before",
];
const COMMENTS: &[&str] = &["//", "#", "--", "/*", "<!--", ";", "%", "{/*"];

/// The first line that stands for text that was left out, trimmed.
pub(super) fn elided(text: &str) -> Option<String> {
    let stands_for_more = |line: &&str| {
        let Some(comment) = COMMENTS.iter().find_map(|mark| line.strip_prefix(mark)) else {
            return false;
        };
        let comment = comment.trim_start().to_lowercase();
        let dots = comment.starts_with("...") || comment.starts_with('…');
        dots && WORDS.iter().any(|word| comment.contains(word))
    };
    text.lines()
        .map(str::trim)
        .find(stands_for_more)
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_for_more_counts() {
        for line in [
            "// ... existing code ...",
            "    # ... rest of the function unchanged",
            "/* … remaining methods … */",
            "<!-- ... existing markup ... -->",
        ] {
            assert_eq!(
                elided(&format!("a\n{line}\nb")).as_deref(),
                Some(line.trim())
            );
        }
        for line in [
            "// the rest of the code is unchanged by this",
            "print('# ... existing')",
            "# ...",
            "let rest = ...existing;",
        ] {
            assert_eq!(elided(line), None, "{line}");
        }
    }
}
