//! Holds: content that a blocking hook did not let pass. While a file has that very content it is not committed, not
//! brought in and not completed; other content is none of the hold's business.

use std::collections::BTreeMap;

use change::{Changeset, Digest};
use engine::Fact;

use crate::error::SessionError;
use crate::journal::Journal;

/// Content that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The hook that holds it.
    pub hook: String,
    /// The file, from the project's root.
    pub path: String,
    /// Digest of the content.
    pub digest: String,
    /// Why.
    pub why: String,
}

/// Every hold that was set and not lifted since.
pub(crate) fn standing(journal: &Journal) -> Result<Vec<Hold>, SessionError> {
    let mut holds: BTreeMap<(String, String), Hold> = BTreeMap::new();
    for entry in journal.hold_facts().map_err(SessionError::internal)? {
        match entry.fact {
            Fact::HoldSet {
                hook,
                path,
                digest,
                why,
            } => {
                holds.insert(
                    (hook.clone(), path.clone()),
                    Hold {
                        hook,
                        path,
                        digest,
                        why,
                    },
                );
            }
            Fact::HoldLifted { hook, path } => {
                holds.remove(&(hook, path));
            }
            _ => {}
        }
    }
    Ok(holds.into_values().collect())
}

/// The holds that files with these digests meet. Content that is held goes by no other name either: `reaches` says whether a
/// hold is about another path too. A file without content is held at its own path alone.
pub(crate) fn met<'h>(
    holds: &'h [Hold],
    files: &[(String, Digest)],
    reaches: &dyn Fn(&Hold, &str) -> bool,
) -> Vec<&'h Hold> {
    let empty = Digest::of(b"").to_string();
    let holds_it = |hold: &&Hold| {
        files.iter().any(|(path, digest)| {
            let named = *path == hold.path || hold.digest != empty && reaches(hold, path);
            named && digest.to_string() == hold.digest
        })
    };
    holds.iter().filter(holds_it).collect()
}

/// The holds that a changeset would bring in.
pub(crate) fn met_by<'h>(
    holds: &'h [Hold],
    changes: &Changeset,
    reaches: &dyn Fn(&Hold, &str) -> bool,
) -> Vec<&'h Hold> {
    let after = |it: &change::FileChange| {
        let state = it.after.as_ref()?;
        Some((it.path.to_string(), Digest::of(&state.bytes)))
    };
    let files: Vec<(String, Digest)> = changes.files().iter().filter_map(after).collect();
    met(holds, &files, reaches)
}

/// What is said of holds.
pub(crate) fn told(holds: &[&Hold]) -> String {
    let one = |it: &&Hold| format!("{} is held by «{}»: {}", it.path, it.hook, it.why);
    holds.iter().map(one).collect::<Vec<_>>().join("; ")
}
