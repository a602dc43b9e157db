//! Proposals that wait, answered from another terminal. The scripted model stands in for a real one.

use serde_json::Value;
use testkit::World;

use crate::{autopilot, good_replies, numbers, states};

fn waiting(world: &World) -> Vec<Value> {
    let shown = world.kiro(&["approvals", "--json"]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    let value: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    value["waiting"].as_array().expect("a list").clone()
}

/// A world in whose run one task waits for an approval, while the other is done.
fn waited() -> (World, String) {
    let world = numbers();
    world.write(
        ".kiro/config.yaml",
        "governance:\n  require_approval:\n    - files_matching: [\"**/double.py\"]\n",
    );
    let model = world.script(&good_replies());
    let ran = autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert_eq!(states(&world), ["waiting", "done", "pending"]);
    (world, model)
}

#[test]
fn what_waited_lands_once_it_is_approved_and_no_model_is_asked_again() {
    let (world, model) = waited();
    let all = waiting(&world);
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["task"], "1");
    assert_eq!(all[0]["going_on"], false);
    assert!(
        all[0]["reasons"][0]
            .as_str()
            .expect("a reason")
            .contains("**/double.py")
    );
    assert!(
        all[0]["diff"]
            .as_str()
            .expect("a diff")
            .contains("+    return n * 2")
    );
    let shown = world.kiro(&["approvals", "1"]).stdout;
    assert!(shown.contains("+    return n * 2"), "{shown}");

    let answered = world.kiro(&["approvals", "1", "--approve"]);
    assert_eq!(answered.code, Some(0), "{}", answered.stderr);
    assert_eq!(waiting(&world)[0]["answer"], "approve");
    world.script(&[]);
    let ran = autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("goes on where it stopped"),
        "{}",
        ran.stderr
    );
    assert_eq!(states(&world), ["done", "done", "done"]);
    assert!(waiting(&world).is_empty());
    assert!(
        world
            .kiro(&["log"])
            .stdout
            .contains("task 1: approve by person")
    );
}

#[test]
fn a_skipped_one_stays_out_and_a_second_answer_replaces_the_first() {
    let (world, model) = waited();
    assert_eq!(world.kiro(&["approvals", "1", "--approve"]).code, Some(0));
    assert_eq!(world.kiro(&["approvals", "1", "--skip"]).code, Some(0));
    let ran = autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert_eq!(states(&world)[0], "skipped");
    assert!(!world.has("numbers_kit/double.py"));
}

#[test]
fn a_person_at_a_terminal_is_relieved_from_another_one() {
    let world = numbers();
    let model = world.script(&good_replies());
    let command = world.command(&["run", "numbers", "--task", "1", "--model", &model]);
    let ran = std::thread::scope(|scope| {
        let run = scope.spawn(|| world.at_terminal(command, &[]));
        let first = loop {
            if let Some(first) = waiting(&world).pop() {
                break first;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        };
        assert_eq!(first["going_on"], true);
        let answered = world.kiro(&["approvals", "1", "--approve"]);
        assert!(
            answered.stdout.contains("the run takes it up"),
            "{}",
            answered.stdout
        );
        run.join().expect("it ends")
    });
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("Answered from elsewhere."),
        "{}",
        ran.stdout
    );
    assert!(world.has("numbers_kit/double.py"));
}

#[test]
fn only_what_waits_can_be_answered() {
    let (world, _) = waited();
    for (args, code, said) in [
        (vec!["approvals", "2", "--approve"], 2, "what waits: 1"),
        (vec!["approvals", "2"], 2, "task 2 does not wait"),
        (vec!["approvals", "--approve"], 2, "<TASK>"),
        (
            vec!["approvals", "1", "--approve", "--skip"],
            2,
            "cannot be used with",
        ),
    ] {
        let ran = world.kiro(&args);
        assert_eq!(ran.code, Some(code), "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{args:?}: {}", ran.stderr);
    }
    let empty = numbers();
    assert!(waiting(&empty).is_empty());
}
