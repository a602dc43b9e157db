//! Numbers of dropped tasks, taken out of the waves.

use super::page::{Page, Patches};
use crate::id::TaskId;

/// Takes these tasks out of the lists of numbers in the block that holds the waves. Other shapes are left as they are: a
/// number that no task has means nothing there.
pub(super) fn without(page: &Page<'_>, gone: &[&TaskId], patches: &mut Patches) {
    let Some(block) = page.list.waves.first().map(|it| it.span.clone()) else {
        return;
    };
    let body = &page.text[block.clone()];
    for id in gone {
        for quoted in [format!("\"{id}\""), id.to_string()] {
            for (at, _) in body.match_indices(&quoted) {
                let (before, after) = (&body[..at], &body[at + quoted.len()..]);
                let lead = before.len() - before.trim_end().len();
                let trail = after.len() - after.trim_start().len();
                let (head, tail) = (before.trim_end(), after.trim_start());
                let end = at + quoted.len();
                let range = match (head.ends_with(['[', ',']), tail.chars().next()) {
                    (true, Some(',')) => {
                        let rest = &tail[1..];
                        at..end + trail + 1 + (rest.len() - rest.trim_start_matches(' ').len())
                    }
                    (true, Some(']')) if head.ends_with(',') => at - lead - 1..end,
                    (true, Some(']')) => at..end,
                    _ => continue,
                };
                patches.replace(block.start + range.start..block.start + range.end, "");
            }
        }
    }
}
