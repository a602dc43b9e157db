//! Room for checks: as many at once as the machine has cores, so that time limits measure the check and not the crowd.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::Cancel;

/// How often a wait looks whether the work was stopped.
const LOOK: Duration = Duration::from_millis(50);

/// Places that are taken and given back.
pub(crate) struct Counter {
    free: Mutex<usize>,
    given_back: Condvar,
}

/// A place; dropping it gives it back.
pub(crate) struct Place<'a>(&'a Counter);

impl Counter {
    /// With so many places; at least one.
    pub(crate) fn new(places: usize) -> Counter {
        Counter {
            free: Mutex::new(places.max(1)),
            given_back: Condvar::new(),
        }
    }

    /// Waits for a place; none when the work is stopped first.
    pub(crate) fn take(&self, cancel: &Cancel) -> Option<Place<'_>> {
        let mut free = self.lock();
        while *free == 0 {
            if cancel.is_cancelled() {
                return None;
            }
            let waited = self.given_back.wait_timeout(free, LOOK);
            free = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        *free -= 1;
        Some(Place(self))
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        *self.0.lock() += 1;
        self.0.given_back.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn no_more_are_in_at_once_than_there_are_places() {
        let (counter, cancel) = (Counter::new(2), Cancel::new());
        let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let place = counter.take(&cancel);
                    assert!(place.is_some());
                    most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::yield_now();
                    inside.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        assert!((1..=2).contains(&most.load(Ordering::SeqCst)));
        let _one = counter.take(&cancel);
        let _two = counter.take(&cancel);
        cancel.cancel();
        assert!(counter.take(&cancel).is_none());
    }
}
