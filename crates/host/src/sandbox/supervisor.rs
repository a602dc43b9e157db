//! The supervisor: a process of one thread that starts one command, watches it, and leaves nothing.
//!
//! Kiro has many threads, and what has to happen between a fork and the start of a walled program is too
//! much for a process of many threads. So Kiro starts this program, hands it the job over its standard
//! input, and hears the report over the same socket; the command's output goes straight to Kiro. When
//! the socket is closed, because Kiro cancelled or is no more, the supervisor ends everything.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, FdFlags, fcntl_setfd};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{
    Pid, PidfdFlags, Signal, pidfd_open, set_child_subreaper, set_parent_process_death_signal,
};

use super::system::{self, Side};
use super::wire::{self, Job, Outer, Report, Step, Steps};
use super::{bubblewrap, keeper, namespaces, probe, tree};
use crate::process::{Ended, timespec};

/// The word after which this program supervises.
pub(super) const SUPERVISE: &str = "supervise";
/// The word after which it keeps a walled program, inside bubblewrap; two or three descriptors follow.
pub(super) const KEEP: &str = "keep";
/// The word after which it tries the walls; the name of a trial and its arguments follow.
pub(super) const PROBE: &str = "probe";

/// A tree of processes is looked at this often, while it runs.
const WATCH: Duration = Duration::from_millis(50);
/// Of the time, this part goes into looking, at most...
const WATCH_SHARE: u32 = 20;
/// ...but this often it is looked at in any case.
const WATCH_SELDOM: Duration = Duration::from_millis(250);
/// Threads that a process has on average, at most.
pub(super) const THREADS_PER_PROCESS: u32 = 16;
/// Processes that the walls themselves need.
const OWN_PROCESSES: u32 = 4;

/// The main function of the supervisor: `words` are its arguments, after those of
/// [`Supervisor::args`](crate::process::Supervisor::args).
///
/// To be called before the process has started a second thread.
pub fn supervisor_main(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let words: Vec<OsString> = words.into_iter().collect();
    let outcome = match words.first().and_then(|word| word.to_str()) {
        Some(SUPERVISE) => supervise(),
        Some(KEEP) => keep(&words[1..]),
        Some(PROBE) => return probe::run(&words[1..]),
        _ => Err(io::Error::other("these are not a supervisor's arguments")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody reads this but who looks for the cause of a lost report.
            let _unread = io::Write::write_all(&mut io::stderr(), format!("{error}\n").as_bytes());
            ExitCode::FAILURE
        }
    }
}

fn supervise() -> io::Result<()> {
    system::close_from_three()?;
    let control = UnixStream::from(system::adopt(0)?);
    system::note_termination()?;
    let job = Job::decode(&wire::receive(&control)?)?;
    let input = match job.input_follows {
        true => Some(wire::receive_descriptor(&control)?),
        false => None,
    };
    let door = match job.door_follows {
        true => Some(wire::receive_descriptor(&control)?),
        false => None,
    };
    let handed = Handed { input, door };
    let report =
        run(&job, handed, &control).unwrap_or_else(|error| Report::NotConfined(error.to_string()));
    wire::send(&control, &report.encode())
}

/// Descriptors that came with a job.
#[derive(Default)]
pub(super) struct Handed {
    /// The input of the command.
    pub(super) input: Option<OwnedFd>,
    /// Where the listener inside is handed out.
    pub(super) door: Option<OwnedFd>,
}

fn run(job: &Job, handed: Handed, control: &UnixStream) -> io::Result<Report> {
    let start = Instant::now();
    // A storm of processes leaves no ordinary process enough time to end it.
    system::take_precedence();
    set_child_subreaper(Some(rustix::process::getpid()))?;
    if outer(job) == Outer::Namespaces {
        namespaces::enter(job).map_err(during("make namespaces"))?;
    }
    set_parent_process_death_signal(Some(Signal::TERM))?;
    let (steps, step_out) = pipe_with(PipeFlags::CLOEXEC)?;
    let child = start_keeper(job, handed, step_out)?;
    let mut watch = Watch {
        job,
        control,
        steps: File::from(steps),
        keeper: pidfd_open(child, PidfdFlags::empty())?,
        pending: Steps::default(),
        seen: Vec::new(),
        deadline: start + job.limits.wall,
    };
    let outcome = watch.until_over();
    let survivors = tree::end();
    let stopped = outcome?;
    watch.drain()?;
    Ok(watch.report(stopped, start.elapsed(), survivors))
}

/// The outermost layer; a program of the user's own has none.
fn outer(job: &Job) -> Outer {
    job.fence.as_ref().map_or(Outer::Bare, |fence| fence.outer)
}

/// Says in an error what was being done.
pub(super) fn during(what: &'static str) -> impl Fn(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("cannot {what}: {error}"))
}

/// Starts the process that walls itself in and becomes the parent of the program.
fn start_keeper(job: &Job, handed: Handed, step_out: OwnedFd) -> io::Result<Pid> {
    if let Outer::Bubblewrap { disable_userns } = outer(job) {
        return start_in_bubblewrap(job, handed.door, step_out, disable_userns);
    }
    match system::fork()? {
        Side::Parent(pid) => Ok(pid),
        Side::Child => keeper::keep(job, handed, File::from(step_out)),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the supervisor is part of the one place that starts programs"
)]
fn start_in_bubblewrap(
    job: &Job,
    door: Option<OwnedFd>,
    step_out: OwnedFd,
    disable_userns: bool,
) -> io::Result<Pid> {
    let written = keeper::in_memory(&job.encode())?;
    let handed: Vec<&OwnedFd> = [&written, &step_out].into_iter().chain(&door).collect();
    for descriptor in &handed {
        fcntl_setfd(descriptor, FdFlags::empty())?;
    }
    let numbers = handed.iter().map(|it| it.as_raw_fd().to_string().into());
    let mut words = std::env::args_os();
    let program = std::env::current_exe()?;
    let own = words.by_ref().skip(1).take_while(|word| word != SUPERVISE);
    let inner = std::iter::once(program.clone().into_os_string())
        .chain(own)
        .chain([KEEP.into()])
        .chain(numbers);
    let arguments = bubblewrap::arguments(job, &program, disable_userns);
    let child = std::process::Command::new(bubblewrap::PROGRAM)
        .args(arguments)
        .args(inner)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(during("start bubblewrap"))?;
    i32::try_from(child.id())
        .ok()
        .and_then(Pid::from_raw)
        .ok_or_else(|| io::Error::other("bubblewrap has no process id"))
}

/// The keeper as bubblewrap starts it: the job and the way to speak are handed over by number.
fn keep(words: &[OsString]) -> io::Result<()> {
    let number = |at: usize| words.get(at)?.to_str()?.parse().ok();
    let handed = |at: usize| {
        let number = number(at).ok_or_else(|| io::Error::other("a descriptor is missing"))?;
        system::adopt(number)
    };
    let (job, step_out) = (handed(0)?, handed(1)?);
    let door = words.get(2).map(|_| handed(2)).transpose()?;
    for descriptor in [&job, &step_out].into_iter().chain(&door) {
        fcntl_setfd(descriptor, FdFlags::CLOEXEC)?;
    }
    let mut bytes = Vec::new();
    File::from(job).read_to_end(&mut bytes)?;
    let handed = Handed { input: None, door };
    keeper::keep(&Job::decode(&bytes)?, handed, File::from(step_out))
}

/// A running command, watched from outside its walls.
struct Watch<'a> {
    job: &'a Job,
    control: &'a UnixStream,
    steps: File,
    keeper: OwnedFd,
    pending: Steps,
    seen: Vec<Step>,
    deadline: Instant,
}

impl Watch<'_> {
    /// Waits until the command has ended (`None`) or has to be stopped.
    fn until_over(&mut self) -> io::Result<Option<Ended>> {
        let mut next_look = Instant::now() + WATCH;
        loop {
            let until = next_look.min(self.deadline);
            let ready = self.wait(until.saturating_duration_since(Instant::now()))?;
            if ready.steps {
                self.read_steps()?;
            }
            if ready.keeper || self.seen.iter().any(|step| *step != Step::Starting) {
                return Ok(None);
            }
            if ready.control || system::terminated() {
                return Ok(Some(Ended::Cancelled));
            }
            let now = Instant::now();
            if now >= self.deadline {
                return Ok(Some(Ended::TimedOut));
            }
            if now >= next_look {
                if let Some(passed) = self.passed_limit()? {
                    return Ok(Some(passed));
                }
                let pause = now.elapsed() * WATCH_SHARE;
                next_look = Instant::now() + pause.clamp(WATCH, WATCH_SELDOM);
            }
        }
    }

    fn wait(&self, timeout: Duration) -> io::Result<Ready> {
        let watched = [
            self.control.as_fd(),
            self.steps.as_fd(),
            self.keeper.as_fd(),
        ];
        let mut fds = watched.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
        match poll(&mut fds, Some(&timespec(timeout))) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let [control, steps, keeper] = fds.map(|fd| !fd.revents().is_empty());
        Ok(Ready {
            control,
            steps,
            keeper,
        })
    }

    fn passed_limit(&self) -> io::Result<Option<Ended>> {
        let limits = &self.job.limits;
        let processes = limits.processes.saturating_add(OWN_PROCESSES);
        let threads = processes.saturating_mul(THREADS_PER_PROCESS);
        let usage = tree::usage(processes, limits.memory_bytes)?;
        Ok(if usage.processes > processes || usage.threads > threads {
            Some(Ended::TooManyProcesses)
        } else if usage.memory_bytes > limits.memory_bytes {
            Some(Ended::OutOfMemory)
        } else {
            None
        })
    }

    /// Takes in what those inside have said; a pipe at its end says nothing.
    fn read_steps(&mut self) -> io::Result<()> {
        let mut bytes = [0; 4096];
        let count = self.steps.read(&mut bytes)?;
        let steps = self.pending.push(&bytes[..count])?;
        self.seen.extend(steps);
        Ok(())
    }

    /// Takes in the rest: nobody who could say more is alive.
    fn drain(&mut self) -> io::Result<()> {
        while self.wait(Duration::ZERO)?.steps {
            let before = self.seen.len();
            self.read_steps()?;
            if self.seen.len() == before {
                break;
            }
        }
        Ok(())
    }

    fn report(&self, stopped: Option<Ended>, wall: Duration, survivors: Vec<i32>) -> Report {
        for step in &self.seen {
            match step {
                Step::NotStarted(errno) => return Report::NotStarted(*errno),
                Step::NotConfined(why) => return Report::NotConfined(why.clone()),
                Step::Starting | Step::Ended(_) => {}
            }
        }
        let by_itself = self.seen.iter().find_map(|step| match step {
            Step::Ended(ended) => Some(*ended),
            _ => None,
        });
        match stopped.or(by_itself) {
            Some(ended) => Report::Ended {
                ended,
                wall,
                survivors,
            },
            None if self.seen.is_empty() => Report::NotConfined(self.silence()),
            // The keeper was killed while the program ran: whoever did that meant the program.
            None => Report::Ended {
                ended: Ended::Signal(Signal::KILL.as_raw()),
                wall,
                survivors,
            },
        }
    }

    /// Why nobody inside has said anything.
    fn silence(&self) -> String {
        match outer(self.job) {
            Outer::Bubblewrap { .. } => {
                "bubblewrap ended before the program was started".to_owned()
            }
            _ => "the program's keeper ended before the program was started".to_owned(),
        }
    }
}

/// What there is to look at.
struct Ready {
    control: bool,
    steps: bool,
    keeper: bool,
}
