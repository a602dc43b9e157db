//! Products of rows of numbers and the quantised matrices of a model.
//!
//! Matrices of the kinds that the kernels know are read from memory as panels of sixteen interleaved rows, each unpacked in
//! registers for up to eight tokens; one token or hundreds give the same bits. A model with matrices of another kind, and
//! every model on a processor without vector instructions that the kernels know, is computed by candle.

mod candle;

pub(crate) use candle::Candle;

use crate::activations::{Activations, Block};
use crate::isa::{Isa, LANES, Loops, Sums, TOKENS_MAX};
use crate::mapping::Mapping;
use crate::network::{Machine, Weights};
use crate::packed::Packed;
use crate::panel;
use crate::quants::{self, Kind};
use crate::spare::Taken;
use crate::turn::Halt;
use std::ops::Range;
use std::sync::Arc;

/// Rows of panels that a thread takes at a time where many tokens use them: the activations are fetched once for all of them.
const ROWS_TOGETHER: usize = 4;

/// Tokens whose sums stay in the first cache while all panels of a few rows are added to them.
const TOKENS_TOGETHER: usize = 64;

/// Bytes of panels, at least, that a thread takes at a time where few tokens use them.
const BYTES_TOGETHER: usize = 64 << 10;

/// A quantised matrix, ready for the kernels.
pub(crate) struct Matrix {
    pub(crate) packed: Arc<Packed>,
    /// Where in it the panels are: as many a row of panels as there are blocks in [`Matrix::columns`].
    pub(crate) range: Range<usize>,
    pub(crate) kind: Kind,
    /// A multiple of [`LANES`].
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

impl Matrix {
    /// Panels in a row.
    fn width(&self) -> usize {
        self.columns / quants::BLOCK
    }

    fn bytes(&self) -> &[u8] {
        &self.packed.bytes()[self.range.clone()]
    }
}

/// A quantised matrix in a mapped file, of which single rows are wanted.
pub(crate) struct Table {
    pub(crate) mapping: Arc<Mapping>,
    /// Where it lies: whole rows.
    pub(crate) range: Range<usize>,
    pub(crate) kind: Kind,
    pub(crate) columns: usize,
}

impl Weights for Matrix {
    type Rows = Activations;
    type Table = Table;
    const ANY_CHUNKS: bool = true;

    fn rows(
        machine: &Machine,
        size: (usize, usize),
        fill: impl Fn(usize, &mut [f32]) + Sync,
    ) -> Activations {
        Activations::filled(machine, size, fill)
    }

    fn products<const N: usize>(
        machine: &Machine,
        matrices: [&Self; N],
        rows: &Activations,
    ) -> Result<[Product; N], Halt> {
        Ok(products(machine, matrices, rows))
    }

    fn row(table: &Table, row: u32, out: &mut [f32]) -> Result<(), Halt> {
        let size = table.columns / quants::BLOCK * table.kind.bytes();
        let bytes = table.mapping.get(table.range.clone());
        quants::dequantise(table.kind, &bytes[row as usize * size..][..size], out);
        Ok(())
    }
}

/// What comes out: sixteen neighbouring numbers of every token, then the next sixteen, so that each thread writes a piece of
/// its own.
pub(crate) struct Product {
    panels: Taken<f32>,
    tokens: usize,
}

impl Product {
    /// Room for it; what is in there is to be written.
    fn room(machine: &Machine, rows: usize, tokens: usize) -> Self {
        Self {
            panels: machine.numbers.take(rows * tokens, 0.0),
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
    let mut products = matrices.map(|it| Product::room(machine, it.rows, tokens));
    let mut jobs = Vec::new();
    for (matrix, product) in matrices.into_iter().zip(&mut products) {
        let row = matrix.width() * panel::bytes(matrix.kind);
        let together = match tokens <= TOKENS_MAX {
            true => BYTES_TOGETHER.div_ceil(row.max(1)),
            false => ROWS_TOGETHER,
        };
        let pieces = product
            .panels
            .chunks_mut((together * LANES * tokens).max(1));
        jobs.extend(
            pieces
                .zip(matrix.bytes().chunks(together * row))
                .map(|(out, panels)| Panels {
                    kind: matrix.kind,
                    panels,
                    activations,
                    out,
                }),
        );
    }
    machine
        .crew
        .each(&mut jobs, |job| machine.level.run(Work(job)));
    products
}

/// Some rows of panels.
struct Panels<'a> {
    kind: Kind,
    panels: &'a [u8],
    activations: &'a Activations,
    /// Sixteen numbers a token for each row of panels.
    out: &'a mut [f32],
}

/// Panels to be computed.
struct Work<'a, 'b>(&'a mut Panels<'b>);

impl Loops for Work<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        match self.0.kind {
            Kind::Q4K => self.0.each::<I, Q4K>(isa),
            Kind::Q6K => self.0.each::<I, Q6K>(isa),
        }
    }
}

// No closures in what follows where vectors are worked on: they would be compiled for no particular processor.
impl Panels<'_> {
    #[inline(always)]
    fn each<I: Isa, F: Format>(&mut self, isa: I) {
        let (tokens, width) = (self.activations.tokens(), self.activations.width());
        let rows = F::panels(self.panels).chunks_exact(width);
        let out = self.out.as_chunks_mut::<LANES>().0;
        if tokens <= TOKENS_MAX {
            // Along memory.
            for (row, out) in rows.zip(out.chunks_exact_mut(tokens)) {
                for (at, panel) in row.iter().enumerate() {
                    add_panel::<I, F>(isa, panel, self.activations, (at, 0), out);
                }
            }
            return;
        }
        // A few panels for many tokens: what is read stays in the cache.
        for begin in (0..tokens).step_by(TOKENS_TOGETHER) {
            let end = tokens.min(begin + TOKENS_TOGETHER);
            for at in 0..width {
                for first in (begin..end).step_by(TOKENS_MAX) {
                    let last = end.min(first + TOKENS_MAX);
                    for (row, out) in rows.clone().zip(out.chunks_exact_mut(tokens)) {
                        let (place, out) = ((at, first), &mut out[first..last]);
                        add_panel::<I, F>(isa, &row[at], self.activations, place, out);
                    }
                }
            }
        }
    }
}

/// Adds to the numbers of up to [`TOKENS_MAX`] tokens what a panel adds, given which block of its rows it holds
/// and which token is the first.
#[inline(always)]
fn add_panel<I: Isa, F: Format>(
    isa: I,
    panel: &F::Panel,
    activations: &Activations,
    place: (usize, usize),
    out: &mut [[f32; LANES]],
) {
    match out.len() {
        1 => add_some::<I, F, 1>(isa, panel, activations, place, out),
        2 => add_some::<I, F, 2>(isa, panel, activations, place, out),
        3 => add_some::<I, F, 3>(isa, panel, activations, place, out),
        4 => add_some::<I, F, 4>(isa, panel, activations, place, out),
        5 => add_some::<I, F, 5>(isa, panel, activations, place, out),
        6 => add_some::<I, F, 6>(isa, panel, activations, place, out),
        7 => add_some::<I, F, 7>(isa, panel, activations, place, out),
        _ => add_some::<I, F, TOKENS_MAX>(isa, panel, activations, place, out),
    }
}

#[inline(always)]
fn add_some<I: Isa, F: Format, const TOKENS: usize>(
    isa: I,
    panel: &F::Panel,
    activations: &Activations,
    (at, first): (usize, usize),
    out: &mut [[f32; LANES]],
) {
    let mut blocks = [&Block::ZERO; TOKENS];
    for (token, block) in blocks.iter_mut().enumerate() {
        *block = &activations.row(first + token)[at];
    }
    let sums = F::sums(isa, panel, blocks);
    let factors = F::factors(isa, panel);
    add_sums::<I, F, TOKENS>(isa, sums, factors, blocks, at == 0, out);
}

/// Adds `sums` to the numbers of each token; the `first` ones of all are all there is.
#[inline(always)]
fn add_sums<I: Isa, F: Format, const TOKENS: usize>(
    isa: I,
    sums: [F::Sums<I>; TOKENS],
    factors: F::Factors<I>,
    blocks: [&Block; TOKENS],
    first: bool,
    out: &mut [[f32; LANES]],
) {
    for ((total, block), sums) in out.iter_mut().zip(blocks).zip(sums) {
        let so_far = match first {
            true => isa.splat(0.0),
            false => isa.load(total),
        };
        let sum = F::add(isa, so_far, sums, factors, block.factor);
        isa.store(sum, total);
    }
}

/// A quantised format, as the kernels see it.
trait Format {
    /// Sixteen rows of 256 weights.
    type Panel;
    /// What the kernels compute of a panel for a token.
    type Sums<I: Isa>;
    /// What stands for a whole one, of each row.
    type Factors<I: Isa>: Copy;

    fn panels(bytes: &[u8]) -> &[Self::Panel];
    fn sums<I: Isa, const TOKENS: usize>(
        isa: I,
        panel: &Self::Panel,
        blocks: [&Block; TOKENS],
    ) -> [Self::Sums<I>; TOKENS];
    fn factors<I: Isa>(isa: I, panel: &Self::Panel) -> Self::Factors<I>;
    /// `total` and what one block adds to it: the one place where whole numbers become others, so that every way rounds
    /// alike.
    fn add<I: Isa>(
        isa: I,
        total: I::Floats,
        sums: Self::Sums<I>,
        factors: Self::Factors<I>,
        factor: f32,
    ) -> I::Floats;
}

struct Q4K;

impl Format for Q4K {
    type Panel = panel::Q4K;
    type Sums<I: Isa> = Sums<I::Whole>;
    type Factors<I: Isa> = [I::Floats; 2];

    #[inline(always)]
    fn panels(bytes: &[u8]) -> &[panel::Q4K] {
        bytes.as_chunks().0.as_chunks().0
    }

    #[inline(always)]
    fn sums<I: Isa, const TOKENS: usize>(
        isa: I,
        panel: &panel::Q4K,
        blocks: [&Block; TOKENS],
    ) -> [Sums<I::Whole>; TOKENS] {
        isa.sums_q4k(panel, blocks)
    }

    #[inline(always)]
    fn factors<I: Isa>(isa: I, panel: &panel::Q4K) -> [I::Floats; 2] {
        let (products, leasts) = panel[0].split_at(2 * LANES);
        [
            isa.load_halves(&panel::halves(products)),
            isa.load_halves(&panel::halves(leasts)),
        ]
    }

    #[inline(always)]
    fn add<I: Isa>(
        isa: I,
        total: I::Floats,
        (products, leasts): Sums<I::Whole>,
        factors: [I::Floats; 2],
        factor: f32,
    ) -> I::Floats {
        let sum = isa.multiply(isa.floats(products), factors[0]);
        let sum = isa.multiply_subtract(isa.floats(leasts), factors[1], sum);
        isa.multiply_add(sum, isa.splat(factor), total)
    }
}

struct Q6K;

impl Format for Q6K {
    type Panel = panel::Q6K;
    type Sums<I: Isa> = I::Whole;
    type Factors<I: Isa> = I::Floats;

    #[inline(always)]
    fn panels(bytes: &[u8]) -> &[panel::Q6K] {
        bytes.as_chunks().0.as_chunks().0
    }

    #[inline(always)]
    fn sums<I: Isa, const TOKENS: usize>(
        isa: I,
        panel: &panel::Q6K,
        blocks: [&Block; TOKENS],
    ) -> [I::Whole; TOKENS] {
        isa.sums_q6k(panel, blocks)
    }

    #[inline(always)]
    fn factors<I: Isa>(isa: I, panel: &panel::Q6K) -> I::Floats {
        isa.load_halves(&panel::halves(&panel[0]))
    }

    #[inline(always)]
    fn add<I: Isa>(
        isa: I,
        total: I::Floats,
        sums: I::Whole,
        factors: I::Floats,
        factor: f32,
    ) -> I::Floats {
        let sum = isa.multiply(isa.floats(sums), factors);
        isa.multiply_add(sum, isa.splat(factor), total)
    }
}

#[cfg(test)]
mod tests;
