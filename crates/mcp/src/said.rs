//! What a server's program says beside its answers: its standard error, and what on its standard output is no message.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use host::append::Appender;
use policy::Redactor;
use tokio::io::{AsyncRead, ReadBuf};

/// Bytes of the end that are kept for errors.
const TAIL: usize = 2_000;
/// A longer line is cut, in bytes.
const LINE_MAX: u64 = 4_000;
/// Bytes that one start of a server may add to its log.
const LOG_MAX: u64 = 1 << 20;
/// A log that has grown to this begins anew.
const LOG_OLD: u64 = 4 << 20;
/// How long the last words of a program that has ended are waited for.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Longest part of something that is no message, in bytes.
const NOISE_MAX: usize = 160;

/// What was heard of one server beside its answers.
#[derive(Debug, Default)]
pub(crate) struct Said {
    tail: Mutex<VecDeque<u8>>,
    noise: Mutex<Option<String>>,
    /// Messages that were longer than is taken, and hence thrown away.
    oversized: AtomicU64,
    /// Whether its standard error is at its end.
    is_over: Mutex<bool>,
    over: Condvar,
}

impl Said {
    /// The end of what it wrote to its standard error, without secrets.
    pub(crate) fn tail(&self) -> String {
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(tail.make_contiguous()).into_owned();
        crate::render::plain(text.trim())
    }

    /// The same of a program that has ended: what it said at last may still be on its way.
    pub(crate) fn last_words(&self) -> String {
        let is_over = self.is_over.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.over.wait_timeout_while(is_over, LAST_WORDS, |it| !*it);
        drop(waited);
        self.tail()
    }

    fn end(&self) {
        *self.is_over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.over.notify_all();
    }

    /// The first thing on its standard output that is no message.
    pub(crate) fn noise(&self) -> Option<String> {
        let noise = self.noise.lock().unwrap_or_else(PoisonError::into_inner);
        noise.clone()
    }

    pub(crate) fn oversized(&self) -> u64 {
        self.oversized.load(Ordering::Relaxed)
    }

    fn line(&self, line: &str) {
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        tail.extend(line.as_bytes());
        tail.push_back(b'\n');
        let surplus = tail.len().saturating_sub(TAIL);
        tail.drain(..surplus);
    }

    fn is_no_message(&self, line: &[u8]) {
        let mut noise = self.noise.lock().unwrap_or_else(PoisonError::into_inner);
        if noise.is_none() {
            let text = String::from_utf8_lossy(&line[..line.len().min(NOISE_MAX)]);
            *noise = Some(host::files::shown(text.trim()));
        }
    }
}

/// Where a server's log stands; it may begin anew.
pub(crate) fn log_of(folder: &Path, server: &str) -> PathBuf {
    folder.join(format!("{}.log", file_name(server)))
}

/// A server's name as a file's: no path, whatever it is.
pub(crate) fn file_name(server: &str) -> String {
    let letter = |c: char| match c.is_ascii_alphanumeric() || c == '-' || c == '.' {
        true => c,
        false => '_',
    };
    let name: String = server.chars().map(letter).take(80).collect();
    name.trim_start_matches('.').to_owned()
}

/// Listens to a program's standard error on a thread of its own until it ends.
pub(crate) fn listen(pipe: OwnedFd, said: Arc<Said>, redactor: Redactor, log: &Path) {
    let is_old = log.metadata().is_ok_and(|it| it.len() > LOG_OLD);
    if is_old {
        // One that cannot begin anew grows on; nothing depends on it.
        let _ = host::files::replace_own(log, b"");
    }
    let mut log = Appender::open(log, LOG_MAX).ok();
    let work = move || {
        let mut pipe = BufReader::new(File::from(pipe));
        let mut line = Vec::new();
        loop {
            line.clear();
            match pipe.by_ref().take(LINE_MAX).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return said.end(),
                Ok(_) => {}
            }
            let text = String::from_utf8_lossy(&line);
            let text = redactor.redact(text.trim_end());
            said.line(&text);
            // A log that is full or cannot be written is no reason to stop listening.
            if let Some(log) = &mut log {
                let _ = log.line(&host::files::shown(&text));
            }
        }
    };
    // Without a thread nobody listens: the pipe is dropped, and the program notices when it writes.
    let _ = std::thread::Builder::new()
        .name("mcp-stderr".to_owned())
        .spawn(work);
}

/// A server's standard output on its way to the protocol: what passes is seen, and nothing is changed.
pub(crate) struct Watched<R> {
    inner: R,
    said: Arc<Said>,
    line_max: u64,
    /// Bytes of the line so far.
    length: u64,
    /// Its beginning, as long as it may be no message.
    begin: Vec<u8>,
}

impl<R> Watched<R> {
    pub(crate) fn new(inner: R, said: Arc<Said>, line_max: usize) -> Watched<R> {
        Watched {
            inner,
            said,
            line_max: line_max as u64,
            length: 0,
            begin: Vec::new(),
        }
    }

    fn see(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|it| *it == b'\n') {
            let ends = piece.ends_with(b"\n");
            let room = NOISE_MAX.saturating_sub(self.begin.len());
            self.begin.extend(&piece[..piece.len().min(room)]);
            let before = self.length;
            self.length += piece.len() as u64;
            if before <= self.line_max && self.length > self.line_max {
                self.said.oversized.fetch_add(1, Ordering::Relaxed);
            }
            let first = self.begin.iter().find(|it| !it.is_ascii_whitespace());
            let is_noise = first.is_some_and(|it| !b"{[".contains(it));
            if is_noise && (ends || self.begin.len() >= NOISE_MAX) {
                self.said.is_no_message(&self.begin);
            }
            if ends {
                self.length = 0;
                self.begin.clear();
            }
        }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Watched<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let polled = Pin::new(&mut this.inner).poll_read(context, buffer);
        if let Poll::Ready(Ok(())) = &polled {
            let seen = buffer.filled()[before..].to_vec();
            this.see(&seen);
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_message_and_what_is_too_long_is_noticed() {
        let said = Arc::new(Said::default());
        let mut watched = Watched::new(tokio::io::empty(), Arc::clone(&said), 20);
        for piece in [
            "{\"a\":1}\n  {\"b\"",
            ":2}\n",
            "\n",
            "Server ",
            "is up\nmore\n",
        ] {
            watched.see(piece.as_bytes());
        }
        assert_eq!(said.noise().as_deref(), Some("Server is up"));
        assert_eq!(said.oversized(), 0);
        watched.see(&[b'{'; 15]);
        watched.see(&[b'x'; 15]);
        watched.see(&[b'x'; 15]);
        assert_eq!(said.oversized(), 1, "one message, seen once");
    }

    #[test]
    fn of_the_standard_error_the_end_is_kept() {
        let said = Said::default();
        for number in 0..2_000 {
            said.line(&format!("line {number}"));
        }
        let tail = said.tail();
        assert!(tail.len() <= TAIL && tail.ends_with("line 1999"), "{tail}");
    }

    #[test]
    fn a_servers_name_is_no_path() {
        let folder = Path::new("/logs");
        assert_eq!(log_of(folder, "../../x y"), folder.join("_.._x_y.log"));
    }
}
