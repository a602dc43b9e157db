//! The walls that a caller asks for, checked.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use change::RelPath;

use super::door::Door;
use super::places::{Places, carve};
use super::wire::{Fence, Net, Outer, Overlay, Place, Reach};
use crate::files::{self, FileError};

/// What a walled program may touch besides what every program may read.
///
/// Paths are absolute and canonical: the caller resolves them once, when it opens them for the user, and a
/// path that has become a link since is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walls {
    /// Folders it may change: the attempt's worktree and its private folder for temporary files.
    pub write: Vec<PathBuf>,
    /// Files and folders that it may read and run.
    pub read: Vec<PathBuf>,
    /// Files and folders to keep from it, out of what it could read otherwise; not out of `write`.
    pub hide: Vec<PathBuf>,
    /// Folders that it sees at another place and may change there for itself. Whether this machine can do
    /// that is for [`Sandbox::overlays`](super::Sandbox::overlays) to say.
    pub overlays: Vec<Overlay>,
    /// What it reaches over the network.
    pub network: Network,
}

/// What a walled program reaches over the network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// Nothing: it cannot even make a socket.
    #[default]
    None,
    /// A loopback interface of its own, on which only its own processes listen. Needs namespaces.
    Loopback,
    /// The same, and on it a proxy that leads to allowed hosts; [`Door::variables`] tell programs of it. Needs namespaces.
    Hosts(Door),
    /// Whatever this machine reaches over IP.
    Host,
}

impl Network {
    /// The door that the program is given.
    pub(super) fn door(&self) -> Option<&Door> {
        match self {
            Network::Hosts(door) => Some(door),
            _ => None,
        }
    }

    fn net(&self) -> Net {
        match self {
            Network::None => Net::None,
            Network::Loopback | Network::Hosts(_) => Net::Loopback,
            Network::Host => Net::Host,
        }
    }
}

/// Walls that cannot be raised as they are asked for.
#[derive(Debug, thiserror::Error)]
pub enum WallsError {
    /// It is not absolute.
    #[error("the wall {0:?} is not an absolute path")]
    Relative(PathBuf),
    /// It cannot be looked at.
    #[error("cannot look at the wall {path:?}: {source}")]
    Missing {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is a link, or leads through one.
    #[error("the wall {path:?} is really {real:?}; a link is not followed")]
    Link {
        /// As it was given.
        path: PathBuf,
        /// Where it leads.
        real: PathBuf,
    },
    /// A writable place is a folder.
    #[error("the wall {0:?} is not a folder")]
    NotFolder(PathBuf),
    /// It would open more than one project.
    #[error("the wall {0:?} is too wide: it would open a home, a system folder or the user's keys")]
    TooWide(PathBuf),
    /// Nothing can be hidden where everything may be changed.
    #[error(
        "cannot hide {hidden:?} within {writable:?}, which may be changed; leave it out of there"
    )]
    HiddenInWritable {
        /// What was to be hidden.
        hidden: PathBuf,
        /// Where it lies.
        writable: PathBuf,
    },
    /// An overlay is seen where nothing may be changed, or keeps its changes within reach.
    #[error(
        "the overlay at {0:?} does not lie in a writable wall, with its changes outside all walls"
    )]
    Overlay(PathBuf),
    /// The command starts where it may not even look.
    #[error("the command's folder {0:?} lies outside its walls")]
    FolderOutside(PathBuf),
    /// A network of its own needs a namespace.
    #[error("a loopback of its own needs namespaces, which this system does not give; {0}")]
    NoLoopback(&'static str),
}

/// Folders that are never given away as a whole.
const WIDE: &[&str] = &[
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/sys",
    "/tmp",
    "/usr",
    "/usr/local",
    "/var",
    "/var/lib",
    "/var/tmp",
    "/mnt",
    "/media",
];
/// Folders within which nothing is writable.
const FIXED: &[&str] = &["/boot", "/dev", "/etc", "/proc", "/sys"];
const EXCEPTION: &str = "/dev/shm";

impl Walls {
    /// Whether a file is to be seen at this path by an overlay.
    pub fn shows(&self, path: &Path) -> bool {
        let below = |it: &Overlay| Some(it.below.join(path.strip_prefix(&it.at).ok()?));
        self.overlays
            .iter()
            .filter_map(below)
            .any(|it| it.is_file())
    }

    /// The fence for a command that starts in `cwd`.
    pub(super) fn fence(
        &self,
        places: &Places,
        outer: Outer,
        cwd: &Path,
    ) -> Result<Fence, WallsError> {
        if self.network.net() == Net::Loopback && outer == Outer::Bare {
            return Err(WallsError::NoLoopback("install bubblewrap"));
        }
        for path in &self.write {
            check(path, places)?;
            check_writable(path)?;
        }
        for path in &self.read {
            check(path, places)?;
        }
        self.check_overlays(places)?;
        let open = self.open(places, outer)?;
        let real = canonical(cwd)?;
        if !open.iter().any(|place| real.starts_with(&place.path)) {
            return Err(WallsError::FolderOutside(cwd.to_path_buf()));
        }
        Ok(Fence {
            outer,
            network: self.network.net(),
            places: open,
            overlays: self.overlays.clone(),
            cover: places.cover(),
        })
    }

    fn check_overlays(&self, places: &Places) -> Result<(), WallsError> {
        for overlay in &self.overlays {
            let above = overlay.above.iter();
            for path in [&overlay.below, &overlay.at].into_iter().chain(above) {
                check(path, places)?;
                if !path.is_dir() {
                    return Err(WallsError::NotFolder(path.clone()));
                }
            }
            let within = |wall: &PathBuf| overlay.at.starts_with(wall) && overlay.at != *wall;
            let reached = |wall: &PathBuf| {
                overlay
                    .above
                    .as_ref()
                    .is_some_and(|it| it.starts_with(wall))
            };
            let mut all = self.write.iter().chain(&self.read);
            if !self.write.iter().any(within) || all.any(reached) {
                return Err(WallsError::Overlay(overlay.at.clone()));
            }
        }
        Ok(())
    }

    fn open(&self, places: &Places, outer: Outer) -> Result<Vec<Place>, WallsError> {
        let hidden = self.hidden(places)?;
        let reach = |reach| {
            move |path: &PathBuf| Place {
                path: path.clone(),
                reach,
            }
        };
        let mut open: Vec<Place> = self.write.iter().map(reach(Reach::Write)).collect();
        // What the caller asks for by name is shown even where the home around it is hidden.
        open.extend(
            self.read
                .iter()
                .map(reach(Reach::Read))
                .flat_map(|it| carve(it, &self.hide)),
        );
        let (in_home, others): (Vec<Place>, Vec<Place>) =
            places.open.iter().cloned().partition(|place| {
                let home = places.home.as_deref();
                home.is_some_and(|home| place.path.starts_with(home))
            });
        open.extend(in_home.into_iter().flat_map(|it| carve(it, &self.hide)));
        open.extend(others.into_iter().flat_map(|it| carve(it, &hidden)));
        if self.network == Network::Host {
            let resolver = fs::canonicalize("/etc/resolv.conf").ok();
            open.extend(resolver.iter().map(reach(Reach::Look)));
        }
        if outer != Outer::Bare {
            let shared = PathBuf::from(EXCEPTION);
            if !open.iter().any(|it| it.path.starts_with(&shared)) {
                open.push(reach(Reach::Own)(&shared));
            }
        }
        Ok(open)
    }

    /// What is hidden out of what every program may read: the home always is.
    fn hidden(&self, places: &Places) -> Result<Vec<PathBuf>, WallsError> {
        let mut hidden = Vec::new();
        for path in &self.hide {
            // What does not exist needs no hiding.
            let Ok(real) = fs::canonicalize(path) else {
                continue;
            };
            if let Some(writable) = self.write.iter().find(|it| real.starts_with(it)) {
                return Err(WallsError::HiddenInWritable {
                    hidden: real,
                    writable: writable.clone(),
                });
            }
            hidden.push(real);
        }
        let home = places
            .home
            .iter()
            .filter(|home| home.as_path() != Path::new("/"));
        hidden.extend(home.cloned());
        Ok(hidden)
    }
}

impl Overlay {
    /// Makes an overlay ready: its place in the folder `root`, and the folders for what is changed, if it can be. None where
    /// a link or a file stands in its place or on the way there: nothing is made through one.
    ///
    /// # Errors
    /// When one of them cannot be made.
    pub fn prepare(
        below: &Path,
        above: Option<&Path>,
        (root, place): (&Path, &RelPath),
    ) -> Result<Option<Overlay>, FileError> {
        if !files::make_folder_in(root, place)? {
            return Ok(None);
        }
        let overlay = Overlay {
            below: below.to_path_buf(),
            above: above.map(Path::to_path_buf),
            at: root.join(place.as_str()),
        };
        if let Some((changes, workspace)) = overlay.changes() {
            files::ensure_private_folder(&changes)?;
            files::ensure_private_folder(&workspace)?;
        }
        Ok(Some(overlay))
    }

    /// What was changed, and where the system prepares a change.
    pub(super) fn changes(&self) -> Option<(PathBuf, PathBuf)> {
        let above = self.above.as_ref()?;
        Some((above.join("changes"), above.join("work")))
    }
}

fn canonical(path: &Path) -> Result<PathBuf, WallsError> {
    if !path.is_absolute() {
        return Err(WallsError::Relative(path.to_path_buf()));
    }
    fs::canonicalize(path).map_err(|source| WallsError::Missing {
        path: path.to_path_buf(),
        source,
    })
}

/// A wall is what it is called, and not too wide.
fn check(path: &Path, places: &Places) -> Result<(), WallsError> {
    let real = canonical(path)?;
    if real.as_os_str() != path.as_os_str() {
        return Err(WallsError::Link {
            path: path.to_path_buf(),
            real,
        });
    }
    let home = places.home.as_deref();
    let holds_home = home.is_some_and(|home| home.starts_with(path) && home != Path::new("/"));
    let is_wide = path == Path::new("/") || WIDE.iter().any(|wide| path == Path::new(wide));
    if is_wide || holds_home || places.touches_keys(path) {
        return Err(WallsError::TooWide(path.to_path_buf()));
    }
    Ok(())
}

fn check_writable(path: &Path) -> Result<(), WallsError> {
    if !path.is_dir() {
        return Err(WallsError::NotFolder(path.to_path_buf()));
    }
    let fixed = FIXED.iter().any(|fixed| path.starts_with(fixed));
    let excepted = path.starts_with(EXCEPTION) && path != Path::new(EXCEPTION);
    if fixed && !excepted {
        return Err(WallsError::TooWide(path.to_path_buf()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    struct World {
        _guard: tempfile::TempDir,
        home: PathBuf,
        places: Places,
    }

    fn world() -> World {
        let guard = tempfile::tempdir().expect("a folder");
        let home = fs::canonicalize(guard.path()).expect("it exists");
        for name in ["project/src", "project/secret", ".ssh", ".kiro/work"] {
            fs::create_dir_all(home.join(name)).expect("a folder");
        }
        symlink(home.join("project"), home.join("link")).expect("a link");
        let places = Places {
            home: Some(home.clone()),
            open: vec![Place {
                path: "/usr".into(),
                reach: Reach::Read,
            }],
        };
        World {
            _guard: guard,
            home,
            places,
        }
    }

    impl World {
        fn fence(&self, write: &[&str], read: &[&str], hide: &[&str]) -> Result<Fence, String> {
            let paths = |names: &[&str]| names.iter().map(|name| self.home.join(name)).collect();
            let walls = Walls {
                write: paths(write),
                read: paths(read),
                hide: paths(hide),
                overlays: Vec::new(),
                network: Network::None,
            };
            walls
                .fence(&self.places, Outer::Namespaces, Path::new("/usr"))
                .map_err(|error| {
                    let home = self.home.display().to_string();
                    error.to_string().replace(&home, "~")
                })
        }
    }

    #[test]
    fn walls_are_folders_of_one_project() {
        let world = world();
        assert!(world.fence(&["project"], &[], &[]).is_ok());
        assert!(world.fence(&[".kiro/work"], &["project"], &[]).is_ok());
        let refused = |write: &[&str], read: &[&str], why: &str| {
            let error = world.fence(write, read, &[]).expect_err("refused");
            assert!(error.contains(why), "{error}");
        };
        refused(&["."], &[], "not followed");
        refused(&[""], &[], "~/");
        refused(&["link"], &[], "really \"~/project\"");
        refused(&["link/src"], &[], "really \"~/project/src\"");
        refused(&["project/../project"], &[], "not followed");
        refused(&["missing"], &[], "No such file");
        refused(&[".ssh"], &[], "too wide");
        refused(&[], &[".ssh"], "too wide");
        refused(&[".kiro"], &[], "too wide");
        refused(&["/"], &[], "too wide");
        refused(&[], &["/"], "too wide");
        refused(&["/tmp"], &[], "too wide");
        refused(&["/etc/ssl"], &[], "too wide");
        refused(&["/usr/bin/env"], &[], "not a folder");
    }

    #[test]
    fn the_home_itself_is_too_wide() {
        let world = world();
        let walls = Walls {
            write: vec![world.home.clone()],
            ..Walls::default()
        };
        let error = walls.fence(&world.places, Outer::Namespaces, Path::new("/usr"));
        assert!(matches!(error, Err(WallsError::TooWide(_))), "{error:?}");
    }

    #[test]
    fn hiding_works_where_reading_is_all() {
        let world = world();
        let fence = world
            .fence(&[], &["project"], &["project/secret"])
            .expect("sound");
        let open: Vec<_> = fence.places.iter().map(|it| it.path.clone()).collect();
        assert!(open.contains(&world.home.join("project/src")));
        assert!(!open.contains(&world.home.join("project")));
        let error = world.fence(&["project"], &[], &["project/secret"]);
        assert!(error.expect_err("refused").contains("cannot hide"));
    }

    #[test]
    fn a_command_starts_within_its_walls() {
        let world = world();
        let walls = Walls::default();
        let start = |cwd: &str| walls.fence(&world.places, Outer::Namespaces, Path::new(cwd));
        assert!(start("/usr/bin").is_ok());
        assert!(matches!(start("/"), Err(WallsError::FolderOutside(_))));
        assert!(matches!(start("usr"), Err(WallsError::Relative(_))));
    }

    #[test]
    fn a_loopback_needs_a_namespace() {
        let world = world();
        let walls = Walls {
            network: Network::Loopback,
            ..Walls::default()
        };
        let bare = walls.fence(&world.places, Outer::Bare, Path::new("/usr"));
        assert!(matches!(bare, Err(WallsError::NoLoopback(_))));
    }
}
