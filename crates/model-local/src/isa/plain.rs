//! The same in ordinary Rust: what the other two are compared with, and what runs where there is nothing better.

use super::{Isa, LANES, Loops, Sums};
use crate::activations::Block;
use crate::panel;
use crate::quants;

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
    fn splat(self, number: f32) -> [f32; LANES] {
        [number; LANES]
    }

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> [f32; LANES] {
        *from
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
    fn sums_q4k<const TOKENS: usize>(
        self,
        panel: &panel::Q4K,
        tokens: [&Block; TOKENS],
    ) -> [Sums<[i32; LANES]>; TOKENS] {
        let mut sums = [([0; LANES], [0; LANES]); TOKENS];
        for row in 0..LANES {
            let block = quants::unpack_q4k(&panel::row_q4k(panel, row));
            for (sums, token) in sums.iter_mut().zip(tokens) {
                for part in 0..8 {
                    let range = part * 32..part * 32 + 32;
                    let sum = dot(&block.quants[range.clone()], &token.quants[range]);
                    sums.0[row] += i32::from(block.scales[part]) * sum;
                    sums.1[row] +=
                        i32::from(block.offsets[part]) * i32::from(token.sums_by_32[part]);
                }
            }
        }
        sums
    }

    #[inline(always)]
    fn sums_q6k<const TOKENS: usize>(
        self,
        panel: &panel::Q6K,
        tokens: [&Block; TOKENS],
    ) -> [[i32; LANES]; TOKENS] {
        let mut sums = [[0; LANES]; TOKENS];
        for row in 0..LANES {
            let block = quants::unpack_q6k(&panel::row_q6k(panel, row));
            for (sums, token) in sums.iter_mut().zip(tokens) {
                for part in 0..16 {
                    let range = part * 16..part * 16 + 16;
                    let sum = dot(&block.quants[range.clone()], &token.quants[range]);
                    let least = 32 * i32::from(token.sums_by_16[part]);
                    sums[row] += i32::from(block.scales[part]) * (sum - least);
                }
            }
        }
        sums
    }
}

#[inline(always)]
fn dot(weights: &[u8], quants: &[i8]) -> i32 {
    let pairs = weights.iter().zip(quants);
    pairs.map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}
