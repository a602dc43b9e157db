//! What a file's bytes are, seen as text: lines, their ends, and what would fool a reader.

/// A line's content and the bytes that end it: nothing at the end of a text that lacks a final newline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    pub(crate) content: &'a [u8],
    pub(crate) end: &'a [u8],
}

impl<'a> Line<'a> {
    fn of(bytes: &'a [u8]) -> Line<'a> {
        let ends = [&b"\r\n"[..], b"\n"];
        let end = ends.into_iter().find(|end| bytes.ends_with(end));
        let (content, end) = bytes.split_at(bytes.len() - end.map_or(0, <[u8]>::len));
        Line { content, end }
    }

    /// The line's bytes with its end.
    pub(crate) fn len(&self) -> usize {
        self.content.len() + self.end.len()
    }
}

/// The lines of a text. An empty text has none.
pub(crate) fn lines(bytes: &[u8]) -> Vec<Line<'_>> {
    each_line(bytes).collect()
}

/// The same one after another, from either end, for whoever does not want them all.
pub(crate) fn each_line(bytes: &[u8]) -> impl DoubleEndedIterator<Item = Line<'_>> {
    bytes.split_inclusive(|byte| *byte == b'\n').map(Line::of)
}

/// How the lines of a text end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineEnds {
    /// It has at most one line without an end.
    None,
    Lf,
    Crlf,
    /// Both; more of them are CRLF when it is true.
    Mixed(bool),
}

impl LineEnds {
    pub(crate) fn of(bytes: &[u8]) -> LineEnds {
        let all = bytes.iter().filter(|byte| **byte == b'\n').count();
        let crlf = bytes.windows(2).filter(|pair| pair == b"\r\n").count();
        match (all, crlf) {
            (0, _) => LineEnds::None,
            (_, 0) => LineEnds::Lf,
            (all, crlf) if all == crlf => LineEnds::Crlf,
            (all, crlf) => LineEnds::Mixed(crlf * 2 > all),
        }
    }

    /// The bytes that most lines end with.
    pub(crate) fn usual(self) -> &'static [u8] {
        match self {
            LineEnds::Crlf | LineEnds::Mixed(true) => b"\r\n",
            LineEnds::None | LineEnds::Lf | LineEnds::Mixed(false) => b"\n",
        }
    }
}

/// The mark by which some programs begin UTF-8.
pub(crate) const BOM: &[u8] = b"\xef\xbb\xbf";

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// UTF-8.
    Text,
    /// Text in another encoding, as far as one can see: the first byte that is not UTF-8.
    Foreign(usize),
    /// UTF-16, by its mark.
    Utf16,
    /// No text.
    Binary,
}

impl Content {
    pub(crate) fn of(bytes: &[u8]) -> Content {
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            return Content::Utf16;
        }
        if bytes.contains(&0) {
            return Content::Binary;
        }
        match std::str::from_utf8(bytes) {
            Ok(_) => Content::Text,
            Err(error) => Content::Foreign(error.valid_up_to()),
        }
    }
}

/// The beginning of a text, at most `limit` bytes of it, cut between characters.
pub(crate) fn head(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

/// A text cut to `limit` bytes, which says so at its end.
pub(crate) fn bounded(text: String, limit: usize) -> String {
    if text.len() <= limit {
        return text;
    }
    let kept = head(&text, limit);
    format!("{kept}\n[{} bytes left out]\n", text.len() - kept.len())
}

/// A piece of text for a message: on one line, quoted, safe to show.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 120;
    let shown = change::visible(text)
        .replace('\n', "\\n")
        .replace('\t', "\\t");
    let cut = head(&shown, LONGEST);
    let more = if cut.len() < shown.len() { "…" } else { "" };
    format!("«{cut}{more}»")
}

/// "1 line", "3 lines".
pub(crate) fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_ends() {
        let text = b"a\r\nb\n\n\rc\r";
        let found: Vec<(&[u8], &[u8])> = lines(text)
            .into_iter()
            .map(|it| (it.content, it.end))
            .collect();
        let expected: [(&[u8], &[u8]); 4] = [
            (b"a", b"\r\n"),
            (b"b", b"\n"),
            (b"", b"\n"),
            (b"\rc\r", b""),
        ];
        assert_eq!(found, expected);
        assert_eq!(lines(b""), []);
        assert_eq!(lines(text).iter().map(Line::len).sum::<usize>(), text.len());
    }

    #[test]
    fn ends_and_contents_are_told_apart() {
        for (text, ends) in [
            ("a", LineEnds::None),
            ("a\nb", LineEnds::Lf),
            ("a\r\nb\r\n", LineEnds::Crlf),
            ("a\r\nb\r\nc\n", LineEnds::Mixed(true)),
            ("a\r\nb\nc\n", LineEnds::Mixed(false)),
        ] {
            assert_eq!(LineEnds::of(text.as_bytes()), ends, "{text:?}");
        }
        for (bytes, content) in [
            (&b"plain \xc3\xa9"[..], Content::Text),
            (b"caf\xe9", Content::Foreign(3)),
            (b"\xff\xfea\0", Content::Utf16),
            (b"\x7fELF\0", Content::Binary),
            (b"", Content::Text),
        ] {
            assert_eq!(Content::of(bytes), content, "{bytes:?}");
        }
    }

    #[test]
    fn pieces_for_messages_are_short_and_safe() {
        assert_eq!(quoted("a\tb\n\u{1b}[2J"), "«a\\tb\\n\\u{1b}[2J»");
        assert!(quoted(&"é".repeat(200)).ends_with("…»"));
        assert_eq!(bounded("abc".into(), 3), "abc");
        assert_eq!(bounded("abé".into(), 3), "ab\n[2 bytes left out]\n");
        assert_eq!(
            (count(1, "line"), count(2, "line")),
            ("1 line".into(), "2 lines".into())
        );
    }
}
