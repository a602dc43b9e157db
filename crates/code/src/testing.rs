//! Tests: which files hold them, what they are called, what they assert.

mod silenced;

use std::ops::Range;

use tree_sitter::Node;

use crate::language::Language;
use crate::tree::{Step, children, one_line, parse, slice, text, walk};

/// How many enclosing scopes a name is made of, so that hostile nesting cannot make it long.
const MAX_SCOPES: usize = 32;

/// Whether a path is that of a test by its folder (`tests`, `test`, `__tests__`) or its name
/// (`test_x.py`, `x_test.go`, `x.test.ts`, `x.spec.js`, `XTest.java`, `conftest.py`, `tests.rs`).
#[must_use]
pub fn is_test_path(path: &str) -> bool {
    let mut folders: Vec<&str> = path.split(['/', '\\']).collect();
    let Some(name) = folders.pop() else {
        return false;
    };
    let is_test_folder = |it: &&str| {
        matches!(
            it.to_ascii_lowercase().as_str(),
            "tests" | "test" | "__tests__"
        )
    };
    folders.iter().any(is_test_folder) || is_test_name(name)
}

pub(crate) fn is_test_name(name: &str) -> bool {
    let Some((stem, extension)) = name.rsplit_once('.') else {
        return false;
    };
    let code = matches!(
        extension,
        "py" | "rs"
            | "js"
            | "jsx"
            | "mjs"
            | "cjs"
            | "ts"
            | "tsx"
            | "mts"
            | "cts"
            | "go"
            | "rb"
            | "java"
            | "kt"
            | "cs"
            | "swift"
            | "php"
            | "c"
            | "cc"
            | "cpp"
            | "sh"
            | "ex"
            | "exs"
    );
    let lower = stem.to_ascii_lowercase();
    let marked = ["test_", "test-"].iter().any(|it| lower.starts_with(it))
        || ["_test", "_tests", "-test", ".test", ".spec", "_spec"]
            .iter()
            .any(|it| lower.ends_with(it))
        || matches!(lower.as_str(), "test" | "tests" | "conftest");
    let camel = ["java", "kt", "cs", "swift", "php"].contains(&extension)
        && (stem.ends_with("Test") || stem.ends_with("Tests"));
    code && (marked || camel)
}

/// Something that a test requires to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// The test or function it is in: `TestCart.test_total`, `cart > totals`, `tests.total`; empty
    /// outside of all.
    pub test: String,
    /// The assertion on one line with single spaces, so that reformatting does not change it.
    pub text: String,
    /// Its first line, counted from 1.
    pub line: usize,
}

/// A test case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestCase {
    /// Its name with what it is in, as in [`Assertion::test`].
    pub name: String,
    /// The line of its definition, counted from 1.
    pub line: usize,
    /// Whether it is marked to be skipped (`@pytest.mark.skip`, `it.skip`, `#[ignore]`) or to fail.
    pub skipped: bool,
    /// Whether it is marked such that the others do not run (`it.only`, `fit`).
    pub only: bool,
    /// How many calls in it skip it or take its failure for granted (`pytest.skip`, `self.skipTest`, `t.skip`).
    pub skips: usize,
    /// The line of the first `return` that stands directly in it.
    pub returns: Option<usize>,
    /// The examples that it is run with: its decorators and attributes that hold them, or the table of `test.each`.
    pub table: String,
    /// Its bytes, without decorators and attributes.
    pub span: Range<usize>,
}

/// Every assertion of a source, in the order of the text, also in functions that are not tests
/// themselves, since tests call them. Python: `assert`, `self.assert…`, `mock.assert_…`, `raises`,
/// `warns`, `fail`. JavaScript, TypeScript: `expect(…)…`, `assert(…)`, `assert.…(…)`. Rust: macros
/// whose name begins with `assert`, `debug_assert` or `prop_assert`, also inside other macros. What
/// cannot fail is none: where a handler around it lets the failure vanish, or that is never reached.
#[must_use]
pub fn assertions(language: Language, source: &str) -> Vec<Assertion> {
    Reading::of(language, source).assertions
}

/// The test cases of a source, in the order of the text. Python: functions named `test…`. JavaScript,
/// TypeScript: calls of `it` and `test`. Rust: functions with an attribute whose last part is `test`
/// or that is `rstest` or `test_case`.
#[must_use]
pub fn test_cases(language: Language, source: &str) -> Vec<TestCase> {
    Reading::of(language, source).cases
}

/// What one walk through a source finds.
struct Reading<'src> {
    language: Language,
    source: &'src str,
    assertions: Vec<Assertion>,
    cases: Vec<TestCase>,
    /// What the walk is in: the node that opened it, its name, whether it is skipped.
    scopes: Vec<Scope>,
    /// Parts of the nodes that the walk is in, in which no assertion can fail.
    silenced: Vec<usize>,
    /// How many of them the walk is in.
    silences: usize,
}

/// What stands beside a test's name.
struct Marked {
    skipped: bool,
    only: bool,
    table: String,
}

struct Scope {
    node: usize,
    name: String,
    skipped: bool,
}

impl<'src> Reading<'src> {
    fn of(language: Language, source: &'src str) -> Self {
        let mut reading = Self {
            language,
            source,
            assertions: Vec::new(),
            cases: Vec::new(),
            scopes: Vec::new(),
            silenced: Vec::new(),
            silences: 0,
        };
        if let Some(tree) = parse(language, source) {
            reading.walk(tree.root_node());
        }
        reading
    }

    fn walk(&mut self, root: Node<'_>) {
        // Decorators and attributes that come before the node they mark.
        let mut marks: Vec<String> = Vec::new();
        walk(root, |step| match step {
            Step::Enter(node, _) => {
                self.enter(node, &mut marks);
                self.leaves_early(node);
                self.silences += usize::from(self.silenced.last() == Some(&node.id()));
                let part = silenced::part(self.language, self.source, node);
                self.silenced.extend(part.map(|it| it.id()));
                let assertion = self.is_assertion(node);
                if assertion && self.silences == 0 {
                    self.push_assertion(node);
                }
                !assertion || node.kind() == "with_item"
            }
            Step::Leave(node) => {
                if self.silenced.last() == Some(&node.id()) {
                    self.silenced.pop();
                    self.silences -= 1;
                }
                if self
                    .scopes
                    .last()
                    .is_some_and(|scope| scope.node == node.id())
                {
                    self.scopes.pop();
                }
                true
            }
        });
    }

    fn enter(&mut self, node: Node<'_>, marks: &mut Vec<String>) {
        match node.kind() {
            "decorator" | "attribute_item" => marks.push(text(self.source, node).to_owned()),
            "function_definition"
            | "class_definition"
            | "function_item"
            | "mod_item"
            | "function_declaration" => {
                let marks = std::mem::take(marks);
                let Some(name) = node.child_by_field_name("name") else {
                    return;
                };
                let name = text(self.source, name).to_owned();
                let case = node.kind() != "class_definition" && self.is_case(node, &name, &marks);
                let rows = marks.iter().filter(|mark| is_table(mark));
                let how = Marked {
                    skipped: marks.iter().any(|mark| skips(mark)),
                    only: false,
                    table: one_line(&rows.map(String::as_str).collect::<Vec<_>>().join(" ")),
                };
                self.open(node, name, how, case);
            }
            "call_expression" if self.language.is_script() => self.script_call(node),
            "struct_item" | "enum_item" | "const_item" | "use_declaration" | "impl_item" => {
                marks.clear()
            }
            _ => {}
        }
    }

    fn is_case(&self, node: Node<'_>, name: &str, marks: &[String]) -> bool {
        match self.language {
            Language::Python => name.starts_with("test"),
            Language::Rust => {
                node.kind() == "function_item" && marks.iter().any(|mark| marks_test(mark))
            }
            Language::JavaScript | Language::TypeScript => false,
        }
    }

    fn open(&mut self, node: Node<'_>, name: String, how: Marked, case: bool) {
        let skipped = how.skipped || self.scopes.last().is_some_and(|scope| scope.skipped);
        self.scopes.push(Scope {
            node: node.id(),
            name,
            skipped,
        });
        if case {
            self.cases.push(TestCase {
                name: self.here(),
                line: node.start_position().row + 1,
                skipped,
                only: how.only,
                skips: 0,
                returns: None,
                table: how.table,
                span: node.byte_range(),
            });
        }
    }

    /// Notes what makes the test that the walk is in end before its end.
    fn leaves_early(&mut self, node: Node<'_>) {
        let Some(case) = self
            .cases
            .last_mut()
            .filter(|it| it.span.contains(&node.start_byte()))
        else {
            return;
        };
        match node.kind() {
            "call" | "call_expression" => {
                let called = node.child_by_field_name("function");
                let name = called.map_or("", |it| text(self.source, it));
                let last = name.rsplit('.').next().unwrap_or_default();
                let is_skip = matches!(
                    last,
                    "skip" | "skipTest" | "xfail" | "importorskip" | "todo"
                );
                case.skips += usize::from((is_skip && name.contains('.')) || last == "SkipTest");
            }
            "return_statement" | "return_expression" => {
                let body = node
                    .parent()
                    .filter(|it| it.kind() != "expression_statement");
                let body = body.or_else(|| node.parent().and_then(|it| it.parent()));
                let direct = body.and_then(|it| it.parent()).is_some_and(|it| {
                    it.start_byte() == case.span.start
                        || it.kind() == "arrow_function"
                        || it.kind() == "function_expression"
                });
                if direct && case.returns.is_none() {
                    case.returns = Some(node.start_position().row + 1);
                }
            }
            _ => {}
        }
    }

    /// `describe("name", …)`, `it.only("name", …)`, `test.each(…)("name", …)`.
    fn script_call(&mut self, node: Node<'_>) {
        let Some(function) = node.child_by_field_name("function") else {
            return;
        };
        let written = text(self.source, function);
        let head: String = written
            .split('(')
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .collect();
        let mut parts = head.split('.');
        let verb = parts.next().unwrap_or_default();
        let case = matches!(verb, "it" | "test" | "xit" | "fit" | "xtest" | "specify");
        let group = matches!(
            verb,
            "describe" | "suite" | "context" | "xdescribe" | "fdescribe"
        );
        let Some(name) = first_string(node, self.source).filter(|_| case || group) else {
            return;
        };
        let mut skipped = verb.starts_with('x');
        let mut only = verb == "fit" || verb == "fdescribe";
        for part in parts {
            skipped |= matches!(part, "skip" | "todo" | "fails" | "failing");
            only |= part == "only";
        }
        let is_group = group || head.ends_with(".describe");
        let table = match head.ends_with(".each") {
            true => one_line(written),
            false => String::new(),
        };
        let how = Marked {
            skipped,
            only,
            table,
        };
        self.open(node, name, how, case && !is_group);
    }

    /// The names of all scopes: with dots, or ` > ` between the titles of a script.
    fn here(&self) -> String {
        let joint = if self.language.is_script() {
            " > "
        } else {
            "."
        };
        let names: Vec<&str> = self
            .scopes
            .iter()
            .take(MAX_SCOPES)
            .map(|it| it.name.as_str())
            .collect();
        names.join(joint)
    }

    fn push_assertion(&mut self, node: Node<'_>) {
        let mut span = node.byte_range();
        // In a macro's tokens, `assert!` and its arguments are neighbours.
        if node.kind() == "identifier" {
            let arguments = node.next_sibling().and_then(|bang| bang.next_sibling());
            span.end = arguments.map_or(span.end, |it| it.end_byte());
        }
        self.assertions.push(Assertion {
            test: self.here(),
            text: one_line(slice(self.source, &span)),
            line: node.start_position().row + 1,
        });
    }

    fn is_assertion(&self, node: Node<'_>) -> bool {
        let called = |field| {
            node.child_by_field_name(field)
                .map_or("", |it| text(self.source, it))
        };
        match (self.language, node.kind()) {
            (Language::Python, "assert_statement") => true,
            (Language::Python, "call") => python_asserts(called("function")),
            (Language::JavaScript | Language::TypeScript, "call_expression") => {
                script_asserts(called("function"))
            }
            (Language::Rust, "macro_invocation") => rust_asserts(called("macro")),
            (Language::Rust, "identifier") => {
                // Inside another macro's arguments there are only tokens.
                let rest = self.source.get(node.end_byte()..).unwrap_or_default();
                let called = rest.starts_with('!') && !rest.starts_with("!=");
                called && rust_asserts(text(self.source, node))
            }
            _ => false,
        }
    }
}

fn python_asserts(function: &str) -> bool {
    let name = function.rsplit('.').next().unwrap_or_default();
    let method = function.contains('.');
    let numpy = name.starts_with("assert_");
    method && (name.starts_with("assert") || name == "fail")
        || numpy
        || matches!(name, "raises" | "warns")
}

fn script_asserts(function: &str) -> bool {
    let head = function
        .split(['.', '(', '[', '?', '!'])
        .next()
        .unwrap_or_default()
        .trim();
    let chained = function.contains('.');
    head == "assert" || head == "expect" && (chained && function.contains('('))
}

fn rust_asserts(name: &str) -> bool {
    let name = name.rsplit("::").next().unwrap_or_default().trim();
    ["assert", "debug_assert", "prop_assert"]
        .iter()
        .any(|it| name.starts_with(it))
}

fn skips(mark: &str) -> bool {
    let marks = [
        "skip",
        "skipif",
        "skipIf",
        "skipUnless",
        "xfail",
        "expectedFailure",
        "ignore",
    ];
    mark.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|word| marks.contains(&word))
}

/// Whether a decorator or attribute holds the examples that a test is run with.
fn is_table(mark: &str) -> bool {
    let words = mark.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.take(8).any(|word| {
        matches!(
            word,
            "parametrize" | "parameterized" | "case" | "test_case" | "values" | "data" | "example"
        )
    })
}

fn marks_test(attribute: &str) -> bool {
    let inner = attribute.trim_start_matches(['#', '[', ' ']);
    let path = inner
        .split(['(', ']', '='])
        .next()
        .unwrap_or_default()
        .trim();
    let last = path.rsplit("::").next().unwrap_or_default().trim();
    matches!(last, "test" | "rstest" | "test_case" | "quickcheck")
}

fn first_string(call: Node<'_>, source: &str) -> Option<String> {
    let arguments = call.child_by_field_name("arguments")?;
    let first = children(arguments).into_iter().find(Node::is_named)?;
    let string = matches!(first.kind(), "string" | "template_string");
    string.then(|| one_line(text(source, first).trim_matches(['"', '\'', '`'])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(language: Language, source: &str) -> String {
        let mut out = String::new();
        for case in test_cases(language, source) {
            let skipped = if case.skipped { " (skipped)" } else { "" };
            out.push_str(&format!("{}: {}{skipped}\n", case.line, case.name));
        }
        for it in assertions(language, source) {
            out.push_str(&format!("{}: [{}] {}\n", it.line, it.test, it.text));
        }
        out
    }

    #[test]
    fn test_paths() {
        for path in [
            "tests/a.py",
            "src/test_a.py",
            "a_test.go",
            "b.test.tsx",
            "c.spec.js",
            "x/__tests__/d.js",
            "conftest.py",
            "src/definition/tests.rs",
            "CartTest.java",
            "Test/x.sh",
            "a\\tests\\b.py",
            "tests/data.json",
        ] {
            assert!(is_test_path(path), "{path}");
        }
        for path in [
            "",
            "src/contest.py",
            "latest.js",
            "attestation.rs",
            "specs/cart.md",
            "src/testing.rs",
            "test.md",
            "tests",
        ] {
            assert!(!is_test_path(path), "{path}");
        }
    }

    #[test]
    fn python() {
        let source = r#"
def check(a):
    assert a  # always

class TestCart(TestCase):
    def test_total(self):
        assert total([1,
                      2]) == 3, "sum"
        self.assertEqual(1, 1)
        with pytest.raises(ValueError):
            total(None)
        mock.assert_called_once_with(1)

    @pytest.mark.skip(reason="later")
    @other
    async def test_later(self):
        def inner():
            assert False
        self.fail("no")

def helper(): return assertive(1)
"#;
        insta::assert_snapshot!(check(Language::Python, source), @r#"
        6: TestCart.test_total
        16: TestCart.test_later (skipped)
        3: [check] assert a
        7: [TestCart.test_total] assert total([1, 2]) == 3, "sum"
        9: [TestCart.test_total] self.assertEqual(1, 1)
        10: [TestCart.test_total] pytest.raises(ValueError)
        12: [TestCart.test_total] mock.assert_called_once_with(1)
        18: [TestCart.test_later.inner] assert False
        19: [TestCart.test_later] self.fail("no")
        "#);
    }

    #[test]
    fn scripts() {
        let source = r#"
describe("cart", () => {
  it(`adds  up`, async () => {
    expect(total(1)).not.toBe(2);
    await expect(load()).rejects.toThrow();
    assert.equal(a, b);
    assert(ok);
  });
  it.skip("later", () => { expect.assertions(1); });
  test.each([[1, 2]])("case %s", (a) => { expect(a).toBe(1) });
  describe.skip("off", () => { test("x", function () {}) });
});
xit("never", () => {});
expect(1);
"#;
        insta::assert_snapshot!(check(Language::TypeScript, source), @r#"
        3: cart > adds up
        9: cart > later (skipped)
        10: cart > case %s
        11: cart > off > x (skipped)
        13: never (skipped)
        4: [cart > adds up] expect(total(1)).not.toBe(2)
        5: [cart > adds up] expect(load()).rejects.toThrow()
        6: [cart > adds up] assert.equal(a, b)
        7: [cart > adds up] assert(ok)
        10: [cart > case %s] expect(a).toBe(1)
        "#);
    }

    #[test]
    fn rust() {
        let source = r#"
#[derive(Debug)]
struct A;
fn plain() { assert!(x); }
#[cfg(test)]
mod tests {
    #[test]
    fn adds() {
        assert_eq!(1 + 1,
            2);
        insta::assert_snapshot!(x, @"");
    }
    #[tokio::test]
    #[ignore = "slow"]
    async fn slow() {}
    proptest! {
        #[test]
        fn holds(x in 0..1) { prop_assert!(x < 1, "{}", x); }
    }
}
"#;
        insta::assert_snapshot!(check(Language::Rust, source), @r#"
        8: tests.adds
        15: tests.slow (skipped)
        4: [plain] assert!(x)
        9: [tests.adds] assert_eq!(1 + 1, 2)
        11: [tests.adds] insta::assert_snapshot!(x, @"")
        18: [tests] prop_assert!(x < 1, "{}", x)
        "#);
    }
}
