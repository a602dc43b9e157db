//! Specs in other projects' forms: read where they stand, one box changed at a time.

use serde_json::Value;
use testkit::World;

const REQUIREMENTS: &str = "# Requirements Document

## Introduction

Keeps books.

## Requirements

### Requirement 1: Entries

**User Story:** As a keeper, I want entries, so that nothing is forgotten.

#### Acceptance Criteria

1. WHEN an entry is added, THE Ledger SHALL keep it.
2. IF the amount is missing, THEN THE Ledger SHALL refuse it.

### Requirement 2: Sums

#### Acceptance Criteria

1. THE Ledger SHALL sum all entries.
";

const TASKS: &str = concat!(
    "# Implementation Plan\r\n\r\n- [ ] 1. Entries\r\n  - [-] 1.1 Keep them\r\n    - _Requirements: 1.1, 1.2_\r\n",
    "  - [ ]* 1.2 Test them\r\n    - **Validates: Requirements 1.2**\r\n- [~] 2. Sums\r\n  - _Requirements: 2.1_\r\n",
);

fn json(world: &World, args: &[&str]) -> Value {
    let ran = world.kiro(args);
    assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.stderr);
    serde_json::from_str(&ran.stdout).expect("JSON")
}

fn ledger() -> World {
    let world = super::world();
    world.write(".kiro/specs/ledger/requirements.md", REQUIREMENTS);
    world.write(".kiro/specs/ledger/tasks.md", TASKS);
    world.write(
        ".kiro/specs/ledger/.config.kiro",
        "{\"specType\":\"feature\"}",
    );
    world
}

#[test]
fn a_kiro_spec_is_shown_and_its_tasks_listed() {
    let world = ledger();
    let spec = json(&world, &["spec", "show", "ledger", "--json"]);
    let ids: Vec<&str> = spec["requirements"]
        .as_array()
        .expect("requirements")
        .iter()
        .flat_map(|it| it["criteria"].as_array().expect("criteria"))
        .map(|it| it["id"].as_str().expect("an id"))
        .collect();
    assert_eq!(ids, ["1.1", "1.2", "2.1"]);
    for wanted in [
        "ledger",
        ".kiro/specs/ledger/tasks.md",
        ".kiro/specs/ledger",
    ] {
        let tasks = json(&world, &["tasks", wanted, "--json"]);
        let first = &tasks["tasks"][0];
        assert_eq!(first["number"], "1");
        assert_eq!(first["state"], "ready");
        assert_eq!(first["subtasks"][0]["state"], "running");
        assert_eq!(
            first["subtasks"][0]["requirements"],
            serde_json::json!(["1.1", "1.2"])
        );
        assert_eq!(first["subtasks"][1]["optional"], true);
        assert_eq!(tasks["tasks"][1]["state"], "waiting");
    }
    let status = json(&world, &["status", "--json"]);
    assert_eq!(
        status["specs"][0]["spec"],
        ".kiro/specs/ledger/requirements.md"
    );
    assert_eq!(status["specs"][0]["tasks"]["running"], 1);
}

#[test]
fn setting_a_task_changes_one_byte() {
    let world = ledger();
    let set = world.kiro(&["tasks", "ledger", "set", "1.2", "done"]);
    assert_eq!(set.code, Some(0), "{}", set.stderr);
    let after = world.read(".kiro/specs/ledger/tasks.md");
    assert_eq!(after, TASKS.replace("[ ]* 1.2", "[x]* 1.2"));
    let unknown = world.kiro(&["tasks", "ledger", "set", "9", "done"]);
    assert_eq!(unknown.code, Some(2));
    assert!(
        unknown.stderr.contains("its tasks are 1, 1.1, 1.2, 2"),
        "{}",
        unknown.stderr
    );
    let state = world.kiro(&["tasks", "ledger", "set", "1", "fast"]);
    assert_eq!(state.code, Some(2), "{}", state.stderr);
    assert_eq!(world.read(".kiro/specs/ledger/tasks.md"), after);
}

#[test]
fn a_task_list_may_stand_alone() {
    let world = super::world();
    world.write("any/where/tasks.md", TASKS);
    world.write("any/where/0001-tasks.md", "- [x] 7. Alone\n");
    let tasks = json(&world, &["tasks", "any/where/0001-tasks.md", "--json"]);
    assert_eq!(tasks["tasks"][0]["state"], "done");
    let tasks = json(&world, &["tasks", "any/where/tasks.md", "--json"]);
    assert_eq!(tasks["tasks"].as_array().expect("tasks").len(), 2);
    assert_eq!(
        world
            .kiro(&["tasks", "any/where/tasks.md", "set", "2", "done"])
            .code,
        Some(0)
    );
    assert_eq!(
        world.read("any/where/tasks.md"),
        TASKS.replace("[~]", "[x]")
    );
}

#[test]
fn every_dialect_is_listed_and_read_in_place() {
    let world = ledger();
    world.write(".kiro/specs/money/tax/bugfix.md", "# Bugfix\n\n### Current Behavior (Defect)\n\n1.1 WHEN a THEN b\n\n### Expected Behavior (Correct)\n\n2.1 WHEN a THEN the system SHALL c\n");
    world.write(
        ".kiro/specs/jp/requirements.md",
        "## Requirements\n### 要件 3：記録\n1. WHEN a THE B SHALL c\n",
    );
    world.write(".kiro/specs/jp/spec.json", "{}");
    world.write("specs/001-photo/spec.md", "# Photos\n\n## Requirements\n\n### Functional Requirements\n\n- **FR-001**: System MUST keep photos\n");
    world.write("openspec/specs/login/spec.md", "# login\n\n## Requirements\n\n### Requirement: Two Factors\nThe system SHALL ask twice.\n\n#### Scenario: First\n- **WHEN** a\n- **THEN** b\n");
    world.write("openspec/changes/add-x/proposal.md", "## Why\nBecause.\n");
    world.write("openspec/changes/add-x/specs/login/spec.md", "## ADDED Requirements\n### Requirement: Third Factor\nThe system SHALL ask thrice.\n#### Scenario: Third\n- **WHEN** a\n- **THEN** b\n\n## REMOVED Requirements\n### Requirement: Old\n");
    world.write(
        "packages/inner/.kiro/specs/deep/requirements.md",
        REQUIREMENTS,
    );
    world.write("specs/plain.md", super::SPEC);
    let listed = json(&world, &["spec", "list", "--json"]);
    let shown: Vec<String> = listed["specs"]
        .as_array()
        .expect("specs")
        .iter()
        .map(|it| {
            format!(
                "{} {}",
                it["name"].as_str().expect("a name"),
                it["dialect"].as_str().expect("a dialect")
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "jp cc-sdd",
            "ledger kiro",
            "money/tax kiro",
            "add-x openspec-change",
            "login openspec",
            "deep kiro",
            "001-photo spec-kit",
            "plain kiro-native"
        ]
    );
    for (name, requirement, criterion) in [
        ("tax", "2", "2.1"),
        ("jp", "3", "3.1"),
        ("001-photo", "FR-001", "FR-001.1"),
        ("login", "two-factors", "two-factors.1"),
        ("add-x", "third-factor", "third-factor.1"),
    ] {
        let spec = json(&world, &["spec", "show", name, "--json"]);
        let last = spec["requirements"]
            .as_array()
            .expect("requirements")
            .last()
            .expect("one")
            .clone();
        assert_eq!(last["id"], requirement, "{name}");
        assert_eq!(last["criteria"][0]["id"], criterion, "{name}");
    }
}
