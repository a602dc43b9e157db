//! Watching an answer for the texts that end it.

/// Holds back the end of a text as long as it may be the beginning of a stop text.
#[derive(Clone, Debug, Default)]
pub struct Stops {
    stops: Vec<String>,
    held: String,
}

/// What may be shown after more text came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// Text that belongs to the answer whatever follows.
    pub text: String,
    /// Whether a stop text came up: the answer is over.
    pub stopped: bool,
}

impl Stops {
    /// Watches for `stops`; empty ones are ignored.
    #[must_use]
    pub fn new(stops: &[String]) -> Self {
        Self {
            stops: stops.iter().filter(|it| !it.is_empty()).cloned().collect(),
            held: String::new(),
        }
    }

    /// Adds `text`. When a stop text came up, what is released ends before the first one.
    pub fn push(&mut self, text: &str) -> Released {
        self.held.push_str(text);
        let first = self.stops.iter().filter_map(|stop| self.held.find(stop));
        if let Some(at) = first.min() {
            self.held.truncate(at);
            return Released {
                text: std::mem::take(&mut self.held),
                stopped: true,
            };
        }
        let kept = self.held.split_off(self.held.len() - self.open());
        Released {
            text: std::mem::replace(&mut self.held, kept),
            stopped: false,
        }
    }

    /// The end of the answer: what was held back belongs to it after all.
    #[must_use]
    pub fn finish(self) -> String {
        self.held
    }

    /// Bytes at the end of the held text that may be the beginning of a stop text.
    fn open(&self) -> usize {
        let lengths = self.stops.iter().map(|stop| {
            let mut beginnings = stop.char_indices().map(|(at, _)| at).rev();
            beginnings.find(|&at| self.held.ends_with(&stop[..at]))
        });
        lengths.flatten().max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(stops: &[&str], pieces: &[&str], expected: &[&str], stopped: bool) {
        let owned: Vec<_> = stops.iter().map(ToString::to_string).collect();
        let mut watch = Stops::new(&owned);
        let mut texts = Vec::new();
        for piece in pieces {
            let released = watch.push(piece);
            texts.push(released.text);
            if released.stopped {
                assert!(stopped);
                assert_eq!(texts, expected);
                return;
            }
        }
        assert!(!stopped);
        texts.push(watch.finish());
        assert_eq!(texts, expected);
    }

    #[test]
    fn text_is_released_as_soon_as_it_cannot_be_a_stop() {
        check(&["```\n"], &["a`", "`", "b"], &["a", "", "``b", ""], false);
        check(&["```\n"], &["a`", "``\nrest"], &["a", ""], true);
        check(&["abc", "bd"], &["xab", "d"], &["x", "a"], true);
        check(&["abab"], &["aba", "cab"], &["", "abac", "ab"], false);
        check(&["é€"], &["xé", "é", "€"], &["x", "é", ""], true);
        check(&["", "b"], &["ab", "c"], &["a"], true);
        check(&[], &["a", ""], &["a", "", ""], false);
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(pieces in prop::collection::vec("[abé]{0,4}", 0..8), stop in "[abé]{1,3}") {
            let mut watch = Stops::new(std::slice::from_ref(&stop));
            let mut text = String::new();
            let stopped = pieces.iter().any(|piece| {
                let released = watch.push(piece);
                text.push_str(&released.text);
                released.stopped
            });
            if !stopped {
                text.push_str(&watch.finish());
            }
            let whole = pieces.concat();
            let expected = whole.find(&stop).map_or(whole.as_str(), |at| &whole[..at]);
            prop_assert_eq!(text, expected);
        }
    }
}
