//! Paths that a pattern matches, made from the pattern itself: to see what a list of patterns lets pass.

use change::RelPath;

use crate::filter::{Filter, Pattern};

/// Most paths that are made of one pattern.
const SAMPLES_MAX: usize = 600;

/// Paths that only a pattern for everything matches, all of them.
const STRANGERS: [&str; 6] = [
    "q7",
    "Zx/q7.qz",
    ".q7",
    "a/b/c/d.tar.gz",
    "Zx/.q7/ü x",
    "README",
];

/// Paths so different that what takes all of them takes everything.
pub(crate) fn everything() -> impl Iterator<Item = &'static str> {
    STRANGERS.into_iter()
}

/// Paths that the pattern at `index` matches; none when it can match no path at all.
pub(crate) fn samples(filter: &Filter, index: usize) -> Vec<String> {
    let patterns = filter.patterns();
    let Some(pattern) = patterns.get(index) else {
        return Vec::new();
    };
    let others = || {
        patterns
            .iter()
            .filter(|it| it.span != pattern.span || it.text != pattern.text)
    };
    let folders: Vec<String> = others().filter_map(folder).collect();
    let ends: Vec<String> = others().filter_map(end).collect();
    let maker = Maker { folders, ends };
    let made = maker.expand(pattern.body().strip_prefix("./").unwrap_or(pattern.body()));
    let prefixed = made
        .iter()
        .flat_map(|it| ["", "q7/"].map(|folder| format!("{folder}{it}")));
    let mut kept: Vec<String> = prefixed
        .filter(|it| RelPath::parse(it).is_ok() && pattern.matches(it))
        .collect();
    kept.sort_unstable();
    kept.dedup();
    kept
}

/// Why a pattern that matches nothing was perhaps written so.
pub(crate) fn hint(body: &str) -> String {
    if body.starts_with('/') {
        return "; patterns begin at the project's root without a slash".to_owned();
    }
    if body.ends_with('/') {
        return format!("; `{body}**` means what a folder holds");
    }
    if body.contains('\\') {
        return "; parts of a path are set apart by `/`".to_owned();
    }
    "; paths have no empty, `.` or `..` parts".to_owned()
}

/// What a pattern says of the folder before its first wildcard.
fn folder(pattern: &Pattern) -> Option<String> {
    let body = pattern.body();
    let fixed = &body[..body.find(['*', '?', '[', '{']).unwrap_or(body.len())];
    fixed.rfind('/').map(|at| fixed[..=at].to_owned())
}

/// What a pattern says of the name's end after its last wildcard, or the whole name when it has none.
fn end(pattern: &Pattern) -> Option<String> {
    let body = pattern.body();
    let name = body.rsplit('/').next().unwrap_or(body);
    let fixed = name
        .rfind(['*', '?', ']', '}'])
        .map_or(name, |at| &name[at + 1..]);
    (!fixed.is_empty()).then(|| fixed.to_owned())
}

struct Maker {
    folders: Vec<String>,
    ends: Vec<String>,
}

impl Maker {
    /// Texts that a pattern may stand for. Whoever asks compares them with the pattern itself.
    fn expand(&self, pattern: &str) -> Vec<String> {
        let mut made = vec![String::new()];
        let mut rest = pattern;
        while let Some(c) = rest.chars().next() {
            let (choices, length) = self.step(rest, c);
            made = made
                .iter()
                .flat_map(|head| choices.iter().map(move |tail| format!("{head}{tail}")))
                .take(SAMPLES_MAX)
                .collect();
            rest = &rest[length..];
        }
        made
    }

    /// What the next piece of a pattern may stand for, and how many bytes it has.
    fn step(&self, rest: &str, c: char) -> (Vec<String>, usize) {
        let own = |texts: &[&str]| texts.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        if rest.starts_with("**/") {
            let folders = self
                .folders
                .iter()
                .flat_map(|it| [it.clone(), format!("{it}q7/")]);
            return (
                own(&["", "q7/", "Zx/q7/"])
                    .into_iter()
                    .chain(folders)
                    .collect(),
                3,
            );
        }
        if rest.starts_with("**") {
            let ends = self
                .ends
                .iter()
                .flat_map(|it| [it.clone(), format!("q7{it}"), format!("Zx/q7{it}")]);
            return (
                own(&["q7", "Zx/q7.qz"]).into_iter().chain(ends).collect(),
                2,
            );
        }
        match c {
            '*' => {
                let ends = self
                    .ends
                    .iter()
                    .flat_map(|it| [it.clone(), format!("q7{it}")]);
                (
                    own(&["q7", "", "Zx.qz", ".q7"])
                        .into_iter()
                        .chain(ends)
                        .collect(),
                    1,
                )
            }
            '?' => (own(&["q", "Z", "0"]), 1),
            '[' => class(rest),
            '{' => self.choice(rest),
            '\\' => {
                let next = rest[1..].chars().next();
                (
                    vec![next.map_or(String::new(), String::from)],
                    1 + next.map_or(0, char::len_utf8),
                )
            }
            other => (vec![other.to_string()], other.len_utf8()),
        }
    }

    fn choice(&self, rest: &str) -> (Vec<String>, usize) {
        let (mut depth, mut from, mut parts) = (0, 1, Vec::new());
        for (at, c) in rest.char_indices() {
            match c {
                '{' => depth += 1,
                ',' if depth == 1 => parts.push(&rest[std::mem::replace(&mut from, at + 1)..at]),
                '}' if depth == 1 => {
                    parts.push(&rest[from..at]);
                    return (
                        parts.iter().flat_map(|it| self.expand(it)).collect(),
                        at + 1,
                    );
                }
                '}' => depth -= 1,
                _ => {}
            }
        }
        (Vec::new(), rest.len())
    }
}

/// Letters of a class, its own and some strangers.
fn class(rest: &str) -> (Vec<String>, usize) {
    let end = rest
        .char_indices()
        .skip(2)
        .find(|it| it.1 == ']')
        .map_or(rest.len(), |it| it.0 + 1);
    let own = rest[1..end].chars().filter(|it| !"[]!^".contains(*it));
    let letters = own.chain(['q', 'Z', '0', '_', '-']).map(String::from);
    (letters.collect(), end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::filter;

    #[test]
    fn samples_are_matched_by_their_pattern() {
        for pattern in [
            "src/**/*.py",
            "**",
            "a?c",
            "[a-c]x",
            "{a,b/{c,d}}/*.ts",
            "package.json",
            "./x/*",
            "**/*.{ts,tsx}",
        ] {
            let filter = filter(&[pattern]);
            let made = samples(&filter, 0);
            assert!(!made.is_empty(), "{pattern}");
            assert!(
                made.iter().all(|it| filter.takes(it)),
                "{pattern}: {made:?}"
            );
        }
        for pattern in ["/abs/*.py", "src/", "../x", "a//b", "a/./b"] {
            assert!(samples(&filter(&[pattern]), 0).is_empty(), "{pattern}");
        }
    }
}
