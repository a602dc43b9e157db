//! Commands that run on while the agent works: each in a thread that owns it, its output kept in bounded memory.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use host::process::{Channel, Command, Ended, Watch};
use host::sandbox::{Sandbox, Walls};
use policy::Permit;

use super::setting::Refusals;
use super::words::plain;
use crate::Stop;
use crate::error::ToolError;
use crate::text::quoted;

/// Commands alive at once.
const ALIVE_MAX: usize = 8;
/// Commands whose end is remembered.
const ENDED_KEPT: usize = 32;
/// Bytes kept of each stream until they are asked for.
const KEPT_BYTES: usize = 64 << 10;
/// How often a wait looks whether it is to end.
const PATIENCE: Duration = Duration::from_millis(50);

/// All commands in the background. Dropping it ends them.
#[derive(Default)]
pub(super) struct Background {
    jobs: Mutex<Jobs>,
}

#[derive(Default)]
struct Jobs {
    count: usize,
    all: Vec<Job>,
}

struct Job {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread of a command and those who ask share.
struct Shared {
    id: String,
    text: String,
    refusals: Refusals,
    stop: AtomicBool,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    out: Tail,
    err: Tail,
    started: Instant,
    ended: Option<End>,
}

/// How a command ended.
#[derive(Clone)]
enum End {
    As(Ended, Duration),
    /// It could not be run.
    Failed(String),
}

/// The last bytes of a stream that nobody has asked for yet.
#[derive(Default)]
struct Tail {
    bytes: VecDeque<u8>,
    dropped: u64,
}

/// What is known of a command in the background.
pub(super) struct Report {
    pub(super) id: String,
    pub(super) command: String,
    /// How it is, as in "running for 12 s".
    pub(super) status: String,
    /// Whether it has ended otherwise than well.
    pub(super) failed: bool,
    pub(super) ended: bool,
    pub(super) stdout: String,
    pub(super) stderr: String,
    /// Whom it did not reach.
    pub(super) refused: String,
}

/// A command ready to be started.
pub(super) struct Start {
    pub(super) text: String,
    pub(super) sandbox: Sandbox,
    pub(super) permit: Permit,
    pub(super) command: Command,
    pub(super) walls: Walls,
    pub(super) refusals: Refusals,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Background {
    /// Starts a command; gives the name by which it is asked for.
    pub(super) fn start(&self, start: Start) -> Result<String, ToolError> {
        let mut jobs = locked(&self.jobs);
        let alive = jobs.all.iter().filter(|it| !it.shared.has_ended()).count();
        if alive >= ALIVE_MAX {
            return Err(ToolError::call(format!(
                "{ALIVE_MAX} commands run in the background already; end one with `shell_stop`"
            )));
        }
        jobs.forget_oldest();
        jobs.count += 1;
        let shared = Arc::new(Shared {
            id: format!("b{}", jobs.count),
            text: start.text.clone(),
            refusals: start.refusals.clone(),
            stop: AtomicBool::new(false),
            state: Mutex::new(State {
                out: Tail::default(),
                err: Tail::default(),
                started: Instant::now(),
                ended: None,
            }),
            changed: Condvar::new(),
        });
        let for_thread = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name(format!("shell {}", shared.id))
            .spawn(move || for_thread.run(start))
            .map_err(|error| ToolError::call(format!("no thread for the command: {error}")))?;
        let id = shared.id.clone();
        jobs.all.push(Job {
            shared,
            thread: Some(thread),
        });
        Ok(id)
    }

    /// What a command has printed since it was last asked, after waiting up to `wait` for it to end.
    pub(super) fn output(
        &self,
        id: &str,
        wait: Duration,
        stop: Stop<'_>,
    ) -> Result<Report, ToolError> {
        let shared = self.find(id)?;
        shared.wait(wait, stop);
        Ok(shared.report())
    }

    /// Ends a command, and waits until nothing of it is left.
    pub(super) fn stop(&self, id: &str) -> Result<Report, ToolError> {
        let shared = self.find(id)?;
        shared.stop.store(true, Ordering::Relaxed);
        let thread = {
            let mut jobs = locked(&self.jobs);
            let job = jobs.all.iter_mut().find(|it| it.shared.id == shared.id);
            job.and_then(|it| it.thread.take())
        };
        if let Some(thread) = thread {
            join(thread, &shared);
        }
        Ok(shared.report())
    }

    fn find(&self, id: &str) -> Result<Arc<Shared>, ToolError> {
        let jobs = locked(&self.jobs);
        let found = jobs.all.iter().find(|it| it.shared.id == id.trim());
        found.map(|it| Arc::clone(&it.shared)).ok_or_else(|| {
            let ids: Vec<&str> = jobs.all.iter().map(|it| it.shared.id.as_str()).collect();
            ToolError::call(format!(
                "no command in the background is called {}; there {}",
                quoted(id),
                match ids.as_slice() {
                    [] => "is none".to_owned(),
                    ids => format!("are {}", ids.join(", ")),
                }
            ))
        })
    }

    /// The commands that run now: name and text.
    pub(super) fn running(&self) -> Vec<(String, String)> {
        let jobs = locked(&self.jobs);
        let alive = jobs.all.iter().filter(|it| !it.shared.has_ended());
        alive
            .map(|it| (it.shared.id.clone(), it.shared.text.clone()))
            .collect()
    }
}

fn join(thread: JoinHandle<()>, shared: &Shared) {
    if thread.join().is_err() {
        let mut state = locked(&shared.state);
        state
            .ended
            .get_or_insert(End::Failed("its thread failed".to_owned()));
    }
}

impl Jobs {
    fn forget_oldest(&mut self) {
        while self.all.len() >= ENDED_KEPT {
            let Some(at) = self.all.iter().position(|it| it.shared.has_ended()) else {
                return;
            };
            self.all.remove(at);
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let mut jobs = locked(&self.jobs);
        for job in &jobs.all {
            job.shared.stop.store(true, Ordering::Relaxed);
        }
        for job in &mut jobs.all {
            if let Some(thread) = job.thread.take() {
                join(thread, &job.shared);
            }
        }
    }
}

impl fmt::Debug for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.running()).finish()
    }
}

impl Shared {
    fn run(&self, start: Start) {
        let watch = Watch {
            cancelled: &|| self.stop.load(Ordering::Relaxed),
            output: &|channel, bytes| self.push(channel, bytes),
        };
        let outcome = start
            .sandbox
            .follow(start.permit, &start.command, &start.walls, &watch);
        let mut state = locked(&self.state);
        state.ended = Some(match outcome {
            Ok(finished) => End::As(finished.ended, finished.wall),
            Err(error) => End::Failed(error.to_string()),
        });
        self.changed.notify_all();
    }

    fn push(&self, channel: Channel, bytes: &[u8]) {
        let mut state = locked(&self.state);
        match channel {
            Channel::Out => state.out.push(bytes),
            Channel::Err => state.err.push(bytes),
        }
        self.changed.notify_all();
    }

    fn has_ended(&self) -> bool {
        locked(&self.state).ended.is_some()
    }

    fn wait(&self, wait: Duration, stop: Stop<'_>) {
        let from = Instant::now();
        let mut state = locked(&self.state);
        while state.ended.is_none() && from.elapsed() < wait && !stop() {
            let left = wait.saturating_sub(from.elapsed()).min(PATIENCE);
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn report(&self) -> Report {
        let mut state = locked(&self.state);
        let (status, failed) = match &state.ended {
            None => (
                format!("running for {} s", state.started.elapsed().as_secs()),
                false,
            ),
            Some(End::As(ended, wall)) => (
                format!("{ended} after {:.1} s", wall.as_secs_f64()),
                !ended.success(),
            ),
            Some(End::Failed(why)) => (format!("could not be run: {why}"), true),
        };
        Report {
            id: self.id.clone(),
            command: self.text.clone(),
            status,
            failed,
            ended: state.ended.is_some(),
            stdout: state.out.take(),
            stderr: state.err.take(),
            refused: self.refusals.take(),
        }
    }
}

impl Tail {
    fn push(&mut self, bytes: &[u8]) {
        let surplus = (self.bytes.len() + bytes.len()).saturating_sub(KEPT_BYTES);
        let old = surplus.min(self.bytes.len());
        self.bytes.drain(..old);
        self.bytes.extend(&bytes[surplus - old..]);
        self.dropped += surplus as u64;
    }

    fn take(&mut self) -> String {
        let bytes: Vec<u8> = self.bytes.drain(..).collect();
        let dropped = std::mem::take(&mut self.dropped);
        match dropped {
            0 => plain(&bytes),
            _ => format!("[{dropped} bytes left out]\n{}", plain(&bytes)),
        }
    }
}
