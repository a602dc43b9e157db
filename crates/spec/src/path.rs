//! File paths that prose mentions.

use std::ops::Range;

use crate::inline::code_spans;

const EXTENSIONS: &[&str] = &[
    "bash", "bat", "c", "cc", "cfg", "cjs", "conf", "cpp", "cs", "css", "csv", "cts", "cxx",
    "dart", "env", "erb", "ex", "exs", "go", "gradle", "graphql", "h", "hpp", "hs", "htm", "html",
    "ini", "ipynb", "java", "js", "json", "jsonl", "jsx", "kt", "kts", "less", "lock", "lua", "md",
    "mjs", "mts", "php", "pl", "proto", "ps1", "py", "pyi", "r", "rb", "rs", "rst", "sass",
    "scala", "scss", "sh", "sql", "svelte", "svg", "swift", "tf", "toml", "ts", "tsx", "txt",
    "vue", "xml", "yaml", "yml", "zig",
];

const NAMES: &[&str] = &[
    "Dockerfile",
    "Makefile",
    "Justfile",
    "Procfile",
    "Gemfile",
    "Rakefile",
    "Jenkinsfile",
];

/// The paths that `text` mentions, in order, each once: in backticks, or bare with a folder or with a known extension in lower case.
pub(crate) fn paths_in(text: &str, bare_too: bool) -> Vec<String> {
    let mut found: Vec<(Range<usize>, &str)> = Vec::new();
    let spans = code_spans(text);
    for span in &spans {
        let inner = text[span.inner.clone()].trim();
        if is_path(inner) {
            found.push((span.inner.clone(), inner));
        }
    }
    if bare_too {
        found.extend(bare_words(
            text,
            &spans.iter().map(|it| it.outer.clone()).collect::<Vec<_>>(),
        ));
        found.sort_by_key(|(range, _)| range.start);
    }
    let mut paths: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    paths.extend(
        found
            .into_iter()
            .filter(|(_, path)| seen.insert(*path))
            .map(|(_, path)| path.to_owned()),
    );
    paths
}

fn bare_words<'a>(text: &'a str, code: &[Range<usize>]) -> Vec<(Range<usize>, &'a str)> {
    let mut words = Vec::new();
    let mut from = 0;
    for span in code
        .iter()
        .cloned()
        .chain(std::iter::once(text.len()..text.len()))
    {
        let gap = &text[from..span.start];
        for word in gap.split(|c: char| c.is_whitespace() || "()[]{}<>,;\"'*".contains(c)) {
            let word = word.trim_end_matches(['.', ':', '!', '?']);
            let at = word.as_ptr() as usize - text.as_ptr() as usize;
            if is_path(word) && is_plain_word(word) {
                words.push((at..at + word.len(), word));
            }
        }
        from = span.end;
    }
    words
}

/// Outside backticks, `Node.js` is a product.
fn is_plain_word(word: &str) -> bool {
    word.contains('/') || (!word.starts_with(|c: char| c.is_uppercase()) || NAMES.contains(&word))
}

/// Whether `text` has the shape of a relative path: a known extension, a known name, or a folder that ends in a slash.
pub(crate) fn is_path(text: &str) -> bool {
    let is_clean = text
        .chars()
        .all(|c| c.is_alphanumeric() || "_./@+-".contains(c));
    if !is_clean
        || text.starts_with('/')
        || text.contains("//")
        || text.split('/').any(|it| it == "..")
    {
        return false;
    }
    if let Some(folder) = text.strip_suffix('/') {
        return folder.chars().any(char::is_alphanumeric);
    }
    let name = text.rsplit('/').next().unwrap_or(text);
    if NAMES.contains(&name) {
        return true;
    }
    let Some((stem, extension)) = name.rsplit_once('.') else {
        return false;
    };
    let is_dotfile = stem.is_empty()
        && ["env", "gitignore", "dockerignore", "editorconfig"].contains(&extension);
    is_dotfile || (!stem.is_empty() && EXTENSIONS.contains(&extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(paths_in(text, true), expected, "{text}");
    }

    #[test]
    fn paths_are_told_from_prose() {
        check(
            "In `text_toolkit/slug.py` and src/auth/router.py, then `src/auth/`.",
            &["text_toolkit/slug.py", "src/auth/router.py", "src/auth/"],
        );
        check(
            "Built on Node.js and/or TCP/IP; `application/json` at `/api/users`",
            &[],
        );
        check(
            "see main.py. Also (tests/test_a.py): `Dockerfile`",
            &["main.py", "tests/test_a.py", "Dockerfile"],
        );
        check("`../x.py` and `http://a.b/c.py` and `f(x).py`", &[]);
        check("`a.py`, `a.py`", &["a.py"]);
        assert_eq!(paths_in("bare a.py and `b.py`", false), ["b.py"]);
    }
}
