//! Finding definitions in a syntax tree.

mod python;
mod rust;
mod script;

use std::ops::Range;

pub(crate) use python::{guards_main, is_docstring as python_docstring};

use tree_sitter::Node;

use crate::language::Language;
use crate::symbol::{Symbol, SymbolKind};
use crate::tree::{one_line, parts, slice, text};

/// The longest signature kept, in characters.
const SIGNATURE_CHARS: usize = 400;

/// How many symbols and conditions deep definitions are looked for. Names of members hold those of all
/// symbols around them, so without a limit hostile nesting would take memory beyond measure.
const MAX_DEPTH: usize = 64;

/// A symbol with what splicing needs to know about its text.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub(crate) symbol: Symbol,
    /// Where the text begins below its doc comment.
    pub(crate) code: usize,
    /// Where the declaration itself begins, below decorators and attributes.
    pub(crate) declaration: usize,
    /// `export `, `pub ` and the like, as written before the declaration.
    pub(crate) visibility: String,
    /// The whole top-level statement that the definition is or is in.
    pub(crate) top: Range<usize>,
    /// The statement that defines it; others may be defined by the same one.
    pub(crate) statement: Range<usize>,
    /// Whether its body only says that it is still to be written.
    pub(crate) stub: bool,
    /// Whether the parser found an error inside.
    pub(crate) broken: bool,
}

impl Definition {
    /// Whether it stands under a top-level `if` or `try`.
    pub(crate) fn is_conditional(&self) -> bool {
        self.symbol.parent.is_none() && self.top != self.statement
    }
}

/// The definitions of a source, in the order of the text.
pub(crate) fn definitions(language: Language, root: Node<'_>, source: &str) -> Vec<Definition> {
    let mut found = match language {
        Language::Python => python::collect(root, source),
        Language::JavaScript | Language::TypeScript => script::collect(root, source),
        Language::Rust => rust::collect(root, source),
    };
    found.sort_by_key(|it| (it.symbol.span.start, std::cmp::Reverse(it.symbol.span.end)));
    let newlines: Vec<usize> = source.match_indices('\n').map(|(at, _)| at).collect();
    for it in &mut found {
        it.symbol.line = newlines.partition_point(|&at| at < it.declaration) + 1;
    }
    found
}

/// A place that holds definitions, still to be looked through.
struct Place<'tree> {
    node: Node<'tree>,
    parent: Option<String>,
    /// The top-level statement that the place is in.
    top: Option<Range<usize>>,
    /// Whether functions found here are methods.
    class: bool,
    /// The variant that the definitions found here get.
    variant: Option<String>,
    /// How many places it is in.
    depth: usize,
}

impl<'tree> Place<'tree> {
    fn root(node: Node<'tree>) -> Self {
        Self {
            node,
            parent: None,
            top: None,
            class: false,
            variant: None,
            depth: 0,
        }
    }

    /// The place inside `definition`, which is in this one; `None` when it is too deep.
    fn inside(&self, definition: &Definition, node: Node<'tree>, class: bool) -> Option<Self> {
        (self.depth < MAX_DEPTH).then(|| Self {
            node,
            parent: Some(self.qualify(&definition.symbol.name)),
            top: Some(definition.top.clone()),
            class,
            variant: None,
            depth: self.depth + 1,
        })
    }

    fn qualify(&self, name: &str) -> String {
        match &self.parent {
            Some(parent) => format!("{parent}.{name}"),
            None => name.to_owned(),
        }
    }

    fn function_kind(&self) -> SymbolKind {
        if self.class {
            SymbolKind::Method
        } else {
            SymbolKind::Function
        }
    }

    fn value_kind(&self, constant: bool) -> SymbolKind {
        match (self.class, constant) {
            (true, _) => SymbolKind::Field,
            (false, true) => SymbolKind::Constant,
            (false, false) => SymbolKind::Variable,
        }
    }
}

/// The parts of a definition's text, as each language finds them.
struct Draft<'tree> {
    name: String,
    kind: SymbolKind,
    variant: Option<String>,
    /// The node that defines, such as a function.
    node: Node<'tree>,
    body: Option<Node<'tree>>,
    span: Range<usize>,
    code: usize,
    declaration: usize,
    visibility: String,
}

impl Draft<'_> {
    fn finish(self, source: &str, place: &Place<'_>) -> Definition {
        let body = self
            .body
            .map_or(self.span.end..self.span.end, |body| body.byte_range());
        let head_end = if self.kind.is_value() {
            self.span.end
        } else {
            body.start
        };
        let signature = signature(slice(source, &(self.declaration..head_end)), self.kind);
        Definition {
            code: self.code,
            declaration: self.declaration,
            visibility: self.visibility,
            top: place.top.clone().unwrap_or_else(|| self.span.clone()),
            statement: self.span.clone(),
            stub: self.body.is_some_and(|body| is_stub(source, body)),
            broken: self.node.has_error(),
            symbol: Symbol {
                name: self.name,
                kind: self.kind,
                parent: place.parent.clone(),
                variant: self.variant,
                span: self.span,
                body,
                line: 0,
                signature,
            },
        }
    }
}

fn signature(head: &str, kind: SymbolKind) -> String {
    let head = if kind.is_value() || kind == SymbolKind::Macro {
        head.trim().lines().next().unwrap_or_default()
    } else {
        head
    };
    let line = one_line(head);
    let mut rest = line.as_str();
    while let Some(shorter) = [":", "{", "=>", "=", ";", ",", " "]
        .iter()
        .find_map(|end| rest.strip_suffix(end))
    {
        rest = shorter;
    }
    rest.chars().take(SIGNATURE_CHARS).collect()
}

/// Whether a body only promises code: nothing, `pass`, `...`, or a single statement that fails with
/// "not implemented".
fn is_stub(source: &str, body: Node<'_>) -> bool {
    if !matches!(body.kind(), "block" | "statement_block") {
        return false;
    }
    let statements = parts(body);
    let rest = match statements.split_first() {
        Some((first, rest)) if python::is_docstring(*first) => rest,
        _ => &statements,
    };
    match rest {
        [] => true,
        [only] => promises(text(source, *only)),
        _ => false,
    }
}

fn promises(statement: &str) -> bool {
    let dense: String = statement.split_whitespace().collect();
    let fails = dense.starts_with("thrownewError(") && dense.to_lowercase().contains("implement");
    matches!(dense.as_str(), "pass" | "...")
        || dense.starts_with("raiseNotImplementedError")
        || dense.starts_with("todo!(")
        || dense.starts_with("unimplemented!(")
        || fails
}

#[cfg(test)]
mod tests;
