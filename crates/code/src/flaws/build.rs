//! Texts that are put together, and what is put into them.

use tree_sitter::Node;

use crate::language::Language;
use crate::tree::{children, parts};

use super::scope::{Frame, function};
use super::{FlawKind, Search};

/// How deep an expression is followed, and through how many names.
const DEPTH_MAX: usize = 40;
const NAMES_MAX: usize = 4;
/// Most parts of a sum, and most bytes of a call that is looked into.
const SUM_MAX: usize = 500;
const CALL_MAX: usize = 2_000;

/// A piece of a text that is put together.
#[derive(Clone, Debug)]
pub(super) enum Piece<'t> {
    /// What stands there as it is.
    Text(String),
    /// What is put in.
    Value(Node<'t>),
}

/// Calls whose answer is harmless in a text: a number, or quoted for its place.
const TAMING: [&str; 28] = [
    "len",
    "int",
    "float",
    "bool",
    "round",
    "ord",
    "abs",
    "sum",
    "count",
    "hash",
    "Number",
    "parseInt",
    "parseFloat",
    "quote",
    "quote_ident",
    "quote_plus",
    "escape",
    "escapeHtml",
    "escape_html",
    "escapeId",
    "sanitize",
    "encodeURIComponent",
    "Identifier",
    "secure_filename",
    "basename",
    "safe_join",
    "mogrify",
    "shlex_quote",
];
/// Names after which only the name of a table or column can stand.
const NAMING: [&str; 8] = [
    "FROM", "INTO", "UPDATE", "TABLE", "JOIN", "BY", "SCHEMA", "INDEX",
];

impl<'t> Search<'_, 't> {
    /// Looks whether a node puts an SQL text together.
    pub(super) fn built(&mut self, node: Node<'t>, frames: &[Frame<'t>]) {
        // What is put together within what is put together was looked at with it.
        if node.start_byte() < self.built_to || !self.puts_together(node) {
            return;
        }
        self.built_to = node.end_byte();
        let pieces = self.pieces(node, function(frames), DEPTH_MAX);
        if self.is_sql(&pieces, false, frames) {
            self.add(FlawKind::SqlBuilt, node);
        }
        if self.is_page_of_request(&pieces, frames) {
            self.add(FlawKind::HtmlBuilt, node);
        }
    }

    fn puts_together(&self, node: Node<'t>) -> bool {
        match node.kind() {
            "string" | "concatenated_string" => self.language == Language::Python,
            "binary_operator" | "template_string" | "binary_expression" => true,
            "macro_invocation" => self.is_format(node),
            "call" => self.formatted(node).is_some(),
            _ => false,
        }
    }

    fn is_format(&self, node: Node<'t>) -> bool {
        let name = node.child_by_field_name("macro");
        name.is_some_and(|it| self.text(it) == "format")
    }

    /// The text of `"…".format(…)`, with the arguments.
    fn formatted(&self, node: Node<'t>) -> Option<(Node<'t>, Node<'t>)> {
        let called = node.child_by_field_name("function")?;
        let name = called.child_by_field_name("attribute")?;
        let object = called.child_by_field_name("object")?;
        (self.text(name) == "format" && object.kind() == "string")
            .then_some((object, node.child_by_field_name("arguments")?))
    }

    /// What an expression is put together of; one piece for what is not.
    pub(super) fn pieces(
        &self,
        node: Node<'t>,
        within: Option<Node<'t>>,
        depth: usize,
    ) -> Vec<Piece<'t>> {
        let Some(depth) = depth.checked_sub(1) else {
            return vec![Piece::Value(node)];
        };
        let field = |name: &str| node.child_by_field_name(name);
        let both = |left: Node<'t>, right: Node<'t>| {
            let mut all = self.pieces(left, within, depth);
            all.extend(self.pieces(right, within, depth));
            all
        };
        match node.kind() {
            "string" | "template_string" => self.of_string(node, within, depth),
            "string_literal" | "raw_string_literal" => {
                vec![Piece::Text(self.text(node).to_owned())]
            }
            "concatenated_string" => {
                let texts = parts(node).into_iter();
                texts
                    .flat_map(|it| self.pieces(it, within, depth))
                    .collect()
            }
            "parenthesized_expression" | "await_expression" | "reference_expression" => {
                match parts(node).as_slice() {
                    [only] => self.pieces(*only, within, depth),
                    _ => vec![Piece::Value(node)],
                }
            }
            "binary_operator" | "binary_expression" => self.of_sum(node, within, depth),
            "augmented_assignment" | "augmented_assignment_expression" => {
                match (field("left"), field("right")) {
                    (Some(left), Some(right)) => both(left, right),
                    _ => vec![Piece::Value(node)],
                }
            }
            "call" => match self.formatted(node) {
                Some((text, arguments)) => {
                    self.with_arguments(self.pieces(text, within, depth), arguments)
                }
                None => vec![Piece::Value(node)],
            },
            "macro_invocation" if self.is_format(node) => self.of_macro(node),
            _ => vec![Piece::Value(node)],
        }
    }

    /// `a + b + c`, or a text with marks and `%`; the left sides are followed without recursion.
    fn of_sum(&self, node: Node<'t>, within: Option<Node<'t>>, depth: usize) -> Vec<Piece<'t>> {
        let (mut left, mut rights) = (node, Vec::new());
        while rights.len() < SUM_MAX {
            let field = |name: &str| left.child_by_field_name(name);
            let (Some(before), Some(operator), Some(right)) =
                (field("left"), field("operator"), field("right"))
            else {
                break;
            };
            match self.text(operator) {
                "+" => rights.push(right),
                "%" if self.language == Language::Python && is_text(before) => {
                    let text = self.pieces(before, within, depth);
                    let mut all = self.with_arguments(text, right);
                    let rest = rights.into_iter().rev();
                    all.extend(rest.flat_map(|it| self.pieces(it, within, depth)));
                    return all;
                }
                _ => break,
            }
            left = before;
        }
        let mut all = match rights.is_empty() {
            true => vec![Piece::Value(left)],
            false => self.pieces(left, within, depth),
        };
        let rest = rights.into_iter().rev();
        all.extend(rest.flat_map(|it| self.pieces(it, within, depth)));
        all
    }

    fn of_string(&self, node: Node<'t>, within: Option<Node<'t>>, depth: usize) -> Vec<Piece<'t>> {
        let mut all = Vec::new();
        for child in children(node) {
            match child.kind() {
                "interpolation" | "template_substitution" => {
                    if let Some(value) = parts(child).first() {
                        match is_text(*value) {
                            true => all.extend(self.pieces(*value, within, depth)),
                            false => all.push(Piece::Value(*value)),
                        }
                    }
                }
                _ => all.push(Piece::Text(self.text(child).to_owned())),
            }
        }
        all
    }

    /// A text with marks into which arguments are put.
    fn with_arguments(&self, mut all: Vec<Piece<'t>>, arguments: Node<'t>) -> Vec<Piece<'t>> {
        let values = match arguments.kind() {
            "tuple" | "argument_list" | "dictionary" => parts(arguments),
            _ => vec![arguments],
        };
        let value = |it: Node<'t>| match it.kind() {
            "keyword_argument" | "pair" => it.child_by_field_name("value").unwrap_or(it),
            _ => it,
        };
        all.extend(values.into_iter().map(|it| Piece::Value(value(it))));
        all
    }

    /// `format!("… {name} …", …)`: its tree knows only words.
    fn of_macro(&self, node: Node<'t>) -> Vec<Piece<'t>> {
        let tokens = children(node);
        let Some(tokens) = tokens.into_iter().find(|it| it.kind() == "token_tree") else {
            return vec![Piece::Value(node)];
        };
        let mut all = Vec::new();
        for token in parts(tokens) {
            match token.kind() {
                "string_literal" | "raw_string_literal" if all.is_empty() => {
                    let text = self.text(token);
                    let named = text.contains('{') && text.replace("{{", "").contains('{');
                    all.push(Piece::Text(text.to_owned()));
                    if named && !text.replace("{}", "").replace("{:?}", "").contains('{') {
                        continue;
                    }
                    if named {
                        all.push(Piece::Value(token));
                    }
                }
                _ => all.push(Piece::Value(token)),
            }
        }
        all
    }

    /// Whether pieces are an SQL text with a value in it that is not harmless there. `surely` where the place says that it
    /// is SQL; elsewhere its words have to be written large.
    pub(super) fn is_sql(&self, pieces: &[Piece<'t>], surely: bool, frames: &[Frame<'t>]) -> bool {
        let mut text = String::new();
        let mut wild = false;
        for piece in pieces {
            match piece {
                Piece::Text(more) => text.push_str(more),
                Piece::Value(value) => {
                    let names = text.trim_end().rsplit(char::is_whitespace).next();
                    let named =
                        names.is_some_and(|it| NAMING.contains(&it.to_ascii_uppercase().as_str()));
                    wild |= !(self.is_harmless(*value, function(frames), NAMES_MAX)
                        || named && self.is_own_name(*value));
                    text.push(' ');
                }
            }
        }
        wild && reads_as_sql(&text, surely)
    }

    /// Whether a value is the program's own name for a table: of itself, or called so.
    fn is_own_name(&self, value: Node<'t>) -> bool {
        let text = self.text(value);
        let last = text.rsplit('.').next().unwrap_or(text).to_ascii_lowercase();
        ["self.", "cls.", "this."]
            .iter()
            .any(|it| text.starts_with(it))
            || ["table", "schema", "column", "tbl"]
                .iter()
                .any(|it| last.contains(it))
    }

    fn is_page_of_request(&self, pieces: &[Piece<'t>], frames: &[Frame<'t>]) -> bool {
        let has_tag = pieces.iter().any(|it| match it {
            Piece::Text(text) => has_tag(text),
            Piece::Value(_) => false,
        });
        has_tag
            && self.any_value(pieces, |it| {
                self.is_of_request(it, function(frames), NAMES_MAX)
            })
    }

    pub(super) fn any_value(&self, pieces: &[Piece<'t>], is: impl Fn(Node<'t>) -> bool) -> bool {
        pieces.iter().any(|it| match it {
            Piece::Value(value) => is(*value),
            Piece::Text(_) => false,
        })
    }

    /// Whether an expression, or what its name was set to, is a text with a value in it that is not harmless.
    pub(super) fn is_wild(&self, node: Node<'t>, frames: &[Frame<'t>]) -> bool {
        let within = function(frames);
        let mut node = node;
        for _ in 0..NAMES_MAX {
            if !matches!(node.kind(), "identifier") {
                break;
            }
            match self.bound.value(self.source, within, node) {
                Some(value) => node = value,
                None => return false,
            }
        }
        let pieces = self.pieces(node, within, DEPTH_MAX);
        let has_text = pieces
            .iter()
            .any(|it| matches!(it, Piece::Text(text) if text.contains(char::is_alphanumeric)));
        has_text
            && pieces.len() > 1
            && self.any_value(&pieces, |it| !self.is_harmless(it, within, NAMES_MAX))
    }

    /// Whether a value can do no harm in a text.
    pub(super) fn is_harmless(
        &self,
        node: Node<'t>,
        within: Option<Node<'t>>,
        names: usize,
    ) -> bool {
        let Some(left) = names.checked_sub(1) else {
            return false;
        };
        let all = |nodes: Vec<Node<'t>>| {
            nodes
                .into_iter()
                .all(|it| self.is_harmless(it, within, left))
        };
        match node.kind() {
            "integer" | "float" | "number" | "true" | "false" | "none" | "null"
            | "integer_literal" | "float_literal" | "boolean_literal" => true,
            "string"
            | "template_string"
            | "concatenated_string"
            | "binary_operator"
            | "binary_expression" => {
                let pieces = self.pieces(node, within, DEPTH_MAX);
                let is_itself = |it: Node<'t>| it.id() == node.id();
                !self.any_value(&pieces, |it| {
                    is_itself(it) || !self.is_harmless(it, within, left)
                })
            }
            "string_literal" => !self.text(node).replace("{{", "").contains('{'),
            "identifier" => {
                let set = self.bound.value(self.source, within, node);
                is_constant(self.text(node))
                    || set.is_some_and(|it| self.is_harmless(it, within, left))
            }
            "attribute" | "member_expression" | "field_expression" => {
                let text = self.text(node);
                let last = text.rsplit('.').next().unwrap_or(text);
                is_constant(last) || last == "length"
            }
            "subscript" | "subscript_expression" => {
                let value = node.child_by_field_name("value");
                let value = value.or_else(|| node.child_by_field_name("object"));
                value.is_some_and(|it| is_constant(self.text(it)))
            }
            "conditional_expression" | "ternary_expression" => {
                let mut parts = parts(node);
                // The condition is in no text.
                match (self.language, parts.len()) {
                    (Language::Python, 3) => drop(parts.remove(1)),
                    (_, 3) => drop(parts.remove(0)),
                    _ => return false,
                }
                all(parts)
            }
            "parenthesized_expression" => all(parts(node)),
            "call" | "call_expression" => self.is_tame(node, within, left),
            _ => false,
        }
    }

    fn is_tame(&self, call: Node<'t>, within: Option<Node<'t>>, names: usize) -> bool {
        let (name, object) = self.callee(call);
        if tames(name) {
            return true;
        }
        let text = self.text(call);
        if text.len() > CALL_MAX {
            return false;
        }
        match name {
            // Placeholders and names of columns; a list of texts in quotes is neither.
            "join" => {
                ["'?'", "\"?\"", "%s", "$${", "'$'"]
                    .iter()
                    .any(|it| text.contains(it))
                    || {
                        let arguments = call
                            .child_by_field_name("arguments")
                            .map(parts)
                            .unwrap_or_default();
                        let separator = match self.language {
                            Language::Python => object,
                            _ => arguments.first().copied(),
                        };
                        separator.is_some_and(|it| {
                            it.kind() == "string" && self.text(it).matches(['\'', '"']).count() == 2
                        })
                    }
            }
            "str" | "String" | "toString" | "strip" | "trim" | "lower" | "upper" => {
                let arguments = call
                    .child_by_field_name("arguments")
                    .map(parts)
                    .unwrap_or_default();
                let about = arguments.first().copied().or(object);
                about.is_some_and(|it| self.is_harmless(it, within, names))
            }
            _ => false,
        }
    }

    /// The last name of what is called, and what it is a part of.
    pub(super) fn callee(&self, call: Node<'t>) -> (&str, Option<Node<'t>>) {
        let Some(called) = call
            .child_by_field_name("function")
            .or_else(|| call.child_by_field_name("constructor"))
        else {
            return ("", None);
        };
        let part = |names: [&str; 3]| names.iter().find_map(|it| called.child_by_field_name(it));
        match part(["attribute", "property", "field"]) {
            Some(name) => (self.text(name), part(["object", "value", "path"])),
            None => {
                let name = called.child_by_field_name("name").unwrap_or(called);
                (self.text(name), called.child_by_field_name("path"))
            }
        }
    }
}

/// Whether what a call of this name answers is harmless in a text.
pub(super) fn tames(name: &str) -> bool {
    TAMING.contains(&name)
}

fn is_text(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "string" | "concatenated_string" | "template_string" | "parenthesized_expression"
    )
}

/// Names that are written large are fixed.
fn is_constant(name: &str) -> bool {
    name.len() > 1
        && name.chars().any(|it| it.is_ascii_uppercase())
        && name
            .chars()
            .all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == '_')
}

fn has_tag(text: &str) -> bool {
    let after = text.split('<').skip(1);
    let mut names = after.map(|it| it.trim_start_matches('/'));
    names.any(|it| {
        let name: String = it.chars().take_while(char::is_ascii_alphanumeric).collect();
        let tags = [
            "a", "b", "body", "button", "div", "h1", "h2", "h3", "html", "img", "input", "li", "p",
            "script", "span", "td", "tr",
        ];
        tags.contains(&name.to_ascii_lowercase().as_str())
    })
}

fn reads_as_sql(text: &str, surely: bool) -> bool {
    let text = text.trim_start_matches(|it: char| !it.is_ascii_alphabetic() || it == 'f');
    let large = match surely {
        true => text.to_ascii_uppercase(),
        false => text.to_owned(),
    };
    let words: Vec<&str> = large
        .split(|it: char| !it.is_ascii_alphanumeric() && it != '_')
        .filter(|it| !it.is_empty())
        .take(200)
        .collect();
    let has = |word: &str| words.contains(&word);
    match words.as_slice() {
        ["SELECT", ..] => has("FROM"),
        ["INSERT", "INTO" | "OR", ..] | ["REPLACE", "INTO", ..] => true,
        ["UPDATE", ..] => has("SET"),
        ["DELETE", "FROM", ..] => true,
        [
            "DROP" | "ALTER" | "CREATE" | "TRUNCATE",
            "TABLE" | "DATABASE" | "USER" | "INDEX",
            ..,
        ] => true,
        ["WITH", ..] => has("SELECT") && has("FROM"),
        ["WHERE" | "AND", _, ..] => surely,
        _ => false,
    }
}
