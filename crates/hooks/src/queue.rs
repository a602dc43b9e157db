//! What happened to files, until it is quiet enough to say what it was.
//!
//! Changes of one path are brought together; nothing is lost for distinct paths: when there are more of them than are
//! kept, the queue says that the tree has to be looked over anew.

use std::collections::BTreeMap;

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// It was not there, and is now.
    Created,
    /// It has new content.
    Saved,
    /// It is gone.
    Deleted,
    /// It has come from another path.
    Renamed {
        /// The path before.
        from: String,
    },
}

/// A file, what became of it, and how far the change is from a person's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Burst {
    /// The path from the project's root.
    pub path: String,
    /// What became of it.
    pub what: Happening,
    /// 0 for a change that nobody here made, else one more than that of the hook that made it.
    pub depth: u32,
    /// When the last change of it was seen, in milliseconds of the caller's clock.
    pub last_ms: u64,
}

/// Changes that wait to become quiet.
#[derive(Debug)]
pub struct Queue {
    waiting: BTreeMap<String, Waiting>,
    capacity: usize,
    quiet_ms: u64,
    patience_ms: u64,
    overflowed: bool,
}

#[derive(Debug)]
struct Waiting {
    what: Happening,
    depth: u32,
    first_ms: u64,
    last_ms: u64,
}

impl Queue {
    /// A queue for at most `capacity` paths, in which a path waits until it was quiet for `quiet_ms`, and never longer
    /// than `patience_ms`.
    pub fn new(capacity: usize, quiet_ms: u64, patience_ms: u64) -> Queue {
        Queue {
            waiting: BTreeMap::new(),
            capacity,
            quiet_ms,
            patience_ms,
            overflowed: false,
        }
    }

    /// Takes a change in.
    pub fn push(&mut self, path: &str, what: Happening, depth: u32, now_ms: u64) {
        if let Some(before) = self.waiting.get_mut(path) {
            before.last_ms = now_ms;
            before.depth = before.depth.max(depth);
            match joined(&before.what, what) {
                Some(both) => before.what = both,
                None => drop(self.waiting.remove(path)),
            }
            return;
        }
        if self.waiting.len() >= self.capacity {
            self.overflowed = true;
            return;
        }
        let waiting = Waiting {
            what,
            depth,
            first_ms: now_ms,
            last_ms: now_ms,
        };
        self.waiting.insert(path.to_owned(), waiting);
    }

    /// Takes out what is quiet now, ordered by path.
    pub fn due(&mut self, now_ms: u64) -> Vec<Burst> {
        let (quiet, patience) = (self.quiet_ms, self.patience_ms);
        let is_due =
            |it: &Waiting| now_ms >= it.last_ms + quiet || now_ms >= it.first_ms + patience;
        let due: Vec<String> = self
            .waiting
            .iter()
            .filter(|it| is_due(it.1))
            .map(|it| it.0.clone())
            .collect();
        let take = |path: String| {
            let it = self.waiting.remove(&path)?;
            Some(Burst {
                path,
                what: it.what,
                depth: it.depth,
                last_ms: it.last_ms,
            })
        };
        due.into_iter().filter_map(take).collect()
    }

    /// When the next path will be quiet, if nothing more happens.
    pub fn next_ms(&self) -> Option<u64> {
        let due = |it: &Waiting| (it.last_ms + self.quiet_ms).min(it.first_ms + self.patience_ms);
        self.waiting.values().map(due).min()
    }

    /// Whether paths came that there was no room for; asked once.
    pub fn take_overflow(&mut self) -> bool {
        std::mem::take(&mut self.overflowed)
    }

    /// How many paths wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

/// Two changes of one path as one; none when nothing is left of them.
fn joined(before: &Happening, after: Happening) -> Option<Happening> {
    Some(match (before, after) {
        (Happening::Created, Happening::Deleted) => return None,
        (Happening::Created, _) => Happening::Created,
        (Happening::Renamed { from }, Happening::Saved | Happening::Created) => {
            Happening::Renamed { from: from.clone() }
        }
        // Editors replace a file by removing it and writing it anew.
        (Happening::Deleted | Happening::Saved, Happening::Created) => Happening::Saved,
        (_, after) => after,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn paths(bursts: &[Burst]) -> Vec<(&str, &Happening)> {
        bursts
            .iter()
            .map(|it| (it.path.as_str(), &it.what))
            .collect()
    }

    #[test]
    fn changes_of_one_path_are_one_and_wait_for_quiet() {
        let mut queue = Queue::new(10, 100, 1_000);
        queue.push("b", Happening::Saved, 0, 0);
        queue.push("a", Happening::Created, 2, 10);
        queue.push("a", Happening::Saved, 0, 60);
        queue.push("c", Happening::Created, 0, 60);
        queue.push("c", Happening::Deleted, 0, 70);
        assert_eq!(queue.next_ms(), Some(100));
        assert_eq!(paths(&queue.due(120)), [("b", &Happening::Saved)]);
        let due = queue.due(160);
        assert_eq!(paths(&due), [("a", &Happening::Created)]);
        assert_eq!(due[0].depth, 2, "the deeper cause counts");
        assert!(queue.is_empty() && queue.next_ms().is_none());
    }

    #[test]
    fn a_file_that_never_rests_is_told_all_the_same() {
        let mut queue = Queue::new(10, 100, 1_000);
        for now in (0..3_000).step_by(50) {
            queue.push("log", Happening::Saved, 0, now);
            if !queue.due(now).is_empty() {
                assert!((1_000..1_100).contains(&now), "{now}");
                return;
            }
        }
        panic!("it was never told");
    }

    #[test]
    fn what_there_is_no_room_for_is_said() {
        let mut queue = Queue::new(2, 100, 1_000);
        for path in ["a", "b", "c", "a"] {
            queue.push(path, Happening::Saved, 0, 0);
        }
        assert_eq!(queue.len(), 2);
        assert!(queue.take_overflow() && !queue.take_overflow());
    }

    proptest! {
        #[test]
        fn no_distinct_path_is_lost(pushes in prop::collection::vec((0u8..40, 0u64..500), 0..200)) {
            let mut queue = Queue::new(100, 20, 200);
            let (mut told, mut now) = (std::collections::BTreeSet::new(), 0);
            for (path, wait) in &pushes {
                now += wait;
                queue.push(&path.to_string(), Happening::Saved, 0, now);
                told.extend(queue.due(now).into_iter().map(|it| it.path));
            }
            told.extend(queue.due(now + 1_000).into_iter().map(|it| it.path));
            let pushed: std::collections::BTreeSet<String> = pushes.iter().map(|it| it.0.to_string()).collect();
            prop_assert_eq!(told, pushed);
            prop_assert!(!queue.take_overflow());
        }
    }
}
