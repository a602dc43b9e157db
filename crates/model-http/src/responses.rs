//! OpenAI's Responses.

use std::collections::{BTreeMap, BTreeSet};

use model::answer::{Calling, Spoken, finish_calls, ids_of, kept_by, object};
use model::{
    Delta, Image, Kept, Message, Model, ModelError, ModelId, Provider, Reply, Request, Role, Stop,
    Usage,
};
use serde_json::{Value, json};

use crate::chat::bearer;
use crate::refusal::Refusal;
use crate::settings::Settings;
use crate::sse::Event;
use crate::turn::{Answer, Dialect, Odd, Remote, Without, count, data_url, json_of, set};
use crate::wire::{Flow, Wire};

/// The fewest tokens that an answer may be limited to.
const OUTPUT_TOKENS_MIN: u32 = 16;

/// The address where OpenAI itself is.
pub const OPENAI_BASE: &str = "https://api.openai.com/v1";

/// The model `id` behind OpenAI's Responses, at the endpoint of `settings`, whose base ends before `/responses`. Nothing is
/// kept on the provider's side: reasoning comes back sealed and is sent again.
///
/// # Errors
///
/// [`ModelError::Provider`] when there is no key and the endpoint is not this machine.
pub fn responses(id: ModelId, settings: Settings) -> Result<impl Model, ModelError> {
    Remote::open(id, settings, Items, Without::new())
}

struct Items;

impl Dialect for Items {
    type Answer = Output;
    const CONVERSATION: &'static str = "input";
    const OPTIONAL: &'static [&'static str] = &["temperature", "include", "parallel_tool_calls"];

    fn path(&self) -> &str {
        "/responses"
    }

    fn headers(&self, wire: &Wire) -> Vec<(&'static str, String)> {
        bearer(wire)
    }

    fn body(&self, model: &str, request: &Request, without: &Without) -> Value {
        let mut body = json!({
            "model": model,
            "max_output_tokens": request.max_tokens.max(OUTPUT_TOKENS_MIN),
            "store": false,
            "stream": true,
        });
        if !request.system.is_empty() {
            body["instructions"] = json!(request.system);
        }
        set(
            &mut body,
            without,
            "temperature",
            json!(request.temperature),
        );
        set(
            &mut body,
            without,
            "include",
            json!(["reasoning.encrypted_content"]),
        );
        if !request.tools.is_empty() {
            body["tools"] = request.tools.iter().map(tool).collect();
            set(&mut body, without, "parallel_tool_calls", json!(true));
        }
        body
    }

    fn elements(&self, message: &Message, _marked: bool) -> Vec<Value> {
        match message.role {
            Role::User => of_user(message),
            Role::Assistant => of_assistant(message),
        }
    }

    /// Models that do not reason refuse sealed reasoning without naming the parameter that asks for it.
    fn is_about(&self, refusal: &Refusal, parameter: &str) -> bool {
        let sealed = parameter == "include" && refusal.says("encrypted content is not supported");
        sealed || refusal.is_about(parameter)
    }

    fn answer(&self, request: &Request) -> Output {
        Output {
            spoken: Spoken::new(request),
            calls: BTreeMap::new(),
            items: BTreeMap::new(),
            ids: ids_of(request),
            usage: Usage::default(),
            limit: u64::from(request.max_tokens.max(OUTPUT_TOKENS_MIN)),
            stop: Stop::End,
            refused: false,
        }
    }
}

fn tool(tool: &model::ToolSpec) -> Value {
    json!({"type": "function", "name": tool.name, "description": tool.description,
        "parameters": tool.parameters, "strict": false})
}

fn of_user(message: &Message) -> Vec<Value> {
    let result = |it: &model::CallResult| {
        let output = match it.images.is_empty() {
            true => json!(it.text),
            false => content(&it.images, &it.text),
        };
        json!({"type": "function_call_output", "call_id": it.id, "output": output})
    };
    let mut items: Vec<Value> = message.results.iter().map(result).collect();
    if !message.text.is_empty() || !message.images.is_empty() || message.results.is_empty() {
        let content = content(&message.images, &message.text);
        items.push(json!({"type": "message", "role": "user", "content": content}));
    }
    items
}

/// Pictures and a text, which may be missing where there are pictures.
fn content(images: &[Image], text: &str) -> Value {
    let picture =
        |it: &Image| json!({"type": "input_image", "detail": "auto", "image_url": data_url(it)});
    let says = !text.is_empty() || images.is_empty();
    let text = says.then(|| json!({"type": "input_text", "text": text}));
    images.iter().map(picture).chain(text).collect()
}

fn of_assistant(message: &Message) -> Vec<Value> {
    let own = kept_by(message, Provider::OpenAi);
    let own = own.filter_map(|it| it.as_array().cloned()).flatten();
    let own: Vec<Value> = own.collect();
    if says_the_same(&own, message) {
        return own;
    }
    let mut items = own;
    items.retain(|it| it["type"] == "reasoning");
    if !message.text.is_empty() {
        items.push(json!({"type": "message", "role": "assistant",
            "content": [{"type": "output_text", "text": message.text}]}));
    }
    items.extend(message.calls.iter().map(|call| {
        json!({"type": "function_call", "call_id": call.id, "name": call.name,
            "arguments": object(&call.arguments).to_string()})
    }));
    items
}

/// Whether kept items are the whole message, and nobody has changed it since.
fn says_the_same(items: &[Value], message: &Message) -> bool {
    let of = |kind: &'static str| items.iter().filter(move |it| it["type"] == kind);
    let text: String = of("message").map(text_of).collect();
    let ids = message.calls.iter().map(|it| it.id.as_str());
    let own = of("function_call").map(|it| it["call_id"].as_str().unwrap_or_default());
    !items.is_empty() && text == message.text && own.eq(ids)
}

/// The text of a message item.
fn text_of(item: &Value) -> String {
    let parts = item["content"].as_array().into_iter().flatten();
    let text = |part: &Value| {
        let text = part["text"].as_str().or_else(|| part["refusal"].as_str());
        text.unwrap_or_default().to_owned()
    };
    parts.map(text).collect()
}

struct Output {
    spoken: Spoken,
    calls: BTreeMap<u64, Calling>,
    /// The items that are whole, as they came.
    items: BTreeMap<u64, Value>,
    ids: BTreeSet<String>,
    usage: Usage,
    /// Most tokens that were asked for.
    limit: u64,
    stop: Stop,
    refused: bool,
}

impl Answer for Output {
    fn take(&mut self, event: &Event, on: &mut dyn FnMut(Delta)) -> Result<Flow, Odd> {
        let value = json_of(event)?;
        let piece = || value["delta"].as_str().unwrap_or_default();
        let index = count(&value["output_index"]);
        match value["type"].as_str().unwrap_or(&event.name) {
            "response.output_text.delta" => self.spoken.push(piece(), on),
            "response.refusal.delta" => {
                self.refused = true;
                self.spoken.push(piece(), on);
            }
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
                on(Delta::Thinking(piece().to_owned()));
            }
            "response.output_item.added" => self.begin(index, &value["item"], on),
            "response.function_call_arguments.delta" => match self.calls.get_mut(&index) {
                Some(call) => call.arguments.push_str(piece()),
                None => {
                    let reason = "a piece of it belongs to no call that has begun";
                    return Err(Odd::Garbled(reason.to_owned()));
                }
            },
            "response.output_item.done" => self.end(index, &value["item"], on),
            "response.completed" | "response.incomplete" => {
                self.close(&value["response"]);
                return Ok(Flow::Done);
            }
            "response.failed" => {
                return Err(Odd::Error(Box::new(Refusal::of(200, &value["response"]))));
            }
            "error" => return Err(Odd::Error(Box::new(Refusal::of(200, &value)))),
            _ => {}
        }
        Ok(Flow::More)
    }

    fn finish(self, on: &mut dyn FnMut(Delta)) -> Reply {
        let stop = match (self.stop, self.refused) {
            (Stop::End, true) => Stop::Refused,
            (stop, _) => stop,
        };
        let kept = self.kept();
        let calls = finish_calls(self.calls.into_values(), self.ids, stop);
        self.spoken.finish(calls, kept, self.usage, stop, on)
    }
}

impl Output {
    fn begin(&mut self, index: u64, item: &Value, on: &mut dyn FnMut(Delta)) {
        if item["type"] != "function_call" {
            return;
        }
        let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
        on(Delta::Calling(text("name")));
        let call = Calling {
            id: text("call_id"),
            name: text("name"),
            arguments: text("arguments"),
        };
        self.calls.insert(index, call);
    }

    /// An item is whole: its own word on the arguments counts.
    fn end(&mut self, index: u64, item: &Value, on: &mut dyn FnMut(Delta)) {
        if item["type"] == "function_call" {
            if !self.calls.contains_key(&index) {
                self.begin(index, item, on);
            }
            let whole = item["arguments"].as_str();
            if let (Some(call), Some(whole)) = (self.calls.get_mut(&index), whole) {
                whole.clone_into(&mut call.arguments);
            }
        }
        self.items.insert(index, item.clone());
    }

    fn close(&mut self, response: &Value) {
        let usage = &response["usage"];
        self.usage = Usage {
            input_tokens: count(&usage["input_tokens"]),
            cached_tokens: count(&usage["input_tokens_details"]["cached_tokens"]),
            cache_write_tokens: 0,
            output_tokens: count(&usage["output_tokens"]),
            ..Usage::default()
        };
        self.stop = match response["incomplete_details"]["reason"].as_str() {
            Some("max_output_tokens") => Stop::Length,
            Some("content_filter") => Stop::Refused,
            // llama.cpp calls an answer complete that the limit has cut.
            _ if self.usage.output_tokens >= self.limit => Stop::Length,
            _ => Stop::End,
        };
    }

    /// All items in their order, where the model reasoned: the provider wants them back as they were.
    fn kept(&self) -> Vec<Kept> {
        let mut items = self.items.values();
        if self.stop == Stop::Length || !items.any(|it| it["type"] == "reasoning") {
            return Vec::new();
        }
        let items: Vec<&Value> = self.items.values().collect();
        vec![Kept {
            provider: Provider::OpenAi,
            json: json!(items).to_string(),
        }]
    }
}
