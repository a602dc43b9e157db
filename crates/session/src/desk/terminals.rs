//! Terminals that a person opens. They belong to the desk, not to the window that shows them: what they print is kept for
//! a while, so that a window that comes back has missed nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use host::process::Command;
use host::process::pty::{Pty, Screen, Size};
use policy::OwnProgram;

use super::{Desk, DeskError, Why};
use crate::documents::permitted;

/// How much of what a terminal printed is kept, in bytes.
const KEPT: usize = 1 << 20;
/// How much is read at once, in bytes.
const CHUNK: usize = 32 << 10;
/// How many bytes may be told before they were seen: a terminal that is faster than its window waits for it.
const UNSEEN_MAX: u64 = 1 << 20;
/// How many terminals there may be.
const TERMINALS_MAX: usize = 64;

/// Which terminal.
pub type TerminalId = u64;

/// What is told of a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// It printed something.
    Output {
        /// Which one.
        terminal: TerminalId,
        /// How many bytes it had printed before.
        at: u64,
        /// What it printed.
        bytes: Vec<u8>,
    },
    /// Its program ended.
    Ended {
        /// Which one.
        terminal: TerminalId,
        /// The exit code; none when a signal ended it.
        code: Option<u32>,
    },
}

/// Hears what terminals show; must return at once.
pub type Viewer = Arc<dyn Fn(Shown) + Send + Sync>;

struct Terminal {
    pty: Arc<Pty>,
    /// Leads to the thread that types: a program that does not read holds up only its own terminal.
    keyboard: Sender<Vec<u8>>,
    kept: Vec<u8>,
    /// How many bytes were printed before the kept ones.
    dropped: u64,
    /// The number of the last input that was typed in.
    typed: u64,
    ended: Option<Option<u32>>,
    /// How many windows show it.
    viewers: usize,
    /// How much of it was seen.
    seen: u64,
}

impl Terminal {
    /// How many bytes it has printed.
    fn printed(&self) -> u64 {
        self.dropped + self.kept.len() as u64
    }

    fn is_ahead(&self) -> bool {
        self.viewers > 0 && self.printed().saturating_sub(self.seen) > UNSEEN_MAX
    }
}

/// All terminals of a desk.
#[derive(Clone)]
pub struct Terminals {
    desk: Desk,
    open: Arc<Mutex<BTreeMap<TerminalId, Terminal>>>,
    /// Wakes those that wait for their window.
    looked: Arc<Condvar>,
    next: Arc<Mutex<TerminalId>>,
    viewer: Viewer,
}

impl std::fmt::Debug for Terminals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terminals").finish_non_exhaustive()
    }
}

impl Terminals {
    /// No terminals yet; what they will show is told to `viewer`.
    pub fn of(desk: Desk, viewer: Viewer) -> Terminals {
        Terminals {
            desk,
            open: Arc::default(),
            looked: Arc::default(),
            next: Arc::new(Mutex::new(1)),
            viewer,
        }
    }

    /// Opens one with the user's shell in `folder`, or in the opened folder when that is not there; gives its process too.
    ///
    /// # Errors
    /// When there are too many, or the shell does not start.
    pub fn open(&self, folder: &Path, size: Size) -> Result<(TerminalId, u32), DeskError> {
        if held(&self.open)
            .values()
            .filter(|it| it.ended.is_none())
            .count()
            >= TERMINALS_MAX
        {
            let why = format!("there are {TERMINALS_MAX} terminals already: close one");
            return Err(DeskError::new(Why::Failed, why));
        }
        let command = self.shell(folder);
        let verdict = self
            .desk
            .gate
            .judge_own(OwnProgram::Shell, &command.argv, &command.cwd);
        let opened = Pty::open(permitted(verdict)?, &command, size);
        let (pty, screen) = opened.map_err(|error| DeskError::new(Why::Failed, error))?;
        let pid = pty.pid();
        let terminal = {
            let mut next = held(&self.next);
            *next += 1;
            *next - 1
        };
        let pty = Arc::new(pty);
        let (keyboard, typed) = channel::<Vec<u8>>();
        let types = Arc::clone(&pty);
        std::thread::spawn(move || {
            let all_typed = typed.iter().try_for_each(|it| types.type_in(&it));
            // A program that has ended is told of where its output ends.
            drop(all_typed);
        });
        let new = Terminal {
            pty,
            keyboard,
            kept: Vec::new(),
            dropped: 0,
            typed: 0,
            ended: None,
            viewers: 0,
            seen: 0,
        };
        held(&self.open).insert(terminal, new);
        let all = self.clone();
        std::thread::spawn(move || all.follow(terminal, screen));
        Ok((terminal, pid))
    }

    fn shell(&self, folder: &Path) -> Command {
        let cwd: PathBuf = match folder.is_dir() {
            true => folder.to_path_buf(),
            false => self.desk.root().to_path_buf(),
        };
        let mut command = Command::new([self.desk.shell()], cwd);
        let ours = ["TERM", "COLORTERM", "TERM_PROGRAM"];
        command.env = self.desk.environment.variables.clone();
        command
            .env
            .retain(|(name, _)| !ours.contains(&name.as_str()));
        let values = ["xterm-256color", "truecolor", "kiro"];
        let set = ours.into_iter().zip(values);
        command
            .env
            .extend(set.map(|(name, value)| (name.to_owned(), value.to_owned())));
        command
    }

    /// Takes in what a terminal prints, until its program has ended.
    fn follow(&self, terminal: TerminalId, mut screen: Screen) {
        let mut buffer = vec![0; CHUNK];
        while let Ok(count @ 1..) = screen.read(&mut buffer) {
            if !self.keep(terminal, &buffer[..count]) {
                break;
            }
        }
        let code = screen.wait();
        let mut open = held(&self.open);
        if let Some(it) = open.get_mut(&terminal) {
            it.ended = Some(code);
            (self.viewer)(Shown::Ended { terminal, code });
        }
    }

    /// Keeps and tells what was printed, and waits while the window is far behind. Whether the terminal is still open.
    fn keep(&self, terminal: TerminalId, bytes: &[u8]) -> bool {
        let mut open = held(&self.open);
        let Some(it) = open.get_mut(&terminal) else {
            return false;
        };
        let at = it.printed();
        it.kept.extend_from_slice(bytes);
        // Dropped in large pieces, so that it is not moved for every line.
        if it.kept.len() > KEPT * 2 {
            let gone = it.kept.len() - KEPT;
            it.kept.drain(..gone);
            it.dropped += gone as u64;
        }
        // Told under the lock, so that what a window is given at first and what follows stand in order.
        (self.viewer)(Shown::Output {
            terminal,
            at,
            bytes: bytes.to_vec(),
        });
        let behind = |open: &mut BTreeMap<TerminalId, Terminal>| {
            open.get(&terminal).is_some_and(Terminal::is_ahead)
        };
        let waited = self.looked.wait_while(open, behind);
        waited
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(&terminal)
    }

    /// The terminals whose programs go on, each with its process and whether a window shows it.
    pub fn all(&self) -> Vec<(TerminalId, u32, bool)> {
        let open = held(&self.open);
        let going_on = open.iter().filter(|it| it.1.ended.is_none());
        going_on
            .map(|(id, it)| (*id, it.pty.pid(), it.viewers > 0))
            .collect()
    }

    /// A window begins to show a terminal: it is told all that was printed since the byte `from`, and from then on what is.
    /// Gives the number of the last input that was typed in.
    ///
    /// # Errors
    /// When there is no such terminal.
    pub fn attach(
        &self,
        terminal: TerminalId,
        from: u64,
        tell: &dyn Fn(Shown),
    ) -> Result<u64, DeskError> {
        self.with(terminal, |it| {
            it.viewers += 1;
            it.seen = it.seen.max(from);
            let at = from.max(it.dropped);
            let known = usize::try_from(at - it.dropped).unwrap_or(usize::MAX);
            if let Some(bytes) = it.kept.get(known..).filter(|it| !it.is_empty()) {
                tell(Shown::Output {
                    terminal,
                    at,
                    bytes: bytes.to_vec(),
                });
            }
            if let Some(code) = it.ended {
                tell(Shown::Ended { terminal, code });
            }
            Ok(it.typed)
        })
    }

    /// A window has shown a terminal's output up to the byte `at`.
    pub fn seen(&self, terminal: TerminalId, at: u64) {
        if let Some(it) = held(&self.open).get_mut(&terminal) {
            it.seen = it.seen.max(at);
        }
        self.looked.notify_all();
    }

    /// A window shows a terminal no more.
    pub fn detach(&self, terminal: TerminalId) {
        if let Some(it) = held(&self.open).get_mut(&terminal) {
            it.viewers = it.viewers.saturating_sub(1);
        }
        self.looked.notify_all();
    }

    /// Closes a terminal that no window shows.
    pub fn close_unseen(&self, terminal: TerminalId) {
        if held(&self.open)
            .get(&terminal)
            .is_some_and(|it| it.viewers == 0)
        {
            self.close(terminal);
        }
    }

    /// Types text at a terminal. What has a number that was typed already is not typed again.
    ///
    /// # Errors
    /// When there is no such terminal, or its program has ended.
    pub fn type_in(&self, terminal: TerminalId, number: u64, text: &str) -> Result<(), DeskError> {
        self.with(terminal, |it| {
            if number <= it.typed {
                return Ok(());
            }
            it.typed = number;
            let typed = it.keyboard.send(text.as_bytes().to_vec());
            typed.map_err(|_| DeskError::new(Why::Failed, "its program has ended"))
        })
    }

    /// Gives a terminal another size.
    ///
    /// # Errors
    /// When there is no such terminal.
    pub fn resize(&self, terminal: TerminalId, size: Size) -> Result<(), DeskError> {
        self.with(terminal, |it| it.pty.resize(size).map_err(failed))
    }

    /// Closes a terminal; its program is hung up. That there is none is no error.
    pub fn close(&self, terminal: TerminalId) {
        if let Some(gone) = held(&self.open).remove(&terminal) {
            gone.pty.hang_up();
        }
        self.looked.notify_all();
    }

    fn with<T>(
        &self,
        terminal: TerminalId,
        act: impl FnOnce(&mut Terminal) -> Result<T, DeskError>,
    ) -> Result<T, DeskError> {
        let mut open = held(&self.open);
        let found = open.get_mut(&terminal);
        act(found.ok_or_else(|| DeskError::new(Why::Missing, "this terminal is closed"))?)
    }
}

fn failed(error: std::io::Error) -> DeskError {
    DeskError::new(Why::Failed, error)
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
