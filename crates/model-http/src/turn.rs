//! What every dialect has in common: asking, leaving out what a server does not take, and putting an answer together.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use model::{
    Cancel, Delta, Image, Message, Model, ModelError, ModelId, Profile, Reply, Request, Trouble,
};
use serde_json::Value;

use crate::history::{Histories, List, joined};
use crate::refusal::Refusal;
use crate::settings::Settings;
use crate::sse::Event;
use crate::wire::{Ask, Failure, Flow, Wire};

/// Parameters that a server does not take.
pub(crate) type Without = BTreeSet<&'static str>;

/// How a kind of server is spoken to.
pub(crate) trait Dialect: Send + Sync {
    /// What becomes of an answer's events.
    type Answer: Answer;

    /// Parameters that a request can do without, or that have another name elsewhere.
    const OPTIONAL: &'static [&'static str];

    /// The body's list that holds the conversation.
    const CONVERSATION: &'static str;

    /// The path behind the endpoint's base.
    fn path(&self) -> &str;

    /// The headers.
    fn headers(&self, wire: &Wire) -> Vec<(&'static str, String)>;

    /// The body without the conversation.
    fn body(&self, model: &str, request: &Request, without: &Without) -> Value;

    /// What precedes the messages in the conversation.
    fn before(&self, _request: &Request) -> Vec<Value> {
        Vec::new()
    }

    /// What a message becomes. It depends on nothing but the message, and on whether it is marked.
    fn elements(&self, message: &Message, marked: bool) -> Vec<Value>;

    /// The places of messages that this request marks.
    fn marks(&self, _messages: &[Message]) -> Vec<usize> {
        Vec::new()
    }

    /// Whether a refusal is about `parameter`.
    fn is_about(&self, refusal: &Refusal, parameter: &str) -> bool {
        refusal.is_about(parameter)
    }

    /// An answer of which nothing has come yet.
    fn answer(&self, request: &Request) -> Self::Answer;
}

/// An answer under way.
pub(crate) trait Answer {
    /// Takes an event.
    fn take(&mut self, event: &Event, on: &mut dyn FnMut(Delta)) -> Result<Flow, Odd>;

    /// Whether it is whole although the stream ended without the usual last event.
    fn is_whole(&self) -> bool {
        false
    }

    /// The reply.
    fn finish(self, on: &mut dyn FnMut(Delta)) -> Reply;
}

/// An event that is not as it should be.
pub(crate) enum Odd {
    /// It is not what the protocol says.
    Garbled(String),
    /// It tells an error.
    Error(Box<Refusal>),
}

/// A model behind a server that speaks the dialect `D`.
pub(crate) struct Remote<D> {
    wire: Wire,
    dialect: D,
    without: Mutex<Without>,
    histories: Histories,
}

impl<D: Dialect> Remote<D> {
    /// The model `id` at the endpoint of `settings`, which does not take the parameters in `without`.
    ///
    /// # Errors
    ///
    /// [`ModelError::Provider`] when there is no key and the endpoint is not this machine.
    pub(crate) fn open(
        id: ModelId,
        settings: Settings,
        dialect: D,
        without: Without,
    ) -> Result<Self, ModelError> {
        settings.check(&id)?;
        Ok(Self {
            wire: Wire::new(id, settings),
            dialect,
            without: Mutex::new(without),
            histories: Histories::default(),
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Without> {
        self.without.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The whole body.
    fn body(&self, request: &Request, without: &Without) -> String {
        let dialect = &self.dialect;
        let body = dialect.body(self.wire.model().name(), request, without);
        // The conversation comes last, as it is the one part that changes from turn to turn.
        let mut list = List::within(&body, D::CONVERSATION);
        list.push(&joined(&dialect.before(request)));
        let marks = dialect.marks(&request.messages);
        let render = |message: &Message, marked: bool| dialect.elements(message, marked);
        self.histories
            .write(&mut list, &request.messages, &marks, &render);
        list.end()
    }

    fn try_once(
        &self,
        request: &Request,
        without: &Without,
        cancel: &Cancel,
        on: &mut dyn FnMut(Delta),
    ) -> Result<Reply, Failure> {
        let ask = Ask {
            path: self.dialect.path(),
            headers: self.dialect.headers(&self.wire),
            body: self.body(request, without),
        };
        // Begun only when something comes: what can be done while the server works does not delay the request.
        let mut begun: Option<D::Answer> = None;
        let mut take = |event: Event| {
            let answer = begun.get_or_insert_with(|| self.dialect.answer(request));
            answer.take(&event, on).map_err(|odd| match odd {
                Odd::Garbled(reason) => self.wire.error(Trouble::Garbled, reason),
                Odd::Error(refusal) => refusal.into_error(&self.wire),
            })
        };
        let exchanged = self.wire.exchange(ask, cancel, &mut take);
        let answer = begun.unwrap_or_else(|| self.dialect.answer(request));
        match exchanged {
            Err(Failure::Model(error)) if !(was_cut(&error) && answer.is_whole()) => {
                Err(error.into())
            }
            Err(Failure::Refused(refusal)) => Err(Failure::Refused(refusal)),
            _ => Ok(answer.finish(on)),
        }
    }

    /// Remembers what a refusal says the server does not take. False when it says nothing of that kind.
    fn learn(&self, refusal: &Refusal, without: &mut Without) -> bool {
        let mut all = D::OPTIONAL.iter().copied();
        let found = all.find(|it| !without.contains(it) && self.dialect.is_about(refusal, it));
        if let Some(parameter) = found {
            without.insert(parameter);
            self.lock().insert(parameter);
        }
        found.is_some()
    }
}

fn was_cut(error: &ModelError) -> bool {
    matches!(
        error,
        ModelError::Provider {
            trouble: Trouble::Cut,
            ..
        }
    )
}

impl<D: Dialect> Model for Remote<D> {
    fn id(&self) -> &ModelId {
        self.wire.model()
    }

    fn profile(&self) -> Profile {
        self.wire.settings().profile
    }

    fn stream(
        &self,
        request: &Request,
        cancel: &Cancel,
        on: &mut dyn FnMut(Delta),
    ) -> Result<Reply, ModelError> {
        request.check_images(self.id(), self.profile())?;
        let mut without = self.lock().clone();
        loop {
            match self.try_once(request, &without, cancel, on) {
                Ok(reply) => return Ok(reply),
                Err(Failure::Model(error)) => return Err(error),
                Err(Failure::Refused(refusal)) if self.learn(&refusal, &mut without) => {}
                Err(Failure::Refused(refusal)) => return Err(refusal.into_error(&self.wire)),
            }
        }
    }
}

/// The data of an event as JSON.
pub(crate) fn json_of(event: &Event) -> Result<Value, Odd> {
    serde_json::from_str(&event.data).map_err(|_| {
        let beginning: String = event.data.chars().take(80).collect();
        Odd::Garbled(format!("an event of it is not JSON: {beginning:?}"))
    })
}

/// The bytes of a picture as text.
pub(crate) fn base64(image: &Image) -> String {
    BASE64_STANDARD.encode(image.bytes())
}

/// A picture as an address that holds it.
pub(crate) fn data_url(image: &Image) -> String {
    format!(
        "data:{};base64,{}",
        image.form().media_type(),
        base64(image)
    )
}

/// A seed that every server's kind of number can hold.
pub(crate) fn small_seed(seed: u64) -> u64 {
    (seed ^ (seed >> 32)) & 0x7fff_ffff
}

/// Sets `value` as `name` unless the server does not take it.
pub(crate) fn set(body: &mut Value, without: &Without, name: &'static str, value: Value) {
    if !without.contains(name) {
        body[name] = value;
    }
}

/// A number of tokens; absent is none.
pub(crate) fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}
