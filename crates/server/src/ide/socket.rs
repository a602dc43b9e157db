//! A WebSocket on which one thread reads and any thread writes. What goes out waits in a queue, so that a window that does not
//! read keeps nobody waiting.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Message, WebSocket};

use super::http::Request;

/// The largest message that is taken, in bytes: a file of the largest size that is written, in base64.
const MESSAGE_MAX: usize = 96 << 20;
/// How much may wait to be sent, in bytes, before the window counts as gone.
const UNREAD_MAX: usize = 128 << 20;
/// A browser that does not take what it is sent for so long is gone.
const WRITE_PATIENCE: Duration = Duration::from_secs(60);

/// The reading end.
pub(super) struct Socket {
    inner: WebSocket<Stream>,
    outbox: Outbox,
}

/// The writing end, which can be copied.
#[derive(Clone)]
pub(super) struct Outbox {
    queue: Sender<String>,
    unread: Arc<AtomicUsize>,
    /// Shut when the window does not read: its reading end, on a thread of its own, then finds that it is gone.
    tcp: Arc<TcpStream>,
}

/// A connection whose writes are whole: the library hands over one frame or several, never a part of one, and the lock keeps
/// those of the reading end, which answers pings, apart from the others.
struct Stream {
    tcp: TcpStream,
    turn: Arc<Mutex<()>>,
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.tcp.read(buffer)
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.tcp.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}

/// Makes a WebSocket of a connection on which `request` asked for one; `rest` was read already.
///
/// # Errors
/// When it did not ask rightly, or the connection breaks off.
pub(super) fn accept(stream: &TcpStream, request: &Request, rest: Vec<u8>) -> io::Result<Socket> {
    let key = request.header("sec-websocket-key").filter(|_| {
        request.lists("upgrade", "websocket")
            && request.lists("connection", "upgrade")
            && request.header("sec-websocket-version") == Some("13")
    });
    let key = key.ok_or_else(|| io::Error::other("this place is for WebSockets only"))?;
    let mut tcp = stream.try_clone()?;
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: {}\r\n\r\n",
        derive_accept_key(key.as_bytes())
    );
    tcp.write_all(answer.as_bytes())?;
    tcp.set_read_timeout(None)?;
    tcp.set_write_timeout(Some(WRITE_PATIENCE))?;
    let turn = Arc::new(Mutex::new(()));
    let end = |tcp: TcpStream| Stream {
        tcp,
        turn: Arc::clone(&turn),
    };
    let limits = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_MAX))
        .max_frame_size(Some(MESSAGE_MAX));
    let gone = tcp.try_clone()?;
    let writer = end(tcp.try_clone()?);
    let writer = WebSocket::from_raw_socket(writer, Role::Server, Some(limits));
    Ok(Socket {
        inner: WebSocket::from_partially_read(end(tcp), rest, Role::Server, Some(limits)),
        outbox: Outbox::to(writer, Arc::new(gone)),
    })
}

impl Socket {
    /// The writing end.
    pub(super) fn outbox(&self) -> Outbox {
        self.outbox.clone()
    }

    /// The next text; none when the browser went away.
    pub(super) fn read(&mut self) -> Option<String> {
        loop {
            match self.inner.read().ok()? {
                Message::Text(text) => return Some(text.as_str().to_owned()),
                Message::Close(_) => {
                    // Says goodbye; what becomes of that does not matter any more.
                    let _ = self.inner.flush();
                    return None;
                }
                _ => {}
            }
        }
    }
}

impl Outbox {
    fn to(mut socket: WebSocket<Stream>, tcp: Arc<TcpStream>) -> Outbox {
        let (queue, texts) = channel::<String>();
        let unread = Arc::new(AtomicUsize::new(0));
        let read = Arc::clone(&unread);
        std::thread::spawn(move || {
            for text in texts {
                let length = text.len();
                let sent = socket.send(Message::Text(text.into()));
                read.fetch_sub(length, Ordering::SeqCst);
                if sent.is_err() {
                    // The reading end finds that out by itself when the connection is shut.
                    let _ = socket.get_ref().tcp.shutdown(Shutdown::Both);
                    return;
                }
            }
        });
        Outbox { queue, unread, tcp }
    }

    /// Sends a text. That the window is gone is for its reading end to tell: who sends may hold what that needs to tidy up.
    pub(super) fn send(&self, text: String) {
        let unread = self.unread.fetch_add(text.len(), Ordering::SeqCst);
        if unread >= UNREAD_MAX || self.queue.send(text).is_err() {
            // One that is shut already is shut.
            let _ = self.tcp.shutdown(Shutdown::Both);
        }
    }
}
