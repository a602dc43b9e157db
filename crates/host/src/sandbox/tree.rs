//! The descendants of a process: who they are, what they use, and their end.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, kill_process_group, wait};

use super::system;

/// What a tree of processes uses at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) processes: u32,
    pub(super) threads: u32,
    pub(super) memory_bytes: u64,
}

/// Survivors are given up on after this time: only a process that hangs in the kernel lives so long.
const GIVE_UP: Duration = Duration::from_secs(5);

/// Visits the living descendants of this process, parents before their children, until it is told to stop.
///
/// While processes come and go, one may be missing; who must have all asks until there are none.
fn walk(mut visit: impl FnMut(Pid) -> ControlFlow<()>) -> io::Result<HashSet<i32>> {
    let me = rustix::process::getpid().as_raw_nonzero().get();
    let by_parent = match children(me) {
        Ok(_) => None,
        Err(_) => Some(all_by_parent()?),
    };
    let mut found = HashSet::new();
    let mut open = vec![me];
    while let Some(parent) = open.pop() {
        let next = match &by_parent {
            // A process that is gone by now has no children either: they were given to this process.
            None => children(parent).unwrap_or_default(),
            Some(all) => of_parent(all, parent),
        };
        for child in next {
            if let (true, Some(pid)) = (found.insert(child), Pid::from_raw(child)) {
                if visit(pid).is_break() {
                    return Ok(found);
                }
                open.push(child);
            }
        }
    }
    Ok(found)
}

/// The children of a process, as the kernel lists them for each of its threads.
fn children(pid: i32) -> io::Result<Vec<i32>> {
    let mut found = Vec::new();
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        let list = fs::read_to_string(thread?.path().join("children"))?;
        found.extend(
            list.split_whitespace()
                .filter_map(|it| it.parse::<i32>().ok()),
        );
    }
    Ok(found)
}

/// Every process with its parent, for kernels that do not list children.
fn all_by_parent() -> io::Result<Vec<(i32, i32)>> {
    let parent = |pid: i32| {
        let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
        // The name, which may hold anything, ends at the last parenthesis.
        let end = stat.iter().rposition(|byte| *byte == b')')?;
        let rest = std::str::from_utf8(&stat[end + 1..]).ok()?;
        rest.split_whitespace().nth(1)?.parse().ok()
    };
    let pids =
        fs::read_dir("/proc")?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    Ok(pids.filter_map(|pid| Some((parent(pid)?, pid))).collect())
}

fn of_parent(all: &[(i32, i32)], parent: i32) -> Vec<i32> {
    all.iter()
        .filter(|(of, _)| *of == parent)
        .map(|(_, pid)| *pid)
        .collect()
}

/// What the descendants of this process use together.
///
/// With more than `process_limit` of them it says only that. Memory that several of them share is counted
/// once, but only looked at so closely when the cheap count, which takes it several times, passes
/// `memory_limit`.
pub(super) fn usage(process_limit: u32, memory_limit: u64) -> io::Result<Usage> {
    let mut pids = Vec::new();
    let mut usage = Usage::default();
    walk(|pid| {
        pids.push(pid);
        usage.processes += 1;
        if usage.processes > process_limit {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    if usage.processes > process_limit {
        return Ok(usage);
    }
    for pid in &pids {
        let Some(one) = status(*pid) else {
            continue;
        };
        usage.threads += one.threads;
        usage.memory_bytes += one.memory_bytes;
    }
    if usage.memory_bytes > memory_limit {
        usage.memory_bytes = pids
            .iter()
            .map(|pid| proportional(*pid).or_else(|| Some(status(*pid)?.memory_bytes)))
            .map(Option::unwrap_or_default)
            .sum();
    }
    Ok(usage)
}

fn status(pid: Pid) -> Option<Usage> {
    let text = fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).ok()?;
    let field = |name: &str| field(&text, name);
    let memory = ["RssAnon:", "RssShmem:", "VmSwap:"];
    Some(Usage {
        processes: 1,
        threads: field("Threads:").and_then(|it| u32::try_from(it).ok())?,
        memory_bytes: memory.iter().filter_map(|name| field(name)).sum::<u64>() << 10,
    })
}

/// The memory of a process, with what it shares divided among those that share it.
fn proportional(pid: Pid) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{}/smaps_rollup", pid.as_raw_nonzero())).ok()?;
    let parts = ["Pss_Anon:", "Pss_Shmem:", "SwapPss:"];
    Some(
        parts
            .iter()
            .filter_map(|name| field(&text, name))
            .sum::<u64>()
            << 10,
    )
}

fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Kills every descendant of this process, and theirs, until there are none; gives those that remain.
///
/// Orphans are given to this process (it is a subreaper), so that none is out of sight: when the system
/// says that there is no child, there is no descendant.
pub(super) fn end() -> Vec<i32> {
    let start = Instant::now();
    let mut pause = Duration::from_micros(200);
    loop {
        let alive = kill_downwards();
        if reap() {
            return Vec::new();
        }
        if start.elapsed() > GIVE_UP {
            return alive.into_iter().collect();
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(10));
    }
}

/// Kills all descendants that can be found now, each before its children are looked for, so that it makes
/// no more of them; gives their numbers.
fn kill_downwards() -> HashSet<i32> {
    let mut groups = HashSet::new();
    let kill = |pid| {
        let killed = match foreign_group(pid) {
            // All of a group at one stroke, which not even a storm of forks slips through.
            Some(group) if groups.insert(group) => kill_process_group(group, Signal::KILL),
            Some(_) => Ok(()),
            None => Err(Errno::SRCH),
        };
        if killed.is_err() {
            let _gone = kill_process(pid, Signal::KILL);
        }
        ControlFlow::Continue(())
    };
    walk(kill).unwrap_or_default()
}

/// The group of a descendant, if it belongs to a session that a descendant began: then all of the group
/// are descendants.
fn foreign_group(pid: Pid) -> Option<Pid> {
    let session = system::session_of(Some(pid))?;
    // A session that began outside this process namespace has no number here, and no descendant began it.
    (system::session_of(None) != Some(session))
        .then(|| system::group_of(pid))
        .flatten()
}

/// The tasks of this process's user on the whole machine: they count towards the user's own limit.
pub(super) fn tasks_of_user() -> u64 {
    let user = rustix::process::getuid().as_raw();
    let is_own = |text: &str| field(text, "Uid:") == Some(user.into());
    let Ok(all) = fs::read_dir("/proc") else {
        return 0;
    };
    all.flatten()
        .filter_map(|entry| fs::read_to_string(entry.path().join("status")).ok())
        .filter(|text| is_own(text))
        .filter_map(|text| field(&text, "Threads:"))
        .sum()
}

/// Takes leave of all children that have ended; says whether there is none left.
fn reap() -> bool {
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Ok(None) => return false,
            Err(_) => return true,
        }
    }
}
