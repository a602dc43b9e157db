//! The region of a file that is most like a quotation that is not in it: shown, never edited.

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::find::{key, whole_lines};
use crate::text::{head, lines, quoted};

/// Lines of the region that are shown.
const SHOWN: usize = 24;
/// Characters of a line that are shown.
const WIDTH: usize = 160;
/// The least likeness, as a share of words, that makes one line resemble another.
const RESEMBLES: f64 = 0.4;

/// The most similar region, if anything is similar at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Near {
    /// The region's lines with their numbers.
    rows: Vec<(usize, String)>,
    /// The first line that differs: its number, what the file has and what was quoted.
    differs: Option<(usize, String, String)>,
}

impl fmt::Display for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(first), Some(last)) = (self.rows.first(), self.rows.last()) else {
            return f.write_str(" Nothing in the file resembles it; read the file first");
        };
        writeln!(f, " The closest region is lines {}-{}:", first.0, last.0)?;
        for (number, row) in &self.rows {
            writeln!(f, "{number:>6}\t{row}")?;
        }
        match &self.differs {
            Some((number, file, old)) => write!(
                f,
                "Line {number} is {} in the file and {} in `old`",
                quoted(file),
                quoted(old)
            ),
            None => {
                f.write_str("Its lines are those of `old`, but they are indented by no one rule")
            }
        }
    }
}

/// Finds the region that is most like `old`.
pub(super) fn nearest(file: &[u8], old: &str) -> Near {
    let (mut wanted, _) = whole_lines(old);
    while wanted.first().is_some_and(|it| it.trim().is_empty()) {
        wanted.remove(0);
    }
    let own: Vec<String> = lines(file)
        .iter()
        .map(|it| String::from_utf8_lossy(it.content).into_owned())
        .collect();
    let Some(start) = best_start(&own, &wanted) else {
        return Near::default();
    };
    let height = wanted.len().clamp(1, SHOWN);
    let rows = (start..(start + height).min(own.len()))
        .map(|at| (at + 1, head(&own[at], WIDTH).to_owned()))
        .collect();
    Near {
        rows,
        differs: first_difference(&own, &wanted, start),
    }
}

fn first_difference(
    own: &[String],
    wanted: &[&str],
    start: usize,
) -> Option<(usize, String, String)> {
    let differs = |(nth, old): (usize, &&str)| {
        let line = own.get(start + nth).map_or("", String::as_str);
        let same = key(line.as_bytes()) == key(old.as_bytes());
        (!same).then(|| (start + nth + 1, line.to_owned(), (*old).to_owned()))
    };
    wanted.iter().enumerate().find_map(differs)
}

/// Where most lines of the quotation stand as they are; otherwise where its most telling line has a likeness.
fn best_start(own: &[String], wanted: &[&str]) -> Option<usize> {
    let keys: Vec<Vec<u8>> = own.iter().map(|it| key(it.as_bytes())).collect();
    let mut by_key: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (at, key) in keys.iter().enumerate().filter(|(_, it)| it.len() > 3) {
        by_key.entry(key).or_default().push(at);
    }
    let mut votes: HashMap<usize, usize> = HashMap::new();
    for (nth, line) in wanted.iter().enumerate() {
        let key = key(line.as_bytes());
        let found = by_key.get(key.as_slice()).map_or(&[][..], Vec::as_slice);
        // A line that stands everywhere tells nothing.
        for at in found.iter().filter(|_| found.len() <= 50) {
            *votes.entry(at.saturating_sub(nth)).or_default() += key.len();
        }
    }
    let most = votes
        .into_iter()
        .max_by_key(|(start, weight)| (*weight, usize::MAX - start));
    most.map(|(start, _)| start)
        .or_else(|| by_likeness(own, wanted))
}

fn by_likeness(own: &[String], wanted: &[&str]) -> Option<usize> {
    let (nth, line) = wanted
        .iter()
        .enumerate()
        .max_by_key(|(_, it)| it.trim().len())?;
    let words = words(line);
    let scored = own
        .iter()
        .enumerate()
        .map(|(at, it)| (at, likeness(&words, it)));
    let best = scored.filter(|(_, score)| *score >= RESEMBLES).fold(
        None,
        |best: Option<(usize, f64)>, it| match best {
            Some(best) if best.1 >= it.1 => Some(best),
            _ => Some(it),
        },
    );
    best.map(|(at, _)| at.saturating_sub(nth))
}

fn words(line: &str) -> HashSet<&str> {
    line.split(|it: char| !it.is_alphanumeric() && it != '_')
        .filter(|it| !it.is_empty())
        .collect()
}

/// Words in common, as a share of all words of both.
fn likeness(words_of_one: &HashSet<&str>, other: &str) -> f64 {
    let other = words(other);
    let all = words_of_one.union(&other).count();
    if all == 0 {
        return 0.0;
    }
    words_of_one.intersection(&other).count() as f64 / all as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "fn a() {\n    let total = sum(items);\n    print(total);\n}\n\nfn b() {\n    let other = 1;\n}\n";

    #[test]
    fn most_equal_lines_win() {
        let near = nearest(
            FILE.as_bytes(),
            "    let total = sum(items);\n    println(total);\n}",
        );
        let text = near.to_string();
        assert!(text.contains("lines 2-4"), "{text}");
        assert!(
            text.contains("     2\t    let total = sum(items);"),
            "{text}"
        );
        assert!(
            text.contains("Line 3 is «    print(total);» in the file"),
            "{text}"
        );
        assert!(text.contains("«    println(total);» in `old`"), "{text}");
    }

    #[test]
    fn a_similar_line_is_next_best() {
        let text = nearest(FILE.as_bytes(), "let other = 17;").to_string();
        assert!(text.contains("lines 7-7"), "{text}");
    }

    #[test]
    fn that_nothing_resembles_it_is_said() {
        let text = nearest(FILE.as_bytes(), "class Completely(Different):").to_string();
        assert!(text.contains("Nothing in the file resembles"), "{text}");
        assert!(nearest(b"", "x").to_string().contains("Nothing"));
    }
}
