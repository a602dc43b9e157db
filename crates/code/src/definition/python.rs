//! Definitions of Python.

use tree_sitter::Node;

use super::{Definition, Draft, MAX_DEPTH, Place};
use crate::symbol::SymbolKind;
use crate::tree::{children, text};

/// Statements that are looked into because what they define is defined for the whole module.
const TRANSPARENT: [&str; 7] = [
    "if_statement",
    "try_statement",
    "elif_clause",
    "else_clause",
    "except_clause",
    "finally_clause",
    "block",
];

pub(super) fn collect(root: Node<'_>, source: &str) -> Vec<Definition> {
    let mut found = Vec::new();
    let mut places = vec![Place::root(root)];
    while let Some(place) = places.pop() {
        for child in children(place.node) {
            visit(child, source, &place, &mut found, &mut places);
        }
    }
    found
}

fn visit<'tree>(
    child: Node<'tree>,
    source: &str,
    place: &Place<'tree>,
    found: &mut Vec<Definition>,
    places: &mut Vec<Place<'tree>>,
) {
    let definition = match child.kind() {
        "decorated_definition" => child.child_by_field_name("definition").unwrap_or(child),
        _ => child,
    };
    match definition.kind() {
        "function_definition" => found.extend(function(child, definition, source, place)),
        "class_definition" => {
            let Some(class) = class(child, definition, source, place) else {
                return;
            };
            let body = definition.child_by_field_name("body");
            places.extend(body.and_then(|body| place.inside(&class, body, true)));
            found.push(class);
        }
        "expression_statement" => found.extend(assignment(child, source, place)),
        "type_alias_statement" => found.extend(type_alias(child, source, place)),
        "if_statement" if guards_main(child, source) => {}
        kind if TRANSPARENT.contains(&kind) && place.depth < MAX_DEPTH => places.push(Place {
            node: child,
            parent: place.parent.clone(),
            top: Some(place.top.clone().unwrap_or_else(|| child.byte_range())),
            class: place.class,
            variant: None,
            depth: place.depth + 1,
        }),
        _ => {}
    }
}

fn function(
    outer: Node<'_>,
    node: Node<'_>,
    source: &str,
    place: &Place<'_>,
) -> Option<Definition> {
    let variant = decorators(outer, source).find_map(|decorator| {
        let name = decorator.rsplit('.').next().unwrap_or_default().trim();
        let tells = matches!(name, "setter" | "deleter" | "overload");
        tells.then(|| name.to_owned())
    });
    named(outer, node, source, place, place.function_kind(), variant)
}

fn class(outer: Node<'_>, node: Node<'_>, source: &str, place: &Place<'_>) -> Option<Definition> {
    named(outer, node, source, place, SymbolKind::Class, None)
}

fn named(
    outer: Node<'_>,
    node: Node<'_>,
    source: &str,
    place: &Place<'_>,
    kind: SymbolKind,
    variant: Option<String>,
) -> Option<Definition> {
    let name = text(source, node.child_by_field_name("name")?).to_owned();
    let draft = Draft {
        name,
        kind,
        variant,
        node,
        body: node.child_by_field_name("body"),
        span: outer.byte_range(),
        code: outer.start_byte(),
        declaration: node.start_byte(),
        visibility: String::new(),
    };
    Some(draft.finish(source, place))
}

fn decorators<'a>(outer: Node<'_>, source: &'a str) -> impl Iterator<Item = &'a str> {
    children(outer)
        .into_iter()
        .filter(|child| child.kind() == "decorator")
        .map(move |child| text(source, child).trim_start_matches('@'))
}

/// `NAME = value`, `NAME: type = value`, `A, B = values`.
fn assignment(statement: Node<'_>, source: &str, place: &Place<'_>) -> Vec<Definition> {
    let Some(node) = statement
        .named_child(0)
        .filter(|node| node.kind() == "assignment")
    else {
        return Vec::new();
    };
    let Some(left) = node.child_by_field_name("left") else {
        return Vec::new();
    };
    let names = match left.kind() {
        "identifier" => vec![left],
        "pattern_list" | "tuple_pattern" => children(left),
        _ => Vec::new(),
    };
    let names = names.into_iter().filter(|name| name.kind() == "identifier");
    names
        .map(|name| {
            let name = text(source, name).to_owned();
            let constant =
                name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase);
            let draft = Draft {
                kind: place.value_kind(constant),
                name,
                variant: None,
                node,
                body: node.child_by_field_name("right"),
                span: with_trailing_comment(statement, source),
                code: statement.start_byte(),
                declaration: statement.start_byte(),
                visibility: String::new(),
            };
            draft.finish(source, place)
        })
        .collect()
}

fn type_alias(node: Node<'_>, source: &str, place: &Place<'_>) -> Option<Definition> {
    let name = text(source, node.child_by_field_name("left")?);
    let name = name.split(['[', ' ']).next().unwrap_or(name).to_owned();
    let draft = Draft {
        name,
        kind: SymbolKind::TypeAlias,
        variant: None,
        node,
        body: node.child_by_field_name("right"),
        span: node.byte_range(),
        code: node.start_byte(),
        declaration: node.start_byte(),
        visibility: String::new(),
    };
    Some(draft.finish(source, place))
}

/// A comment on the last line of a value says something about the value.
fn with_trailing_comment(statement: Node<'_>, source: &str) -> std::ops::Range<usize> {
    let range = statement.byte_range();
    let rest = source.get(range.end..).unwrap_or_default();
    let line = rest.split(['\n', '\r']).next().unwrap_or_default();
    if line.trim_start().starts_with('#') {
        return range.start..range.end + line.trim_end().len();
    }
    range
}

/// `if __name__ == "__main__":` holds a program, not definitions.
pub(crate) fn guards_main(statement: Node<'_>, source: &str) -> bool {
    statement.kind() == "if_statement"
        && statement
            .child_by_field_name("condition")
            .is_some_and(|condition| text(source, condition).contains("__name__"))
}

/// Whether a statement is nothing but a string.
pub(crate) fn is_docstring(statement: Node<'_>) -> bool {
    statement.kind() == "expression_statement"
        && statement.named_child_count() == 1
        && statement
            .named_child(0)
            .is_some_and(|it| matches!(it.kind(), "string" | "concatenated_string"))
}
