//! Multiplying matrices whose rows are blocks of 256 weights, in the published layouts Q4_K and Q6_K.
//!
//! Products of weights and activations are whole numbers until the end of a block; each row of activations is summed in the
//! same order whichever rows are beside it.

use super::activations::{Activations, BLOCK, Block};
use super::lanes::Lanes;
use super::{Kernel, TOGETHER};
use pulp::{Arch, NullaryFnOnce};

/// Bytes of a block of Q4_K: two scales, 12 bytes with 8 scales and 8 offsets of 6 bits, 256 weights of 4 bits.
const Q4K_BYTES: usize = 144;
/// Bytes of a block of Q6_K: 256 times 4 bits, 256 times the upper 2 bits, 16 scales, a scale for all.
const Q6K_BYTES: usize = 210;

/// Multiplies rows of the matrix `data`, from row `first` on, by all `activations`. `part` holds one slice a row of
/// activations, each with room for one number a row of the matrix.
pub(super) fn multiply(
    kernel: Kernel,
    data: &[u8],
    activations: &Activations,
    first: usize,
    part: &mut [&mut [f32]],
) {
    match Arch::new() {
        Arch::V4(lanes) => lanes.vectorize(Piece {
            lanes,
            kernel,
            data,
            activations,
            first,
            part,
        }),
        Arch::V3(lanes) => lanes.vectorize(Piece {
            lanes,
            kernel,
            data,
            activations,
            first,
            part,
        }),
        _ => unreachable!("these kernels are chosen on processors with vectors only"),
    }
}

struct Piece<'a, 'b, L> {
    lanes: L,
    kernel: Kernel,
    data: &'a [u8],
    activations: &'a Activations,
    first: usize,
    part: &'a mut [&'b mut [f32]],
}

impl<L: Lanes> NullaryFnOnce for Piece<'_, '_, L> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        match self.kernel {
            Kernel::Q4K => self.run::<Q4K, Q4K_BYTES>(),
            Kernel::Q6K => self.run::<Q6K, Q6K_BYTES>(),
            Kernel::Candle => (),
        }
    }
}

impl<L: Lanes> Piece<'_, '_, L> {
    #[inline(always)]
    fn run<W: Weights<BYTES>, const BYTES: usize>(mut self) {
        let first = self.first;
        let blocks = self.activations.row(0).len();
        let matrix = self.data.as_chunks::<BYTES>().0;
        let rows = self.part[0].len();
        for row in (0..rows).step_by(L::ROWS) {
            // A last odd row is computed twice side by side.
            let weights = |side: usize| {
                let row = first + (row + side).min(rows - 1);
                &matrix[row * blocks..][..blocks]
            };
            let mut from = 0;
            while from < self.part.len() {
                from += match self.part.len() - from {
                    TOGETHER.. => self.step::<W, BYTES, TOGETHER>(weights, row, from),
                    4.. => self.step::<W, BYTES, 4>(weights, row, from),
                    _ => self.step::<W, BYTES, 1>(weights, row, from),
                };
            }
        }
    }
}

impl<L: Lanes> Piece<'_, '_, L> {
    /// Multiplies as many rows of the matrix as stand side by side by `M` rows of activations, from row `from` on. `row` is
    /// where the numbers go in each slice. Returns `M`.
    #[inline(always)]
    fn step<'a, W: Weights<BYTES>, const BYTES: usize, const M: usize>(
        &mut self,
        weights: impl Fn(usize) -> &'a [[u8; BYTES]],
        row: usize,
        from: usize,
    ) -> usize {
        let lanes = self.lanes;
        let activations: [&[Block]; M] =
            std::array::from_fn(|index| self.activations.row(from + index));
        let mut sums = [lanes.floats(|_| [0.0; 8]); M];
        for index in 0..activations[0].len() {
            let activations = activations.map(|blocks| &blocks[index]);
            W::add(lanes, |side| &weights(side)[index], activations, &mut sums);
        }
        for (part, sum) in self.part[from..from + M].iter_mut().zip(sums) {
            for (side, number) in part[row..].iter_mut().take(L::ROWS).enumerate() {
                *number = lanes.sum(sum, side);
            }
        }
        M
    }
}

/// A layout of blocks.
trait Weights<const BYTES: usize> {
    /// Adds the products of the weights of a block (of each row side by side) and each of `activations` to `sums`.
    fn add<'a, L: Lanes, const M: usize>(
        lanes: L,
        block: impl Fn(usize) -> &'a [u8; BYTES],
        activations: [&Block; M],
        sums: &mut [L::Floats; M],
    );
}

struct Q4K;

impl Weights<Q4K_BYTES> for Q4K {
    #[inline(always)]
    fn add<'a, L: Lanes, const M: usize>(
        lanes: L,
        block: impl Fn(usize) -> &'a [u8; Q4K_BYTES],
        activations: [&Block; M],
        sums: &mut [L::Floats; M],
    ) {
        let scales = lanes.words(|side| scales_and_offsets(block(side)).0.map(i16::from));
        let mut ints = [lanes.zero(); M];
        // 32 bytes hold two times 32 weights, each with its scale: the first in the lower halves of the bytes.
        for at in 0..4 {
            let bytes = lanes.bytes(|side| array(block(side), 16 + 32 * at));
            let lower = lanes.and(bytes, 0x0f);
            let upper = lanes.and(lanes.right_4(bytes), 0x0f);
            let lower_scale = lanes.shuffle(scales, &WORD[2 * at]);
            let upper_scale = lanes.shuffle(scales, &WORD[2 * at + 1]);
            for (sum, activation) in ints.iter_mut().zip(activations) {
                let (first, second) = (quants(activation, 2 * at), quants(activation, 2 * at + 1));
                let lower = lanes.multiply_bytes(lower, lanes.same_bytes(first));
                let upper = lanes.multiply_bytes(upper, lanes.same_bytes(second));
                *sum = lanes.add(*sum, lanes.multiply_words(lower, lower_scale));
                *sum = lanes.add(*sum, lanes.multiply_words(upper, upper_scale));
            }
        }
        let scale = lanes.floats(|side| [half(block(side), 0); 8]);
        let offsets = lanes.floats(|side| {
            let scale = -half(block(side), 2);
            scales_and_offsets(block(side))
                .1
                .map(|it| scale * f32::from(it))
        });
        for ((sum, ints), activation) in sums.iter_mut().zip(ints).zip(activations) {
            let scale = lanes.multiply(scale, lanes.floats(|_| [activation.scale; 8]));
            *sum = lanes.scale_add(ints, scale, *sum);
            *sum = lanes.multiply_add(offsets, lanes.floats(|_| activation.sums_of_32), *sum);
        }
    }
}

struct Q6K;

impl Weights<Q6K_BYTES> for Q6K {
    #[inline(always)]
    fn add<'a, L: Lanes, const M: usize>(
        lanes: L,
        block: impl Fn(usize) -> &'a [u8; Q6K_BYTES],
        activations: [&Block; M],
        sums: &mut [L::Floats; M],
    ) {
        let scales_of = |side: usize, from: usize| {
            let scales: &[u8; 8] = array(block(side), 192 + from);
            scales.map(|it| i16::from(it as i8))
        };
        let scales = [0, 8].map(|from| lanes.words(|side| scales_of(side, from)));
        let mut ints = [lanes.zero(); M];
        for part in 0..2 {
            let first = lanes.bytes(|side| array(block(side), 64 * part));
            let second = lanes.bytes(|side| array(block(side), 64 * part + 32));
            let above = lanes.bytes(|side| array(block(side), 128 + 32 * part));
            // Four times 32 weights: the lower 4 bits from two times two halves of bytes, the upper 2 from one byte.
            let weights = [
                lanes.or(lanes.and(first, 0x0f), lanes.and(lanes.left_4(above), 0x30)),
                lanes.or(
                    lanes.and(second, 0x0f),
                    lanes.and(lanes.left_2(above), 0x30),
                ),
                lanes.or(
                    lanes.and(lanes.right_4(first), 0x0f),
                    lanes.and(above, 0x30),
                ),
                lanes.or(
                    lanes.and(lanes.right_4(second), 0x0f),
                    lanes.and(lanes.right_2(above), 0x30),
                ),
            ];
            for (at, weights) in weights.into_iter().enumerate() {
                let scale = lanes.shuffle(scales[part], &WORD_PAIR[at]);
                for (sum, activation) in ints.iter_mut().zip(activations) {
                    let activation = lanes.same_bytes(quants(activation, 4 * part + at));
                    let products = lanes.multiply_bytes(weights, activation);
                    *sum = lanes.add(*sum, lanes.multiply_words(products, scale));
                }
            }
        }
        let scale = lanes.floats(|side| [half(block(side), 208); 8]);
        // The weights are stored 32 too high.
        let offsets = [0, 8].map(|from| {
            lanes.floats(|side| {
                let scale = -32.0 * half(block(side), 208);
                scales_of(side, from).map(|it| scale * f32::from(it))
            })
        });
        for ((sum, ints), activation) in sums.iter_mut().zip(ints).zip(activations) {
            let scale = lanes.multiply(scale, lanes.floats(|_| [activation.scale; 8]));
            *sum = lanes.scale_add(ints, scale, *sum);
            for (offsets, sums) in offsets.iter().zip(activation.sums_of_16) {
                *sum = lanes.multiply_add(*offsets, lanes.floats(|_| sums), *sum);
            }
        }
    }
}

/// Orders for [`Lanes::shuffle`] that repeat word N of 8 everywhere.
const WORD: [[u8; 32]; 8] = {
    let mut orders = [[0; 32]; 8];
    let mut at = 0;
    while at < 8 * 32 {
        orders[at / 32][at % 32] = (2 * (at / 32) + at % 2) as u8;
        at += 1;
    }
    orders
};

/// Orders for [`Lanes::shuffle`] that repeat word 2 N of 8 in the first half of a row and the next word in the second.
const WORD_PAIR: [[u8; 32]; 4] = {
    let mut orders = [[0; 32]; 4];
    let mut at = 0;
    while at < 4 * 32 {
        let word = 2 * (at / 32) + at % 32 / 16;
        orders[at / 32][at % 32] = (2 * word + at % 2) as u8;
        at += 1;
    }
    orders
};

/// The 8 scales and the 8 offsets of a block of Q4_K, 6 bits each: the first four of each kind stand in the lower bits of a
/// byte each, the others in half bytes, with their upper bits above the first four.
#[inline(always)]
fn scales_and_offsets(block: &[u8; Q4K_BYTES]) -> ([u8; 8], [u8; 8]) {
    let word = |at: usize| u32::from_le_bytes(*array(block, 4 + 4 * at));
    let (low, middle, high) = (word(0), word(1), word(2));
    let joined =
        |first: u32, second: u32| (u64::from(second) << 32 | u64::from(first)).to_le_bytes();
    let above = |word: u32| (word >> 2) & 0x3030_3030;
    (
        joined(low & 0x3f3f_3f3f, high & 0x0f0f_0f0f | above(low)),
        joined(
            middle & 0x3f3f_3f3f,
            (high >> 4) & 0x0f0f_0f0f | above(middle),
        ),
    )
}

/// The 16-bit floating-point number at `at`. Infinities, which no published file has, come out as large numbers.
#[inline(always)]
fn half<const BYTES: usize>(block: &[u8; BYTES], at: usize) -> f32 {
    /// 2 to the power of 112, the difference of the two exponents' offsets.
    const REBASE: f32 = f32::from_bits(0x7780_0000);
    let bits = u32::from(u16::from_le_bytes(*array(block, at)));
    let number = f32::from_bits((bits & 0x7fff) << 13) * REBASE;
    f32::from_bits(number.to_bits() | (bits & 0x8000) << 16)
}

/// 32 of a block's activations.
#[inline(always)]
fn quants(activations: &Block, at: usize) -> &[i8; 32] {
    let (parts, []) = activations.quants.as_chunks::<32>() else {
        unreachable!("{BLOCK} is a multiple of 32")
    };
    &parts[at]
}

/// `N` of `bytes`, from `at` on.
#[inline(always)]
fn array<const N: usize, const BYTES: usize>(bytes: &[u8; BYTES], at: usize) -> &[u8; N] {
    let Some(array) = bytes[at..].first_chunk() else {
        unreachable!("every part of a block lies inside it")
    };
    array
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Noise;
    use candle_core::quantized::{GgmlDType, QTensor};
    use candle_core::{Device, Tensor};
    use pulp::x86::{V3, V4};

    const COLUMNS: usize = 768;

    fn random(count: usize, seed: u64) -> Vec<f32> {
        let mut noise = Noise(seed);
        (0..count).map(|_| noise.number() * 3.0).collect()
    }

    /// Multiplies a random matrix of `rows` rows by `tokens` rows of activations and compares with the sums of products of
    /// what both stand for.
    #[track_caller]
    fn check<L: Lanes>(
        vectorize: impl Fn(Piece<'_, '_, L>),
        lanes: L,
        kernel: Kernel,
        rows: usize,
        tokens: usize,
    ) {
        let kind = match kernel {
            Kernel::Q4K => GgmlDType::Q4K,
            _ => GgmlDType::Q6K,
        };
        let matrix = Tensor::from_vec(random(rows * COLUMNS, 1), (rows, COLUMNS), &Device::Cpu);
        let matrix = QTensor::quantize(&matrix.unwrap(), kind).unwrap();
        let numbers = matrix
            .dequantize(&Device::Cpu)
            .unwrap()
            .to_vec2::<f32>()
            .unwrap();
        let activations = Activations::new(&random(tokens * COLUMNS, 2), COLUMNS);
        let first = 1;
        let mut found = vec![0.0; tokens * (rows - first)];
        let mut part: Vec<_> = found.chunks_exact_mut(rows - first).collect();
        vectorize(Piece {
            lanes,
            kernel,
            data: &matrix.data().unwrap(),
            activations: &activations,
            first,
            part: &mut part,
        });
        for token in 0..tokens {
            let blocks = activations.row(token).iter();
            let column: Vec<f64> = blocks
                .flat_map(|it| {
                    it.quants
                        .map(|quant| f64::from(quant) * f64::from(it.scale))
                })
                .collect();
            for row in first..rows {
                let terms = numbers[row]
                    .iter()
                    .zip(&column)
                    .map(|(a, b)| f64::from(*a) * b);
                let (sum, size) =
                    terms.fold((0.0, 0.0), |(sum, size), it| (sum + it, size + it.abs()));
                let found = f64::from(found[token * (rows - first) + row - first]);
                assert!(
                    (found - sum).abs() <= 1e-5 * size,
                    "{kernel:?}, row {row} of {rows}, token {token} of {tokens}: {found} instead of {sum}"
                );
            }
        }
    }

    fn check_all<L: Lanes>(vectorize: impl Fn(Piece<'_, '_, L>), lanes: L) {
        for kernel in [Kernel::Q4K, Kernel::Q6K] {
            for (rows, tokens) in [
                (2, 1),
                (17, 1),
                (34, 3),
                (34, 4),
                (33, 8),
                (20, 13),
                (18, 24),
            ] {
                check(&vectorize, lanes, kernel, rows, tokens);
            }
        }
    }

    #[test]
    fn products_are_right_with_avx2() {
        let lanes = V3::try_new().expect("these tests need a processor with AVX2");
        check_all(|piece| lanes.vectorize(piece), lanes);
    }

    #[test]
    fn products_are_right_with_avx_512() {
        // A processor without it never runs this code.
        if let Some(lanes) = V4::try_new() {
            check_all(|piece| lanes.vectorize(piece), lanes);
        }
    }

    #[test]
    fn halves_are_read() {
        let read = |bits: u16| half(&bits.to_le_bytes(), 0);
        let expected = [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65_504.0),
            (0x0400, 2f32.powi(-14)),
            (0x0001, 2f32.powi(-24)),
            (0x83ff, -1023.0 * 2f32.powi(-24)),
            (0x0000, 0.0),
        ];
        for (bits, number) in expected {
            assert_eq!(read(bits), number, "{bits:#x}");
        }
    }
}
