//! Lock files name public registries only, never the mirror that happened to serve a package.

use super::Violation;
use crate::files::FileSet;

/// How a line of `Cargo.lock` says where a package comes from, and what must follow.
const SOURCE: &str = "source = \"";
const PUBLIC: &str = "registry+https://github.com/rust-lang/crates.io-index\"";

pub(super) fn name_public_registries(set: &FileSet) -> Vec<Violation> {
    let mut found = of_npm(set);
    for file in set.own().filter(|it| it.name() == "Cargo.lock") {
        for (at, line) in file.text().unwrap_or_default().lines().enumerate() {
            let source = line.trim_start().strip_prefix(SOURCE);
            if source.is_some_and(|it| !it.starts_with(PUBLIC)) {
                let why = "the package does not come from the public registry: lock it again without the mirror";
                found.push(Violation::new("lock-files", file.path(), at + 1, why));
            }
        }
    }
    found
}

/// npm writes down where a package came from unless it is told not to (`omit-lockfile-registry-resolved`).
fn of_npm(set: &FileSet) -> Vec<Violation> {
    let files = set.own().filter(|it| it.name() == "package-lock.json");
    let mut found = Vec::new();
    for file in files {
        for (at, line) in file.text().unwrap_or_default().lines().enumerate() {
            if line.trim_start().starts_with("\"resolved\"") {
                let why = "the lock file names a place: lock it again beside the folder's .npmrc";
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
        let why =
            "the package does not come from the public registry: lock it again without the mirror";
        assert_eq!(
            check(name_public_registries, &[("Cargo.lock", cargo)]),
            [format!("Cargo.lock:2: {why}")]
        );
        let npm =
            "{\n  \"resolved\": \"https://example.org/a.tgz\",\n  \"integrity\": \"sha512-x\"\n}\n";
        let why = "the lock file names a place: lock it again beside the folder's .npmrc";
        assert_eq!(
            check(name_public_registries, &[("a/package-lock.json", npm)]),
            [format!("a/package-lock.json:2: {why}")]
        );
    }
}
