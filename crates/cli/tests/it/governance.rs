//! Changes that stop for an approval, through the binary: whatever makes them and in however many steps.

use serde_json::{Value, json};
use testkit::World;

use crate::driven::{drives, write};
use crate::world;

const CONFIG: &str = "\
governance:
  require_approval:
    - file_changes_over: 10
    - lines_changed_over: 500
    - files_matching: [\"**/migration/**\", \"**/schema/**\"]
";
const GOVERNANCE: &str = "\
require_human_approval:
  - file_patterns: [\"**/migrations/**\"]
  - change_types: [database_schema]
";

fn governed() -> World {
    let world = world();
    world.write(".kiro/config.yaml", CONFIG);
    world.write(".kiro/governance.yaml", GOVERNANCE);
    world
}

/// What a chat in Autopilot comes to whose model makes these calls.
fn stopped(world: &World, calls: Vec<Value>, rule: &str) {
    let lines = [json!({"calls": calls}), json!({"reply": "done"})];
    let model = world.script(&drives(&lines));
    let ran = world.kiro(&[
        "chat",
        "-p",
        "go",
        "--json",
        "--autopilot",
        "--model",
        &model,
    ]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    let told: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert!(
        told["calls"]
            .as_array()
            .expect("calls")
            .iter()
            .all(|it| it["failed"] == false),
        "{told}"
    );
    assert_eq!(
        (&told["outcome"], &told["applied"]),
        (&"refused".into(), &false.into())
    );
    let reason = told["reason"].as_str().expect("a reason");
    assert!(reason.contains(rule), "{reason}");
}

/// Commands run at once, as they do for somebody who allowed them.
fn with_commands(world: &World) {
    let config = format!("security: {{trusted_commands: ['sed *', 'mv *', 'mkdir *']}}\n{CONFIG}");
    world.write(".kiro/config.yaml", config);
    assert_eq!(world.kiro(&["trust", "--yes"]).code, Some(0));
}

#[test]
fn a_sed_over_twenty_files_stops() {
    let world = governed();
    with_commands(&world);
    let names: Vec<String> = (0..20).map(|it| format!("src/f{it}.txt")).collect();
    for name in &names {
        world.write(name, "old\n");
    }
    let command = format!("sed -i s/old/new/ {}", names.join(" "));
    let sed = json!({"name": "shell", "arguments": {"command": command}});
    stopped(&world, vec![sed], "files changed over 10");
    assert!(names.iter().all(|it| world.read(it) == "old\n"));
}

#[test]
fn a_rename_storm_stops() {
    let world = governed();
    with_commands(&world);
    for it in 0..12 {
        world.write(&format!("old/f{it}.txt"), format!("{it}\n"));
    }
    let moves = json!({"name": "shell", "arguments": {"command": "mv old new"}});
    stopped(&world, vec![moves], "files changed over 10");
    assert!(world.has("old/f11.txt") && !world.has("new"));
}

#[test]
fn a_migration_stops() {
    let world = governed();
    let sql = "create table t (id int);\n";
    stopped(
        &world,
        vec![write("db/migrations/001.sql", sql)],
        "**/migrations/**",
    );
    let model = "run('ALTER TABLE t ADD COLUMN c int')\n";
    stopped(
        &world,
        vec![write("src/store.py", model)],
        "change_types: database_schema",
    );
    assert!(!world.has("db") && !world.has("src/store.py"));
}

#[test]
fn many_small_steps_stop_as_one_large_one() {
    let world = governed();
    let mut spec = "# Many\n\n## Functional Requirements\n".to_owned();
    let mut replies = Vec::new();
    for it in 1..=12 {
        spec.push_str(&format!(
            "\n### FR-{it}: Adding {it}\n\n`add_{it}(n: int) -> int` in `many/add_{it}.py`.\n\n- The sum\n  - `add_{it}(1)` → `{}`\n",
            it + 1
        ));
        let code = format!("def add_{it}(n):\n    return n + {it}");
        replies.extend(testkit::two_answers(&format!("add_{it}("), &code));
    }
    spec.push_str("\n## Success Criteria\n\n- All tests pass\n");
    world.write("specs/steps.md", spec);
    let model = world.script(&replies);
    let run = ["run", "steps", "--autopilot", "--model", &model];
    let ran = world.kiro(&run);
    assert_eq!(ran.code, Some(3), "{}{}", ran.stdout, ran.stderr);
    let told = format!("{}{}", ran.stdout, ran.stderr);
    assert!(told.contains("files changed over 10"), "{told}");
    let landed = (1..=12)
        .filter(|it| world.has(&format!("many/add_{it}.py")))
        .count();
    assert!((1..=10).contains(&landed), "{landed} landed");
    let again = autopilot_many(&world, &model);
    assert!(again.contains("files changed over 10"), "{again}");
    let later = (1..=12)
        .filter(|it| world.has(&format!("many/add_{it}.py")))
        .count();
    assert_eq!(later, landed, "going on with the run does not dodge it");
}

fn autopilot_many(world: &World, model: &str) -> String {
    let ran = world.kiro(&["run", "steps", "--autopilot", "--model", model]);
    format!("{}{}", ran.stdout, ran.stderr)
}
