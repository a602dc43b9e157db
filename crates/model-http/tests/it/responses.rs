//! OpenAI's Responses under the contract.

use model::{Model, Stop};
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
    whole_before_end: 1,
    tells_sequence: false,
    hears_length: true,
    thinks: true,
};

keeps_the_contract!(DIALECT);

fn open(base: &str, bounds: Bounds) -> Box<dyn Model> {
    let id = "openai/gpt-test".parse().unwrap();
    let settings = crate::settings(&format!("{base}/v1"), bounds);
    Box::new(model_http::responses(id, settings).unwrap())
}

/// What the real server refuses.
fn rules(seen: &Seen) -> Result<(), String> {
    json_post(seen, "/v1/responses")?;
    crate::bearer(seen)?;
    let body = &seen.body;
    const KNOWN: [&str; 10] = [
        "model",
        "input",
        "instructions",
        "tools",
        "max_output_tokens",
        "temperature",
        "store",
        "stream",
        "include",
        "parallel_tool_calls",
    ];
    if let Some(field) = body
        .as_object()
        .unwrap()
        .keys()
        .find(|it| !KNOWN.contains(&it.as_str()))
    {
        return Err(format!("unknown parameter: '{field}'"));
    }
    if body["model"] != "gpt-test" || body["stream"] != true || body["store"] != false {
        return Err("model, stream and store are needed".to_owned());
    }
    if body["max_output_tokens"].as_u64().is_none_or(|it| it < 16) {
        return Err("max_output_tokens is below 16".to_owned());
    }
    let mut open: Vec<&str> = Vec::new();
    for item in body["input"].as_array().unwrap() {
        let text = |name: &str| item[name].as_str().unwrap_or_default();
        match text("type") {
            "message" => {
                let kind = match text("role") {
                    "user" => "input_text",
                    _ => "output_text",
                };
                for part in item["content"].as_array().unwrap() {
                    match part["type"].as_str() {
                        Some("input_image") if kind == "input_text" => {
                            crate::is_picture_url(&part["image_url"])?;
                        }
                        Some(it) if it == kind => {}
                        _ => return Err(format!("its content is no {kind}")),
                    }
                }
            }
            "reasoning" if item["encrypted_content"].is_string() => {}
            "function_call" if item["arguments"].is_string() => open.push(text("call_id")),
            "function_call_output" if open.contains(&text("call_id")) => {
                output(&item["output"])?;
                open.retain(|it| *it != text("call_id"));
            }
            kind => return Err(format!("{kind} is out of place")),
        }
    }
    match open.is_empty() {
        true => Ok(()),
        false => Err(format!("no tool output found for {open:?}")),
    }
}

/// What came of a call: a text, or a list of texts and pictures.
fn output(output: &Value) -> Result<(), String> {
    if output.is_string() {
        return Ok(());
    }
    for part in output.as_array().ok_or("output is missing")? {
        match part["type"].as_str() {
            Some("input_text") => {}
            Some("input_image") => crate::is_picture_url(&part["image_url"])?,
            _ => return Err(format!("{part} is no part of an output")),
        }
    }
    Ok(())
}

fn named(data: Value) -> Vec<u8> {
    crate::event(data["type"].as_str().unwrap(), &data)
}

/// An item with everything that came of it.
struct Item {
    value: Value,
    whole: String,
}

fn events(said: &Said) -> Vec<Vec<u8>> {
    let mut events =
        vec![json!({"type": "response.created", "response": {"status": "in_progress"}})];
    let mut items: Vec<Item> = Vec::new();
    let mut calls = Vec::new();
    let mut text = None;
    for part in &said.parts {
        let value = match part {
            Part::Text(_) if text.is_none() => {
                text = Some(items.len());
                Some(json!({"type": "message", "role": "assistant", "content": []}))
            }
            Part::Thought(_) => Some(json!({"type": "reasoning", "id": "rs_1", "summary": [],
                "encrypted_content": "sealed by the provider"})),
            Part::Call(_, id, name) => {
                calls.push(items.len());
                Some(json!({"type": "function_call", "call_id": id, "name": name, "arguments": ""}))
            }
            _ => None,
        };
        if let Some(value) = value {
            events.push(json!({"type": "response.output_item.added", "output_index": items.len(), "item": value}));
            let whole = String::new();
            items.push(Item { value, whole });
        }
        let (kind, index, piece) = match part {
            Part::Text(piece) => ("output_text", text.unwrap(), piece),
            Part::Thought(piece) => ("reasoning_summary_text", items.len() - 1, piece),
            Part::Arguments(place, piece) => ("function_call_arguments", calls[*place], piece),
            Part::Call(..) => continue,
        };
        items[index].whole.push_str(piece);
        events.push(json!({"type": format!("response.{kind}.delta"), "output_index": index, "delta": piece}));
    }
    for (index, item) in items.into_iter().enumerate() {
        let mut value = item.value;
        match value["type"].as_str().unwrap() {
            "message" => value["content"] = json!([{"type": "output_text", "text": item.whole}]),
            "function_call" => value["arguments"] = json!(item.whole),
            _ => {}
        }
        events.push(
            json!({"type": "response.output_item.done", "output_index": index, "item": value}),
        );
    }
    let (kind, details) = match said.stop {
        Stop::Length => ("incomplete", json!({"reason": "max_output_tokens"})),
        Stop::Refused => ("incomplete", json!({"reason": "content_filter"})),
        _ => ("completed", Value::Null),
    };
    events.push(
        json!({"type": format!("response.{kind}"), "response": {"status": kind,
        "incomplete_details": details, "usage": {"input_tokens": said.usage.input_tokens,
        "input_tokens_details": {"cached_tokens": said.usage.cached_tokens},
        "output_tokens": said.usage.output_tokens}}}),
    );
    events.into_iter().map(named).collect()
}

fn unknown() -> Vec<Vec<u8>> {
    vec![
        named(json!({"type": "response.in_progress"})),
        named(json!({"type": "response.content_part.added", "part": {"type": "output_text"}})),
        named(json!({"type": "response.brand_new.delta", "delta": "no"})),
        named(json!({"type": "keepalive", "sequence_number": 3})),
    ]
}

fn garbage() -> Vec<Vec<u8>> {
    vec![
        b"data: {\"type\":\n\n".to_vec(),
        b"data: \xff\xfe\n\n".to_vec(),
        named(
            json!({"type": "response.function_call_arguments.delta", "output_index": 9, "delta": "{"}),
        ),
    ]
}

fn error(status: u16, message: &str) -> Answer {
    let (kind, code) = match status {
        401 => ("invalid_request_error", json!("invalid_api_key")),
        500.. => ("server_error", Value::Null),
        _ => ("invalid_request_error", Value::Null),
    };
    let body = json!({"error": {"message": message, "type": kind, "param": null, "code": code}});
    Answer::json(status, &body)
}

fn overloaded() -> Vec<u8> {
    named(
        json!({"type": "response.failed", "response": {"status": "failed",
        "error": {"code": "slow_down", "message": "Slow down."}}}),
    )
}

#[test]
fn errors_in_a_stream() {
    let events = [
        json!({"type": "error", "code": "rate_limit_exceeded", "message": "no", "param": null}),
        json!({"type": "error", "error": {"type": "server_error", "code": "server_error", "message": "no"}}),
    ];
    for event in events {
        let server = Server::start(vec![DIALECT.streamed(vec![named(event)])], rules);
        let end = turn(&*open(&server.base(), Bounds::default()), &ask()).0;
        assert!(end.is_err_and(|it| it.passes()));
    }
}

/// Models that do not reason cannot seal their reasoning.
#[test]
fn sealed_reasoning_is_left_out_where_there_is_none() {
    let body = json!({"error": {"message": "Encrypted content is not supported with this model.",
        "type": "invalid_request_error", "param": "include", "code": null}});
    let refused = Answer::json(400, &body);
    let said = contract::said(&[Part::Text("hello")], Stop::End);
    let server = Server::start(vec![refused, DIALECT.streamed(events(&said))], rules);
    let model = open(&server.base(), Bounds::default());
    assert_eq!(
        turn(&*model, &ask()).0.map(|it| it.text),
        Ok("hello".to_owned())
    );
    let seen = server.seen();
    assert!(seen[0].body.get("include").is_some() && seen[1].body.get("include").is_none());
}

/// Some servers call an answer complete that the limit has cut.
#[test]
fn an_answer_that_used_all_its_tokens_may_be_cut() {
    let mut said = contract::said(&[Part::Text("one two")], Stop::End);
    said.usage.output_tokens = 64;
    let server = Server::start(vec![DIALECT.streamed(events(&said))], rules);
    let reply = turn(&*open(&server.base(), Bounds::default()), &ask()).0;
    assert_eq!(reply.map(|it| it.stop), Ok(Stop::Length));
}
