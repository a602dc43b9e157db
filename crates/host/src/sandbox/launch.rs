//! Kiro's side: starts the supervisor, takes in the output, and hears the report.

use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::door::{Door, Open};
use super::supervisor::SUPERVISE;
use super::wire::{self, Job, Report};
use crate::process::{
    Command, Ended, Finished, PATIENCE, RunError, Silence, Streams, Supervisor, Watch,
};

/// A supervisor that takes longer than its command's time by this much is given up on.
const OVERTIME: Duration = Duration::from_secs(20);
/// Output that is still in the pipes after the report is waited for this long.
const DRAIN: Duration = Duration::from_secs(1);
/// The supervisor has to take its job within this time.
pub(super) const HANDOVER: Duration = Duration::from_secs(10);

/// Has `job`, made from `command`, done to its end.
pub(super) fn launch(
    supervisor: &Supervisor,
    command: &Command,
    job: &Job,
    door: Option<&Door>,
    watch: &Watch<'_>,
) -> Result<Finished, RunError> {
    let failed = |what: &'static str| {
        let program = command.program().to_owned();
        move |source: io::Error| RunError::System {
            what,
            program,
            source,
        }
    };
    let mut running = Running::start(supervisor)?;
    // Shut only when everything that could go through it has ended.
    let open = door.map(Open::wait).transpose();
    let (_open, listener) = open.map_err(failed("open the door to its hosts"))?.unzip();
    let handed = running
        .control
        .set_write_timeout(Some(HANDOVER))
        .and_then(|()| wire::send(&running.control, &job.encode()))
        .and_then(|()| match &listener {
            Some(listener) => wire::send_descriptor(&running.control, listener.as_fd()),
            None => Ok(()),
        });
    drop(listener);
    let (stdout, stderr) = running.output().map_err(failed("read its output"))?;
    let mut streams = Streams::new(stdout, stderr, command.limits.output_bytes)
        .map_err(failed("read its output"))?;
    let deadline = Instant::now() + command.limits.wall + OVERTIME;
    let silence = Silence::new(command.limits.idle);
    let report = handed.and_then(|()| running.follow(&mut streams, deadline, silence, watch));
    let drained = Instant::now();
    while streams.open() && drained.elapsed() < DRAIN {
        streams
            .wait(None, PATIENCE, watch.output)
            .map_err(failed("read its output"))?;
    }
    let (stdout, stderr, truncated) = streams.finish();
    let said = || String::from_utf8_lossy(&stderr).trim().to_owned();
    match report {
        Ok(report) => conclude(command, report, &said).map(|(ended, wall)| Finished {
            ended,
            wall,
            truncated,
            stdout,
            stderr,
        }),
        Err(error) => Err(RunError::Lost {
            program: command.program().to_owned(),
            detail: [error.to_string(), said()].join(" ").trim().to_owned(),
        }),
    }
}

type Ending = (Ended, Duration);

pub(super) fn conclude(
    command: &Command,
    report: Report,
    said: &dyn Fn() -> String,
) -> Result<Ending, RunError> {
    let program = command.program().to_owned();
    match report {
        Report::Ended {
            ended,
            wall,
            survivors,
        } if survivors.is_empty() => Ok((ended, wall)),
        Report::Ended { survivors, .. } => Err(RunError::Survivors {
            program,
            count: survivors.len(),
            pids: survivors
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", "),
        }),
        Report::NotStarted(errno) => Err(RunError::Start {
            program,
            source: io::Error::from_raw_os_error(errno),
        }),
        Report::NotConfined(why) => Err(RunError::Confine {
            program,
            why: [why, said()].join(" ").trim().to_owned(),
        }),
    }
}

/// A supervisor at work. When this is dropped, it is told to end everything, and waited for.
pub(super) struct Running {
    child: Child,
    pub(super) control: UnixStream,
}

impl Running {
    #[expect(
        clippy::disallowed_methods,
        reason = "this crate is the one place that starts programs"
    )]
    pub(super) fn start(supervisor: &Supervisor) -> Result<Self, RunError> {
        let failed = |source| RunError::Start {
            program: supervisor.program.display().to_string(),
            source,
        };
        let (control, theirs) = UnixStream::pair().map_err(failed)?;
        // An empty environment: the supervisor is trusted, and has nothing that could be stolen.
        let child = std::process::Command::new(&supervisor.program)
            .args(&supervisor.args)
            .arg(SUPERVISE)
            .env_clear()
            .current_dir("/")
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        Ok(Running { child, control })
    }

    pub(super) fn output(&mut self) -> io::Result<(OwnedFd, OwnedFd)> {
        let missing = || io::Error::other("a pipe is missing");
        let stdout = self.child.stdout.take().ok_or_else(missing)?;
        let stderr = self.child.stderr.take().ok_or_else(missing)?;
        Ok((stdout.into(), stderr.into()))
    }

    /// Takes in output until the report is there.
    fn follow(
        &self,
        streams: &mut Streams,
        deadline: Instant,
        mut silence: Silence,
        watch: &Watch<'_>,
    ) -> io::Result<Report> {
        let mut told = None;
        loop {
            if streams.wait(Some(self.control.as_fd()), PATIENCE, watch.output)? {
                self.control.set_read_timeout(Some(HANDOVER))?;
                let report = Report::decode(&wire::receive(&self.control)?)?;
                return Ok(report.stopped_for(told));
            }
            if told.is_none() {
                told = if (watch.cancelled)() {
                    Some(Ended::Cancelled)
                } else {
                    silence.too_long(streams).then_some(Ended::Idle)
                };
                if told.is_some() {
                    self.control.shutdown(Shutdown::Write)?;
                }
            }
            if Instant::now() >= deadline {
                return Err(io::Error::other("it did not end in time"));
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _already_closed = self.control.shutdown(Shutdown::Both);
        let asked = Instant::now();
        let mut pause = Duration::from_micros(100);
        // It ends at once after its report, and within a few seconds if it still has to kill.
        while matches!(self.child.try_wait(), Ok(None)) {
            if asked.elapsed() > OVERTIME {
                let _already_gone = self.child.kill();
            }
            thread::sleep(pause);
            pause = (pause * 2).min(PATIENCE);
        }
    }
}
