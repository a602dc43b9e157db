//! Models behind a provider, chosen by variables and files: a double on loopback speaks Chat Completions.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use testkit::{Output, World};

use crate::{good_replies, numbers, states, world};

const KEY: &str = "sk-never-shown-0123456789";

/// A server that gives each of some scripted lines once, to the first request that it fits, or a status.
struct Double {
    port: u16,
    models: Arc<Mutex<Vec<String>>>,
}

impl Double {
    fn start(lines: Vec<Value>, status: u16) -> Double {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let lines = Arc::new(Mutex::new(lines));
        let models: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = Arc::clone(&models);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (lines, seen) = (Arc::clone(&lines), Arc::clone(&seen));
                std::thread::spawn(move || serve(&stream, status, &lines, &seen));
            }
        });
        Double { port, models }
    }

    fn base(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// The models that were asked for, without repetitions.
    fn models(&self) -> Vec<String> {
        let mut models = self.models.lock().expect("not poisoned").clone();
        models.dedup();
        models
    }

    /// Runs `kiro` with the key and this server in its environment.
    fn kiro(&self, world: &World, args: &[&str], more: &[(&str, &str)]) -> Output {
        let mut command = world.command(args);
        command
            .env("OPENAI_API_KEY", KEY)
            .env("OPENAI_BASE_URL", self.base())
            .envs(more.iter().copied());
        world.run(&mut command)
    }
}

fn serve(stream: &TcpStream, status: u16, lines: &Mutex<Vec<Value>>, seen: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    while let Some(body) = read(&mut reader) {
        let model = body["model"].as_str().unwrap_or_default().to_owned();
        seen.lock().expect("not poisoned").push(model);
        let asked = body["messages"].to_string();
        let mut lines = lines.lock().expect("not poisoned");
        let fits = |line: &Value| line["when"].as_str().is_none_or(|it| asked.contains(it));
        let line = lines.iter().position(fits).map(|at| lines.remove(at));
        let (status, kind, body) = match (status, line) {
            (200, Some(line)) => (200, "text/event-stream", events(&line["reply"])),
            (200, None) => (400, "application/json", refusal("no line is left")),
            _ => (
                status,
                "application/json",
                refusal(&format!("wrong key: {KEY}")),
            ),
        };
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let mut stream = stream;
        if stream.write_all((head + &body).as_bytes()).is_err() {
            return;
        }
    }
}

fn refusal(message: &str) -> String {
    json!({"error": {"message": message}}).to_string()
}

fn events(reply: &Value) -> String {
    let text = match reply {
        Value::Array(pieces) => pieces.iter().filter_map(Value::as_str).collect(),
        reply => reply.as_str().unwrap_or_default().to_owned(),
    };
    let delta = json!({"choices": [{"delta": {"content": text}, "finish_reason": "stop"}]});
    let usage = json!({"choices": [], "usage": {"prompt_tokens": 1000, "completion_tokens": 100}});
    format!("data: {delta}\n\ndata: {usage}\n\ndata: [DONE]\n\n")
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|it| *it > 0)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().ok()?;
            }
            None if line.trim().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

/// Whether any file below `folder` holds the key.
fn holds_key(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    entries.into_iter().any(|entry| {
        let path = entry.path();
        match path.is_dir() && !path.is_symlink() {
            true => holds_key(&path),
            false => std::fs::read(&path)
                .is_ok_and(|bytes| bytes.windows(KEY.len()).any(|it| it == KEY.as_bytes())),
        }
    })
}

#[track_caller]
fn check(output: &Output, code: i32, words: &str) {
    let shown = format!("{}{}", output.stdout, output.stderr);
    assert_eq!(output.code, Some(code), "{shown}");
    assert!(shown.contains(words), "{words:?} is not in {shown}");
    assert!(!shown.contains(KEY), "{shown}");
}

#[test]
fn a_spec_is_carried_out_by_a_model_behind_a_server() {
    let world = numbers();
    let priced = json!({"models": [{"model": "openai/m*", "strategy": "slots",
        "usd_per_million": {"input": 1, "cached": 0, "cache_write": 0, "output": 10}}]});
    std::fs::create_dir_all(world.home().join(".kiro")).expect("made");
    let mine = world.home().join(".kiro/catalogue.json");
    std::fs::File::create(mine)
        .and_then(|mut it| it.write_all(priced.to_string().as_bytes()))
        .expect("written");
    let server = Double::start(good_replies(), 200);
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

#[test]
fn a_key_that_is_refused_ends_with_no_model() {
    let world = numbers();
    let server = Double::start(Vec::new(), 401);
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
    let server = Double::start(good_replies(), 200);
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

/// Which model is asked, by what stands where.
#[test]
fn files_name_models_and_the_users_own_come_first() {
    let world = numbers();
    let server = Double::start(Vec::new(), 401);
    let asked = |args: &[&str], variables: &[(&str, &str)]| {
        let before = server.models().len();
        let ran = server.kiro(&world, args, variables);
        assert_eq!(ran.code, Some(4), "{}", ran.stderr);
        server.models().split_off(before).join(" ")
    };
    let run = ["run", "numbers", "--autopilot"];
    world.write(".kiro/config.yaml", "model: openai/theirs\n");
    assert_eq!(asked(&run, &[]), "theirs");
    std::fs::create_dir_all(world.home().join(".kiro")).expect("made");
    let mine = world.home().join(".kiro/config.yaml");
    std::fs::File::create(&mine)
        .and_then(|mut it| {
            it.write_all(
                b"model:\n  plan: openai/planner\n  default: [openai/mine, openai/other]\n",
            )
        })
        .expect("written");
    assert_eq!(asked(&run, &[]), "mine other");
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
    let server = Double::start(Vec::new(), 401);
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
    let server = Double::start(Vec::new(), 401);
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
