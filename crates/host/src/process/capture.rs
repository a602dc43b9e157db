//! The beginning and the end of a stream, in bounded memory.

use std::collections::VecDeque;

/// Keeps the first and the last bytes of a stream and counts what lies between.
pub(crate) struct Capture {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    head_limit: usize,
    tail_limit: usize,
    dropped: u64,
}

impl Capture {
    /// A capture that holds at most `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        let tail_limit = limit / 2;
        Capture {
            head: Vec::new(),
            tail: VecDeque::new(),
            head_limit: limit - tail_limit,
            tail_limit,
            dropped: 0,
        }
    }

    /// Takes in the next bytes of the stream.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let to_head = bytes.len().min(self.head_limit - self.head.len());
        let (head, rest) = bytes.split_at(to_head);
        self.head.extend_from_slice(head);
        let surplus = (self.tail.len() + rest.len()).saturating_sub(self.tail_limit);
        let from_tail = surplus.min(self.tail.len());
        self.tail.drain(..from_tail);
        self.tail.extend(&rest[surplus - from_tail..]);
        self.dropped += surplus as u64;
    }

    /// The stream, with a line that says how much is missing where something is; and whether it is.
    pub(crate) fn finish(self) -> (Vec<u8>, bool) {
        let mut bytes = self.head;
        if self.dropped > 0 {
            let note = format!("\n[{} bytes left out]\n", self.dropped);
            bytes.extend_from_slice(note.as_bytes());
        }
        bytes.extend(self.tail);
        (bytes, self.dropped > 0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(limit: usize, pieces: &[&str], expected: &str) {
        let mut capture = Capture::new(limit);
        for piece in pieces {
            capture.push(piece.as_bytes());
        }
        let (bytes, truncated) = capture.finish();
        assert_eq!(String::from_utf8_lossy(&bytes), expected);
        assert_eq!(truncated, expected.contains("left out"));
    }

    #[test]
    fn what_fits_is_kept_whole() {
        check(10, &[], "");
        check(10, &["hello"], "hello");
        check(10, &["hello", "world"], "helloworld");
        check(0, &[""], "");
    }

    #[test]
    fn the_middle_is_left_out() {
        check(6, &["abcdefgh"], "abc\n[2 bytes left out]\nfgh");
        check(6, &["abc", "def", "gh"], "abc\n[2 bytes left out]\nfgh");
        check(5, &["ab", "c", "", "defg"], "abc\n[2 bytes left out]\nfg");
        check(0, &["ab"], "\n[2 bytes left out]\n");
        check(1, &["ab"], "a\n[1 bytes left out]\n");
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(limit in 0_usize..40, pieces in prop::collection::vec(".{0,12}", 0..12)) {
            let mut whole = Capture::new(limit);
            whole.push(pieces.concat().as_bytes());
            let mut pieced = Capture::new(limit);
            pieces.iter().for_each(|piece| pieced.push(piece.as_bytes()));
            prop_assert_eq!(whole.finish(), pieced.finish());
        }
    }
}
