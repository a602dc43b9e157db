//! Sixteen rows of a block of weights, turned so that one instruction works on all of them: for prompts, where many tokens
//! use each weight. A tile lives in the processor's cache only.

use crate::isa::LANES;
use crate::quants::{self, Q4K_BYTES, Q6K_BYTES};

/// Sixteen rows of one block.
#[derive(Clone)]
#[repr(align(64))]
pub(crate) struct Tile {
    /// For each four neighbouring columns the quants of all rows, row by row.
    pub(crate) groups: [[u8; 64]; 64],
    /// For each part of a block the scales of all rows, each twice: 8 parts of Q4_K, 16 of Q6_K.
    pub(crate) scales: [[[i16; 2]; LANES]; 16],
    /// For each two neighbouring parts what the kernels multiply with the activations' sums and take off.
    pub(crate) offsets: [[[i16; 2]; LANES]; 8],
    /// The factor of each row, in half precision.
    pub(crate) factors: [u16; LANES],
    /// The factor of the offsets of each row, in half precision.
    pub(crate) offset_factors: [u16; LANES],
}

impl Tile {
    pub(crate) const ZERO: Self = Self {
        groups: [[0; 64]; 64],
        scales: [[[0; 2]; LANES]; 16],
        offsets: [[[0; 2]; LANES]; 8],
        factors: [0; LANES],
        offset_factors: [0; LANES],
    };

    /// Takes in the block `at` of each of `rows`.
    #[inline(always)]
    pub(crate) fn pack_q4k(&mut self, rows: [&[[u8; Q4K_BYTES]]; LANES], at: usize) {
        for (row, blocks) in rows.into_iter().enumerate() {
            let block = &blocks[at];
            [self.factors[row], self.offset_factors[row]] = quants::factors_q4k(block);
            let (scales, offsets) = quants::parts_q4k(block);
            for (part, scale) in scales.into_iter().enumerate() {
                self.scales[part][row] = [i16::from(scale); 2];
                self.offsets[part / 2][row][part % 2] = i16::from(offsets[part]);
            }
            let words = block[16..].as_chunks::<4>().0;
            for (at, word) in words.iter().enumerate() {
                let word = u32::from_le_bytes(*word);
                let group = at / 8 * 16 + at % 8;
                self.put(group, row, word & 0x0f0f_0f0f);
                self.put(group + 8, row, (word >> 4) & 0x0f0f_0f0f);
            }
        }
    }

    /// Takes in the block `at` of each of `rows`.
    #[inline(always)]
    pub(crate) fn pack_q6k(&mut self, rows: [&[[u8; Q6K_BYTES]]; LANES], at: usize) {
        for (row, blocks) in rows.into_iter().enumerate() {
            let block = &blocks[at];
            self.factors[row] = quants::factor_q6k(block);
            for (part, scale) in quants::parts_q6k(block).into_iter().enumerate() {
                self.scales[part][row] = [i16::from(scale); 2];
                self.offsets[part / 2][row][part % 2] = 32 * i16::from(scale);
            }
            let words = block[..192].as_chunks::<4>().0;
            let word = |at: usize| u32::from_le_bytes(words[at]);
            for half in 0..2 {
                for at in 0..8 {
                    let (a, b) = (word(half * 16 + at), word(half * 16 + 8 + at));
                    let high = word(32 + half * 8 + at);
                    let bits = |shift: u32| ((high >> shift) & 0x0303_0303) << 4;
                    let group = half * 32 + at;
                    self.put(group, row, (a & 0x0f0f_0f0f) | bits(0));
                    self.put(group + 8, row, (b & 0x0f0f_0f0f) | bits(2));
                    self.put(group + 16, row, ((a >> 4) & 0x0f0f_0f0f) | bits(4));
                    self.put(group + 24, row, ((b >> 4) & 0x0f0f_0f0f) | bits(6));
                }
            }
        }
    }

    #[inline(always)]
    fn put(&mut self, group: usize, row: usize, quants: u32) {
        self.groups[group].as_chunks_mut::<4>().0[row] = quants.to_le_bytes();
    }
}
