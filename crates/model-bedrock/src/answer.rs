//! An answer put together from the events of its stream.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_bedrockruntime::types::{
    ContentBlockDelta, ContentBlockDeltaEvent, ContentBlockStart, ContentBlockStartEvent,
    ConverseStreamOutput as Event, ReasoningContentBlockDelta, StopReason, TokenUsage,
};
use model::answer::{Calling, Spoken, finish_calls, ids_of};
use model::{Delta, Kept, Provider, Reply, Request, Stop, Usage};
use serde_json::json;

/// What an event is counted as beside its text: even events that say nothing must not come without end.
const EVENT_BYTES: usize = 128;

/// Reasoning under way.
#[derive(Default)]
struct Thought {
    text: String,
    signature: String,
    sealed: Vec<u8>,
}

pub(crate) struct Blocks {
    spoken: Spoken,
    calls: BTreeMap<i32, Calling>,
    thoughts: BTreeMap<i32, Thought>,
    ids: BTreeSet<String>,
    bytes: usize,
    stop: Option<Stop>,
    usage: Option<Usage>,
}

impl Blocks {
    pub(crate) fn new(request: &Request) -> Self {
        Self {
            spoken: Spoken::new(request),
            calls: BTreeMap::new(),
            thoughts: BTreeMap::new(),
            ids: ids_of(request),
            bytes: 0,
            stop: None,
            usage: None,
        }
    }

    /// Bytes of text, thoughts and arguments so far, and a few for each event.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether the model has ended.
    pub(crate) fn is_whole(&self) -> bool {
        self.stop.is_some()
    }

    /// Whether what it cost is told too, which is the last thing that comes.
    pub(crate) fn is_counted(&self) -> bool {
        self.stop.is_some() && self.usage.is_some()
    }

    /// Takes an event; an error is why it is not as it should be.
    pub(crate) fn take(&mut self, event: Event, on: &mut dyn FnMut(Delta)) -> Result<(), String> {
        self.bytes += EVENT_BYTES;
        match event {
            Event::ContentBlockStart(event) => self.begin(event, on),
            Event::ContentBlockDelta(event) => return self.go_on(event, on),
            Event::MessageStop(event) => self.stop = Some(stop(&event.stop_reason)),
            Event::Metadata(event) => self.usage = event.usage.as_ref().map(usage),
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, event: ContentBlockStartEvent, on: &mut dyn FnMut(Delta)) {
        if let Some(ContentBlockStart::ToolUse(start)) = event.start {
            on(Delta::Calling(start.name.clone()));
            let call = Calling {
                id: start.tool_use_id,
                name: start.name,
                arguments: String::new(),
            };
            self.calls.insert(event.content_block_index, call);
        }
    }

    fn go_on(
        &mut self,
        event: ContentBlockDeltaEvent,
        on: &mut dyn FnMut(Delta),
    ) -> Result<(), String> {
        let index = event.content_block_index;
        match event.delta {
            Some(ContentBlockDelta::Text(text)) => {
                self.bytes += text.len();
                self.spoken.push(&text, on);
            }
            Some(ContentBlockDelta::ToolUse(piece)) => {
                self.bytes += piece.input.len();
                let call = self.calls.get_mut(&index);
                let call = call.ok_or("a piece of it belongs to no call that has begun")?;
                call.arguments.push_str(&piece.input);
            }
            Some(ContentBlockDelta::ReasoningContent(piece)) => self.think(index, piece, on),
            _ => {}
        }
        Ok(())
    }

    fn think(&mut self, index: i32, piece: ReasoningContentBlockDelta, on: &mut dyn FnMut(Delta)) {
        let thought = self.thoughts.entry(index).or_default();
        match piece {
            ReasoningContentBlockDelta::Text(text) => {
                self.bytes += text.len();
                thought.text.push_str(&text);
                on(Delta::Thinking(text));
            }
            ReasoningContentBlockDelta::Signature(text) => thought.signature.push_str(&text),
            ReasoningContentBlockDelta::RedactedContent(blob) => {
                self.bytes += blob.as_ref().len();
                thought.sealed.extend_from_slice(blob.as_ref());
            }
            _ => {}
        }
    }

    pub(crate) fn finish(self, on: &mut dyn FnMut(Delta)) -> Reply {
        let stop = self.stop.unwrap_or(Stop::End);
        let kept = match stop {
            Stop::Length => Vec::new(),
            _ => self.thoughts.into_values().map(Thought::keep).collect(),
        };
        let calls = finish_calls(self.calls.into_values(), self.ids, stop);
        let usage = self.usage.unwrap_or_default();
        self.spoken.finish(calls, kept, usage, stop, on)
    }
}

impl Thought {
    fn keep(self) -> Kept {
        let json = match self.sealed.is_empty() {
            true => json!({"text": self.text, "signature": self.signature}),
            false => json!({"sealed": self.sealed}),
        };
        Kept {
            provider: Provider::Bedrock,
            json: json.to_string(),
        }
    }
}

/// The input is told without what was read from the cache or written to it.
fn usage(told: &TokenUsage) -> Usage {
    let count = |it: i32| u64::try_from(it).unwrap_or(0);
    let cached_tokens = count(told.cache_read_input_tokens.unwrap_or(0));
    let cache_write_tokens = count(told.cache_write_input_tokens.unwrap_or(0));
    Usage {
        input_tokens: count(told.input_tokens) + cached_tokens + cache_write_tokens,
        cached_tokens,
        cache_write_tokens,
        output_tokens: count(told.output_tokens),
        ..Usage::default()
    }
}

fn stop(reason: &StopReason) -> Stop {
    match reason {
        StopReason::MaxTokens | StopReason::ModelContextWindowExceeded => Stop::Length,
        StopReason::StopSequence => Stop::Sequence,
        StopReason::ToolUse => Stop::Calls,
        StopReason::ContentFiltered | StopReason::GuardrailIntervened => Stop::Refused,
        _ => Stop::End,
    }
}
