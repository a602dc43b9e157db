//! A server that answers what a test wrote for it: a double, for streams and failures that no real server gives on demand.
//!
//! It speaks HTTP/1.1 over loopback and holds each request against the dialect's own rules before it answers.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// A request that came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Value,
    pub(crate) raw: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|it| it.0 == name);
        found.map(|it| it.1.as_str())
    }
}

/// What the server does after the head of its answer.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Sends a chunk.
    Send(Vec<u8>),
    /// Says nothing until the other side is gone.
    Silence,
    /// Sends so many bytes, in copies of a chunk.
    Flood(Vec<u8>, usize),
    /// Closes the connection in the middle of the answer.
    Break,
}

/// One answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) steps: Vec<Step>,
    /// Whether even the head is kept back.
    pub(crate) mute: bool,
    /// Bytes instead of a head.
    pub(crate) raw: Option<Vec<u8>>,
}

impl Answer {
    pub(crate) fn new(status: u16, content_type: &str, steps: Vec<Step>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            steps,
            mute: false,
            raw: None,
        }
    }

    /// One whose body is JSON.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let body = Step::Send(body.to_string().into_bytes());
        Self::new(status, "application/json", vec![body])
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// What went on between the server and those who called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// A request was read.
    Asked,
    /// The other side went away while the answer was not whole; so many bytes of it had been sent.
    Left(usize),
}

/// The rules that a request must keep, or why it does not.
pub(crate) type Rules = fn(&Seen) -> Result<(), String>;

/// The server. It lives until the test ends.
pub(crate) struct Server {
    port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
    signs: Receiver<Sign>,
}

impl Server {
    /// Answers one request after another with `answers`; a request too many gets status 410.
    pub(crate) fn start(answers: Vec<Answer>, rules: Rules) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let answers = Arc::new(Mutex::new(VecDeque::from(answers)));
        let (sender, signs) = channel();
        let place = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let caller = Caller {
                    answers: Arc::clone(&answers),
                    seen: Arc::clone(&place),
                    signs: sender.clone(),
                    rules,
                };
                thread::spawn(move || caller.serve(&stream));
            }
        });
        Self { port, seen, signs }
    }

    pub(crate) fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Waits for the next sign.
    #[track_caller]
    pub(crate) fn sign(&self) -> Sign {
        self.signs.recv_timeout(Duration::from_secs(20)).unwrap()
    }
}

struct Caller {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    signs: Sender<Sign>,
    rules: Rules,
}

impl Caller {
    fn serve(&self, stream: &TcpStream) {
        stream.set_nodelay(true).unwrap();
        let mut reader = BufReader::new(stream);
        while let Some(seen) = read(&mut reader) {
            let kept = (self.rules)(&seen);
            self.seen.lock().unwrap().push(seen);
            let next = self.answers.lock().unwrap().pop_front();
            let _ = self.signs.send(Sign::Asked);
            let answer = match (kept, next) {
                (Err(broken), _) => plain(400, &format!("the double refuses: {broken}")),
                (Ok(()), None) => plain(410, "the double has no answer left"),
                (Ok(()), Some(answer)) => answer,
            };
            if !self.answer(stream, &answer) {
                return;
            }
        }
    }

    /// False when the connection is over.
    fn answer(&self, mut stream: &TcpStream, answer: &Answer) -> bool {
        if let Some(raw) = &answer.raw {
            let _ = stream.write_all(raw);
            return false;
        }
        if !answer.mute {
            let mut head = format!("HTTP/1.1 {} X\r\n", answer.status);
            for (name, value) in &answer.headers {
                head += &format!("{name}: {value}\r\n");
            }
            head += "transfer-encoding: chunked\r\n\r\n";
            if stream.write_all(head.as_bytes()).is_err() {
                return false;
            }
        }
        let mut sent = 0;
        for step in &answer.steps {
            let there = match step {
                Step::Send(bytes) => chunk(stream, bytes, &mut sent),
                Step::Flood(bytes, total) => {
                    let times = total / bytes.len();
                    (0..times).all(|_| chunk(stream, bytes, &mut sent))
                }
                Step::Silence => {
                    // Ends when the other side closes.
                    let mut rest = [0; 64];
                    while stream.read(&mut rest).is_ok_and(|it| it > 0) {}
                    false
                }
                Step::Break => return false,
            };
            if !there {
                let _ = self.signs.send(Sign::Left(sent));
                return false;
            }
        }
        stream.write_all(b"0\r\n\r\n").is_ok()
    }
}

fn chunk(mut stream: &TcpStream, bytes: &[u8], sent: &mut usize) -> bool {
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    *sent += bytes.len();
    bytes.is_empty() || stream.write_all(&chunk).is_ok()
}

fn plain(status: u16, message: &str) -> Answer {
    let body = serde_json::json!({"error": {"message": message}, "message": message});
    Answer::json(status, &body)
}

/// Reads a request; none when the other side is done.
fn read(reader: &mut BufReader<&TcpStream>) -> Option<Seen> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|it| *it > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|it| *it > 0)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|it| it.0 == "content-length");
    let length = length.map_or(0, |it| it.1.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Seen {
        path,
        headers,
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        raw: body,
    })
}
