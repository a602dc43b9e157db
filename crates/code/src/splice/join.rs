//! What joins one file to others: making a definition visible to them, and importing theirs.

use tree_sitter::Node;

use super::edit::{Edit, apply};
use super::{Parsed, import};
use crate::definition::Definition;
use crate::language::Language;
use crate::names::Names;
use crate::tree::{children, text};

/// How the files of a script give names to each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ModuleKind {
    /// ECMAScript modules: `export` and `import`.
    #[default]
    Module,
    /// CommonJS: `module.exports` and `require`.
    CommonJs,
}

/// The file with its top-level definition `name` visible to other files: exported from a script in the way
/// of its modules, `pub` in Rust. A file that cannot be parsed or does not define the name is left as it is.
#[must_use]
pub fn exported(language: Language, file: &str, name: &str, kind: ModuleKind) -> String {
    let Some(parsed) = Parsed::new(language, file) else {
        return file.to_owned();
    };
    let named = |it: &&Definition| it.symbol.parent.is_none() && it.symbol.name == name;
    let Some(definition) = parsed.definitions.iter().find(named) else {
        return file.to_owned();
    };
    let edits = match (language, kind) {
        (Language::Python, _) => Vec::new(),
        (Language::Rust, _) if !definition.visibility.is_empty() => Vec::new(),
        (Language::Rust, _) => vec![Edit::insert(definition.declaration, "pub ".to_owned())],
        (_, ModuleKind::Module) => export_edits(&parsed, definition, name),
        (_, ModuleKind::CommonJs) => common_edits(&parsed, definition, name),
    };
    apply(file, edits)
}

fn export_edits(file: &Parsed<'_>, definition: &Definition, name: &str) -> Vec<Edit> {
    if definition.visibility.trim() == "export" || clause_names(file, name) {
        return Vec::new();
    }
    let written = file
        .source
        .get(definition.declaration..)
        .unwrap_or_default();
    if definition.visibility.is_empty() && !is_assigned(written) {
        vec![Edit::insert(definition.declaration, "export ".to_owned())]
    } else if is_assigned(written) {
        Vec::new()
    } else {
        vec![at_end(file, &format!("export {{ {name} }};"))]
    }
}

/// `exports.name = …`.
fn is_assigned(written: &str) -> bool {
    written.starts_with("exports.") || written.starts_with("module.exports")
}

/// Whether `export { name }` or `export { other as name }` stands in the file.
fn clause_names(file: &Parsed<'_>, name: &str) -> bool {
    let exports = |specifier: &Node<'_>| {
        let field = |field| specifier.child_by_field_name(field);
        let public = field("alias").or_else(|| field("name"));
        public.is_some_and(|it| text(file.source, it) == name)
    };
    let statements = children(file.tree.root_node());
    let clauses = statements
        .into_iter()
        .filter(|it| it.kind() == "export_statement")
        .flat_map(children)
        .filter(|it| it.kind() == "export_clause");
    clauses.flat_map(children).any(|it| exports(&it))
}

fn common_edits(file: &Parsed<'_>, definition: &Definition, name: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    let start = definition.declaration;
    if !definition.visibility.is_empty() {
        edits.push(Edit {
            range: start..start + definition.visibility.len(),
            text: String::new(),
        });
    }
    let written = file.source.get(start..).unwrap_or_default();
    if is_assigned(written) {
        return edits;
    }
    match exports_object(file) {
        Some(object) if has_key(object, file.source, name) => {}
        Some(object) => edits.push(Edit::insert(last_entry_end(object), entry(object, name))),
        None => edits.push(at_end(file, &format!("module.exports = {{ {name} }};"))),
    }
    edits
}

/// The object of `module.exports = { … }`.
fn exports_object<'tree>(file: &'tree Parsed<'_>) -> Option<Node<'tree>> {
    let assignments = children(file.tree.root_node())
        .into_iter()
        .filter(|it| it.kind() == "expression_statement")
        .filter_map(|it| it.named_child(0));
    assignments
        .filter(|it| {
            let left = it.child_by_field_name("left");
            left.is_some_and(|left| text(file.source, left) == "module.exports")
        })
        .filter_map(|it| it.child_by_field_name("right"))
        .find(|it| it.kind() == "object")
}

fn has_key(object: Node<'_>, source: &str, name: &str) -> bool {
    children(object).into_iter().any(|it| {
        let key = it
            .child_by_field_name("key")
            .or_else(|| it.child_by_field_name("name"));
        text(source, key.unwrap_or(it)) == name
    })
}

fn last_entry_end(object: Node<'_>) -> usize {
    let last = children(object).into_iter().rfind(|it| it.is_named());
    last.map_or(object.start_byte() + 1, |it| it.end_byte())
}

fn entry(object: Node<'_>, name: &str) -> String {
    if object.named_child_count() == 0 {
        format!(" {name} ")
    } else {
        format!(", {name}")
    }
}

pub(super) fn at_end(file: &Parsed<'_>, line: &str) -> Edit {
    let newline = file.style.newline;
    let end = file.source.trim_end().len();
    Edit {
        range: end..file.source.len(),
        text: format!("{newline}{newline}{}{newline}", line.replace('\n', newline)),
    }
}

/// The file with the import `statement`, which makes `name` known, when its code uses that name and neither
/// defines nor imports it. A file that cannot be parsed is left as it is.
#[must_use]
pub fn imported(language: Language, file: &str, statement: &str, name: &str) -> String {
    let parsed = Parsed::new(language, file).filter(|it| lacks(it, name));
    let parsed = parsed.zip(Parsed::new(language, statement));
    let merged =
        parsed.and_then(|(file, item)| import::merge(&file, &item, &[name.to_owned()]).ok());
    merged.unwrap_or_else(|| file.to_owned())
}

/// Whether code of the file uses `name` without defining or importing it.
fn lacks(file: &Parsed<'_>, name: &str) -> bool {
    let bindings = || file.imports.iter().flat_map(|it| &it.bindings);
    if file.defines(name) || bindings().any(|it| it.local() == Some(name)) {
        return false;
    }
    let names = Names::of(file.language, file.tree.root_node(), file.source);
    file.definitions
        .iter()
        .any(|it| names.free(&it.symbol.span).contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn export(file: &str, kind: ModuleKind) -> String {
        let once = exported(Language::JavaScript, file, "f", kind);
        assert_eq!(exported(Language::JavaScript, &once, "f", kind), once);
        assert_eq!(crate::syntax_error(Language::JavaScript, &once), None);
        once
    }

    #[test]
    fn modules_export_their_functions() {
        let check = |file, expected| assert_eq!(export(file, ModuleKind::Module), expected);
        check("function f() {}\n", "export function f() {}\n");
        check(
            "/** Doc. */\nconst f = () => 1;\n",
            "/** Doc. */\nexport const f = () => 1;\n",
        );
        check("function g() {}\n", "function g() {}\n");
        for whole in [
            "export function f() {}\n",
            "function f() {}\nexport { g, f };\n",
            "function h() {}\nexport { h as f };\nfunction f() {}\n",
            "exports.f = () => 1;\n",
        ] {
            check(whole, whole);
        }
        check(
            "export default function f() {}\n",
            "export default function f() {}\n\nexport { f };\n",
        );
    }

    #[test]
    fn common_js_gathers_them_at_the_end() {
        let check = |file, expected| assert_eq!(export(file, ModuleKind::CommonJs), expected);
        check(
            "function f() {}",
            "function f() {}\n\nmodule.exports = { f };\n",
        );
        check(
            "function f() {}\nmodule.exports = { g: 1 };\n",
            "function f() {}\nmodule.exports = { g: 1, f };\n",
        );
        check(
            "function f() {}\nmodule.exports = {};\n",
            "function f() {}\nmodule.exports = { f };\n",
        );
        check(
            "export function f() {}\n",
            "function f() {}\n\nmodule.exports = { f };\n",
        );
        for whole in [
            "function f() {}\nmodule.exports = { f };\n",
            "function f() {}\nmodule.exports = { f: f };\n",
            "exports.f = () => 1;\n",
        ] {
            check(whole, whole);
        }
    }

    #[test]
    fn rust_functions_become_public() {
        let check = |file, expected| {
            assert_eq!(
                exported(Language::Rust, file, "f", ModuleKind::Module),
                expected
            );
        };
        check(
            "/// Doc.\n#[inline]\nfn f() {}\n",
            "/// Doc.\n#[inline]\npub fn f() {}\n",
        );
        check("pub fn f() {}\n", "pub fn f() {}\n");
        check("pub(crate) fn f() {}\n", "pub(crate) fn f() {}\n");
    }

    #[test]
    fn missing_imports_are_added_once() {
        let check = |language, file: &str, statement, expected: &str| {
            let once = imported(language, file, statement, "g");
            assert_eq!(once, expected);
            assert_eq!(imported(language, &once, statement, "g"), once);
        };
        check(
            Language::Python,
            "def f(a):\n    return g(a)\n",
            "from kit.g import g",
            "from kit.g import g\n\n\ndef f(a):\n    return g(a)\n",
        );
        check(
            Language::JavaScript,
            "export function f(a) {\n  return g(a);\n}\n",
            "import { g } from \"./g.js\";",
            "import { g } from \"./g.js\";\n\nexport function f(a) {\n  return g(a);\n}\n",
        );
        check(
            Language::Rust,
            "pub fn f(a: u8) -> u8 {\n    g(a)\n}\n",
            "use crate::g::g;",
            "use crate::g::g;\n\npub fn f(a: u8) -> u8 {\n    g(a)\n}\n",
        );
        for whole in [
            "def f(a):\n    \"\"\"Not g.\"\"\"\n    return a\n",
            "from other import g\n\n\ndef f(a):\n    return g(a)\n",
            "def f(a):\n    return g(a)\n\n\ndef g(a):\n    return a\n",
            "def f(g):\n    return g\n",
            "def f(:\n",
        ] {
            check(Language::Python, whole, "from kit.g import g", whole);
        }
    }
}
