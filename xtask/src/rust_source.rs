//! Rust text, read just well enough for the rules: what is code, what a literal, what a comment,
//! what is there for tests only, and where functions begin and end.

use std::ops::Range;

use crate::words::{find_word, is_identifier, leading_identifier, line_of};

/// What one byte belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Code,
    Comment,
    Literal,
}

/// One function with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: String,
    /// The line of the word `fn`, from 1.
    pub(crate) line: usize,
    /// Lines from `fn` to the closing brace, without those wholly inside a literal: they are data.
    pub(crate) lines: usize,
}

/// A Rust file.
#[derive(Debug)]
pub(crate) struct RustSource {
    text: String,
    classes: Vec<Class>,
    code: String,
    test_ranges: Vec<Range<usize>>,
}

impl RustSource {
    pub(crate) fn new(text: &str) -> RustSource {
        let classes = classify(text.as_bytes());
        let code = blank(text, |at| classes[at] != Class::Code);
        let test_ranges = test_ranges(&code);
        RustSource {
            text: text.to_owned(),
            classes,
            code,
            test_ranges,
        }
    }

    /// The text with comments and literals blanked out; offsets and lines are those of the file.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// As [`RustSource::code`], without what stands behind `#[cfg(test)]`.
    pub(crate) fn production_code(&self) -> String {
        blank(&self.code, |at| self.is_test(at))
    }

    /// The text, literals and comments included, without what stands behind `#[cfg(test)]`.
    pub(crate) fn production_text(&self) -> String {
        blank(&self.text, |at| self.is_test(at))
    }

    /// The text, comments included, with literals blanked out.
    pub(crate) fn without_literals(&self) -> String {
        blank(&self.text, |at| self.is_literal(at))
    }

    /// Whether the byte at `offset` is inside a literal.
    pub(crate) fn is_literal(&self, offset: usize) -> bool {
        self.classes.get(offset) == Some(&Class::Literal)
    }

    fn is_test(&self, offset: usize) -> bool {
        self.test_ranges.iter().any(|it| it.contains(&offset))
    }

    /// The names in `#[cfg(test)] mod NAME;`.
    pub(crate) fn test_modules(&self) -> Vec<String> {
        let declared = |range: &Range<usize>| {
            let item = self.code[range.clone()].trim_end().strip_suffix(';')?;
            let at = find_word(item, "mod").last()?;
            Some(item[at + "mod".len()..].trim().to_owned())
        };
        self.test_ranges.iter().filter_map(declared).collect()
    }

    /// Every function that has a body, in the order of the text.
    pub(crate) fn functions(&self) -> Vec<Function> {
        find_word(&self.code, "fn")
            .filter_map(|at| self.function_at(at))
            .collect()
    }

    fn function_at(&self, at: usize) -> Option<Function> {
        let rest = &self.code[at + "fn".len()..];
        let name = leading_identifier(rest.trim_start());
        if name.is_empty() {
            return None; // a function pointer's type
        }
        let end = body_end(self.code.as_bytes(), at)?;
        Some(Function {
            name: name.to_owned(),
            line: line_of(&self.code, at),
            lines: self.counted_lines(at..end),
        })
    }

    fn counted_lines(&self, range: Range<usize>) -> usize {
        let mut start = range.start;
        let mut count = 0;
        for line in self.text[range].split_inclusive('\n') {
            let wholly_literal = (start..start + line.len()).all(|at| self.is_literal(at));
            count += usize::from(!wholly_literal);
            start += line.len();
        }
        count
    }
}

/// `text` with every byte for which `out` holds turned into a space; line breaks stay.
fn blank(text: &str, out: impl Fn(usize) -> bool) -> String {
    let mut blanked = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        if character != '\n' && out(at) {
            blanked.extend(std::iter::repeat_n(' ', character.len_utf8()));
        } else {
            blanked.push(character);
        }
    }
    blanked
}

fn classify(bytes: &[u8]) -> Vec<Class> {
    let mut classes = vec![Class::Code; bytes.len()];
    let mut at = 0;
    while at < bytes.len() {
        let (end, class) = token_at(bytes, at);
        classes[at..end].fill(class);
        at = end;
    }
    classes
}

/// The end and the class of the token that starts at `at`.
fn token_at(bytes: &[u8], at: usize) -> (usize, Class) {
    let rest = &bytes[at..];
    if rest.starts_with(b"//") {
        let length = rest
            .iter()
            .position(|&it| it == b'\n')
            .unwrap_or(rest.len());
        (at + length, Class::Comment)
    } else if rest.starts_with(b"/*") {
        (at + block_comment_length(rest), Class::Comment)
    } else if rest[0] == b'"' {
        (at + string_length(rest), Class::Literal)
    } else if rest[0] == b'\'' {
        character_length(rest).map_or((at + 1, Class::Code), |it| (at + it, Class::Literal))
    } else if is_identifier(rest[0]) {
        let word = rest
            .iter()
            .position(|&it| !is_identifier(it))
            .unwrap_or(rest.len());
        raw_string_length(&rest[..word], &rest[word..]).map_or((at + word, Class::Code), |it| {
            (at + word + it, Class::Literal)
        })
    } else {
        (at + 1, Class::Code)
    }
}

fn block_comment_length(rest: &[u8]) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

fn string_length(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// The length of a character literal; `None` for a lifetime.
fn character_length(rest: &[u8]) -> Option<usize> {
    if rest.get(1) == Some(&b'\\') {
        let close = rest.iter().skip(3).position(|&it| it == b'\'')?;
        return Some(close + 4);
    }
    let character = std::str::from_utf8(&rest[1..rest.len().min(5)])
        .or_else(|error| std::str::from_utf8(&rest[1..1 + error.valid_up_to()]))
        .ok()?
        .chars()
        .next()?;
    let close = 1 + character.len_utf8();
    (rest.get(close) == Some(&b'\'')).then_some(close + 1)
}

/// The length of what follows the prefix `word` when both are a raw string's, as in `r#"…"#`.
fn raw_string_length(word: &[u8], rest: &[u8]) -> Option<usize> {
    if !matches!(word, b"r" | b"br" | b"cr") {
        return None;
    }
    let hashes = rest.iter().take_while(|&&it| it == b'#').count();
    if rest.get(hashes) != Some(&b'"') {
        return None;
    }
    let mut close = vec![b'"'];
    close.resize(1 + hashes, b'#');
    let body = &rest[hashes + 1..];
    let length = body.windows(close.len()).position(|it| it == close);
    Some(length.map_or(rest.len(), |it| hashes + 1 + it + close.len()))
}

/// Where the item that starts at `from` ends: after its `;`, or after the brace that closes its body.
/// The second value says whether there is a body.
fn item_end(code: &[u8], from: usize) -> Option<(usize, bool)> {
    let mut depth = 0_usize;
    for (at, byte) in code.iter().enumerate().skip(from) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' => depth = depth.checked_sub(1)?,
            b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some((at + 1, true));
                }
            }
            b';' if depth == 0 => return Some((at + 1, false)),
            _ => {}
        }
    }
    None
}

fn body_end(code: &[u8], from: usize) -> Option<usize> {
    item_end(code, from).and_then(|(end, has_body)| has_body.then_some(end))
}

/// The ranges of items behind `#[cfg(test)]` or `#[cfg(all(test, …))]`; the whole file after `#![cfg(test)]`.
fn test_ranges(code: &str) -> Vec<Range<usize>> {
    if code.contains("#![cfg(test)]") {
        return std::iter::once(0..code.len()).collect();
    }
    let starts = ["#[cfg(test)]", "#[cfg(all(test"];
    let mut ranges = Vec::new();
    for (at, _) in starts.iter().flat_map(|it| code.match_indices(it)) {
        let after_attributes = skip_attributes(code, at);
        let end = item_end(code.as_bytes(), after_attributes).map_or(code.len(), |(end, _)| end);
        ranges.push(at..end);
    }
    ranges
}

fn skip_attributes(code: &str, mut at: usize) -> usize {
    loop {
        at += code[at..].len() - code[at..].trim_start().len();
        if !code[at..].starts_with("#[") {
            return at;
        }
        let mut depth = 0_usize;
        let close = code[at..].bytes().position(|byte| {
            depth += usize::from(byte == b'[');
            depth -= usize::from(byte == b']' && depth > 0);
            byte == b']' && depth == 0
        });
        at += close.map_or(code.len() - at, |it| it + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> String {
        RustSource::new(text).code().to_owned()
    }

    fn functions(text: &str) -> Vec<(String, usize, usize)> {
        let found = RustSource::new(text).functions();
        found
            .into_iter()
            .map(|it| (it.name, it.line, it.lines))
            .collect()
    }

    #[test]
    fn comments_and_literals_are_not_code() {
        assert_eq!(code("a // b\nc"), "a     \nc");
        assert_eq!(code("a /* b /* c */ d */ e"), "a                   e");
        assert_eq!(code(r#"f("a\"b", c)"#), "f(      , c)");
        assert_eq!(code(r##"f(r#"a"b"#, c)"##), "f(        , c)");
        assert_eq!(
            code("b\"x\" br\"y\" r#fn"),
            format!("b{}r#fn", " ".repeat(10))
        );
    }

    #[test]
    fn lifetimes_are_code_and_characters_are_not() {
        assert_eq!(
            code("<'a> 'x' '\\'' 'é' 'b"),
            format!("<'a>{}'b", " ".repeat(15))
        );
        assert_eq!(code("'{' '\\u{7d}'"), " ".repeat(12));
    }

    #[test]
    fn torn_text_is_read_to_its_end() {
        for torn in [
            "\"abc",
            "r#\"abc",
            "/* abc",
            "'",
            "'\\",
            "fn",
            "fn f(",
            "#[cfg(test)]",
            "#[cfg(test",
            "b'",
            "r#",
        ] {
            assert_eq!(code(torn).len(), torn.len(), "{torn}");
            RustSource::new(torn).functions();
        }
    }

    #[test]
    fn functions_have_names_lines_and_lengths() {
        let text = "fn a() {}\n\nimpl X {\n    fn b(\n        x: fn(u8) -> [u8; 2],\n    ) {\n        if x { }\n    }\n}\ntrait T { fn c(); }\n";
        assert_eq!(functions(text), [("a".into(), 1, 1), ("b".into(), 4, 5)]);
    }

    #[test]
    fn lines_inside_a_literal_are_not_counted() {
        assert_eq!(
            functions("fn a() {\n    x(\"\none\n\ntwo\n\");\n}\n"),
            [("a".into(), 1, 4)]
        );
    }

    #[test]
    fn test_items_are_not_production() {
        let text =
            "use a;\n#[cfg(test)]\n#[rustfmt::skip]\nmod tests {\n    fn t() {}\n}\nfn p() {}\n";
        let production = RustSource::new(text).production_code();
        assert!(
            !production.contains("fn t")
                && production.contains("fn p")
                && production.contains("use a")
        );
        assert_eq!(
            RustSource::new("#![cfg(test)]\nfn t() {}")
                .production_code()
                .trim(),
            ""
        );
        assert!(
            RustSource::new("#[cfg(not(test))]\nfn p() {}")
                .production_code()
                .contains("fn p")
        );
    }

    #[test]
    fn declared_test_modules_are_named() {
        let text = "#[cfg(test)]\nmod a;\n#[cfg(test)]\npub(crate) mod b;\nmod c;\n#[cfg(test)]\nmod d { use x; }\n";
        assert_eq!(RustSource::new(text).test_modules(), ["a", "b"]);
    }
}
