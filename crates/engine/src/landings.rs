//! What runs brought into a project and what was taken out again: a fold over the facts of all runs, in their order.

use std::collections::BTreeMap;

use crate::fact::Fact;

/// A task's changes as they were brought in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landed {
    /// The run.
    pub run: String,
    /// The spec's path.
    pub spec: String,
    /// The task.
    pub task: String,
    /// Tree before.
    pub base: String,
    /// Tree after.
    pub tree: String,
}

/// Everything that was brought in.
#[derive(Clone, Debug, Default)]
pub struct Landings {
    specs: BTreeMap<String, String>,
    standing: Vec<Landed>,
    taken_out: Vec<Landed>,
}

impl Landings {
    /// Takes one fact of `run` in. What was only begun, when a process died, counts as brought in: its files may stand.
    pub fn apply(&mut self, run: &str, fact: &Fact) {
        match fact {
            Fact::RunStarted { spec, .. } => {
                self.specs.insert(run.to_owned(), spec.clone());
            }
            Fact::ApplyIntended { task, base, tree } => self.begin(Landed {
                run: run.to_owned(),
                spec: self.specs.get(run).cloned().unwrap_or_default(),
                task: task.clone(),
                base: base.clone(),
                tree: tree.clone(),
            }),
            Fact::ApplyFailed { task, .. } => {
                self.remove(run, task);
            }
            Fact::Undone { task, .. } => {
                if let Some(landed) = self.remove(run, task) {
                    self.taken_out.push(landed);
                }
            }
            _ => {}
        }
    }

    /// What stands, oldest first.
    pub fn standing(&self) -> &[Landed] {
        &self.standing
    }

    /// What was taken out and could be brought back, the last one last.
    pub fn taken_out(&self) -> &[Landed] {
        &self.taken_out
    }

    /// Work on a task that was taken out replaces what was taken out.
    fn begin(&mut self, landed: Landed) {
        self.taken_out
            .retain(|it| (&it.spec, &it.task) != (&landed.spec, &landed.task));
        if !self.standing.contains(&landed) {
            self.standing.push(landed);
        }
    }

    fn remove(&mut self, run: &str, task: &str) -> Option<Landed> {
        let found = self
            .standing
            .iter()
            .rposition(|it| it.run == run && it.task == task);
        found.map(|at| self.standing.remove(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Mode;

    fn started(spec: &str) -> Fact {
        Fact::RunStarted {
            spec: spec.to_owned(),
            spec_fingerprint: String::new(),
            mode: Mode::Autopilot,
            model: String::new(),
            only: None,
        }
    }

    fn intended(task: &str, tree: &str) -> Fact {
        Fact::ApplyIntended {
            task: task.to_owned(),
            base: "b".to_owned(),
            tree: tree.to_owned(),
        }
    }

    fn undone(task: &str) -> Fact {
        Fact::Undone {
            task: task.to_owned(),
            files: Vec::new(),
            merged: Vec::new(),
            left: Vec::new(),
        }
    }

    fn folded(facts: &[(&str, Fact)]) -> Landings {
        let mut all = Landings::default();
        facts.iter().for_each(|(run, fact)| all.apply(run, fact));
        all
    }

    fn names(all: &[Landed]) -> Vec<(&str, &str)> {
        let names = all.iter().map(|it| (it.task.as_str(), it.tree.as_str()));
        names.collect()
    }

    #[test]
    fn what_is_taken_out_can_be_brought_back_in_the_order_of_a_stack() {
        let mut facts = vec![
            ("r", started("specs/a.md")),
            ("r", intended("1", "x")),
            ("r", intended("2", "y")),
        ];
        assert_eq!(names(folded(&facts).standing()), [("1", "x"), ("2", "y")]);
        facts.extend([("r", undone("2")), ("r", undone("1"))]);
        let all = folded(&facts);
        assert!(all.standing().is_empty());
        assert_eq!(names(all.taken_out()), [("2", "y"), ("1", "x")]);
        facts.push(("r", intended("1", "x")));
        let all = folded(&facts);
        assert_eq!(names(all.standing()), [("1", "x")]);
        assert_eq!(names(all.taken_out()), [("2", "y")]);
    }

    #[test]
    fn what_did_not_land_does_not_stand_and_new_work_replaces_what_was_taken_out() {
        let failed = Fact::ApplyFailed {
            task: "1".to_owned(),
            reason: String::new(),
        };
        let facts = [
            ("r", started("specs/a.md")),
            ("r", intended("1", "x")),
            ("r", failed),
            ("r", intended("2", "y")),
            ("r", intended("2", "y")),
            ("r", undone("2")),
            ("r", undone("2")),
            ("r", undone("9")),
            ("q", started("specs/a.md")),
            ("q", intended("2", "z")),
        ];
        let all = folded(&facts);
        assert_eq!(names(all.standing()), [("2", "z")]);
        assert!(all.taken_out().is_empty());
        assert_eq!(all.standing()[0].spec, "specs/a.md");
    }
}
