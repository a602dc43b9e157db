//! The few calls of the system that have no safe wrapper: the only unsafe code of this crate.
//!
//! Everything here runs in the supervisor, in what it forks, or in a probe: processes of one thread, in
//! which a fork leaves no lock behind that nobody will open.

#![expect(unsafe_code, reason = "each block says why it is sound")]

use std::ffi::{CStr, c_int, c_long, c_uint, c_ulong};
use std::io;
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::Pid;
use rustix::thread::UnshareFlags;

static TERMINATED: AtomicBool = AtomicBool::new(false);

/// Which side of a fork this is.
pub(super) enum Side {
    /// The process that forked, with the number of the new one.
    Parent(Pid),
    /// The new process.
    Child,
}

/// Makes a copy of this process.
///
/// # Errors
/// When this process has more than one thread, or the system has no room for another.
pub(super) fn fork() -> io::Result<Side> {
    if threads()? != 1 {
        return Err(io::Error::other("only a process of one thread may fork"));
    }
    // SAFETY: there is exactly one thread, so that the child is a whole copy in which everything,
    // memory allocation included, works as before.
    let pid = unsafe { libc::fork() };
    match pid {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(Side::Child),
        pid => Pid::from_raw(pid)
            .map(Side::Parent)
            .ok_or_else(|| io::Error::other("a fork gave no process")),
    }
}

/// The session of a process, or of this one; `None` when the process is gone or when its session began
/// outside this process namespace, for which the kernel says 0 and which rustix takes for impossible.
pub(super) fn session_of(pid: Option<Pid>) -> Option<Pid> {
    // SAFETY: a plain number goes in and another comes out.
    known(unsafe { libc::getsid(Pid::as_raw(pid)) })
}

/// The process group of a process; `None` when the process is gone or its group is not of this namespace.
pub(super) fn group_of(pid: Pid) -> Option<Pid> {
    // SAFETY: a plain number goes in and another comes out.
    known(unsafe { libc::getpgid(pid.as_raw_nonzero().get()) })
}

/// A number that the kernel gave for a process, unless it says "none" (0) or "error" (-1).
fn known(number: libc::pid_t) -> Option<Pid> {
    (number > 0).then(|| Pid::from_raw(number)).flatten()
}

fn threads() -> io::Result<usize> {
    Ok(std::fs::read_dir("/proc/self/task")?.count())
}

/// Ends this process at once, without running anything that its parent left to be run at the end.
pub(super) fn leave(code: i32) -> ! {
    // SAFETY: `_exit` takes any number and does not return; nothing here waits to be dropped.
    unsafe { libc::_exit(code) }
}

/// From now on SIGTERM, SIGINT and SIGHUP are noted, to be asked for with [`terminated`].
pub(super) fn note_termination() -> io::Result<()> {
    extern "C" fn note(_signal: c_int) {
        TERMINATED.store(true, Ordering::Relaxed);
    }
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP] {
        // SAFETY: an all-zero sigaction is a valid value (default handler, empty mask, no flags).
        let mut action: libc::sigaction = unsafe { mem::zeroed() };
        action.sa_sigaction = note as extern "C" fn(c_int) as libc::sighandler_t;
        // SAFETY: the handler only stores to an atomic, which is allowed at any moment; both pointers
        // are valid for the call.
        check(unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) }.into())?;
    }
    Ok(())
}

/// Whether a signal asked this process to end.
pub(super) fn terminated() -> bool {
    TERMINATED.load(Ordering::Relaxed)
}

/// Takes over a descriptor that was handed to this process by number.
///
/// # Errors
/// When there is no such descriptor.
pub(super) fn adopt(number: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: F_GETFD only asks; any number may be given.
    check(unsafe { libc::fcntl(number, libc::F_GETFD) }.into())?;
    // SAFETY: it is open, and the callers are the start of this process, which nobody shares
    // descriptors with and which adopts each number once.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Marks every descriptor but the three standard ones to be closed when another program starts.
pub(super) fn close_on_exec_from_three() -> io::Result<()> {
    const CLOEXEC: c_uint = libc::CLOSE_RANGE_CLOEXEC;
    // SAFETY: it closes nothing, so that no owner of a descriptor is affected.
    check(unsafe { libc::syscall(libc::SYS_close_range, 3 as c_uint, c_uint::MAX, CLOEXEC) })?;
    Ok(())
}

/// Closes every descriptor but the three standard ones.
///
/// To be called at the very start of a process, before anything owns a descriptor.
pub(super) fn close_from_three() -> io::Result<()> {
    // SAFETY: the caller owns no descriptor yet; those that are closed were inherited by mistake.
    check(unsafe { libc::syscall(libc::SYS_close_range, 3 as c_uint, c_uint::MAX, 0 as c_uint) })?;
    Ok(())
}

/// Has this process, but not those that it makes, scheduled before all ordinary ones, if it has the right
/// to ask for that.
pub(super) fn take_precedence() {
    const POLICY: c_int = libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK;
    // SAFETY: an all-zero sched_param is a valid value.
    let mut parameter: libc::sched_param = unsafe { mem::zeroed() };
    parameter.sched_priority = 1;
    // SAFETY: the parameter lives through the call. Without the right nothing changes, and nothing
    // depends on it.
    unsafe { libc::sched_setscheduler(0, POLICY, &raw const parameter) };
}

/// Leaves the namespaces in `flags` for new ones.
pub(super) fn unshare(flags: UnshareFlags) -> io::Result<()> {
    debug_assert!(!flags.contains(UnshareFlags::FILES));
    // SAFETY: the danger is in sharing descriptors between threads (FILES), which is never asked for.
    Ok(unsafe { rustix::thread::unshare_unsafe(flags) }?)
}

/// Makes every mount of this mount namespace read-only.
pub(super) fn make_all_mounts_read_only() -> io::Result<()> {
    const ROOT: &CStr = c"/";
    let attributes = libc::mount_attr {
        attr_set: libc::MOUNT_ATTR_RDONLY,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    // SAFETY: the path and the attributes live through the call, and the size is that of the attributes.
    check(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            ROOT.as_ptr(),
            libc::AT_RECURSIVE as c_uint,
            &raw const attributes,
            mem::size_of::<libc::mount_attr>(),
        )
    })?;
    Ok(())
}

/// Brings up the loopback interface of this network namespace, through any socket of it.
pub(super) fn bring_up_loopback(socket: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: an all-zero ifreq is a valid value: an empty name and no flags.
    let mut request: libc::ifreq = unsafe { mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(*b"lo") {
        *to = from.cast_signed() as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as i16;
    let socket = socket.as_raw_fd();
    // SAFETY: the request has the type that SIOCSIFFLAGS reads, and lives through the call.
    let outcome = unsafe { libc::ioctl(socket, libc::SIOCSIFFLAGS as _, &raw mut request) };
    check(outcome.into())?;
    Ok(())
}

/// The version of Landlock that the kernel has; 0 when it has none.
pub(super) fn landlock_abi() -> i32 {
    const VERSION: c_uint = 1;
    let none = std::ptr::null::<u8>();
    // SAFETY: with this flag the call reads no memory and only answers with a number.
    let abi = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, none, 0_usize, VERSION) };
    i32::try_from(abi).unwrap_or(0).max(0)
}

/// Takes every capability out of the bounding set, as far as the kernel knows any.
///
/// # Errors
/// When a capability stays and this process has the right to take it out.
pub(super) fn empty_bounding_set() -> io::Result<()> {
    for capability in 0..64 {
        if prctl(libc::PR_CAPBSET_READ, capability).is_err() {
            return Ok(());
        }
        match prctl(libc::PR_CAPBSET_DROP, capability) {
            // Without CAP_SETPCAP there is nothing to lose either: no new privileges means none ever.
            Err(error) if error.raw_os_error() == Some(libc::EPERM) && !may_drop()? => {
                return Ok(());
            }
            outcome => outcome?,
        };
    }
    Ok(())
}

fn may_drop() -> io::Result<bool> {
    let mine = rustix::thread::capabilities(None)?;
    Ok(!mine.effective.is_empty())
}

fn prctl(option: c_int, argument: c_ulong) -> io::Result<c_long> {
    const ZERO: c_ulong = 0;
    // SAFETY: the options that are given here take plain numbers.
    check(unsafe { libc::prctl(option, argument, ZERO, ZERO, ZERO) }.into())
}

fn check(outcome: c_long) -> io::Result<c_long> {
    if outcome == -1 {
        Err(io::Error::last_os_error())
    } else {
        Ok(outcome)
    }
}

/// Forbidden calls, for probes that try what must not work.
pub(super) mod forbidden {
    use super::{c_int, c_long, check, io};

    fn number(number: c_long, first: usize, second: usize) -> io::Result<()> {
        // SAFETY: each call that is made below either takes only numbers, or is given null pointers,
        // which the kernel answers with an error.
        check(unsafe { libc::syscall(number, first, second, 0_usize, 0_usize, 0_usize) })?;
        Ok(())
    }

    /// Attaches to a process as a debugger does, and lets go of it.
    pub(in super::super) fn trace(pid: i32) -> io::Result<()> {
        let pid = pid.unsigned_abs() as usize;
        number(libc::SYS_ptrace, libc::PTRACE_SEIZE as usize, pid)?;
        let _released = number(libc::SYS_ptrace, libc::PTRACE_DETACH as usize, pid);
        Ok(())
    }

    /// Sets up an io_uring, whose operations no filter sees.
    pub(in super::super) fn io_uring() -> io::Result<()> {
        refused_by_filter(number(libc::SYS_io_uring_setup, 1, 0))
    }

    /// Leaves the user namespace for a new one.
    pub(in super::super) fn user_namespace() -> io::Result<()> {
        number(libc::SYS_unshare, libc::CLONE_NEWUSER as usize, 0)
    }

    /// Makes a process in a new user namespace.
    pub(in super::super) fn clone_user_namespace() -> io::Result<()> {
        let flags = libc::CLONE_NEWUSER | libc::SIGCHLD;
        // SAFETY: without a stack and without shared memory this is a fork, made by one thread.
        let pid = check(unsafe {
            libc::syscall(
                libc::SYS_clone,
                flags as usize,
                0_usize,
                0_usize,
                0_usize,
                0_usize,
            )
        })?;
        if pid == 0 {
            super::leave(0);
        }
        Ok(())
    }

    /// Loads a program into the kernel.
    pub(in super::super) fn bpf() -> io::Result<()> {
        refused_by_filter(number(libc::SYS_bpf, 0, 0))
    }

    /// Leaves the session for a new one.
    pub(in super::super) fn session() -> io::Result<()> {
        number(libc::SYS_setsid, 0, 0)
    }

    /// Joins the session keyring.
    pub(in super::super) fn keyring() -> io::Result<()> {
        number(libc::SYS_keyctl, 0, (-3_i64).cast_unsigned() as usize)
    }

    /// Puts a character into the input of a terminal.
    pub(in super::super) fn type_into(terminal: c_int) -> io::Result<()> {
        let character = b' ';
        // SAFETY: TIOCSTI reads one byte, which lives through the call.
        let outcome =
            unsafe { libc::ioctl(terminal, libc::TIOCSTI as _, std::ptr::from_ref(&character)) };
        refused_by_filter(check(outcome.into()).map(|_| ()))
    }

    /// Has another process scheduled after all others.
    pub(in super::super) fn demote(pid: i32) -> io::Result<()> {
        // SAFETY: plain numbers; where this comes through, the process is just what it was: of no
        // precedence.
        check(unsafe { libc::setpriority(libc::PRIO_PROCESS, pid.cast_unsigned(), 0) }.into())?;
        Ok(())
    }

    /// Changes a limit of another process.
    pub(in super::super) fn limit_of(pid: i32) -> io::Result<()> {
        let (new, old) = (std::ptr::null(), std::ptr::null_mut());
        // SAFETY: with null pointers the call changes and writes nothing.
        let outcome = unsafe { libc::prlimit(pid, libc::RLIMIT_CORE, new, old) };
        check(outcome.into())?;
        Ok(())
    }

    /// A call that reached the kernel's own checks of its arguments was not refused by the filter.
    fn refused_by_filter(outcome: io::Result<()>) -> io::Result<()> {
        match outcome {
            Err(error) if error.raw_os_error() == Some(libc::EPERM) => Err(error),
            Err(error) if error.raw_os_error() == Some(libc::ENOSYS) => Err(error),
            _ => Ok(()),
        }
    }
}
