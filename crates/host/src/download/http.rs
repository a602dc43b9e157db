//! A file from a web server, going on where the last try ended.
//!
//! A thread of its own reads from the network, so that cancelling never waits for the network.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use ureq::Agent;
use ureq::http::Response;

use super::Patience;
use super::error::Reason;
use super::meter::Meter;
use super::place::length;
use crate::files::{self, FileError, plain};

/// How often a wait looks whether it was cancelled.
const LOOK: Duration = Duration::from_millis(100);
/// Bytes read from the network at once.
const CHUNK: usize = 256 << 10;
/// Chunks that may wait for the disk.
const WAITING: usize = 8;
/// How often a broken connection is taken up again, as long as each try brought something.
const TRIES: usize = 20;

const NO_HOST: &str = "no network, or no such host";

enum Message {
    /// What the server answered.
    Head(Head),
    /// The next bytes.
    Chunk(Vec<u8>),
    /// There is no more; with the reason when that is too early.
    End(Result<(), String>),
}

struct Head {
    status: u16,
    /// Where the bytes belong in the file, and how large that is, as far as the server says.
    starts_at: u64,
    total: Option<u64>,
}

/// Brings the whole file to `part`, of which some may be there already.
pub(super) fn get(
    url: &str,
    part: &Path,
    size: u64,
    patience: Patience,
    meter: &mut Meter<'_>,
    cancel: &dyn Fn() -> bool,
) -> Result<(), Reason> {
    if length(part) > size {
        files::remove_own(part)?;
    }
    for _ in 0..TRIES {
        let before = length(part);
        meter.at(before);
        if before == size {
            return Ok(());
        }
        let reason = match go_on(url, part, size, patience, meter, cancel) {
            Ok(()) => format!(
                "the connection ended after {} of {size} bytes",
                length(part)
            ),
            Err(Reason::Network(reason)) => reason,
            Err(other) => return Err(other),
        };
        if length(part) <= before {
            return Err(Reason::Network(reason));
        }
    }
    Err(Reason::Network(format!(
        "the connection broke {TRIES} times; {} of {size} bytes have come",
        length(part)
    )))
}

/// A short text, at most `limit` bytes of it.
pub(super) fn text(
    url: &str,
    limit: usize,
    patience: Patience,
    cancel: &dyn Fn() -> bool,
) -> Result<Vec<u8>, Reason> {
    let (agent, receiver) = ask(url, 0, patience)?;
    let mut text = Vec::new();
    let outcome = loop {
        if cancel() {
            break Err(Reason::Cancelled);
        }
        match receiver.recv_timeout(LOOK) {
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break Err(lost()),
            Ok(Message::Head(head)) if head.status != 200 => break Err(answered(head.status)),
            Ok(Message::Head(_)) => {}
            Ok(Message::Chunk(bytes)) if text.len() + bytes.len() > limit => {
                break Err(Reason::Network(format!(
                    "the server sent more than {limit} bytes"
                )));
            }
            Ok(Message::Chunk(bytes)) => text.extend(bytes),
            Ok(Message::End(end)) => break end.map_err(Reason::Network),
        }
    };
    agent.shutdown();
    outcome.map(|()| text)
}

/// One connection.
fn go_on(
    url: &str,
    part: &Path,
    size: u64,
    patience: Patience,
    meter: &mut Meter<'_>,
    cancel: &dyn Fn() -> bool,
) -> Result<(), Reason> {
    let (agent, receiver) = ask(url, length(part), patience)?;
    let outcome = receive(&receiver, part, size, meter, cancel);
    // Whatever the thread still waits for ends now; then it finds nobody listening, and ends too.
    agent.shutdown();
    outcome
}

/// Starts the thread that asks for the bytes from `from` on.
fn ask(url: &str, from: u64, patience: Patience) -> Result<(Agent, Receiver<Message>), Reason> {
    let agent = agent(patience);
    let (sender, receiver) = sync_channel(WAITING);
    let worker = {
        let (agent, url) = (agent.clone(), url.to_owned());
        thread::Builder::new()
            .name("download".to_owned())
            .spawn(move || read_all(&agent, &url, from, patience, &sender))
    };
    worker.map_err(|error| Reason::Network(format!("no thread could be started: {error}")))?;
    Ok((agent, receiver))
}

fn receive(
    receiver: &Receiver<Message>,
    part: &Path,
    size: u64,
    meter: &mut Meter<'_>,
    cancel: &dyn Fn() -> bool,
) -> Result<(), Reason> {
    let os = |error| FileError::os("write", part, error);
    let mut file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(part)
        .map_err(os)?;
    let mut at = 0;
    loop {
        if cancel() {
            return Err(Reason::Cancelled);
        }
        match receiver.recv_timeout(LOOK) {
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(lost());
            }
            Ok(Message::Head(head)) => {
                at = begin(&head, part, size)?;
                file.set_len(at).map_err(os)?;
                file.seek(SeekFrom::Start(at)).map_err(os)?;
            }
            Ok(Message::Chunk(bytes)) => {
                if bytes.len() as u64 > size.saturating_sub(at) {
                    files::remove_own(part)?;
                    let reason = format!("the server sent more than {size} bytes");
                    return Err(Reason::Network(reason));
                }
                file.write_all(&bytes).map_err(os)?;
                at += bytes.len() as u64;
                meter.at(at);
            }
            Ok(Message::End(end)) => {
                file.sync_all().map_err(os)?;
                return end.map_err(Reason::Network);
            }
        }
    }
}

/// Where the bytes that follow belong.
fn begin(head: &Head, part: &Path, size: u64) -> Result<u64, Reason> {
    let have = length(part);
    let wrong_size = |total: u64| {
        Reason::Network(format!(
            "the server has a file of {total} bytes instead of {size}"
        ))
    };
    match head.status {
        200 | 206 => {}
        416 => {
            files::remove_own(part)?;
            return Err(Reason::Network(
                "the server does not go on where the last try ended".to_owned(),
            ));
        }
        status => return Err(answered(status)),
    }
    if let Some(total) = head.total.filter(|it| *it != size) {
        return Err(wrong_size(total));
    }
    if head.starts_at != 0 && head.starts_at != have {
        return Err(Reason::Network(
            "the server sent another part of the file".to_owned(),
        ));
    }
    Ok(head.starts_at)
}

fn lost() -> Reason {
    Reason::Network("the connection was lost".to_owned())
}

fn answered(status: u16) -> Reason {
    let meaning = ureq::http::StatusCode::from_u16(status)
        .ok()
        .and_then(|it| it.canonical_reason())
        .map_or(String::new(), |it| format!(" ({it})"));
    Reason::Network(format!("the server answered {status}{meaning}"))
}

fn agent(patience: Patience) -> Agent {
    Agent::config_builder()
        .timeout_resolve(Some(patience.connect))
        .timeout_connect(Some(patience.connect))
        .timeout_recv_response(Some(patience.idle))
        .timeout_per_read(Some(patience.idle))
        .http_status_as_error(false)
        .user_agent("kiro")
        .build()
        .into()
}

/// Runs in the thread: asks, and hands on what comes. A receiver that is gone ends it.
fn read_all(agent: &Agent, url: &str, from: u64, patience: Patience, sender: &SyncSender<Message>) {
    let mut request = agent.get(url).header("Accept-Encoding", "identity");
    if from > 0 {
        request = request.header("Range", format!("bytes={from}-"));
    }
    let response = match request.call() {
        Ok(response) => response,
        Err(error) => {
            let _ = sender.send(Message::End(Err(in_words(&error, patience))));
            return;
        }
    };
    if sender.send(Message::Head(head(&response))).is_err() {
        return;
    }
    let mut body = response.into_body().into_reader();
    loop {
        let mut chunk = vec![0; CHUNK];
        let message = match body.read(&mut chunk) {
            Ok(0) => Message::End(Ok(())),
            Ok(count) => {
                chunk.truncate(count);
                Message::Chunk(chunk)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => Message::End(Err(in_words(&ureq::Error::from(error), patience))),
        };
        let last = matches!(message, Message::End(_));
        if sender.send(message).is_err() || last {
            return;
        }
    }
}

fn head<T>(response: &Response<T>) -> Head {
    let text = |name: &str| response.headers().get(name).and_then(|it| it.to_str().ok());
    let status = response.status().as_u16();
    let length = text("content-length").and_then(|it| it.parse().ok());
    let range = text("content-range").and_then(range);
    match (status, range) {
        (206, Some((starts_at, total))) => Head {
            status,
            starts_at,
            total,
        },
        (206, None) => Head {
            status: 416,
            starts_at: 0,
            total: None,
        },
        _ => Head {
            status,
            starts_at: 0,
            total: length,
        },
    }
}

/// `bytes 5-9/10`: where it starts and how large the whole is.
fn range(text: &str) -> Option<(u64, Option<u64>)> {
    let (span, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let start = span.split_once('-')?.0.trim().parse().ok()?;
    Some((start, total.trim().parse().ok()))
}

fn in_words(error: &ureq::Error, patience: Patience) -> String {
    use ureq::Error;
    match error {
        Error::HostNotFound => NO_HOST.to_owned(),
        Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
            format!("no connection within {:?}", patience.connect)
        }
        Error::Timeout(_) => format!("nothing came for {:?}", patience.idle),
        Error::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused => "the connection was refused".to_owned(),
            ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable => "no network".to_owned(),
            ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset => {
                "the connection broke".to_owned()
            }
            // The standard library has no kind for a name that cannot be looked up.
            _ if error.to_string().contains("lookup address") => NO_HOST.to_owned(),
            _ => plain(error).into_owned(),
        },
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn ranges() {
        assert_eq!(range("bytes 5-9/10"), Some((5, Some(10))));
        assert_eq!(range("bytes 5-9/*"), Some((5, None)));
        for text in ["", "5-9/10", "bytes 5", "bytes x-9/10"] {
            assert_eq!(range(text), None, "{text}");
        }
    }
}
