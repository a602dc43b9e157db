//! The network once more, from the paper's formulas: naive, in double precision, nothing kept. The tests compare.

use crate::fixture::{
    Architecture, EPSILON, FEED_FORWARD, HEAD_SIZE, HEADS, HIDDEN, KV_HEADS, LAYERS, ROTARY_BASE,
    ROWS, Tiny,
};
use crate::vocabulary::Token;

/// The scores of the token that follows `tokens`.
pub(crate) fn scores(model: &Tiny, tokens: &[Token]) -> Vec<f64> {
    let embedding = &model.tensors["token_embd.weight"];
    let mut rows: Vec<Vec<f64>> = tokens
        .iter()
        .map(|token| {
            embedding[*token as usize * HIDDEN..][..HIDDEN]
                .iter()
                .map(|it| f64::from(*it))
                .collect()
        })
        .collect();
    for layer in 0..LAYERS {
        let tensor = |part: &str| {
            let found = model.tensors.get(&format!("blk.{layer}.{part}"));
            found.map_or(&[][..], Vec::as_slice)
        };
        let attended = attention(&tensor, &rows, model.architecture);
        add(&mut rows, &attended);
        let fed: Vec<_> = rows.iter().map(|row| feed_forward(&tensor, row)).collect();
        add(&mut rows, &fed);
    }
    let last = norm(rows.last().unwrap(), &model.tensors["output_norm.weight"]);
    let output = if model.tied {
        "token_embd.weight"
    } else {
        "output.weight"
    };
    product(&model.tensors[output], ROWS, &last)
}

fn attention<'a>(
    tensor: &impl Fn(&str) -> &'a [f32],
    rows: &[Vec<f64>],
    architecture: Architecture,
) -> Vec<Vec<f64>> {
    let project = |name: &str, size: usize, rotate: bool| -> Vec<Vec<f64>> {
        let project = |(position, row): (usize, &Vec<f64>)| {
            let normal = norm(row, tensor("attn_norm.weight"));
            let mut out = product(tensor(&format!("{name}.weight")), size, &normal);
            for (out, bias) in out.iter_mut().zip(tensor(&format!("{name}.bias"))) {
                *out += f64::from(*bias);
            }
            for head in out.chunks_mut(HEAD_SIZE).filter(|_| rotate) {
                let weights = tensor(&format!("{name}_norm.weight"));
                if architecture == Architecture::Qwen3 {
                    head.copy_from_slice(&norm(head, weights));
                }
                turn(head, position, architecture);
            }
            out
        };
        rows.iter().enumerate().map(project).collect()
    };
    let queries = project("attn_q", HIDDEN, true);
    let keys = project("attn_k", KV_HEADS * HEAD_SIZE, true);
    let values = project("attn_v", KV_HEADS * HEAD_SIZE, false);
    let attend = |position: usize| {
        let mut attended = Vec::new();
        for head in 0..HEADS {
            let query = &queries[position][head * HEAD_SIZE..][..HEAD_SIZE];
            let shared = head / (HEADS / KV_HEADS) * HEAD_SIZE;
            let part = |row: &Vec<f64>| row[shared..][..HEAD_SIZE].to_vec();
            let scores: Vec<f64> = (0..=position)
                .map(|at| dot(query, &part(&keys[at])) / (HEAD_SIZE as f64).sqrt())
                .collect();
            let sum: f64 = scores.iter().map(|it| it.exp()).sum();
            for number in 0..HEAD_SIZE {
                let share = |at: usize| scores[at].exp() / sum * part(&values[at])[number];
                attended.push((0..=position).map(share).sum());
            }
        }
        product(tensor("attn_output.weight"), HIDDEN, &attended)
    };
    (0..rows.len()).map(attend).collect()
}

fn feed_forward<'a>(tensor: &impl Fn(&str) -> &'a [f32], row: &[f64]) -> Vec<f64> {
    let normal = norm(row, tensor("ffn_norm.weight"));
    let gates = product(tensor("ffn_gate.weight"), FEED_FORWARD, &normal);
    let ups = product(tensor("ffn_up.weight"), FEED_FORWARD, &normal);
    let inner: Vec<_> = gates
        .iter()
        .zip(ups)
        .map(|(gate, up)| gate / (1.0 + (-gate).exp()) * up)
        .collect();
    product(tensor("ffn_down.weight"), HIDDEN, &inner)
}

fn norm(row: &[f64], weights: &[f32]) -> Vec<f64> {
    let mean = dot(row, row) / row.len() as f64;
    let scale = (mean + f64::from(EPSILON)).sqrt();
    row.iter()
        .zip(weights)
        .map(|(it, weight)| it / scale * f64::from(*weight))
        .collect()
}

fn product(matrix: &[f32], rows: usize, column: &[f64]) -> Vec<f64> {
    let row = |row: usize| {
        let row = &matrix[row * column.len()..][..column.len()];
        row.iter().zip(column).map(|(a, b)| f64::from(*a) * b).sum()
    };
    (0..rows).map(row).collect()
}

fn turn(head: &mut [f64], position: usize, architecture: Architecture) {
    let half = HEAD_SIZE / 2;
    for pair in 0..half {
        let exponent = -2.0 * pair as f64 / HEAD_SIZE as f64;
        let angle = position as f64 * f64::from(ROTARY_BASE).powf(exponent);
        let (first, second) = match architecture {
            Architecture::Llama => (2 * pair, 2 * pair + 1),
            _ => (pair, pair + half),
        };
        let (a, b) = (head[first], head[second]);
        head[first] = a * angle.cos() - b * angle.sin();
        head[second] = a * angle.sin() + b * angle.cos();
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(rows: &mut [Vec<f64>], terms: &[Vec<f64>]) {
    for (row, terms) in rows.iter_mut().zip(terms) {
        row.iter_mut().zip(terms).for_each(|(it, term)| *it += term);
    }
}
