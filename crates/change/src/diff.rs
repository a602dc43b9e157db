//! Line differences, as hunks that can be shown, chosen and applied one by one.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput};

/// Which text a line of a hunk belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Both texts.
    Both,
    /// The old text only: the line was removed.
    Old,
    /// The new text only: the line was added.
    New,
}

/// One line of a hunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HunkLine {
    /// Where the line is found.
    pub side: Side,
    /// The line's bytes with its line ending, which only the last line of a text may lack.
    pub bytes: Vec<u8>,
}

impl HunkLine {
    /// The line without its `\n`; bytes that are not UTF-8 become U+FFFD.
    #[must_use]
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.bytes.strip_suffix(b"\n").unwrap_or(&self.bytes))
    }
}

/// A changed place: the lines `old_range` of the old text become `new_range` of the new one. Lines
/// are counted from 0; the ranges include the unchanged lines shown around the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// The lines covered in the old text.
    pub old_range: Range<usize>,
    /// The lines covered in the new text.
    pub new_range: Range<usize>,
    /// The lines in the order a diff shows them.
    pub lines: Vec<HunkLine>,
}

impl Hunk {
    /// The line of a unified diff that opens this hunk, such as `@@ -3,7 +3,8 @@`.
    #[must_use]
    pub fn header(&self) -> String {
        format!(
            "@@ -{} +{} @@",
            span(&self.old_range),
            span(&self.new_range)
        )
    }
}

/// A range as unified diffs write it: counted from 1, an empty one by the line before it.
fn span(range: &Range<usize>) -> String {
    match range.len() {
        0 => format!("{},0", range.start),
        1 => format!("{}", range.start + 1),
        len => format!("{},{len}", range.start + 1),
    }
}

/// Why hunks do not fit a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HunkError {
    /// The text has other lines than the hunk expects.
    #[error(
        "the hunk at line {line} does not fit: the file has other lines there; make the diff anew"
    )]
    Mismatch {
        /// The hunk's first old line, counted from 1.
        line: usize,
    },
    /// Two hunks cover the same lines or come in the wrong order.
    #[error(
        "the hunk at line {line} overlaps the one before it; give the hunks in order, each once"
    )]
    Order {
        /// The hunk's first old line, counted from 1.
        line: usize,
    },
    /// The lines of the result would run together.
    #[error(
        "the hunk at line {line} would join two lines; take it together with the hunk after it"
    )]
    Joined {
        /// The hunk's first old line, counted from 1.
        line: usize,
    },
}

/// The lines of a text, each with its ending.
pub(crate) fn split_lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|&byte| byte == b'\n').collect()
}

/// One run of differing lines, without context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) old: Range<usize>,
    pub(crate) new: Range<usize>,
}

/// The runs of differing lines, in order.
///
/// Time is bounded without a clock: the histogram algorithm falls back to Myers with a cost limit,
/// so the result for equal input is always equal. Texts beyond its counters differ as a whole.
pub(crate) fn edits(old: &[u8], new: &[u8]) -> Vec<Edit> {
    if old == new {
        return Vec::new();
    }
    if old.len().max(new.len()) >= i32::MAX as usize {
        return vec![Edit {
            old: 0..split_lines(old).len(),
            new: 0..split_lines(new).len(),
        }];
    }
    let input = InternedInput::new(old, new);
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    diff.hunks()
        .map(|hunk| Edit {
            old: wide(&hunk.before),
            new: wide(&hunk.after),
        })
        .collect()
}

fn wide(range: &Range<u32>) -> Range<usize> {
    range.start as usize..range.end as usize
}

/// Lines that a change adds and removes.
pub(crate) struct LineCount {
    pub(crate) added: usize,
    pub(crate) removed: usize,
}

pub(crate) fn count(old: &[u8], new: &[u8]) -> LineCount {
    let edits = edits(old, new);
    LineCount {
        added: edits.iter().map(|edit| edit.new.len()).sum(),
        removed: edits.iter().map(|edit| edit.old.len()).sum(),
    }
}

/// The hunks that turn `old` into `new`, each with up to `context` unchanged lines on either side;
/// changes whose context would meet share a hunk. Works on any bytes; lines end at `\n`.
#[must_use]
pub fn line_hunks(old: &[u8], new: &[u8], context: usize) -> Vec<Hunk> {
    let edits = edits(old, new);
    let old_lines = split_lines(old);
    let new_lines = split_lines(new);
    let near = |a: &Edit, b: &Edit| b.old.start - a.old.end <= context.saturating_mul(2);
    edits
        .chunk_by(near)
        .map(|group| hunk_of(group, &old_lines, &new_lines, context))
        .collect()
}

fn hunk_of(group: &[Edit], old: &[&[u8]], new: &[&[u8]], context: usize) -> Hunk {
    let (first, last) = (&group[0], &group[group.len() - 1]);
    let lead = context.min(first.old.start);
    let trail = context.min(old.len() - last.old.end);
    let old_range = first.old.start - lead..last.old.end + trail;
    let new_range = first.new.start - lead..last.new.end + trail;
    let mut lines = Vec::new();
    let mut push = |side, part: &[&[u8]]| {
        lines.extend(part.iter().map(|line| HunkLine {
            side,
            bytes: line.to_vec(),
        }));
    };
    let mut at = old_range.start;
    for edit in group {
        push(Side::Both, &old[at..edit.old.start]);
        push(Side::Old, &old[edit.old.clone()]);
        push(Side::New, &new[edit.new.clone()]);
        at = edit.old.end;
    }
    push(Side::Both, &old[at..old_range.end]);
    Hunk {
        old_range,
        new_range,
        lines,
    }
}

/// Replaces the old lines of each hunk by its new ones. Any selection of the hunks of one
/// [`line_hunks`] may be given, in order; the others are left undone.
///
/// # Errors
/// When a hunk does not fit `old`, when hunks overlap, or when leaving some out would glue two lines
/// together (only possible around a last line without line ending).
pub fn apply_hunks(old: &[u8], hunks: &[Hunk]) -> Result<Vec<u8>, HunkError> {
    let lines = split_lines(old);
    let mut out: Vec<u8> = Vec::with_capacity(old.len());
    let mut at = 0;
    for hunk in hunks {
        let line = hunk.old_range.start + 1;
        if hunk.old_range.start < at {
            return Err(HunkError::Order { line });
        }
        if !fits(hunk, &lines) {
            return Err(HunkError::Mismatch { line });
        }
        out.extend(lines[at..hunk.old_range.start].concat());
        for added in hunk.lines.iter().filter(|line| line.side != Side::Old) {
            if !out.is_empty() && !out.ends_with(b"\n") {
                return Err(HunkError::Joined { line });
            }
            out.extend_from_slice(&added.bytes);
        }
        at = hunk.old_range.end;
        if at < lines.len() && !out.is_empty() && !out.ends_with(b"\n") {
            return Err(HunkError::Joined { line });
        }
    }
    out.extend(lines[at..].concat());
    Ok(out)
}

fn fits(hunk: &Hunk, lines: &[&[u8]]) -> bool {
    let Some(there) = lines.get(hunk.old_range.clone()) else {
        return false;
    };
    let expected = hunk.lines.iter().filter(|line| line.side != Side::New);
    expected
        .map(|line| line.bytes.as_slice())
        .eq(there.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(old: &str, new: &str, context: usize) -> String {
        let mut out = String::new();
        for hunk in line_hunks(old.as_bytes(), new.as_bytes(), context) {
            out.push_str(&hunk.header());
            out.push('\n');
            for line in &hunk.lines {
                let mark = match line.side {
                    Side::Both => ' ',
                    Side::Old => '-',
                    Side::New => '+',
                };
                out.push_str(&format!("{mark}{}\n", line.text().escape_debug()));
            }
        }
        out
    }

    #[test]
    fn hunks_with_and_without_context() {
        let (old, new) = ("a\nb\nc\nd\ne\nf\ng\n", "a\nB\nc\nd\ne\ng\nh\n");
        insta::assert_snapshot!(check(old, new, 0), @r#"
        @@ -2 +2 @@
        -b
        +B
        @@ -6 +5,0 @@
        -f
        @@ -7,0 +7 @@
        +h
        "#);
        insta::assert_snapshot!(check(old, new, 1), @r#"
        @@ -1,3 +1,3 @@
         a
        -b
        +B
         c
        @@ -5,3 +5,3 @@
         e
        -f
         g
        +h
        "#);
        insta::assert_snapshot!(check(old, new, 3), @r#"
        @@ -1,7 +1,7 @@
         a
        -b
        +B
         c
         d
         e
        -f
         g
        +h
        "#);
    }

    #[test]
    fn line_endings_are_part_of_lines() {
        insta::assert_snapshot!(check("a\r\nb\r\n", "a\nb\r\n", 1), @r#"
        @@ -1,2 +1,2 @@
        -a\r
        +a
         b\r
        "#);
        insta::assert_snapshot!(check("a\nb", "a\nb\n", 1), @r#"
        @@ -1,2 +1,2 @@
         a
        -b
        +b
        "#);
        insta::assert_snapshot!(check("", "a", 3), @r#"
        @@ -0,0 +1 @@
        +a
        "#);
    }

    #[test]
    fn chosen_hunks_are_applied_alone() {
        let (old, new) = (b"1\n2\n3\n4\n5\n", b"1\nX\n3\n4\nY\n");
        let hunks = line_hunks(old, new, 0);
        assert_eq!(hunks.len(), 2);
        assert_eq!(apply_hunks(old, &hunks[..1]).unwrap(), b"1\nX\n3\n4\n5\n");
        assert_eq!(apply_hunks(old, &hunks[1..]).unwrap(), b"1\n2\n3\n4\nY\n");
    }

    #[test]
    fn hunks_that_do_not_fit_are_refused() {
        let hunks = line_hunks(b"1\n2\n3\n", b"0\n2\n4\n", 0);
        let twice = [hunks[0].clone(), hunks[0].clone()];
        let swapped = [hunks[1].clone(), hunks[0].clone()];
        assert_eq!(
            apply_hunks(b"9\n2\n3\n", &hunks),
            Err(HunkError::Mismatch { line: 1 })
        );
        assert_eq!(
            apply_hunks(b"", &hunks),
            Err(HunkError::Mismatch { line: 1 })
        );
        assert_eq!(
            apply_hunks(b"1\n2\n3\n", &twice),
            Err(HunkError::Order { line: 1 })
        );
        assert_eq!(
            apply_hunks(b"1\n2\n3\n", &swapped),
            Err(HunkError::Order { line: 1 })
        );
        let glue = Hunk {
            old_range: 0..0,
            new_range: 0..1,
            lines: vec![HunkLine {
                side: Side::New,
                bytes: b"x".to_vec(),
            }],
        };
        assert_eq!(
            apply_hunks(b"1\n", &[glue]),
            Err(HunkError::Joined { line: 1 })
        );
    }

    #[test]
    fn hostile_sizes_are_bounded() {
        let old: String = (0..60_000).map(|n| format!("{}\n", n * 7 % 1013)).collect();
        let new: String = (0..60_000)
            .map(|n| format!("{}\n", n * 11 % 1009))
            .collect();
        let hunks = line_hunks(old.as_bytes(), new.as_bytes(), 3);
        assert_eq!(apply_hunks(old.as_bytes(), &hunks).unwrap(), new.as_bytes());
    }
}
