//! Guessing what comes next from what was there before, so that several tokens are read at once.
//!
//! Edits repeat most of what they edit. When the last few tokens stood earlier in the prompt or the answer, those that
//! followed there are a good guess. A guess changes no answer: each token is still chosen from its own scores, and those are
//! the same bits whether it is read alone or with others. A wrong guess only costs the time of reading it.

use crate::vocabulary::Token;

/// As many tokens have to have stood there before, at least and at most.
const ALIKE: [usize; 2] = [3, 9];
/// Tokens guessed at a time, at least and at most. With the next token that makes four and eight, which the kernels like.
const WIDTH: [usize; 2] = [3, 7];

/// Guesses: bolder the better they were.
pub(crate) struct Drafter {
    alike: usize,
    width: usize,
}

impl Drafter {
    pub(crate) fn new() -> Self {
        Self {
            alike: ALIKE[0],
            width: WIDTH[0],
        }
    }

    /// What may follow `tokens` and `last`, at most `limit` tokens.
    pub(crate) fn guess(&self, tokens: &[Token], last: Token, limit: usize) -> Vec<Token> {
        let end = tokens.len();
        let Some(start) = (end + 1).checked_sub(self.alike) else {
            return Vec::new();
        };
        let before = &tokens[start..];
        // The nearest place is the likeliest.
        let places = (0..start).rev();
        let mut alike = places
            .filter(|&at| tokens[at..].starts_with(before) && tokens[at + before.len()] == last);
        let Some(place) = alike.next() else {
            return Vec::new();
        };
        let known = tokens.iter().copied().chain([last]);
        let mut guess: Vec<Token> = known
            .skip(place + self.alike)
            .take(self.width.min(limit))
            .collect();
        // What is guessed may repeat itself: it goes on after `last` with its own beginning.
        let whole = end + 1 - (place + self.alike);
        while guess.len() < self.width.min(limit) {
            guess.push(guess[guess.len() - whole]);
        }
        guess
    }

    /// Takes in that of `guessed` tokens `right` were right.
    pub(crate) fn learn(&mut self, guessed: usize, right: usize) {
        match (guessed, right) {
            (0, _) => {}
            (_, 0) => {
                self.alike = (self.alike + 2).min(ALIKE[1]);
                self.width = WIDTH[0];
            }
            _ => {
                self.alike = ALIKE[0];
                self.width = if right == guessed { WIDTH[1] } else { WIDTH[0] };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_followed_before_is_guessed() {
        let drafter = Drafter::new();
        let tokens = [1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2];
        assert_eq!(drafter.guess(&tokens, 3, 9), [4, 5, 6]);
        assert_eq!(drafter.guess(&tokens, 3, 2), [4, 5]);
        assert!(drafter.guess(&tokens, 4, 9).is_empty());
        assert_eq!(drafter.guess(&[5, 5, 5, 5], 5, 9), [5, 5, 5]);
        assert_eq!(drafter.guess(&[6, 7, 6, 7], 6, 9), [7, 6, 7]);
        assert!(drafter.guess(&[], 5, 9).is_empty());
        assert!(drafter.guess(&[5], 5, 9).is_empty());
        assert_eq!(drafter.guess(&[1, 2, 9, 1, 2, 8, 1, 2], 8, 1), [1]);
    }

    #[test]
    fn good_guesses_grow_and_bad_ones_ask_for_more() {
        let mut drafter = Drafter::new();
        drafter.learn(3, 3);
        assert_eq!((drafter.alike, drafter.width), (3, 7));
        drafter.learn(0, 0);
        assert_eq!((drafter.alike, drafter.width), (3, 7));
        drafter.learn(7, 0);
        assert_eq!((drafter.alike, drafter.width), (5, 3));
        (0..9).for_each(|_| drafter.learn(3, 0));
        assert_eq!((drafter.alike, drafter.width), (9, 3));
        drafter.learn(3, 1);
        assert_eq!((drafter.alike, drafter.width), (3, 3));
    }
}
