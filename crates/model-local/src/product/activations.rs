//! Rows of numbers in 8 bits.

/// Numbers that share one scale, and weights in one block of a matrix.
pub(crate) const BLOCK: usize = 256;

/// Rows of numbers, each cut into blocks.
pub(super) struct Activations {
    blocks: Vec<Block>,
    blocks_in_row: usize,
}

/// 256 numbers in 8 bits.
pub(super) struct Block {
    /// The numbers are these times `scale`.
    pub(super) quants: [i8; BLOCK],
    pub(super) scale: f32,
    /// The sums of 32 numbers each.
    pub(super) sums_of_32: [f32; 8],
    /// The sums of 16 numbers each.
    pub(super) sums_of_16: [[f32; 8]; 2],
}

impl Activations {
    /// `rows` of `width` numbers each, a multiple of [`BLOCK`].
    pub(super) fn new(rows: &[f32], width: usize) -> Self {
        Self {
            blocks: rows.as_chunks().0.iter().map(Block::new).collect(),
            blocks_in_row: width / BLOCK,
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.blocks.len() / self.blocks_in_row
    }

    pub(super) fn row(&self, index: usize) -> &[Block] {
        &self.blocks[index * self.blocks_in_row..][..self.blocks_in_row]
    }
}

impl Block {
    fn new(numbers: &[f32; BLOCK]) -> Self {
        pulp::Arch::new().dispatch(|| Self::quantised(numbers))
    }

    #[inline(always)]
    fn quantised(numbers: &[f32; BLOCK]) -> Self {
        /// Adding it to a small number leaves the nearest whole number in the lowest bits.
        const ROUND: f32 = 12_582_912.0;
        let mut largest = [0f32; 16];
        for chunk in numbers.as_chunks::<16>().0 {
            for (largest, number) in largest.iter_mut().zip(chunk) {
                *largest = largest.max(number.abs());
            }
        }
        let largest = largest.into_iter().fold(0f32, f32::max);
        let scale = largest / 127.0;
        let inverse = if largest > 0.0 { 127.0 / largest } else { 0.0 };
        let mut quants = [0; BLOCK];
        for (quant, number) in quants.iter_mut().zip(numbers) {
            *quant = (number * inverse + ROUND).to_bits() as i8;
        }
        let mut sums_of_16 = [[0.0; 8]; 2];
        let sums = sums_of_16.as_flattened_mut();
        for (sum, quants) in sums.iter_mut().zip(quants.as_chunks::<16>().0) {
            *sum = quants.iter().map(|it| i32::from(*it)).sum::<i32>() as f32 * scale;
        }
        let mut sums_of_32 = [0.0; 8];
        for (sum, pair) in sums_of_32.iter_mut().zip(sums.as_chunks::<2>().0) {
            *sum = pair[0] + pair[1];
        }
        Self {
            quants,
            scale,
            sums_of_32,
            sums_of_16,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn quants_stand_for_the_numbers(numbers in prop::collection::vec(-1e3f32..1e3, BLOCK)) {
            let activations = Activations::new(&numbers, BLOCK);
            let [block] = activations.row(0) else { panic!("one block") };
            for (quant, number) in block.quants.iter().zip(&numbers) {
                prop_assert!((f32::from(*quant) * block.scale - number).abs() <= 0.501 * block.scale);
            }
            let sum = |from: usize, count: usize| -> f32 {
                block.quants[from..from + count].iter().map(|it| f32::from(*it) * block.scale).sum()
            };
            for (at, found) in block.sums_of_16.as_flattened().iter().enumerate() {
                prop_assert!((found - sum(16 * at, 16)).abs() <= 0.01 * block.scale);
            }
            for (at, found) in block.sums_of_32.iter().enumerate() {
                prop_assert!((found - sum(32 * at, 32)).abs() <= 0.01 * block.scale);
            }
        }
    }

    #[test]
    fn zeros_stay_zeros() {
        let activations = Activations::new(&[0.0; 2 * BLOCK], BLOCK);
        assert_eq!(activations.rows(), 2);
        assert!(activations.row(1)[0].quants.iter().all(|it| *it == 0));
        assert_eq!(activations.row(1)[0].scale, 0.0);
    }
}
