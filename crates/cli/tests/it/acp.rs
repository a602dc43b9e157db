//! `kiro acp`, driven by a client over its streams. The scripted model stands in for a real one; the official client of the
//! protocol drives it in `evals/acp`.

use serde_json::{Value, json};
use testkit::World;

use crate::client::{Client, Framing};
use crate::driven::{drives, write};
use crate::{DOUBLE, autopilot, good_replies, numbers, states, world};

/// A client that has begun a session in the world's project; gives its id too.
fn begun(world: &World, model: &str) -> (Client, String) {
    let mut client = Client::start(world, &["acp"], Framing::Lines);
    let told = client.call("initialize", json!({"protocolVersion": 1}));
    assert_eq!(told["protocolVersion"], 1);
    let new = json!({"cwd": world.project(), "mcpServers": []});
    let new = client.call("session/new", new);
    let session = new["sessionId"].as_str().expect("an id").to_owned();
    let option = json!({"sessionId": session, "configId": "model", "value": model});
    let set = client.call("session/set_config_option", option);
    assert_eq!(set["configOptions"][1]["currentValue"], model);
    (client, session)
}

fn prompt(client: &mut Client, session: &str, text: &str) -> u64 {
    let prompt = json!([{"type": "text", "text": text}]);
    client.begin(
        "session/prompt",
        json!({"sessionId": session, "prompt": prompt}),
    )
}

fn chosen(option: &str) -> Value {
    json!({"outcome": {"outcome": "selected", "optionId": option}})
}

/// Answers each request for permission by the next option; gives the prompt's result.
fn answering(client: &mut Client, id: u64, options: &[&str]) -> Value {
    let mut options = options.iter();
    loop {
        let message = client.next().expect("a message");
        if message["method"] == "session/request_permission" {
            let option = options.next().expect("no more questions");
            client.answer(&message, chosen(option));
        } else if message["id"] == id {
            assert_eq!(options.next(), None, "a question was not asked");
            return message["result"].clone();
        }
    }
}

fn updates<'a>(client: &'a Client, kind: &str) -> Vec<&'a Value> {
    let of_session = client
        .heard
        .iter()
        .filter(|it| it["method"] == "session/update");
    let all = of_session.map(|it| &it["params"]["update"]);
    all.filter(|it| it["sessionUpdate"] == kind).collect()
}

/// All that the agent said.
fn said(client: &Client) -> String {
    let chunks = updates(client, "agent_message_chunk").into_iter();
    chunks
        .filter_map(|it| it["content"]["text"].as_str())
        .collect()
}

#[test]
fn a_guided_run_shows_each_task_and_asks() {
    let world = numbers();
    let model = world.script(&good_replies());
    let (mut client, session) = begun(&world, &model);
    let commands = updates(&client, "available_commands_update")[0]["availableCommands"].clone();
    let names: Vec<&str> = commands
        .as_array()
        .expect("commands")
        .iter()
        .filter_map(|it| it["name"].as_str())
        .collect();
    assert!(
        names.contains(&"run") && names.contains(&"plan"),
        "{names:?}"
    );

    let id = prompt(&mut client, &session, "/run numbers");
    let asked = client.until_method("session/request_permission");
    let options: Vec<&str> = asked["params"]["options"]
        .as_array()
        .expect("options")
        .iter()
        .filter_map(|it| it["optionId"].as_str())
        .collect();
    assert_eq!(options, ["approve", "skip", "stop"]);
    let content = asked["params"]["toolCall"]["content"].clone();
    let diff = content
        .as_array()
        .expect("content")
        .iter()
        .find(|it| it["type"] == "diff")
        .expect("a diff");
    let path = world.project().canonicalize().expect("a folder");
    let path = path.join("numbers_kit/double.py").display().to_string();
    assert_eq!(
        (&diff["path"], &diff["newText"]),
        (&json!(path), &json!(DOUBLE))
    );
    assert!(!world.has("numbers_kit/double.py"), "it is not there yet");
    client.answer(&asked, chosen("approve"));
    let result = answering(&mut client, id, &["skip"]);
    assert_eq!(result["stopReason"], "end_turn");
    assert_eq!(world.read("numbers_kit/double.py"), DOUBLE);
    assert_eq!(states(&world), ["done", "skipped", "pending"]);
    let calls: Vec<&Value> = updates(&client, "tool_call");
    assert!(calls.iter().all(|it| it["kind"] == "edit"));
    let ended: Vec<&str> = updates(&client, "tool_call_update")
        .iter()
        .filter_map(|it| it["status"].as_str())
        .filter(|it| *it == "completed" || *it == "failed")
        .collect();
    assert_eq!(ended, ["completed", "failed"]);
    let plans = updates(&client, "plan");
    let entries = plans.last().expect("a plan")["entries"].clone();
    assert_eq!(entries[0]["status"], "completed");
    assert!(
        said(&client).contains("task 2 was skipped"),
        "{}",
        said(&client)
    );
    assert!(client.close().success());
}

/// Waits for a proposal; gives what Kiro's own clients are told of it, and the request for permission.
fn asked(client: &mut Client) -> (Value, Value) {
    let ask = client.until_method("_kiro/asked");
    let request = client.until_method("session/request_permission");
    assert_eq!(
        request["params"]["_meta"]["kiro"]["ask"],
        ask["params"]["ask"]
    );
    (ask["params"].clone(), request)
}

#[test]
fn who_knows_kiro_answers_by_hunks_and_the_request_is_taken_back() {
    let world = numbers();
    let long = |first: &str, last: &str| format!("# {first}\n{}# {last}\n", "#\n".repeat(12));
    world.write("numbers_kit/double.py", long("a", "b"));
    let whole = long("changed", "changed too") + "\n\n" + DOUBLE;
    let model = world.script(&drives(&[
        json!({"when": "Task 1 of the plan", "calls": [
            {"name": "read", "arguments": {"path": "numbers_kit/double.py"}},
        ]}),
        json!({"calls": [write("numbers_kit/double.py", &whole), write("numbers_kit/helper.py", "X = 1\n")]}),
        json!({"reply": "done"}),
    ]));
    let (mut client, session) = begun(&world, &model);
    client.call("_kiro/listen", json!({}));
    let id = prompt(&mut client, &session, "/run numbers 1");
    let (ask, request) = asked(&mut client);
    let files = ask["files"].as_array().expect("files");
    let file = |path: &str| files.iter().find(|it| it["path"] == path).expect("a file");
    let double = file("numbers_kit/double.py");
    assert_eq!(double["old_text"], long("a", "b"));
    assert_eq!(double["new_text"], whole);
    let parts = double["parts"].as_array().expect("parts");
    assert_eq!(parts.len(), 2);
    assert!(
        parts[0]["text"]
            .as_str()
            .expect("a hunk")
            .contains("+# changed")
    );
    let answer = |parts: Value| json!({"ask": ask["ask"], "answer": "keep", "parts": parts});
    let bad = json!([{"path": "numbers_kit/double.py", "number": 7}]);
    let error = client.fails("_kiro/asks/answer", answer(bad));
    assert_eq!(error["message"], "numbers_kit/double.py has no part 7");
    let tests = files
        .iter()
        .filter(|it| {
            it["path"]
                .as_str()
                .is_some_and(|it| it.starts_with("tests/"))
        })
        .map(|it| json!({"path": it["path"], "number": 0}));
    let mut keep: Vec<Value> = tests.collect();
    keep.push(json!({"path": "numbers_kit/double.py", "number": 1}));
    client.call("_kiro/asks/answer", answer(json!(keep)));
    let back = client.until_method("$/cancel_request");
    assert_eq!(back["params"]["requestId"], request["id"]);
    let (ask, _) = asked(&mut client);
    let left = ask["files"].as_array().expect("files");
    assert!(
        left.iter().all(|it| it["path"] != "numbers_kit/helper.py"),
        "{left:#?}"
    );
    client.call(
        "_kiro/asks/answer",
        json!({"ask": ask["ask"], "answer": "approve"}),
    );
    assert_eq!(client.came(id)["result"]["stopReason"], "end_turn");
    let expected = long("a", "changed too") + "\n\n" + DOUBLE;
    assert_eq!(world.read("numbers_kit/double.py"), expected);
    assert!(!world.has("numbers_kit/helper.py"));
    let error = client.fails(
        "_kiro/asks/answer",
        json!({"ask": ask["ask"], "answer": "approve"}),
    );
    assert_eq!(error["code"], -32002, "it is answered once");
}

#[test]
fn an_edit_of_the_proposal_is_proven_and_lands() {
    let world = numbers();
    let model = world.script(&good_replies());
    let (mut client, session) = begun(&world, &model);
    client.call("_kiro/listen", json!({}));
    let id = prompt(&mut client, &session, "/run numbers 1");
    let (ask, _) = asked(&mut client);
    let edit = |path: &str, text: &str| json!({"ask": ask["ask"], "answer": "modify", "files": [{"path": path, "text": text}]});
    let other = client.fails("_kiro/asks/answer", edit("other.py", ""));
    assert_eq!(other["message"], "other.py is no file of the proposal");
    let mine = "def double(n):\n    return n + n\n";
    client.call("_kiro/asks/answer", edit("numbers_kit/double.py", mine));
    let (ask, request) = asked(&mut client);
    let files = ask["files"].as_array().expect("files");
    assert!(files.iter().any(|it| it["new_text"] == mine), "{files:#?}");
    client.answer(&request, chosen("approve"));
    assert_eq!(client.came(id)["result"]["stopReason"], "end_turn");
    assert_eq!(world.read("numbers_kit/double.py"), mine);
    let log = world.kiro(&["log"]).stdout;
    assert!(log.contains("task 1: modify by person"), "{log}");
}

#[test]
fn a_cancelled_run_goes_on_later() {
    let world = numbers();
    let model = world.script(&good_replies());
    let (mut client, session) = begun(&world, &model);
    let id = prompt(&mut client, &session, "/run numbers");
    let request = client.until_method("session/request_permission");
    client.notify("session/cancel", json!({"sessionId": session}));
    client.answer(&request, json!({"outcome": {"outcome": "cancelled"}}));
    assert_eq!(client.came(id)["result"]["stopReason"], "cancelled");
    assert!(client.close().success());
    let ran = autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(states(&world), ["done", "done", "done"]);
}

#[test]
fn a_client_that_vanishes_or_is_killed_with_its_server_loses_nothing() {
    for killed in [false, true] {
        let world = numbers();
        let model = world.script(&good_replies());
        let (mut client, session) = begun(&world, &model);
        prompt(&mut client, &session, "/run numbers");
        let request = client.until_method("session/request_permission");
        client.answer(&request, chosen("approve"));
        client.until_method("session/request_permission");
        match killed {
            true => client.vanish(),
            false => assert!(client.close().success()),
        }
        assert_eq!(world.read("numbers_kit/double.py"), DOUBLE);
        let (mut client, session) = begun(&world, &model);
        let id = prompt(&mut client, &session, "/run numbers");
        let result = answering(&mut client, id, &["approve"; 2]);
        assert_eq!(result["stopReason"], "end_turn");
        let thoughts = updates(&client, "agent_thought_chunk");
        let is_resumed = |it: &&&Value| it.to_string().contains("goes on where it stopped");
        assert_eq!(thoughts.iter().any(|it| is_resumed(&it)), killed);
        assert_eq!(states(&world), ["done", "done", "done"]);
    }
}

#[test]
fn two_clients_see_one_run_and_one_of_them_works_on_it() {
    let world = numbers();
    let model = world.script(&good_replies());
    let (mut one, of_one) = begun(&world, &model);
    let (mut other, of_other) = begun(&world, &model);
    other.call("_kiro/listen", json!({}));
    let id = prompt(&mut one, &of_one, "/run numbers 1");
    one.until_method("session/request_permission");
    other.until("the facts of the other's run", |it| {
        let facts = it["params"]["facts"].as_array();
        it["method"] == "_kiro/facts"
            && facts.is_some_and(|it| it.iter().any(|it| it["fact"]["fact"] == "proposed"))
    });
    let second = prompt(&mut other, &of_other, "/run numbers 2");
    let told = other.came(second);
    assert_eq!(told["result"]["stopReason"], "end_turn", "{told}");
    assert!(
        said(&other).contains("is going on in process"),
        "{}",
        said(&other)
    );
    let shown = other.call("_kiro/approvals/show", json!({"task": "1"}));
    assert!(shown["files"][0]["new_text"].is_string(), "{shown}");
    let keep = json!({"task": "1", "answer": "keep", "parts": []});
    assert_eq!(other.fails("_kiro/approvals/answer", keep)["code"], -32010);
    other.call(
        "_kiro/approvals/answer",
        json!({"task": "1", "answer": "approve"}),
    );
    one.until_method("$/cancel_request");
    assert_eq!(one.came(id)["result"]["stopReason"], "end_turn");
    assert_eq!(world.read("numbers_kit/double.py"), DOUBLE);
}

#[test]
fn a_chat_streams_calls_tools_asks_and_is_remembered() {
    let world = world();
    world.write("a.txt", "one\n");
    let model = world.script(&drives(&[
        json!({"when": "read a.txt", "calls": [{"name": "read", "arguments": {"path": "a.txt"}}]}),
        json!({"when": "one", "calls": [write("b.txt", "two\n")]}),
        json!({"reply": ["It is ", "written."]}),
    ]));
    let (mut client, session) = begun(&world, &model);
    let id = prompt(&mut client, &session, "read a.txt and write b.txt");
    assert_eq!(
        answering(&mut client, id, &["approve"])["stopReason"],
        "end_turn"
    );
    assert_eq!(world.read("b.txt"), "two\n");
    assert_eq!(said(&client), "It is written.");
    let titles: Vec<&str> = updates(&client, "tool_call")
        .iter()
        .filter_map(|it| it["title"].as_str())
        .collect();
    assert_eq!(titles[..2], ["read", "write"]);
    assert!(client.close().success());

    let model = world.script(&drives(&[
        json!({"when": "You: It is written.", "reply": "You asked for b.txt."}),
    ]));
    let mut client = Client::start(&world, &["acp"], Framing::Lines);
    client.call("initialize", json!({"protocolVersion": 1}));
    let listed = client.call("session/list", json!({"cwd": world.project()}));
    assert_eq!(listed["sessions"][0]["sessionId"], session);
    assert_eq!(listed["sessions"][0]["title"], "read a.txt and write b.txt");
    let load = json!({"sessionId": session, "cwd": world.project(), "mcpServers": []});
    client.call("session/load", load);
    assert_eq!(said(&client), "It is written.");
    let user = updates(&client, "user_message_chunk");
    assert_eq!(user[0]["content"]["text"], "read a.txt and write b.txt");
    let option = json!({"sessionId": session, "configId": "model", "value": model});
    client.call("session/set_config_option", option);
    let id = prompt(&mut client, &session, "what did I ask for?");
    assert_eq!(client.came(id)["result"]["stopReason"], "end_turn");
    assert!(
        said(&client).ends_with("You asked for b.txt."),
        "{}",
        said(&client)
    );
}

#[test]
fn modes_are_set_and_autopilot_asks_nothing() {
    let world = numbers();
    let model = world.script(&good_replies());
    let (mut client, session) = begun(&world, &model);
    let error = client.fails(
        "session/set_mode",
        json!({"sessionId": session, "modeId": "wild"}),
    );
    assert_eq!(error["message"], "there is no mode wild");
    client.call(
        "session/set_mode",
        json!({"sessionId": session, "modeId": "autopilot"}),
    );
    let id = prompt(&mut client, &session, "/run");
    assert_eq!(answering(&mut client, id, &[])["stopReason"], "end_turn");
    assert_eq!(states(&world), ["done", "done", "done"]);
    let diffs = updates(&client, "tool_call_update");
    let has_diff = |it: &&&Value| it["content"].to_string().contains("\"type\":\"diff\"");
    assert!(diffs.iter().any(|it| has_diff(&it)), "what landed is shown");
}

#[test]
fn commands_answer_without_a_model() {
    let world = numbers();
    let (mut client, session) = begun(&world, "local/nothing-of-this-name-is-asked");
    let mut says = |text: &str| {
        let from = said(&client).len();
        let id = prompt(&mut client, &session, text);
        let came = client.came(id);
        match came["error"].is_null() {
            true => said(&client)[from..].to_owned(),
            false => came["error"]["message"].as_str().expect("why").to_owned(),
        }
    };
    assert!(says("/spec").contains("**numbers** `specs/numbers.md`"));
    assert!(says("/spec numbers").contains("**FR-1** Doubling"));
    assert!(says("/tasks").contains("has no tasks yet"));
    assert!(says("/status").contains("specs/numbers.md"));
    assert!(says("/spec new login Log in").contains("specs/login.md"));
    assert!(says("/lint login").contains("specs/login.md:"));
    assert_eq!(says("/approvals"), "Nothing waits for an answer.");
    assert!(says("/help").contains("/run"));
    assert!(world.has("specs/login.md"));
}

#[test]
fn what_is_no_message_is_told_and_harms_nothing() {
    let world = numbers();
    let mut client = Client::start(&world, &["acp"], Framing::Lines);
    let mut told = |bytes: &[u8], code: i64| {
        client.raw(bytes);
        let told = client.until("an error", |it| it["error"].is_object());
        assert_eq!(told["error"]["code"], code, "{told}");
    };
    told(b"{\"jsonrpc\":\n", -32700);
    told(b"\xff\xfe\n", -32600);
    told(b"[]\n", -32600);
    told(b"{\"id\":1,\"method\":\"no/such\"}\n", -32601);
    told(b"{\"id\":2,\"method\":\"_kiro/no/such\"}\n", -32601);
    told(b"{\"id\":3,\"method\":\"session/prompt\"}\n", -32602);
    told(
        b"{\"id\":4,\"method\":\"session/prompt\",\"params\":{\"sessionId\":\"x\",\"prompt\":[]}}\n",
        -32002,
    );
    told(
        b"{\"id\":5,\"method\":\"session/new\",\"params\":{\"cwd\":\"relative\",\"mcpServers\":[]}}\n",
        -32602,
    );
    let mut long = vec![b' '; (64 << 20) + 10];
    long.push(b'\n');
    told(&long, -32600);
    client.notify("session/cancel", json!({"sessionId": "none"}));
    client.notify("unheard/of", json!({}));
    assert_eq!(
        client.call("initialize", json!({"protocolVersion": 7}))["protocolVersion"],
        1
    );
    assert!(client.close().success());
}

#[test]
fn panels_are_served() {
    let world = numbers();
    let hook = "name: H\ntrigger: {event: manual}\naction: {type: agent, prompt: Look}\n";
    world.write(".kiro/hooks/h.yaml", hook);
    let model = world.script(&good_replies());
    let (mut client, session) = begun(&world, &model);
    let listening = client.call("_kiro/listen", json!({}));
    assert_eq!(listening["version"], 1);
    specs_and_plan(&mut client, &model);
    runs(&mut client, &session, &model);
    hooks_and_trust(&world, &mut client);
    let set = json!({"spec": "numbers", "task": "2", "state": "done"});
    client.call("_kiro/tasks/set", set);
    let status = client.call("_kiro/status", json!({}));
    let numbers = status["specs"].as_array().expect("specs");
    let numbers = numbers.iter().find(|it| it["spec"] == "specs/numbers.md");
    assert_eq!(numbers.expect("the spec")["tasks"]["done"], 2);
    assert!(client.call("_kiro/models/list", json!({}))["models"].is_array());
    assert!(client.call("_kiro/doctor", json!({}))["controls"].is_array());
    let page = client.call("_kiro/metrics/page", json!({}));
    let page = page["html"].as_str().expect("a page");
    assert!(page.contains("<svg") && !page.contains("<script"), "{page}");
    let none = client.fails("_kiro/specs/list", json!({"root": "/no/such/folder"}));
    assert_eq!(none["code"], -32602);
    client.forms.check();
}

fn specs_and_plan(client: &mut Client, model: &str) {
    let specs = client.call("_kiro/specs/list", json!({}));
    assert_eq!(specs["specs"][0]["path"], "specs/numbers.md");
    let shown = client.call("_kiro/specs/show", json!({"spec": "numbers"}));
    assert_eq!(shown["requirements"][1]["id"], "FR-2");
    assert_eq!(shown["plan"], "plans/numbers-plan.md");
    let new = client.call(
        "_kiro/specs/new",
        json!({"name": "login", "kind": "bugfix"}),
    );
    assert_eq!(new["path"], "specs/login.md");
    let lint = client.call("_kiro/specs/lint", json!({"specs": ["login"]}));
    assert_eq!(lint["findings"][0]["path"], "specs/login.md");
    let plan = json!({"spec": "numbers", "model": model});
    let started = client.call("_kiro/plan/start", plan);
    let ended = client.until("the plan's end", |it| {
        it["params"]["operation"] == started["operation"] && it["params"]["ended"].is_object()
    });
    let made = &ended["params"]["ended"]["result"];
    assert_eq!(made["tasks"], "plans/numbers-tasks.md");
    client.heard_or_until("the files' change", |it| {
        let specs = it["params"]["specs"].as_array();
        it["method"] == "_kiro/changed"
            && specs.is_some_and(|it| it.contains(&json!("plans/numbers-tasks.md")))
    });
    let tasks = client.call("_kiro/tasks/list", json!({"spec": "numbers"}));
    assert_eq!(tasks["tasks"][2]["depends_on"], json!(["1", "2"]));
}

fn runs(client: &mut Client, session: &str, model: &str) {
    let run = json!({"spec": "numbers", "mode": "guided", "task": "1", "model": model});
    let started = client.call("_kiro/run/start", run);
    let ask = client.until_method("_kiro/asked");
    let asks = client.call("_kiro/asks/list", json!({}));
    assert_eq!(asks["asks"][0]["ask"], ask["params"]["ask"]);
    let waiting = client.call("_kiro/approvals/list", json!({}));
    assert_eq!(waiting["waiting"][0]["going_on"], true);
    client.call("_kiro/approvals/show", json!({"task": "1"}));
    let yes = json!({"ask": ask["params"]["ask"], "answer": "approve"});
    client.call("_kiro/asks/answer", yes);
    let ended = client.until("the run's end", |it| {
        it["params"]["operation"] == started["operation"] && it["params"]["ended"].is_object()
    });
    assert_eq!(ended["params"]["ended"]["outcome"], "partial");
    let all = client.call("_kiro/operations/list", json!({}));
    assert_eq!(all["operations"].as_array().expect("all").len(), 2);
    let why = client.call("_kiro/why", json!({"task": "1"}));
    assert_eq!(why["state"], "done");
    let nothing = json!({"path": "a.py", "before": " ", "after": ""});
    assert_eq!(client.call("_kiro/complete", nothing)["text"], "");
    let log = client.call("_kiro/runs/log", json!({}));
    assert_eq!(log["run"]["id"], ended["params"]["run"]);
    let trace = client.call(
        "_kiro/specs/trace",
        json!({"what": "FR-1", "spec": "numbers"}),
    );
    assert_eq!(trace["rows"][0]["tasks"][0]["check"]["failed"], 0);
    let undone = client.call("_kiro/undo", json!({"dry_run": true}));
    assert_eq!(undone["tasks"][0]["task"], "1");
    let id = prompt(client, session, "/run numbers 2");
    assert_eq!(answering(client, id, &["skip"])["stopReason"], "end_turn");
}

fn hooks_and_trust(world: &World, client: &mut Client) {
    let hooks = client.call("_kiro/hooks/list", json!({}));
    assert_eq!(hooks["hooks"][0]["standing"], "new");
    let explained = client.call("_kiro/hooks/explain", json!({"event": "manual"}));
    assert_eq!(explained["hooks"][0]["clause"], "trust");
    let trust = client.call("_kiro/trust/show", json!({}));
    let other = client.fails("_kiro/trust/grant", json!({"state": "0"}));
    assert_eq!(other["code"], -32010);
    let granted = client.call("_kiro/trust/grant", json!({"state": trust["state"]}));
    assert_eq!(granted["whole"], true);
    let dry = json!({"hook": ".kiro/hooks/h.yaml", "dry_run": true});
    let started = client.call("_kiro/hooks/run", dry);
    let ended = client.until("the hook's end", |it| {
        it["params"]["operation"] == started["operation"] && it["params"]["ended"].is_object()
    });
    let decisions = &ended["params"]["ended"]["result"]["decisions"];
    assert_eq!(decisions[0]["would"], "Look");
    let off = json!({"hook": "H", "enabled": false});
    client.call("_kiro/hooks/switch", off);
    assert!(world.read(".kiro/hooks/h.yaml").contains("enabled: false"));
    let new = client.call("_kiro/hooks/new", json!({"template": "auto-doc"}));
    assert_eq!(new["path"], ".kiro/hooks/auto-doc.yaml");
    client.call("_kiro/hooks/log", json!({}));
    client.heard_or_until("the hooks' change", |it| {
        it["method"] == "_kiro/changed" && it["params"]["hooks"][0].is_string()
    });
}
