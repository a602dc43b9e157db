//! A folder to take snapshots of, and what tests ask of it.

pub(crate) use std::collections::BTreeMap;
pub(crate) use std::ffi::OsStr;
pub(crate) use std::fs;
pub(crate) use std::os::unix::ffi::OsStrExt;
pub(crate) use std::os::unix::fs::{PermissionsExt, symlink};
pub(crate) use std::path::{Path, PathBuf};

pub(crate) use change::{Changeset, Kind, Mode, RelPath};
pub(crate) use host::shadow::{Captured, Shadow, ShadowError, TreeId, Why};

pub(crate) const ALL: &dyn Fn(&RelPath) -> bool = &|_| true;

pub(crate) struct Place {
    pub(crate) _held: tempfile::TempDir,
    pub(crate) top: PathBuf,
    pub(crate) git: PathBuf,
}

impl Place {
    pub(crate) fn new(git: &Path) -> Place {
        let held = tempfile::tempdir().unwrap();
        let top = held.path().canonicalize().unwrap();
        fs::create_dir(top.join("project")).unwrap();
        Place {
            _held: held,
            top,
            git: git.to_path_buf(),
        }
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.top.join("project")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    pub(crate) fn attempt(&self) -> PathBuf {
        self.top.join("attempt")
    }

    pub(crate) fn put(&self, name: &str, text: &str) {
        put(&self.path(name), text);
    }

    pub(crate) fn open(&self) -> Shadow {
        self.open_at(&self.root())
    }

    pub(crate) fn open_at(&self, root: &Path) -> Shadow {
        Shadow::open(&self.git, &self.top.join("state"), root).unwrap()
    }

    /// The user's own git, in the project.
    pub(crate) fn user_git(&self, words: &[&str]) {
        self.user_git_at(&self.root(), words);
    }

    #[expect(clippy::disallowed_methods, reason = "the test plays the user")]
    pub(crate) fn user_git_at(&self, folder: &Path, words: &[&str]) {
        let done = std::process::Command::new(&self.git)
            .args(["-c", "user.name=u", "-c", "user.email=u@localhost"])
            .args(words)
            .current_dir(folder)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "git {words:?}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
    }

    pub(crate) fn names(&self, shadow: &Shadow, tree: &TreeId) -> Vec<String> {
        let into = self.top.join("names");
        host::files::remove_tree(&into).unwrap();
        shadow.checkout(tree, &into).unwrap();
        let names = read_back(&into).into_keys().collect();
        host::files::remove_tree(&into).unwrap();
        names
    }

    /// Takes a snapshot and lays it out as an attempt.
    pub(crate) fn begin(&self, shadow: &Shadow) -> TreeId {
        let tree = shadow.snapshot(ALL).unwrap().tree;
        shadow.checkout(&tree, &self.attempt()).unwrap();
        tree
    }

    pub(crate) fn capture(&self, shadow: &Shadow, base: &TreeId) -> Captured {
        shadow.capture(base, &self.attempt(), ALL).unwrap()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test plays the user's editor"
)]
pub(crate) fn put(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

pub(crate) fn fifo(path: &Path) {
    let bits = rustix::fs::Mode::RWXU;
    rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, bits, 0).unwrap();
}

/// Every file below a folder: its kind and its bytes.
pub(crate) fn read_back(folder: &Path) -> BTreeMap<String, (char, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut todo = vec![folder.to_path_buf()];
    while let Some(at) = todo.pop() {
        for entry in fs::read_dir(&at).unwrap() {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            let path = entry.path();
            let value = if kind.is_dir() {
                todo.push(path);
                continue;
            } else if kind.is_symlink() {
                (
                    'l',
                    fs::read_link(&path)
                        .unwrap()
                        .into_os_string()
                        .into_encoded_bytes(),
                )
            } else if entry.metadata().unwrap().permissions().mode() & 0o100 == 0 {
                ('f', fs::read(&path).unwrap())
            } else {
                ('x', fs::read(&path).unwrap())
            };
            found.insert(
                path.strip_prefix(folder).unwrap().display().to_string(),
                value,
            );
        }
    }
    found
}

/// Every git program of this machine; the oldest supported one and the newest differ.
pub(crate) fn gits() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/bin")]);
    let mut found: Vec<PathBuf> = folders
        .map(|it| it.join("git"))
        .filter(|it| it.is_file())
        .filter_map(|it| it.canonicalize().ok())
        .collect();
    found.sort();
    found.dedup();
    assert!(!found.is_empty(), "no git on PATH");
    found
}

pub(crate) fn each(test: impl Fn(&Place)) {
    for git in gits() {
        test(&Place::new(&git));
    }
}

pub(crate) fn summary(changes: &Changeset) -> Vec<String> {
    let line = |it: &change::FileChange| format!("{:?} {}", it.kind(), it.path);
    changes.files().iter().map(line).collect()
}

pub(crate) fn left_out(captured: &[host::shadow::LeftOut]) -> Vec<(&str, Why)> {
    captured
        .iter()
        .map(|it| (it.path.as_str(), it.why))
        .collect()
}

/// A repository with something of everything.
pub(crate) fn repository(place: &Place) {
    place.user_git(&["init", "-q"]);
    place.put(".gitignore", "*.log\nbuild/\n!keep.log\n");
    place.put("committed", "1");
    place.put("removed", "1");
    place.put("build/tracked", "tracked in spite of the rule");
    place.put(
        "target/mod.rs",
        "a folder of the user's own with litter's name",
    );
    place.user_git(&["add", "-f", "."]);
    place.user_git(&["commit", "-q", "-m", "first"]);
    place.put("committed", "edited, not committed");
    place.put("staged", "1");
    place.user_git(&["add", "staged"]);
    fs::rename(place.path("removed"), place.path("untracked")).unwrap();
    place.put("a.log", "ignored");
    place.put("keep.log", "not ignored");
    place.put("build/output", "ignored");
    place.put("mine", "excluded");
    put(&place.path(".git/info/exclude"), "/mine\n");
}

/// Whether Kiro's own store holds exactly this content.
#[expect(
    clippy::disallowed_methods,
    reason = "the test looks into the store with git itself"
)]
pub(crate) fn has_object(git: &Path, state: &Path, content: &str) -> bool {
    let file = state.join("probe");
    put(&file, content);
    let run = |words: &[&str]| {
        std::process::Command::new(git)
            .args(words)
            .env("GIT_DIR", state.join("shadow.git"))
            .output()
            .unwrap()
    };
    let id = run(&["hash-object", "--no-filters", file.to_str().unwrap()]).stdout;
    run(&["cat-file", "-e", String::from_utf8(id).unwrap().trim()])
        .status
        .success()
}
