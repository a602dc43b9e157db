//! Which function a place is in, and what names were set to there.

use std::collections::HashMap;

use tree_sitter::Node;

use crate::language::Language;
use crate::tree::{Step, slice, text, walk};

/// A function, or the whole source, or the part of one in which errors are caught.
#[derive(Clone, Copy)]
pub(super) struct Frame<'t> {
    node: Node<'t>,
    kind: FrameKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FrameKind {
    Function,
    Caught,
    /// What catches, and what comes afterwards: what fails there is caught by nobody here.
    Catching,
}

impl<'t> Frame<'t> {
    pub(super) fn of(node: Node<'t>) -> Frame<'t> {
        let kind = FrameKind::Function;
        Frame { node, kind }
    }

    /// The frame that a node opens, if it does.
    pub(super) fn opened_by(node: Node<'t>) -> Option<Frame<'t>> {
        let kind = match node.kind() {
            kind if is_function(kind) => FrameKind::Function,
            "try_statement" => FrameKind::Caught,
            "except_clause" | "except_group_clause" | "catch_clause" | "finally_clause" => {
                FrameKind::Catching
            }
            _ => return None,
        };
        Some(Frame { node, kind })
    }

    pub(super) fn is_of(self, node: Node<'t>) -> bool {
        self.node.id() == node.id()
    }
}

fn is_function(kind: &str) -> bool {
    matches!(
        kind,
        "function_definition"
            | "lambda"
            | "function_declaration"
            | "generator_function_declaration"
            | "function_expression"
            | "generator_function"
            | "arrow_function"
            | "method_definition"
            | "function_item"
            | "closure_expression"
    )
}

/// The innermost function.
pub(super) fn function<'t>(frames: &[Frame<'t>]) -> Option<Node<'t>> {
    let mut functions = frames.iter().rev();
    functions
        .find(|it| it.kind == FrameKind::Function)
        .map(|it| it.node)
}

/// Whether errors of a place are caught in its own function.
pub(super) fn is_caught(frames: &[Frame<'_>]) -> bool {
    let inner = frames.iter().rev();
    let mut inner = inner.take_while(|it| it.kind != FrameKind::Function);
    let mut skipped = 0u32;
    inner.any(|it| match it.kind {
        FrameKind::Catching => {
            skipped += 1;
            false
        }
        _ if skipped > 0 => {
            skipped -= 1;
            false
        }
        _ => true,
    })
}

/// What names were set to, function by function.
pub(super) struct Bound<'s, 't> {
    /// By the beginning of the function and the name: where it was set, and to what.
    set: HashMap<(usize, &'s str), Vec<(usize, Node<'t>)>>,
}

impl<'s, 't> Bound<'s, 't> {
    pub(super) fn of(root: Node<'t>, source: &'s str, language: Language) -> Bound<'s, 't> {
        let mut set: HashMap<(usize, &'s str), Vec<(usize, Node<'t>)>> = HashMap::new();
        let mut functions = vec![root];
        walk(root, |step| {
            match step {
                Step::Enter(node, _) => {
                    if is_function(node.kind()) {
                        functions.push(node);
                    }
                    if let Some((name, value)) = setting(node, language) {
                        let scope = functions.last().map_or(0, |it| it.start_byte());
                        let places = set.entry((scope, text(source, name))).or_default();
                        places.push((node.end_byte(), value));
                    }
                }
                Step::Leave(node) => {
                    if functions.len() > 1
                        && functions.last().is_some_and(|it| it.id() == node.id())
                    {
                        functions.pop();
                    }
                }
            }
            true
        });
        Bound { set }
    }

    /// What a name was last set to before a place of a function: there, or else outside of all functions.
    pub(super) fn value(
        &self,
        source: &str,
        function: Option<Node<'_>>,
        name: Node<'_>,
    ) -> Option<Node<'t>> {
        let name_text = slice(source, &name.byte_range());
        let scope = function.map_or(0, |it| it.start_byte());
        let last = |scope: usize| {
            let places = self.set.get(&(scope, name_text))?;
            let before = places.partition_point(|it| it.0 <= name.start_byte());
            before.checked_sub(1).map(|it| places[it].1)
        };
        last(scope).or_else(|| last(0))
    }
}

/// The name that a node sets, and to what.
fn setting(node: Node<'_>, language: Language) -> Option<(Node<'_>, Node<'_>)> {
    let field = |name: &str| node.child_by_field_name(name);
    let (name, value) = match (language, node.kind()) {
        (Language::Python, "assignment") => (field("left")?, field("right")?),
        // What is added to a text is read with what stood there.
        (Language::Python, "augmented_assignment") => (field("left")?, node),
        (Language::JavaScript | Language::TypeScript, "variable_declarator") => {
            (field("name")?, field("value")?)
        }
        (Language::JavaScript | Language::TypeScript, "assignment_expression") => {
            (field("left")?, field("right")?)
        }
        (Language::JavaScript | Language::TypeScript, "augmented_assignment_expression") => {
            (field("left")?, node)
        }
        (Language::Rust, "let_declaration") => (field("pattern")?, field("value")?),
        _ => return None,
    };
    (name.kind() == "identifier").then_some((name, value))
}
