//! Runs a trusted program to its end without a supervisor: cheap, for programs that do not hide.

use std::io::{self, Seek, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::streams::{Silence, Streams};
use super::{Command, Ended, Finished, PATIENCE, RunError};

/// Output that a child left in its pipes is waited for this long after its end.
const DRAIN: Duration = Duration::from_millis(500);

/// Runs `command` in a process group of its own, of which nothing is left at the end.
///
/// Of the limits, time and output are kept. A process that leaves the group is not found again, so this
/// is for programs that are known not to do that.
pub(crate) fn run(command: &Command, cancelled: &dyn Fn() -> bool) -> Result<Finished, RunError> {
    command.check()?;
    let start = Instant::now();
    let stdin = match &command.stdin {
        None => Stdio::null(),
        Some(bytes) => input(bytes).map_err(system(command, "prepare its input"))?,
    };
    let mut child = spawn(command, stdin)?;
    let outcome = follow(&mut child, command, start, cancelled);
    end_group(&child);
    let status = child.wait();
    let (streams, stopped) = outcome.map_err(system(command, "read its output"))?;
    let status = status.map_err(system(command, "wait for its end"))?;
    let (stdout, stderr, truncated) = streams.finish();
    Ok(Finished {
        ended: stopped.unwrap_or_else(|| ended(status)),
        stdout,
        stderr,
        truncated,
        wall: start.elapsed(),
    })
}

/// A [`RunError::System`] about `command`.
pub(super) fn system(
    command: &Command,
    what: &'static str,
) -> impl FnOnce(io::Error) -> RunError + use<> {
    let program = command.program().to_owned();
    move |source| RunError::System {
        what,
        program,
        source,
    }
}

/// The prepared child of the standard library: program, arguments, folder and environment.
#[expect(
    clippy::disallowed_methods,
    reason = "this crate is the one place that starts programs"
)]
pub(super) fn prepare(command: &Command) -> std::process::Command {
    let mut child = std::process::Command::new(command.program());
    child
        .args(command.argv.iter().skip(1))
        .current_dir(&command.cwd)
        .env_clear()
        .envs(command.env.iter().map(|(name, value)| (name, value)));
    child
}

/// How a process that has been waited for ended.
pub(super) fn ended(status: ExitStatus) -> Ended {
    match (status.code(), status.signal()) {
        (Some(code), _) => Ended::Code(code),
        (None, signal) => Ended::Signal(signal.unwrap_or_default()),
    }
}

/// A [`RunError::Start`] of `command`.
pub(super) fn not_started(command: &Command) -> impl FnOnce(io::Error) -> RunError + use<> {
    let program = command.program().to_owned();
    move |source| RunError::Start { program, source }
}

/// Starts it in a process group of its own, with pipes for what it prints.
pub(super) fn spawn(command: &Command, stdin: Stdio) -> Result<Child, RunError> {
    prepare(command)
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(not_started(command))
}

/// An unnamed file that holds `bytes`: unlike a pipe, it needs nobody to keep filling it.
fn input(bytes: &[u8]) -> io::Result<Stdio> {
    let mut file = tempfile::tempfile()?;
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(file.into())
}

/// Takes in output until the child has ended or has to be stopped; says why it has to.
fn follow(
    child: &mut Child,
    command: &Command,
    start: Instant,
    cancelled: &dyn Fn() -> bool,
) -> io::Result<(Streams, Option<Ended>)> {
    let missing = || io::Error::other("a pipe is missing");
    let stdout = OwnedFd::from(child.stdout.take().ok_or_else(missing)?);
    let stderr = OwnedFd::from(child.stderr.take().ok_or_else(missing)?);
    let mut streams = Streams::new(stdout, stderr, command.limits.output_bytes)?;
    let mut silence = Silence::new(command.limits.idle);
    let mut pause = Duration::from_micros(100);
    let stopped = loop {
        if has_ended(child)? {
            break None;
        }
        if cancelled() {
            break Some(Ended::Cancelled);
        }
        if start.elapsed() >= command.limits.wall {
            break Some(Ended::TimedOut);
        }
        if silence.too_long(&streams) {
            break Some(Ended::Idle);
        }
        if streams.open() {
            streams.wait(None, PATIENCE.min(Duration::from_millis(5)), &|_, _| {})?;
        } else {
            thread::sleep(pause);
            pause = (pause * 2).min(PATIENCE);
        }
    };
    end_group(child);
    let drained = Instant::now();
    while streams.open() && drained.elapsed() < DRAIN {
        streams.wait(None, PATIENCE, &|_, _| {})?;
    }
    Ok((streams, stopped))
}

/// Whether the child has ended; it stays to be waited for, so that its number is not given away.
pub(super) fn has_ended(child: &Child) -> io::Result<bool> {
    let Some(pid) = pid(child) else {
        return Ok(true);
    };
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    Ok(waitid(WaitId::Pid(pid), options)?.is_some())
}

/// Kills whatever is left of the child's process group. That nothing is left is not an error.
pub(super) fn end_group(child: &Child) {
    if let Some(pid) = pid(child) {
        let _gone = kill_process_group(pid, Signal::KILL);
    }
}

fn pid(child: &Child) -> Option<Pid> {
    Pid::from_raw(i32::try_from(child.id()).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new(["/bin/sh", "-c", script], "/");
        command.limits.wall = Duration::from_secs(10);
        command
    }

    #[track_caller]
    fn check(command: &Command, ended: Ended, stdout: &str) -> Finished {
        let finished = run(command, &|| false).expect("the shell starts");
        assert_eq!(finished.ended, ended);
        assert_eq!(String::from_utf8_lossy(&finished.stdout), stdout);
        finished
    }

    #[test]
    fn input_output_and_exit_code_pass_through() {
        let mut command = shell("cat; echo $A >&2; exit 3");
        command.stdin = Some(b"given\n".to_vec());
        command.env = vec![("A".into(), "b c".into())];
        let finished = check(&command, Ended::Code(3), "given\n");
        assert_eq!(finished.stderr, b"b c\n");
        check(
            &shell("cat; env; exec /bin/pwd"),
            Ended::Code(0),
            "PWD=/\n/\n",
        );
    }

    #[test]
    fn a_signal_is_not_an_exit_code() {
        check(&shell("kill -9 $$"), Ended::Signal(9), "");
    }

    #[test]
    fn a_child_in_the_background_neither_lives_on_nor_holds_the_call() {
        let start = Instant::now();
        check(&shell("sleep 60 &"), Ended::Code(0), "");
        assert!(start.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn time_and_cancelling_end_it() {
        let mut command = shell("trap '' TERM; echo on; while :; do sleep 1; done");
        command.limits.wall = Duration::from_millis(200);
        check(&command, Ended::TimedOut, "on\n");
        let mut command = shell("echo on; sleep 60");
        command.limits.idle = Some(Duration::from_millis(100));
        check(&command, Ended::Idle, "on\n");
        let finished = run(&shell("sleep 60"), &|| true).expect("the shell starts");
        assert_eq!(finished.ended, Ended::Cancelled);
        assert!(finished.wall < Duration::from_secs(5));
    }

    #[test]
    fn what_does_not_start_is_an_error() {
        let error = run(&Command::new(["/nowhere/at/all"], "/"), &|| false);
        assert!(matches!(error, Err(RunError::Start { .. })), "{error:?}");
        let error = run(&Command::new(["true"], "/"), &|| false);
        assert!(matches!(error, Err(RunError::Invalid(_))), "{error:?}");
    }
}
