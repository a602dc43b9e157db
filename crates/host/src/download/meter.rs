//! How far a download is.

use std::time::Duration;

use crate::clock::Stopwatch;

/// How often progress is told at most.
const EVERY: Duration = Duration::from_millis(100);

/// How far a download is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// Bytes that have come; never less than before, also when another source begins anew.
    pub done: u64,
    /// Bytes of the whole file.
    pub total: u64,
    /// Where they come from, or what is waited for.
    pub source: &'a str,
}

/// Tells about progress, not too often and never backwards.
pub(crate) struct Meter<'a> {
    told: u64,
    total: u64,
    source: String,
    last: Option<Stopwatch>,
    progress: &'a mut dyn FnMut(Progress<'_>),
}

impl<'a> Meter<'a> {
    pub(super) fn new(total: u64, progress: &'a mut dyn FnMut(Progress<'_>)) -> Meter<'a> {
        Meter {
            told: 0,
            total,
            source: String::new(),
            last: None,
            progress,
        }
    }

    /// Another source, or another thing to wait for, begins.
    pub(super) fn source(&mut self, name: &str) {
        self.source = name.to_owned();
        self.last = None;
        self.at(0);
    }

    /// So many bytes are there.
    pub(super) fn at(&mut self, done: u64) {
        self.told = self.told.max(done.min(self.total));
        let due = self.last.is_none_or(|it| it.elapsed() >= EVERY) || self.told == self.total;
        if due {
            self.last = Some(Stopwatch::start());
            (self.progress)(Progress {
                done: self.told,
                total: self.total,
                source: &self.source,
            });
        }
    }
}
