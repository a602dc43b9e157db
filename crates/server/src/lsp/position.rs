//! Places in a text: bytes as Kiro counts them, lines and columns as editors do. A column counts bytes or, by default,
//! units of UTF-16. Lines end at `\n`, `\r\n` or `\r`. Every byte and every position has an answer, however odd.

use lsp_types::{Position, PositionEncodingKind, Range};

/// How columns are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Encoding {
    /// In bytes.
    Utf8,
    /// In units of UTF-16.
    #[default]
    Utf16,
}

impl Encoding {
    /// Its name in the protocol.
    pub(super) fn kind(self) -> PositionEncodingKind {
        match self {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
        }
    }

    fn len(self, c: char) -> usize {
        match self {
            Encoding::Utf8 => c.len_utf8(),
            Encoding::Utf16 => c.len_utf16(),
        }
    }
}

/// A text by its lines.
pub(super) struct Lines<'a> {
    text: &'a str,
    /// Where each line begins.
    starts: Vec<usize>,
    encoding: Encoding,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str, encoding: Encoding) -> Lines<'a> {
        let bytes = text.as_bytes();
        let ends = (0..bytes.len()).filter(|at| match bytes[*at] {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        });
        Lines {
            text,
            starts: std::iter::once(0).chain(ends.map(|it| it + 1)).collect(),
            encoding,
        }
    }

    /// The position of a byte; one inside a character is at its beginning.
    pub(super) fn position(&self, at: usize) -> Position {
        let at = self.text.floor_char_boundary(at.min(self.text.len()));
        let line = self
            .starts
            .partition_point(|it| *it <= at)
            .saturating_sub(1);
        let before = &self.text[self.starts[line]..at];
        let column: usize = before.chars().map(|it| self.encoding.len(it)).sum();
        Position::new(small(line), small(column))
    }

    pub(super) fn range(&self, span: &std::ops::Range<usize>) -> Range {
        Range::new(
            self.position(span.start),
            self.position(span.end.max(span.start)),
        )
    }

    /// The byte of a position. One beyond the end of its line is there, one beyond the last line at the end of the text, one
    /// inside a character at its beginning.
    pub(super) fn byte(&self, position: Position) -> usize {
        let line = position.line as usize;
        let Some(start) = self.starts.get(line).copied() else {
            return self.text.len();
        };
        let end = self
            .starts
            .get(line + 1)
            .copied()
            .unwrap_or(self.text.len());
        let content = self.text[start..end].trim_end_matches(['\n', '\r']);
        let mut left = position.character as usize;
        let mut at = start;
        for c in content.chars() {
            let wide = self.encoding.len(c);
            if left < wide {
                break;
            }
            left -= wide;
            at += c.len_utf8();
        }
        at
    }

    pub(super) fn bytes(&self, range: Range) -> std::ops::Range<usize> {
        let (start, end) = (self.byte(range.start), self.byte(range.end));
        start..end.max(start)
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_units() {
        let text = "aé😀b\r\nc";
        let check = |encoding, at, line, column| {
            let lines = Lines::new(text, encoding);
            let position = Position::new(line, column);
            assert_eq!((lines.position(at), lines.byte(position)), (position, at));
        };
        check(Encoding::Utf16, 7, 0, 4);
        check(Encoding::Utf8, 7, 0, 7);
        check(Encoding::Utf16, 10, 1, 0);
        let lines = Lines::new(text, Encoding::Utf16);
        assert_eq!(lines.byte(Position::new(0, 99)), 8);
        assert_eq!(lines.byte(Position::new(9, 0)), text.len());
        assert_eq!(lines.byte(Position::new(0, 3)), 3, "inside of a pair");
    }

    /// Every text of up to five of these parts.
    fn each_text(check: &mut dyn FnMut(&str)) {
        const PARTS: [&str; 7] = ["a", "é", "€", "😀", "\n", "\r\n", "\r"];
        let mut texts = vec![String::new()];
        for _ in 0..5 {
            let longer = texts
                .iter()
                .flat_map(|it| PARTS.map(|part| format!("{it}{part}")));
            texts = longer.collect();
            texts.iter().for_each(|it| check(it));
        }
    }

    #[test]
    fn positions_lead_back_to_their_bytes_in_order_and_any_position_has_a_byte() {
        each_text(&mut |text| {
            for encoding in [Encoding::Utf8, Encoding::Utf16] {
                let lines = Lines::new(text, encoding);
                let ends = text.char_indices().map(|it| it.0).chain([text.len()]);
                for at in ends {
                    // Between `\r` and `\n` there is no position.
                    let inside_end = text[..at].ends_with('\r') && text[at..].starts_with('\n');
                    let expected = if inside_end { at - 1 } else { at };
                    assert_eq!(lines.byte(lines.position(at)), expected, "{text:?} at {at}");
                }
                assert!(
                    (0..=text.len()).map(|it| lines.position(it)).is_sorted(),
                    "{text:?}"
                );
                for (line, column) in [(0, 1), (0, 9), (1, 2), (7, 0)] {
                    assert!(text.is_char_boundary(lines.byte(Position::new(line, column))));
                }
            }
        });
    }
}
