//! The processor's vector instructions, chosen when the model is opened.
//!
//! [`Isa`] is what the arithmetic of this crate needs of a processor: sixteen numbers at once, and the whole-number sums of
//! quantised weights. There are three: [`Avx512`], [`Avx2`] and [`Plain`], which is ordinary Rust and runs anywhere. A value
//! of one of the first two exists only where the processor has the instructions, so whoever holds one may use them.
//!
//! All three compute the same bits. Sums of quantised weights are whole numbers, hence exact in any order; the numbers in
//! between are rounded at the same places in the same order, and multiplications are fused with additions everywhere (but in [`Plain`] on an old x86 processor, which has no kernels). So a
//! prompt read in one piece or in ten, by one kernel or the other, gives the same answer, and the tests compare exactly.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod plain;

use crate::activations::Block;
use crate::panel;

#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) use avx512::Avx512;
pub(crate) use plain::Plain;

/// Numbers in one [`Isa::Floats`], and rows of weights that are worked on together.
pub(crate) const LANES: usize = 16;

/// Most tokens that share each weight in registers.
pub(crate) const TOKENS_MAX: usize = 8;

/// Whole-number sums of one block of weights and activations: the products, and what the weights' minimum adds to them.
pub(crate) type Sums<I> = (I, I);

/// Vector instructions. Every method is `#[inline(always)]`: it becomes part of the caller, which [`Isa::run`] has compiled
/// for the processor.
pub(crate) trait Isa: Copy + Send + Sync + 'static {
    /// Sixteen 32-bit numbers.
    type Floats: Copy;
    /// Sixteen 32-bit whole numbers.
    type Whole: Copy;

    /// Runs `loops`, compiled for this processor.
    fn run<L: Loops>(self, loops: L) -> L::Output;

    fn splat(self, number: f32) -> Self::Floats;
    fn load(self, from: &[f32; LANES]) -> Self::Floats;
    fn store(self, numbers: Self::Floats, to: &mut [f32; LANES]);
    /// Numbers of 16 bits (IEEE half precision), widened.
    fn load_halves(self, from: &[u16; LANES]) -> Self::Floats;
    fn multiply(self, a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// `a * b + c`, rounded once.
    fn multiply_add(self, a: Self::Floats, b: Self::Floats, c: Self::Floats) -> Self::Floats;
    /// `c - a * b`, rounded once.
    fn multiply_subtract(self, a: Self::Floats, b: Self::Floats, c: Self::Floats) -> Self::Floats;
    /// Whole numbers as the nearest numbers.
    fn floats(self, whole: Self::Whole) -> Self::Floats;

    /// The sums of a panel of Q4_K weights, one lane a row, for each of several tokens (at most [`TOKENS_MAX`]).
    fn sums_q4k<const TOKENS: usize>(
        self,
        panel: &panel::Q4K,
        tokens: [&Block; TOKENS],
    ) -> [Sums<Self::Whole>; TOKENS];
    /// The same of Q6_K weights, whose minimum is already taken off.
    fn sums_q6k<const TOKENS: usize>(
        self,
        panel: &panel::Q6K,
        tokens: [&Block; TOKENS],
    ) -> [Self::Whole; TOKENS];
}

/// A computation that is compiled once for each [`Isa`].
pub(crate) trait Loops {
    /// What it computes.
    type Output;

    /// Computes it. Must be `#[inline(always)]`, like everything that it calls, to be compiled for the processor.
    fn run<I: Isa>(self, isa: I) -> Self::Output;
}

/// The instructions to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    Plain(Plain),
}

impl Level {
    /// All that this processor has, best first.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let vectors = [
            Avx512::detect().map(Self::Avx512),
            Avx2::detect().map(Self::Avx2),
        ];
        #[cfg(not(target_arch = "x86_64"))]
        let vectors: [Option<Self>; 0] = [];
        vectors
            .into_iter()
            .flatten()
            .chain(std::iter::once(Self::Plain(Plain)))
    }

    /// Whether products of quantised weights are worth computing with these instructions.
    pub(crate) fn has_kernels(self) -> bool {
        !matches!(self, Self::Plain(_))
    }

    /// Runs `loops`, compiled for these instructions.
    pub(crate) fn run<L: Loops>(self, loops: L) -> L::Output {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(isa) => isa.run(loops),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(isa) => isa.run(loops),
            Self::Plain(isa) => isa.run(loops),
        }
    }
}
