//! A peer over two streams of bytes, one message a line: how programs that start one another speak.

use std::io::{BufRead, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use super::{Peer, RpcError, Service};

/// Longest message that is read, in bytes.
pub const LINE_MAX: usize = 64 << 20;
/// How much may lie unread at the other side, in bytes, before it counts as gone.
const UNREAD_MAX: usize = 256 << 20;

/// Speaks with the other side until it closes its stream, then ends what it had asked for.
pub fn serve(
    service: Arc<dyn Service>,
    input: &mut dyn BufRead,
    output: impl Write + Send + 'static,
) {
    let (outbox, writer) = Outbox::to(output);
    let peer = Peer::new(service, move |text| outbox.send(text));
    loop {
        match line(input, LINE_MAX) {
            Line::Whole(bytes) => match std::str::from_utf8(&bytes) {
                Ok(text) if text.trim().is_empty() => {}
                Ok(text) => peer.receive(text),
                Err(_) => peer.refuse(RpcError::invalid("a message is UTF-8 text")),
            },
            Line::TooLong => peer.refuse(RpcError::invalid(format!(
                "the message is longer than {LINE_MAX} bytes"
            ))),
            Line::End => break,
        }
    }
    peer.close();
    peer.rest();
    drop(peer);
    // What was to be said is said, or nobody is there to read it.
    let _ = writer.join();
}

/// What goes out, on a thread of its own: who does not read keeps nobody waiting.
struct Outbox {
    queue: Sender<String>,
    unread: Arc<AtomicUsize>,
}

impl Outbox {
    fn to(mut output: impl Write + Send + 'static) -> (Outbox, JoinHandle<()>) {
        let (queue, texts) = channel::<String>();
        let unread = Arc::new(AtomicUsize::new(0));
        let read = Arc::clone(&unread);
        let writer = std::thread::spawn(move || {
            for text in texts {
                read.fetch_sub(text.len(), Ordering::SeqCst);
                let written = output
                    .write_all(text.as_bytes())
                    .and_then(|()| output.write_all(b"\n"))
                    .and_then(|()| output.flush());
                if written.is_err() {
                    return;
                }
            }
        });
        (Outbox { queue, unread }, writer)
    }

    /// Whether the other side is there to read it.
    fn send(&self, text: String) -> bool {
        let unread = self.unread.fetch_add(text.len(), Ordering::SeqCst);
        unread < UNREAD_MAX && self.queue.send(text).is_ok()
    }
}

/// What was read.
#[derive(Debug, PartialEq)]
enum Line {
    /// A line without its end.
    Whole(Vec<u8>),
    /// A line that was longer than it may be; it is gone.
    TooLong,
    /// There is nothing more, or the stream broke.
    End,
}

fn line(input: &mut dyn BufRead, longest: usize) -> Line {
    let mut found = Vec::new();
    let mut too_long = false;
    loop {
        let Ok(bytes) = input.fill_buf() else {
            return Line::End;
        };
        if bytes.is_empty() {
            // What is not ended was not finished.
            return Line::End;
        }
        let end = bytes.iter().position(|it| *it == b'\n');
        let part = &bytes[..end.unwrap_or(bytes.len())];
        too_long |= found.len() + part.len() > longest;
        if !too_long {
            found.extend_from_slice(part);
        }
        let used = end.map_or(bytes.len(), |it| it + 1);
        input.consume(used);
        match end {
            Some(_) if too_long => return Line::TooLong,
            Some(_) => return Line::Whole(found),
            None if too_long => found = Vec::new(),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_whole_or_not_at_all() {
        let mut input: &[u8] = b"one\n\nlonger than ten\ntwo\r\nhalf";
        let mut read = || line(&mut input, 10);
        assert_eq!(read(), Line::Whole(b"one".to_vec()));
        assert_eq!(read(), Line::Whole(Vec::new()));
        assert_eq!(read(), Line::TooLong);
        assert_eq!(read(), Line::Whole(b"two\r".to_vec()));
        assert_eq!(read(), Line::End);
    }
}
