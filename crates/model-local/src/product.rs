//! Products of rows of numbers and the quantised matrices of a model.
//!
//! Matrices of the kinds that the kernels know are read where they lie in the mapped file. For few tokens each row of weights
//! is multiplied as it is; for many, sixteen rows at a time are unpacked into tiles that all tokens share. Both ways give the
//! same bits. A model with matrices of another kind, and every model on a processor without vector instructions that the
//! kernels know, is computed by candle.

mod candle;

pub(crate) use candle::Candle;

use crate::activations::{Activations, Block};
use crate::isa::{Isa, LANES, Loops, Sums, TILE_TOKENS};
use crate::mapping::Mapping;
use crate::network::{Machine, Weights};
use crate::quants::{self, Kind, Q4K_BYTES, Q6K_BYTES};
use crate::tile::Tile;
use crate::turn::Halt;
use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

/// Panels that a thread takes at a time.
const PANELS_TOGETHER: usize = 4;

/// Bytes from what is being multiplied to what is being fetched from memory.
const AHEAD: usize = 2048;

/// Most tokens for which rows are cheaper than tiles.
const ROW_TOKENS_MAX: usize = 12;

/// A quantised matrix in a mapped file.
pub(crate) struct Matrix {
    pub(crate) mapping: Arc<Mapping>,
    /// Where it lies: [`Matrix::rows`] times as many whole blocks of `kind` as a row has.
    pub(crate) range: Range<usize>,
    pub(crate) kind: Kind,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

impl Matrix {
    fn row_bytes(&self) -> usize {
        self.columns / quants::BLOCK * self.kind.bytes()
    }

    fn bytes(&self) -> &[u8] {
        self.mapping.get(self.range.clone())
    }
}

impl Weights for Matrix {
    type Rows = Activations;
    const ANY_CHUNKS: bool = true;

    fn rows(
        machine: &Machine,
        size: (usize, usize),
        fill: impl Fn(usize, &mut [f32]) + Sync,
    ) -> Activations {
        Activations::filled(&machine.crew, machine.level, size, fill)
    }

    fn products<const N: usize>(
        machine: &Machine,
        matrices: [&Self; N],
        rows: &Activations,
    ) -> Result<[Product; N], Halt> {
        Ok(products(machine, matrices, rows))
    }

    fn row(&self, row: u32, out: &mut [f32]) -> Result<(), Halt> {
        let size = self.row_bytes();
        let bytes = &self.bytes()[row as usize * size..][..size];
        quants::dequantise(self.kind, bytes, out);
        Ok(())
    }
}

/// What comes out: sixteen neighbouring numbers of every token, then the next sixteen, so that each thread writes a piece of
/// its own.
pub(crate) struct Product {
    panels: Vec<f32>,
    tokens: usize,
}

impl Product {
    fn zero(rows: usize, tokens: usize) -> Self {
        Self {
            panels: vec![0.0; rows * tokens],
            tokens,
        }
    }

    /// Writes the numbers of one token to `out`.
    pub(crate) fn row(&self, token: usize, out: &mut [f32]) {
        self.pieces(token, out, |out, number| *out = number);
    }

    /// Adds the numbers of one token to `sums`.
    pub(crate) fn add_row(&self, token: usize, sums: &mut [f32]) {
        self.pieces(token, sums, |sum, term| *sum += term);
    }

    #[inline]
    fn pieces(&self, token: usize, row: &mut [f32], with: impl Fn(&mut f32, f32)) {
        let pieces = self.panels.as_chunks::<LANES>().0;
        let own = pieces.iter().skip(token).step_by(self.tokens);
        // The last piece may be longer than what is left of the row.
        for (out, piece) in row.chunks_mut(LANES).zip(own) {
            for (out, number) in out.iter_mut().zip(piece) {
                with(out, *number);
            }
        }
    }
}

fn products<const N: usize>(
    machine: &Machine,
    matrices: [&Matrix; N],
    activations: &Activations,
) -> [Product; N] {
    let tokens = activations.tokens();
    let mut products = matrices.map(|it| Product::zero(it.rows, tokens));
    let size = PANELS_TOGETHER * LANES * tokens;
    let mut jobs = Vec::new();
    for (matrix, product) in matrices.into_iter().zip(&mut products) {
        let pieces = product.panels.chunks_mut(size.max(1)).enumerate();
        jobs.extend(pieces.map(|(at, out)| Panels {
            matrix,
            first_row: at * PANELS_TOGETHER * LANES,
            activations,
            out,
        }));
    }
    machine.crew.each(&mut jobs, |job| {
        SCRATCH.with_borrow_mut(|scratch| machine.level.run(Work { job, scratch }));
    });
    products
}

/// Some panels of a matrix, sixteen rows each.
struct Panels<'a> {
    matrix: &'a Matrix,
    first_row: usize,
    activations: &'a Activations,
    out: &'a mut [f32],
}

/// Panels to be computed, and room for what is computed in between.
struct Work<'a, 'b> {
    job: &'a mut Panels<'b>,
    scratch: &'a mut Scratch,
}

impl Loops for Work<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        match self.job.matrix.kind {
            Kind::Q4K => self.job.each::<I, Q4K>(isa, self.scratch),
            Kind::Q6K => self.job.each::<I, Q6K>(isa, self.scratch),
        }
    }
}

// No closures in what follows where vectors are worked on: they would be compiled for no particular processor.
impl Panels<'_> {
    #[inline(always)]
    fn each<I: Isa, F: Format>(&mut self, isa: I, scratch: &mut Scratch) {
        let size = self.matrix.row_bytes();
        let tokens = self.activations.tokens();
        let bytes = &self.matrix.bytes()[self.first_row * size..];
        let panels = bytes.chunks_exact(LANES * size);
        for (bytes, out) in panels.zip(self.out.chunks_exact_mut(LANES * tokens)) {
            let panel = Panel {
                rows: std::array::from_fn(|row| F::blocks(&bytes[row * size..][..size])),
                activations: self.activations,
            };
            let out = out.as_chunks_mut::<LANES>().0;
            if tokens <= ROW_TOKENS_MAX {
                panel.by_rows::<I, F>(isa, scratch, out);
            } else {
                panel.by_tiles::<I, F>(isa, scratch, out);
            }
        }
    }
}

/// Room for what is computed in between.
#[derive(Default)]
struct Scratch {
    tiles: Vec<Tile>,
    /// Of each block, of each token, the sums of all rows.
    sums: Vec<[[i32; LANES]; 2]>,
    /// Of each block the factors of all rows.
    factors: Vec<[[u16; LANES]; 2]>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Sixteen rows of a matrix.
struct Panel<'a, B> {
    rows: [&'a [B]; LANES],
    activations: &'a Activations,
}

impl<B> Panel<'_, B> {
    #[inline(always)]
    fn by_rows<I: Isa, F: Format<Block = B>>(
        &self,
        isa: I,
        scratch: &mut Scratch,
        out: &mut [[f32; LANES]],
    ) {
        let mut first = 0;
        while first < out.len() {
            first += match out.len() - first {
                1 => self.some_by_rows::<I, F, 1>(isa, scratch, first, out),
                2 => self.some_by_rows::<I, F, 2>(isa, scratch, first, out),
                3 => self.some_by_rows::<I, F, 3>(isa, scratch, first, out),
                _ => self.some_by_rows::<I, F, 4>(isa, scratch, first, out),
            };
        }
    }

    /// Multiplies the rows by `TOKENS` tokens from `first` on.
    #[inline(always)]
    fn some_by_rows<I: Isa, F: Format<Block = B>, const TOKENS: usize>(
        &self,
        isa: I,
        scratch: &mut Scratch,
        first: usize,
        out: &mut [[f32; LANES]],
    ) -> usize {
        let tokens: [&[Block]; TOKENS] =
            std::array::from_fn(|token| self.activations.row(first + token));
        let width = self.rows[0].len();
        scratch.sums.resize(width * TOKENS, [[0; LANES]; 2]);
        scratch.factors.resize(width, [[0; LANES]; 2]);
        for (lane, row) in self.rows.into_iter().enumerate() {
            let sums = &mut scratch.sums;
            let fours = width / 4 * 4;
            for at in (0..fours).step_by(4) {
                row_sums::<I, F, 4, TOKENS>(isa, row, &tokens, at, lane, sums);
            }
            let twos = width / 2 * 2;
            if twos > fours {
                row_sums::<I, F, 2, TOKENS>(isa, row, &tokens, fours, lane, sums);
            }
            if width > twos {
                row_sums::<I, F, 1, TOKENS>(isa, row, &tokens, twos, lane, sums);
            }
            // Last, when the row is near.
            for (block, factors) in row.iter().zip(&mut scratch.factors) {
                let [factor, offset_factor] = F::factors(block);
                factors[0][lane] = factor;
                factors[1][lane] = offset_factor;
            }
        }
        for (token, (row, out)) in tokens.iter().zip(&mut out[first..]).enumerate() {
            let mut total = isa.splat(0.0);
            for (at, block) in row.iter().enumerate() {
                let [factors, offset_factors] = &scratch.factors[at];
                let factors = [isa.load_halves(factors), isa.load_halves(offset_factors)];
                let [products, leasts] = &scratch.sums[at * TOKENS + token];
                let sums = (isa.load_whole(products), isa.load_whole(leasts));
                total = add_up::<I, F>(isa, total, sums, factors, block.factor);
            }
            isa.store(total, out);
        }
        TOKENS
    }

    #[inline(always)]
    fn by_tiles<I: Isa, F: Format<Block = B>>(
        &self,
        isa: I,
        scratch: &mut Scratch,
        out: &mut [[f32; LANES]],
    ) {
        let width = self.rows[0].len();
        scratch.tiles.resize(width, Tile::ZERO);
        for (at, tile) in scratch.tiles.iter_mut().enumerate() {
            F::pack(tile, self.rows, at);
        }
        let rest = &[Block::ZERO; 1][..];
        for first in (0..out.len()).step_by(TILE_TOKENS) {
            let out = &mut out[first..];
            let rows: [&[Block]; TILE_TOKENS] = std::array::from_fn(|token| {
                if token < out.len() {
                    self.activations.row(first + token)
                } else {
                    rest
                }
            });
            let mut totals = [isa.splat(0.0); TILE_TOKENS];
            for (at, tile) in scratch.tiles.iter().enumerate() {
                let blocks: [&Block; TILE_TOKENS] =
                    std::array::from_fn(|token| rows[token].get(at).unwrap_or(&rest[0]));
                let sums = F::tile(isa, tile, blocks);
                let factors = [
                    isa.load_halves(&tile.factors),
                    isa.load_halves(&tile.offset_factors),
                ];
                for token in 0..TILE_TOKENS {
                    let factor = blocks[token].factor;
                    totals[token] =
                        add_up::<I, F>(isa, totals[token], sums[token], factors, factor);
                }
            }
            for (total, out) in totals.into_iter().zip(out) {
                isa.store(total, out);
            }
        }
    }
}

/// Puts the sums of `BLOCKS` blocks from `at` on of one row into its lane.
#[inline(always)]
fn row_sums<I: Isa, F: Format, const BLOCKS: usize, const TOKENS: usize>(
    isa: I,
    row: &[F::Block],
    tokens: &[&[Block]; TOKENS],
    at: usize,
    lane: usize,
    sums: &mut [[[i32; LANES]; 2]],
) {
    let Some(weights) = row[at..].first_chunk::<BLOCKS>() else {
        return;
    };
    isa.fetch(weights, AHEAD);
    let blocks: [&[Block; BLOCKS]; TOKENS] = std::array::from_fn(|token| {
        tokens[token][at..]
            .first_chunk()
            .expect("a row of activations is as wide as one of weights")
    });
    let found = F::row(isa, weights, blocks);
    for (token, (products, leasts)) in found.into_iter().enumerate() {
        for block in 0..BLOCKS {
            let to = &mut sums[(at + block) * TOKENS + token];
            to[0][lane] = products[block];
            if F::HAS_OFFSETS {
                to[1][lane] = leasts[block];
            }
        }
    }
}

/// `total` and what one block adds to it: the one place where whole numbers become others, so that every way rounds alike.
#[inline(always)]
fn add_up<I: Isa, F: Format>(
    isa: I,
    total: I::Floats,
    (products, leasts): Sums<I::Whole>,
    [factors, offset_factors]: [I::Floats; 2],
    factor: f32,
) -> I::Floats {
    let factor = isa.splat(factor);
    let total = isa.multiply_add(isa.floats(products), isa.multiply(factors, factor), total);
    if F::HAS_OFFSETS {
        let factor = isa.multiply(offset_factors, factor);
        isa.multiply_subtract(isa.floats(leasts), factor, total)
    } else {
        total
    }
}

/// A quantised format, as the kernels see it.
trait Format {
    /// The bytes of 256 weights.
    type Block: Copy;
    /// Whether there is something to take off, with a factor of its own.
    const HAS_OFFSETS: bool;

    fn blocks(row: &[u8]) -> &[Self::Block];
    /// The factor of the products and that of what is taken off, in half precision.
    fn factors(block: &Self::Block) -> [u16; 2];
    fn pack(tile: &mut Tile, rows: [&[Self::Block]; LANES], at: usize);
    fn tile<I: Isa>(
        isa: I,
        tile: &Tile,
        tokens: [&Block; TILE_TOKENS],
    ) -> [Sums<I::Whole>; TILE_TOKENS];
    fn row<I: Isa, const BLOCKS: usize, const TOKENS: usize>(
        isa: I,
        weights: &[Self::Block; BLOCKS],
        tokens: [&[Block; BLOCKS]; TOKENS],
    ) -> [Sums<[i32; 4]>; TOKENS];
}

struct Q4K;

impl Format for Q4K {
    type Block = [u8; Q4K_BYTES];
    const HAS_OFFSETS: bool = true;

    #[inline(always)]
    fn blocks(row: &[u8]) -> &[Self::Block] {
        row.as_chunks().0
    }

    #[inline(always)]
    fn factors(block: &Self::Block) -> [u16; 2] {
        quants::factors_q4k(block)
    }

    #[inline(always)]
    fn pack(tile: &mut Tile, rows: [&[Self::Block]; LANES], at: usize) {
        tile.pack_q4k(rows, at);
    }

    #[inline(always)]
    fn tile<I: Isa>(
        isa: I,
        tile: &Tile,
        tokens: [&Block; TILE_TOKENS],
    ) -> [Sums<I::Whole>; TILE_TOKENS] {
        isa.tile_q4k(tile, tokens)
    }

    #[inline(always)]
    fn row<I: Isa, const BLOCKS: usize, const TOKENS: usize>(
        isa: I,
        weights: &[Self::Block; BLOCKS],
        tokens: [&[Block; BLOCKS]; TOKENS],
    ) -> [Sums<[i32; 4]>; TOKENS] {
        isa.row_q4k(weights, tokens)
    }
}

struct Q6K;

impl Format for Q6K {
    type Block = [u8; Q6K_BYTES];
    const HAS_OFFSETS: bool = false;

    #[inline(always)]
    fn blocks(row: &[u8]) -> &[Self::Block] {
        row.as_chunks().0
    }

    #[inline(always)]
    fn factors(block: &Self::Block) -> [u16; 2] {
        [quants::factor_q6k(block), 0]
    }

    #[inline(always)]
    fn pack(tile: &mut Tile, rows: [&[Self::Block]; LANES], at: usize) {
        tile.pack_q6k(rows, at);
    }

    #[inline(always)]
    fn tile<I: Isa>(
        isa: I,
        tile: &Tile,
        tokens: [&Block; TILE_TOKENS],
    ) -> [Sums<I::Whole>; TILE_TOKENS] {
        isa.tile_q6k(tile, tokens)
    }

    #[inline(always)]
    fn row<I: Isa, const BLOCKS: usize, const TOKENS: usize>(
        isa: I,
        weights: &[Self::Block; BLOCKS],
        tokens: [&[Block; BLOCKS]; TOKENS],
    ) -> [Sums<[i32; 4]>; TOKENS] {
        isa.row_q6k(weights, tokens)
    }
}

#[cfg(test)]
mod tests;
