//! Tasks that are worked on at once. The scripted model stands in for a real one.

use serde_json::{Value, json};
use testkit::Output;

use crate::{DOUBLE, HALVE, autopilot, good_replies, json_lines, numbers, states};

/// The facts of a run in short: which, and of which task.
fn facts(ran: &Output) -> Vec<String> {
    let recorded = json_lines(ran);
    let facts = recorded.iter().filter(|it| it["event"] == "recorded");
    let short = |it: &Value| {
        let fact = &it["fact"];
        let task = fact["task"].as_str().unwrap_or_default();
        format!("{} {task}", fact["fact"].as_str().unwrap_or_default())
    };
    facts.map(short).collect()
}

fn place(facts: &[String], fact: &str) -> usize {
    let at = facts.iter().position(|it| it == fact);
    at.unwrap_or_else(|| panic!("there is no «{fact}» in {facts:#?}"))
}

#[test]
fn what_waits_for_nothing_goes_on_at_once_and_is_proven_on_what_landed_before() {
    let world = numbers();
    let mut replies = good_replies();
    replies
        .iter_mut()
        .for_each(|it| it["delay_ms"] = json!(300));
    let model = world.script(&replies);
    let ran = autopilot(&world, &model, &["--parallel", "2", "--jsonl"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let facts = facts(&ran);
    let first = place(&facts, "proposed 1").min(place(&facts, "proposed 2"));
    assert!(place(&facts, "attempt_started 2") < first, "{facts:#?}");
    assert_eq!(states(&world), ["done", "done", "done"]);
    let renewed = facts.iter().filter(|it| it.starts_with("renewal_ended"));
    assert_eq!(renewed.count(), 1, "{facts:#?}");
    let told = json_lines(&ran);
    let whose = told.iter().filter(|it| it["event"] == "tried");
    let mut whose: Vec<&str> = whose.filter_map(|it| it["lane"].as_str()).collect();
    whose.sort_unstable();
    whose.dedup();
    assert_eq!(whose, ["1", "2"], "views say whose they are");
}

#[test]
fn one_that_breaks_what_landed_meanwhile_is_attempted_anew() {
    let world = numbers();
    let zero = "def double(n):\n    return 2 if n == 0 else 0\n";
    world.write("numbers_kit/double.py", zero);
    let leaning = HALVE.replace("n // 2", "n // double(0)");
    let leaning = format!("from numbers_kit.double import double\n\n\n{leaning}");
    let keeping = "def double(n):\n    return n * 2 if n else 2\n";
    let answers = |function: &str, code: &str| {
        let reply = format!("```python\n{code}\n```");
        let it = json!({"when": format!("`{function}"), "reply": reply, "delay_ms": 300});
        vec![it.clone(), it]
    };
    let script = [
        answers("double", DOUBLE.trim_end()),
        answers("halve", leaning.trim_end()),
        answers("double", keeping.trim_end()),
        answers("halve", HALVE.trim_end()),
    ];
    let model = world.script(&script.concat());
    let ran = autopilot(&world, &model, &["--parallel", "2", "--jsonl"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let failed = json_lines(&ran);
    let failed: Vec<&Value> = failed
        .iter()
        .filter(|it| it["fact"]["renewal"]["failed"].is_string())
        .collect();
    assert_eq!(failed.len(), 1, "{}", ran.stdout);
    assert_eq!(states(&world), ["done", "done", "done"]);
}

#[test]
fn tasks_that_share_a_file_wait_for_each_other() {
    let world = numbers();
    assert_eq!(world.kiro(&["plan", "numbers"]).code, Some(0));
    let tasks = world.read("plans/numbers-tasks.md");
    let shared = "`numbers_kit/halve.py`, `numbers_kit/double.py`";
    world.write(
        "plans/numbers-tasks.md",
        tasks.replace("`numbers_kit/halve.py`", shared),
    );
    let model = world.script(&good_replies());
    let ran = autopilot(&world, &model, &["--parallel", "4", "--jsonl"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let facts = facts(&ran);
    assert!(
        place(&facts, "task_done 1") < place(&facts, "attempt_started 2"),
        "{facts:#?}"
    );
}

#[test]
fn stop_ends_what_goes_on_beside_and_leaves_it_open() {
    let world = numbers();
    let mut replies = testkit::two_answers("double", DOUBLE.trim_end());
    replies.push(json!({"when": "halve", "reply": ["slow"], "delay_ms": 60_000}));
    let model = world.script(&replies);
    let command = world.command(&[
        "run",
        "numbers",
        "--guided",
        "--parallel",
        "2",
        "--model",
        &model,
    ]);
    let ran = world.at_terminal(command, &[("s[t]op >", "t")]);
    assert_eq!(ran.code, Some(1), "{}", ran.stdout);
    assert!(ran.stdout.contains("you stopped it"), "{}", ran.stdout);
    assert!(!world.has("numbers_kit/halve.py") && !world.has("numbers_kit/double.py"));
    assert_eq!(states(&world), ["ready", "ready", "pending"]);
}
