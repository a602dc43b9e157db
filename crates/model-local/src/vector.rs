//! Arithmetic on rows of numbers, written as plain loops.

use pulp::{Arch, Simd, WithSimd};

/// Numbers that are summed side by side, so that a sum needs no fixed order within a vector register.
const LANES: usize = 16;

/// A computation to run with the widest vectors that the processor has.
pub(crate) trait Loops {
    /// What it computes.
    type Output;

    /// Computes it. `FUSED` says that [`multiply_add`] is one instruction. Must be `#[inline(always)]`, like everything that it
    /// calls, to be compiled for the processor found.
    fn run<const FUSED: bool>(self) -> Self::Output;
}

/// Runs `loops`, compiled for this processor.
pub(crate) fn vectorised<L: Loops>(loops: L) -> L::Output {
    Arch::new().dispatch(Dispatched(loops))
}

struct Dispatched<L>(L);

impl<L: Loops> WithSimd for Dispatched<L> {
    type Output = L::Output;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) -> L::Output {
        if S::IS_SCALAR {
            self.0.run::<false>()
        } else {
            self.0.run::<true>()
        }
    }
}

/// `a * b + c`. Rounds once if `FUSED`; without such an instruction that would be a slow call, so it rounds twice.
#[inline(always)]
pub(crate) fn multiply_add<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// e to the power of `x`, to about 1 part in a million, for `x` from -87 to 88; beyond, as for the nearer of these.
///
/// Without branches and calls, so that a loop over it is vectorised.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    /// Adding it leaves the nearest whole number in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let whole = rounded - ROUND;
    // ln 2 in two parts, so that the remainder keeps its low bits.
    let rest = x - whole * 0.693_359_4 + whole * 2.121_944_4e-4;
    let series = 1.0 / 720.0;
    let series = series * rest + 1.0 / 120.0;
    let series = series * rest + 1.0 / 24.0;
    let series = series * rest + 1.0 / 6.0;
    let series = series * rest + 0.5;
    let series = series * rest + 1.0;
    let series = series * rest + 1.0;
    f32::from_bits(series.to_bits().wrapping_add(rounded.to_bits() << 23))
}

/// Adds `terms` to `sums`, number by number.
pub(crate) fn add(sums: &mut [f32], terms: &[f32]) {
    Arch::new().dispatch(|| {
        for (sum, term) in sums.iter_mut().zip(terms) {
            *sum += term;
        }
    });
}

/// Adds `bias` to each row of `rows`.
pub(crate) fn add_to_rows(rows: &mut [f32], bias: &[f32]) {
    for row in rows.chunks_exact_mut(bias.len()) {
        add(row, bias);
    }
}

/// Each row of `rows` divided by its root mean square and multiplied by `weights`.
pub(crate) fn normalised(rows: &[f32], weights: &[f32], epsilon: f32) -> Vec<f32> {
    let mut normalised = vec![0.0; rows.len()];
    let width = weights.len();
    let out = normalised.chunks_exact_mut(width);
    for (row, out) in rows.chunks_exact(width).zip(out) {
        Arch::new().dispatch(|| normalise(row, weights, epsilon, out));
    }
    normalised
}

#[inline(always)]
fn normalise(row: &[f32], weights: &[f32], epsilon: f32, out: &mut [f32]) {
    let mut sums = [0.0; LANES];
    let (lanes, rest) = row.as_chunks::<LANES>();
    for lane in lanes {
        for (sum, number) in sums.iter_mut().zip(lane) {
            *sum += number * number;
        }
    }
    let rest: f32 = rest.iter().map(|it| it * it).sum();
    let mean = (sums.iter().sum::<f32>() + rest) / row.len() as f32;
    let scale = 1.0 / (mean + epsilon).sqrt();
    for ((out, number), weight) in out.iter_mut().zip(row).zip(weights) {
        *out = number * scale * weight;
    }
}

/// Multiplies `gates`, each passed through the SiLU function, by `numbers`.
pub(crate) fn gate(gates: &mut [f32], numbers: &[f32]) {
    Arch::new().dispatch(|| {
        for (gate, number) in gates.iter_mut().zip(numbers) {
            *gate = *gate / (1.0 + exp(-*gate)) * number;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(found: f32, expected: f32) -> bool {
        (found - expected).abs() <= 2e-6 * expected.abs().max(1e-30)
    }

    #[test]
    fn exp_beyond_its_range_is_tiny_or_huge() {
        assert!(exp(-1e9) < 1e-37 && exp(f32::NEG_INFINITY) < 1e-37);
        assert!(exp(1e9).is_finite() && exp(1e9) > 1e38);
        assert!(exp(f32::NAN).is_nan());
        assert_eq!(exp(0.0), 1.0);
    }

    #[test]
    fn rows_are_normalised_one_by_one() {
        let rows = [3.0, 4.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0];
        let found = normalised(&rows, &[1.0, 1.0, 2.0, 2.0], 0.0);
        let expected = [1.2, 1.6, 0.0, 0.0, 1.0, 1.0, 2.0, 2.0];
        assert!(
            found.iter().zip(expected).all(|(a, b)| close(*a, b)),
            "{found:?}"
        );
    }

    proptest! {
        #[test]
        fn exp_agrees_with_the_standard_library(x in -86.0f32..87.9) {
            prop_assert!(close(exp(x), x.exp()), "{} {}", exp(x), x.exp());
        }

        #[test]
        fn gates_agree_with_the_definition(gate_ in -60.0f32..60.0, number in -9.0f32..9.0) {
            let mut gates = [gate_; 19];
            gate(&mut gates, &[number; 19]);
            let expected = f64::from(gate_) / (1.0 + f64::from(-gate_).exp()) * f64::from(number);
            prop_assert!((f64::from(gates[18]) - expected).abs() <= 4e-6 * expected.abs() + 1e-30);
            prop_assert!(gates.iter().all(|it| *it == gates[0]));
        }

        #[test]
        fn rows_have_a_mean_square_of_one(row in prop::collection::vec(0.1f32..9.0, 1..70)) {
            let found = normalised(&row, &vec![1.0; row.len()], 1e-9);
            let mean = found.iter().map(|it| it * it).sum::<f32>() / row.len() as f32;
            prop_assert!((mean - 1.0).abs() < 1e-4);
        }
    }
}
