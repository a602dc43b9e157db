//! The way to allowed hosts, with real servers on this machine under made-up names: who is reached, and who is not
//! whatever a program says.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use host::process::{Ended, Finished};
use host::sandbox::{
    Door, DoorLimits, Network, Outside, Passage, SandboxError, Upstream, Walls, WallsError,
};
use policy::shell::Answer;
use policy::{Gate, Hosts, Rules};

use crate::world::{World, as_everyone, python};

const ALLOWED: &str = "[listed.test, '*.below.test', 'raw.test:7000', 'own.test', 'mixed.test', 'mapped.test', \
                       'cloud.test', 'near.test', 'nobody.test', 'turns.test:7000']";

/// What a program inside begins with.
const PRELUDE: &str = r#"
import os, socket, ssl, sys, time
def ask(text, wait=10):
    s = socket.create_connection(('127.0.0.1', 3128), timeout=wait)
    s.sendall(text if isinstance(text, bytes) else text.encode())
    return s
def rest(s):
    data = b''
    try:
        while True:
            piece = s.recv(65536)
            if not piece: break
            data += piece
    except OSError as error:
        data += type(error).__name__.encode()
    return data
def head(s):
    data = b''
    while b'\r\n\r\n' not in data:
        piece = s.recv(1)
        if not piece: break
        data += piece
    return data.split(b'\r\n')[0].decode()
def tunnel(to, extra=''):
    s = ask('CONNECT %s HTTP/1.1\r\n%s\r\n' % (to, extra))
    return head(s), s
def hello(name):
    given, taken = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(given, taken, server_hostname=name)
    try: tls.do_handshake()
    except ssl.SSLWantReadError: pass
    return taken.read()
"#;

/// The network outside, as far as a door sees it: names with addresses, all of which are one server of this test.
struct Town {
    names: Mutex<BTreeMap<&'static str, Vec<&'static str>>>,
    server: SocketAddr,
    asked: Mutex<Vec<String>>,
    called: Mutex<Vec<SocketAddr>>,
}

impl Outside for Town {
    fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        self.asked.lock().expect("whole").push(host.to_owned());
        let mut names = self.names.lock().expect("whole");
        let found = names.get_mut(host).ok_or(io::ErrorKind::NotFound)?;
        let address = |it: &&str| SocketAddr::new(it.parse::<IpAddr>().expect("an address"), port);
        let addresses = found.iter().map(address).collect();
        // Asked again, it would say something else.
        if host == "turns.test" {
            *found = vec!["127.0.0.1"];
        }
        Ok(addresses)
    }

    fn connect(&self, address: SocketAddr, patience: Duration) -> io::Result<TcpStream> {
        self.called.lock().expect("whole").push(address);
        TcpStream::connect_timeout(&self.server, patience)
    }
}

/// What the server does with each connection.
type Manner = fn(TcpStream, &Mutex<Vec<u8>>);

/// A server that keeps what it was told.
struct Server {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<u8>>>,
    open: Arc<AtomicUsize>,
}

impl Server {
    fn start(manner: Manner) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let server = Server {
            address: listener.local_addr().expect("it has one"),
            heard: Arc::default(),
            open: Arc::default(),
        };
        let (heard, open) = (Arc::clone(&server.heard), Arc::clone(&server.open));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (heard, open) = (Arc::clone(&heard), Arc::clone(&open));
                open.fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || {
                    manner(stream, &heard);
                    open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        server
    }

    fn heard(&self) -> String {
        String::from_utf8_lossy(&self.heard.lock().expect("whole")).into_owned()
    }

    /// Waits until nobody is connected any more.
    fn empties(&self) -> bool {
        let until = Instant::now() + Duration::from_secs(5);
        while self.open.load(Ordering::SeqCst) > 0 {
            if Instant::now() > until {
                return false;
            }
            thread::sleep(Duration::from_millis(10));
        }
        true
    }
}

/// Says everything again.
fn echo(mut stream: TcpStream, heard: &Mutex<Vec<u8>>) {
    let mut bytes = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut bytes) {
        heard.lock().expect("whole").extend(&bytes[..count]);
        if stream.write_all(&bytes[..count]).is_err() {
            return;
        }
    }
}

/// Answers whatever comes first, and listens on for a while.
fn page(mut stream: TcpStream, heard: &Mutex<Vec<u8>>) {
    let mut bytes = [0; 4096];
    let mut last = Duration::from_secs(5);
    let mut said = false;
    loop {
        stream.set_read_timeout(Some(last)).expect("set");
        let Ok(count @ 1..) = stream.read(&mut bytes) else {
            return;
        };
        heard.lock().expect("whole").extend(&bytes[..count]);
        if !said {
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage";
            if stream.write_all(answer).is_err() {
                return;
            }
            said = true;
            last = Duration::from_millis(300);
        }
    }
}

/// Sends without end.
fn flood(mut stream: TcpStream, _: &Mutex<Vec<u8>>) {
    while stream.write_all(&[b'x'; 65536]).is_ok() {}
}

/// Says something and is gone.
fn rude(mut stream: TcpStream, _: &Mutex<Vec<u8>>) {
    let _asked = stream.read(&mut [0; 4096]);
    let _gone = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
}

struct Visit {
    server: Server,
    town: Arc<Town>,
    told: Arc<Mutex<Vec<Passage>>>,
    limits: DoorLimits,
    upstream: Upstream,
}

impl Visit {
    fn new(manner: Manner) -> Visit {
        let server = Server::start(manner);
        let names = [
            ("listed.test", vec!["1.1.1.1"]),
            ("a.below.test", vec!["1.1.1.1"]),
            ("raw.test", vec!["1.1.1.1"]),
            ("own.test", vec!["127.0.0.1"]),
            ("near.test", vec!["10.1.2.3"]),
            ("cloud.test", vec!["169.254.169.254"]),
            ("mapped.test", vec!["::ffff:127.0.0.1"]),
            ("mixed.test", vec!["1.1.1.1", "192.168.0.1"]),
            ("turns.test", vec!["1.1.1.1"]),
            ("proxy.test", vec!["127.0.0.1"]),
        ];
        let town = Arc::new(Town {
            names: Mutex::new(names.into_iter().collect()),
            server: server.address,
            asked: Mutex::default(),
            called: Mutex::default(),
        });
        Visit {
            server,
            town,
            told: Arc::default(),
            limits: DoorLimits::default(),
            upstream: Upstream::default(),
        }
    }

    fn walls(&self, world: &World) -> Walls {
        let told = Arc::clone(&self.told);
        let bell = Arc::new(move |it| told.lock().expect("whole").push(it));
        let outside = Arc::clone(&self.town) as Arc<dyn Outside>;
        let door = Door::new(hosts(), outside, self.upstream.clone(), bell).within(self.limits);
        Walls {
            network: Network::Hosts(door),
            ..world.walls()
        }
    }

    fn try_run(&self, world: &World, script: &str) -> Option<Result<Finished, SandboxError>> {
        let python = python()?;
        world.put("visit.py", &format!("{PRELUDE}{script}"));
        let mut command = world.command(&[&python, "visit.py"]);
        command.env.extend(Door::variables());
        let walls = self.walls(world);
        Some(
            world
                .sandbox
                .run(world.permit(&command), &command, &walls, &|| false),
        )
    }

    /// What a program prints; nothing where this user has no Python.
    fn prints(&self, world: &World, script: &str) -> Option<String> {
        let finished = self.try_run(world, script)?.expect("it runs");
        let error = String::from_utf8_lossy(&finished.stderr).into_owned();
        assert_eq!(finished.ended, Ended::Code(0), "{error}");
        Some(String::from_utf8_lossy(&finished.stdout).into_owned())
    }

    fn told(&self) -> Vec<Passage> {
        self.told.lock().expect("whole").clone()
    }
}

fn hosts() -> Hosts {
    let mut rules = Rules::parse(None, None).expect("sound");
    let text = format!("security: {{allowed_hosts: {ALLOWED}}}");
    rules.add_own_config("own", &text).expect("sound");
    Gate::new(std::path::Path::new("/"), rules).hosts()
}

#[test]
fn allowed_hosts_are_reached_and_nobody_else() {
    as_everyone("door::allowed_hosts_are_reached_and_nobody_else", |world| {
        let visit = Visit::new(echo);
        let script = "
said, s = tunnel('LISTED.test.:443')
first = hello('listed.test')
s.sendall(first)
print(said, s.recv(65536) == first)
said, s = tunnel('raw.test:7000', 'Host: raw.test:7000\\r\\n')
s.sendall(b'ping'); print(said, s.recv(4))
s.shutdown(socket.SHUT_WR); print(rest(s))
print(tunnel('a.below.test:443')[0])
print(tunnel('other.test:443')[0])
print(tunnel('listed.test:22')[0])
print(tunnel('below.test:443')[0])
print(tunnel('listed.test.other.test:443')[0])
";
        if !world.has_outer_layer() {
            let outcome = visit.try_run(world, script);
            let refused = |it: &Result<_, _>| {
                matches!(it, Err(SandboxError::Walls(WallsError::NoLoopback(_))))
            };
            assert!(outcome.as_ref().is_none_or(refused), "{outcome:?}");
            assert!(world.sandbox.opens_doors().is_err());
            return;
        }
        let Some(text) = visit.prints(world, script) else {
            return;
        };
        let lines: Vec<&str> = text.lines().collect();
        let ok = "HTTP/1.1 200 Connection established";
        assert_eq!(lines[0], format!("{ok} True"));
        assert_eq!(lines[1], format!("{ok} b'ping'"));
        assert_eq!(lines[2], "b''");
        assert_eq!(lines[3], ok);
        assert!(
            lines[4].contains("403") && lines[4].contains("add `other.test`"),
            "{}",
            lines[4]
        );
        assert!(lines[5].contains("add `listed.test:22`"), "{}", lines[5]);
        assert!(
            lines[6].contains("403") && lines[7].contains("403"),
            "{text}"
        );
        let asked = visit.town.asked.lock().expect("whole").clone();
        assert_eq!(
            asked,
            ["listed.test", "raw.test", "a.below.test"],
            "no other name is asked for"
        );
        let told: Vec<(String, Answer, bool)> = visit
            .told()
            .into_iter()
            .map(|it| (it.to, it.answer, it.refused.is_none()))
            .collect();
        let expected = [
            ("listed.test:443", Answer::Allow, true),
            ("raw.test:7000", Answer::Allow, true),
            ("a.below.test:443", Answer::Allow, true),
            ("other.test:443", Answer::Ask, false),
            ("listed.test:22", Answer::Ask, false),
            ("below.test:443", Answer::Ask, false),
            ("listed.test.other.test:443", Answer::Ask, false),
        ];
        let expected = expected.map(|(to, answer, used)| (to.to_owned(), answer, used));
        assert_eq!(told, expected);
        assert!(visit.server.empties(), "a connection outlived the command");
    });
}

/// Runs a script in the best sandbox of this machine; not where it opens no doors or has no Python.
fn visited(visit: &Visit, script: &str) -> Option<String> {
    let world = World::here();
    if world.sandbox.opens_doors().is_err() {
        println!("no doors on this machine: {}", world.sandbox.describe());
        return None;
    }
    visit.prints(&world, script)
}

#[test]
fn what_leads_to_a_private_network_is_refused_whatever_it_is_called() {
    let visit = Visit::new(echo);
    let script = "
for to in ['own.test:443', 'near.test:443', 'cloud.test:80', 'mapped.test:443', 'mixed.test:443', 'nobody.test:443',
           '127.0.0.1:443', '127.1:443', '2130706433:443', '0x7f000001:443', '[::1]:443', '[::ffff:127.0.0.1]:443',
           '169.254.169.254:80', 'localhost:443', 'listed.test@127.0.0.1:443', 'listed.test%00.test:443',
           'listed.test\\t:443', 'b\\u00fccher.test:443', 'listed\\uff0etest:443', 'listed.test:443:80']:
    print(to.encode(), tunnel(to)[0])
print(head(ask('GET http://cloud.test/latest/meta-data HTTP/1.1\\r\\n\\r\\n')))
print(head(ask('GET http://169.254.169.254/ HTTP/1.1\\r\\nHost: listed.test\\r\\n\\r\\n')))
print(head(ask('GET http://listed.test/ HTTP/1.1\\r\\nHost: 169.254.169.254\\r\\n\\r\\n')))
print(head(ask('GET / HTTP/1.1\\r\\nHost: listed.test\\r\\n\\r\\n')))
";
    let Some(text) = visited(&visit, script) else {
        return;
    };
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 24, "{text}");
    for line in &lines {
        let refused = ["HTTP/1.1 403 ", "HTTP/1.1 400 ", "HTTP/1.1 502 "];
        assert!(refused.iter().any(|it| line.contains(it)), "{line}");
    }
    for line in lines.iter().take(5) {
        assert!(line.contains("not in the open network"), "{line}");
    }
    assert_eq!(visit.server.heard(), "");
    assert!(
        visit.town.called.lock().expect("whole").is_empty(),
        "nobody was called"
    );
}

#[test]
fn the_address_that_was_judged_is_the_one_that_is_called() {
    let visit = Visit::new(echo);
    let script = "
print(tunnel('turns.test:7000')[0])
print(tunnel('turns.test:7000')[0])
";
    let Some(text) = visited(&visit, script) else {
        return;
    };
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].contains(" 200 ") && lines[1].contains(" 403 "),
        "{text}"
    );
    let called = visit.town.called.lock().expect("whole").clone();
    assert_eq!(called, ["1.1.1.1:7000".parse().expect("an address")]);
}

#[test]
fn a_tunnel_is_for_the_host_that_it_names() {
    let visit = Visit::new(echo);
    let script = "
def said(port, words):
    s = tunnel('listed.test:443' if port == 443 else 'raw.test:7000')[1]
    s.sendall(words); s.settimeout(5)
    return rest(s)[:9]
print(said(443, hello('other.test')))
print(said(443, b'GET / HTTP/1.1\\r\\nHost: other.test\\r\\n\\r\\n'))
print(said(7000, hello('other.test')))
s = tunnel('listed.test:443')[1]
for byte in hello('LISTED.test'):
    s.sendall(bytes([byte]))
print(len(s.recv(65536)) > 0)
";
    let Some(text) = visited(&visit, script) else {
        return;
    };
    assert_eq!(text, "b''\nb''\nb''\nTrue\n");
    assert!(!visit.server.heard().contains("other.test"));
    let told = visit.told();
    let of_another =
        |it: &&Passage| it.answer == Answer::Deny && it.rule.contains("a tunnel is for");
    assert_eq!(
        told.iter().filter(of_another).count(),
        2,
        "each host once: {told:?}"
    );
}

#[test]
fn one_request_is_passed_on_and_nothing_behind_it() {
    let visit = Visit::new(page);
    let script = "
import urllib.request
print(urllib.request.urlopen('http://listed.test/a?b').read())
s = ask('POST http://listed.test/c HTTP/1.1\\r\\nHost: listed.test\\r\\nContent-Length: 4\\r\\nProxy-Authorization: x\\r\\n\\r\\n'
        'bodyGET http://other.test/ HTTP/1.1\\r\\nHost: other.test\\r\\n\\r\\n')
print(rest(s))
s = ask('POST http://listed.test/d HTTP/1.1\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n')
print(head(s))
";
    let Some(text) = visited(&visit, script) else {
        return;
    };
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "b'page'");
    assert!(lines[1].ends_with("page'"), "{text}");
    assert!(lines[2].contains("400"), "{text}");
    let heard = visit.server.heard();
    assert!(
        heard.contains("GET /a?b HTTP/1.1\r\nhost: listed.test\r\n"),
        "{heard}"
    );
    assert!(
        heard.contains("POST /c HTTP/1.1\r\nhost: listed.test\r\n") && heard.ends_with("body"),
        "{heard}"
    );
    assert!(
        !heard.contains("other.test") && !heard.contains("roxy"),
        "{heard}"
    );
}

#[test]
fn neither_much_nor_slow_nor_broken_words_hold_the_door_up() {
    let mut visit = Visit::new(rude);
    visit.limits.patience = Duration::from_secs(2);
    visit.limits.at_once = 4;
    let script = "
slow = [ask('CONNECT listed') for _ in range(6)]
print(head(ask('GET http://listed.test/ HTTP/1.1\\r\\nA: ' + 'b' * 20000)))
began = time.time()
print(head(slow[0]), time.time() - began < 8)
for s in slow: s.close()
for _ in range(40):
    ask(b'\\x00\\xff' * 100).close()
    ask('CONNECT listed.test:443 HTTP/1.1\\r\\n\\r\\n').close()
    ask('GET http://listed.test/ HTTP/1.1\\r\\n\\r\\n').close()
print(rest(ask('GET http://listed.test/ HTTP/1.1\\r\\n\\r\\n'))[-4:])
";
    let Some(text) = visited(&visit, script) else {
        return;
    };
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].contains("431"), "{text}");
    assert!(
        lines[1].contains("408") && lines[1].ends_with("True"),
        "{text}"
    );
    assert_eq!(lines[2], "b'half'");
    assert!(visit.server.empties());
}

#[test]
fn a_door_has_its_limits_and_says_so() {
    let mut visit = Visit::new(flood);
    visit.limits.bytes = 4 << 20;
    visit.limits.connections = 12;
    let script = "
s = tunnel('raw.test:7000')[1]
print(len(rest(s)) <= 4 << 20)
for n in range(11):
    tunnel('other%d.test:443' % n)
try:
    s = ask('CONNECT raw.test:7000 HTTP/1.1\\r\\n\\r\\n', 2)
    print(rest(s))
except OSError as error:
    print('refused')
";
    let Some(text) = visited(&visit, script) else {
        return;
    };
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "True");
    assert!(
        ["refused", "b'ConnectionResetError'"].contains(&lines[1]),
        "{text}"
    );
    let told = visit.told();
    let says = |what: &str| {
        told.iter()
            .any(|it| it.refused.as_ref().is_some_and(|it| it.contains(what)))
    };
    assert!(
        says("no more than 4194304 bytes") && says("no more than 12 connections"),
        "{told:?}"
    );
}

#[test]
fn nothing_goes_through_a_door_after_its_command() {
    let visit = Visit::new(echo);
    let script = "
s = tunnel('raw.test:7000')[1]
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            try: s.sendall(b'still here'); time.sleep(0.05)
            except OSError: os._exit(0)
    os._exit(0)
time.sleep(0.3)
print('left')
";
    let Some(text) = visited(&visit, script) else {
        return;
    };
    assert_eq!(text, "left\n");
    assert!(visit.server.empties(), "it is connected still");
    let heard = visit.server.heard().len();
    assert!(heard > 0);
    thread::sleep(Duration::from_millis(300));
    assert_eq!(visit.server.heard().len(), heard);
}

#[test]
fn a_command_that_is_stopped_takes_its_connections_along() {
    let world = World::here();
    let visit = Visit::new(echo);
    let Some(python) = python().filter(|_| world.sandbox.opens_doors().is_ok()) else {
        return;
    };
    world.put(
        "visit.py",
        &format!("{PRELUDE}\ns = tunnel('raw.test:7000')[1]\ns.sendall(b'x')\ntime.sleep(60)\n"),
    );
    let command = world.command(&[&python, "visit.py"]);
    let stop = AtomicBool::new(false);
    let stopped = || {
        stop.fetch_or(!visit.server.heard().is_empty(), Ordering::SeqCst);
        stop.load(Ordering::SeqCst)
    };
    let finished = world.sandbox.run(
        world.permit(&command),
        &command,
        &visit.walls(&world),
        &stopped,
    );
    assert_eq!(finished.expect("it ran").ended, Ended::Cancelled);
    assert!(visit.server.empties());
}

#[test]
fn nobody_is_reached_past_the_door() {
    let visit = Visit::new(echo);
    let port = visit.server.address.port();
    let script = format!(
        "
def tries(what):
    try: what(); print('reached')
    except OSError as error: print(type(error).__name__)
tries(lambda: socket.create_connection(('127.0.0.1', {port}), timeout=2))
tries(lambda: socket.create_connection(('192.0.2.1', 80), timeout=2))
tries(lambda: socket.getaddrinfo('listed.test', 443))
tries(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53)))
tries(lambda: socket.socket(socket.AF_INET6, socket.SOCK_STREAM).connect(('2001:db8::1', 80)))
tries(lambda: socket.socket(socket.AF_UNIX))
tries(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
server = socket.create_server(('127.0.0.1', 0))
near = socket.create_connection(server.getsockname())
print('near')
try: socket.create_server(('127.0.0.1', 3128)); print('took the place')
except OSError: print('its place is taken')
"
    );
    let Some(text) = visited(&visit, &script) else {
        return;
    };
    assert!(
        !text.contains("reached") && !text.contains("took"),
        "{text}"
    );
    assert!(text.ends_with("near\nits place is taken\n"), "{text}");
    assert_eq!(visit.server.heard(), "");
}

/// Lets everybody through who shows the right words.
fn proxy(mut stream: TcpStream, heard: &Mutex<Vec<u8>>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    heard.lock().expect("whole").extend(&head);
    let head = String::from_utf8_lossy(&head).into_owned();
    let _gone = match head.starts_with("CONNECT ") {
        true if head.contains("refuse.below.test") => {
            stream.write_all(b"HTTP/1.1 407 Who are you\r\n\r\n")
        }
        true => stream.write_all(b"HTTP/1.1 200 Fine\r\nVia: x\r\n\r\nhello "),
        false => stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage"),
    };
    if head.starts_with("CONNECT ") {
        echo(stream, &Mutex::default());
    }
}

#[test]
fn where_the_user_has_a_proxy_everything_goes_through_it() {
    let mut visit = Visit::new(proxy);
    let variables = |name: &str| match name {
        "HTTPS_PROXY" | "http_proxy" => Some("http://user:word@proxy.test:8080"),
        "NO_PROXY" => Some("near.test"),
        _ => None,
    };
    visit.upstream = Upstream::read(&variables).expect("sound");
    let script = "
said, s = tunnel('raw.test:7000')
s.sendall(b'you'); print(said, s.recv(6), s.recv(3))
print(rest(ask('GET http://listed.test/a HTTP/1.1\\r\\n\\r\\n'))[-4:])
print(tunnel('refuse.below.test:443')[0])
print(tunnel('other.test:443')[0])
print(tunnel('near.test:443')[0])
";
    let Some(text) = visited(&visit, script) else {
        return;
    };
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "HTTP/1.1 200 Connection established b'hello ' b'you'"
    );
    assert_eq!(lines[1], "b'page'");
    assert!(
        lines[2].contains("502") && lines[2].contains("407 Who are you"),
        "{text}"
    );
    assert!(lines[3].contains("403"), "{text}");
    assert!(lines[4].contains("not in the open network"), "{text}");
    let heard = visit.server.heard();
    assert!(
        heard.contains("CONNECT raw.test:7000 HTTP/1.1\r\n"),
        "{heard}"
    );
    assert!(
        heard.contains("GET http://listed.test/a HTTP/1.1\r\n"),
        "{heard}"
    );
    assert_eq!(
        heard
            .matches("proxy-authorization: Basic dXNlcjp3b3Jk\r\n")
            .count(),
        3,
        "{heard}"
    );
    let asked = visit.town.asked.lock().expect("whole").clone();
    assert_eq!(
        asked,
        ["proxy.test", "proxy.test", "proxy.test", "near.test"]
    );
}
