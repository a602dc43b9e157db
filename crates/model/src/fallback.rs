//! A chain of models: when one cannot answer, the next one does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::{Cancel, Delta, Model, ModelError, ModelId, Profile, Reply, Request, Trouble};

/// A model that is a chain of models. The first that can answer does; [`Delta::Switched`] and [`Reply::by`] say which.
///
/// A model that is not there at all, or not for this account, is left out from then on; one that is only overloaded is asked
/// again with the next request. What would be refused by the next model as well, such as a prompt that is too long, ends the
/// turn.
pub struct Fallback {
    first: Arc<dyn Model>,
    others: Vec<Arc<dyn Model>>,
    /// How many at the beginning are left out.
    gone: AtomicUsize,
}

impl Fallback {
    /// The chain of `first` and `others`.
    #[must_use]
    pub fn new(first: Arc<dyn Model>, others: Vec<Arc<dyn Model>>) -> Self {
        Self {
            first,
            others,
            gone: AtomicUsize::new(0),
        }
    }

    fn chain(&self) -> impl Iterator<Item = &Arc<dyn Model>> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl Model for Fallback {
    /// The first model's id.
    fn id(&self) -> &ModelId {
        self.first.id()
    }

    /// The first model's profile, with what every model of the chain can hold.
    fn profile(&self) -> Profile {
        let all = |fold: &Profile, it: Profile| Profile {
            context_tokens: fold.context_tokens.min(it.context_tokens),
            output_tokens_max: fold.output_tokens_max.min(it.output_tokens_max),
            native_tools: fold.native_tools && it.native_tools,
            images: fold.images && it.images,
            goes_on: fold.goes_on && it.goes_on,
            ..*fold
        };
        let others = self.others.iter().map(|it| it.profile());
        others.fold(self.first.profile(), |fold, it| all(&fold, it))
    }

    fn stream(
        &self,
        request: &Request,
        cancel: &Cancel,
        on: &mut dyn FnMut(Delta),
    ) -> Result<Reply, ModelError> {
        let gone = self.gone.load(Ordering::Relaxed);
        let mut chain = self.chain().enumerate().skip(gone).peekable();
        let mut passing = None;
        let mut because = None;
        let mut begun = false;
        while let Some((at, model)) = chain.next() {
            if let Some(reason) = because.take() {
                if std::mem::take(&mut begun) {
                    on(Delta::Restarted);
                }
                let to = model.id().clone();
                on(Delta::Switched { to, reason });
            }
            let answer = model.stream(request, cancel, &mut |delta| {
                begun = delta.begins(begun);
                on(delta);
            });
            let error = match answer {
                Ok(mut reply) => {
                    if at > 0 {
                        reply.by.get_or_insert_with(|| model.id().clone());
                    }
                    return Ok(reply);
                }
                Err(error) => error,
            };
            if chain.peek().is_none() || !moves_on(&error) {
                // Waiting may help if it would have helped with any of them.
                return Err(match passing {
                    Some(earlier) if moves_on(&error) && !error.passes() => earlier,
                    _ => error,
                });
            }
            if is_for_good(&error) && self.gone.load(Ordering::Relaxed) == at {
                self.gone.store(at + 1, Ordering::Relaxed);
            }
            because = Some(error.to_string());
            if error.passes() {
                passing.get_or_insert(error);
            }
        }
        // The last model of the chain is never left out, so the loop has returned.
        Err(ModelError::Unavailable {
            model: self.first.id().clone(),
            reason: "no model of its chain is left".to_owned(),
        })
    }
}

/// Whether another model may answer where this error came.
fn moves_on(error: &ModelError) -> bool {
    match error {
        ModelError::Provider { trouble, .. } => *trouble != Trouble::Request,
        ModelError::Unavailable { .. }
        | ModelError::NotBuiltIn { .. }
        | ModelError::Weights { .. }
        | ModelError::Broken { .. } => true,
        ModelError::Cancelled
        | ModelError::Exceeded { .. }
        | ModelError::TooLong { .. }
        | ModelError::NoImages { .. }
        | ModelError::Script { .. } => false,
    }
}

/// Whether the model will not answer later either.
fn is_for_good(error: &ModelError) -> bool {
    match error {
        ModelError::Provider { trouble, .. } => matches!(
            trouble,
            Trouble::Key | Trouble::Forbidden | Trouble::NotFound
        ),
        ModelError::NotBuiltIn { .. } | ModelError::Weights { .. } => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stand_in::{Act, StandIn, hello, request, show, trouble};
    use insta::assert_snapshot;

    fn chain(models: Vec<(&str, Vec<Act>)>) -> Fallback {
        let mut models = models
            .into_iter()
            .map(|(id, acts)| Arc::new(StandIn::new(id, acts)) as Arc<dyn Model>);
        let first = models.next().unwrap();
        Fallback::new(first, models.collect())
    }

    fn fail(id: &str, kind: Trouble) -> Act {
        Act::Fail(trouble(id, kind, None))
    }

    #[test]
    fn the_next_model_answers_and_is_named() {
        let model = chain(vec![
            (
                "bedrock/a",
                vec![fail("bedrock/a", Trouble::Overloaded), hello()],
            ),
            ("openai/b", vec![fail("openai/b", Trouble::NotFound)]),
            ("local/c", vec![hello()]),
        ]);
        assert_snapshot!(show(&model), @"
        switched to openai/b: bedrock/a: the provider is overloaded: so it is
        switched to local/c: openai/b: no such model or address: so it is
        text hello
        reply hello by local/c
        ");
        assert_snapshot!(show(&model), @"
        text hello
        reply hello
        ");
    }

    #[test]
    fn what_had_begun_is_void() {
        let cut = Act::Cut("hel", trouble("openai/a", Trouble::Cut, None));
        let model = chain(vec![("openai/a", vec![cut]), ("openai/b", vec![hello()])]);
        assert_snapshot!(show(&model), @"
        text hel
        restarted
        switched to openai/b: openai/a: the answer was cut off: so it is
        text hello
        reply hello by openai/b
        ");
    }

    #[test]
    fn a_model_that_is_not_there_is_asked_once() {
        for kind in [Trouble::Key, Trouble::Forbidden, Trouble::NotFound] {
            let model = chain(vec![
                ("openai/a", vec![fail("openai/a", kind)]),
                ("openai/b", vec![hello(), hello()]),
            ]);
            assert!(show(&model).contains("switched"));
            assert_eq!(show(&model), "text hello\nreply hello by openai/b");
        }
    }

    #[test]
    fn what_no_model_would_take_ends_the_turn() {
        let too_long = ModelError::TooLong {
            model: "openai/a".parse().unwrap(),
            prompt_tokens: 9,
            limit: 8,
        };
        for error in [
            trouble("openai/a", Trouble::Request, None),
            too_long,
            ModelError::Cancelled,
        ] {
            let model = chain(vec![
                ("openai/a", vec![Act::Fail(error.clone())]),
                ("openai/b", vec![hello()]),
            ]);
            assert_eq!(show(&model), format!("error {error}"));
        }
    }

    #[test]
    fn of_several_errors_the_one_that_passes_is_told() {
        let model = chain(vec![
            ("openai/a", vec![fail("openai/a", Trouble::Overloaded)]),
            ("openai/b", vec![fail("openai/b", Trouble::Key)]),
        ]);
        let end = model.stream(&request(), &Cancel::new(), &mut |_| ());
        assert_eq!(end, Err(trouble("openai/a", Trouble::Overloaded, None)));
    }

    #[test]
    fn the_profile_is_what_all_can_hold() {
        let model = chain(vec![
            ("openai/a", Vec::new()),
            ("scripted/small", Vec::new()),
        ]);
        assert_eq!(model.profile().context_tokens, 500);
        assert_eq!(model.profile().output_tokens_max, 50);
        assert!(!model.profile().native_tools);
        assert_eq!(model.id().to_string(), "openai/a");
    }
}
