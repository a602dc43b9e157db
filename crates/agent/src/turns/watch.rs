//! Notices turns that lead nowhere: the same calls with the same results again and again, and answers that do
//! nothing.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

/// How often something must come again before it is a loop.
const TIMES: usize = 3;

/// The longest circle that is noticed, in turns.
const CIRCLE_MAX: usize = 3;

/// Beginnings of answers that promise and do nothing.
const PROMISES: [&str; 14] = [
    "understood",
    "got it",
    "i understand",
    "i will ",
    "i'll ",
    "i’ll ",
    "let me ",
    "acknowledged",
    "will do",
    "on it",
    "sure, i",
    "okay, i",
    "ok, i",
    "i'm going to ",
];

/// Longest promise, in characters: what is longer says something.
const PROMISE_CHARS: usize = 240;

/// What the last turns did, each as a hash of its calls and their results.
#[derive(Debug, Default)]
pub(super) struct Watch {
    turns: VecDeque<u64>,
}

impl Watch {
    /// Takes in a turn: its calls, each with name, arguments and result. Says whether the turns go in a circle, and
    /// how long it is.
    pub(super) fn turned<'a>(
        &mut self,
        calls: impl Iterator<Item = (&'a str, &'a str, &'a str)>,
    ) -> Option<usize> {
        let mut hasher = DefaultHasher::new();
        calls.for_each(|it| it.hash(&mut hasher));
        self.turns.push_back(hasher.finish());
        if self.turns.len() > TIMES * CIRCLE_MAX {
            self.turns.pop_front();
        }
        (1..=CIRCLE_MAX).find(|length| self.circles(*length))
    }

    fn circles(&self, length: usize) -> bool {
        let Some(start) = self.turns.len().checked_sub(TIMES * length) else {
            return false;
        };
        (start + length..self.turns.len()).all(|at| self.turns[at] == self.turns[at - length])
    }

    /// Forgets what was, after the model was told of it.
    pub(super) fn forget(&mut self) {
        self.turns.clear();
    }
}

/// Whether an answer without calls does nothing: it is empty, or only promises to do something.
pub(super) fn does_nothing(text: &str) -> bool {
    let text = text.trim();
    if text.is_empty() {
        return true;
    }
    let lower = text.to_lowercase();
    text.chars().count() <= PROMISE_CHARS && PROMISES.iter().any(|it| lower.starts_with(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each letter is a turn; gives the turn (from 1) at which a circle is noticed, and its length.
    #[track_caller]
    fn check(turns: &str, expected: Option<(usize, usize)>) {
        let mut watch = Watch::default();
        let found = turns.char_indices().find_map(|(at, it)| {
            let name = it.to_string();
            let circle = watch.turned([(name.as_str(), "{}", "same")].into_iter());
            circle.map(|length| (at + 1, length))
        });
        assert_eq!(found, expected, "{turns}");
    }

    #[test]
    fn circles_are_noticed_and_steps_are_not() {
        check("aaa", Some((3, 1)));
        check("bcaaa", Some((5, 1)));
        check("ababab", Some((6, 2)));
        check("abcabcabc", Some((9, 3)));
        check("aabbccddeeff", None);
        check("abacadaeafag", None);
        check("aabaabaab", Some((9, 3)));
    }

    #[test]
    fn another_result_is_progress() {
        let mut watch = Watch::default();
        for n in 0..20 {
            let result = n.to_string();
            assert_eq!(
                watch.turned([("read", "{}", result.as_str())].into_iter()),
                None
            );
        }
    }

    #[test]
    fn empty_answers_and_promises_do_nothing() {
        for text in [
            "",
            " \n",
            "Understood.",
            "I'll start by reading the file.",
            "Got it!",
        ] {
            assert!(does_nothing(text), "{text}");
        }
        let long = format!("I will explain. {}", "It is so. ".repeat(40));
        for text in [
            "ok",
            "The answer is 4.",
            "Done: a.py has the function.",
            &long,
        ] {
            assert!(!does_nothing(text), "{text}");
        }
    }
}
