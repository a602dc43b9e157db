//! Work that goes on at once: how much, and what may not meet.

use std::collections::BTreeSet;

/// The tasks that threads are at work on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lanes {
    most: usize,
    busy: BTreeSet<String>,
}

impl Default for Lanes {
    /// One at a time.
    fn default() -> Lanes {
        Lanes::new(1)
    }
}

impl Lanes {
    /// At most so many at a time; at least one.
    pub fn new(most: usize) -> Lanes {
        Lanes {
            most: most.max(1),
            busy: BTreeSet::new(),
        }
    }

    /// A thread began to work on a task.
    pub fn begin(&mut self, task: &str) {
        self.busy.insert(task.to_owned());
    }

    /// It ended.
    pub fn end(&mut self, task: &str) {
        self.busy.remove(task);
    }

    /// Whether a thread is at work on a task.
    pub fn holds(&self, task: &str) -> bool {
        self.busy.contains(task)
    }

    /// Whether no thread is at work.
    pub fn is_empty(&self) -> bool {
        self.busy.is_empty()
    }

    /// Whether no further one may begin.
    pub fn are_full(&self) -> bool {
        self.busy.len() >= self.most
    }

    /// Whether there may be more than one.
    pub fn are_several(&self) -> bool {
        self.most > 1
    }
}

/// Whether two scopes may meet in a file. One that names no file may be anything, so it meets every other.
pub fn scopes_meet(some: &[String], others: &[String]) -> bool {
    let meets = |a: &str, b: &str| {
        let (a, b) = (a.trim_end_matches('/'), b.trim_end_matches('/'));
        let holds = |folder: &str, path: &str| {
            let rest = path.strip_prefix(folder);
            rest.is_some_and(|it| it.is_empty() || it.starts_with('/'))
        };
        is_pattern(a) || is_pattern(b) || holds(a, b) || holds(b, a)
    };
    some.is_empty() || others.is_empty() || some.iter().any(|a| others.iter().any(|b| meets(a, b)))
}

/// A scope such as `src/**` is not taken apart.
fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '[', '{'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_meet_in_files_and_folders() {
        let scope = |files: &[&str]| files.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let meet = |a: &[&str], b: &[&str]| scopes_meet(&scope(a), &scope(b));
        assert!(meet(&["a.py"], &["b.py", "a.py"]));
        assert!(meet(&["src/"], &["src/a.py"]) && meet(&["src/a.py"], &["src"]));
        assert!(meet(&[], &["a.py"]) && meet(&["a.py"], &[]));
        assert!(meet(&["src/*.py"], &["b.py"]));
        assert!(!meet(&["src/a.py"], &["src/a.pyi"]));
        assert!(!meet(&["a.py"], &["b.py"]) && !meet(&["src"], &["src2/a.py"]));
    }

    #[test]
    fn there_is_always_room_for_one() {
        let mut lanes = Lanes::new(0);
        assert!(!lanes.are_full() && lanes.is_empty());
        lanes.begin("1");
        assert!(lanes.are_full() && lanes.holds("1"));
        lanes.end("1");
        assert!(!lanes.are_full());
    }
}
