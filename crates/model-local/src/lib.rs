//! The built-in model: weights in the GGUF format, run inside this process on the processor.
//!
//! [`LocalModel`] is the only thing to use here. What is inside, from the outside in:
//!
//! - `turn`: one request, from text to text: what is kept of the last prompt, reading, then one token after another;
//! - `chat`, `template` and `vocabulary`: text to tokens and back, in the chat format of the file; text of a request can never
//!   become a marker that is a token;
//! - `sampler`, `letters`, `model::Stops`: from scores to a token, from bytes to whole characters, from characters to the end;
//! - `form`: holding an answer to a JSON schema;
//! - `gap`: filling a gap in a text, by models that were trained for it;
//! - `draft`: guessing tokens that were there before, so that several are read at once;
//! - `resident`: what is in memory, and only while it is used; `shared`: once in a process;
//! - `network` and `shape`: the published Qwen2, Qwen3 and Llama architectures over the tensors of a file read by `weights`;
//! - `attention`, `rotary`, `vector`: the arithmetic that is not a matrix product;
//! - `product`: matrix products, over `panel` and `packed` (the weights in memory, interleaved), `activations` (what they are
//!   multiplied by, made ready), or by candle; `quants` and `mapping`: the formats of the file, and the file itself;
//! - `isa`: the processor's vector instructions, chosen when the model is opened; `crew`: the threads that compute
//!   together; `spare`: memory that is used again.
//!
//! The same request with the same seed gives the same answer, whatever the model was asked before, however the prompt was cut
//! into pieces, and whatever was guessed on the way: every kernel computes the same bits for a token, alone or among others.
//! (Candle's kernels do not; with them the prompt is read in pieces that begin at fixed positions, and nothing is guessed.)

mod activations;
mod attention;
mod chat;
mod crew;
mod draft;
mod form;
mod gap;
mod isa;
mod letters;
mod mapping;
mod network;
mod packed;
mod panel;
mod product;
mod quants;
mod resident;
mod rotary;
mod sampler;
mod shape;
mod shared;
mod spare;
mod template;
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

use form::Forms;
pub use gap::Gap;
use isa::{Level, Plain};
use model::{Cancel, Delta, Model, ModelError, ModelId, Profile, Reply, Request, Strategy};
use resident::{Lane, Memory, Source};
use std::path::Path;
use std::time::Duration;
use turn::{Halt, Kept};
use vocabulary::{Token, Vocabulary};

/// Tokens that the model holds at once, prompt and answer together. The network could hold more; memory decides.
const CONTEXT_TOKENS: u32 = 4096;

/// Most tokens that one answer should be asked for.
const OUTPUT_TOKENS_MAX: u32 = 2048;

/// More threads than this gain nothing: memory is the limit.
const THREADS_MAX: usize = 16;

/// How long the weights stay in memory when nobody asks anything.
const IDLE: Duration = Duration::from_secs(300);

/// A model in memory. It answers one turn at a time; further turns wait. When nothing was asked for five minutes, its weights
/// are given back, and the next turn begins by reading them again.
pub struct LocalModel {
    id: ModelId,
    profile: Profile,
    vocabulary: Vocabulary,
    forms: Forms,
    memory: Memory,
    description: Description,
    own_kernels: bool,
    guesses: bool,
}

/// What a file of weights says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// The architecture of the network, such as `qwen2`.
    pub architecture: String,
    /// The formats of its matrices, the one with most weights first, such as `Q4_K, Q6_K`.
    pub quantisation: String,
    /// The chat format, such as `ChatML`.
    pub chat: &'static str,
}

/// What computes a model's products.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kernels {
    /// The fastest that this processor has.
    #[default]
    Best,
    /// Those for AVX2, where the processor has it: for measuring.
    Avx2,
    /// Those that run on every processor.
    Portable,
}

impl Kernels {
    fn level(self) -> Level {
        let mut all = Level::all();
        let found = match self {
            Self::Best => all.next(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => all.find(|it| matches!(it, Level::Avx2(_))),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 => None,
            Self::Portable => None,
        };
        found.unwrap_or(Level::Plain(Plain))
    }
}

impl LocalModel {
    /// Opens the weights at `path`, to be known as `id`. They take about as much memory as the file is large; where no kernels
    /// for them are to be had, as much again from the first turn on.
    ///
    /// Whether the bytes are the ones that were published is not checked here.
    ///
    /// # Errors
    ///
    /// [`ModelError::Weights`] when the file cannot be read, is cut short, or is not a Qwen2, Qwen3 or Llama model in the GGUF
    /// format, in a quantisation and with a tokenizer and a chat format that are known.
    pub fn open(path: &Path, id: ModelId) -> Result<Self, ModelError> {
        Self::open_with(path, id, Kernels::Best)
    }

    /// The same with chosen kernels.
    ///
    /// # Errors
    ///
    /// As [`LocalModel::open`].
    pub fn open_with(path: &Path, id: ModelId, kernels: Kernels) -> Result<Self, ModelError> {
        Self::open_until(path, id, kernels, IDLE)
    }

    /// The same for weights that are given back after `idle`.
    fn open_until(
        path: &Path,
        id: ModelId,
        kernels: Kernels,
        idle: Duration,
    ) -> Result<Self, ModelError> {
        let unusable = |reason: String| ModelError::Weights {
            path: path.to_owned(),
            reason,
        };
        let source = Source {
            path: path.to_owned(),
            kernels,
        };
        let parts = source.read().map_err(|error| unusable(error.to_string()))?;
        let context_tokens = CONTEXT_TOKENS.min(parts.network.shape().context_tokens);
        let own_kernels = parts.mapping.is_some();
        let memory = Memory::new(source, parts.network, parts.mapping, context_tokens, idle);
        Ok(Self {
            id,
            profile: Profile {
                context_tokens,
                output_tokens_max: OUTPUT_TOKENS_MAX.min(context_tokens),
                strategy: Strategy::Slots,
                writes_plans: false,
                native_tools: false,
                images: false,
                goes_on: true,
            },
            vocabulary: parts.vocabulary,
            forms: Forms::default(),
            memory: memory.map_err(|error| unusable(error.to_string()))?,
            description: parts.description,
            own_kernels,
            guesses: true,
        })
    }

    /// What its file says of itself.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Whether the kernels of this crate compute it, not candle's.
    #[must_use]
    pub fn has_own_kernels(&self) -> bool {
        self.own_kernels
    }

    /// The same model, which reads each token alone: for measuring.
    #[must_use]
    pub fn without_guesses(self) -> Self {
        Self {
            guesses: false,
            ..self
        }
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
            Halt::Gone(reason) => ModelError::Weights {
                path: self.memory.path().to_owned(),
                reason,
            },
        }
    }

    /// Takes a turn on the prompt of `request`.
    fn turn<T>(
        &self,
        request: &Request,
        cancel: &Cancel,
        on: &mut dyn FnMut(Delta),
        work: impl FnOnce(turn::Turn<'_>, &[Token], &mut Kept) -> Result<T, Halt>,
    ) -> Result<T, Halt> {
        let prompt = chat::prompt(&self.vocabulary, request, self.profile.context_tokens)?;
        self.turn_on((&prompt, &[], Lane::Turns), cancel, on, work)
    }

    /// Takes a turn as soon as no other runs: `work` gets it, the prompt and what is kept of the last one of its lane. `ends` are
    /// tokens that end the answer beside those that end every one.
    fn turn_on<T>(
        &self,
        (prompt, ends, lane): (&[Token], &[Token], Lane),
        cancel: &Cancel,
        on: &mut dyn FnMut(Delta),
        work: impl FnOnce(turn::Turn<'_>, &[Token], &mut Kept) -> Result<T, Halt>,
    ) -> Result<T, Halt> {
        let mut place = self.memory.lock(cancel)?;
        let resident = self.memory.fill(&mut place)?;
        if resident.mapping.as_ref().is_some_and(|it| !it.is_whole()) {
            return Err(Halt::Failed("its file was cut short meanwhile".to_owned()));
        }
        let network = &*resident.network;
        let turn = turn::Turn {
            network,
            vocabulary: &self.vocabulary,
            forms: &self.forms,
            context_tokens: self.profile.context_tokens,
            guesses: self.guesses && network.any_chunks(),
            ends,
            cancel,
            on,
        };
        let kept = match lane {
            Lane::Turns => &mut resident.kept,
            Lane::Gaps => &mut resident.gaps,
        };
        let done = work(turn, prompt, kept);
        network.rest();
        drop(place);
        self.memory.turn_ended();
        done
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
        request.check_images(&self.id, self.profile)?;
        self.turn(request, cancel, on, |turn, prompt, kept| {
            turn.answer(request, prompt, kept)
        })
        .map_err(|halt| self.error(halt))
    }

    fn samples(
        &self,
        request: &Request,
        seeds: &[u64],
        cancel: &Cancel,
        on: &mut dyn FnMut(Delta),
    ) -> Result<Vec<Reply>, ModelError> {
        request.check_images(&self.id, self.profile)?;
        if !self.own_kernels {
            return model::one_after_another(self, request, seeds, cancel, on);
        }
        self.turn(request, cancel, on, |turn, prompt, kept| {
            turn.answers(request, seeds, prompt, kept)
        })
        .map_err(|halt| self.error(halt))
    }
}
