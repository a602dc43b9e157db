//! Lock files name public registries only, never the mirror that happened to serve a package.

use super::Violation;
use crate::files::FileSet;

/// A lock file's name, how a line in it says where a package comes from, and what must follow.
const SOURCES: &[(&str, &str, &str)] = &[
    (
        "Cargo.lock",
        "source = \"",
        "registry+https://github.com/rust-lang/crates.io-index\"",
    ),
    (
        "package-lock.json",
        "\"resolved\": \"",
        "https://registry.npmjs.org/",
    ),
];

pub(super) fn name_public_registries(set: &FileSet) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in set.own() {
        let Some((_, opening, public)) = SOURCES.iter().find(|(name, ..)| *name == file.name())
        else {
            continue;
        };
        for (at, line) in file.text().unwrap_or_default().lines().enumerate() {
            let source = line.trim_start().strip_prefix(opening);
            if source.is_some_and(|it| !it.starts_with(public)) {
                let why = "the package does not come from the public registry: lock it again without the mirror";
                found.push(Violation::new("lock-files", file.path(), at + 1, why));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn mirrors_are_found() {
        let cargo = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\nsource = \"git+https://example.org/x\"\n";
        let npm = "{\n  \"resolved\": \"https://registry.npmjs.org/a\",\n  \"resolved\": \"https://mirror.example.org/a\"\n}\n";
        let why =
            "the package does not come from the public registry: lock it again without the mirror";
        assert_eq!(
            check(
                name_public_registries,
                &[
                    ("Cargo.lock", cargo),
                    ("editors/vscode/package-lock.json", npm)
                ]
            ),
            [
                format!("Cargo.lock:2: {why}"),
                format!("editors/vscode/package-lock.json:3: {why}")
            ]
        );
    }
}
