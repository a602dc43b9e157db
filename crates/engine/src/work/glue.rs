//! Files that the program writes by itself.

use std::collections::BTreeSet;

use code::Language;
use spec::Spec;

use super::place::words;
use crate::checks::{self, Subject};
use crate::tooling::Tooling;

/// The file that says how a project's scripts are joined.
pub(crate) const PACKAGE_JSON: &str = "package.json";

/// The file that describes a Rust package.
pub(crate) const MANIFEST: &str = "Cargo.toml";

/// What cargo writes beside it.
pub(crate) const LOCK_FILE: &str = "Cargo.lock";

/// The root of a Rust library.
pub(crate) const CRATE_ROOT: &str = "src/lib.rs";

/// A file that the program writes by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Glue {
    /// A Python package's `__init__.py` that exports functions of its modules.
    Package {
        /// The file.
        path: String,
        /// Each module, relative to the package, with the names it gives.
        exports: Vec<(String, Vec<String>)>,
    },
    /// A migration that creates one table, as the spec writes it.
    Migration {
        /// The file.
        path: String,
        /// The statement.
        sql: String,
    },
    /// The `Cargo.toml` of a new package.
    Manifest {
        /// The package's name.
        name: String,
    },
    /// The root of a Rust library with the modules it must make known.
    CrateRoot {
        /// Its text.
        text: String,
    },
    /// The `package.json` that makes scripts modules.
    ScriptPackage {
        /// The package's name.
        name: String,
    },
}

impl Glue {
    /// The file it writes.
    pub fn path(&self) -> &str {
        match self {
            Glue::Package { path, .. } | Glue::Migration { path, .. } => path,
            Glue::ScriptPackage { .. } => PACKAGE_JSON,
            Glue::Manifest { .. } => MANIFEST,
            Glue::CrateRoot { .. } => CRATE_ROOT,
        }
    }

    /// The file's text where `present` stands. A package that is there keeps every line of its own: only the exports that it lacks
    /// are added.
    pub fn text_over(&self, present: &str) -> String {
        match self {
            Glue::Package { exports, .. } if !present.trim().is_empty() => {
                package_with(present, exports)
            }
            _ => self.text(),
        }
    }

    /// The file's text where nothing stands.
    pub fn text(&self) -> String {
        match self {
            Glue::Package { exports, .. } => package_text(exports),
            Glue::Migration { sql, .. } => format!("{}\n", sql.trim_end()),
            Glue::ScriptPackage { name } => script_package(name),
            Glue::Manifest { name } => format!(
                "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\n"
            ),
            Glue::CrateRoot { text } => text.clone(),
        }
    }
}

pub(super) fn glue_of(
    spec: &Spec,
    tooling: &Tooling,
    files: &[String],
    subjects: &[Subject],
) -> Vec<Glue> {
    let packages = files.iter().filter(|it| it.ends_with("__init__.py"));
    let mut glue: Vec<Glue> = packages
        .map(|path| Glue::Package {
            path: path.clone(),
            exports: exports_of(path, subjects),
        })
        .filter(|it| !matches!(it, Glue::Package { exports, .. } if exports.is_empty()))
        .collect();
    if tooling.package.is_none() && files.iter().any(|it| it == PACKAGE_JSON) {
        glue.push(Glue::ScriptPackage {
            name: package_name(&spec.name),
        });
    }
    if tooling.manifest.is_none() && files.iter().any(|it| it == MANIFEST) {
        glue.push(Glue::Manifest {
            name: package_name(&spec.name),
        });
    }
    glue.extend(crate_root(spec, tooling, files, subjects));
    for (number, table) in spec.schema.iter().enumerate() {
        let path = migration_path(number, &table.name);
        if files.contains(&path) {
            glue.push(Glue::Migration {
                path,
                sql: create_table(table),
            });
        }
    }
    glue
}

/// The library's root with a `pub mod` for each module that the task writes; none when it has them.
fn crate_root(
    spec: &Spec,
    tooling: &Tooling,
    files: &[String],
    subjects: &[Subject],
) -> Option<Glue> {
    let mine = subjects
        .iter()
        .filter(|it| it.language() == Some(Language::Rust))
        .filter(|it| files.contains(&it.file));
    let modules: BTreeSet<&str> = mine
        .filter_map(|it| checks::rust_module(&it.file))
        .filter(|it| !it.is_empty())
        .collect();
    let present = tooling.crate_root.clone();
    let mut text =
        present.unwrap_or_else(|| format!("//! {}.\n", spec.title.trim_end_matches('.')));
    let before = text.clone();
    for module in modules {
        text = with_module(&text, module);
    }
    (text != before).then_some(Glue::CrateRoot { text })
}

/// The text with `pub mod NAME;` after its other modules, or below its header.
fn with_module(text: &str, module: &str) -> String {
    let declares = |line: &str| {
        let rest = line.strip_prefix("pub").unwrap_or(line);
        let rest = match rest.strip_prefix('(') {
            Some(inside) => inside.split_once(')').map_or(rest, |(_, after)| after),
            None => rest,
        };
        rest.trim_start().starts_with("mod ")
    };
    let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let own = format!("mod {module};");
    if text
        .lines()
        .any(|it| declares(it) && it.trim_end().ends_with(&own))
    {
        return text.to_owned();
    }
    let lines: Vec<&str> = text.lines().collect();
    let after_modules = lines
        .iter()
        .rposition(|it| declares(it) && it.contains(';'));
    let header = lines
        .iter()
        .take_while(|it| it.starts_with("//!") || it.starts_with("#!["))
        .count();
    let at = after_modules.map_or(header, |it| it + 1);
    let mut new: Vec<String> = lines[..at].iter().map(|it| (*it).to_owned()).collect();
    if after_modules.is_none() && header > 0 {
        new.push(String::new());
    }
    new.push(format!("pub mod {module};"));
    new.extend(lines[at..].iter().map(|it| (*it).to_owned()));
    new.join(ending) + ending
}

/// A name that Cargo takes for the package of a spec, as Rust code writes it.
pub(super) fn new_crate_name(spec: &Spec) -> String {
    package_name(&spec.name).replace('-', "_")
}

/// Whether a file is a module only by what `package.json` says.
pub(crate) fn needs_package(file: &str) -> bool {
    [".js", ".jsx", ".ts", ".tsx"]
        .iter()
        .any(|it| file.ends_with(it))
}

/// A name that npm takes: lower-case letters, digits and dashes.
fn package_name(spec: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    let name: String = spec.chars().map(plain).collect();
    match name.trim_matches('-') {
        "" => "package".to_owned(),
        name if name.starts_with(|c: char| c.is_ascii_digit()) => format!("m-{name}"),
        name => name.to_owned(),
    }
}

fn script_package(name: &str) -> String {
    format!(
        "{{\n  \"name\": \"{name}\",\n  \"private\": true,\n  \"type\": \"module\",\n  \"scripts\": {{\n    \"test\": \"node --test\"\n  }}\n}}\n"
    )
}

fn create_table(table: &spec::Table) -> String {
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|it| format!("    {} {}", it.name, it.definition))
        .collect();
    format!("CREATE TABLE {} (\n{}\n);", table.name, columns.join(",\n"))
}

pub(crate) fn migration_path(number: usize, table: &str) -> String {
    format!("migrations/{:03}_create_{}.sql", number + 1, words(table))
}

fn exports_of(init: &str, subjects: &[Subject]) -> Vec<(String, Vec<String>)> {
    let folder = init.strip_suffix("__init__.py").unwrap_or_default();
    let mut exports: Vec<(String, Vec<String>)> = Vec::new();
    for subject in subjects {
        let Some(module) = subject.file.strip_prefix(folder) else {
            continue;
        };
        let Some(module) = module.strip_suffix(".py") else {
            continue;
        };
        if module.is_empty() || module.contains('/') {
            continue;
        }
        match exports.iter_mut().find(|(name, _)| name == module) {
            Some((_, names)) => names.push(subject.function.clone()),
            None => exports.push((module.to_owned(), vec![subject.function.clone()])),
        }
    }
    exports.sort();
    exports
}

fn package_text(exports: &[(String, Vec<String>)]) -> String {
    let imports: String = exports
        .iter()
        .map(|(module, names)| format!("from .{module} import {}\n", sorted(names).join(", ")))
        .collect();
    let all: Vec<String> = exports
        .iter()
        .flat_map(|(_, names)| names.clone())
        .collect();
    let all: Vec<String> = sorted(&all)
        .into_iter()
        .map(|it| format!("\"{it}\""))
        .collect();
    format!("{imports}\n__all__ = [{}]\n", all.join(", "))
}

/// The package's text with the exports that it lacks, and with their names in `__all__` where it has one on a line.
fn package_with(present: &str, exports: &[(String, Vec<String>)]) -> String {
    let imports = code::imports(Language::Python, present);
    let known: BTreeSet<&str> = imports
        .iter()
        .flat_map(|it| &it.names)
        .map(String::as_str)
        .collect();
    let ending = if present.contains("\r\n") {
        "\r\n"
    } else {
        "\n"
    };
    let mut lines = String::new();
    for (module, names) in exports {
        let missing: Vec<&str> = sorted(names)
            .into_iter()
            .filter(|it| !known.contains(it))
            .collect();
        if !missing.is_empty() {
            lines += &format!("from .{module} import {}{ending}", missing.join(", "));
        }
    }
    let after = imports.iter().map(|it| it.span.end).max();
    let at = after.map_or(present.len(), |end| {
        present[end..]
            .find('\n')
            .map_or(present.len(), |it| end + it + 1)
    });
    let (before, rest) = present.split_at(at);
    let gap = if before.ends_with('\n') { "" } else { ending };
    let gap = if lines.is_empty() { "" } else { gap };
    with_names(&format!("{before}{gap}{lines}{rest}"), exports)
}

/// The text with these names in its `__all__`, when that is a list on one line.
fn with_names(text: &str, exports: &[(String, Vec<String>)]) -> String {
    let add = |line: &str| {
        let list = line.trim_end().strip_prefix("__all__ = [")?;
        let list = list.strip_suffix(']')?.trim().trim_end_matches(',');
        let names = exports.iter().flat_map(|(_, names)| sorted(names));
        let has = |name: &str| {
            list.split(',')
                .any(|it| it.trim().trim_matches(['"', '\'']) == name)
        };
        let mut all: Vec<String> = vec![list.to_owned()];
        all.retain(|it| !it.is_empty());
        all.extend(names.filter(|it| !has(it)).map(|it| format!("\"{it}\"")));
        let ending = &line[line.trim_end().len()..];
        Some(format!("__all__ = [{}]{ending}", all.join(", ")))
    };
    text.split_inclusive('\n')
        .map(|line| add(line).unwrap_or_else(|| line.to_owned()))
        .collect()
}

fn sorted(names: &[String]) -> Vec<&str> {
    let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    names.into_iter().collect()
}

pub(super) fn imports_of(glue: &[Glue]) -> Vec<(String, Vec<String>)> {
    let of = |it: &Glue| match it {
        Glue::Package { path, exports } => {
            let names = exports
                .iter()
                .flat_map(|(_, names)| names.clone())
                .collect();
            Some((checks::module_of(path), names))
        }
        _ => None,
    };
    glue.iter().filter_map(of).collect()
}
