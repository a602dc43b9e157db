//! Bad input ends with one clear sentence, the contract's exit code, and nothing lost.

use serde_json::json;

use crate::{SPEC, autopilot, good_replies, numbers, world};

/// Runs autopilot on a spec of these bytes and gives exit code and error.
fn refused(bytes: &[u8]) -> (Option<i32>, String) {
    let world = world();
    world.write("specs/numbers.md", bytes);
    let model = world.script(&[]);
    let ran = autopilot(&world, &model, &[]);
    assert_eq!(ran.stderr.matches("error:").count(), 1, "{}", ran.stderr);
    (ran.code, ran.stderr)
}

#[test]
fn specs_that_cannot_be_read() {
    let (code, told) = refused(b"");
    assert_eq!(code, Some(2));
    assert!(told.contains("specs/numbers.md is empty"), "{told}");
    let (code, told) = refused(b"# A\n\nok\n\xff\xfe\n");
    assert_eq!(code, Some(2));
    assert!(told.contains("not UTF-8 text (line 4)"), "{told}");
    let (code, told) = refused(b"\x7fELF\0\0\0");
    assert_eq!(code, Some(2));
    assert!(told.contains("is a binary file"), "{told}");
    let (code, told) = refused(b"just some words\n");
    assert_eq!(code, Some(2));
    assert!(told.contains("has no requirement"), "{told}");
}

#[test]
fn a_spec_of_ten_megabytes_is_read() {
    let world = world();
    let mut text = SPEC.to_owned();
    while text.len() < 10 << 20 {
        text.push_str("\n<!-- filler ------------------------------------------------------ -->");
    }
    world.write("specs/numbers.md", &text);
    let shown = world.kiro(&["plan", "numbers"]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
}

#[test]
fn what_does_not_exist_is_named() {
    let world = numbers();
    let missing = world.kiro(&[
        "run",
        "letters",
        "--autopilot",
        "--model",
        &world.script(&[]),
    ]);
    assert_eq!(missing.code, Some(2));
    assert!(
        missing.stderr.contains("there is no spec letters"),
        "{}",
        missing.stderr
    );
    assert!(
        missing.stderr.contains("the specs here are: numbers"),
        "{}",
        missing.stderr
    );
    let no_tasks = world.kiro(&["tasks", "numbers"]);
    assert_eq!(no_tasks.code, Some(2));
    assert!(
        no_tasks.stderr.contains("`kiro plan numbers` writes"),
        "{}",
        no_tasks.stderr
    );
    let no_log = world.kiro(&["log"]);
    assert_eq!(no_log.code, Some(2));
}

#[test]
fn models_that_are_not_there() {
    let world = numbers();
    for (model, words) in [
        ("anthropic/claude", "set ANTHROPIC_API_KEY"),
        ("local/other", "there is no model local/other"),
        ("scripted/missing.jsonl", "missing.jsonl cannot be used"),
    ] {
        let ran = autopilot(&world, model, &[]);
        assert_eq!(ran.code, Some(4), "{model}: {}", ran.stderr);
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
    let usage = world.kiro(&["run", "numbers", "--model", "nonsense"]);
    assert_eq!(usage.code, Some(2), "{}", usage.stderr);
}

#[test]
fn rules_that_cannot_be_read_stop_everything() {
    let world = numbers();
    world.write(".kiro/config.yaml", "security:\n  sensitive_flies: []\n");
    let ran = autopilot(&world, &world.script(&good_replies()), &[]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("sensitive_flies"), "{}", ran.stderr);
}

#[test]
fn a_tasks_file_that_cannot_be_followed() {
    let world = numbers();
    assert_eq!(world.kiro(&["plan", "numbers"]).code, Some(0));
    let text = world.read("plans/numbers-tasks.md");
    let circle = text.replacen("  - Estimated:", "  - Dependencies: 3\n  - Estimated:", 1);
    world.write("plans/numbers-tasks.md", circle);
    let ran = autopilot(&world, &world.script(&[]), &[]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("in a circle"), "{}", ran.stderr);
}

#[test]
fn hand_edits_of_a_plan_are_kept() {
    let world = numbers();
    assert_eq!(world.kiro(&["plan", "numbers"]).code, Some(0));
    let edited = format!(
        "{}\n## Additional Considerations\n- Mind the zero\n\nAs we said on the phone.\n",
        world
            .read("plans/numbers-plan.md")
            .replacen("## ", "Read me twice.\n\n## ", 1)
    );
    world.write("plans/numbers-plan.md", &edited);
    world.write("specs/numbers.md", SPEC.replace("Twice", "Two times"));
    let planned = world.kiro(&["plan", "numbers"]);
    assert_eq!(planned.code, Some(0), "{}", planned.stderr);
    let plan = world.read("plans/numbers-plan.md");
    for own in [
        "Read me twice.",
        "- Mind the zero",
        "As we said on the phone.",
    ] {
        assert_eq!(plan.matches(own).count(), 1, "{own}: {plan}");
    }
    assert!(
        world
            .read("plans/numbers-tasks.md")
            .contains("Mind the zero")
    );

    let line = plan.lines().find(|it| it.contains("Implement `double`"));
    let line = line.expect("a step of the plan");
    world.write("plans/numbers-plan.md", plan.replace(line, "1. Mine"));
    let tripled = SPEC.replace("double", "triple").replace("`6`", "`9`");
    world.write("specs/numbers.md", tripled);
    let clashes = world.kiro(&["plan", "numbers"]);
    assert_eq!(clashes.code, Some(2), "{}", clashes.stderr);
    assert!(
        clashes.stderr.contains("nothing was written"),
        "{}",
        clashes.stderr
    );
    assert!(world.read("plans/numbers-plan.md").contains("1. Mine"));
    assert_eq!(world.kiro(&["plan", "numbers", "--fresh"]).code, Some(0));
}

#[test]
fn a_users_edit_meanwhile_wins() {
    let world = numbers();
    world.write("numbers_kit/double.py", "# mine\n");
    let mut replies = good_replies();
    replies[0]["delay_ms"] = json!(1500);
    let model = world.script(&replies);
    let mut child = world.start(&["run", "numbers", "--autopilot", "--model", &model]);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !world.has("plans/numbers-tasks.md") && std::time::Instant::now() < deadline {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    std::thread::sleep(std::time::Duration::from_millis(700));
    world.write("numbers_kit/double.py", "# mine, changed\nimport sys\n");
    let status = child.wait().expect("ends");
    let after = world.read("numbers_kit/double.py");
    assert!(after.contains("# mine, changed"), "{after}");
    assert!(matches!(status.code(), Some(0 | 1)), "{status:?}");
}
