//! Definitions of JavaScript and TypeScript.

use std::ops::Range;

use tree_sitter::Node;

use super::{Definition, Draft, Place};
use crate::symbol::SymbolKind;
use crate::tree::{children, is_comment, slice, text};

pub(super) fn collect(root: Node<'_>, source: &str) -> Vec<Definition> {
    let mut search = Search {
        source,
        found: Vec::new(),
        places: vec![Place::root(root)],
    };
    while let Some(place) = search.places.pop() {
        let siblings = children(place.node);
        for at in 0..siblings.len() {
            search.statement(&siblings, at, &place);
        }
    }
    search.found
}

struct Search<'tree, 'src> {
    source: &'src str,
    found: Vec<Definition>,
    places: Vec<Place<'tree>>,
}

/// A statement with the bytes that belong to it.
struct Frame {
    span: Range<usize>,
    code: usize,
    declaration: usize,
    visibility: String,
}

impl<'tree> Search<'tree, '_> {
    fn statement(&mut self, siblings: &[Node<'tree>], at: usize, place: &Place<'tree>) {
        let outer = siblings[at];
        let (mut frame, mut node) = (self.frame(siblings, at), outer);
        if outer.kind() == "export_statement" {
            let Some(inner) = exported(outer) else { return };
            frame.declaration = keyword_start(outer).unwrap_or(inner.start_byte());
            frame.visibility =
                slice(self.source, &(frame.declaration..inner.start_byte())).to_owned();
            node = inner;
        }
        if outer.kind() == "ambient_declaration" {
            let inner = children(outer)
                .into_iter()
                .find(|child| child.is_named() && !is_comment(*child));
            node = inner.unwrap_or(outer);
        }
        if node.kind() == "expression_statement" {
            node = node.named_child(0).unwrap_or(node);
        }
        self.declaration(node, &frame, place);
    }

    fn declaration(&mut self, node: Node<'tree>, frame: &Frame, place: &Place<'tree>) {
        let body = node.child_by_field_name("body");
        match node.kind() {
            "function_declaration" | "generator_function_declaration" => {
                self.named(node, frame, place, place.function_kind(), None);
            }
            "function_signature" => {
                self.named(node, frame, place, place.function_kind(), Some("signature"));
            }
            "class_declaration" | "abstract_class_declaration" => {
                self.named(node, frame, place, SymbolKind::Class, None);
                self.look_into(body, place, true);
            }
            "function_expression" | "arrow_function" | "generator_function" => {
                self.add(
                    default_name(node, self.source),
                    place.function_kind(),
                    None,
                    node,
                    body,
                    frame,
                    place,
                );
            }
            "class" => {
                let name = default_name(node, self.source);
                self.add(
                    name.clone(),
                    SymbolKind::Class,
                    None,
                    node,
                    body,
                    frame,
                    place,
                );
                self.look_into(body, place, true);
            }
            "interface_declaration" => {
                self.named(node, frame, place, SymbolKind::Interface, None);
            }
            "enum_declaration" => {
                self.named(node, frame, place, SymbolKind::Enum, None);
            }
            "type_alias_declaration" => {
                self.named(node, frame, place, SymbolKind::TypeAlias, None);
            }
            "internal_module" | "module" => {
                self.named(node, frame, place, SymbolKind::Module, None);
                self.look_into(body, place, false);
            }
            "lexical_declaration" | "variable_declaration" => self.variables(node, frame, place),
            "assignment_expression" => self.assignment(node, frame, place),
            "method_definition" => {
                self.named(node, frame, place, SymbolKind::Method, accessor(node));
            }
            "method_signature" | "abstract_method_signature" => {
                self.named(node, frame, place, SymbolKind::Method, Some("signature"));
            }
            "field_definition" | "public_field_definition" => self.field(node, frame, place),
            _ => {}
        }
    }

    fn named(
        &mut self,
        node: Node<'tree>,
        frame: &Frame,
        place: &Place<'tree>,
        kind: SymbolKind,
        variant: Option<&str>,
    ) -> Option<String> {
        let name = text(self.source, node.child_by_field_name("name")?);
        let name = name.trim_matches(['"', '\'']).to_owned();
        let body = node
            .child_by_field_name("body")
            .or_else(|| node.child_by_field_name("value"));
        self.add(name.clone(), kind, variant, node, body, frame, place);
        Some(name)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "each is one part of the definition being added"
    )]
    fn add(
        &mut self,
        name: String,
        kind: SymbolKind,
        variant: Option<&str>,
        node: Node<'tree>,
        body: Option<Node<'tree>>,
        frame: &Frame,
        place: &Place<'tree>,
    ) {
        let draft = Draft {
            name,
            kind,
            variant: variant.map(str::to_owned),
            node,
            body,
            span: frame.span.clone(),
            code: frame.code,
            declaration: frame.declaration,
            visibility: frame.visibility.clone(),
        };
        self.found.push(draft.finish(self.source, place));
    }

    /// Looks for members in what was found last.
    fn look_into(&mut self, body: Option<Node<'tree>>, place: &Place<'tree>, class: bool) {
        let inner = self
            .found
            .last()
            .zip(body)
            .and_then(|(it, body)| place.inside(it, body, class));
        self.places.extend(inner);
    }

    /// `const a = 1, f = () => {}`. What `require` gives is an import, not a definition.
    fn variables(&mut self, node: Node<'tree>, frame: &Frame, place: &Place<'tree>) {
        let constant = text(self.source, node).starts_with("const");
        for declarator in children(node)
            .into_iter()
            .filter(|it| it.kind() == "variable_declarator")
        {
            let value = declarator.child_by_field_name("value");
            if value.is_some_and(|value| text(self.source, value).starts_with("require(")) {
                continue;
            }
            let named = declarator
                .child_by_field_name("name")
                .filter(|it| it.kind() == "identifier");
            let Some(name) = named else { continue };
            let name = text(self.source, name).to_owned();
            let fallback = place.value_kind(constant);
            self.value(name, value, fallback, declarator, frame, place);
        }
    }

    fn field(&mut self, node: Node<'tree>, frame: &Frame, place: &Place<'tree>) {
        let field = node
            .child_by_field_name("name")
            .or_else(|| node.child_by_field_name("property"));
        let Some(name) = field else { return };
        let name = text(self.source, name).to_owned();
        let value = node.child_by_field_name("value");
        self.value(name, value, SymbolKind::Field, node, frame, place);
    }

    /// `exports.name = …`, `module.exports.name = …` and `Class.prototype.name = …`.
    fn assignment(&mut self, node: Node<'tree>, frame: &Frame, place: &Place<'tree>) {
        let Some(left) = node.child_by_field_name("left") else {
            return;
        };
        let Some((object, name)) = text(self.source, left).rsplit_once('.') else {
            return;
        };
        let value = node.child_by_field_name("right");
        if matches!(object, "exports" | "module.exports") {
            self.value(
                name.to_owned(),
                value,
                SymbolKind::Constant,
                node,
                frame,
                place,
            );
        } else if let Some(class) = object.strip_suffix(".prototype") {
            let place = Place {
                node: place.node,
                parent: Some(class.to_owned()),
                top: place.top.clone(),
                class: true,
                variant: None,
                depth: place.depth,
            };
            self.value(
                name.to_owned(),
                value,
                SymbolKind::Field,
                node,
                frame,
                &place,
            );
        }
    }

    /// A name whose kind is that of its value: a function, a class, or plainly a value.
    fn value(
        &mut self,
        name: String,
        value: Option<Node<'tree>>,
        fallback: SymbolKind,
        node: Node<'tree>,
        frame: &Frame,
        place: &Place<'tree>,
    ) {
        let code = value.and_then(|value| value.child_by_field_name("body"));
        match value.map_or("", |value| value.kind()) {
            "arrow_function" | "function_expression" | "generator_function" => {
                self.add(name, place.function_kind(), None, node, code, frame, place);
            }
            "class" => {
                self.add(
                    name.clone(),
                    SymbolKind::Class,
                    None,
                    node,
                    code,
                    frame,
                    place,
                );
                self.look_into(code, place, true);
            }
            _ => self.add(name, fallback, None, node, value, frame, place),
        }
    }

    /// The bytes of a statement with the doc comment and decorators before it and the `;` after it.
    fn frame(&self, siblings: &[Node<'tree>], at: usize) -> Frame {
        let node = siblings[at];
        let mut first = at;
        while first > 0 && siblings[first - 1].kind() == "decorator" {
            first -= 1;
        }
        let code = siblings[first].start_byte();
        let end = match siblings.get(at + 1) {
            Some(next) if next.kind() == ";" => next.end_byte(),
            _ => node.end_byte(),
        };
        let doc = first
            .checked_sub(1)
            .map(|before| siblings[before])
            .filter(|before| {
                let between = slice(self.source, &(before.end_byte()..code));
                let near = between.matches('\n').count() == 1;
                is_comment(*before) && near && text(self.source, *before).starts_with("/**")
            });
        let own_line = doc.filter(|doc| starts_line(self.source, doc.start_byte()));
        let start = own_line.map_or(code, |doc| doc.start_byte());
        Frame {
            span: start..end,
            code,
            declaration: node.start_byte(),
            visibility: String::new(),
        }
    }
}

fn starts_line(source: &str, at: usize) -> bool {
    let before = source.get(..at).unwrap_or_default();
    before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .trim()
        .is_empty()
}

/// What an export statement exports, when it defines it.
fn exported(statement: Node<'_>) -> Option<Node<'_>> {
    statement
        .child_by_field_name("declaration")
        .or_else(|| statement.child_by_field_name("value"))
}

fn keyword_start(statement: Node<'_>) -> Option<usize> {
    children(statement)
        .into_iter()
        .find(|child| child.kind() == "export")
        .map(|it| it.start_byte())
}

fn default_name(node: Node<'_>, source: &str) -> String {
    node.child_by_field_name("name")
        .map_or("default", |name| text(source, name))
        .to_owned()
}

fn accessor(method: Node<'_>) -> Option<&'static str> {
    children(method)
        .into_iter()
        .find_map(|child| match child.kind() {
            "get" => Some("get"),
            "set" => Some("set"),
            _ => None,
        })
}
