//! The flag by which a person or a program stops a turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag shared between whoever asked for a turn and the model that answers it. Clones share the flag. It is never reset:
/// each turn takes a fresh one, or a clone of its owner's.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// A flag that is not set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the flag. Setting it twice is the same as once.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether the flag, or any clone of it, was set.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
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
}
