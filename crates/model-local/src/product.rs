//! Products of rows of numbers and the quantised matrices of a model.
//!
//! Matrices stay as they are in the file. On x86 processors with AVX2 or AVX-512 the kernels here multiply them in that form:
//! `blocks` says what the blocks of a quantised matrix are, `activations` is the other factor in 8 bits, `lanes` the few vector
//! instructions needed. Elsewhere, and for matrices of other kinds, candle's kernels do the work; those lay out the matrix
//! anew at the first use and keep both.

mod activations;
#[cfg(target_arch = "x86_64")]
mod blocks;
#[cfg(target_arch = "x86_64")]
mod lanes;

use activations::Activations;
#[cfg(target_arch = "x86_64")]
use candle_core::quantized::GgmlDType;
use candle_core::quantized::QTensor;
use candle_core::utils::barrier_pool;
use candle_core::{Device, Result, Tensor};
use std::sync::{Mutex, PoisonError};

/// Rows of activations that a kernel takes at once.
const TOGETHER: usize = 8;

/// A matrix is cut into about so many pieces, each computed by whichever thread is free.
const PIECES: usize = 64;

/// Smallest and largest piece, in rows of the matrix.
const PIECE_ROWS: std::ops::RangeInclusive<usize> = 16..=256;

/// A quantised matrix: each of its rows gives one number of each product.
pub(crate) struct Matrix {
    tensor: QTensor,
    rows: usize,
    columns: usize,
    kernel: Kernel,
}

/// How a matrix is multiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kernel {
    /// By candle.
    Candle,
    /// Blocks of the kind Q4_K, here.
    #[cfg(target_arch = "x86_64")]
    Q4K,
    /// Blocks of the kind Q6_K, here.
    #[cfg(target_arch = "x86_64")]
    Q6K,
}

impl Kernel {
    /// The best for `tensor` on this processor.
    #[cfg(target_arch = "x86_64")]
    fn of(tensor: &QTensor, columns: usize) -> Self {
        let vectors = !matches!(pulp::Arch::new(), pulp::Arch::Scalar);
        match tensor.dtype() {
            _ if !vectors || columns % activations::BLOCK != 0 => Self::Candle,
            GgmlDType::Q4K => Self::Q4K,
            GgmlDType::Q6K => Self::Q6K,
            _ => Self::Candle,
        }
    }

    /// The best for `tensor` on this processor.
    #[cfg(not(target_arch = "x86_64"))]
    fn of(_tensor: &QTensor, _columns: usize) -> Self {
        Self::Candle
    }
}

impl Matrix {
    /// The matrix that `tensor`, which has two dimensions, holds.
    pub(crate) fn new(tensor: QTensor) -> Result<Self> {
        let (rows, columns) = tensor.shape().dims2()?;
        Ok(Self {
            kernel: Kernel::of(&tensor, columns),
            tensor,
            rows,
            columns,
        })
    }

    /// The same matrix, multiplied by candle.
    #[cfg(test)]
    pub(crate) fn by_candle(mut self) -> Self {
        self.kernel = Kernel::Candle;
        self
    }

    /// The rows of the matrix that `indices` name, one after another.
    pub(crate) fn lookup(&self, indices: &[u32]) -> Result<Vec<f32>> {
        let indices = Tensor::new(indices, &Device::Cpu)?;
        numbers(&self.tensor.embedding(&indices)?)
    }
}

/// Each row of `rows` multiplied by each of `matrices`, which have as many columns as a row has numbers. Each product has
/// one row a row of `rows`.
pub(crate) fn products<const N: usize>(
    matrices: [&Matrix; N],
    rows: &[f32],
) -> Result<[Vec<f32>; N]> {
    let mut activations = None;
    let mut products = [const { Vec::new() }; N];
    for (product, matrix) in products.iter_mut().zip(matrices) {
        *product = match matrix.kernel {
            Kernel::Candle => by_candle(matrix, rows)?,
            #[cfg(target_arch = "x86_64")]
            Kernel::Q4K | Kernel::Q6K => {
                let new = || Activations::new(rows, matrix.columns);
                by_blocks(matrix, activations.get_or_insert_with(new))?
            }
        };
    }
    Ok(products)
}

/// Each row of `rows` multiplied by `matrix`.
pub(crate) fn product(matrix: &Matrix, rows: &[f32]) -> Result<Vec<f32>> {
    let [product] = products([matrix], rows)?;
    Ok(product)
}

fn by_candle(matrix: &Matrix, rows: &[f32]) -> Result<Vec<f32>> {
    let shape = (rows.len() / matrix.columns, matrix.columns);
    let rows = Tensor::from_slice(rows, shape, &Device::Cpu)?;
    numbers(&rows.apply_op1_no_bwd(&matrix.tensor)?)
}

fn numbers(tensor: &Tensor) -> Result<Vec<f32>> {
    tensor.flatten_all()?.to_vec1()
}

/// The part of a product that one piece of the matrix gives: for each row of activations, where its numbers go.
type Part<'a> = Vec<&'a mut [f32]>;

#[cfg(target_arch = "x86_64")]
fn by_blocks(matrix: &Matrix, activations: &Activations) -> Result<Vec<f32>> {
    let data = matrix.tensor.data()?;
    let piece_rows = matrix.rows.div_ceil(PIECES).next_multiple_of(16);
    let piece_rows = piece_rows.clamp(*PIECE_ROWS.start(), *PIECE_ROWS.end());
    let mut product = vec![0.0; activations.rows() * matrix.rows];
    let parts = parts(&mut product, matrix.rows, piece_rows);
    barrier_pool().execute_chunked(parts.len(), |range| {
        for index in range {
            let mut part = parts[index].lock().unwrap_or_else(PoisonError::into_inner);
            blocks::multiply(
                matrix.kernel,
                &data,
                activations,
                index * piece_rows,
                &mut part,
            );
        }
    });
    drop(parts);
    Ok(product)
}

/// Cuts `product`, whose rows are `width` long, into columns `piece` wide.
fn parts(product: &mut [f32], width: usize, piece: usize) -> Vec<Mutex<Part<'_>>> {
    let rows = product.len() / width;
    let mut parts: Vec<Part<'_>> = Vec::new();
    parts.resize_with(width.div_ceil(piece), || Vec::with_capacity(rows));
    for row in product.chunks_exact_mut(width) {
        for (part, numbers) in parts.iter_mut().zip(row.chunks_mut(piece)) {
            part.push(numbers);
        }
    }
    parts.into_iter().map(Mutex::new).collect()
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

    fn matrix(kind: GgmlDType, seed: u64) -> Matrix {
        let numbers = Tensor::from_vec(random(ROWS * COLUMNS, seed), (ROWS, COLUMNS), &Device::Cpu);
        Matrix::new(QTensor::quantize(&numbers.unwrap(), kind).unwrap()).unwrap()
    }

    /// What the definition says, over the numbers that the matrix stands for.
    fn expected(matrix: &Matrix, rows: &[f32]) -> Vec<f32> {
        let all: Vec<u32> = (0..ROWS as u32).collect();
        let weights = matrix.lookup(&all).unwrap();
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let rows = rows.chunks_exact(COLUMNS);
        rows.flat_map(|row| weights.chunks_exact(COLUMNS).map(move |it| dot(it, row)))
            .collect()
    }

    #[track_caller]
    fn check(found: &[f32], expected: &[f32], tolerance: f32) {
        assert_eq!(found.len(), expected.len());
        let size =
            |numbers: &mut dyn Iterator<Item = f32>| numbers.map(|it| it * it).sum::<f32>().sqrt();
        let apart = size(&mut found.iter().zip(expected).map(|(a, b)| a - b));
        let share = apart / size(&mut expected.iter().copied());
        assert!(share < tolerance, "{share}");
    }

    #[test]
    fn every_kind_of_matrix_is_multiplied() {
        let kinds = [
            (GgmlDType::F32, 1e-5),
            (GgmlDType::F16, 1e-5),
            (GgmlDType::Q8_0, 0.02),
            (GgmlDType::Q4K, 0.02),
            (GgmlDType::Q6K, 0.02),
        ];
        for (kind, tolerance) in kinds {
            for tokens in [1, 5, 24] {
                let (matrix, rows) = (matrix(kind, 1), random(tokens * COLUMNS, 2));
                let expected = expected(&matrix, &rows);
                check(&product(&matrix, &rows).unwrap(), &expected, tolerance);
                check(
                    &product(&matrix.by_candle(), &rows).unwrap(),
                    &expected,
                    tolerance,
                );
            }
        }
    }

    #[test]
    fn matrices_multiplied_together_give_what_each_gives_alone() {
        let matrices = [
            matrix(GgmlDType::Q4K, 1),
            matrix(GgmlDType::Q6K, 2),
            matrix(GgmlDType::F32, 3),
        ];
        let rows = random(9 * COLUMNS, 4);
        let together = products(matrices.each_ref(), &rows).unwrap();
        for (matrix, product) in matrices.iter().zip(&together) {
            assert_eq!(&super::product(matrix, &rows).unwrap(), product);
        }
    }

    #[test]
    fn a_row_gives_the_same_numbers_whichever_rows_are_beside_it() {
        for kind in [GgmlDType::Q4K, GgmlDType::Q6K] {
            let (matrix, rows) = (matrix(kind, 1), random(13 * COLUMNS, 5));
            if matrix.kernel == Kernel::Candle {
                continue;
            }
            let together = product(&matrix, &rows).unwrap();
            for (row, expected) in rows.chunks_exact(COLUMNS).zip(together.chunks_exact(ROWS)) {
                assert_eq!(product(&matrix, row).unwrap(), expected);
            }
        }
    }
}
