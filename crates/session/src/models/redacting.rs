//! The one place through which every request to a model passes: secrets are taken out of it here.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use model::{Cancel, Delta, Message, Model, ModelError, ModelId, Profile, Reply, Request};
use policy::Redactor;

/// Most texts that are remembered as holding no secret.
const CLEAR_MAX: usize = 50_000;

/// A model that is never shown a secret that is known or has a known form.
pub(super) struct Redacting {
    model: Arc<dyn Model>,
    redactor: Redactor,
    /// Texts in which nothing was found. A conversation sends its whole past with every turn, which is searched once. They are
    /// known by a hash with a key that is new in each process.
    clear: Mutex<HashSet<u64>>,
    hasher: RandomState,
}

impl Redacting {
    pub(super) fn new(model: Arc<dyn Model>, redactor: Redactor) -> Redacting {
        Redacting {
            model,
            redactor,
            clear: Mutex::default(),
            hasher: RandomState::new(),
        }
    }

    fn clean(&self, request: &Request) -> Request {
        let mut request = request.clone();
        self.take_out(&mut request.system);
        for message in &mut request.messages {
            self.clean_message(message);
        }
        request
    }

    fn clean_message(&self, message: &mut Message) {
        self.take_out(&mut message.text);
        for call in &mut message.calls {
            self.take_out(&mut call.arguments);
        }
        for result in &mut message.results {
            self.take_out(&mut result.text);
        }
    }

    fn take_out(&self, text: &mut String) {
        let hash = self.hasher.hash_one(text.as_str());
        let clear = || self.clear.lock().unwrap_or_else(PoisonError::into_inner);
        if clear().contains(&hash) {
            return;
        }
        match self.redactor.redact(text) {
            Cow::Owned(clean) => *text = clean,
            Cow::Borrowed(_) => {
                let mut clear = clear();
                if clear.len() >= CLEAR_MAX {
                    clear.clear();
                }
                clear.insert(hash);
            }
        }
    }
}

impl Model for Redacting {
    fn id(&self) -> &ModelId {
        self.model.id()
    }

    fn profile(&self) -> Profile {
        self.model.profile()
    }

    fn stream(
        &self,
        request: &Request,
        cancel: &Cancel,
        on: &mut dyn FnMut(Delta),
    ) -> Result<Reply, ModelError> {
        self.model.stream(&self.clean(request), cancel, on)
    }

    fn samples(
        &self,
        request: &Request,
        seeds: &[u64],
        cancel: &Cancel,
        on: &mut dyn FnMut(Delta),
    ) -> Result<Vec<Reply>, ModelError> {
        self.model.samples(&self.clean(request), seeds, cancel, on)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Scripted;

    #[test]
    fn a_secret_is_taken_out_of_every_turn_and_clear_texts_are_left_alone() {
        let script = "{\"reply\": \"a\", \"never\": [\"planted-value\"]}\n\
                      {\"reply\": \"b\", \"never\": [\"planted-value\"]}\n\
                      {\"when\": \"nothing here\", \"reply\": \"c\"}\n";
        let scripted = Scripted::parse("s", script).expect("a script");
        let redactor = Redactor::of([], [("SOME_TOKEN", "planted-value-1234567")]);
        let model = Redacting::new(Arc::new(scripted), redactor);
        let ask = |text: &str| Request {
            system: String::new(),
            messages: vec![Message::user("nothing here"), Message::user(text)],
            tools: Vec::new(),
            max_tokens: 9,
            temperature: 0.0,
            seed: 0,
            stop: Vec::new(),
            schema: None,
        };
        for (text, said) in [
            ("it is planted-value-1234567", "a"),
            ("it is planted-value-1234567", "b"),
            ("nothing here", "c"),
        ] {
            let reply = model.stream(&ask(text), &Cancel::new(), &mut |_| ());
            assert_eq!(reply.expect("a reply").text, said);
        }
        assert_eq!(
            model.clear.lock().expect("texts").len(),
            2,
            "the empty one too"
        );
    }
}
