//! As much of HTTP/1.1 as a page needs: requests without a body, and answers of known length.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use super::pack::PackedFile;

/// The most bytes that a request's head may have.
const HEAD_MAX: usize = 32 << 10;
/// The most lines that it may have.
const HEADERS_MAX: usize = 100;

/// A request.
#[derive(Debug, Default)]
pub(super) struct Request {
    /// `GET`, say.
    pub(super) method: String,
    /// What is asked for, without the query.
    pub(super) path: String,
    /// What follows the `?`.
    pub(super) query: String,
    /// Names in small letters, and values.
    headers: Vec<(String, String)>,
}

impl Request {
    /// The value of a header. One that is there twice has none: what is asked twice is not to be trusted once.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|it| it.0 == name);
        match (values.next(), values.next()) {
            (Some(only), None) => Some(only.1.as_str()),
            _ => None,
        }
    }

    /// Whether a header is there at all.
    pub(super) fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|it| it.0 == name)
    }

    /// Whether one of the words of a header with a list is this one.
    pub(super) fn lists(&self, name: &str, word: &str) -> bool {
        let values = self.headers.iter().filter(|it| it.0 == name);
        let mut words = values.flat_map(|it| it.1.split(','));
        words.any(|it| {
            it.split(';')
                .next()
                .unwrap_or("")
                .trim()
                .eq_ignore_ascii_case(word)
        })
    }

    /// Whether the browser takes brotli.
    pub(super) fn takes_brotli(&self) -> bool {
        self.lists("accept-encoding", "br")
    }

    /// Whether more requests follow on this connection.
    pub(super) fn keeps_alive(&self) -> bool {
        !self.lists("connection", "close")
    }

    /// The value of a cookie.
    pub(super) fn cookie(&self, name: &str) -> Option<&str> {
        let cookies = self.header("cookie")?.split(';');
        let mut pairs = cookies.filter_map(|it| it.trim().split_once('='));
        pairs.find(|it| it.0 == name).map(|it| it.1)
    }

    /// The value of a parameter of the query.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let mut pairs = self.query.split('&').filter_map(|it| it.split_once('='));
        pairs.find(|it| it.0 == name).map(|it| it.1)
    }

    #[cfg(test)]
    pub(super) fn of(method: &str, target: &str, headers: &[(&str, &str)]) -> Request {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers
                .iter()
                .map(|it| (it.0.to_owned(), it.1.to_owned()))
                .collect(),
        }
    }
}

/// Reads the next request; none when the connection has ended. `rest` is what was read beyond the last one.
///
/// # Errors
/// When it is no request, is too long, brings a body, or does not come in time.
pub(super) fn read(mut stream: &TcpStream, rest: &mut Vec<u8>) -> io::Result<Option<Request>> {
    let mut buffer = [0; 4096];
    loop {
        if let Some((request, length)) = parse(rest)? {
            rest.drain(..length);
            return Ok(Some(request));
        }
        if rest.len() > HEAD_MAX {
            return Err(io::Error::other("the head of the request is too long"));
        }
        match stream.read(&mut buffer)? {
            0 => return Ok(None),
            count => rest.extend_from_slice(&buffer[..count]),
        }
    }
}

fn parse(bytes: &[u8]) -> io::Result<Option<(Request, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut head = httparse::Request::new(&mut headers);
    let length = match head.parse(bytes).map_err(io::Error::other)? {
        httparse::Status::Partial => return Ok(None),
        httparse::Status::Complete(length) => length,
    };
    let target = head.path.unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut request = Request {
        method: head.method.unwrap_or_default().to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: Vec::new(),
    };
    for header in head.headers.iter() {
        let value = std::str::from_utf8(header.value).map_err(io::Error::other)?;
        request
            .headers
            .push((header.name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let has_body = request.has("transfer-encoding")
        || request.has("content-length") && request.header("content-length") != Some("0");
    if has_body {
        return Err(io::Error::other(
            "a request with a body is none of the page's",
        ));
    }
    Ok(Some((request, length)))
}

/// An answer.
#[derive(Debug)]
pub(super) struct Response {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Owned(Vec<u8>),
    Packed(&'static [u8]),
}

impl Response {
    /// A line of text.
    pub(super) fn plain(status: u16, text: &str) -> Response {
        Response {
            status,
            headers: vec![
                ("content-type", "text/plain; charset=utf-8".to_owned()),
                ("cache-control", "no-store".to_owned()),
            ],
            body: Body::Owned(text.as_bytes().to_vec()),
        }
    }

    /// Sends the browser elsewhere on this page.
    pub(super) fn redirect(place: &str) -> Response {
        let mut response = Response::plain(303, "");
        response.headers.push(("location", place.to_owned()));
        response
    }

    /// A file of the page.
    pub(super) fn file(file: PackedFile, takes_brotli: bool) -> Response {
        let (packed, is_brotli) = file.packed();
        let mut headers = vec![("content-type", file.kind().to_owned())];
        // Names of built files change with their content; the few others are asked for each time.
        let keep = match file.path.starts_with("assets/") {
            true => "private, max-age=31536000, immutable",
            false => "no-cache",
        };
        headers.push(("cache-control", keep.to_owned()));
        headers.push(("vary", "accept-encoding".to_owned()));
        let body = match (is_brotli, takes_brotli) {
            (true, true) => {
                headers.push(("content-encoding", "br".to_owned()));
                Body::Packed(packed)
            }
            (true, false) => match file.unpacked() {
                Ok(plain) => Body::Owned(plain),
                Err(error) => return Response::plain(500, &format!("{}: {error}\n", file.path)),
            },
            (false, _) => Body::Packed(packed),
        };
        Response {
            status: 200,
            headers,
            body,
        }
    }

    /// The same with one more header.
    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: String) -> Response {
        self.headers.push((name, value));
        self
    }

    /// The status code.
    #[cfg(test)]
    pub(super) fn status(&self) -> u16 {
        self.status
    }

    /// Writes the answer to `request`.
    ///
    /// # Errors
    /// When the browser takes no more.
    pub(super) fn send(
        &self,
        mut stream: &TcpStream,
        request: &Request,
        keeps: bool,
    ) -> io::Result<()> {
        let body = match &self.body {
            Body::Owned(bytes) => bytes.as_slice(),
            Body::Packed(bytes) => bytes,
        };
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        let mut add = |name: &str, value: &str| {
            for part in [name, ": ", value, "\r\n"] {
                head.push_str(part);
            }
        };
        self.headers
            .iter()
            .for_each(|(name, value)| add(name, value));
        FIXED.iter().for_each(|(name, value)| add(name, value));
        add("content-length", &body.len().to_string());
        add("connection", if keeps { "keep-alive" } else { "close" });
        head.push_str("\r\n");
        stream.write_all(head.as_bytes())?;
        match request.method == "HEAD" {
            true => Ok(()),
            false => stream.write_all(body),
        }
    }
}

/// What every answer says: nobody is to guess what it is, to learn where it came from, or to show it in another page than ours.
const FIXED: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-site"),
    ("server", "kiro"),
];

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        303 => "See Other",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        421 => "Misdirected Request",
        _ => "Internal Server Error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_with_its_query_cookies_and_lists() {
        let text = b"GET /a?tkn=x&b=1 HTTP/1.1\r\nHost: kiro.localhost:1\r\nCookie: a=1; kiro_1=secret\r\n\
            Accept-Encoding: gzip, br;q=0.9\r\n\r\nrest";
        let (request, length) = parse(text).expect("is one").expect("is whole");
        assert_eq!(&text[length..], b"rest");
        assert_eq!(
            (request.path.as_str(), request.parameter("tkn")),
            ("/a", Some("x"))
        );
        assert_eq!(request.cookie("kiro_1"), Some("secret"));
        assert!(request.takes_brotli() && request.keeps_alive());
    }

    #[test]
    fn what_is_torn_waits_and_what_brings_a_body_is_refused() {
        assert!(parse(b"GET / HTTP/1.1\r\nHost:").expect("so far").is_none());
        for text in [
            &b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"[..],
            b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"GET / HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\nhello",
            b"\x16\x03\x01 not http",
        ] {
            assert!(parse(text).is_err(), "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn a_header_that_is_there_twice_has_no_value() {
        let request = Request::of("GET", "/", &[("host", "a"), ("host", "b")]);
        assert_eq!(request.header("host"), None);
    }
}
