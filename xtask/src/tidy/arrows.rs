//! Crates depend on each other only along the arrows of the design.

use std::collections::BTreeSet;

use super::Violation;
use crate::files::FileSet;
use crate::manifest::{Dependency, Kind, Manifest, manifests};
use crate::tables::{ARROWS, DEV_ONLY};

const RULE: &str = "arrows";

pub(super) fn follow_the_table(set: &FileSet) -> Vec<Violation> {
    let (manifests, _) = manifests(set);
    let ours: BTreeSet<&str> = manifests.iter().map(|it| it.name.as_str()).collect();
    let mut found: Vec<Violation> = folders_without_manifest(set);
    for manifest in &manifests {
        found.extend(misnamed(manifest));
        match ARROWS.iter().find(|(name, _)| *name == manifest.name) {
            None => found.push(unknown(manifest)),
            Some((_, allowed)) => {
                let internal = manifest
                    .dependencies
                    .iter()
                    .filter(|it| is_ours(&ours, &it.package));
                let wrong =
                    internal.filter_map(|it| Some(forbidden(manifest, it, reason(allowed, it)?)));
                found.extend(wrong);
            }
        }
    }
    found
}

fn is_ours(ours: &BTreeSet<&str>, package: &str) -> bool {
    ours.contains(package) || ARROWS.iter().any(|(name, _)| *name == package)
}

fn folders_without_manifest(set: &FileSet) -> Vec<Violation> {
    let paths = set
        .crate_folders()
        .into_iter()
        .map(|it| format!("crates/{it}/Cargo.toml"));
    let missing = paths.filter(|it| set.get(it).is_none());
    missing
        .map(|it| Violation::new(RULE, &it, 1, "the crate's folder has no manifest"))
        .collect()
}

fn misnamed(manifest: &Manifest) -> Option<Violation> {
    let folder = manifest
        .path
        .strip_suffix("/Cargo.toml")?
        .rsplit('/')
        .next()?;
    let why = format!(
        "package `{}` stands in the folder `{folder}`: give both one name",
        manifest.name
    );
    (folder != manifest.name).then(|| Violation::new(RULE, &manifest.path, 1, why))
}

fn unknown(manifest: &Manifest) -> Violation {
    let why = format!(
        "crate `{}` is not in the table of arrows: extend ARROWS in xtask/src/tables.rs, and ARCHITECTURE.md, with what it may depend on",
        manifest.name
    );
    Violation::new(RULE, &manifest.path, 1, why)
}

/// Why a crate that may name `allowed` may not have `dependency`, if so.
fn reason(allowed: &[&str], dependency: &Dependency) -> Option<&'static str> {
    if dependency.package == DEV_ONLY {
        return (dependency.kind != Kind::Dev)
            .then_some("it is there for tests: name it in [dev-dependencies]");
    }
    let listed = allowed.contains(&dependency.package.as_str());
    (!listed).then_some("there is no such arrow in ARROWS in xtask/src/tables.rs")
}

fn forbidden(manifest: &Manifest, dependency: &Dependency, reason: &str) -> Violation {
    let why = format!(
        "`{}` may not depend on `{}`: {reason}",
        manifest.name, dependency.package
    );
    Violation::new(RULE, &manifest.path, dependency.line, why)
}

#[cfg(test)]
mod tests {
    use super::super::{NOTHING, check};
    use super::*;

    fn manifest(name: &str, rest: &str) -> String {
        format!("[package]\nname = \"{name}\"\n{rest}")
    }

    #[test]
    fn the_table_is_the_law() {
        let engine = manifest(
            "engine",
            "[dependencies]\nspec.workspace = true\nhost.workspace = true\nserde = \"1\"\n",
        );
        let agent = manifest(
            "agent",
            "[target.'cfg(unix)'.dependencies]\ns = { path = \"../session\", package = \"session\" }\n",
        );
        assert_eq!(
            check(
                follow_the_table,
                &[
                    ("crates/agent/Cargo.toml", &agent),
                    ("crates/engine/Cargo.toml", &engine)
                ]
            ),
            [
                "crates/agent/Cargo.toml:4: `agent` may not depend on `session`: there is no such arrow in ARROWS in xtask/src/tables.rs",
                "crates/engine/Cargo.toml:5: `engine` may not depend on `host`: there is no such arrow in ARROWS in xtask/src/tables.rs",
            ]
        );
    }

    #[test]
    fn a_new_crate_is_sent_to_the_table() {
        let found = check(
            follow_the_table,
            &[("crates/novel/Cargo.toml", &manifest("novel", ""))],
        );
        assert_eq!(found.len(), 1);
        assert!(
            found[0].contains("extend ARROWS in xtask/src/tables.rs"),
            "{}",
            found[0]
        );
    }

    #[test]
    fn testkit_is_for_tests_only() {
        let good = manifest("code", "[dev-dependencies]\ntestkit.workspace = true\n");
        let bad = manifest("code", "[dependencies]\ntestkit.workspace = true\n");
        assert_eq!(
            check(follow_the_table, &[("crates/code/Cargo.toml", &good)]),
            NOTHING
        );
        assert_eq!(
            check(follow_the_table, &[("crates/code/Cargo.toml", &bad)]),
            [
                "crates/code/Cargo.toml:4: `code` may not depend on `testkit`: it is there for tests: name it in [dev-dependencies]"
            ]
        );
    }

    #[test]
    fn tests_keep_to_the_arrows_too() {
        let spec = manifest("spec", "[dev-dependencies]\nengine.workspace = true\n");
        assert_eq!(
            check(follow_the_table, &[("crates/spec/Cargo.toml", &spec)]).len(),
            1
        );
    }

    #[test]
    fn folder_and_package_have_one_name() {
        let found = check(
            follow_the_table,
            &[
                ("crates/kode/Cargo.toml", &manifest("code", "")),
                ("crates/lost/x.rs", ""),
            ],
        );
        assert_eq!(
            found,
            [
                "crates/lost/Cargo.toml:1: the crate's folder has no manifest",
                "crates/kode/Cargo.toml:1: package `code` stands in the folder `kode`: give both one name",
            ]
        );
    }

    #[test]
    fn the_table_has_no_cycle() {
        let mut settled: Vec<&str> = Vec::new();
        while settled.len() < ARROWS.len() {
            let ready = |(name, below): &&(&'static str, &[&str])| {
                !settled.contains(name) && below.iter().all(|it| settled.contains(it))
            };
            let next = ARROWS
                .iter()
                .find(ready)
                .expect("a crate that rests on settled ones only")
                .0;
            settled.push(next);
        }
    }
}
