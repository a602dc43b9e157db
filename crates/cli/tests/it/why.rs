//! What is recorded of a task. The scripted model stands in for a real one.

use serde_json::{Value, json};

use crate::{autopilot, good_replies, numbers};

#[test]
fn a_done_task_shows_its_evidence_and_a_failed_one_its_reason() {
    let world = numbers();
    let answer = |body: &str| json!({"when": "double", "reply": format!("```python\ndef double(n):\n    return {body}\n```")});
    let bodies = [
        "n + 2", "n + n", "2 * n", "n * n", "n", "n + n", "0", "1", "2",
    ];
    let mut replies: Vec<Value> = bodies.map(answer).to_vec();
    replies.extend(good_replies().into_iter().skip(2));
    let model = world.script(&replies);
    assert_eq!(autopilot(&world, &model, &[]).code, Some(0));
    let shown = world.kiro(&["why", "1", "--json"]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    let why: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    assert_eq!(why["state"], "done");
    assert_eq!(why["requirements"][0]["id"], "FR-1");
    assert_eq!(why["requirements"][0]["text"], "Doubling");
    assert_eq!(why["covered"][0]["text"], "Twice the number");
    let attempt = &why["attempts"][0];
    assert_eq!(attempt["turns"][0]["result"], "1 of 2 examples pass");
    let checks = attempt["checks"].as_array().expect("checks");
    assert_eq!(checks[0]["purpose"], "before");
    assert_eq!(checks[0]["passed"], 0, "red before");
    let last = checks.last().expect("a check");
    assert_eq!(
        (&last["purpose"], &last["exit"]),
        (&"after".into(), &0.into())
    );
    assert_eq!(attempt["answers"][0]["by"], "rules");
    let landed = attempt["landed"].as_array().expect("files");
    assert!(landed.contains(&"numbers_kit/double.py".into()));

    assert_eq!(world.kiro(&["rewind", "1"]).code, Some(0));
    let text = world.kiro(&["why", "1"]).stdout;
    for said in [
        "FR-1 Doubling",
        "double, direct: 1 of 2 examples pass",
        "2 of 2 passed after the task",
        "answered: approve by rules",
        "and was taken out again",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn what_was_never_worked_on_has_no_story() {
    let world = numbers();
    for args in [vec!["why", "1"], vec!["why", "1", "--spec", "numbers"]] {
        let ran = world.kiro(&args);
        assert_eq!(ran.code, Some(2));
        assert!(
            ran.stderr.contains("nothing is recorded of task 1"),
            "{}",
            ran.stderr
        );
    }
}
