//! Putting one definition of a text into another text.

mod edit;
mod entry;
mod helper;
mod import;
mod item;
mod join;
mod place;
mod plan;

pub use entry::{EntryCall, entered};
pub use join::{ModuleKind, exported, imported};

use tree_sitter::Tree;

use crate::definition::{Definition, definitions};
use crate::import::{Statement, statements};
use crate::language::Language;
use crate::layout::Style;
use crate::syntax::{SyntaxError, find_error};
use crate::tree::parse;

/// Why a definition cannot be put into a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpliceError {
    /// A text is beyond [`crate::MAX_SOURCE`] or cannot be parsed in bounded time.
    #[error("the {0} is too large or too tangled to be parsed")]
    TooLarge(&'static str),
    /// The new code is not written in the language.
    #[error("the new code has a syntax error at {0}")]
    ItemSyntax(SyntaxError),
    /// The file is broken where it matters, so the definition's place in it is not certain.
    #[error("the file has a syntax error at {error}; mend it before replacing `{name}`")]
    FileSyntax {
        /// The definition that was to be put in.
        name: String,
        /// The file's first error.
        error: SyntaxError,
    },
    /// The new code does not define what is asked for.
    #[error("the new code does not define `{name}`; it defines {}", listed(found))]
    NotInItem {
        /// The definition that was asked for.
        name: String,
        /// What it defines.
        found: Vec<String>,
    },
    /// Neither text has the class or implementation that a method belongs to.
    #[error("`{name}` belongs in `{parent}`, which neither the file nor the new code defines")]
    NoParent {
        /// The method.
        name: String,
        /// What it belongs to.
        parent: String,
    },
    /// Several definitions of the file could be meant.
    #[error(
        "the file defines `{name}` {count} times; give the new code together with the block around it"
    )]
    Ambiguous {
        /// The definition that was asked for.
        name: String,
        /// How many definitions have the name.
        count: usize,
    },
    /// One statement defines this name and others, so it cannot be replaced alone.
    #[error("`{name}` is defined in one statement with other names; edit that statement by hand")]
    SharedStatement {
        /// The definition that was asked for.
        name: String,
    },
    /// A class is written on a single line, so nothing can be added to it line by line.
    #[error("`{parent}` is written on one line; spread it over several lines first")]
    OneLineBody {
        /// The class.
        parent: String,
    },
    /// The new code imports under a name that the file already uses for another import.
    #[error(
        "the new code imports `{wanted}` as `{local}`, but the file uses `{local}` for `{present}`"
    )]
    ImportClash {
        /// The name in question.
        local: String,
        /// What the file imports under it.
        present: String,
        /// What the new code imports under it.
        wanted: String,
    },
    /// The parts fit nowhere without breaking the file.
    #[error("putting `{name}` into the file would break it at {error}")]
    Broken {
        /// The definition that was to be put in.
        name: String,
        /// The error that the result would have.
        error: SyntaxError,
    },
}

fn listed(names: &[String]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(8)
        .map(|name| format!("`{name}`"))
        .collect();
    match shown.len() {
        0 => "nothing".to_owned(),
        len if len < names.len() => format!("{}, …", shown.join(", ")),
        _ => shown.join(", "),
    }
}

/// Puts the definition `name` that `item` holds into `file` and returns the whole new file.
///
/// `name` is a function, class or constant, or `Class.method` (`Class::method`). `item` may hold
/// the method in its class or alone, and may be indented.
///
/// * If the file defines `name`, the new text takes its place, at its indentation. What the new text
///   leaves unsaid stays: the doc comment above (Rust, JavaScript), `export`, `pub`. Decorators and
///   attributes are those of the new text.
/// * Otherwise it comes to the end: of its class, or of the file, but before a Python main guard, a
///   Rust test module or a script's closing exports.
/// * Other definitions of `item` come along if the new code uses them, directly or through each
///   other. A missing one is placed before the new code; one that the file defines differently is
///   replaced, unless the new one is a stub. What the file imports under that name stays.
/// * Imports of `item` that the new code uses come along, merged into the file's imports at the top.
///   Rust imports all come along, since traits are used without being named.
/// * Everything else in `item` (calls, tests, a main program) is left out, and every byte of the file
///   outside the places named is kept. New lines end as the file's do.
///
/// # Errors
/// Refuses rather than guesses: see [`SpliceError`]. A file that parsed before parses after.
pub fn splice(
    language: Language,
    file: &str,
    item: &str,
    name: &str,
) -> Result<String, SpliceError> {
    let target = Target::parse(name);
    let parsed = Parsed::new(language, file).ok_or(SpliceError::TooLarge("file"))?;
    let item = item::Item::read(language, item, &target, &parsed)?;
    let placed = plan::place(&parsed, &item, &target)?;
    let parsed_placed = Parsed::new(language, &placed.text).ok_or(SpliceError::TooLarge("file"))?;
    let result = import::merge(&parsed_placed, &item.parsed(), &placed.added)?;
    if parsed.error().is_none() {
        let whole = Parsed::new(language, &result).ok_or(SpliceError::TooLarge("file"))?;
        if let Some(error) = whole.error() {
            return Err(SpliceError::Broken {
                name: target.full,
                error,
            });
        }
    }
    Ok(result)
}

/// The name that is asked for, in its parts.
#[derive(Clone, Debug)]
struct Target {
    full: String,
    parent: Option<String>,
    name: String,
}

impl Target {
    fn parse(name: &str) -> Self {
        let full = name.trim().trim_end_matches("()").replace("::", ".");
        match full.rsplit_once('.') {
            Some((parent, name)) => Self {
                parent: Some(parent.to_owned()),
                name: name.to_owned(),
                full,
            },
            None => Self {
                parent: None,
                name: full.clone(),
                full,
            },
        }
    }

    /// The top-level name: the class of a method, otherwise the name itself.
    fn outermost(&self) -> &str {
        self.full.split('.').next().unwrap_or(&self.full)
    }
}

/// A text with everything that splicing asks about it.
struct Parsed<'a> {
    language: Language,
    source: &'a str,
    tree: Tree,
    definitions: Vec<Definition>,
    imports: Vec<Statement>,
    style: Style,
}

impl<'a> Parsed<'a> {
    fn new(language: Language, source: &'a str) -> Option<Self> {
        let tree = parse(language, source)?;
        Some(Self {
            language,
            source,
            definitions: definitions(language, tree.root_node(), source),
            imports: statements(language, tree.root_node(), source),
            style: Style::of(source, &tree),
            tree,
        })
    }

    fn error(&self) -> Option<SyntaxError> {
        find_error(self.language, &self.tree, self.source)
    }

    /// The definitions with this qualified name.
    fn named(&self, full: &str) -> Vec<&Definition> {
        self.definitions
            .iter()
            .filter(|it| it.symbol.qualified() == full)
            .collect()
    }

    fn defines(&self, name: &str) -> bool {
        self.definitions
            .iter()
            .any(|it| it.symbol.parent.is_none() && it.symbol.name == name)
    }
}

#[cfg(test)]
mod tests;
