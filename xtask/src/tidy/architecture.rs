//! `ARCHITECTURE.md` names every crate that there is, and no other.

use std::collections::BTreeMap;

use super::Violation;
use crate::files::FileSet;
use crate::words::is_identifier;

const RULE: &str = "architecture";
const DOCUMENT: &str = "ARCHITECTURE.md";

pub(super) fn names_every_crate(set: &FileSet) -> Vec<Violation> {
    let Some(text) = set.get(DOCUMENT).and_then(|it| it.text()) else {
        return vec![Violation::new(
            RULE,
            DOCUMENT,
            1,
            "the document is missing: it explains the house and names its crates",
        )];
    };
    let named = named_crates(text);
    let folders = set.crate_folders();
    let unnamed = folders.iter().filter(|it| !named.contains_key(**it));
    let mut found: Vec<Violation> = unnamed
        .map(|it| Violation::new(RULE, DOCUMENT, 1, format!("crates/{it} is not named")))
        .collect();
    for (name, line) in named.iter().filter(|(name, _)| !folders.contains(**name)) {
        found.push(Violation::new(
            RULE,
            DOCUMENT,
            *line,
            format!("crates/{name} is named, but there is no such folder"),
        ));
    }
    found
}

/// The crates that `text` names, with their first lines: as `crates/NAME`, in a tree below a line `crates/`, or in
/// the first column of a table headed `crate`.
fn named_crates(text: &str) -> BTreeMap<&str, usize> {
    let mut named = BTreeMap::new();
    let mut tree: Option<Tree> = None;
    let mut table: Option<Table> = None;
    for (at, line) in text.lines().enumerate() {
        let mentioned = line
            .match_indices("crates/")
            .map(|(start, it)| crate_name(&line[start + it.len()..]));
        let drawn = Tree::entry(&mut tree, line);
        let listed = Table::entry(&mut table, line);
        for name in mentioned
            .chain(drawn)
            .chain(listed)
            .filter(|it| !it.is_empty())
        {
            named.entry(name).or_insert(at + 1);
        }
    }
    named
}

/// A tree of folders drawn by indentation.
struct Tree {
    root: usize,
    entries: Option<usize>,
}

impl Tree {
    /// The crate that `line` names in the tree that is open, if any.
    fn entry<'a>(tree: &mut Option<Tree>, line: &'a str) -> Option<&'a str> {
        let indent = line.len() - line.trim_start().len();
        if line.split_whitespace().next() == Some("crates/") {
            *tree = Some(Tree {
                root: indent,
                entries: None,
            });
            return None;
        }
        if tree.as_ref().is_some_and(|it| indent <= it.root) {
            *tree = None;
        }
        let column = *tree.as_mut()?.entries.get_or_insert(indent);
        (indent == column).then(|| crate_name(line.trim_start()))
    }
}

/// A table with a crate in the first column.
struct Table;

impl Table {
    /// The crate that `line` names in the table that is open, if any.
    fn entry<'a>(table: &mut Option<Table>, line: &'a str) -> Option<&'a str> {
        let Some(cell) = line
            .trim_start()
            .strip_prefix('|')
            .and_then(|it| it.split('|').next())
        else {
            *table = None;
            return None;
        };
        if cell.trim().eq_ignore_ascii_case("crate") {
            *table = Some(Table);
            return None;
        }
        table.as_ref()?;
        cell.trim().strip_prefix('`').map(crate_name)
    }
}

fn crate_name(text: &str) -> &str {
    let end = text
        .bytes()
        .position(|it| !is_identifier(it) && it != b'-')
        .unwrap_or(text.len());
    text[..end].trim_end_matches('-')
}

#[cfg(test)]
mod tests {
    use super::super::{NOTHING, check};
    use super::*;

    const CRATES: [(&str, &str); 2] = [
        ("crates/code/Cargo.toml", ""),
        ("crates/model-local/Cargo.toml", ""),
    ];

    fn against(text: &str) -> Vec<String> {
        check(names_every_crate, &[CRATES[0], CRATES[1], (DOCUMENT, text)])
    }

    #[test]
    fn crates_may_be_named_in_prose_or_in_a_tree() {
        assert_eq!(
            against("See `crates/code`, and [local](crates/model-local/src/lib.rs).\n"),
            NOTHING
        );
        assert_eq!(
            against(
                "    crates/\n      code         text\n                   and more\n      model-local  weights\n    xtask/\n      tidy\n"
            ),
            NOTHING
        );
    }

    #[test]
    fn crates_may_be_named_in_a_table() {
        let table =
            "| crate | holds |\n| --- | --- |\n| `code` | text |\n| `model-local` | weights |\n";
        assert_eq!(against(table), NOTHING);
        let other = "\n| word | means |\n| --- | --- |\n| `run` | work |\n";
        assert_eq!(against(&format!("{table}{other}")), NOTHING);
        assert_eq!(
            against(&format!("{table}| `tui` | a terminal |\n")),
            ["ARCHITECTURE.md:5: crates/tui is named, but there is no such folder"]
        );
    }

    #[test]
    fn what_is_missing_or_made_up_is_found() {
        assert_eq!(
            against("crates/\n  code\n  hooks\n"),
            [
                "ARCHITECTURE.md:1: crates/model-local is not named",
                "ARCHITECTURE.md:3: crates/hooks is named, but there is no such folder",
            ]
        );
        assert_eq!(
            check(names_every_crate, &CRATES),
            [
                "ARCHITECTURE.md:1: the document is missing: it explains the house and names its crates"
            ]
        );
    }
}
