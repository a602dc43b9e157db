//! Words that were probably meant.

/// The known word that a misspelt one was probably meant to be.
#[must_use]
pub fn closest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let allowed = (word.chars().count() / 3).clamp(1, 3);
    let distances = known.iter().map(|it| (distance(word, it), *it));
    distances
        .filter(|(far, _)| *far <= allowed)
        .min_by_key(|(far, _)| *far)
        .map(|(_, it)| it)
}

/// What is said of a word that is none of the known ones.
#[must_use]
pub fn unknown_word(what: &str, word: &str, known: &[&str]) -> String {
    match closest(word, known) {
        Some(meant) => format!("unknown {what} «{word}»; did you mean «{meant}»?"),
        None => format!("unknown {what} «{word}»; it takes {}", known.join(", ")),
    }
}

/// The word that [`unknown_word`] said was not known, and what it said was meant.
#[must_use]
pub fn meant(told: &str) -> Option<(&str, &str)> {
    let (word, rest) = told.split_once('«')?.1.split_once("»; did you mean «")?;
    Some((word, rest.split_once('»')?.0))
}

/// How many letters have to be changed, added or left out.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_words_find_their_own() {
        let known = ["sensitive_files", "trusted_commands", "denied_commands"];
        assert_eq!(closest("trusted_comands", &known), Some("trusted_commands"));
        assert_eq!(closest("sensitve_file", &known), Some("sensitive_files"));
        assert_eq!(closest("colour", &known), None);
        assert_eq!(closest("", &known), None);
    }

    #[test]
    fn what_was_meant_can_be_read_back() {
        let known = ["filter", "event"];
        let told = unknown_word("key", "filtre", &known);
        assert_eq!(meant(&told), Some(("filtre", "filter")));
        assert_eq!(meant(&unknown_word("key", "x", &known)), None);
        assert_eq!(meant("said «a»; did you mean"), None);
    }
}
