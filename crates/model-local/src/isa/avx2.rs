//! AVX2: Intel from 2013, AMD from 2015.

#![expect(
    unsafe_code,
    reason = "vector instructions may be used where a processor has them, and memory is read by address"
)]

use super::{Isa, LANES, Loops, Sums, TILE_TOKENS};
use crate::activations::Block;
use crate::quants::{Q4K_BYTES, Q6K_BYTES};
use crate::tile::Tile;
use std::arch::x86_64::*;

/// Tokens whose sums fit into the sixteen registers together.
const TOGETHER: usize = 4;

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
    fn fetch<T>(self, from: &T, ahead: usize) {
        let start = std::ptr::from_ref(from).cast::<i8>().wrapping_add(ahead);
        for line in (0..size_of::<T>()).step_by(64) {
            // SAFETY: it is a hint; an address of nothing is ignored.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(line)) }
        }
    }

    #[inline(always)]
    fn splat(self, number: f32) -> [__m256; 2] {
        // SAFETY: the processor has the instruction.
        unsafe { [_mm256_set1_ps(number); 2] }
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
    fn load_whole(self, from: &[i32; LANES]) -> [__m256i; 2] {
        let [low, high] = split(from);
        // SAFETY: the processor has the instructions.
        unsafe { [load_32(low), load_32(high)] }
    }

    #[inline(always)]
    fn tile_q4k(
        self,
        tile: &Tile,
        tokens: [&Block; TILE_TOKENS],
    ) -> [Sums<[__m256i; 2]>; TILE_TOKENS] {
        // SAFETY: the processor has the instructions.
        unsafe { tile_q4k(tile, tokens) }
    }

    #[inline(always)]
    fn tile_q6k(
        self,
        tile: &Tile,
        tokens: [&Block; TILE_TOKENS],
    ) -> [Sums<[__m256i; 2]>; TILE_TOKENS] {
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
        unsafe { row_q4k(weights, tokens) }
    }

    #[inline(always)]
    fn row_q6k<const BLOCKS: usize, const TOKENS: usize>(
        self,
        weights: &[[u8; Q6K_BYTES]; BLOCKS],
        tokens: [&[Block; BLOCKS]; TOKENS],
    ) -> [Sums<[i32; 4]>; TOKENS] {
        // SAFETY: the processor has the instructions.
        unsafe { row_q6k(weights, tokens) }
    }
}

#[inline(always)]
fn split<T>(from: &[T; LANES]) -> [&[T; LANES / 2]; 2] {
    let halves = from.as_chunks::<{ LANES / 2 }>().0;
    [&halves[0], &halves[1]]
}

#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn load_32<T: Copy, const N: usize>(from: &[T; N]) -> __m256i {
    const { assert!(size_of::<T>() * N == 32) };
    // SAFETY: 32 bytes are borrowed.
    unsafe { _mm256_loadu_si256(from.as_ptr().cast()) }
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
pub(super) fn whole(numbers: __m128i) -> [i32; 4] {
    let mut to = [0; 4];
    // SAFETY: 16 bytes are borrowed.
    unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), numbers) };
    to
}

/// The eight scales and the eight leasts of a block, as `quants::parts_q4k` gives them.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn scales_q4k(block: &[u8; Q4K_BYTES]) -> __m128i {
    // Twelve bytes in three words, after the two factors: the low six bits of the first two words, or four bits of the third
    // and the high two of one of the first.
    let words = load_16(&block.as_chunks::<16>().0[0]);
    let low = _mm_shuffle_epi32::<0b11_10_11_01>(words);
    let low = _mm_srlv_epi32(low, _mm_set_epi32(4, 0, 0, 0));
    let low = _mm_and_si128(
        low,
        _mm_set_epi32(0x0f0f_0f0f, 0x3f3f_3f3f, 0x0f0f_0f0f, 0x3f3f_3f3f),
    );
    let high = _mm_srli_epi32::<2>(_mm_shuffle_epi32::<0b10_00_01_00>(words));
    let high = _mm_and_si128(high, _mm_set_epi32(0x3030_3030, 0, 0x3030_3030, 0));
    _mm_or_si128(low, high)
}

/// Two neighbouring numbers in every lane.
#[target_feature(enable = "avx2")]
#[inline]
fn splat_pair(pair: [i16; 2]) -> __m256i {
    _mm256_set1_epi32(joined(pair))
}

/// Two numbers as one, the first in the lower half.
#[inline(always)]
pub(super) fn joined([a, b]: [i16; 2]) -> i32 {
    (u32::from(a.cast_unsigned()) | u32::from(b.cast_unsigned()) << 16).cast_signed()
}

#[target_feature(enable = "avx2")]
#[inline]
fn tile_q4k(tile: &Tile, tokens: [&Block; TILE_TOKENS]) -> [Sums<[__m256i; 2]>; TILE_TOKENS] {
    // 8 x 2 products of at most 15 x 127 stay below 32,768.
    let sums = products::<8, 8>(tile, tokens);
    let mut all = [([_mm256_setzero_si256(); 2], [_mm256_setzero_si256(); 2]); TILE_TOKENS];
    for (at, token) in tokens.into_iter().enumerate() {
        let leasts = leasts(&tile.offsets[..4], &token.sums_by_32);
        all[at] = (sums[at], leasts);
    }
    all
}

#[target_feature(enable = "avx2")]
#[inline]
fn tile_q6k(tile: &Tile, tokens: [&Block; TILE_TOKENS]) -> [Sums<[__m256i; 2]>; TILE_TOKENS] {
    // 2 x 2 products of at most 63 x 127 stay below 32,768.
    let sums = products::<4, 2>(tile, tokens);
    let mut all = [([_mm256_setzero_si256(); 2], [_mm256_setzero_si256(); 2]); TILE_TOKENS];
    for (at, token) in tokens.into_iter().enumerate() {
        let leasts = leasts(&tile.offsets, &token.sums_by_16);
        all[at].0 = [
            _mm256_sub_epi32(sums[at][0], leasts[0]),
            _mm256_sub_epi32(sums[at][1], leasts[1]),
        ];
    }
    all
}

#[target_feature(enable = "avx2")]
#[inline]
fn leasts(offsets: &[[[i16; 2]; LANES]], sums: &[i16]) -> [__m256i; 2] {
    let mut leasts = [_mm256_setzero_si256(); 2];
    for (offsets, sums) in offsets.iter().zip(sums.as_chunks::<2>().0) {
        let sums = splat_pair(*sums);
        for (least, offsets) in leasts.iter_mut().zip(split(offsets)) {
            *least = _mm256_add_epi32(*least, _mm256_madd_epi16(load_32(offsets), sums));
        }
    }
    leasts
}

/// The products of a tile, where each scale serves `GROUPS` groups of four columns, and those of `SAFE` groups may be summed
/// up in 16 bits.
#[target_feature(enable = "avx2")]
#[inline]
fn products<const GROUPS: usize, const SAFE: usize>(
    tile: &Tile,
    tokens: [&Block; TILE_TOKENS],
) -> [[__m256i; 2]; TILE_TOKENS] {
    let mut all = [[_mm256_setzero_si256(); 2]; TILE_TOKENS];
    for half in 0..2 {
        for first in [0, TOGETHER] {
            let mut sums = [_mm256_setzero_si256(); TOGETHER];
            for (run, groups) in tile.groups.as_chunks::<SAFE>().0.iter().enumerate() {
                let mut short = [_mm256_setzero_si256(); TOGETHER];
                for (at, group) in groups.iter().enumerate() {
                    let weights = load_32(&group.as_chunks::<32>().0[half]);
                    for (sum, token) in short.iter_mut().zip(&tokens[first..]) {
                        let quants = token.quants.as_chunks::<4>().0[run * SAFE + at];
                        let quants = i32::from_ne_bytes(quants.map(i8::cast_unsigned));
                        let products = _mm256_maddubs_epi16(weights, _mm256_set1_epi32(quants));
                        *sum = _mm256_add_epi16(*sum, products);
                    }
                }
                let scales = load_32(split(&tile.scales[run * SAFE / GROUPS])[half]);
                for (sum, short) in sums.iter_mut().zip(short) {
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(short, scales));
                }
            }
            for (all, sum) in all[first..].iter_mut().zip(sums) {
                all[half] = sum;
            }
        }
    }
    all
}

/// The sum of all lanes of each of four vectors.
#[target_feature(enable = "avx2")]
#[inline]
fn sums([a, b, c, d]: [__m256i; 4]) -> __m128i {
    let ab = _mm256_add_epi32(_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
    let cd = _mm256_add_epi32(_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
    let all = _mm256_add_epi32(_mm256_unpacklo_epi64(ab, cd), _mm256_unpackhi_epi64(ab, cd));
    _mm_add_epi32(
        _mm256_castsi256_si128(all),
        _mm256_extracti128_si256::<1>(all),
    )
}

/// The sum of all lanes of each of four short vectors.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn short_sums([a, b, c, d]: [__m128i; 4]) -> __m128i {
    let ab = _mm_add_epi32(_mm_unpacklo_epi32(a, b), _mm_unpackhi_epi32(a, b));
    let cd = _mm_add_epi32(_mm_unpacklo_epi32(c, d), _mm_unpackhi_epi32(c, d));
    _mm_add_epi32(_mm_unpacklo_epi64(ab, cd), _mm_unpackhi_epi64(ab, cd))
}

/// 32 products of quants and activations in each of eight vectors, scaled and summed up in eight lanes.
#[target_feature(enable = "avx2")]
#[inline]
fn dot(weights: &[__m256i; 8], scales: &[__m256i; 8], token: &Block) -> __m256i {
    let quants = token.quants.as_chunks::<32>().0;
    let mut even = _mm256_setzero_si256();
    let mut odd = _mm256_setzero_si256();
    for at in 0..4 {
        let product = _mm256_maddubs_epi16(weights[2 * at], load_32(&quants[2 * at]));
        even = _mm256_add_epi32(even, _mm256_madd_epi16(product, scales[2 * at]));
        let product = _mm256_maddubs_epi16(weights[2 * at + 1], load_32(&quants[2 * at + 1]));
        odd = _mm256_add_epi32(odd, _mm256_madd_epi16(product, scales[2 * at + 1]));
    }
    _mm256_add_epi32(even, odd)
}

#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn row_q4k<const BLOCKS: usize, const TOKENS: usize>(
    weights: &[[u8; Q4K_BYTES]; BLOCKS],
    tokens: [&[Block; BLOCKS]; TOKENS],
) -> [Sums<[i32; 4]>; TOKENS] {
    let mut products = [[_mm256_setzero_si256(); 4]; TOKENS];
    let mut leasts = [[_mm_setzero_si128(); 4]; TOKENS];
    let fifteen = _mm256_set1_epi8(15);
    for (at, block) in weights.iter().enumerate() {
        let scales = scales_q4k(block);
        let offsets = _mm_cvtepu8_epi16(_mm_srli_si128::<8>(scales));
        let scales = _mm256_broadcastsi128_si256(scales);
        let bytes = block[16..].as_chunks::<32>().0;
        let mut quants = [_mm256_setzero_si256(); 8];
        let mut spread = [_mm256_setzero_si256(); 8];
        for part in 0..4 {
            let both = load_32(&bytes[part]);
            quants[2 * part] = _mm256_and_si256(both, fifteen);
            quants[2 * part + 1] = _mm256_and_si256(_mm256_srli_epi16::<4>(both), fifteen);
        }
        for (part, spread) in spread.iter_mut().enumerate() {
            // Spreads the byte of a scale over the 16-bit lanes; the high bit leaves a byte empty.
            let from = _mm256_set1_epi16(i16::MIN | part as i16);
            *spread = _mm256_shuffle_epi8(scales, from);
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

#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn row_q6k<const BLOCKS: usize, const TOKENS: usize>(
    weights: &[[u8; Q6K_BYTES]; BLOCKS],
    tokens: [&[Block; BLOCKS]; TOKENS],
) -> [Sums<[i32; 4]>; TOKENS] {
    let mut products = [[_mm256_setzero_si256(); 4]; TOKENS];
    let (three, fifteen) = (_mm256_set1_epi8(3), _mm256_set1_epi8(15));
    for (at, block) in weights.iter().enumerate() {
        let scales = block[192..208].as_chunks::<16>().0;
        let scales = _mm256_cvtepi8_epi16(load_16(&scales[0]));
        // Eight scales in both halves, for each half of the block.
        let wide = [
            _mm256_permute4x64_epi64::<0b01_00_01_00>(scales),
            _mm256_permute4x64_epi64::<0b11_10_11_10>(scales),
        ];
        let low = block[..128].as_chunks::<32>().0;
        let high = block[128..192].as_chunks::<32>().0;
        let mut quants = [_mm256_setzero_si256(); 8];
        let mut spread = [_mm256_setzero_si256(); 8];
        for half in 0..2 {
            let (a, b) = (load_32(&low[2 * half]), load_32(&low[2 * half + 1]));
            let high = load_32(&high[half]);
            let upper = |bits| _mm256_slli_epi16::<4>(_mm256_and_si256(bits, three));
            let parts = [
                (a, high),
                (b, _mm256_srli_epi16::<2>(high)),
                (_mm256_srli_epi16::<4>(a), _mm256_srli_epi16::<4>(high)),
                (_mm256_srli_epi16::<4>(b), _mm256_srli_epi16::<6>(high)),
            ];
            for (part, (low, high)) in parts.into_iter().enumerate() {
                let low = _mm256_and_si256(low, fifteen);
                quants[4 * half + part] = _mm256_or_si256(low, upper(high));
                // The two bytes of one scale in each lane of the first half, of the next in the second.
                let byte = 4 * part as i16;
                let from = |byte: i16| _mm_set1_epi16(byte | (byte + 1) << 8);
                let from = _mm256_set_m128i(from(byte + 2), from(byte));
                spread[4 * half + part] = _mm256_shuffle_epi8(wide[half], from);
            }
        }
        for token in 0..TOKENS {
            let block = &tokens[token][at];
            let least = _mm256_madd_epi16(scales, load_32(&block.sums_by_16));
            let least = _mm256_slli_epi32::<5>(least);
            products[token][at] = _mm256_sub_epi32(dot(&quants, &spread, block), least);
        }
    }
    let mut all = [([0; 4], [0; 4]); TOKENS];
    for token in 0..TOKENS {
        all[token].0 = whole(sums(products[token]));
    }
    all
}
