//! Criteria that are executable: scenarios, numbers, and tests that are named for what they show. The scripted model stands in
//! for a real one.

use serde_json::{Value, json};
use testkit::{Output, World};

use crate::driven::{drives, write};
use crate::{DOUBLE, autopilot, states, world};

fn json_of(ran: &Output) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}{}", ran.stdout, ran.stderr))
}

/// What is proven of each claim, or why nothing is.
fn claims(world: &World) -> Vec<(String, bool, String)> {
    let ran = world.kiro(&["verify", "numbers", "--json"]);
    let value = json_of(&ran);
    let all = value["claims"].as_array().expect("claims").iter();
    all.map(|it| {
        let proof = it["proof"].as_str();
        let why = it["why"].as_str().unwrap_or_default();
        let id = it["criterion"].as_str().expect("an id").to_owned();
        (id, proof.is_some(), proof.unwrap_or(why).to_owned())
    })
    .collect()
}

fn claim(all: &[(String, bool, String)], id: &str) -> (bool, String) {
    let found = all.iter().find(|it| it.0 == id);
    found.map_or_else(|| panic!("{id} in {all:#?}"), |it| (it.1, it.2.clone()))
}

#[test]
fn a_scenario_is_carried_out_and_proven_as_an_example() {
    let world = world();
    world.write(
        "specs/numbers.md",
        "# Numbers\n\n## Functional Requirements\n\n### FR-1: Doubling\n\n`double(n: int) -> int` in `numbers_kit/double.py`.\n\n\
         #### Scenario: a small number\n\n- **GIVEN** a number\n- **WHEN** `double(2)` is called\n- **THEN** it gives `4`\n\n\
         - WHEN `double(-3)` is called, THE function SHALL return `-6`.\n\n\
         ## Success Criteria\n\n- Every example in this document holds\n",
    );
    let model = world.script(&testkit::two_answers("double", DOUBLE.trim_end()));
    let ran = autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert!(
        world
            .read("tests/test_fr_1_doubling.py")
            .contains("double(-3)"),
        "{}",
        world.read("tests/test_fr_1_doubling.py")
    );
    assert_eq!(
        claim(&claims(&world), "SC-1"),
        (true, "2 of 2 examples pass: unittest".to_owned())
    );
}

const MEASURED: &str = "\
# Numbers

## Functional Requirements

### FR-1: Doubling

`double(n: int) -> int` in `numbers_kit/double.py`.

- Twice the number
  - `double(2)` → `4`
- `double(7)` takes less than 5 seconds

## Non-Functional Requirements

### NFR-1: Limits

- `double(3)` takes < 1 ns p95
- `numbers_kit/double.py` has at most 2 lines
- `numbers_kit/double.py` is at most 10 bytes
- `python3 tools/three.py` exits with 3
- `triple(3)` takes < 1 s

## Testing Requirements

- Test cases:
  - Large numbers

## Success Criteria

- At least 2 tests pass
- At least 200 tests pass
";

#[test]
fn numbers_are_measured_and_what_does_not_hold_is_told() {
    let world = world();
    world.write("specs/numbers.md", MEASURED);
    world.write("numbers_kit/double.py", DOUBLE);
    world.write("numbers_kit/__init__.py", "");
    world.write("tools/three.py", "raise SystemExit(3)\n");
    world.write(
        "tests/test_own.py",
        "import unittest\n\nfrom numbers_kit.double import double\n\n\nclass Own(unittest.TestCase):\n    def test_large_numbers(self):\n        \
         self.assertEqual(double(10**9), 2 * 10**9)\n\n    def test_zero(self):\n        self.assertEqual(double(0), 0)\n",
    );
    let all = claims(&world);
    let check = |id: &str, holds: bool, told: &str| {
        let (is_proven, text) = claim(&all, id);
        assert_eq!(is_proven, holds, "{id}: {text}");
        assert!(text.contains(told), "{id}: {text}");
    };
    check("SC-1", true, "2 tests pass");
    check("SC-2", false, "2 tests ran");
    check("FR-1.3", true, "the longest of 200 calls of `double(7)` is");
    check("NFR-1.1", false, "p95 of 200 calls of `double(3)` is");
    check("NFR-1.2", true, "has 2 lines");
    check("NFR-1.3", false, "bytes");
    check("NFR-1.4", true, "exit code 3");
    check(
        "NFR-1.5",
        false,
        "no file of the spec holds what `triple(3)` calls",
    );
    check("T-1", true, "test_large_numbers passes");
    assert!(!world.has("tests/kiro_trial"), "the project stays as it is");

    let shown = json_of(&world.kiro(&["spec", "show", "numbers", "--json"]));
    let measure = &shown["requirements"][1]["criteria"][0]["measure"];
    assert_eq!(measure["kind"], "time");
    assert_eq!(measure["statistic"], "p95");
    let limit = json!({"comparison": "less-than", "amount": 1, "unit": "ns"});
    assert_eq!(measure["limit"], limit);
}

#[test]
fn a_call_that_breaks_or_a_program_that_fails_is_not_timed() {
    let world = world();
    world.write(
        "specs/numbers.md",
        "# Numbers\n\n## FR-1: A\n\nThe program `num` in `num.py`.\n\n- `$ num 2` → `4`\n- `$ num 3` takes < 5 s\n- `$ num x` takes < 5 s\n\n\
         ## Success Criteria\n\n- All tests pass\n",
    );
    world.write(
        "num.py",
        "import sys\n\n\ndef main(argv):\n    print(int(argv[0]) * 2)\n    return 0\n\n\nif __name__ == '__main__':\n    sys.exit(main(sys.argv[1:]))\n",
    );
    let all = claims(&world);
    let (holds, told) = claim(&all, "FR-1.2");
    assert!(holds && told.contains("calls of `$ num 3` is"), "{told}");
    let (holds, told) = claim(&all, "FR-1.3");
    assert!(!holds && told.contains("was not timed"), "{told}");
}

#[test]
fn coverage_is_measured_where_something_measures_it() {
    let world = world();
    world.write(
        "specs/numbers.md",
        "# Numbers\n\n## FR-1: A\n\n`double(n)` in `double.mjs`.\n\n- `double(2)` → `4`\n\n## Success Criteria\n\n- Code coverage ≥ 80%\n- Test coverage > 90%\n",
    );
    let lines: String = (0..5)
        .map(|it| format!("  if (n === {}) {{\n    return 0;\n  }}\n", 100 + it))
        .collect();
    world.write("double.mjs", format!("export function double(n) {{\n  return n * 2;\n}}\n\nexport function odd(n) {{\n{lines}  return n;\n}}\n"));
    world.write(
        "tests/fr_1_a.test.mjs",
        "import assert from \"node:assert\";\nimport { test } from \"node:test\";\nimport { double, odd } from \"../double.mjs\";\n\n\
         test(\"doubles\", () => {\n  assert.equal(double(2), 4);\n  assert.equal(odd(1), 1);\n});\n",
    );
    world.write(
        "plans/numbers-tasks.md",
        "# Tasks: Numbers\n\n- [x] 1. Double\n  - Scope: `double.mjs`\n  - Requirements: FR-1\n",
    );
    let all = claims(&world);
    let (_, told) = claim(&all, "SC-1");
    assert!(
        told.contains("lines are run by the tests")
            && told.contains("as node 20.11 or newer counts"),
        "{told}"
    );
    // Ten of twenty-two lines are never run.
    assert!(!claim(&all, "SC-2").0);

    let world = crate::numbers();
    let spec = crate::SPEC.replace("- All tests pass", "- Code coverage ≥ 1%");
    world.write("specs/numbers.md", &spec);
    world.write(
        "tests/test_a.py",
        "import unittest\n\n\nclass A(unittest.TestCase):\n    def test_a(self):\n        pass\n",
    );
    let (holds, told) = claim(&claims(&world), "SC-1");
    assert!(!holds, "{told}");
}

#[test]
fn vulnerabilities_are_looked_for_by_the_scanners_that_are_installed() {
    let world = crate::numbers();
    let spec = crate::SPEC.replace("- All tests pass", "- No security vulnerabilities");
    world.write("specs/numbers.md", &spec);
    world.write("readme.txt", "nothing to scan\n");
    let (holds, told) = claim(&claims(&world), "SC-1");
    assert!(
        !holds && told.contains("no security scanner is installed"),
        "{told}"
    );
    world.write("numbers_kit/double.py", DOUBLE);
    for (printed, holds, told) in [
        (
            r#"{"errors":[],"results":[]}"#,
            true,
            "bandit finds nothing",
        ),
        (
            r#"{"errors":[],"results":[{"issue_severity":"HIGH","filename":"a.py","line_number":3,"test_id":"B602","issue_text":"a shell"}]}"#,
            false,
            "bandit finds 1 high",
        ),
        ("broken", false, "bandit could not scan"),
    ] {
        let bin = bandit(&world, printed);
        let mut command = world.command(&["verify", "numbers", "--json"]);
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", bin.display()));
        let value = json_of(&world.run(&mut command));
        let claim = &value["claims"][0];
        assert_eq!(claim["proof"].is_string(), holds, "{claim}");
        assert!(claim.to_string().contains(told), "{claim}");
    }
}

fn covered(why: &Value) -> Vec<String> {
    let all = why["covered"].as_array().expect("what is covered").iter();
    all.map(|it| it["id"].as_str().expect("an id").to_owned())
        .collect()
}

/// A folder of programs in which a scanner prints this.
fn bandit(world: &World, printed: &str) -> std::path::PathBuf {
    let bin = world.home().join("kit/bin");
    let program = bin.join("bandit").display().to_string();
    world.write_program(&program, &format!("#!/bin/sh\ncat <<'E'\n{printed}\nE\n"));
    bin
}

const EARS: &str = "\
# Numbers

## Functional Requirements

### FR-1: Greeting

- WHEN a name is given, THE Greeter SHALL greet by it
- IF no name is given, THEN THE Greeter SHALL greet the world
";

const GREET: &str = "def greet(name=''):\n    return f'Hello, {name or \"world\"}!'\n";

fn tests(second: &str) -> String {
    format!(
        "import unittest\n\nfrom greet import greet\n\n\nclass Greets(unittest.TestCase):\n    def test_fr_1_1_by_name(self):\n        \
         self.assertEqual(greet('Ada'), 'Hello, Ada!')\n\n    def test_fr_1_2_world(self):\n        {second}\n"
    )
}

#[test]
fn statements_in_words_are_shown_by_tests_that_are_named_for_them() {
    let world = world();
    world.write("specs/numbers.md", EARS);
    let model = world.script(&drives(&[
        json!({"when": "FR-1.2: test_fr_1_2", "calls": [
            write("greet.py", GREET), write("tests/test_greet.py", &tests("greet()")),
        ]}),
        json!({"when": "test_greet.py", "reply": "done"}),
        json!({"when": "FR-1.2: the test named as in test_fr_1_2 asserts nothing itself", "calls": [
            {"name": "read", "arguments": {"path": "tests/test_greet.py"}},
        ]}),
        json!({"calls": [write("tests/test_greet.py", &tests("self.assertEqual(greet(), 'Hello, world!')"))]}),
        json!({"reply": "mended"}),
    ]));
    let ran = autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert_eq!(states(&world), ["done"]);
    let why = json_of(&world.kiro(&["why", "1", "--json"]));
    assert_eq!(covered(&why), ["FR-1.1", "FR-1.2"], "{why}");
    let (holds, told) = claim(&claims(&world), "SC-0");
    assert!(holds && told.contains("2 of 2 criteria"), "{told}");

    // A test of that name that asserts nothing shows nothing.
    world.write("tests/test_greet.py", tests("greet()"));
    let (holds, told) = claim(&claims(&world), "SC-0");
    assert!(
        !holds && told.contains("FR-1.2") && told.contains("asserts nothing"),
        "{told}"
    );
}

#[test]
fn a_run_ends_incomplete_where_no_test_shows_a_statement() {
    let world = world();
    world.write("specs/numbers.md", EARS);
    let model = world.script(&drives(&[
        json!({"when": "FR-1.1: test_fr_1_1", "calls": [
            write("greet.py", GREET),
            write("tests/test_greet.py", &tests("greet()").replace("fr_1_2_", "")),
        ]}),
        json!({"reply": "done"}),
        json!({"when": "No test of yours shows these criteria", "reply": "I will not."}),
        json!({"reply": "There is nothing left."}),
    ]));
    let ran = autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stderr.contains("no proof of SC-0") && ran.stderr.contains("FR-1.2"),
        "{}",
        ran.stderr
    );
    let why = json_of(&world.kiro(&["why", "1", "--json"]));
    assert_eq!(covered(&why), ["FR-1.1"], "{why}");
}

const SEED: &str = include_str!("../../../spec/tests/fixtures/user-authentication.md");

#[test]
fn the_seeds_spec_says_of_every_criterion_how_it_is_checked_and_its_plan_cites_each() {
    let world = world();
    world.write("specs/user-authentication.md", SEED);
    let shown = json_of(&world.kiro(&["spec", "show", "user-authentication", "--json"]));
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let requirements = list(&shown["requirements"]);
    let criteria: Vec<Value> = requirements
        .iter()
        .flat_map(|it| list(&it["criteria"]))
        .collect();
    assert_eq!((requirements.len(), criteria.len()), (7, 30));
    for it in criteria
        .iter()
        .chain(&list(&shown["success"]))
        .chain(&list(&shown["testing"]))
    {
        let check = it["check"].as_str().expect("a check");
        assert!(["compiled", "measured", "manual"].contains(&check), "{it}");
        assert!(!it["why"].as_str().expect("a reason").is_empty(), "{it}");
        assert_eq!(check == "measured", it["measure"].is_object(), "{it}");
    }
    let kinds = |value: &Value| -> Vec<Value> {
        list(value)
            .iter()
            .map(|it| it["measure"]["kind"].clone())
            .collect()
    };
    let none = Value::Null;
    assert_eq!(
        kinds(&shown["success"]),
        [
            json!("all-tests"),
            json!("coverage"),
            json!("security"),
            none.clone(),
            none.clone()
        ]
    );
    let tests = kinds(&shown["testing"]);
    assert_eq!(
        tests.iter().filter(|it| **it == json!("test")).count(),
        9,
        "{tests:?}"
    );

    let planned = world.kiro(&["plan", "user-authentication", "--json"]);
    assert_eq!(planned.code, Some(0), "{}", planned.stderr);
    let tasks = list(&json_of(&planned)["tasks"]);
    let cited: Vec<Value> = tasks
        .iter()
        .flat_map(|it| list(&it["requirements"]))
        .collect();
    assert!(
        criteria.iter().all(|it| cited.contains(&it["id"])),
        "{cited:?}"
    );
    let explained = world.kiro(&["plan", "user-authentication", "--explain"]);
    assert!(
        explained.stdout.contains("coverage.py") && explained.stdout.contains("security scanners"),
        "{}",
        explained.stdout
    );
}
