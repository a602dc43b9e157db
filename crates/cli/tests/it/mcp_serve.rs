//! `kiro mcp serve`: another program's agent works through Kiro's tasks, and ticks none without evidence.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};
use testkit::World;

use crate::{DOUBLE, numbers, states};

/// A program at the other end of the streams.
struct Client {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    next: u64,
}

impl Client {
    fn of(world: &World) -> Client {
        let mut command = world.command(&["mcp", "serve"]);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let input = child.stdin.take().expect("an input");
        let output = BufReader::new(child.stdout.take().expect("an output"));
        let mut client = Client {
            child,
            input,
            output,
            next: 0,
        };
        let hello = json!({
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"},
        });
        let welcome = client.ask("initialize", hello);
        assert_eq!(welcome["result"]["serverInfo"]["name"], "kiro", "{welcome}");
        client.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        client
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.input, "{message}").expect("taken");
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let mut line = String::new();
            let read = self.output.read_line(&mut line).expect("read");
            assert!(read > 0, "it went away after {method}");
            let message: Value =
                serde_json::from_str(&line).expect("only messages on the standard output");
            if message["id"] == id {
                return message;
            }
        }
    }

    /// A tool's text, and whether it failed.
    fn call(&mut self, name: &str, arguments: Value) -> (String, bool) {
        let told = self.ask("tools/call", json!({"name": name, "arguments": arguments}));
        let result = &told["result"];
        let text = result["content"][0]["text"].as_str();
        let text = text.unwrap_or_else(|| panic!("{told}"));
        (text.to_owned(), result["isError"] == true)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn task() -> Value {
    json!({"spec": "numbers", "task": "1"})
}

#[test]
fn work_that_is_handed_in_is_ticked_on_evidence_and_on_nothing_else() {
    let world = numbers();
    let planned = world.kiro(&["plan", "numbers"]);
    assert_eq!(planned.code, Some(0), "{}", planned.stderr);
    let mut client = Client::of(&world);
    let (next, failed) = client.call("next_task", json!({"spec": "numbers"}));
    assert!(!failed && next.starts_with("Task 1:"), "{next}");
    assert!(
        next.contains("Twice the number") && next.contains("numbers_kit/double.py"),
        "{next}"
    );
    let (told, failed) = client.call("hand_in", task());
    assert!(
        failed && told.contains("not done"),
        "nothing is there yet: {told}"
    );
    world.write(
        "numbers_kit/double.py",
        "def double(n):\n    return n + 2\n",
    );
    let (told, failed) = client.call("hand_in", task());
    assert!(
        failed && told.contains("1 of 2 checks pass"),
        "it is wrong: {told}"
    );
    assert_ne!(states(&world)[0], "done");
    world.write("numbers_kit/double.py", DOUBLE);
    let (told, failed) = client.call("hand_in", task());
    assert!(!failed && told.contains("task 1 is done"), "{told}");
    assert_eq!(states(&world)[0], "done");
    let (evidence, _) = client.call("why", task());
    let evidence: Value = serde_json::from_str(&evidence).expect("JSON");
    assert_eq!(evidence["state"], "done");
    assert!(
        evidence["covered"]
            .as_array()
            .is_some_and(|it| !it.is_empty()),
        "{evidence}"
    );
    let (trace, _) = client.call("trace", json!({"spec": "numbers"}));
    assert!(trace.contains("\"covered\": true"), "{trace}");
    let (next, _) = client.call("next_task", json!({"spec": "numbers"}));
    assert!(next.starts_with("Task 2:"), "{next}");
}

#[test]
fn documents_are_read_by_their_address_and_other_files_are_not() {
    let world = numbers();
    world.write(".env", "PASSWORD=x\n");
    let mut client = Client::of(&world);
    let listed = client.ask("resources/list", json!({}));
    assert_eq!(
        listed["result"]["resources"][0]["uri"], "kiro:///specs/numbers.md",
        "{listed}"
    );
    let read = client.ask("resources/read", json!({"uri": "kiro:///specs/numbers.md"}));
    let text = read["result"]["contents"][0]["text"].as_str();
    assert!(
        text.is_some_and(|it| it.contains("FR-1: Doubling")),
        "{read}"
    );
    for uri in [
        "kiro:///.env",
        "kiro:///specs/../.env",
        "file:///etc/passwd",
    ] {
        let read = client.ask("resources/read", json!({"uri": uri}));
        assert!(read["error"]["message"].is_string(), "{read}");
    }
}

#[test]
fn what_cannot_be_asked_is_said() {
    let world = numbers();
    let mut client = Client::of(&world);
    let tools = client.ask("tools/list", json!({}));
    let tools = tools["result"]["tools"].as_array().expect("tools").len();
    assert_eq!(tools, 8);
    let (told, failed) = client.call("tasks", json!({"spec": "numbers"}));
    assert!(failed && told.contains("kiro plan"), "{told}");
    let (told, failed) = client.call("spec", json!({}));
    assert!(failed && told.contains("`spec` is missing"), "{told}");
    let unknown = client.ask("tools/call", json!({"name": "tick", "arguments": {}}));
    assert!(unknown["error"]["message"].is_string(), "{unknown}");
    let (told, failed) = client.call("policy_explain", json!({"command": "rm -rf /"}));
    assert!(!failed && told.contains("\"ask\""), "{told}");
}

#[test]
fn a_prompt_lets_a_person_begin_the_work_by_one_name() {
    let world = World::new(env!("CARGO_BIN_EXE_kiro"));
    world.write(
        "specs/one.md",
        "# One\n\n## Functional Requirements\n\n### FR-1: A\n\n- b\n",
    );
    let mut client = Client::of(&world);
    let listed = client.ask("prompts/list", json!({}));
    let prompt = &listed["result"]["prompts"][0];
    assert_eq!(prompt["name"], "work", "{listed}");
    assert_eq!(prompt["arguments"][0]["name"], "spec");
    let text = |told: &Value| {
        let text = told["result"]["messages"][0]["content"]["text"].as_str();
        text.unwrap_or_default().to_owned()
    };
    let given = json!({"name": "work", "arguments": {"spec": "one"}});
    let told = text(&client.ask("prompts/get", given));
    assert!(told.contains("«one»") && told.contains("hand_in"), "{told}");
    let told = text(&client.ask("prompts/get", json!({"name": "work"})));
    assert!(told.contains("one") && told.contains("Ask me"), "{told}");
    let refused = client.ask("prompts/get", json!({"name": "rest"}));
    assert!(refused["error"]["message"].is_string(), "{refused}");
    let begun = |begun: &str| {
        json!({
            "ref": {"type": "ref/prompt", "name": "work"},
            "argument": {"name": "spec", "value": begun},
        })
    };
    let completed = client.ask("completion/complete", begun("o"));
    assert_eq!(completed["result"]["completion"]["values"], json!(["one"]));
    let completed = client.ask("completion/complete", begun("x"));
    assert_eq!(completed["result"]["completion"]["values"], json!([]));
}
