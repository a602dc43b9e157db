//! Rotary position embeddings: each pair of numbers of a head is turned by an angle that grows with the position.

use crate::shape::Shape;

/// The turns of the positions of one chunk.
pub(crate) struct Rotary {
    half: usize,
    /// Whether the two numbers of a pair stand side by side; otherwise in the two halves of the head.
    side_by_side: bool,
    turns: Vec<(f32, f32)>,
}

impl Rotary {
    /// The turns of `positions`, one a token.
    pub(crate) fn new(shape: &Shape, positions: impl IntoIterator<Item = usize>) -> Self {
        let half = shape.head_size / 2;
        let base = f64::from(shape.rotary_base);
        let speed = |pair: usize| {
            let stretch = shape.rotary_stretch.get(pair).copied().unwrap_or(1.0);
            base.powf(-(pair as f64) / half as f64) / f64::from(stretch)
        };
        let speeds: Vec<f64> = (0..half).map(speed).collect();
        let turns = positions.into_iter().flat_map(|position| {
            speeds.iter().map(move |speed| {
                let (sin, cos) = (position as f64 * speed).sin_cos();
                (sin as f32, cos as f32)
            })
        });
        Self {
            half,
            side_by_side: shape.rotary_side_by_side,
            turns: turns.collect(),
        }
    }

    /// Turns every head of `row`, the token `index` of the chunk.
    pub(crate) fn turn(&self, row: &mut [f32], index: usize) {
        let turns = &self.turns[index * self.half..][..self.half];
        for head in row.chunks_exact_mut(2 * self.half) {
            if self.side_by_side {
                for ([a, b], (sin, cos)) in head.as_chunks_mut().0.iter_mut().zip(turns) {
                    (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
                }
                continue;
            }
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

    fn rotary(base: f32, head_size: usize, first: usize, count: usize) -> Rotary {
        let shape = Shape {
            head_size,
            rotary_base: base,
            ..Shape::default()
        };
        Rotary::new(&shape, first..first + count)
    }

    #[test]
    fn position_zero_stays_and_others_turn() {
        let rotary = rotary(100.0, 4, 0, 3);
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
        let (whole, part) = (rotary(1e6, 32, 0, 40), rotary(1e6, 32, 30, 10));
        let (mut a, mut b) = ([1.5; 64], [1.5; 64]);
        whole.turn(&mut a, 37);
        part.turn(&mut b, 7);
        assert_eq!(a, b);
    }

    #[test]
    fn pairs_side_by_side_turn_alike() {
        let halves = rotary(100.0, 4, 2, 1);
        let side_by_side = Rotary {
            side_by_side: true,
            ..rotary(100.0, 4, 2, 1)
        };
        let (mut a, mut b) = ([1.0, 2.0, 3.0, 4.0], [1.0, 3.0, 2.0, 4.0]);
        halves.turn(&mut a, 0);
        side_by_side.turn(&mut b, 0);
        assert_eq!(a, [b[0], b[2], b[1], b[3]]);
    }
}
