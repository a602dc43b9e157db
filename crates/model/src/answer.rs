//! Putting an answer together from pieces: for those who write a provider.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{Call, Delta, Kept, Message, Provider, Reply, Request, Stop, Stops, Usage};

/// Most characters of a provider's words that are shown.
const WORDS_MAX: usize = 300;

/// The text of an answer, shown as it comes and ended by the request's stop texts.
#[derive(Debug)]
pub struct Spoken {
    text: String,
    stops: Stops,
    stopped: bool,
}

impl Spoken {
    /// Nothing yet, watched for the stop texts of `request`.
    #[must_use]
    pub fn new(request: &Request) -> Self {
        Self {
            text: String::new(),
            stops: Stops::new(&request.stop),
            stopped: false,
        }
    }

    /// Adds a piece as it came and gives `on` what of it may be shown.
    pub fn push(&mut self, piece: &str, on: &mut dyn FnMut(Delta)) {
        if self.stopped || piece.is_empty() {
            return;
        }
        let released = self.stops.push(piece);
        self.stopped = released.stopped;
        self.show(released.text, on);
    }

    fn show(&mut self, text: String, on: &mut dyn FnMut(Delta)) {
        if !text.is_empty() {
            self.text.push_str(&text);
            on(Delta::Text(text));
        }
    }

    /// The whole reply.
    pub fn finish(
        mut self,
        calls: Vec<Call>,
        kept: Vec<Kept>,
        usage: Usage,
        stop: Stop,
        on: &mut dyn FnMut(Delta),
    ) -> Reply {
        if self.stopped {
            return Reply::text(self.text, usage, Stop::Sequence);
        }
        let held = std::mem::take(&mut self.stops).finish();
        self.show(held, on);
        // Servers are not of one mind about the reason when there are calls.
        let stop = match (stop, calls.is_empty()) {
            (Stop::End, false) => Stop::Calls,
            (Stop::Calls, true) => Stop::End,
            (stop, _) => stop,
        };
        Reply {
            calls,
            kept,
            ..Reply::text(self.text, usage, stop)
        }
    }
}

/// A call under way.
#[derive(Clone, Debug, Default)]
pub struct Calling {
    /// The provider's name for it; may be empty.
    pub id: String,
    /// The tool.
    pub name: String,
    /// What came of its arguments.
    pub arguments: String,
}

/// The calls of an answer; `taken` are the ids of the conversation. A call without an id, or with one that the conversation has already, gets one of ours.
#[must_use]
pub fn finish_calls(
    calls: impl IntoIterator<Item = Calling>,
    mut taken: BTreeSet<String>,
    stop: Stop,
) -> Vec<Call> {
    let mut number = taken.len();
    let finish = |calling: Calling| {
        let mut id = calling.id;
        while id.is_empty() || !taken.insert(id.clone()) {
            number += 1;
            id = format!("call_{number}");
        }
        // A call that the limit cut before its arguments must not look like a call without any.
        let none = calling.arguments.trim().is_empty() && stop != Stop::Length;
        Call {
            id,
            name: calling.name,
            arguments: match none {
                true => "{}".to_owned(),
                false => calling.arguments,
            },
        }
    };
    calls.into_iter().map(finish).collect()
}

/// The ids of all calls of a conversation.
#[must_use]
pub fn ids_of(request: &Request) -> BTreeSet<String> {
    let calls = request.messages.iter().flat_map(|it| &it.calls);
    calls.map(|it| it.id.clone()).collect()
}

/// The arguments of a call as the object that servers want back, whatever the model wrote.
#[must_use]
pub fn object(arguments: &str) -> Value {
    match serde_json::from_str(arguments) {
        Ok(Value::Object(object)) => Value::Object(object),
        _ => json!({"not_an_object": arguments}),
    }
}

/// What `provider` wants back with a message; what is no JSON is left out.
pub fn kept_by(message: &Message, provider: Provider) -> impl Iterator<Item = Value> {
    let own = message
        .kept
        .iter()
        .filter(move |it| it.provider == provider);
    own.filter_map(|it| serde_json::from_str(&it.json).ok())
}

/// A provider's words on one line: without control characters, and no longer than a person reads.
#[must_use]
pub fn one_line(text: &str) -> String {
    let apart = |it: char| it.is_whitespace() || it.is_control();
    let words: Vec<&str> = text.split(apart).filter(|it| !it.is_empty()).collect();
    let mut line = words.join(" ");
    if let Some((end, _)) = line.char_indices().nth(WORDS_MAX) {
        line.truncate(end);
        line.push('…');
    }
    line
}

/// A name as every provider takes it, whoever made it: letters, digits, `-` and `_`, at most 64, at least one.
#[must_use]
pub fn plain_name(name: &str) -> String {
    let letter = |it: char| match it.is_ascii_alphanumeric() || matches!(it, '-' | '_') {
        true => it,
        false => '_',
    };
    let plain: String = name.chars().take(64).map(letter).collect();
    match plain.is_empty() {
        true => "_".to_owned(),
        false => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_on_one_line() {
        assert_eq!(
            one_line(" no\r\n\x1b[2J way\u{9b}\u{a0}out "),
            "no [2J way out"
        );
        let long = one_line(&"ü".repeat(WORDS_MAX + 1));
        assert_eq!(long, format!("{}…", "ü".repeat(WORDS_MAX)));
        assert_eq!(one_line(&"ü".repeat(WORDS_MAX)), "ü".repeat(WORDS_MAX));
    }
}
