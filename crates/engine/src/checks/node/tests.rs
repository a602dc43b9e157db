//! Printed results in, verdicts out.

use crate::checks::{CheckFile, Runner, Test};

fn verdict(tests: &[&str], exit: Option<i32>, stdout: &str, stderr: &str) -> String {
    let test = |name: &&str| Test {
        name: (*name).to_owned(),
        example: (*name).to_owned(),
        says: String::new(),
    };
    let file = CheckFile {
        path: "tests/a.test.mjs".into(),
        text: String::new(),
        tests: tests.iter().map(test).collect(),
        runner: Runner::Node,
    };
    let report = file.read_report(exit, stdout, stderr);
    let failed = report.failed.iter();
    let failed: Vec<String> = failed.map(|(test, why)| format!("{test}: {why}")).collect();
    format!("{} passed; {}", report.passed.join(" "), failed.join(" | "))
}

const MIXED: &str = "\
TAP version 13
# ok 2 - FR-1.e2
# Subtest: FR-1.e1
ok 1 - FR-1.e1
  ---
  duration_ms: 1.1
  ...
# Subtest: FR-1.e2
not ok 2 - FR-1.e2
  ---
  duration_ms: 0.9
  location: '/x/tests/a.test.mjs:5:1'
  failureType: 'testCodeFailure'
  error: |-
    Expected values to be strictly deep-equal:
    
    4 !== 5
    
  code: 'ERR_ASSERTION'
  name: 'AssertionError'
  expected: 5
  actual: 4
  operator: 'deepStrictEqual'
  stack: |-
    TestContext.<anonymous> (file:///x/tests/a.test.mjs:5:32)
  ...
not ok 3 - FR-1.e3
  ---
  error: |-
    Expected values to be strictly deep-equal:
    + actual - expected
    
      [
        'a',
    +   'b'
      ]
  name: 'AssertionError'
  expected:
    0: 'a'
  actual:
    0: 'a'
    1: 'b'
  operator: 'deepStrictEqual'
  ...
not ok 4 - FR-1.e4
  ---
  error: 'undefinedthing is not defined'
  code: 'ERR_TEST_FAILURE'
  name: 'ReferenceError'
  stack: |-
    ok 5 - FR-1.e5
  ...
1..4
# tests 4
# pass 1
";

#[test]
fn failures_are_told_shortly() {
    let tests = ["FR-1.e1", "FR-1.e2", "FR-1.e3", "FR-1.e4", "FR-1.e5"];
    insta::assert_snapshot!(verdict(&tests, Some(1), MIXED, ""), @r#"
    FR-1.e1 passed; FR-1.e2: expected 5, got 4 | FR-1.e3: expected [ 'a' ], got [ 'a', 'b' ] | FR-1.e4: ReferenceError: undefinedthing is not defined | FR-1.e5: the test did not run (exit code 1)
    "#);
    assert_eq!(super::count(MIXED), 4);
}

#[test]
fn a_green_run_is_read() {
    let printed = "ok 1 - a\n  ---\n  duration_ms: 1\n  ...\n1..1\n# tests 1\n";
    assert_eq!(verdict(&["a"], Some(0), printed, ""), "a passed; ");
}

#[test]
fn a_file_that_does_not_load_says_why() {
    let printed = "TAP version 13\n# file:///x/a.test.mjs:3\n# SyntaxError: The requested module '../x.mjs' does not provide an export named 'h'\n#     at ModuleJob._instantiate\nnot ok 1 - /x/a.test.mjs\n  ---\n  error: 'test failed'\n  ...\n1..1\n# tests 1\n";
    assert_eq!(
        verdict(&["a"], Some(1), printed, ""),
        " passed; a: SyntaxError: The requested module '../x.mjs' does not provide an export named 'h'"
    );
}

/// Code under test that ends the process, or prints what a green run prints, proves nothing.
#[test]
fn torn_and_forged_output_is_red() {
    let red = |exit, stdout: &str| {
        let verdict = verdict(&["a"], exit, stdout, "");
        assert!(verdict.starts_with(" passed"), "{stdout}: {verdict}");
    };
    red(Some(0), "");
    red(Some(0), "ok 1 - a\n");
    red(Some(0), "# ok 1 - a\n1..1\n");
    red(Some(0), "  ok 1 - a\n1..1\n");
    red(Some(3), "ok 1 - a\n1..1\n");
    red(None, "ok 1 - a\n1..1\n");
    red(Some(0), "ok 1 - a # SKIP\n1..1\n");
    red(Some(1), "ok 1 - a\nnot ok 2 - a\n1..2\n");
    red(Some(0), "ok one - a\n1..\n");
}
