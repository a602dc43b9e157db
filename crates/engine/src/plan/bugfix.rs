//! The plan of a bugfix: what goes wrong today is nothing to carry out. Where the spec's examples do not show it, a test that
//! must fail comes first; then what stays is pinned; then what is wrong is mended, held to both.

use spec::Requirement;

use super::{Drafting, REST};
use crate::estimate;

/// The phase of the test that must fail.
const SHOWN: &str = "What Goes Wrong";

impl Drafting<'_> {
    /// A test of what goes wrong today, where no example of what is right fails today.
    pub(super) fn shown_first(&mut self) {
        let (Some(defect), Some(expected)) = (self.spec.defect(), self.spec.expected()) else {
            return;
        };
        if !expected.examples.is_empty() {
            return;
        }
        let title = format!(
            "Write a failing test of what goes wrong today ({}: {})",
            defect.id, defect.title
        );
        let minutes = estimate::function_minutes(defect.criteria.len(), 0);
        let task = self.add(SHOWN, title, Vec::new(), minutes);
        task.requirements = vec![defect.id.to_string()];
    }

    /// The tasks that the mending of a bug waits for: the test that fails until then, and what pins what stays.
    pub(super) fn shown_before(&self, requirement: &Requirement) -> Vec<(u32, String)> {
        if !self.mends(requirement) {
            return Vec::new();
        }
        let mended = requirement
            .criteria
            .first()
            .map_or(requirement.id.as_str(), |it| it.id.as_str());
        let cause = |phase: &str| match phase {
            SHOWN => Some(format!("its test fails until `{mended}` holds")),
            REST => Some(format!("its tests hold what `{mended}` must not change")),
            _ => None,
        };
        let before = self
            .tasks
            .iter()
            .filter_map(|it| Some((it.number, cause(&it.phase)?)));
        before.collect()
    }

    /// What goes wrong today, for the task that mends it.
    pub(super) fn mended_by(&self, requirement: &Requirement) -> Option<String> {
        let defect = self.spec.defect().filter(|_| self.mends(requirement));
        defect.map(|it| it.id.to_string())
    }

    /// What a task does with a requirement's functions.
    pub(super) fn verb(&self, requirement: &Requirement) -> &'static str {
        match (self.spec.defect(), self.mends(requirement)) {
            (None, _) => "Implement",
            (Some(_), true) => "Mend",
            (Some(_), false) => "Pin",
        }
    }

    /// The title of a task for a requirement that names no function.
    pub(super) fn rest_title(&self, requirement: &Requirement) -> String {
        let (id, title) = (&requirement.id, &requirement.title);
        match (self.spec.defect(), self.mends(requirement)) {
            (Some(_), false) => {
                format!("Write tests of what works today and must stay ({id}: {title})")
            }
            _ => format!("Carry out {id}: {title}"),
        }
    }

    fn mends(&self, requirement: &Requirement) -> bool {
        let expected = self.spec.expected();
        expected.is_some_and(|it| it.id == requirement.id)
    }
}
