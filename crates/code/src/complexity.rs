//! How many ways lead through a source.

use tree_sitter::Node;

use crate::language::Language;
use crate::tree::{Step, children, parse, text, walk};

/// The cyclomatic complexity of a source: the sum over its functions of one plus the number of
/// branches in each, plus the branches outside functions.
///
/// Branches are `if` and `elif`, every loop, every `except` or `catch`, every `case` or match arm
/// after the first of its block, conditional expressions, the clauses of comprehensions, `&&`, `||`,
/// `??`, `and`, `or`, and Rust's `?` and `let … else`. Closures, lambdas and arrow functions count as
/// functions. 0 for a source without functions and branches, or one that is too large to parse.
#[must_use]
pub fn complexity(language: Language, source: &str) -> u32 {
    let Some(tree) = parse(language, source) else {
        return 0;
    };
    let mut total = 0u32;
    walk(tree.root_node(), |step| {
        if let Step::Enter(node, _) = step {
            total = total.saturating_add(weight(node, source));
        }
        true
    });
    total
}

fn weight(node: Node<'_>, source: &str) -> u32 {
    if !node.is_named() {
        return 0;
    }
    match node.kind() {
        // Functions.
        "function_definition" | "lambda" => 1,
        "function_declaration" | "generator_function_declaration" | "function_expression" => 1,
        "generator_function" | "arrow_function" | "method_definition" => 1,
        "function_item" | "closure_expression" => 1,
        // Branches.
        "if_statement"
        | "elif_clause"
        | "if_expression"
        | "if_clause"
        | "conditional_expression" => 1,
        "for_statement" | "while_statement" | "for_in_clause" | "for_in_statement"
        | "do_statement" => 1,
        "for_expression" | "while_expression" | "loop_expression" => 1,
        "except_clause" | "except_group_clause" | "catch_clause" => 1,
        "boolean_operator" | "ternary_expression" | "try_expression" => 1,
        "binary_expression" => u32::from(is_logical(node, source)),
        "let_declaration" => u32::from(node.child_by_field_name("alternative").is_some()),
        "let_chain" => chained(node),
        "match_block" | "switch_body" | "block" => alternatives(node),
        _ => 0,
    }
}

fn is_logical(node: Node<'_>, source: &str) -> bool {
    let operator = node.child_by_field_name("operator");
    operator.is_some_and(|it| matches!(text(source, it), "&&" | "||" | "??"))
}

/// The `&&` of `if let A = b && c`.
fn chained(node: Node<'_>) -> u32 {
    count(node, |it| it.kind() == "&&")
}

/// The arms of a block after the first, which is the way taken without a branch.
fn alternatives(node: Node<'_>) -> u32 {
    let arms = count(node, |it| {
        matches!(
            it.kind(),
            "match_arm" | "case_clause" | "switch_case" | "switch_default"
        )
    });
    arms.saturating_sub(1)
}

fn count(node: Node<'_>, wanted: impl Fn(Node<'_>) -> bool) -> u32 {
    u32::try_from(children(node).into_iter().filter(|it| wanted(*it)).count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python() {
        let check = |source| complexity(Language::Python, source);
        assert_eq!(check("x = 1\n"), 0);
        assert_eq!(check("def f(): return 1\n"), 1);
        assert_eq!(
            check(
                "def f(a):\n    if a and b or c:\n        pass\n    elif d:\n        pass\n    else:\n        pass\n"
            ),
            5
        );
        assert_eq!(
            check(
                "def f():\n    for a in b:\n        while c:\n            x = [i for i in j if k]\n"
            ),
            5
        );
        assert_eq!(
            check("try:\n    a\nexcept B:\n    b\nexcept C:\n    c\n"),
            2
        );
        assert_eq!(
            check("match x:\n    case 1: pass\n    case 2: pass\n    case _: pass\n"),
            2
        );
        assert_eq!(check("f = lambda x: a if x else b\n"), 2);
    }

    #[test]
    fn scripts() {
        let check = |source| complexity(Language::TypeScript, source);
        assert_eq!(check("const f = (a) => a ?? b ? c && d : e"), 4);
        assert_eq!(
            check("function f() { switch (x) { case 1: case 2: break; default: } }"),
            3
        );
        assert_eq!(
            check("class A { m() { for (const a of b) {} do {} while (c); try {} catch {} } }"),
            4
        );
        assert_eq!(check("const x = a | b + c"), 0);
    }

    #[test]
    fn rust() {
        let check = |source| complexity(Language::Rust, source);
        assert_eq!(check("fn f() { if let Some(x) = y && z {} }"), 3);
        assert_eq!(
            check("fn f() { match x { 1 => 2, 3 if g => 4, _ => 5 } }"),
            3
        );
        assert_eq!(
            check("fn f() { let Some(x) = y? else { return }; loop {} }"),
            4
        );
        assert_eq!(check("fn f() { g(|x| x || y) }"), 3);
    }
}
