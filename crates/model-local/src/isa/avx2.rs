//! AVX2: Intel from 2013, AMD from 2015.

#![expect(
    unsafe_code,
    reason = "vector instructions may be used where a processor has them, and memory is read by address"
)]

use super::{Isa, LANES, Loops, Sums};
use crate::activations::Block;
use crate::panel;
use std::arch::x86_64::*;

/// Proof that the processor has the instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Avx2(());

impl Avx2 {
    /// A value, if this processor has the instructions.
    pub(crate) fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("f16c")
            && is_x86_feature_detected!("fma");
        has.then_some(Self(()))
    }
}

// In all that follows, an `Avx2` is at hand, so the processor has the instructions that are named.
impl Isa for Avx2 {
    type Floats = [__m256; 2];
    type Whole = [__m256i; 2];

    #[inline(always)]
    fn run<L: Loops>(self, loops: L) -> L::Output {
        #[target_feature(enable = "avx2,f16c,fma")]
        fn compiled<L: Loops>(isa: Avx2, loops: L) -> L::Output {
            loops.run(isa)
        }
        // SAFETY: the processor has the instructions.
        unsafe { compiled(self, loops) }
    }

    #[inline(always)]
    fn splat(self, number: f32) -> [__m256; 2] {
        // SAFETY: the processor has the instruction.
        unsafe { [_mm256_set1_ps(number); 2] }
    }

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> [__m256; 2] {
        let [low, high] = split(from);
        // SAFETY: the processor has the instruction, which reads what is borrowed.
        unsafe {
            [
                _mm256_loadu_ps(low.as_ptr()),
                _mm256_loadu_ps(high.as_ptr()),
            ]
        }
    }

    #[inline(always)]
    fn store(self, numbers: [__m256; 2], to: &mut [f32; LANES]) {
        let (low, high) = to.split_at_mut(LANES / 2);
        // SAFETY: the processor has the instruction, which writes what is borrowed: eight numbers each.
        unsafe {
            _mm256_storeu_ps(low.as_mut_ptr(), numbers[0]);
            _mm256_storeu_ps(high.as_mut_ptr(), numbers[1]);
        }
    }

    #[inline(always)]
    fn load_halves(self, from: &[u16; LANES]) -> [__m256; 2] {
        let [low, high] = split(from);
        // SAFETY: the processor has the instructions, which read what is borrowed.
        unsafe {
            [
                _mm256_cvtph_ps(_mm_loadu_si128(low.as_ptr().cast())),
                _mm256_cvtph_ps(_mm_loadu_si128(high.as_ptr().cast())),
            ]
        }
    }

    #[inline(always)]
    fn multiply(self, a: [__m256; 2], b: [__m256; 2]) -> [__m256; 2] {
        // SAFETY: the processor has the instruction.
        unsafe { [_mm256_mul_ps(a[0], b[0]), _mm256_mul_ps(a[1], b[1])] }
    }

    #[inline(always)]
    fn multiply_add(self, a: [__m256; 2], b: [__m256; 2], c: [__m256; 2]) -> [__m256; 2] {
        // SAFETY: the processor has the instruction.
        unsafe {
            [
                _mm256_fmadd_ps(a[0], b[0], c[0]),
                _mm256_fmadd_ps(a[1], b[1], c[1]),
            ]
        }
    }

    #[inline(always)]
    fn multiply_subtract(self, a: [__m256; 2], b: [__m256; 2], c: [__m256; 2]) -> [__m256; 2] {
        // SAFETY: the processor has the instruction.
        unsafe {
            [
                _mm256_fnmadd_ps(a[0], b[0], c[0]),
                _mm256_fnmadd_ps(a[1], b[1], c[1]),
            ]
        }
    }

    #[inline(always)]
    fn floats(self, whole: [__m256i; 2]) -> [__m256; 2] {
        // SAFETY: the processor has the instruction.
        unsafe { [_mm256_cvtepi32_ps(whole[0]), _mm256_cvtepi32_ps(whole[1])] }
    }

    #[inline(always)]
    fn sums_q4k<const TOKENS: usize>(
        self,
        panel: &panel::Q4K,
        tokens: [&Block; TOKENS],
    ) -> [Sums<[__m256i; 2]>; TOKENS] {
        // SAFETY: the processor has the instructions.
        unsafe { sums_q4k(self, panel, tokens) }
    }

    #[inline(always)]
    fn sums_q6k<const TOKENS: usize>(
        self,
        panel: &panel::Q6K,
        tokens: [&Block; TOKENS],
    ) -> [[__m256i; 2]; TOKENS] {
        // SAFETY: the processor has the instructions.
        unsafe { sums_q6k(self, panel, tokens) }
    }
}

#[inline(always)]
fn split<T>(from: &[T; LANES]) -> [&[T; LANES / 2]; 2] {
    let halves = from.as_chunks::<{ LANES / 2 }>().0;
    [&halves[0], &halves[1]]
}

#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn load_16<T: Copy, const N: usize>(from: &[T; N]) -> __m128i {
    const { assert!(size_of::<T>() * N == 16) };
    // SAFETY: 16 bytes are borrowed.
    unsafe { _mm_loadu_si128(from.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
#[inline]
fn load_32<T: Copy, const N: usize>(from: &[T; N]) -> __m256i {
    const { assert!(size_of::<T>() * N == 32) };
    // SAFETY: 32 bytes are borrowed.
    unsafe { _mm256_loadu_si256(from.as_ptr().cast()) }
}

/// The bytes of eight rows of a word: of the first or of the second half.
#[target_feature(enable = "avx2")]
#[inline]
fn load_half(from: &panel::Word, half: usize) -> __m256i {
    load_32(&from.as_chunks::<32>().0[half])
}

/// Where the bytes `from` of each four bytes are among sixteen; from 128 on they are nowhere.
#[inline(always)]
pub(super) fn picks(from: [u8; 4]) -> [u8; 16] {
    std::array::from_fn(|at| from[at % 4].saturating_add(at as u8 / 4 * 4))
}

/// Of each row's four bytes those in `from`, in this order; from 128 on nothing.
#[target_feature(enable = "avx2")]
#[inline]
fn pick(bytes: __m256i, from: [u8; 4]) -> __m256i {
    _mm256_shuffle_epi8(bytes, _mm256_broadcastsi128_si256(load_16(&picks(from))))
}

/// Two numbers as one, the first in the lower half.
#[inline(always)]
pub(super) fn joined([a, b]: [i16; 2]) -> i32 {
    (u32::from(a.cast_unsigned()) | u32::from(b.cast_unsigned()) << 16).cast_signed()
}

impl Avx2 {
    /// Adds to the sums of each token the products of weights, `GROUPS` groups of four columns from `first` on, and its
    /// activations, multiplied by `scales`, each of which is there twice. The products of all groups may not exceed 32,767.
    /// `weights` makes them ready when they are needed: there is no register for one that waits.
    ///
    /// Always part of the caller, which is compiled for the processor; a call would pass all sums through memory.
    #[inline(always)]
    fn add_part<const GROUPS: usize, const TOKENS: usize>(
        self,
        weights: impl Fn(usize) -> __m256i,
        scales: __m256i,
        tokens: [&Block; TOKENS],
        first: usize,
        sums: &mut [__m256i; TOKENS],
    ) {
        // SAFETY: the processor has the instructions.
        unsafe {
            let mut part = [_mm256_setzero_si256(); TOKENS];
            for at in 0..GROUPS {
                let weights = weights(at);
                for (sum, token) in part.iter_mut().zip(tokens) {
                    let quants = token.quants.as_chunks::<4>().0[first + at];
                    let quants = i32::from_ne_bytes(quants.map(i8::cast_unsigned));
                    let products = _mm256_maddubs_epi16(weights, _mm256_set1_epi32(quants));
                    *sum = _mm256_add_epi16(*sum, products);
                }
            }
            for (sum, part) in sums.iter_mut().zip(part) {
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(part, scales));
            }
        }
    }
}

/// Adds to the sums of each token the products of `pairs` and two neighbouring sums of activations.
#[target_feature(enable = "avx2")]
#[inline]
fn add_pair<const TOKENS: usize>(
    pairs: __m256i,
    activations: [[i16; 2]; TOKENS],
    sums: &mut [__m256i; TOKENS],
) {
    for (sum, pair) in sums.iter_mut().zip(activations) {
        let pair = _mm256_set1_epi32(joined(pair));
        *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pairs, pair));
    }
}

#[target_feature(enable = "avx2")]
#[inline]
fn sums_q4k<const TOKENS: usize>(
    isa: Avx2,
    panel: &panel::Q4K,
    tokens: [&Block; TOKENS],
) -> [Sums<[__m256i; 2]>; TOKENS] {
    let none = _mm256_setzero_si256();
    let mut all = [([none; 2], [none; 2]); TOKENS];
    for half in 0..2 {
        let (fours, sums) = all.as_chunks_mut();
        let (four_tokens, tokens) = tokens.as_chunks();
        // As many tokens as the sixteen registers have room for.
        for (sums, tokens) in fours.iter_mut().zip(four_tokens) {
            half_q4k::<4>(isa, panel, half, *tokens, sums);
        }
        let (pairs, sums) = sums.as_chunks_mut();
        let (pair_tokens, tokens) = tokens.as_chunks();
        for (sums, tokens) in pairs.iter_mut().zip(pair_tokens) {
            half_q4k::<2>(isa, panel, half, *tokens, sums);
        }
        for (sums, token) in sums.iter_mut().zip(tokens) {
            half_q4k(isa, panel, half, [*token], std::array::from_mut(sums));
        }
    }
    all
}

/// The sums of eight rows.
#[target_feature(enable = "avx2")]
#[inline]
fn half_q4k<const TOKENS: usize>(
    isa: Avx2,
    panel: &panel::Q4K,
    half: usize,
    tokens: [&Block; TOKENS],
    all: &mut [Sums<[__m256i; 2]>; TOKENS],
) {
    let fifteen = _mm256_set1_epi8(15);
    let (low, high) = (_mm256_set1_epi8(0x3f), _mm256_set1_epi8(0x30));
    let words = [
        load_half(&panel[1], half),
        load_half(&panel[2], half),
        load_half(&panel[3], half),
    ];
    // As `quants::scales_q4k`, of all rows.
    let lower = [
        _mm256_and_si256(words[2], fifteen),
        _mm256_and_si256(_mm256_srli_epi32::<4>(words[2]), fifteen),
    ];
    let mut parts = [[fifteen; 2]; 2];
    for (at, lower) in lower.into_iter().enumerate() {
        let upper = _mm256_and_si256(_mm256_srli_epi32::<2>(words[at]), high);
        parts[at] = [
            _mm256_and_si256(words[at], low),
            _mm256_or_si256(lower, upper),
        ];
    }
    let [scales, leasts] = parts;
    let mut sums = [_mm256_setzero_si256(); TOKENS];
    let mut taken_off = [_mm256_setzero_si256(); TOKENS];
    for pair in 0..4 {
        // Two scales and two leasts at the lower end.
        let shift = _mm_cvtsi32_si128(pair as i32 % 2 * 16);
        let scales = _mm256_srl_epi32(scales[pair / 2], shift);
        let leasts = _mm256_srl_epi32(leasts[pair / 2], shift);
        let word = |at: usize| load_half(&panel[4 + pair * 8 + at], half);
        // 8 x 2 products of at most 15 x 127 stay below 32,768.
        let scale = pick(scales, [0, 128, 0, 128]);
        let weights = |at| _mm256_and_si256(word(at), fifteen);
        isa.add_part::<8, TOKENS>(weights, scale, tokens, pair * 16, &mut sums);
        let scale = pick(scales, [1, 128, 1, 128]);
        let weights = |at| _mm256_and_si256(_mm256_srli_epi16::<4>(word(at)), fifteen);
        isa.add_part::<8, TOKENS>(weights, scale, tokens, pair * 16 + 8, &mut sums);
        let least = pick(leasts, [0, 128, 1, 128]);
        let activations = tokens.map(|it| it.sums_by_32.as_chunks().0[pair]);
        add_pair(least, activations, &mut taken_off);
    }
    for (token, all) in all.iter_mut().enumerate() {
        (all.0[half], all.1[half]) = (sums[token], taken_off[token]);
    }
}

#[target_feature(enable = "avx2")]
#[inline]
fn sums_q6k<const TOKENS: usize>(
    isa: Avx2,
    panel: &panel::Q6K,
    tokens: [&Block; TOKENS],
) -> [[__m256i; 2]; TOKENS] {
    let mut all = [[_mm256_setzero_si256(); 2]; TOKENS];
    for half in 0..2 {
        let (fours, sums) = all.as_chunks_mut();
        let (four_tokens, tokens) = tokens.as_chunks();
        // As many tokens as the sixteen registers have room for.
        for (sums, tokens) in fours.iter_mut().zip(four_tokens) {
            half_q6k::<4>(isa, panel, half, *tokens, sums);
        }
        let (pairs, sums) = sums.as_chunks_mut();
        let (pair_tokens, tokens) = tokens.as_chunks();
        for (sums, tokens) in pairs.iter_mut().zip(pair_tokens) {
            half_q6k::<2>(isa, panel, half, *tokens, sums);
        }
        for (sums, token) in sums.iter_mut().zip(tokens) {
            half_q6k(isa, panel, half, [*token], std::array::from_mut(sums));
        }
    }
    all
}

/// The sums of eight rows.
#[target_feature(enable = "avx2")]
#[inline]
fn half_q6k<const TOKENS: usize>(
    isa: Avx2,
    panel: &panel::Q6K,
    half: usize,
    tokens: [&Block; TOKENS],
    all: &mut [[__m256i; 2]; TOKENS],
) {
    let scales = |at: usize| load_half(&panel[panel::Q6K_SCALES + at], half);
    let mut sums = [_mm256_setzero_si256(); TOKENS];
    let mut taken_off = [_mm256_setzero_si256(); TOKENS];
    for (quarter, words) in panel[panel::Q6K_QUANTS..]
        .as_chunks::<12>()
        .0
        .iter()
        .enumerate()
    {
        // The scales of four parts at the lower end, every other byte.
        let shift = _mm_cvtsi32_si128(quarter as i32 % 2 * 8);
        let scales = [
            _mm256_srl_epi32(scales(quarter / 2 * 2), shift),
            _mm256_srl_epi32(scales(quarter / 2 * 2 + 1), shift),
        ];
        for part in 0..4 {
            let place = quarter / 2 * 8 + part * 2 + quarter % 2;
            let scale = match part % 2 {
                0 => pick(scales[part / 2], [128, 0, 128, 0]),
                _ => pick(scales[part / 2], [128, 2, 128, 2]),
            };
            let scale = _mm256_srai_epi16::<8>(scale);
            // 2 x 2 products of at most 63 x 127 stay below 32,768.
            let weights = |at| weights_q6k(words, half, part, at);
            isa.add_part::<2, TOKENS>(weights, scale, tokens, place * 4, &mut sums);
            let weights = |at| weights_q6k(words, half, part, 2 + at);
            isa.add_part::<2, TOKENS>(weights, scale, tokens, place * 4 + 2, &mut sums);
        }
    }
    for pair in 0..8 {
        let shift = _mm_cvtsi32_si128(pair as i32 % 2 * 16);
        let scale = pick(_mm256_srl_epi32(scales(pair / 2), shift), [128, 0, 128, 1]);
        let scale = _mm256_srai_epi16::<8>(scale);
        let activations = tokens.map(|it| it.sums_by_16.as_chunks().0[pair]);
        add_pair(scale, activations, &mut taken_off);
    }
    for (token, all) in all.iter_mut().enumerate() {
        let taken_off = _mm256_slli_epi32::<5>(taken_off[token]);
        all[half] = _mm256_sub_epi32(sums[token], taken_off);
    }
}

/// Four columns of eight rows: those of one of two runs of low quants, in the lower or the upper halves of bytes, with what
/// stands above them.
#[target_feature(enable = "avx2")]
#[inline]
fn weights_q6k(words: &[panel::Word; 12], half: usize, part: usize, at: usize) -> __m256i {
    let (upper, fifteen) = (_mm256_set1_epi8(0x30), _mm256_set1_epi8(15));
    let low = load_half(&words[part % 2 * 4 + at], half);
    let high = load_half(&words[8 + at], half);
    let (low, high) = match part {
        0 => (low, _mm256_slli_epi16::<4>(high)),
        1 => (low, _mm256_slli_epi16::<2>(high)),
        2 => (_mm256_srli_epi16::<4>(low), high),
        _ => (_mm256_srli_epi16::<4>(low), _mm256_srli_epi16::<2>(high)),
    };
    _mm256_or_si256(
        _mm256_and_si256(low, fifteen),
        _mm256_and_si256(high, upper),
    )
}
