//! The published weights, where they are at hand: `KIRO_TEST_MODEL` names the file.
#![expect(clippy::print_stderr, reason = "a test that checks nothing says so")]

use model::{Cancel, Message, Model, Request, Stop};
use model_local::LocalModel;
use std::path::Path;

fn ask(user: &str) -> Request {
    Request {
        system: "You are a helpful assistant. Answer with code only.".to_owned(),
        messages: vec![Message::user(user)],
        tools: Vec::new(),
        max_tokens: 96,
        temperature: 0.0,
        seed: 0,
        stop: vec!["\n```".to_owned()],
        schema: None,
    }
}

#[test]
fn the_published_model_writes_code() {
    let Ok(file) = std::env::var("KIRO_TEST_MODEL") else {
        eprintln!(
            "SKIPPED: KIRO_TEST_MODEL names no file, so the published weights are not tested"
        );
        return;
    };
    let model = LocalModel::open(Path::new(&file), "local/published".parse().unwrap()).unwrap();
    let request = ask("Write a Python function `is_even(n)` that returns whether n is even.");
    let reply = model.stream(&request, &Cancel::new(), &mut |_| ()).unwrap();
    assert!(reply.text.contains("def is_even(n):"), "{}", reply.text);
    assert!(reply.text.contains("n % 2 == 0"), "{}", reply.text);
    assert_eq!(reply.stop, Stop::Sequence);

    let again = model.stream(&request, &Cancel::new(), &mut |_| ()).unwrap();
    assert!(again.usage.cached_tokens > 0);
    assert_eq!(again.text, reply.text);

    let drawn = Request {
        temperature: 0.8,
        ..ask("Name a fruit. One word, no code.")
    };
    let first = model.stream(&drawn, &Cancel::new(), &mut |_| ()).unwrap();
    let second = model.stream(&drawn, &Cancel::new(), &mut |_| ()).unwrap();
    assert_eq!((first.stop, &first.text), (Stop::End, &second.text));
}
