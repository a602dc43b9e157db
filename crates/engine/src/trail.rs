//! What is known of finished work long after: from what each task was done, and how its files were left. A fold over the
//! facts of all runs of a project, in their order.

use std::collections::{BTreeMap, BTreeSet};

use crate::fact::{Fact, LeftFile, TaskRecord};

/// A task that was done on evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoneTask {
    /// The run that it was done in last.
    pub run: String,
    /// As it was when it was done, or confirmed since.
    pub from: TaskRecord,
    /// Whether its box was opened since, because what it was made from changed.
    pub reopened: bool,
    /// Whether that it is done from what it says now is a person's word.
    pub by_person: bool,
    /// The files that it brought in.
    pub files: BTreeSet<String>,
}

/// What changed above a task since it was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Above {
    /// The requirement with this id.
    Changed(String),
    /// The requirement with this id is no longer in the spec.
    Gone(String),
    /// One of its requirements; facts from before do not tell which.
    Some,
    /// The task itself: its words, its files or its requirements.
    Task,
}

/// The tasks of all specs of a project and the files that Kiro brought in.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    specs: BTreeMap<String, String>,
    records: BTreeMap<(String, String), TaskRecord>,
    brought: BTreeMap<(String, String), BTreeSet<String>>,
    done: BTreeMap<(String, String), DoneTask>,
    left: BTreeMap<String, String>,
}

impl Trail {
    /// Takes one fact of `run` in.
    pub fn apply(&mut self, run: &str, fact: &Fact) {
        match fact {
            Fact::RunStarted { spec, .. } => {
                self.specs.insert(run.to_owned(), spec.clone());
            }
            Fact::Planned { tasks } | Fact::Replanned { tasks } => {
                for it in tasks {
                    let key = (run.to_owned(), it.id.clone());
                    self.records.insert(key, it.clone());
                }
            }
            Fact::Applied {
                task, files, left, ..
            } => {
                let own = self.brought.entry(self.key(run, task)).or_default();
                own.extend(files.iter().chain(left.iter().map(|it| &it.path)).cloned());
                self.leave(left);
            }
            Fact::TaskDone { task, .. } => self.finish(run, task),
            Fact::Undone { task, left, .. } => {
                let key = self.key(run, task);
                self.done.remove(&key);
                self.brought.remove(&key);
                self.leave(left);
            }
            Fact::Reopened { task } => {
                if let Some(done) = self.done.get_mut(&self.key(run, task)) {
                    done.reopened = true;
                }
            }
            Fact::Confirmed {
                task,
                record,
                by_person,
                left,
            } => {
                if let Some(done) = self.done.get_mut(&self.key(run, task)) {
                    done.from = record.clone();
                    done.reopened = false;
                    done.by_person |= by_person;
                }
                self.leave(left);
            }
            _ => {}
        }
    }

    /// The task of `spec` that `record` is, if it was done on evidence. A task that got another number goes by what it says.
    pub fn done(&self, spec: &str, record: &TaskRecord) -> Option<&DoneTask> {
        let says_the_same =
            |it: &&DoneTask| it.from.title == record.title && it.from.files == record.files;
        let of_spec = || {
            let own = self.done.iter().filter(|(key, _)| key.0 == spec);
            own.map(|(_, done)| done)
        };
        let by_number = self.done.get(&(spec.to_owned(), record.id.clone()));
        by_number
            .filter(says_the_same)
            .or_else(|| of_spec().find(says_the_same))
            .or(by_number)
    }

    /// The files of a task that was done, each with the digest of the content that Kiro left there last; empty where it took
    /// the file away. Files of which that was not recorded are left out.
    pub fn files<'a>(&'a self, done: &'a DoneTask) -> impl Iterator<Item = (&'a str, &'a str)> {
        let known = done.files.iter().map(|it| (it, self.left.get(it)));
        known.filter_map(|(path, digest)| Some((path.as_str(), digest?.as_str())))
    }

    fn key(&self, run: &str, task: &str) -> (String, String) {
        let spec = self.specs.get(run).cloned().unwrap_or_default();
        (spec, task.to_owned())
    }

    fn finish(&mut self, run: &str, task: &str) {
        let record = self.records.get(&(run.to_owned(), task.to_owned()));
        let Some(record) = record.cloned() else {
            return;
        };
        let key = self.key(run, task);
        let files = self.brought.get(&key).cloned().unwrap_or_default();
        let done = DoneTask {
            run: run.to_owned(),
            from: record,
            reopened: false,
            by_person: false,
            files,
        };
        self.done.insert(key, done);
    }

    fn leave(&mut self, left: &[LeftFile]) {
        for it in left {
            self.left.insert(it.path.clone(), it.digest.clone());
        }
    }
}

impl DoneTask {
    /// What changed above the task since it was done; nothing when it is as it was.
    pub fn above(&self, now: &TaskRecord) -> Vec<Above> {
        if self.from.fingerprint == now.fingerprint {
            return Vec::new();
        }
        let then: BTreeMap<&String, &String> = self
            .from
            .requirements
            .iter()
            .zip(&self.from.prints)
            .collect();
        let mut told = Vec::new();
        for (id, print) in now.requirements.iter().zip(&now.prints) {
            match then.get(id) {
                Some(before) if *before == print => {}
                Some(_) if print.is_empty() => told.push(Above::Gone(id.clone())),
                Some(_) => told.push(Above::Changed(id.clone())),
                None => {}
            }
        }
        let is_same = self.from.title == now.title
            && self.from.files == now.files
            && self.from.requirements == now.requirements;
        if !is_same {
            told.push(Above::Task);
        } else if told.is_empty() && self.from.prints.is_empty() && !now.requirements.is_empty() {
            told.push(Above::Some);
        } else if told.is_empty() {
            told.push(Above::Task);
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Mode;

    fn record(id: &str, title: &str, print: &str) -> TaskRecord {
        TaskRecord {
            id: id.to_owned(),
            title: title.to_owned(),
            depends_on: Vec::new(),
            requirements: vec!["FR-1".to_owned()],
            files: Vec::new(),
            fingerprint: format!("{title} {print}"),
            prints: vec![print.to_owned()],
            ticked: false,
        }
    }

    fn left(path: &str, digest: &str) -> Vec<LeftFile> {
        vec![LeftFile {
            path: path.to_owned(),
            digest: digest.to_owned(),
        }]
    }

    fn applied(task: &str, digest: &str) -> Fact {
        Fact::Applied {
            task: task.to_owned(),
            files: vec!["a".to_owned()],
            merged: Vec::new(),
            left: left("a", digest),
        }
    }

    fn done(task: &str) -> Fact {
        Fact::TaskDone {
            task: task.to_owned(),
            covered: Vec::new(),
        }
    }

    fn folded(facts: &[Fact]) -> Trail {
        let started = Fact::RunStarted {
            spec: "s".to_owned(),
            spec_fingerprint: String::new(),
            mode: Mode::Autopilot,
            model: String::new(),
            only: None,
        };
        let planned = Fact::Planned {
            tasks: vec![record("1", "one", "p"), record("2", "two", "q")],
        };
        let mut trail = Trail::default();
        for fact in [&started, &planned].into_iter().chain(facts) {
            trail.apply("r", fact);
        }
        trail
    }

    #[test]
    fn a_file_is_as_the_last_task_left_it() {
        let trail = folded(&[applied("1", "x"), done("1"), applied("2", "y"), done("2")]);
        for task in ["one", "two"] {
            let known = trail.done("s", &record("9", task, "p")).expect("done");
            assert_eq!(trail.files(known).collect::<Vec<_>>(), [("a", "y")]);
        }
        assert_eq!(trail.done("s", &record("9", "three", "p")), None);
        assert_eq!(trail.done("t", &record("1", "one", "p")), None);
    }

    #[test]
    fn what_changed_above_is_told_by_requirement() {
        let trail = folded(&[done("1")]);
        let known = trail.done("s", &record("1", "one", "p")).expect("done");
        assert_eq!(known.above(&record("1", "one", "p")), []);
        let changed = Above::Changed("FR-1".to_owned());
        assert_eq!(known.above(&record("1", "one", "p2")), [changed]);
        let gone = Above::Gone("FR-1".to_owned());
        assert_eq!(known.above(&record("1", "one", "")), [gone]);
        assert_eq!(known.above(&record("1", "other", "p")), [Above::Task]);
        let mut old = known.clone();
        old.from.prints.clear();
        assert_eq!(old.above(&record("1", "one", "p2")), [Above::Some]);
    }

    #[test]
    fn what_is_confirmed_is_done_from_what_it_says_now() {
        let reopened = Fact::Reopened {
            task: "1".to_owned(),
        };
        let now = record("1", "one", "p2");
        let confirmed = Fact::Confirmed {
            task: "1".to_owned(),
            record: now.clone(),
            by_person: true,
            left: left("a", "z"),
        };
        let trail = folded(&[applied("1", "x"), done("1"), reopened.clone()]);
        assert!(trail.done("s", &now).expect("done").reopened);
        let trail = folded(&[applied("1", "x"), done("1"), reopened, confirmed]);
        let known = trail.done("s", &now).expect("done");
        assert!(!known.reopened && known.by_person && known.above(&now).is_empty());
        assert_eq!(trail.files(known).collect::<Vec<_>>(), [("a", "z")]);
        let undone = Fact::Undone {
            task: "1".to_owned(),
            files: Vec::new(),
            merged: Vec::new(),
            left: left("a", ""),
        };
        let trail = folded(&[applied("1", "x"), done("1"), undone]);
        assert_eq!(trail.done("s", &now), None);
    }
}
