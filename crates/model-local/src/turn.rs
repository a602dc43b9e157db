//! One request: reading the prompt, then choosing one token after another.

use crate::attention::Attention;
use crate::letters::Letters;
use crate::network::{Chunk, Network};
use crate::sampler::Sampler;
use crate::shape::Shape;
use crate::stops::Stops;
use crate::vocabulary::{Token, Vocabulary};
use model::{Cancel, Delta, Reply, Request, Stop, Usage};

/// Tokens of a prompt that are read together. Chunks begin at multiples of it.
///
/// Large enough to use each weight that is loaded often. Below 32, because from there on candle keeps another, unpacked copy
/// of most weights on processors with matrix units, which costs more memory than the built-in model may take.
pub(crate) const CHUNK_TOKENS: usize = 24;

/// Why a turn ended without a reply.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Halt {
    Cancelled,
    TooLong { prompt_tokens: u64 },
    Failed(String),
}

impl From<candle_core::Error> for Halt {
    fn from(error: candle_core::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// What is kept between turns: the beginning of the last prompt, as read.
pub(crate) struct Kept {
    /// One value a layer.
    pub(crate) attention: Vec<Attention>,
    /// The tokens whose keys and values `attention` holds: whole chunks only.
    tokens: Vec<Token>,
}

impl Kept {
    pub(crate) fn new(shape: &Shape, context_tokens: u32) -> Self {
        let layer = || Attention::new(shape, context_tokens as usize);
        Self {
            attention: std::iter::repeat_with(layer).take(shape.layers).collect(),
            tokens: Vec::new(),
        }
    }

    /// Forgets all but the whole chunks with which `prompt` begins too. At least its last token is left to be read, because
    /// the scores come from reading. Returns the number of tokens kept.
    fn retain(&mut self, prompt: &[Token]) -> usize {
        let pairs = self.tokens.iter().zip(&prompt[..prompt.len() - 1]);
        let same = pairs.take_while(|(kept, token)| kept == token).count();
        self.tokens.truncate(same / CHUNK_TOKENS * CHUNK_TOKENS);
        self.tokens.len()
    }
}

/// What one turn works with.
pub(crate) struct Turn<'a> {
    pub(crate) network: &'a Network,
    pub(crate) vocabulary: &'a Vocabulary,
    pub(crate) context_tokens: u32,
    pub(crate) cancel: &'a Cancel,
    pub(crate) on: &'a mut dyn FnMut(Delta),
}

impl Turn<'_> {
    /// Answers `request`, whose tokens are `prompt`: at least one, and fewer than the context holds.
    pub(crate) fn answer(
        mut self,
        request: &Request,
        prompt: &[Token],
        kept: &mut Kept,
    ) -> Result<Reply, Halt> {
        let cached = kept.retain(prompt);
        let last = self.read(prompt, kept)?;
        let mut answer = Answer {
            sampler: Sampler::new(request.temperature, request.seed),
            letters: Letters::default(),
            stops: Stops::new(&request.stop),
            text: String::new(),
            tokens: 0,
        };
        let room = self.context_tokens as usize - prompt.len();
        let limit = room.min(request.max_tokens as usize);
        let stop = self.write(&mut answer, limit, prompt.len(), last, kept)?;
        if stop != Stop::Sequence {
            let held = std::mem::take(&mut answer.stops).finish();
            self.show(&mut answer, held);
        }
        Ok(Reply {
            text: answer.text,
            usage: Usage {
                input_tokens: prompt.len() as u64,
                cached_tokens: cached as u64,
                output_tokens: answer.tokens as u64,
            },
            stop,
        })
    }

    /// Reads what is not kept of `prompt`. Returns the row of its last token.
    fn read(&mut self, prompt: &[Token], kept: &mut Kept) -> Result<Vec<f32>, Halt> {
        let mut rows = Vec::new();
        self.report(kept.tokens.len(), prompt.len());
        let mut first = kept.tokens.len();
        while first < prompt.len() {
            let tokens = &prompt[first..prompt.len().min(first + CHUNK_TOKENS)];
            rows = self
                .network
                .read(&self.chunk(tokens, first), &mut kept.attention)?;
            if tokens.len() == CHUNK_TOKENS {
                kept.tokens.extend_from_slice(tokens);
            }
            first += tokens.len();
            self.report(first, prompt.len());
        }
        Ok(rows.split_off(rows.len() - self.network.shape().hidden))
    }

    /// Chooses up to `limit` tokens, the first at position `first` after the token whose row is `row`.
    fn write(
        &mut self,
        answer: &mut Answer,
        limit: usize,
        first: usize,
        mut row: Vec<f32>,
        kept: &mut Kept,
    ) -> Result<Stop, Halt> {
        while answer.tokens < limit {
            if self.cancel.is_cancelled() {
                return Err(Halt::Cancelled);
            }
            let scores = self.network.scores(&row)?;
            let token = answer.sampler.choose(&scores);
            let token =
                token.ok_or_else(|| Halt::Failed("its scores are not numbers".to_owned()))?;
            if self.vocabulary.ends_answer(token) {
                return Ok(Stop::End);
            }
            answer.tokens += 1;
            let text = answer.letters.push(self.vocabulary.spelling(token));
            let released = answer.stops.push(&text);
            self.show(answer, released.text);
            if released.stopped {
                return Ok(Stop::Sequence);
            }
            if answer.tokens < limit {
                let chunk = self.chunk(std::slice::from_ref(&token), first + answer.tokens - 1);
                row = self.network.read(&chunk, &mut kept.attention)?;
            }
        }
        Ok(Stop::Length)
    }

    fn chunk<'b>(&'b self, tokens: &'b [Token], first: usize) -> Chunk<'b> {
        Chunk {
            tokens,
            first,
            cancel: self.cancel,
        }
    }

    fn show(&mut self, answer: &mut Answer, text: String) {
        if !text.is_empty() {
            answer.text.push_str(&text);
            (self.on)(Delta::Text(text));
        }
    }

    fn report(&mut self, done: usize, total: usize) {
        (self.on)(Delta::Reading {
            done: done as u32,
            total: total as u32,
        });
    }
}

/// An answer under way.
struct Answer {
    sampler: Sampler,
    letters: Letters,
    stops: Stops,
    text: String,
    tokens: usize,
}
