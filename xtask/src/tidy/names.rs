//! Names say what a thing is.

use super::Violation;
use crate::files::{FileSet, SourceFile};
use crate::tables::BANNED_MODULE_NAMES;
use crate::words::{find_word, leading_identifier, line_of};

const RULE: &str = "names";
const TYPE_KEYWORDS: &[&str] = &[
    "class",
    "enum",
    "interface",
    "struct",
    "trait",
    "type",
    "union",
];

pub(super) fn say_something(set: &FileSet) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in set
        .own()
        .filter(|it| matches!(it.extension(), "rs" | "ts" | "tsx"))
    {
        found.extend(empty_path(file));
        let Some(code) = file.rust().map(|it| it.code()).or_else(|| file.text()) else {
            continue;
        };
        let modules = declared(code, "mod")
            .filter(|(at, name)| BANNED_MODULE_NAMES.contains(name) && has_body(code, *at));
        found.extend(modules.map(|(at, name)| {
            Violation::new(RULE, file.path(), line_of(code, at), empty_name(name))
        }));
        for (at, name) in TYPE_KEYWORDS.iter().flat_map(|it| declared(code, it)) {
            if name.ends_with("Manager") {
                let why = format!("`{name}` manages everything and nothing: name what it does");
                found.push(Violation::new(RULE, file.path(), line_of(code, at), why));
            }
        }
    }
    found
}

fn empty_name(name: &str) -> String {
    format!("`{name}` says nothing about what is inside: name the concept")
}

/// A folder or a file whose name is banned.
fn empty_path(file: &SourceFile) -> Option<Violation> {
    let parts = file
        .path()
        .split('/')
        .map(|it| it.split_once('.').map_or(it, |(stem, _)| stem));
    let name = parts
        .into_iter()
        .find(|it| BANNED_MODULE_NAMES.contains(it))?;
    Some(Violation::new(RULE, file.path(), 1, empty_name(name)))
}

/// The offsets and names of what `keyword` declares.
fn declared<'a>(code: &'a str, keyword: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    find_word(code, keyword).filter_map(move |at| {
        let after = &code[at + keyword.len()..];
        let name = leading_identifier(after.trim_start());
        (after.starts_with(char::is_whitespace) && !name.is_empty()).then_some((at, name))
    })
}

fn has_body(code: &str, at: usize) -> bool {
    code[at..]
        .find(['{', ';'])
        .is_some_and(|it| code[at + it..].starts_with('{'))
}

#[cfg(test)]
mod tests {
    use super::super::{NOTHING, check};
    use super::*;

    #[test]
    fn empty_names_are_found_where_they_are_given() {
        let files = [
            (
                "crates/a/src/lib.rs",
                "mod utils;\nmod words;\npub mod helpers { }\n",
            ),
            ("crates/a/src/types/deep.rs", "\n"),
            ("crates/a/src/utils.rs", "\n"),
        ];
        assert_eq!(
            check(say_something, &files),
            [
                "crates/a/src/lib.rs:3: `helpers` says nothing about what is inside: name the concept",
                "crates/a/src/types/deep.rs:1: `types` says nothing about what is inside: name the concept",
                "crates/a/src/utils.rs:1: `utils` says nothing about what is inside: name the concept",
            ]
        );
    }

    #[test]
    fn managers_are_found() {
        let files = [
            ("a.rs", "// struct AManager\nstruct HookManager<T>(T);\n"),
            ("b.ts", "export class RunManager {}\n"),
        ];
        assert_eq!(
            check(say_something, &files),
            [
                "a.rs:2: `HookManager` manages everything and nothing: name what it does",
                "b.ts:1: `RunManager` manages everything and nothing: name what it does",
            ]
        );
        assert_eq!(
            check(
                say_something,
                &[("a.rs", "struct Managers;\nstruct Utils;\n")]
            ),
            NOTHING
        );
    }
}
