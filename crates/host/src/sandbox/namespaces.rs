//! The middle wall where bubblewrap is not: namespaces that the supervisor makes itself.
//!
//! A user namespace gives the right to make the others. A process namespace dies as one and shows
//! nothing of the machine's processes; a network namespace has no way out; a mount namespace is
//! read-only but for the command's own folders, which keeps what Landlock does not: modes and times.

use std::io::{self, Write};
use std::net::UdpSocket;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
use rustix::mount::{
    MountFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags, mount, mount_change,
    move_mount, open_tree,
};
use rustix::thread::UnshareFlags;

use super::keeper::writable;
use super::supervisor::during;
use super::system;
use super::wire::{Fence, Job, Net, Overlay, Reach};

/// In the supervisor: the next process that it makes is the first of its namespaces.
pub(super) fn enter(job: &Job) -> io::Result<()> {
    let uid = rustix::process::geteuid().as_raw();
    let gid = rustix::process::getegid().as_raw();
    let mut flags = UnshareFlags::NEWUSER | UnshareFlags::NEWPID | UnshareFlags::NEWIPC;
    if job.fence.as_ref().map(|fence| fence.network) != Some(Net::Host) {
        flags |= UnshareFlags::NEWNET;
    }
    system::unshare(flags)?;
    put("/proc/self/setgroups", "deny")?;
    put("/proc/self/uid_map", &format!("{uid} {uid} 1"))?;
    put("/proc/self/gid_map", &format!("{gid} {gid} 1"))
}

fn put(path: &str, text: &str) -> io::Result<()> {
    let mut file = std::fs::File::options().write(true).open(path)?;
    file.write_all(text.as_bytes())
}

/// In the first process inside: arranges what it and the program see.
pub(super) fn furnish(job: &Job, fence: &Fence) -> io::Result<()> {
    system::unshare(UnshareFlags::NEWNS)?;
    mount_change(
        "/",
        MountPropagationFlags::REC | MountPropagationFlags::PRIVATE,
    )?;
    let above = fence.overlays.iter().filter_map(|it| it.above.as_ref());
    let kept = writable(fence)
        .map(|place| &place.path)
        .chain(above)
        .map(|path| Ok((path, copy(path)?)))
        .collect::<io::Result<Vec<_>>>()?;
    system::make_all_mounts_read_only().map_err(during("make the file system read-only"))?;
    let size = format!("size={},mode=1777", job.limits.memory_bytes / 2).into_bytes();
    for place in fence.places.iter().filter(|it| it.reach == Reach::Own) {
        mount_over(&place.path, "tmpfs", size.clone())?;
    }
    mount_over(Path::new("/proc"), "proc", Vec::new())?;
    for (path, tree) in kept {
        put_back(path, &tree).map_err(during("put back a writable folder"))?;
    }
    for overlay in &fence.overlays {
        lay_over(overlay)?;
    }
    if fence.network == Net::Loopback {
        // Any socket will do to name an interface.
        let socket = UdpSocket::bind("0.0.0.0:0")?;
        system::bring_up_loopback(socket.as_fd()).map_err(during("bring up the loopback"))?;
    }
    Ok(())
}

fn mount_over(path: &Path, kind: &'static str, options: Vec<u8>) -> io::Result<()> {
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    let options = std::ffi::CString::new(options)?;
    mount(kind, path, kind, flags, options.as_c_str())
        .map_err(|error| io::Error::other(format!("cannot mount {}: {error}", path.display())))
}

/// Shows a folder at another place, where what is changed is kept apart.
fn lay_over(overlay: &Overlay) -> io::Result<()> {
    let Some((changes, workspace)) = overlay.changes() else {
        // By now it is read-only like everything else.
        return put_back(&overlay.at, &copy(&overlay.below)?);
    };
    let option = |name: &str, path: &Path| [name.as_bytes(), b"=", &escaped(path)].concat();
    let options = [
        option("lowerdir", &overlay.below),
        option("upperdir", &changes),
        option("workdir", &workspace),
        // Without privileges there are no other attributes in which it could keep its notes.
        b"userxattr".to_vec(),
    ];
    // A link in its place would lead the mount elsewhere.
    open_folder(&overlay.at)?;
    mount_over(&overlay.at, "overlay", options.join(&b','))
}

/// A path as a mount option, in which a comma ends an option and a colon a folder.
fn escaped(path: &Path) -> Vec<u8> {
    let bytes = path.as_os_str().as_bytes().iter();
    let escaped = bytes.flat_map(|byte| match byte {
        b'\\' | b',' | b':' => vec![b'\\', *byte],
        _ => vec![*byte],
    });
    escaped.collect()
}

/// The mounts at and beneath a folder, to be put back where they were.
fn copy(path: &Path) -> io::Result<OwnedFd> {
    let folder = open_folder(path)?;
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_RECURSIVE
        | OpenTreeFlags::AT_EMPTY_PATH;
    open_tree(&folder, "", flags)
        .map_err(|error| io::Error::other(format!("cannot keep {}: {error}", path.display())))
}

fn put_back(path: &Path, tree: &OwnedFd) -> io::Result<()> {
    let folder = open_folder(path)?;
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    Ok(move_mount(tree, "", &folder, "", flags)?)
}

fn open_folder(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::CLOEXEC | OFlags::DIRECTORY;
    openat2(CWD, path, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS)
        .map_err(|error| io::Error::other(format!("cannot open {}: {error}", path.display())))
}
