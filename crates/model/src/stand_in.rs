//! A model for this crate's own tests, which does as it is told.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::time::Duration;

use crate::{
    Cancel, Delta, Message, Model, ModelError, ModelId, Profile, Reply, Request, Stop, Strategy,
    Trouble, Usage,
};

/// What one turn does.
pub(crate) enum Act {
    /// Answers this text.
    Say(&'static str),
    /// Fails before anything came.
    Fail(ModelError),
    /// Fails after this text.
    Cut(&'static str, ModelError),
}

pub(crate) fn hello() -> Act {
    Act::Say("hello")
}

pub(crate) fn trouble(id: &str, trouble: Trouble, retry_after: Option<Duration>) -> ModelError {
    ModelError::Provider {
        model: id.parse().unwrap(),
        trouble,
        reason: "so it is".to_owned(),
        retry_after,
    }
}

pub(crate) struct StandIn {
    id: ModelId,
    acts: Mutex<VecDeque<Act>>,
}

impl StandIn {
    /// One whose name is `small` can hold less, and has no tools.
    pub(crate) fn new(id: &str, acts: Vec<Act>) -> Self {
        Self {
            id: id.parse().unwrap(),
            acts: Mutex::new(acts.into()),
        }
    }
}

impl Model for StandIn {
    fn id(&self) -> &ModelId {
        &self.id
    }

    fn profile(&self) -> Profile {
        let small = self.id.name() == "small";
        Profile {
            context_tokens: if small { 500 } else { 1000 },
            output_tokens_max: if small { 50 } else { 100 },
            strategy: Strategy::Tools,
            writes_plans: true,
            native_tools: !small,
            images: !small,
            goes_on: small,
        }
    }

    fn stream(
        &self,
        _: &Request,
        _: &Cancel,
        on: &mut dyn FnMut(Delta),
    ) -> Result<Reply, ModelError> {
        let act = self.acts.lock().unwrap().pop_front();
        let say = |text: &str, on: &mut dyn FnMut(Delta)| on(Delta::Text(text.to_owned()));
        match act.expect("the test has no act left") {
            Act::Fail(error) => Err(error),
            Act::Cut(text, error) => {
                say(text, on);
                Err(error)
            }
            Act::Say(text) => {
                say(text, on);
                let usage = Usage {
                    input_tokens: 3,
                    output_tokens: 1,
                    ..Usage::default()
                };
                Ok(Reply::text(text, usage, Stop::End))
            }
        }
    }
}

pub(crate) fn request() -> Request {
    Request {
        system: String::new(),
        messages: vec![Message::user("Hello")],
        tools: Vec::new(),
        max_tokens: 16,
        temperature: 0.0,
        seed: 0,
        stop: Vec::new(),
        schema: None,
    }
}

/// Asks once and shows what came, a line each, and how it ended.
pub(crate) fn show(model: &dyn Model) -> String {
    let mut shown = String::new();
    let end = model.stream(&request(), &Cancel::new(), &mut |delta| {
        match delta {
            Delta::Text(text) => writeln!(shown, "text {text}"),
            Delta::Waiting { left, reason } => writeln!(shown, "wait {left:?}: {reason}"),
            Delta::Restarted => writeln!(shown, "restarted"),
            Delta::Switched { to, reason } => writeln!(shown, "switched to {to}: {reason}"),
            other => writeln!(shown, "{other:?}"),
        }
        .unwrap();
    });
    match end {
        Ok(Reply { text, by: None, .. }) => write!(shown, "reply {text}"),
        Ok(Reply {
            text, by: Some(by), ..
        }) => write!(shown, "reply {text} by {by}"),
        Err(error) => write!(shown, "error {error}"),
    }
    .unwrap();
    shown
}
