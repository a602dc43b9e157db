//! ConverseStream under the contract.

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message as Frame};
use model::{Key, Limits, Message, Model, ModelError, Profile, Stop, Trouble};
use model_bedrock::{Bedrock, Settings};
use serde_json::{Value, json};

use crate::contract::{self, Bounds, Dialect, Part, Said, ask, json_post, request, turn};
use crate::double::{Answer, Seen, Server};
use crate::keeps_the_contract;
use crate::signature::{self, KEY_ID, SECRET};

const NAME: &str = "us.anthropic.claude-test-v1:0";
const REGION: &str = "eu-central-1";

const DIALECT: Dialect = Dialect {
    open,
    rules,
    content_type: "application/vnd.amazon.eventstream",
    events,
    unknown,
    garbage,
    error,
    overloaded,
    // The reason, and then what it cost.
    whole_before_end: 2,
    tells_sequence: true,
    hears_length: false,
    thinks: true,
};

keeps_the_contract!(DIALECT);

fn open(base: &str, bounds: Bounds) -> Box<dyn Model> {
    let shipped = Limits::default();
    let settings = Settings {
        region: Some(REGION.to_owned()),
        endpoint: Some(base.to_owned()),
        keys: Some((KEY_ID.to_owned(), Key::new(SECRET).unwrap())),
        limits: Limits {
            first: bounds.silence.unwrap_or(shipped.first),
            idle: bounds.silence.unwrap_or(shipped.idle),
            total: bounds.total.unwrap_or(shipped.total),
            answer_bytes: bounds.bytes.unwrap_or(shipped.answer_bytes),
            ..shipped
        },
        ..Settings::new(Profile {
            context_tokens: 1000,
            output_tokens_max: 100,
            strategy: model::Strategy::Tools,
            writes_plans: true,
            native_tools: true,
            images: true,
            goes_on: false,
        })
    };
    let id = format!("bedrock/{NAME}").parse().unwrap();
    Box::new(Bedrock::new(id, settings).unwrap())
}

/// What the real service refuses.
fn rules(seen: &Seen) -> Result<(), String> {
    signature::check(seen, REGION)?;
    json_post(
        seen,
        "/model/us.anthropic.claude-test-v1%3A0/converse-stream",
    )?;
    const KNOWN: [&str; 4] = ["messages", "system", "inferenceConfig", "toolConfig"];
    let body = seen.body.as_object().ok_or("it is no JSON")?;
    if let Some(field) = body.keys().find(|it| !KNOWN.contains(&it.as_str())) {
        return Err(format!("unknown field {field}"));
    }
    if !body["inferenceConfig"]["maxTokens"].is_u64() {
        return Err("maxTokens is needed".to_owned());
    }
    if seen.body.to_string().matches("cachePoint").count() > 4 {
        return Err("at most 4 cache points".to_owned());
    }
    conversation(body["messages"].as_array().ok_or("messages are needed")?)
}

fn conversation(messages: &[Value]) -> Result<(), String> {
    let mut open: Vec<String> = Vec::new();
    for message in messages {
        let content = message["content"].as_array().ok_or("content is a list")?;
        let mut results: Vec<String> = Vec::new();
        for block in content {
            let (kind, inner) = block.as_object().unwrap().iter().next().unwrap();
            let id = inner["toolUseId"].as_str().unwrap_or_default().to_owned();
            match (message["role"].as_str().unwrap(), kind.as_str()) {
                (_, "text") if inner.as_str().unwrap().trim().is_empty() => {
                    return Err("the text field is blank".to_owned());
                }
                (_, "text") | ("user", "cachePoint") | ("assistant", "reasoningContent") => {}
                ("user", "image") => picture(inner)?,
                ("user", "toolResult") => {
                    if inner["content"][0]["text"]
                        .as_str()
                        .is_none_or(str::is_empty)
                    {
                        return Err("a result needs content".to_owned());
                    }
                    for part in inner["content"].as_array().into_iter().flatten().skip(1) {
                        picture(&part["image"])?;
                    }
                    results.push(id);
                }
                ("assistant", "toolUse") => {
                    let plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_');
                    if !id.chars().all(plain) || !inner["input"].is_object() {
                        return Err("toolUse is malformed".to_owned());
                    }
                    open.push(id);
                }
                (role, kind) => return Err(format!("{kind} is nothing that {role} says")),
            }
        }
        if message["role"] == "user" && results != std::mem::take(&mut open) {
            return Err("each toolUse needs its toolResult".to_owned());
        }
    }
    Ok(())
}

fn picture(image: &Value) -> Result<(), String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let media_type = format!("image/{}", text(&image["format"]));
    contract::is_picture(&media_type, &text(&image["source"]["bytes"]))
}

fn frame(kind: &str, name: &str, payload: &Value) -> Vec<u8> {
    let header = |name: &str, value: &str| {
        Header::new(
            name.to_owned(),
            HeaderValue::String(value.to_owned().into()),
        )
    };
    let frame = Frame::new(payload.to_string().into_bytes())
        .add_header(header(":message-type", kind))
        .add_header(header(&format!(":{kind}-type"), name))
        .add_header(header(":content-type", "application/json"));
    let mut bytes = Vec::new();
    write_message_to(&frame, &mut bytes).unwrap();
    bytes
}

fn event(name: &str, payload: Value) -> Vec<u8> {
    frame("event", name, &payload)
}

fn delta(index: usize, delta: Value) -> Vec<u8> {
    event(
        "contentBlockDelta",
        json!({"contentBlockIndex": index, "delta": delta}),
    )
}

fn events(said: &Said) -> Vec<Vec<u8>> {
    let mut events = vec![event("messageStart", json!({"role": "assistant"}))];
    let mut calls = Vec::new();
    let mut blocks = 0;
    let mut text = None;
    for part in &said.parts {
        match part {
            Part::Text(piece) => {
                let index = *text.get_or_insert(blocks);
                blocks = blocks.max(index + 1);
                events.push(delta(index, json!({"text": piece})));
            }
            Part::Thought(piece) => {
                events.push(delta(blocks, json!({"reasoningContent": {"text": piece}})));
                let sealed = json!({"reasoningContent": {"signature": "sealed by the provider"}});
                events.push(delta(blocks, sealed));
                blocks += 1;
            }
            Part::Call(place, id, name) => {
                assert_eq!(*place, calls.len(), "calls begin in their order");
                let start = json!({"contentBlockIndex": blocks, "start": {"toolUse": {"toolUseId": id, "name": name}}});
                events.push(event("contentBlockStart", start));
                calls.push(blocks);
                blocks += 1;
            }
            Part::Arguments(place, piece) => {
                events.push(delta(calls[*place], json!({"toolUse": {"input": piece}})));
            }
        }
    }
    let stops = (0..blocks).map(|it| event("contentBlockStop", json!({"contentBlockIndex": it})));
    events.extend(stops);
    let reason = match said.stop {
        Stop::End => "end_turn",
        Stop::Length => "max_tokens",
        Stop::Sequence => "stop_sequence",
        Stop::Calls => "tool_use",
        Stop::Refused => "content_filtered",
    };
    events.push(event("messageStop", json!({"stopReason": reason})));
    let usage = said.usage;
    let fresh = usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens;
    events.push(event(
        "metadata",
        json!({"usage": {"inputTokens": fresh, "outputTokens": usage.output_tokens,
        "totalTokens": fresh + usage.output_tokens, "cacheReadInputTokens": usage.cached_tokens,
        "cacheWriteInputTokens": usage.cache_write_tokens}, "metrics": {"latencyMs": 1}}),
    ));
    events
}

fn unknown() -> Vec<Vec<u8>> {
    vec![
        event("brandNew", json!({"a": 1})),
        event(
            "contentBlockStart",
            json!({"contentBlockIndex": 99, "start": {"novel": {}}}),
        ),
        event(
            "contentBlockDelta",
            json!({"contentBlockIndex": 99, "delta": {"novel": {}}}),
        ),
    ]
}

fn garbage() -> Vec<Vec<u8>> {
    let mut broken = event(
        "contentBlockDelta",
        json!({"contentBlockIndex": 0, "delta": {"text": "a"}}),
    );
    let last = broken.len() - 1;
    broken[last] ^= 0xff;
    let mut misled = broken.clone();
    misled[9] ^= 0xff;
    vec![broken, delta(7, json!({"toolUse": {"input": "{"}})), misled]
}

fn error(status: u16, message: &str) -> Answer {
    let kind = match status {
        400 => "ValidationException",
        401 => "UnrecognizedClientException",
        403 => "AccessDeniedException",
        404 => "ResourceNotFoundException",
        408 => "ModelTimeoutException",
        429 => "ThrottlingException",
        500 => "InternalServerException",
        503 => "ServiceUnavailableException",
        _ => "",
    };
    let answer = Answer::json(status, &json!({"message": message}));
    match kind {
        "" => answer,
        kind => answer.header("x-amzn-errortype", kind),
    }
}

fn overloaded() -> Vec<u8> {
    let payload = json!({"message": "Too busy."});
    frame("exception", "serviceUnavailableException", &payload)
}

#[test]
fn the_cache_is_marked_and_counted_until_a_model_refuses_that() {
    let said = contract::said_from_cache();
    let answers = vec![
        DIALECT.streamed(events(&said)),
        error(
            400,
            "You invoked an unsupported model or your request did not allow prompt caching.",
        ),
        DIALECT.streamed(events(&said)),
        DIALECT.streamed(events(&said)),
    ];
    let server = Server::start(answers, rules);
    let model = open(&server.base(), Bounds::default());
    let conversation = vec![
        Message::user("a"),
        Message::assistant("b"),
        Message::user("c"),
    ];
    for _ in 0..3 {
        let (reply, _) = turn(&*model, &request(conversation.clone()));
        assert_eq!(reply.map(|it| it.usage), Ok(said.usage));
    }
    let marks = server
        .seen()
        .iter()
        .map(|it| it.body.to_string().matches("cachePoint").count())
        .collect::<Vec<_>>();
    assert_eq!(marks, [3, 3, 0, 0]);
}

#[track_caller]
fn refused(status: u16, message: &str, expected: Trouble) {
    let server = Server::start(vec![error(status, message)], rules);
    match turn(&*open(&server.base(), Bounds::default()), &ask()).0 {
        Err(ModelError::Provider { trouble, .. }) => assert_eq!(trouble, expected, "{message}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn validation_errors_that_say_more() {
    refused(
        400,
        "The provided model identifier is invalid.",
        Trouble::NotFound,
    );
    refused(
        400,
        "Invocation of model ID x with on-demand throughput isn\u{2019}t supported. Retry with an inference profile.",
        Trouble::NotFound,
    );
    let server = Server::start(
        vec![error(400, "Input is too long for requested model.")],
        rules,
    );
    let end = turn(&*open(&server.base(), Bounds::default()), &ask()).0;
    assert!(
        matches!(end, Err(ModelError::TooLong { limit: 1000, .. })),
        "{end:?}"
    );
}

/// The double itself: it does not take a request with another key.
#[test]
fn a_wrong_signature_is_refused() {
    let server = Server::start(
        vec![DIALECT.streamed(events(&contract::said(&[], Stop::End)))],
        rules,
    );
    let settings = Settings {
        region: Some(REGION.to_owned()),
        endpoint: Some(server.base()),
        keys: Some((KEY_ID.to_owned(), Key::new("another-secret").unwrap())),
        ..Settings::new(open(&server.base(), Bounds::default()).profile())
    };
    let model = Bedrock::new(format!("bedrock/{NAME}").parse().unwrap(), settings).unwrap();
    let end = turn(&model, &ask()).0.unwrap_err().to_string();
    assert!(end.contains("the signature does not match"), "{end}");
}
