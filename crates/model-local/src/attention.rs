//! Keys and values of the tokens read so far, and attention over them.
//!
//! Several query heads share one head of keys and values; they are computed together, so that each key and each value is
//! loaded once for all of them, and nothing is repeated in memory. Both are kept in half precision, laid out so that the
//! loops run along memory: keys as blocks of [`LANES`] positions with one row a number of the head, values as strips of
//! [`LANES`] numbers with one row a position.

use crate::crew::Crew;
use crate::isa::{Isa, LANES, Level, Loops};
use crate::quants::to_half;
use crate::shape::Shape;
use crate::vector::exp;
use std::cell::RefCell;

/// Most query heads computed together: their sums fit into the registers of an AVX2 processor.
const HEADS_TOGETHER: usize = 6;

/// The keys and values of one layer. Memory is reserved for every position but only touched when one is stored.
pub(crate) struct Attention {
    keys: Vec<u16>,
    values: Vec<u16>,
    capacity: usize,
    head_size: usize,
    /// Query heads that share a head of keys and values.
    group: usize,
}

impl Attention {
    /// Room for at least `positions` positions.
    pub(crate) fn new(shape: &Shape, positions: usize) -> Self {
        let capacity = positions.next_multiple_of(LANES);
        Self {
            keys: vec![0; capacity * shape.kv_size()],
            values: vec![0; capacity * shape.kv_size()],
            capacity,
            head_size: shape.head_size,
            group: shape.heads / shape.kv_heads,
        }
    }

    /// A copy of the first `positions` positions, with room for at least `room`.
    pub(crate) fn branch(&self, positions: usize, room: usize) -> Self {
        let capacity = room.max(positions).next_multiple_of(LANES);
        let heads = self.keys.len() / (self.capacity * self.head_size);
        let size = heads * self.head_size * capacity;
        let mut branch = Self {
            keys: vec![0; size],
            values: vec![0; size],
            capacity,
            head_size: self.head_size,
            group: self.group,
        };
        let blocks = positions.next_multiple_of(LANES) * self.head_size;
        let from = self.keys.chunks_exact(self.capacity * self.head_size);
        let to = branch.keys.chunks_exact_mut(capacity * self.head_size);
        for (from, to) in from.zip(to) {
            to[..blocks].copy_from_slice(&from[..blocks]);
        }
        let from = self.values.chunks_exact(self.capacity * LANES);
        let to = branch.values.chunks_exact_mut(capacity * LANES);
        for (from, to) in from.zip(to) {
            to[..positions * LANES].copy_from_slice(&from[..positions * LANES]);
        }
        branch
    }

    /// Stores the `keys` and `values` of one token, all heads one after another.
    pub(crate) fn store(&mut self, position: usize, keys: &[f32], values: &[f32]) {
        let head_room = self.capacity * self.head_size;
        let heads = keys.chunks_exact(self.head_size);
        let block = position / LANES * LANES * self.head_size + position % LANES;
        for (head, numbers) in heads.enumerate() {
            let to = &mut self.keys[head * head_room + block..];
            for (to, number) in to.iter_mut().step_by(LANES).zip(numbers) {
                *to = to_half(*number);
            }
        }
        // Strips are as long as the room of all positions, so the strips of all heads follow one another evenly.
        for (strip, numbers) in values.as_chunks::<LANES>().0.iter().enumerate() {
            let to = (strip * self.capacity + position) * LANES;
            self.values[to..to + LANES].copy_from_slice(&numbers.map(to_half));
        }
    }

    /// What each token of a chunk that begins at position `first` draws from the positions up to its own. `queries` holds one
    /// row a token, its heads one after another; so does the result.
    pub(crate) fn attend(
        &self,
        crew: &Crew,
        level: Level,
        queries: &[f32],
        first: usize,
        attended: &mut [f32],
    ) {
        let size = self.group * self.head_size;
        let heads = self.keys.len() / (self.capacity * self.head_size);
        let out = attended.chunks_exact_mut(size);
        let mut units: Vec<_> = queries.chunks_exact(size).zip(out).enumerate().collect();
        crew.each(&mut units, |(unit, (queries, out))| {
            WEIGHTS.with_borrow_mut(|weights| {
                level.run(Group {
                    attention: self,
                    head: *unit % heads,
                    visible: first + *unit / heads + 1,
                    queries,
                    out,
                    weights,
                });
            });
        });
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
    /// Room for the weights of all positions.
    weights: &'a mut Vec<f32>,
}

thread_local! {
    static WEIGHTS: RefCell<Vec<f32>> = RefCell::default();
}

impl Loops for Group<'_> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let size = self.attention.head_size;
        let room = self.attention.capacity * size;
        let tile = Tile {
            keys: &self.attention.keys[self.head * room..][..room],
            values: &self.attention.values[self.head * room..][..room],
            capacity: self.attention.capacity,
            visible: self.visible,
            size,
        };
        let queries = self.queries.chunks(HEADS_TOGETHER * size);
        let out = self.out.chunks_mut(HEADS_TOGETHER * size);
        let weights = self.weights;
        for (queries, out) in queries.zip(out) {
            match queries.len() / size {
                1 => tile.run::<I, 1>(isa, weights, queries, out),
                2 => tile.run::<I, 2>(isa, weights, queries, out),
                3 => tile.run::<I, 3>(isa, weights, queries, out),
                4 => tile.run::<I, 4>(isa, weights, queries, out),
                5 => tile.run::<I, 5>(isa, weights, queries, out),
                _ => tile.run::<I, 6>(isa, weights, queries, out),
            }
        }
    }
}

/// One head of keys and values.
struct Tile<'a> {
    keys: &'a [u16],
    values: &'a [u16],
    capacity: usize,
    visible: usize,
    size: usize,
}

impl Tile<'_> {
    /// Attention of `HEADS` query heads.
    #[inline(always)]
    fn run<I: Isa, const HEADS: usize>(
        &self,
        isa: I,
        weights: &mut Vec<f32>,
        queries: &[f32],
        out: &mut [f32],
    ) {
        let blocks = self.visible.div_ceil(LANES);
        weights.clear();
        weights.resize(HEADS * blocks * LANES, 0.0);
        self.score::<I, HEADS>(isa, queries, weights);
        let mut rows = weights.chunks_exact_mut(blocks * LANES);
        let scale = 1.0 / (self.size as f32).sqrt();
        let mut shares = [0.0; HEADS];
        for share in &mut shares {
            let row = rows.next().unwrap_or_default();
            *share = soften(&mut row[..self.visible], scale);
        }
        let weights = split::<HEADS>(weights, self.visible);
        let strips = self.values.chunks_exact(self.capacity * LANES);
        for (index, strip) in strips.enumerate() {
            let sums = weighted::<I, HEADS>(isa, weights, strip);
            for head in 0..HEADS {
                let out = &mut out[head * self.size + index * LANES..];
                if let Some(out) = out.first_chunk_mut() {
                    isa.store(isa.multiply(sums[head], isa.splat(shares[head])), out);
                }
            }
        }
    }

    /// Fills `scores`, one row a head, with the products of the keys, in whole blocks, and the head's query.
    #[inline(always)]
    fn score<I: Isa, const HEADS: usize>(&self, isa: I, queries: &[f32], scores: &mut [f32]) {
        let width = scores.len() / HEADS;
        let queries = split::<HEADS>(queries, self.size);
        let blocks = self.keys.chunks_exact(self.size * LANES);
        for (block, at) in blocks.zip((0..width).step_by(LANES)) {
            let sums = weighted::<I, HEADS>(isa, queries, block);
            for head in 0..HEADS {
                if let Some(to) = scores[head * width + at..].first_chunk_mut() {
                    isa.store(sums[head], to);
                }
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
fn weighted<I: Isa, const HEADS: usize>(
    isa: I,
    weights: [&[f32]; HEADS],
    rows: &[u16],
) -> [I::Floats; HEADS] {
    let count = weights[0].len();
    let weights: [&[f32]; HEADS] = std::array::from_fn(|head| &weights[head][..count]);
    let rows = &rows.as_chunks::<LANES>().0[..count];
    let mut sums = [isa.splat(0.0); HEADS];
    for index in 0..count {
        let row = isa.load_halves(&rows[index]);
        for head in 0..HEADS {
            let weight = isa.splat(weights[head][index]);
            sums[head] = isa.multiply_add(weight, row, sums[head]);
        }
    }
    sums
}

/// Turns `scores`, each first multiplied by `scale`, into weights. Returns by what they must be multiplied to sum up to 1.
#[inline(always)]
fn soften(scores: &mut [f32], scale: f32) -> f32 {
    let (blocks, rest) = scores.as_chunks_mut::<LANES>();
    let mut largest = [f32::NEG_INFINITY; LANES];
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
    let mut sums = [0.0; LANES];
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
