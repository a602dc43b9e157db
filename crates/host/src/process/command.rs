//! What is to be run, within which limits, and how it ended.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use policy::Act;

/// One program to run, described completely: nothing is inherited from Kiro's own process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The program (an absolute path) and its arguments.
    pub argv: Vec<String>,
    /// The folder it starts in; absolute.
    pub cwd: PathBuf,
    /// The whole environment.
    pub env: Vec<(String, String)>,
    /// What it reads from its standard input; `None` gives it an input that is already at its end.
    pub stdin: Option<Vec<u8>>,
    /// Descriptors that become copies of others before it starts, in this order: `(2, 1)` sends what it
    /// writes to its standard error to its standard output. Of 1 and 2 only.
    pub copies: Vec<(i32, i32)>,
    /// What it may use up.
    pub limits: Limits,
}

impl Command {
    /// A command with an empty environment, no input and the default limits.
    pub fn new(argv: impl IntoIterator<Item = impl Into<String>>, cwd: impl Into<PathBuf>) -> Self {
        Command {
            argv: argv.into_iter().map(Into::into).collect(),
            cwd: cwd.into(),
            env: Vec::new(),
            stdin: None,
            copies: Vec::new(),
            limits: Limits::default(),
        }
    }

    /// The act for which a permit is needed.
    pub fn act(&self) -> Act {
        Act::Run {
            argv: self.argv.clone(),
            cwd: self.cwd.clone(),
        }
    }

    /// The program, for messages.
    pub(crate) fn program(&self) -> &str {
        self.argv.first().map_or("", String::as_str)
    }

    /// Checks everything that can be known to be wrong before anything is started.
    ///
    /// # Errors
    /// When no program is named, a path is not absolute, or a word holds a NUL byte.
    pub fn check(&self) -> Result<(), CommandError> {
        let Some(program) = self.argv.first() else {
            return Err(CommandError::Empty);
        };
        if !Path::new(program).is_absolute() {
            return Err(CommandError::RelativeProgram(program.clone()));
        }
        if !self.cwd.is_absolute() {
            return Err(CommandError::RelativeFolder(self.cwd.clone()));
        }
        let cwd_has_nul = self.cwd.as_os_str().as_encoded_bytes().contains(&0);
        if cwd_has_nul || self.argv.iter().any(|word| word.contains('\0')) {
            return Err(CommandError::Nul(program.clone()));
        }
        let is_output = |it: &i32| (1..=2).contains(it);
        if let Some(copy) = self
            .copies
            .iter()
            .find(|(from, to)| !is_output(from) || !is_output(to))
        {
            return Err(CommandError::Copy(*copy));
        }
        for (name, value) in &self.env {
            if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
                return Err(CommandError::Variable(name.clone()));
            }
        }
        Ok(())
    }
}

/// A command that cannot be run as it is written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// There is no program.
    #[error("the command is empty: it names no program")]
    Empty,
    /// The program was not resolved beforehand.
    #[error("{0:?} is not an absolute path: programs are resolved before they are run")]
    RelativeProgram(String),
    /// The folder is relative.
    #[error("{0:?} is not an absolute path: a command starts in an absolute folder")]
    RelativeFolder(PathBuf),
    /// A NUL byte cannot be passed to a program.
    #[error("the command {0:?} holds a NUL byte")]
    Nul(String),
    /// Only outputs can be copies of each other.
    #[error("descriptor {} cannot become a copy of {}: only 1 and 2 can", .0.0, .0.1)]
    Copy((i32, i32)),
    /// The name or the value of a variable cannot be passed to a program.
    #[error("the environment variable {0:?} cannot be passed to a program")]
    Variable(String),
}

/// What a command may use up before it is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Time from start to end.
    pub wall: Duration,
    /// Time without a byte on either output stream; none is no such limit.
    pub idle: Option<Duration>,
    /// Processor time of each process, in seconds.
    pub cpu_seconds: u64,
    /// Memory of all its processes together, in bytes.
    pub memory_bytes: u64,
    /// Bytes kept of each of its two output streams; the middle of a longer one is left out.
    pub output_bytes: usize,
    /// Processes alive at the same time.
    pub processes: u32,
    /// Size of each file it writes, in bytes.
    pub file_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            wall: Duration::from_secs(300),
            idle: None,
            cpu_seconds: 600,
            memory_bytes: 4 << 30,
            output_bytes: 1 << 20,
            processes: 256,
            file_bytes: 2 << 30,
        }
    }
}

impl Limits {
    /// For a program that is talked to for as long as its owner lives: it may take much time and write large files, and
    /// not make the machine unusable.
    pub fn attended() -> Limits {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        Limits {
            wall: DAY * 30,
            idle: None,
            cpu_seconds: (DAY * 30).as_secs(),
            memory_bytes: 8 << 30,
            output_bytes: 0,
            processes: 512,
            file_bytes: 64 << 30,
        }
    }
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this exit code.
    Code(i32),
    /// Killed by this signal, which was not sent by Kiro.
    Signal(i32),
    /// Stopped: [`Limits::wall`] was over.
    TimedOut,
    /// Stopped: it printed nothing for [`Limits::idle`].
    Idle,
    /// Stopped: a process used up [`Limits::cpu_seconds`].
    OutOfCpu,
    /// Stopped: [`Limits::memory_bytes`] was passed.
    OutOfMemory,
    /// Stopped: [`Limits::processes`] was passed.
    TooManyProcesses,
    /// Stopped: nobody wants the result any more.
    Cancelled,
}

impl Ended {
    /// Whether the command ended by itself with exit code 0.
    pub fn success(self) -> bool {
        self == Ended::Code(0)
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ended::Code(code) => write!(f, "exit code {code}"),
            Ended::Signal(signal) => match signal_meaning(*signal) {
                Some(meaning) => write!(f, "killed by signal {signal} ({meaning})"),
                None => write!(f, "killed by signal {signal}"),
            },
            Ended::TimedOut => f.write_str("stopped: out of time"),
            Ended::Idle => f.write_str("stopped: silent for too long"),
            Ended::OutOfCpu => f.write_str("stopped: out of processor time"),
            Ended::OutOfMemory => f.write_str("stopped: out of memory"),
            Ended::TooManyProcesses => f.write_str("stopped: too many processes"),
            Ended::Cancelled => f.write_str("stopped: cancelled"),
        }
    }
}

/// Signals whose numbers are the same on every system that Kiro runs on.
fn signal_meaning(signal: i32) -> Option<&'static str> {
    Some(match signal {
        2 => "interrupted",
        4 => "illegal instruction",
        6 => "aborted",
        8 => "arithmetic error",
        9 => "killed",
        11 => "invalid memory access",
        13 => "wrote to a closed pipe",
        15 => "terminated",
        #[cfg(target_os = "linux")]
        25 => "wrote a file larger than allowed",
        #[cfg(target_os = "linux")]
        31 => "made a forbidden system call",
        _ => return None,
    })
}

/// Which of its two output streams a command wrote to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// What is asked and told while a command runs; both are called often and must return soon.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// Asked again and again whether the command is to end.
    pub cancelled: &'a dyn Fn() -> bool,
    /// Told every piece of output as it comes, before anything is left out.
    pub output: &'a dyn Fn(Channel, &[u8]),
}

impl<'a> Watch<'a> {
    /// A watch that only asks.
    pub fn until(cancelled: &'a dyn Fn() -> bool) -> Self {
        Watch {
            cancelled,
            output: &|_, _| {},
        }
    }
}

impl fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}

/// What is known of a command that has ended: no process of it is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// How it ended.
    pub ended: Ended,
    /// What it wrote to its standard output, within [`Limits::output_bytes`].
    pub stdout: Vec<u8>,
    /// What it wrote to its standard error, within [`Limits::output_bytes`].
    pub stderr: Vec<u8>,
    /// Whether something was left out of either; a line in its place says how much.
    pub truncated: bool,
    /// Time from start to end.
    pub wall: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(argv: &[&str], cwd: &str, env: &[(&str, &str)], expected: Result<(), CommandError>) {
        let mut command = Command::new(argv.iter().copied(), cwd);
        command.env = env
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        assert_eq!(command.check(), expected);
    }

    #[test]
    fn a_command_is_complete_and_absolute() {
        check(&["/bin/true", ""], "/", &[("A", "b=c")], Ok(()));
        check(&[], "/", &[], Err(CommandError::Empty));
        check(
            &["true"],
            "/",
            &[],
            Err(CommandError::RelativeProgram("true".into())),
        );
        check(
            &["/bin/true"],
            "src",
            &[],
            Err(CommandError::RelativeFolder("src".into())),
        );
        check(
            &["/bin/true", "a\0b"],
            "/",
            &[],
            Err(CommandError::Nul("/bin/true".into())),
        );
        check(
            &["/bin/true"],
            "/a\0",
            &[],
            Err(CommandError::Nul("/bin/true".into())),
        );
        for (name, value) in [("", "x"), ("A=B", "x"), ("A\0", "x"), ("A", "\0")] {
            check(
                &["/bin/true"],
                "/",
                &[(name, value)],
                Err(CommandError::Variable(name.into())),
            );
        }
    }

    #[test]
    fn endings_read_as_sentences() {
        assert_eq!(Ended::Code(3).to_string(), "exit code 3");
        assert_eq!(Ended::Signal(9).to_string(), "killed by signal 9 (killed)");
        assert_eq!(Ended::Signal(50).to_string(), "killed by signal 50");
        assert_eq!(Ended::TimedOut.to_string(), "stopped: out of time");
        assert!(Ended::Code(0).success());
        assert!(!Ended::Code(1).success());
    }
}
