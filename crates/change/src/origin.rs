//! Which of several edits wrote a line that stands in a text now.

use crate::diff::{edits, split_lines};

/// For each line of `new` the position of the line of `old` that it is; none for a line that `old` does not have there.
#[must_use]
pub fn carried(old: &[u8], new: &[u8]) -> Vec<Option<usize>> {
    let mut lines = vec![None; split_lines(new).len()];
    let (mut at_old, mut at_new) = (0, 0);
    let end = (split_lines(old).len(), lines.len());
    let changed = edits(old, new);
    let changed = changed.iter().map(|it| (it.old.clone(), it.new.clone()));
    for (old, new) in changed.chain([(end.0..end.0, end.1..end.1)]) {
        for line in &mut lines[at_new..new.start] {
            *line = Some(at_old);
            at_old += 1;
        }
        (at_old, at_new) = (old.end, new.end);
    }
    lines
}

/// For each line of `now` the position of the edit that wrote it; none for a line that none of them wrote. `edits` are what a
/// text was before and after each edit, oldest first. Between two edits, and after the last, anything may have happened.
#[must_use]
pub fn origins(edits: &[(&[u8], &[u8])], now: &[u8]) -> Vec<Option<usize>> {
    let count = split_lines(now).len();
    let mut origins = vec![None; count];
    // Where each line stands in the text that is looked at, going back in time.
    let mut places: Vec<Option<usize>> = (0..count).map(Some).collect();
    let mut text = now;
    for (position, (before, after)) in edits.iter().enumerate().rev() {
        let in_after = carried(after, text);
        let in_before = carried(before, after);
        for (place, origin) in places.iter_mut().zip(&mut origins) {
            let Some(stood) = place.take().and_then(|it| in_after[it]) else {
                continue;
            };
            match in_before[stood] {
                Some(earlier) => *place = Some(earlier),
                None => *origin = Some(position),
            }
        }
        text = before;
    }
    origins
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_goes_back_to_the_edit_that_wrote_it() {
        let texts: [&[u8]; 4] = [
            b"a\nb\n",
            b"a\nx\nb\n",
            b"a\nx\nmine\nb\n",
            b"a\ny\nmine\nb\nz\n",
        ];
        let edits = [(texts[0], texts[1]), (texts[2], texts[3])];
        let now = b"top\na\ny\nmine\nb\nz";
        let told = [None, None, Some(1), None, None, None];
        assert_eq!(
            origins(&edits, now),
            told,
            "z without its line end is another line"
        );
        assert_eq!(
            origins(&edits, texts[3]),
            [None, Some(1), None, None, Some(1)]
        );
        assert_eq!(origins(&edits[..1], texts[2]), [None, Some(0), None, None]);
        assert_eq!(origins(&[], b"a\n"), [None]);
        assert_eq!(origins(&edits, b""), []);
    }

    #[test]
    fn what_came_new_is_all_of_its_edit() {
        let edits: [(&[u8], &[u8]); 1] = [(b"", b"a\nb\n")];
        assert_eq!(origins(&edits, b"b\nc\n"), [Some(0), None]);
    }

    fn texts() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let text = prop::collection::vec("[abc]?\n", 0..8).prop_map(|it| it.concat().into_bytes());
        prop::collection::vec(text, 1..7)
    }

    proptest! {
        #[test]
        fn carried_lines_are_equal_and_in_order(texts in texts()) {
            let (old, new) = (&texts[0], &texts[texts.len() - 1]);
            let found = carried(old, new);
            let (old, new) = (split_lines(old), split_lines(new));
            prop_assert_eq!(found.len(), new.len());
            let kept: Vec<usize> = found.iter().flatten().copied().collect();
            prop_assert!(kept.is_sorted_by(|a, b| a < b));
            for (line, place) in new.iter().zip(&found) {
                if let Some(place) = place {
                    prop_assert_eq!(line, &old[*place]);
                }
            }
        }

        #[test]
        fn a_line_that_an_edit_wrote_is_new_in_it(texts in texts()) {
            let pairs: Vec<(&[u8], &[u8])> = texts.chunks_exact(2).map(|it| (&it[0][..], &it[1][..])).collect();
            let now = &texts[texts.len() - 1];
            for (line, origin) in split_lines(now).iter().zip(origins(&pairs, now)) {
                if let Some(origin) = origin {
                    let after = split_lines(pairs[origin].1);
                    prop_assert!(after.contains(line));
                    prop_assert!(carried(pairs[origin].0, pairs[origin].1).contains(&None));
                }
            }
        }
    }
}
