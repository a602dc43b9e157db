//! Pure crates decide and never act.

use super::Violation;
use crate::files::FileSet;
use crate::manifest::{Kind, manifests};
use crate::tables::{PURE_BANNED_MODULES, PURE_BANNED_PACKAGES, PURE_BANNED_WORDS, PURE_CRATES};
use crate::words::{find_word, leading_identifier, line_of};

const RULE: &str = "purity";

/// What a pure crate's source says, outside of tests.
pub(super) fn of_source(set: &FileSet) -> Vec<Violation> {
    let mut found = Vec::new();
    for (file, rust) in set.rust().filter(|(file, _)| !set.is_test(file)) {
        let Some(name) = pure_crate(file.path()) else {
            continue;
        };
        let code = rust.production_code();
        let words = PURE_BANNED_WORDS.iter().flat_map(|(word, does)| {
            find_word(&code, word).map(move |at| (at, format!("`{word}` {does}")))
        });
        let imports = grouped_imports(&code)
            .into_iter()
            .filter(|(_, module)| PURE_BANNED_MODULES.contains(module))
            .map(|(at, module)| (at, format!("`std::{module}` acts on the world")));
        for (at, what) in words.chain(imports) {
            let why = format!("{what}, and `{name}` is pure: take the value as an argument");
            found.push(Violation::new(RULE, file.path(), line_of(&code, at), why));
        }
    }
    found
}

/// The pure crate whose source `path` belongs to.
fn pure_crate(path: &str) -> Option<&'static str> {
    let inside = |name: &&&str| {
        let rest = path
            .strip_prefix("crates/")
            .and_then(|it| it.strip_prefix(**name));
        rest.is_some_and(|it| it.starts_with("/src/"))
    };
    PURE_CRATES.iter().find(inside).copied()
}

/// The modules in `use std::{…}`, with their offsets.
fn grouped_imports(code: &str) -> Vec<(usize, &str)> {
    const OPENING: &str = "use std::{";
    let mut modules = Vec::new();
    for (at, _) in code.match_indices(OPENING) {
        let body = at + OPENING.len();
        let mut depth = 0_usize;
        let mut expected = true;
        for (offset, character) in code[body..].char_indices() {
            match character {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => expected = true,
                it if expected && !it.is_whitespace() => {
                    modules.push((body + offset, leading_identifier(&code[body + offset..])));
                    expected = false;
                }
                _ => {}
            }
        }
    }
    modules
}

/// What a pure crate builds on.
pub(super) fn of_dependencies(set: &FileSet) -> Vec<Violation> {
    let (manifests, _) = manifests(set);
    let mut found = Vec::new();
    for manifest in manifests
        .iter()
        .filter(|it| PURE_CRATES.contains(&it.name.as_str()))
    {
        let shipped = manifest
            .dependencies
            .iter()
            .filter(|it| it.kind == Kind::Normal);
        for dependency in shipped.filter(|it| PURE_BANNED_PACKAGES.contains(&it.package.as_str())) {
            let why = format!(
                "`{}` acts on the world, and `{}` is pure",
                dependency.package, manifest.name
            );
            found.push(Violation::new(RULE, &manifest.path, dependency.line, why));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::{NOTHING, check};
    use super::*;

    #[test]
    fn acting_is_found_in_pure_crates_only() {
        let text = "use std::fs;\nasync fn f() { let t = Instant::now(); }\n";
        assert_eq!(
            check(
                of_source,
                &[
                    ("crates/engine/src/plan.rs", text),
                    ("crates/host/src/files.rs", text)
                ]
            ),
            [
                "crates/engine/src/plan.rs:1: `std::fs` reads or writes files, and `engine` is pure: take the value as an argument",
                "crates/engine/src/plan.rs:2: `Instant::now` reads the clock, and `engine` is pure: take the value as an argument",
                "crates/engine/src/plan.rs:2: `async` is asynchronous, and `engine` is pure: take the value as an argument",
            ]
        );
    }

    #[test]
    fn tests_comments_literals_and_other_words_are_left_alone() {
        let text = "//! Never std::fs.\nuse std::fmt;\nfn f() { my_rand::x(\"tokio\"); }\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n";
        assert_eq!(
            check(of_source, &[("crates/code/src/lib.rs", text)]),
            NOTHING
        );
        assert_eq!(
            check(of_source, &[("crates/code/tests/it.rs", "use std::fs;\n")]),
            NOTHING
        );
    }

    #[test]
    fn a_grouped_import_hides_nothing() {
        let text = "use std::{\n    collections::{BTreeMap, fs},\n    env,\n    path::Path,\n};\n";
        assert_eq!(
            check(of_source, &[("crates/spec/src/lib.rs", text)]),
            [
                "crates/spec/src/lib.rs:3: `std::env` acts on the world, and `spec` is pure: take the value as an argument"
            ]
        );
    }

    #[test]
    fn pure_crates_build_on_pure_packages() {
        let text = "[package]\nname = \"policy\"\n[dependencies]\nrustix = \"1\"\n[dev-dependencies]\nrand = \"0.9\"\n";
        assert_eq!(
            check(of_dependencies, &[("crates/policy/Cargo.toml", text)]),
            ["crates/policy/Cargo.toml:4: `rustix` acts on the world, and `policy` is pure"]
        );
    }
}
