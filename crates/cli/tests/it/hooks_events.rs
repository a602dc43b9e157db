//! Events outside `kiro watch`: what Kiro itself does, and what git does, reaches the hooks that wait for it.

use serde_json::json;
use testkit::{Output, World};

use crate::driven::{drives, write};
use crate::hooks::trust;
use crate::{autopilot, chat_once, good_replies, numbers, world};

/// A hook for each of these events, called as the event is.
fn wait_for(world: &World, events: &[&str]) {
    for event in events {
        let hook = format!(
            "name: {event}\ntrigger: {{event: {event}}}\naction: {{type: command, command: 'true'}}\n"
        );
        world.write(&format!(".kiro/hooks/{event}.yaml"), hook);
    }
    trust(world);
}

/// The events after a place of the log that a hook passed on, in order, with the file where there is one.
fn passed(world: &World) -> Vec<String> {
    let log = world.kiro(&["logs", "--hooks"]).stdout;
    let told = log
        .lines()
        .filter_map(|it| it.split_once("» on ")?.1.split_once(": passed"));
    told.map(|it| it.0.to_owned()).collect()
}

fn good(ran: &Output) {
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn what_commands_write_of_specs_and_plans_is_told() {
    let world = numbers();
    wait_for(&world, &["spec.change", "plan.change"]);
    good(&world.kiro(&["spec", "new", "login", "--template"]));
    good(&world.kiro(&["plan", "numbers"]));
    let mut told = vec![
        "spec.change of specs/login.md".to_owned(),
        "plan.change of plans/numbers-plan.md".to_owned(),
        "plan.change of plans/numbers-tasks.md".to_owned(),
    ];
    assert_eq!(passed(&world), told);
    good(&world.kiro(&["plan", "numbers"]));
    assert_eq!(passed(&world), told, "what was written says the same");
    good(&world.kiro(&["tasks", "numbers", "set", "1", "done"]));
    good(&world.kiro(&["tasks", "numbers", "set", "1", "done"]));
    good(&world.kiro(&["tasks", "numbers", "add", "Write a page"]));
    told.extend([
        "plan.change of plans/numbers-tasks.md".to_owned(),
        "plan.change of plans/numbers-tasks.md".to_owned(),
    ]);
    assert_eq!(passed(&world), told);
    let uneven = world
        .read("specs/numbers.md")
        .replace("\n## ", "\n\n\n\n## ");
    world.write("specs/numbers.md", uneven);
    good(&world.kiro(&["spec", "fmt", "numbers"]));
    told.push("spec.change of specs/numbers.md".to_owned());
    assert_eq!(passed(&world), told);
}

#[test]
fn a_run_tells_of_its_plan_its_boxes_and_its_tasks() {
    let world = numbers();
    let events = [
        "plan.change",
        "session.start",
        "session.stop",
        "task.start",
        "task.complete",
        "file.create",
    ];
    wait_for(&world, &events);
    let model = world.script(&good_replies());
    let ran = autopilot(&world, &model, &["--task", "1"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let told = passed(&world);
    for event in [
        "plan.change of plans/numbers-plan.md",
        "plan.change of plans/numbers-tasks.md",
        "session.start",
        "session.stop",
        "task.start",
        "task.complete",
        "file.create of numbers_kit/double.py",
    ] {
        assert!(told.iter().any(|it| it == event), "{event}: {told:#?}");
    }
    let boxes = told
        .iter()
        .filter(|it| *it == "plan.change of plans/numbers-tasks.md");
    assert!(boxes.count() >= 3, "written, begun, done: {told:#?}");
}

#[test]
fn a_conversation_tells_of_its_calls_and_of_what_it_brought_in() {
    let world = world();
    let events = [
        "session.start",
        "prompt.submit",
        "tool.pre",
        "tool.post",
        "file.create",
        "spec.change",
        "test.run",
        "test.fail",
        "session.stop",
    ];
    wait_for(&world, &events);
    let lines = [
        json!({"when": "do it", "calls": [write("specs/a.md", "# A\n")]}),
        json!({"calls": [{"name": "shell", "arguments": {"command": "python3 -m unittest nothing_there"}}]}),
        json!({"reply": "done"}),
    ];
    let model = world.script(&drives(&lines));
    good(&chat_once(&world, &model));
    let told = passed(&world);
    assert_eq!(
        told.first().map(String::as_str),
        Some("session.start"),
        "{told:#?}"
    );
    assert_eq!(
        told.last().map(String::as_str),
        Some("session.stop"),
        "{told:#?}"
    );
    for event in [
        "prompt.submit",
        "tool.pre",
        "tool.post",
        "test.run",
        "test.fail",
        "file.create of specs/a.md",
        "spec.change of specs/a.md",
    ] {
        assert!(told.iter().any(|it| it == event), "{event}: {told:#?}");
    }
}

#[test]
fn builds_and_deployments_have_their_events() {
    let world = world();
    let events = [
        "build.start",
        "build.success",
        "build.fail",
        "deploy.start",
        "deploy.success",
        "deploy.fail",
        "test.run",
    ];
    wait_for(&world, &events);
    for (kind, code) in [
        ("build", "0"),
        ("build", "3"),
        ("deploy", "0"),
        ("deploy", "3"),
        ("test", "0"),
    ] {
        let command = format!("exit {code}");
        let ran = world.kiro(&["exec", "--as", kind, "--", "sh", "-c", &command]);
        assert_eq!(ran.code, code.parse().ok());
    }
    assert_eq!(
        passed(&world),
        [
            "build.start",
            "build.success",
            "build.start",
            "build.fail",
            "deploy.start",
            "deploy.success",
            "deploy.start",
            "deploy.fail",
            "test.run"
        ]
    );
}

#[test]
fn git_tells_of_merges_checkouts_and_pushes() {
    let world = world();
    let git = |arguments: &[&str]| good(&world.run(&mut world.git(arguments)));
    git(&["init", "-q", "-b", "main"]);
    world.write("a.txt", "a\n");
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "one"]);
    wait_for(
        &world,
        &[
            "git.post-commit",
            "git.post-merge",
            "git.post-checkout",
            "git.pre-push",
            "git.commit-msg",
        ],
    );
    good(&world.kiro(&["hooks", "install"]));
    git(&["checkout", "-q", "-b", "side"]);
    world.write("b.txt", "b\n");
    git(&["add", "b.txt"]);
    git(&["commit", "-q", "-m", "two"]);
    git(&["checkout", "-q", "main"]);
    git(&["merge", "-q", "side"]);
    let remote = world.project().with_file_name("remote.git");
    let remote = remote.to_str().expect("a path");
    git(&["init", "-q", "--bare", remote]);
    git(&["push", "-q", remote, "main"]);
    assert_eq!(
        passed(&world),
        [
            "git.post-checkout",
            "git.commit-msg",
            "git.post-commit",
            "git.post-checkout",
            "git.post-merge",
            "git.pre-push"
        ]
    );
}
