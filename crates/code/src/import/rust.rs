//! Imports of Rust.

use tree_sitter::Node;

use super::{Binding, Statement, Way};
use crate::tree::{children, text};

pub(super) fn collect(root: Node<'_>, source: &str) -> Vec<Statement> {
    let siblings = children(root);
    let mut found = Vec::new();
    for (at, child) in siblings.iter().enumerate() {
        let bindings = match child.kind() {
            "use_declaration" => child
                .child_by_field_name("argument")
                .map(|it| leaves(it, source)),
            "extern_crate_declaration" => extern_crate(*child, source).map(|it| vec![it]),
            _ => continue,
        };
        let attributes = siblings[..at]
            .iter()
            .rev()
            .take_while(|it| it.kind() == "attribute_item");
        let start = attributes.last().unwrap_or(child).start_byte();
        let span = start..child.end_byte();
        found.push(Statement {
            top: span.clone(),
            span,
            bindings: bindings.unwrap_or_default(),
            extend_at: None,
            first: false,
        });
    }
    found
}

fn extern_crate(node: Node<'_>, source: &str) -> Option<Binding> {
    let part = |field| {
        node.child_by_field_name(field)
            .map(|it| text(source, it).to_owned())
    };
    let name = part("name")?;
    Some(Binding {
        module: name.clone(),
        way: Way::Module,
        name,
        alias: part("alias"),
        type_only: false,
    })
}

/// A part of a use tree, below this path.
struct Branch<'tree> {
    path: String,
    node: Node<'tree>,
}

impl Branch<'_> {
    fn under(&self, inner: &str) -> String {
        if self.path.is_empty() {
            inner.to_owned()
        } else {
            format!("{}::{inner}", self.path)
        }
    }
}

/// The single paths that a use tree stands for.
fn leaves(argument: Node<'_>, source: &str) -> Vec<Binding> {
    let mut found = Vec::new();
    let mut branches = vec![Branch {
        path: String::new(),
        node: argument,
    }];
    while let Some(branch) = branches.pop() {
        let node = branch.node;
        let field = |name| node.child_by_field_name(name);
        match node.kind() {
            "use_list" => {
                let parts = children(node).into_iter().filter(|it| it.is_named()).rev();
                branches.extend(parts.map(|node| Branch {
                    path: branch.path.clone(),
                    node,
                }));
            }
            "scoped_use_list" => {
                let inner = field("path").map(|it| branch.under(text(source, it)));
                let path = inner.unwrap_or_else(|| branch.path.clone());
                branches.extend(field("list").map(|node| Branch { path, node }));
            }
            "use_as_clause" => {
                let path = branch.under(field("path").map_or("", |it| text(source, it)));
                found.push(leaf(
                    &path,
                    field("alias").map(|it| text(source, it).to_owned()),
                ));
            }
            "use_wildcard" => {
                let inner = node.named_child(0).map(|it| branch.under(text(source, it)));
                let module = inner.unwrap_or(branch.path);
                found.push(Binding {
                    module,
                    way: Way::All,
                    name: "*".to_owned(),
                    alias: None,
                    type_only: false,
                });
            }
            "self" if !branch.path.is_empty() => found.push(leaf(&branch.path, None)),
            "identifier" | "scoped_identifier" | "crate" | "super" | "self" | "metavariable" => {
                found.push(leaf(&branch.under(text(source, node)), None));
            }
            _ => {}
        }
    }
    found
}

fn leaf(path: &str, alias: Option<String>) -> Binding {
    let path = path.strip_suffix("::self").unwrap_or(path);
    let (module, name) = path.rsplit_once("::").unwrap_or(("", path));
    Binding {
        module: module.to_owned(),
        way: Way::Name,
        name: name.to_owned(),
        alias,
        type_only: false,
    }
}

pub(super) fn render(bindings: &[&Binding], original: &str) -> String {
    let public = original.split("use ").next().map_or("", str::trim_start);
    let line = |binding: &&Binding| {
        let path = if binding.module.is_empty() {
            binding.name.clone()
        } else {
            format!("{}::{}", binding.module, binding.name)
        };
        let alias = binding
            .alias
            .as_ref()
            .map(|alias| format!(" as {alias}"))
            .unwrap_or_default();
        format!("{public}use {path}{alias};")
    };
    bindings.iter().map(line).collect::<Vec<_>>().join("\n")
}
