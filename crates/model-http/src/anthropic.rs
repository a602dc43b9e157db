//! Anthropic's Messages, and servers that speak it.

use std::collections::{BTreeMap, BTreeSet};

use model::answer::{Calling, Spoken, finish_calls, ids_of, kept_by, object, plain_name};
use model::{
    Delta, Image, Kept, Message, Model, ModelError, ModelId, Provider, Reply, Request, Role, Stop,
    Usage,
};
use serde_json::{Value, json};

use crate::refusal::Refusal;
use crate::settings::Settings;
use crate::sse::Event;
use crate::turn::{Answer, Dialect, Odd, Remote, Without, base64, count, json_of, set};
use crate::wire::{Flow, Wire};

/// The version of the protocol, as its header wants it.
const VERSION: &str = "2023-06-01";

/// The address where the provider itself is.
pub const ANTHROPIC_BASE: &str = "https://api.anthropic.com";

/// The model `id` behind a server that speaks Anthropic's Messages, at the endpoint of `settings`. Prompts are marked for the
/// provider's cache: instructions and tools, and the conversation so far.
///
/// # Errors
///
/// [`ModelError::Provider`] when there is no key and the endpoint is not this machine.
pub fn anthropic(id: ModelId, settings: Settings) -> Result<impl Model, ModelError> {
    let path = match settings.endpoint.base().ends_with("/v1") {
        true => "/messages",
        false => "/v1/messages",
    };
    Remote::open(id, settings, Messages { path }, Without::new())
}

struct Messages {
    path: &'static str,
}

impl Dialect for Messages {
    type Answer = Blocks;
    const CONVERSATION: &'static str = "messages";
    const OPTIONAL: &'static [&'static str] = &["temperature"];

    fn path(&self) -> &str {
        self.path
    }

    fn headers(&self, wire: &Wire) -> Vec<(&'static str, String)> {
        let mut headers = vec![("anthropic-version", VERSION.to_owned())];
        if let Some(key) = &wire.settings().key {
            headers.push(("x-api-key", key.reveal().to_owned()));
        }
        headers
    }

    fn body(&self, model: &str, request: &Request, without: &Without) -> Value {
        let mut body = json!({
            "model": model,
            "max_tokens": request.max_tokens,
            "stream": true,
        });
        set(
            &mut body,
            without,
            "temperature",
            json!(request.temperature),
        );
        let mut tools: Vec<Value> = request.tools.iter().map(tool).collect();
        if !request.system.is_empty() {
            body["system"] = json!([{"type": "text", "text": request.system}]);
            cache(&mut body["system"][0]);
        } else if let Some(last) = tools.last_mut() {
            cache(last);
        }
        if !tools.is_empty() {
            body["tools"] = Value::Array(tools);
        }
        // It refuses stop texts of white space alone; the watch for them here does not.
        let stops = request.stop.iter().filter(|it| !it.trim().is_empty());
        let stops: Vec<&String> = stops.collect();
        if !stops.is_empty() {
            body["stop_sequences"] = json!(stops);
        }
        body
    }

    fn elements(&self, message: &Message, marked: bool) -> Vec<Value> {
        let (role, mut content) = match message.role {
            Role::User => ("user", of_user(message)),
            Role::Assistant => ("assistant", of_assistant(message)),
        };
        let Some(last) = content.last_mut() else {
            return Vec::new();
        };
        if marked {
            cache(last);
        }
        vec![json!({"role": role, "content": content})]
    }

    /// The last messages of the user's side: the one of this request, so that the next can read it from the cache, and
    /// the one before, where this request finds what was kept.
    fn marks(&self, messages: &[Message]) -> Vec<usize> {
        let says = |it: &Message| {
            !it.results.is_empty() || !it.images.is_empty() || !it.text.trim().is_empty()
        };
        let from_user = |it: &Message| it.role == Role::User && says(it);
        let places = messages.iter().enumerate().rev();
        let places = places.filter(|it| from_user(it.1)).map(|it| it.0);
        places.take(2).collect()
    }

    fn answer(&self, request: &Request) -> Blocks {
        Blocks {
            spoken: Spoken::new(request),
            blocks: BTreeMap::new(),
            ids: ids_of(request),
            usage: Usage::default(),
            limit: u64::from(request.max_tokens),
            stop: Stop::End,
        }
    }
}

fn cache(block: &mut Value) {
    block["cache_control"] = json!({"type": "ephemeral"});
}

fn tool(tool: &model::ToolSpec) -> Value {
    json!({"name": tool.name, "description": tool.description, "input_schema": tool.parameters})
}

fn of_user(message: &Message) -> Vec<Value> {
    let result = |result: &model::CallResult| {
        let mut block = json!({"type": "tool_result", "tool_use_id": plain_name(&result.id)});
        // Neither empty texts nor errors without a text are taken.
        let text = match (result.text.is_empty(), result.failed) {
            (false, _) => Some(result.text.as_str()),
            (true, true) => Some("failed"),
            (true, false) => None,
        };
        match (result.images.as_slice(), text) {
            ([], None) => {}
            ([], Some(text)) => block["content"] = json!(text),
            (images, text) => {
                let text = text.map(|it| json!({"type": "text", "text": it}));
                block["content"] = text.into_iter().chain(images.iter().map(picture)).collect();
            }
        }
        if result.failed {
            block["is_error"] = json!(true);
        }
        block
    };
    let mut content: Vec<Value> = message.results.iter().map(result).collect();
    content.extend(message.images.iter().map(picture));
    if !message.text.trim().is_empty() {
        content.push(json!({"type": "text", "text": message.text}));
    }
    content
}

fn picture(image: &Image) -> Value {
    json!({"type": "image", "source": {
        "type": "base64", "media_type": image.form().media_type(), "data": base64(image),
    }})
}

fn of_assistant(message: &Message) -> Vec<Value> {
    let own = kept_by(message, Provider::Anthropic);
    let own = own.filter_map(|it| it.as_array().cloned()).flatten();
    let own: Vec<Value> = own.collect();
    if says_the_same(&own, message) {
        return own;
    }
    let mut content = own;
    content.retain(is_thinking);
    // White space at the end of a last message is refused.
    let text = message.text.trim_end();
    if !text.is_empty() {
        content.push(json!({"type": "text", "text": text}));
    }
    content.extend(message.calls.iter().map(|call| {
        let (id, name) = (plain_name(&call.id), plain_name(&call.name));
        json!({"type": "tool_use", "id": id, "name": name, "input": object(&call.arguments)})
    }));
    content
}

fn is_thinking(block: &Value) -> bool {
    matches!(
        block["type"].as_str(),
        Some("thinking" | "redacted_thinking")
    )
}

/// Whether kept blocks are the whole message, and nobody has changed it since.
fn says_the_same(blocks: &[Value], message: &Message) -> bool {
    let of = |kind: &'static str, field: &'static str| {
        let blocks = blocks.iter().filter(move |it| it["type"] == kind);
        blocks.map(move |it| it[field].as_str().unwrap_or_default())
    };
    let text: String = of("text", "text").collect();
    let ids = message.calls.iter().map(|it| it.id.as_str());
    !blocks.is_empty() && text == message.text && of("tool_use", "id").eq(ids)
}

/// One block of an answer.
struct Block {
    /// As it began.
    start: Value,
    /// What the model wrote of it: text, arguments or thoughts.
    written: String,
    signature: String,
}

struct Blocks {
    spoken: Spoken,
    blocks: BTreeMap<u64, Block>,
    ids: BTreeSet<String>,
    usage: Usage,
    /// Most tokens that were asked for.
    limit: u64,
    stop: Stop,
}

impl Answer for Blocks {
    fn take(&mut self, event: &Event, on: &mut dyn FnMut(Delta)) -> Result<Flow, Odd> {
        let value = json_of(event)?;
        match value["type"].as_str().unwrap_or(&event.name) {
            "message_start" => self.count(&value["message"]["usage"]),
            "content_block_start" => self.begin(&value, on),
            "content_block_delta" => self.go_on(&value, on)?,
            "message_delta" => {
                self.count(&value["usage"]);
                if let Some(reason) = value["delta"]["stop_reason"].as_str() {
                    self.stop = stop(reason);
                }
            }
            "message_stop" => return Ok(Flow::Done),
            "error" => return Err(Odd::Error(Box::new(Refusal::of(200, &value)))),
            _ => {}
        }
        Ok(Flow::More)
    }

    fn finish(mut self, on: &mut dyn FnMut(Delta)) -> Reply {
        // LiteLLM calls an answer ended that the limit has cut.
        if self.stop == Stop::End && self.usage.output_tokens >= self.limit {
            self.stop = Stop::Length;
        }
        let kept = self.kept();
        let calls = self
            .blocks
            .into_values()
            .filter(|it| it.start["type"] == "tool_use");
        let calls = finish_calls(calls.map(Block::into_call), self.ids, self.stop);
        self.spoken.finish(calls, kept, self.usage, self.stop, on)
    }
}

impl Blocks {
    fn begin(&mut self, value: &Value, on: &mut dyn FnMut(Delta)) {
        let start = value["content_block"].clone();
        let text = |name: &str| start[name].as_str().unwrap_or_default().to_owned();
        let written = match start["type"].as_str() {
            Some("text") => text("text"),
            Some("thinking") => text("thinking"),
            _ => String::new(),
        };
        match start["type"].as_str() {
            Some("text") => self.spoken.push(&written, on),
            Some("tool_use") => on(Delta::Calling(text("name"))),
            _ => {}
        }
        let block = Block {
            signature: text("signature"),
            start,
            written,
        };
        self.blocks.insert(count(&value["index"]), block);
    }

    fn go_on(&mut self, value: &Value, on: &mut dyn FnMut(Delta)) -> Result<(), Odd> {
        let block = self.blocks.get_mut(&count(&value["index"]));
        let block = block.ok_or_else(|| {
            Odd::Garbled("a piece of it belongs to no block that has begun".to_owned())
        })?;
        let delta = &value["delta"];
        let text = |name: &str| delta[name].as_str().unwrap_or_default();
        match delta["type"].as_str() {
            Some("text_delta") => {
                block.written.push_str(text("text"));
                self.spoken.push(text("text"), on);
            }
            Some("input_json_delta") => block.written.push_str(text("partial_json")),
            Some("thinking_delta") => {
                block.written.push_str(text("thinking"));
                on(Delta::Thinking(text("thinking").to_owned()));
            }
            Some("signature_delta") => block.signature.push_str(text("signature")),
            _ => {}
        }
        Ok(())
    }

    /// Takes over what is told; the numbers only grow. What was read from the cache or written to it is told apart from the
    /// rest of the input.
    fn count(&mut self, told: &Value) {
        let Usage {
            input_tokens,
            cached_tokens,
            cache_write_tokens,
            output_tokens,
            ..
        } = self.usage;
        let kept = cached_tokens.saturating_add(cache_write_tokens);
        let fresh = input_tokens.saturating_sub(kept);
        let fresh = fresh.max(count(&told["input_tokens"]));
        let cached_tokens = cached_tokens.max(count(&told["cache_read_input_tokens"]));
        let written = count(&told["cache_creation_input_tokens"]);
        let cache_write_tokens = cache_write_tokens.max(written);
        self.usage = Usage {
            input_tokens: fresh
                .saturating_add(cached_tokens)
                .saturating_add(cache_write_tokens),
            cached_tokens,
            cache_write_tokens,
            output_tokens: output_tokens.max(count(&told["output_tokens"])),
            ..Usage::default()
        };
    }

    /// All blocks in their order, where the model thought: the provider wants them back as they were.
    fn kept(&self) -> Vec<Kept> {
        let mut blocks = self.blocks.values();
        if self.stop == Stop::Length || !blocks.any(|it| is_thinking(&it.start)) {
            return Vec::new();
        }
        let blocks: Vec<Value> = self.blocks.values().map(Block::as_sent).collect();
        vec![Kept {
            provider: Provider::Anthropic,
            json: Value::Array(blocks).to_string(),
        }]
    }
}

impl Block {
    fn as_sent(&self) -> Value {
        let mut block = self.start.clone();
        match block["type"].as_str() {
            Some("text") => block["text"] = json!(self.written),
            Some("thinking") => {
                block["thinking"] = json!(self.written);
                block["signature"] = json!(self.signature);
            }
            Some("tool_use") if !self.written.is_empty() => block["input"] = object(&self.written),
            _ => {}
        }
        block
    }

    fn into_call(self) -> Calling {
        let text = |name: &str| self.start[name].as_str().unwrap_or_default().to_owned();
        // Some servers give the arguments at once.
        let at_once = self.start["input"].as_object().filter(|it| !it.is_empty());
        Calling {
            id: text("id"),
            name: text("name"),
            arguments: match (at_once, self.written.is_empty()) {
                (Some(object), true) => Value::Object(object.clone()).to_string(),
                _ => self.written,
            },
        }
    }
}

fn stop(reason: &str) -> Stop {
    match reason {
        "max_tokens" | "model_context_window_exceeded" => Stop::Length,
        "stop_sequence" => Stop::Sequence,
        "tool_use" => Stop::Calls,
        "refusal" => Stop::Refused,
        _ => Stop::End,
    }
}
