//! Branches of a function, and what comes of putting the branches of two versions together.
//!
//! Two answers to one question are often each right in some of the cases that a function tells apart. Where both tell
//! them apart by the same conditions, a branch of one can take the place of the other's.

use std::ops::Range;

use tree_sitter::Node;

use crate::language::Language;
use crate::symbol::named;
use crate::tree::{Step, column, moved, one_line, parse, slice, text as text_of, walk};

/// What a function does in one case.
struct Branch {
    /// See [`Crossed::condition`].
    condition: String,
    /// The bytes of what it does, without braces.
    body: Range<usize>,
    /// The column of the body's first line, in bytes.
    column: usize,
}

/// A version of a source with one branch of a function taken from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossed {
    /// The branch's condition on one line; for the last branch of a chain the conditions before it, with `else`.
    pub condition: String,
    /// The whole source; the same as before where both do the same in that branch.
    pub source: String,
}

/// Versions of `base`, a source that defines `function`, each with one branch of that function taken from `other`.
/// Branches belong together when their conditions read the same.
#[must_use]
pub fn crossed(language: Language, base: &str, other: &str, function: &str) -> Vec<Crossed> {
    let theirs = branches(language, other, function);
    let mut versions = Vec::new();
    for own in branches(language, base, function) {
        let mut same = theirs.iter().filter(|it| it.condition == own.condition);
        let (Some(their), None) = (same.next(), same.next()) else {
            continue;
        };
        let (old, new) = (slice(base, &own.body), slice(other, &their.body));
        let mut version = base.to_owned();
        if one_line(old) != one_line(new) {
            version.replace_range(own.body.clone(), &moved(new, their.column, own.column));
        }
        versions.push(Crossed {
            condition: own.condition,
            source: version,
        });
    }
    versions
}

fn branches(language: Language, source: &str, function: &str) -> Vec<Branch> {
    let Some(symbol) = named(language, source, function) else {
        return Vec::new();
    };
    let Some(tree) = parse(language, source) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    walk(tree.root_node(), |step| {
        if let Step::Enter(node, _) = step {
            if node.end_byte() <= symbol.span.start || node.start_byte() >= symbol.span.end {
                return false;
            }
            if node.start_byte() >= symbol.span.start {
                found.extend(branch(node, source));
            }
        }
        true
    });
    found
}

fn branch(node: Node<'_>, source: &str) -> Option<Branch> {
    let (condition, body) = match node.kind() {
        "if_statement" | "elif_clause" | "if_expression" => (
            text_of(source, node.child_by_field_name("condition")?).to_owned(),
            node.child_by_field_name("consequence")?,
        ),
        "else_clause" => (otherwise(node, source)?, else_body(node)?),
        "switch_case" => return case(node, source),
        "match_arm" => (
            text_of(source, node.child_by_field_name("pattern")?).to_owned(),
            node.child_by_field_name("value")?,
        ),
        _ => return None,
    };
    let body = inner(body)?;
    Some(Branch {
        condition: one_line(condition.trim_start_matches('(').trim_end_matches(')')),
        column: column(source, body.start),
        body,
    })
}

/// The conditions before an `else`, which say when it is taken.
fn otherwise(node: Node<'_>, source: &str) -> Option<String> {
    let chain = node.parent()?;
    let first = chain.child_by_field_name("condition")?;
    Some(format!("else {}", text_of(source, first)))
}

fn else_body(node: Node<'_>) -> Option<Node<'_>> {
    let body = node
        .child_by_field_name("body")
        .or_else(|| node.named_child(0))?;
    // `else if` is a branch of its own.
    (body.kind() != "if_statement" && body.kind() != "if_expression").then_some(body)
}

fn case(node: Node<'_>, source: &str) -> Option<Branch> {
    let value = node.child_by_field_name("value")?;
    let first = value.next_named_sibling()?;
    let body = first.start_byte()..node.end_byte();
    Some(Branch {
        condition: one_line(text_of(source, value)),
        column: column(source, body.start),
        body,
    })
}

/// The bytes of a block without its braces.
fn inner(body: Node<'_>) -> Option<Range<usize>> {
    if !matches!(body.kind(), "statement_block" | "block") || body.child(0)?.kind() != "{" {
        return Some(body.byte_range());
    }
    let count = body.named_child_count();
    let first = body.named_child(0)?;
    let last = body.named_child(u32::try_from(count).ok()?.checked_sub(1)?)?;
    Some(first.start_byte()..last.end_byte())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The versions that differ from the base.
    fn versions(language: Language, base: &str, other: &str) -> Vec<String> {
        let all = crossed(language, base, other, "f").into_iter();
        all.map(|it| it.source).filter(|it| it != base).collect()
    }

    #[test]
    fn a_branch_takes_the_place_of_the_others() {
        let base = "def f(a, b):\n    if a == 'x':\n        return 1\n    elif a == 'y':\n        return 2\n    else:\n        raise K(a)\n";
        let other = "def f(a, b):\n  if a == 'x':\n    c = b\n    if c:\n      return c\n  elif a == 'z':\n    return 3\n  else:\n    raise K(b)\n";
        let found = versions(Language::Python, base, other);
        assert_eq!(
            found,
            [
                base.replace("return 1", "c = b\n        if c:\n          return c"),
                base.replace("raise K(a)", "raise K(b)"),
            ]
        );
        assert!(
            found
                .iter()
                .all(|it| crate::syntax_error(Language::Python, it).is_none())
        );
    }

    #[test]
    fn scripts_and_rust() {
        let base = "function f(a) {\n  if (a === 1) {\n    return 1;\n  } else if (a > 2) {\n    return 2;\n  }\n  switch (a) {\n    case 'k':\n      return 5;\n  }\n  return 0;\n}\n";
        let other = "function f(a) {\n  if (a === 1) return 7;\n  if (a > 2) { g(); return 8; }\n  switch (a) {\n    case 'k': return 6;\n  }\n}\n";
        let found = versions(Language::JavaScript, base, other);
        assert_eq!(
            found,
            [
                base.replace("return 1;", "return 7;"),
                base.replace("return 2;", "g(); return 8;"),
                base.replace("return 5;", "return 6;"),
            ]
        );
        let base =
            "fn f(a: u8) -> u8 {\n    match a {\n        1 => 2,\n        _ => 3,\n    }\n}\n";
        let other = base.replace("=> 3", "=> 4");
        assert_eq!(versions(Language::Rust, base, &other), [other]);
    }

    #[test]
    fn nothing_comes_of_the_same_or_of_what_is_not_there() {
        let text = "def f(a):\n    if a:\n        return 1\n    return 2\n";
        assert!(versions(Language::Python, text, text).is_empty());
        let same = crossed(Language::Python, text, text, "f");
        assert_eq!(same[0].condition, "a");
        assert!(crossed(Language::Python, text, "def g(a):\n    return 1\n", "f").is_empty());
        assert!(crossed(Language::Python, "", text, "f").is_empty());
    }
}
