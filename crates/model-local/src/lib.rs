//! The built-in model: Qwen2 weights in the GGUF format, run inside this process on the processor.
//!
//! [`LocalModel`] is the only thing to use here. What is inside, from the outside in:
//!
//! - `turn`: one request, from text to text: what is kept of the last prompt, reading, then one token after another;
//! - `chat` and `vocabulary`: text to tokens and back; text of a request can never become a marker of the chat format;
//! - `sampler`, `letters`, `stops`: from scores to a token, from bytes to whole characters, from characters to the end;
//! - `network` and `shape`: the published Qwen2 architecture over the tensors of a file read by `weights`;
//! - `attention`, `rotary`, `vector`: the arithmetic that is not a matrix product, as plain loops that the compiler
//!   vectorises for the processor found at run time. The products are candle's quantised kernels, which choose likewise.
//!
//! The same request with the same seed gives the same answer on the same machine, whatever the model was asked before: the
//! prompt is read in chunks that begin at fixed positions, and only whole chunks are kept, so every number is computed from
//! the same numbers in the same order each time.

mod attention;
mod chat;
mod letters;
mod network;
mod product;
mod rotary;
mod sampler;
mod shape;
mod stops;
mod turn;
mod vector;
mod vocabulary;
mod weights;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

use model::{Cancel, Delta, Model, ModelError, ModelId, Profile, Reply, Request, Strategy};
use network::Network;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::Duration;
use turn::{Halt, Kept};
use vocabulary::Vocabulary;

/// Tokens that the model holds at once, prompt and answer together. The network could hold more; memory decides.
const CONTEXT_TOKENS: u32 = 4096;

/// Most tokens that one answer should be asked for.
const OUTPUT_TOKENS_MAX: u32 = 2048;

/// How often a turn that waits for another looks at its [`Cancel`], in milliseconds.
const CANCEL_POLL_MS: u64 = 5;

/// A Qwen2 model in memory. It answers one turn at a time; further turns wait.
pub struct LocalModel {
    id: ModelId,
    profile: Profile,
    vocabulary: Vocabulary,
    network: Network,
    kept: Mutex<Kept>,
}

impl LocalModel {
    /// Reads the weights at `path`, to be known as `id`. Takes about as much memory as the file is large, and as much again
    /// from the first turn on, when the weights are laid out for this processor.
    ///
    /// Whether the bytes are the ones that were published is not checked here.
    ///
    /// # Errors
    ///
    /// [`ModelError::Weights`] when the file cannot be read, is cut short, or is not a Qwen2 model in the GGUF format.
    pub fn open(path: &Path, id: ModelId) -> Result<Self, ModelError> {
        let parts = weights::read(path).map_err(|error| ModelError::Weights {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        let shape = parts.network.shape();
        let context_tokens = CONTEXT_TOKENS.min(shape.context_tokens);
        let kept = Kept::new(shape, context_tokens);
        Ok(Self {
            id,
            profile: Profile {
                context_tokens,
                output_tokens_max: OUTPUT_TOKENS_MAX.min(context_tokens),
                strategy: Strategy::Slots,
                writes_plans: false,
            },
            vocabulary: parts.vocabulary,
            network: parts.network,
            kept: Mutex::new(kept),
        })
    }

    fn error(&self, halt: Halt) -> ModelError {
        match halt {
            Halt::Cancelled => ModelError::Cancelled,
            Halt::Failed(reason) => ModelError::Broken {
                model: self.id.clone(),
                reason,
            },
            Halt::TooLong { prompt_tokens } => ModelError::TooLong {
                model: self.id.clone(),
                prompt_tokens,
                limit: self.profile.context_tokens,
            },
        }
    }

    /// Waits until no other turn runs.
    fn lock(&self, cancel: &Cancel) -> Result<MutexGuard<'_, Kept>, Halt> {
        loop {
            match self.kept.try_lock() {
                Ok(kept) => return Ok(kept),
                // What is kept names only chunks that were read to their end, so it holds after a panic too.
                Err(TryLockError::Poisoned(kept)) => return Ok(kept.into_inner()),
                Err(TryLockError::WouldBlock) if cancel.is_cancelled() => {
                    return Err(Halt::Cancelled);
                }
                Err(TryLockError::WouldBlock) => {
                    std::thread::sleep(Duration::from_millis(CANCEL_POLL_MS));
                }
            }
        }
    }

    fn answer(
        &self,
        request: &Request,
        cancel: &Cancel,
        on: &mut dyn FnMut(Delta),
    ) -> Result<Reply, Halt> {
        let prompt = chat::prompt(&self.vocabulary, request, self.profile.context_tokens)?;
        let mut kept = self.lock(cancel)?;
        turn::Turn {
            network: &self.network,
            vocabulary: &self.vocabulary,
            context_tokens: self.profile.context_tokens,
            cancel,
            on,
        }
        .answer(request, &prompt, &mut kept)
    }
}

impl Model for LocalModel {
    fn id(&self) -> &ModelId {
        &self.id
    }

    fn profile(&self) -> Profile {
        self.profile
    }

    fn stream(
        &self,
        request: &Request,
        cancel: &Cancel,
        on: &mut dyn FnMut(Delta),
    ) -> Result<Reply, ModelError> {
        self.answer(request, cancel, on)
            .map_err(|halt| self.error(halt))
    }
}
