//! The head of a request to the door, read strictly: what two readers could understand in two ways is refused.

use policy::{HostError, HostName, parse_port};

/// The longest head, in bytes.
pub(super) const HEAD_MAX: usize = 16 << 10;
/// The most lines that a head has.
const LINES_MAX: usize = 100;

/// What a program wants of the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// A tunnel to a host.
    Tunnel(Destination),
    /// One request to a host, not encrypted.
    Request(Destination, Request),
}

/// Whom a program wants to reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Destination {
    pub(super) host: HostName,
    pub(super) port: u16,
}

/// One request, as it is passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    method: String,
    /// The part of the address behind the host.
    path: String,
    /// The lines that are passed on, in order.
    lines: Vec<String>,
    /// Bytes that follow the head.
    pub(super) body: u64,
}

/// Why a head is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is none that the door understands.
    Malformed(&'static str),
    /// It names no host, but this.
    NoHost(String, HostError),
}

/// Where a head ends among the bytes that came so far.
pub(super) fn end(bytes: &[u8]) -> Option<usize> {
    let at = bytes.windows(4).position(|it| it == b"\r\n\r\n");
    at.map(|it| it + 4)
}

/// Reads a whole head, its empty line included.
pub(super) fn parse(bytes: &[u8]) -> Result<Wish, Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|_| Refusal::Malformed("it is not text"))?;
    let text = text.strip_suffix("\r\n\r\n");
    let text = text.ok_or(Refusal::Malformed("it has no end"))?;
    let lines: Vec<&str> = text.split("\r\n").collect();
    let is_plain = |c: char| (' '..='~').contains(&c) || c == '\t' || !c.is_ascii();
    if lines.len() > LINES_MAX || !lines.iter().all(|it| it.chars().all(is_plain)) {
        return Err(Refusal::Malformed(
            "it has too many lines, or characters that steer",
        ));
    }
    let (first, fields) = lines.split_first().unwrap_or((&"", &[]));
    let words: Vec<&str> = first.split(' ').collect();
    let [method, target, "HTTP/1.1" | "HTTP/1.0"] = words.as_slice() else {
        return Err(Refusal::Malformed(
            "its first line is not METHOD TARGET HTTP/1.1",
        ));
    };
    if method.is_empty()
        || !method
            .bytes()
            .all(|it| it.is_ascii_uppercase() || it == b'-')
    {
        return Err(Refusal::Malformed("its method is none"));
    }
    let fields = fields.iter().map(|it| field(it));
    let fields = fields.collect::<Result<Vec<_>, _>>()?;
    match *method {
        "CONNECT" => tunnel(target, &fields),
        _ => request(method, target, &fields),
    }
}

/// A field's name in small letters, and its value.
fn field(line: &str) -> Result<(String, &str), Refusal> {
    // A line that goes on with the one before begins with a space, which no name has.
    let (name, value) = line
        .split_once(':')
        .ok_or(Refusal::Malformed("a line of it has no colon"))?;
    let is_token = |it: u8| it.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&it);
    match !name.is_empty() && name.bytes().all(is_token) {
        true => Ok((name.to_ascii_lowercase(), value.trim_matches([' ', '\t']))),
        false => Err(Refusal::Malformed("a field's name is none")),
    }
}

fn tunnel(target: &str, fields: &[(String, &str)]) -> Result<Wish, Refusal> {
    let (host, port) = target
        .rsplit_once(':')
        .ok_or(Refusal::Malformed("a tunnel needs a port"))?;
    let destination = destination(host, Some(port))?;
    same_host(fields, &destination)?;
    Ok(Wish::Tunnel(destination))
}

fn destination(host: &str, port: Option<&str>) -> Result<Destination, Refusal> {
    let named = |error| {
        let shown = host.chars().take(100).collect();
        Refusal::NoHost(shown, error)
    };
    Ok(Destination {
        host: HostName::parse(host).map_err(named)?,
        port: port.map_or(Ok(80), parse_port).map_err(named)?,
    })
}

/// The host that a field names besides must be the same.
fn same_host(fields: &[(String, &str)], wanted: &Destination) -> Result<(), Refusal> {
    let mut hosts = fields.iter().filter(|(name, _)| name == "host");
    let Some((_, value)) = hosts.next() else {
        return Ok(());
    };
    let (host, port) = match value.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (*value, None),
    };
    let is_host = HostName::parse(host).is_ok_and(|it| it == wanted.host);
    let is_port = port.is_none_or(|it| parse_port(it) == Ok(wanted.port));
    match hosts.next().is_none() && is_host && is_port {
        true => Ok(()),
        false => Err(Refusal::Malformed(
            "its Host is another one than its address",
        )),
    }
}

/// Fields between a program and its proxy, which nobody else gets.
const OWN_FIELDS: [&str; 10] = [
    "host",
    "connection",
    "proxy-connection",
    "proxy-authorization",
    "proxy-authenticate",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "expect",
];

fn request(method: &str, target: &str, fields: &[(String, &str)]) -> Result<Wish, Refusal> {
    let rest = target
        .get(..7)
        .filter(|it| it.eq_ignore_ascii_case("http://"));
    let rest = rest.map(|_| &target[7..]);
    let rest = rest.ok_or(Refusal::Malformed(
        "its address is neither host:port after CONNECT nor http://host/",
    ))?;
    let at = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(at);
    if path.contains('#') || !path.bytes().all(|it| it.is_ascii_graphic()) {
        return Err(Refusal::Malformed("its address has letters that none has"));
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let destination = destination(host, port)?;
    same_host(fields, &destination)?;
    let named: Vec<String> = fields
        .iter()
        .filter(|(name, _)| name == "connection")
        .flat_map(|(_, value)| value.split(',').map(|it| it.trim().to_ascii_lowercase()))
        .collect();
    let kept = fields
        .iter()
        .filter(|(name, _)| !OWN_FIELDS.contains(&name.as_str()) && !named.contains(name));
    let request = Request {
        method: method.to_owned(),
        path: match path.starts_with('/') {
            true => path.to_owned(),
            false => format!("/{path}"),
        },
        lines: kept
            .map(|(name, value)| format!("{name}: {value}"))
            .collect(),
        body: body(fields)?,
    };
    Ok(Wish::Request(destination, request))
}

/// How many bytes follow. What ends otherwise than by its length could hide another request.
fn body(fields: &[(String, &str)]) -> Result<u64, Refusal> {
    if fields.iter().any(|(name, _)| name == "transfer-encoding") {
        return Err(Refusal::Malformed(
            "it is sent in chunks; a request needs a Content-Length",
        ));
    }
    let mut lengths = fields.iter().filter(|(name, _)| name == "content-length");
    let Some((_, length)) = lengths.next() else {
        return Ok(0);
    };
    let is_plain = !length.is_empty() && length.bytes().all(|it| it.is_ascii_digit());
    length
        .parse()
        .ok()
        .filter(|_| is_plain && lengths.next().is_none())
        .ok_or(Refusal::Malformed("its Content-Length is none"))
}

impl Destination {
    /// As it is named to people.
    pub(super) fn shown(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

impl Request {
    /// The head for the host itself; with `through`, for a proxy that is to pass it on, with the words that it wants.
    pub(super) fn written(&self, to: &Destination, through: Option<Option<&str>>) -> String {
        let authority = match to.port {
            80 => to.host.to_string(),
            _ => to.shown(),
        };
        let before = through.map_or(String::new(), |_| format!("http://{authority}"));
        let mut head = format!(
            "{} {before}{} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n",
            self.method, self.path
        );
        if let Some(Some(credentials)) = through {
            head.push_str(&format!("proxy-authorization: {credentials}\r\n"));
        }
        for line in &self.lines {
            head.push_str(line);
            head.push_str("\r\n");
        }
        head + "\r\n"
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Wish, Refusal> {
        parse(format!("{text}\r\n\r\n").as_bytes())
    }

    #[track_caller]
    fn tunnel_to(text: &str, expected: &str) {
        match read(text) {
            Ok(Wish::Tunnel(to)) => assert_eq!(to.shown(), expected),
            other => panic!("{text:?}: {other:?}"),
        }
    }

    #[track_caller]
    fn sent(text: &str) -> String {
        match read(text) {
            Ok(Wish::Request(to, request)) => request.written(&to, None),
            other => panic!("{text:?}: {other:?}"),
        }
    }

    #[track_caller]
    fn refused(text: &str, why: &str) {
        match read(text) {
            Err(Refusal::Malformed(it)) => assert!(it.contains(why), "{text:?}: {it}"),
            Err(Refusal::NoHost(_, it)) => assert!(it.to_string().contains(why), "{text:?}: {it}"),
            Ok(wish) => panic!("{text:?}: {wish:?}"),
        }
    }

    #[test]
    fn tunnels_name_a_host_and_a_port() {
        tunnel_to("CONNECT a.example:443 HTTP/1.1", "a.example:443");
        tunnel_to(
            "CONNECT A.Example.:443 HTTP/1.0\r\nHost: a.example:443",
            "a.example:443",
        );
        tunnel_to(
            "CONNECT a.example:22 HTTP/1.1\r\nhost: a.example\r\nx: y",
            "a.example:22",
        );
        refused("CONNECT a.example HTTP/1.1", "needs a port");
        refused("CONNECT a.example:443:443 HTTP/1.1", "letters, digits");
        refused("CONNECT 127.0.0.1:443 HTTP/1.1", "an address");
        refused("CONNECT [::1]:443 HTTP/1.1", "an address");
        refused("CONNECT [::ffff:127.0.0.1]:443 HTTP/1.1", "an address");
        refused("CONNECT 0x7f.1:443 HTTP/1.1", "an address");
        refused("CONNECT u@a.example:443 HTTP/1.1", "letters, digits");
        refused("CONNECT a.example%00.b:443 HTTP/1.1", "letters, digits");
        refused("CONNECT bücher.example:443 HTTP/1.1", "not ASCII");
        refused("CONNECT a.example:0 HTTP/1.1", "a port");
        refused("CONNECT a.example:99999 HTTP/1.1", "a port");
        refused("CONNECT :443 HTTP/1.1", "empty");
        refused(
            "CONNECT a.example:443 HTTP/1.1\r\nHost: b.example",
            "another one",
        );
        refused(
            "CONNECT https://a.example:443 HTTP/1.1",
            "without `https://`",
        );
    }

    #[test]
    fn requests_are_written_anew() {
        assert_eq!(
            sent(
                "GET http://a.example/x?y=1 HTTP/1.1\r\nHost: A.example\r\nAccept: */*\r\nProxy-Authorization: b\r\n\
                  Connection: close, X-Hop\r\nX-Hop: 1\r\nUpgrade: h2c"
            ),
            "GET /x?y=1 HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\naccept: */*\r\n\r\n"
        );
        assert_eq!(
            sent("POST HTTP://a.example:8080?q HTTP/1.1\r\ncontent-length: 5"),
            "POST /?q HTTP/1.1\r\nhost: a.example:8080\r\nconnection: close\r\ncontent-length: 5\r\n\r\n"
        );
        let Ok(Wish::Request(to, request)) = read("GET http://a.example HTTP/1.1") else {
            panic!("a request");
        };
        assert_eq!(
            request.written(&to, Some(Some("Basic eA=="))),
            "GET http://a.example/ HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\nproxy-authorization: Basic eA==\r\n\r\n"
        );
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        refused("GET /x HTTP/1.1\r\nHost: a.example", "neither");
        refused("GET * HTTP/1.1", "neither");
        refused("GET https://a.example/ HTTP/1.1", "neither");
        refused("GET ftp://a.example/ HTTP/1.1", "neither");
        refused(
            "GET http://a.example/ HTTP/1.1\r\nHost: b.example",
            "another one",
        );
        refused(
            "GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\nHost: a.example",
            "another one",
        );
        refused(
            "GET http://a.example/ HTTP/1.1\r\nHost: a.example:81",
            "another one",
        );
        refused(
            "GET http://a.example@b.example/ HTTP/1.1",
            "letters, digits",
        );
        refused(
            "GET http://a.example\\@b.example/ HTTP/1.1",
            "letters, digits",
        );
        refused("GET http://10.0.0.1/ HTTP/1.1", "an address");
        refused("GET http://a.example:/ HTTP/1.1", "a port");
        refused("GET http:///x HTTP/1.1", "empty");
        refused("GET http://a.example/\tx HTTP/1.1", "letters that none has");
        refused("GET http://a.example/#x HTTP/1.1", "letters that none has");
    }

    #[test]
    fn heads_are_read_to_the_letter() {
        refused("GET http://a.example/ HTTP/2", "first line");
        refused("GET  http://a.example/ HTTP/1.1", "first line");
        refused("GET http://a.example/ x HTTP/1.1", "first line");
        refused("get http://a.example/ HTTP/1.1", "its method");
        refused(
            "GET http://a.example/ HTTP/1.1\r\nHost : a.example",
            "name is none",
        );
        refused(
            "GET http://a.example/ HTTP/1.1\r\nA: b\r\n Host: b.example",
            "name is none",
        );
        refused("GET http://a.example/ HTTP/1.1\r\nno colon", "no colon");
        refused(
            "GET http://a.example/ HTTP/1.1\r\nTransfer-Encoding: chunked",
            "chunks",
        );
        refused(
            "GET http://a.example/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1",
            "Content-Length",
        );
        refused(
            "GET http://a.example/ HTTP/1.1\r\nContent-Length: +1",
            "Content-Length",
        );
        refused(
            "GET http://a.example/ HTTP/1.1\nHost: b.example",
            "characters that steer",
        );
        refused(
            "GET http://a.example/ HTTP/1.1\r\nA: b\rHost: b.example",
            "characters that steer",
        );
        refused("GET http://a.example/\0 HTTP/1.1", "characters that steer");
        refused(
            &format!("GET http://a.example/ HTTP/1.1{}", "\r\na: b".repeat(100)),
            "too many lines",
        );
        assert_eq!(
            parse(b"\xff\xff\r\n\r\n"),
            Err(Refusal::Malformed("it is not text"))
        );
        assert_eq!(parse(b"GET"), Err(Refusal::Malformed("it has no end")));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fail(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _either = parse(&bytes);
            let _at = end(&bytes);
        }

        #[test]
        fn what_is_passed_on_is_one_request(
            method in "(GET|POST|PUT)", path in "[ -~]{0,20}", name in "[ -~]{1,8}", value in "[\\x00-\\xff]{0,12}",
        ) {
            let text = format!("{method} http://a.example/{path} HTTP/1.1\r\n{name}: {value}");
            if let Ok(Wish::Request(to, request)) = read(&text) {
                let written = request.written(&to, None);
                prop_assert_eq!(end(written.as_bytes()), Some(written.len()));
                prop_assert!(!written.replace("\r\n", "").contains(['\r', '\n', '\0']));
                prop_assert_eq!(written.matches("\r\nhost: ").count(), 1);
            }
        }
    }
}
