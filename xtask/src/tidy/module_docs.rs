//! Every Rust file says first what it is for.

use super::Violation;
use crate::files::FileSet;

pub(super) fn open_every_file(set: &FileSet) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in set.rust().map(|(file, _)| file) {
        let first = file
            .text()
            .and_then(|it| it.lines().next())
            .unwrap_or_default();
        let words = first.strip_prefix("//!").map(|it| {
            it.split(char::is_whitespace)
                .filter(|it| is_word(it))
                .count()
        });
        let why = match words {
            None => "the file does not start with `//!` and what the module is for",
            Some(0) => "the module's documentation does not say what the module is for",
            Some(_) => continue,
        };
        found.push(Violation::new("module-docs", file.path(), 1, why));
    }
    found
}

fn is_word(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn a_file_without_a_purpose_is_found() {
        assert_eq!(
            check(
                open_every_file,
                &[
                    ("a.rs", "//! Values and their digests.\n"),
                    ("b.rs", "use x;\n"),
                    ("c.rs", "//! .\n"),
                    ("d.rs", ""),
                    ("e.rs", "\n//! Too late for it.\n"),
                    ("fixtures/f.rs", "use x;\n"),
                ]
            ),
            [
                "b.rs:1: the file does not start with `//!` and what the module is for",
                "c.rs:1: the module's documentation does not say what the module is for",
                "d.rs:1: the file does not start with `//!` and what the module is for",
                "e.rs:1: the file does not start with `//!` and what the module is for",
            ]
        );
    }
}
