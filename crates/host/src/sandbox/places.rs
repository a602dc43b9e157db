//! What of this machine every walled program may read: an allow-list.

use std::fs::{self, DirEntry};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::wire::{Place, Reach};

/// Programs and libraries.
const SYSTEM: &[&str] = &[
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/opt",
    "/nix",
    "/gnu/store",
    "/snap",
    "/run/current-system",
    "/home/linuxbrew/.linuxbrew",
];

/// What the kernel says about itself and about the program.
const KERNEL: &[&str] = &[
    "/proc",
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
    "/sys/fs/cgroup",
    "/sys/kernel/mm/transparent_hugepage",
];

const DEVICES: &[&str] = &[
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
];

/// Of `/etc`, whatever the permissions say.
const SECRET_SETTINGS: &[&str] = &[
    "shadow",
    "shadow-",
    "gshadow",
    "gshadow-",
    "sudoers",
    "sudoers.d",
    "ssh",
    "security",
    "krb5.keytab",
    "wireguard",
    "openvpn",
    "NetworkManager",
    "netplan",
    "letsencrypt",
    "kubernetes",
    "docker",
    "ppp",
    "wpa_supplicant",
];

/// Toolchains in the user's home, with the variable that tells a toolchain where it is.
const TOOLCHAINS: &[(&str, &str)] = &[
    (".pyenv", "PYENV_ROOT"),
    (".rustup", "RUSTUP_HOME"),
    (".cargo/bin", ""),
    (".cargo/registry", ""),
    (".cargo/git", ""),
    (".nvm", "NVM_DIR"),
    (".volta", "VOLTA_HOME"),
    (".asdf", "ASDF_DATA_DIR"),
    (".local/bin", ""),
    (".local/lib", ""),
    (".local/pipx", ""),
    (".local/share/pnpm", "PNPM_HOME"),
    (".local/share/uv", ""),
    (".local/share/pipx", ""),
    (".local/share/mise", "MISE_DATA_DIR"),
    (".local/share/fnm", "FNM_DIR"),
    (".local/share/rtx", ""),
    (".rbenv", "RBENV_ROOT"),
    (".rvm", ""),
    (".gem", ""),
    (".sdkman", "SDKMAN_DIR"),
    (".jdks", ""),
    (".m2/repository", ""),
    (".gradle/wrapper", ""),
    (".gradle/caches", ""),
    (".dotnet", "DOTNET_ROOT"),
    (".nuget/packages", "NUGET_PACKAGES"),
    (".bun", "BUN_INSTALL"),
    (".deno", ""),
    (".yarn", ""),
    (".npm-global", ""),
    (".pub-cache", "PUB_CACHE"),
    (".ghcup", ""),
    (".opam", "OPAMROOT"),
    (".elan", "ELAN_HOME"),
    (".juliaup", ""),
    (".swiftly", ""),
    ("go", "GOPATH"),
    ("sdk", ""),
    ("miniconda3", ""),
    ("miniforge3", ""),
    ("anaconda3", ""),
];

/// In the home: nothing within one of these is ever opened, whoever asks.
const KEYS: &[&str] = &[
    ".ssh",
    ".aws",
    ".gnupg",
    ".kube",
    ".docker",
    ".azure",
    ".password-store",
    ".netrc",
    ".git-credentials",
    ".pypirc",
    ".npmrc",
    ".local/share/keyrings",
];

/// In the home: within these lies what is nobody's business, and sometimes a project.
const PRIVATE: &[&str] = &[".kiro", ".config", ".mozilla", ".thunderbird", ".cache"];

/// An `/etc` with more entries than this is not read at all beyond them.
const ENTRIES_MAX: usize = 20_000;
const DEPTH_MAX: usize = 8;

/// What a walled program may read anywhere, found out once.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    /// The user's home, canonical.
    pub(super) home: Option<PathBuf>,
    /// Files and folders, canonical.
    pub(super) open: Vec<Place>,
}

impl Places {
    /// Looks around on this machine, for a user whose home is `home`.
    pub(super) fn survey(home: Option<&Path>) -> Places {
        let home = home.and_then(|home| fs::canonicalize(home).ok());
        let mut places = Places {
            home,
            open: Vec::new(),
        };
        places.add(SYSTEM.iter().map(PathBuf::from), Reach::Read);
        places.add(KERNEL.iter().map(PathBuf::from), Reach::Look);
        places.add(DEVICES.iter().map(PathBuf::from), Reach::Device);
        places.add(readable_settings(Path::new("/etc")), Reach::Read);
        let toolchains = places
            .toolchains()
            .map(|(path, _)| path)
            .collect::<Vec<_>>();
        places.add(toolchains, Reach::Read);
        places
    }

    fn add(&mut self, paths: impl IntoIterator<Item = PathBuf>, reach: Reach) {
        for path in paths {
            let Ok(path) = fs::canonicalize(path) else {
                continue;
            };
            let place = Place { path, reach };
            if !self.open.contains(&place) && !self.exposes_home(&place.path) {
                self.open.push(place);
            }
        }
    }

    /// Whether opening `path` would open the home as a whole, or its keys.
    fn exposes_home(&self, path: &Path) -> bool {
        let Some(home) = &self.home else {
            return false;
        };
        path == Path::new("/") || self.touches_keys(path) || path == home
    }

    /// Whether `path` holds one of the user's keys, or lies among them.
    pub(super) fn touches_keys(&self, path: &Path) -> bool {
        let private = PRIVATE.iter().map(|name| (name, false));
        let keys = KEYS.iter().map(|name| (name, true));
        self.home.as_ref().is_some_and(|home| {
            private.chain(keys).any(|(name, whole)| {
                let secret = home.join(name);
                let real = fs::canonicalize(&secret).unwrap_or_else(|_| secret.clone());
                [secret, real].iter().any(|secret| {
                    // Of a folder that holds the whole home the home is carved out instead.
                    let holds = secret.starts_with(path) && path.starts_with(home);
                    holds || (whole && path.starts_with(secret))
                })
            })
        })
    }

    /// Folders of the home that a second wall covers up altogether.
    pub(super) fn cover(&self) -> Vec<PathBuf> {
        let home = self.home.iter();
        home.flat_map(|home| KEYS.iter().chain(PRIVATE).map(|name| home.join(name)))
            .filter(|path| path.is_dir() && !path.is_symlink())
            .collect()
    }

    /// The toolchains in the home that exist, with their variables.
    fn toolchains(&self) -> impl Iterator<Item = (PathBuf, &'static str)> {
        self.home.iter().flat_map(|home| {
            let all = TOOLCHAINS.iter();
            all.map(|(name, variable)| (home.join(name), *variable))
                .filter(|(path, _)| path.exists())
        })
    }

    /// An environment in which the user's toolchains work and nothing else of the user shows.
    pub(super) fn environment(&self, path: &str, private: &Path) -> Vec<(String, String)> {
        let private = private.to_string_lossy();
        let mut variables = vec![
            ("PATH".to_owned(), path.to_owned()),
            ("LANG".to_owned(), "C.UTF-8".to_owned()),
            ("TERM".to_owned(), "dumb".to_owned()),
        ];
        for name in ["HOME", "TMPDIR", "TMP", "TEMP", "XDG_CACHE_HOME", "GOCACHE"] {
            variables.push((name.to_owned(), private.clone().into_owned()));
        }
        let found = self
            .toolchains()
            .filter(|(_, variable)| !variable.is_empty());
        let found = found.filter_map(|(path, variable)| {
            Some((
                variable.to_owned(),
                path.into_os_string().into_string().ok()?,
            ))
        });
        variables.extend(found);
        variables
    }
}

/// The files and folders beneath `folder` that everybody on this machine may read, each folder as one
/// where nothing in it is kept from anybody.
fn readable_settings(folder: &Path) -> Vec<PathBuf> {
    let mut left = ENTRIES_MAX;
    let mut open = Vec::new();
    for entry in entries(folder) {
        let name = entry.file_name();
        if name
            .to_str()
            .is_some_and(|name| !SECRET_SETTINGS.contains(&name))
        {
            gather(&entry, DEPTH_MAX, &mut left, &mut open);
        }
    }
    open
}

fn entries(folder: &Path) -> Vec<DirEntry> {
    fs::read_dir(folder).map_or_else(|_| Vec::new(), |all| all.flatten().collect())
}

/// Adds what may be read of an entry to `open`; says whether all of it may.
fn gather(entry: &DirEntry, depth: usize, left: &mut usize, open: &mut Vec<PathBuf>) -> bool {
    let Ok(metadata) = entry.metadata() else {
        return false;
    };
    if *left == 0 || depth == 0 {
        return false;
    }
    *left -= 1;
    // What a link points to is judged where it lies.
    if metadata.is_symlink() {
        return true;
    }
    let everybody = if metadata.is_dir() { 0o005 } else { 0o004 };
    if metadata.mode() & everybody != everybody {
        return false;
    }
    if metadata.is_dir() {
        let before = open.len();
        let mut all = true;
        for part in entries(&entry.path()) {
            all &= gather(&part, depth - 1, left, open);
        }
        if !all {
            return false;
        }
        open.truncate(before);
    } else if !metadata.is_file() {
        return false;
    }
    open.push(entry.path());
    true
}

/// `place` without what lies at or beneath `hidden`: the place itself where nothing does, else its parts.
///
/// A folder of which something is hidden cannot be listed any more, and what is created in it later stays
/// out of reach.
pub(super) fn carve(place: Place, hidden: &[PathBuf]) -> Vec<Place> {
    if hidden.iter().any(|hidden| place.path.starts_with(hidden)) {
        return Vec::new();
    }
    if !hidden.iter().any(|hidden| hidden.starts_with(&place.path)) {
        return vec![place];
    }
    let parts = entries(&place.path).into_iter();
    let parts = parts.filter(|it| it.file_type().is_ok_and(|kind| !kind.is_symlink()));
    parts
        .flat_map(|part| {
            let path = part.path();
            let reach = place.reach;
            carve(Place { path, reach }, hidden)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs::{File, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn tree(files: &[(&str, u32)]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let root = fs::canonicalize(folder.path()).expect("it exists");
        for (name, mode) in files {
            let path = root.join(name);
            if name.ends_with('/') {
                fs::create_dir_all(&path).expect("a folder");
            } else {
                fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
                File::create(&path).expect("a file");
            }
            fs::set_permissions(&path, Permissions::from_mode(*mode)).expect("permissions");
        }
        (folder, root)
    }

    fn names(root: &Path, mut paths: Vec<PathBuf>) -> String {
        paths.sort();
        let names = paths.iter().map(|path| {
            let name = path.strip_prefix(root).expect("beneath the root");
            name.to_string_lossy().into_owned()
        });
        names.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn settings_that_are_kept_from_others_stay_out() {
        let (_guard, root) = tree(&[
            ("hosts", 0o644),
            ("shadow", 0o644),
            ("key", 0o600),
            ("group-key", 0o640),
            ("ssl/certs/ca.pem", 0o644),
            ("ssl/private/", 0o700),
            ("ssl/openssl.cnf", 0o644),
            ("alternatives/awk", 0o644),
            ("app/conf.d/a", 0o644),
            ("app/conf.d/password", 0o640),
        ]);
        let open = readable_settings(&root);
        assert_eq!(
            names(&root, open),
            "alternatives app/conf.d/a hosts ssl/certs ssl/openssl.cnf"
        );
    }

    #[test]
    fn what_is_hidden_is_carved_out() {
        let (_guard, root) = tree(&[
            ("a/one", 0o644),
            ("a/two/x", 0o644),
            ("a/two/y", 0o644),
            ("b", 0o644),
        ]);
        let carved = |hidden: &[&str]| {
            let hidden: Vec<PathBuf> = hidden.iter().map(|it| root.join(it)).collect();
            let path = root.clone();
            let reach = Reach::Read;
            let parts = carve(Place { path, reach }, &hidden);
            names(&root, parts.into_iter().map(|it| it.path).collect())
        };
        assert_eq!(carved(&[]), "");
        assert_eq!(carved(&["elsewhere/x"]), "a b");
        assert_eq!(carved(&["a/two/x"]), "a/one a/two/y b");
        assert_eq!(carved(&["a", "b"]), "");
    }

    #[test]
    fn keys_are_out_of_reach_and_toolchains_are_not() {
        let (_guard, home) = tree(&[
            (".ssh/id", 0o600),
            (".pyenv/bin/python", 0o755),
            (".cargo/bin/cargo", 0o755),
            (".cargo/credentials.toml", 0o600),
            (".config/app/token", 0o600),
            (".kiro/state/work/", 0o755),
        ]);
        std::os::unix::fs::symlink(home.join(".ssh"), home.join(".nvm")).expect("a link");
        std::os::unix::fs::symlink(&home, home.join(".volta")).expect("a link");
        let places = Places::survey(Some(&home));
        let in_home = places.open.iter().map(|it| it.path.clone());
        let in_home = in_home.filter(|it| it.starts_with(&home)).collect();
        assert_eq!(names(&home, in_home), ".cargo/bin .pyenv");
        for (path, touches) in [
            (".ssh", true),
            (".ssh/id", true),
            (".", true),
            (".config", true),
            (".config/app", false),
            (".kiro/state/work", false),
            ("projects", false),
        ] {
            let path: PathBuf = home.join(path).components().collect();
            assert_eq!(places.touches_keys(&path), touches, "{}", path.display());
        }
        let environment = places.environment("/bin", Path::new("/attempt/tmp"));
        let value = |name: &str| {
            let found = environment.iter().find(|(it, _)| it == name);
            found.map(|(_, value)| value.clone())
        };
        assert_eq!(value("HOME").as_deref(), Some("/attempt/tmp"));
        let pyenv = home.join(".pyenv").to_string_lossy().into_owned();
        assert_eq!(value("PYENV_ROOT"), Some(pyenv));
        assert_eq!(value("GOPATH"), None);
    }
}
