//! A rules file that cannot be used: where, why, and the line itself.

use std::fmt;

/// A rules file that cannot be used. Nothing in it counts then: a rule that cannot be read might have been the
/// one that protects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesError {
    /// The file, as the user knows it.
    pub file: String,
    /// The line, from 1; 0 when the whole file is meant.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong, and what would be right.
    pub message: String,
    /// The line's text.
    pub text: String,
}

impl RulesError {
    /// An error at a place of the file's text.
    pub(super) fn at(
        file: &str,
        source: &str,
        line: usize,
        column: usize,
        message: impl Into<String>,
    ) -> RulesError {
        let text = line.checked_sub(1).and_then(|it| source.lines().nth(it));
        RulesError {
            file: file.to_owned(),
            line,
            column,
            message: message.into(),
            text: text.unwrap_or_default().to_owned(),
        }
    }
}

impl fmt::Display for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return write!(f, "{}: {}", self.file, self.message);
        }
        let (line, column) = (self.line, self.column);
        writeln!(f, "{}:{line}:{column}: {}", self.file, self.message)?;
        let number = line.to_string();
        let text = change::visible(&self.text);
        let before = " ".repeat(column.saturating_sub(1));
        let margin = " ".repeat(number.len());
        write!(f, "{margin} |\n{number} | {text}\n{margin} | {before}^")
    }
}

impl std::error::Error for RulesError {}

/// The known word that a misspelt one was probably meant to be.
pub(super) fn closest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let allowed = (word.chars().count() / 3).clamp(1, 3);
    let distances = known.iter().map(|it| (distance(word, it), *it));
    distances
        .filter(|(far, _)| *far <= allowed)
        .min_by_key(|(far, _)| *far)
        .map(|(_, it)| it)
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
}
