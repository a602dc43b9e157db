//! A program that runs for as long as its owner wants it, and is talked to over pipes.

use std::io::{self, PipeWriter, Read as _};
use std::net::Shutdown;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use super::launch::{HANDOVER, Running, conclude};
use super::wire::{self, Job, Report};
use crate::process::{Command, Ended, RunError, Supervisor};

/// A program of the user's own at work. When this is dropped, or Kiro is no more, nothing of the program is left.
pub struct Attended {
    running: Running,
    command: Command,
    pipes: Option<Pipes>,
}

impl std::fmt::Debug for Attended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attended")
            .field("command", &self.command.program())
            .finish_non_exhaustive()
    }
}

/// The program's streams, seen from outside.
#[derive(Debug)]
pub struct Pipes {
    /// What is written here is its standard input; dropping it ends that.
    pub input: OwnedFd,
    /// Its standard output.
    pub output: OwnedFd,
    /// Its standard error.
    pub error: OwnedFd,
}

impl Attended {
    pub(super) fn start(
        supervisor: &Supervisor,
        command: &Command,
        job: &Job,
    ) -> Result<Attended, RunError> {
        let failed = |source: io::Error| RunError::System {
            what: "hand it its pipes",
            program: command.program().to_owned(),
            source,
        };
        let mut running = Running::start(supervisor)?;
        let (theirs, input): (_, PipeWriter) = io::pipe().map_err(failed)?;
        running
            .control
            .set_write_timeout(Some(HANDOVER))
            .and_then(|()| wire::send(&running.control, &job.encode()))
            .and_then(|()| wire::send_descriptor(&running.control, theirs.as_fd()))
            .map_err(failed)?;
        let (output, error) = running.output().map_err(failed)?;
        let pipes = Some(Pipes {
            input: input.into(),
            output,
            error,
        });
        Ok(Attended {
            running,
            command: command.clone(),
            pipes,
        })
    }

    /// Its streams; none when they were taken before.
    pub fn pipes(&mut self) -> Option<Pipes> {
        self.pipes.take()
    }

    /// How it ended, waited for no longer than `patience`; `None` while it runs on.
    ///
    /// # Errors
    /// When it never started, or its supervisor was lost.
    pub fn ending(&self, patience: Duration) -> Result<Option<Ended>, RunError> {
        let patience = patience.max(Duration::from_millis(1));
        let lost = |error: io::Error| RunError::Lost {
            program: self.command.program().to_owned(),
            detail: error.to_string(),
        };
        let control = &self.running.control;
        control.set_read_timeout(Some(patience)).map_err(lost)?;
        let mut first = [0];
        match (&*control).read(&mut first) {
            Ok(1) => {}
            Ok(_) => return Err(lost(io::ErrorKind::UnexpectedEof.into())),
            Err(error) if is_timeout(&error) => return Ok(None),
            Err(error) => return Err(lost(error)),
        }
        control.set_read_timeout(Some(HANDOVER)).map_err(lost)?;
        let frame = wire::receive(first.as_slice().chain(control)).map_err(lost)?;
        let report = Report::decode(&frame).map_err(lost)?;
        conclude(&self.command, report, &String::new).map(|(ended, _)| Some(ended))
    }

    /// Ends it, and everything that it started.
    pub fn end(&self) {
        let _already_closed = self.running.control.shutdown(Shutdown::Write);
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}
