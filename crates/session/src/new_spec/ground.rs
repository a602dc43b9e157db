//! What the project says of an idea: its language, and the code that the idea speaks of.

use std::collections::{BTreeMap, BTreeSet};

use code::Language;

use super::shape::Answered;
use crate::error::SessionError;
use crate::shop::Shop;

/// Most bytes of one file that a model is shown.
const FILE_MAX: usize = 6_000;

/// Most files that it is shown.
const FILES_MAX: usize = 2;

/// What an idea stands on.
pub(super) struct Ground {
    /// The language, as people name it.
    pub(super) language: &'static str,
    /// What was assumed of it, where nothing says it.
    pub(super) assumed: Option<Answered>,
    /// Code that the idea speaks of.
    pub(super) code: String,
}

pub(super) fn look(
    idea: &str,
    shop: &Shop,
    existing: &BTreeSet<String>,
) -> Result<Ground, SessionError> {
    let (language, is_known) = language(idea, existing);
    let name = match language {
        Language::Python => "Python 3",
        Language::JavaScript => "JavaScript",
        Language::TypeScript => "TypeScript",
        Language::Rust => "Rust",
    };
    let assumed = (!is_known).then(|| Answered {
        question: "In which language?".to_owned(),
        answer: format!("{name}, since nothing says another one."),
        by_person: false,
    });
    Ok(Ground {
        language: name,
        assumed,
        code: spoken_of(idea, shop, existing)?,
    })
}

/// The language that the idea names, else the one that most of the project's sources are in.
fn language(idea: &str, existing: &BTreeSet<String>) -> (Language, bool) {
    let words: Vec<String> = idea
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .collect();
    for (word, language) in [
        ("python", Language::Python),
        ("javascript", Language::JavaScript),
        ("typescript", Language::TypeScript),
        ("rust", Language::Rust),
    ] {
        if words.iter().any(|it| it == word) {
            return (language, true);
        }
    }
    let mut counts: BTreeMap<usize, (Language, usize)> = BTreeMap::new();
    let known = [
        Language::Python,
        Language::JavaScript,
        Language::TypeScript,
        Language::Rust,
    ];
    for language in existing.iter().filter_map(|it| Language::from_path(it)) {
        let at = known.iter().position(|it| *it == language).unwrap_or(0);
        counts.entry(at).or_insert((language, 0)).1 += 1;
    }
    let most = counts.values().max_by_key(|it| it.1);
    most.map_or((Language::Python, false), |it| (it.0, true))
}

/// The sources that the idea names, by path, file name or a function of theirs.
fn spoken_of(idea: &str, shop: &Shop, existing: &BTreeSet<String>) -> Result<String, SessionError> {
    let mut told = String::new();
    let mut count = 0;
    let sources = existing.iter().filter(|it| !code::is_test_path(it));
    for path in sources {
        let Some(language) = Language::from_path(path).filter(|_| count < FILES_MAX) else {
            continue;
        };
        let Some(text) = crate::documents::read(&shop.project, path)? else {
            continue;
        };
        let name = path.rsplit('/').next().unwrap_or(path);
        let symbols = code::symbols(language, &text);
        let is_named = |it: &code::Symbol| it.name.len() > 2 && has_word(idea, &it.name);
        if idea.contains(name) || symbols.iter().any(is_named) {
            let mut end = text.len().min(FILE_MAX);
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            told.push_str(&format!("=== {path} ===\n{}\n", &text[..end]));
            count += 1;
        }
    }
    Ok(told)
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|it| it == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_said_found_or_assumed() {
        let files = |paths: &[&str]| paths.iter().map(|it| (*it).to_owned()).collect();
        let check = |idea: &str, paths: &[&str], expected| {
            assert_eq!(language(idea, &files(paths)), expected, "{idea} {paths:?}");
        };
        check("slugs in Rust", &["a.py"], (Language::Rust, true));
        check(
            "slugs",
            &["a.js", "b.js", "c.py"],
            (Language::JavaScript, true),
        );
        check("slugs", &["README.md"], (Language::Python, false));
        assert!(has_word("fix total() for empty lists", "total"));
        assert!(!has_word("fix totals", "total"));
    }
}
