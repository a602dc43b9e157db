//! A client of `kiro acp` and `kiro lsp`: starts the program, asks, listens, answers.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};
use testkit::World;

use crate::forms::Forms;

/// Longest wait for a message.
const PATIENCE: Duration = Duration::from_secs(60);

/// How messages are told from one another.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Framing {
    /// One a line.
    Lines,
    /// After a header with their length.
    Headers,
}

/// A running server and what it said.
pub(crate) struct Client {
    child: Child,
    input: Option<ChildStdin>,
    said: Receiver<Value>,
    /// What came while an answer was waited for: two threads of the server speak, in no set order.
    passed: VecDeque<Value>,
    framing: Framing,
    last: u64,
    /// Everything that came, in order.
    pub(crate) heard: Vec<Value>,
    /// The forms of all of it.
    pub(crate) forms: Forms,
}

impl Client {
    pub(crate) fn start(world: &World, args: &[&str], framing: Framing) -> Client {
        Client::of(world.command(args), framing)
    }

    pub(crate) fn of(mut command: Command, framing: Framing) -> Client {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("kiro starts");
        let output = BufReader::new(child.stdout.take().expect("an output"));
        let (sender, said) = channel();
        std::thread::spawn(move || {
            let mut output = output;
            while let Some(text) = next(&mut output, framing) {
                let value = serde_json::from_str(&text).unwrap_or(Value::String(text));
                if sender.send(value).is_err() {
                    return;
                }
            }
        });
        Client {
            input: child.stdin.take(),
            child,
            said,
            passed: VecDeque::new(),
            framing,
            last: 0,
            heard: Vec::new(),
            forms: Forms::default(),
        }
    }

    /// Sends bytes as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("an input");
        input.write_all(bytes).expect("is read");
        input.flush().expect("is read");
    }

    pub(crate) fn send(&mut self, message: &Value) {
        let text = message.to_string();
        let framed = match self.framing {
            Framing::Lines => format!("{text}\n"),
            Framing::Headers => format!("Content-Length: {}\r\n\r\n{text}", text.len()),
        };
        self.raw(framed.as_bytes());
    }

    pub(crate) fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Sends a request and waits for nothing; gives its id.
    pub(crate) fn begin(&mut self, method: &str, params: Value) -> u64 {
        self.last += 1;
        let id = self.last;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    pub(crate) fn answer(&mut self, request: &Value, result: Value) {
        self.send(&json!({"jsonrpc": "2.0", "id": request["id"], "result": result}));
    }

    /// The next message; none when the server ended.
    pub(crate) fn next(&mut self) -> Option<Value> {
        match self.passed.pop_front() {
            Some(message) => Some(message),
            None => self.receive(),
        }
    }

    /// The next message that nobody saw; none when the server ended.
    fn receive(&mut self) -> Option<Value> {
        match self.said.recv_timeout(PATIENCE) {
            Ok(message) => {
                if let Some(method) = message["method"].as_str() {
                    self.forms.note(method, &message["params"]);
                }
                self.heard.push(message.clone());
                Some(message)
            }
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => None,
            Err(_) => panic!("no message came; heard: {:#?}", self.heard),
        }
    }

    /// The next message that `is` it.
    pub(crate) fn until(&mut self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        loop {
            let Some(message) = self.next() else {
                panic!("the server ended before {what}; heard: {:#?}", self.heard);
            };
            if is(&message) {
                return message;
            }
        }
    }

    /// A message that `is` it, if none came yet.
    pub(crate) fn heard_or_until(&mut self, what: &str, is: impl Fn(&Value) -> bool) {
        if !self.heard.iter().any(&is) {
            self.until(what, is);
        }
    }

    /// The next message of this method, a request or a notification.
    pub(crate) fn until_method(&mut self, method: &str) -> Value {
        self.until(method, |it| it["method"] == method)
    }

    /// The answer to a request; what comes before it is kept for who asks next.
    pub(crate) fn came(&mut self, id: u64) -> Value {
        let is = |it: &Value| it["id"] == id && it["method"].is_null();
        if let Some(at) = self.passed.iter().position(is) {
            return self.passed.remove(at).expect("it is there");
        }
        loop {
            let Some(message) = self.receive() else {
                panic!(
                    "the server ended before an answer; heard: {:#?}",
                    self.heard
                );
            };
            if is(&message) {
                return message;
            }
            self.passed.push_back(message);
        }
    }

    /// Asks and waits for the result.
    pub(crate) fn call(&mut self, method: &str, params: Value) -> Value {
        let id = self.begin(method, params);
        let came = self.came(id);
        assert!(came["error"].is_null(), "{method}: {came}");
        self.forms.note(method, &came["result"]);
        came["result"].clone()
    }

    /// Asks and waits for the error.
    pub(crate) fn fails(&mut self, method: &str, params: Value) -> Value {
        let id = self.begin(method, params);
        let came = self.came(id);
        assert!(came["error"].is_object(), "{method}: {came}");
        came["error"].clone()
    }

    /// Closes the server's input and waits for its end.
    pub(crate) fn close(mut self) -> ExitStatus {
        drop(self.input.take());
        self.child.wait().expect("ends")
    }

    /// Is gone at once.
    pub(crate) fn vanish(mut self) {
        drop(self.input.take());
        self.child.kill().expect("is killed");
        self.child.wait().expect("ends");
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // One that ended cannot be ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn next(output: &mut BufReader<ChildStdout>, framing: Framing) -> Option<String> {
    let mut line = String::new();
    if framing == Framing::Lines {
        let read = output.read_line(&mut line).ok()?;
        return (read > 0).then(|| line.trim_end().to_owned());
    }
    let mut length = 0;
    loop {
        line.clear();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            header => {
                let value = header.strip_prefix("Content-Length: ")?;
                length = value.parse().ok()?;
            }
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    String::from_utf8(body).ok()
}
