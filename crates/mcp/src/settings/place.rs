//! Where a key stands in a JSON text that was read before.

/// A line and a column, from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Place {
    /// The key at the end of `path`, or as much of the path as is there.
    pub(super) fn of(text: &str, path: &[&str]) -> Place {
        let at = Scan { text, at: 0 }.find(path);
        let before = &text[..at];
        let line = before.matches('\n').count() + 1;
        let from = before.rfind('\n').map_or(0, |it| it + 1);
        Place {
            line,
            column: before[from..].chars().count() + 1,
        }
    }
}

/// A walk over a text that is known to be JSON.
struct Scan<'t> {
    text: &'t str,
    at: usize,
}

impl Scan<'_> {
    /// Offset of the key that `path` leads to. Of keys that stand twice the last one counts, as it does for the reader.
    fn find(&mut self, path: &[&str]) -> usize {
        self.space();
        let mut found = self.at;
        for wanted in path {
            self.space();
            if self.byte() != Some(b'{') {
                break;
            }
            match self.key(wanted) {
                Some((key, value)) => {
                    found = key;
                    self.at = value;
                }
                None => break,
            }
        }
        found
    }

    /// In the object that begins here: offsets of this key and of its value.
    fn key(&mut self, wanted: &str) -> Option<(usize, usize)> {
        let mut found = None;
        self.at += 1;
        loop {
            self.space();
            if self.byte() != Some(b'"') {
                return found;
            }
            let from = self.at;
            self.value();
            let key: Option<String> = serde_json::from_str(&self.text[from..self.at]).ok();
            self.space();
            self.at += 1; // the colon
            self.space();
            if key.as_deref() == Some(wanted) {
                found = Some((from, self.at));
            }
            self.value();
            self.space();
            if self.byte() == Some(b',') {
                self.at += 1;
            }
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while self.byte().is_some_and(|it| it.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Steps over the value that begins here.
    fn value(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.byte() {
            match byte {
                b'"' => self.quoted(),
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth == 0 => return,
                b'}' | b']' => depth -= 1,
                b',' if depth == 0 => return,
                _ => {}
            }
            self.at += 1;
            let ends = matches!(byte, b'"' | b'}' | b']');
            if depth == 0 && ends {
                return;
            }
        }
    }

    /// From the first quote to the last.
    fn quoted(&mut self) {
        self.at += 1;
        while let Some(byte) = self.byte() {
            match byte {
                b'\\' => self.at += 1,
                b'"' => return,
                _ => {}
            }
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_past_all_that_looks_alike() {
        let text = "{\"b\": [{\"a\": 1}, \"a\"],\n \"\\u0061\": {\"ü\": \"}\", \"c\": -1.5e3,\n\"d\":null}}";
        let at = |path: &[&str]| {
            let Place { line, column } = Place::of(text, path);
            (line, column)
        };
        assert_eq!(at(&[]), (1, 1));
        assert_eq!(at(&["a"]), (2, 2));
        assert_eq!(at(&["a", "c"]), (2, 23));
        assert_eq!(at(&["a", "d"]), (3, 1));
        assert_eq!(at(&["a", "x"]), (2, 2), "as much as there is");
        assert_eq!(at(&["b", "a"]), (1, 2), "not within a list");
    }
}
