//! Results that a function drops: `trim(text);`, where `text = trim(text);` is meant.

use std::ops::Range;

use tree_sitter::Node;

use crate::language::Language;
use crate::names::Names;
use crate::symbol::named;
use crate::tree::{Step, parse, parts, text as text_of, walk};

/// Versions of a source that defines `function`, each with one result kept that the function drops: that of a call which
/// stands alone, as the value that is its first argument or that its method is of. A constant of a script becomes a variable
/// for that. None in Rust, whose compiler speaks of such calls.
#[must_use]
pub fn with_dropped_results(language: Language, source: &str, function: &str) -> Vec<String> {
    let Some(symbol) = named(language, source, function) else {
        return Vec::new();
    };
    let Some(tree) = parse(language, source).filter(|_| language != Language::Rust) else {
        return Vec::new();
    };
    let names = Names::of(language, tree.root_node(), source).bound(&symbol.span);
    let mut calls: Vec<(usize, &str)> = Vec::new();
    let mut constants: Vec<(Range<usize>, &str)> = Vec::new();
    walk(tree.root_node(), |step| {
        if let Step::Enter(node, _) = step {
            if node.end_byte() <= symbol.span.start || node.start_byte() >= symbol.span.end {
                return false;
            }
            if let Some(name) = dropped(node, source).filter(|it| names.contains(it)) {
                calls.push((node.start_byte(), name));
            }
            constants.extend(constant(node, source));
        }
        true
    });
    let kept = |(at, name): (usize, &str)| {
        let mut version = source.to_owned();
        version.insert_str(at, &format!("{name} = "));
        for (word, of) in constants.iter().rev() {
            if *of == name && word.start < at {
                version.replace_range(word.clone(), "let");
            }
        }
        version
    };
    calls.into_iter().map(kept).collect()
}

/// The value that a statement's call is about.
fn dropped<'a>(node: Node<'_>, source: &'a str) -> Option<&'a str> {
    if node.kind() != "expression_statement" {
        return None;
    }
    let call = node.named_child(0)?;
    if !matches!(call.kind(), "call" | "call_expression") {
        return None;
    }
    let called = call.child_by_field_name("function")?;
    let receiver = called.child_by_field_name("object");
    let first = || {
        parts(call.child_by_field_name("arguments")?)
            .first()
            .copied()
    };
    let value = receiver.or_else(first)?;
    (value.kind() == "identifier").then(|| text_of(source, value))
}

/// The `const` of a script's value, and its name.
fn constant<'a>(node: Node<'_>, source: &'a str) -> Option<(Range<usize>, &'a str)> {
    let word = node.child_by_field_name("kind")?;
    let name = node.named_child(0)?.child_by_field_name("name")?;
    (node.kind() == "lexical_declaration" && text_of(source, word) == "const")
        .then(|| (word.byte_range(), text_of(source, name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_call_gives_is_kept() {
        let check = |language, source: &str, expected: &[String]| {
            assert_eq!(with_dropped_results(language, source, "f"), expected);
        };
        let script = "function f(text) {\n  const all = cut(text);\n  mark(all);\n  all.push(1);\n  g(1);\n  console.log(2);\n  return all;\n}\n";
        let variable = script.replace("const", "let");
        let expected = [
            variable.replace("  mark", "  all = mark"),
            variable.replace("  all.push", "  all = all.push"),
        ];
        check(Language::JavaScript, script, &expected);
        let python = "def f(text):\n    text.strip()\n    print(1)\n    return text\n";
        let expected = [python.replace("    text.strip", "    text = text.strip")];
        check(Language::Python, python, &expected);
        check(Language::Rust, "fn f(a: u8) { g(a); }\n", &[]);
        check(Language::Python, "", &[]);
    }
}
