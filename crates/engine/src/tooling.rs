//! What the project and the machine bring to checks: facts that the session finds out and the engine reasons
//! with.

use code::{Language, ModuleKind};

use crate::checks::Runner;

/// The tools that checks of a project can use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tooling {
    /// How the project's `package.json` says that `.js` files are joined; none when there is no such file.
    pub package: Option<ModuleKind>,
    /// Whether the project has its tests run by pytest, and the machine has it.
    pub pytest: bool,
    /// The text of the project's `Cargo.toml`.
    pub manifest: Option<String>,
    /// The text of the project's `src/lib.rs`.
    pub crate_root: Option<String>,
    /// Whether the installed node runs TypeScript by leaving out its types.
    pub strips_types: bool,
}

impl Tooling {
    /// How the file at `path` gives its names to others.
    pub fn module_kind(&self, path: &str) -> ModuleKind {
        let extension = path.rsplit('.').next().unwrap_or_default();
        match extension {
            "cjs" | "cts" => ModuleKind::CommonJs,
            "mjs" | "mts" => ModuleKind::Module,
            _ => self.package.unwrap_or_default(),
        }
    }

    /// What runs checks of a language.
    ///
    /// # Errors
    /// The reason why nothing can.
    pub fn runner(&self, language: Language) -> Result<Runner, &'static str> {
        match language {
            Language::Python if self.pytest => Ok(Runner::Pytest),
            Language::Python => Ok(Runner::Unittest),
            Language::JavaScript => Ok(Runner::Node),
            Language::TypeScript if self.strips_types => Ok(Runner::Node),
            Language::TypeScript => {
                Err("TypeScript needs node 22.18 or newer, which runs it by leaving out the types")
            }
            Language::Rust if self.manifest.is_some() && self.crate_name().is_none() => {
                Err("the project's Cargo.toml names no package")
            }
            Language::Rust => Ok(Runner::Cargo),
        }
    }

    /// The library of the project's package, as Rust code names it.
    pub(crate) fn crate_name(&self) -> Option<String> {
        let manifest = self.manifest.as_deref()?;
        let name = name_in(manifest, "[lib]").or_else(|| name_in(manifest, "[package]"))?;
        Some(name.replace('-', "_"))
    }
}

/// The value of `name = "…"` in a section of a manifest.
fn name_in<'a>(manifest: &'a str, section: &str) -> Option<&'a str> {
    let lines = manifest.lines().map(str::trim);
    let inside = lines
        .skip_while(|it| *it != section)
        .skip(1)
        .take_while(|it| !it.starts_with('['));
    let value = |line: &'a str| line.strip_prefix("name")?.trim_start().strip_prefix('=');
    let value = inside.into_iter().find_map(value)?.trim();
    value.strip_prefix('"')?.split('"').next()
}

/// The language that a spec's constraint `Language: …` names.
pub(crate) fn language_of(constraint: &str) -> Option<Language> {
    let words = constraint
        .split(|c: char| !c.is_alphanumeric() && c != '+' && c != '#')
        .map(str::to_ascii_lowercase);
    words.into_iter().find_map(|word| match word.as_str() {
        "python" | "python3" => Some(Language::Python),
        "javascript" | "js" | "node" | "ecmascript" => Some(Language::JavaScript),
        "typescript" | "ts" => Some(Language::TypeScript),
        "rust" => Some(Language::Rust),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_name_languages() {
        for (text, language) in [
            ("Python 3.12", Some(Language::Python)),
            ("JavaScript (Node.js 20)", Some(Language::JavaScript)),
            ("Node.js", Some(Language::JavaScript)),
            ("TypeScript 5", Some(Language::TypeScript)),
            ("Rust 2024", Some(Language::Rust)),
            ("COBOL", None),
        ] {
            assert_eq!(language_of(text), language, "{text}");
        }
    }

    #[test]
    fn manifests_name_their_library() {
        let name = |text: &str| {
            let tooling = Tooling {
                manifest: Some(text.to_owned()),
                ..Tooling::default()
            };
            tooling.crate_name()
        };
        assert_eq!(
            name("[package]\nname = \"a-b\" # mine\n").as_deref(),
            Some("a_b")
        );
        assert_eq!(
            name("[package]\nname=\"a\"\n[lib]\nname = \"c\"\n").as_deref(),
            Some("c")
        );
        assert_eq!(name("[workspace]\n[dependencies]\nname = \"x\"\n"), None);
    }

    #[test]
    fn extensions_beat_the_package() {
        let common = Tooling {
            package: Some(ModuleKind::CommonJs),
            ..Tooling::default()
        };
        assert_eq!(common.module_kind("a.js"), ModuleKind::CommonJs);
        assert_eq!(common.module_kind("a.mjs"), ModuleKind::Module);
        assert_eq!(Tooling::default().module_kind("a.js"), ModuleKind::Module);
        assert_eq!(
            Tooling::default().module_kind("a.cjs"),
            ModuleKind::CommonJs
        );
    }
}
