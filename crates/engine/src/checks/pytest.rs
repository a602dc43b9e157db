//! What pytest printed about the tests of a file.

use std::collections::BTreeMap;

use super::{Told, did_not_run};

/// The heading of the part that names every test with its result.
const SUMMARY: &str = "short test summary info";

/// Reads results from the summary at the end: what tests print stands before it.
pub(super) fn told(exit: Option<i32>, stdout: &str) -> Told {
    let lines: Vec<&str> = stdout.lines().collect();
    let summary = lines.iter().rposition(|it| it.contains(SUMMARY));
    let after = summary.map_or(&[][..], |at| &lines[at + 1..]);
    let mut told = Told {
        ended: total(stdout).is_some(),
        reasons: reasons(&lines[..summary.unwrap_or(0)]),
        last_words: last_words(exit, &lines),
        ..Told::default()
    };
    for line in after {
        if let Some((result, rest)) = line.split_once(' ') {
            let id = rest.split(" - ").next().unwrap_or(rest);
            let is_result = ["PASSED", "FAILED", "ERROR", "SKIPPED", "XFAIL", "XPASS"];
            if let (true, Some((_, name))) = (is_result.contains(&result), id.rsplit_once("::")) {
                told.result(name.trim(), result == "PASSED");
            }
        }
    }
    told
}

/// How many tests ran, by the last line: `1 failed, 2 passed in 0.03s`.
pub(super) fn count(stdout: &str) -> u32 {
    total(stdout).unwrap_or(0)
}

fn total(stdout: &str) -> Option<u32> {
    let last = stdout.lines().rfind(|it| !it.trim().is_empty())?;
    let (results, time) = last.trim_matches(['=', ' ']).rsplit_once(" in ")?;
    if !time.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let number = |part: &str| match part.trim().split_once(' ') {
        Some((number, "passed" | "failed")) => number.parse::<u32>().ok(),
        _ => None,
    };
    Some(results.split(',').filter_map(number).sum())
}

/// The lines that begin with `E` below the heading of each failure.
fn reasons(lines: &[&str]) -> BTreeMap<String, String> {
    let mut reasons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut open = None;
    for line in lines {
        if line.starts_with("____") && line.ends_with("____") {
            let title = line.trim_matches(['_', ' ']);
            open = Some(title.rsplit('.').next().unwrap_or(title).to_owned());
        } else if line.starts_with("----") || line.starts_with("====") {
            open = None;
        } else if let (Some(name), Some(text)) = (&open, line.strip_prefix("E   ")) {
            reasons.entry(name.clone()).or_default().push(text);
        }
    }
    let joined = |lines: Vec<&str>| lines.into_iter().take(8).collect::<Vec<_>>().join("\n");
    reasons
        .into_iter()
        .map(|(name, lines)| (name, joined(lines)))
        .collect()
}

/// The error that kept the file from being loaded.
fn last_words(exit: Option<i32>, lines: &[&str]) -> String {
    let collecting = lines.iter().position(|it| it.contains("ERROR collecting"));
    let error = collecting.and_then(|at| {
        let rest = lines[at..].iter();
        rest.filter_map(|it| it.strip_prefix("E   ")).next_back()
    });
    error.map_or_else(|| did_not_run(exit), str::to_owned)
}

#[cfg(test)]
mod tests {
    use crate::checks::{CheckFile, Runner, Test};

    fn verdict(tests: &[&str], exit: Option<i32>, stdout: &str) -> String {
        let test = |name: &&str| Test {
            name: (*name).to_owned(),
            example: (*name).to_owned(),
            says: String::new(),
        };
        let file = CheckFile {
            path: "tests/test_a.py".into(),
            text: String::new(),
            tests: tests.iter().map(test).collect(),
            runner: Runner::Pytest,
        };
        let report = file.read_report(exit, stdout, "");
        let failed = report.failed.iter();
        let failed: Vec<String> = failed.map(|(test, why)| format!("{test}: {why}")).collect();
        format!("{} passed; {}", report.passed.join(" "), failed.join(" | "))
    }

    const MIXED: &str = "\
.FF                                                                      [100%]
=================================== FAILURES ===================================
__________________________________ A.test_e2 ___________________________________
tests/test_a.py:7: in test_e2
    self.assertEqual(f(1), 3)
E   AssertionError: 2 != 3
----------------------------- Captured stdout call -----------------------------
PASSED tests/test_a.py::A::test_e2
E   KeyError: printed
__________________________________ A.test_e3 ___________________________________
m.py:2: in f
E   KeyError: 'x'
==================================== PASSES ====================================
__________________________________ A.test_e1 ___________________________________
=========================== short test summary info ============================
PASSED tests/test_a.py::A::test_e1
FAILED tests/test_a.py::A::test_e2 - AssertionError: 2 != 3
FAILED tests/test_a.py::A::test_e3 - KeyError: 'x'
2 failed, 1 passed in 0.03s
";

    #[test]
    fn failures_are_told_shortly() {
        assert_eq!(
            verdict(
                &["test_e1", "test_e2", "test_e3", "test_e4"],
                Some(1),
                MIXED
            ),
            "test_e1 passed; test_e2: AssertionError: 2 != 3 | test_e3: KeyError: 'x' | test_e4: the test did not run (exit code 1)"
        );
        assert_eq!(super::count(MIXED), 3);
        assert_eq!(
            super::count("===== 2 passed, 1 warning in 0.02s =====\n"),
            2
        );
        assert_eq!(super::count("no tests ran in 0.01s\n"), 0);
    }

    #[test]
    fn a_file_that_does_not_load_says_why() {
        let printed = "=== ERRORS ===\n____ ERROR collecting tests/test_a.py ____\ntests/test_a.py:2: in <module>\nE   ImportError: cannot import name 'g'\n=== short test summary info ===\nERROR tests/test_a.py\n1 error in 0.12s\n";
        assert_eq!(
            verdict(&["test_e1"], Some(2), printed),
            " passed; test_e1: ImportError: cannot import name 'g'"
        );
    }

    #[test]
    fn torn_and_forged_output_is_red() {
        let red = |exit, stdout: &str| {
            let verdict = verdict(&["test_e1"], exit, stdout);
            assert!(verdict.starts_with(" passed"), "{stdout}: {verdict}");
        };
        let heading = "=== short test summary info ===\n";
        red(Some(0), "");
        red(
            Some(0),
            "PASSED tests/test_a.py::A::test_e1\n1 passed in 0.1s\n",
        );
        red(
            Some(0),
            &format!("{heading}PASSED tests/test_a.py::A::test_e1\n"),
        );
        let whole = format!("{heading}PASSED tests/test_a.py::A::test_e1\n1 passed in 0.1s\n");
        red(Some(1), &whole);
        red(None, &whole);
        red(
            Some(0),
            &format!("{whole}{heading}SKIPPED tests/test_a.py::A::test_e1\n1 skipped in 0.1s\n"),
        );
        assert_eq!(verdict(&["test_e1"], Some(0), &whole), "test_e1 passed; ");
    }
}
