//! Servers of the Model Context Protocol: a double that keeps no library between itself and the wire, well and ill
//! behaved, and Kiro in front of it.

use std::path::PathBuf;

use serde_json::{Value, json};
use testkit::World;

use crate::driven::drives;
use crate::world;

const DOUBLE: &str = include_str!("../../../mcp/tests/data/double.py");

/// A world whose user has the double in their own file, under the name of what it does; `more` are fields of its entry.
fn served(how: &str, more: Value) -> World {
    let world = world();
    world.write("a.txt", "one\n");
    let script = world.home().join("mcp_double.py");
    write(&script, DOUBLE);
    let state = world.home().join("starts");
    let args = [script, PathBuf::from(how), state].map(|it| it.display().to_string());
    own(&world, "double", entry(&args, &more));
    world
}

fn entry(args: &[String], more: &Value) -> Value {
    let mut entry = json!({"command": "python3", "args": args, "startTimeout": 20000});
    for (key, value) in more.as_object().expect("fields") {
        entry[key] = value.clone();
    }
    entry
}

fn own(world: &World, name: &str, entry: Value) {
    let file = world.home().join(".kiro/settings/mcp.json");
    write(&file, &json!({"mcpServers": {name: entry}}).to_string());
}

#[expect(clippy::disallowed_methods, reason = "a test plants its files")]
fn write(file: &std::path::Path, text: &str) {
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
    std::fs::write(file, text).expect("written");
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn doctor(world: &World) -> (Option<i32>, Value) {
    let ran = world.kiro(&["mcp", "doctor", "--json"]);
    (ran.code, value(&ran.stdout))
}

/// The trouble of the only server.
fn trouble(world: &World) -> (String, String) {
    let (code, told) = doctor(world);
    assert_eq!(code, Some(1), "{told}");
    let trouble = &told["servers"][0]["trouble"];
    let text = |key: &str| trouble[key].as_str().unwrap_or_default().to_owned();
    (text("code"), text("message"))
}

/// Lets a scripted model call one tool; gives the call's summary, whether it failed, and what the model was shown.
fn called(world: &World, tool: &str, arguments: Value) -> (String, bool, String) {
    let lines = [
        json!({"calls": [{"name": tool, "arguments": arguments}]}),
        json!({"reply": "done"}),
    ];
    let model = world.script(&drives(&lines));
    let ran = crate::chat_once(world, &model);
    let told = value(&ran.stdout);
    let call = &told["calls"][0];
    assert!(call.is_object(), "{told}\n{}", ran.stderr);
    let transcript = transcript(world, &told);
    (
        call["summary"].as_str().expect("a summary").to_owned(),
        call["failed"] == true,
        transcript,
    )
}

/// What the model was shown in a chat.
fn transcript(world: &World, told: &Value) -> String {
    let path = told["transcript"].as_str().expect("a path");
    let home = world.home().canonicalize().expect("a folder");
    let folder = home.parent().expect("a folder").display().to_string();
    std::fs::read_to_string(path.replace("WORLD", &folder)).expect("a transcript")
}

fn echo(world: &World) -> (String, bool, String) {
    called(world, "mcp_double_echo", json!({"text": "hello"}))
}

/// Calls happen without asking.
fn free() -> Value {
    json!({"autoApprove": ["*"]})
}

#[test]
fn a_server_is_listed_tried_and_called() {
    let world = served("well", free());
    let listed = world.kiro(&["mcp", "list", "--json"]);
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    let listed = value(&listed.stdout);
    assert_eq!(listed["servers"][0]["name"], "double");
    assert_eq!(listed["servers"][0]["state"], "ready");
    let tested = world.kiro(&["mcp", "test", "double", "--json"]);
    assert_eq!(tested.code, Some(0), "{}{}", tested.stdout, tested.stderr);
    let tested = value(&tested.stdout);
    assert_eq!(tested["introduction"]["calls_itself"], "double 1.0");
    assert_eq!(tested["introduction"]["tools"][0]["name"], "echo");
    assert_eq!(tested["introduction"]["resources"][0]["name"], "note://one");
    let (summary, failed, transcript) = echo(&world);
    assert!(!failed, "{summary}");
    assert_eq!(summary, "double/echo: you said: hello");
    assert!(
        transcript.contains("never an instruction"),
        "marked as another's: {transcript}"
    );
    let log = world.kiro(&["log", "--policy"]);
    assert!(log.stdout.contains("call double/echo"), "{}", log.stdout);
}

#[test]
fn without_a_rule_a_call_needs_a_person() {
    let world = served("well", json!({}));
    let (summary, failed, _) = echo(&world);
    assert!(
        failed && summary.contains("nobody approved this call"),
        "{summary}"
    );
    assert!(
        summary.contains("autoApprove"),
        "and how to change it: {summary}"
    );
    let rules = "rules:\n  - {capability: mcp, effect: allow, match: ['double/e*']}\n";
    write(&world.home().join(".kiro/settings/permissions.yaml"), rules);
    assert!(!echo(&world).1);
    let rules = format!("{rules}  - {{capability: mcp, effect: deny, match: ['*/echo']}}\n");
    write(
        &world.home().join(".kiro/settings/permissions.yaml"),
        &rules,
    );
    let (summary, failed, _) = echo(&world);
    assert!(
        failed && summary.contains("policy does not let"),
        "{summary}"
    );
}

#[test]
fn a_folders_server_starts_only_as_it_was_trusted() {
    let world = world();
    world.write("tools/double.py", DOUBLE);
    let started = world.home().join("starts").display().to_string();
    let args = ["tools/double.py".to_owned(), "well".to_owned(), started];
    let file = json!({"mcpServers": {"double": entry(&args, &free())}});
    world.write(".kiro/settings/mcp.json", file.to_string());
    let (code, told) = trouble(&world);
    assert_eq!(code, "not-trusted", "{told}");
    let lines = drives(&[json!({"reply": "nothing to call"})]);
    let model = world.script(&lines);
    let ran = world.kiro(&["chat", "-p", "do it", "--json", "--model", &model]);
    assert!(
        ran.stderr.contains("«double» is not there"),
        "{}",
        ran.stderr
    );
    assert!(!world.home().join("starts").exists(), "it never ran");
    assert_eq!(world.kiro(&["trust", "--yes"]).code, Some(0));
    assert!(!echo(&world).1);
    // The entry is the same, the program that it names is another.
    world.write("tools/double.py", format!("{DOUBLE}\n# changed\n"));
    assert_eq!(trouble(&world).0, "not-trusted");
}

#[test]
fn a_folder_replaces_the_users_entry_only_when_trusted() {
    let world = served("well", free());
    let other = json!({"mcpServers": {"double": {"command": "python3", "args": ["-c", "raise SystemExit(3)"]}}});
    world.write(".kiro/settings/mcp.json", other.to_string());
    assert!(!echo(&world).1, "the user's own stands");
    assert_eq!(world.kiro(&["trust", "--yes"]).code, Some(0));
    let (code, told) = trouble(&world);
    assert_eq!(code, "exited", "{told}");
    assert!(told.contains("exit code 3"), "{told}");
}

#[test]
fn what_went_wrong_is_said_in_plain_words() {
    let check = |how: &str, code: &str, says: &[&str]| {
        let world = served(how, json!({"startTimeout": 1500}));
        let (found, told) = trouble(&world);
        assert_eq!(found, code, "{how}: {told}");
        for word in says {
            assert!(told.contains(word), "{how}: {told}");
        }
    };
    check(
        "exits",
        "exited",
        &["exit code 1", "the configuration is missing"],
    );
    check("garbage", "no-answer", &["1.5 s", "Welcome to the server!"]);
    check("mute", "no-answer", &["1.5 s"]);
    let world = world();
    own(
        &world,
        "double",
        json!({"command": "no-such-program-anywhere"}),
    );
    assert_eq!(trouble(&world).0, "command-not-found");
    own(
        &world,
        "double",
        json!({"command": "python3", "args": ["${NOT_SET_ANYWHERE}"]}),
    );
    let (code, told) = trouble(&world);
    assert!(
        code == "entry" && told.contains("NOT_SET_ANYWHERE"),
        "{code}: {told}"
    );
    own(
        &world,
        "double",
        json!({"url": "http://127.0.0.1:9/mcp", "startTimeout": 3000}),
    );
    assert_eq!(trouble(&world).0, "unreachable");
    own(
        &world,
        "double",
        json!({"command": "cat", "startTimeout": 1500}),
    );
    let (code, told) = trouble(&world);
    assert!(
        ["protocol", "no-answer"].contains(&code.as_str()),
        "{code}: {told}"
    );
}

#[test]
fn a_file_that_is_wrong_is_told_with_its_place() {
    let world = world();
    world.write(
        ".kiro/settings/mcp.json",
        "{\"mcpServers\": {\n  \"a\": {\"command\": 3}}}",
    );
    let listed = world.kiro(&["mcp", "list"]);
    assert_eq!(listed.code, Some(1));
    assert!(
        listed
            .stdout
            .contains(".kiro/settings/mcp.json:2:9: error:"),
        "{}",
        listed.stdout
    );
    let none = world.kiro(&["mcp", "test", "b"]);
    assert_eq!(none.code, Some(2));
    assert!(
        none.stderr.contains("the servers are: a"),
        "{}",
        none.stderr
    );
}

#[test]
fn a_tool_that_changed_asks_again() {
    let world = served("rug", free());
    assert!(!echo(&world).1, "as it was at first");
    let (summary, failed, transcript) = echo(&world);
    assert!(failed && summary.contains("nobody approved"), "{summary}");
    assert!(transcript.contains("not what they were"), "{transcript}");
}

#[test]
fn a_server_that_dies_is_told_and_started_again_once() {
    let world = served("dies", free());
    let call = || json!({"name": "mcp_double_echo", "arguments": {"text": "x"}});
    let mut lines: Vec<Value> = (0..3).map(|number| json!({"calls": [call(), {"name": "note", "arguments": {"kind": "decision", "text": format!("try {number}")}}]})).collect();
    lines.push(json!({"reply": "done"}));
    let model = world.script(&drives(&lines));
    let ran = crate::chat_once(&world, &model);
    let told = value(&ran.stdout);
    let calls = told["calls"].as_array().expect("calls");
    let summaries: Vec<&str> = calls
        .iter()
        .filter(|it| it["tool"] == "mcp_double_echo")
        .filter_map(|it| it["summary"].as_str())
        .collect();
    assert_eq!(summaries.len(), 3, "{told}");
    assert!(
        summaries[0].contains("died (exit code 7); it said: out of cheese"),
        "{summaries:?}"
    );
    assert!(
        summaries[1].contains("died (exit code 7)"),
        "started again: {summaries:?}"
    );
    assert!(
        summaries[2].contains("not started a third time"),
        "{summaries:?}"
    );
    let starts = std::fs::read_to_string(world.home().join("starts")).expect("counted");
    assert_eq!(starts, "2");
}

#[test]
fn a_call_ends_when_nothing_comes() {
    let world = served("hangs", json!({"autoApprove": ["*"], "timeout": 1000}));
    let (summary, failed, _) = echo(&world);
    assert!(
        failed && summary.contains("no answer within 1 s"),
        "{summary}"
    );
}

#[test]
fn what_a_server_answers_is_bounded_plain_and_redacted() {
    let shown = |how: &str| {
        let world = served(how, free());
        echo(&world)
    };
    let (summary, failed, _) = shown("huge");
    assert!(failed && summary.contains("larger than"), "{summary}");
    let (summary, failed, transcript) = shown("long");
    assert!(
        !failed && transcript.len() < 120_000,
        "{}",
        transcript.len()
    );
    assert!(summary.contains("begin"), "{summary}");
    let (summary, _, transcript) = shown("binary");
    assert!(
        summary.contains("a picture, image/png, about 300000 bytes"),
        "{summary}"
    );
    assert!(!transcript.contains("AAAAAAAA"), "not shown");
    let (_, _, transcript) = shown("secret");
    assert!(!transcript.contains("a1B2c3D4a1B2c3D4"), "{transcript}");
    let (summary, _, transcript) = shown("inject");
    assert!(
        !summary.contains('\u{1b}') && !transcript.contains("\\u001b"),
        "{transcript}"
    );
    let (summary, failed, _) = shown("floods");
    assert!(!failed && summary.contains("you said: hello"), "{summary}");
    let (summary, failed, _) = shown("fails");
    assert!(failed && summary.contains("you said"), "{summary}");
    let (summary, failed, _) = shown("refuses");
    assert!(failed && summary.contains("no such thing"), "{summary}");
    let (summary, failed, _) = shown("chatty");
    assert!(!failed, "a greeting is passed over: {summary}");
    let (summary, failed, _) = shown("progress");
    assert!(!failed, "{summary}");
}

#[test]
fn tools_that_lie_about_themselves_do_no_harm() {
    let world = served("liar", json!({}));
    let tested = value(&world.kiro(&["mcp", "test", "double", "--json"]).stdout);
    let introduction = &tested["introduction"];
    let tools = introduction["tools"].as_array().expect("tools");
    assert_eq!(tools.len(), 1, "{introduction}");
    assert_eq!(tools[0]["parameters"]["type"], "object");
    assert_eq!(
        introduction["notes"].as_array().map(Vec::len),
        Some(3),
        "{introduction}"
    );
    let world = served("hidden", json!({}));
    let tested = world.kiro(&["mcp", "test", "double", "--json"]).stdout;
    assert!(
        !tested.contains('\u{e006f}') && !tested.contains('\u{202e}'),
        "{tested}"
    );
}

#[test]
fn a_server_gets_what_its_entry_says_and_no_more_of_the_users() {
    let world = served(
        "environment",
        json!({
            "autoApprove": ["*"], "env": {"GREETING": "hi ${WHO:-nobody}", "PICKED": "${KIRO_TEST_PICKED}"},
        }),
    );
    let lines = [
        json!({"calls": [{"name": "mcp_double_echo", "arguments": {"text": "x"}}]}),
        json!({"reply": "done"}),
    ];
    let model = world.script(&drives(&lines));
    let mut command = world.command(&[
        "chat",
        "-p",
        "do it",
        "--autopilot",
        "--json",
        "--model",
        &model,
    ]);
    command
        .env("KIRO_TEST_PICKED", "chosen")
        .env("DATABASE_URL_OF_MINE", "hidden-from-it");
    let ran = world.run(&mut command);
    let told = value(&ran.stdout);
    let transcript = transcript(&world, &told);
    assert!(
        transcript.contains("hi nobody") && transcript.contains("chosen"),
        "{transcript}"
    );
    assert!(!transcript.contains("hidden-from-it"), "{transcript}");
}

#[test]
fn many_tools_are_found_instead_of_listed() {
    let world = served("many", free());
    let lines = [
        json!({"calls": [{"name": "find_tool", "arguments": {"query": "weather in a town"}}]}),
        json!({"when": "mcp_double_weather", "calls": [
            {"name": "use_tool", "arguments": {"name": "mcp_double_weather", "arguments": {"text": "Rome"}}},
        ]}),
        json!({"reply": "done"}),
    ];
    let model = world.script(&drives(&lines));
    let ran = crate::chat_once(&world, &model);
    let told = value(&ran.stdout);
    assert_eq!(
        told["calls"][1]["summary"], "double/weather: you said: Rome",
        "{told}\n{}",
        ran.stderr
    );
}

#[test]
fn a_resource_is_read_with_leave() {
    let world = served("well", json!({"autoApprove": ["resources/read"]}));
    let (_, failed, transcript) = called(
        &world,
        "mcp_resource",
        json!({"server": "double", "uri": "note://one"}),
    );
    assert!(!failed && transcript.contains("a note"), "{transcript}");
    let world = served("well", json!({}));
    let (summary, failed, _) = called(
        &world,
        "mcp_resource",
        json!({"server": "double", "uri": "note://one"}),
    );
    assert!(failed, "{summary}");
}

#[test]
fn a_servers_question_without_a_person_is_cancelled() {
    let world = served("asks", free());
    let (summary, failed, _) = echo(&world);
    assert!(
        !failed && summary.contains("\"action\": \"cancel\""),
        "{summary}"
    );
}

/// What a model was told of a person's request, or why it was told nothing.
fn said(world: &World, words: &str) -> Result<String, String> {
    let model = world.script(&drives(&[json!({"reply": "done"})]));
    let ran = world.kiro(&["chat", "-p", words, "--json", "--model", &model]);
    match ran.code {
        Some(0) => Ok(transcript(world, &value(&ran.stdout))),
        _ => Err(ran.stderr),
    }
}

#[test]
fn what_a_person_names_of_servers_is_told_and_their_word_is_the_leave() {
    let world = served("well", json!({}));
    let told = said(&world, "/double:greet the whole world").expect("told");
    assert!(
        told.contains("Greet the whole world in the code."),
        "{told}"
    );
    let told = said(&world, "look at @double:note://one, please").expect("told");
    assert!(
        told.contains("a note") && told.contains("material"),
        "{told}"
    );
    let why = said(&world, "/double:greet").expect_err("something is missing");
    assert!(why.contains("it needs who"), "{why}");
    let why = said(&world, "/double:nothing").expect_err("there is none");
    assert!(why.contains("no such prompt"), "{why}");
    let told = said(&world, "/other:greet and mail@double:x").expect("words like others");
    assert!(told.contains("/other:greet"), "{told}");
    let why = said(&world, "see #image:a.png").expect_err("pictures are refused");
    assert!(why.contains("pictures"), "{why}");
}

#[test]
fn a_rule_denies_a_prompt_that_a_person_names() {
    let world = served("well", json!({}));
    let rule =
        "rules:\n  - capability: mcp\n    effect: deny\n    match: [\"double/prompts/get\"]\n";
    write(&world.home().join(".kiro/settings/permissions.yaml"), rule);
    let why = said(&world, "/double:greet Ana").expect_err("denied");
    assert!(why.contains("policy does not let"), "{why}");
}
