//! Bytes that no reader sees: line ends, tabs, sizes.

use super::Violation;
use crate::files::{FileSet, SourceFile};
use crate::tables::FILE_BYTES_MAX;

/// Kinds of files in which whitespace at the end of a line has a meaning.
const KEPT_AS_THEY_ARE: &[&str] = &["diff", "patch", "snap"];

fn texts(set: &FileSet) -> impl Iterator<Item = (&SourceFile, &str)> {
    set.own().filter_map(|file| Some((file, file.text()?)))
}

/// The lines of `text` without their ends, with number and offset.
fn lines(text: &str) -> impl Iterator<Item = (usize, usize, &str)> {
    let mut offset = 0;
    text.split_inclusive('\n')
        .enumerate()
        .map(move |(at, line)| {
            let start = offset;
            offset += line.len();
            let line = line.strip_suffix('\n').unwrap_or(line);
            (at + 1, start, line.strip_suffix('\r').unwrap_or(line))
        })
}

pub(super) fn no_trailing_whitespace(set: &FileSet) -> Vec<Violation> {
    let mut found = Vec::new();
    for (file, text) in texts(set).filter(|(file, _)| !KEPT_AS_THEY_ARE.contains(&file.extension()))
    {
        for (number, start, line) in lines(text) {
            let kept = line.trim_end().len();
            let is_data = file.rust().is_some_and(|it| it.is_literal(start + kept));
            if kept < line.len() && !is_data {
                let why = "there is whitespace at the end of the line";
                found.push(Violation::new(
                    "trailing-whitespace",
                    file.path(),
                    number,
                    why,
                ));
            }
        }
    }
    found
}

pub(super) fn no_tabs(set: &FileSet) -> Vec<Violation> {
    let mut found = Vec::new();
    for (file, rust) in set.rust() {
        for (number, start, line) in lines(file.text().unwrap_or_default()) {
            if line
                .match_indices('\t')
                .any(|(at, _)| !rust.is_literal(start + at))
            {
                found.push(Violation::new(
                    "tabs",
                    file.path(),
                    number,
                    "there is a tab: indent with spaces",
                ));
            }
        }
    }
    found
}

pub(super) fn no_carriage_returns(set: &FileSet) -> Vec<Violation> {
    let with = texts(set)
        .filter_map(|(file, text)| Some((file, text[..text.find('\r')?].lines().count())));
    with.map(|(file, line)| {
        Violation::new(
            "line-endings",
            file.path(),
            line.max(1),
            "lines end with `\\r\\n`: use `\\n`",
        )
    })
    .collect()
}

pub(super) fn ends_with_newline(set: &FileSet) -> Vec<Violation> {
    let without = texts(set).filter(|(_, text)| !text.is_empty() && !text.ends_with('\n'));
    without
        .map(|(file, text)| {
            let why = "the last line does not end with a line break";
            Violation::new("final-newline", file.path(), text.lines().count(), why)
        })
        .collect()
}

pub(super) fn not_too_large(set: &FileSet) -> Vec<Violation> {
    let large = set.iter().filter(|it| it.bytes().len() > FILE_BYTES_MAX);
    large
        .map(|file| {
            let why = format!("the file has {} bytes, more than {FILE_BYTES_MAX}: make it at build time or fetch it", file.bytes().len());
            Violation::new("file-size", file.path(), 1, why)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::{NOTHING, check};
    use super::*;

    #[test]
    fn whitespace_at_the_end_is_found_unless_it_is_data() {
        let rust = "let a = \"x \n\";  \nlet b;\n";
        assert_eq!(
            check(
                no_trailing_whitespace,
                &[
                    ("a.rs", rust),
                    ("b.md", "x\ny\t\n"),
                    ("c.snap", "x \n"),
                    ("golden/d.md", "x \n")
                ]
            ),
            [
                "a.rs:2: there is whitespace at the end of the line",
                "b.md:2: there is whitespace at the end of the line",
            ]
        );
    }

    #[test]
    fn tabs_are_found_in_rust_only() {
        let rust = "\tlet a = r\"\t\";\nlet b = \"\t\";\n";
        assert_eq!(
            check(no_tabs, &[("a.rs", rust), ("Makefile", "\tx\n")]),
            ["a.rs:1: there is a tab: indent with spaces"]
        );
    }

    #[test]
    fn line_ends_are_plain() {
        assert_eq!(
            check(
                no_carriage_returns,
                &[
                    ("a.txt", "x\ny\r\nz\r\n"),
                    ("fixtures/b.txt", "x\r\n"),
                    ("c.txt", "x\n")
                ]
            ),
            ["a.txt:2: lines end with `\\r\\n`: use `\\n`"]
        );
        assert_eq!(
            check(
                ends_with_newline,
                &[
                    ("a.txt", "x\ny"),
                    ("b.txt", ""),
                    ("c.txt", "x\n"),
                    ("fixtures/d", "x")
                ]
            ),
            ["a.txt:2: the last line does not end with a line break"]
        );
    }

    #[test]
    fn large_files_are_found_even_among_fixtures() {
        let large = "x".repeat(FILE_BYTES_MAX + 1);
        assert_eq!(check(not_too_large, &[("a", &large[1..])]), NOTHING);
        assert_eq!(check(not_too_large, &[("fixtures/a", &large)]).len(), 1);
    }
}
