//! Examples in, test files out; printed reports in, verdicts out.

use super::*;
use crate::checks::{self, CheckFile, Place, Runner};
use spec::Spec;

const SPEC: &str = "\
# Temperatures

## Functional Requirements

### FR-1: Celsius

`to_celsius(f: float) -> float` in `weather/temperatures.py`.

- Subtract 32, multiply by 5/9.
  - `to_celsius(212)` → `100.0`
  - `to_celsius(32) → 0.0`
- Too cold is refused.
  - `to_celsius(-500)` raises `ValueError`
- A word is refused.
  - `to_celsius(\"x\")` raises `NotANumber`
- Nothing stays nothing.
  - `to_celsius(None)` → `None`
";

fn compiled() -> CheckFile {
    compiled_of(SPEC)
}

fn compiled_of(text: &str) -> CheckFile {
    let spec = Spec::parse("temperatures", text);
    let subjects = [Subject {
        function: "to_celsius".into(),
        file: "weather/temperatures.py".into(),
        signature: None,
        programs: Vec::new(),
    }];
    let place = Place {
        path: "tests/test_fr_1.py".into(),
        runner: Runner::Unittest,
        package: String::new(),
    };
    let examples: Vec<&Example> = spec.requirements[0].examples.iter().collect();
    checks::compile(&place, "FR-1: Celsius", &examples, &subjects, &|_| None)
}

#[test]
fn examples_become_a_unittest_file() {
    insta::assert_snapshot!(compiled().text, @r#"
    """Examples of FR-1: Celsius.

    Written by Kiro from the specification: change them there.
    """

    import unittest

    from weather.temperatures import NotANumber, to_celsius


    class ToCelsiusExamples(unittest.TestCase):
        def test_fr_1_e1(self):
            self.assertAlmostEqual(to_celsius(212), 100.0)

        def test_fr_1_e2(self):
            self.assertAlmostEqual(to_celsius(32), 0.0)

        def test_fr_1_e3(self):
            with self.assertRaises(ValueError):
                to_celsius(-500)

        def test_fr_1_e4(self):
            with self.assertRaises(NotANumber):
                to_celsius("x")

        def test_fr_1_e5(self):
            self.assertIs(to_celsius(None), None)


    if __name__ == "__main__":
        unittest.main()
    "#);
}

fn file(tests: &[&str]) -> CheckFile {
    CheckFile {
        path: "tests/test_a.py".into(),
        text: String::new(),
        tests: tests
            .iter()
            .map(|it| Test {
                name: (*it).to_owned(),
                example: String::new(),
                says: String::new(),
            })
            .collect(),
        runner: Runner::Unittest,
    }
}

fn verdict(tests: &[&str], exit: Option<i32>, printed: &str) -> String {
    let report = file(tests).read_report(exit, "", printed);
    let failed: Vec<String> = report
        .failed
        .iter()
        .map(|(test, why)| format!("{test}: {why}"))
        .collect();
    format!("{} passed; {}", report.passed.join(" "), failed.join(" | "))
}

#[test]
fn a_green_run_is_read() {
    let printed = "test_a (test_x.A.test_a) ... ok\ntest_b (test_x.A) ... ok\n\n------\nRan 2 tests in 0.001s\n\nOK\n";
    assert_eq!(
        verdict(&["test_a", "test_b"], Some(0), printed),
        "test_a test_b passed; "
    );
}

#[test]
fn what_a_test_writes_on_its_errors_stands_before_its_result() {
    let printed = "\
test_a (test_x.A.test_a) ... test_x.py:5: ResourceWarning: unclosed file <'o.txt'>
  open('o.txt')
ok
test_b (test_x.A.test_b)
What it shows. ... ok
test_c (test_x.A.test_c) ... ok
FAIL

======================================================================
FAIL: test_c (test_x.A.test_c)
----------------------------------------------------------------------
AssertionError: it printed ok itself

----------------------------------------------------------------------
Ran 3 tests in 0.001s

FAILED (failures=1)
";
    assert_eq!(
        verdict(&["test_a", "test_b", "test_c"], Some(1), printed),
        "test_a test_b passed; test_c: AssertionError: it printed ok itself"
    );
}

#[test]
fn a_failure_is_told_in_its_last_words() {
    let printed = "\
test_a (test_x.A.test_a) ... FAIL
test_b (test_x.A.test_b) ... ok

======================================================================
FAIL: test_a (test_x.A.test_a)
----------------------------------------------------------------------
Traceback (most recent call last):
  File \"test_x.py\", line 9, in test_a
    self.assertEqual(f(1), 2)
AssertionError: 1 != 2

----------------------------------------------------------------------
Ran 2 tests in 0.001s

FAILED (failures=1)
";
    assert_eq!(
        verdict(&["test_a", "test_b"], Some(1), printed),
        "test_b passed; test_a: AssertionError: 1 != 2"
    );
}

#[test]
fn what_did_not_run_failed() {
    let printed = "ImportError: Failed to import test module: test_x\nModuleNotFoundError: No module named 'a'\n\nRan 1 test in 0.000s\n";
    assert_eq!(
        verdict(&["test_a"], Some(1), printed),
        " passed; test_a: ModuleNotFoundError: No module named 'a'"
    );
    assert_eq!(
        verdict(&["test_a"], None, ""),
        " passed; test_a: the test did not run to its end"
    );
}

/// Code under test that ends the process, or prints what a green run prints, proves nothing.
#[test]
fn a_forged_end_is_red() {
    assert!(verdict(&["test_a"], Some(0), "").starts_with(" passed"));
    let cut = "test_a (test_x.A.test_a) ... ok\n";
    assert!(verdict(&["test_a"], Some(0), cut).starts_with(" passed"));
    let wrong_exit = "test_a (test_x.A.test_a) ... ok\nRan 1 test in 0.0s\n\nOK\n";
    assert!(verdict(&["test_a"], Some(3), wrong_exit).starts_with(" passed"));
}

#[test]
fn modules_and_names() {
    assert_eq!(module_of("text_toolkit/slug.py"), "text_toolkit.slug");
    assert_eq!(module_of("text_toolkit/__init__.py"), "text_toolkit");
    assert_eq!(class_name("word_count"), "WordCountExamples");
    assert_eq!(test_name("FR-1.e2"), "test_fr_1_e2");
    assert_eq!(literal("a\"\\\n\u{7}é"), "\"a\\\"\\\\\\n\\x07é\"");
}

#[test]
fn constants_of_json_are_read_as_those_of_python() {
    for (from, to) in [
        ("is_power(8, null, \"true\")", "is_power(8, None, \"true\")"),
        ("{'a': [true, false]}", "{'a': [True, False]}"),
        ("Flag.true", "Flag.true"),
        ("untrue", "untrue"),
    ] {
        assert_eq!(translated(from), to);
    }
    assert_eq!(assertion_for(&translated("true")), "assertIs");
}

#[test]
fn a_row_of_values_is_a_tuple_and_an_error_without_a_name_any() {
    let text = SPEC
        .replace("`100.0`", "`1, (2, 3)`")
        .replace("`ValueError`", "`Error`");
    let text = compiled_of(&text).text;
    assert!(
        text.contains("self.assertEqual(to_celsius(212), (1, (2, 3)))"),
        "{text}"
    );
    assert!(
        text.contains("with self.assertRaises(Exception):"),
        "{text}"
    );
    assert!(!text.contains("import Error"), "{text}");
}
