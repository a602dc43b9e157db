//! Snapshots of every kind of folder, with every git on the search path.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use change::{Changeset, Kind, Mode, RelPath};
use host::shadow::{Captured, Shadow, ShadowError, TreeId, Why};

const ALL: &dyn Fn(&RelPath) -> bool = &|_| true;

struct Place {
    _held: tempfile::TempDir,
    top: PathBuf,
    git: PathBuf,
}

impl Place {
    fn new(git: &Path) -> Place {
        let held = tempfile::tempdir().unwrap();
        let top = held.path().canonicalize().unwrap();
        fs::create_dir(top.join("project")).unwrap();
        Place {
            _held: held,
            top,
            git: git.to_path_buf(),
        }
    }

    fn root(&self) -> PathBuf {
        self.top.join("project")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    fn attempt(&self) -> PathBuf {
        self.top.join("attempt")
    }

    fn put(&self, name: &str, text: &str) {
        put(&self.path(name), text);
    }

    fn open(&self) -> Shadow {
        self.open_at(&self.root())
    }

    fn open_at(&self, root: &Path) -> Shadow {
        Shadow::open(&self.git, &self.top.join("state"), root).unwrap()
    }

    /// The user's own git, in the project.
    fn user_git(&self, words: &[&str]) {
        self.user_git_at(&self.root(), words);
    }

    #[expect(clippy::disallowed_methods, reason = "the test plays the user")]
    fn user_git_at(&self, folder: &Path, words: &[&str]) {
        let done = std::process::Command::new(&self.git)
            .args(["-c", "user.name=u", "-c", "user.email=u@localhost"])
            .args(words)
            .current_dir(folder)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        assert!(done.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    fn names(&self, shadow: &Shadow, tree: &TreeId) -> Vec<String> {
        let into = self.top.join("names");
        host::files::remove_tree(&into).unwrap();
        shadow.checkout(tree, &into).unwrap();
        let names = read_back(&into).into_keys().collect();
        host::files::remove_tree(&into).unwrap();
        names
    }

    /// Takes a snapshot and lays it out as an attempt.
    fn begin(&self, shadow: &Shadow) -> TreeId {
        let tree = shadow.snapshot(ALL).unwrap().tree;
        shadow.checkout(&tree, &self.attempt()).unwrap();
        tree
    }

    fn capture(&self, shadow: &Shadow, base: &TreeId) -> Captured {
        shadow.capture(base, &self.attempt(), ALL).unwrap()
    }
}

#[expect(clippy::disallowed_methods, reason = "the test plays the user's editor")]
fn put(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn fifo(path: &Path) {
    let bits = rustix::fs::Mode::RWXU;
    rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, bits, 0).unwrap();
}

/// Every file below a folder: its kind and its bytes.
fn read_back(folder: &Path) -> BTreeMap<String, (char, Vec<u8>)> {
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
                ('l', fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes())
            } else if entry.metadata().unwrap().permissions().mode() & 0o100 == 0 {
                ('f', fs::read(&path).unwrap())
            } else {
                ('x', fs::read(&path).unwrap())
            };
            found.insert(path.strip_prefix(folder).unwrap().display().to_string(), value);
        }
    }
    found
}

/// Every git program of this machine; the oldest supported one and the newest differ.
fn gits() -> Vec<PathBuf> {
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

fn each(test: impl Fn(&Place)) {
    for git in gits() {
        test(&Place::new(&git));
    }
}

fn summary(changes: &Changeset) -> Vec<String> {
    let line = |it: &change::FileChange| format!("{:?} {}", it.kind(), it.path);
    changes.files().iter().map(line).collect()
}

fn left_out(captured: &[host::shadow::LeftOut]) -> Vec<(&str, Why)> {
    captured.iter().map(|it| (it.path.as_str(), it.why)).collect()
}

#[test]
fn a_folder_without_git_goes_in_and_comes_out_as_it_is() {
    each(|place| {
        place.put("a.txt", "one\r\ntwo\n");
        place.put("src/deep/ü \n\"name\".rs", "x");
        place.put("empty", "");
        place.put("tool.sh", "#!/bin/sh\n");
        fs::set_permissions(place.path("tool.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        symlink("a.txt", place.path("link")).unwrap();
        symlink("nowhere", place.path("broken")).unwrap();
        symlink("loop", place.path("loop")).unwrap();
        symlink("src", place.path("folder-link")).unwrap();
        place.put("node_modules/x/index.js", "litter");
        place.put("src/__pycache__/a.pyc", "litter");
        place.put(".kiro/config.yaml", "kiro's");
        place.put("sub/.kiro/config.yaml", "kiro's");
        let shadow = place.open();
        let snapshot = shadow.snapshot(ALL).unwrap();
        assert_eq!(snapshot.left_out, []);
        shadow.checkout(&snapshot.tree, &place.attempt()).unwrap();
        let mut expected = read_back(&place.root());
        expected.retain(|name, _| {
            !["node_modules", "__pycache__", ".kiro"].iter().any(|it| name.contains(it))
        });
        assert_eq!(read_back(&place.attempt()), expected);
        assert_eq!(shadow.snapshot(ALL).unwrap(), snapshot, "the same folder, another snapshot");
        let error = shadow.checkout(&snapshot.tree, &place.attempt()).unwrap_err();
        assert!(matches!(error, ShadowError::NotEmpty { .. }), "{error}");
    });
}

#[test]
fn an_empty_folder_is_a_snapshot_too() {
    each(|place| {
        let shadow = place.open();
        let base = place.begin(&shadow);
        assert!(place.capture(&shadow, &base).changes.is_empty());
        put(&place.attempt().join("a"), "1");
        let captured = place.capture(&shadow, &base);
        assert_eq!(summary(&captured.changes), ["Added a"]);
        assert_eq!(shadow.read_changes(&base, &captured.tree).unwrap(), captured.changes);
    });
}

#[test]
fn whatever_happened_in_the_attempt_is_captured() {
    each(|place| {
        for name in ["edited", "deleted", "moved", "mode", "folder/a", "file", "to-link"] {
            place.put(name, &format!("{name}\n"));
        }
        let shadow = place.open();
        let base = place.begin(&shadow);
        let at = |name: &str| place.attempt().join(name);
        put(&at("edited"), "other\n");
        fs::rename(at("moved"), at("new-name")).unwrap();
        host::files::remove_tree(&at("deleted")).unwrap();
        host::files::remove_tree(&at("folder")).unwrap();
        put(&at("folder"), "a file now\n");
        host::files::remove_tree(&at("file")).unwrap();
        put(&at("file/inner"), "a folder now\n");
        fs::set_permissions(at("mode"), fs::Permissions::from_mode(0o755)).unwrap();
        host::files::remove_tree(&at("to-link")).unwrap();
        symlink("/etc/passwd", at("to-link")).unwrap();
        let captured = place.capture(&shadow, &base);
        assert_eq!(
            summary(&captured.changes),
            [
                "Deleted deleted",
                "Modified edited",
                "Deleted file",
                "Added file/inner",
                "Added folder",
                "Deleted folder/a",
                "ModeChanged mode",
                "Deleted moved",
                "Added new-name",
                "Modified to-link",
            ]
        );
        let link = captured.changes.get(&RelPath::parse("to-link").unwrap()).unwrap();
        let after = link.after.as_ref().unwrap();
        assert_eq!((after.mode, after.bytes.as_slice()), (Mode::Symlink, &b"/etc/passwd"[..]));
        assert_eq!(captured.left_out, []);
        assert_eq!(place.capture(&shadow, &base), captured, "the second look differs");
        put(&at("edited"), "edited\n");
        let after = place.capture(&shadow, &base);
        assert!(!summary(&after.changes).contains(&"Modified edited".to_owned()));
    });
}

#[test]
fn a_change_that_keeps_size_and_time_is_seen() {
    each(|place| {
        place.put("a", "one");
        let shadow = place.open();
        let base = place.begin(&shadow);
        let path = place.attempt().join("a");
        let time = fs::metadata(&path).unwrap().modified().unwrap();
        put(&path, "two");
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_modified(time).unwrap();
        assert_eq!(summary(&place.capture(&shadow, &base).changes), ["Modified a"]);
        let first = shadow.snapshot(ALL).unwrap().tree;
        for text in ["1st", "2nd", "3rd"] {
            place.put("a", text);
            let next = shadow.snapshot(ALL).unwrap().tree;
            let changes = shadow.read_changes(&first, &next).unwrap();
            assert_eq!(changes.files()[0].after.as_ref().unwrap().bytes, text.as_bytes());
        }
    });
}

/// A repository with something of everything.
fn repository(place: &Place) {
    place.user_git(&["init", "-q"]);
    place.put(".gitignore", "*.log\nbuild/\n!keep.log\n");
    place.put("committed", "1");
    place.put("removed", "1");
    place.put("build/tracked", "tracked in spite of the rule");
    place.put("target/mod.rs", "a folder of the user's own with litter's name");
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

const IN_REPOSITORY: [&str; 7] = [
    ".gitignore",
    "build/tracked",
    "committed",
    "keep.log",
    "staged",
    "target/mod.rs",
    "untracked",
];

#[test]
fn a_repository_is_seen_as_git_sees_it_and_never_written() {
    each(|place| {
        repository(place);
        let before = read_back(&place.path(".git"));
        let shadow = place.open();
        let base = place.begin(&shadow);
        assert_eq!(read_back(&place.attempt()).into_keys().collect::<Vec<_>>(), IN_REPOSITORY);
        assert_eq!(
            read_back(&place.attempt())["committed"].1,
            b"edited, not committed"
        );
        put(&place.attempt().join("x.log"), "ignored");
        put(&place.attempt().join("build/output"), "ignored");
        put(&place.attempt().join("mine"), "excluded");
        put(&place.attempt().join("build/tracked"), "edited");
        put(&place.attempt().join("new"), "1");
        let captured = place.capture(&shadow, &base);
        assert_eq!(summary(&captured.changes), ["Modified build/tracked", "Added new"]);
        assert_eq!(captured.left_out, []);
        shadow.pin("run-1/task-1/base", &base).unwrap();
        shadow.pin("run-1/task-1/after", &captured.tree).unwrap();
        assert_eq!(read_back(&place.path(".git")), before, "the user's repository was written");
    });
}

#[test]
fn worktrees_split_indexes_and_other_hashes_work() {
    each(|place| {
        repository(place);
        place.user_git(&["update-index", "--split-index"]);
        place.put("later", "1");
        place.user_git(&["add", "later"]);
        let shadow = place.open();
        let mut expected: Vec<&str> = IN_REPOSITORY.to_vec();
        expected.insert(4, "later");
        let tree = shadow.snapshot(ALL).unwrap().tree;
        assert_eq!(place.names(&shadow, &tree), expected);

        let linked = place.top.join("linked");
        place.user_git(&["worktree", "add", "-q", linked.to_str().unwrap()]);
        put(&linked.join("build/output"), "ignored");
        let shadow = place.open_at(&linked);
        let tree = shadow.snapshot(ALL).unwrap().tree;
        assert_eq!(
            place.names(&shadow, &tree),
            [".gitignore", "build/tracked", "committed", "removed", "target/mod.rs"]
        );

        let other = place.top.join("other");
        fs::create_dir(&other).unwrap();
        place.user_git_at(&other, &["init", "-q", "--object-format=sha256"]);
        put(&other.join("a"), "1");
        place.user_git_at(&other, &["add", "a"]);
        let shadow = place.open_at(&other);
        let tree = shadow.snapshot(ALL).unwrap().tree;
        assert_eq!(tree.as_str().len(), 64);
        assert_eq!(place.names(&shadow, &tree), ["a"]);
    });
}

#[test]
fn a_repository_without_a_commit_and_one_in_the_middle_of_a_merge_work() {
    each(|place| {
        place.user_git(&["init", "-q", "-b", "main"]);
        place.put("a", "1\n");
        let shadow = place.open();
        assert_eq!(place.names(&shadow, &shadow.snapshot(ALL).unwrap().tree), ["a"]);
        place.user_git(&["add", "a"]);
        place.user_git(&["commit", "-q", "-m", "1"]);
        place.user_git(&["checkout", "-q", "-b", "other"]);
        place.put("a", "2\n");
        place.user_git(&["commit", "-q", "-am", "2"]);
        place.user_git(&["checkout", "-q", "main"]);
        place.put("a", "3\n");
        place.user_git(&["commit", "-q", "-am", "3"]);
        #[expect(clippy::disallowed_methods, reason = "the test plays the user")]
        let merge = std::process::Command::new(&place.git)
            .args(["-c", "user.name=u", "-c", "user.email=u@localhost", "merge", "-q", "other"])
            .current_dir(place.root())
            .output()
            .unwrap();
        assert!(!merge.status.success(), "the merge was meant to clash");
        let tree = shadow.snapshot(ALL).unwrap().tree;
        shadow.checkout(&tree, &place.attempt()).unwrap();
        let text = String::from_utf8(read_back(&place.attempt())["a"].1.clone()).unwrap();
        assert!(text.contains("<<<<<<<"), "{text}");
    });
}

#[test]
fn a_folder_below_the_top_knows_the_rules_above() {
    each(|place| {
        repository(place);
        place.put("part/src/main.rs", "1");
        place.put("part/src/.gitignore", "!again.log\n");
        place.put("part/x.log", "ignored by the rule above");
        place.put("part/build/y", "ignored by the rule above");
        let shadow = place.open_at(&place.path("part"));
        let tree = shadow.snapshot(ALL).unwrap().tree;
        shadow.checkout(&tree, &place.attempt()).unwrap();
        assert_eq!(
            read_back(&place.attempt()).into_keys().collect::<Vec<_>>(),
            ["src/.gitignore", "src/main.rs"]
        );
        for name in ["y.log", "build/z", "src/again.log", "src/lib.rs"] {
            put(&place.attempt().join(name), "1");
        }
        let captured = place.capture(&shadow, &tree);
        assert_eq!(summary(&captured.changes), ["Added src/again.log", "Added src/lib.rs"]);
    });
}

#[test]
fn a_project_inside_a_repository_that_ignores_it_stands_for_itself() {
    each(|place| {
        place.user_git_at(&place.top, &["init", "-q"]);
        put(&place.top.join(".gitignore"), "*\n");
        place.put("a", "1");
        place.put("b/c", "1");
        let shadow = place.open();
        let tree = shadow.snapshot(ALL).unwrap().tree;
        assert_eq!(place.names(&shadow, &tree), ["a", "b/c"]);
    });
}

#[test]
fn nothing_that_the_repository_names_runs_or_changes_a_byte() {
    each(|place| {
        place.user_git(&["init", "-q"]);
        let mark = place.top.join("ran");
        let canary = place.top.join("canary.sh");
        put(&canary, format!("#!/bin/sh\ntouch '{}'\ncat\n", mark.display()));
        fs::set_permissions(&canary, fs::Permissions::from_mode(0o755)).unwrap();
        let canary = canary.to_str().unwrap();
        for key in ["core.fsmonitor", "filter.evil.clean", "filter.evil.smudge", "diff.external"] {
            place.user_git(&["config", key, canary]);
        }
        place.user_git(&["config", "core.autocrlf", "true"]);
        for hook in ["post-index-change", "post-checkout", "pre-commit", "reference-transaction"] {
            fs::create_dir_all(place.path(".git/hooks")).unwrap();
            symlink(canary, place.path(".git/hooks").join(hook)).unwrap();
        }
        place.put(
            ".gitattributes",
            "* text=auto eol=crlf filter=evil diff=evil ident working-tree-encoding=UTF-16\n",
        );
        place.put("sub/.gitattributes", "* filter=evil text eol=lf\n");
        for name in ["a", "sub/b"] {
            place.put(name, "one\r\ntwo\n$Id$\n");
        }
        let expected = read_back(&place.root());
        let shadow = place.open();
        let base = place.begin(&shadow);
        for (name, value) in read_back(&place.attempt()) {
            assert_eq!(value, expected[&name], "{name}");
        }
        let hostile = "[core]\n\tfsmonitor = CANARY\n\thooksPath = ../hooks\n[filter \"evil\"]\n\tclean = CANARY\n";
        for folder in ["", "sub", "bare"] {
            let git = place.attempt().join(folder).join(if folder == "bare" { "" } else { ".git" });
            put(&git.join("HEAD"), "ref: refs/heads/main\n");
            put(&git.join("config"), hostile.replace("CANARY", canary));
            fs::create_dir_all(git.join("objects")).unwrap();
            fs::create_dir_all(git.join("refs")).unwrap();
        }
        put(&place.attempt().join("a"), "edited\r\n$Id$\n");
        put(&place.attempt().join("sub/b"), "edited too\r\n");
        let captured = place.capture(&shadow, &base);
        assert_eq!(
            summary(&captured.changes),
            ["Modified a", "Added bare/HEAD", "Added bare/config", "Modified sub/b"]
        );
        assert_eq!(captured.changes.files()[0].after.as_ref().unwrap().bytes, b"edited\r\n$Id$\n");
        assert!(left_out(&captured.left_out).contains(&(".git", Why::Reserved)));
        assert!(left_out(&captured.left_out).contains(&("sub/.git", Why::Reserved)));
        shadow.pin("a", &captured.tree).unwrap();
        assert!(!mark.exists(), "a program that the repository names ran");
    });
}

#[test]
fn a_hostile_attempt_is_captured_or_named() {
    each(|place| {
        place.put("src/a.py", "1");
        place.put("docs/b", "1");
        place.put("old-pipe", "1");
        put(&place.top.join("outside/secret"), "secret");
        let shadow = place.open();
        let base = place.begin(&shadow);
        let at = |name: &str| place.attempt().join(name);
        put(&at(".git"), "gitdir: /nowhere\n");
        put(&at("src/.git"), "not a git file at all");
        fifo(&at("pipe"));
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        symlink("loop-b", at("loop-a")).unwrap();
        symlink("loop-a", at("loop-b")).unwrap();
        symlink("/dev/zero", at("zero")).unwrap();
        host::files::remove_tree(&at("docs")).unwrap();
        symlink("../outside", at("docs")).unwrap();
        host::files::remove_tree(&at("old-pipe")).unwrap();
        fifo(&at("old-pipe"));
        put(&at(".gitignore"), "hidden.py\nhidden/\n*.pyc\n");
        put(&at("hidden.py"), "what makes the tests pass");
        put(&at("hidden/deep/x"), "1");
        put(&at("src/__pycache__/a.pyc"), "litter");
        put(&at("sub/.KIRO/config.yaml"), "1");
        put(&at(OsStr::from_bytes(b"bad-\xff").to_str().unwrap_or("bad-name")), "1");
        put(&place.attempt().join(OsStr::from_bytes(b"bad-\xff")), "1");
        fs::File::create(at("huge")).unwrap().set_len((64 << 20) + 1).unwrap();
        let captured = place.capture(&shadow, &base);
        assert_eq!(
            summary(&captured.changes),
            [
                "Added .gitignore",
                "Added bad-name",
                "Added docs",
                "Deleted docs/b",
                "Added loop-a",
                "Added loop-b",
                "Deleted old-pipe",
                "Added zero",
            ]
        );
        let text = format!("{:?}", captured.changes);
        assert!(!text.contains("secret"), "a link was followed");
        assert_eq!(
            left_out(&captured.left_out),
            [
                (".git", Why::Reserved),
                ("bad-\u{fffd}", Why::Name),
                ("hidden", Why::Hidden),
                ("hidden.py", Why::Hidden),
                ("huge", Why::TooLarge),
                ("old-pipe", Why::Special),
                ("src/.git", Why::Reserved),
                ("sub/.KIRO/config.yaml", Why::Reserved),
            ]
        );
    });
}

#[test]
fn a_pipe_in_the_place_of_rules_does_not_hang() {
    each(|place| {
        for name in [".gitignore", "sub/.gitattributes"] {
            place.put("sub/a", "1");
            let shadow = place.open();
            fifo(&place.path(name));
            let error = shadow.snapshot(ALL).unwrap_err().to_string();
            assert!(error.ends_with(&format!("{name} is a pipe, not a file; remove it")), "{error}");
            host::files::remove_tree(&place.path(name)).unwrap();
            assert!(shadow.snapshot(ALL).is_ok());
        }
    });
}

#[test]
fn nested_repositories_special_and_huge_files_are_reported() {
    each(|place| {
        place.put("a", "1");
        for name in ["inner", "empty"] {
            fs::create_dir(place.path(name)).unwrap();
            place.user_git_at(&place.path(name), &["init", "-q"]);
        }
        place.put("inner/x", "1");
        place.user_git_at(&place.path("inner"), &["add", "."]);
        place.user_git_at(&place.path("inner"), &["commit", "-q", "-m", "1"]);
        place.user_git(&["init", "-q"]);
        place.user_git(&["add", "a"]);
        place.user_git(&["-c", "advice.addEmbeddedRepo=false", "add", "inner"]);
        fs::File::create(place.path("huge")).unwrap().set_len((64 << 20) + 1).unwrap();
        put(&place.root().join(OsStr::from_bytes(b"\xc3\x28")), "1");
        let shadow = place.open();
        let snapshot = shadow.snapshot(ALL).unwrap();
        assert_eq!(place.names(&shadow, &snapshot.tree), ["a"]);
        let found = left_out(&snapshot.left_out);
        for expected in [
            ("inner", Why::Repository),
            ("huge", Why::TooLarge),
            ("\u{fffd}(", Why::Name),
        ] {
            assert!(found.contains(&expected), "{found:?}");
        }
    });
}

#[test]
fn a_refused_file_is_never_read() {
    each(|place| {
        place.put("a", "1");
        place.put(".env", "the-secret-of-env");
        place.put("keys/id", "the-secret-of-keys");
        let keep = |path: &RelPath| !path.as_str().starts_with("keys/") && path.as_str() != ".env";
        let state = place.top.join("own-state");
        let shadow = Shadow::open(&place.git, &state, &place.root()).unwrap();
        let snapshot = shadow.snapshot(&keep).unwrap();
        assert_eq!(
            left_out(&snapshot.left_out),
            [(".env", Why::Refused), ("keys/id", Why::Refused)]
        );
        shadow.checkout(&snapshot.tree, &place.attempt()).unwrap();
        assert_eq!(read_back(&place.attempt()).into_keys().collect::<Vec<_>>(), ["a"]);
        put(&place.attempt().join(".env"), "planted");
        let captured = shadow.capture(&snapshot.tree, &place.attempt(), &keep).unwrap();
        assert!(captured.changes.is_empty());
        assert_eq!(left_out(&captured.left_out), [(".env", Why::Refused)]);
        for secret in ["the-secret-of-env", "the-secret-of-keys", "planted"] {
            assert!(!has_object(&place.git, &state, secret), "{secret} was hashed");
        }
        assert!(has_object(&place.git, &state, "1"), "the check finds nothing at all");

        place.user_git(&["init", "-q"]);
        place.user_git(&["add", "-A"]);
        let tracked = shadow.snapshot(&keep).unwrap();
        assert_eq!(tracked, snapshot, "what git tracks is refused all the same");
        let all = shadow.snapshot(ALL).unwrap().tree;
        let strict = shadow.snapshot(&keep).unwrap().tree;
        assert_eq!(strict, snapshot.tree, "a file that was taken once stayed in");
        let into = place.top.join("second");
        shadow.checkout(&all, &into).unwrap();
        host::files::remove_tree(&into.join(".env")).unwrap();
        let captured = shadow.capture(&all, &into, &keep).unwrap();
        assert!(captured.changes.is_empty(), "what may not be read counts as unchanged");
    });
}

/// Whether Kiro's own store holds exactly this content.
#[expect(clippy::disallowed_methods, reason = "the test looks into the store with git itself")]
fn has_object(git: &Path, state: &Path, content: &str) -> bool {
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
    run(&["cat-file", "-e", String::from_utf8(id).unwrap().trim()]).status.success()
}

#[test]
fn what_is_pinned_outlives_the_users_repository() {
    each(|place| {
        repository(place);
        place.user_git(&["add", "-A"]);
        place.user_git(&["commit", "-q", "-m", "all"]);
        place.user_git(&["gc", "-q"]);
        let shadow = place.open();
        let base = place.begin(&shadow);
        shadow.pin("task/base", &base).unwrap();
        put(&place.attempt().join("committed"), "by the task");
        put(&place.attempt().join("build/tracked"), "by the task");
        let captured = place.capture(&shadow, &base);
        shadow.pin("task/after", &captured.tree).unwrap();
        host::files::remove_tree(&place.path(".git")).unwrap();
        let shadow = place.open();
        assert_eq!(shadow.read_changes(&base, &captured.tree).unwrap(), captured.changes);
        let undo = shadow.read_changes(&captured.tree, &base).unwrap();
        assert_eq!(undo, captured.changes.inverted());
        assert!(undo.files().iter().all(|it| it.kind() == Kind::Modified));
        let error = shadow.checkout(&base, &place.top.join("late")).unwrap_err();
        assert!(matches!(error, ShadowError::Incomplete { .. }), "{error}");
    });
}

#[test]
fn many_objects_are_packed_when_they_are_pinned() {
    each(|place| {
        for number in 0..300 {
            place.put(&format!("f{number}"), &format!("content {number}"));
        }
        let shadow = place.open();
        let base = shadow.snapshot(ALL).unwrap().tree;
        shadow.pin("many", &base).unwrap();
        let objects = place.top.join("state/shadow.git/objects");
        let loose = read_back(&objects).into_keys().filter(|it| !it.starts_with("pack/")).count();
        assert_eq!(loose, 0);
        assert_eq!(place.names(&shadow, &base).len(), 300);
        for bad in ["", "../x", "a//b", "a.lock"] {
            assert!(matches!(shadow.pin(bad, &base), Err(ShadowError::BadName { .. })), "{bad}");
        }
        let nothing = TreeId::parse(&"0".repeat(40)).unwrap();
        assert!(shadow.pin("nothing", &nothing).is_err());
        assert!(shadow.read_changes(&base, &nothing).is_err());
    });
}

#[test]
fn several_at_once_and_what_the_dead_left_behind_do_not_matter() {
    each(|place| {
        for number in 0..40 {
            place.put(&format!("f{number}"), &format!("content {number}"));
        }
        let shadow = place.open();
        let expected = shadow.snapshot(ALL).unwrap().tree;
        let store = place.top.join("state/shadow.git");
        for name in [
            "index.lock",
            "config.lock",
            "HEAD.lock",
            "packed-refs.lock",
            "refs/kiro/a.lock",
            "kiro/index-4000000-17-0",
            "kiro/index-4000000-17-0.lock",
            "kiro/scratch-4000000-17-1/.gitignore",
        ] {
            put(&store.join(name), "left behind");
        }
        std::thread::scope(|scope| {
            for worker in 0..4 {
                let (place, expected) = (&place, &expected);
                scope.spawn(move || {
                    let shadow = place.open();
                    let into = place.top.join(format!("attempt-{worker}"));
                    for round in 0..3 {
                        let tree = shadow.snapshot(ALL).unwrap().tree;
                        assert_eq!(&tree, expected);
                        host::files::remove_tree(&into).unwrap();
                        shadow.checkout(&tree, &into).unwrap();
                        put(&into.join("mine"), format!("{worker} {round}"));
                        let captured = shadow.capture(&tree, &into, ALL).unwrap();
                        assert_eq!(summary(&captured.changes), ["Added mine"]);
                        shadow.pin("a", &captured.tree).unwrap();
                    }
                });
            }
        });
        let left: Vec<String> = read_back(&store.join("kiro")).into_keys().collect();
        assert!(!left.iter().any(|it| it.contains("4000000")), "{left:?}");
        assert!(!left.iter().any(|it| it.starts_with("index-")), "{left:?}");
    });
}

#[test]
fn an_index_of_an_attempt_that_is_gone_goes_too() {
    each(|place| {
        place.put("a", "1");
        let shadow = place.open();
        place.begin(&shadow);
        let kept = || {
            let names = read_back(&place.top.join("state/shadow.git/kiro")).into_keys();
            names.filter(|it| it.ends_with(".place")).count()
        };
        place.open();
        assert_eq!(kept(), 1);
        host::files::remove_tree(&place.attempt()).unwrap();
        place.open();
        assert_eq!(kept(), 0);
    });
}

#[test]
fn state_inside_the_workspace_is_not_part_of_it() {
    each(|place| {
        place.put("a", "1");
        let state = place.path("own/state");
        let shadow = Shadow::open(&place.git, &state, &place.root()).unwrap();
        let first = shadow.snapshot(ALL).unwrap();
        assert_eq!(shadow.snapshot(ALL).unwrap(), first);
        assert_eq!(place.names(&shadow, &first.tree), ["a"]);
    });
}

#[test]
fn a_folder_with_an_odd_name_works() {
    each(|place| {
        for name in [&b"a b:c\"d\\e"[..], b"$(touch ran);`x`", b"new\nline", b"\xff\xfe"] {
            let root = place.top.join(OsStr::from_bytes(name));
            fs::create_dir(&root).unwrap();
            place.user_git_at(&root, &["init", "-q"]);
            put(&root.join("a"), "1");
            place.user_git_at(&root, &["add", "a"]);
            let shadow = place.open_at(&root);
            let tree = shadow.snapshot(ALL).unwrap().tree;
            let into = place.top.join(OsStr::from_bytes(&[name, b"-attempt"].concat()));
            shadow.checkout(&tree, &into).unwrap();
            put(&into.join("b"), "2");
            let captured = shadow.capture(&tree, &into, ALL).unwrap();
            assert_eq!(summary(&captured.changes), ["Added b"]);
        }
    });
}

#[test]
fn what_cannot_be_read_is_named() {
    if rustix::process::geteuid().is_root() {
        println!("skipped: root can read everything, so this says nothing");
        return;
    }
    each(|place| {
        place.put("a", "1");
        place.put("locked/b", "1");
        let lock = |name: &str, bits| {
            fs::set_permissions(place.path(name), fs::Permissions::from_mode(bits)).unwrap();
        };
        let shadow = place.open();
        for (name, unlocked) in [("a", 0o644), ("locked", 0o755)] {
            lock(name, 0o000);
            let error = shadow.snapshot(ALL).unwrap_err().to_string();
            assert!(
                error.ends_with(&format!("{name}: permission denied; make it readable or add it to .gitignore")),
                "{error}"
            );
            lock(name, unlocked);
        }
        put(&place.path(".gitignore"), "locked/\n");
        lock("locked", 0o000);
        let result = shadow.snapshot(ALL);
        lock("locked", 0o755);
        assert!(result.is_ok());
    });
}

/// Prints how long things take; run with `--run-ignored all --no-capture`.
#[test]
#[ignore = "measures"]
fn figures() {
    for git in gits() {
        let place = Place::new(&git);
        for number in 0..10_000 {
            let name = format!("d{}/f{number}.py", number / 100);
            place.put(&name, &format!("def f{number}():\n    return {number}\n"));
        }
        let timed = |what: &str, act: &mut dyn FnMut()| {
            let watch = host::clock::Stopwatch::start();
            act();
            println!("{:>8} ms  {what}", watch.elapsed_ms());
        };
        println!("{}", host::process::git_version(&git).unwrap());
        let shadow = place.open();
        let mut tree = None;
        timed("first snapshot of 10,000 files", &mut || tree = Some(shadow.snapshot(ALL).unwrap().tree));
        timed("second snapshot", &mut || tree = Some(shadow.snapshot(ALL).unwrap().tree));
        let tree = tree.unwrap();
        timed("first pin", &mut || shadow.pin("base", &tree).unwrap());
        timed("second pin", &mut || shadow.pin("base", &tree).unwrap());
        timed("checkout", &mut || shadow.checkout(&tree, &place.attempt()).unwrap());
        timed("capture of nothing", &mut || drop(place.capture(&shadow, &tree)));
        put(&place.attempt().join("d5/f500.py"), "changed");
        timed("capture of one file", &mut || drop(place.capture(&shadow, &tree)));
        timed("capture of one file again", &mut || drop(place.capture(&shadow, &tree)));
        for number in 0..100_000 {
            put(&place.attempt().join(format!("new{}/f{number}", number / 1000)), "x");
        }
        timed("capture of 100,000 new files", &mut || drop(place.capture(&shadow, &tree)));
        timed("removal of the attempt", &mut || host::files::remove_tree(&place.attempt()).unwrap());
    }
}
