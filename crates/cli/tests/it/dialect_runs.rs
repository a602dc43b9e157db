//! Specs of other tools carried out where they stand, by a model that calls tools. The scripted model stands in for a real one.

use serde_json::{Value, json};
use testkit::{Output, World};

use crate::driven::{drives, write};
use crate::{json_lines, world};

const GREET: &str = "def greet(name=''):\n    return f'Hello, {name or \"world\"}!'\n";

/// Tests of the greeter that are named for these criteria.
fn tests(first: &str, second: &str) -> String {
    format!(
        "import unittest\n\nfrom greet import greet\n\n\nclass Greets(unittest.TestCase):\n    def test_{first}(self):\n        \
         self.assertEqual(greet('Ada'), 'Hello, Ada!')\n\n    def test_{second}(self):\n        self.assertEqual(greet(), 'Hello, world!')\n"
    )
}

/// A script in which the task writes the greeter with its tests.
fn greets(world: &World, task: &str, first: &str, second: &str) -> String {
    world.script(&drives(&[
        json!({"when": format!("Task {task} of the plan"), "calls": [
            write("greet.py", GREET), write("tests/test_greet.py", &tests(first, second)),
        ]}),
        json!({"reply": "done"}),
    ]))
}

fn run(world: &World, spec: &str, model: &str) -> Output {
    world.kiro(&["run", spec, "--autopilot", "--jsonl", "--model", model])
}

fn is_done(ran: &Output) {
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let proven = json_lines(ran)
        .into_iter()
        .filter(|it| it["fact"]["fact"] == "claimed");
    let proven: Vec<Value> = proven.collect();
    assert!(
        !proven.is_empty() && proven.iter().all(|it| it["fact"]["proof"].is_string()),
        "{proven:?}"
    );
}

const REQUIREMENTS: &str = "\
# Requirements Document

## Introduction

It greets.

## Requirements

### Requirement 1: Greeting

**User Story:** As a guest, I want a greeting, so that I feel welcome.

#### Acceptance Criteria

1. WHEN a name is given, THE Greeter SHALL greet by it.
2. IF no name is given, THEN THE Greeter SHALL greet the world.
";

const TASKS: &str = "\
# Implementation Plan: Greeter

- [ ] 1. Greeter
  - [ ] 1.1 Write the greeter and its tests
    - Keep it in `greet.py`
    - _Requirements: 1.1, 1.2_
- [ ] 2. Checkpoint - Ensure all tests pass, ask the user if questions arise.

## Task Dependency Graph

```json
{\"waves\": [{\"id\": 0, \"tasks\": [\"1.1\"]}, {\"id\": 1, \"tasks\": [\"2\"]}]}
```
";

#[test]
fn a_folder_of_kiros_own_is_carried_out_in_place() {
    let world = world();
    let folder = ".kiro/specs/greeter";
    world.write(&format!("{folder}/requirements.md"), REQUIREMENTS);
    world.write(
        &format!("{folder}/design.md"),
        "# Design\n\n## Overview\n\nOne function.\n",
    );
    world.write(&format!("{folder}/tasks.md"), TASKS);
    let model = greets(&world, "1.1", "req_1_1", "req_1_2");
    is_done(&run(&world, "greeter", &model));
    let tasks = world.read(&format!("{folder}/tasks.md"));
    assert_eq!(tasks.replace("[x]", "[ ]"), TASKS, "only boxes are set");
    assert!(
        tasks.contains("- [x] 1.1") && tasks.contains("- [x] 2."),
        "{tasks}"
    );
    assert_eq!(
        world.read(&format!("{folder}/requirements.md")),
        REQUIREMENTS
    );
    assert_eq!(
        world.read(&format!("{folder}/design.md")),
        "# Design\n\n## Overview\n\nOne function.\n"
    );
    assert!(!world.has("plans") && !world.has("specs"));
    let trace = world.kiro(&["spec", "trace", "1.2", "--json"]);
    assert!(trace.stdout.contains("greet.py"), "{}", trace.stdout);
}

#[test]
fn a_folder_without_tasks_is_planned_in_place() {
    let world = world();
    let folder = ".kiro/specs/greeter";
    world.write(&format!("{folder}/requirements.md"), REQUIREMENTS);
    let planned = world.kiro(&["plan", "greeter"]);
    assert_eq!(planned.code, Some(0), "{}", planned.stderr);
    let tasks = world.read(&format!("{folder}/tasks.md"));
    assert!(tasks.contains("- [ ] 1"), "{tasks}");
    assert!(world.has(&format!("{folder}/design.md")) && !world.has("plans"));
    let model = greets(&world, "1", "req_1_1", "req_1_2");
    is_done(&run(&world, "greeter", &model));
}

#[test]
fn a_spec_of_spec_kit_is_carried_out_in_place() {
    let world = world();
    let folder = "specs/001-greeter";
    let spec = "# Feature Specification: Greeter\n\n## Requirements\n\n### Functional Requirements\n\n\
                - **FR-001**: System MUST greet by the name given\n- **FR-002**: System MUST greet the world without a name\n";
    let tasks = "# Tasks: Greeter\n\n## Phase 1: Setup\n\n- [ ] T001 Write the greeter in greet.py with tests (FR-001, FR-002)\n";
    world.write(&format!("{folder}/spec.md"), spec);
    world.write(
        &format!("{folder}/plan.md"),
        "# Implementation Plan: Greeter\n\nOne function.\n",
    );
    world.write(&format!("{folder}/tasks.md"), tasks);
    let model = greets(&world, "T001", "fr_001_1", "fr_002_1");
    is_done(&run(&world, "001-greeter", &model));
    assert_eq!(
        world.read(&format!("{folder}/tasks.md")),
        tasks.replace("[ ]", "[x]")
    );
    assert_eq!(world.read(&format!("{folder}/spec.md")), spec);
}

#[test]
fn a_change_of_openspec_is_carried_out_in_place() {
    let world = world();
    let folder = "openspec/changes/add-greeter";
    let tasks = "## 1. Implementation\n\n- [ ] 1.1 Write the greeter and its tests\n- [ ] 1.2 Verify that all tests pass\n";
    world.write(
        &format!("{folder}/proposal.md"),
        "## Why\n\nGuests want it.\n\n## What Changes\n\n- A greeter\n",
    );
    world.write(&format!("{folder}/tasks.md"), tasks);
    world.write(
        &format!("{folder}/specs/greet/spec.md"),
        "## ADDED Requirements\n\n### Requirement: Greeting\n\nThe system SHALL greet.\n\n#### Scenario: A name\n\n- **WHEN** a name is given\n\
         - **THEN** it is greeted\n\n#### Scenario: No name\n\n- **WHEN** none is given\n- **THEN** the world is greeted\n",
    );
    let model = greets(&world, "1.1", "greeting_1", "greeting_2");
    is_done(&run(&world, "add-greeter", &model));
    assert_eq!(
        world.read(&format!("{folder}/tasks.md")),
        tasks.replace("[ ]", "[x]")
    );
}

#[test]
fn a_spec_of_cc_sdd_is_carried_out_in_place() {
    let world = world();
    let folder = ".kiro/specs/greeter";
    let tasks = "# Implementation Plan\n\n- [ ] 1. Greeter (P)\n  - Write it with its tests\n  - _Requirements: 1.1, 1.2_\n";
    world.write(
        &format!("{folder}/spec.json"),
        "{\"feature_name\": \"greeter\", \"phase\": \"tasks-generated\"}\n",
    );
    world.write(&format!("{folder}/requirements.md"), REQUIREMENTS);
    world.write(&format!("{folder}/tasks.md"), tasks);
    let model = greets(&world, "1", "req_1_1", "req_1_2");
    is_done(&run(&world, "greeter", &model));
    assert_eq!(
        world.read(&format!("{folder}/tasks.md")),
        tasks.replace("[ ]", "[x]")
    );
}

const BUGFIX: &str = "\
# Bugfix Requirements Document

## Introduction

Totals are too low.

## Bug Analysis

### Current Behavior (Defect)

1.1 WHEN prices are given THEN the system leaves the first one out

### Expected Behavior (Correct)

2.1 WHEN prices are given THEN the system SHALL add all of them

### Unchanged Behavior (Regression Prevention)

3.1 WHEN none is given THEN the system SHALL CONTINUE TO give zero
";

const BUGFIX_TASKS: &str = "\
# Implementation Plan

- [ ] 1. Write bug condition exploration test
  - **CRITICAL**: this test MUST FAIL on unfixed code
  - _Requirements: 1.1, 2.1_
- [ ] 2. Write preservation tests
  - _Requirements: 3.1_
- [ ] 3. Fix the total
  - [ ] 3.1 Implement the fix in `cart.py`
    - _Requirements: 2.1, 3.1_
  - [ ] 3.2 Verify bug condition exploration test now passes
- [ ] 4. Checkpoint - Ensure all tests pass
";

const BUGGY: &str = "def total(prices):\n    return sum(prices[1:])\n";

fn cart_test(name: &str, call: &str, gives: &str) -> String {
    format!(
        "import unittest\n\nfrom cart import total\n\n\nclass Cart(unittest.TestCase):\n    def test_{name}(self):\n        \
         self.assertEqual({call}, {gives})\n"
    )
}

fn buggy() -> World {
    let world = world();
    world.write("cart.py", BUGGY);
    world.write(".kiro/specs/fix/bugfix.md", BUGFIX);
    world.write(".kiro/specs/fix/tasks.md", BUGFIX_TASKS);
    world
}

#[test]
fn a_bugfix_begins_with_a_test_that_fails() {
    let world = buggy();
    let model = world.script(&drives(&[
        // A test that passes today shows no bug.
        json!({"when": "must fail there by what it asserts", "calls": [
            write("tests/test_bug.py", &cart_test("req_2_1", "total([0, 2])", "2")),
        ]}),
        json!({"reply": "done"}),
        json!({"when": "it passes, so it shows nothing that is wrong today", "calls": [
            {"name": "read", "arguments": {"path": "tests/test_bug.py"}},
        ]}),
        json!({"calls": [write("tests/test_bug.py", &cart_test("req_2_1", "total([1, 2])", "3"))]}),
        json!({"reply": "done"}),
        json!({"when": "Task 2 of the plan", "calls": [
            write("tests/test_keep.py", &cart_test("req_3_1", "total([])", "0")),
        ]}),
        json!({"reply": "done"}),
        json!({"when": "Task 3.1 of the plan", "calls": [{"name": "read", "arguments": {"path": "cart.py"}}]}),
        json!({"calls": [{"name": "edit", "arguments": {"path": "cart.py", "old": "prices[1:]", "new": "prices"}}]}),
        json!({"reply": "done"}),
    ]));
    let ran = run(&world, "fix", &model);
    is_done(&ran);
    let facts = json_lines(&ran);
    let red = facts
        .iter()
        .find(|it| it["fact"]["purpose"] == "must_fail")
        .expect("a red test");
    assert_eq!(
        (&red["fact"]["task"], &red["fact"]["exit"]),
        (&json!("1"), &json!(1)),
        "{red}"
    );
    let tasks = world.read(".kiro/specs/fix/tasks.md");
    assert_eq!(tasks.replace("[x]", "[ ]"), BUGFIX_TASKS);
    assert!(
        !tasks.contains("- [ ] 3.2") && !tasks.contains("- [ ] 4"),
        "{tasks}"
    );
    assert_eq!(world.read("cart.py"), BUGGY.replace("[1:]", ""));
}

#[test]
fn a_test_that_cannot_even_run_shows_no_bug() {
    let world = buggy();
    let mut lines = vec![json!({"when": "Task 1 of the plan", "calls": [
        write("tests/test_bug.py", &cart_test("req_2_1", "total([1, 2])", "3").replace("cart import", "nothing import")),
    ]})];
    lines.extend((0..4).map(|_| json!({"reply": "It fails, as it must."})));
    let model = world.script(&drives(&lines));
    let ran = world.kiro(&[
        "run",
        "fix",
        "--autopilot",
        "--task",
        "1",
        "--model",
        &model,
    ]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stderr
            .contains("it must run and fail by what it asserts"),
        "{}",
        ran.stderr
    );
    assert!(!world.has("tests"));
}
