//! Tasks for which the spec has no example: their own tests judge them, or a person. The scripted model stands in for a real one.

use serde_json::{Value, json};
use testkit::World;

use crate::driven::{drives, write};
use crate::{states, world};

const SPEC: &str = "\
# Numbers

## Functional Requirements

### FR-1: Greeting

- Greet people in a friendly way, each by their name

## Success Criteria

- All tests pass
";

const GREET: &str = "def greet(name):\n    return f'Hello, {name}!'\n";

fn tests(expected: &str) -> String {
    format!(
        "import unittest\n\nfrom greet import greet\n\n\nclass Greets(unittest.TestCase):\n    \
         def test_name(self):\n        self.assertEqual(greet('Ada'), '{expected}')\n"
    )
}

fn greeting() -> World {
    let world = world();
    world.write("specs/numbers.md", SPEC);
    world
}

/// What a run printed for a task's question: that it has to write tests itself.
fn asked() -> Value {
    json!("No example of the spec judges this task")
}

#[test]
fn its_own_tests_prove_a_task_and_cover_no_criterion() {
    let world = greeting();
    let model = world.script(&drives(&[
        json!({"when": asked(), "calls": [
            write("greet.py", GREET), write("tests/test_greet.py", &tests("Hi, Ada!")),
        ]}),
        json!({"when": "test_greet.py", "reply": "done"}),
        json!({"when": "'Hello, Ada!' != 'Hi, Ada!'", "calls": [
            {"name": "read", "arguments": {"path": "tests/test_greet.py"}},
        ]}),
        json!({"calls": [write("tests/test_greet.py", &tests("Hello, Ada!"))]}),
        json!({"reply": "mended"}),
    ]));
    let ran = crate::autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert_eq!(states(&world), ["done"]);
    let why = world.kiro(&["why", "1", "--json"]);
    let why: Value = serde_json::from_str(&why.stdout).expect("JSON");
    assert_eq!(why["covered"], json!([]), "{why}");
    assert!(why.to_string().contains("test_greet.py"), "{why}");
}

#[test]
fn without_any_test_a_person_must_look() {
    let world = greeting();
    let model = world.script(&drives(&[
        json!({"when": asked(), "calls": [write("greet.py", GREET)]}),
        json!({"reply": "done"}),
    ]));
    let ran = crate::autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(3), "{}{}", ran.stdout, ran.stderr);
    assert!(!world.has("greet.py"));
    let waits = world.kiro(&["approvals"]);
    assert!(
        waits
            .stdout
            .contains("nothing in the spec says how to check it"),
        "{}",
        waits.stdout
    );
    assert_eq!(world.kiro(&["approvals", "1", "--approve"]).code, Some(0));
    let ran = crate::autopilot(&world, &world.script(&drives(&[])), &[]);
    // The task is done by the person's word; that all tests pass is not proven where there is none.
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("no test ran"), "{}", ran.stderr);
    assert_eq!(states(&world), ["done"]);
    assert!(world.has("greet.py"));
}

#[test]
fn tests_that_stay_red_prove_nothing() {
    let world = greeting();
    let mut lines = vec![json!({"when": asked(), "calls": [
        write("greet.py", GREET), write("tests/test_greet.py", &tests("Hi, Ada!")),
    ]})];
    lines.extend((0..4).map(|_| json!({"reply": "It is right, believe me."})));
    let model = world.script(&drives(&lines));
    let ran = crate::autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    assert!(!world.has("greet.py"));
}

#[test]
fn a_model_that_fills_slots_says_that_it_cannot() {
    let world = greeting();
    let model = world.script(&[]);
    let ran = crate::autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    let told = "another model can do it, with --model";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
}
