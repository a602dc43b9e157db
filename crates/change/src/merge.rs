//! Three-way merge of one file.

use std::ops::Range;

use crate::diff::{Edit, edits, split_lines};

/// A part of a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergePiece {
    /// Bytes on which both sides agree, or that only one of them changed.
    Settled(Vec<u8>),
    /// A place that both sides changed, each in its own way.
    Clash {
        /// What stood there before.
        base: Vec<u8>,
        /// What our side made of it.
        ours: Vec<u8>,
        /// What their side made of it.
        theirs: Vec<u8>,
    },
}

/// The outcome of [`merge`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merge {
    /// Both sides' changes together.
    Clean(Vec<u8>),
    /// At least one piece is a clash, which somebody must settle.
    Conflict(Vec<MergePiece>),
}

/// What the sides are called in [`Merge::marked`].
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a> {
    /// Our side, such as `your file`.
    pub ours: &'a str,
    /// Their side, such as `task 3`.
    pub theirs: &'a str,
}

impl Merge {
    /// The merged bytes when nothing clashed.
    #[must_use]
    pub fn clean(self) -> Option<Vec<u8>> {
        match self {
            Merge::Clean(bytes) => Some(bytes),
            Merge::Conflict(_) => None,
        }
    }

    /// How many places clash.
    #[must_use]
    pub fn clashes(&self) -> usize {
        match self {
            Merge::Clean(_) => 0,
            Merge::Conflict(pieces) => pieces
                .iter()
                .filter(|piece| matches!(piece, MergePiece::Clash { .. }))
                .count(),
        }
    }

    /// The whole file with each clash between `<<<<<<<`, `|||||||`, `=======` and `>>>>>>>`, for a
    /// person to settle. The markers end as the file's lines do.
    #[must_use]
    pub fn marked(&self, labels: Labels<'_>) -> Vec<u8> {
        match self {
            Merge::Clean(bytes) => bytes.clone(),
            Merge::Conflict(pieces) => {
                let mut out = Vec::new();
                pieces
                    .iter()
                    .for_each(|piece| push_marked(&mut out, piece, labels));
                out
            }
        }
    }
}

fn push_marked(out: &mut Vec<u8>, piece: &MergePiece, labels: Labels<'_>) {
    let (base, ours, theirs) = match piece {
        MergePiece::Settled(bytes) => return out.extend_from_slice(bytes),
        MergePiece::Clash { base, ours, theirs } => (base, ours, theirs),
    };
    let crlf = [&*out, base, ours, theirs]
        .into_iter()
        .any(|part| part.ends_with(b"\r\n"));
    let ending: &[u8] = if crlf { b"\r\n" } else { b"\n" };
    let mut section = |marker: &str, label: &str, part: &[u8]| {
        out.extend_from_slice(marker.as_bytes());
        if !label.is_empty() {
            out.push(b' ');
            out.extend_from_slice(label.as_bytes());
        }
        out.extend_from_slice(ending);
        out.extend_from_slice(part);
        if !part.is_empty() && !part.ends_with(b"\n") {
            out.extend_from_slice(ending);
        }
    };
    section("<<<<<<<", labels.ours, ours);
    section("|||||||", "before", base);
    section("=======", "", theirs);
    section(">>>>>>>", labels.theirs, b"");
}

/// Puts two changes of the same bytes together, line by line and without altering any byte (line
/// endings, a missing final one).
///
/// Changes of the same place, or of places with no unchanged line between them, clash unless they
/// are equal. Content with a NUL byte is never mixed: if both sides changed it, the whole clashes.
#[must_use]
pub fn merge(base: &[u8], ours: &[u8], theirs: &[u8]) -> Merge {
    if ours == theirs || theirs == base {
        return Merge::Clean(ours.to_vec());
    }
    if ours == base {
        return Merge::Clean(theirs.to_vec());
    }
    if [base, ours, theirs].iter().any(|side| side.contains(&0)) {
        return Merge::Conflict(vec![MergePiece::Clash {
            base: base.to_vec(),
            ours: ours.to_vec(),
            theirs: theirs.to_vec(),
        }]);
    }
    let mut pieces = Pieces::default();
    let sides = Sides {
        base: split_lines(base),
        ours: split_lines(ours),
        theirs: split_lines(theirs),
    };
    let regions = regions(edits(base, ours), edits(base, theirs));
    let mut at = 0;
    for region in &regions {
        pieces.settle(&sides.base[at..region.base.start]);
        pieces.region(&sides, region);
        at = region.base.end;
    }
    pieces.settle(&sides.base[at..]);
    pieces.finish()
}

struct Sides<'a> {
    base: Vec<&'a [u8]>,
    ours: Vec<&'a [u8]>,
    theirs: Vec<&'a [u8]>,
}

/// A run of base lines that at least one side changed, with what each side holds for it.
struct Region {
    base: Range<usize>,
    ours: Range<usize>,
    theirs: Range<usize>,
}

/// Which side an edit is from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    Ours,
    Theirs,
}

/// Groups the edits of both sides: those that touch in the base fall into one region.
fn regions(ours: Vec<Edit>, theirs: Vec<Edit>) -> Vec<Region> {
    let mut all: Vec<(From, Edit)> = ours.into_iter().map(|edit| (From::Ours, edit)).collect();
    all.extend(theirs.into_iter().map(|edit| (From::Theirs, edit)));
    all.sort_by_key(|(_, edit)| (edit.old.start, edit.old.end));

    let mut regions: Vec<Region> = Vec::new();
    let (mut our_shift, mut their_shift) = (0isize, 0isize);
    let mut rest = all.as_slice();
    while let Some((_, first)) = rest.first() {
        let start = first.old.start;
        let mut end = first.old.end;
        let our_start = start.saturating_add_signed(our_shift);
        let their_start = start.saturating_add_signed(their_shift);
        while let Some(((from, edit), tail)) = rest.split_first() {
            if edit.old.start > end {
                break;
            }
            end = end.max(edit.old.end);
            let growth = edit.new.len() as isize - edit.old.len() as isize;
            match from {
                From::Ours => our_shift += growth,
                From::Theirs => their_shift += growth,
            }
            rest = tail;
        }
        regions.push(Region {
            base: start..end,
            ours: our_start..end.saturating_add_signed(our_shift),
            theirs: their_start..end.saturating_add_signed(their_shift),
        });
    }
    regions
}

/// The pieces found so far; neighbouring settled bytes are kept together.
#[derive(Default)]
struct Pieces {
    done: Vec<MergePiece>,
    settled: Vec<u8>,
    clashed: bool,
}

impl Pieces {
    fn settle(&mut self, lines: &[&[u8]]) {
        self.settled.extend(lines.iter().copied().flatten());
    }

    fn region(&mut self, sides: &Sides<'_>, region: &Region) {
        let base = &sides.base[region.base.clone()];
        let ours = &sides.ours[region.ours.clone()];
        let theirs = &sides.theirs[region.theirs.clone()];
        if ours == theirs || theirs == base {
            return self.settle(ours);
        }
        if ours == base {
            return self.settle(theirs);
        }
        let lead = ours.iter().zip(theirs).take_while(|(a, b)| a == b).count();
        let (ours, theirs) = (&ours[lead..], &theirs[lead..]);
        let same = ours
            .iter()
            .rev()
            .zip(theirs.iter().rev())
            .take_while(|(a, b)| a == b);
        let trail = same.count();
        self.settle(&sides.ours[region.ours.start..region.ours.start + lead]);
        self.clash(
            base,
            &ours[..ours.len() - trail],
            &theirs[..theirs.len() - trail],
        );
        self.settle(&ours[ours.len() - trail..]);
    }

    fn clash(&mut self, base: &[&[u8]], ours: &[&[u8]], theirs: &[&[u8]]) {
        self.flush();
        self.clashed = true;
        self.done.push(MergePiece::Clash {
            base: base.concat(),
            ours: ours.concat(),
            theirs: theirs.concat(),
        });
    }

    fn flush(&mut self) {
        if !self.settled.is_empty() {
            self.done
                .push(MergePiece::Settled(std::mem::take(&mut self.settled)));
        }
    }

    fn finish(mut self) -> Merge {
        if !self.clashed {
            return Merge::Clean(self.settled);
        }
        self.flush();
        Merge::Conflict(self.done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(base: &str, ours: &str, theirs: &str) -> String {
        let merged = merge(base.as_bytes(), ours.as_bytes(), theirs.as_bytes());
        let text = merged.marked(Labels {
            ours: "ours",
            theirs: "theirs",
        });
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn changes_of_different_places_meet() {
        assert_eq!(
            check("1\n2\n3\n4\n5\n", "X\n2\n3\n4\n5\n", "1\n2\n3\n4\nY\n"),
            "X\n2\n3\n4\nY\n"
        );
        assert_eq!(check("1\n2\n3\n", "0\n1\n2\n3\n", "1\n2\n"), "0\n1\n2\n");
        assert_eq!(
            check("a\r\nb\r\nc", "A\r\nb\r\nc", "a\r\nb\r\nC"),
            "A\r\nb\r\nC"
        );
    }

    #[test]
    fn equal_changes_are_taken_once() {
        assert_eq!(
            check("1\n2\n3\n4\n", "1\nX\n3\n4\n", "1\nX\n3\nY\n"),
            "1\nX\n3\nY\n"
        );
        assert_eq!(check("", "same\n", "same\n"), "same\n");
    }

    #[test]
    fn changes_of_one_place_clash() {
        insta::assert_snapshot!(check("1\n2\n3\n", "1\nX\n3\n", "1\nY\n3\n"), @r#"
        1
        <<<<<<< ours
        X
        ||||||| before
        2
        =======
        Y
        >>>>>>> theirs
        3
        "#);
        insta::assert_snapshot!(check("1\n2\n", "1\nX\n", "1\n"), @r#"
        1
        <<<<<<< ours
        X
        ||||||| before
        2
        =======
        >>>>>>> theirs
        "#);
        insta::assert_snapshot!(check("1\n", "1\nX", "1\nY"), @r#"
        1
        <<<<<<< ours
        X
        ||||||| before
        =======
        Y
        >>>>>>> theirs
        "#);
    }

    #[test]
    fn neighbouring_changes_clash() {
        let merged = merge(b"1\n2\n", b"X\n2\n", b"1\nY\n");
        assert_eq!(merged.clashes(), 1);
        assert_eq!(merged.clean(), None);
    }

    #[test]
    fn what_both_sides_added_is_not_part_of_the_clash() {
        let merged = merge(b"a\nz\n", b"a\nboth\nours\nz\n", b"a\nboth\ntheirs\nz\n");
        assert_eq!(
            merged,
            Merge::Conflict(vec![
                MergePiece::Settled(b"a\nboth\n".to_vec()),
                MergePiece::Clash {
                    base: vec![],
                    ours: b"ours\n".to_vec(),
                    theirs: b"theirs\n".to_vec()
                },
                MergePiece::Settled(b"z\n".to_vec()),
            ])
        );
    }

    #[test]
    fn markers_follow_the_line_endings() {
        let text = check("1\r\n2\r\n", "1\r\nX\r\n", "1\r\nY\r\n");
        assert!(
            text.lines().count() > 4 && !text.replace("\r\n", "").contains('\n'),
            "{text:?}"
        );
    }

    #[test]
    fn binaries_are_never_mixed() {
        let (base, ours, theirs) = (b"\0\n1\n2\n3\n", b"\0\nX\n2\n3\n", b"\0\n1\n2\nY\n");
        assert_eq!(merge(base, ours, theirs).clashes(), 1);
        assert_eq!(merge(base, base, theirs), Merge::Clean(theirs.to_vec()));
    }
}
