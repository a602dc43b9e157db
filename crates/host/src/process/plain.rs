//! The user's own programs, run with the user's own rights on the user's word.

use std::os::unix::process::CommandExt;
use std::process::Stdio;

use policy::Permit;

use super::Attended;
use super::direct::{ended, not_started, prepare, system};
use super::{Command, Ended, Finished, RunError, Supervisor};

/// Runs a program of the user's own (a package client, say) outside the sandbox, to its end.
///
/// It keeps the limits and leaves no process behind, but has no walls.
///
/// # Errors
/// When the permit is not for this command, or the program cannot be run to its end.
pub fn plain(
    supervisor: &Supervisor,
    permit: Permit,
    command: &Command,
    cancelled: &dyn Fn() -> bool,
) -> Result<Finished, RunError> {
    permit.redeem(&command.act())?;
    #[cfg(target_os = "linux")]
    return crate::sandbox::without_walls(supervisor, command, cancelled);
    #[cfg(not(target_os = "linux"))]
    {
        let _only_needed_on_linux = supervisor;
        super::direct::run(command, cancelled)
    }
}

/// Starts a program of the user's own that Kiro talks with: it has pipes for its streams, and ends with its owner.
///
/// Of the limits, those on time, output and memory hold on Linux, and none elsewhere.
///
/// # Errors
/// When the permit is not for this command, or the supervisor does not start. That the program itself did not start
/// shows in [`Attended::ending`].
pub fn attended(
    supervisor: &Supervisor,
    permit: Permit,
    command: &Command,
) -> Result<Attended, RunError> {
    permit.redeem(&command.act())?;
    #[cfg(target_os = "linux")]
    return crate::sandbox::attended(supervisor, command);
    #[cfg(not(target_os = "linux"))]
    {
        let _only_needed_on_linux = supervisor;
        Attended::start(command)
    }
}

/// Runs a program of the user's own that talks with the user (an editor) on Kiro's own terminal.
///
/// It is waited for as long as the user likes; the limits do not hold for it.
///
/// # Errors
/// When the permit is not for this command, or the program does not start.
pub fn interactive(permit: Permit, command: &Command) -> Result<Ended, RunError> {
    permit.redeem(&command.act())?;
    command.check()?;
    let mut child = prepare(command)
        .stdin(Stdio::inherit())
        .stdout(Stdio::inherit())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(not_started(command))?;
    let status = child.wait().map_err(system(command, "wait for its end"))?;
    Ok(ended(status))
}

/// Starts a program of the user's own (a browser) and leaves it to itself: it has no terminal, and lives on when Kiro ends.
///
/// # Errors
/// When the permit is not for this command, or the program does not start.
pub fn leave(permit: Permit, command: &Command) -> Result<(), RunError> {
    permit.redeem(&command.act())?;
    command.check()?;
    let started = prepare(command)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn();
    let mut child = started.map_err(not_started(command))?;
    // Only so that nothing of it is left in the system's list while Kiro lives.
    std::thread::spawn(move || drop(child.wait()));
    Ok(())
}
