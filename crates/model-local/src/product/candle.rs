//! The same products by candle's kernels: every format that GGUF files have, on every processor.

use super::{LANES, Product};
use crate::network::{Machine, Weights};
use crate::turn::Halt;
use candle_core::quantized::QTensor;
use candle_core::{Device, Tensor};
use std::sync::Arc;

/// A matrix in memory.
#[derive(Clone)]
pub(crate) struct Candle(pub(crate) Arc<QTensor>);

/// Rows of numbers, one a token.
pub(crate) struct Numbers {
    numbers: Vec<f32>,
    columns: usize,
}

impl Weights for Candle {
    type Rows = Numbers;
    type Table = Self;
    const ANY_CHUNKS: bool = false;

    fn rows(
        _machine: &Machine,
        (tokens, columns): (usize, usize),
        fill: impl Fn(usize, &mut [f32]) + Sync,
    ) -> Numbers {
        let mut numbers = vec![0.0; tokens * columns];
        for (token, row) in numbers.chunks_exact_mut(columns).enumerate() {
            fill(token, row);
        }
        Numbers { numbers, columns }
    }

    fn products<const N: usize>(
        machine: &Machine,
        matrices: [&Self; N],
        rows: &Numbers,
    ) -> Result<[Product; N], Halt> {
        let tokens = rows.numbers.len() / rows.columns;
        let shape = (tokens, rows.columns);
        let rows = Tensor::from_slice(&rows.numbers, shape, &Device::Cpu)?;
        let mut products = [const { None }; N];
        let mut done = 0;
        for alike in matrices.chunk_by(|a, b| a.0.dtype() == b.0.dtype()) {
            let tensors: Vec<&QTensor> = alike.iter().map(|it| &*it.0).collect();
            // Neighbours of one kind share the preparation of the rows where candle has a kernel for that.
            let fused = QTensor::gemv_fused_shared_lhs(&tensors, &rows)?;
            for (index, matrix) in tensors.into_iter().enumerate() {
                let product = match &fused {
                    Some(fused) => fused[index].clone(),
                    None => rows.apply_op1_no_bwd(matrix)?,
                };
                let numbers: Vec<f32> = product.flatten_all()?.to_vec1()?;
                products[done + index] = Some(turned(machine, &numbers, tokens));
            }
            done += alike.len();
        }
        Ok(products.map(|it| it.unwrap_or_else(|| Product::room(machine, 0, tokens))))
    }

    fn row(table: &Self, row: u32, out: &mut [f32]) -> Result<(), Halt> {
        let numbers = table.0.embedding(&Tensor::new(&[row], &Device::Cpu)?)?;
        out.copy_from_slice(&numbers.flatten_all()?.to_vec1::<f32>()?);
        Ok(())
    }
}

/// From one token after another to sixteen numbers of every token after another.
fn turned(machine: &Machine, numbers: &[f32], tokens: usize) -> Product {
    let width = numbers.len() / tokens.max(1);
    // What lies beyond a short last piece is never asked for.
    let pieces = width.div_ceil(LANES);
    let mut product = Product::room(machine, pieces * LANES, tokens);
    for (token, row) in numbers.chunks_exact(width.max(1)).enumerate() {
        for (piece, from) in row.chunks(LANES).enumerate() {
            let to = (piece * tokens + token) * LANES;
            product.panels[to..to + from.len()].copy_from_slice(from);
        }
    }
    product
}
