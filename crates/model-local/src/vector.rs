//! Arithmetic on rows of numbers, written as plain loops that are compiled for the processor.

use crate::isa::{Isa, LANES, Level, Loops};

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
    for (sum, term) in sums.iter_mut().zip(terms) {
        *sum += term;
    }
}

/// Divides `row` by its root mean square, multiplies it by `weights` and writes it to `out`.
pub(crate) fn normalise(level: Level, row: &[f32], weights: &[f32], epsilon: f32, out: &mut [f32]) {
    level.run(Normalise {
        row,
        weights,
        epsilon,
        out,
    });
}

struct Normalise<'a> {
    row: &'a [f32],
    weights: &'a [f32],
    epsilon: f32,
    out: &'a mut [f32],
}

impl Loops for Normalise<'_> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, _isa: I) {
        let mut sums = [0.0; LANES];
        let (lanes, rest) = self.row.as_chunks::<LANES>();
        for lane in lanes {
            for (sum, number) in sums.iter_mut().zip(lane) {
                *sum += number * number;
            }
        }
        let rest: f32 = rest.iter().map(|it| it * it).sum();
        let mean = (sums.iter().sum::<f32>() + rest) / self.row.len() as f32;
        let scale = 1.0 / (mean + self.epsilon).sqrt();
        for ((out, number), weight) in self.out.iter_mut().zip(self.row).zip(self.weights) {
            *out = number * scale * weight;
        }
    }
}

/// Multiplies `gates`, each passed through the SiLU function, by `numbers`.
pub(crate) fn gate(level: Level, gates: &mut [f32], numbers: &[f32]) {
    level.run(Gate { gates, numbers });
}

struct Gate<'a> {
    gates: &'a mut [f32],
    numbers: &'a [f32],
}

impl Loops for Gate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, _isa: I) {
        for (gate, number) in self.gates.iter_mut().zip(self.numbers) {
            *gate = *gate / (1.0 + exp(-*gate)) * number;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(found: f32, expected: f32) -> bool {
        (found - expected).abs() <= 2e-6 * expected.abs().max(1e-30)
    }

    fn normalised(row: &[f32], weights: &[f32], epsilon: f32) -> Vec<f32> {
        let all = Level::all().map(|level| {
            let mut out = vec![0.0; row.len()];
            normalise(level, row, weights, epsilon, &mut out);
            out
        });
        let all: Vec<_> = all.collect();
        assert!(all.iter().all(|it| *it == all[0]));
        all[0].clone()
    }

    #[test]
    fn exp_beyond_its_range_is_tiny_or_huge() {
        assert!(exp(-1e9) < 1e-37 && exp(f32::NEG_INFINITY) < 1e-37);
        assert!(exp(1e9).is_finite() && exp(1e9) > 1e38);
        assert!(exp(f32::NAN).is_nan());
        assert_eq!(exp(0.0), 1.0);
    }

    #[test]
    fn a_row_is_normalised() {
        let found = normalised(&[3.0, 4.0, 0.0, 0.0], &[1.0, 1.0, 2.0, 2.0], 0.0);
        let expected = [1.2, 1.6, 0.0, 0.0];
        let mut pairs = found.iter().zip(expected);
        assert!(pairs.all(|(a, b)| close(*a, b)), "{found:?}");
    }

    proptest! {
        #[test]
        fn exp_agrees_with_the_standard_library(x in -86.0f32..87.9) {
            prop_assert!(close(exp(x), x.exp()), "{} {}", exp(x), x.exp());
        }

        #[test]
        fn gates_agree_with_the_definition(gate_ in -60.0f32..60.0, number in -9.0f32..9.0) {
            let expected = f64::from(gate_) / (1.0 + f64::from(-gate_).exp()) * f64::from(number);
            let mut all = Vec::new();
            for level in Level::all() {
                let mut gates = [gate_; 19];
                gate(level, &mut gates, &[number; 19]);
                all.extend(gates);
            }
            prop_assert!((f64::from(all[18]) - expected).abs() <= 4e-6 * expected.abs() + 1e-30);
            prop_assert!(all.iter().all(|it| *it == all[0]));
        }

        #[test]
        fn rows_have_a_mean_square_of_one(row in prop::collection::vec(0.1f32..9.0, 1..70)) {
            let found = normalised(&row, &vec![1.0; row.len()], 1e-9);
            let mean = found.iter().map(|it| it * it).sum::<f32>() / row.len() as f32;
            prop_assert!((mean - 1.0).abs() < 1e-4);
        }
    }
}
