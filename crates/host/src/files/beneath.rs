//! Files below one folder, reached by descriptor, so that no link leads out on the way.
//!
//! Checking a path and then opening it leaves a gap in which a folder can become a link. Here the
//! system itself walks the path below a folder that is held open, and refuses links.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use change::RelPath;
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use super::error::FileError;

/// How often a walk is repeated when something is renamed under it.
#[cfg(target_os = "linux")]
const RENAMES_ENDURED: usize = 16;

/// How files are opened for reading: a pipe does not block and a terminal is not taken over.
pub(super) const READ: OFlags = OFlags::RDONLY
    .union(OFlags::NONBLOCK)
    .union(OFlags::CLOEXEC)
    .union(OFlags::NOCTTY);

/// How links on the way of a walk are taken; none ever leads out of the folder.
#[derive(Clone, Copy)]
enum Links {
    /// None is followed.
    Refused,
    /// Followed as long as they stay below.
    Below,
}

/// How something is opened only to see whether it is there.
#[cfg(target_os = "linux")]
const LOOK: OFlags = OFlags::PATH.union(OFlags::CLOEXEC);
#[cfg(not(target_os = "linux"))]
const LOOK: OFlags = READ;

/// A folder held open.
#[derive(Debug)]
pub(crate) struct Root {
    fd: OwnedFd,
    path: PathBuf,
}

impl Root {
    /// Opens the folder at `path`; links on the way to it are the caller's own and are followed.
    pub(crate) fn open(verb: &'static str, path: &Path) -> Result<Root, FileError> {
        if !path.is_absolute() {
            return Err(FileError::BadPath {
                verb,
                path: path.to_path_buf(),
                why: "the path is not absolute",
            });
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::open(path, flags, Mode::empty())
            .map_err(|errno| FileError::os(verb, path, errno))?;
        Ok(Root {
            fd,
            path: path.to_path_buf(),
        })
    }

    /// The folder's path as it was given.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The absolute path of a file below, for messages and permits.
    pub(crate) fn join(&self, path: &RelPath) -> PathBuf {
        self.path.join(path.as_str())
    }

    /// Opens a folder below (`None`: this one) without following any link.
    pub(crate) fn folder(&self, path: Option<&RelPath>) -> Result<OwnedFd, Errno> {
        let name = path.map_or(".", RelPath::as_str);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match open_beneath(self.fd.as_fd(), name, flags, Links::Refused) {
            Err(Errno::NOSYS | Errno::PERM) => open_step_by_step(self.fd.as_fd(), name),
            other => other,
        }
    }

    /// Opens the folder that `path` stands in, together with the name it has there.
    pub(crate) fn folder_of<'a>(&self, path: &'a RelPath) -> Result<(OwnedFd, &'a str), Errno> {
        Ok((self.folder(path.parent().as_ref())?, path.file_name()))
    }

    /// Opens what stands at `path` itself for reading; no link is followed, neither on the way nor at the end.
    pub(crate) fn open_itself(&self, path: &RelPath) -> Result<OwnedFd, Errno> {
        let (folder, name) = self.folder_of(path)?;
        rustix::fs::openat(folder, name, READ | OFlags::NOFOLLOW, Mode::empty())
    }

    /// Opens a file for reading; links are followed as long as they stay below this folder.
    pub(crate) fn open_file(&self, path: &RelPath) -> Result<OwnedFd, Errno> {
        match open_beneath(self.fd.as_fd(), path.as_str(), READ, Links::Below) {
            Err(Errno::NOSYS | Errno::PERM) => self.open_itself(path),
            other => other,
        }
    }

    /// Whether a link with this target, standing in `folder`, would lead out of this folder or into a
    /// place where programs keep what they run.
    pub(crate) fn link_leaves(&self, link: &RelPath, target: &[u8]) -> bool {
        let Some(inside) = resolved(link, target) else {
            return true;
        };
        if inside.components().any(is_forbidden_part) {
            return true;
        }
        let found = open_beneath(self.fd.as_fd(), inside.as_str(), LOOK, Links::Below);
        match found {
            Ok(_) | Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => false,
            Err(Errno::NOSYS | Errno::PERM) => self.passes_a_link(&inside),
            Err(_) => true,
        }
    }

    fn passes_a_link(&self, path: &RelPath) -> bool {
        let mut folder = path.parent();
        while let Some(it) = folder {
            let flags = AtFlags::SYMLINK_NOFOLLOW;
            if let Ok(stat) = rustix::fs::statat(&self.fd, it.as_str(), flags)
                && rustix::fs::FileType::from_raw_mode(stat.st_mode).is_symlink()
            {
                return true;
            }
            folder = it.parent();
        }
        false
    }
}

/// The place that a link with `target` at `link` names, worked out from the text alone; `None` when
/// it is absolute, leaves the folder, or is the folder itself.
pub(crate) fn resolved(link: &RelPath, target: &[u8]) -> Option<RelPath> {
    let target = std::str::from_utf8(target).ok()?;
    if target.is_empty() || target.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = link.components().collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    RelPath::parse(&parts.join("/")).ok()
}

/// Whether a part of a path names git's or Kiro's own folder, in any letter case.
pub(crate) fn is_forbidden_part(part: &str) -> bool {
    part.eq_ignore_ascii_case(".git") || part.eq_ignore_ascii_case(".kiro")
}

/// A walk by the system itself; `NOSYS` where there is none, and each caller goes step by step then.
#[cfg(target_os = "linux")]
fn open_beneath(
    folder: BorrowedFd<'_>,
    name: &str,
    flags: OFlags,
    links: Links,
) -> Result<OwnedFd, Errno> {
    use rustix::fs::ResolveFlags;
    let how = match links {
        Links::Refused => ResolveFlags::NO_SYMLINKS,
        Links::Below => ResolveFlags::NO_MAGICLINKS,
    };
    let mut left = RENAMES_ENDURED;
    loop {
        let resolve = ResolveFlags::BENEATH | how;
        match rustix::fs::openat2(folder, name, flags, Mode::empty(), resolve) {
            Err(Errno::AGAIN) if left > 0 => left -= 1,
            other => return other,
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn open_beneath(
    _folder: BorrowedFd<'_>,
    _name: &str,
    _flags: OFlags,
    _links: Links,
) -> Result<OwnedFd, Errno> {
    Err(Errno::NOSYS)
}

/// The same walk for systems without `openat2`: one folder after another, none of them a link.
fn open_step_by_step(folder: BorrowedFd<'_>, name: &str) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut at = rustix::fs::openat(folder, ".", flags, Mode::empty())?;
    for part in name.split('/').filter(|part| *part != ".") {
        at = rustix::fs::openat(&at, part, flags, Mode::empty())?;
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn path(text: &str) -> RelPath {
        RelPath::parse(text).unwrap()
    }

    #[test]
    fn both_walks_refuse_links_and_find_folders() {
        let top = tempfile::tempdir().unwrap();
        let root = top.path().join("root");
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        std::fs::create_dir(top.path().join("out")).unwrap();
        symlink("../out", root.join("away")).unwrap();
        symlink("a", root.join("inner")).unwrap();
        let open = Root::open("read", &root).unwrap();
        for name in ["a", "a/b"] {
            assert!(open.folder(Some(&path(name))).is_ok(), "{name}");
            assert!(open_step_by_step(open.fd.as_fd(), name).is_ok(), "{name}");
        }
        for name in ["away", "inner", "inner/b", "a/none"] {
            assert!(open.folder(Some(&path(name))).is_err(), "{name}");
            assert!(open_step_by_step(open.fd.as_fd(), name).is_err(), "{name}");
        }
        assert!(open.folder(None).is_ok());
        assert!(open_step_by_step(open.fd.as_fd(), ".").is_ok());
    }

    #[test]
    fn a_link_is_judged_by_where_it_leads() {
        let top = tempfile::tempdir().unwrap();
        let root = top.path().join("root");
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        std::fs::create_dir(top.path().join("out")).unwrap();
        symlink("../out", root.join("away")).unwrap();
        let open = Root::open("read", &root).unwrap();
        for (link, target) in [
            ("x", "a"),
            ("a/x", "../a/b"),
            ("x", "not/there"),
            ("x", "./a/"),
        ] {
            assert!(
                !open.link_leaves(&path(link), target.as_bytes()),
                "{target}"
            );
        }
        for (link, target) in [
            ("x", "/etc/passwd"),
            ("x", ".."),
            ("a/x", "../../out"),
            ("x", "away/file"),
            ("x", "away"),
            ("x", ".git/config"),
            ("a/x", "../.KIRO"),
            ("x", ""),
            ("x", "."),
        ] {
            assert!(open.link_leaves(&path(link), target.as_bytes()), "{target}");
        }
        assert!(open.link_leaves(&path("x"), b"\xff"));
        assert!(open.passes_a_link(&path("away/file")));
        assert!(!open.passes_a_link(&path("a/b")));
    }
}
