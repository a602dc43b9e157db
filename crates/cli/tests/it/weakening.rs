//! Tests that a change takes something from: shown and asked about, whoever made it. The scripted model stands in for a real
//! one.

use serde_json::{Value, json};
use testkit::World;

use crate::driven::{drives, write};
use crate::hooks::{command_hook, run_hook};
use crate::{DOUBLE, autopilot, numbers, states};

const TEST: &str = "\
import unittest


class TestOld(unittest.TestCase):
    def test_sum(self):
        self.assertEqual(1 + 1, 2)
        self.assertTrue(True)
";

/// A project with a test of its own, which is in the scope of the first task.
fn tested() -> World {
    let world = numbers();
    world.write("tests/test_old.py", TEST);
    assert_eq!(world.kiro(&["plan", "numbers"]).code, Some(0));
    let scope = "tests/test_old.py,numbers_kit/double.py,tests/test_fr_1_doubling.py";
    let edited = world.kiro(&["tasks", "numbers", "edit", "1", "--files", scope]);
    assert_eq!(edited.code, Some(0), "{}", edited.stderr);
    world
}

/// What a model does that writes the function, and the test anew.
fn script(world: &World, test: &str) -> String {
    world.script(&drives(&[
        json!({"when": "Task 1 of the plan", "calls": [
            {"name": "read", "arguments": {"path": "tests/test_old.py"}},
        ]}),
        json!({"calls": [write("numbers_kit/double.py", DOUBLE), write("tests/test_old.py", test)]}),
        json!({"reply": "done"}),
    ]))
}

#[test]
fn autopilot_waits_where_a_test_was_weakened_and_names_test_and_line() {
    let world = tested();
    let weaker = TEST.replace("        self.assertTrue(True)\n", "");
    let model = script(&world, &weaker);
    let ran = autopilot(&world, &model, &["--task", "1"]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    let shown = world.kiro(&["approvals", "--json"]);
    let value: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    let reasons = value["waiting"][0]["reasons"].to_string();
    assert!(
        reasons.contains("tests/test_old.py:7: TestOld.test_sum: «self.assertTrue(True)» is gone"),
        "{reasons}"
    );
    assert_eq!(world.read("tests/test_old.py"), TEST);
    assert_eq!(world.kiro(&["approvals", "1", "--approve"]).code, Some(0));
    let ran = autopilot(&world, &model, &["--task", "1"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(world.read("tests/test_old.py"), weaker);
}

#[test]
fn a_test_that_only_grew_is_not_asked_about() {
    let world = tested();
    let more = format!("{TEST}        self.assertEqual(2 + 2, 4)\n");
    let model = script(&world, &more);
    let ran = autopilot(&world, &model, &["--task", "1"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(states(&world)[0], "done");
    assert_eq!(world.read("tests/test_old.py"), more);
}

#[test]
fn a_person_is_shown_what_became_looser() {
    let world = tested();
    let model = script(&world, &TEST.replace("1 + 1, 2", "1 + 1, 3"));
    let run = [
        "run", "numbers", "--guided", "--task", "1", "--model", &model,
    ];
    let ran = world.at_terminal(world.command(&run), &[("s[t]op >", "s")]);
    let shown = ran.stdout.replace("\r\n", " ");
    assert!(shown.contains("tests/test_old.py:6"), "{shown}");
    assert!(shown.contains("became"), "{shown}");
}

#[test]
fn a_hook_that_needs_no_approval_needs_one_for_a_weaker_test() {
    let world = crate::world();
    world.write("src/a.py", "x = 1\n");
    world.write("tests/test_old.py", TEST);
    let command = "sed -i /assertTrue/d tests/test_old.py";
    let hook = command_hook(command, "  require_approval: false\n");
    world.write(".kiro/hooks/a.yaml", hook);
    assert_eq!(world.kiro(&["trust", "--yes"]).code, Some(0));
    let (code, value, told) = run_hook(&world, ".kiro/hooks/a.yaml", &[]);
    assert_eq!(code, Some(3), "{value} {told}");
    assert_eq!(value["ran"][0]["outcome"], "waiting");
    assert_eq!(world.read("tests/test_old.py"), TEST);
}
