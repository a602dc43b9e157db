//! The same in ordinary Rust: what the other two are compared with, and what runs where there is nothing better.

use super::{Isa, LANES, Loops, Sums, TILE_TOKENS};
use crate::activations::Block;
use crate::quants::{self, Q4K_BYTES, Q6K_BYTES};
use crate::tile::Tile;

/// No particular processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plain;

/// `a * b + c`. Without an instruction for it, fusing is a slow call, so that an x86 processor of before 2013 rounds twice;
/// the tests, which compare bits, always fuse.
#[inline(always)]
fn fused(a: f32, b: f32, c: f32) -> f32 {
    if cfg!(any(test, not(target_arch = "x86_64"))) {
        a.mul_add(b, c)
    } else {
        a * b + c
    }
}

#[inline(always)]
fn each<A: Copy, B: Copy, C>(a: [A; LANES], b: [B; LANES], of: impl Fn(A, B) -> C) -> [C; LANES] {
    std::array::from_fn(|lane| of(a[lane], b[lane]))
}

impl Isa for Plain {
    type Floats = [f32; LANES];
    type Whole = [i32; LANES];

    #[inline(always)]
    fn run<L: Loops>(self, loops: L) -> L::Output {
        loops.run(self)
    }

    #[inline(always)]
    fn fetch<T>(self, _from: &T, _ahead: usize) {}

    #[inline(always)]
    fn splat(self, number: f32) -> [f32; LANES] {
        [number; LANES]
    }

    #[inline(always)]
    fn store(self, numbers: [f32; LANES], to: &mut [f32; LANES]) {
        *to = numbers;
    }

    #[inline(always)]
    fn load_halves(self, from: &[u16; LANES]) -> [f32; LANES] {
        from.map(quants::half)
    }

    #[inline(always)]
    fn multiply(self, a: [f32; LANES], b: [f32; LANES]) -> [f32; LANES] {
        each(a, b, |a, b| a * b)
    }

    #[inline(always)]
    fn multiply_add(self, a: [f32; LANES], b: [f32; LANES], c: [f32; LANES]) -> [f32; LANES] {
        std::array::from_fn(|lane| fused(a[lane], b[lane], c[lane]))
    }

    #[inline(always)]
    fn multiply_subtract(self, a: [f32; LANES], b: [f32; LANES], c: [f32; LANES]) -> [f32; LANES] {
        std::array::from_fn(|lane| fused(-a[lane], b[lane], c[lane]))
    }

    #[inline(always)]
    fn floats(self, whole: [i32; LANES]) -> [f32; LANES] {
        whole.map(|it| it as f32)
    }

    #[inline(always)]
    fn load_whole(self, from: &[i32; LANES]) -> [i32; LANES] {
        *from
    }

    #[inline(always)]
    fn tile_q4k(
        self,
        tile: &Tile,
        tokens: [&Block; TILE_TOKENS],
    ) -> [Sums<[i32; LANES]>; TILE_TOKENS] {
        tokens.map(|token| {
            let lane = |row| {
                let least = |pair: usize| {
                    let [a, b] = tile.offsets[pair][row];
                    i32::from(a) * i32::from(token.sums_by_32[2 * pair])
                        + i32::from(b) * i32::from(token.sums_by_32[2 * pair + 1])
                };
                (products(tile, token, row, 8), (0..4).map(least).sum())
            };
            let lanes: [(i32, i32); LANES] = std::array::from_fn(lane);
            (lanes.map(|it| it.0), lanes.map(|it| it.1))
        })
    }

    #[inline(always)]
    fn tile_q6k(
        self,
        tile: &Tile,
        tokens: [&Block; TILE_TOKENS],
    ) -> [Sums<[i32; LANES]>; TILE_TOKENS] {
        tokens.map(|token| {
            let lane = |row| {
                let least = |pair: usize| {
                    let [a, b] = tile.offsets[pair][row];
                    i32::from(a) * i32::from(token.sums_by_16[2 * pair])
                        + i32::from(b) * i32::from(token.sums_by_16[2 * pair + 1])
                };
                products(tile, token, row, 4) - (0..8).map(least).sum::<i32>()
            };
            (std::array::from_fn(lane), [0; LANES])
        })
    }

    #[inline(always)]
    fn row_q4k<const BLOCKS: usize, const TOKENS: usize>(
        self,
        weights: &[[u8; Q4K_BYTES]; BLOCKS],
        tokens: [&[Block; BLOCKS]; TOKENS],
    ) -> [Sums<[i32; 4]>; TOKENS] {
        tokens.map(|token| {
            let mut sums = ([0; 4], [0; 4]);
            for (at, (weights, token)) in weights.iter().zip(token).enumerate() {
                let block = quants::unpack_q4k(weights);
                for part in 0..8 {
                    let range = part * 32..part * 32 + 32;
                    let sum = dot(&block.quants[range.clone()], &token.quants[range]);
                    sums.0[at] += i32::from(block.scales[part]) * sum;
                    sums.1[at] +=
                        i32::from(block.offsets[part]) * i32::from(token.sums_by_32[part]);
                }
            }
            sums
        })
    }

    #[inline(always)]
    fn row_q6k<const BLOCKS: usize, const TOKENS: usize>(
        self,
        weights: &[[u8; Q6K_BYTES]; BLOCKS],
        tokens: [&[Block; BLOCKS]; TOKENS],
    ) -> [Sums<[i32; 4]>; TOKENS] {
        tokens.map(|token| {
            let mut sums = ([0; 4], [0; 4]);
            for (at, (weights, token)) in weights.iter().zip(token).enumerate() {
                let block = quants::unpack_q6k(weights);
                for part in 0..16 {
                    let range = part * 16..part * 16 + 16;
                    let sum = dot(&block.quants[range.clone()], &token.quants[range]);
                    let least = 32 * i32::from(token.sums_by_16[part]);
                    sums.0[at] += i32::from(block.scales[part]) * (sum - least);
                }
            }
            sums
        })
    }
}

#[inline(always)]
fn dot(weights: &[u8], quants: &[i8]) -> i32 {
    let pairs = weights.iter().zip(quants);
    pairs.map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}

/// The products of one row of a tile, where each scale serves `groups` groups of four columns.
#[inline(always)]
fn products(tile: &Tile, token: &Block, row: usize, groups: usize) -> i32 {
    let mut sum = 0;
    for (group, quants) in token.quants.as_chunks::<4>().0.iter().enumerate() {
        let weights = &tile.groups[group].as_chunks::<4>().0[row];
        sum += i32::from(tile.scales[group / groups][row][0]) * dot(weights, quants);
    }
    sum
}
