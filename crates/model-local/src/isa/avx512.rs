//! AVX-512 with VNNI: Intel from 2019, AMD from 2022.

#![expect(
    unsafe_code,
    reason = "vector instructions may be used where a processor has them, and memory is read by address"
)]

use super::avx2::{self, joined, load_16, load_32, scales_q4k, short_sums, whole};
use super::{Isa, LANES, Loops, Sums, TILE_TOKENS};
use crate::activations::Block;
use crate::quants::{Q4K_BYTES, Q6K_BYTES};
use crate::tile::Tile;
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
    fn fetch<T>(self, from: &T, ahead: usize) {
        let start = std::ptr::from_ref(from).cast::<i8>().wrapping_add(ahead);
        for line in (0..size_of::<T>()).step_by(64) {
            // SAFETY: it is a hint; an address of nothing is ignored.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(line)) }
        }
    }

    #[inline(always)]
    fn splat(self, number: f32) -> __m512 {
        // SAFETY: the processor has the instruction.
        unsafe { _mm512_set1_ps(number) }
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
    fn load_whole(self, from: &[i32; LANES]) -> __m512i {
        // SAFETY: the processor has the instruction, which reads what is borrowed.
        unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }
    }

    #[inline(always)]
    fn tile_q4k(self, tile: &Tile, tokens: [&Block; TILE_TOKENS]) -> [Sums<__m512i>; TILE_TOKENS] {
        // SAFETY: the processor has the instructions.
        unsafe { tile_q4k(tile, tokens) }
    }

    #[inline(always)]
    fn tile_q6k(self, tile: &Tile, tokens: [&Block; TILE_TOKENS]) -> [Sums<__m512i>; TILE_TOKENS] {
        // SAFETY: the processor has the instructions.
        unsafe { tile_q6k(tile, tokens) }
    }

    #[inline(always)]
    fn row_q4k<const BLOCKS: usize, const TOKENS: usize>(
        self,
        weights: &[[u8; Q4K_BYTES]; BLOCKS],
        tokens: [&[Block; BLOCKS]; TOKENS],
    ) -> [Sums<[i32; 4]>; TOKENS] {
        // SAFETY: the processor has the instructions.
        unsafe {
            if TOKENS == 1 {
                // Memory is the limit, and is waited for less with shorter loads (as measured).
                avx2::row_q4k(weights, tokens)
            } else {
                row_q4k(weights, tokens)
            }
        }
    }

    #[inline(always)]
    fn row_q6k<const BLOCKS: usize, const TOKENS: usize>(
        self,
        weights: &[[u8; Q6K_BYTES]; BLOCKS],
        tokens: [&[Block; BLOCKS]; TOKENS],
    ) -> [Sums<[i32; 4]>; TOKENS] {
        // SAFETY: the processor has the instructions.
        unsafe {
            if TOKENS == 1 {
                // Memory is the limit, and is waited for less with shorter loads (as measured).
                avx2::row_q6k(weights, tokens)
            } else {
                row_q6k(weights, tokens)
            }
        }
    }
}

#[target_feature(enable = "avx512f")]
#[inline]
fn load_64<T: Copy, const N: usize>(from: &[T; N]) -> __m512i {
    const { assert!(size_of::<T>() * N == 64) };
    // SAFETY: 64 bytes are borrowed.
    unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }
}

/// Two neighbouring numbers in every lane.
#[target_feature(enable = "avx512f")]
#[inline]
fn splat_pair(pair: [i16; 2]) -> __m512i {
    _mm512_set1_epi32(joined(pair))
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx2")]
#[inline]
fn tile_q4k(tile: &Tile, tokens: [&Block; TILE_TOKENS]) -> [Sums<__m512i>; TILE_TOKENS] {
    let sums = products(tile, tokens, 8);
    let mut leasts = [_mm512_setzero_si512(); TILE_TOKENS];
    for pair in 0..4 {
        let offsets = load_64(&tile.offsets[pair]);
        for (least, token) in leasts.iter_mut().zip(tokens) {
            let sums = splat_pair(token.sums_by_32.as_chunks::<2>().0[pair]);
            *least = _mm512_dpwssd_epi32(*least, offsets, sums);
        }
    }
    std::array::from_fn(|token| (sums[token], leasts[token]))
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx2")]
#[inline]
fn tile_q6k(tile: &Tile, tokens: [&Block; TILE_TOKENS]) -> [Sums<__m512i>; TILE_TOKENS] {
    let sums = products(tile, tokens, 4);
    let mut leasts = [_mm512_setzero_si512(); TILE_TOKENS];
    for pair in 0..8 {
        let offsets = load_64(&tile.offsets[pair]);
        for (least, token) in leasts.iter_mut().zip(tokens) {
            let sums = splat_pair(token.sums_by_16.as_chunks::<2>().0[pair]);
            *least = _mm512_dpwssd_epi32(*least, offsets, sums);
        }
    }
    let mut all = [(_mm512_setzero_si512(), _mm512_setzero_si512()); TILE_TOKENS];
    for token in 0..TILE_TOKENS {
        all[token].0 = _mm512_sub_epi32(sums[token], leasts[token]);
    }
    all
}

/// The products of a tile, where each scale serves `groups` groups of four columns.
///
/// A function of its own with a number that it does not know beforehand: otherwise the compiler unrolls the inner loop and
/// lines the products of each token up behind one another, where each waits for the last.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx2")]
#[inline(never)]
fn products(tile: &Tile, tokens: [&Block; TILE_TOKENS], groups: usize) -> [__m512i; TILE_TOKENS] {
    let quants = tokens.map(|it| it.quants.as_chunks::<4>().0);
    let mut sums = [_mm512_setzero_si512(); TILE_TOKENS];
    for (part, scales) in (0..64 / groups).zip(&tile.scales) {
        let mut part_sums = [_mm512_setzero_si512(); TILE_TOKENS];
        for at in part * groups..(part + 1) * groups {
            let weights = load_64(&tile.groups[at % 64]);
            for token in 0..TILE_TOKENS {
                let quants = i32::from_ne_bytes(quants[token][at % 64].map(i8::cast_unsigned));
                let quants = _mm512_set1_epi32(quants);
                part_sums[token] = _mm512_dpbusd_epi32(part_sums[token], weights, quants);
            }
        }
        let scales = _mm512_srai_epi32::<16>(load_64(scales));
        for token in 0..TILE_TOKENS {
            let scaled = _mm512_mullo_epi32(part_sums[token], scales);
            sums[token] = _mm512_add_epi32(sums[token], scaled);
        }
    }
    sums
}

/// The sum of all lanes of each of four vectors.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx2")]
#[inline]
fn sums([a, b, c, d]: [__m512i; 4]) -> __m128i {
    let ab = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    let cd = _mm512_add_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    let all = _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
    let halves = _mm256_add_epi32(
        _mm512_castsi512_si256(all),
        _mm512_extracti64x4_epi64::<1>(all),
    );
    _mm_add_epi32(
        _mm256_castsi256_si128(halves),
        _mm256_extracti128_si256::<1>(halves),
    )
}

/// 64 products of quants and activations in each of four vectors, scaled and summed up in sixteen lanes.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx2")]
#[inline]
fn dot(weights: &[__m512i; 4], scales: &[__m512i; 4], token: &Block) -> __m512i {
    let quants = token.quants.as_chunks::<64>().0;
    let even = _mm512_madd_epi16(
        _mm512_maddubs_epi16(weights[0], load_64(&quants[0])),
        scales[0],
    );
    let product = _mm512_maddubs_epi16(weights[1], load_64(&quants[1]));
    let even = _mm512_dpwssd_epi32(even, product, scales[1]);
    let odd = _mm512_madd_epi16(
        _mm512_maddubs_epi16(weights[2], load_64(&quants[2])),
        scales[2],
    );
    let product = _mm512_maddubs_epi16(weights[3], load_64(&quants[3]));
    let odd = _mm512_dpwssd_epi32(odd, product, scales[3]);
    _mm512_add_epi32(even, odd)
}

/// `low` in the lower half, `high` in the upper half.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx2")]
#[inline]
fn halves(low: i16, high: i16) -> __m512i {
    let low = _mm512_castsi256_si512(_mm256_set1_epi16(low));
    _mm512_inserti64x4::<1>(low, _mm256_set1_epi16(high))
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx2")]
#[inline]
fn row_q4k<const BLOCKS: usize, const TOKENS: usize>(
    weights: &[[u8; Q4K_BYTES]; BLOCKS],
    tokens: [&[Block; BLOCKS]; TOKENS],
) -> [Sums<[i32; 4]>; TOKENS] {
    let mut products = [[_mm512_setzero_si512(); 4]; TOKENS];
    let mut leasts = [[_mm_setzero_si128(); 4]; TOKENS];
    let fifteen = _mm512_set1_epi8(15);
    // Spreads the bytes of two scales over the 16-bit lanes of the halves; the high bit leaves a byte empty.
    let spread = |part: i16| halves(i16::MIN | part, i16::MIN | (part + 1));
    let spreads = [spread(0), spread(2), spread(4), spread(6)];
    for (at, block) in weights.iter().enumerate() {
        let scales = scales_q4k(block);
        let offsets = _mm_cvtepu8_epi16(_mm_srli_si128::<8>(scales));
        let scales = _mm512_broadcast_i32x4(scales);
        let bytes = block[16..].as_chunks::<32>().0;
        let mut quants = [_mm512_setzero_si512(); 4];
        let mut spread = [_mm512_setzero_si512(); 4];
        for part in 0..4 {
            let both = _mm512_broadcast_i64x4(load_32(&bytes[part]));
            quants[part] = _mm512_and_si512(_mm512_srlv_epi16(both, halves(0, 4)), fifteen);
            spread[part] = _mm512_shuffle_epi8(scales, spreads[part]);
        }
        for token in 0..TOKENS {
            let block = &tokens[token][at];
            products[token][at] = dot(&quants, &spread, block);
            leasts[token][at] = _mm_madd_epi16(offsets, load_16(&block.sums_by_32));
        }
    }
    let mut all = [([0; 4], [0; 4]); TOKENS];
    for token in 0..TOKENS {
        all[token] = (
            whole(sums(products[token])),
            whole(short_sums(leasts[token])),
        );
    }
    all
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx2")]
#[inline]
fn row_q6k<const BLOCKS: usize, const TOKENS: usize>(
    weights: &[[u8; Q6K_BYTES]; BLOCKS],
    tokens: [&[Block; BLOCKS]; TOKENS],
) -> [Sums<[i32; 4]>; TOKENS] {
    let mut products = [[_mm512_setzero_si512(); 4]; TOKENS];
    let (three, fifteen) = (_mm512_set1_epi8(3), _mm512_set1_epi8(15));
    // Where the 16-bit lanes of 64 columns find their scale: the first eight in the first of four, and so on.
    let lanes = _mm512_srli_epi16::<3>(_mm512_set_epi16(
        31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9,
        8, 7, 6, 5, 4, 3, 2, 1, 0,
    ));
    for (at, block) in weights.iter().enumerate() {
        let scales = block[192..208].as_chunks::<16>().0;
        let scales = _mm256_cvtepi8_epi16(load_16(&scales[0]));
        let wide = _mm512_castsi256_si512(scales);
        let low = block[..128].as_chunks::<64>().0;
        let high = block[128..192].as_chunks::<32>().0;
        let mut quants = [_mm512_setzero_si512(); 4];
        let mut spread = [_mm512_setzero_si512(); 4];
        for half in 0..2 {
            let low = load_64(&low[half]);
            let high = _mm512_broadcast_i64x4(load_32(&high[half]));
            let upper = |shifts| {
                let bits = _mm512_and_si512(_mm512_srlv_epi16(high, shifts), three);
                _mm512_slli_epi16::<4>(bits)
            };
            let first = _mm512_and_si512(low, fifteen);
            let second = _mm512_and_si512(_mm512_srli_epi16::<4>(low), fifteen);
            quants[2 * half] = _mm512_or_si512(first, upper(halves(0, 2)));
            quants[2 * half + 1] = _mm512_or_si512(second, upper(halves(4, 6)));
        }
        for (part, spread) in spread.iter_mut().enumerate() {
            let from = _mm512_add_epi16(lanes, _mm512_set1_epi16(4 * part as i16));
            *spread = _mm512_permutexvar_epi16(from, wide);
        }
        for token in 0..TOKENS {
            let block = &tokens[token][at];
            let least = _mm256_madd_epi16(scales, load_32(&block.sums_by_16));
            let least = _mm512_zextsi256_si512(_mm256_slli_epi32::<5>(least));
            products[token][at] = _mm512_sub_epi32(dot(&quants, &spread, block), least);
        }
    }
    let mut all = [([0; 4], [0; 4]); TOKENS];
    for token in 0..TOKENS {
        all[token].0 = whole(sums(products[token]));
    }
    all
}
