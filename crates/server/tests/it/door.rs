//! Who is let in, over real connections.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::page::Page;

#[track_caller]
fn refused(answer: &str, status: &str) {
    assert!(
        answer.starts_with(&format!("HTTP/1.1 {status} ")),
        "{answer}"
    );
    assert!(!answer.contains("Hello."), "{answer}");
    assert!(!answer.contains("set-cookie"), "{answer}");
}

#[test]
fn the_token_opens_the_page_for_one_browser() {
    let page = Page::open();
    let host = format!("Host: {}", page.name());
    refused(&page.get("/", &[&host]), "403");
    refused(&page.get("/?tkn=wrong", &[&host]), "403");
    let cookie = page.enter();
    refused(&page.get(&format!("/?tkn={}", page.token), &[&host]), "403");
    let cookie = format!("Cookie: {cookie}");
    let answer = page.get("/", &[&host, &cookie]);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.ends_with("<p>Hello.</p>"), "{answer}");
    let answer = page.get("/assets/a.js", &[&host, &cookie]);
    assert!(
        answer.contains("immutable") && answer.ends_with("\r\n\r\nok"),
        "{answer}"
    );
    refused(&page.get("/../../etc/passwd", &[&host, &cookie]), "404");
}

#[test]
fn a_forged_host_and_a_second_origin_get_nothing() {
    let page = Page::open();
    let cookie = format!("Cookie: {}", page.enter());
    let host = format!("Host: {}", page.name());
    let forged = format!("Host: rebound.example:{}", page.port);
    refused(&page.get("/", &[&forged, &cookie]), "421");
    refused(&page.get("/", &[&host, &forged, &cookie]), "421");
    refused(
        &page.get("/", &[&host, &cookie, "Origin: http://second.example"]),
        "403",
    );
    let webview = format!("Host: a1-b2.{}", page.name());
    refused(&page.get("/", &[&webview, &cookie]), "403");
    assert!(page.get("/assets/a.js", &[&webview]).ends_with("ok"));
}

#[test]
fn a_web_socket_of_another_site_is_refused() {
    let page = Page::open();
    let cookie = page.enter();
    let origin = page.origin();
    for headers in [
        vec![
            ("Origin", "http://second.example"),
            ("Cookie", cookie.as_str()),
        ],
        vec![("Origin", "null"), ("Cookie", cookie.as_str())],
        vec![("Cookie", cookie.as_str())],
        vec![("Origin", origin.as_str())],
        vec![("Origin", origin.as_str()), ("Cookie", "kiro_1=guess")],
    ] {
        for path in ["wire", "language"] {
            let refused = page.socket(path, &headers).expect_err("refused");
            let error = refused.to_string();
            assert!(error.contains("403"), "{path} {headers:?}: {error}");
        }
    }
    for path in ["wire", "language"] {
        let let_in = page.socket(path, &[("Origin", &origin), ("Cookie", &cookie)]);
        assert!(let_in.is_ok(), "{path}");
    }
}

#[test]
fn what_is_no_request_ends_the_connection() {
    let page = Page::open();
    for text in [
        "\x16\x03\x01\x02\x00",
        "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
        &format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(100_000)),
    ] {
        let mut stream = TcpStream::connect(("127.0.0.1", page.port)).expect("listens");
        // It may be closed before all was sent.
        let _ = stream.write_all(text.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.is_empty(), "{}", String::from_utf8_lossy(&answer));
    }
    assert!(!page.enter().is_empty(), "it still serves");
}

#[test]
fn a_page_that_is_open_finds_the_engine_that_was_started_anew() {
    let page = Page::open();
    let (cookie, port) = (page.enter(), page.port);
    let page = page.restart();
    assert_eq!(page.port, port);
    let hello = page
        .window(&cookie)
        .ask("hello", serde_json::json!({}))
        .expect("answered");
    let root = page.folder.path().canonicalize().expect("resolves");
    assert_eq!(hello["root"].as_str(), root.to_str());
}
