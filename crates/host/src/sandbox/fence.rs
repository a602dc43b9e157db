//! The inner wall: Landlock, in force for the program and everything it starts.

use std::fmt::Display;
use std::io;
use std::os::fd::OwnedFd;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope,
};
use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags, fstat, openat2};
use rustix::io::Errno;

use super::system;
use super::wire::{Fence, Net, Place, Reach};

/// The oldest Landlock that is a wall: before it, a file outside could be emptied.
const OLDEST: i32 = 3;
/// From this one on it keeps signals and abstract sockets inside.
const KEEPS_SIGNALS: i32 = 6;
/// From this one on it knows TCP ports.
const KNOWS_TCP: i32 = 4;

/// The version of Landlock of this kernel.
///
/// # Errors
/// When it is missing or too old, in words.
pub(super) fn version() -> Result<i32, String> {
    match system::landlock_abi() {
        0 => Err("this kernel has no Landlock (Linux 6.2 or newer, with Landlock enabled)".into()),
        abi if abi < OLDEST => Err(format!(
            "this kernel's Landlock is version {abi}; version {OLDEST} (Linux 6.2) is needed"
        )),
        abi => Ok(abi),
    }
}

/// Whether Landlock itself keeps a program from signalling what is outside.
pub(super) fn keeps_signals(abi: i32) -> bool {
    abi >= KEEPS_SIGNALS
}

/// Confines this process, and all that come from it, to the places of `fence`.
pub(super) fn raise(fence: &Fence) -> io::Result<()> {
    let version = version().map_err(io::Error::other)?;
    let abi = ABI::from(version);
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(abi))
        .map_err(failed)?;
    if version >= KNOWS_TCP && fence.network == Net::None {
        rules = rules
            .handle_access(AccessNet::from_all(abi))
            .map_err(failed)?;
    }
    if keeps_signals(version) {
        rules = rules.scope(Scope::from_all(abi)).map_err(failed)?;
    }
    let mut created = rules.create().map_err(failed)?;
    for place in &fence.places {
        if let Some((opened, access)) = open(place, abi)? {
            created = created
                .add_rule(PathBeneath::new(opened, access))
                .map_err(failed)?;
        }
    }
    let status = created.restrict_self().map_err(failed)?;
    if status.ruleset == RulesetStatus::FullyEnforced && status.no_new_privs {
        Ok(())
    } else {
        Err(io::Error::other("Landlock is not fully in force"))
    }
}

fn failed(error: impl Display) -> io::Error {
    io::Error::other(format!("Landlock: {error}"))
}

/// A place as it is now, and what may be done with it.
///
/// No link is followed on the way: the paths are canonical, and if one is not any more, somebody inside
/// has put a link where a folder was. A place that may be read and is not there is no place; one that is
/// to be written to must be there.
fn open(place: &Place, abi: ABI) -> io::Result<Option<(OwnedFd, BitFlags<AccessFs>)>> {
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let opened = match openat2(
        CWD,
        &place.path,
        flags,
        Mode::empty(),
        ResolveFlags::NO_SYMLINKS,
    ) {
        Ok(opened) => opened,
        Err(Errno::NOENT | Errno::ACCESS | Errno::LOOP | Errno::NOTDIR)
            if place.reach != Reach::Write =>
        {
            return Ok(None);
        }
        Err(error) => {
            let path = place.path.display();
            return Err(io::Error::other(format!(
                "cannot open the wall {path}: {error}"
            )));
        }
    };
    let is_folder = FileType::from_raw_mode(fstat(&opened)?.st_mode) == FileType::Directory;
    let access = access(place.reach, abi);
    let possible = if is_folder {
        AccessFs::from_all(abi)
    } else {
        AccessFs::from_file(abi)
    };
    Ok(Some((opened, access & possible)))
}

fn access(reach: Reach, abi: ABI) -> BitFlags<AccessFs> {
    let look = AccessFs::ReadFile | AccessFs::ReadDir;
    match reach {
        Reach::Read => look | AccessFs::Execute,
        Reach::Look => look,
        Reach::Device => {
            let device = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate;
            (device | AccessFs::IoctlDev) & AccessFs::from_all(abi)
        }
        Reach::Write | Reach::Own => {
            let devices = AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::IoctlDev;
            AccessFs::from_all(abi) & !devices
        }
    }
}
