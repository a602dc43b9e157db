//! The one place through which every request to a model passes: secrets are taken out of it here.

use std::borrow::Cow;
use std::sync::Arc;

use model::{Cancel, Delta, Message, Model, ModelError, ModelId, Profile, Reply, Request};
use policy::Redactor;

/// A model that is never shown a secret that is known or has a known form.
pub(super) struct Redacting {
    model: Arc<dyn Model>,
    redactor: Redactor,
}

impl Redacting {
    pub(super) fn new(model: Arc<dyn Model>, redactor: Redactor) -> Redacting {
        Redacting { model, redactor }
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
        if let Cow::Owned(clean) = self.redactor.redact(text) {
            *text = clean;
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
