//! What a source defines.

use std::ops::Range;

use crate::definition::definitions;
use crate::language::Language;
use crate::tree::parse;

/// What kind of thing a symbol is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SymbolKind {
    /// A function that belongs to no class.
    Function,
    /// A function of a class, trait or implementation.
    Method,
    /// A class.
    Class,
    /// A Rust structure or union.
    Struct,
    /// An enumeration.
    Enum,
    /// A Rust trait.
    Trait,
    /// A TypeScript interface.
    Interface,
    /// Another name for a type.
    TypeAlias,
    /// A name for a value that is meant to stay: `const`, `static`, an upper-case Python variable.
    Constant,
    /// Any other name for a value.
    Variable,
    /// A value of a class.
    Field,
    /// A Rust module or a TypeScript namespace.
    Module,
    /// A Rust macro.
    Macro,
    /// A Rust implementation block, named by its type.
    Impl,
}

impl SymbolKind {
    /// Whether it names a value rather than code or a type.
    #[must_use]
    pub fn is_value(self) -> bool {
        matches!(
            self,
            SymbolKind::Constant | SymbolKind::Variable | SymbolKind::Field
        )
    }
}

/// A definition that other code can name: at the top of a source, in a class, implementation, trait,
/// module or namespace, or under a top-level `if` or `try` of Python. Definitions inside functions
/// are not symbols.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Its own name; `default` for an unnamed default export.
    pub name: String,
    /// What it is.
    pub kind: SymbolKind,
    /// The symbols it is in, joined by dots: `Outer.Inner`.
    pub parent: Option<String>,
    /// What tells it apart from others of the same name: `setter`, `deleter`, `overload`,
    /// `signature`, `get`, `set`, `macro`, `mod`, or the trait that an implementation is of.
    pub variant: Option<String>,
    /// Its bytes, with the decorators, attributes and doc comments that belong to it.
    pub span: Range<usize>,
    /// The bytes of its body: the block of a function or class (with braces, where there are some),
    /// the value of a constant. Empty when it has none.
    pub body: Range<usize>,
    /// The line of the definition itself, below its decorators, counted from 1.
    pub line: usize,
    /// What comes before the body, on one line: `def area(self, unit: str = "m") -> float`.
    pub signature: String,
}

impl Symbol {
    /// The name with what it is in: `Class.method`.
    #[must_use]
    pub fn qualified(&self) -> String {
        match &self.parent {
            Some(parent) => format!("{parent}.{}", self.name),
            None => self.name.clone(),
        }
    }
}

/// The symbols of a source, in the order of the text. What the parser cannot make sense of is left
/// out, so a broken source gives the symbols around the broken place.
#[must_use]
pub fn symbols(language: Language, source: &str) -> Vec<Symbol> {
    let Some(tree) = parse(language, source) else {
        return Vec::new();
    };
    definitions(language, tree.root_node(), source)
        .into_iter()
        .map(|definition| definition.symbol)
        .collect()
}

/// The text of the first definition that goes by `name`, with dots, and with what belongs to it.
#[must_use]
pub fn definition(language: Language, source: &str, name: &str) -> Option<String> {
    let found = named(language, source, name)?;
    source.get(found.span).map(str::to_owned)
}

/// The first symbol that goes by `name`, with dots.
pub(crate) fn named(language: Language, source: &str, name: &str) -> Option<Symbol> {
    let mut all = symbols(language, source).into_iter();
    all.find(|it| it.qualified() == name)
}
