//! Every package takes its lints and its licence from the workspace.

use super::Violation;
use crate::files::FileSet;
use crate::manifest;

const RULE: &str = "manifests";

pub(super) fn inherit(set: &FileSet) -> Vec<Violation> {
    let (manifests, unreadable) = manifest::manifests(set);
    let torn = unreadable.iter().map(|it| {
        Violation::new(
            RULE,
            &it.path,
            1,
            format!("the manifest is not TOML: {}", it.why),
        )
    });
    let mut found: Vec<Violation> = torn.collect();
    for manifest in &manifests {
        if !manifest.inherits_lints {
            found.push(Violation::new(
                RULE,
                &manifest.path,
                1,
                "`[lints] workspace = true` is missing",
            ));
        }
        if !manifest.inherits_license {
            found.push(Violation::new(
                RULE,
                &manifest.path,
                1,
                "`license.workspace = true` is missing",
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn packages_that_go_their_own_way_are_found() {
        let files = [
            ("Cargo.toml", "[workspace]\n"),
            (
                "crates/a/Cargo.toml",
                "[package]\nname = \"a\"\nlicense = \"MIT\"\n[lints]\nworkspace = true\n",
            ),
            (
                "crates/b/Cargo.toml",
                "[package]\nname = \"b\"\nlicense.workspace = true\nlints.workspace = false\n",
            ),
            ("crates/c/Cargo.toml", "[package\n"),
            (
                "crates/d/Cargo.toml",
                "[package]\nname = \"d\"\nlicense.workspace = true\n[lints]\nworkspace = true\n",
            ),
        ];
        let found = check(inherit, &files);
        assert_eq!(
            found[0].split(": ").take(2).collect::<Vec<_>>(),
            ["crates/c/Cargo.toml:1", "the manifest is not TOML"]
        );
        assert_eq!(
            found[1..],
            [
                "crates/a/Cargo.toml:1: `license.workspace = true` is missing",
                "crates/b/Cargo.toml:1: `[lints] workspace = true` is missing",
            ]
        );
    }
}
