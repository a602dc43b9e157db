//! Where a part of a value stands in the file, when the value is written over several lines or with escapes.

use std::ops::Range;

/// The bytes of `source` that the bytes `part` of `value` stand at, whose node stands at `node`. A block of lines is
/// found line by line; where the text is written otherwise than it reads, the whole node is the answer.
pub(super) fn within(
    source: &str,
    node: &Range<usize>,
    value: &str,
    part: Range<usize>,
) -> Range<usize> {
    let start = place(source, node, value, part.start);
    let end = place(source, node, value, part.end);
    match (start, end) {
        (Some(start), Some(end)) if start <= end => start..end,
        _ => node.clone(),
    }
}

fn place(source: &str, node: &Range<usize>, value: &str, at: usize) -> Option<usize> {
    let mut from = node.start;
    let mut line_start = 0;
    for line in value.split_inclusive('\n') {
        let plain = line.trim_end_matches('\n');
        // What stands before the line itself, such as its indentation, a quote or the `|`, is passed over.
        let found = match plain.trim().is_empty() {
            true => None,
            false => Some(from + source.get(from..)?.find(plain)?),
        };
        if at <= line_start + plain.len() {
            return found.map(|it| it + at.saturating_sub(line_start));
        }
        from = found.map_or(from, |it| it + plain.len());
        line_start += line.len();
    }
    (at == value.len()).then_some(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_block_are_found() {
        let source = "c: |\n    size > 1 or\n\n      wrong < 2\nd: x\n";
        let value = "size > 1 or\n\n  wrong < 2\n";
        let node = 3..source.len();
        let at = value.find("wrong").expect("there");
        assert_eq!(&source[within(source, &node, value, at..at + 5)], "wrong");
        assert_eq!(&source[within(source, &node, value, 0..4)], "size");
        assert_eq!(within("a: \"x\\ty\"", &(3..9), "x\ty", 2..3), 3..9);
    }
}
