//! Whole words in a text, and line numbers.

/// Whether `byte` can be part of an identifier.
pub(crate) fn is_identifier(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The offsets at which `word` stands in `text`, not as a part of a longer identifier.
pub(crate) fn find_word<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let bytes = text.as_bytes();
    let touches = move |edge: Option<&u8>, neighbour: Option<&u8>| {
        edge.is_some_and(|it| is_identifier(*it)) && neighbour.is_some_and(|it| is_identifier(*it))
    };
    text.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |&at| {
            let before = at.checked_sub(1).and_then(|it| bytes.get(it));
            let after = bytes.get(at + word.len());
            !touches(word.as_bytes().first(), before) && !touches(word.as_bytes().last(), after)
        })
}

/// The identifier that starts at the beginning of `text`; empty when there is none.
pub(crate) fn leading_identifier(text: &str) -> &str {
    let end = text
        .bytes()
        .position(|it| !is_identifier(it))
        .unwrap_or(text.len());
    &text[..end]
}

/// The number of the line, from 1, that holds `offset`.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    1 + text.as_bytes()[..offset]
        .iter()
        .filter(|&&it| it == b'\n')
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_not_found_inside_another() {
        assert_eq!(
            find_word("fn fnord() { my_fn(); fn }", "fn").collect::<Vec<_>>(),
            [0, 22]
        );
        assert_eq!(
            find_word("my_thread::x thread::x", "thread::").collect::<Vec<_>>(),
            [13]
        );
        assert_eq!(
            find_word("a.exists() b.exists()", ".exists()").collect::<Vec<_>>(),
            [1, 12]
        );
    }

    #[test]
    fn lines_count_from_one() {
        assert_eq!(
            [
                line_of("a\nb\n", 0),
                line_of("a\nb\n", 1),
                line_of("a\nb\n", 2)
            ],
            [1, 1, 2]
        );
    }
}
