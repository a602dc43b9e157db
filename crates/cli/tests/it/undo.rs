//! Taking out what tasks brought in, and bringing it back. The scripted model stands in for a real one.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use testkit::World;

use crate::driven::{drives, write};
use crate::{DOUBLE, HALVE, autopilot, good_replies, numbers, states};

/// What a command of the model does to the files: one goes, one comes, one becomes a program.
const WORK: &str = "\
import os
os.remove('notes/old.txt')
open('notes/new.bin', 'wb').write(bytes([0, 255, 10]))
os.chmod('notes/tool.sh', 0o755)
";

/// Names, bytes and modes of all files of the project but Kiro's own documents.
fn files(world: &World) -> Vec<(String, Vec<u8>, u32)> {
    fn walk(
        folder: &std::path::Path,
        root: &std::path::Path,
        found: &mut Vec<(String, Vec<u8>, u32)>,
    ) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, root, found);
                continue;
            }
            let name = path
                .strip_prefix(root)
                .expect("inside")
                .display()
                .to_string();
            let mode = path.metadata().expect("a file").permissions().mode();
            found.push((name, std::fs::read(&path).expect("reads"), mode));
        }
    }
    let (root, mut found) = (world.project(), Vec::new());
    walk(&root, &root, &mut found);
    found.retain(|it| !it.0.starts_with("plans/"));
    found.sort();
    found
}

fn done(world: &World, args: &[&str]) -> Value {
    let ran = world.kiro(&[args, &["--json"]].concat());
    assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.stderr);
    serde_json::from_str(&ran.stdout).expect("JSON")
}

fn task_of(value: &Value) -> Vec<&str> {
    let tasks = value["tasks"].as_array().expect("tasks");
    tasks
        .iter()
        .map(|it| it["task"].as_str().expect("a name"))
        .collect()
}

/// A project in which the first task ran a command that changed files in every way.
fn shelled() -> World {
    let world = numbers();
    world.write("notes/old.txt", "old\r\nwithout an end");
    world.write("notes/tool.sh", "#!/bin/sh\n");
    world.write("work.py", WORK);
    world.write(
        ".kiro/config.yaml",
        "security: {trusted_commands: ['python3 work.py']}\n",
    );
    assert_eq!(world.kiro(&["trust", "--yes"]).code, Some(0));
    assert_eq!(world.kiro(&["plan", "numbers"]).code, Some(0));
    let tasks = world.read("plans/numbers-tasks.md");
    let scope = "Scope: `numbers_kit/double.py`";
    assert!(tasks.contains(scope), "{tasks}");
    let wider = format!("{scope}, `notes/old.txt`, `notes/new.bin`, `notes/tool.sh`");
    world.write("plans/numbers-tasks.md", tasks.replacen(scope, &wider, 1));
    world
}

#[test]
fn every_byte_and_mode_comes_back_after_a_command_changed_files() {
    let world = shelled();
    let before = files(&world);
    let model = world.script(&drives(&[
        json!({"when": "Task 1 of the plan", "calls": [
            {"name": "shell", "arguments": {"command": "python3 work.py"}},
        ]}),
        json!({"calls": [write("numbers_kit/double.py", DOUBLE)]}),
        json!({"reply": "done"}),
    ]));
    let ran = autopilot(&world, &model, &["--task", "1"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let after = files(&world);
    assert!(!world.has("notes/old.txt"));
    assert_eq!(world.read_bytes("notes/new.bin"), [0, 255, 10]);
    assert_ne!(before, after);

    let shown = done(&world, &["undo", "--dry-run"]);
    assert_eq!(files(&world), after, "a dry run changes nothing");
    assert!(
        shown["tasks"][0]["diff"]
            .as_str()
            .expect("a diff")
            .contains("notes/new.bin")
    );
    assert_eq!(task_of(&done(&world, &["undo"])), ["1"]);
    assert_eq!(files(&world), before);
    assert_eq!(states(&world)[0], "ready");

    assert_eq!(task_of(&done(&world, &["redo"])), ["1"]);
    assert_eq!(files(&world), after);
    assert_eq!(states(&world)[0], "done");
    let nothing = world.kiro(&["redo"]);
    assert_eq!(nothing.code, Some(2));
    assert!(
        nothing.stderr.contains("there is nothing to bring back"),
        "{}",
        nothing.stderr
    );
}

#[test]
fn a_run_is_rewound_and_goes_on_anew() {
    let world = numbers();
    let before = files(&world);
    let model = world.script(&good_replies());
    assert_eq!(autopilot(&world, &model, &[]).code, Some(0));
    let refused = world.kiro(&["undo", "1"]);
    assert_eq!(refused.code, Some(3), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("`kiro rewind 1`"),
        "{}",
        refused.stderr
    );
    assert_eq!(task_of(&done(&world, &["rewind", "1"])), ["3", "2", "1"]);
    assert_eq!(files(&world), before);
    assert_eq!(states(&world), ["ready", "ready", "pending"]);
    assert_eq!(world.kiro(&["undo"]).code, Some(2), "nothing is left");
    assert_eq!(task_of(&done(&world, &["redo"])), ["1"]);
    assert_eq!(states(&world), ["done", "ready", "pending"]);

    let model = world.script(&testkit::two_answers("halve", HALVE.trim_end()));
    let ran = autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(states(&world), ["done", "done", "done"]);
    let run = done(&world, &["log"])["run"]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let rewound = done(&world, &["rewind", &run]);
    assert_eq!(task_of(&rewound), ["3", "2"], "the other run's task stays");
    assert!(world.read("numbers_kit/double.py").contains("return n * 2"));
}

#[test]
fn nothing_is_taken_out_where_the_users_own_edits_stand() {
    let world = numbers();
    let model = world.script(&good_replies());
    assert_eq!(autopilot(&world, &model, &["--task", "1"]).code, Some(0));
    let code = world.read("numbers_kit/double.py");
    world.write(
        "numbers_kit/double.py",
        code.replace("n * 2", "n * 2  # mine"),
    );
    let before = files(&world);
    let refused = world.kiro(&["undo"]);
    assert_eq!(refused.code, Some(3), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("numbers_kit/double.py"),
        "{}",
        refused.stderr
    );
    assert_eq!(files(&world), before);
    // The box stays; what stands there is not what was proven.
    assert_eq!(states(&world)[0], "stale");
    let log = world.kiro(&["log"]).stdout;
    assert!(!log.contains("about to be taken out"), "{log}");

    world.write("numbers_kit/double.py", &code);
    assert_eq!(task_of(&done(&world, &["undo"])), ["1"]);
    assert!(!world.has("numbers_kit/double.py"));
}

#[test]
fn what_a_chat_changed_is_taken_out_without_a_word_of_boxes() {
    let world = numbers();
    let before = files(&world);
    let model = world.script(&drives(&[
        json!({"when": "a note", "calls": [write("note.txt", "a note\n")]}),
        json!({"reply": "done"}),
    ]));
    let chat = [
        "chat",
        "-p",
        "write a note",
        "--autopilot",
        "--model",
        &model,
    ];
    let ran = world.kiro(&chat);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(world.has("note.txt"));
    let undone = world.kiro(&["undo"]);
    assert_eq!(undone.code, Some(0), "{}", undone.stderr);
    assert_eq!(undone.stderr, "");
    assert_eq!(files(&world), before);
    assert_eq!(world.kiro(&["redo"]).code, Some(0));
    assert!(world.has("note.txt"));
}

#[test]
fn what_is_not_there_cannot_be_taken_out() {
    let world = numbers();
    for (args, said) in [
        (vec!["undo"], "there is nothing to take out"),
        (vec!["undo", "7"], "nothing of 7 stands in the project"),
        (vec!["rewind", "7"], "nothing of 7 stands in the project"),
        (vec!["redo", "--spec", "other"], "there is no spec other"),
    ] {
        let ran = world.kiro(&args);
        assert_eq!(ran.code, Some(2), "{args:?}");
        assert!(ran.stderr.contains(said), "{args:?}: {}", ran.stderr);
    }
    assert!(
        !world.home().join(".kiro/state").exists(),
        "asking makes nothing"
    );
}
