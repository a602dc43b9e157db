//! Anthropic's Messages under the contract.

use model::{Message, Model, ModelError, Stop, Trouble};
use serde_json::{Value, json};

use crate::contract::{self, Bounds, Dialect, KEY, Part, Said, ask, json_post, request, turn};
use crate::double::{Answer, Seen, Server};
use crate::keeps_the_contract;

const DIALECT: Dialect = Dialect {
    open,
    rules,
    content_type: "text/event-stream; charset=utf-8",
    events,
    unknown,
    garbage,
    error,
    overloaded,
    whole_before_end: 1,
    tells_sequence: true,
    hears_length: true,
    thinks: true,
};

keeps_the_contract!(DIALECT);

fn open(base: &str, bounds: Bounds) -> Box<dyn Model> {
    let id = "anthropic/claude-test".parse().unwrap();
    Box::new(model_http::anthropic(id, crate::settings(base, bounds)).unwrap())
}

/// What the real server refuses.
fn rules(seen: &Seen) -> Result<(), String> {
    json_post(seen, "/v1/messages")?;
    let body = &seen.body;
    let fail = |why: &str| Err(why.to_owned());
    if seen.header("x-api-key") != Some(KEY)
        || seen.header("anthropic-version") != Some("2023-06-01")
    {
        return fail("x-api-key and anthropic-version are needed");
    }
    const KNOWN: [&str; 8] = [
        "model",
        "max_tokens",
        "messages",
        "stream",
        "system",
        "tools",
        "temperature",
        "stop_sequences",
    ];
    if let Some(field) = body
        .as_object()
        .unwrap()
        .keys()
        .find(|it| !KNOWN.contains(&it.as_str()))
    {
        return Err(format!("{field}: extra inputs are not permitted"));
    }
    if body["stream"] != true || body["model"] != "claude-test" || !body["max_tokens"].is_u64() {
        return fail("stream, model and max_tokens are needed");
    }
    if let Some(stops) = body["stop_sequences"].as_array()
        && stops
            .iter()
            .any(|it| it.as_str().unwrap().trim().is_empty())
    {
        return fail("stop sequences must not be white space");
    }
    if body.to_string().matches("cache_control").count() > 4 {
        return fail("at most 4 blocks may have cache_control");
    }
    conversation(body["messages"].as_array().unwrap())
}

fn conversation(messages: &[Value]) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let content = message["content"].as_array().ok_or("content is a list")?;
        if content.is_empty() || (at == 0 && message["role"] != "user") {
            return Err(format!(
                "messages.{at}: it is empty, or the first is not the user's"
            ));
        }
        let mut results: Vec<&str> = Vec::new();
        for block in content {
            let text = |name: &str| block[name].as_str().unwrap_or_default();
            match (message["role"].as_str().unwrap(), text("type")) {
                (_, "text") if text("text").trim().is_empty() => {
                    return Err("text content blocks must be non-empty".to_owned());
                }
                (_, "text") | ("assistant", "redacted_thinking") => {}
                ("assistant", "thinking") if !text("signature").is_empty() => {}
                ("user", "tool_result") => {
                    let parts = block["content"].as_array().into_iter().flatten();
                    for part in parts.filter(|it| it["type"] != "text") {
                        picture(part)?;
                    }
                    results.push(text("tool_use_id"));
                }
                ("user", "image") => picture(block)?,
                ("assistant", "tool_use") => {
                    let plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_');
                    if !text("id").chars().all(plain) || !text("name").chars().all(plain) {
                        return Err("ids and names have letters, digits, - and _".to_owned());
                    }
                    if !block["input"].is_object() {
                        return Err("input should be a valid dictionary".to_owned());
                    }
                    open.push(text("id"));
                }
                (role, kind) => return Err(format!("{kind} is nothing that {role} says")),
            }
        }
        if message["role"] == "user" && results != std::mem::take(&mut open) {
            return Err(format!(
                "messages.{at}: each tool_use must have its tool_result"
            ));
        }
    }
    Ok(())
}

/// A picture's bytes must be what its media type says.
fn picture(block: &Value) -> Result<(), String> {
    let source = &block["source"];
    let text = |name: &str| source[name].as_str().unwrap_or_default();
    if block["type"] != "image" || text("type") != "base64" {
        return Err(format!("{block} is no picture"));
    }
    contract::is_picture(text("media_type"), text("data"))
}

fn named(data: Value) -> Vec<u8> {
    crate::event(data["type"].as_str().unwrap(), &data)
}

fn events(said: &Said) -> Vec<Vec<u8>> {
    let usage = said.usage;
    let fresh = usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens;
    let mut events = vec![
        json!({"type": "message_start", "message": {"id": "msg_1", "role": "assistant",
        "content": [], "usage": {"input_tokens": fresh, "output_tokens": 1,
        "cache_read_input_tokens": usage.cached_tokens,
        "cache_creation_input_tokens": usage.cache_write_tokens}}}),
    ];
    let start = |index: usize, block: Value| json!({"type": "content_block_start", "index": index, "content_block": block});
    let delta = |index: usize, delta: Value| json!({"type": "content_block_delta", "index": index, "delta": delta});
    let mut calls = Vec::new();
    let mut blocks = 0;
    let mut text = None;
    for part in &said.parts {
        match part {
            Part::Text(piece) => {
                let index = *text.get_or_insert_with(|| {
                    events.push(start(blocks, json!({"type": "text", "text": ""})));
                    blocks += 1;
                    blocks - 1
                });
                events.push(delta(index, json!({"type": "text_delta", "text": piece})));
            }
            Part::Thought(piece) => {
                events.push(start(
                    blocks,
                    json!({"type": "thinking", "thinking": "", "signature": ""}),
                ));
                events.push(delta(
                    blocks,
                    json!({"type": "thinking_delta", "thinking": piece}),
                ));
                events.push(delta(
                    blocks,
                    json!({"type": "signature_delta", "signature": "sealed by the provider"}),
                ));
                blocks += 1;
            }
            Part::Call(_, id, name) => {
                events.push(start(
                    blocks,
                    json!({"type": "tool_use", "id": id, "name": name, "input": {}}),
                ));
                calls.push(blocks);
                blocks += 1;
            }
            Part::Arguments(place, piece) => {
                let json = json!({"type": "input_json_delta", "partial_json": piece});
                events.push(delta(calls[*place], json));
            }
        }
    }
    events.extend((0..blocks).map(|index| json!({"type": "content_block_stop", "index": index})));
    let reason = match said.stop {
        Stop::End => "end_turn",
        Stop::Length => "max_tokens",
        Stop::Sequence => "stop_sequence",
        Stop::Calls => "tool_use",
        Stop::Refused => "refusal",
    };
    events.push(
        json!({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": null},
        "usage": {"output_tokens": usage.output_tokens}}),
    );
    events.push(json!({"type": "message_stop"}));
    events.into_iter().map(named).collect()
}

fn unknown() -> Vec<Vec<u8>> {
    vec![
        named(json!({"type": "ping"})),
        named(json!({"type": "brand_new", "delta": {"text": "no"}})),
        b": a comment\n\n".to_vec(),
        named(
            json!({"type": "content_block_start", "index": 99, "content_block": {"type": "novel"}}),
        ),
        named(
            json!({"type": "content_block_delta", "index": 99, "delta": {"type": "novel_delta"}}),
        ),
    ]
}

fn garbage() -> Vec<Vec<u8>> {
    vec![
        b"event: content_block_delta\ndata: {\"type\":\n\n".to_vec(),
        b"data: \xff\xfe\n\n".to_vec(),
        named(
            json!({"type": "content_block_delta", "index": 7, "delta": {"type": "text_delta", "text": "a"}}),
        ),
    ]
}

fn error(status: u16, message: &str) -> Answer {
    let kind = match status {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        429 => "rate_limit_error",
        500 => "api_error",
        529 => "overloaded_error",
        _ => "invalid_request_error",
    };
    let body = json!({"type": "error", "error": {"type": kind, "message": message}});
    Answer::json(status, &body)
}

fn overloaded() -> Vec<u8> {
    named(json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}))
}

#[test]
fn the_cache_is_marked_and_counted() {
    let said = contract::said_from_cache();
    let server = Server::start(vec![DIALECT.streamed(events(&said))], rules);
    let conversation = ["a", "b", "c", "d", "e"]
        .iter()
        .enumerate()
        .map(|(at, text)| match at % 2 {
            0 => Message::user(*text),
            _ => Message::assistant(*text),
        });
    let model = open(&server.base(), Bounds::default());
    let (reply, _) = turn(&*model, &request(conversation.collect()));
    assert_eq!(reply.map(|it| it.usage), Ok(said.usage));
    let body = &server.seen()[0].body;
    let marked = |value: &Value| value["cache_control"] == json!({"type": "ephemeral"});
    assert!(marked(&body["system"][0]));
    let marks: Vec<bool> = body["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| marked(&it["content"][0]))
        .collect();
    assert_eq!(marks, [false, false, true, false, true]);
}

#[test]
fn the_endpoint_may_end_in_the_version() {
    let server = Server::start(
        vec![DIALECT.streamed(events(&contract::said(&[], Stop::End)))],
        rules,
    );
    let model = open(&format!("{}/v1/", server.base()), Bounds::default());
    turn(&*model, &ask()).0.unwrap();
    assert_eq!(server.seen()[0].path, "/v1/messages");
}

#[test]
fn too_long_a_prompt_is_told_with_its_size() {
    let message = "prompt is too long: 210,000 tokens > 200000 maximum";
    let server = Server::start(vec![error(400, message)], rules);
    let model = open(&server.base(), Bounds::default());
    let too_long = ModelError::TooLong {
        model: model.id().clone(),
        prompt_tokens: 210_000,
        limit: 200_000,
    };
    assert_eq!(turn(&*model, &ask()).0, Err(too_long));
}

#[test]
fn an_account_without_credit_is_not_asked_again() {
    let message = "Your credit balance is too low to access the API.";
    let server = Server::start(vec![error(400, message)], rules);
    let model = open(&server.base(), Bounds::default());
    let end = turn(&*model, &ask()).0;
    assert!(
        matches!(
            end,
            Err(ModelError::Provider {
                trouble: Trouble::Forbidden,
                ..
            })
        ),
        "{end:?}"
    );
}

/// LiteLLM says that such an answer came to its end.
#[test]
fn an_answer_that_used_all_its_tokens_may_be_cut() {
    let mut said = contract::said(&[Part::Text("one two")], Stop::End);
    said.usage.output_tokens = 64;
    let server = Server::start(vec![DIALECT.streamed(events(&said))], rules);
    let reply = turn(&*open(&server.base(), Bounds::default()), &ask()).0;
    assert_eq!(reply.map(|it| it.stop), Ok(Stop::Length));
}
