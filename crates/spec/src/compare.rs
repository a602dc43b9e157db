//! Two versions of a spec: which requirements and criteria came, went and changed.

use std::collections::HashMap;

use crate::criterion::Criterion;
use crate::{Requirement, Spec, TaskList};

/// What happened to a requirement or a criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// It was not there before.
    Added,
    /// Its words or examples are others.
    Changed,
    /// It is no longer there.
    Removed,
    /// Its words are the same and its id is another.
    Renumbered,
}

impl ChangeKind {
    /// The word that is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            ChangeKind::Added => "added",
            ChangeKind::Changed => "changed",
            ChangeKind::Removed => "removed",
            ChangeKind::Renumbered => "renumbered",
        }
    }
}

/// A requirement that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequirementChange {
    /// Its id, in the new version where it is there.
    pub id: String,
    /// Its title, likewise.
    pub title: String,
    /// What happened to it.
    pub kind: ChangeKind,
    /// Its criteria that are not as they were.
    pub criteria: Vec<CriterionChange>,
}

/// A criterion that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CriterionChange {
    /// Its id, in the new version where it is there.
    pub id: String,
    /// What happened to it.
    pub kind: ChangeKind,
    /// What it said.
    pub before: Option<String>,
    /// What it says.
    pub after: Option<String>,
    /// The id that it had, where it is another.
    pub was: Option<String>,
}

/// What changed from `old` to `new`, in the order of the new document, then what was removed. Success criteria count as one
/// requirement of the id `SC`.
pub fn compare(old: &Spec, new: &Spec) -> Vec<RequirementChange> {
    let before: HashMap<&str, &Requirement> = old
        .requirements
        .iter()
        .map(|it| (it.id.as_str(), it))
        .collect();
    let after: HashMap<&str, &Requirement> = new
        .requirements
        .iter()
        .map(|it| (it.id.as_str(), it))
        .collect();
    let mut changes = Vec::new();
    for now in &new.requirements {
        match before.get(now.id.as_str()) {
            Some(then) if then.fingerprint == now.fingerprint => {}
            Some(then) => changes.push(change(
                now,
                ChangeKind::Changed,
                criteria(&then.criteria, &now.criteria),
            )),
            None => changes.push(change(now, ChangeKind::Added, criteria(&[], &now.criteria))),
        }
    }
    for then in &old.requirements {
        if !after.contains_key(then.id.as_str()) {
            changes.push(change(
                then,
                ChangeKind::Removed,
                criteria(&then.criteria, &[]),
            ));
        }
    }
    let success = criteria(&old.success, &new.success);
    if !success.is_empty() {
        changes.push(RequirementChange {
            id: "SC".to_owned(),
            title: "Success Criteria".to_owned(),
            kind: ChangeKind::Changed,
            criteria: success,
        });
    }
    changes
}

fn change(of: &Requirement, kind: ChangeKind, criteria: Vec<CriterionChange>) -> RequirementChange {
    RequirementChange {
        id: of.id.to_string(),
        title: of.title.clone(),
        kind,
        criteria,
    }
}

/// Criteria with the same words are the same, whatever their ids; of the rest those with the same id changed.
fn criteria(old: &[Criterion], new: &[Criterion]) -> Vec<CriterionChange> {
    let mut then_by_print: HashMap<&str, Vec<&Criterion>> = HashMap::new();
    for it in old.iter().rev() {
        then_by_print.entry(&it.fingerprint).or_default().push(it);
    }
    let mut kept: Vec<(&Criterion, Option<&Criterion>)> = Vec::new();
    for now in new {
        let same = then_by_print
            .get_mut(now.fingerprint.as_str())
            .and_then(Vec::pop);
        kept.push((now, same));
    }
    let matched: Vec<&str> = kept
        .iter()
        .filter_map(|(_, then)| then.map(|it| it.id.as_str()))
        .collect();
    let left: HashMap<&str, &Criterion> = old
        .iter()
        .map(|it| (it.id.as_str(), it))
        .filter(|(id, _)| !matched.contains(id))
        .collect();
    let mut changes = Vec::new();
    for (now, then) in &kept {
        match (then, left.get(now.id.as_str())) {
            (Some(then), _) if then.id == now.id => {}
            (Some(then), _) => {
                changes.push(one(now, ChangeKind::Renumbered, Some(then), Some(now)))
            }
            (None, Some(then)) => {
                changes.push(one(now, ChangeKind::Changed, Some(then), Some(now)))
            }
            (None, None) => changes.push(one(now, ChangeKind::Added, None, Some(now))),
        }
    }
    let now_ids: Vec<&str> = kept
        .iter()
        .filter(|(_, then)| then.is_none())
        .map(|(now, _)| now.id.as_str())
        .collect();
    let gone = old
        .iter()
        .filter(|it| left.contains_key(it.id.as_str()) && !now_ids.contains(&it.id.as_str()));
    changes.extend(gone.map(|it| one(it, ChangeKind::Removed, Some(it), None)));
    changes
}

fn one(
    of: &Criterion,
    kind: ChangeKind,
    before: Option<&Criterion>,
    after: Option<&Criterion>,
) -> CriterionChange {
    CriterionChange {
        id: of.id.to_string(),
        kind,
        before: before.map(|it| it.text.clone()),
        after: after.map(|it| it.text.clone()),
        was: before
            .filter(|it| it.id != of.id)
            .map(|it| it.id.to_string()),
    }
}

/// The ids of the tasks that depend on a change: those that cite a requirement or a criterion that is not as it was.
pub fn touched(
    changes: &[RequirementChange],
    old: &Spec,
    new: &Spec,
    list: &TaskList,
) -> Vec<crate::TaskId> {
    let is_touched = |name: &String| {
        let then = old.named(name).map(|it| it.fingerprint());
        let now = new.named(name).map(|it| it.fingerprint());
        then != now
    };
    if changes.is_empty() {
        return Vec::new();
    }
    list.leaves()
        .filter(|it| it.covers_all || it.requirements.iter().any(is_touched))
        .map(|it| it.id.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(body: &str) -> Spec {
        Spec::parse(
            "t",
            &format!(
                "# T\n\n## Functional Requirements\n\n{body}\n## Success Criteria\n- All tests pass\n"
            ),
        )
    }

    #[test]
    fn what_changed_is_told_by_meaning_not_by_place() {
        let old = spec("### FR-1: A\n- one\n- two\n### FR-2: B\n- three\n### FR-3: C\n- four\n");
        let new =
            spec("### FR-1: A\n- zero\n- one\n- two!\n### FR-3: C\n- four\n### FR-4: D\n- five\n");
        let changes = compare(&old, &new);
        let shown: Vec<String> = changes
            .iter()
            .flat_map(|it| {
                let own = format!("{} {}", it.id, it.kind.as_str());
                let below = it
                    .criteria
                    .iter()
                    .map(|it| format!("  {} {} {:?}", it.id, it.kind.as_str(), it.was));
                std::iter::once(own).chain(below).collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(
            shown,
            [
                "FR-1 changed",
                "  FR-1.1 added None",
                "  FR-1.2 renumbered Some(\"FR-1.1\")",
                "  FR-1.3 added None",
                "  FR-1.2 removed None",
                "FR-4 added",
                "  FR-4.1 added None",
                "FR-2 removed",
                "  FR-2.1 removed None",
            ]
        );
        let list = TaskList::parse(
            "- [x] 1. a\n  - Requirements: FR-1\n- [ ] 2. b\n  - Requirements: FR-3.1\n- [ ] 3. c\n  - Requirements: FR-1.1\n- [ ] 4. d\n  - Requirements: FR-2\n",
        );
        let ids: Vec<String> = touched(&changes, &old, &new, &list)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(ids, ["1", "3", "4"]);
        assert_eq!(compare(&old, &old), []);
    }
}
