//! From the scores of all tokens to the next token.

use crate::vocabulary::Token;

/// Among tokens in the order of their probability, those up to this sum are drawn from.
const TOP_SHARE: f64 = 0.95;

/// A token this far below the best (in units of the temperature) is too unlikely to be looked at: less than e^-18.
const MARGIN: f32 = 18.0;

/// Chooses tokens. The same seed and the same scores give the same choices.
pub(crate) struct Sampler {
    temperature: f32,
    state: u64,
}

impl Sampler {
    /// Temperature 0, and anything that is not a positive number, takes the likeliest token each time.
    pub(crate) fn new(temperature: f32, seed: u64) -> Self {
        Self {
            temperature,
            state: seed,
        }
    }

    /// The next token, or `None` when no score is a finite number. The first of equal scores counts as the best.
    pub(crate) fn choose(&mut self, scores: &[f32]) -> Option<Token> {
        let best = best(scores)?;
        if self.temperature > 0.0 && self.temperature.is_finite() {
            return Some(self.draw(scores, scores[best]) as Token);
        }
        Some(best as Token)
    }

    fn draw(&mut self, scores: &[f32], best: f32) -> usize {
        let floor = best - MARGIN * self.temperature;
        let mut likely: Vec<(usize, f64)> = scores
            .iter()
            .enumerate()
            .filter(|(_, score)| score.is_finite() && **score >= floor)
            .map(|(index, score)| (index, f64::from((score - best) / self.temperature).exp()))
            .collect();
        likely.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let kept = top_share(&likely);
        let sum: f64 = kept.iter().map(|it| it.1).sum();
        let mut left = self.fraction() * sum;
        for (index, weight) in kept {
            left -= weight;
            if left < 0.0 {
                return *index;
            }
        }
        kept[kept.len() - 1].0
    }

    /// A number from 0 up to 1 (SplitMix64, the upper 53 bits).
    fn fraction(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        (bits >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn best(scores: &[f32]) -> Option<usize> {
    let mut best: Option<usize> = None;
    for (index, score) in scores.iter().enumerate() {
        if score.is_finite() && best.is_none_or(|best| *score > scores[best]) {
            best = Some(index);
        }
    }
    best
}

/// The shortest beginning of `likely` that has [`TOP_SHARE`] of the whole.
fn top_share(likely: &[(usize, f64)]) -> &[(usize, f64)] {
    let enough = TOP_SHARE * likely.iter().map(|it| it.1).sum::<f64>();
    let mut sum = 0.0;
    let count = likely.iter().take_while(|(_, weight)| {
        let before = sum;
        sum += weight;
        before < enough
    });
    &likely[..count.count()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(temperature: f32, seed: u64, scores: &[f32], count: usize) -> Vec<Token> {
        let mut sampler = Sampler::new(temperature, seed);
        (0..count)
            .map(|_| sampler.choose(scores).unwrap())
            .collect()
    }

    #[test]
    fn temperature_zero_takes_the_best() {
        for temperature in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            assert_eq!(draws(temperature, 7, &[0.5, 2.0, -1.0, 2.0], 3), [1, 1, 1]);
        }
    }

    #[test]
    fn scores_that_are_not_numbers_are_never_chosen() {
        assert_eq!(Sampler::new(0.0, 0).choose(&[]), None);
        assert_eq!(
            Sampler::new(0.7, 0).choose(&[f32::NAN, f32::NEG_INFINITY]),
            None
        );
        let scores = [f32::NAN, 1.0, f32::INFINITY, 1.0];
        assert!(
            draws(1.0, 3, &scores, 50)
                .iter()
                .all(|it| [1, 3].contains(it))
        );
    }

    #[test]
    fn seeds_decide() {
        let scores = [1.0, 1.1, 0.9, 1.0];
        assert_eq!(draws(1.0, 5, &scores, 40), draws(1.0, 5, &scores, 40));
        assert_ne!(draws(1.0, 5, &scores, 40), draws(1.0, 6, &scores, 40));
    }

    #[test]
    fn draws_follow_the_probabilities_and_leave_the_tail_out() {
        // Probabilities 0.50, 0.30, 0.17, 0.03: the first three make up the top share.
        let scores = [0.5f32.ln(), 0.3f32.ln(), 0.17f32.ln(), 0.03f32.ln()];
        let drawn = draws(1.0, 11, &scores, 20_000);
        let share = |token| drawn.iter().filter(|it| **it == token).count() as f64 / 20_000.0;
        assert!((share(0) - 0.50 / 0.97).abs() < 0.02, "{}", share(0));
        assert!((share(1) - 0.30 / 0.97).abs() < 0.02, "{}", share(1));
        assert_eq!(share(3), 0.0);
    }

    #[test]
    fn low_temperature_narrows() {
        let scores = [1.0, 0.5, 0.0];
        assert!(draws(0.05, 1, &scores, 200).iter().all(|it| *it == 0));
    }
}
