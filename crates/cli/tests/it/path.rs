//! From a written spec to proven code.

use serde_json::{Value, json};

use crate::{SPEC, autopilot, good_replies, json_lines, numbers, states, world};

#[test]
fn autopilot_carries_a_spec_out() {
    let world = numbers();
    let model = world.script(&good_replies());
    let ran = autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("done  3 tasks done, every success criterion proven"),
        "{}",
        ran.stderr
    );
    assert_eq!(states(&world), ["done", "done", "done"]);
    assert!(world.read("numbers_kit/double.py").contains("return n * 2"));
    assert_eq!(
        world.read("numbers_kit/__init__.py"),
        "from .double import double\nfrom .halve import halve\n\n__all__ = [\"double\", \"halve\"]\n"
    );
    assert!(
        world
            .read("tests/test_fr_1_doubling.py")
            .contains("self.assertEqual(double(-3), -6)")
    );
    assert!(
        world
            .read("plans/numbers-tasks.md")
            .contains("- [x] 1. Implement `double`")
    );
    assert!(world.read("plans/numbers-plan.md").contains("[NEW]"));
    let again = autopilot(&world, &model, &[]);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert!(
        again.stderr.contains("no model was asked"),
        "{}",
        again.stderr
    );
}

#[test]
fn a_project_of_plain_folders_and_one_in_git_are_alike() {
    let world = numbers();
    world.write("notes.txt", "mine\n");
    world.write(".env", "TOKEN=planted\n");
    git(&world, &["init", "-q"]);
    git(&world, &["add", "specs"]);
    let before = git(&world, &["status", "--porcelain"]);
    assert!(before.contains("?? notes.txt"));
    let model = world.script(&good_replies());
    let ran = world.kiro(&["run", "specs/numbers.md", "--autopilot", "--model", &model]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(world.read("notes.txt"), "mine\n");
    assert_eq!(world.read(".env"), "TOKEN=planted\n");
    let after = git(&world, &["status", "--porcelain"]);
    for path in [
        "?? numbers_kit/",
        "?? plans/",
        "?? tests/",
        "?? notes.txt",
        "A  specs/numbers.md",
    ] {
        assert!(after.contains(path), "{path} in {after}");
    }
    assert_eq!(after.lines().count(), before.lines().count() + 3, "{after}");
}

fn git(world: &testkit::World, args: &[&str]) -> String {
    let ran = world.run(&mut world.git(args));
    assert_eq!(ran.code, Some(0), "git {args:?}");
    ran.stdout
}

#[test]
fn wrong_candidates_are_filtered_by_the_examples() {
    let world = numbers();
    let answer = |body: &str| json!({"when": "double", "reply": format!("```python\ndef double(n):\n    return {body}\n```")});
    let bodies = [
        "n + 2 + open('stray.txt', 'w').write('')",
        "n + n",
        "2 * n",
        "n * n",
        "n",
        "n + n",
        "0",
        "1",
        "2",
    ];
    let mut replies: Vec<Value> = bodies.map(answer).to_vec();
    replies.extend(good_replies().into_iter().skip(2));
    let model = world.script(&replies);
    let ran = autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("double · direct: 1 of 2 examples pass"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr
            .contains("double · sample 1: 2 of 2 examples pass"),
        "{}",
        ran.stderr
    );
    let told = "answers to double that were tried changed stray.txt: undone";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    assert!(!world.has("stray.txt"));
}

#[test]
fn what_cannot_be_proven_is_not_done() {
    let world = numbers();
    let mut replies: Vec<Value> = Vec::new();
    for n in 0..91 {
        let code = format!("```python\ndef double(n):\n    return {n}\n```");
        replies.push(json!({"when": "double", "reply": code}));
    }
    replies.extend(good_replies().into_iter().skip(2));
    let model = world.script(&replies);
    let ran = autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("incomplete"), "{}", ran.stderr);
    assert!(ran.stderr.contains("`double` passes"), "{}", ran.stderr);
    assert!(
        !world.has("numbers_kit/double.py"),
        "nothing unproven lands"
    );
    assert_eq!(states(&world), ["failed", "done", "pending"]);
}

#[test]
fn nobody_there_is_a_refusal() {
    let world = numbers();
    let model = world.script(&good_replies());
    let ran = world.kiro(&["run", "numbers", "--model", &model]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("it needs an approval and nobody is there"),
        "{}",
        ran.stderr
    );
    assert!(!world.has("numbers_kit/double.py"));
}

#[test]
fn the_rules_of_the_project_ask_in_autopilot() {
    let world = numbers();
    world.write(
        ".kiro/config.yaml",
        "governance:\n  require_approval:\n    - files_matching: [\"**/halve.py\"]\n",
    );
    let model = world.script(&good_replies());
    let ran = autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("files that need approval: **/halve.py"),
        "{}",
        ran.stderr
    );
    assert_eq!(states(&world)[0], "done");
    assert!(!world.has("numbers_kit/halve.py"));
}

#[test]
fn every_event_is_a_line_of_json() {
    let world = numbers();
    let model = world.script(&good_replies());
    let ran = autopilot(&world, &model, &["--jsonl"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let events = json_lines(&ran);
    let names: Vec<&str> = events
        .iter()
        .filter_map(|it| it["event"].as_str())
        .collect();
    for name in [
        "planned",
        "task_started",
        "asking",
        "writing",
        "tried",
        "diff",
        "task_done",
        "claim",
        "recorded",
        "ended",
    ] {
        assert!(names.contains(&name), "{name}");
    }
    assert_eq!(events.last().expect("events")["outcome"], "done");
}

#[test]
fn a_persons_tick_counts_and_is_marked() {
    let world = numbers();
    assert_eq!(world.kiro(&["plan", "numbers"]).code, Some(0));
    let text = world
        .read("plans/numbers-tasks.md")
        .replacen("- [ ] 1.", "- [x] 1.", 1);
    world.write("plans/numbers-tasks.md", text);
    let shown = world.kiro(&["tasks", "numbers"]);
    assert!(
        shown.stdout.contains("done (ticked by hand)"),
        "{}",
        shown.stdout
    );
    let model = world.script(&good_replies()[2..]);
    let ran = autopilot(&world, &model, &[]);
    assert_eq!(
        ran.code,
        Some(1),
        "the tick is the person's, the proof is missing: {}",
        ran.stderr
    );
    assert!(ran.stderr.contains("no proof of SC-"), "{}", ran.stderr);
}

#[test]
fn one_task_can_be_chosen() {
    let world = numbers();
    let model = world.script(&good_replies()[2..]);
    let ran = autopilot(&world, &model, &["--task", "2"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(states(&world), ["ready", "done", "pending"]);
    let wrong = autopilot(&world, &model, &["--task", "9"]);
    assert_eq!(wrong.code, Some(2), "{}", wrong.stderr);
    assert!(
        wrong.stderr.contains("there is no task 9"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn a_changed_requirement_reopens_its_task_only() {
    let world = numbers();
    let model = world.script(&good_replies());
    assert_eq!(autopilot(&world, &model, &[]).code, Some(0));
    world.write(
        "specs/numbers.md",
        SPEC.replace("`halve(9)` → `4`", "`halve(9)` → `4`\n  - `halve(8)` → `4`"),
    );
    assert_eq!(states(&world), ["done", "stale", "done"]);
}

#[test]
fn status_and_log_tell_what_happened() {
    let world = numbers();
    let model = world.script(&good_replies());
    assert_eq!(autopilot(&world, &model, &[]).code, Some(0));
    let status = world.kiro(&["status"]);
    assert!(status.stdout.contains("tasks: 3 done"), "{}", status.stdout);
    let log = world.kiro(&["log"]);
    assert!(
        log.stdout.contains("task 1: landed: numbers_kit/double.py"),
        "{}",
        log.stdout
    );
    assert!(
        log.stdout.contains("SC-1: All tests pass: proven by"),
        "{}",
        log.stdout
    );
    let json = world.kiro(&["log", "--json"]);
    let value: Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(value["run"]["outcome"], "done");
}

#[test]
fn init_creates_the_folder_of_the_seed() {
    let world = world();
    let done = world.kiro(&["init"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    for path in [
        ".kiro/config.yaml",
        ".kiro/hooks",
        ".kiro/specs",
        ".kiro/.gitignore",
    ] {
        assert!(world.has(path), "{path}");
    }
    world.write(".kiro/config.yaml", "# mine\n");
    assert_eq!(world.kiro(&["init"]).code, Some(0));
    assert_eq!(world.read(".kiro/config.yaml"), "# mine\n");
}

#[test]
fn a_spec_is_shown_as_it_is_read() {
    let world = numbers();
    let shown = world.kiro(&["spec", "show", "numbers", "--json"]);
    let value: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    let requirements = value["requirements"].as_array().expect("requirements");
    assert_eq!(requirements.len(), 2);
    assert_eq!(requirements[0]["criteria"][0]["check"], "compiled");
}
