//! The quantised formats Q4_K and Q6_K of GGUF files: 256 weights a block.
//!
//! Source: `ggml-common.h` and `ggml-quants.c` of the ggml project. A weight of a Q4_K block is
//! `d * scale * quant - dmin * least`, with a 6-bit scale and least for each 32 weights; of a Q6_K block it is
//! `d * scale * (quant - 32)`, with an 8-bit signed scale for each 16.

/// Weights in a block.
pub(crate) const BLOCK: usize = 256;
/// Bytes of a Q4_K block: `d` and `dmin` (half precision), 12 bytes of scales and leasts, 128 of quants.
pub(crate) const Q4K_BYTES: usize = 144;
/// Bytes of a Q6_K block: 128 of low quants, 64 of high ones, 16 scales, `d`.
pub(crate) const Q6K_BYTES: usize = 210;

/// A formats that the kernels read where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Q4K,
    Q6K,
}

impl Kind {
    /// Bytes of a block.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::Q4K => Q4K_BYTES,
            Self::Q6K => Q6K_BYTES,
        }
    }
}

/// A block whose parts stand side by side.
pub(crate) struct Unpacked<const PARTS: usize, Scale> {
    pub(crate) quants: [u8; BLOCK],
    pub(crate) scales: [Scale; PARTS],
    /// What is taken off, before multiplication by `dmin`; a Q6_K block has none.
    pub(crate) offsets: [u8; PARTS],
}

/// The eight scales and the eight leasts of a Q4_K block.
#[inline(always)]
pub(crate) fn scales_q4k(block: &[u8; Q4K_BYTES]) -> [u32; 4] {
    let word =
        |at: usize| u32::from_le_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]]);
    let (a, b, c) = (word(4), word(8), word(12));
    [
        a & 0x3f3f_3f3f,
        (c & 0x0f0f_0f0f) | (((a >> 6) & 0x0303_0303) << 4),
        b & 0x3f3f_3f3f,
        ((c >> 4) & 0x0f0f_0f0f) | (((b >> 6) & 0x0303_0303) << 4),
    ]
}

/// `d` and `dmin` of a Q4_K block, in half precision.
#[inline(always)]
pub(crate) fn factors_q4k(block: &[u8; Q4K_BYTES]) -> [u16; 2] {
    [
        u16::from_le_bytes([block[0], block[1]]),
        u16::from_le_bytes([block[2], block[3]]),
    ]
}

/// `d` of a Q6_K block, in half precision.
#[inline(always)]
pub(crate) fn factor_q6k(block: &[u8; Q6K_BYTES]) -> u16 {
    u16::from_le_bytes([block[208], block[209]])
}

/// Scale and least of each part of a Q4_K block.
#[inline(always)]
pub(crate) fn parts_q4k(block: &[u8; Q4K_BYTES]) -> ([u8; 8], [u8; 8]) {
    let [a, b, c, d] = scales_q4k(block).map(u32::to_le_bytes);
    let join = |a: [u8; 4], b: [u8; 4]| [a[0], a[1], a[2], a[3], b[0], b[1], b[2], b[3]];
    (join(a, b), join(c, d))
}

/// The scales of a Q6_K block.
#[inline(always)]
pub(crate) fn parts_q6k(block: &[u8; Q6K_BYTES]) -> [i8; 16] {
    std::array::from_fn(|part| block[192 + part].cast_signed())
}

#[inline(always)]
pub(crate) fn unpack_q4k(block: &[u8; Q4K_BYTES]) -> Unpacked<8, u8> {
    let (scales, offsets) = parts_q4k(block);
    let quant = |column: usize| {
        let byte = block[16 + column / 64 * 32 + column % 32];
        if column % 64 < 32 {
            byte & 15
        } else {
            byte >> 4
        }
    };
    Unpacked {
        quants: std::array::from_fn(quant),
        scales,
        offsets,
    }
}

#[inline(always)]
pub(crate) fn unpack_q6k(block: &[u8; Q6K_BYTES]) -> Unpacked<16, i8> {
    let quant = |column: usize| {
        let (half, within) = (column / 128, column % 128);
        let low = block[half * 64 + within % 64] >> (within / 64 * 4) & 15;
        let high = block[128 + half * 32 + within % 32] >> (within / 32 * 2) & 3;
        low | high << 4
    };
    Unpacked {
        quants: std::array::from_fn(quant),
        scales: parts_q6k(block),
        offsets: [0; 16],
    }
}

/// The weights of a row of whole blocks.
pub(crate) fn dequantise(kind: Kind, row: &[u8], out: &mut [f32]) {
    match kind {
        Kind::Q4K => {
            for (block, out) in row.as_chunks().0.iter().zip(out.chunks_exact_mut(BLOCK)) {
                let [d, dmin] = factors_q4k(block).map(half);
                let unpacked = unpack_q4k(block);
                for (column, out) in out.iter_mut().enumerate() {
                    let part = column / 32;
                    *out =
                        d * f32::from(unpacked.scales[part]) * f32::from(unpacked.quants[column])
                            - dmin * f32::from(unpacked.offsets[part]);
                }
            }
        }
        Kind::Q6K => {
            for (block, out) in row.as_chunks().0.iter().zip(out.chunks_exact_mut(BLOCK)) {
                let d = half(factor_q6k(block));
                let unpacked = unpack_q6k(block);
                for (column, out) in out.iter_mut().enumerate() {
                    let quant = f32::from(unpacked.quants[column]) - 32.0;
                    *out = d * f32::from(unpacked.scales[column / 16]) * quant;
                }
            }
        }
    }
}

/// A number in half precision, widened: exact. Without branches, so that loops over it are vectorised.
#[inline(always)]
pub(crate) fn half(bits: u16) -> f32 {
    /// 2 to the power of 112, the difference of the exponents' biases.
    const SHIFT: f32 = f32::from_bits((112 + 127) << 23);
    let magnitude = u32::from(bits & 0x7fff) << 13;
    let scaled = f32::from_bits(magnitude) * SHIFT;
    // Infinities and what is no number had the largest exponent, and have to have it again.
    let beyond = if bits & 0x7c00 == 0x7c00 {
        0xff << 23
    } else {
        0
    };
    let sign = u32::from(bits & 0x8000) << 16;
    f32::from_bits(scaled.to_bits() | beyond | sign)
}

/// The nearest number in half precision; ties go to the even one.
#[inline(always)]
pub(crate) fn to_half(number: f32) -> u16 {
    /// Everything from here on is infinite: the largest finite number, 65504, and half a step.
    const INFINITE: u32 = 0x477f_f000;
    /// 2 to the power of -14, the smallest normal number.
    const NORMAL: u32 = 0x3880_0000;
    let bits = number.to_bits();
    let sign = (bits >> 16 & 0x8000) as u16;
    let magnitude = bits & 0x7fff_ffff;
    let half = if magnitude > 0x7f80_0000 {
        0x7e00
    } else if magnitude >= INFINITE {
        0x7c00
    } else if magnitude < NORMAL {
        // Adding one half rounds to multiples of 2^-24, the step of these numbers.
        let rounded = f32::from_bits(magnitude) + 0.5;
        (rounded.to_bits() - 0.5f32.to_bits()) as u16
    } else {
        let odd = magnitude >> 13 & 1;
        ((magnitude - (112 << 23) + 0xfff + odd) >> 13) as u16
    };
    half | sign
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Noise;
    use candle_core::quantized::{GgmlDType, QTensor};
    use candle_core::{Device, Tensor};

    #[test]
    fn every_half_survives_the_way_there_and_back() {
        for bits in 0..=u16::MAX {
            let number = half(bits);
            let is_nan = bits & 0x7fff > 0x7c00;
            assert_eq!(number.is_nan(), is_nan, "{bits:#x}");
            assert!(is_nan || to_half(number) == bits, "{bits:#x}: {number}");
        }
        assert_eq!(half(0x3c00), 1.0);
        assert_eq!(half(0xc500), -5.0);
        assert_eq!(half(1), 2f32.powi(-24));
        assert_eq!(half(0x7bff), 65504.0);
        assert!(half(0xfc00) == f32::NEG_INFINITY);
    }

    #[test]
    fn halves_are_the_nearest() {
        for (number, expected) in [
            (1.0 + 2f32.powi(-11), 0x3c00),
            (1.0 + 3.0 * 2f32.powi(-11), 0x3c02),
            (2f32.powi(-25), 0),
            (1.5 * 2f32.powi(-24), 2),
            (65519.9, 0x7bff),
            (65520.0, 0x7c00),
            (-1e-9, 0x8000),
        ] {
            assert_eq!(to_half(number), expected, "{number}");
        }
    }

    #[test]
    fn rows_are_dequantised_as_candle_does() {
        let mut noise = Noise(3);
        for (kind, dtype) in [(Kind::Q4K, GgmlDType::Q4K), (Kind::Q6K, GgmlDType::Q6K)] {
            let numbers: Vec<f32> = (0..3 * BLOCK).map(|_| noise.number()).collect();
            let tensor = Tensor::from_vec(numbers, 3 * BLOCK, &Device::Cpu).unwrap();
            let tensor = QTensor::quantize(&tensor, dtype).unwrap();
            let expected = tensor.dequantize(&Device::Cpu).unwrap().to_vec1::<f32>();
            let mut found = vec![0.0; 3 * BLOCK];
            dequantise(kind, &tensor.data().unwrap(), &mut found);
            assert_eq!(found, expected.unwrap());
        }
    }
}
