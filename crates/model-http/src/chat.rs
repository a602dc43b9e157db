//! OpenAI's Chat Completions, which most other servers speak as well: Ollama, vLLM, llama.cpp, LiteLLM, OpenRouter.

use std::collections::{BTreeMap, BTreeSet};

use model::answer::{Calling, Spoken, finish_calls, ids_of, kept_by, object};
use model::{
    Delta, Image, Kept, Message, Model, ModelError, ModelId, Provider, Reply, Request, Role, Stop,
    Usage,
};
use serde_json::{Value, json};

use crate::refusal::Refusal;
use crate::settings::Settings;
use crate::sse::Event;
use crate::turn::{
    Answer, Dialect, Odd, Remote, Without, count, data_url, json_of, set, small_seed,
};
use crate::wire::{Flow, Wire};

/// Most stop texts that servers take; the watch here looks for all.
const STOPS_MAX: usize = 4;

/// The model `id` behind a server that speaks Chat Completions, at the endpoint of `settings`, whose base ends before
/// `/chat/completions`.
///
/// # Errors
///
/// [`ModelError::Provider`] when there is no key and the endpoint is not this machine.
pub fn chat_completions(id: ModelId, settings: Settings) -> Result<impl Model, ModelError> {
    // OpenAI's own models have another name for the limit than everybody else's.
    let limit = match settings.endpoint.host() == "api.openai.com" {
        true => "max_tokens",
        false => "max_completion_tokens",
    };
    Remote::open(id, settings, Chat, Without::from([limit]))
}

struct Chat;

impl Dialect for Chat {
    type Answer = Choice;
    const CONVERSATION: &'static str = "messages";
    const OPTIONAL: &'static [&'static str] = &[
        "max_tokens",
        "temperature",
        "seed",
        "stop",
        "stream_options",
        "parallel_tool_calls",
    ];

    fn path(&self) -> &str {
        "/chat/completions"
    }

    fn headers(&self, wire: &Wire) -> Vec<(&'static str, String)> {
        bearer(wire)
    }

    fn body(&self, model: &str, request: &Request, without: &Without) -> Value {
        let mut body = json!({"model": model, "stream": true});
        let limit = match without.contains("max_tokens") {
            true => "max_completion_tokens",
            false => "max_tokens",
        };
        body[limit] = json!(request.max_tokens);
        set(
            &mut body,
            without,
            "stream_options",
            json!({"include_usage": true}),
        );
        set(
            &mut body,
            without,
            "temperature",
            json!(request.temperature),
        );
        set(&mut body, without, "seed", json!(small_seed(request.seed)));
        let stops = request.stop.iter().filter(|it| !it.is_empty());
        let stops: Vec<&String> = stops.take(STOPS_MAX).collect();
        if !stops.is_empty() {
            set(&mut body, without, "stop", json!(stops));
        }
        if !request.tools.is_empty() {
            body["tools"] = request.tools.iter().map(tool).collect();
            set(&mut body, without, "parallel_tool_calls", json!(true));
        }
        body
    }

    fn before(&self, request: &Request) -> Vec<Value> {
        match request.system.is_empty() {
            true => Vec::new(),
            false => vec![json!({"role": "system", "content": request.system})],
        }
    }

    fn elements(&self, message: &Message, _marked: bool) -> Vec<Value> {
        match message.role {
            Role::User => of_user(message),
            Role::Assistant => vec![of_assistant(message)],
        }
    }

    fn answer(&self, request: &Request) -> Choice {
        Choice {
            spoken: Spoken::new(request),
            calls: Vec::new(),
            places: BTreeMap::new(),
            details: Vec::new(),
            ids: ids_of(request),
            usage: Usage::default(),
            stop: None,
            refused: false,
        }
    }
}

/// The key as OpenAI's servers want it.
pub(crate) fn bearer(wire: &Wire) -> Vec<(&'static str, String)> {
    let key = wire.settings().key.iter();
    key.map(|key| ("authorization", format!("Bearer {}", key.reveal())))
        .collect()
}

fn tool(tool: &model::ToolSpec) -> Value {
    json!({"type": "function", "function": {
        "name": tool.name, "description": tool.description, "parameters": tool.parameters,
    }})
}

fn of_user(message: &Message) -> Vec<Value> {
    let results = message.results.iter();
    let results =
        results.map(|it| json!({"role": "tool", "tool_call_id": it.id, "content": it.text}));
    let mut messages: Vec<Value> = results.collect();
    // Results are texts only, so their pictures follow all of them.
    let images: Vec<Value> = message.all_images().map(picture).collect();
    match (images.is_empty(), message.text.is_empty()) {
        (true, true) if !message.results.is_empty() => {}
        (true, _) => messages.push(json!({"role": "user", "content": message.text})),
        (false, no_text) => {
            let text = (!no_text).then(|| json!({"type": "text", "text": message.text}));
            let content: Vec<Value> = images.into_iter().chain(text).collect();
            messages.push(json!({"role": "user", "content": content}));
        }
    }
    messages
}

fn picture(image: &Image) -> Value {
    json!({"type": "image_url", "image_url": {"url": data_url(image)}})
}

fn of_assistant(message: &Message) -> Value {
    let mut value = json!({"role": "assistant", "content": message.text});
    if !message.calls.is_empty() {
        let call = |call: &model::Call| {
            let arguments = object(&call.arguments).to_string();
            json!({"id": call.id, "type": "function",
                "function": {"name": call.name, "arguments": arguments}})
        };
        value["tool_calls"] = message.calls.iter().map(call).collect();
    }
    let mut own = kept_by(message, Provider::OpenAi);
    if let Some(details) = own.find_map(|it| it.get("reasoning_details").cloned()) {
        value["reasoning_details"] = details;
    }
    value
}

/// The one choice of an answer.
struct Choice {
    spoken: Spoken,
    calls: Vec<Calling>,
    /// Which call the pieces with an index belong to.
    places: BTreeMap<u64, usize>,
    /// Reasoning that a server wants back.
    details: Vec<Value>,
    ids: BTreeSet<String>,
    usage: Usage,
    stop: Option<Stop>,
    refused: bool,
}

impl Answer for Choice {
    fn take(&mut self, event: &Event, on: &mut dyn FnMut(Delta)) -> Result<Flow, Odd> {
        if event.data.trim() == "[DONE]" {
            return match self.stop {
                Some(_) => Ok(Flow::Done),
                None => Err(Odd::Garbled("it ended without a reason".to_owned())),
            };
        }
        let value = json_of(event)?;
        if value.get("error").is_some_and(|it| !it.is_null()) || event.name == "error" {
            return Err(Odd::Error(Box::new(Refusal::of(200, &value))));
        }
        self.count(&value["usage"]);
        let choice = &value["choices"][0];
        self.hear(&choice["delta"], on);
        if let Some(reason) = choice["finish_reason"].as_str() {
            self.stop = Some(stop(reason));
        }
        Ok(Flow::More)
    }

    fn is_whole(&self) -> bool {
        self.stop.is_some()
    }

    fn finish(self, on: &mut dyn FnMut(Delta)) -> Reply {
        let stop = match (self.stop, self.refused) {
            (Some(Stop::End), true) => Stop::Refused,
            (stop, _) => stop.unwrap_or(Stop::End),
        };
        let kept = match self.details.is_empty() {
            true => Vec::new(),
            false => vec![Kept {
                provider: Provider::OpenAi,
                json: json!({"reasoning_details": self.details}).to_string(),
            }],
        };
        let calls = finish_calls(self.calls, self.ids, stop);
        self.spoken.finish(calls, kept, self.usage, stop, on)
    }
}

impl Choice {
    fn count(&mut self, told: &Value) {
        if !told.is_object() {
            return;
        }
        self.usage = Usage {
            input_tokens: count(&told["prompt_tokens"]),
            cached_tokens: count(&told["prompt_tokens_details"]["cached_tokens"]),
            cache_write_tokens: count(&told["prompt_tokens_details"]["cache_write_tokens"]),
            output_tokens: count(&told["completion_tokens"]),
            ..Usage::default()
        };
    }

    fn hear(&mut self, delta: &Value, on: &mut dyn FnMut(Delta)) {
        for name in ["reasoning_content", "reasoning"] {
            if let Some(thought) = delta[name].as_str().filter(|it| !it.is_empty()) {
                on(Delta::Thinking(thought.to_owned()));
                break;
            }
        }
        if let Some(details) = delta["reasoning_details"].as_array() {
            self.details.extend(details.iter().cloned());
        }
        match &delta["content"] {
            Value::String(text) => self.spoken.push(text, on),
            Value::Array(parts) => {
                for text in parts.iter().filter_map(|it| it["text"].as_str()) {
                    self.spoken.push(text, on);
                }
            }
            _ => {}
        }
        if let Some(text) = delta["refusal"].as_str().filter(|it| !it.is_empty()) {
            self.refused = true;
            self.spoken.push(text, on);
        }
        for piece in delta["tool_calls"].as_array().into_iter().flatten() {
            self.hear_call(piece, on);
        }
    }

    /// A piece of a call. Some servers leave the index out, or give every call the same: then a new id begins a new call.
    fn hear_call(&mut self, piece: &Value, on: &mut dyn FnMut(Delta)) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let index = piece["index"].as_u64();
        let id = text(&piece["id"]);
        let name = text(&piece["function"]["name"]);
        let other = |call: &Calling| !id.is_empty() && !call.id.is_empty() && call.id != id;
        let known = match index {
            Some(index) => self.places.get(&index).copied(),
            None => self.calls.len().checked_sub(1),
        };
        let at = match known.filter(|&at| !other(&self.calls[at])) {
            Some(at) => at,
            None => {
                self.calls.push(Calling::default());
                self.calls.len() - 1
            }
        };
        if let Some(index) = index {
            self.places.insert(index, at);
        }
        let call = &mut self.calls[at];
        if call.id.is_empty() {
            call.id = id;
        }
        if call.name.is_empty() && !name.is_empty() {
            call.name.clone_from(&name);
            on(Delta::Calling(name));
        }
        match &piece["function"]["arguments"] {
            Value::String(text) => call.arguments.push_str(text),
            whole @ Value::Object(_) => call.arguments = whole.to_string(),
            _ => {}
        }
    }
}

fn stop(reason: &str) -> Stop {
    match reason {
        "length" => Stop::Length,
        "tool_calls" | "function_call" => Stop::Calls,
        "content_filter" => Stop::Refused,
        _ => Stop::End,
    }
}
