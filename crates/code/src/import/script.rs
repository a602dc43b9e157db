//! Imports of JavaScript and TypeScript.

use tree_sitter::Node;

use super::{Binding, Statement, Way, render_name};
use crate::language::Language;
use crate::tree::{children, text};

pub(super) fn collect(root: Node<'_>, source: &str) -> Vec<Statement> {
    let mut found = Vec::new();
    for child in children(root) {
        let bindings = match child.kind() {
            "import_statement" => bindings(child, source),
            "lexical_declaration" | "variable_declaration" => required(child, source),
            _ => continue,
        };
        if !bindings.is_empty() {
            found.push(Statement {
                span: child.byte_range(),
                top: child.byte_range(),
                bindings,
                extend_at: named_imports(child).and_then(last_specifier_end),
                first: false,
            });
        }
    }
    found
}

fn bindings(statement: Node<'_>, source: &str) -> Vec<Binding> {
    let parts = children(statement);
    let type_only = parts.iter().any(|part| part.kind() == "type");
    if let Some(clause) = parts
        .iter()
        .find(|part| part.kind() == "import_require_clause")
    {
        let module = clause
            .child_by_field_name("source")
            .map(|it| unquoted(it, source));
        let name = clause.named_child(0).map(|it| text(source, it).to_owned());
        return module
            .zip(name)
            .map(|(module, name)| one(module, Way::Module, &name))
            .into_iter()
            .collect();
    }
    let Some(from) = statement.child_by_field_name("source") else {
        return Vec::new();
    };
    let module = unquoted(from, source);
    let Some(clause) = parts.iter().find(|part| part.kind() == "import_clause") else {
        return vec![one(module, Way::Load, "")];
    };
    let mut found = Vec::new();
    for part in children(*clause) {
        match part.kind() {
            "identifier" => found.push(one(module.clone(), Way::Default, text(source, part))),
            "namespace_import" => {
                let name = part.named_child(0).map_or("", |it| text(source, it));
                found.push(one(module.clone(), Way::Module, name));
            }
            "named_imports" => found.extend(specifiers(part, source, &module)),
            _ => {}
        }
    }
    for binding in &mut found {
        binding.type_only |= type_only;
    }
    found
}

fn specifiers(list: Node<'_>, source: &str, module: &str) -> Vec<Binding> {
    let specifiers = children(list)
        .into_iter()
        .filter(|it| it.kind() == "import_specifier");
    specifiers
        .map(|it| {
            let part = |field| {
                it.child_by_field_name(field)
                    .map(|node| text(source, node).to_owned())
            };
            Binding {
                module: module.to_owned(),
                way: Way::Name,
                name: part("name").unwrap_or_default(),
                alias: part("alias"),
                type_only: children(it).iter().any(|child| child.kind() == "type"),
            }
        })
        .collect()
}

/// `const a = require("m")` and `const { a, b: c } = require("m")`.
fn required(statement: Node<'_>, source: &str) -> Vec<Binding> {
    let mut found = Vec::new();
    for declarator in children(statement) {
        let (Some(left), Some(value)) = (
            declarator.child_by_field_name("name"),
            declarator.child_by_field_name("value"),
        ) else {
            continue;
        };
        let Some(module) = required_module(value, source) else {
            continue;
        };
        match left.kind() {
            "identifier" => found.push(one(module, Way::Module, text(source, left))),
            "object_pattern" => found.extend(destructured(left, source, &module)),
            _ => {}
        }
    }
    found
}

fn required_module(value: Node<'_>, source: &str) -> Option<String> {
    let function = value.child_by_field_name("function")?;
    let argument = value.child_by_field_name("arguments")?.named_child(0)?;
    let literal = value.kind() == "call_expression" && argument.kind() == "string";
    (literal && text(source, function) == "require").then(|| unquoted(argument, source))
}

fn destructured(pattern: Node<'_>, source: &str, module: &str) -> Vec<Binding> {
    let mut found = Vec::new();
    for part in children(pattern) {
        match part.kind() {
            "shorthand_property_identifier_pattern" => {
                found.push(one(module.to_owned(), Way::Name, text(source, part)));
            }
            "pair_pattern" => {
                let of = |field| {
                    part.child_by_field_name(field)
                        .map_or("", |it| text(source, it))
                };
                let alias = Some(of("value").to_owned());
                found.push(Binding {
                    alias,
                    ..one(module.to_owned(), Way::Name, of("key"))
                });
            }
            _ => {}
        }
    }
    found
}

fn one(module: String, way: Way, name: &str) -> Binding {
    Binding {
        module,
        way,
        name: name.to_owned(),
        alias: None,
        type_only: false,
    }
}

fn unquoted(string: Node<'_>, source: &str) -> String {
    text(source, string)
        .trim_matches(['"', '\'', '`'])
        .to_owned()
}

fn named_imports(statement: Node<'_>) -> Option<Node<'_>> {
    let clause = children(statement)
        .into_iter()
        .find(|it| it.kind() == "import_clause")?;
    children(clause)
        .into_iter()
        .find(|it| it.kind() == "named_imports")
}

fn last_specifier_end(list: Node<'_>) -> Option<usize> {
    children(list)
        .into_iter()
        .rfind(|it| it.kind() == "import_specifier")
        .map(|it| it.end_byte())
}

pub(super) fn render(bindings: &[&Binding], original: &str) -> String {
    let Some(first) = bindings.first() else {
        return String::new();
    };
    let quote = if original.contains('\'') { '\'' } else { '"' };
    let end = if original.trim_end().ends_with(';') {
        ";"
    } else {
        ""
    };
    let module = format!("{quote}{}{quote}", first.module);
    if original.contains("require(") {
        return render_require(bindings, &module, end);
    }
    let mut parts: Vec<String> = Vec::new();
    for binding in bindings.iter().filter(|it| it.way != Way::Name) {
        parts.push(if binding.way == Way::Module {
            format!("* as {}", binding.name)
        } else {
            binding.name.clone()
        });
    }
    let names: Vec<String> = bindings
        .iter()
        .filter(|it| it.way == Way::Name)
        .map(|it| render_name(Language::TypeScript, it))
        .collect();
    if !names.is_empty() {
        parts.push(format!("{{ {} }}", names.join(", ")));
    }
    if parts.is_empty() {
        return format!("import {module}{end}");
    }
    format!("import {} from {module}{end}", parts.join(", "))
}

fn render_require(bindings: &[&Binding], module: &str, end: &str) -> String {
    let names: Vec<String> = bindings
        .iter()
        .filter(|it| it.way == Way::Name)
        .map(|it| match &it.alias {
            Some(alias) => format!("{}: {alias}", it.name),
            None => it.name.clone(),
        })
        .collect();
    match bindings.iter().find(|it| it.way == Way::Module) {
        Some(whole) => format!("const {} = require({module}){end}", whole.name),
        None => format!("const {{ {} }} = require({module}){end}", names.join(", ")),
    }
}
