//! What a server says when it refuses a request, and what kind of trouble that is.

use std::time::Duration;

use model::answer::one_line;
use model::{ModelError, Trouble};
use serde_json::Value;

use crate::wire::Wire;

/// A refusal.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    status: u16,
    /// The server's own name for the kind of error, such as `overloaded_error`; empty when there is none.
    kind: String,
    code: String,
    /// The parameter that it is about.
    parameter: String,
    message: String,
    /// Whether it is an error in a form that is known.
    known: bool,
    retry_after: Option<Duration>,
    /// The sizes that some servers name in fields of their own.
    sizes: Option<(u64, u64)>,
}

impl Refusal {
    /// Reads the body of an answer that is no stream.
    pub(crate) fn read(status: u16, body: &[u8], retry_after: Option<Duration>) -> Self {
        let text = String::from_utf8_lossy(body);
        let value = serde_json::from_str(&text).unwrap_or(Value::Null);
        let mut refusal = Self::of(status, &value);
        refusal.retry_after = retry_after;
        if refusal.message.is_empty() {
            refusal.message = text.into_owned();
        }
        refusal
    }

    /// A refusal in words of our own.
    pub(crate) fn told(status: u16, message: &str) -> Self {
        Self {
            message: message.to_owned(),
            ..Self::of(status, &Value::Null)
        }
    }

    /// Reads an error as the servers write them: an object, or one below `error`, or in a list of one.
    pub(crate) fn of(status: u16, value: &Value) -> Self {
        let value = value.get(0).unwrap_or(value);
        let error = value.get("error").unwrap_or(value);
        let text = |name: &str| match &error[name] {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        let said = [error, &error["message"], &error["detail"], &value["detail"]];
        let message = said.iter().find_map(|it| it.as_str()).unwrap_or_default();
        let size = |name: &str| error[name].as_u64();
        Self {
            status,
            kind: text("type"),
            code: text("code"),
            parameter: text("param"),
            message: message.to_owned(),
            known: value.get("error").is_some_and(|it| !it.is_null()),
            retry_after: None,
            sizes: size("n_prompt_tokens").zip(size("n_ctx")),
        }
    }

    /// Whether the body was an error in a form that is known.
    pub(crate) fn is_error(&self) -> bool {
        self.known
    }

    /// What the server said, on one line.
    pub(crate) fn words(&self) -> String {
        one_line(&self.message)
    }

    /// Whether the server refuses `parameter` as such, and would take the request without it.
    pub(crate) fn is_about(&self, parameter: &str) -> bool {
        const REASONS: [&str; 10] = [
            "support",
            "unrecognized",
            "unrecognised",
            "unknown",
            "unexpected",
            "not permitted",
            "not allowed",
            "extra",
            "deprecated",
            "incompatible",
        ];
        if !matches!(self.status, 400 | 404 | 422) {
            return false;
        }
        let message = self.message.to_ascii_lowercase();
        let apart = |it: char| !(it.is_ascii_alphanumeric() || it == '_');
        let named = match self.parameter.is_empty() {
            true => message.split(apart).any(|word| word == parameter),
            false => self.parameter.split(apart).next() == Some(parameter),
        };
        named && REASONS.iter().any(|reason| message.contains(reason))
    }

    /// Whether the message contains `words`, letter case aside.
    pub(crate) fn says(&self, words: &str) -> bool {
        self.message.to_ascii_lowercase().contains(words)
    }

    /// As an error of the model at the other end of `wire`.
    pub(crate) fn into_error(self, wire: &Wire) -> ModelError {
        if self.is_too_long() {
            let limit = wire.settings().profile.context_tokens;
            let (prompt_tokens, limit) = self.sizes(limit);
            return ModelError::TooLong {
                model: wire.model().clone(),
                prompt_tokens,
                limit,
            };
        }
        let words = self.words();
        let reason = match (self.status, words.is_empty()) {
            (200, _) => words,
            (status, true) => format!("it answered {status}"),
            (status, false) => format!("it answered {status}: {words}"),
        };
        ModelError::Provider {
            model: wire.model().clone(),
            trouble: self.trouble(),
            reason: wire.redact(&reason),
            retry_after: self.retry_after,
        }
    }

    fn is_too_long(&self) -> bool {
        const KINDS: [&str; 2] = ["context_length_exceeded", "exceed_context_size_error"];
        const WORDS: [&str; 5] = [
            "prompt is too long",
            "maximum context length",
            "context length exceeded",
            "exceeds the available context",
            "input is too long for requested model",
        ];
        let kind = KINDS.iter().any(|it| self.code == *it || self.kind == *it);
        kind || (matches!(self.status, 200 | 400 | 413) && WORDS.iter().any(|it| self.says(it)))
    }

    /// Tokens of the prompt and of the context: as told, or the largest and the smallest number of the message that could
    /// be such, or a lower bound.
    fn sizes(&self, context: u32) -> (u64, u32) {
        let narrow = |it: u64| u32::try_from(it).unwrap_or(u32::MAX);
        if let Some((prompt, limit)) = self.sizes {
            return (prompt, narrow(limit));
        }
        let message = self.message.replace(',', "");
        let words = message.split(|it: char| !it.is_ascii_digit());
        let numbers: Vec<u64> = words
            .filter_map(|it| it.parse().ok())
            .filter(|it| *it >= 256)
            .collect();
        match (numbers.iter().max(), numbers.iter().min()) {
            (Some(prompt), Some(limit)) if prompt > limit => (*prompt, narrow(*limit)),
            _ => (u64::from(context) + 1, context),
        }
    }

    fn trouble(&self) -> Trouble {
        if let Some(trouble) = by_name(&self.code).or_else(|| by_name(&self.kind)) {
            return trouble;
        }
        if self.says("credit balance is too low") {
            return Trouble::Forbidden;
        }
        if self.status != 200 {
            return by_status(self.status);
        }
        // An error inside a stream: some servers give the status there, others a name that is as wide as a status.
        let status = self.code.parse().ok().filter(|it| (400..600).contains(it));
        match (status, self.kind.as_str()) {
            (Some(status), _) => by_status(status),
            (None, "invalid_request_error") => Trouble::Request,
            _ => Trouble::Server,
        }
    }
}

/// The servers' own names for errors, where they say more than the status.
fn by_name(name: &str) -> Option<Trouble> {
    Some(match name {
        "authentication_error" | "invalid_api_key" => Trouble::Key,
        "permission_error"
        | "billing_error"
        | "insufficient_quota"
        | "billing_hard_limit_reached" => Trouble::Forbidden,
        "not_found_error" | "model_not_found" => Trouble::NotFound,
        "rate_limit_error" | "rate_limit_exceeded" => Trouble::RateLimit,
        "overloaded_error" | "engine_overloaded" | "slow_down" => Trouble::Overloaded,
        "timeout_error" => Trouble::Timeout,
        _ => return None,
    })
}

fn by_status(status: u16) -> Trouble {
    match status {
        401 | 407 => Trouble::Key,
        402 | 403 | 451 => Trouble::Forbidden,
        300..400 | 404 | 405 | 410 => Trouble::NotFound,
        408 | 504 | 522 | 524 => Trouble::Timeout,
        429 => Trouble::RateLimit,
        503 | 529 => Trouble::Overloaded,
        409 | 425 | 500..600 => Trouble::Server,
        400..500 => Trouble::Request,
        _ => Trouble::Server,
    }
}
