//! Properties that hold for every text.

use change::{
    Changeset, Digest, FileChange, FileState, Merge, RelPath, apply_hunks, line_hunks, merge,
    visible,
};
use proptest::prelude::*;

/// Few different lines, so that texts share some; any ending, or none at the end.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        Just("a"),
        Just("b"),
        Just("c"),
        Just(""),
        Just("\u{e9}"),
        Just("}")
    ];
    let ending = prop_oneof![4 => Just("\n"), 1 => Just("\r\n")];
    let lines = proptest::collection::vec((line, ending), 0..14);
    (lines, prop_oneof![Just(""), Just("end")]).prop_map(|(lines, last)| {
        let mut text: String = lines
            .into_iter()
            .flat_map(|(line, ending)| [line, ending])
            .collect();
        text.push_str(last);
        text.into_bytes()
    })
}

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![text(), proptest::collection::vec(any::<u8>(), 0..60)]
}

fn lines(bytes: &[u8]) -> usize {
    bytes.split_inclusive(|&byte| byte == b'\n').count()
}

proptest! {
    #[test]
    fn applying_all_hunks_gives_the_new_text(old in any_bytes(), new in any_bytes(), context in 0usize..5) {
        let hunks = line_hunks(&old, &new, context);
        prop_assert_eq!(hunks.is_empty(), old == new);
        prop_assert_eq!(apply_hunks(&old, &hunks).unwrap(), new);
        prop_assert_eq!(apply_hunks(&old, &[]).unwrap(), old);
    }

    #[test]
    fn stats_agree_with_the_texts(old in text(), new in text()) {
        let (before, after) = (lines(&old), lines(&new));
        let path = RelPath::parse("a").unwrap();
        let change = FileChange { path, before: Some(FileState::file(old)), after: Some(FileState::file(new)) };
        let stats = change.stats();
        prop_assert_eq!(before - stats.removed_lines, after - stats.added_lines);
    }

    #[test]
    fn merging_with_one_side_unchanged_takes_the_other(base in any_bytes(), other in any_bytes()) {
        prop_assert_eq!(merge(&base, &other, &base), Merge::Clean(other.clone()));
        prop_assert_eq!(merge(&base, &base, &other), Merge::Clean(other.clone()));
        prop_assert_eq!(merge(&base, &other, &other), Merge::Clean(other));
    }

    #[test]
    fn merging_does_not_depend_on_who_is_first(base in text(), ours in text(), theirs in text()) {
        let (one, two) = (merge(&base, &ours, &theirs), merge(&base, &theirs, &ours));
        prop_assert_eq!(one.clashes(), two.clashes());
        if let Merge::Clean(bytes) = one {
            prop_assert_eq!(two, Merge::Clean(bytes));
        }
    }

    #[test]
    fn changes_with_an_unchanged_line_between_merge(
        (head, middle, tail) in (text(), text(), text()),
        (new_head, new_tail) in (text(), text()),
    ) {
        // Unique lines keep the two changed places apart, whatever the diff aligns.
        let join = |head: &[u8], tail: &[u8]| {
            [head, b"\n--1--\n--2--\n", &middle, b"\n--3--\n--4--\n", tail].concat()
        };
        let merged = merge(&join(&head, &tail), &join(&new_head, &tail), &join(&head, &new_tail));
        if let Merge::Clean(bytes) = merged {
            prop_assert_eq!(bytes, join(&new_head, &new_tail));
        } else {
            prop_assert!(false, "clash in {merged:?}");
        }
    }

    #[test]
    fn nothing_deceptive_is_shown(old in ".*", new in "(?s).*") {
        let path = RelPath::parse("a").unwrap();
        let change = FileChange {
            path,
            before: Some(FileState::file(old)),
            after: Some(FileState::file(new)),
        };
        let shown = Changeset::new(vec![change]).unwrap().display();
        prop_assert!(visible(&shown) == shown.as_str());
        prop_assert!(!shown.contains(|c: char| c.is_control() && c != '\n' && c != '\t'));
    }

    #[test]
    fn parsing_never_panics_and_keeps_the_text(text in "\\PC*|[a./\\\\:\0]{0,8}") {
        if let Ok(path) = RelPath::parse(&text) {
            prop_assert_eq!(path.as_str(), &text);
            prop_assert!(path.components().all(|part| !matches!(part, "" | "." | "..")));
        }
        let _ = Digest::parse(&text);
    }
}
