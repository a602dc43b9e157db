//! Under which name a file stands that a task brought in: whoever moved it, the person since, or a task while it was at work.

use std::collections::BTreeMap;
use std::path::Path;

use change::{Changeset, FileChange};
use engine::Landed;
use host::shadow::{Shadow, TreeId};

use crate::documents;
use crate::error::SessionError;
use crate::places::{Environment, Project};
use crate::run::snapshot_of;

/// The names of now, by earlier names.
#[derive(Default)]
pub(super) struct Names(BTreeMap<String, String>);

impl Names {
    /// Finds the names of now of everything that landed, oldest first. Nothing is looked for while all of it stands where it
    /// was.
    pub(super) fn of(
        landed: &[(Landed, Changeset)],
        shadow: &Shadow,
        project: &Project,
        environment: &Environment,
    ) -> Result<Names, SessionError> {
        let mut names = Names::default();
        let mut now: Option<TreeId> = None;
        for (landed, changes) in landed.iter().rev() {
            let (base, tree) = (id(&landed.base)?, id(&landed.tree)?);
            let is_gone = |it: &&FileChange| names.is_gone(it.path.as_str(), &project.root);
            let gone: Vec<&FileChange> = changes.files().iter().filter(is_gone).collect();
            let added = changes.files().iter().any(|it| it.before.is_none());
            let (left, taken): (Vec<_>, Vec<_>) =
                gone.into_iter().partition(|it| it.after.is_some());
            if !left.is_empty() {
                if now.is_none() {
                    let gate = documents::gate(project, environment)?;
                    now = Some(snapshot_of(shadow, &gate, project, environment)?);
                }
                if let Some(now) = &now {
                    names.learn(shadow, (&tree, now), &project.root)?;
                }
            }
            if added && !taken.is_empty() {
                names.learn(shadow, (&base, &tree), &project.root)?;
            }
        }
        Ok(names)
    }

    /// Under which name a file stands now.
    pub(super) fn now<'a>(&'a self, path: &'a str) -> &'a str {
        self.0.get(path).map_or(path, String::as_str)
    }

    fn is_gone(&self, path: &str, root: &Path) -> bool {
        !self.0.contains_key(path) && root.join(path).symlink_metadata().is_err()
    }

    /// Learns what moved between two trees, where nothing stands under the old name by now.
    fn learn(
        &mut self,
        shadow: &Shadow,
        (old, new): (&TreeId, &TreeId),
        root: &Path,
    ) -> Result<(), SessionError> {
        let found = shadow.renames(old, new).map_err(SessionError::internal)?;
        for (before, after) in found {
            if self.is_gone(before.as_str(), root) {
                let now = self.now(after.as_str()).to_owned();
                self.0.insert(before.to_string(), now);
            }
        }
        Ok(())
    }
}

fn id(text: &str) -> Result<TreeId, SessionError> {
    TreeId::parse(text).map_err(SessionError::internal)
}
