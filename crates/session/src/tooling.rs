//! What a folder and the machine bring to checks, found out for the engine.

use std::path::Path;

use code::{Language, ModuleKind};
use engine::Tooling;
use serde_json::Value;
use spec::Spec;

use crate::shop::Shop;

/// Largest manifest that is read, in bytes.
const MANIFEST_MAX: u64 = 4 << 20;

/// Looks at a folder that holds the project, for the languages that the spec needs.
pub(crate) fn look(folder: &Path, spec: &Spec, shop: &Shop) -> Tooling {
    let languages = engine::languages(spec);
    Tooling {
        package: read(folder, "package.json").map(|text| module_kind(&text)),
        pytest: languages.contains(&Language::Python) && wants_pytest(folder) && has_pytest(shop),
        manifest: read(folder, "Cargo.toml"),
        crate_root: read(folder, "src/lib.rs"),
        strips_types: languages.contains(&Language::TypeScript)
            && shop
                .answer("node", &["--version"])
                .is_some_and(|it| strips_types(&it)),
    }
}

/// Whether the project's virtual environment or the machine has pytest.
fn has_pytest(shop: &Shop) -> bool {
    let packages = shop.site_packages();
    let own = packages.and_then(|it| shop.sharing.real(&it.join("pytest")));
    own.is_some_and(|it| it.is_dir())
        || shop
            .answer("python3", &["-m", "pytest", "--version"])
            .is_some()
}

fn read(folder: &Path, name: &str) -> Option<String> {
    let bytes = host::files::read(&folder.join(name), MANIFEST_MAX).ok()?;
    String::from_utf8(bytes).ok()
}

/// Whether a project has its tests run by pytest: by a file of its own, a setting, or a requirement.
fn wants_pytest(folder: &Path) -> bool {
    const FILES: [&str; 3] = ["pytest.ini", "conftest.py", "tests/conftest.py"];
    const REQUIREMENTS: [&str; 4] = [
        "requirements.txt",
        "requirements-dev.txt",
        "requirements-test.txt",
        "dev-requirements.txt",
    ];
    let has = |name: &&str| folder.join(name).is_file();
    let sets = |name: &str, section: &str| {
        read(folder, name).is_some_and(|it| it.lines().any(|line| line.starts_with(section)))
    };
    let requires =
        |name: &&str| read(folder, name).is_some_and(|it| it.lines().any(requires_pytest));
    FILES.iter().any(has)
        || sets("pyproject.toml", "[tool.pytest")
        || sets("setup.cfg", "[tool:pytest]")
        || sets("tox.ini", "[pytest]")
        || REQUIREMENTS.iter().any(requires)
}

/// `pytest`, `pytest>=8`, `pytest[x]`; not `pytest-cov`.
fn requires_pytest(line: &str) -> bool {
    let rest = line.trim().strip_prefix("pytest");
    rest.is_some_and(|it| {
        it.is_empty() || it.starts_with(['=', '>', '<', '~', '!', '[', ' ', ';', '#'])
    })
}

/// How a `package.json` says that scripts are joined; without a word they are CommonJS.
fn module_kind(package: &str) -> ModuleKind {
    let value: Value = serde_json::from_str(package).unwrap_or_default();
    if value["type"] == "module" {
        ModuleKind::Module
    } else {
        ModuleKind::CommonJs
    }
}

/// Whether node of this version runs TypeScript without being told to: since 22.18 and 23.6.
fn strips_types(version: &str) -> bool {
    let mut numbers = version.trim_start_matches('v').split('.');
    let mut next = || numbers.next()?.parse::<u32>().ok();
    match (next(), next()) {
        (Some(22), Some(minor)) => minor >= 18,
        (Some(23), Some(minor)) => minor >= 6,
        (Some(major), _) => major > 23,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_node() {
        for (version, strips) in [
            ("v20.20.2", false),
            ("v22.17.0", false),
            ("v22.18.0", true),
            ("v23.5.0", false),
            ("v23.6.1", true),
            ("v24.0.0", true),
            ("node", false),
            ("", false),
        ] {
            assert_eq!(strips_types(version), strips, "{version}");
        }
    }

    #[test]
    fn projects_say_that_they_want_pytest() {
        let folder = tempfile::tempdir().expect("a folder");
        let check = |name: &str, text: &str| {
            let path = folder.path().join(name);
            plant(&path, text);
            let wants = wants_pytest(folder.path());
            plant(&path, "");
            wants
        };
        assert!(!wants_pytest(folder.path()));
        assert!(check("pyproject.toml", "[tool.pytest.ini_options]\n"));
        assert!(!check("pyproject.toml", "# pytest\n[tool.ruff]\n"));
        assert!(check("requirements.txt", "rich\npytest>=8\n"));
        assert!(!check("requirements.txt", "pytest-cov\n"));
        plant(&folder.path().join("pytest.ini"), "");
        assert!(wants_pytest(folder.path()));
    }

    #[expect(clippy::disallowed_methods, reason = "a test plants its files")]
    fn plant(path: &Path, text: &str) {
        std::fs::write(path, text).expect("a file");
    }

    #[test]
    fn packages_say_how_scripts_are_joined() {
        assert_eq!(module_kind("{\"type\": \"module\"}"), ModuleKind::Module);
        for text in ["{}", "{\"type\": \"commonjs\"}", "not json", "[]"] {
            assert_eq!(module_kind(text), ModuleKind::CommonJs, "{text}");
        }
    }
}
