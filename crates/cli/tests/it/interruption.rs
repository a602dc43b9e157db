//! Killed or interrupted at any moment, nothing is lost and the next run goes on.

use std::process::Child;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::World;

use crate::{SPEC, autopilot, good_replies, states, world};

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
