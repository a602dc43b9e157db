//! Local values that hide the function they come from: `lines = lines(items)`.
//!
//! In Python and in scripts such a line fails, since the name means the local value from the function's first line on.
//! What was meant is never in doubt: what is called is the function, everything else the value.

use std::collections::BTreeSet;
use std::ops::Range;

use tree_sitter::Node;

use crate::language::Language;
use crate::symbol::{SymbolKind, symbols};
use crate::tree::{Step, parse, text as text_of, walk};

/// The text with every local value that hides one of `functions`, which its own function calls, under another name:
/// the same with `_` after it.
///
/// A parameter of that name is left alone, and so is a value that is itself a function.
#[must_use]
pub fn unshadowed(language: Language, text: &str, functions: &[&str]) -> String {
    let Some(tree) = parse(language, text).filter(|_| language != Language::Rust) else {
        return text.to_owned();
    };
    let wanted: BTreeSet<&str> = functions.iter().copied().collect();
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    let scopes = symbols(language, text);
    let is_code = |kind| matches!(kind, SymbolKind::Function | SymbolKind::Method);
    for scope in scopes.iter().filter(|it| is_code(it.kind)) {
        for name in &wanted {
            let uses = Uses::of(tree.root_node(), text, name, &scope.span);
            edits.extend(uses.renamed(text, name));
        }
    }
    edits.sort_by_key(|(at, _)| at.start);
    let mut out = text.to_owned();
    for (at, new) in edits.into_iter().rev() {
        out.replace_range(at, &new);
    }
    out
}

/// Where one name stands in one function.
#[derive(Default)]
struct Uses {
    /// Whether it is called.
    called: bool,
    /// Whether a value gets this name.
    bound: bool,
    /// Whether a parameter, a function or a class within has it, or something whose meaning is not plain.
    unclear: bool,
    /// Everywhere but in calls; true where it stands for `name: name`.
    values: Vec<(Range<usize>, bool)>,
}

impl Uses {
    fn of(root: Node<'_>, source: &str, name: &str, scope: &Range<usize>) -> Uses {
        let mut uses = Uses::default();
        let mut above: Vec<Place<'_>> = Vec::new();
        walk(root, |step| match step {
            Step::Enter(node, field) => {
                if node.end_byte() <= scope.start || node.start_byte() >= scope.end {
                    return false;
                }
                if text_of(source, node) == name && node.start_byte() > scope.start {
                    uses.see(node, field, &above);
                }
                above.push((node, field));
                true
            }
            Step::Leave(_) => {
                above.pop();
                true
            }
        });
        uses
    }

    fn see(&mut self, node: Node<'_>, field: Option<&str>, above: &[Place<'_>]) {
        let Some((parent, _)) = above.last() else {
            return;
        };
        match (node.kind(), parent.kind(), field) {
            ("identifier", "call" | "call_expression", Some("function")) => self.called = true,
            ("identifier", "attribute", Some("attribute"))
            | ("identifier", "keyword_argument", Some("name")) => {}
            (
                "identifier",
                "function_definition" | "class_definition" | "function_declaration",
                Some("name"),
            )
            | ("shorthand_property_identifier_pattern", ..) => self.unclear = true,
            ("identifier" | "shorthand_property_identifier", ..) => {
                self.see_value(node, field, above);
            }
            _ => {}
        }
    }

    fn see_value(&mut self, node: Node<'_>, field: Option<&str>, above: &[Place<'_>]) {
        let shorthand = node.kind() == "shorthand_property_identifier";
        self.values.push((node.byte_range(), shorthand));
        let mut field = field;
        for (parent, own) in above.iter().rev() {
            match (parent.kind(), field) {
                ("assignment" | "augmented_assignment" | "assignment_expression", Some("left"))
                | ("variable_declarator" | "named_expression", Some("name"))
                | ("for_statement" | "for_in_clause" | "for_in_statement", Some("left")) => {
                    self.bound = true;
                    self.unclear |= is_function(*parent);
                    return;
                }
                ("as_pattern_target", _) => {
                    self.bound = true;
                    return;
                }
                (
                    "parameters" | "lambda_parameters" | "formal_parameters" | "typed_parameter"
                    | "required_parameter",
                    _,
                )
                | ("default_parameter" | "typed_default_parameter", Some("name"))
                | ("arrow_function" | "catch_clause", Some("parameter")) => {
                    self.unclear = true;
                    return;
                }
                ("pattern_list" | "tuple_pattern" | "list_pattern" | "array_pattern", _) => {
                    field = *own;
                }
                _ => return,
            }
        }
    }

    fn renamed(self, source: &str, name: &str) -> Vec<(Range<usize>, String)> {
        if !self.called || !self.bound || self.unclear {
            return Vec::new();
        }
        let mut other = format!("{name}_");
        while source.contains(&other) {
            other.push('_');
        }
        let new = |shorthand: bool| match shorthand {
            true => format!("{name}: {other}"),
            false => other.clone(),
        };
        self.values
            .into_iter()
            .map(|(at, shorthand)| (at, new(shorthand)))
            .collect()
    }
}

/// A node on the way down, and its field in its parent.
type Place<'tree> = (Node<'tree>, Option<&'tree str>);

/// Whether what is assigned is itself a function.
fn is_function(assignment: Node<'_>) -> bool {
    let fields = ["right", "value"];
    let value = fields
        .iter()
        .find_map(|it| assignment.child_by_field_name(it));
    value.is_some_and(|it| {
        matches!(
            it.kind(),
            "lambda" | "arrow_function" | "function_expression" | "generator_function"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(language: Language, text: &str, expected: &str) {
        assert_eq!(unshadowed(language, text, &["lines", "find"]), expected);
    }

    #[test]
    fn a_value_gets_another_name() {
        check(
            Language::Python,
            "def f(items):\n    lines = lines(find(items))\n    lines.append(g(lines=1, x=lines))\n    return items, lines\n",
            "def f(items):\n    lines_ = lines(find(items))\n    lines_.append(g(lines=1, x=lines_))\n    return items, lines_\n",
        );
        check(
            Language::Python,
            "def f(items):\n    lines, n = lines(items), 1\n    return o.lines + lines\n",
            "def f(items):\n    lines_, n = lines(items), 1\n    return o.lines + lines_\n",
        );
        check(
            Language::JavaScript,
            "function f(items) {\n  const lines = lines(items);\n  return { lines, n: lines.length };\n}\n",
            "function f(items) {\n  const lines_ = lines(items);\n  return { lines: lines_, n: lines_.length };\n}\n",
        );
    }

    #[test]
    fn the_name_is_not_taken_already() {
        check(
            Language::Python,
            "def f(lines_):\n    lines = lines(lines_)\n    return lines\n",
            "def f(lines_):\n    lines__ = lines(lines_)\n    return lines__\n",
        );
    }

    #[test]
    fn what_is_meant_otherwise_stays() {
        for text in [
            "def f(lines):\n    lines = lines(1)\n    return lines\n",
            "def f(a):\n    lines = lambda: a\n    return lines()\n",
            "def f(a):\n    def lines():\n        return a\n    return lines()\n",
            "def f(a):\n    lines = g(a)\n    return lines\n",
            "def lines(a):\n    return find(a)\n",
            "lines = 1\ndef f(a):\n    return find(a)\n",
        ] {
            check(Language::Python, text, text);
        }
        let text = "function f(a) { const { lines } = a; return lines(a); }\n";
        check(Language::JavaScript, text, text);
        let text = "fn f(a: u8) -> u8 { let lines = lines(a); lines }\n";
        check(Language::Rust, text, text);
    }

    #[test]
    fn another_functions_value_is_not_touched() {
        let text =
            "def f(a):\n    lines = a\n    return lines\n\n\ndef g(a):\n    return lines(a)\n";
        check(Language::Python, text, text);
    }
}
