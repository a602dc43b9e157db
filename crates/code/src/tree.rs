//! Parsing, and walking a syntax tree without recursion.

use std::ops::{ControlFlow, Range};

use tree_sitter::{Node, ParseOptions, ParseState, Parser, Tree};

use crate::language::Language;

/// The largest source that is parsed, in bytes.
pub const MAX_SOURCE: usize = 2 * 1024 * 1024;

/// The syntax tree of a source; `None` when the source is too large or parsing it would take far more
/// steps than any real source of its size.
pub(crate) fn parse(language: Language, source: &str) -> Option<Tree> {
    if source.len() > MAX_SOURCE {
        return None;
    }
    if language != Language::TypeScript {
        return parse_with(&grammar(language), source);
    }
    let plain = parse_with(&grammar(language), source)?;
    if !plain.root_node().has_error() {
        return Some(plain);
    }
    let tsx = tree_sitter_typescript::LANGUAGE_TSX.into();
    match parse_with(&tsx, source) {
        Some(tree) if !tree.root_node().has_error() => Some(tree),
        _ => Some(plain),
    }
}

fn grammar(language: Language) -> tree_sitter::Language {
    match language {
        Language::Python => tree_sitter_python::LANGUAGE.into(),
        Language::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
        Language::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
        Language::Rust => tree_sitter_rust::LANGUAGE.into(),
    }
}

fn parse_with(grammar: &tree_sitter::Language, source: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(grammar).ok()?;
    let bytes = source.as_bytes();
    // Real sources and repeated tokens alike take about one report for every 16 bytes.
    let mut reports_left = 1_000 + bytes.len() / 4;
    let mut on_progress = |_: &ParseState| match reports_left.checked_sub(1) {
        Some(left) => {
            reports_left = left;
            ControlFlow::Continue(())
        }
        None => ControlFlow::Break(()),
    };
    let mut read = |at: usize, _| bytes.get(at..).unwrap_or_default();
    let options = ParseOptions::new().progress_callback(&mut on_progress);
    parser.parse_with_options(&mut read, None, Some(options))
}

/// A moment of a walk.
#[derive(Clone, Copy)]
pub(crate) enum Step<'tree> {
    /// The walk reaches a node, which has this field name in its parent.
    Enter(Node<'tree>, Option<&'tree str>),
    /// The walk leaves a node whose children it saw.
    Leave(Node<'tree>),
}

/// Walks all nodes below and including `node` in the order of the text. On [`Step::Enter`] the answer
/// of `visit` says whether to see the node's children; then, and only then, [`Step::Leave`] follows.
pub(crate) fn walk<'tree>(node: Node<'tree>, mut visit: impl FnMut(Step<'tree>) -> bool) {
    let mut cursor = node.walk();
    loop {
        let here = cursor.node();
        if visit(Step::Enter(here, cursor.field_name())) {
            if cursor.goto_first_child() {
                continue;
            }
            visit(Step::Leave(here));
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
            visit(Step::Leave(cursor.node()));
        }
    }
}

/// The children of a node.
pub(crate) fn children<'tree>(node: Node<'tree>) -> Vec<Node<'tree>> {
    let mut cursor = node.walk();
    node.children(&mut cursor).collect()
}

/// The named children of a node that are not comments.
pub(crate) fn parts<'tree>(node: Node<'tree>) -> Vec<Node<'tree>> {
    let mut all = children(node);
    all.retain(|child| child.is_named() && !is_comment(*child));
    all
}

pub(crate) fn is_comment(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "comment" | "line_comment" | "block_comment" | "html_comment"
    )
}

/// The source of a node; empty should the tree be of another source.
pub(crate) fn text<'a>(source: &'a str, node: Node<'_>) -> &'a str {
    slice(source, &node.byte_range())
}

/// The source in a range; empty where there is none.
pub(crate) fn slice<'a>(source: &'a str, range: &Range<usize>) -> &'a str {
    source.get(range.clone()).unwrap_or_default()
}

/// A text on one line, with single spaces.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text whose lines after the first stand at `to` instead of `from`.
pub(crate) fn moved(text: &str, from: usize, to: usize) -> String {
    let mut lines = text.split('\n');
    let mut out = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        let own = line.len() - line.trim_start().len();
        let indent = if line.trim().is_empty() {
            0
        } else {
            (own + to).saturating_sub(from)
        };
        out.push('\n');
        out.push_str(&" ".repeat(indent));
        out.push_str(line.trim_start());
    }
    out
}

/// How many bytes of its line stand before a place.
pub(crate) fn column(source: &str, at: usize) -> usize {
    let before = slice(source, &(0..at));
    before.len() - before.rfind('\n').map_or(0, |it| it + 1)
}
