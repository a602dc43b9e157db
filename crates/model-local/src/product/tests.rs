//! The kernels, compared with one another, with the definition and with candle.

use super::*;
use crate::crew::Crew;
use crate::fixture::Noise;
use crate::isa::Level;
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

const ROWS: usize = 144;

fn random(count: usize, seed: u64) -> Vec<f32> {
    let mut noise = Noise(seed);
    (0..count).map(|_| noise.number()).collect()
}

fn machine(level: Level) -> Machine {
    let crew = Crew::new(3);
    Machine::new(crew, level)
}

/// A quantised matrix, as candle has it and as the kernels do.
fn matrix(kind: Kind, columns: usize, seed: u64) -> (Candle, Matrix) {
    let numbers = random(ROWS * columns, seed);
    let numbers = Tensor::from_vec(numbers, (ROWS, columns), &Device::Cpu).unwrap();
    let dtype = match kind {
        Kind::Q4K => GgmlDType::Q4K,
        Kind::Q6K => GgmlDType::Q6K,
    };
    let tensor = QTensor::quantize(&numbers, dtype).unwrap();
    let matrix = packed(kind, columns, &tensor.data().unwrap());
    (Candle(Arc::new(tensor)), matrix)
}

/// The matrix whose rows in a file are `bytes`.
fn packed(kind: Kind, columns: usize, bytes: &[u8]) -> Matrix {
    let width = columns / quants::BLOCK;
    let size = ROWS / LANES * width * panel::bytes(kind);
    let mut packed = Packed::new(size).unwrap();
    let rows = bytes.chunks_exact(LANES * width * kind.bytes());
    let panels = packed.bytes_mut()[..size].chunks_exact_mut(width * panel::bytes(kind));
    for (rows, panels) in rows.zip(panels) {
        panel::pack(kind, rows, panels);
    }
    Matrix {
        range: 0..size,
        packed: Arc::new(packed),
        kind,
        rows: ROWS,
        columns,
    }
}

fn multiply<W: Weights>(machine: &Machine, matrices: [&W; 2], rows: &[f32]) -> Vec<Vec<f32>> {
    let columns = rows.len() / TOKENS;
    rows_of(machine, matrices, rows, columns, TOKENS)
}

const TOKENS: usize = 29;

fn rows_of<W: Weights>(
    machine: &Machine,
    matrices: [&W; 2],
    rows: &[f32],
    columns: usize,
    tokens: usize,
) -> Vec<Vec<f32>> {
    let ready = W::rows(machine, (tokens, columns), |token, row| {
        row.copy_from_slice(&rows[token * columns..][..columns]);
    });
    let products = W::products(machine, matrices, &ready).unwrap();
    let row = |token| {
        let mut out = vec![0.0; 2 * ROWS];
        products[0].row(token, &mut out[..ROWS]);
        products[1].add_row(token, &mut out[ROWS..]);
        out
    };
    (0..tokens).map(row).collect()
}

#[test]
fn every_kernel_gives_the_same_bits_for_any_number_of_tokens() {
    for columns in [256, 512, 768, 1792] {
        let (_, a) = matrix(Kind::Q4K, columns, 1);
        let (_, b) = matrix(Kind::Q6K, columns, 2);
        let rows = random(TOKENS * columns, 3);
        let mut expected: Option<Vec<Vec<f32>>> = None;
        for level in Level::all() {
            let machine = machine(level);
            let found = multiply(&machine, [&a, &b], &rows);
            let expected = expected.get_or_insert_with(|| found.clone());
            assert!(found == *expected, "{level:?}, {columns}");
            for tokens in [1, 2, 3, 4, 5, 7, 8, 11, 12, 13, 16, 17] {
                let some = &rows[..tokens * columns];
                let found = rows_of(&machine, [&a, &b], some, columns, tokens);
                assert!(
                    found == expected[..tokens],
                    "{level:?}, {columns}, {tokens}"
                );
            }
        }
    }
}

#[test]
fn the_largest_numbers_do_not_overflow() {
    let columns = 512;
    let largest = |kind: Kind, factors: &[usize]| {
        let mut bytes = vec![0xff; ROWS * columns / quants::BLOCK * kind.bytes()];
        for block in bytes.chunks_exact_mut(kind.bytes()) {
            for at in factors {
                block[*at..*at + 2].copy_from_slice(&0x3c00u16.to_le_bytes());
            }
            if kind == Kind::Q6K {
                block[192..208].fill(0x80);
            }
        }
        packed(kind, columns, &bytes)
    };
    let (a, b) = (largest(Kind::Q4K, &[0, 2]), largest(Kind::Q6K, &[208]));
    for number in [1.0, -1.0] {
        let rows = vec![number; TOKENS * columns];
        let all: Vec<_> = Level::all()
            .map(|level| multiply(&machine(level), [&a, &b], &rows))
            .collect();
        assert!(all.iter().all(|it| *it == all[0]));
        // d is 1: 63 * 15 - 63 for Q4_K, and -128 * (63 - 32) for Q6_K.
        let expected = [
            f64::from(number) * 512.0 * 882.0,
            f64::from(number) * 512.0 * -3968.0,
        ];
        for (found, expected) in [all[0][0][0], all[0][0][ROWS]].into_iter().zip(expected) {
            assert!(
                (f64::from(found) / expected - 1.0).abs() < 1e-5,
                "{found} {expected}"
            );
        }
    }
}

#[test]
fn the_kernels_agree_with_the_definition_and_with_candle() {
    let columns = 768;
    let (candle_a, a) = matrix(Kind::Q4K, columns, 4);
    let (candle_b, b) = matrix(Kind::Q6K, columns, 5);
    let rows = random(TOKENS * columns, 6);
    let machine = machine(Level::all().next().unwrap());
    let found = multiply(&machine, [&a, &b], &rows);
    let candle = multiply(&machine, [&candle_a, &candle_b], &rows);
    let mut expected = Vec::new();
    for row in rows.chunks_exact(columns) {
        for (matrix, kind) in [(&candle_a, Kind::Q4K), (&candle_b, Kind::Q6K)] {
            let data = matrix.0.data().unwrap();
            for bytes in data.chunks_exact(columns / quants::BLOCK * kind.bytes()) {
                let mut weights = vec![0.0; columns];
                quants::dequantise(kind, bytes, &mut weights);
                expected.push(weights.iter().zip(row).map(|(a, b)| a * b).sum::<f32>());
            }
        }
    }
    for found in [found.concat(), candle.concat()] {
        let length = |it: &[f32]| it.iter().map(|it| it * it).sum::<f32>().sqrt();
        let apart: Vec<_> = found.iter().zip(&expected).map(|(a, b)| a - b).collect();
        let share = length(&apart) / length(&expected);
        assert!(share < 0.02, "{share}");
    }
}

#[test]
fn rows_that_are_no_multiple_of_the_lanes_are_whole() {
    let (rows, columns) = (37, 64);
    let numbers = Tensor::from_vec(random(rows * columns, 7), (rows, columns), &Device::Cpu);
    let tensor = QTensor::quantize(&numbers.unwrap(), GgmlDType::F32).unwrap();
    let weights = Candle(Arc::new(tensor));
    let machine = machine(Level::Plain(crate::isa::Plain));
    let ready = Candle::rows(&machine, (2, columns), |token, row| row[token] = 1.0);
    let [product] = Candle::products(&machine, [&weights], &ready).unwrap();
    for token in 0..2 {
        let (mut found, mut row) = (vec![0.0; rows], vec![0.0; columns]);
        product.row(token, &mut found);
        for (index, found) in found.iter().enumerate() {
            Candle::row(&weights, index as u32, &mut row).unwrap();
            assert!((found - row[token]).abs() < 1e-6, "{index}: {found}");
        }
    }
}
