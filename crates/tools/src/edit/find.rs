//! Where a quoted piece of text stands in a file.
//!
//! First as it is, line ends aside. Only when it is nowhere so, whole lines are compared with less and less regard
//! to white space: at a line's end, in its indentation by one rule for all lines, and within it. The first of these
//! that finds anything decides, and nothing looser is tried; what is merely similar never counts.

use std::ops::Range;

use memchr::memmem;

use super::indent::{Shift, indentation, is_blank, shifts};
use crate::text::{Line, lines};

/// A quotation shorter than this, white space aside, is never looked for loosely.
const LEAST_FOR_LOOSE: usize = 8;

/// How close a quotation is to what it was found as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Closeness {
    /// The same bytes, line ends aside.
    Exact,
    /// White space at the ends of lines differs.
    LineTails,
    /// Indentation differs, by one rule for all lines.
    Indentation,
    /// White space within lines differs too.
    Inner,
}

/// One place where a quotation stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Its bytes in the file; whole lines with their ends unless it was found exactly.
    pub(super) bytes: Range<usize>,
    pub(super) closeness: Closeness,
    /// The ways from the quotation's indentation to the file's.
    pub(super) shifts: Vec<Shift>,
}

/// All places where `old` stands, by the strictest comparison that finds any, in the order of the file. Places may
/// overlap.
pub(super) fn places(file: &[u8], old: &str) -> Vec<Place> {
    let exact = exactly(file, old.as_bytes());
    if !exact.is_empty() {
        return exact;
    }
    let mut loose = loosely(file, old);
    let strictest = loose.iter().map(|it| it.closeness).min();
    loose.retain(|it| Some(it.closeness) == strictest);
    loose
}

fn exactly(file: &[u8], old: &[u8]) -> Vec<Place> {
    let place = |bytes| Place {
        bytes,
        closeness: Closeness::Exact,
        shifts: vec![Shift::None],
    };
    if old.contains(&b'\r') {
        let mut verbatim = occurrences(file, old);
        verbatim.retain(|it| !splits(file, it.start) && !splits(file, it.end));
        if !verbatim.is_empty() {
            return verbatim.into_iter().map(place).collect();
        }
    }
    let plain_old = without_returns(old);
    if !file.contains(&b'\r') {
        return occurrences(file, &plain_old)
            .into_iter()
            .map(place)
            .collect();
    }
    let plain_file = without_returns(file);
    let origin = Origin::of(file);
    occurrences(&plain_file, &plain_old)
        .into_iter()
        .map(|it| place(origin.of_place(it.start)..origin.of_place(it.end)))
        .collect()
}

/// Whether a cut at `at` would part a return from its newline.
fn splits(file: &[u8], at: usize) -> bool {
    file[..at].ends_with(b"\r") && file[at..].starts_with(b"\n")
}

/// Every occurrence, overlapping ones too.
fn occurrences(file: &[u8], old: &[u8]) -> Vec<Range<usize>> {
    let finder = memmem::Finder::new(old);
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(at) = file.get(from..).and_then(|rest| finder.find(rest)) {
        let start = from + at;
        found.push(start..start + old.len());
        from = start + 1;
    }
    found
}

/// The bytes with every CRLF as LF.
pub(super) fn without_returns(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for line in lines(bytes) {
        out.extend_from_slice(line.content);
        out.extend_from_slice(if line.end.is_empty() { b"" } else { b"\n" });
    }
    out
}

/// Where the bytes of a text without returns stand in the text that has them.
struct Origin {
    /// The places, counted without returns, of the newlines before which one was taken out.
    taken: Vec<usize>,
}

impl Origin {
    fn of(file: &[u8]) -> Origin {
        let (mut taken, mut at) = (Vec::new(), 0);
        for line in lines(file) {
            at += line.content.len();
            if line.end == b"\r\n" {
                taken.push(at);
            }
            at += line.end.len().min(1);
        }
        Origin { taken }
    }

    /// A place that begins or ends at a newline does so before its return.
    fn of_place(&self, at: usize) -> usize {
        at + self.taken.partition_point(|it| *it < at)
    }
}

/// The quotation as whole lines, and whether its last line was ended.
pub(super) fn whole_lines(text: &str) -> (Vec<&str>, bool) {
    let mut found: Vec<&str> = text
        .split('\n')
        .map(|it| it.strip_suffix('\r').unwrap_or(it))
        .collect();
    let ended = found.len() > 1 && found.last() == Some(&"");
    if ended {
        found.pop();
    }
    (found, ended)
}

fn loosely(file: &[u8], old: &str) -> Vec<Place> {
    let (quoted, _) = whole_lines(old);
    let weight: usize = quoted.iter().map(|it| key(it.as_bytes()).len()).sum();
    if weight < LEAST_FOR_LOOSE {
        return Vec::new();
    }
    let own = lines(file);
    let wanted: Vec<Vec<u8>> = quoted.iter().map(|it| key(it.as_bytes())).collect();
    let keys: Vec<Vec<u8>> = own.iter().map(|it| key(it.content)).collect();
    let mut starts = vec![0];
    for line in &own {
        starts.push(starts[starts.len() - 1] + line.len());
    }
    let mut found = Vec::new();
    for (at, window) in keys.windows(wanted.len()).enumerate() {
        if window != wanted.as_slice() {
            continue;
        }
        let region = &own[at..at + wanted.len()];
        if let Some((closeness, shifts)) = compare(&quoted, region) {
            found.push(Place {
                bytes: starts[at]..starts[at + wanted.len()],
                closeness,
                shifts,
            });
        }
    }
    found
}

/// A line with every run of white space as one space, and none at its ends.
pub(super) fn key(line: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len());
    for word in line
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
    {
        if !out.is_empty() {
            out.push(b' ');
        }
        out.extend_from_slice(word);
    }
    out
}

/// How close lines with the same keys are; `None` when their indentation differs without a rule.
fn compare(quoted: &[&str], region: &[Line<'_>]) -> Option<(Closeness, Vec<Shift>)> {
    let pairs: Vec<(&[u8], &[u8])> = quoted
        .iter()
        .map(|it| it.as_bytes())
        .zip(region.iter().map(|it| it.content))
        .filter(|(_, own)| !is_blank(own))
        .collect();
    let indents: Vec<_> = pairs
        .iter()
        .map(|(quoted, own)| (indentation(quoted), indentation(own)))
        .collect();
    let found = shifts(&indents);
    if found.is_empty() {
        return None;
    }
    let same = |(a, b): &(&[u8], &[u8])| a.trim_ascii() == b.trim_ascii();
    let closeness = match pairs.iter().all(same) {
        false => Closeness::Inner,
        true if found == [Shift::None] => Closeness::LineTails,
        true => Closeness::Indentation,
    };
    Some((closeness, found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(file: &str, old: &str, expected: &[(&str, Closeness)]) {
        let found = places(file.as_bytes(), old);
        let found: Vec<_> = found
            .iter()
            .map(|it| (&file[it.bytes.clone()], it.closeness))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn line_ends_do_not_matter() {
        use Closeness::Exact;
        check("a\r\nb\r\nc", "a\nb", &[("a\r\nb", Exact)]);
        check("a\r\nb\r\nc", "b\n", &[("b\r\n", Exact)]);
        check("a\r\nb\r\nc", "\nb", &[("\r\nb", Exact)]);
        check("a\nb\nc", "a\r\nb", &[("a\nb", Exact)]);
        check(
            "a\r\nb\na\nb",
            "a\nb",
            &[("a\r\nb", Exact), ("a\nb", Exact)],
        );
        check("a\r\nb\na\nb", "a\r\nb", &[("a\r\nb", Exact)]);
        check("aaa", "aa", &[("aa", Exact), ("aa", Exact)]);
        check("a\r\n\r\nb", "\n\r", &[]);
        check("a\r\nb", "a\r", &[]);
        check("a\rb", "a\r", &[("a\r", Exact)]);
    }

    #[test]
    fn the_strictest_comparison_decides() {
        use Closeness::{Indentation, Inner, LineTails};
        let file = "  first line  \n  second line\nfirst line\nsecond  line\n";
        check(
            file,
            "  first line\n  second line",
            &[("  first line  \n  second line\n", LineTails)],
        );
        check(
            file,
            "    first line\n    second line\n",
            &[("  first line  \n  second line\n", Indentation)],
        );
        check(
            file,
            "first line\nsecond line",
            &[("  first line  \n  second line\n", Indentation)],
        );
        check(
            "x =  call( 1 )\n",
            "x = call( 1  )",
            &[("x =  call( 1 )\n", Inner)],
        );
    }

    #[test]
    fn what_is_only_similar_is_not_found() {
        check("let total = 1;\n", "let total = 2;", &[]);
        check("  if a:\n      go(now)\n", "if a:\n  go(now)  \n", &[]);
        check("  } \n", "}  }", &[]);
        check("one two three\n", "onetwo three", &[]);
        check("alpha beta\n\ngamma\n", "alpha beta \ngamma", &[]);
    }
}
