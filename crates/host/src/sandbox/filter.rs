//! The filter on system calls: seccomp, in force for the program and everything it starts.
//!
//! Landlock keeps files; this keeps the calls that no file stands for. What is refused says so with an
//! error and does not kill, since programs try such calls and go on without.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, sock_filter,
};

use super::wire::{Fence, Net, Outer};

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Refused as not permitted, whatever the arguments.
const REFUSED: &[i64] = &[
    // Other processes.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_process_mrelease,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_migrate_pages,
    libc::SYS_move_pages,
    // Mounts, roots and namespaces.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_unshare,
    libc::SYS_setns,
    // Files without their path.
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    libc::SYS_fanotify_init,
    // Keys, kernel and machine.
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_reboot,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_nfsservctl,
    libc::SYS_lookup_dcookie,
    libc::SYS_syslog,
    libc::SYS_vhangup,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_modify_ldt,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_uselib,
];

/// Answered as if the kernel did not have them: programs then take an older way, which the rules see.
const UNKNOWN: &[i64] = &[
    libc::SYS_clone3,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_memfd_secret,
];

/// Shared memory and queues that are found by number: refused where they are the whole machine's.
const SHARED_BY_NUMBER: &[i64] = &[
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_msgget,
    libc::SYS_semget,
    libc::SYS_mq_open,
    libc::SYS_mq_unlink,
];

/// Owners and attributes of files, which Landlock does not keep: refused where no mount does either.
const OWNERS: &[i64] = &[
    libc::SYS_fchown,
    libc::SYS_fchownat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lchown,
];
const ATTRIBUTES: &[i64] = &[
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
];

/// Modes and times of files, which Landlock does not keep: ignored where no mount does either, since
/// refusing them would break every copy of a file.
const MODES_AND_TIMES: &[i64] = &[
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    FCHMODAT2,
    libc::SYS_utimensat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chmod,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utime,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utimes,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_futimesat,
];

/// Sessions and process groups: ignored where no namespace holds the processes together, so that all of
/// them stay in one group, which can be ended at one stroke.
const GROUPS: &[i64] = &[libc::SYS_setsid, libc::SYS_setpgid];

/// `fchmodat2`, which has this number everywhere.
const FCHMODAT2: i64 = 452;
/// `mseal`: the newest call that is known here. What comes after it is unknown to the program too.
const NEWEST: u32 = 462;

/// Namespaces that `clone` could make.
const NAMESPACES: &[i32] = &[
    libc::CLONE_NEWNS,
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
];

/// What says that a precedence is that of one process.
const PRIO_PROCESS: u64 = 0;
const IOPRIO_WHO_PROCESS: u64 = 1;

/// `ioctl`s that put characters into a terminal.
const TERMINAL_INPUT: [u64; 2] = [0x5412, 0x541C];
/// `ioctl`s that change the flags of a file: FS_IOC_SETFLAGS and FS_IOC_FSSETXATTR.
const FILE_FLAGS: [u64; 2] = [0x4008_6602, 0x401C_5820];

/// Refuses the calls from now on, in this process and all that come from it.
pub(super) fn install(fence: &Fence) -> io::Result<()> {
    for program in programs(fence)? {
        seccompiler::apply_filter(&program).map_err(failed)?;
    }
    Ok(())
}

fn failed(error: impl Display) -> io::Error {
    io::Error::other(format!("seccomp: {error}"))
}

fn programs(fence: &Fence) -> io::Result<Vec<BpfProgram>> {
    let errno = |code: i32| SeccompAction::Errno(code.unsigned_abs());
    let mut programs = vec![
        compile(refused(fence)?, errno(libc::EPERM))?,
        compile(always(UNKNOWN), errno(libc::ENOSYS))?,
        nothing_newer(),
    ];
    if fence.outer == Outer::Bare {
        programs.push(compile(always(ATTRIBUTES), errno(libc::EOPNOTSUPP))?);
        programs.push(compile(always(MODES_AND_TIMES), errno(0))?);
        programs.push(compile(always(GROUPS), errno(0))?);
    }
    Ok(programs)
}

fn compile(rules: Rules, action: SeccompAction) -> io::Result<BpfProgram> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(failed)?;
    SeccompFilter::new(rules, SeccompAction::Allow, action, arch)
        .and_then(BpfProgram::try_from)
        .map_err(failed)
}

fn always(calls: &[i64]) -> Rules {
    calls.iter().map(|call| (*call, Vec::new())).collect()
}

fn refused(fence: &Fence) -> io::Result<Rules> {
    let mut rules = always(REFUSED);
    if fence.outer == Outer::Bare {
        rules.extend(always(SHARED_BY_NUMBER));
        rules.extend(always(OWNERS));
        rules.extend(of_others()?);
    }
    rules.insert(libc::SYS_socket, sockets(fence.network)?);
    rules.insert(libc::SYS_clone, namespaces()?);
    rules.insert(libc::SYS_ioctl, ioctls(fence.outer)?);
    // Of other processes; 0 is the caller itself.
    rules.insert(libc::SYS_prlimit64, vec![rule([(0, SeccompCmpOp::Ne, 0)])?]);
    // Everything but asking for the personality and the usual one.
    let strange = [(0, SeccompCmpOp::Ne, 0), (0, SeccompCmpOp::Ne, 0xFFFF_FFFF)];
    rules.insert(libc::SYS_personality, vec![rule(strange)?]);
    Ok(rules)
}

/// A rule that holds when every condition on (argument, comparison, 32-bit value) does.
fn rule(conditions: impl IntoIterator<Item = (u8, SeccompCmpOp, u64)>) -> io::Result<SeccompRule> {
    let conditions = conditions
        .into_iter()
        .map(|(argument, operator, value)| {
            SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?;
    SeccompRule::new(conditions).map_err(failed)
}

/// The precedence of other processes, Kiro's among them: only its own is a program's to change. Refused
/// where the others can be named.
fn of_others() -> io::Result<Rules> {
    let first = [
        libc::SYS_sched_setscheduler,
        libc::SYS_sched_setparam,
        libc::SYS_sched_setattr,
        libc::SYS_sched_setaffinity,
    ];
    let mut rules = Rules::new();
    for call in first {
        rules.insert(call, vec![rule([(0, SeccompCmpOp::Ne, 0)])?]);
    }
    // The first argument says whether the second is a process, a group or a user; the caller's own of each
    // is 0, but a user's own are all of the machine's.
    for (call, process) in [
        (libc::SYS_setpriority, PRIO_PROCESS),
        (libc::SYS_ioprio_set, IOPRIO_WHO_PROCESS),
    ] {
        let other_kind = rule([(0, SeccompCmpOp::Ne, process)])?;
        let other_process = rule([(1, SeccompCmpOp::Ne, 0)])?;
        rules.insert(call, vec![other_kind, other_process]);
    }
    Ok(rules)
}

/// Sockets of every family that is not needed; an empty list refuses all.
///
/// A UNIX socket is never made: through one, a program reaches services of the machine. Pairs of
/// connected ones (`socketpair`), with which runtimes talk to their children, are another call.
fn sockets(network: Net) -> io::Result<Vec<SeccompRule>> {
    if network == Net::None {
        return Ok(Vec::new());
    }
    let family = |family: i32| u64::from(family.unsigned_abs());
    let (ip4, ip6) = (family(libc::AF_INET), family(libc::AF_INET6));
    let netlink = family(libc::AF_NETLINK);
    Ok(vec![
        rule([ip4, ip6, netlink].map(|it| (0, SeccompCmpOp::Ne, it)))?,
        // Of netlink only NETLINK_ROUTE (0), with which a program lists its interfaces.
        rule([(0, SeccompCmpOp::Eq, netlink), (2, SeccompCmpOp::Ne, 0)])?,
    ])
}

fn namespaces() -> io::Result<Vec<SeccompRule>> {
    NAMESPACES
        .iter()
        .map(|flag| u64::from(flag.unsigned_abs()))
        .map(|flag| rule([(0, SeccompCmpOp::MaskedEq(flag), flag)]))
        .collect()
}

fn ioctls(outer: Outer) -> io::Result<Vec<SeccompRule>> {
    let bare = (outer == Outer::Bare).then_some(FILE_FLAGS);
    TERMINAL_INPUT
        .into_iter()
        .chain(bare.into_iter().flatten())
        .map(|request| rule([(1, SeccompCmpOp::Eq, request)]))
        .collect()
}

/// A program that answers every call beyond [`NEWEST`], those of the x32 kind among them, as unknown.
fn nothing_newer() -> BpfProgram {
    const LOAD_NUMBER: u16 = 0x20;
    const JUMP_IF_GREATER: u16 = 0x25;
    const RETURN: u16 = 0x06;
    let statement = |code, jt, jf, k| sock_filter { code, jt, jf, k };
    let unknown = u32::from(SeccompAction::Errno(libc::ENOSYS.unsigned_abs()));
    vec![
        statement(LOAD_NUMBER, 0, 0, 0),
        statement(JUMP_IF_GREATER, 0, 1, NEWEST),
        statement(RETURN, 0, 0, unknown),
        statement(RETURN, 0, 0, SeccompAction::Allow.into()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fence(outer: Outer, network: Net) -> Fence {
        Fence {
            outer,
            network,
            places: Vec::new(),
            overlays: Vec::new(),
            cover: Vec::new(),
        }
    }

    #[test]
    fn every_combination_compiles() {
        let outers = [
            Outer::Bare,
            Outer::Namespaces,
            Outer::Bubblewrap {
                disable_userns: true,
            },
        ];
        for outer in outers {
            for network in [Net::None, Net::Loopback, Net::Host] {
                let programs = programs(&fence(outer, network)).expect("the rules are sound");
                let bare = usize::from(outer == Outer::Bare) * 3;
                assert_eq!(programs.len(), 3 + bare);
                assert!(programs.iter().all(|it| it.len() < 4096));
            }
        }
    }

    #[test]
    fn no_call_is_listed_twice() {
        let lists = [
            REFUSED,
            UNKNOWN,
            SHARED_BY_NUMBER,
            OWNERS,
            ATTRIBUTES,
            MODES_AND_TIMES,
            GROUPS,
        ];
        let mut all = lists.concat();
        all.sort_unstable();
        let mut once = all.clone();
        once.dedup();
        assert_eq!(all, once);
    }
}
