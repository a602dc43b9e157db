//! A program that is talked to over pipes, without a supervisor: for systems that have none.

use std::io;
use std::process::{Child, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::direct::{end_group, ended, has_ended, spawn, system};
use super::{Command, Ended, PATIENCE, Pipes, RunError};

/// A program of the user's own at work. When this is dropped, nothing of its process group is left. No limits hold for it.
#[derive(Debug)]
pub struct Attended {
    child: Mutex<Child>,
    command: Command,
    pipes: Option<Pipes>,
}

impl Attended {
    pub(super) fn start(command: &Command) -> Result<Attended, RunError> {
        command.check()?;
        let mut child = spawn(command, Stdio::piped())?;
        let missing = || system(command, "hand it its pipes")(io::ErrorKind::BrokenPipe.into());
        let pipes = Pipes {
            input: child.stdin.take().ok_or_else(missing)?.into(),
            output: child.stdout.take().ok_or_else(missing)?.into(),
            error: child.stderr.take().ok_or_else(missing)?.into(),
        };
        Ok(Attended {
            child: Mutex::new(child),
            command: command.clone(),
            pipes: Some(pipes),
        })
    }

    /// Its streams; none when they were taken before.
    pub fn pipes(&mut self) -> Option<Pipes> {
        self.pipes.take()
    }

    /// How it ended, waited for no longer than `patience`; `None` while it runs on.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn ending(&self, patience: Duration) -> Result<Option<Ended>, RunError> {
        let lost = || system(&self.command, "wait for its end");
        let until = Instant::now() + patience;
        loop {
            let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(status) = child.try_wait().map_err(lost())? {
                return Ok(Some(ended(status)));
            }
            drop(child);
            if Instant::now() >= until {
                return Ok(None);
            }
            thread::sleep(PATIENCE.min(Duration::from_millis(5)));
        }
    }

    /// Ends it, and its process group.
    pub fn end(&self) {
        let child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        // A number that was waited for may be another program's by now.
        if has_ended(&child).is_ok_and(|it| !it) {
            end_group(&child);
        }
    }
}

impl Drop for Attended {
    fn drop(&mut self) {
        self.end();
        let child = self.child.get_mut().unwrap_or_else(PoisonError::into_inner);
        // It was killed, or ended by itself.
        let _ended = child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::io::{Read as _, Write as _};
    use std::os::fd::OwnedFd;

    fn start(script: &str) -> Attended {
        Attended::start(&Command::new(["/bin/sh", "-c", script], "/")).expect("the shell starts")
    }

    #[test]
    fn it_is_talked_to_and_tells_how_it_ended() {
        let mut program = start("read line; echo \"got $line\"; echo no >&2; exit 3");
        assert_eq!(program.ending(Duration::ZERO).expect("a state"), None);
        let pipes = program.pipes().expect("its pipes");
        assert!(program.pipes().is_none());
        let mut input = File::from(pipes.input);
        input.write_all(b"this\n").expect("it reads");
        let read = |fd: OwnedFd| {
            let mut text = String::new();
            File::from(fd).read_to_string(&mut text).expect("text");
            text
        };
        assert_eq!(read(pipes.output), "got this\n");
        assert_eq!(read(pipes.error), "no\n");
        let ended = program.ending(Duration::from_secs(10)).expect("a state");
        assert_eq!(ended, Some(Ended::Code(3)));
        program.end();
    }

    #[test]
    fn nothing_of_it_outlives_its_owner() {
        let mut program = start("sleep 60 & echo on; wait");
        let output = program.pipes().expect("its pipes").output;
        drop(program);
        let mut text = String::new();
        // The pipe ends only when nobody holds it any more.
        File::from(output).read_to_string(&mut text).expect("text");
        assert!(text.is_empty() || text == "on\n");
    }

    #[test]
    fn what_does_not_start_is_an_error() {
        let error = Attended::start(&Command::new(["/nowhere/at/all"], "/"));
        assert!(matches!(error, Err(RunError::Start { .. })));
    }
}
