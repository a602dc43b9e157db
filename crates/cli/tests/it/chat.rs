//! `kiro chat -p`: one request, carried out in a transaction. The scripted model stands in for a real one.

use serde_json::{Value, json};
use testkit::World;

use crate::driven::{drives, write};
use crate::world;

fn chat(world: &World, lines: &[Value], more: &[&str]) -> (Option<i32>, Value, String) {
    let model = world.script(&drives(lines));
    let mut args = vec!["chat", "-p", "do it", "--json", "--model", &model];
    args.extend(more);
    let ran = world.kiro(&args);
    let value = serde_json::from_str(&ran.stdout).unwrap_or_default();
    (ran.code, value, ran.stderr)
}

fn edits() -> Vec<Value> {
    vec![
        json!({"when": "do it", "calls": [
            {"name": "read", "arguments": {"path": "a.txt"}},
            {"name": "read", "arguments": {"path": "b.txt"}},
        ], "usage": {"input_tokens": 100, "output_tokens": 10}}),
        json!({"when": "one", "calls": [write("deep/new.txt", "three\n")], "usage": {"input_tokens": 150, "cached_tokens": 100, "output_tokens": 20}}),
        json!({"reply": "Both are read, new.txt is written."}),
    ]
}

#[test]
fn autopilot_brings_the_changes_in() {
    let world = world();
    world.write("a.txt", "one\n");
    world.write("b.txt", "two\n");
    let (code, value, told) = chat(&world, &edits(), &["--autopilot"]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(world.read("deep/new.txt"), "three\n");
    assert_eq!(value["outcome"], "done");
    assert_eq!(value["applied"], true);
    assert_eq!(value["files"], json!(["deep/new.txt"]));
    assert_eq!(value["text"], "Both are read, new.txt is written.");
    assert_eq!(value["turns"], 3);
    assert_eq!(value["cost"]["input_tokens"], 250);
    assert_eq!(value["cost"]["cached_tokens"], 100);
    let tools: Vec<&str> = value["calls"]
        .as_array()
        .expect("calls")
        .iter()
        .filter_map(|it| it["tool"].as_str())
        .collect();
    assert_eq!(tools, ["read", "read", "write"]);
    assert!(value["diff"].as_str().expect("a diff").contains("+three"));
    let log = world.kiro(&["log"]);
    assert_eq!(log.code, Some(0), "{}", log.stderr);
    assert!(
        log.stdout.contains("landed: deep/new.txt"),
        "{}",
        log.stdout
    );
}

#[test]
fn what_policy_said_of_each_act_is_on_record_and_what_does_not_land_is_told() {
    let world = world();
    world.write(
        ".kiro/config.yaml",
        "security: {trusted_commands: ['touch *'], denied_commands: [rm -rf]}\n",
    );
    assert_eq!(world.kiro(&["trust", "--yes"]).code, Some(0));
    let shell = |command: &str| json!({"name": "shell", "arguments": {"command": command}});
    let lines = [
        json!({"calls": [write("a.txt", "one\n"), write(".envrc", "x\n")]}),
        json!({"calls": [shell("touch my-secret.txt"), shell("rm -fr a.txt"), shell("make all")]}),
        json!({"reply": "done"}),
    ];
    let (code, value, told) = chat(&world, &lines, &["--autopilot"]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(value["files"], json!(["a.txt"]));
    assert!(
        told.contains("not brought in: my-secret.txt: kept out"),
        "{told}"
    );
    let log = world.kiro(&["log", "--policy", "--json"]);
    let log: Value = serde_json::from_str(&log.stdout).expect("JSON");
    let facts = log["facts"].as_array().expect("facts");
    let ruled: Vec<(&str, &str, bool)> = facts
        .iter()
        .map(|it| &it["fact"])
        .filter(|it| it["fact"] == "ruled")
        .map(|it| {
            let text = |key: &str| it[key].as_str().expect("a text");
            (text("act"), text("ruling"), it["used"] == true)
        })
        .collect();
    let wanted = [
        ("write a.txt", "allow", true),
        ("use .envrc", "deny", false),
        ("run «touch my-secret.txt»", "allow", true),
        ("run «rm -fr a.txt»", "deny", false),
        ("run «make all»", "ask", false),
    ];
    assert_eq!(ruled, wanted);
}

#[test]
fn guided_needs_a_person() {
    let world = world();
    world.write("a.txt", "one\n");
    let (code, value, told) = chat(&world, &edits(), &[]);
    assert_eq!(code, Some(3), "{told}");
    assert_eq!(value["outcome"], "refused");
    assert_eq!(value["applied"], false);
    assert!(
        value["reason"]
            .as_str()
            .expect("why")
            .contains("nobody is there")
    );
    assert!(value["diff"].as_str().expect("a diff").contains("+three"));
    assert!(!world.has("deep/new.txt"));
}

#[test]
fn the_rules_of_the_folder_ask_in_autopilot_too() {
    let world = world();
    world.write("a.txt", "one\n");
    world.write(
        ".kiro/config.yaml",
        "governance:\n  require_approval:\n    - files_matching: [\"**/new.txt\"]\n",
    );
    let (code, value, told) = chat(&world, &edits(), &["--autopilot"]);
    assert_eq!(code, Some(3), "{told}");
    assert!(
        value["reason"]
            .as_str()
            .expect("why")
            .contains("**/new.txt"),
        "{value}"
    );
    assert!(!world.has("deep/new.txt"));
}

#[test]
fn an_answer_in_words_changes_nothing() {
    let world = world();
    let (code, value, told) = chat(&world, &[json!({"reply": "It is four."})], &[]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(value["text"], "It is four.");
    assert_eq!(value["files"], json!([]));
    assert_eq!(value["outcome"], "done");
}

#[test]
fn what_was_left_half_done_does_not_land() {
    let world = world();
    let half = json!({"calls": [write("half.txt", "x\n")]});
    let lines = [half, json!({"reply": ""}), json!({"reply": ""})];
    let (code, value, told) = chat(&world, &lines, &["--autopilot"]);
    assert_eq!(code, Some(1), "{told}");
    assert_eq!(value["outcome"], "incomplete");
    assert!(
        value["reason"]
            .as_str()
            .expect("why")
            .contains("was not brought in")
    );
    assert!(!world.has("half.txt"));

    let cut = json!({"reply": "I beg", "error": "cut"});
    let half = json!({"calls": [write("half.txt", "x\n")]});
    let (code, _, told) = chat(
        &world,
        &[half, cut.clone(), cut.clone(), cut],
        &["--autopilot"],
    );
    assert_eq!(code, Some(5), "{told}");
    assert!(told.contains("broke off"), "{told}");
    assert!(!world.has("half.txt"));
    let status = world.kiro(&["status", "--json"]);
    assert_eq!(status.code, Some(0), "{}", status.stderr);
}

#[test]
fn usage_is_told() {
    let world = world();
    let empty = world.kiro(&["chat", "-p", " "]);
    assert_eq!(empty.code, Some(2), "{}", empty.stderr);
    let model = world.kiro(&["chat", "-p", "x", "--model", "nonsense"]);
    assert_eq!(model.code, Some(2), "{}", model.stderr);
}
