//! Cargo manifests, read as far as the rules need.

use toml::de::{DeTable, DeValue};

use crate::files::{FileSet, SourceFile};
use crate::words::line_of;

/// Which table a dependency stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `[dependencies]`.
    Normal,
    /// `[build-dependencies]`.
    Build,
    /// `[dev-dependencies]`.
    Dev,
}

/// One dependency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dependency {
    /// The package's name, whatever it is called here.
    pub(crate) package: String,
    /// The table it stands in.
    pub(crate) kind: Kind,
    /// Its line, from 1.
    pub(crate) line: usize,
}

/// A `Cargo.toml` with a `[package]`.
#[derive(Debug)]
pub(crate) struct Manifest {
    /// The file.
    pub(crate) path: String,
    /// The package's name.
    pub(crate) name: String,
    /// What it depends on, for every target.
    pub(crate) dependencies: Vec<Dependency>,
    /// Whether `[lints] workspace = true` is there.
    pub(crate) inherits_lints: bool,
    /// Whether `license.workspace = true` is there.
    pub(crate) inherits_license: bool,
}

/// A manifest that is not TOML.
#[derive(Debug)]
pub(crate) struct Unreadable {
    /// The file.
    pub(crate) path: String,
    /// What is wrong with it.
    pub(crate) why: String,
}

/// The packages of `set`, in the order of their paths; workspaces without a package are left out, and so are packages that are a
/// workspace of their own, such as the fuzz targets.
pub(crate) fn manifests(set: &FileSet) -> (Vec<Manifest>, Vec<Unreadable>) {
    let renamed = set
        .get("Cargo.toml")
        .map(workspace_renames)
        .unwrap_or_default();
    let mut manifests = Vec::new();
    let mut unreadable = Vec::new();
    for file in set.own().filter(|it| it.name() == "Cargo.toml") {
        let text = file.text().unwrap_or("\0");
        match DeTable::parse(text) {
            Ok(root) if file.path() != "Cargo.toml" && root.get_ref().contains_key("workspace") => {
            }
            Ok(root) => manifests.extend(read(file.path(), text, root.get_ref(), &renamed)),
            Err(error) => unreadable.push(Unreadable {
                path: file.path().to_owned(),
                why: error.message().to_owned(),
            }),
        }
    }
    (manifests, unreadable)
}

/// Name here and name of the package, for the root's `[workspace.dependencies]` that rename one.
fn workspace_renames(root: &SourceFile) -> Vec<(String, String)> {
    let parsed = root.text().and_then(|it| DeTable::parse(it).ok());
    let table = parsed.as_ref().map(|it| it.get_ref());
    let shared = table.and_then(|it| table_at(it, &["workspace", "dependencies"]));
    let renamed = shared
        .into_iter()
        .flat_map(|it| it.iter())
        .filter_map(|(key, value)| {
            let package = value.get_ref().get("package")?.get_ref().as_str()?;
            Some((key.get_ref().to_string(), package.to_owned()))
        });
    renamed.collect()
}

fn read(
    path: &str,
    text: &str,
    root: &DeTable<'_>,
    renamed: &[(String, String)],
) -> Option<Manifest> {
    let package = table_at(root, &["package"])?;
    let mut dependencies = dependencies_in(root, text, renamed);
    for target in table_at(root, &["target"])
        .into_iter()
        .flat_map(|it| it.values())
    {
        let table = target.get_ref().as_table();
        dependencies.extend(
            table
                .into_iter()
                .flat_map(|it| dependencies_in(it, text, renamed)),
        );
    }
    Some(Manifest {
        path: path.to_owned(),
        name: package.get("name")?.get_ref().as_str()?.to_owned(),
        dependencies,
        inherits_lints: is_true(root, &["lints", "workspace"]),
        inherits_license: is_true(package, &["license", "workspace"]),
    })
}

fn dependencies_in(
    table: &DeTable<'_>,
    text: &str,
    renamed: &[(String, String)],
) -> Vec<Dependency> {
    let kinds = [
        ("dependencies", Kind::Normal),
        ("build-dependencies", Kind::Build),
        ("dev-dependencies", Kind::Dev),
    ];
    let mut found = Vec::new();
    for (name, kind) in kinds {
        for (key, value) in table_at(table, &[name])
            .into_iter()
            .flat_map(|it| it.iter())
        {
            let shared = renamed
                .iter()
                .find(|(here, _)| here == key.get_ref())
                .map(|(_, package)| package.as_str());
            let own = value
                .get_ref()
                .get("package")
                .and_then(|it| it.get_ref().as_str());
            found.push(Dependency {
                package: own.or(shared).unwrap_or(key.get_ref()).to_owned(),
                kind,
                line: line_of(text, key.span().start),
            });
        }
    }
    found
}

fn table_at<'a, 'i>(root: &'a DeTable<'i>, path: &[&str]) -> Option<&'a DeTable<'i>> {
    path.iter()
        .try_fold(root, |table, key| table.get(*key)?.get_ref().as_table())
}

fn is_true(root: &DeTable<'_>, path: &[&str]) -> bool {
    let Some((last, folders)) = path.split_last() else {
        return false;
    };
    let value = table_at(root, folders).and_then(|it| it.get(*last));
    value.map(|it| it.get_ref()).and_then(DeValue::as_bool) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_of_every_kind_and_target_are_found_under_their_own_names() {
        let set = FileSet::of(&[
            (
                "Cargo.toml",
                "[workspace.dependencies]\nm = { path = \"crates/model\", package = \"model\" }\n",
            ),
            (
                "crates/a/Cargo.toml",
                "[package]\nname = \"a\"\nlicense.workspace = true\n[lints]\nworkspace = true\n\
                 [dependencies]\nm.workspace = true\nh = { version = \"1\", package = \"host\" }\n\
                 [dev-dependencies]\ntestkit.workspace = true\n\
                 [target.'cfg(unix)'.build-dependencies]\ncc = \"1\"\n",
            ),
            ("crates/b/Cargo.toml", "[package\n"),
        ]);
        let (manifests, unreadable) = manifests(&set);
        let [manifest] = &manifests[..] else {
            panic!("{manifests:?}")
        };
        let mut seen: Vec<_> = manifest
            .dependencies
            .iter()
            .map(|it| (it.package.as_str(), it.kind, it.line))
            .collect();
        seen.sort_by_key(|it| it.2);
        assert_eq!(
            seen,
            [
                ("model", Kind::Normal, 7),
                ("host", Kind::Normal, 8),
                ("testkit", Kind::Dev, 10),
                ("cc", Kind::Build, 12)
            ]
        );
        assert!(manifest.inherits_lints && manifest.inherits_license);
        assert_eq!(unreadable[0].path, "crates/b/Cargo.toml");
    }
}
