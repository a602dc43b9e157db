//! A program that runs for as long as its owner wants it, and is talked to over pipes.

use std::io::{self, PipeWriter, Read as _};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use super::launch::{HANDOVER, Running, conclude};
use super::wire::{self, Job, Report};
use crate::process::{Command, Ended, Pipes, RunError, Supervisor};

/// A program of the user's own at work. When this is dropped, or Kiro is no more, nothing of the program is left.
pub struct Attended {
    running: Running,
    command: Command,
    pipes: Option<Pipes>,
    // After what it started: the thread ends when this goes.
    _starter: Sender<()>,
}

impl std::fmt::Debug for Attended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attended")
            .field("command", &self.command.program())
            .finish_non_exhaustive()
    }
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
        let (mut running, starter) = started(supervisor)?;
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
            _starter: starter,
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

/// Starts a supervisor from a thread that lives as long as what is returned with it. A child is told of the end of the
/// thread that started it, not of the process, and whoever calls may do so from a thread that soon ends.
fn started(supervisor: &Supervisor) -> Result<(Running, Sender<()>), RunError> {
    let failed = |source| RunError::Start {
        program: supervisor.program.display().to_string(),
        source,
    };
    let (starter, until) = channel::<()>();
    let (tell, came) = channel();
    let supervisor_of_it = supervisor.clone();
    let thread = std::thread::Builder::new().name("attended".to_owned());
    let thread = thread.spawn(move || {
        // Whoever waits for it is there: they hold the other end until it came.
        let _ = tell.send(Running::start(&supervisor_of_it));
        // It ends when the sender is dropped; nothing is ever sent.
        let _ = until.recv();
    });
    thread.map_err(failed)?;
    let gone = || failed(io::ErrorKind::BrokenPipe.into());
    let running = came.recv().map_err(|_| gone())??;
    Ok((running, starter))
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}
