//! One replacement in a file's bytes: found, chosen among several, and made; or refused with what would help.

use std::ops::Range;

use super::find::{Closeness, Place, places};
use super::near::{Near, nearest};
use super::weave::weave;
use crate::text::{count, lines};

/// Which of several places is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// There must be one.
    Only,
    /// The one that begins on this line, counted from 1.
    AtLine(usize),
    /// Every one.
    All,
}

/// What a replacement made of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Replaced {
    /// The whole new content.
    pub(crate) bytes: Vec<u8>,
    /// Where the quotation was found, in the order of the file.
    pub(crate) spots: Vec<Spot>,
}

/// Where a quotation was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    /// Its bytes in the old content.
    pub(crate) bytes: Range<usize>,
    /// Its lines in the old content, counted from 1.
    pub(crate) lines: Range<usize>,
    pub(crate) closeness: Closeness,
}

/// Why nothing was replaced.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Mismatch {
    #[error(
        "`old` is empty; quote the text that is to be replaced, or give `content` for the whole file"
    )]
    Empty,
    #[error("`old` and `new` are the same, so nothing would change")]
    Same,
    #[error("`old` is not in the file.{0}")]
    Nowhere(Near),
    #[error(
        "`old` is not in the file: its lines begin with line numbers, which `read` puts in front and the file does \
         not have; leave them out"
    )]
    LineNumbers,
    #[error(
        "`old` stands in {} places, at lines {}; quote more lines around the one that is meant, or give its `line`, \
         or `all: true`",
        .0.len(),
        listed(.0)
    )]
    Ambiguous(Vec<usize>),
    #[error(
        "`old` begins on no line {line}; it stands at {}",
        match found.as_slice() { [one] => format!("line {one}"), many => format!("lines {}", listed(many)) }
    )]
    OtherLine { line: usize, found: Vec<usize> },
    #[error("the places of `old` overlap each other (lines {}); quote more", listed(.0))]
    Overlapping(Vec<usize>),
    #[error(
        "`old` differs from line {0} on in its indentation, and how the lines of `new` are to be indented cannot be \
         told; quote the file's own indentation in both"
    )]
    Indentation(usize),
}

fn listed(lines: &[usize]) -> String {
    const SHOWN: usize = 12;
    let mut shown: Vec<String> = lines.iter().take(SHOWN).map(ToString::to_string).collect();
    if lines.len() > SHOWN {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}

/// Replaces `old` by `new`. Every byte outside the places found stays, and so does, within them, what `old` and
/// `new` share line by line.
pub(crate) fn replace(
    file: &[u8],
    old: &str,
    new: &str,
    choice: Choice,
) -> Result<Replaced, Mismatch> {
    if old.is_empty() {
        return Err(Mismatch::Empty);
    }
    if old == new {
        return Err(Mismatch::Same);
    }
    let found = places(file, old);
    if found.is_empty() {
        return Err(nowhere(file, old));
    }
    let chosen = choose(file, found, choice)?;
    let at_lines = lines_of(file, &chosen);
    let (mut bytes, mut at) = (Vec::with_capacity(file.len() + new.len()), 0);
    let mut spots = Vec::new();
    for (place, line) in chosen.into_iter().zip(at_lines) {
        let woven = weave(file, &place, old, new).ok_or(Mismatch::Indentation(line))?;
        bytes.extend_from_slice(&file[at..place.bytes.start]);
        bytes.extend_from_slice(&woven);
        at = place.bytes.end;
        let height = lines(&file[place.bytes.clone()]).len();
        spots.push(Spot {
            bytes: place.bytes,
            lines: line..line + height,
            closeness: place.closeness,
        });
    }
    bytes.extend_from_slice(&file[at..]);
    if bytes == file {
        return Err(Mismatch::Same);
    }
    Ok(Replaced { bytes, spots })
}

fn choose(file: &[u8], found: Vec<Place>, choice: Choice) -> Result<Vec<Place>, Mismatch> {
    match choice {
        Choice::Only if found.len() == 1 => Ok(found),
        Choice::Only => Err(Mismatch::Ambiguous(lines_of(file, &found))),
        Choice::AtLine(line) => {
            let all = lines_of(file, &found);
            let mut here: Vec<Place> = found
                .into_iter()
                .zip(&all)
                .filter(|(_, at)| **at == line)
                .map(|(place, _)| place)
                .collect();
            match here.len() {
                1 => Ok(vec![here.remove(0)]),
                0 => Err(Mismatch::OtherLine { line, found: all }),
                _ => Err(Mismatch::Ambiguous(lines_of(file, &here))),
            }
        }
        Choice::All => {
            let apart = found
                .windows(2)
                .all(|pair| pair[0].bytes.end <= pair[1].bytes.start);
            match apart {
                true => Ok(found),
                false => Err(Mismatch::Overlapping(lines_of(file, &found))),
            }
        }
    }
}

fn nowhere(file: &[u8], old: &str) -> Mismatch {
    let numbered = |line: &str| {
        let rest = line
            .trim_start()
            .trim_start_matches(|it: char| it.is_ascii_digit());
        rest.len() < line.trim_start().len() && rest.starts_with(['\t', '|'])
    };
    if old.lines().filter(|it| !it.trim().is_empty()).all(numbered) {
        return Mismatch::LineNumbers;
    }
    Mismatch::Nowhere(nearest(file, old))
}

/// The lines, counted from 1, in which places begin that stand in the order of the file.
fn lines_of(file: &[u8], places: &[Place]) -> Vec<usize> {
    let (mut line, mut at) = (1, 0);
    let begins = |place: &Place| {
        let start = place.bytes.start;
        line += file[at..start].iter().filter(|it| **it == b'\n').count();
        at = start;
        line
    };
    places.iter().map(begins).collect()
}

impl Spot {
    /// Where it is and how it was found, in words.
    pub(crate) fn describe(&self) -> String {
        let height = self.lines.len();
        let place = match height {
            0 | 1 => format!("line {}", self.lines.start),
            _ => format!("lines {}-{}", self.lines.start, self.lines.end - 1),
        };
        let how = match self.closeness {
            Closeness::Exact => return place,
            Closeness::LineTails => "white space at the ends of lines",
            Closeness::Indentation => "indentation",
            Closeness::Inner => "white space",
        };
        format!(
            "{place}, although {how} differs from `old` ({} compared)",
            count(height, "line")
        )
    }
}
