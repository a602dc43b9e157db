//! Where a source stops making sense.

use std::collections::HashMap;

use tree_sitter::{Node, Tree};

use crate::definition::python_docstring;
use crate::language::Language;
use crate::layout::{indentation, line_start};
use crate::tree::{Step, children, is_comment, one_line, parse, parts, slice, text, walk};

/// The longest piece of source quoted in a message, in characters.
const QUOTE_CHARS: usize = 40;

/// The first place at which a source is not written in its language.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct SyntaxError {
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

/// The first syntax error of a source; `None` when it has none. For Python, wrong indentation, empty
/// blocks and Python 2's `print` and `exec` statements are errors too. A source that is too large to
/// be parsed gets an error at its start.
///
/// The parser is not the language's own. Mostly it is more tolerant: `None` does not promise that the
/// code compiles. Rarely it stumbles over sound code: Rust macros in place of types, and Python's lines
/// inside brackets that are indented less than their block and follow an operator.
#[must_use]
pub fn syntax_error(language: Language, source: &str) -> Option<SyntaxError> {
    match parse(language, source) {
        Some(tree) => find_error(language, &tree, source),
        None => Some(SyntaxError {
            line: 1,
            column: 1,
            message: "the source is too large or too tangled to be parsed".to_owned(),
        }),
    }
}

/// The first error in a tree that is parsed already.
pub(crate) fn find_error(language: Language, tree: &Tree, source: &str) -> Option<SyntaxError> {
    let root = tree.root_node();
    let parsed = if root.has_error() {
        first_error(root, source)
    } else {
        None
    };
    let layout = if language == Language::Python {
        python_error(root, source)
    } else {
        None
    };
    let (at, message) = [parsed, layout]
        .into_iter()
        .flatten()
        .min_by_key(|(at, _)| *at)?;
    Some(located(source, at, message))
}

fn located(source: &str, at: usize, message: String) -> SyntaxError {
    let start = line_start(source, at);
    SyntaxError {
        line: slice(source, &(0..start)).matches('\n').count() + 1,
        column: slice(source, &(start..at)).chars().count() + 1,
        message,
    }
}

fn first_error(root: Node<'_>, source: &str) -> Option<(usize, String)> {
    let mut found = None;
    walk(root, |step| {
        let Step::Enter(node, _) = step else {
            return true;
        };
        if found.is_none() && (node.is_error() || node.is_missing()) {
            found = Some(node);
        }
        found.is_none() && node.has_error()
    });
    let node = found?;
    if node.is_missing() {
        return Some((node.start_byte(), format!("`{}` is missing", node.kind())));
    }
    let bracket = unbalanced(root, source);
    if let Some((at, message)) = bracket.filter(|(at, _)| node.byte_range().contains(at)) {
        return Some((at, message));
    }
    let quote = one_line(text(source, node).lines().next().unwrap_or_default());
    let quote: String = quote.chars().take(QUOTE_CHARS).collect();
    let message = if quote.is_empty() {
        "unexpected code".to_owned()
    } else {
        format!("unexpected `{quote}`")
    };
    Some((node.start_byte(), message))
}

/// The first bracket that closes nothing, or else the last that is never closed.
fn unbalanced(root: Node<'_>, source: &str) -> Option<(usize, String)> {
    let pairs = HashMap::from([(")", "("), ("]", "["), ("}", "{")]);
    let mut open: Vec<Node<'_>> = Vec::new();
    let mut wrong = None;
    walk(root, |step| {
        let Step::Enter(node, _) = step else {
            return true;
        };
        if node.child_count() > 0 || wrong.is_some() || node.is_missing() {
            return wrong.is_none();
        }
        let token = text(source, node);
        if matches!(token, "(" | "[" | "{") {
            open.push(node);
        } else if let Some(opening) = pairs.get(token) {
            match open.pop() {
                Some(last) if text(source, last) == *opening => {}
                Some(last) => {
                    let line = last.start_position().row + 1;
                    let opened = text(source, last);
                    wrong = Some((
                        node.start_byte(),
                        format!("`{token}` closes the `{opened}` of line {line}"),
                    ));
                }
                None => wrong = Some((node.start_byte(), format!("`{token}` closes nothing"))),
            }
        }
        false
    });
    wrong.or_else(|| {
        let last = open.pop()?;
        Some((
            last.start_byte(),
            format!("`{}` is never closed", text(source, last)),
        ))
    })
}

/// What the parser lets pass but Python does not: the layout of blocks and two old statements.
fn python_error(root: Node<'_>, source: &str) -> Option<(usize, String)> {
    let mut found: Option<(usize, String)> = None;
    walk(root, |step| {
        let Step::Enter(node, _) = step else {
            return true;
        };
        if found.is_some() {
            return false;
        }
        found = match node.kind() {
            "module" => misplaced(node, source, ""),
            "block" => block_error(node, source),
            "print_statement" => Some((
                node.start_byte(),
                "`print` is a function: write `print(…)`".to_owned(),
            )),
            "exec_statement" => Some((
                node.start_byte(),
                "`exec` is a function: write `exec(…)`".to_owned(),
            )),
            _ => None,
        };
        true
    });
    found
}

fn block_error(block: Node<'_>, source: &str) -> Option<(usize, String)> {
    let in_match = children(block).iter().any(|it| it.kind() == "case_clause");
    let Some(first) = parts(block).into_iter().next() else {
        return Some((
            block.start_byte(),
            "an indented block is missing".to_owned(),
        ));
    };
    let own_line = own_indentation(first, source)?;
    if own_line.is_empty() {
        return Some((first.start_byte(), "the block is not indented".to_owned()));
    }
    // The parser counts the space before a match statement's first case to the block.
    if in_match {
        None
    } else {
        misplaced(block, source, own_line)
    }
}

/// The first statement of a block that begins its line with another indentation than `expected`.
fn misplaced(block: Node<'_>, source: &str, expected: &str) -> Option<(usize, String)> {
    let wrong = |it: &Node<'_>| own_indentation(*it, source).is_some_and(|own| own != expected);
    let node = parts(block)
        .into_iter()
        .filter(|it| !it.is_error())
        .find(wrong)?;
    let message = if python_docstring(node) {
        "the string's indentation"
    } else {
        "the statement's indentation"
    };
    Some((
        node.start_byte(),
        format!("{message} does not match its block"),
    ))
}

/// The indentation of a statement that begins its line; `None` after a `;` or on a header's line.
fn own_indentation<'a>(node: Node<'_>, source: &'a str) -> Option<&'a str> {
    let at = node.start_byte();
    let before = slice(source, &(line_start(source, at)..at));
    let before = before.strip_prefix('\u{feff}').unwrap_or(before);
    let blank = indentation(before).len() == before.len() && !is_comment(node);
    blank.then_some(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(language: Language, source: &str) -> String {
        syntax_error(language, source).map_or("none".to_owned(), |error| error.to_string())
    }

    #[test]
    fn python() {
        let check = |source| check(Language::Python, source);
        for good in [
            "",
            "\u{feff}x = 1\n",
            "def f():\n    return 1  # c\n# c\n    # d\n\ndef g(): pass; x = 1\n",
            "class A:\n\tx = 1\n\n\tdef f(self):\n\t\treturn f(1,\n2)\n",
            "if a:\n  b\nelif c:\n      d\nelse:\n   e\n",
            "match x:\n    case 1:\n        pass\n    case _: pass\n",
            "try:\n    a\nexcept* E as e:\n    b\nfinally:\n    c\n",
            "s = '''\n  a\n b'''\nx = f\"{a!r:>{w}}\"\n",
            "async def f():\n    async with a as b, c: await d\n",
            "print('x')\nprint\nx = lambda *a, **k: (yield)\n",
            "@a.b(c)\n# why\nclass A[T](B, metaclass=C): ...\n",
            "with open(a) as f, \\\n        open(b) as g:\n    pass\n",
            "if x: a = 1; b = 2\n",
            "def f():\r\n    x = 1\r\n    return x\r\n",
        ] {
            assert_eq!(check(good), "none", "{good:?}");
        }
        insta::assert_snapshot!(check("x = 1\ndef f(:\n    pass\n"), @"line 2, column 7: `)` is missing");
        insta::assert_snapshot!(check("def f():\n"), @"line 1, column 9: an indented block is missing");
        insta::assert_snapshot!(check("class A:\n    def f(self):\n\n    x = 1\n"), @"line 2, column 17: an indented block is missing");
        insta::assert_snapshot!(check("x = 1\n    y = 2\n"), @"line 2, column 5: the statement's indentation does not match its block");
        insta::assert_snapshot!(check("def f():\n    x = 1\n   y = 2\n"), @"line 3, column 4: the statement's indentation does not match its block");
        insta::assert_snapshot!(check("def f():\nreturn 1\n"), @"line 1, column 9: an indented block is missing");
        insta::assert_snapshot!(check("if x:\n\ta = 1\n        b = 2\n"), @"line 3, column 9: the statement's indentation does not match its block");
        insta::assert_snapshot!(check("print 'x'\n"), @"line 1, column 1: `print` is a function: write `print(…)`");
        insta::assert_snapshot!(check("x = foo(1, [2, 3)\ny = 1\n"), @"line 1, column 17: `]` is missing");
        insta::assert_snapshot!(check("x = foo(1,\n\ndef f():\n    pass\n"), @"line 1, column 8: `(` is never closed");
        insta::assert_snapshot!(check("x = 'abc\n"), @"line 1, column 5: unexpected `'`");
        insta::assert_snapshot!(check("for i in range(3)\n    pass\n"), @"line 1, column 1: unexpected `for i in range(3)`");
        insta::assert_snapshot!(check("Here is the code you asked for.\n"), @"line 1, column 1: unexpected `Here is the code you asked for.`");
    }

    #[test]
    fn scripts() {
        let js = |source| check(Language::JavaScript, source);
        let ts = |source| check(Language::TypeScript, source);
        assert_eq!(
            js("const a = <b c={d}>e</b>;\nclass A { #x = 1; static { } }"),
            "none"
        );
        assert_eq!(ts("const a = <T,>(b: T): b is T => <c>b</c>;"), "none");
        assert_eq!(ts("let a = <T>b; type A = { [K in keyof B]?: C };"), "none");
        insta::assert_snapshot!(js("function f() {\n  return 1;\n"), @"line 2, column 12: `}` is missing");
        insta::assert_snapshot!(js("let x = ;\n"), @"line 1, column 7: unexpected `=`");
        insta::assert_snapshot!(js("f(1));\n"), @"line 1, column 5: `)` closes nothing");
        insta::assert_snapshot!(ts("interface A { b: }\n"), @"line 1, column 16: unexpected `:`");
    }

    #[test]
    fn rust() {
        let check = |source| check(Language::Rust, source);
        assert_eq!(
            check("fn f<'a>(x: &'a str) -> impl Fn() + 'a { move || drop(x) }"),
            "none"
        );
        insta::assert_snapshot!(check("fn f() {\n    let x = 1\n}\n"), @"line 2, column 14: `;` is missing");
        insta::assert_snapshot!(check("fn f( {}\n"), @"line 1, column 6: `)` is missing");
        insta::assert_snapshot!(check("struct A { b: u8\n"), @"line 1, column 17: `}` is missing");
    }

    #[test]
    fn a_source_beyond_the_limit_is_an_error() {
        let large = " ".repeat(crate::MAX_SOURCE + 1);
        insta::assert_snapshot!(check(Language::Rust, &large), @"line 1, column 1: the source is too large or too tangled to be parsed");
        assert_eq!(check(Language::Rust, &large[1..]), "none");
    }
}
