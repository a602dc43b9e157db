//! Products of rows of numbers and the quantised matrices of a model, by candle's kernels.

use candle_core::quantized::QTensor;
use candle_core::{Device, Result, Tensor};

/// Each row of `rows` multiplied by `matrix`: as many numbers a row as the matrix has rows.
pub(crate) fn product(matrix: &QTensor, rows: &[f32]) -> Result<Vec<f32>> {
    one(matrix, &tensor(matrix, rows)?)
}

/// Each row of `rows` multiplied by each of `matrices`, which have as many columns as a row has numbers. Neighbours of one
/// kind share the preparation of the rows where the processor has a kernel for that.
pub(crate) fn products<const N: usize>(
    matrices: [&QTensor; N],
    rows: &[f32],
) -> Result<[Vec<f32>; N]> {
    let mut products = [const { Vec::new() }; N];
    let mut done = 0;
    for alike in matrices.chunk_by(|a, b| a.dtype() == b.dtype()) {
        let rows = tensor(alike[0], rows)?;
        let fused = QTensor::gemv_fused_shared_lhs(alike, &rows)?;
        for (index, matrix) in alike.iter().enumerate() {
            products[done + index] = match &fused {
                Some(fused) => numbers(&fused[index])?,
                None => one(matrix, &rows)?,
            };
        }
        done += alike.len();
    }
    Ok(products)
}

/// The rows of `matrix` that `indices` name, one after another. Only these are unpacked.
pub(crate) fn lookup(matrix: &QTensor, indices: &[u32]) -> Result<Vec<f32>> {
    numbers(&matrix.embedding(&Tensor::new(indices, &Device::Cpu)?)?)
}

fn one(matrix: &QTensor, rows: &Tensor) -> Result<Vec<f32>> {
    numbers(&rows.apply_op1_no_bwd(matrix)?)
}

fn tensor(matrix: &QTensor, rows: &[f32]) -> Result<Tensor> {
    let (_, columns) = matrix.shape().dims2()?;
    Tensor::from_slice(rows, (rows.len() / columns, columns), &Device::Cpu)
}

fn numbers(tensor: &Tensor) -> Result<Vec<f32>> {
    tensor.flatten_all()?.to_vec1()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Noise;
    use candle_core::quantized::GgmlDType;

    const ROWS: usize = 48;
    const COLUMNS: usize = 512;

    fn random(count: usize, seed: u64) -> Vec<f32> {
        let mut noise = Noise(seed);
        (0..count).map(|_| noise.number()).collect()
    }

    fn matrix(kind: GgmlDType, seed: u64) -> QTensor {
        let numbers = random(ROWS * COLUMNS, seed);
        let numbers = Tensor::from_vec(numbers, (ROWS, COLUMNS), &Device::Cpu).unwrap();
        QTensor::quantize(&numbers, kind).unwrap()
    }

    /// What the definition says, over the numbers that the matrix stands for.
    fn expected(matrix: &QTensor, rows: &[f32]) -> Vec<f32> {
        let all: Vec<u32> = (0..ROWS as u32).collect();
        let weights = lookup(matrix, &all).unwrap();
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let rows = rows.chunks_exact(COLUMNS);
        rows.flat_map(|row| weights.chunks_exact(COLUMNS).map(move |it| dot(it, row)))
            .collect()
    }

    #[track_caller]
    fn check(found: &[f32], expected: &[f32], tolerance: f32) {
        assert_eq!(found.len(), expected.len());
        let length = |it: &[f32]| it.iter().map(|it| it * it).sum::<f32>().sqrt();
        let apart: Vec<_> = found.iter().zip(expected).map(|(a, b)| a - b).collect();
        let share = length(&apart) / length(expected);
        assert!(share < tolerance, "{share}");
    }

    #[test]
    fn every_kind_of_matrix_is_multiplied() {
        let kinds = [
            (GgmlDType::F32, 1e-5),
            (GgmlDType::Q8_0, 0.02),
            (GgmlDType::Q4K, 0.02),
            (GgmlDType::Q6K, 0.02),
        ];
        for (kind, tolerance) in kinds {
            for tokens in [1, 5, 24] {
                let (matrix, rows) = (matrix(kind, 1), random(tokens * COLUMNS, 2));
                let found = product(&matrix, &rows).unwrap();
                check(&found, &expected(&matrix, &rows), tolerance);
            }
        }
    }

    #[test]
    fn matrices_multiplied_together_keep_their_order() {
        let kinds = [
            GgmlDType::Q4K,
            GgmlDType::Q4K,
            GgmlDType::Q6K,
            GgmlDType::F32,
        ];
        let matrices = [1, 2, 3, 4].map(|seed| matrix(kinds[seed as usize - 1], seed));
        for tokens in [1, 9] {
            let rows = random(tokens * COLUMNS, 5);
            let together = products(matrices.each_ref(), &rows).unwrap();
            for (matrix, found) in matrices.iter().zip(&together) {
                check(found, &expected(matrix, &rows), 0.02);
            }
        }
    }
}
