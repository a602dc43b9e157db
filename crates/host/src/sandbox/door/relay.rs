//! Bytes from one connection to another and back, until both have said everything or somebody has waited too long.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::hello::{self, Hello};
use crate::process::timespec;

/// Bytes that are under way in one direction at most.
const UNDER_WAY: usize = 64 << 10;

/// Bytes that one command may still send and receive.
pub(super) struct Purse(AtomicU64);

impl Purse {
    pub(super) fn new(bytes: u64) -> Purse {
        Purse(AtomicU64::new(bytes))
    }

    fn spend(&self, bytes: usize) -> Result<(), End> {
        let bytes = bytes as u64;
        let spent = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes)
            });
        spent.map(drop).map_err(|_| End::Spent)
    }
}

/// Why a relay ended, other than by both having said everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The command is over.
    Stopped,
    /// Nothing was said for too long.
    Idle,
    /// The command has no bytes left.
    Spent,
    /// What is said in the tunnel is for another host, or nobody can tell for whom.
    OtherHost(Option<String>),
    /// The connection broke.
    Broken,
}

/// What of a program's words is passed on.
pub(super) enum Guard {
    /// All.
    All,
    /// What begins as TLS and names this host; other words only where `others` may pass.
    Hello {
        host: String,
        others: bool,
        held: Vec<u8>,
    },
    /// So many bytes and no more: what follows would be another request.
    Count(u64),
}

impl Guard {
    /// Keeps back or takes away what may not pass.
    fn look(&mut self, words: &mut Vec<u8>) -> Result<(), End> {
        match self {
            Guard::All => Ok(()),
            Guard::Count(left) => {
                let passes = usize::try_from(*left)
                    .unwrap_or(usize::MAX)
                    .min(words.len());
                words.truncate(passes);
                *left -= passes as u64;
                Ok(())
            }
            Guard::Hello { host, others, held } => {
                held.append(words);
                match hello::read(held) {
                    Hello::Unfinished => return Ok(()),
                    Hello::Names(name) if name.eq_ignore_ascii_case(host) => {}
                    Hello::Names(name) => return Err(End::OtherHost(Some(name))),
                    Hello::Other if *others => {}
                    Hello::Other | Hello::NamesNobody => return Err(End::OtherHost(None)),
                }
                *words = std::mem::take(held);
                *self = Guard::All;
                Ok(())
            }
        }
    }

    fn is_done(&self) -> bool {
        matches!(self, Guard::Count(0))
    }
}

/// One direction.
struct Half {
    pending: Vec<u8>,
    at: usize,
    /// Whether more may come.
    reads: bool,
    /// Whether the end of it is told.
    tells_end: bool,
}

impl Half {
    fn new(pending: Vec<u8>) -> Half {
        Half {
            pending,
            at: 0,
            reads: true,
            tells_end: true,
        }
    }

    fn wants_read(&self) -> bool {
        self.reads && self.pending.is_empty()
    }

    fn wants_write(&self) -> bool {
        !self.pending.is_empty()
    }

    fn is_over(&self) -> bool {
        !self.reads && self.pending.is_empty()
    }

    fn read(&mut self, from: &TcpStream, purse: &Purse) -> Result<(), End> {
        let mut bytes = vec![0; UNDER_WAY];
        match not_yet((&*from).read(&mut bytes))? {
            None => Ok(()),
            Some(0) => {
                self.reads = false;
                Ok(())
            }
            Some(count) => {
                bytes.truncate(count);
                self.pending = bytes;
                purse.spend(count)
            }
        }
    }

    fn write(&mut self, to: &TcpStream) -> Result<(), End> {
        if let Some(count) = not_yet((&*to).write(&self.pending[self.at..]))? {
            self.at += count;
        }
        if self.at >= self.pending.len() {
            self.pending.clear();
            self.at = 0;
        }
        Ok(())
    }

    /// Tells the end on, once.
    fn tell_end(&mut self, to: &TcpStream) {
        if self.is_over() && self.tells_end {
            self.tells_end = false;
            let _already_gone = to.shutdown(Shutdown::Write);
        }
    }
}

fn not_yet(outcome: io::Result<usize>) -> Result<Option<usize>, End> {
    match outcome {
        Ok(count) => Ok(Some(count)),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
            ) =>
        {
            Ok(None)
        }
        Err(_) => Err(End::Broken),
    }
}

/// What a relay is held to.
pub(super) struct Terms<'a> {
    pub(super) stop: BorrowedFd<'a>,
    pub(super) idle: Duration,
    pub(super) purse: &'a Purse,
}

/// Two connections, and what was read of each already.
pub(super) struct Ends {
    pub(super) client: TcpStream,
    pub(super) said: Vec<u8>,
    pub(super) server: TcpStream,
    pub(super) answered: Vec<u8>,
}

/// Passes on what both say.
pub(super) fn relay(ends: Ends, mut guard: Guard, terms: &Terms<'_>) -> Result<(), End> {
    let (client, server) = (&ends.client, &ends.server);
    for stream in [client, server] {
        stream.set_nonblocking(true).map_err(|_| End::Broken)?;
    }
    let (mut up, mut down) = (Half::new(ends.said), Half::new(ends.answered));
    guard.look(&mut up.pending)?;
    let is_request = matches!(guard, Guard::Count(_));
    up.tells_end = !is_request;
    let mut last = Instant::now();
    loop {
        up.reads &= !guard.is_done();
        up.tell_end(server);
        down.tell_end(client);
        // What answers a request is whole when the host has said everything.
        if down.is_over() && (up.is_over() || is_request) {
            return Ok(());
        }
        let ready = wait(client, server, (&up, &down), last + terms.idle, terms.stop)?;
        if ready.is_any() {
            last = Instant::now();
        }
        if ready.from_client {
            up.read(client, terms.purse)?;
            guard.look(&mut up.pending)?;
        }
        if ready.from_server {
            down.read(server, terms.purse)?;
        }
        if ready.to_server {
            up.write(server)?;
        }
        if ready.to_client {
            down.write(client)?;
        }
    }
}

#[derive(Default)]
struct Ready {
    from_client: bool,
    from_server: bool,
    to_client: bool,
    to_server: bool,
}

impl Ready {
    fn is_any(&self) -> bool {
        self.from_client || self.from_server || self.to_client || self.to_server
    }
}

fn wait(
    client: &TcpStream,
    server: &TcpStream,
    (up, down): (&Half, &Half),
    until: Instant,
    stop: BorrowedFd<'_>,
) -> Result<Ready, End> {
    let flags = |reads: bool, writes: bool| {
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::IN, reads);
        flags.set(PollFlags::OUT, writes);
        flags
    };
    let of_client = flags(up.wants_read(), down.wants_write());
    let of_server = flags(down.wants_read(), up.wants_write());
    // Whoever is not waited for is left out: that they hung up would be told again and again.
    let mut fds = vec![PollFd::from_borrowed_fd(stop, PollFlags::IN)];
    let asked = [(client.as_fd(), of_client), (server.as_fd(), of_server)];
    let asked_for = asked.iter().filter(|it| !it.1.is_empty());
    fds.extend(asked_for.map(|(fd, flags)| PollFd::from_borrowed_fd(*fd, *flags)));
    let left = until.saturating_duration_since(Instant::now());
    match poll(&mut fds, Some(&timespec(left))) {
        Ok(0) => return Err(End::Idle),
        Ok(_) => {}
        Err(Errno::INTR) => return Ok(Ready::default()),
        Err(_) => return Err(End::Broken),
    }
    let mut told = fds.iter().map(PollFd::revents);
    if told.next().is_some_and(|it| !it.is_empty()) {
        return Err(End::Stopped);
    }
    let mut next = |flags: PollFlags| match flags.is_empty() {
        true => PollFlags::empty(),
        false => told.next().unwrap_or(PollFlags::empty()),
    };
    // An error or a hang-up shows when it is read or written.
    let (from_client, from_server) = (next(of_client), next(of_server));
    let ended = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    let is = |told: PollFlags, asked: PollFlags, what| {
        asked.contains(what) && told.intersects(what | ended)
    };
    Ok(Ready {
        from_client: is(from_client, of_client, PollFlags::IN),
        to_client: is(from_client, of_client, PollFlags::OUT),
        from_server: is(from_server, of_server, PollFlags::IN),
        to_server: is(from_server, of_server, PollFlags::OUT),
    })
}
