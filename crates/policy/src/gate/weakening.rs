//! Tests that a change takes something from: whoever made it, a person is shown what.

use change::{Changeset, Digest, FileState, RelPath};
use code::{TestFile, weakened};

use crate::verdict::Reason;

/// How many findings are named one by one.
const NAMED: usize = 12;

/// A reason to ask for each test that was there before and requires less now; files that follow from the spec are left out.
pub(super) fn reasons(changes: &Changeset, derived: &[(RelPath, Digest)]) -> Vec<Reason> {
    let is_derived = |path: &RelPath, after: Option<&FileState>| {
        let digest = after.map(|it| Digest::of(&it.bytes));
        derived
            .iter()
            .any(|(known, content)| known == path && Some(*content) == digest)
    };
    let text = |state: Option<&FileState>| -> Option<String> {
        state.map(|it| String::from_utf8_lossy(&it.bytes).into_owned())
    };
    let files: Vec<(&RelPath, Option<String>, Option<String>)> = changes
        .files()
        .iter()
        .filter(|it| code::Language::from_path(it.path.as_str()).is_some())
        .filter(|it| !is_derived(&it.path, it.after.as_ref()))
        .map(|it| (&it.path, text(it.before.as_ref()), text(it.after.as_ref())))
        .collect();
    let files: Vec<TestFile<'_>> = files
        .iter()
        .map(|(path, before, after)| TestFile {
            path: path.as_str(),
            before: before.as_deref(),
            after: after.as_deref(),
        })
        .collect();
    let found = weakened(&files);
    let mut reasons: Vec<Reason> = found
        .iter()
        .take(NAMED)
        .map(|it| reason(it.to_string()))
        .collect();
    if found.len() > NAMED {
        let more = found.len() - NAMED;
        reasons.push(reason(format!("and {more} more in other places")));
    }
    reasons
}

fn reason(why: String) -> Reason {
    Reason {
        rule: "tests are not weakened".to_owned(),
        why,
        change: "approve it if the test was wrong; else let the test stand".to_owned(),
    }
}
