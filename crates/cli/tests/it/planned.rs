//! Plans written by a model. The scripted model stands in for a real one.

use serde_json::{Value, json};

use crate::driven::write;
use crate::{DOUBLE, HALVE, autopilot, numbers, states};

/// A plan of the numbers that holds.
pub(crate) const PLAN: &str = "\
I looked around.

=== PLAN ===
# Implementation Plan: Numbers
## Analysis
- Estimated complexity: Low
## File Structure
```
numbers_kit/
  double.py  # [NEW] doubling
  halve.py  # [NEW] halving
  __init__.py  # [NEW] what the package gives
```
## Implementation Steps
### Phase 1: Arithmetic of the model's own (Tasks 1-2)
1. Halve with care
2. Double at once
### Phase 2: Package (Task 3)
3. Export both
## Dependencies Between Tasks
- Task 2 depends on Task 1 (`numbers_kit/halve.py` shows the style)
- Task 3 depends on Tasks 1-2 (`numbers_kit/__init__.py` imports both)
## Architectural Decisions
- Pattern: plain functions
=== TASKS ===
# Tasks: Numbers
- [ ] 1. Halve with care
  - Scope: `numbers_kit/halve.py`
  - Estimated: 10 minutes
  - Requirements: FR-2
- [ ] 2. Double at once
  - Scope: `numbers_kit/double.py`
  - Dependencies: Task 1
  - Requirements: FR-1
- [ ] 3. Export both
  - Scope: `numbers_kit/__init__.py`
  - Dependencies: Task 1, Task 2
=== END ===
";

fn plans(lines: &[Value]) -> Vec<Value> {
    let mut script = vec![json!({"profile": {"strategy": "tools", "writes_plans": true}})];
    script.extend_from_slice(lines);
    script
}

#[test]
fn a_whole_spec_is_planned_cut_and_carried_out_by_a_model_with_tools() {
    let world = numbers();
    let model = world.script(&plans(&[
        json!({"when": "Files of the project", "calls": [{"name": "list"}]}),
        json!({"when": "specs/", "reply": PLAN}),
        json!({"when": "Task 1 of the plan: Halve with care", "calls": [write("numbers_kit/halve.py", HALVE)]}),
        json!({"when": "(new,", "reply": "halve is there"}),
        json!({"when": "Task 2 of the plan: Double at once", "calls": [write("numbers_kit/double.py", DOUBLE)]}),
        json!({"when": "(new,", "reply": "double is there"}),
    ]));
    let ran = autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("3 tasks done, every success criterion proven"),
        "{}",
        ran.stderr
    );
    assert_eq!(states(&world), ["done", "done", "done"]);
    let plan = world.read("plans/numbers-plan.md");
    assert!(
        plan.contains("### Phase 1: Arithmetic of the model's own"),
        "{plan}"
    );
    let tasks = world.read("plans/numbers-tasks.md");
    assert!(tasks.contains("- [x] 1. Halve with care"), "{tasks}");
    assert!(tasks.contains("`tests/test_fr_2_halving.py`"), "{tasks}");
}

#[test]
fn a_plan_that_does_not_hold_is_mended_or_replaced_aloud() {
    let bad = PLAN.replace("Requirements: FR-1", "Requirements: FR-2");
    let world = numbers();
    let model = world.script(&plans(&[
        json!({"reply": bad}),
        json!({"when": "no task carries out FR-1", "reply": PLAN}),
    ]));
    let planned = world.kiro(&["plan", "numbers", "--model", &model]);
    assert_eq!(planned.code, Some(0), "{}", planned.stderr);
    assert!(
        planned.stderr.contains("does not hold yet"),
        "{}",
        planned.stderr
    );
    assert!(
        world
            .read("plans/numbers-tasks.md")
            .contains("Halve with care")
    );

    let model = world.script(&plans(&vec![json!({"reply": bad}); 3]));
    let planned = world.kiro(&["plan", "numbers", "--model", &model]);
    assert_eq!(planned.code, Some(0), "{}", planned.stderr);
    assert!(
        planned
            .stderr
            .contains("the plan derived from the spec is used instead"),
        "{}",
        planned.stderr
    );
    assert!(
        world
            .read("plans/numbers-tasks.md")
            .contains("Implement `double`")
    );
}

#[test]
fn a_plan_of_the_same_spec_and_model_is_asked_for_once() {
    let world = numbers();
    let model = world.script(&plans(&[json!({"reply": PLAN})]));
    let plan = |more: &[&str]| {
        let args = ["plan", "numbers", "--model", &model];
        world.kiro(&[&args[..], more].concat())
    };
    let first = plan(&[]);
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    assert!(!first.stderr.contains("from cache"), "{}", first.stderr);
    let tasks = world.read("plans/numbers-tasks.md");
    world.remove("plans/numbers-tasks.md");
    let again = plan(&[]);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert!(
        again.stderr.contains("the plan is from cache"),
        "{}",
        again.stderr
    );
    assert_eq!(world.read("plans/numbers-tasks.md"), tasks);

    // What a person adds acts on a plan from the cache too, and what finds no place is said.
    let with = world.read("plans/numbers-plan.md").replace(
        "<!-- kiro",
        "## Additional Considerations\n\nTask 2 must not use floats\n1. Publish release notes\n   * Thank the testers\n\nMaybe negative numbers later\n\n<!-- kiro",
    );
    world.write("plans/numbers-plan.md", with);
    let considered = plan(&[]);
    assert_eq!(considered.code, Some(0), "{}", considered.stderr);
    let tasks = world.read("plans/numbers-tasks.md");
    for said in [
        "  - Constraint: Task 2 must not use floats",
        ". Publish release notes",
        ". Thank the testers",
    ] {
        assert!(tasks.contains(said), "{said}: {tasks}");
    }
    assert!(
        considered.stderr.contains("«Maybe negative numbers later»"),
        "{}",
        considered.stderr
    );

    let fresh = plan(&["--fresh"]);
    assert!(!fresh.stderr.contains("from cache"), "{}", fresh.stderr);
    world.write(
        "specs/numbers.md",
        crate::SPEC.replace("Twice", "Two times"),
    );
    assert!(!plan(&[]).stderr.contains("from cache"));
}

#[test]
fn feedback_reaches_a_model_that_writes_plans_and_no_other() {
    let world = numbers();
    let model = world.script(&plans(&[json!({"reply": PLAN})]));
    let planned = world.kiro(&["plan", "numbers", "--model", &model]);
    assert_eq!(planned.code, Some(0), "{}", planned.stderr);
    let otherwise = PLAN.replace("Double at once", "Double slowly");
    let model = world.script(&plans(&[
        json!({"when": "A person wants it otherwise: be slow", "reply": otherwise}),
    ]));
    let feedback = ["plan", "numbers", "--feedback", "be slow", "--model"];
    let planned = world.kiro(&[&feedback[..], &[&model]].concat());
    assert_eq!(planned.code, Some(0), "{}", planned.stderr);
    assert!(
        world
            .read("plans/numbers-tasks.md")
            .contains("Double slowly")
    );

    let model = world.script(&[]);
    let refused = world.kiro(&[&feedback[..], &[&model]].concat());
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("writes no plans"),
        "{}",
        refused.stderr
    );
    assert!(
        world
            .read("plans/numbers-tasks.md")
            .contains("Double slowly")
    );
}
