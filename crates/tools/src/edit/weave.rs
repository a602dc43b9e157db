//! The new text of a place: what the quotation and its replacement share keeps the file's bytes.

use change::line_hunks;

use super::find::{Closeness, Place, whole_lines, without_returns};
use super::indent::Shift;
use crate::text::{Line, LineEnds, each_line, lines};

/// The bytes to put in the place of `place`; `None` when the indentation of a new line cannot be told.
pub(super) fn weave(file: &[u8], place: &Place, old: &str, new: &str) -> Option<Vec<u8>> {
    let region = &file[place.bytes.clone()];
    if place.closeness == Closeness::Exact {
        if old.contains('\r') && region == old.as_bytes() {
            return Some(new.as_bytes().to_vec());
        }
        let old = without_returns(old.as_bytes());
        let new = without_returns(new.as_bytes());
        let end = end_near(file, place);
        return Some(exact(region, &old, &new, end));
    }
    let mut ways = place
        .shifts
        .iter()
        .map(|shift| loose(file, place, old, new, shift));
    let first = ways.next()??;
    // Rules that agree on the quotation but not on the new lines leave those in doubt.
    ways.all(|it| it.as_ref() == Some(&first)).then_some(first)
}

/// How the line ends in or after which new lines are put.
fn end_near(file: &[u8], place: &Place) -> &'static [u8] {
    let end_of = |line: Line<'_>| match line.end {
        b"\r\n" => Some(&b"\r\n"[..]),
        b"\n" => Some(&b"\n"[..]),
        _ => None,
    };
    let from = file[..place.bytes.start]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |it| it + 1);
    let after = each_line(&file[from..]).next().and_then(end_of);
    let before = || each_line(&file[..from]).next_back().and_then(end_of);
    after
        .or_else(before)
        .unwrap_or_else(|| LineEnds::of(file).usual())
}

/// Both texts end their lines with LF only; `region` is `old` with the file's line ends.
fn exact(region: &[u8], old: &[u8], new: &[u8], end: &[u8]) -> Vec<u8> {
    let own = lines(region);
    let fresh = lines(new);
    let (mut out, mut at) = (Vec::new(), 0);
    for hunk in line_hunks(old, new, 0) {
        for line in &own[at..hunk.old_range.start] {
            push(&mut out, line.content, line.end);
        }
        let replaced = &own[hunk.old_range.clone()];
        for (nth, line) in fresh[hunk.new_range.clone()].iter().enumerate() {
            let same_place = replaced.get(nth).map(|it| it.end);
            let own_end = same_place.filter(|it| !it.is_empty()).unwrap_or(end);
            push(
                &mut out,
                line.content,
                if line.end.is_empty() { b"" } else { own_end },
            );
        }
        at = hunk.old_range.end;
    }
    for line in &own[at..] {
        push(&mut out, line.content, line.end);
    }
    out
}

fn push(out: &mut Vec<u8>, content: &[u8], end: &[u8]) {
    out.extend_from_slice(content);
    out.extend_from_slice(end);
}

/// Whole lines, where white space differs: lines that the replacement takes over from the quotation stay as the
/// file has them.
fn loose(file: &[u8], place: &Place, old: &str, new: &str, shift: &Shift) -> Option<Vec<u8>> {
    let (quoted, quoted_ended) = whole_lines(old);
    let (mut fresh, fresh_ended) = whole_lines(new);
    if new.is_empty() && quoted_ended {
        fresh.clear();
    } else if fresh_ended && !quoted_ended {
        fresh.push("");
    }
    let own = lines(&file[place.bytes.clone()]);
    let end = end_near(file, place);
    let ended = |lines: &[&str]| -> Vec<u8> {
        let pieces = lines.iter().flat_map(|it| [it.as_bytes(), b"\n"]);
        pieces.collect::<Vec<_>>().concat()
    };
    let kept = |line: &Line<'_>| (line.content.to_vec(), line.end.to_vec());
    let mut out: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    let mut at = 0;
    for hunk in line_hunks(&ended(&quoted), &ended(&fresh), 0) {
        out.extend(own[at..hunk.old_range.start].iter().map(kept));
        let replaced = &own[hunk.old_range.clone()];
        for (nth, line) in fresh[hunk.new_range.clone()].iter().enumerate() {
            let own_end = replaced.get(nth).map_or(end, |it| it.end);
            out.push((shift.line(line.as_bytes())?, own_end.to_vec()));
        }
        at = hunk.old_range.end;
    }
    out.extend(own[at..].iter().map(kept));
    let last = out.len().saturating_sub(1);
    for (nth, (_, line_end)) in out.iter_mut().enumerate() {
        if nth == last {
            *line_end = own.last().map_or(end, |it| it.end).to_vec();
        } else if line_end.is_empty() {
            *line_end = end.to_vec();
        }
    }
    let pieces = out.into_iter().flat_map(|(content, end)| [content, end]);
    Some(pieces.collect::<Vec<_>>().concat())
}
