//! Who thinks: one blocking, streaming trait, [`Model`], and the values that pass through it.
//!
//! This crate stands alone. It knows nothing of specs, tasks, tools or policy: a [`Request`] is a system text and a list of
//! messages, a [`Reply`] is text, what it cost and why it ended. Each provider is one implementation of the trait; the only one
//! here is [`Scripted`], which plays a written script and is meant for tests. A provider whose client is asynchronous runs its
//! own runtime inside [`Model::stream`]; callers never see one.
//!
//! [`Retrying`], [`Fallback`] and [`Metered`] wrap other models; how time passes comes in as a [`Pause`].
//!
//! What is absent: no network, no files, no clock. [`weights`] only *describes* the built-in model's weights; fetching and
//! checking them is done elsewhere.

pub mod answer;
mod call;
mod cancel;
mod catalogue;
mod error;
mod fallback;
mod id;
mod image;
mod key;
mod ledger;
mod limits;
mod meter;
mod money;
mod profile;
mod reply;
mod request;
mod retry;
mod script;
mod scripted;
#[cfg(test)]
mod stand_in;
mod stops;
pub mod weights;

pub use call::{Call, CallResult, Kept, ToolSpec};
pub use cancel::Cancel;
pub use catalogue::{Catalogue, CatalogueError, Entry, Price};
pub use error::{ModelError, Trouble};
pub use fallback::Fallback;
pub use id::{ModelId, ModelIdError, Provider};
pub use image::{Image, ImageError, ImageForm};
pub use key::{Key, KeyError};
pub use ledger::{Budget, Exceeded, Spent};
pub use limits::Limits;
pub use meter::Metered;
pub use money::{Money, MoneyError};
pub use profile::{Profile, Strategy};
pub use reply::{Delta, Reply, Stop, Usage};
pub use request::{Message, Request, Role};
pub use retry::{Patience, Pause, Retrying, Sleep};
pub use scripted::Scripted;
pub use stops::{Released, Stops};

/// A language model that answers one request at a time.
///
/// A model may be shared between threads. An implementation that can only serve one turn at a time makes the others wait,
/// and a waiting turn still honours its [`Cancel`].
pub trait Model: Send + Sync {
    /// The id that this model was opened under.
    fn id(&self) -> &ModelId;

    /// What the model can hold and how it is best driven. Constant for the life of the value.
    fn profile(&self) -> Profile;

    /// Answers `request`, calling `on` with each piece as it arrives, and returns the whole reply. Blocks until the reply ends.
    ///
    /// The text of the reply is the concatenation of every [`Delta::Text`]. Pieces end at character boundaries.
    ///
    /// # Errors
    ///
    /// [`ModelError::Cancelled`] soon after `cancel` is set (pieces already delivered stay delivered);
    /// [`ModelError::TooLong`] when the request does not fit; the other variants when the provider fails.
    fn stream(
        &self,
        request: &Request,
        cancel: &Cancel,
        on: &mut dyn FnMut(Delta),
    ) -> Result<Reply, ModelError>;

    /// Answers `request` once with each of `seeds` in place of its own, in that order: the same answers as one after another,
    /// which a model may find faster together. `on` gets the pieces of all of them as they come.
    ///
    /// # Errors
    ///
    /// As [`Model::stream`]; then there are no answers.
    fn samples(
        &self,
        request: &Request,
        seeds: &[u64],
        cancel: &Cancel,
        on: &mut dyn FnMut(Delta),
    ) -> Result<Vec<Reply>, ModelError> {
        one_after_another(self, request, seeds, cancel, on)
    }
}

/// [`Model::samples`] for a model that gains nothing from answering together.
///
/// # Errors
///
/// As [`Model::stream`].
pub fn one_after_another<M: Model + ?Sized>(
    model: &M,
    request: &Request,
    seeds: &[u64],
    cancel: &Cancel,
    on: &mut dyn FnMut(Delta),
) -> Result<Vec<Reply>, ModelError> {
    let one = |seed: &u64| {
        let request = Request {
            seed: *seed,
            ..request.clone()
        };
        model.stream(&request, cancel, on)
    };
    seeds.iter().map(one).collect()
}
