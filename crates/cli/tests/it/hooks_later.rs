//! What hooks changed when nobody was there, answered afterwards. Hooks are commands here; no model is asked.

use serde_json::Value;
use testkit::World;

use crate::hooks::{command_hook, run_hook, trust};
use crate::world;

/// A world in which a hook has left a change of `made.txt`, made from `src/a.py`.
fn left() -> World {
    let world = world();
    world.write("src/a.py", "x = 1\n");
    let command = "cat {file_path} > made.txt";
    world.write(".kiro/hooks/a.yaml", command_hook(command, ""));
    trust(&world);
    let (code, _, told) = run_hook(&world, ".kiro/hooks/a.yaml", &[]);
    assert_eq!(code, Some(3), "{told}");
    world
}

fn waiting(world: &World) -> Vec<Value> {
    let shown = world.kiro(&["approvals", "--json"]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    let value: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    value["waiting"].as_array().expect("a list").clone()
}

#[test]
fn what_a_hook_left_lands_when_a_person_approves_it_and_once() {
    let world = left();
    let waits = waiting(&world);
    assert_eq!(waits.len(), 1, "{waits:?}");
    assert_eq!(
        (&waits[0]["task"], &waits[0]["of_hook"]),
        (&"Check".into(), &true.into())
    );
    assert!(
        waits[0]["diff"]
            .as_str()
            .is_some_and(|it| it.contains("+x = 1"))
    );
    let shown = world.kiro(&["approvals", "Check"]);
    assert!(
        shown.stdout.contains("hook Check") && shown.stdout.contains("made.txt"),
        "{}",
        shown.stdout
    );
    let done = world.kiro(&["approvals", "Check", "--approve"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert_eq!(world.read("made.txt"), "x = 1\n");
    assert!(waiting(&world).is_empty());
    let again = world.kiro(&["approvals", "Check", "--approve"]);
    assert_eq!(again.code, Some(2), "{}", again.stdout);
    let undone = world.kiro(&["undo"]);
    assert_eq!(undone.code, Some(0), "{}{}", undone.stdout, undone.stderr);
    assert!(!world.has("made.txt"));
}

#[test]
fn what_is_left_out_or_stands_in_the_way_does_not_land() {
    let world = left();
    world.write("made.txt", "mine\n");
    let refused = world.kiro(&["approvals", "Check", "--approve"]);
    assert_eq!(refused.code, Some(2), "{}", refused.stdout);
    assert!(refused.stderr.contains("made.txt"), "{}", refused.stderr);
    assert_eq!(world.read("made.txt"), "mine\n");

    let world = left();
    let done = world.kiro(&["approvals", "Check", "--skip"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(!world.has("made.txt") && waiting(&world).is_empty());
    let odd = left().kiro(&["approvals", "Check", "--revise", "better"]);
    assert_eq!(odd.code, Some(2), "{}", odd.stdout);
}

#[test]
fn the_newest_counts_for_each_file() {
    let world = left();
    world.write("src/a.py", "x = 2\n");
    let (code, _, told) = run_hook(&world, ".kiro/hooks/a.yaml", &[]);
    assert_eq!(code, Some(3), "{told}");
    assert_eq!(waiting(&world).len(), 1);
    let other = "cat {file_path} > other.txt";
    world.write(".kiro/hooks/a.yaml", command_hook(other, ""));
    trust(&world);
    let (code, _, told) = run_hook(&world, ".kiro/hooks/a.yaml", &[]);
    assert_eq!(code, Some(3), "{told}");
    assert_eq!(waiting(&world).len(), 2);
    let unclear = world.kiro(&["approvals", "Check", "--approve"]);
    assert!(unclear.stderr.contains("--file"), "{}", unclear.stderr);
    let done = world.kiro(&["approvals", "Check", "--file", "made.txt", "--approve"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert_eq!(world.read("made.txt"), "x = 2\n");
    assert!(!world.has("other.txt") && waiting(&world).len() == 1);
}
