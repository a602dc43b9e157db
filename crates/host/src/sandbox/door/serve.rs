//! The door at work, as long as one command runs: takes in connections from inside and leads them on.

use std::collections::BTreeSet;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use policy::shell::Answer;
use policy::{Act, Hosts, Reason, Verdict};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::head::{self, Destination, HEAD_MAX, Refusal, Request, Wish};
use super::relay::{self, End, Ends, Guard, Purse, Terms};
use super::upstream::Proxy;
use super::{Door, Passage, Way};
use crate::process::timespec;
use crate::sandbox::wire;

/// Passages of one command that are told; the rest is told as one.
const TOLD_MAX: usize = 200;
/// How often a full door looks whether somebody has left.
const FULL_PAUSE: Duration = Duration::from_millis(20);
/// What a refused program still says is taken in for so long, so that it hears why.
const FAREWELL: Duration = Duration::from_millis(500);
/// The usual port of what is encrypted: nothing else passes there.
const TLS_PORT: u16 = 443;

/// An open door. When this is dropped, it is shut, and every connection through it ends.
pub(in super::super) struct Open {
    stop: Option<PipeWriter>,
    thread: Option<JoinHandle<()>>,
}

impl Open {
    /// Opens a door to whatever listener comes through the other end of what is given with it.
    pub(in super::super) fn wait(door: &Door) -> io::Result<(Open, OwnedFd)> {
        let (own, theirs) = UnixStream::pair()?;
        let (stopped, stop) = io::pipe()?;
        let house = Arc::new(House {
            purse: Purse::new(door.0.limits.bytes),
            way: Arc::clone(&door.0),
            told: Mutex::default(),
            inside: AtomicUsize::new(0),
            stopped,
        });
        let thread = thread::Builder::new().name("door".to_owned());
        let thread = thread.spawn(move || {
            // Without a listener there is nobody to let in: the command did not start.
            if wait(own.as_fd(), PollFlags::IN, &house, None) == Woken::Ready
                && let Ok(listener) = wire::receive_descriptor(&own)
            {
                let _ended = house.serve(&TcpListener::from(listener));
            }
        })?;
        let open = Open {
            stop: Some(stop),
            thread: Some(thread),
        };
        Ok((open, theirs.into()))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // It ends at once; a panic in it has been printed.
            let _ended = thread.join();
        }
    }
}

/// What the connections of one command share.
struct House {
    way: Arc<Way>,
    purse: Purse,
    told: Mutex<BTreeSet<(String, Answer, bool)>>,
    inside: AtomicUsize,
    stopped: PipeReader,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Woken {
    Ready,
    Stopped,
    TooLate,
}

/// Waits for a connection to be ready, for the command to be over, or for too long.
fn wait(what: BorrowedFd<'_>, flags: PollFlags, house: &House, until: Option<Instant>) -> Woken {
    loop {
        let mut fds = [
            PollFd::from_borrowed_fd(house.stopped.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(what, flags),
        ];
        let left = until.map(|it| timespec(it.saturating_duration_since(Instant::now())));
        match poll(&mut fds, left.as_ref()) {
            Ok(0) => return Woken::TooLate,
            Err(Errno::INTR) => {}
            Err(_) => return Woken::Stopped,
            Ok(_) if !fds[0].revents().is_empty() => return Woken::Stopped,
            Ok(_) => return Woken::Ready,
        }
    }
}

impl House {
    fn serve(self: &Arc<Self>, listener: &TcpListener) -> io::Result<()> {
        listener.set_nonblocking(true)?;
        let mut left = self.way.limits.connections;
        while left > 0 {
            if self.inside.load(Ordering::Acquire) >= self.way.limits.at_once {
                let pause = Instant::now() + FULL_PAUSE;
                match wait(self.stopped.as_fd(), PollFlags::IN, self, Some(pause)) {
                    Woken::TooLate => continue,
                    _ => return Ok(()),
                }
            }
            if wait(listener.as_fd(), PollFlags::IN, self, None) != Woken::Ready {
                return Ok(());
            }
            // Whoever came may be gone again.
            let Ok((client, _)) = listener.accept() else {
                continue;
            };
            left -= 1;
            let house = Arc::clone(self);
            self.inside.fetch_add(1, Ordering::AcqRel);
            let thread = thread::Builder::new().name("door passage".to_owned());
            let started = thread.spawn(move || {
                let _inside = Inside(&house.inside);
                house.attend(&client);
            });
            if started.is_err() {
                self.inside.fetch_sub(1, Ordering::AcqRel);
            }
        }
        self.tell(Passage {
            to: "further hosts".to_owned(),
            answer: Answer::Deny,
            rule: "built in: connections of one command".to_owned(),
            refused: Some(format!(
                "a command makes no more than {} connections",
                self.way.limits.connections
            )),
        });
        Ok(())
    }

    fn attend(&self, client: &TcpStream) {
        if client.set_nonblocking(false).is_err()
            || client
                .set_write_timeout(Some(self.way.limits.patience))
                .is_err()
        {
            return;
        }
        let Some((head, rest)) = self.read_head(client) else {
            return;
        };
        match head::parse(&head) {
            Ok(Wish::Tunnel(to)) => self.lead(client, &to, None, rest),
            Ok(Wish::Request(to, request)) => self.lead(client, &to, Some(&request), rest),
            Err(refusal) => self.turn_away(client, refusal),
        }
    }

    /// The head of a request and what came behind it; none when it did not come, and the program was told.
    fn read_head(&self, client: &TcpStream) -> Option<(Vec<u8>, Vec<u8>)> {
        let until = Instant::now() + self.way.limits.patience;
        match self.head_of(client, until) {
            Ok(found) => Some(found),
            Err(Trouble::TooLong) => {
                answer(client, 431, "the head is too long");
                None
            }
            Err(Trouble::TooLate) => {
                answer(client, 408, "the head did not come in time");
                None
            }
            Err(Trouble::Gone) => None,
        }
    }

    fn head_of(&self, from: &TcpStream, until: Instant) -> Result<(Vec<u8>, Vec<u8>), Trouble> {
        let mut bytes = Vec::new();
        loop {
            if let Some(at) = head::end(&bytes) {
                let rest = bytes.split_off(at);
                return Ok((bytes, rest));
            }
            if bytes.len() >= HEAD_MAX {
                return Err(Trouble::TooLong);
            }
            match wait(from.as_fd(), PollFlags::IN, self, Some(until)) {
                Woken::Ready => {}
                Woken::Stopped => return Err(Trouble::Gone),
                Woken::TooLate => return Err(Trouble::TooLate),
            }
            let mut piece = [0; 4096];
            match (&*from).read(&mut piece) {
                Ok(0) | Err(_) => return Err(Trouble::Gone),
                Ok(count) => bytes.extend_from_slice(&piece[..count]),
            }
        }
    }

    fn turn_away(&self, client: &TcpStream, refusal: Refusal) {
        let (to, why) = match refusal {
            Refusal::Malformed(why) => {
                return answer(
                    client,
                    400,
                    &format!("the request was not understood: {why}"),
                );
            }
            Refusal::NoHost(to, error) => (to, error.to_string()),
        };
        let to = change::visible(&to).into_owned();
        let reason = Reason {
            rule: "built in: hosts are reached by their names".to_owned(),
            why: format!("{to}: {why}"),
            change: "ask for the host by its name".to_owned(),
        };
        self.refuse(client, to, Answer::Deny, &reason);
    }

    fn refuse(&self, client: &TcpStream, to: String, said: Answer, reason: &Reason) {
        let why = format!("{}; {}", reason.why, reason.change);
        // Told before it is answered: a program that hears it may end at once.
        self.tell(Passage {
            to,
            answer: said,
            rule: reason.rule.clone(),
            refused: Some(why.clone()),
        });
        answer(client, 403, &why);
    }

    /// Judges where a program wants to go, and leads it there.
    fn lead(&self, client: &TcpStream, to: &Destination, request: Option<&Request>, rest: Vec<u8>) {
        let first = |reasons: &[Reason]| reasons.first().cloned();
        let permit = match self.way.hosts.judge(&to.host, to.port) {
            Verdict::Allow(permit) => permit,
            Verdict::Ask(ask) => {
                return self.refuse_for(client, to, Answer::Ask, first(&ask.reasons));
            }
            Verdict::Deny(reasons) => {
                return self.refuse_for(client, to, Answer::Deny, first(&reasons));
            }
        };
        let upstream = &self.way.upstream;
        let proxy = match request {
            None => upstream.of(&upstream.tunnels, &to.host),
            Some(_) => upstream.of(&upstream.requests, &to.host),
        };
        let addresses = match self.addresses(to, proxy) {
            Ok(addresses) => addresses,
            Err(Trail::Refused(reason)) => {
                return self.refuse(client, to.shown(), Answer::Deny, &reason);
            }
            Err(Trail::Lost(why)) => return self.unreached(client, to, permit.rule(), &why),
        };
        let act = Act::Connect {
            host: to.host.to_string(),
            port: to.port,
        };
        let Ok(rule) = permit.redeem(&act) else {
            return;
        };
        match self.connect(to, request, proxy, &addresses) {
            Ok((server, answered)) => self.pass(
                client,
                to,
                request,
                rule,
                Led {
                    rest,
                    server,
                    answered,
                },
            ),
            Err(why) => self.unreached(client, to, &rule, &why),
        }
    }

    fn refuse_for(
        &self,
        client: &TcpStream,
        to: &Destination,
        said: Answer,
        reason: Option<Reason>,
    ) {
        if let Some(reason) = reason {
            self.refuse(client, to.shown(), said, &reason);
        }
    }

    fn unreached(&self, client: &TcpStream, to: &Destination, rule: &str, why: &str) {
        let why = format!("{} was not reached: {why}", to.host);
        self.tell(Passage {
            to: to.shown(),
            answer: Answer::Allow,
            rule: rule.to_owned(),
            refused: Some(why.clone()),
        });
        answer(client, 502, &why);
    }

    /// Where to connect to: to the host, if it is in the open network, or to the user's own proxy.
    fn addresses(&self, to: &Destination, proxy: Option<&Proxy>) -> Result<Vec<SocketAddr>, Trail> {
        let (host, port) = match proxy {
            Some(proxy) => (proxy.host.as_str(), proxy.port),
            None => (to.host.as_str(), to.port),
        };
        let found = self.way.outside.resolve(host, port);
        let found =
            found.map_err(|error| Trail::Lost(format!("{host} has no address: {error}")))?;
        if found.is_empty() {
            return Err(Trail::Lost(format!("{host} has no address")));
        }
        if proxy.is_none() {
            let alone: Vec<IpAddr> = found.iter().map(SocketAddr::ip).collect();
            Hosts::judge_addresses(&to.host, &alone).map_err(Trail::Refused)?;
        }
        Ok(found)
    }

    /// A connection to the first address that answers; through a proxy, to the host behind it. With it comes what was
    /// said there already.
    fn connect(
        &self,
        to: &Destination,
        request: Option<&Request>,
        proxy: Option<&Proxy>,
        addresses: &[SocketAddr],
    ) -> Result<(TcpStream, Vec<u8>), String> {
        let until = Instant::now() + self.way.limits.patience;
        let mut trouble = String::from("it took too long");
        for address in addresses {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.is_stopped() {
                break;
            }
            match self.way.outside.connect(*address, left) {
                Ok(mut server) => {
                    let failed = |error: io::Error| error.to_string();
                    server
                        .set_write_timeout(Some(self.way.limits.patience))
                        .map_err(failed)?;
                    let credentials = proxy.map(|it| it.credentials.as_deref());
                    match (request, credentials) {
                        (Some(request), through) => {
                            let head = request.written(to, through);
                            server.write_all(head.as_bytes()).map_err(failed)?;
                        }
                        (None, Some(credentials)) => {
                            let answered = self.through(&mut server, to, credentials, until)?;
                            return Ok((server, answered));
                        }
                        (None, None) => {}
                    }
                    return Ok((server, Vec::new()));
                }
                Err(error) => trouble = error.to_string(),
            }
        }
        Err(trouble)
    }

    /// Asks the user's proxy for a tunnel; gives what came behind its answer.
    fn through(
        &self,
        server: &mut TcpStream,
        to: &Destination,
        credentials: Option<&str>,
        until: Instant,
    ) -> Result<Vec<u8>, String> {
        let to = to.shown();
        let words =
            credentials.map_or(String::new(), |it| format!("proxy-authorization: {it}\r\n"));
        let asked = format!("CONNECT {to} HTTP/1.1\r\nhost: {to}\r\n{words}\r\n");
        server
            .write_all(asked.as_bytes())
            .map_err(|error| format!("your proxy: {error}"))?;
        let (head, rest) = self
            .head_of(server, until)
            .map_err(|_| "your proxy did not answer".to_owned())?;
        let head = String::from_utf8_lossy(&head);
        let first = head.lines().next().unwrap_or_default();
        let status = first.strip_prefix("HTTP/1.").and_then(|it| it.get(2..));
        match status.is_some_and(|it| it.starts_with('2')) {
            true => Ok(rest),
            false => Err(format!("your proxy says {}", change::visible(first))),
        }
    }

    fn pass(
        &self,
        client: &TcpStream,
        to: &Destination,
        request: Option<&Request>,
        rule: String,
        led: Led,
    ) {
        let guard = match request {
            Some(request) => Guard::Count(request.body),
            None => Guard::Hello {
                host: to.host.to_string(),
                others: to.port != TLS_PORT,
                held: Vec::new(),
            },
        };
        let Ok(own) = client.try_clone() else {
            return;
        };
        self.tell(Passage {
            to: to.shown(),
            answer: Answer::Allow,
            rule: rule.clone(),
            refused: None,
        });
        let opened = b"HTTP/1.1 200 Connection established\r\n\r\n";
        if request.is_none() && (&*client).write_all(opened).is_err() {
            return;
        }
        let terms = Terms {
            stop: self.stopped.as_fd(),
            idle: self.way.limits.idle,
            purse: &self.purse,
        };
        let ends = Ends {
            client: own,
            said: led.rest,
            server: led.server,
            answered: led.answered,
        };
        let Err(end) = relay::relay(ends, guard, &terms) else {
            return;
        };
        if let Some((said, rule, why)) = self.told_of(end, to, rule) {
            self.tell(Passage {
                to: to.shown(),
                answer: said,
                rule,
                refused: Some(why),
            });
        }
    }

    /// What is told of a connection that was ended here.
    fn told_of(
        &self,
        end: End,
        to: &Destination,
        rule: String,
    ) -> Option<(Answer, String, String)> {
        let built_in = |rule: &str| format!("built in: {rule}");
        match end {
            End::OtherHost(Some(name)) => Some((
                Answer::Deny,
                built_in("a tunnel is for the host that it names"),
                format!(
                    "in a tunnel to {} a connection to {} began",
                    to.host,
                    change::visible(&name)
                ),
            )),
            End::OtherHost(None) => Some((
                Answer::Deny,
                built_in("a tunnel is for the host that it names"),
                format!(
                    "what was said in a tunnel to {} does not say whom it is for",
                    to.shown()
                ),
            )),
            End::Spent => Some((
                Answer::Deny,
                built_in("bytes of one command"),
                format!(
                    "a command sends and receives no more than {} bytes",
                    self.way.limits.bytes
                ),
            )),
            End::Idle => Some((
                Answer::Allow,
                rule,
                format!("{} was silent for too long", to.host),
            )),
            End::Stopped | End::Broken => None,
        }
    }

    fn is_stopped(&self) -> bool {
        let now = Some(Instant::now());
        wait(self.stopped.as_fd(), PollFlags::IN, self, now) != Woken::TooLate
    }

    /// Tells of a passage, of each kind once.
    fn tell(&self, passage: Passage) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = (
            passage.to.clone(),
            passage.answer,
            passage.refused.is_some(),
        );
        if told.contains(&kind) || told.len() > TOLD_MAX {
            return;
        }
        let is_last = told.len() == TOLD_MAX;
        told.insert(kind);
        drop(told);
        (self.way.bell)(match is_last {
            false => passage,
            true => Passage {
                to: "further hosts".to_owned(),
                refused: Some(
                    "a command asked for too many hosts; the others are not named".to_owned(),
                ),
                ..passage
            },
        });
    }
}

/// A connection that was led to a host, and what was read of both sides already.
struct Led {
    rest: Vec<u8>,
    server: TcpStream,
    answered: Vec<u8>,
}

/// Why there is no address to connect to.
enum Trail {
    Refused(Reason),
    Lost(String),
}

/// Why there is no head.
enum Trouble {
    TooLong,
    TooLate,
    Gone,
}

/// Counts a connection until it is over, however that comes.
struct Inside<'a>(&'a AtomicUsize);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Says no, in a form that a person sees: most programs show the words behind the status.
fn answer(mut client: &TcpStream, code: u16, why: &str) {
    let plain: String = why
        .chars()
        .map(|it| if (' '..='~').contains(&it) { it } else { '?' })
        .collect();
    let body = format!("Kiro: {plain}\n");
    let head = format!(
        "HTTP/1.1 {code} Kiro: {plain}\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    if client.write_all((head + &body).as_bytes()).is_err()
        || client.shutdown(Shutdown::Write).is_err()
    {
        return;
    }
    // What is left unread would take the answer away from whoever has not read it yet.
    let until = Instant::now() + FAREWELL;
    let mut bytes = [0; 4096];
    while let Some(left) = until
        .checked_duration_since(Instant::now())
        .filter(|it| !it.is_zero())
    {
        let read = client
            .set_read_timeout(Some(left))
            .and_then(|()| client.read(&mut bytes));
        if !matches!(read, Ok(1..)) {
            return;
        }
    }
}
