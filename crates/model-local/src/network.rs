//! The network: from tokens to the scores of the next token. Llama, Qwen2 and Qwen3 differ in details that [`Layer`] and
//! [`Shape`] name.

use crate::activations::Block;
use crate::attention::Attention;
use crate::crew::Crew;
use crate::isa::Level;
use crate::product::Product;
use crate::rotary::Rotary;
use crate::shape::Shape;
use crate::spare::Spare;
use crate::turn::Halt;
use crate::vector;
use crate::vocabulary::Token;
use model::Cancel;
use std::sync::Arc;

/// What computes: threads, the processor's instructions, and room for what is computed in between.
pub(crate) struct Machine {
    pub(crate) crew: Crew,
    pub(crate) level: Level,
    pub(crate) numbers: Arc<Spare<f32>>,
    pub(crate) blocks: Arc<Spare<Block>>,
}

impl Machine {
    pub(crate) fn new(crew: Crew, level: Level) -> Self {
        Self {
            crew,
            level,
            numbers: Spare::new(),
            blocks: Spare::new(),
        }
    }
}

/// A matrix of weights, by whatever kernels.
pub(crate) trait Weights: Send + Sync + Sized {
    /// Rows of numbers, made ready to be multiplied.
    type Rows;
    /// A matrix of which single rows are wanted.
    type Table: Send + Sync;
    /// Whether a row is computed with the same bits alone and among others.
    const ANY_CHUNKS: bool;

    /// `tokens` rows of `columns` numbers, each written by `fill`.
    fn rows(
        machine: &Machine,
        tokens_and_columns: (usize, usize),
        fill: impl Fn(usize, &mut [f32]) + Sync,
    ) -> Self::Rows;

    /// The rows multiplied by each of `matrices`.
    ///
    /// # Errors
    ///
    /// [`Halt::Failed`] when the kernels cannot do it.
    fn products<const N: usize>(
        machine: &Machine,
        matrices: [&Self; N],
        rows: &Self::Rows,
    ) -> Result<[Product; N], Halt>;

    /// The numbers that one row of `table` stands for.
    ///
    /// # Errors
    ///
    /// [`Halt::Failed`] when the kernels cannot do it.
    fn row(table: &Self::Table, row: u32, out: &mut [f32]) -> Result<(), Halt>;
}

/// The weights of one transformer layer.
pub(crate) struct Layer<W> {
    pub(crate) attention_norm: Vec<f32>,
    pub(crate) query: W,
    pub(crate) key: W,
    pub(crate) value: W,
    /// Qwen2 adds them to queries, keys and values.
    pub(crate) biases: Option<[Vec<f32>; 3]>,
    /// Qwen3 normalises each head of the queries and of the keys with them.
    pub(crate) head_norms: Option<[Vec<f32>; 2]>,
    pub(crate) attended: W,
    pub(crate) feed_norm: Vec<f32>,
    pub(crate) gate: W,
    pub(crate) up: W,
    pub(crate) down: W,
}

/// All weights of a model.
pub(crate) struct Network<W: Weights> {
    pub(crate) shape: Shape,
    pub(crate) machine: Machine,
    pub(crate) embedding: W::Table,
    pub(crate) layers: Vec<Layer<W>>,
    pub(crate) norm: Vec<f32>,
    pub(crate) output: W,
}

/// Tokens to read: where they stand, and what stops the reading.
pub(crate) struct Chunk<'a> {
    pub(crate) tokens: &'a [Token],
    /// Position of the first token.
    pub(crate) first: usize,
    pub(crate) cancel: &'a Cancel,
}

/// The next token of one text of several.
pub(crate) struct Next<'a> {
    pub(crate) token: Token,
    /// Its position.
    pub(crate) place: usize,
    /// One value a layer, which holds the positions before.
    pub(crate) attention: &'a mut [Attention],
}

/// What the tokens that are being read may look at.
enum Past<'a, 'b> {
    /// They follow one another from a position of one text on.
    One(usize, &'a mut [Attention]),
    /// Each is the next of a text of its own.
    Each(&'a mut [Next<'b>]),
}

impl Past<'_, '_> {
    fn positions(&self, tokens: usize) -> Vec<usize> {
        match self {
            Self::One(first, _) => (*first..first + tokens).collect(),
            Self::Each(texts) => texts.iter().map(|it| it.place).collect(),
        }
    }

    fn store(&mut self, layer: usize, token: usize, keys: &[f32], values: &[f32]) {
        match self {
            Self::One(first, attention) => attention[layer].store(*first + token, keys, values),
            Self::Each(texts) => {
                let text = &mut texts[token];
                text.attention[layer].store(text.place, keys, values);
            }
        }
    }

    fn attend(&self, machine: &Machine, layer: usize, queries: &[f32], out: &mut [f32]) {
        let (crew, level) = (&machine.crew, machine.level);
        match self {
            Self::One(first, attention) => {
                attention[layer].attend(crew, level, queries, *first, out);
            }
            Self::Each(texts) => {
                let width = queries.len() / texts.len();
                let rows = queries.chunks_exact(width).zip(out.chunks_exact_mut(width));
                for (text, (row, out)) in texts.iter().zip(rows) {
                    text.attention[layer].attend(crew, level, row, text.place, out);
                }
            }
        }
    }
}

/// A network, whatever its kernels.
pub(crate) trait Reader: Send + Sync {
    fn shape(&self) -> &Shape;

    /// Whether a row has the same bits however the tokens are cut into chunks. Otherwise only whole chunks of one size that
    /// begin at multiples of it are alike.
    fn any_chunks(&self) -> bool;

    /// Reads `chunk`, whose earlier positions `attention` (one value a layer) holds, and stores its keys and values there.
    /// Returns one row of [`Shape::hidden`] numbers a token, from which [`Reader::scores`] tells what follows it.
    ///
    /// # Errors
    ///
    /// [`Halt::Cancelled`] between two layers; `attention` is then undefined from the chunk's first position on.
    fn read(&self, chunk: &Chunk<'_>, attention: &mut [Attention]) -> Result<Vec<f32>, Halt>;

    /// Reads one token of each of several texts, whose keys and values so far each has in its own attention; otherwise as
    /// [`Reader::read`].
    ///
    /// # Errors
    ///
    /// As [`Reader::read`].
    fn read_each(&self, tokens: &mut [Next<'_>], cancel: &Cancel) -> Result<Vec<f32>, Halt>;

    /// Gives back the memory that reading needs in between.
    fn rest(&self);

    /// The scores of each token to be the one after the tokens whose `rows` [`Reader::read`] returned, one row a token.
    ///
    /// # Errors
    ///
    /// [`Halt::Failed`] when the kernels cannot do it.
    fn scores(&self, rows: &[f32]) -> Result<Vec<Vec<f32>>, Halt>;
}

impl<W: Weights> Reader for Network<W> {
    fn shape(&self) -> &Shape {
        &self.shape
    }

    fn any_chunks(&self) -> bool {
        W::ANY_CHUNKS
    }

    fn read(&self, chunk: &Chunk<'_>, attention: &mut [Attention]) -> Result<Vec<f32>, Halt> {
        self.pass(
            chunk.tokens,
            &mut Past::One(chunk.first, attention),
            chunk.cancel,
        )
    }

    fn read_each(&self, texts: &mut [Next<'_>], cancel: &Cancel) -> Result<Vec<f32>, Halt> {
        let tokens: Vec<Token> = texts.iter().map(|it| it.token).collect();
        self.pass(&tokens, &mut Past::Each(texts), cancel)
    }

    fn rest(&self) {
        self.machine.numbers.clear();
        self.machine.blocks.clear();
    }

    fn scores(&self, rows: &[f32]) -> Result<Vec<Vec<f32>>, Halt> {
        let normal = self.normal(rows, &self.norm);
        let [product] = W::products(&self.machine, [&self.output], &normal)?;
        let scores = |token| {
            let mut scores = vec![0.0; self.shape.rows];
            product.row(token, &mut scores);
            scores
        };
        Ok((0..rows.len() / self.shape.hidden).map(scores).collect())
    }
}

impl<W: Weights> Network<W> {
    /// All layers over `tokens`, whose keys and values are stored in `past`.
    fn pass(
        &self,
        tokens: &[Token],
        past: &mut Past<'_, '_>,
        cancel: &Cancel,
    ) -> Result<Vec<f32>, Halt> {
        let hidden = self.shape.hidden;
        let mut rows = vec![0.0; tokens.len() * hidden];
        for (token, row) in tokens.iter().zip(rows.chunks_exact_mut(hidden)) {
            W::row(&self.embedding, *token, row)?;
        }
        let rotary = Rotary::new(&self.shape, past.positions(tokens.len()));
        for layer in 0..self.layers.len() {
            if cancel.is_cancelled() {
                return Err(Halt::Cancelled);
            }
            let attended = self.attend(layer, &rows, &rotary, past)?;
            self.add(&mut rows, &attended);
            let fed = self.feed_forward(&self.layers[layer], &rows)?;
            self.add(&mut rows, &fed);
        }
        Ok(rows)
    }

    fn attend(
        &self,
        index: usize,
        rows: &[f32],
        rotary: &Rotary,
        past: &mut Past<'_, '_>,
    ) -> Result<Product, Halt> {
        let machine = &self.machine;
        let layer = &self.layers[index];
        let normal = self.normal(rows, &layer.attention_norm);
        let matrices = [&layer.query, &layer.key, &layer.value];
        let [queries, keys, values] = W::products(machine, matrices, &normal)?;
        let tokens = rows.len() / self.shape.hidden;
        let width = self.shape.query_size();
        let mut turned = machine.numbers.take(tokens * width, 0.0);
        let mut jobs: Vec<_> = turned.chunks_exact_mut(width).enumerate().collect();
        machine.crew.each(&mut jobs, |(token, row)| {
            queries.row(*token, row);
            self.ready(layer, 0, row);
            rotary.turn(row, *token);
        });
        let mut key = vec![0.0; self.shape.kv_size()];
        let mut value = vec![0.0; self.shape.kv_size()];
        for token in 0..tokens {
            keys.row(token, &mut key);
            self.ready(layer, 1, &mut key);
            rotary.turn(&mut key, token);
            values.row(token, &mut value);
            if let Some(biases) = &layer.biases {
                vector::add(&mut value, &biases[2]);
            }
            past.store(index, token, &key, &value);
        }
        let mut attended = machine.numbers.take(tokens * width, 0.0);
        past.attend(machine, index, &turned, &mut attended);
        let attended = W::rows(machine, (tokens, width), |token, row| {
            row.copy_from_slice(&attended[token * width..][..width]);
        });
        let [product] = W::products(machine, [&layer.attended], &attended)?;
        Ok(product)
    }

    /// What some architectures do to queries (`part` 0) and keys (`part` 1) before they are turned.
    fn ready(&self, layer: &Layer<W>, part: usize, row: &mut [f32]) {
        if let Some(biases) = &layer.biases {
            vector::add(row, &biases[part]);
        }
        if let Some(norms) = &layer.head_norms {
            for head in row.chunks_exact_mut(self.shape.head_size) {
                let raw = head.to_vec();
                let epsilon = self.shape.epsilon;
                vector::normalise(self.machine.level, &raw, &norms[part], epsilon, head);
            }
        }
    }

    fn feed_forward(&self, layer: &Layer<W>, rows: &[f32]) -> Result<Product, Halt> {
        let machine = &self.machine;
        let normal = self.normal(rows, &layer.feed_norm);
        let [gates, ups] = W::products(machine, [&layer.gate, &layer.up], &normal)?;
        let size = (rows.len() / self.shape.hidden, self.shape.feed_forward);
        let inner = W::rows(machine, size, |token, row| {
            let mut up = machine.numbers.take(row.len(), 0.0);
            gates.row(token, row);
            ups.row(token, &mut up);
            vector::gate(machine.level, row, &up);
        });
        let [product] = W::products(machine, [&layer.down], &inner)?;
        Ok(product)
    }

    fn normal(&self, rows: &[f32], weights: &[f32]) -> W::Rows {
        let hidden = self.shape.hidden;
        let size = (rows.len() / hidden, hidden);
        W::rows(&self.machine, size, |token, out| {
            let row = &rows[token * hidden..][..hidden];
            vector::normalise(self.machine.level, row, weights, self.shape.epsilon, out);
        })
    }

    fn add(&self, rows: &mut [f32], product: &Product) {
        for (token, row) in rows.chunks_exact_mut(self.shape.hidden).enumerate() {
            product.add_row(token, row);
        }
    }
}
