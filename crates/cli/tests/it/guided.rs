//! Guided runs at a real terminal: every answer that a person can give. The scripted model stands in for a real one.

use serde_json::json;
use testkit::{Output, Scene, World};

use crate::driven::{drives, write};
use crate::{DOUBLE, good_replies, numbers, states};

/// Carries the spec out, guided, with somebody who answers.
fn guided(world: &World, model: &str, more: &[&str], scenes: &[Scene<'_>]) -> Output {
    let run = ["run", "numbers", "--guided", "--model", model];
    let mut command = world.command(&[&run, more].concat());
    command.env("EDITOR", "python3 edit.py");
    world.at_terminal(command, scenes)
}

const ASKED: &str = "s[t]op >";

#[test]
fn approve_skip_and_stop() {
    let world = numbers();
    let model = world.script(&good_replies());
    let ran = guided(&world, &model, &[], &[(ASKED, "a"), (ASKED, "s")]);
    assert_eq!(ran.code, Some(1), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("+    return n * 2"),
        "the diff is shown: {}",
        ran.stdout
    );
    assert!(ran.stdout.contains("task 2 was skipped"), "{}", ran.stdout);
    assert_eq!(states(&world), ["done", "skipped", "pending"]);

    let model = world.script(&testkit::two_answers("halve", crate::HALVE.trim_end()));
    let ran = guided(&world, &model, &[], &[(ASKED, "what?"), (ASKED, "t")]);
    assert_eq!(ran.code, Some(1), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("Type a (approve), p (pick what stays)"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("you stopped it"), "{}", ran.stdout);
    assert!(!world.has("numbers_kit/halve.py"));
}

#[test]
fn a_persons_own_edit_is_kept_proven_and_counted() {
    let world = numbers();
    let edit = "\
import sys
for path in sys.argv[1:]:
    if path.endswith('double.py'):
        text = open(path).read().replace('n * 2', 'n + n')
        open(path, 'w').write(text)
";
    world.write("edit.py", edit);
    let model = world.script(&good_replies());
    let scenes = [(ASKED, "m"), ("+    return n + n", ""), (ASKED, "a")];
    let ran = guided(&world, &model, &["--task", "1"], &scenes);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    assert!(world.read("numbers_kit/double.py").contains("n + n"));
    assert!(
        world
            .kiro(&["log"])
            .stdout
            .contains("task 1: modify by person")
    );
}

#[test]
fn what_a_person_drops_does_not_land_and_what_is_left_is_proven() {
    let world = numbers();
    world.write("numbers_kit/double.py", long("a", "b"));
    let model = world.script(&drives(&[
        json!({"when": "Task 1 of the plan", "calls": [
            {"name": "read", "arguments": {"path": "numbers_kit/double.py"}},
        ]}),
        json!({"calls": [
            write("numbers_kit/double.py", &(long("changed", "changed too") + "\n\n" + DOUBLE)),
            write("numbers_kit/helper.py", "X = 1\n"),
        ]}),
        json!({"reply": "done"}),
    ]));
    let stays = "does this stay?";
    let scenes = [
        (ASKED, "p"),
        (stays, "n"),
        (stays, "maybe"),
        (stays, "y"),
        (stays, "d"),
        (stays, "y"),
        (ASKED, "a"),
    ];
    let ran = guided(&world, &model, &["--task", "1"], &scenes);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    let double = world.read("numbers_kit/double.py");
    assert_eq!(double, long("a", "changed too") + "\n\n" + DOUBLE);
    assert!(!world.has("numbers_kit/helper.py"));
}

/// A text with two places far from each other.
fn long(first: &str, last: &str) -> String {
    format!("# {first}\n{}# {last}\n", "#\n".repeat(12))
}

#[test]
fn what_is_left_must_still_be_right() {
    let world = numbers();
    let model = world.script(&good_replies());
    let stays = "does this stay?";
    let scenes = [(ASKED, "p"), (stays, "n"), (stays, "y")];
    let ran = guided(&world, &model, &["--task", "1"], &scenes);
    assert_eq!(ran.code, Some(1), "{}", ran.stdout);
    assert!(ran.stdout.contains("task 1 failed"), "{}", ran.stdout);
    assert!(!world.has("numbers_kit/double.py"));
}

#[test]
fn a_remark_is_heard_by_the_next_attempt() {
    let world = numbers();
    let wish = "add the number to itself";
    let model = world.script(&drives(&[
        json!({"when": "Task 1 of the plan", "calls": [write("numbers_kit/double.py", DOUBLE)]}),
        json!({"reply": "done"}),
        json!({"when": wish, "calls": [
            {"name": "read", "arguments": {"path": "numbers_kit/double.py"}},
        ]}),
        json!({"when": "return n * 2", "calls": [
            {"name": "edit", "arguments": {"path": "numbers_kit/double.py", "old": "n * 2", "new": "n + n"}},
        ]}),
        json!({"reply": "as you wish"}),
    ]));
    let scenes = [
        (ASKED, "r"),
        ("what should be otherwise? >", wish),
        ("+    return n + n", ""),
        (ASKED, "a"),
    ];
    let ran = guided(&world, &model, &["--task", "1"], &scenes);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    assert!(world.read("numbers_kit/double.py").contains("n + n"));
    let log = world.kiro(&["log"]).stdout;
    assert!(
        log.contains(&format!("task 1: revise by person: {wish}")),
        "{log}"
    );
}
