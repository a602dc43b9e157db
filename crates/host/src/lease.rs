//! Facts about processes, so that what a dead one held is free at once.
//!
//! A process id alone is not enough: the system gives it to another process later. Together with the
//! moment the process started it names one process until the machine is switched off.

use std::fs;
use std::io;

use crate::files::{FileError, plain};

/// One process of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    /// Its process id.
    pub pid: u32,
    /// When it started, in clock ticks since the machine did.
    pub start: u64,
}

/// Why nothing is known of this process.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// The system does not tell about its processes.
    #[error("cannot tell this process from others: /proc/{pid}/stat cannot be read: {reason}")]
    Unknown {
        /// This process.
        pid: u32,
        /// Why, in plain words.
        reason: String,
    },
}

impl Owner {
    /// The process that calls.
    ///
    /// # Errors
    /// When `/proc` cannot be read.
    pub fn this() -> Result<Owner, LeaseError> {
        let pid = std::process::id();
        match started(pid) {
            Ok(start) => Ok(Owner { pid, start }),
            Err(error) => Err(LeaseError::Unknown {
                pid,
                reason: plain(&error).into_owned(),
            }),
        }
    }

    /// Whether this very process still runs.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        is_alive(self.pid, self.start)
    }
}

/// Whether the process `pid` that started at `start` (clock ticks since the machine did) still runs.
/// A process that has ended and waits to be collected does not run.
#[must_use]
pub fn is_alive(pid: u32, start: u64) -> bool {
    started(pid).is_ok_and(|it| it == start)
}

/// A lock that ends with the process, however it ends.
#[derive(Debug)]
pub struct Lock {
    _held: fs::File,
}

impl Lock {
    /// Takes the lock at `path`, a file of Kiro's own; none when another process has it.
    ///
    /// # Errors
    /// When the file cannot be made or locked.
    pub fn take(path: &std::path::Path) -> Result<Option<Lock>, FileError> {
        use rustix::fs::{FlockOperation, Mode, OFlags};
        let flags = OFlags::CREATE | OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let os = |errno: rustix::io::Errno| FileError::os("lock", path, errno);
        let fd = rustix::fs::open(path, flags, Mode::from_raw_mode(0o600)).map_err(os)?;
        match rustix::fs::flock(&fd, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Lock { _held: fd.into() })),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(errno) => Err(os(errno)),
        }
    }
}

fn started(pid: u32) -> io::Result<u64> {
    let stat = fs::read(format!("/proc/{pid}/stat"))?;
    start_field(&stat).ok_or_else(|| io::Error::other("the process has ended"))
}

/// Field 22 of `/proc/PID/stat`, unless the process is a zombie. The program's name stands in
/// parentheses and may hold anything, so counting starts after the last `)`.
fn start_field(stat: &[u8]) -> Option<u64> {
    let name_end = stat.iter().rposition(|&byte| byte == b')')?;
    let rest = std::str::from_utf8(stat.get(name_end + 1..)?).ok()?;
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X" | "x") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

impl From<LeaseError> for FileError {
    fn from(error: LeaseError) -> FileError {
        FileError::Owner(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(name: &str, state: &str) -> String {
        format!("7 ({name}) {state} 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4711 999 1")
    }

    #[test]
    fn the_start_is_found_behind_any_name() {
        for name in ["kiro", "a b", "x) S 1 (y", ")", ""] {
            assert_eq!(
                start_field(stat(name, "S").as_bytes()),
                Some(4711),
                "{name}"
            );
        }
        assert_eq!(start_field(stat("kiro", "Z").as_bytes()), None);
        for torn in ["", "7 (kiro", "7 (kiro) S 1 2", "7 (k) S \u{fffd}"] {
            assert_eq!(start_field(torn.as_bytes()), None, "{torn}");
        }
    }

    #[test]
    fn this_process_is_alive_and_a_namesake_is_not() {
        let this = Owner::this().unwrap();
        assert!(this.is_alive());
        assert!(!is_alive(this.pid, this.start + 1));
        assert!(!is_alive(u32::MAX, this.start));
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "the test needs a process that ends"
    )]
    fn a_process_that_ended_is_dead_even_before_it_is_collected() {
        let mut child = std::process::Command::new("/bin/sleep")
            .arg("30")
            .spawn()
            .unwrap();
        let start = started(child.id()).unwrap();
        assert!(is_alive(child.id(), start));
        child.kill().unwrap();
        let deadline = crate::clock::Deadline::after(std::time::Duration::from_secs(10));
        while is_alive(child.id(), start) {
            assert!(!deadline.passed(), "a killed process still counts as alive");
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert!(!is_alive(child.id(), start));
    }
}
