//! Rotary position embeddings: each pair of numbers of a head is turned by an angle that grows with the position.

/// The turns of the positions of one chunk.
pub(crate) struct Rotary {
    half: usize,
    turns: Vec<(f32, f32)>,
}

impl Rotary {
    /// The turns of `count` positions from `first` on, for heads of `head_size` numbers.
    pub(crate) fn new(base: f32, head_size: usize, first: usize, count: usize) -> Self {
        let half = head_size / 2;
        let speed = |pair: usize| f64::from(base).powf(-(pair as f64) / half as f64);
        let speeds: Vec<f64> = (0..half).map(speed).collect();
        let turns = (first..first + count).flat_map(|position| {
            speeds.iter().map(move |speed| {
                let (sin, cos) = (position as f64 * speed).sin_cos();
                (sin as f32, cos as f32)
            })
        });
        Self {
            half,
            turns: turns.collect(),
        }
    }

    /// Turns every head of `row`, the token `index` of the chunk. A pair is a number of a head's first half and the one at
    /// the same place in its second half.
    pub(crate) fn turn(&self, row: &mut [f32], index: usize) {
        let turns = &self.turns[index * self.half..][..self.half];
        for head in row.chunks_exact_mut(2 * self.half) {
            let (first, second) = head.split_at_mut(self.half);
            for ((a, b), (sin, cos)) in first.iter_mut().zip(second).zip(turns) {
                (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn position_zero_stays_and_others_turn() {
        let rotary = Rotary::new(100.0, 4, 0, 3);
        let mut row = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
        rotary.turn(&mut row, 0);
        assert_eq!(row, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
        rotary.turn(&mut row, 2);
        // Two positions on: the first pair of each head turns by 2, the second by 0.2.
        let expected = [
            2f32.cos() - 3.0 * 2f32.sin(),
            2.0 * 0.2f32.cos() - 4.0 * 0.2f32.sin(),
            3.0 * 2f32.cos() + 2f32.sin(),
        ];
        for (found, expected) in row.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{row:?}");
        }
    }

    #[test]
    fn a_chunk_turns_as_one_from_the_start_would() {
        let (whole, part) = (Rotary::new(1e6, 32, 0, 40), Rotary::new(1e6, 32, 30, 10));
        let (mut a, mut b) = ([1.5; 64], [1.5; 64]);
        whole.turn(&mut a, 37);
        part.turn(&mut b, 7);
        assert_eq!(a, b);
    }
}
