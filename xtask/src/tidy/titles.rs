//! A document has one title.

use super::Violation;
use crate::files::{FileSet, SourceFile};
use crate::markdown::headings;

pub(super) fn one_a_document(set: &FileSet) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in set.own().filter(|it| is_document(it)) {
        let titles: Vec<usize> = headings(file.text().unwrap_or_default())
            .iter()
            .filter(|it| it.level == 1)
            .map(|it| it.line)
            .collect();
        let add = |line, why| Violation::new("titles", file.path(), line, why);
        match titles.as_slice() {
            [] => found.push(add(1, "the document has no title (`# …`)")),
            [_, more @ ..] => found.extend(
                more.iter()
                    .map(|&line| add(line, "the document has another title already")),
            ),
        }
    }
    found
}

/// Markdown meant to be read as a page; in `.github` and `.kiro` it is a form or a setting.
fn is_document(file: &SourceFile) -> bool {
    let is_setting = file
        .path()
        .split('/')
        .any(|it| matches!(it, ".github" | ".kiro"));
    file.extension() == "md" && !is_setting
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn a_document_has_one_title() {
        let files = [
            ("a.md", "# A\n## B\n"),
            ("b.md", "text\n"),
            ("c.md", "# C\n\n```\n# code\n```\n# D\n# E\n"),
            (".kiro/steering/d.md", "text\n"),
            ("golden/e.md", "text\n"),
        ];
        assert_eq!(
            check(one_a_document, &files),
            [
                "b.md:1: the document has no title (`# …`)",
                "c.md:6: the document has another title already",
                "c.md:7: the document has another title already",
            ]
        );
    }
}
