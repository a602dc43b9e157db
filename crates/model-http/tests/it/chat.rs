//! Chat Completions under the contract, and the ways in which servers differ.

use model::{Call, Model, ModelError, Reply, Stop, Trouble};
use serde_json::{Value, json};

use crate::contract::{self, Bounds, Dialect, Part, Said, ask, json_post, turn};
use crate::double::{Answer, Seen, Server};
use crate::keeps_the_contract;

const DIALECT: Dialect = Dialect {
    open,
    rules,
    content_type: "text/event-stream",
    events,
    unknown,
    garbage,
    error,
    overloaded,
    // The reason, the usage, and the mark of the end: with the reason the answer is whole.
    whole_before_end: 3,
    tells_sequence: false,
    hears_length: true,
    thinks: true,
};

keeps_the_contract!(DIALECT);

fn open(base: &str, bounds: Bounds) -> Box<dyn Model> {
    let id = "openai/org/test".parse().unwrap();
    let settings = crate::settings(&format!("{base}/v1"), bounds);
    Box::new(model_http::chat_completions(id, settings).unwrap())
}

/// What strict servers refuse.
fn rules(seen: &Seen) -> Result<(), String> {
    json_post(seen, "/v1/chat/completions")?;
    crate::bearer(seen)?;
    let body = &seen.body;
    const KNOWN: [&str; 9] = [
        "model",
        "messages",
        "stream",
        "stream_options",
        "max_tokens",
        "temperature",
        "seed",
        "stop",
        "tools",
    ];
    let known = |it: &str| KNOWN.contains(&it) || it == "parallel_tool_calls";
    if let Some(field) = body.as_object().unwrap().keys().find(|it| !known(it)) {
        return Err(format!("unknown field {field}"));
    }
    if body["model"] != "org/test" || body["stream"] != true {
        return Err("model and stream are needed".to_owned());
    }
    if body["seed"]
        .as_i64()
        .is_none_or(|it| it > i64::from(i32::MAX))
    {
        return Err("seed is no such number".to_owned());
    }
    let mut open: Vec<&str> = Vec::new();
    for message in body["messages"].as_array().unwrap() {
        let id = message["tool_call_id"].as_str().unwrap_or_default();
        match message["role"].as_str() {
            Some("tool") if open.contains(&id) => open.retain(|it| *it != id),
            Some("tool") => return Err(format!("{id} answers no call")),
            Some("system" | "user" | "assistant") if open.is_empty() => {}
            _ => return Err(format!("no results for {open:?}")),
        }
        match (&message["content"], message["role"] == "user") {
            (Value::String(_), _) => {}
            (Value::Array(parts), true) => parts.iter().try_for_each(part)?,
            _ => return Err("content is a text".to_owned()),
        }
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            let arguments = call["function"]["arguments"].as_str().unwrap();
            if !serde_json::from_str::<Value>(arguments).is_ok_and(|it| it.is_object()) {
                return Err("arguments are no object".to_owned());
            }
            open.push(call["id"].as_str().unwrap());
        }
    }
    Ok(())
}

/// A part of what the user says.
fn part(part: &Value) -> Result<(), String> {
    match part["type"].as_str() {
        Some("text") if part["text"].is_string() => Ok(()),
        Some("image_url") => crate::is_picture_url(&part["image_url"]["url"]),
        _ => Err(format!("{part} is no part of a message")),
    }
}

fn chunk(delta: Value, reason: Option<&str>) -> Vec<u8> {
    let chunk = json!({"id": "c", "object": "chat.completion.chunk", "choices":
        [{"index": 0, "delta": delta, "finish_reason": reason}]});
    crate::event("", &chunk)
}

fn calls(calls: Value) -> Vec<u8> {
    chunk(json!({"tool_calls": calls}), None)
}

fn events(said: &Said) -> Vec<Vec<u8>> {
    let mut events = vec![chunk(json!({"role": "assistant", "content": ""}), None)];
    for part in &said.parts {
        events.push(match part {
            Part::Text(text) => chunk(json!({"content": text}), None),
            Part::Thought(text) => {
                let details =
                    [json!({"type": "reasoning.encrypted", "data": "sealed by the provider"})];
                chunk(
                    json!({"reasoning": text, "reasoning_details": details}),
                    None,
                )
            }
            Part::Call(place, id, name) => {
                calls(json!([{"index": place, "id": id, "type": "function",
                "function": {"name": name, "arguments": ""}}]))
            }
            Part::Arguments(place, piece) => {
                calls(json!([{"index": place, "function": {"arguments": piece}}]))
            }
        });
    }
    let reason = match said.stop {
        Stop::End | Stop::Sequence => "stop",
        Stop::Length => "length",
        Stop::Calls => "tool_calls",
        Stop::Refused => "content_filter",
    };
    events.push(chunk(json!({}), Some(reason)));
    events.push(crate::event(
        "",
        &json!({"choices": [], "usage": {
        "prompt_tokens": said.usage.input_tokens, "completion_tokens": said.usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": said.usage.cached_tokens}}}),
    ));
    events.push(b"data: [DONE]\n\n".to_vec());
    events
}

fn unknown() -> Vec<Vec<u8>> {
    vec![
        b": OPENROUTER PROCESSING\n\n".to_vec(),
        crate::event("", &json!({"choices": []})),
        crate::event(
            "",
            &json!({"choices": [{"index": 0, "delta": {"novel": {"a": 1}}}], "usage": null}),
        ),
    ]
}

fn garbage() -> Vec<Vec<u8>> {
    vec![
        b"data: {\"choices\":[{\n\n".to_vec(),
        b"data: \xff\xfe\n\n".to_vec(),
        b"data: [DONE]\n\n".to_vec(),
    ]
}

fn error(status: u16, message: &str) -> Answer {
    let (kind, code) = match status {
        401 => ("invalid_request_error", json!("invalid_api_key")),
        404 => ("invalid_request_error", json!("model_not_found")),
        429 => ("requests", json!("rate_limit_exceeded")),
        500.. => ("server_error", Value::Null),
        _ => ("invalid_request_error", Value::Null),
    };
    let body = json!({"error": {"message": message, "type": kind, "param": null, "code": code}});
    Answer::json(status, &body)
}

fn overloaded() -> Vec<u8> {
    crate::event(
        "",
        &json!({"error": {"code": 503, "message": "Provider returned error"}}),
    )
}

fn started(answers: Vec<Answer>) -> (Server, Box<dyn Model>) {
    let server = Server::start(answers, rules);
    let model = open(&server.base(), Bounds::default());
    (server, model)
}

fn hello() -> Answer {
    DIALECT.streamed(events(&contract::said(&[Part::Text("hello")], Stop::End)))
}

#[track_caller]
fn refused(status: u16, body: Value, expected: Trouble) {
    let (_server, model) = started(vec![Answer::json(status, &body)]);
    match turn(&*model, &ask()).0 {
        Err(ModelError::Provider { trouble, .. }) => assert_eq!(trouble, expected),
        other => panic!("{other:?}"),
    }
}

#[test]
fn errors_in_other_forms() {
    refused(
        429,
        json!({"error": {"code": "insufficient_quota", "message": "no"}}),
        Trouble::Forbidden,
    );
    refused(
        402,
        json!({"error": {"code": 402, "message": "no"}}),
        Trouble::Forbidden,
    );
    refused(
        404,
        json!({"error": "model \"x\" not found, try pulling it first"}),
        Trouble::NotFound,
    );
    refused(
        422,
        json!({"detail": [{"loc": ["body"], "msg": "field required"}]}),
        Trouble::Request,
    );
    refused(
        200,
        json!({"error": {"message": "no", "code": 429}}),
        Trouble::RateLimit,
    );
    refused(
        200,
        json!([{"error": {"message": "no", "type": "invalid_request_error"}}]),
        Trouble::Request,
    );
}

#[test]
fn a_context_that_is_full_is_told_with_its_size() {
    let forms = [
        json!({"error": {"code": "context_length_exceeded", "message": "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens."}}),
        json!({"error": {"code": 400, "type": "exceed_context_size_error", "message": "the request exceeds the available context size", "n_prompt_tokens": 9001, "n_ctx": 8192}}),
    ];
    for body in forms {
        let (_server, model) = started(vec![Answer::json(400, &body)]);
        let end = turn(&*model, &ask()).0;
        assert!(
            matches!(
                end,
                Err(ModelError::TooLong {
                    prompt_tokens: 9001,
                    limit: 8192,
                    ..
                })
            ),
            "{end:?}"
        );
    }
}

/// A server that refuses a parameter is asked again without it, at once and ever after.
#[test]
fn parameters_that_a_server_does_not_take_are_left_out() {
    let refuse = |message: &str, parameter: Value| {
        let body = json!({"error": {"message": message, "type": "invalid_request_error", "param": parameter}});
        Answer::json(400, &body)
    };
    fn lax(seen: &Seen) -> Result<(), String> {
        json_post(seen, "/v1/chat/completions")
    }
    let answers = vec![
        refuse(
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            json!("max_tokens"),
        ),
        refuse(
            "Unsupported value: 'temperature' does not support 0.0 with this model.",
            json!("temperature"),
        ),
        refuse("Extra inputs are not permitted: seed", Value::Null),
        hello(),
        hello(),
        refuse("Invalid value: tools is not supported here", json!("tools")),
    ];
    let server = Server::start(answers, lax);
    let model = open(&server.base(), Bounds::default());
    for _ in 0..2 {
        assert_eq!(
            turn(&*model, &ask()).0.map(|it| it.text),
            Ok("hello".to_owned())
        );
    }
    let seen = server.seen();
    assert_eq!(seen.len(), 5);
    for body in seen[3..].iter().map(|it| &it.body) {
        let has = |name: &str| body.get(name).is_some();
        assert!(has("max_completion_tokens") && has("stream_options"));
        assert!(!has("max_tokens") && !has("temperature") && !has("seed"));
    }
    assert!(turn(&*model, &ask()).0.is_err());
}

fn call(id: &str, name: &str, arguments: &str) -> Call {
    Call {
        id: id.to_owned(),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
    }
}

/// Calls as several servers are known to write them.
#[test]
fn calls_in_other_forms() {
    let whole = |index: Value, id: &str, path: &str| {
        let arguments = format!("{{\"path\":\"{path}\"}}");
        json!({"index": index, "id": id, "function": {"name": "read", "arguments": arguments}})
    };
    let forms = [
        // Every call has index 0.
        vec![
            json!([whole(json!(0), "x", "a")]),
            json!([whole(json!(0), "y", "b")]),
        ],
        // There is no index.
        vec![json!([
            whole(Value::Null, "x", "a"),
            whole(Value::Null, "y", "b")
        ])],
        // Arguments are an object.
        vec![
            json!([{"index": 0, "id": "x", "function": {"name": "read", "arguments": {"path": "a"}}}]),
            json!([{"index": 1, "id": "y", "function": {"name": "read", "arguments": {"path": "b"}}}]),
        ],
        // The name and the id come with every piece.
        vec![
            json!([{"index": 0, "id": "x", "function": {"name": "read", "arguments": "{\"path\""}}]),
            json!([{"index": 0, "id": "x", "function": {"name": "read", "arguments": ":\"a\"}"}}]),
            json!([whole(json!(1), "y", "b")]),
        ],
    ];
    for form in forms {
        let mut events: Vec<Vec<u8>> = form.iter().cloned().map(calls).collect();
        events.push(chunk(json!({}), Some("stop")));
        let (_server, model) = started(vec![DIALECT.streamed(events)]);
        let reply = turn(&*model, &ask()).0.unwrap();
        let expected = [
            call("x", "read", "{\"path\":\"a\"}"),
            call("y", "read", "{\"path\":\"b\"}"),
        ];
        assert_eq!(
            (reply.stop, &reply.calls[..]),
            (Stop::Calls, &expected[..]),
            "{form:?}"
        );
    }
}

#[test]
fn calls_without_an_id_get_one_that_is_new() {
    let one = || {
        let events = vec![
            calls(
                json!([{"index": 0, "function": {"name": "list", "arguments": "{}"}},
                {"index": 1, "function": {"name": "list", "arguments": "{}"}}]),
            ),
            chunk(json!({}), Some("tool_calls")),
        ];
        DIALECT.streamed(events)
    };
    let (_server, model) = started(vec![one(), one()]);
    let mut request = ask();
    let first = turn(&*model, &request).0.unwrap();
    let ids = |reply: &Reply| {
        reply
            .calls
            .iter()
            .map(|it| it.id.clone())
            .collect::<Vec<_>>()
    };
    let mut all = ids(&first);
    let result = |call: &Call| model::CallResult {
        id: call.id.clone(),
        text: "x".to_owned(),
        images: Vec::new(),
        failed: false,
    };
    let results = first.calls.iter().map(result).collect();
    request.messages.push(first.into_message());
    request.messages.push(model::Message::results(results));
    all.extend(ids(&turn(&*model, &request).0.unwrap()));
    let different: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!(different.len(), 4, "{all:?}");
}

#[test]
fn a_refusal_in_words_is_a_refusal() {
    let events = vec![
        chunk(json!({"refusal": "I will not."}), None),
        chunk(json!({}), Some("stop")),
    ];
    let (_server, model) = started(vec![DIALECT.streamed(events)]);
    let reply = turn(&*model, &ask()).0.unwrap();
    assert_eq!(
        (reply.text.as_str(), reply.stop),
        ("I will not.", Stop::Refused)
    );
}

#[test]
fn a_stream_may_end_without_its_mark() {
    let events = events(&contract::said(&[Part::Text("hello")], Stop::End));
    for count in events.len() - 2..events.len() {
        let (_server, model) = started(vec![DIALECT.streamed(events[..count].to_vec())]);
        assert_eq!(
            turn(&*model, &ask()).0.map(|it| it.text),
            Ok("hello".to_owned())
        );
    }
}
