//! From the bytes of tokens to whole characters.

/// Joins bytes that arrive in arbitrary pieces and gives out whole characters only.
#[derive(Default)]
pub(crate) struct Letters {
    pending: Vec<u8>,
}

impl Letters {
    /// Adds `bytes` and takes every character that is now whole. Bytes that can begin no character become U+FFFD; those
    /// that may still become one are held back.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> String {
        self.pending.extend_from_slice(bytes);
        let mut text = String::new();
        let mut rest = self.pending.as_slice();
        loop {
            match std::str::from_utf8(rest) {
                Ok(whole) => {
                    text.push_str(whole);
                    rest = &[];
                    break;
                }
                Err(error) => {
                    let (whole, after) = rest.split_at(error.valid_up_to());
                    text.push_str(&String::from_utf8_lossy(whole));
                    rest = after;
                    let Some(bad) = error.error_len() else { break };
                    text.push(char::REPLACEMENT_CHARACTER);
                    rest = &rest[bad..];
                }
            }
        }
        let held = rest.len();
        self.pending.drain(..self.pending.len() - held);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_character_split_between_pieces_is_held_back() {
        let mut letters = Letters::default();
        let pieces = [&b"a\xe2\x82"[..], b"\xacb", b"\xff\xf0\x9f", b"c"];
        let texts: Vec<_> = pieces.iter().map(|piece| letters.push(piece)).collect();
        assert_eq!(texts, ["a", "€b", "\u{fffd}", "\u{fffd}c"]);
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(bytes in any::<Vec<u8>>(), cuts in any::<Vec<usize>>()) {
            let mut bytes = bytes;
            bytes.push(b'.');
            let mut cuts: Vec<_> = cuts.iter().map(|cut| cut % bytes.len()).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let mut letters = Letters::default();
            let text: String = cuts.windows(2).map(|it| letters.push(&bytes[it[0]..it[1]])).collect();
            prop_assert_eq!(text, String::from_utf8_lossy(&bytes));
        }
    }
}
