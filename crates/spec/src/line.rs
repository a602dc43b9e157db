//! Lines with their place in the source.

/// The width of a tab stop, in columns.
const TAB: usize = 4;

/// One line: where it begins, how far it is indented, and its text without indentation and trailing space.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    /// Byte offset of the line's first byte.
    pub(crate) start: usize,
    /// Byte offset of the first byte of `text`.
    pub(crate) at: usize,
    /// Indentation in columns.
    pub(crate) indent: usize,
    /// The text, without indentation and trailing white space.
    pub(crate) text: &'a str,
}

impl Line<'_> {
    /// Byte offset after the last byte of `text`.
    pub(crate) fn end(&self) -> usize {
        self.at + self.text.len()
    }

    /// Whether nothing but white space stands here.
    pub(crate) fn is_blank(&self) -> bool {
        self.text.is_empty()
    }
}

/// The lines of `source`. A line ends at `\n`, `\r\n` or a lone `\r`; a leading byte order mark belongs to no line.
pub(crate) fn lines(source: &str) -> Lines<'_> {
    let pos = if source.starts_with('\u{feff}') { 3 } else { 0 };
    Lines { source, pos }
}

/// The lines of the part `range` of `source`, with offsets into the whole of it.
pub(crate) fn lines_within(source: &str, range: std::ops::Range<usize>) -> Lines<'_> {
    Lines {
        source: &source[..range.end],
        pos: range.start,
    }
}

/// See [`lines`].
#[derive(Clone, Debug)]
pub(crate) struct Lines<'a> {
    source: &'a str,
    pos: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        if self.pos >= self.source.len() {
            return None;
        }
        let start = self.pos;
        let rest = &self.source[start..];
        let length = rest
            .bytes()
            .position(|b| b == b'\n' || b == b'\r')
            .unwrap_or(rest.len());
        let ending = if rest[length..].starts_with("\r\n") {
            2
        } else {
            1
        };
        self.pos = (start + length + ending).min(self.source.len());
        Some(line(start, &rest[..length]))
    }
}

fn line(start: usize, raw: &str) -> Line<'_> {
    let text = raw.trim_start();
    let at = start + raw.len() - text.len();
    let indent = raw[..raw.len() - text.len()].chars().fold(0, |column, c| {
        if c == '\t' {
            (column / TAB + 1) * TAB
        } else {
            column + 1
        }
    });
    Line {
        start,
        at,
        indent,
        text: text.trim_end(),
    }
}

/// Finds the line of a byte offset.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<usize>,
}

impl LineIndex {
    /// Indexes the lines of `source`.
    pub fn new(source: &str) -> Self {
        Self {
            starts: lines(source).map(|line| line.start).collect(),
        }
    }

    /// The number, from 1, of the line that holds the byte at `offset`; an offset past the end is on the last line.
    pub fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_know_their_place_for_every_line_ending() {
        let source = "\u{feff}a \r\n\t b\rc\n\nd";
        let found: Vec<_> = lines(source)
            .map(|it| (it.start, it.at, it.indent, it.text))
            .collect();
        assert_eq!(
            found,
            [
                (3, 3, 0, "a"),
                (7, 9, 5, "b"),
                (11, 11, 0, "c"),
                (13, 13, 0, ""),
                (14, 14, 0, "d")
            ]
        );
        let index = LineIndex::new(source);
        assert_eq!(
            [0, 3, 6, 7, 11, 13, 14, 99].map(|it| index.line(it)),
            [1, 1, 1, 2, 3, 4, 5, 5]
        );
    }
}
