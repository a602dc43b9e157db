//! Tasks added, changed, moved and dropped, by hand and under a run that goes on. The scripted model stands in for a real one.

use serde_json::Value;
use testkit::{Output, World};

use crate::{autopilot, good_replies, numbers, states};

const FILE: &str = "plans/numbers-tasks.md";

fn planned() -> World {
    let world = numbers();
    assert_eq!(world.kiro(&["plan", "numbers"]).code, Some(0));
    world
}

fn edit(world: &World, args: &[&str]) -> Value {
    let ran = world.kiro(&[&["tasks", "numbers"], args, &["--json"]].concat());
    assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.stderr);
    serde_json::from_str(&ran.stdout).expect("JSON")
}

fn ids(world: &World) -> Vec<String> {
    let shown = world.kiro(&["tasks", "numbers", "--json"]);
    let value: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    let tasks = value["tasks"].as_array().expect("tasks");
    let ids = tasks.iter().map(|it| it["id"].as_str().expect("an id"));
    ids.map(str::to_owned).collect()
}

#[test]
fn tasks_are_added_changed_moved_and_dropped_and_all_else_stays() {
    let world = planned();
    let before = world.read(FILE);
    let added = edit(
        &world,
        &[
            "add",
            "Look at it",
            "--after",
            "1",
            "--files",
            "notes.md,more.md",
            "--depends-on",
            "1",
            "--estimate",
            "5",
        ],
    );
    assert_eq!(added["id"], "4");
    let text = world.read(FILE);
    let lines = "- [ ] 4. Look at it\n  - Scope: `notes.md`, `more.md`\n  - Dependencies: 1\n  - Estimated: 5 minutes\n";
    assert_eq!(text.replacen(lines, "", 1), before);
    assert_eq!(ids(&world), ["1", "4", "2", "3"]);

    edit(
        &world,
        &[
            "edit",
            "4",
            "--title",
            "Look twice",
            "--files",
            "",
            "--estimate",
            "0",
        ],
    );
    edit(&world, &["move", "4", "--before", "1"]);
    let lines = "- [ ] 4. Look twice\n  - Dependencies: 1\n";
    assert_eq!(world.read(FILE).replacen(lines, "", 1), before);
    assert_eq!(ids(&world), ["4", "1", "2", "3"]);
    let gone = edit(&world, &["drop", "4"]);
    assert_eq!(
        (&gone["act"], &gone["title"]),
        (&"dropped".into(), &"Look twice".into())
    );
    assert_eq!(world.read(FILE), before);
}

#[test]
fn a_task_that_others_wait_for_is_dropped_only_with_a_word() {
    let world = planned();
    let before = world.read(FILE);
    let refused = world.kiro(&["tasks", "numbers", "drop", "1"]);
    assert_eq!(refused.code, Some(3), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("waited for by 3"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("--release"), "{}", refused.stderr);
    assert_eq!(world.read(FILE), before);

    let asked = world.command(&["tasks", "numbers", "drop", "1"]);
    let ran = world.at_terminal(asked, &[("Type yes.", "no")]);
    assert_eq!((ran.code, world.read(FILE)), (Some(3), before));
    let asked = world.command(&["tasks", "numbers", "drop", "1"]);
    let ran = world.at_terminal(asked, &[("Type yes.", "yes")]);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    assert_eq!(ids(&world), ["2", "3"]);
    assert!(
        world.read(FILE).contains("  - Dependencies: 2\n"),
        "{}",
        world.read(FILE)
    );
}

#[test]
fn what_cannot_be_is_told_and_nothing_is_written() {
    let world = planned();
    let before = world.read(FILE);
    for (args, said) in [
        (vec!["edit", "9", "--title", "x"], "no task 9"),
        (
            vec!["edit", "1", "--depends-on", "9"],
            "cannot wait for task 9",
        ),
        (vec!["edit", "1", "--depends-on", "3"], "in a circle"),
        (vec!["edit", "1"], "nothing is said"),
        (vec!["add", " "], "needs a title"),
        (vec!["add", "x", "--phase", "9"], "the phases are"),
        (
            vec!["add", "x", "--after", "1", "--before", "2"],
            "cannot be used with",
        ),
        (vec!["move", "1", "--under", "1"], "beside or below itself"),
    ] {
        let ran = world.kiro(&[&["tasks", "numbers"], args.as_slice()].concat());
        assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{args:?}: {}", ran.stderr);
        assert_eq!(world.read(FILE), before, "{args:?}");
    }
}

#[test]
fn lists_in_other_forms_are_edited_where_they_stand() {
    let world = crate::world();
    let list = "# Implementation Plan\r\n\r\n- [x] 1. Group\r\n  - [x] 1.1 One\r\n    - _Requirements: 1.1_\r\n";
    world.write(
        ".kiro/specs/kit/requirements.md",
        "# R\n\n### Requirement 1: A\n\n1. WHEN a THE b SHALL c\n",
    );
    world.write(".kiro/specs/kit/tasks.md", list);
    let add = [
        "tasks",
        "kit",
        "add",
        "Two",
        "--under",
        "1",
        "--requirements",
        "1.1",
        "--json",
    ];
    let ran = world.kiro(&add);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let text = world.read(".kiro/specs/kit/tasks.md");
    assert_eq!(
        text,
        format!("{list}  - [ ] 1.2 Two\r\n    - _Requirements: 1.1_\r\n")
    );
    world.write("specs/001-kit/spec.md", "# Feature\n");
    world.write(
        "specs/001-kit/tasks.md",
        "- [ ] T001 One\n- [ ] T002 [P] Two\n",
    );
    let ran = world.kiro(&["tasks", "specs/001-kit", "move", "T001", "--after", "T002"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let text = world.read("specs/001-kit/tasks.md");
    assert_eq!(text, "- [ ] T002 [P] Two\n- [ ] T001 One\n");
}

/// Tasks that are asked about and that nobody has answered yet.
fn asked(world: &World) -> Vec<String> {
    let shown = world.kiro(&["approvals", "--json"]);
    let value: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    let waiting = value["waiting"].as_array().expect("a list").iter();
    let open = waiting.filter(|it| it["answer"].is_null());
    open.map(|it| it["task"].as_str().expect("a task").to_owned())
        .collect()
}

/// A guided run in whose first question something is done; questions are answered from elsewhere, and further ones with stop.
fn meanwhile(world: &World, act: impl FnOnce() + Send, answers: &[(&str, &str)]) -> Output {
    let model = world.script(&good_replies());
    let command = world.command(&["run", "numbers", "--model", &model]);
    std::thread::scope(|scope| {
        let run = scope.spawn(|| world.at_terminal(command, &[]));
        let (mut act, mut answers) = (Some(act), answers.iter());
        while !run.is_finished() {
            std::thread::sleep(std::time::Duration::from_millis(50));
            let Some(task) = asked(world).pop() else {
                continue;
            };
            if let Some(act) = act.take() {
                act();
            }
            let answer = match answers.next() {
                Some((expected, answer)) if *expected == task => answer,
                _ => "--stop",
            };
            assert!(world.kiro(&["approvals", &task, answer]).code.is_some());
        }
        run.join().expect("it ends")
    })
}

#[test]
fn a_run_that_goes_on_takes_hand_edits_at_its_next_step() {
    let world = planned();
    let act = || {
        edit(&world, &["drop", "3", "--release"]);
        let text = world.read(FILE);
        // An editor, not Kiro, and with another scope.
        world.write(
            FILE,
            text.replace(
                "`numbers_kit/halve.py`",
                "`numbers_kit/halve.py`, `numbers_kit/more.py`",
            ),
        );
    };
    let ran = meanwhile(&world, act, &[("1", "--approve"), ("2", "--approve")]);
    assert!(
        ran.stdout.contains("task 2 has another scope"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("task 3 was taken out"),
        "{}",
        ran.stdout
    );
    assert_eq!(states(&world), ["done", "done"]);
    let log = world.kiro(&["log"]).stdout;
    assert!(log.contains("tasks edited by hand: 2 tasks"), "{log}");
}

#[test]
fn work_on_a_task_that_was_changed_under_it_is_asked_about_again() {
    let world = planned();
    let act = || {
        edit(&world, &["edit", "1", "--title", "Double it"]);
    };
    let ran = meanwhile(&world, act, &[("1", "--approve"), ("1", "--skip")]);
    for said in ["task 1 has another title", "says this task otherwise"] {
        assert!(ran.stdout.contains(said), "{said}: {}", ran.stdout);
    }
    assert!(!world.has("numbers_kit/double.py"), "it did not land");
    let log = world.kiro(&["log"]).stdout;
    assert!(log.contains("task 1: skip by person"), "{log}");
}

#[test]
fn a_file_that_cannot_be_followed_is_told_and_the_run_goes_on() {
    let world = planned();
    let before = world.read(FILE);
    let act = || {
        world.write(
            FILE,
            before.replace("  - Dependencies: 1, 2", "  - Dependencies: 1, 2, 7"),
        )
    };
    let ran = meanwhile(&world, act, &[("1", "--approve"), ("2", "--approve")]);
    assert!(ran.stdout.contains("cannot be followed"), "{}", ran.stdout);
    assert!(ran.stdout.contains("task 3 depends on 7"), "{}", ran.stdout);
    let again = autopilot(&world, &world.script(&[]), &[]);
    assert_eq!(
        again.code,
        Some(2),
        "a new run does not begin with it: {}",
        again.stderr
    );
}
