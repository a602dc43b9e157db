//! Keys and values of the tokens read so far, and attention over them.
//!
//! Several query heads share one head of keys and values; they are computed together, so that each key and each value is
//! loaded once for all of them, and nothing is repeated in memory. Both are laid out so that the loops run along memory:
//! keys as blocks of [`STEP`] positions with one row a number of the head, values as strips of [`STEP`] numbers with one row
//! a position.

use crate::shape::{HEAD_SIZE_STEP, Shape};
use crate::vector::{Loops, exp, multiply_add, vectorised};
use candle_core::utils::barrier_pool;
use std::sync::{Mutex, PoisonError};

/// Positions in a block of keys, and numbers in a strip of values.
const STEP: usize = HEAD_SIZE_STEP;

/// Most query heads computed together: their sums fill the vector registers of an AVX2 processor.
const HEADS_TOGETHER: usize = 6;

/// The keys and values of one layer. Memory is reserved for every position but only touched when one is stored.
pub(crate) struct Attention {
    keys: Vec<f32>,
    values: Vec<f32>,
    capacity: usize,
    head_size: usize,
    /// Query heads that share a head of keys and values.
    group: usize,
}

impl Attention {
    /// Room for at least `positions` positions.
    pub(crate) fn new(shape: &Shape, positions: usize) -> Self {
        let capacity = positions.next_multiple_of(STEP);
        Self {
            keys: vec![0.0; capacity * shape.kv_size()],
            values: vec![0.0; capacity * shape.kv_size()],
            capacity,
            head_size: shape.head_size,
            group: shape.heads / shape.kv_heads,
        }
    }

    /// Stores the `keys` and `values` of one token, all heads one after another.
    pub(crate) fn store(&mut self, position: usize, keys: &[f32], values: &[f32]) {
        let head_room = self.capacity * self.head_size;
        let heads = keys.chunks_exact(self.head_size);
        let block = position / STEP * STEP * self.head_size + position % STEP;
        for (head, numbers) in heads.enumerate() {
            let to = &mut self.keys[head * head_room + block..];
            for (to, number) in to.iter_mut().step_by(STEP).zip(numbers) {
                *to = *number;
            }
        }
        // Strips are as long as the room of all positions, so the strips of all heads follow one another evenly.
        let (strips, _) = values.as_chunks::<STEP>();
        for (strip, numbers) in strips.iter().enumerate() {
            let to = (strip * self.capacity + position) * STEP;
            self.values[to..to + STEP].copy_from_slice(numbers);
        }
    }

    /// What each token of a chunk that begins at position `first` draws from the positions up to its own. `queries` holds one
    /// row a token, its heads one after another; so does the result.
    pub(crate) fn attend(&self, queries: &[f32], first: usize) -> Vec<f32> {
        let mut attended = vec![0.0; queries.len()];
        let size = self.group * self.head_size;
        let heads = self.keys.len() / (self.capacity * self.head_size);
        let cells: Vec<_> = attended.chunks_exact_mut(size).map(Mutex::new).collect();
        barrier_pool().execute_chunked(cells.len(), |range| {
            for unit in range {
                let mut out = cells[unit].lock().unwrap_or_else(PoisonError::into_inner);
                vectorised(Group {
                    attention: self,
                    head: unit % heads,
                    visible: first + unit / heads + 1,
                    queries: &queries[unit * size..][..size],
                    out: &mut out,
                });
            }
        });
        drop(cells);
        attended
    }
}

/// One token's query heads that share one head of keys and values.
struct Group<'a> {
    attention: &'a Attention,
    head: usize,
    /// Positions that the token may look at, its own included.
    visible: usize,
    queries: &'a [f32],
    out: &'a mut [f32],
}

impl Loops for Group<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let size = self.attention.head_size;
        let room = self.attention.capacity * size;
        let keys = &self.attention.keys[self.head * room..][..room];
        let values = &self.attention.values[self.head * room..][..room];
        let queries = self.queries.chunks(HEADS_TOGETHER * size);
        let out = self.out.chunks_mut(HEADS_TOGETHER * size);
        for (queries, out) in queries.zip(out) {
            let tile = Tile {
                keys,
                values,
                capacity: self.attention.capacity,
                visible: self.visible,
                size,
            };
            match queries.len() / size {
                1 => tile.run::<1, FUSED>(queries, out),
                2 => tile.run::<2, FUSED>(queries, out),
                3 => tile.run::<3, FUSED>(queries, out),
                4 => tile.run::<4, FUSED>(queries, out),
                5 => tile.run::<5, FUSED>(queries, out),
                _ => tile.run::<6, FUSED>(queries, out),
            }
        }
    }
}

/// One head of keys and values.
struct Tile<'a> {
    keys: &'a [f32],
    values: &'a [f32],
    capacity: usize,
    visible: usize,
    size: usize,
}

impl Tile<'_> {
    /// Attention of `HEADS` query heads.
    #[inline(always)]
    fn run<const HEADS: usize, const FUSED: bool>(&self, queries: &[f32], out: &mut [f32]) {
        let blocks = self.visible.div_ceil(STEP);
        let mut weights = vec![0.0; HEADS * blocks * STEP];
        self.score::<HEADS, FUSED>(queries, &mut weights);
        let mut rows = weights.chunks_exact_mut(blocks * STEP);
        let scale = 1.0 / (self.size as f32).sqrt();
        let shares: [f32; HEADS] = std::array::from_fn(|_| {
            let row = rows.next().unwrap_or_default();
            soften(&mut row[..self.visible], scale)
        });
        let weights = split::<HEADS>(&weights, self.visible);
        let strips = self.values.chunks_exact(self.capacity * STEP);
        for (index, strip) in strips.enumerate() {
            let sums = weighted::<HEADS, FUSED>(weights, strip);
            for head in 0..HEADS {
                let out = &mut out[head * self.size + index * STEP..][..STEP];
                for (out, sum) in out.iter_mut().zip(sums[head]) {
                    *out = sum * shares[head];
                }
            }
        }
    }

    /// Fills `scores`, one row a head, with the products of the keys, in whole blocks, and the head's query.
    #[inline(always)]
    fn score<const HEADS: usize, const FUSED: bool>(&self, queries: &[f32], scores: &mut [f32]) {
        let width = scores.len() / HEADS;
        let queries = split::<HEADS>(queries, self.size);
        let blocks = self.keys.chunks_exact(self.size * STEP);
        for (block, at) in blocks.zip((0..width).step_by(STEP)) {
            let sums = weighted::<HEADS, FUSED>(queries, block);
            for head in 0..HEADS {
                scores[head * width + at..][..STEP].copy_from_slice(&sums[head]);
            }
        }
    }
}

/// The beginnings, `length` long, of the `HEADS` equal parts of `rows`.
#[inline(always)]
fn split<const HEADS: usize>(rows: &[f32], length: usize) -> [&[f32]; HEADS] {
    let width = rows.len() / HEADS;
    std::array::from_fn(|head| &rows[head * width..][..length])
}

/// The rows of `rows`, each weighted by its own weight a head, summed up a head. All of `weights` are of one length.
#[inline(always)]
fn weighted<const HEADS: usize, const FUSED: bool>(
    weights: [&[f32]; HEADS],
    rows: &[f32],
) -> [[f32; STEP]; HEADS] {
    let count = weights[0].len();
    let weights = weights.map(|it| &it[..count]);
    let rows = &rows.as_chunks::<STEP>().0[..count];
    let mut sums = [[0.0; STEP]; HEADS];
    for index in 0..count {
        for head in 0..HEADS {
            let weight = weights[head][index];
            for at in 0..STEP {
                sums[head][at] = multiply_add::<FUSED>(weight, rows[index][at], sums[head][at]);
            }
        }
    }
    sums
}

/// Turns `scores`, each first multiplied by `scale`, into weights. Returns by what they must be multiplied to sum up to 1.
#[inline(always)]
fn soften(scores: &mut [f32], scale: f32) -> f32 {
    let (blocks, rest) = scores.as_chunks_mut::<STEP>();
    let mut largest = [f32::NEG_INFINITY; STEP];
    for block in blocks.iter() {
        for (largest, score) in largest.iter_mut().zip(block) {
            *largest = largest.max(*score);
        }
    }
    let largest = largest
        .iter()
        .chain(&*rest)
        .copied()
        .fold(f32::NEG_INFINITY, f32::max);
    let mut sums = [0.0; STEP];
    for block in blocks {
        for (sum, score) in sums.iter_mut().zip(block) {
            *score = exp((*score - largest) * scale);
            *sum += *score;
        }
    }
    for score in rest.iter_mut() {
        *score = exp((*score - largest) * scale);
    }
    1.0 / (sums.iter().sum::<f32>() + rest.iter().sum::<f32>())
}
