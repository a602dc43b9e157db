//! The threads that compute together.
//!
//! A piece of work is a list of items, each done by whoever is free next. A thread that comes too late finds nothing left to
//! do and is not waited for, so a machine that is busy with other things slows the work down and never stops it. Threads
//! look for more work for some microseconds and then sleep.

#![expect(
    unsafe_code,
    reason = "threads that outlive a call work on what it borrowed"
)]

use std::cell::UnsafeCell;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle, Thread};

/// How often a thread looks before it sleeps: some ten to fifty microseconds.
const LOOKS: u32 = 1_500;

/// In [`Shared::gate`]: threads may come in. The rest of the number counts those inside, in steps of [`INSIDE`].
const OPEN: usize = 1;
const INSIDE: usize = 2;

/// Work of the caller's, without its lifetime.
type Work = *const (dyn Fn() + Sync);

/// Threads that compute together with the one that calls.
pub(crate) struct Crew {
    shared: Arc<Shared>,
    helpers: Vec<JoinHandle<()>>,
    /// One piece of work at a time.
    turn: Mutex<()>,
}

struct Shared {
    /// Counts the pieces of work, so that a thread comes in once for each.
    round: AtomicUsize,
    gate: AtomicUsize,
    work: UnsafeCell<Option<Work>>,
    /// Who waits for the last to leave.
    caller: Mutex<Option<Thread>>,
    broke: AtomicBool,
    over: AtomicBool,
}

// SAFETY: `work` is written only while the gate is shut and nobody is inside, and read only by those who came in through the
// open gate; the changes of the gate order the two.
unsafe impl Sync for Shared {}
// SAFETY: as above; what `work` points to may be used from any thread.
unsafe impl Send for Shared {}

impl Crew {
    /// A crew of `threads`, the caller among them.
    pub(crate) fn new(threads: usize) -> Self {
        let shared = Arc::new(Shared {
            round: AtomicUsize::new(0),
            gate: AtomicUsize::new(0),
            work: UnsafeCell::new(None),
            caller: Mutex::new(None),
            broke: AtomicBool::new(false),
            over: AtomicBool::new(false),
        });
        let helpers = (1..threads.max(1)).map_while(|number| {
            let shared = Arc::clone(&shared);
            let name = format!("model-{number}");
            // With fewer threads than wished for everything is done all the same.
            thread::Builder::new()
                .name(name)
                .spawn(move || shared.help())
                .ok()
        });
        Self {
            helpers: helpers.collect(),
            shared,
            turn: Mutex::new(()),
        }
    }

    /// Does `work` with each of `items`, on all threads; returns when all is done.
    ///
    /// # Panics
    ///
    /// When `work` panics, on whatever thread.
    pub(crate) fn each<T: Send>(&self, items: &mut [T], work: impl Fn(&mut T) + Sync) {
        let count = items.len();
        if count <= 1 || self.helpers.is_empty() {
            return items.iter_mut().for_each(work);
        }
        let next = AtomicUsize::new(0);
        let items = Items(items.as_mut_ptr());
        self.together(&|| {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= count {
                    return;
                }
                // SAFETY: each number below the length is handed out once, so that no item is borrowed twice, and the
                // items are borrowed until all threads have left.
                work(unsafe { &mut *items.at(at) });
            }
        });
    }

    fn together(&self, work: &(dyn Fn() + Sync)) {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = &self.shared;
        *lock(&shared.caller) = Some(thread::current());
        let pointer: *const (dyn Fn() + Sync + '_) = work;
        // SAFETY: only the lifetime changes. Nobody uses the pointer after `leaving` is dropped, which it is even when `work` panics.
        let pointer: Work = unsafe { std::mem::transmute(pointer) };
        // SAFETY: the gate is shut and nobody is inside, as the last `Leaving` has seen to.
        unsafe { *shared.work.get() = Some(pointer) };
        // A caller that broke down itself in the last round has not looked.
        shared.broke.store(false, Ordering::Relaxed);
        let leaving = Leaving(shared);
        shared.gate.store(OPEN, Ordering::Release);
        shared.round.fetch_add(1, Ordering::Release);
        for helper in &self.helpers {
            helper.thread().unpark();
        }
        work();
        drop(leaving);
        assert!(
            !shared.broke.load(Ordering::Relaxed),
            "a thread of the model broke down"
        );
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Release);
        for helper in self.helpers.drain(..) {
            helper.thread().unpark();
            // A helper catches what breaks in it.
            let _ = helper.join();
        }
    }
}

/// Shuts the gate when dropped, and waits until all have left.
struct Leaving<'a>(&'a Shared);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        let gate = &self.0.gate;
        gate.fetch_and(!OPEN, Ordering::AcqRel);
        let mut looks = 0;
        while gate.load(Ordering::Acquire) != 0 {
            looks += 1;
            if looks < LOOKS {
                spin_loop();
            } else {
                // The last to leave unparks; if it has just done so, this returns at once.
                thread::park();
            }
        }
    }
}

impl Shared {
    fn help(&self) {
        let mut seen = 0;
        while let Some(round) = self.wait_after(seen) {
            seen = round;
            if self.come_in() {
                // SAFETY: the gate was open, so the work is there, and stays until this thread has left.
                let work = unsafe { (*self.work.get()).map(|work| &*work) };
                let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    work.inspect(|work| work());
                }));
                if done.is_err() {
                    self.broke.store(true, Ordering::Relaxed);
                }
                self.go_out();
            }
        }
    }

    /// The number of the round after `seen`; none when there will be no more.
    fn wait_after(&self, seen: usize) -> Option<usize> {
        let mut looks = 0;
        loop {
            if self.over.load(Ordering::Acquire) {
                return None;
            }
            let round = self.round.load(Ordering::Acquire);
            if round != seen {
                return Some(round);
            }
            looks += 1;
            if looks < LOOKS {
                spin_loop();
            } else {
                // Who raises the round unparks afterwards, so that no round is slept through.
                thread::park();
                looks = 0;
            }
        }
    }

    fn come_in(&self) -> bool {
        let enter = |gate| (gate & OPEN != 0).then_some(gate + INSIDE);
        self.gate
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, enter)
            .is_ok()
    }

    fn go_out(&self) {
        // The caller is asked for before it is released, when it may be gone.
        let caller = lock(&self.caller).clone();
        if self.gate.fetch_sub(INSIDE, Ordering::AcqRel) == INSIDE {
            caller.inspect(Thread::unpark);
        }
    }
}

/// The first of several items that threads divide among themselves.
struct Items<T>(*mut T);

// SAFETY: each item is used by one thread, and may be.
unsafe impl<T: Send> Sync for Items<T> {}

impl<T> Items<T> {
    fn at(&self, index: usize) -> *mut T {
        self.0.wrapping_add(index)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn every_item_is_done_once() {
        for threads in [1, 2, 5] {
            let crew = Crew::new(threads);
            for count in [0, 1, 2, 7, 1000] {
                let mut items: Vec<usize> = (0..count).collect();
                crew.each(&mut items, |it| *it += 1);
                assert!(items.iter().enumerate().all(|(at, it)| *it == at + 1));
            }
        }
    }

    #[test]
    fn many_rounds_follow_one_another() {
        let crew = Crew::new(4);
        let mut items = [0u32; 9];
        for round in 0..20_000 {
            if round % 5_000 == 0 {
                // Long enough for the helpers to fall asleep.
                thread::sleep(Duration::from_millis(5));
            }
            crew.each(&mut items, |it| *it += 1);
        }
        assert_eq!(items, [20_000; 9]);
    }

    #[test]
    fn callers_take_turns() {
        let crew = Crew::new(3);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut items = [0u32; 50];
                    (0..200).for_each(|_| crew.each(&mut items, |it| *it += 1));
                    assert_eq!(items, [200; 50]);
                });
            }
        });
    }

    #[test]
    fn what_breaks_is_told_and_spoils_nothing() {
        let crew = Crew::new(3);
        for bad in [0, 30, 59] {
            let broke = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let mut items: Vec<usize> = (0..60).collect();
                crew.each(&mut items, |it| assert_ne!(*it, bad));
            }));
            assert!(broke.is_err());
            let all = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                // On every thread, the caller's too.
                crew.each(&mut [0; 60], |_| panic!("broken"));
            }));
            assert!(all.is_err());
            let mut items = [1; 60];
            crew.each(&mut items, |it| *it += 1);
            assert_eq!(items, [2; 60]);
        }
    }
}
