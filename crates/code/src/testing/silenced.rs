//! Assertions that cannot fail: what they raise is caught where they stand, or they are never reached.

use tree_sitter::Node;

use crate::language::Language;
use crate::tree::{children, text};

/// Words of a handler by which a failure still reaches the test.
const TELLS: [&str; 8] = [
    "raise", "throw", "fail", "assert", "expect", "reject", "done", "exit",
];

/// The part of a node in which no assertion can make its test fail; none when the node has no such part.
pub(super) fn part<'t>(language: Language, source: &str, node: Node<'t>) -> Option<Node<'t>> {
    match language {
        Language::Python => python(source, node),
        Language::JavaScript | Language::TypeScript => script(source, node),
        Language::Rust => rust(source, node),
    }
}

fn python<'t>(source: &str, node: Node<'t>) -> Option<Node<'t>> {
    let silences = match node.kind() {
        "try_statement" => {
            let handlers = children(node).into_iter();
            let mut handlers = handlers.filter(|it| it.kind() == "except_clause");
            handlers.any(|it| catches(source, it) && !tells(source, it))
        }
        "if_statement" => return never_reached(source, node),
        "while_statement" => return never_reached(source, node),
        "for_statement" => {
            let over = field_text(source, node, "right");
            matches!(over.as_str(), "[]" | "()" | "range(0)" | "set()")
        }
        "with_statement" => {
            let head = text(source, node).split(':').next().unwrap_or_default();
            head.contains("suppress(") && names_failure(head)
        }
        _ => false,
    };
    node.child_by_field_name("body").filter(|_| silences)
}

/// Whether a handler catches what an assertion raises.
fn catches(source: &str, handler: Node<'_>) -> bool {
    let head = text(source, handler).split(':').next().unwrap_or_default();
    head.trim() == "except" || names_failure(head)
}

fn names_failure(head: &str) -> bool {
    let mut words = head.split(|it: char| !it.is_alphanumeric());
    words.any(|it| {
        let caught = ["AssertionError", "Exception", "BaseException"];
        caught.contains(&it) || it == "failureException"
    })
}

fn script<'t>(source: &str, node: Node<'t>) -> Option<Node<'t>> {
    match node.kind() {
        "try_statement" => {
            let handler = node.child_by_field_name("handler")?;
            let body = node.child_by_field_name("body");
            body.filter(|_| !tells(source, handler))
        }
        "if_statement" | "while_statement" => never_reached(source, node),
        _ => None,
    }
}

fn rust<'t>(source: &str, node: Node<'t>) -> Option<Node<'t>> {
    match node.kind() {
        "if_expression" | "while_expression" => never_reached(source, node),
        // `let _ = catch_unwind(…);` and `catch_unwind(…);`
        "let_declaration" if field_text(source, node, "pattern").starts_with('_') => {
            caught(source, node.child_by_field_name("value")?)
        }
        "expression_statement" => caught(source, node.child(0)?),
        _ => None,
    }
}

fn caught<'t>(source: &str, call: Node<'t>) -> Option<Node<'t>> {
    let called = field_text(source, call, "function");
    let arguments = call.child_by_field_name("arguments");
    arguments.filter(|_| called.ends_with("catch_unwind"))
}

/// What is done only when a condition holds that never does.
fn never_reached<'t>(source: &str, node: Node<'t>) -> Option<Node<'t>> {
    let condition = field_text(source, node, "condition");
    let inner = condition.trim_matches(|it: char| it == '(' || it == ')' || it.is_whitespace());
    let never = ["False", "false", "0", "None", "null", "\"\"", "''"];
    let part = node.child_by_field_name("consequence");
    let part = part.or_else(|| node.child_by_field_name("body"));
    part.filter(|_| never.contains(&inner))
}

fn field_text(source: &str, node: Node<'_>, field: &str) -> String {
    let found = node.child_by_field_name(field);
    found.map_or(String::new(), |it| text(source, it).trim().to_owned())
}

/// Whether a handler lets the failure be seen after all.
fn tells(source: &str, handler: Node<'_>) -> bool {
    // The head names what is caught, `AssertionError` among it.
    let body = text(source, handler).split_once([':', '{']);
    let body = body.map_or("", |it| it.1);
    let mut words = body.split(|it: char| !it.is_alphanumeric());
    words.any(|word| TELLS.contains(&word))
}
