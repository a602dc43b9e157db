//! One request: reading the prompt, then choosing one token after another.

use crate::attention::Attention;
use crate::draft::Drafter;
use crate::form::{Form, Forms};
use crate::letters::Letters;
use crate::network::{Chunk, Next, Reader};
use crate::sampler::Sampler;
use crate::shape::Shape;
use crate::vocabulary::{Token, Vocabulary};
use model::{Cancel, Delta, Reply, Request, Stop, Stops, Usage};

/// Tokens of a prompt that are read together: large enough to use each weight that is unpacked often.
const CHUNK_TOKENS: usize = 512;

/// The same where the kernels do not give the same bits for any chunks. Chunks begin at multiples of it. Below 32, because
/// from there on candle keeps another, unpacked copy of most weights on processors with matrix units, which costs more memory
/// than the built-in model may take.
const FIXED_CHUNK_TOKENS: usize = 24;

/// Answers that are written together, each weight being loaded and unpacked once for all: as many as the kernels take at once.
const TOGETHER: usize = crate::isa::TOKENS_MAX;

/// The most positions of prompts that they hold copies of, which bounds the memory: 29 KB each in the built-in model.
const POSITIONS_TOGETHER: usize = 8_000;

/// Why a turn ended without a reply.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Halt {
    Cancelled,
    TooLong {
        prompt_tokens: u64,
    },
    Failed(String),
    /// The weights were given back and cannot be read again.
    Gone(String),
}

impl From<candle_core::Error> for Halt {
    fn from(error: candle_core::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// What is kept between turns: the tokens read last, prompt and answer, and what they left behind.
pub(crate) struct Kept {
    /// One value a layer.
    pub(crate) attention: Vec<Attention>,
    /// The tokens whose keys and values `attention` holds.
    tokens: Vec<Token>,
    /// How many of them were read in whole chunks: those that would have the same bits again where chunks matter.
    in_whole_chunks: usize,
}

impl Kept {
    pub(crate) fn new(shape: &Shape, context_tokens: u32) -> Self {
        let layer = || Attention::new(shape, context_tokens as usize);
        Self {
            attention: std::iter::repeat_with(layer).take(shape.layers).collect(),
            tokens: Vec::new(),
            in_whole_chunks: 0,
        }
    }

    /// Forgets all but that with which `prompt` begins too. At least its last token is left to be read, because the scores
    /// come from reading. Returns the number of tokens kept.
    fn retain(&mut self, prompt: &[Token], any_chunks: bool) -> usize {
        let kept = match any_chunks {
            true => &self.tokens[..],
            false => &self.tokens[..self.in_whole_chunks],
        };
        let pairs = kept.iter().zip(&prompt[..prompt.len() - 1]);
        let mut same = pairs.take_while(|(kept, token)| kept == token).count();
        if !any_chunks {
            same = same / FIXED_CHUNK_TOKENS * FIXED_CHUNK_TOKENS;
        }
        self.tokens.truncate(same);
        self.in_whole_chunks = same;
        same
    }
}

/// What one turn works with.
pub(crate) struct Turn<'a> {
    pub(crate) network: &'a dyn Reader,
    pub(crate) vocabulary: &'a Vocabulary,
    pub(crate) forms: &'a Forms,
    pub(crate) context_tokens: u32,
    /// Whether tokens are guessed.
    pub(crate) guesses: bool,
    /// Tokens that end the answer beside those that end every one.
    pub(crate) ends: &'a [Token],
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
        let mut answer = Answer::new(request, request.seed, self.form(request)?);
        let cached = kept.retain(prompt, self.network.any_chunks());
        let last = self.read(prompt, kept)?;
        let limit = self.limit(request, prompt);
        let stop = self.write(&mut answer, limit, last, kept)?;
        Ok(self.reply(answer, stop, prompt, cached))
    }

    /// Answers `request` once with each of `seeds`; only for kernels that give the same bits for any chunks.
    pub(crate) fn answers(
        mut self,
        request: &Request,
        seeds: &[u64],
        prompt: &[Token],
        kept: &mut Kept,
    ) -> Result<Vec<Reply>, Halt> {
        let form = self.form(request)?;
        let cached = kept.retain(prompt, true);
        let last = self.read(prompt, kept)?;
        let limit = self.limit(request, prompt);
        let first = self.network.scores(&last)?.concat();
        let fork = |(index, seed): (usize, &u64)| Fork {
            index,
            answer: Answer::new(request, *seed, form.clone()),
            attention: kept
                .attention
                .iter()
                .map(|it| it.branch(prompt.len(), prompt.len() + limit))
                .collect(),
            place: prompt.len(),
            scores: first.clone(),
        };
        let mut waiting = seeds.iter().enumerate().map(fork);
        let mut ended = Vec::new();
        let mut open = Vec::new();
        let together = (POSITIONS_TOGETHER / prompt.len()).clamp(1, TOGETHER);
        loop {
            open.extend(waiting.by_ref().take(together - open.len()));
            if open.is_empty() {
                break;
            }
            ended.extend(self.write_each(&mut open, limit)?);
        }
        ended.sort_by_key(|(fork, _)| fork.index);
        let replies = ended.into_iter().map(|(fork, stop)| {
            let cached = if fork.index == 0 {
                cached
            } else {
                prompt.len()
            };
            self.reply(fork.answer, stop, prompt, cached)
        });
        Ok(replies.collect())
    }

    /// Chooses the next token of each of the `open` answers, up to `limit`, and takes those out that end with it.
    fn write_each(
        &mut self,
        open: &mut Vec<Fork>,
        limit: usize,
    ) -> Result<Vec<(Fork, Stop)>, Halt> {
        if self.cancel.is_cancelled() {
            return Err(Halt::Cancelled);
        }
        let mut ended = Vec::new();
        let mut chosen = Vec::new();
        for mut fork in std::mem::take(open) {
            let choice = match fork.answer.tokens < limit {
                true => self.choose(&mut fork.answer, &fork.scores)?,
                false => Choice::Stop(Stop::Length),
            };
            match choice {
                Choice::Token(token) => {
                    chosen.push(token);
                    open.push(fork);
                }
                Choice::Stop(stop) => ended.push((fork, stop)),
            }
        }
        if chosen.is_empty() {
            return Ok(ended);
        }
        let forks = open.iter_mut().zip(chosen);
        let mut texts: Vec<Next<'_>> = forks.map(|(fork, token)| fork.next(token)).collect();
        let rows = self.network.read_each(&mut texts, self.cancel)?;
        for (fork, scores) in open.iter_mut().zip(self.network.scores(&rows)?) {
            fork.scores = scores;
        }
        Ok(ended)
    }

    /// The form that the answer to `request` must keep.
    fn form(&self, request: &Request) -> Result<Option<Form>, Halt> {
        let schema = request.schema.as_ref();
        schema
            .map(|it| self.forms.of(it, self.vocabulary))
            .transpose()
    }

    fn limit(&self, request: &Request, prompt: &[Token]) -> usize {
        let room = self.context_tokens as usize - prompt.len();
        room.min(request.max_tokens as usize)
    }

    fn reply(&mut self, mut answer: Answer, stop: Stop, prompt: &[Token], cached: usize) -> Reply {
        if stop != Stop::Sequence {
            let held = std::mem::take(&mut answer.stops).finish();
            self.show(&mut answer, held);
        }
        let usage = Usage {
            input_tokens: prompt.len() as u64,
            cached_tokens: cached as u64,
            output_tokens: answer.tokens as u64,
            ..Usage::default()
        };
        Reply::text(answer.text, usage, stop)
    }

    /// Reads what is not kept of `prompt`. Returns the row of its last token.
    fn read(&mut self, prompt: &[Token], kept: &mut Kept) -> Result<Vec<f32>, Halt> {
        let mut rows = Vec::new();
        let size = match self.network.any_chunks() {
            true => CHUNK_TOKENS,
            false => FIXED_CHUNK_TOKENS,
        };
        self.report(kept.tokens.len(), prompt.len());
        while kept.tokens.len() < prompt.len() {
            let first = kept.tokens.len();
            let tokens = &prompt[first..prompt.len().min(first + size)];
            rows = self
                .network
                .read(&self.chunk(tokens, first), &mut kept.attention)?;
            kept.tokens.extend_from_slice(tokens);
            if tokens.len() == size {
                kept.in_whole_chunks = kept.tokens.len();
            }
            self.report(kept.tokens.len(), prompt.len());
        }
        Ok(rows.split_off(rows.len() - self.network.shape().hidden))
    }

    /// Chooses up to `limit` tokens, the first after the token whose row is `rows`.
    fn write(
        &mut self,
        answer: &mut Answer,
        limit: usize,
        mut rows: Vec<f32>,
        kept: &mut Kept,
    ) -> Result<Stop, Halt> {
        let mut drafter = Drafter::new();
        // Tokens that were guessed and read, each of which has a row.
        let mut guessed: Vec<Token> = Vec::new();
        while answer.tokens < limit {
            if self.cancel.is_cancelled() {
                return Err(Halt::Cancelled);
            }
            let mut last = None;
            let mut right = 0;
            for (at, scores) in self.network.scores(&rows)?.iter().enumerate() {
                let token = match self.choose(answer, scores)? {
                    Choice::Token(token) => token,
                    Choice::Stop(stop) => return Ok(stop),
                };
                if answer.tokens == limit {
                    return Ok(Stop::Length);
                }
                if guessed.get(at) == Some(&token) {
                    kept.tokens.push(token);
                    right += 1;
                } else {
                    last = Some(token);
                    break;
                }
            }
            let Some(last) = last else { break };
            drafter.learn(guessed.len(), right);
            guessed = match self.guesses {
                true => drafter.guess(&kept.tokens, last, limit - answer.tokens),
                false => Vec::new(),
            };
            let tokens: Vec<_> = std::iter::once(last)
                .chain(guessed.iter().copied())
                .collect();
            let chunk = self.chunk(&tokens, kept.tokens.len());
            rows = self.network.read(&chunk, &mut kept.attention)?;
            kept.tokens.push(last);
        }
        Ok(Stop::Length)
    }

    /// Chooses the next token and shows what it adds to the answer.
    fn choose(&mut self, answer: &mut Answer, scores: &[f32]) -> Result<Choice, Halt> {
        let token = match &mut answer.form {
            Some(form) => answer.sampler.choose(&form.allowed(scores)?),
            None => answer.sampler.choose(scores),
        };
        let token = token.ok_or_else(|| Halt::Failed("its scores are not numbers".to_owned()))?;
        if self.vocabulary.ends_answer(token) || self.ends.contains(&token) {
            return Ok(Choice::Stop(Stop::End));
        }
        let is_whole = match &mut answer.form {
            Some(form) => form.take(token)?,
            None => false,
        };
        answer.tokens += 1;
        let text = answer.letters.push(self.vocabulary.spelling(token));
        let released = answer.stops.push(&text);
        self.show(answer, released.text);
        Ok(match released.stopped {
            true => Choice::Stop(Stop::Sequence),
            false if is_whole => Choice::Stop(Stop::End),
            false => Choice::Token(token),
        })
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

/// What was chosen.
enum Choice {
    Token(Token),
    /// The answer is over.
    Stop(Stop),
}

/// One of several answers to the same prompt, with keys and values of its own.
struct Fork {
    /// Which of the answers it is.
    index: usize,
    answer: Answer,
    attention: Vec<Attention>,
    /// Position of the next token.
    place: usize,
    /// What the next token is chosen by.
    scores: Vec<f32>,
}

impl Fork {
    /// The token to be read, which the text now has.
    fn next(&mut self, token: Token) -> Next<'_> {
        self.place += 1;
        Next {
            token,
            place: self.place - 1,
            attention: &mut self.attention,
        }
    }
}

impl Answer {
    fn new(request: &Request, seed: u64, form: Option<Form>) -> Self {
        Self {
            form,
            sampler: Sampler::new(request.temperature, seed),
            letters: Letters::default(),
            stops: Stops::new(&request.stop),
            text: String::new(),
            tokens: 0,
        }
    }
}

/// An answer under way.
struct Answer {
    form: Option<Form>,
    sampler: Sampler,
    letters: Letters,
    stops: Stops,
    text: String,
    tokens: usize,
}
