//! Properties of the matcher: what it replaces is what was quoted, and everything else stays.

use proptest::prelude::*;

use super::find::Closeness;
use super::replace::{Choice, Mismatch, replace};

/// Lines of few letters, so that quotations stand in several places often.
fn texts() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        "[ab]{1,3}",
        "[ \t]{0,3}[ab=(é]{1,6}[ \t]{0,2}",
        Just(String::new()),
        "    [a-d]{4,9} = [a-d]{3,6};",
    ];
    let end = prop_oneof![4 => Just("\n"), 2 => Just("\r\n")];
    let last = prop_oneof![Just(""), Just("\n"), Just("\r\n")];
    (prop::collection::vec((line, end), 1..14), last).prop_map(|(lines, last)| {
        let mut text: String = lines
            .into_iter()
            .flat_map(|(line, end)| [line, end.to_owned()])
            .collect();
        text.truncate(text.trim_end_matches(['\r', '\n']).len());
        text + last
    })
}

/// A text and a piece of it that parts no return from its newline.
fn pieces() -> impl Strategy<Value = (String, String)> {
    (
        texts(),
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
    )
        .prop_map(|(text, from, to)| {
            let cuts: Vec<usize> = (0..=text.len())
                .filter(|it| {
                    text.is_char_boundary(*it)
                        && !(text[..*it].ends_with('\r') && text[*it..].starts_with('\n'))
                })
                .collect();
            let (a, b) = (cuts[from.index(cuts.len())], cuts[to.index(cuts.len())]);
            let piece = text[a.min(b)..a.max(b)].to_owned();
            (text, piece)
        })
}

fn plain(bytes: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(bytes)
        .replace("\r\n", "\n")
        .into_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 600 } else { 4000 }))]

    #[test]
    fn bytes_outside_the_places_stay((text, old) in pieces(), new in "[a-c \n\t]{0,12}", all: bool) {
        let choice = if all { Choice::All } else { Choice::Only };
        let Ok(made) = replace(text.as_bytes(), &old, &new, choice) else { return Ok(()) };
        let (file, mut out) = (text.as_bytes(), made.bytes.as_slice());
        let mut at = 0;
        for spot in &made.spots {
            let kept = &file[at..spot.bytes.start];
            let found = out.windows(kept.len().max(1)).position(|it| it == kept);
            prop_assert!(kept.is_empty() || found.is_some());
            out = &out[if kept.is_empty() { 0 } else { found.unwrap_or(0) + kept.len() }..];
            at = spot.bytes.end;
        }
        prop_assert!(out.ends_with(&file[at..]));
        prop_assert!(made.bytes.starts_with(&file[..made.spots[0].bytes.start]));
    }

    #[test]
    fn what_stands_once_is_replaced_there_and_back((text, old) in pieces(), new in "[x-z]{3,9}(\n[x-z]{0,4}){0,3}") {
        let Ok(made) = replace(text.as_bytes(), &old, &new, Choice::Only) else { return Ok(()) };
        prop_assert!(made.spots[0].closeness == Closeness::Exact);
        let spot = &made.spots[0].bytes;
        prop_assert_eq!(plain(&text.as_bytes()[spot.clone()]), plain(old.as_bytes()));
        let back = replace(&made.bytes, &new, &old, Choice::Only);
        let back = back.map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(plain(&back.bytes), plain(text.as_bytes()));
        if !text.contains('\r') {
            prop_assert_eq!(back.bytes, text.as_bytes());
        }
    }

    #[test]
    fn no_quotation_is_replaced_where_it_is_not((_, old) in pieces(), other in texts()) {
        match replace(other.as_bytes(), &old, "#", Choice::Only) {
            Ok(made) => {
                let found = &other.as_bytes()[made.spots[0].bytes.clone()];
                let words = |bytes: &[u8]| -> Vec<String> {
                    String::from_utf8_lossy(bytes).split_whitespace().map(str::to_owned).collect()
                };
                prop_assert_eq!(words(found), words(old.as_bytes()));
            }
            Err(Mismatch::Nowhere(_)) => prop_assert!(!plain(other.as_bytes()).windows(old.len().max(1)).any(|it| it == plain(old.as_bytes()))),
            Err(_) => {}
        }
    }

    #[test]
    fn a_loose_match_keeps_every_line_that_is_not_changed(
        lines in prop::collection::vec("[a-d]{3,8} [a-d]{3,8}", 3..8),
        depth in 0_usize..4,
        shift in 1_usize..4,
        at in any::<prop::sample::Index>(),
        tabs: bool,
    ) {
        let at = at.index(lines.len());
        let own = |line: &String| format!("{}{line} \t", if tabs { "\t".repeat(depth) } else { "  ".repeat(depth) });
        let file: String = lines.iter().map(|it| own(it) + "\r\n").collect();
        let margin = if tabs { "\t".repeat(depth + shift) } else { "  ".repeat(depth + shift) };
        let quote = |replaced: bool| -> String {
            let line = |(nth, line): (usize, &String)| match replaced && nth == at {
                true => format!("{margin}changed\n"),
                false => format!("{margin}{line}\n"),
            };
            lines.iter().enumerate().map(line).collect()
        };
        let made = replace(file.as_bytes(), &quote(false), &quote(true), Choice::Only);
        let made = made.map_err(|error| TestCaseError::fail(error.to_string()))?;
        let indent = if tabs { "\t".repeat(depth) } else { "  ".repeat(depth) };
        let expected: String = lines
            .iter()
            .enumerate()
            .map(|(nth, line)| if nth == at { format!("{indent}changed\r\n") } else { own(line) + "\r\n" })
            .collect();
        prop_assert_eq!(String::from_utf8_lossy(&made.bytes), expected);
    }
}
