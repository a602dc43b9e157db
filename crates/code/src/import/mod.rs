//! What a source imports.

mod given;
mod known;
mod python;
mod rust;
mod script;

pub use given::without_imports_of;
pub use known::with_known_imports;

use std::ops::Range;

use tree_sitter::Node;

use crate::language::Language;
use crate::tree::parse;

/// One module that a source imports from. A statement that names several modules gives several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The whole statement.
    pub text: String,
    /// The module, as written: `os.path`, `..models`, `./util`, `std::collections`.
    pub module: String,
    /// The names that the statement makes known in the file; `*` for all of the module's. Empty when
    /// the module is only loaded.
    pub names: Vec<String>,
    /// The bytes of the statement.
    pub span: Range<usize>,
}

/// The imports at the top level of a source, in the order of the text; those under a top-level `if`
/// or `try` of Python too. Dynamic imports are not found.
#[must_use]
pub fn imports(language: Language, source: &str) -> Vec<Import> {
    let Some(tree) = parse(language, source) else {
        return Vec::new();
    };
    let mut found: Vec<Import> = Vec::new();
    for statement in statements(language, tree.root_node(), source) {
        let first = found.len();
        for binding in &statement.bindings {
            let known = found[first..]
                .iter_mut()
                .find(|import| import.module == binding.module);
            let names = binding.local().map(str::to_owned);
            match known {
                Some(import) => import.names.extend(names),
                None => found.push(Import {
                    text: source
                        .get(statement.span.clone())
                        .unwrap_or_default()
                        .to_owned(),
                    module: binding.module.clone(),
                    names: names.into_iter().collect(),
                    span: statement.span.clone(),
                }),
            }
        }
    }
    found
}

/// How a name comes out of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The module itself: `import a.b`, `import * as ns`, `import x = require()`.
    Module,
    /// A name of the module.
    Name,
    /// What the module exports by default.
    Default,
    /// All names of the module.
    All,
    /// Nothing: the module is only loaded.
    Load,
}

/// One name that an import statement makes known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Binding {
    pub(crate) module: String,
    pub(crate) way: Way,
    /// The name in the module; of [`Way::Module`] without alias, the first part of the module.
    pub(crate) name: String,
    pub(crate) alias: Option<String>,
    /// Whether only types are imported (TypeScript).
    pub(crate) type_only: bool,
}

impl Binding {
    /// The name in the importing file.
    pub(crate) fn local(&self) -> Option<&str> {
        match self.way {
            Way::Load => None,
            Way::All => Some("*"),
            _ => Some(self.alias.as_deref().unwrap_or(&self.name)),
        }
    }

    /// Whether this binding makes `wanted` unnecessary. One that imports only the type counts, since
    /// the same name cannot be imported twice.
    pub(crate) fn covers(&self, wanted: &Binding) -> bool {
        self.module == wanted.module
            && self.way == wanted.way
            && self.name == wanted.name
            && self.alias == wanted.alias
    }
}

/// An import statement.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) span: Range<usize>,
    /// The top-level statement it is or is in.
    pub(crate) top: Range<usize>,
    pub(crate) bindings: Vec<Binding>,
    /// Where another name of the same module can be written into it.
    pub(crate) extend_at: Option<usize>,
    /// Whether it must stand before all others (`from __future__`).
    pub(crate) first: bool,
}

impl Statement {
    /// Whether it stands at the top level itself.
    pub(crate) fn is_direct(&self) -> bool {
        self.span == self.top
    }
}

/// The import statements of a source, in the order of the text.
pub(crate) fn statements(language: Language, root: Node<'_>, source: &str) -> Vec<Statement> {
    let mut found = match language {
        Language::Python => python::collect(root, source),
        Language::JavaScript | Language::TypeScript => script::collect(root, source),
        Language::Rust => rust::collect(root, source),
    };
    found.sort_by_key(|it| it.span.start);
    found
}

/// A statement that imports just these names from the one module they share.
pub(crate) fn render(language: Language, bindings: &[&Binding], original: &str) -> String {
    match language {
        Language::Python => python::render(bindings),
        Language::JavaScript | Language::TypeScript => script::render(bindings, original),
        Language::Rust => rust::render(bindings, original),
    }
}

/// A name as it is written inside a list of names.
pub(crate) fn render_name(language: Language, binding: &Binding) -> String {
    match &binding.alias {
        Some(alias) => format!("{} as {alias}", binding.name),
        None if language == Language::TypeScript && binding.type_only => {
            format!("type {}", binding.name)
        }
        None => binding.name.clone(),
    }
}

#[cfg(test)]
mod tests;
