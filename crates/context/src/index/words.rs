//! Texts as words: the words of programs, which join several, and the words of questions.

/// The longest word that is kept, in bytes; the longest number.
const LONGEST: usize = 48;
const DIGITS_MAX: usize = 6;
/// From this length on a word with many changes between letters and digits is taken for a value, such as a key or a digest.
const VALUE_FROM: usize = 20;

/// Whether a byte belongs to a word.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Gives every word of a text that is worth keeping to `take`.
pub(crate) fn each<'t>(text: &'t str, mut take: impl FnMut(&'t str)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !is_word(bytes[at]) {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && is_word(bytes[at]) {
            at += 1;
        }
        // Bytes of a letter beyond ASCII are word bytes all, so no letter is cut.
        let word = &text[start..at];
        if is_kept(word) {
            take(word);
        }
    }
}

/// Whether a word is kept: not a long number, and not what looks like a value.
fn is_kept(word: &str) -> bool {
    let bytes = word.as_bytes();
    if bytes.len() > LONGEST {
        return false;
    }
    if bytes[0].is_ascii_digit() && bytes.len() > DIGITS_MAX {
        return false;
    }
    if bytes.len() < VALUE_FROM {
        return true;
    }
    let changes = bytes
        .windows(2)
        .filter(|it| it[0].is_ascii_digit() != it[1].is_ascii_digit())
        .count();
    changes < 5
}

/// The parts of a word of a program: `parseHTTPHeader_v2` is `parse`, `HTTP`, `Header`, `v2`.
pub(crate) fn parts(word: &str) -> impl Iterator<Item = &str> {
    word.split('_').flat_map(humps)
}

fn humps(word: &str) -> impl Iterator<Item = &str> {
    let bytes = word.as_bytes();
    let mut start = 0;
    std::iter::from_fn(move || {
        if start >= bytes.len() {
            return None;
        }
        let mut end = start + 1;
        while end < bytes.len() && !begins(bytes, end) {
            end += 1;
        }
        let part = &word[start..end];
        start = end;
        Some(part)
    })
}

/// Whether a part begins at `at`: a capital after a small letter, or the last capital before small ones.
pub(crate) fn begins(bytes: &[u8], at: usize) -> bool {
    let (before, here) = (bytes[at - 1], bytes[at]);
    if !here.is_ascii_uppercase() {
        return false;
    }
    let next_is_small = bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase);
    !before.is_ascii_uppercase() || next_is_small
}

/// Words of questions that say nothing about what is asked.
const EMPTY: &[&str] = &[
    "a",
    "about",
    "all",
    "an",
    "and",
    "any",
    "are",
    "as",
    "at",
    "be",
    "been",
    "being",
    "by",
    "can",
    "code",
    "could",
    "did",
    "do",
    "does",
    "done",
    "else",
    "every",
    "file",
    "files",
    "find",
    "for",
    "from",
    "get",
    "gets",
    "give",
    "given",
    "gives",
    "had",
    "happen",
    "happens",
    "has",
    "have",
    "how",
    "i",
    "if",
    "in",
    "into",
    "is",
    "it",
    "its",
    "kind",
    "like",
    "made",
    "make",
    "makes",
    "many",
    "me",
    "much",
    "my",
    "no",
    "not",
    "of",
    "on",
    "one",
    "or",
    "other",
    "our",
    "out",
    "over",
    "part",
    "place",
    "project",
    "s",
    "several",
    "she",
    "should",
    "show",
    "so",
    "some",
    "than",
    "that",
    "the",
    "their",
    "them",
    "then",
    "there",
    "these",
    "they",
    "thing",
    "this",
    "to",
    "up",
    "us",
    "use",
    "used",
    "uses",
    "using",
    "was",
    "way",
    "we",
    "were",
    "what",
    "when",
    "where",
    "which",
    "while",
    "who",
    "whom",
    "whose",
    "why",
    "will",
    "with",
    "would",
    "you",
    "your",
    "function",
    "class",
    "method",
    "module",
    "implemented",
    "implementation",
    "decide",
    "decides",
    "work",
    "works",
];

/// A word of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Its stem in small letters, or the word itself.
    pub(crate) stem: String,
    /// As it was written.
    pub(crate) word: String,
    /// Whether it is a name of a program, which is to be found as a whole.
    pub(crate) is_name: bool,
}

/// The words of a question that say what it is about, each once.
pub(crate) fn asked(question: &str) -> Vec<Asked> {
    let mut found: Vec<Asked> = Vec::new();
    let mut add = |stem: String, word: &str, is_name: bool| {
        if stem.len() > 1
            && !found
                .iter()
                .any(|it| it.stem == stem && it.is_name == is_name)
        {
            found.push(Asked {
                stem,
                word: word.to_owned(),
                is_name,
            });
        }
    };
    each(question, |word| {
        if parts(word).nth(1).is_some() {
            add(word.to_owned(), word, true);
        }
        for part in parts(word) {
            let small = part.to_lowercase();
            if !EMPTY.contains(&small.as_str()) {
                add(stem(&small), part, false);
            }
        }
    });
    found
}

/// A word of small letters without its commonest English endings, so that what belongs together meets.
pub(crate) fn stem(word: &str) -> String {
    const ENDINGS: [(&str, &str); 23] = [
        ("ations", ""),
        ("ation", ""),
        ("ating", ""),
        ("ators", ""),
        ("ator", ""),
        ("ated", ""),
        ("ates", ""),
        ("ate", ""),
        ("ions", ""),
        ("ion", ""),
        ("ings", ""),
        ("ing", ""),
        ("ies", "y"),
        ("ied", "y"),
        ("ments", ""),
        ("ment", ""),
        ("ers", ""),
        ("er", ""),
        ("ed", ""),
        ("es", ""),
        ("ly", ""),
        ("s", ""),
        ("e", ""),
    ];
    if word.ends_with("ss") || !word.is_ascii() {
        return word.to_owned();
    }
    let cut = ENDINGS.iter().find_map(|(ending, instead)| {
        let rest = word.strip_suffix(ending)?;
        (rest.len() >= 3).then(|| format!("{rest}{instead}"))
    });
    let mut stem = cut.unwrap_or_else(|| word.to_owned());
    // `stopped` is `stop`.
    let bytes = stem.as_bytes();
    if stem.len() < word.len()
        && bytes.len() > 3
        && bytes[bytes.len() - 1] == bytes[bytes.len() - 2]
        && !matches!(bytes[bytes.len() - 1], b'l' | b's' | b'z' | b'e' | b'o')
    {
        stem.pop();
    }
    stem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_programs_come_apart() {
        let of = |word| parts(word).collect::<Vec<&str>>();
        assert_eq!(of("parseHTTPHeader_v2"), ["parse", "HTTP", "Header", "v2"]);
        assert_eq!(of("__init__"), ["init"]);
        assert_eq!(of("größe_max"), ["größe", "max"]);
        assert_eq!(of("X"), ["X"]);
    }

    #[test]
    fn values_and_long_numbers_are_not_kept() {
        let mut kept = Vec::new();
        each(
            "a 404 1234567 5f2a9c81d0e34b7ac2d1e9f0 plain_word_that_is_long_enough AKIAQ7Q7Q7Q7Q7Q7Q7Q7",
            |it| kept.push(it),
        );
        assert_eq!(kept, ["a", "404", "plain_word_that_is_long_enough"]);
    }

    #[test]
    fn questions_are_what_they_ask_for() {
        let asked = asked("How are the migrations ordered by MigrationGraph?");
        let stems: Vec<(&str, bool)> = asked
            .iter()
            .map(|it| (it.stem.as_str(), it.is_name))
            .collect();
        assert_eq!(
            stems,
            [
                ("migr", false),
                ("order", false),
                ("MigrationGraph", true),
                ("graph", false)
            ]
        );
    }

    #[test]
    fn forms_of_a_word_meet() {
        for forms in [
            &[
                "migration",
                "migrations",
                "migrate",
                "migrated",
                "migrating",
            ][..],
            &["stop", "stopped", "stopping", "stops"],
            &["query", "queries"],
            &["serializer", "serialize", "serialized"],
            &["class"],
        ] {
            let stems: Vec<String> = forms.iter().map(|it| stem(it)).collect();
            assert!(stems.iter().all(|it| *it == stems[0]), "{stems:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_it(text in "\\PC{0,60}") {
            each(&text, |word| assert!(parts(word).all(|it| !it.is_empty())));
            asked(&text);
        }
    }
}
