//! Rows of numbers as the kernels take them: 256 at a time, each a signed byte, with one factor for all.

use crate::isa::{Isa, LANES, Loops};
use crate::network::Machine;
use crate::quants::BLOCK;
use crate::spare::Taken;

/// The largest byte that a number becomes. -128 is not used, so that no product of the kernels overflows.
const LARGEST: f32 = 127.0;

/// 256 numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(64))]
pub(crate) struct Block {
    /// The numbers, divided by `factor` and rounded.
    pub(crate) quants: [i8; BLOCK],
    /// Their sums, sixteen at a time.
    pub(crate) sums_by_16: [i16; 16],
    /// Their sums, thirty-two at a time.
    pub(crate) sums_by_32: [i16; 8],
    /// What a byte of one stands for.
    pub(crate) factor: f32,
}

impl Block {
    pub(crate) const ZERO: Self = Self {
        quants: [0; BLOCK],
        sums_by_16: [0; 16],
        sums_by_32: [0; 8],
        factor: 0.0,
    };
}

/// Rows of numbers, one a token, all of one length.
pub(crate) struct Activations {
    blocks: Taken<Block>,
    /// Blocks of one row.
    width: usize,
}

impl Activations {
    /// The rows that `fill` writes, one a token, of `columns` numbers, which are a multiple of [`BLOCK`].
    pub(crate) fn filled(
        machine: &Machine,
        (tokens, columns): (usize, usize),
        fill: impl Fn(usize, &mut [f32]) + Sync,
    ) -> Self {
        let width = columns / BLOCK;
        let mut blocks = machine.blocks.take(tokens * width, Block::ZERO);
        let mut rows: Vec<_> = blocks.chunks_exact_mut(width).enumerate().collect();
        machine.crew.each(&mut rows, |(token, blocks)| {
            let mut row = machine.numbers.take(columns, 0.0);
            fill(*token, &mut row);
            machine.level.run(Quantise { row: &row, blocks });
        });
        Self { blocks, width }
    }

    /// Blocks of one row.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// How many rows there are.
    pub(crate) fn tokens(&self) -> usize {
        self.blocks.len().checked_div(self.width).unwrap_or(0)
    }

    /// The blocks of one row.
    pub(crate) fn row(&self, token: usize) -> &[Block] {
        &self.blocks[token * self.width..][..self.width]
    }
}

/// Turns a row into blocks.
struct Quantise<'a> {
    row: &'a [f32],
    blocks: &'a mut [Block],
}

impl Loops for Quantise<'_> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, _isa: I) {
        let rows = self.row.as_chunks::<BLOCK>().0;
        for (numbers, block) in rows.iter().zip(self.blocks) {
            quantise(numbers, block);
        }
    }
}

#[inline(always)]
fn quantise(numbers: &[f32; BLOCK], block: &mut Block) {
    /// Adding it leaves the nearest whole number in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let lanes = numbers.as_chunks::<LANES>().0;
    let mut largest = [0.0f32; LANES];
    for numbers in lanes {
        for (largest, number) in largest.iter_mut().zip(numbers) {
            *largest = largest.max(number.abs());
        }
    }
    let largest = largest.iter().copied().fold(0.0, f32::max);
    let inverse = if largest > 0.0 {
        LARGEST / largest
    } else {
        0.0
    };
    let quants = block.quants.as_chunks_mut::<LANES>().0;
    for ((numbers, quants), sum) in lanes.iter().zip(quants).zip(&mut block.sums_by_16) {
        let mut rounded = [0i32; LANES];
        for (rounded, number) in rounded.iter_mut().zip(numbers) {
            let bits = (number * inverse + ROUND).to_bits();
            *rounded = bits.wrapping_sub(ROUND.to_bits()).cast_signed();
        }
        let mut total = 0i32;
        for rounded in rounded {
            total = total.wrapping_add(rounded);
        }
        for (quant, rounded) in quants.iter_mut().zip(rounded) {
            *quant = rounded as i8;
        }
        *sum = total as i16;
    }
    for (sum, pair) in block
        .sums_by_32
        .iter_mut()
        .zip(block.sums_by_16.as_chunks::<2>().0)
    {
        *sum = pair[0] + pair[1];
    }
    block.factor = largest / LARGEST;
}
