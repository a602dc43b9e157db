//! Printed results in, verdicts out.

use crate::checks::{CheckFile, Runner, Test};

fn verdict(tests: &[&str], exit: Option<i32>, stdout: &str, stderr: &str) -> String {
    let test = |name: &&str| Test {
        name: (*name).to_owned(),
        example: (*name).to_owned(),
        says: String::new(),
    };
    let file = CheckFile {
        path: "tests/a.rs".into(),
        text: String::new(),
        tests: tests.iter().map(test).collect(),
        runner: Runner::Cargo,
    };
    let report = file.read_report(exit, stdout, stderr);
    let failed = report.failed.iter();
    let failed: Vec<String> = failed.map(|(test, why)| format!("{test}: {why}")).collect();
    format!("{} passed; {}", report.passed.join(" "), failed.join(" | "))
}

const MIXED: &str = "
running 4 tests
test e1 ... ok
test e2 ... FAILED
test e3 - should panic ... ok
test e4 - should panic ... FAILED

failures:

---- e2 stdout ----

thread 'e2' (3709) panicked at tests/a.rs:8:24:
expected 3, got 2
stack backtrace:
   0: __rustc::rust_begin_unwind

---- e4 stdout ----
note: test did not panic as expected at tests/a.rs:10:28

failures:
    e2
    e4

test result: FAILED. 2 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.18s
";

#[test]
fn failures_are_told_shortly() {
    let stderr = "   Compiling a\nerror: test failed, to rerun pass `--test a`\n";
    assert_eq!(
        verdict(&["e1", "e2", "e3", "e4", "e5"], Some(101), MIXED, stderr),
        "e1 e3 passed; e2: expected 3, got 2 | e4: expected a panic, but it gave a value | e5: the test did not run (exit code 101)"
    );
    assert_eq!(super::count(MIXED), 4);
}

#[test]
fn errors_of_the_compiler_are_the_reason_of_all() {
    let stderr = "   Compiling a\nerror[E0425]: cannot find value `m` in this scope\n --> src/x.rs:1:46\n  |\n1 | m*2\n\nerror: could not compile `a`\n";
    assert_eq!(
        verdict(&["e1"], Some(101), "", stderr),
        " passed; e1: error[E0425]: cannot find value `m` in this scope\n --> src/x.rs:1:46\n  |\n1 | m*2"
    );
}

#[test]
fn torn_output_is_red() {
    let red = |exit, stdout: &str| {
        let verdict = verdict(&["e1"], exit, stdout, "");
        assert!(verdict.starts_with(" passed"), "{stdout}: {verdict}");
    };
    red(Some(0), "");
    red(Some(0), "test e1 ... ok\n");
    red(
        Some(0),
        "test e1 ... printed\nok\ntest result: ok. 1 passed; 0 failed\n",
    );
    red(
        Some(101),
        "test e1 ... ok\ntest result: ok. 1 passed; 0 failed\n",
    );
    red(
        Some(0),
        "test e1 ... ignored\ntest result: ok. 0 passed; 0 failed\n",
    );
    red(
        None,
        "test e1 ... ok\ntest result: ok. 1 passed; 0 failed\n",
    );
}
