//! A shell at a terminal of its own, at which a person types.

use std::io::{self, Read, Write};
use std::sync::Mutex;

use policy::Permit;
use portable_pty::{ChildKiller, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::{Command, RunError};

/// How many columns and rows a terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub columns: u16,
    /// Rows.
    pub rows: u16,
}

impl Size {
    fn native(self) -> PtySize {
        PtySize {
            rows: self.rows.max(1),
            cols: self.columns.max(1),
            pixel_width: 0,
            pixel_height: 0,
        }
    }
}

/// A terminal with a program that was started at it. Dropping it hangs up.
pub struct Pty {
    master: Mutex<Box<dyn MasterPty + Send>>,
    keyboard: Mutex<Box<dyn Write + Send>>,
    killer: Mutex<Box<dyn ChildKiller + Send + Sync>>,
    pid: u32,
}

impl std::fmt::Debug for Pty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pty")
            .field("pid", &self.pid)
            .finish_non_exhaustive()
    }
}

/// What a terminal shows, until its program has ended.
pub struct Screen {
    output: Box<dyn Read + Send>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
}

impl Screen {
    /// The next bytes; none when the program has ended and all was read.
    ///
    /// # Errors
    /// When the system does not give them.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.output.read(buffer) {
                // Linux says so when the last process at the terminal has closed it.
                Err(error)
                    if error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) =>
                {
                    return Ok(0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }

    /// Waits for the program's end; gives its exit code, none when a signal ended it.
    pub fn wait(mut self) -> Option<u32> {
        let status = self.child.wait().ok()?;
        status.signal().is_none().then(|| status.exit_code())
    }
}

impl Pty {
    /// Starts `command` at a new terminal. Its limits do not hold: a person is at it.
    ///
    /// # Errors
    /// When the permit is not for this command, or it does not start.
    pub fn open(permit: Permit, command: &Command, size: Size) -> Result<(Pty, Screen), RunError> {
        permit.redeem(&command.act())?;
        command.check()?;
        let start = |error: Box<dyn std::error::Error + Send + Sync>| RunError::Start {
            program: command.program().to_owned(),
            source: io::Error::other(error),
        };
        let pair = native_pty_system()
            .openpty(size.native())
            .map_err(|it| start(it.into()))?;
        let mut builder = CommandBuilder::new(command.program());
        builder.args(command.argv.iter().skip(1));
        builder.cwd(&command.cwd);
        builder.env_clear();
        command
            .env
            .iter()
            .for_each(|(name, value)| builder.env(name, value));
        let child = pair
            .slave
            .spawn_command(builder)
            .map_err(|it| start(it.into()))?;
        drop(pair.slave);
        let pty = Pty {
            pid: child.process_id().unwrap_or(0),
            killer: Mutex::new(child.clone_killer()),
            keyboard: Mutex::new(pair.master.take_writer().map_err(|it| start(it.into()))?),
            master: Mutex::new(pair.master),
        };
        let output = held(&pty.master)
            .try_clone_reader()
            .map_err(|it| start(it.into()))?;
        Ok((pty, Screen { output, child }))
    }

    /// The process id of the program.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Types `text`.
    ///
    /// # Errors
    /// When nobody reads it any more.
    pub fn type_in(&self, text: &[u8]) -> io::Result<()> {
        let mut keyboard = held(&self.keyboard);
        keyboard.write_all(text)?;
        keyboard.flush()
    }

    /// Gives the terminal another size.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn resize(&self, size: Size) -> io::Result<()> {
        let resized = held(&self.master).resize(size.native());
        resized.map_err(|error| io::Error::other(error.to_string()))
    }

    /// Ends the program, as closing the window of a terminal does.
    pub fn hang_up(&self) {
        // One that has ended already cannot be ended, which is just as well.
        let _ = held(&self.killer).kill();
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        self.hang_up();
    }
}

fn held<T>(lock: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    lock.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
