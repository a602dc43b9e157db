//! Changes of tests, and what is told of them.

use super::*;

fn check(files: &[(&str, &str, &str)]) -> Vec<String> {
    let file = |(path, before, after): &(&'static str, &'static str, &'static str)| TestFile {
        path,
        before: (!before.is_empty()).then_some(*before),
        after: (!after.is_empty()).then_some(*after),
    };
    let files: Vec<(&'static str, &'static str, &'static str)> = files
        .iter()
        .map(|(a, b, c)| (leak(a), leak(b), leak(c)))
        .collect();
    let files: Vec<TestFile<'_>> = files.iter().map(file).collect();
    weakened(&files).iter().map(ToString::to_string).collect()
}

/// Texts of a table, kept for as long as the test runs.
fn leak(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

const CART: &str = "\
class TestCart(TestCase):
    def test_total(self):
        self.assertEqual(total([1, 2]), 3)
        self.assertTrue(ok)

    def test_empty(self):
        assert total([]) == 0
";

fn python(after: &str) -> Vec<String> {
    check(&[("tests/test_cart.py", CART, after)])
}

#[test]
fn what_is_taken_from_a_test_is_told_with_its_line() {
    for (from, to, told) in [
        (
            "        self.assertTrue(ok)\n",
            "",
            "tests/test_cart.py:4: TestCart.test_total: «self.assertTrue(ok)» is gone",
        ),
        (
            "total([1, 2]), 3)",
            "total([1, 2]), 4)",
            "tests/test_cart.py:3: TestCart.test_total: «self.assertEqual(total([1, 2]), 3)» became \
             «self.assertEqual(total([1, 2]), 4)»",
        ),
        (
            "    def test_empty(self):\n        assert total([]) == 0\n",
            "",
            "tests/test_cart.py:6: TestCart.test_empty: the test is gone",
        ),
        (
            "def test_empty",
            "def check_empty",
            "tests/test_cart.py:6: TestCart.test_empty: the test is gone",
        ),
        (
            "    def test_total",
            "    @pytest.mark.xfail\n    def test_total",
            "tests/test_cart.py:3: TestCart.test_total: it is skipped or expected to fail",
        ),
        (
            "        assert total([]) == 0",
            "        self.skipTest('later')\n        assert total([]) == 0",
            "tests/test_cart.py:6: TestCart.test_empty: it is skipped or expected to fail",
        ),
        (
            "        assert total([]) == 0",
            "        return\n        assert total([]) == 0",
            "tests/test_cart.py:6: TestCart.test_empty: it returns before its assertions",
        ),
    ] {
        assert!(CART.contains(from), "{from}");
        assert_eq!(python(&CART.replace(from, to)), [told], "{from} → {to}");
    }
    assert_eq!(python("").len(), 2, "the file is gone");
    let marked = format!("pytestmark = pytest.mark.skip\n{CART}");
    assert_eq!(python(&marked).len(), 1);
}

#[test]
fn what_is_added_renamed_or_moved_is_nothing() {
    let more = format!("{CART}\n    def test_more(self):\n        assert total([1]) == 1\n");
    assert_eq!(python(&more), [""; 0]);
    assert_eq!(
        python(&CART.replace("test_empty", "test_of_nothing")),
        [""; 0]
    );
    assert_eq!(
        python(&CART.replace("[1, 2]), 3)", "[1,\n            2]), 3)")),
        [""; 0]
    );
    let moved = [
        ("tests/test_cart.py", CART, ""),
        ("tests/test_new.py", "", CART),
    ];
    assert_eq!(check(&moved), [""; 0]);
    let hidden = [
        ("tests/test_cart.py", CART, ""),
        ("tests/cart.py", "", CART),
    ];
    assert_eq!(check(&hidden).len(), 2, "no runner takes it there");
    let source = [(
        "src/cart.py",
        "def f(a):\n    assert a\n",
        "def f(a):\n    pass\n",
    )];
    assert_eq!(check(&source), [""; 0], "no test");
}

#[test]
fn a_test_that_another_of_its_name_hides_is_told() {
    let hidden = format!("{CART}\n    def test_total(self):\n        pass\n");
    let told =
        "tests/test_cart.py:9: TestCart.test_total: a second test of this name takes its place";
    assert_eq!(python(&hidden), [told]);
}

#[test]
fn scripts_and_rust() {
    let cart = "describe('cart', () => {\n  it('adds', () => {\n    expect(total([1])).toBe(1);\n  });\n  it('more', () => {\n    expect(n).toBeLessThan(3);\n  });\n});\n";
    let script = |from: &str, to: &str| {
        assert!(cart.contains(from), "{from}");
        check(&[("src/cart.test.ts", cart, &cart.replace(from, to))])
    };
    assert_eq!(
        script("toBe(1)", "toBeTruthy()"),
        [
            "src/cart.test.ts:3: cart > adds: «expect(total([1])).toBe(1)» became «expect(total([1])).toBeTruthy()»"
        ]
    );
    assert_eq!(script("it('adds'", "it.skip('adds'").len(), 1);
    assert_eq!(
        script("it('adds'", "it.only('adds'"),
        ["src/cart.test.ts:2: cart > adds: only this test runs, so others do not"]
    );
    let rust = "fn total() {}\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn adds() {\n        assert_eq!(total(1), 1);\n        assert!(a < 5);\n    }\n}\n";
    let of = |from: &str, to: &str| {
        assert!(rust.contains(from), "{from}");
        check(&[("src/cart.rs", rust, &rust.replace(from, to))])
    };
    assert_eq!(
        of("a < 5", "a < 50"),
        ["src/cart.rs:7: tests.adds: «assert!(a < 5)» was loosened to «assert!(a < 50)»"]
    );
    assert_eq!(of("a < 5", "a < 4"), [""; 0]);
    assert_eq!(of("    #[test]\n", "    #[test]\n    #[ignore]\n").len(), 1);
    assert_eq!(
        of("    #[test]\n", ""),
        ["src/cart.rs:5: tests.adds: the test is gone"]
    );
    assert_eq!(
        of(
            "        assert_eq!(total(1), 1);\n",
            "        return;\n        assert_eq!(total(1), 1);\n"
        )
        .len(),
        1
    );
}

#[test]
fn examples_of_a_table_that_are_gone_are_told() {
    let test = "@pytest.mark.parametrize('a', [1, 2])\ndef test_a(a):\n    assert a\n";
    let told = check(&[("test_a.py", test, &test.replace("[1, 2]", "[2]"))]);
    assert_eq!(told, ["test_a.py:2: test_a: examples are gone: 1"]);
}

#[test]
fn an_assertion_that_cannot_fail_any_more_is_gone() {
    let told = "tests/test_cart.py:7: TestCart.test_empty: «assert total([]) == 0» is gone";
    let last = "        assert total([]) == 0\n";
    let inner = "            assert total([]) == 0\n";
    for (before, after) in [
        (
            "        try:\n",
            "        except Exception:\n            pass\n",
        ),
        (
            "        try:\n",
            "        except:\n            print('no')\n",
        ),
        (
            "        try:\n",
            "        except (KeyError, AssertionError) as e:\n            log(e)\n",
        ),
        ("        with suppress(AssertionError):\n", ""),
        ("        if False:\n", ""),
        ("        while 0:\n", ""),
        ("        for _ in []:\n", ""),
    ] {
        let after = CART.replace(last, &format!("{before}{inner}{after}"));
        assert_eq!(python(&after), [told], "{before}");
    }
    for (before, after) in [
        (
            "        try:\n",
            "        except KeyError:\n            pass\n",
        ),
        (
            "        try:\n",
            "        except Exception as e:\n            raise Wrong() from e\n",
        ),
        (
            "        try:\n",
            "        except Exception:\n            self.fail('no')\n",
        ),
        ("        try:\n", "        finally:\n            close()\n"),
        ("        if ready:\n", ""),
        ("        for _ in range(2):\n", ""),
    ] {
        let after = CART.replace(last, &format!("{before}{inner}{after}"));
        assert_eq!(python(&after), [] as [&str; 0], "{before}{after}");
    }
}

#[test]
fn so_it_is_in_scripts_and_rust() {
    let script = "test('a', () => {\n  expect(f()).toBe(2);\n});\n";
    for (before, after, is_told) in [
        ("try {", "} catch (e) { console.log(e); }", true),
        ("try {", "} catch { }", true),
        ("try {", "} catch (e) { throw e; }", false),
        ("if (false) {", "}", true),
        ("if (ready) {", "}", false),
    ] {
        let expect = "expect(f()).toBe(2);";
        let new = script.replace(expect, &format!("{before}\n{expect}\n{after}"));
        let found = check(&[("a.test.js", script, &new)]);
        assert_eq!(!found.is_empty(), is_told, "{before} {after}: {found:?}");
    }
    let rust = "#[test]\nfn a() {\n    assert_eq!(f(), 2);\n}\n";
    for (before, after, is_told) in [
        ("let _ = std::panic::catch_unwind(|| {", "});", true),
        ("catch_unwind(|| {", "});", true),
        ("let it = catch_unwind(|| {", "});", false),
        ("if false {", "}", true),
    ] {
        let assert = "assert_eq!(f(), 2);";
        let new = rust.replace(assert, &format!("{before} {assert} {after}"));
        let found = check(&[("tests/a.rs", rust, &new)]);
        assert_eq!(!found.is_empty(), is_told, "{before} {after}: {found:?}");
    }
}
