//! AVX-512 with VNNI: Intel from 2019, AMD from 2022.

#![expect(
    unsafe_code,
    reason = "vector instructions may be used where a processor has them, and memory is read by address"
)]

use super::avx2::{joined, load_16, picks};
use super::{Isa, LANES, Loops, Sums};
use crate::activations::Block;
use crate::panel;
use std::arch::x86_64::*;

/// Proof that the processor has the instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Avx512(());

impl Avx512 {
    /// A value, if this processor has the instructions.
    pub(crate) fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vnni")
            && is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("f16c")
            && is_x86_feature_detected!("fma");
        has.then_some(Self(()))
    }
}

// In all that follows, an `Avx512` is at hand, so the processor has the instructions that are named.
impl Isa for Avx512 {
    type Floats = __m512;
    type Whole = __m512i;

    #[inline(always)]
    fn run<L: Loops>(self, loops: L) -> L::Output {
        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx2,f16c,fma")]
        fn compiled<L: Loops>(isa: Avx512, loops: L) -> L::Output {
            loops.run(isa)
        }
        // SAFETY: the processor has the instructions.
        unsafe { compiled(self, loops) }
    }

    #[inline(always)]
    fn splat(self, number: f32) -> __m512 {
        // SAFETY: the processor has the instruction.
        unsafe { _mm512_set1_ps(number) }
    }

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> __m512 {
        // SAFETY: the processor has the instruction, which reads what is borrowed.
        unsafe { _mm512_loadu_ps(from.as_ptr()) }
    }

    #[inline(always)]
    fn store(self, numbers: __m512, to: &mut [f32; LANES]) {
        // SAFETY: the processor has the instruction, which writes what is borrowed.
        unsafe { _mm512_storeu_ps(to.as_mut_ptr(), numbers) }
    }

    #[inline(always)]
    fn load_halves(self, from: &[u16; LANES]) -> __m512 {
        // SAFETY: the processor has the instructions, which read what is borrowed.
        unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(from.as_ptr().cast())) }
    }

    #[inline(always)]
    fn multiply(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: the processor has the instruction.
        unsafe { _mm512_mul_ps(a, b) }
    }

    #[inline(always)]
    fn multiply_add(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        // SAFETY: the processor has the instruction.
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn multiply_subtract(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        // SAFETY: the processor has the instruction.
        unsafe { _mm512_fnmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn floats(self, whole: __m512i) -> __m512 {
        // SAFETY: the processor has the instruction.
        unsafe { _mm512_cvtepi32_ps(whole) }
    }

    #[inline(always)]
    fn sums_q4k<const TOKENS: usize>(
        self,
        panel: &panel::Q4K,
        tokens: [&Block; TOKENS],
    ) -> [Sums<__m512i>; TOKENS] {
        // SAFETY: the processor has the instructions.
        unsafe { sums_q4k(self, panel, tokens) }
    }

    #[inline(always)]
    fn sums_q6k<const TOKENS: usize>(
        self,
        panel: &panel::Q6K,
        tokens: [&Block; TOKENS],
    ) -> [__m512i; TOKENS] {
        // SAFETY: the processor has the instructions.
        unsafe { sums_q6k(self, panel, tokens) }
    }
}

#[target_feature(enable = "avx512f")]
#[inline]
fn load_64(from: &panel::Word) -> __m512i {
    // SAFETY: 64 bytes are borrowed.
    unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }
}

/// How far ahead memory is asked for while one token uses Q4_K panels. So small a distance does not hide the time that memory
/// takes; it makes the processor's own guessing begin in time (as measured: 38 GB/s instead of 28; with Q6_K panels, which are
/// larger, 35 instead of 41, so those go without).
const AHEAD_FOR_ONE: usize = 128;

/// The same while several tokens use them, which takes long enough for memory to answer: two thirds of a Q4_K panel, three
/// quarters of a Q6_K one (as measured: eight tokens in 71 ms instead of 109).
const AHEAD_Q4K: usize = 1536;
const AHEAD_Q6K: usize = 2544;

/// Has the processor fetch what lies `ahead` bytes after each of `words`, whatever that is.
#[inline(always)]
fn fetch(words: &[panel::Word], ahead: usize) {
    for word in words {
        let after = word.as_ptr().wrapping_add(ahead).cast();
        // SAFETY: it is a hint; an address of nothing is ignored.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(after) }
    }
}

/// Of each row's four bytes those in `from`, in this order; from 128 on nothing.
#[target_feature(enable = "avx512f,avx512bw,avx2")]
#[inline]
fn pick(bytes: __m512i, from: [u8; 4]) -> __m512i {
    _mm512_shuffle_epi8(bytes, _mm512_broadcast_i32x4(load_16(&picks(from))))
}

impl Avx512 {
    /// Adds to the sums of each token the products of `weights`, groups of four columns from `first` on, and its
    /// activations, multiplied by `scales`.
    ///
    /// Always part of the caller, which is compiled for the processor; a call would pass all sums through memory.
    #[inline(always)]
    fn add_part<const GROUPS: usize, const TOKENS: usize>(
        self,
        weights: [__m512i; GROUPS],
        scales: __m512i,
        tokens: [&Block; TOKENS],
        first: usize,
        sums: &mut [__m512i; TOKENS],
    ) {
        // SAFETY: the processor has the instructions.
        unsafe {
            let mut part = [_mm512_setzero_si512(); TOKENS];
            for (at, weights) in weights.into_iter().enumerate() {
                for (sum, token) in part.iter_mut().zip(tokens) {
                    let quants = token.quants.as_chunks::<4>().0[first + at];
                    let quants = i32::from_ne_bytes(quants.map(i8::cast_unsigned));
                    *sum = _mm512_dpbusd_epi32(*sum, weights, _mm512_set1_epi32(quants));
                }
            }
            for (sum, part) in sums.iter_mut().zip(part) {
                *sum = _mm512_add_epi32(*sum, _mm512_mullo_epi32(part, scales));
            }
        }
    }
}

/// Adds to the sums of each token the products of `pairs` and two neighbouring sums of activations.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx2")]
#[inline]
fn add_pair<const TOKENS: usize>(
    pairs: __m512i,
    activations: [[i16; 2]; TOKENS],
    sums: &mut [__m512i; TOKENS],
) {
    for (sum, pair) in sums.iter_mut().zip(activations) {
        *sum = _mm512_dpwssd_epi32(*sum, pairs, _mm512_set1_epi32(joined(pair)));
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx2")]
#[inline]
fn sums_q4k<const TOKENS: usize>(
    isa: Avx512,
    panel: &panel::Q4K,
    tokens: [&Block; TOKENS],
) -> [Sums<__m512i>; TOKENS] {
    let fifteen = _mm512_set1_epi8(15);
    let (low, high) = (_mm512_set1_epi8(0x3f), _mm512_set1_epi8(0x30));
    let words = [load_64(&panel[1]), load_64(&panel[2]), load_64(&panel[3])];
    // As `quants::scales_q4k`, of all rows.
    let lower = [
        _mm512_and_si512(words[2], fifteen),
        _mm512_and_si512(_mm512_srli_epi32::<4>(words[2]), fifteen),
    ];
    let mut parts = [[fifteen; 2]; 2];
    for (at, lower) in lower.into_iter().enumerate() {
        let upper = _mm512_and_si512(_mm512_srli_epi32::<2>(words[at]), high);
        parts[at] = [
            _mm512_and_si512(words[at], low),
            _mm512_or_si512(lower, upper),
        ];
    }
    let [scales, leasts] = parts;
    let mut sums = [_mm512_setzero_si512(); TOKENS];
    for pair in 0..4 {
        let words: &[panel::Word; 8] = &panel[4..].as_chunks().0[pair];
        fetch(
            words,
            if TOKENS == 1 {
                AHEAD_FOR_ONE
            } else {
                AHEAD_Q4K
            },
        );
        let mut weights = [[fifteen; 8]; 2];
        for (at, word) in words.iter().enumerate() {
            let both = load_64(word);
            weights[0][at] = _mm512_and_si512(both, fifteen);
            weights[1][at] = _mm512_and_si512(_mm512_srli_epi16::<4>(both), fifteen);
        }
        // Two scales at the lower end.
        let shift = _mm_cvtsi32_si128(pair as i32 % 2 * 16);
        let scales = _mm512_srl_epi32(scales[pair / 2], shift);
        let scale = pick(scales, [0, 128, 128, 128]);
        isa.add_part(weights[0], scale, tokens, pair * 16, &mut sums);
        let scale = pick(scales, [1, 128, 128, 128]);
        isa.add_part(weights[1], scale, tokens, pair * 16 + 8, &mut sums);
    }
    let mut taken_off = [_mm512_setzero_si512(); TOKENS];
    for pair in 0..4 {
        let shift = _mm_cvtsi32_si128(pair as i32 % 2 * 16);
        let least = pick(_mm512_srl_epi32(leasts[pair / 2], shift), [0, 128, 1, 128]);
        let activations = tokens.map(|it| it.sums_by_32.as_chunks().0[pair]);
        add_pair(least, activations, &mut taken_off);
    }
    let mut all = [(fifteen, fifteen); TOKENS];
    for token in 0..TOKENS {
        all[token] = (sums[token], taken_off[token]);
    }
    all
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx2")]
#[inline]
fn sums_q6k<const TOKENS: usize>(
    isa: Avx512,
    panel: &panel::Q6K,
    tokens: [&Block; TOKENS],
) -> [__m512i; TOKENS] {
    let mut sums = [_mm512_setzero_si512(); TOKENS];
    let mut taken_off = [_mm512_setzero_si512(); TOKENS];
    for (quarter, words) in panel[panel::Q6K_QUANTS..]
        .as_chunks::<12>()
        .0
        .iter()
        .enumerate()
    {
        if TOKENS > 1 {
            fetch(words, AHEAD_Q6K);
        }
        // The scales of four parts at the lower end, every other byte.
        let (half, odd) = (quarter / 2, quarter as i32 % 2);
        let shift = _mm_cvtsi32_si128(odd * 8);
        let scales = [
            _mm512_srl_epi32(load_64(&panel[panel::Q6K_SCALES + half * 2]), shift),
            _mm512_srl_epi32(load_64(&panel[panel::Q6K_SCALES + half * 2 + 1]), shift),
        ];
        let first = half * 32 + quarter % 2 * 4;
        for (part, weights) in quarter_q6k(words).into_iter().enumerate() {
            let scales = match part % 2 {
                0 => pick(scales[part / 2], [128, 128, 128, 0]),
                _ => pick(scales[part / 2], [128, 128, 128, 2]),
            };
            let scales = _mm512_srai_epi32::<24>(scales);
            isa.add_part(weights, scales, tokens, first + part * 8, &mut sums);
        }
    }
    for pair in 0..8 {
        let shift = _mm_cvtsi32_si128(pair as i32 % 2 * 16);
        let scales = load_64(&panel[panel::Q6K_SCALES + pair / 2]);
        let scales = pick(_mm512_srl_epi32(scales, shift), [128, 0, 128, 1]);
        let scales = _mm512_srai_epi16::<8>(scales);
        let activations = tokens.map(|it| it.sums_by_16.as_chunks().0[pair]);
        add_pair(scales, activations, &mut taken_off);
    }
    for (sum, taken_off) in sums.iter_mut().zip(taken_off) {
        *sum = _mm512_sub_epi32(*sum, _mm512_slli_epi32::<5>(taken_off));
    }
    sums
}

/// Four times sixteen columns: those of two runs of low quants, in the lower and the upper halves of bytes, with what stands
/// above them.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx2")]
#[inline]
fn quarter_q6k(words: &[panel::Word; 12]) -> [[__m512i; 4]; 4] {
    let (upper, fifteen) = (_mm512_set1_epi8(0x30), _mm512_set1_epi8(15));
    let mut weights = [[fifteen; 4]; 4];
    for at in 0..4 {
        let (a, b) = (load_64(&words[at]), load_64(&words[4 + at]));
        let high = load_64(&words[8 + at]);
        let parts = [
            (a, _mm512_slli_epi16::<4>(high)),
            (b, _mm512_slli_epi16::<2>(high)),
            (_mm512_srli_epi16::<4>(a), high),
            (_mm512_srli_epi16::<4>(b), _mm512_srli_epi16::<2>(high)),
        ];
        for (part, (low, high)) in parts.into_iter().enumerate() {
            let low = _mm512_and_si512(low, fifteen);
            weights[part][at] = _mm512_or_si512(low, _mm512_and_si512(high, upper));
        }
    }
    weights
}
