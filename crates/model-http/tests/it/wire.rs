//! Where requests go, and where a key does not.

use std::io::{Read, Write};
use std::net::TcpListener;

use model::{Key, Model, ModelError, Trouble};
use model_http::{Endpoint, Proxy, Settings};

use crate::contract::{Bounds, KEY, ask, turn};
use crate::double::{Answer, Seen, Server};

fn any(_: &Seen) -> Result<(), String> {
    Ok(())
}

fn chat(settings: Settings) -> Result<impl Model, ModelError> {
    model_http::chat_completions("openai/test".parse().unwrap(), settings)
}

#[test]
fn a_key_is_not_sent_on() {
    let elsewhere = Server::start(Vec::new(), any);
    for status in [301, 302, 303, 307, 308] {
        let answer =
            Answer::new(status, "text/plain", Vec::new()).header("location", &elsewhere.base());
        let server = Server::start(vec![answer], any);
        let model = chat(crate::settings(&server.base(), Bounds::default())).unwrap();
        match turn(&model, &ask()).0 {
            Err(ModelError::Provider {
                trouble: Trouble::NotFound,
                reason,
                ..
            }) => {
                assert!(reason.contains(&elsewhere.base()), "{reason}");
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(elsewhere.seen().is_empty());
}

#[test]
fn this_machine_needs_no_key_and_all_others_do() {
    let bare = |base: &str| Settings::new(Endpoint::parse(base).unwrap(), crate::profile());
    for base in ["http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1"] {
        assert!(chat(bare(base)).is_ok());
    }
    let base = "https://gateway.example.com";
    let ends = [
        chat(bare(base)).err(),
        model_http::anthropic("anthropic/test".parse().unwrap(), bare(base)).err(),
        model_http::responses("openai/test".parse().unwrap(), bare(base)).err(),
    ];
    let told = ends.map(|it| it.unwrap().to_string());
    assert_eq!(
        told,
        [
            "openai/test: no valid key: gateway.example.com wants one; set OPENAI_API_KEY",
            "anthropic/test: no valid key: gateway.example.com wants one; set ANTHROPIC_API_KEY",
            "openai/test: no valid key: gateway.example.com wants one; set OPENAI_API_KEY",
        ]
    );
}

#[test]
fn a_key_goes_to_other_machines_encrypted_or_by_leave() {
    let open = |base: &str, plain_http: bool| {
        let settings = Settings {
            key: Some(Key::new(KEY).unwrap()),
            plain_http,
            ..Settings::new(Endpoint::parse(base).unwrap(), crate::profile())
        };
        chat(settings).err()
    };
    let refused = open("http://models.invalid/v1", false).unwrap().to_string();
    assert!(refused.contains("models.invalid unencrypted"), "{refused}");
    assert!(!refused.contains(KEY), "{refused}");
    assert_eq!(open("http://models.invalid/v1", true), None);
    assert_eq!(open("https://models.invalid/v1", false), None);
    assert_eq!(open("http://127.0.0.1:1/v1", false), None);
}

#[test]
fn no_key_no_header() {
    let server = Server::start(Vec::new(), any);
    let settings = Settings::new(Endpoint::parse(&server.base()).unwrap(), crate::profile());
    assert!(turn(&chat(settings).unwrap(), &ask()).0.is_err());
    assert_eq!(server.seen()[0].header("authorization"), None);
}

/// A proxy sees the name of the server and no key, and this machine is reached without it.
#[test]
fn proxies() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let proxy = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() > 0 {
            head.push(byte[0]);
        }
        stream.write_all(b"HTTP/1.1 502 no\r\n\r\n").unwrap();
        String::from_utf8(head).unwrap()
    });
    let settings = |base: &str| Settings {
        key: Some(Key::new(KEY).unwrap()),
        proxy: Some(Proxy::parse(&address, "").unwrap()),
        ..Settings::new(Endpoint::parse(base).unwrap(), crate::profile())
    };
    let server = Server::start(Vec::new(), any);
    assert!(
        turn(&chat(settings(&server.base())).unwrap(), &ask())
            .0
            .is_err()
    );
    assert_eq!(server.seen().len(), 1);
    let model = chat(settings("https://server.invalid")).unwrap();
    assert!(turn(&model, &ask()).0.is_err());
    let head = proxy.join().unwrap();
    assert!(head.starts_with("CONNECT server.invalid:443 "), "{head}");
    assert!(!head.contains(KEY));
}
