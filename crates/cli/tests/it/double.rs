//! A server on loopback that speaks Chat Completions as a stream: what stands behind `openai/NAME` in these tests.
//!
//! It refuses what real servers refuse, and streams as they do: a call comes in pieces, the pieces of several calls mixed,
//! and what is sent at once ends anywhere.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use testkit::{Output, World};

/// The key that every test sends. It must stand nowhere but in requests.
pub(crate) const KEY: &str = "sk-never-shown-0123456789";

/// Bytes of an answer that are sent at once.
const PIECE: usize = 37;

/// A server that gives each of some scripted lines once, to the first request that it fits.
///
/// A line may have `when`, a text of what the request says since the model's last answer; `reply`, `calls` with `name` and
/// `arguments`, and `usage`; `status` with `retry_after` in place of an answer; `cut`, which ends the stream in its middle.
pub(crate) struct Double {
    port: u16,
    seen: Arc<Mutex<Vec<Value>>>,
}

impl Double {
    pub(crate) fn start(lines: Vec<Value>) -> Double {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let lines = Arc::new(Mutex::new(lines));
        let seen: Arc<Mutex<Vec<Value>>> = Arc::default();
        let place = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (lines, place) = (Arc::clone(&lines), Arc::clone(&place));
                std::thread::spawn(move || serve(&stream, &lines, &place));
            }
        });
        Double { port, seen }
    }

    /// A server that refuses every request with this status.
    pub(crate) fn refusing(status: u16) -> Double {
        Double::start(vec![json!({"status": status, "again": true})])
    }

    pub(crate) fn base(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// Every request that came.
    pub(crate) fn requests(&self) -> Vec<Value> {
        self.seen.lock().expect("not poisoned").clone()
    }

    /// The models that were asked for, without repetitions.
    pub(crate) fn models(&self) -> Vec<String> {
        let requests = self.requests();
        let models = requests.iter().filter_map(|it| it["model"].as_str());
        let mut models: Vec<String> = models.map(str::to_owned).collect();
        models.dedup();
        models
    }

    /// Runs `kiro` with the key and this server in its environment.
    pub(crate) fn kiro(&self, world: &World, args: &[&str], more: &[(&str, &str)]) -> Output {
        let mut command = world.command(args);
        command
            .env("OPENAI_API_KEY", KEY)
            .env("OPENAI_BASE_URL", self.base())
            .envs(more.iter().copied());
        world.run(&mut command)
    }
}

/// Whether any file below `folder` holds the key.
pub(crate) fn holds_key(folder: &Path) -> bool {
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

fn serve(stream: &TcpStream, lines: &Mutex<Vec<Value>>, seen: &Mutex<Vec<Value>>) {
    let mut reader = BufReader::new(stream);
    while let Some(body) = read(&mut reader) {
        let broken = broken_rule(&body);
        let asked = asked(&body);
        seen.lock().expect("not poisoned").push(body);
        let line = match broken {
            Some(why) => json!({"status": 400, "why": why}),
            None => next(&mut lines.lock().expect("not poisoned"), &asked),
        };
        if answer(stream, &line).is_none() {
            return;
        }
    }
}

fn next(lines: &mut Vec<Value>, asked: &str) -> Value {
    let fits = |line: &Value| line["when"].as_str().is_none_or(|it| asked.contains(it));
    match lines.iter().position(fits) {
        Some(at) if lines[at]["again"] == true => lines[at].clone(),
        Some(at) => lines.remove(at),
        None => json!({"status": 400, "why": "no line is left"}),
    }
}

/// What a request says since the model's last answer.
fn asked(body: &Value) -> String {
    let messages = body["messages"].as_array().cloned().unwrap_or_default();
    let new = messages.rsplit(|it| it["role"] == "assistant").next();
    let texts = new.unwrap_or_default().iter();
    let texts = texts.filter_map(|it| it["content"].as_str());
    texts.collect::<Vec<&str>>().join("\n")
}

/// The first rule of the protocol that a request breaks.
fn broken_rule(body: &Value) -> Option<String> {
    if body["stream"] != true {
        return Some("this server only streams".to_owned());
    }
    let mut open: Vec<&str> = Vec::new();
    for message in body["messages"].as_array()? {
        if message["role"] == "tool" {
            let id = message["tool_call_id"].as_str().unwrap_or_default();
            let Some(at) = open.iter().position(|it| *it == id) else {
                return Some(format!("the result {id} belongs to no call"));
            };
            open.remove(at);
        } else if let Some(id) = open.first() {
            return Some(format!("the call {id} has no result"));
        }
        let calls = message["tool_calls"].as_array().into_iter().flatten();
        open.extend(calls.filter_map(|it| it["id"].as_str()));
    }
    open.first()
        .map(|id| format!("the call {id} has no result"))
}

/// Answers a request; none when the connection is over.
fn answer(mut stream: &TcpStream, line: &Value) -> Option<()> {
    if let Some(status) = line["status"].as_u64() {
        let why = line["why"].as_str().unwrap_or("refused");
        let body = json!({"error": {"message": format!("{why}; the key was {KEY}")}}).to_string();
        let wait = line["retry_after"].as_str();
        let wait = wait.map_or(String::new(), |it| format!("retry-after: {it}\r\n"));
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{wait}content-length: {}\r\n\r\n",
            body.len()
        );
        return stream.write_all((head + &body).as_bytes()).ok();
    }
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).ok()?;
    let text = events(line);
    let is_cut = line["cut"] == true;
    let length = if is_cut { text.len() / 2 } else { text.len() };
    for piece in text.as_bytes()[..length].chunks(PIECE) {
        let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
        chunk.extend_from_slice(piece);
        chunk.extend_from_slice(b"\r\n");
        stream.write_all(&chunk).ok()?;
    }
    match is_cut {
        true => None,
        false => stream.write_all(b"0\r\n\r\n").ok(),
    }
}

/// A line as the events of a stream.
fn events(line: &Value) -> String {
    let mut deltas = Vec::new();
    let reply = match &line["reply"] {
        Value::Array(pieces) => pieces.iter().filter_map(Value::as_str).collect(),
        reply => reply.as_str().unwrap_or_default().to_owned(),
    };
    let letters: Vec<char> = reply.chars().collect();
    let pieces = letters.chunks(100).map(|it| it.iter().collect::<String>());
    deltas.extend(pieces.map(|it| json!({"content": it})));
    let calls = line["calls"].as_array().cloned().unwrap_or_default();
    deltas.extend(pieces_of(&calls));
    let finish = if calls.is_empty() {
        "stop"
    } else {
        "tool_calls"
    };
    let mut events: Vec<Value> = deltas
        .into_iter()
        .map(|it| json!({"choices": [{"index": 0, "delta": it, "finish_reason": null}]}))
        .collect();
    events.push(json!({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}));
    events.push(json!({"choices": [], "usage": {"prompt_tokens": 1000, "completion_tokens": 100}}));
    let mut text: String = events.iter().map(|it| format!("data: {it}\n\n")).collect();
    text.push_str("data: [DONE]\n\n");
    text
}

/// Calls as deltas: first their names, then pieces of their arguments, one of each in turn.
fn pieces_of(calls: &[Value]) -> Vec<Value> {
    let call = |at: usize, fields: Value| {
        let mut call = json!({"index": at});
        for (name, value) in fields.as_object().expect("fields") {
            call[name] = value.clone();
        }
        json!({"tool_calls": [call]})
    };
    static IDS: AtomicU64 = AtomicU64::new(1);
    let begin = calls.iter().enumerate().map(|(at, it)| {
        let function = json!({"name": it["name"], "arguments": ""});
        let id = format!("call_{:x}", IDS.fetch_add(0x9e37_79b9, Ordering::Relaxed));
        call(
            at,
            json!({"id": id, "type": "function", "function": function}),
        )
    });
    let mut deltas: Vec<Value> = begin.collect();
    let written = |it: &Value| match &it["arguments"] {
        Value::Null => Vec::new(),
        arguments => arguments.to_string().chars().collect(),
    };
    let written: Vec<Vec<char>> = calls.iter().map(written).collect();
    let longest = written.iter().map(Vec::len).max().unwrap_or(0);
    for from in (0..longest).step_by(20) {
        for (at, letters) in written.iter().enumerate() {
            let piece: String = letters.iter().skip(from).take(20).collect();
            if !piece.is_empty() {
                deltas.push(call(at, json!({"function": {"arguments": piece}})));
            }
        }
    }
    deltas
}

/// Reads a request's body; none when the other side is done.
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
