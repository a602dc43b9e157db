//! Killed or interrupted at any moment, nothing is lost and the next run goes on.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::World;

use crate::{DOUBLE, HALVE, SPEC, autopilot, good_replies, numbers, states, world};

/// The good replies, each after a pause.
fn slow_replies(delay_ms: u64) -> Vec<Value> {
    let mut replies = good_replies();
    for reply in &mut replies {
        reply["delay_ms"] = json!(delay_ms);
    }
    replies
}

fn wait_until(what: &str, mut ready: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !ready() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[expect(clippy::disallowed_methods, reason = "the test sends a signal")]
fn signal(child: &Child, name: &str) {
    let sent = std::process::Command::new("kill")
        .args([format!("-{name}"), child.id().to_string()])
        .status()
        .expect("kill runs");
    assert!(sent.success());
}

fn started(world: &World, delay_ms: u64) -> Child {
    world.write("specs/numbers.md", SPEC);
    let model = world.script(&slow_replies(delay_ms));
    let child = world.start(&["run", "numbers", "--autopilot", "--model", &model]);
    wait_until("the first task begins", || {
        world.has("plans/numbers-tasks.md")
            && world.read("plans/numbers-tasks.md").contains("- [-] 1.")
    });
    child
}

#[test]
fn ctrl_c_ends_with_130_and_the_next_run_finishes() {
    let world = world();
    let mut child = started(&world, 3000);
    let asked = Instant::now();
    signal(&child, "INT");
    assert_eq!(child.wait().expect("ends").code(), Some(130));
    assert!(
        asked.elapsed() < Duration::from_secs(2),
        "{:?}",
        asked.elapsed()
    );
    assert_eq!(states(&world), ["ready", "ready", "pending"]);
    let model = world.script(&good_replies());
    let ran = autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

#[test]
fn kill_9_loses_nothing() {
    let world = world();
    for delay in [400, 900] {
        let mut child = started(&world, 300);
        std::thread::sleep(Duration::from_millis(delay));
        signal(&child, "KILL");
        child.wait().expect("ends");
        let status = world.kiro(&["status"]);
        assert_eq!(status.code, Some(0), "{}", status.stderr);
    }
    let model = world.script(&good_replies());
    let ran = autopilot(&world, &model, &["--resume"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(states(&world), ["done", "done", "done"]);
}

/// Kills a run as soon as it has recorded so many facts.
fn killed_after(world: &World, model: &str, facts: usize) {
    let run = [
        "run",
        "numbers",
        "--autopilot",
        "--resume",
        "--jsonl",
        "--model",
        model,
    ];
    let mut command = world.command(&run);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("kiro starts");
    let told = BufReader::new(child.stdout.take().expect("its output"));
    let recorded = told
        .lines()
        .map_while(Result::ok)
        .filter(|it| it.contains("\"recorded\""));
    assert_eq!(recorded.take(facts).count(), facts, "it ended before");
    signal(&child, "KILL");
    child.wait().expect("ends");
}

/// `evals/deaths.py` is the long form: each call that changes a file, and random moments.
#[test]
fn killed_five_times_it_still_ends_done() {
    let world = numbers();
    world.write("notes.txt", "mine\n");
    let model = world.script(&good_replies());
    for facts in [2, 4, 7, 11, 14] {
        killed_after(&world, &model, facts);
        assert_eq!(world.kiro(&["status"]).code, Some(0));
        for (task, state) in states(&world).iter().enumerate() {
            let why = world.kiro(&["why", &(task + 1).to_string()]);
            let proven = why.stdout.contains("2 passed") || why.stdout.contains("after the task");
            assert!(state != "done" || proven, "{}", why.stdout);
        }
    }
    let ran = autopilot(&world, &model, &["--resume"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(states(&world), ["done", "done", "done"]);
    assert_eq!(world.read("notes.txt"), "mine\n");
    let log = world.kiro(&["log", "--policy", "--json"]);
    let log: Value = serde_json::from_str(&log.stdout).expect("JSON");
    assert_eq!(log["journal"]["sound"], true, "{log}");
}

/// What an editor does: reads, changes, and writes by a rename.
fn edited(world: &World, path: &str, line: &str) -> bool {
    let file = world.project().join(path);
    let Ok(text) = std::fs::read_to_string(&file) else {
        return false;
    };
    let aside = format!("{path}.editor");
    world.write(&aside, format!("{text}{line}\n"));
    std::fs::rename(world.project().join(&aside), &file).expect("renames");
    true
}

/// `evals/deaths.py beside` is the long form.
#[test]
fn two_runs_and_a_user_who_edits_lose_nothing() {
    let world = numbers();
    let second = SPEC
        .replace("# Numbers", "# More")
        .replace("double", "twice")
        .replace("halve", "half")
        .replace("numbers_kit", "more_kit");
    world.write("specs/more.md", second);
    world.write("notes.txt", "mine\n");
    world.write("numbers_kit/__init__.py", "VERSION = 1\n");
    let mut replies = slow_replies(60);
    for (name, code) in [("twice", DOUBLE), ("half", HALVE)] {
        let code = code.replace("double", "twice").replace("halve", "half");
        replies.extend(testkit::two_answers(name, code.trim_end()));
    }
    let model = world.script(&replies);
    let start = |spec| world.start(&["run", spec, "--autopilot", "--model", &model]);
    let mut runs = [start("numbers"), start("more")];
    let places = [
        ("notes.txt", "mine"),
        ("numbers_kit/__init__.py", "# mine"),
        ("plans/numbers-tasks.md", "<!-- mine"),
        ("plans/more-tasks.md", "<!-- mine"),
    ];
    let mut wrote = Vec::new();
    let going_on = |runs: &mut [Child; 2]| {
        let mut runs = runs.iter_mut();
        runs.any(|it| it.try_wait().expect("a child").is_none())
    };
    while going_on(&mut runs) {
        let number = wrote.len();
        let (path, begin) = places[number % places.len()];
        let line = format!("{begin} {number} -->");
        if edited(&world, path, &line) {
            wrote.push((path, line));
        } else {
            wrote.push(("notes.txt", "mine".to_owned()));
        }
        std::thread::sleep(Duration::from_millis(17));
    }
    for spec in ["numbers", "more"] {
        let run = ["run", spec, "--autopilot", "--model", &model];
        let ran = world.kiro(&run);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    }
    for (path, line) in wrote {
        assert!(
            world.read(path).contains(&line),
            "«{line}» is gone from {path}"
        );
    }
}

#[test]
fn two_runs_of_one_spec_do_not_meet() {
    let world = world();
    let mut child = started(&world, 3000);
    let model = world.script(&good_replies());
    let second = autopilot(&world, &model, &[]);
    assert_eq!(second.code, Some(3), "{}", second.stderr);
    assert!(
        second.stderr.contains("is going on in process"),
        "{}",
        second.stderr
    );
    let status = world.kiro(&["status"]);
    assert!(status.stdout.contains("going on"), "{}", status.stdout);
    signal(&child, "KILL");
    child.wait().expect("ends");
}
