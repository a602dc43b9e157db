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
