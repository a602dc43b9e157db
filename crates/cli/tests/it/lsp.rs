//! `kiro lsp`, driven by a client over its streams, as an editor drives it.

use serde_json::{Value, json};
use testkit::World;

use crate::client::{Client, Framing};
use crate::{DOUBLE, good_replies, numbers, states, world};

/// An editor on the world's project; `can` are its capabilities.
fn editor(world: &World, can: Value) -> Client {
    let mut client = Client::start(world, &["lsp"], Framing::Headers);
    let init = json!({"capabilities": can, "rootUri": uri(world, "")});
    let told = client.call("initialize", init);
    assert_eq!(told["serverInfo"]["name"], "kiro");
    client.notify("initialized", json!({}));
    client
}

fn uri(world: &World, path: &str) -> String {
    let root = world.project().canonicalize().expect("a folder");
    let whole = root.join(path).display().to_string();
    format!("file://{}", whole.trim_end_matches('/'))
}

fn open(client: &mut Client, world: &World, path: &str, text: &str) {
    let document = json!({"uri": uri(world, path), "languageId": "x", "version": 1, "text": text});
    client.notify("textDocument/didOpen", json!({"textDocument": document}));
}

/// Replaces what stands in a range of lines and columns.
fn change(client: &mut Client, world: &World, path: &str, version: i32, range: Value, text: &str) {
    let document = json!({"uri": uri(world, path), "version": version});
    let changes = json!([{"range": range, "text": text}]);
    client.notify(
        "textDocument/didChange",
        json!({"textDocument": document, "contentChanges": changes}),
    );
}

fn range(line: u32, from: u32, to: u32) -> Value {
    json!({"start": {"line": line, "character": from}, "end": {"line": line, "character": to}})
}

/// The next remarks on a document, as code and range.
fn remarks(client: &mut Client, world: &World, path: &str) -> Vec<(String, Value)> {
    let uri = uri(world, path);
    let told = client.until("remarks", |it| {
        it["method"] == "textDocument/publishDiagnostics" && it["params"]["uri"] == *uri
    });
    let all = told["params"]["diagnostics"].as_array().expect("remarks");
    all.iter()
        .map(|it| {
            (
                it["code"].as_str().expect("a code").to_owned(),
                it["range"].clone(),
            )
        })
        .collect()
}

fn at(world: &World, path: &str, line: u32, character: u32) -> Value {
    json!({
        "textDocument": {"uri": uri(world, path)},
        "position": {"line": line, "character": character},
    })
}

fn of(world: &World, path: &str) -> Value {
    json!({"textDocument": {"uri": uri(world, path)}})
}

const HOOK: &str = ".kiro/hooks/h.yaml";

#[test]
fn remarks_follow_what_is_written_and_fixes_mend_it() {
    let world = numbers();
    let mut client = editor(&world, json!({}));
    let text = "name: \"Ä😀\"\ntrigger: {event: manaul}\naction: {type: agent, promt: \"😀\"}\n";
    open(&mut client, &world, HOOK, text);
    let found = remarks(&mut client, &world, HOOK);
    let event = found.iter().find(|it| it.0 == "unknown-event");
    assert_eq!(event.expect("an event").1, range(1, 17, 23));
    let asked = json!({
        "textDocument": {"uri": uri(&world, HOOK)},
        "range": range(1, 18, 18),
        "context": {"diagnostics": []},
    });
    let actions = client.call("textDocument/codeAction", asked);
    assert_eq!(actions[0]["title"], "Write «manual»");
    let edit = &actions[0]["edit"]["changes"][uri(&world, HOOK)][0];
    assert_eq!(
        (&edit["range"], &edit["newText"]),
        (&range(1, 17, 23), &json!("manual"))
    );
    let all = actions.as_array().expect("actions").last().expect("one");
    assert_eq!(all["kind"], "source.fixAll.kiro");
    // The text in the editor counts, not the disk's; columns count units of UTF-16.
    change(&mut client, &world, HOOK, 2, range(1, 17, 23), "manual");
    let found = remarks(&mut client, &world, HOOK);
    assert!(found.iter().all(|it| it.0 != "unknown-event"), "{found:?}");
    change(&mut client, &world, HOOK, 3, range(2, 22, 27), "prompt");
    change(&mut client, &world, HOOK, 4, range(0, 8, 10), "b");
    assert_eq!(remarks(&mut client, &world, HOOK), []);
    let close = of(&world, HOOK);
    client.notify("textDocument/didClose", close);
    client.call("shutdown", Value::Null);
    client.notify("exit", Value::Null);
    assert_eq!(client.close().code(), Some(0));
}

#[test]
fn lenses_do_what_they_say() {
    let world = numbers();
    let model = world.script(&good_replies());
    world.write(".kiro/config.yaml", "security: {}\n");
    let config = format!("model: {model}\n");
    let home = world.home().join(".kiro");
    std::fs::create_dir_all(&home).expect("made");
    #[expect(clippy::disallowed_methods, reason = "a test plants its files")]
    std::fs::write(home.join("config.yaml"), config).expect("written");
    let can = json!({
        "window": {"workDoneProgress": true, "showDocument": {"support": true}},
        "workspace": {"codeLens": {"refreshSupport": true}},
    });
    let mut client = editor(&world, can);
    let spec = "specs/numbers.md";
    open(&mut client, &world, spec, &world.read(spec));
    let lens = |client: &mut Client, path: &str, title: &str| {
        let lenses = client.call("textDocument/codeLens", of(&world, path));
        let all = lenses.as_array().expect("lenses").clone();
        let found = all.iter().find(|it| it["command"]["title"] == title);
        found.unwrap_or_else(|| panic!("{title}: {all:#?}"))["command"].clone()
    };
    let plan = lens(&mut client, spec, "Generate plan");
    let id = client.begin("workspace/executeCommand", plan);
    let place = client.until_method("window/workDoneProgress/create");
    client.answer(&place, Value::Null);
    let told = client.until_method("window/showMessage");
    assert_eq!(
        told["params"]["message"],
        "The plan of specs/numbers.md is written"
    );
    assert!(client.came(id)["error"].is_null());
    client.heard_or_until("a refresh", |it| {
        it["method"] == "workspace/codeLens/refresh"
    });

    let tasks = "plans/numbers-tasks.md";
    let start = lens(&mut client, tasks, "Start task");
    let id = client.begin("workspace/executeCommand", start);
    let place = client.until_method("window/workDoneProgress/create");
    client.answer(&place, Value::Null);
    let asked = client.until_method("window/showMessageRequest");
    let text = asked["params"]["message"].as_str().expect("a text");
    assert!(
        text.contains("numbers_kit/double.py") && text.contains("2 checks pass"),
        "{text}"
    );
    client.answer(&asked, json!({"title": "Show the changes"}));
    let shown = client.until_method("window/showDocument");
    let file = shown["params"]["uri"].as_str().expect("a file");
    let diff = std::fs::read_to_string(file.trim_start_matches("file://")).expect("a diff");
    assert!(diff.contains("+    return n * 2"), "{diff}");
    client.answer(&shown, json!({"success": true}));
    let asked = client.until_method("window/showMessageRequest");
    client.answer(&asked, json!({"title": "Approve"}));
    assert_eq!(client.came(id)["result"]["outcome"], "partial");
    assert_eq!(world.read("numbers_kit/double.py"), DOUBLE);
    assert_eq!(states(&world), ["done", "ready", "pending"]);
    let trace = lens(&mut client, spec, "2 checks · green");
    let code = lens(
        &mut client,
        "numbers_kit/double.py",
        "FR-1: Doubling · 2 checks · green",
    );
    assert_eq!(trace["arguments"], code["arguments"]);
    let rows = client.call("workspace/executeCommand", trace);
    assert_eq!(rows["rows"][0]["requirement"], "FR-1");
    let why = lens(&mut client, tasks, "2 checks · green");
    assert_eq!(
        client.call("workspace/executeCommand", why)["state"],
        "done"
    );
}

#[test]
fn words_are_explained_lead_somewhere_and_are_completed() {
    let world = numbers();
    world.write("numbers_kit/double.py", DOUBLE);
    let mut client = editor(&world, json!({}));
    let notes = "Ä😀 FR-1 and FR-2.1\n";
    open(&mut client, &world, "notes.md", notes);
    let hover = client.call("textDocument/hover", at(&world, "notes.md", 0, 5));
    let told = hover["contents"]["value"].as_str().expect("a text");
    assert!(told.contains("**FR-1** Doubling"), "{told}");
    assert_eq!(hover["range"], range(0, 4, 8));
    let led = client.call("textDocument/definition", at(&world, "notes.md", 0, 15));
    assert_eq!(led[0]["uri"], uri(&world, "specs/numbers.md"));
    let none = client.call("textDocument/hover", at(&world, "notes.md", 0, 10));
    assert_eq!(none, Value::Null);
    let spec = world.read("specs/numbers.md");
    let line = spec
        .lines()
        .position(|it| it.starts_with("`double"))
        .expect("a line");
    let line = u32::try_from(line).expect("small");
    let led = client.call(
        "textDocument/definition",
        at(&world, "specs/numbers.md", line, 3),
    );
    assert_eq!(led[0]["uri"], uri(&world, "numbers_kit/double.py"));
    open(&mut client, &world, HOOK, "trigger:\n  event: git.pre\n");
    let items = client.call("textDocument/completion", at(&world, HOOK, 1, 16));
    let labels: Vec<&str> = items
        .as_array()
        .expect("items")
        .iter()
        .filter_map(|it| it["label"].as_str())
        .collect();
    assert!(labels.contains(&"git.pre-commit"), "{labels:?}");
    assert_eq!(items[0]["textEdit"]["range"], range(1, 9, 16));
}

#[test]
fn bytes_are_columns_for_an_editor_that_wants_them() {
    let world = numbers();
    let mut client = Client::start(&world, &["lsp"], Framing::Headers);
    let can = json!({"general": {"positionEncodings": ["utf-8", "utf-16"]}});
    let folders = json!([{"uri": uri(&world, ""), "name": "p"}]);
    let init = json!({"capabilities": can, "workspaceFolders": folders});
    let told = client.call("initialize", init);
    assert_eq!(told["capabilities"]["positionEncoding"], "utf-8");
    client.notify("initialized", json!({}));
    open(&mut client, &world, "notes.md", "Ä😀 FR-1\n");
    let hover = client.call("textDocument/hover", at(&world, "notes.md", 0, 9));
    assert_eq!(hover["range"], range(0, 7, 11));
}

#[test]
fn many_documents_are_remarked_on_when_one_changes() {
    let world = world();
    let mut client = editor(&world, json!({}));
    let spec = |id: u32| format!("# N\n\n### FR-{id}: One\n\n- It should be fast\n");
    for number in 0..40 {
        world.write(&format!("specs/s{number}.md"), spec(number));
    }
    for number in 0..40 {
        let path = format!("specs/s{number}.md");
        open(&mut client, &world, &path, &spec(number));
    }
    for number in 0..40 {
        let uri = uri(&world, &format!("specs/s{number}.md"));
        client.heard_or_until("remarks", |it| {
            it["params"]["uri"] == *uri && it["params"]["diagnostics"][0].is_object()
        });
    }
    // What is typed in between is never lost.
    for version in 2..60 {
        change(
            &mut client,
            &world,
            "specs/s7.md",
            version,
            range(2, 4, 8),
            "FR-7",
        );
    }
    let end = json!({"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}});
    change(&mut client, &world, "specs/s7.md", 60, end, "");
    let left = remarks(&mut client, &world, "specs/s7.md");
    assert!(left.iter().all(|it| it.0 != "vague"), "{left:?}");
}

#[test]
fn what_is_no_message_is_told_and_order_is_kept() {
    let world = numbers();
    let mut client = Client::start(&world, &["lsp"], Framing::Headers);
    assert_eq!(
        client.fails("textDocument/hover", json!({}))["code"],
        -32002
    );
    client.raw(b"Content-Length: 3\r\n\r\n{]}");
    let told = client.until("an error", |it| it["error"].is_object());
    assert_eq!(told["error"]["code"], -32700);
    client.call("initialize", json!({"capabilities": {}, "rootUri": null}));
    client.notify("initialized", json!({}));
    assert_eq!(
        client.fails("initialize", json!({"capabilities": {}}))["code"],
        -32600
    );
    assert_eq!(
        client.fails("textDocument/unheardOf", json!({}))["code"],
        -32601
    );
    assert_eq!(
        client.fails("textDocument/hover", json!({"position": 1}))["code"],
        -32602
    );
    client.notify("textDocument/didChange", json!({"nothing": true}));
    let nowhere =
        json!({"textDocument": {"uri": "untitled:1"}, "position": {"line": 0, "character": 0}});
    assert_eq!(client.call("textDocument/hover", nowhere), Value::Null);
    let command = json!({"command": "kiro.run", "arguments": [{"spec": "none"}]});
    let ended = client.call("workspace/executeCommand", command);
    assert_eq!(ended["reason"], "there is no spec none");
    // A header without a length leaves nothing to go on with.
    client.raw(b"Nonsense\r\n\r\n");
    assert_eq!(client.close().code(), Some(1));
}
