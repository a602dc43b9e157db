//! Lines that stand in sources more than once.

use std::collections::HashMap;

/// So many lines in a row, blank ones aside, count as copied when they stand somewhere else, too. Fewer are alike by chance.
const RUN: usize = 6;

/// How many lines of some sources are copies of each other, and how many there are; blank lines and lines without a letter or
/// digit aside. White space at the ends of lines does not count, what they are called does.
#[must_use]
pub fn duplicated_lines(sources: &[&str]) -> (usize, usize) {
    let files: Vec<Vec<&str>> = sources.iter().map(|it| lines(it)).collect();
    let mut places: HashMap<&[&str], Vec<(usize, usize)>> = HashMap::new();
    for (file, lines) in files.iter().enumerate() {
        for (at, run) in lines.windows(RUN).enumerate() {
            places.entry(run).or_default().push((file, at));
        }
    }
    let mut copied: Vec<Vec<bool>> = files.iter().map(|it| vec![false; it.len()]).collect();
    for found in places.values().filter(|it| is_copied(it)) {
        for (file, at) in found {
            copied[*file][*at..*at + RUN].fill(true);
        }
    }
    let count = copied.iter().flatten().filter(|it| **it).count();
    (count, files.iter().map(Vec::len).sum())
}

/// Whether a run stands in two places that do not overlap: a list of equal lines is no copy of itself.
fn is_copied(places: &[(usize, usize)]) -> bool {
    let (Some(first), Some(last)) = (places.first(), places.last()) else {
        return false;
    };
    first.0 != last.0 || last.1 - first.1 >= RUN
}

fn lines(source: &str) -> Vec<&str> {
    let says = |it: &&str| it.chars().any(char::is_alphanumeric);
    source.lines().map(str::trim).filter(says).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbered(from: usize, count: usize) -> String {
        (from..from + count)
            .map(|it| format!("line {it}\n\n}}\n"))
            .collect()
    }

    #[test]
    fn runs_that_stand_twice_count_wherever_they_stand() {
        let of = |sources: &[&str]| duplicated_lines(sources);
        let (one, five) = (numbered(0, 8), numbered(0, 5));
        assert_eq!(of(&[&one]), (0, 8));
        assert_eq!(of(&[&one, &one]), (16, 16));
        assert_eq!(of(&[&one, &five]), (0, 13), "too few to be a copy");
        let twice = format!("{one}{}{one}", numbered(20, 3));
        assert_eq!(of(&[&twice]), (16, 19));
        let indented = one.replace("line", "    line");
        assert_eq!(of(&[&one, &indented]), (16, 16));
        assert_eq!(of(&[&"same\n".repeat(8)]), (0, 8));
        assert_eq!(of(&[&"same\n".repeat(13)]), (13, 13));
        assert_eq!(of(&[]), (0, 0));
    }

    proptest! {
        #[test]
        fn copies_are_some_of_all(texts in proptest::collection::vec("[ab\n]{0,60}", 0..4)) {
            let sources: Vec<&str> = texts.iter().map(String::as_str).collect();
            let (copied, all) = duplicated_lines(&sources);
            prop_assert!(copied <= all);
            let doubled: Vec<&str> = sources.iter().chain(&sources).copied().collect();
            prop_assert!(duplicated_lines(&doubled).0 >= 2 * copied);
        }
    }
}
