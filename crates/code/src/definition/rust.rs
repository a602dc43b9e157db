//! Definitions of Rust.

use std::ops::Range;

use tree_sitter::Node;

use super::{Definition, Draft, Place};
use crate::symbol::SymbolKind;
use crate::tree::{children, is_comment, one_line, text};

pub(super) fn collect(root: Node<'_>, source: &str) -> Vec<Definition> {
    let mut found = Vec::new();
    let mut places = vec![Place::root(root)];
    while let Some(place) = places.pop() {
        let siblings = children(place.node);
        for at in 0..siblings.len() {
            let Some(definition) = item(&siblings, at, source, &place) else {
                continue;
            };
            let inner = inner_place(siblings[at], source, &place, &definition);
            places.extend(inner);
            found.push(definition);
        }
    }
    found
}

fn item(siblings: &[Node<'_>], at: usize, source: &str, place: &Place<'_>) -> Option<Definition> {
    let node = siblings[at];
    let (kind, variant) = match node.kind() {
        "function_item" | "function_signature_item" => {
            (place.function_kind(), place.variant.clone())
        }
        "struct_item" | "union_item" => (SymbolKind::Struct, None),
        "enum_item" => (SymbolKind::Enum, None),
        "trait_item" => (SymbolKind::Trait, None),
        "type_item" | "associated_type" => (SymbolKind::TypeAlias, place.variant.clone()),
        "const_item" => (SymbolKind::Constant, place.variant.clone()),
        "static_item" => (SymbolKind::Constant, None),
        "mod_item" => (SymbolKind::Module, Some("mod".to_owned())),
        "macro_definition" => (SymbolKind::Macro, Some("macro".to_owned())),
        "impl_item" => (SymbolKind::Impl, Some(implements(node, source))),
        _ => return None,
    };
    let name = node.child_by_field_name(if kind == SymbolKind::Impl {
        "type"
    } else {
        "name"
    })?;
    let frame = frame(siblings, at, source);
    let draft = Draft {
        name: if kind == SymbolKind::Impl {
            base_name(text(source, name))
        } else {
            text(source, name).to_owned()
        },
        kind,
        variant,
        node,
        body: node
            .child_by_field_name("body")
            .or_else(|| node.child_by_field_name("value")),
        span: frame.start..node.end_byte(),
        code: frame.end,
        declaration: node.start_byte(),
        visibility: visibility(node, source),
    };
    Some(draft.finish(source, place))
}

fn inner_place<'tree>(
    node: Node<'tree>,
    source: &str,
    place: &Place<'tree>,
    definition: &Definition,
) -> Option<Place<'tree>> {
    let class = match definition.symbol.kind {
        SymbolKind::Impl | SymbolKind::Trait => true,
        SymbolKind::Module => false,
        _ => return None,
    };
    let of = node
        .child_by_field_name("trait")
        .filter(|_| definition.symbol.kind == SymbolKind::Impl);
    let inner = place.inside(definition, node.child_by_field_name("body")?, class)?;
    let variant = of.map(|of| last_segment(text(source, of)));
    Some(Place { variant, ..inner })
}

/// `A<T>` for `impl A<T>`, `Display for A<T>` for an implementation of a trait.
fn implements(node: Node<'_>, source: &str) -> String {
    let of = |field| node.child_by_field_name(field).map(|it| text(source, it));
    let subject = one_line(of("type").unwrap_or_default());
    match of("trait") {
        Some(name) => format!("{} for {subject}", last_segment(name)),
        None => subject,
    }
}

/// The last part of a path, with its type arguments.
fn last_segment(path: &str) -> String {
    let head = path.split('<').next().unwrap_or(path);
    let start = head.rfind("::").map_or(0, |at| at + 2);
    one_line(&path[start..])
}

/// The name of a type without path, references and type arguments.
fn base_name(of: &str) -> String {
    let bare = of
        .trim_start_matches(['&', '*', ' '])
        .trim_start_matches("dyn ")
        .trim_start_matches("mut ");
    last_segment(bare.split('<').next().unwrap_or(bare))
}

fn visibility(node: Node<'_>, source: &str) -> String {
    match node.child(0) {
        Some(first) if first.kind() == "visibility_modifier" => format!("{} ", text(source, first)),
        _ => String::new(),
    }
}

/// From the first doc comment or attribute of an item to where its code begins: `start..end`, the
/// latter below the doc comments that come first. Plain comments in between go along.
fn frame(siblings: &[Node<'_>], at: usize, source: &str) -> Range<usize> {
    let mut first = at;
    for before in (0..at).rev() {
        let node = siblings[before];
        if node.kind() == "attribute_item" || is_outer_doc(node, source) {
            first = before;
        } else if !is_comment(node) || is_inner_doc(node, source) {
            break;
        }
    }
    let code = siblings[first..=at]
        .iter()
        .find(|node| !is_comment(**node))
        .unwrap_or(&siblings[at]);
    siblings[first].start_byte()..code.start_byte()
}

fn is_outer_doc(node: Node<'_>, source: &str) -> bool {
    let text = text(source, node);
    let line = text.starts_with("///") && !text.starts_with("////");
    let block = text.starts_with("/**") && !text.starts_with("/***") && text.len() > 4;
    is_comment(node) && (line || block)
}

fn is_inner_doc(node: Node<'_>, source: &str) -> bool {
    let text = text(source, node);
    text.starts_with("//!") || text.starts_with("/*!")
}
