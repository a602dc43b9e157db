//! Specs carried out by a model that drives by calling tools. The scripted model stands in for a real one.

use serde_json::{Value, json};

use crate::{DOUBLE, HALVE, autopilot, json_lines, numbers, states};

pub(crate) fn drives(lines: &[Value]) -> Vec<Value> {
    let mut script = vec![json!({"profile": {"strategy": "tools"}})];
    script.extend_from_slice(lines);
    script
}

pub(crate) fn write(path: &str, text: &str) -> Value {
    json!({"name": "write", "arguments": {"path": path, "content": text}})
}

fn tasks() -> Vec<Value> {
    vec![
        json!({"when": "Task 1 of the plan", "calls": [
            {"name": "list"}, {"name": "read", "arguments": {"path": "specs/numbers.md"}},
        ]}),
        json!({"when": "FR-1: Doubling", "calls": [write("numbers_kit/double.py", DOUBLE)]}),
        json!({"when": "numbers_kit/double.py (new", "reply": "double is there."}),
        json!({"when": "Task 2 of the plan", "calls": [write("numbers_kit/halve.py", "def halve(n):\n    return n / 2\n")]}),
        json!({"when": "numbers_kit/halve.py (new", "reply": "All is proven, believe me."}),
        json!({"when": "The checks were run. 1 pass, 1 fail", "calls": [write("numbers_kit/halve.py", HALVE)]}),
        json!({"when": "numbers_kit/halve.py\n", "reply": "mended"}),
    ]
}

#[test]
fn a_model_that_calls_tools_carries_a_spec_out() {
    let world = numbers();
    let model = world.script(&drives(&tasks()));
    let ran = autopilot(&world, &model, &["--jsonl"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert_eq!(states(&world), ["done", "done", "done"]);
    assert_eq!(world.read("numbers_kit/halve.py"), HALVE);
    let events = json_lines(&ran);
    let called: Vec<&str> = events
        .iter()
        .filter(|it| it["event"] == "called")
        .filter_map(|it| it["tool"].as_str())
        .collect();
    assert_eq!(called, ["list", "read", "write", "write", "write"]);
    let kept = events
        .iter()
        .find(|it| it["fact"]["fact"] == "transcript_kept")
        .expect("a transcript");
    assert!(
        kept["fact"]["path"]
            .as_str()
            .expect("a path")
            .ends_with("/1-1.jsonl")
    );
    let transcripts = world.home().join(".kiro/state");
    let first = find(&transcripts, "2-1.jsonl").expect("kept");
    let text = std::fs::read_to_string(first).expect("reads");
    assert!(text.contains("All is proven, believe me."), "{text}");
}

fn find(folder: &std::path::Path, name: &str) -> Option<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?.flatten();
    entries
        .map(|it| it.path())
        .find_map(|path| match path.is_dir() {
            true => find(&path, name),
            false => path.ends_with(name).then_some(path),
        })
}

#[test]
fn a_test_that_was_weakened_proves_nothing() {
    let world = numbers();
    let mut script = drives(&[
        json!({"when": "Task 1 of the plan", "calls": [
            {"name": "read", "arguments": {"path": "tests/test_fr_1_doubling.py"}},
        ]}),
        json!({"when": "class DoubleExamples", "calls": [
            write("numbers_kit/double.py", "def double(n):\n    return 4\n"),
            write("tests/test_fr_1_doubling.py", "import unittest\nclass T(unittest.TestCase):\n    def test_it(self):\n        pass\n"),
        ]}),
        json!({"when": "tests/test_fr_1_doubling.py\n", "reply": "All tests pass."}),
    ]);
    for _ in 0..3 {
        script.push(json!({"when": "1 pass, 1 fail", "reply": "It is right as it is."}));
    }
    script.extend(tasks().into_iter().skip(3));
    let model = world.script(&script);
    let ran = autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("1 of 2 checks pass after 6 turns"),
        "{}",
        ran.stderr
    );
    assert_eq!(states(&world), ["failed", "done", "pending"]);
    assert!(!world.has("numbers_kit/double.py"));
}

#[test]
fn what_no_agent_may_write_is_refused_and_named() {
    let world = numbers();
    let script = drives(&[
        json!({"when": "Task 1 of the plan", "calls": [write(".git/hooks/pre-commit", "x"), write("../out", "x"), write(".env", "x")]}),
        json!({"when": "can make a tool run something", "reply": "I may not."}),
    ]);
    let model = world.script(&script);
    let ran = autopilot(&world, &model, &["--task", "1"]);
    // The script ends when the failing checks are told: a model that fails is an error, not a finding.
    assert_eq!(ran.code, Some(5), "{}", ran.stderr);
    assert!(ran.stderr.contains("has no reply left"), "{}", ran.stderr);
    assert!(!world.has(".git/hooks/pre-commit") && !world.has(".env"));
}

/// Two functions of one file.
const SHARED: &str = "\
# Numbers

## Functional Requirements

### FR-1: Doubling

`double(n: int) -> int` in `numbers_kit/numbers.py`.

- `double(2)` → `4`

### FR-2: Halving

`halve(n: int) -> int` in `numbers_kit/numbers.py`.

- `halve(8)` → `4`

## Success Criteria

- All tests pass
";

#[test]
fn what_breaks_a_task_that_is_done_does_not_land() {
    let world = numbers();
    world.write("specs/numbers.md", SHARED);
    let file = "numbers_kit/numbers.py";
    let broken = "def double(n):\n    return n\n\n\ndef halve(n):\n    return n // 2\n";
    let right = "def double(n):\n    return n * 2\n\n\ndef halve(n):\n    return n // 2\n";
    let read = || json!({"name": "read", "arguments": {"path": file}});
    let model = world.script(&drives(&[
        json!({"when": "Task 1 of the plan", "calls": [write(file, DOUBLE)]}),
        json!({"when": "numbers_kit/numbers.py (new", "reply": "double is there."}),
        json!({"when": "Task 2 of the plan", "calls": [read(), write(file, broken)]}),
        json!({"when": "numbers_kit/numbers.py", "reply": "halve is there."}),
        json!({"when": "- task 1: test_fr_1_e1", "reply": "It is right as it is."}),
        json!({"when": "- task 1: test_fr_1_e1", "calls": [write(file, right)]}),
        json!({"when": "numbers_kit/numbers.py", "reply": "double is there again."}),
    ]));
    let ran = autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert_eq!(world.read(file), right);
    assert_eq!(states(&world), ["done", "done", "done"]);
}
