//! JSON-RPC as the page speaks it.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::socket::Outbox;

/// What is answered when something was not done.
#[derive(Debug)]
pub(super) struct Failure {
    code: i64,
    message: String,
    data: Value,
}

impl Failure {
    pub(super) fn new(code: i64, message: impl ToString) -> Failure {
        Failure {
            code,
            message: message.to_string(),
            data: Value::Null,
        }
    }

    pub(super) fn with(mut self, data: Value) -> Failure {
        self.data = data;
        self
    }

    pub(super) fn no_method(method: &str) -> Failure {
        Failure::new(-32601, format!("there is no method {method}"))
    }
}

/// The parameters of a method.
pub(super) fn read<T: DeserializeOwned>(params: Value) -> Result<T, Failure> {
    serde_json::from_value(params).map_err(|error| Failure::new(-32602, error))
}

pub(super) fn notification(method: &str, params: Value) -> String {
    json!({"jsonrpc": "2.0", "method": method, "params": params}).to_string()
}

/// Takes one message and answers it on a thread of its own.
pub(super) fn take(
    text: &str,
    outbox: Outbox,
    answer: impl FnOnce(&str, Value) -> Result<Value, Failure> + Send + 'static,
) {
    let Ok(mut message) = serde_json::from_str::<Value>(text) else {
        return;
    };
    let id = message["id"].take();
    let params = message["params"].take();
    let Some(method) = message["method"].as_str().map(str::to_owned) else {
        return;
    };
    std::thread::spawn(move || {
        let reply = match answer(&method, params) {
            Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
            Err(it) => json!({
                "jsonrpc": "2.0", "id": id,
                "error": {"code": it.code, "message": it.message, "data": it.data},
            }),
        };
        if !id.is_null() {
            outbox.send(reply.to_string());
        }
    });
}
