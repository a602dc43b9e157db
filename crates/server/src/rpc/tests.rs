//! Two ends, and texts that are no messages.

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::*;

/// Answers what its method's name says.
struct Echo;

impl Service for Echo {
    fn is_quick(&self, method: &str) -> bool {
        method == "quick"
    }

    fn request(
        &self,
        peer: &Peer,
        method: &str,
        params: Value,
        cancel: &Cancel,
    ) -> Result<Value, RpcError> {
        match method {
            "quick" | "slow" => Ok(params),
            "ask" => {
                let pending = peer.call("question", params);
                pending
                    .wait(Duration::from_secs(10))
                    .unwrap_or_else(|| Err(RpcError::new(code::INTERNAL, "no answer")))
            }
            "hang" => {
                while !cancel.is_cancelled() {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(RpcError::new(code::CANCELLED, "cancelled"))
            }
            "break" => panic!("it breaks down"),
            _ => Err(RpcError::no_method(method)),
        }
    }

    fn notification(&self, peer: &Peer, method: &str, params: Value) {
        peer.notify(&format!("heard/{method}"), params);
    }

    fn gone(&self, _: &Peer) {}
}

fn peer() -> (Peer, Receiver<String>) {
    let (sender, sent) = channel();
    let peer = Peer::new(Arc::new(Echo), move |text| sender.send(text).is_ok());
    (peer, sent)
}

fn next(sent: &Receiver<String>) -> Value {
    let text = sent.recv_timeout(Duration::from_secs(10)).expect("a text");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn requests_are_answered_and_what_is_none_is_told() {
    let (peer, sent) = peer();
    let check = |text: &str, expected: Value| {
        peer.receive(text);
        assert_eq!(next(&sent), expected, "{text}");
    };
    let result = |id: Value, it: Value| json!({"jsonrpc": "2.0", "id": id, "result": it});
    check(
        r#"{"jsonrpc":"2.0","id":1,"method":"quick","params":[1]}"#,
        result(json!(1), json!([1])),
    );
    check(
        r#"{"id":"a","method":"slow","params":{"b":null}}"#,
        result(json!("a"), json!({"b": null})),
    );
    check(
        r#"{"id":2,"method":"quick"}"#,
        result(json!(2), Value::Null),
    );
    check(
        r#"{"method":"x","params":{}}"#,
        json!({"jsonrpc": "2.0", "method": "heard/x", "params": {}}),
    );
    let fails = |text: &str, id: Value, code: i64| {
        peer.receive(text);
        let told = next(&sent);
        assert_eq!((&told["id"], &told["error"]["code"]), (&id, &json!(code)));
        assert!(told["error"]["message"].is_string(), "{text}");
    };
    fails("{", Value::Null, code::PARSE);
    fails(&"[".repeat(100_000), Value::Null, code::PARSE);
    fails("[]", Value::Null, code::INVALID);
    fails("17", Value::Null, code::INVALID);
    fails("{}", Value::Null, code::INVALID);
    fails(r#"{"id":{},"method":"quick"}"#, Value::Null, code::INVALID);
    fails(r#"{"id":3,"method":7}"#, Value::Null, code::INVALID);
    fails(r#"{"id":3,"method":"other"}"#, json!(3), code::NO_METHOD);
    fails(r#"{"id":4,"method":"break"}"#, json!(4), code::INTERNAL);
    // An answer to a question that nobody asked is nobody's.
    peer.receive(r#"{"id":99,"result":1}"#);
    check(
        r#"{"id":5,"method":"quick"}"#,
        result(json!(5), Value::Null),
    );
}

#[test]
fn both_sides_ask() {
    let (peer, sent) = peer();
    peer.receive(r#"{"id":1,"method":"ask","params":{"what":"?"}}"#);
    let asked = next(&sent);
    assert_eq!(asked["method"], "question");
    peer.receive(&json!({"id": asked["id"], "result": "yes"}).to_string());
    assert_eq!(next(&sent)["result"], "yes");
    peer.receive(r#"{"id":2,"method":"ask"}"#);
    let asked = next(&sent);
    let error = json!({"code": -1, "message": "no", "data": null});
    peer.receive(&json!({"id": asked["id"], "error": error}).to_string());
    assert_eq!(next(&sent)["error"]["message"], "no");
}

#[test]
fn a_request_is_taken_back_and_so_is_a_question() {
    let (peer, sent) = peer();
    peer.receive(r#"{"id":7,"method":"hang"}"#);
    peer.receive(r#"{"id":7,"method":"hang"}"#);
    assert_eq!(next(&sent)["error"]["code"], code::INVALID);
    peer.receive(r#"{"method":"$/cancel_request","params":{"requestId":8}}"#);
    peer.receive(r#"{"method":"$/cancel_request","params":{"requestId":7}}"#);
    assert_eq!(next(&sent)["error"]["code"], code::CANCELLED);
    let pending = peer.call("question", Value::Null);
    let id = next(&sent)["id"].clone();
    assert!(pending.wait(Duration::ZERO).is_none());
    drop(pending);
    let told = next(&sent);
    assert_eq!(
        (&told["method"], &told["params"]["requestId"]),
        (&json!("$/cancel_request"), &id)
    );
}

#[test]
fn who_is_gone_is_waited_for_no_more() {
    let (peer, sent) = peer();
    peer.receive(r#"{"id":1,"method":"hang"}"#);
    let pending = peer.call("question", Value::Null);
    peer.close();
    let came = pending.wait(Duration::from_secs(10)).expect("an answer");
    assert_eq!(came, Err(RpcError::gone()));
    peer.rest();
    let later = peer.call("question", Value::Null);
    assert_eq!(
        later.wait(Duration::from_secs(10)),
        Some(Err(RpcError::gone()))
    );
    assert!(sent.try_iter().all(|it| !it.contains("result")));
}

#[test]
fn more_requests_than_are_worked_on_at_once_are_refused() {
    let (peer, sent) = peer();
    for id in 0..REQUESTS_MAX {
        peer.receive(&json!({"id": id, "method": "hang"}).to_string());
    }
    peer.receive(r#"{"id":"more","method":"quick"}"#);
    let told = next(&sent);
    assert_eq!(told["id"], "more");
    assert_eq!(told["error"]["code"], code::REFUSED);
    peer.close();
    peer.rest();
}
