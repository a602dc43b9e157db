//! Imports of Python.

use tree_sitter::Node;

use super::{Binding, Statement, Way, render_name};
use crate::language::Language;
use crate::tree::{children, text};

pub(super) fn collect(root: Node<'_>, source: &str) -> Vec<Statement> {
    let mut found = Vec::new();
    let mut places = vec![(root, None)];
    while let Some((place, top)) = places.pop() {
        for child in children(place) {
            let top = top.clone().unwrap_or_else(|| child.byte_range());
            match child.kind() {
                "import_statement" | "import_from_statement" | "future_import_statement" => {
                    found.push(Statement {
                        span: child.byte_range(),
                        top,
                        bindings: bindings(child, source),
                        extend_at: extend_at(child, source),
                        first: child.kind() == "future_import_statement",
                    });
                }
                "if_statement" | "try_statement" | "elif_clause" | "else_clause"
                | "except_clause" | "finally_clause" | "block" => places.push((child, Some(top))),
                _ => {}
            }
        }
    }
    found
}

fn bindings(statement: Node<'_>, source: &str) -> Vec<Binding> {
    let from = match statement.kind() {
        "future_import_statement" => Some("__future__"),
        _ => statement
            .child_by_field_name("module_name")
            .map(|it| text(source, it)),
    };
    let module = statement
        .child_by_field_name("module_name")
        .map(|it| it.id());
    let mut found = Vec::new();
    for child in children(statement) {
        let (name, alias) = match child.kind() {
            "aliased_import" => {
                let part = |field| child.child_by_field_name(field).map(|it| text(source, it));
                (part("name").unwrap_or_default(), part("alias"))
            }
            "dotted_name" if Some(child.id()) != module => (text(source, child), None),
            "wildcard_import" => ("*", None),
            _ => continue,
        };
        found.push(binding(from, name, alias));
    }
    found
}

fn binding(from: Option<&str>, name: &str, alias: Option<&str>) -> Binding {
    let alias = alias.map(str::to_owned);
    let (module, way, name) = match from {
        Some(module) if name == "*" => (module, Way::All, name),
        Some(module) => (module, Way::Name, name),
        None if alias.is_some() => (name, Way::Module, name),
        None => (name, Way::Module, name.split('.').next().unwrap_or(name)),
    };
    Binding {
        module: module.to_owned(),
        way,
        name: name.to_owned(),
        alias,
        type_only: false,
    }
}

/// `from m import a` on one line, without brackets, takes more names at its end.
fn extend_at(statement: Node<'_>, source: &str) -> Option<usize> {
    let written = text(source, statement);
    let plain =
        statement.kind() != "import_statement" && !written.contains(['(', '\\', '*', '\n', ';']);
    plain.then(|| statement.end_byte())
}

pub(super) fn render(bindings: &[&Binding]) -> String {
    let Some(first) = bindings.first() else {
        return String::new();
    };
    if first.way == Way::Module {
        let alias = first
            .alias
            .as_ref()
            .map(|alias| format!(" as {alias}"))
            .unwrap_or_default();
        return format!("import {}{alias}", first.module);
    }
    let names: Vec<String> = bindings
        .iter()
        .map(|it| render_name(Language::Python, it))
        .collect();
    format!("from {} import {}", first.module, names.join(", "))
}
