//! Places in a file where new code can go.

use tree_sitter::Node;

use super::Parsed;
use super::edit::Edit;
use super::entry::is_entry;
use crate::definition::{Definition, guards_main, python_docstring};
use crate::language::Language;
use crate::layout::{Paragraph, definition_gap, indentation_at, line_start, next_line};
use crate::symbol::SymbolKind;
use crate::tree::{children, is_comment, parts, slice, text};

/// A piece of new code with its place still open.
pub(super) struct Block {
    pub(super) text: String,
    pub(super) kind: SymbolKind,
}

/// Joins blocks with the usual blank lines: none between two values.
pub(super) fn join(blocks: &[Block], gap: usize) -> String {
    let mut out = String::new();
    for (at, block) in blocks.iter().enumerate() {
        if let Some(before) = at.checked_sub(1).map(|before| &blocks[before]) {
            let values = before.kind.is_value() && block.kind.is_value();
            out.push_str(&"\n".repeat(if values { 1 } else { 1 + gap }));
        }
        out.push_str(&block.text);
    }
    out
}

/// Inserts top-level blocks at a line.
pub(super) fn insert_blocks(file: &Parsed<'_>, at: usize, blocks: &[Block]) -> Option<Edit> {
    let first = blocks.first()?;
    let usual = definition_gap(file.language);
    let text = join(blocks, usual).replace('\n', file.style.newline);
    let before = if first.kind.is_value() { 1 } else { usual };
    let paragraph = Paragraph {
        text: &text,
        gap: (before, usual),
        newline: file.style.newline,
    };
    Some(Edit::insert(at, paragraph.fit(file.source, at)))
}

/// Where the lines of a top-level statement begin, with the comment lines right above it.
pub(super) fn before_statement(file: &Parsed<'_>, start: usize) -> usize {
    let marker = if file.language == Language::Python {
        "#"
    } else {
        "//"
    };
    let mut at = line_start(file.source, start);
    while let Some(end) = at.checked_sub(1) {
        let above = line_start(file.source, end);
        let line = slice(file.source, &(above..end));
        if !line.starts_with(marker) || line.starts_with("#!") || line.starts_with("//!") {
            break;
        }
        at = above;
    }
    at
}

/// Where a new top-level definition goes: the end, or before what must come last.
pub(super) fn append_point(file: &Parsed<'_>) -> usize {
    let mut at = None;
    for child in children(file.tree.root_node()).into_iter().rev() {
        if is_comment(child) || child.kind() == ";" {
            continue;
        }
        if !comes_last(child, file) {
            break;
        }
        let whole = file
            .definitions
            .iter()
            .find(|it| it.statement.end == child.end_byte());
        at = Some(whole.map_or(child.start_byte(), |it| it.statement.start));
    }
    match at {
        Some(start) => before_statement(file, start),
        None => next_line(file.source, file.source.trim_end().len()),
    }
}

fn comes_last(node: Node<'_>, file: &Parsed<'_>) -> bool {
    let written = text(file.source, node);
    match file.language {
        Language::Python => guards_main(node, file.source),
        Language::Rust => {
            let test = |it: &&Definition| it.statement.end == node.end_byte();
            let whole = file
                .definitions
                .iter()
                .find(test)
                .map_or("", |it| slice(file.source, &it.statement));
            node.kind() == "mod_item" && whole.contains("cfg(test)")
        }
        Language::JavaScript | Language::TypeScript => match node.kind() {
            "export_statement" => {
                let value = node.child_by_field_name("value");
                node.child_by_field_name("declaration").is_none()
                    && value.is_none_or(|value| value.kind() == "identifier")
            }
            "expression_statement" => {
                written.starts_with("module.exports =") || written.starts_with("exports.default =")
            }
            _ => is_entry(file.language, node, file.source),
        },
    }
}

/// Where and how a member is added to a class, implementation, trait or namespace.
pub(super) enum MemberPlace {
    /// As lines inserted here, after other members.
    Lines { at: usize },
    /// In place of what only fills the body (`pass`) or of the space before the closing bracket.
    Body {
        start: usize,
        end: usize,
        close: String,
    },
    /// Nowhere, since the class is on one line.
    None,
}

/// The place after the last member of `class`.
pub(super) fn member_place(file: &Parsed<'_>, class: &Definition) -> MemberPlace {
    let body = &class.symbol.body;
    let root = file.tree.root_node();
    let Some(mut node) = root.descendant_for_byte_range(body.start, body.end) else {
        return MemberPlace::None;
    };
    // A block with one statement has the statement's bytes.
    while let Some(parent) = node.parent().filter(|it| it.byte_range() == *body) {
        node = parent;
    }
    match file.language {
        Language::Python => python_place(file, class, node),
        _ => bracket_place(file, class),
    }
}

fn python_place(file: &Parsed<'_>, class: &Definition, body: Node<'_>) -> MemberPlace {
    let statements = parts(body);
    let real: Vec<_> = statements
        .iter()
        .filter(|it| !python_docstring(**it))
        .collect();
    if let [only] = real.as_slice()
        && matches!(text(file.source, **only), "pass" | "...")
    {
        let before = slice(file.source, &(0..only.start_byte()));
        let start = before.trim_end().len();
        return MemberPlace::Body {
            start,
            end: only.end_byte(),
            close: String::new(),
        };
    }
    if indentation_at(file.source, body.start_byte()).is_empty() {
        return MemberPlace::None;
    }
    MemberPlace::Lines {
        at: next_line(file.source, class.symbol.body.end),
    }
}

fn bracket_place(file: &Parsed<'_>, class: &Definition) -> MemberPlace {
    let close = class.symbol.body.end.saturating_sub(1);
    let inside = slice(file.source, &(class.symbol.body.start + 1..close));
    if inside.trim().is_empty() {
        let outer = indentation_at(file.source, class.symbol.span.start);
        let close_text = format!("\n{outer}");
        return MemberPlace::Body {
            start: class.symbol.body.start + 1,
            end: close,
            close: close_text,
        };
    }
    let start = line_start(file.source, close);
    let alone = slice(file.source, &(start..close)).trim().is_empty();
    if !alone {
        return MemberPlace::None;
    }
    MemberPlace::Lines { at: start }
}

/// The indentation of a class's members.
pub(super) fn member_indentation(
    file: &Parsed<'_>,
    class: &Definition,
    item_unit: Option<&str>,
) -> String {
    let qualified = class.symbol.qualified();
    let inside = |it: &&Definition| {
        it.symbol.parent.as_deref() == Some(&qualified)
            && it.symbol.span.start >= class.symbol.body.start
            && it.symbol.span.end <= class.symbol.body.end
    };
    let member = file.definitions.iter().find(inside);
    let from_member = member.map(|it| indentation_at(file.source, it.symbol.span.start));
    let from_body = (file.language == Language::Python)
        .then(|| indentation_at(file.source, class.symbol.body.start));
    if let Some(found) = from_member.or(from_body).filter(|it| !it.is_empty()) {
        return found.to_owned();
    }
    let usual = if file.language.is_script() {
        "  "
    } else {
        "    "
    };
    let unit = file.style.unit.as_deref().or(item_unit).unwrap_or(usual);
    format!(
        "{}{unit}",
        indentation_at(file.source, class.symbol.span.start)
    )
}
