//! The keeper: the first process inside, parent of the program, from which orphans go nowhere.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{MemfdFlags, Mode, OFlags, SealFlags, fcntl_add_seals, memfd_create, open};
use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Resource, Rlimit, Signal, WaitOptions, WaitStatus, chdir, getrlimit,
    kill_process_group, pidfd_open, set_child_subreaper, set_parent_process_death_signal,
    setrlimit, setsid, wait,
};
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout, stderr, stdout};

use super::supervisor::{Handed, THREADS_PER_PROCESS, during};
use super::system::{self, Side};
use super::wire::{self, Fence, Job, Outer, Step};
use super::{door, fence, filter, namespaces, tree};
use crate::process::{Ended, timespec};

/// Files that a program may have open at once.
const OPEN_FILES: u64 = 8192;
/// How soon the keeper sees that it is to end.
const PATIENCE: Duration = Duration::from_millis(100);

/// Walls the program in, starts it, and waits for its end; everything that is to be known is said
/// through `step_out`. Does not return.
pub(super) fn keep(job: &Job, handed: Handed, step_out: File) -> ! {
    let prepared = prepare(job).and_then(|()| open_door(handed.door));
    let step = match prepared.and_then(|()| system::fork()) {
        Ok(Side::Child) => start(job, handed.input, &step_out),
        Ok(Side::Parent(program)) => wait_for(program),
        Err(error) => Step::NotConfined(error.to_string()),
    };
    // When nobody listens any more, the supervisor is gone, and so will be everything here.
    let said = wire::send(&step_out, &step.encode());
    system::leave(said.is_err().into());
}

/// What concerns the keeper itself.
fn prepare(job: &Job) -> io::Result<()> {
    set_parent_process_death_signal(Some(without_supervisor(job)))?;
    system::note_termination()?;
    set_child_subreaper(Some(rustix::process::getpid()))?;
    dup2_stdin(closed_input()?)?;
    match &job.fence {
        Some(fence) if fence.outer == Outer::Namespaces => {
            namespaces::furnish(job, fence).map_err(during("furnish the namespaces"))
        }
        _ => Ok(()),
    }
}

/// Listens where programs inside look for a proxy, and hands the listener out. Nothing of it stays in here.
fn open_door(door: Option<OwnedFd>) -> io::Result<()> {
    let Some(door) = door else {
        return Ok(());
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, door::PORT))
        .map_err(during("listen for the proxy"))?;
    wire::send_descriptor(&UnixStream::from(door), listener.as_fd())
        .map_err(during("hand the proxy's listener out"))
}

/// What the keeper is told when the supervisor is killed: where a namespace ends with it, to end; where
/// there is none, to end the others first.
fn without_supervisor(job: &Job) -> Signal {
    match &job.fence {
        Some(fence) if fence.outer != Outer::Bare => Signal::KILL,
        _ => Signal::TERM,
    }
}

/// Waits until the program has ended; takes leave of orphans meanwhile.
fn wait_for(program: Pid) -> Step {
    let watched = match pidfd_open(program, PidfdFlags::empty()) {
        Ok(watched) => watched,
        Err(error) => return Step::NotConfined(format!("cannot watch the program: {error}")),
    };
    loop {
        let mut fds = [PollFd::new(&watched, PollFlags::IN)];
        let _interrupted = poll(&mut fds, Some(&timespec(PATIENCE)));
        loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) if pid == program => {
                    return Step::Ended(how_it_ended(status));
                }
                Ok(Some(_)) | Err(Errno::INTR) => {}
                Ok(None) => break,
                Err(error) => return Step::NotConfined(format!("cannot wait: {error}")),
            }
        }
        if system::terminated() {
            // The program began a session: this is its group, and where it matters, all that it made.
            let _gone = kill_process_group(program, Signal::KILL);
        }
    }
}

fn how_it_ended(status: WaitStatus) -> Ended {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => Ended::Code(code),
        (None, Some(signal)) if signal == Signal::XCPU.as_raw() => Ended::OutOfCpu,
        (None, signal) => Ended::Signal(signal.unwrap_or_default()),
    }
}

/// In the new process: becomes the program. Comes back only when that failed.
fn start(job: &Job, input: Option<OwnedFd>, step_out: &File) -> Step {
    if let Err(error) = become_confined(job, input) {
        return Step::NotConfined(error.to_string());
    }
    if let Err(error) = wire::send(step_out, &Step::Starting.encode()) {
        return Step::NotConfined(error.to_string());
    }
    Step::NotStarted(
        execute(job)
            .raw_os_error()
            .unwrap_or(Errno::IO.raw_os_error()),
    )
}

fn become_confined(job: &Job, input: Option<OwnedFd>) -> io::Result<()> {
    setsid()?;
    let input = match (input, &job.stdin) {
        (Some(handed), _) => handed,
        (None, Some(bytes)) => in_memory(bytes)?,
        (None, None) => closed_input()?,
    };
    dup2_stdin(input)?;
    copy_outputs(job)?;
    system::close_on_exec_from_three()?;
    limit(job).map_err(during("set limits"))?;
    prefer_for_the_kernel();
    chdir(&job.cwd)
        .map_err(io::Error::from)
        .map_err(during("enter the command's folder"))?;
    if let Some(fence) = &job.fence {
        drop_privileges().map_err(during("drop privileges"))?;
        fence::raise(fence)?;
        filter::install(fence)?;
    }
    // After everything that changes credentials, which takes it back.
    Ok(set_parent_process_death_signal(Some(Signal::KILL))?)
}

fn copy_outputs(job: &Job) -> io::Result<()> {
    for copy in &job.copies {
        match copy {
            (2, 1) => dup2_stderr(stdout())?,
            (1, 2) => dup2_stdout(stderr())?,
            _ => {}
        }
    }
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the supervisor is part of the one place that starts programs"
)]
fn execute(job: &Job) -> io::Error {
    let Some((program, arguments)) = job.argv.split_first() else {
        return Errno::INVAL.into();
    };
    std::process::Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(job.env.iter().map(|(name, value)| (name, value)))
        .exec()
}

/// An input that is at its end.
fn closed_input() -> io::Result<OwnedFd> {
    Ok(open(
        "/dev/null",
        OFlags::RDONLY | OFlags::CLOEXEC,
        Mode::empty(),
    )?)
}

/// A file without a name that holds `bytes` and cannot be changed.
pub(super) fn in_memory(bytes: &[u8]) -> io::Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let mut file = File::from(memfd_create("input", flags)?);
    file.write_all(bytes)?;
    file.rewind()?;
    fcntl_add_seals(
        &file,
        SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL,
    )?;
    Ok(file.into())
}

/// Sets what the kernel itself keeps account of, for each process.
fn limit(job: &Job) -> io::Result<()> {
    let limits = &job.limits;
    // The supervisor counts the memory of all processes. This only stops one that is faster than it
    // looks, and leaves room for what is reserved and never touched, such as the stacks of threads.
    let data = limits.memory_bytes.saturating_mul(2);
    lower(
        Resource::Cpu,
        limits.cpu_seconds,
        limits.cpu_seconds.saturating_add(2),
    )?;
    lower(Resource::Data, data, data)?;
    lower(Resource::Fsize, limits.file_bytes, limits.file_bytes)?;
    lower(Resource::Core, 0, 0)?;
    lower(Resource::Nofile, OPEN_FILES, OPEN_FILES)?;
    // Each thread counts as one. In a user namespace only the program's own count, otherwise all of the
    // user's; and root's are never limited.
    let others = match &job.fence {
        Some(fence) if fence.outer != Outer::Bare => 0,
        _ => tree::tasks_of_user(),
    };
    let tasks = u64::from(limits.processes) * u64::from(THREADS_PER_PROCESS) + others;
    lower(Resource::Nproc, tasks, tasks)
}

/// Lowers a limit, never raises it.
fn lower(resource: Resource, soft: u64, hard: u64) -> io::Result<()> {
    let now = getrlimit(resource);
    let least = |now: Option<u64>, new: u64| Some(now.map_or(new, |now| now.min(new)));
    let hard = least(now.maximum, hard);
    let new = Rlimit {
        current: least(hard, soft),
        maximum: hard,
    };
    Ok(setrlimit(resource, new)?)
}

/// When the machine runs out of memory, the program is to go before Kiro or its supervisor.
fn prefer_for_the_kernel() {
    let file = File::options().write(true).open("/proc/self/oom_score_adj");
    // Only a preference: where the file is missing or closed, the kernel chooses by size.
    let _unset = file.and_then(|mut file| file.write_all(b"500"));
}

/// Gives up every privilege, for good.
fn drop_privileges() -> io::Result<()> {
    rustix::thread::set_no_new_privs(true)?;
    system::empty_bounding_set()?;
    rustix::thread::clear_ambient_capability_set()?;
    let none = rustix::thread::CapabilitySet::empty();
    let sets = rustix::thread::CapabilitySets {
        effective: none,
        permitted: none,
        inheritable: none,
    };
    Ok(rustix::thread::set_capabilities(None, sets)?)
}

/// The folders that the program may write to.
pub(super) fn writable(fence: &Fence) -> impl Iterator<Item = &wire::Place> {
    fence
        .places
        .iter()
        .filter(|place| place.reach == wire::Reach::Write)
}
