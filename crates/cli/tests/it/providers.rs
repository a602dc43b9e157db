//! Models behind a provider, chosen by variables and files: a double on loopback speaks Chat Completions.

use std::io::Write;

use serde_json::{Value, json};
use testkit::{Output, World};

use crate::double::{Double, KEY, holds_key};
use crate::driven::write;
use crate::planned::PLAN;
use crate::{DOUBLE, HALVE, good_replies, json_lines, numbers, states, world};

#[track_caller]
fn check(output: &Output, code: i32, words: &str) {
    let shown = format!("{}{}", output.stdout, output.stderr);
    assert_eq!(output.code, Some(code), "{shown}");
    assert!(shown.contains(words), "{words:?} is not in {shown}");
    assert!(!shown.contains(KEY), "{shown}");
}

/// Writes a file of the user's own.
fn users(world: &World, name: &str, text: &str) {
    std::fs::create_dir_all(world.home().join(".kiro")).expect("made");
    std::fs::File::create(world.home().join(".kiro").join(name))
        .and_then(|mut it| it.write_all(text.as_bytes()))
        .expect("written");
}

/// Makes `openai/m…` a model that fills slots, whose price is known.
fn price(world: &World) {
    let priced = json!({"models": [{"model": "openai/m*", "strategy": "slots",
        "usd_per_million": {"input": 1, "cached": 0, "cache_write": 0, "output": 10}}]});
    users(world, "catalogue.json", &priced.to_string());
}

#[test]
fn a_spec_is_carried_out_by_a_model_behind_a_server() {
    let world = numbers();
    price(&world);
    let server = Double::start(good_replies());
    let run = ["run", "numbers", "--autopilot"];
    let ran = server.kiro(&world, &run, &[("KIRO_MODEL", "openai/mine")]);
    // Two turns a function, each 1000 tokens in and 100 out.
    check(&ran, 0, "$0.0080");
    assert_eq!(states(&world), ["done"; 3]);
    assert_eq!(server.models(), ["mine"]);
    let status = world.kiro(&["status", "--json"]);
    let status: Value = serde_json::from_str(&status.stdout).expect("JSON");
    assert_eq!(status["specs"][0]["run"]["usd"], json!(0.008));
    assert!(!holds_key(&world.home()) && !holds_key(&world.project()));
}

/// A whole spec, by a model behind a server that uses tools: planned by it, cut, carried out. On the way the server wants
/// to be left alone for a second, cuts an answer in its middle, and calls tools side by side.
#[test]
fn a_whole_spec_is_planned_cut_and_carried_out_over_the_wire() {
    let world = numbers();
    let wrong = "def halve(n):\n    return n / 2\n";
    let server = Double::start(vec![
        json!({"when": "Files of the project", "status": 429, "retry_after": "1"}),
        json!({"when": "Files of the project", "calls": [
            {"name": "list"},
            {"name": "read", "arguments": {"path": "specs/numbers.md"}},
            {"name": "read", "arguments": {"path": "nowhere.py"}},
        ]}),
        json!({"when": "### FR-1: Doubling", "cut": true, "reply": PLAN}),
        json!({"when": "there is no", "reply": PLAN}),
        json!({"when": "Task 1 of the plan: Halve with care", "cut": true, "calls": [
            write("numbers_kit/halve.py", "def halve(n):\n    return 0\n"),
        ]}),
        json!({"when": "Task 1 of the plan: Halve with care", "calls": [
            write("numbers_kit/halve.py", wrong),
            {"name": "spec", "arguments": {"name": "numbers", "part": "2"}},
            {"name": "ask_user", "arguments": {"question": "Is rounding down right?"}},
        ]}),
        json!({"when": "(new,", "reply": "halve is there, and all is proven."}),
        json!({"when": "The checks were run.", "calls": [write("numbers_kit/halve.py", HALVE)]}),
        json!({"when": "numbers_kit/halve.py", "reply": "It is mended."}),
        json!({"when": "Task 2 of the plan: Double at once", "calls": [write("numbers_kit/double.py", DOUBLE)]}),
        json!({"when": "(new,", "reply": "double is there"}),
    ]);
    let run = ["run", "numbers", "--autopilot", "--jsonl"];
    let ran = server.kiro(&world, &run, &[("KIRO_MODEL", "openai/m")]);
    check(&ran, 0, "every success criterion proven");
    assert_eq!(states(&world), ["done"; 3]);
    assert_eq!(world.read("numbers_kit/halve.py"), HALVE);
    let tasks = world.read("plans/numbers-tasks.md");
    assert!(tasks.contains("- [x] 1. Halve with care"), "{tasks}");

    let events = json_lines(&ran);
    let of =
        |kind: &str| -> Vec<&Value> { events.iter().filter(|it| it["event"] == kind).collect() };
    let waits = of("waiting");
    let told = waits.iter().any(|it| {
        let left = it["left_ms"].as_u64().expect("a number");
        let reason = it["reason"].as_str().expect("a reason");
        (1..=1000).contains(&left) && reason.contains("too many requests")
    });
    assert!(told, "{waits:?}");
    let begun_anew = of("notice")
        .iter()
        .any(|it| it["text"] == "the answer is begun anew");
    assert!(begun_anew, "{}", ran.stdout);

    assert_eq!(of("question")[0]["text"], "Is rounding down right?");
    let shown = server.requests().iter().any(|it| {
        let text = it["messages"].to_string();
        text.contains("2 (open): Double at once; after 1") && text.contains("nobody answered")
    });
    assert!(
        shown,
        "the answers of `spec` and `ask_user` did not come back"
    );

    // The evidence: the checks that ran after each attempt, and what proves each criterion.
    let facts: Vec<&Value> = of("recorded").iter().map(|it| &it["fact"]).collect();
    let after: Vec<&&Value> = facts
        .iter()
        .filter(|it| it["fact"] == "check_ran" && it["purpose"] == "after")
        .collect();
    assert!(
        after.len() >= 3 && after.iter().all(|it| it["exit"] == 0),
        "{after:?}"
    );
    let claims = of("claim");
    assert!(
        claims.len() == 2 && claims.iter().all(|it| it["proven"] == true),
        "{claims:?}"
    );
    let log = world.kiro(&["log", "--policy"]);
    check(&log, 0, "");

    // Only the last two lines, and no half of an answer, became files.
    let requests = server.requests();
    let last = &requests[requests.len() - 1]["messages"];
    assert!(!last.to_string().contains("return 0"), "{last}");
    assert!(!holds_key(&world.home()) && !holds_key(&world.project()));
}

#[test]
fn a_key_that_is_refused_ends_with_no_model() {
    let world = numbers();
    let server = Double::refusing(401);
    let run = ["run", "numbers", "--autopilot", "--model", "openai/m"];
    let ran = server.kiro(&world, &run, &[]);
    check(&ran, 4, "no valid key");
    assert!(!holds_key(&world.home()));
    check(
        &server.kiro(&world, &["model", "test", "openai/m"], &[]),
        4,
        "no valid key",
    );
}

#[test]
fn a_budget_ends_the_run() {
    let world = numbers();
    let server = Double::start(good_replies());
    let run = [
        "run",
        "numbers",
        "--autopilot",
        "--model",
        "openai/m",
        "--max-tokens",
        "1000",
    ];
    check(
        &server.kiro(&world, &run, &[]),
        3,
        "1100 of 1000 tokens are used",
    );
    let run = [
        "run",
        "numbers",
        "--autopilot",
        "--model",
        "openai/m",
        "--max-cost",
        "2.50",
    ];
    check(
        &server.kiro(&world, &run, &[]),
        3,
        "the price of openai/m is not known",
    );
    let run = ["run", "numbers", "--max-cost", "cheap"];
    check(
        &server.kiro(&world, &run, &[]),
        2,
        "is no amount of dollars",
    );
}

/// A run that is taken up again has spent what it had spent.
#[test]
fn a_budget_outlives_the_process() {
    let world = numbers();
    price(&world);
    let server = Double::start(good_replies());
    let run = |budget: &str| {
        let run = ["run", "numbers", "--autopilot", "--model", "openai/m"];
        server.kiro(&world, &[&run[..], &["--max-tokens", budget]].concat(), &[])
    };
    check(&run("2000"), 3, "2200 of 2000 tokens are used");
    let asked = server.requests().len();
    check(&run("2000"), 3, "2200 of 2000 tokens are used");
    assert_eq!(server.requests().len(), asked);
    check(&run("9000"), 0, "$0.0080");
    assert_eq!(states(&world), ["done"; 3]);
}

#[test]
fn a_chat_has_a_budget() {
    let world = world();
    let server = Double::start(vec![json!({"when": "look", "calls": [{"name": "list"}]})]);
    let chat = ["chat", "-p", "look around", "--model", "openai/m"];
    let ran = server.kiro(
        &world,
        &[&chat[..], &["--max-tokens", "1000"]].concat(),
        &[],
    );
    check(&ran, 3, "1100 of 1000 tokens are used");
    let ran = server.kiro(&world, &[&chat[..], &["--max-cost", "1"]].concat(), &[]);
    check(&ran, 3, "the price of openai/m is not known");
    assert_eq!(server.requests().len(), 1);
}

/// Nothing is sent: the address is refused before.
#[test]
fn a_key_does_not_go_out_for_all_to_read() {
    let world = world();
    let mut command = world.command(&["chat", "-p", "hello", "--model", "openai/m"]);
    command
        .env("OPENAI_API_KEY", KEY)
        .env("OPENAI_BASE_URL", "http://models.invalid/v1");
    check(
        &world.run(&mut command),
        4,
        "would go to models.invalid unencrypted",
    );
}

/// Which model is asked, by what stands where.
#[test]
fn files_name_models_and_the_users_own_come_first() {
    let world = numbers();
    let server = Double::refusing(401);
    let asked = |args: &[&str], variables: &[(&str, &str)]| {
        let before = server.models().len();
        let ran = server.kiro(&world, args, variables);
        assert_eq!(ran.code, Some(4), "{}", ran.stderr);
        server.models().split_off(before).join(" ")
    };
    let run = ["run", "numbers", "--autopilot"];
    world.write(".kiro/config.yaml", "model: openai/theirs\n");
    assert_eq!(asked(&run, &[]), "theirs");
    // Further models of the project's file count where the project has the say, and nowhere else.
    world.write(
        ".kiro/config.yaml",
        "model: [openai/these, openai/further]\n",
    );
    assert_eq!(asked(&run, &[]), "these further");
    let ran = server.kiro(&world, &run, &[]);
    check(&ran, 4, "openai/further answers instead");
    assert_eq!(asked(&run, &[("KIRO_MODEL", "openai/these")]), "these");
    users(
        &world,
        "config.yaml",
        "model:\n  default: [openai/mine, openai/other]\n",
    );
    assert_eq!(asked(&run, &[]), "mine other");
    users(
        &world,
        "config.yaml",
        "model:\n  plan: openai/planner\n  default: [openai/mine, openai/other]\n",
    );
    assert_eq!(asked(&run, &[]), "planner");
    assert_eq!(asked(&run, &[("KIRO_MODEL", "openai/typed")]), "typed");
    let typed = [
        "run",
        "numbers",
        "--autopilot",
        "--model",
        "openai/argument",
    ];
    assert_eq!(asked(&typed, &[("KIRO_MODEL", "openai/typed")]), "argument");
}

#[test]
fn a_project_cannot_say_where_a_key_is_sent() {
    let world = numbers();
    let server = Double::refusing(401);
    let config = format!(
        "model: openai/m\nproviders: {{openai: {{base_url: '{}'}}}}\n",
        server.base()
    );
    world.write(".kiro/config.yaml", config);
    let mut command = world.command(&["run", "numbers", "--autopilot"]);
    let ran = world.run(command.env("OPENAI_API_KEY", KEY));
    check(&ran, 2, "providers");
    assert!(server.models().is_empty());
}

#[test]
fn providers_are_listed_without_their_keys() {
    let world = world();
    let server = Double::refusing(401);
    let shown = server.kiro(&world, &["model", "list", "--json"], &[]);
    check(&shown, 0, "OPENAI_API_KEY");
    let list: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    let find = |name: &str| {
        let all = list["providers"].as_array().expect("a list");
        all.iter()
            .find(|it| it["provider"] == name)
            .expect("listed")
            .clone()
    };
    assert_eq!(find("openai")["key"], "present");
    assert_eq!(find("openai")["endpoint"], json!(server.base()));
    assert_eq!(find("anthropic")["key"], "missing");
    check(
        &server.kiro(&world, &["model", "list"], &[]),
        0,
        "no key; set ANTHROPIC_API_KEY",
    );
    for (variable, value) in [
        ("OPENAI_BASE_URL", "https://user:secret@gateway"),
        ("OPENAI_API_KEY", "two words"),
        ("KIRO_OPENAI_API", "soap"),
        ("KIRO_MODEL_IDLE_SECONDS", "soon"),
    ] {
        let ran = server.kiro(&world, &["model", "test", "openai/m"], &[(variable, value)]);
        check(&ran, 2, variable);
        assert!(!ran.stderr.contains("secret") && !ran.stderr.contains("two words"));
    }
}
