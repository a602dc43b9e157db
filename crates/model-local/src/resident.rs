//! What a model holds in memory: given back when nobody asks for a while, and read again from the same file when somebody does.

use crate::crew::Crew;
use crate::mapping::Mapping;
use crate::network::{Machine, Reader};
use crate::turn::{Halt, Kept};
use crate::weights::{self, Parts, WeightsError};
use crate::{Kernels, THREADS_MAX};
use model::Cancel;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError, Weak};
use std::time::{Duration, SystemTime};

/// How often a turn that waits for another looks at its [`Cancel`].
const CANCEL_POLL: Duration = Duration::from_millis(5);

/// Where weights come from, and what computes them.
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) kernels: Kernels,
}

impl Source {
    /// Reads the file.
    pub(crate) fn read(&self) -> Result<Parts, WeightsError> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let crew = Crew::new(threads.min(THREADS_MAX));
        weights::read(&self.path, Machine::new(crew, self.kernels.level()))
    }
}

/// What a turn needs of the weights.
pub(crate) struct Resident {
    pub(crate) network: Box<dyn Reader>,
    pub(crate) mapping: Option<Arc<Mapping>>,
    pub(crate) kept: Kept,
    /// What is kept of gaps, apart: a suggestion between two turns must not make the next one read all of its prompt again. Room
    /// that was never used takes no memory.
    pub(crate) gaps: Kept,
}

/// Which prompts follow from each other.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lane {
    /// Requests.
    Turns,
    /// Gaps in texts.
    Gaps,
}

impl Resident {
    fn new(network: Box<dyn Reader>, mapping: Option<Arc<Mapping>>, context_tokens: u32) -> Self {
        Self {
            kept: Kept::new(network.shape(), context_tokens),
            gaps: Kept::new(network.shape(), context_tokens),
            network,
            mapping,
        }
    }
}

/// The place for weights in memory. One turn at a time has it.
pub(crate) struct Memory {
    source: Source,
    opened: Stamp,
    context_tokens: u32,
    place: Arc<Mutex<Option<Resident>>>,
    /// Tells the thread that empties the place that a turn has ended.
    turns: Sender<()>,
}

impl Memory {
    /// Holds `network`, which was just read from `source`, until no turn has ended for as long as `idle`.
    ///
    /// # Errors
    ///
    /// When the file is gone already, or when there can be no further thread.
    pub(crate) fn new(
        source: Source,
        network: Box<dyn Reader>,
        mapping: Option<Arc<Mapping>>,
        context_tokens: u32,
        idle: Duration,
    ) -> std::io::Result<Self> {
        let opened = Stamp::of(&source.path)?;
        let resident = Resident::new(network, mapping, context_tokens);
        let place = Arc::new(Mutex::new(Some(resident)));
        let (turns, ended) = channel();
        let watched = Arc::downgrade(&place);
        std::thread::Builder::new()
            .name("model-rest".to_owned())
            .spawn(move || empty_when_idle(&watched, &ended, idle))?;
        Ok(Self {
            source,
            opened,
            context_tokens,
            place,
            turns,
        })
    }

    /// Waits until no other turn has the place.
    pub(crate) fn lock(&self, cancel: &Cancel) -> Result<MutexGuard<'_, Option<Resident>>, Halt> {
        loop {
            match self.place.try_lock() {
                Ok(place) => return Ok(place),
                // What is kept names only chunks that were read to their end, so it holds after a panic too.
                Err(TryLockError::Poisoned(place)) => return Ok(place.into_inner()),
                Err(TryLockError::WouldBlock) if cancel.is_cancelled() => {
                    return Err(Halt::Cancelled);
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(CANCEL_POLL),
            }
        }
    }

    /// What is in `place`, or what is read into it.
    pub(crate) fn fill<'a>(
        &self,
        place: &'a mut Option<Resident>,
    ) -> Result<&'a mut Resident, Halt> {
        let resident = match place.take() {
            Some(resident) => resident,
            None => self.read_again()?,
        };
        Ok(place.insert(resident))
    }

    fn read_again(&self) -> Result<Resident, Halt> {
        let gone = |reason: String| Halt::Gone(reason);
        let found = Stamp::of(&self.source.path).map_err(|error| gone(error.to_string()))?;
        if found != self.opened {
            return Err(gone("it was changed since it was opened".to_owned()));
        }
        let parts = self.source.read();
        let parts = parts.map_err(|error| gone(error.to_string()))?;
        Ok(Resident::new(
            parts.network,
            parts.mapping,
            self.context_tokens,
        ))
    }

    /// Says that a turn has ended and has left the place.
    pub(crate) fn turn_ended(&self) {
        // Without the thread nothing is given back, and every answer is as right.
        let _ = self.turns.send(());
    }

    /// Where the weights come from.
    pub(crate) fn path(&self) -> &Path {
        &self.source.path
    }
}

/// Empties `place` whenever no turn has ended for as long as `idle`; returns when its owner is gone.
fn empty_when_idle(place: &Weak<Mutex<Option<Resident>>>, ended: &Receiver<()>, idle: Duration) {
    loop {
        match ended.recv_timeout(idle) {
            Ok(()) => continue,
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {}
        }
        let Some(place) = place.upgrade() else { return };
        // A turn that is under way tells when it ends.
        if let Ok(mut place) = place.try_lock() {
            drop(place.take());
        }
        drop(place);
        if ended.recv().is_err() {
            return;
        }
    }
}

/// By what a file is known to be the same as before.
#[derive(PartialEq, Eq)]
pub(crate) struct Stamp {
    length: u64,
    changed: Option<SystemTime>,
    #[cfg(unix)]
    file: (u64, u64),
}

impl Stamp {
    pub(crate) fn of(path: &Path) -> std::io::Result<Self> {
        let found: Metadata = std::fs::metadata(path)?;
        Ok(Self {
            length: found.len(),
            changed: found.modified().ok(),
            #[cfg(unix)]
            file: {
                use std::os::unix::fs::MetadataExt;
                (found.dev(), found.ino())
            },
        })
    }
}

#[cfg(test)]
mod tests;
