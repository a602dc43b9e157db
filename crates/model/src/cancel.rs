//! The flag by which a person or a program stops a turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag shared between whoever asked for a turn and the model that answers it. Clones share the flag. It is never reset:
/// each turn takes a fresh one, or a clone of its owner's.
#[derive(Clone, Debug, Default)]
pub struct Cancel {
    flag: Arc<AtomicBool>,
    owner: Option<Arc<Cancel>>,
}

impl Cancel {
    /// A flag that is not set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A flag of its own that counts as set, too, once this one is: for a part of the work that may be stopped alone.
    #[must_use]
    pub fn part(&self) -> Self {
        Self {
            flag: Arc::default(),
            owner: Some(Arc::new(self.clone())),
        }
    }

    /// Sets the flag. Setting it twice is the same as once.
    pub fn cancel(&self) {
        self.flag.store(true, Ordering::Release);
    }

    /// Whether the flag, any clone of it, or that of which it is a part, was set.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        let of_owner = || self.owner.as_ref().is_some_and(|it| it.is_cancelled());
        self.flag.load(Ordering::Acquire) || of_owner()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_the_flag() {
        let owner = Cancel::new();
        let turn = owner.clone();
        assert!(!turn.is_cancelled());
        owner.cancel();
        owner.cancel();
        assert!(turn.is_cancelled());
    }

    #[test]
    fn a_part_is_stopped_alone_or_with_the_whole() {
        let whole = Cancel::new();
        let (one, other) = (whole.part(), whole.part());
        one.cancel();
        assert!(one.is_cancelled() && !other.is_cancelled() && !whole.is_cancelled());
        whole.cancel();
        assert!(other.part().is_cancelled());
    }
}
