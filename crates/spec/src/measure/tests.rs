//! Statements and what measures them.

use super::*;

fn check(expected: Option<Measure>, texts: &[&str]) {
    for text in texts {
        assert_eq!(Measure::of(text), expected, "{text}");
    }
}

#[test]
fn statements_about_all_tests_are_measured_by_them() {
    check(
        Some(Measure::AllTests),
        &[
            "All tests pass",
            "all unit and integration tests pass.",
            "The test suite is green",
            "Unit tests pass",
            "100% of tests pass",
        ],
    );
    check(
        Some(Measure::Examples),
        &[
            "Every example in this document holds",
            "All examples pass",
            "The examples above must hold",
        ],
    );
}

#[test]
fn commands_are_measured_where_their_success_is_asserted() {
    let exits = |it: &str, exit| {
        Some(Measure::Command {
            line: it.to_owned(),
            exit,
        })
    };
    let command = |it: &str| exits(it, 0);
    check(
        command("python3 -m unittest"),
        &[
            "`python3 -m unittest` passes",
            "`python3 -m unittest`",
            "All tests pass with `python3 -m unittest`",
        ],
    );
    check(
        command("./check.sh --all"),
        &["`./check.sh --all` exits with 0"],
    );
    check(
        command("ruff check ."),
        &["`ruff check .` reports no errors"],
    );
    check(
        exits("./check.sh --old", 3),
        &[
            "`./check.sh --old` exits with 3",
            "`./check.sh --old` must exit with code 3",
        ],
    );
}

#[test]
fn other_statements_are_not_measured() {
    check(
        None,
        &[
            "Tests pass on Windows",
            "Not all tests pass",
            "Unit tests for each service (80%+ coverage)",
            "Branch coverage ≥ 80%",
            "Coverage of at most 20%",
            "Coverage is good",
            "No security vulnerabilities on Windows",
            "The login has vulnerabilities",
            "Login endpoint < 200ms p95",
            "Token verification < 10ms",
            "`f(n)` takes < 10 ms",
            "`f(1)` retries within 2 seconds",
            "`f(1)` takes at least 10 ms",
            "`f(1)` takes < 10 ms p95 and < 20 ms p99",
            "`f(1)` and `f(2)` take < 10 ms",
            "`../x.js` is at most 5 KB",
            "`dist/x.js` is small",
            "Tests for each service",
            "Never runs `docker run`",
            "Uses `make`",
            "Returns `slugify(1)`",
            "`npm test` and `npm run lint` pass",
            "All tests and examples pass",
            "",
        ],
    );
}

fn limit(side: Side, is_strict: bool, amount: u64) -> Limit {
    Limit {
        side,
        is_strict,
        amount,
    }
}

#[test]
fn shares_of_coverage_and_numbers_of_tests_are_measured() {
    check(
        Some(Measure::Coverage(limit(Side::AtLeast, false, 80_000))),
        &[
            "Code coverage ≥ 80%",
            "Test coverage of at least 80 percent",
            "Coverage: 80%",
            "80%+ line coverage",
        ],
    );
    check(
        Some(Measure::Coverage(limit(Side::AtLeast, true, 80_000))),
        &["Test coverage > 80%"],
    );
    check(
        Some(Measure::TestCount(limit(Side::AtLeast, false, 20))),
        &["At least 20 tests pass", "There are 20 tests or more"],
    );
}

#[test]
fn the_absence_of_vulnerabilities_is_measured_by_scanners() {
    check(
        Some(Measure::Security),
        &[
            "No security vulnerabilities (scan with Amazon Q)",
            "No vulnerabilities",
            "Zero high or critical vulnerabilities",
            "Security scan reports no findings",
        ],
    );
}

#[test]
fn times_of_calls_and_sizes_of_files_are_measured() {
    let time = |call: &str, is_command, statistic, amount| {
        Some(Measure::Time(Timing {
            call: call.to_owned(),
            is_command,
            statistic,
            limit: limit(Side::AtMost, true, amount),
        }))
    };
    check(
        time("f(1)", false, Statistic::Percentile(95), 10_000_000),
        &[
            "`f(1)` takes < 10 ms p95",
            "The p95 latency of `f(1)` is below 10 ms",
        ],
    );
    check(
        time("todo list", true, Statistic::Every, 2_000_000_000),
        &["`$ todo list` responds in under 2 seconds"],
    );
    check(
        time("f(1)", false, Statistic::Mean, 10_000_000),
        &["WHEN `f(1)` is called, THE system SHALL respond in less than 10 ms on average"],
    );
    let size = |lines, amount| {
        Some(Measure::Size(Size {
            path: "dist/x.js".to_owned(),
            lines,
            limit: limit(Side::AtMost, false, amount),
        }))
    };
    check(size(false, 51_200), &["`dist/x.js` is at most 50 KiB"]);
    check(size(true, 300), &["`dist/x.js` has no more than 300 lines"]);
}

#[test]
fn the_statistic_that_counts_is_the_nearest_rank() {
    let times: Vec<u64> = (1..=100).rev().collect();
    for (statistic, expected) in [
        (Statistic::Percentile(95), 95),
        (Statistic::Percentile(50), 50),
        (Statistic::Every, 100),
        (Statistic::Mean, 50),
    ] {
        assert_eq!(statistic.of(&times), Some(expected));
    }
    assert_eq!(Statistic::Percentile(99).of(&[7]), Some(7));
    assert_eq!(Statistic::Mean.of(&[]), None);
    assert_eq!(Statistic::Percentile(95).of(&[]), None);
}
