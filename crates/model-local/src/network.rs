//! The Qwen2 network: from tokens to the scores of the next token.

use crate::attention::Attention;
use crate::product::{lookup, product, products};
use crate::rotary::Rotary;
use crate::shape::Shape;
use crate::turn::Halt;
use crate::vector;
use crate::vocabulary::Token;
use candle_core::quantized::QTensor;
use model::Cancel;

/// The weights of one transformer layer.
pub(crate) struct Layer {
    pub(crate) attention_norm: Vec<f32>,
    pub(crate) query: QTensor,
    pub(crate) key: QTensor,
    pub(crate) value: QTensor,
    pub(crate) query_bias: Vec<f32>,
    pub(crate) key_bias: Vec<f32>,
    pub(crate) value_bias: Vec<f32>,
    pub(crate) attended: QTensor,
    pub(crate) feed_norm: Vec<f32>,
    pub(crate) gate: QTensor,
    pub(crate) up: QTensor,
    pub(crate) down: QTensor,
}

/// All weights of a model.
pub(crate) struct Network {
    shape: Shape,
    embedding: QTensor,
    layers: Vec<Layer>,
    norm: Vec<f32>,
    /// Absent when the embedding serves as the output too.
    output: Option<QTensor>,
}

/// Tokens to read: where they stand, and what stops the reading.
pub(crate) struct Chunk<'a> {
    pub(crate) tokens: &'a [Token],
    /// Position of the first token.
    pub(crate) first: usize,
    pub(crate) cancel: &'a Cancel,
}

impl Network {
    pub(crate) fn new(
        shape: Shape,
        embedding: QTensor,
        layers: Vec<Layer>,
        norm: Vec<f32>,
        output: Option<QTensor>,
    ) -> Self {
        Self {
            shape,
            embedding,
            layers,
            norm,
            output,
        }
    }

    pub(crate) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Reads `chunk`, whose earlier positions `attention` (one value a layer) holds, and stores its keys and values there.
    /// Returns one row of [`Shape::hidden`] numbers a token, from which [`Network::scores`] tells what follows it.
    ///
    /// # Errors
    ///
    /// [`Halt::Cancelled`] between two layers; `attention` is then undefined from the chunk's first position on.
    pub(crate) fn read(
        &self,
        chunk: &Chunk<'_>,
        attention: &mut [Attention],
    ) -> Result<Vec<f32>, Halt> {
        let count = chunk.tokens.len();
        let mut rows = lookup(&self.embedding, chunk.tokens)?;
        let rotary = Rotary::new(
            self.shape.rotary_base,
            self.shape.head_size,
            chunk.first,
            count,
        );
        for (layer, attention) in self.layers.iter().zip(attention) {
            if chunk.cancel.is_cancelled() {
                return Err(Halt::Cancelled);
            }
            let attended = self.attend(layer, &rows, chunk.first, &rotary, attention)?;
            vector::add(&mut rows, &attended);
            let fed = self.feed_forward(layer, &rows)?;
            vector::add(&mut rows, &fed);
        }
        Ok(rows)
    }

    /// The score of each token to be the one after the token whose `row` [`Network::read`] returned.
    pub(crate) fn scores(&self, row: &[f32]) -> Result<Vec<f32>, Halt> {
        let normal = self.normalised(row, &self.norm);
        let output = self.output.as_ref().unwrap_or(&self.embedding);
        Ok(product(output, &normal)?)
    }

    fn attend(
        &self,
        layer: &Layer,
        rows: &[f32],
        first: usize,
        rotary: &Rotary,
        attention: &mut Attention,
    ) -> Result<Vec<f32>, Halt> {
        let normal = self.normalised(rows, &layer.attention_norm);
        let [mut queries, mut keys, mut values] =
            products([&layer.query, &layer.key, &layer.value], &normal)?;
        vector::add_to_rows(&mut queries, &layer.query_bias);
        vector::add_to_rows(&mut keys, &layer.key_bias);
        vector::add_to_rows(&mut values, &layer.value_bias);
        let kv = self.shape.kv_size();
        let queries_by_token = queries.chunks_exact_mut(self.shape.hidden);
        let keys_by_token = keys.chunks_exact_mut(kv);
        let tokens = queries_by_token
            .zip(keys_by_token)
            .zip(values.chunks_exact(kv));
        for (index, ((query, key), value)) in tokens.enumerate() {
            rotary.turn(query, index);
            rotary.turn(key, index);
            attention.store(first + index, key, value);
        }
        let attended = attention.attend(&queries, first);
        Ok(product(&layer.attended, &attended)?)
    }

    fn feed_forward(&self, layer: &Layer, rows: &[f32]) -> Result<Vec<f32>, Halt> {
        let normal = self.normalised(rows, &layer.feed_norm);
        let [mut gates, ups] = products([&layer.gate, &layer.up], &normal)?;
        vector::gate(&mut gates, &ups);
        Ok(product(&layer.down, &gates)?)
    }

    fn normalised(&self, rows: &[f32], weights: &[f32]) -> Vec<f32> {
        vector::normalised(rows, weights, self.shape.epsilon)
    }
}
