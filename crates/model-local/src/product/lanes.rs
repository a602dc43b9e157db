//! The vector instructions that the kernels need, for processors with AVX2 and with AVX-512.
//!
//! A vector holds one row of a matrix, or two rows side by side.

use pulp::bytemuck::cast;
use pulp::x86::{V3, V4};
use std::arch::x86_64::{__m256, __m256i, __m512, __m512i};

/// Vectors of whole numbers and of floating-point numbers. 32 bytes, 16 words of 16 bits, 8 of 32 bits or 8 floats a row.
pub(super) trait Lanes: Copy {
    /// Rows in a vector.
    const ROWS: usize;
    type Ints: Copy;
    type Floats: Copy;

    /// The bytes that `row` gives for each row.
    fn bytes<'a>(self, row: impl Fn(usize) -> &'a [u8; 32]) -> Self::Ints;
    /// The same bytes for each row.
    fn same_bytes(self, bytes: &[i8; 32]) -> Self::Ints;
    /// The 8 words that `row` gives for each row, twice.
    fn words(self, row: impl Fn(usize) -> [i16; 8]) -> Self::Ints;
    /// The bytes of each half of a row in the order that the same half of `order` says.
    fn shuffle(self, a: Self::Ints, order: &[u8; 32]) -> Self::Ints;

    fn and(self, a: Self::Ints, mask: u8) -> Self::Ints;
    fn or(self, a: Self::Ints, b: Self::Ints) -> Self::Ints;
    /// Shifts of words; the bits that cross from byte to byte are the caller's to mask out.
    fn left_2(self, a: Self::Ints) -> Self::Ints;
    fn left_4(self, a: Self::Ints) -> Self::Ints;
    fn right_2(self, a: Self::Ints) -> Self::Ints;
    fn right_4(self, a: Self::Ints) -> Self::Ints;

    /// Products of unsigned bytes of `a` and signed bytes of `b`, neighbours added up to words.
    fn multiply_bytes(self, a: Self::Ints, b: Self::Ints) -> Self::Ints;
    /// Products of words, neighbours added up to 32 bits.
    fn multiply_words(self, a: Self::Ints, b: Self::Ints) -> Self::Ints;
    /// Sums of 32 bits.
    fn add(self, a: Self::Ints, b: Self::Ints) -> Self::Ints;
    fn zero(self) -> Self::Ints;

    /// The floats that `row` gives for each row.
    fn floats(self, row: impl Fn(usize) -> [f32; 8]) -> Self::Floats;
    /// `a` of 32 bits, times `b`, plus `c`.
    fn scale_add(self, a: Self::Ints, b: Self::Floats, c: Self::Floats) -> Self::Floats;
    /// `a * b + c`.
    fn multiply_add(self, a: Self::Floats, b: Self::Floats, c: Self::Floats) -> Self::Floats;
    fn multiply(self, a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// The sum of the floats of a row.
    fn sum(self, a: Self::Floats, row: usize) -> f32;
}

impl Lanes for V3 {
    const ROWS: usize = 1;
    type Ints = __m256i;
    type Floats = __m256;

    #[inline(always)]
    fn bytes<'a>(self, row: impl Fn(usize) -> &'a [u8; 32]) -> __m256i {
        cast(*row(0))
    }

    #[inline(always)]
    fn same_bytes(self, bytes: &[i8; 32]) -> __m256i {
        cast(*bytes)
    }

    #[inline(always)]
    fn words(self, row: impl Fn(usize) -> [i16; 8]) -> __m256i {
        cast([row(0); 2])
    }

    #[inline(always)]
    fn shuffle(self, a: __m256i, order: &[u8; 32]) -> __m256i {
        self.avx2._mm256_shuffle_epi8(a, cast(*order))
    }

    #[inline(always)]
    fn and(self, a: __m256i, mask: u8) -> __m256i {
        self.avx2._mm256_and_si256(a, cast([mask; 32]))
    }

    #[inline(always)]
    fn or(self, a: __m256i, b: __m256i) -> __m256i {
        self.avx2._mm256_or_si256(a, b)
    }

    #[inline(always)]
    fn left_2(self, a: __m256i) -> __m256i {
        self.avx2._mm256_slli_epi16::<2>(a)
    }

    #[inline(always)]
    fn left_4(self, a: __m256i) -> __m256i {
        self.avx2._mm256_slli_epi16::<4>(a)
    }

    #[inline(always)]
    fn right_2(self, a: __m256i) -> __m256i {
        self.avx2._mm256_srli_epi16::<2>(a)
    }

    #[inline(always)]
    fn right_4(self, a: __m256i) -> __m256i {
        self.avx2._mm256_srli_epi16::<4>(a)
    }

    #[inline(always)]
    fn multiply_bytes(self, a: __m256i, b: __m256i) -> __m256i {
        self.avx2._mm256_maddubs_epi16(a, b)
    }

    #[inline(always)]
    fn multiply_words(self, a: __m256i, b: __m256i) -> __m256i {
        self.avx2._mm256_madd_epi16(a, b)
    }

    #[inline(always)]
    fn add(self, a: __m256i, b: __m256i) -> __m256i {
        self.avx2._mm256_add_epi32(a, b)
    }

    #[inline(always)]
    fn zero(self) -> __m256i {
        cast([0u8; 32])
    }

    #[inline(always)]
    fn floats(self, row: impl Fn(usize) -> [f32; 8]) -> __m256 {
        cast(row(0))
    }

    #[inline(always)]
    fn scale_add(self, a: __m256i, b: __m256, c: __m256) -> __m256 {
        self.multiply_add(self.avx._mm256_cvtepi32_ps(a), b, c)
    }

    #[inline(always)]
    fn multiply_add(self, a: __m256, b: __m256, c: __m256) -> __m256 {
        self.fma._mm256_fmadd_ps(a, b, c)
    }

    #[inline(always)]
    fn multiply(self, a: __m256, b: __m256) -> __m256 {
        self.avx._mm256_mul_ps(a, b)
    }

    #[inline(always)]
    fn sum(self, a: __m256, _row: usize) -> f32 {
        cast::<_, [f32; 8]>(a).iter().sum()
    }
}

impl Lanes for V4 {
    const ROWS: usize = 2;
    type Ints = __m512i;
    type Floats = __m512;

    #[inline(always)]
    fn bytes<'a>(self, row: impl Fn(usize) -> &'a [u8; 32]) -> __m512i {
        cast([*row(0), *row(1)])
    }

    #[inline(always)]
    fn same_bytes(self, bytes: &[i8; 32]) -> __m512i {
        self.avx512f._mm512_broadcast_i64x4(cast(*bytes))
    }

    #[inline(always)]
    fn words(self, row: impl Fn(usize) -> [i16; 8]) -> __m512i {
        cast([[row(0); 2], [row(1); 2]])
    }

    #[inline(always)]
    fn shuffle(self, a: __m512i, order: &[u8; 32]) -> __m512i {
        self.avx512bw._mm512_shuffle_epi8(a, cast([*order; 2]))
    }

    #[inline(always)]
    fn and(self, a: __m512i, mask: u8) -> __m512i {
        self.avx512f._mm512_and_si512(a, cast([mask; 64]))
    }

    #[inline(always)]
    fn or(self, a: __m512i, b: __m512i) -> __m512i {
        self.avx512f._mm512_or_si512(a, b)
    }

    #[inline(always)]
    fn left_2(self, a: __m512i) -> __m512i {
        self.avx512bw._mm512_slli_epi16::<2>(a)
    }

    #[inline(always)]
    fn left_4(self, a: __m512i) -> __m512i {
        self.avx512bw._mm512_slli_epi16::<4>(a)
    }

    #[inline(always)]
    fn right_2(self, a: __m512i) -> __m512i {
        self.avx512bw._mm512_srli_epi16::<2>(a)
    }

    #[inline(always)]
    fn right_4(self, a: __m512i) -> __m512i {
        self.avx512bw._mm512_srli_epi16::<4>(a)
    }

    #[inline(always)]
    fn multiply_bytes(self, a: __m512i, b: __m512i) -> __m512i {
        self.avx512bw._mm512_maddubs_epi16(a, b)
    }

    #[inline(always)]
    fn multiply_words(self, a: __m512i, b: __m512i) -> __m512i {
        self.avx512bw._mm512_madd_epi16(a, b)
    }

    #[inline(always)]
    fn add(self, a: __m512i, b: __m512i) -> __m512i {
        self.avx512f._mm512_add_epi32(a, b)
    }

    #[inline(always)]
    fn zero(self) -> __m512i {
        cast([0u8; 64])
    }

    #[inline(always)]
    fn floats(self, row: impl Fn(usize) -> [f32; 8]) -> __m512 {
        cast([row(0), row(1)])
    }

    #[inline(always)]
    fn scale_add(self, a: __m512i, b: __m512, c: __m512) -> __m512 {
        self.multiply_add(self.avx512f._mm512_cvtepi32_ps(a), b, c)
    }

    #[inline(always)]
    fn multiply_add(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        self.avx512f._mm512_fmadd_ps(a, b, c)
    }

    #[inline(always)]
    fn multiply(self, a: __m512, b: __m512) -> __m512 {
        self.avx512f._mm512_mul_ps(a, b)
    }

    #[inline(always)]
    fn sum(self, a: __m512, row: usize) -> f32 {
        cast::<_, [[f32; 8]; 2]>(a)[row].iter().sum()
    }
}
