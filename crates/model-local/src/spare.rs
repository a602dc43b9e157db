//! Memory that is used again: what the computing of one layer leaves is taken by that of the next. Asking the system for it
//! each time costs a tenth of the time of reading a prompt, because the system empties each page first.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

/// Memory that nobody uses.
pub(crate) struct Spare<T>(Mutex<Vec<Vec<T>>>);

impl<T: Copy> Spare<T> {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::default()))
    }

    /// `length` values. They are `empty` or what somebody left there: who takes them writes each before reading it.
    pub(crate) fn take(self: &Arc<Self>, length: usize, empty: T) -> Taken<T> {
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = free.iter().enumerate().filter(|it| it.1.len() >= length);
        let values = match fits.min_by_key(|it| it.1.len()) {
            Some((at, _)) => free.swap_remove(at),
            None => vec![empty; length],
        };
        Taken {
            values,
            length,
            home: Arc::clone(self),
        }
    }

    /// Gives it back to the system.
    pub(crate) fn clear(&self) {
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        free.clear();
    }
}

/// Memory in use; spare again when dropped.
pub(crate) struct Taken<T> {
    values: Vec<T>,
    length: usize,
    home: Arc<Spare<T>>,
}

impl<T> Deref for Taken<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.values[..self.length]
    }
}

impl<T> DerefMut for Taken<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.values[..self.length]
    }
}

impl<T> Drop for Taken<T> {
    fn drop(&mut self) {
        let values = std::mem::take(&mut self.values);
        let mut free = self.home.0.lock().unwrap_or_else(PoisonError::into_inner);
        free.push(values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_best_is_used_again() {
        let spare = Spare::new();
        let (mut large, mut small) = (spare.take(9, 0), spare.take(4, 0));
        (large[0], small[0]) = (9, 4);
        assert_eq!((large.len(), small.len()), (9, 4));
        drop((large, small));
        let (first, second, third) = (spare.take(3, 0), spare.take(3, 0), spare.take(3, 0));
        assert_eq!((first[0], second[0], third[0]), (4, 9, 0));
        assert_eq!(second.len(), 3);
        drop(second);
        spare.clear();
        assert_eq!(spare.take(9, 7)[..], [7; 9]);
    }
}
