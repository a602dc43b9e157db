//! Files, as the session uses them: with permits, in real folders.

use std::fs;
use std::io::Write as _;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use change::{Changeset, FileChange, FileState, Mode, RelPath};
use host::files::{
    ApplyError, EntryKind, FileError, Rewrite, apply, disk_free, ensure_folder,
    ensure_private_folder, entries_in, load_in, preview, read, read_given, read_in, remove_tree,
    write, write_all_in, write_in,
};
use policy::{Gate, Permit, Rules, Verdict};

struct Place {
    _held: tempfile::TempDir,
    root: PathBuf,
}

impl Place {
    fn new() -> Place {
        let held = tempfile::tempdir().unwrap();
        let root = held.path().canonicalize().unwrap().join("project");
        fs::create_dir(&root).unwrap();
        Place { _held: held, root }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn put(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        put(&path, text);
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn gate(&self) -> Gate {
        Gate::new(&self.root, Rules::parse(None, None).unwrap())
    }

    fn write(&self, name: &str, text: &str) -> Result<(), FileError> {
        let permit = granted(self.gate().judge_document(&rel(name), text.as_bytes()));
        write(permit, &self.path(name), text.as_bytes())
    }

    fn write_in(&self, name: &str, text: &str) -> Result<(), FileError> {
        let verdict = self
            .gate()
            .judge_attempt_write(&self.root, &rel(name), text.as_bytes());
        write_in(granted(verdict), &self.root, &rel(name), text.as_bytes())
    }

    fn apply(&self, changes: &Changeset) -> Result<host::files::Applied, ApplyError> {
        apply(
            granted(self.gate().judge_changes(changes, &[], &[])),
            &self.root,
            changes,
        )
    }

    /// The names of everything in the project, folders with a final `/`.
    fn names(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut todo = vec![self.root.clone()];
        while let Some(folder) = todo.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                let name = entry
                    .path()
                    .strip_prefix(&self.root)
                    .unwrap()
                    .display()
                    .to_string();
                if entry.file_type().unwrap().is_dir() {
                    todo.push(entry.path());
                    found.push(format!("{name}/"));
                } else {
                    found.push(name);
                }
            }
        }
        found.sort();
        found
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test plays the user's editor"
)]
fn put(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
}

fn rel(text: &str) -> RelPath {
    RelPath::parse(text).unwrap()
}

fn granted(verdict: Verdict) -> Permit {
    match verdict {
        Verdict::Allow(permit) => permit,
        Verdict::Ask(ask) => ask.approved(),
        Verdict::Deny(reasons) => panic!("denied: {}", reasons[0]),
    }
}

fn change(path: &str, before: Option<&str>, after: Option<&str>) -> FileChange {
    FileChange {
        path: rel(path),
        before: before.map(FileState::file),
        after: after.map(FileState::file),
    }
}

fn changes(files: Vec<FileChange>) -> Changeset {
    Changeset::new(files).unwrap()
}

fn link(target: &str) -> FileState {
    FileState {
        mode: Mode::Symlink,
        bytes: target.into(),
    }
}

#[test]
fn reading_has_a_limit_and_wants_files() {
    let place = Place::new();
    place.put("a", "12345");
    assert_eq!(read(&place.path("a"), 5).unwrap(), b"12345");
    let error = read(&place.path("a"), 4).unwrap_err().to_string();
    assert!(error.ends_with("a: it is larger than 4 bytes"), "{error}");
    let error = read(&place.root, 4).unwrap_err().to_string();
    assert!(
        error.ends_with("project: a folder stands there, not a file"),
        "{error}"
    );
    let error = read(&place.path("none"), 4).unwrap_err().to_string();
    assert!(error.ends_with("none: it does not exist"), "{error}");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        place.path("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RWXU,
        0,
    )
    .unwrap();
    let error = read(&place.path("pipe"), 4).unwrap_err().to_string();
    assert!(
        error.ends_with("pipe: a pipe stands there, not a file"),
        "{error}"
    );
}

#[test]
fn reading_below_a_folder_stays_below_it() {
    let place = Place::new();
    place.put("a/b", "inside");
    put(&place.root.parent().unwrap().join("secret"), "outside");
    symlink("a/b", place.path("inner")).unwrap();
    symlink("../secret", place.path("outer")).unwrap();
    symlink("/etc", place.path("a/etc")).unwrap();
    assert_eq!(read_in(&place.root, &rel("inner"), 100).unwrap(), b"inside");
    for name in ["outer", "a/etc/hostname"] {
        assert!(read_in(&place.root, &rel(name), 100).is_err(), "{name}");
    }
}

#[test]
fn a_write_replaces_the_whole_file_and_keeps_its_bits() {
    let place = Place::new();
    place.put("plans/x.md", "a much longer text than the new one");
    fs::set_permissions(place.path("plans/x.md"), fs::Permissions::from_mode(0o640)).unwrap();
    let old = fs::metadata(place.path("plans/x.md")).unwrap();
    place.write("plans/x.md", "new").unwrap();
    assert_eq!(place.text("plans/x.md"), "new");
    let new = fs::metadata(place.path("plans/x.md")).unwrap();
    assert_eq!(new.mode() & 0o7777, 0o640);
    assert_ne!(new.ino(), old.ino(), "the file was overwritten in place");
    assert_eq!(
        place.names(),
        ["plans/", "plans/x.md"],
        "something was left behind"
    );
}

#[test]
fn a_write_without_its_folder_names_the_file() {
    let place = Place::new();
    let error = place.write("plans/x.md", "new").unwrap_err().to_string();
    assert!(
        error.starts_with("cannot write ") && error.ends_with("plans: it does not exist"),
        "{error}"
    );
}

#[test]
fn a_write_follows_a_link_only_within_its_folder() {
    let place = Place::new();
    place.put("plans/real.md", "old");
    place.put("specs/other.md", "other");
    symlink("second.md", place.path("plans/first.md")).unwrap();
    symlink("real.md", place.path("plans/second.md")).unwrap();
    symlink("../specs/other.md", place.path("plans/out.md")).unwrap();
    symlink("loop.md", place.path("plans/loop.md")).unwrap();
    place.write("plans/first.md", "new").unwrap();
    assert_eq!(place.text("plans/real.md"), "new");
    assert!(place.path("plans/first.md").is_symlink());
    let error = place.write("plans/out.md", "new").unwrap_err();
    assert!(matches!(error, FileError::LeavesFolder { .. }), "{error}");
    assert_eq!(place.text("specs/other.md"), "other");
    assert!(place.write("plans/loop.md", "new").is_err());
}

#[test]
fn a_write_in_an_attempt_makes_folders_and_follows_no_link() {
    let place = Place::new();
    place
        .write_in("src/deep/er/main.rs", "fn main() {}")
        .unwrap();
    assert_eq!(place.text("src/deep/er/main.rs"), "fn main() {}");
    fs::create_dir(place.root.parent().unwrap().join("home")).unwrap();
    symlink("../home", place.path("away")).unwrap();
    symlink("src", place.path("inner")).unwrap();
    symlink("src/deep/er/main.rs", place.path("main.rs")).unwrap();
    for name in [
        "away/x",
        "inner/x",
        "main.rs",
        "src",
        "src/deep/er/main.rs/x",
    ] {
        assert!(place.write_in(name, "evil").is_err(), "{name}");
    }
    assert_eq!(place.text("src/deep/er/main.rs"), "fn main() {}");
    assert!(
        fs::read_dir(place.root.parent().unwrap().join("home"))
            .unwrap()
            .next()
            .is_none()
    );
}

#[test]
fn a_permit_is_for_these_bytes_at_this_place() {
    let place = Place::new();
    fs::create_dir(place.path("plans")).unwrap();
    let permit = || granted(place.gate().judge_document(&rel("plans/x.md"), b"agreed"));
    let error = write(permit(), &place.path("plans/x.md"), b"other").unwrap_err();
    assert!(matches!(error, FileError::Permit(_)), "{error}");
    let error = write(permit(), &place.path("plans/y.md"), b"agreed").unwrap_err();
    assert!(matches!(error, FileError::Permit(_)), "{error}");
    let agreed = changes(vec![change("a", None, Some("1"))]);
    let other = changes(vec![change("a", None, Some("2"))]);
    let permit = granted(place.gate().judge_changes(&agreed, &[], &[]));
    let error = apply(permit, &place.root, &other).unwrap_err();
    assert!(matches!(error, ApplyError::Permit(_)), "{error}");
    assert_eq!(place.names(), ["plans/"]);
}

#[test]
fn leftovers_of_dead_processes_are_removed() {
    let place = Place::new();
    place.put("plans/.kiro-tmp.4000000.17.0", "half");
    place.put("plans/.kiro-tmp.notes", "the user's own");
    place.put("plans/.kiro-tmp.4000000.17.1/own", "a folder's");
    place.write("plans/x.md", "new").unwrap();
    assert_eq!(
        place.names(),
        [
            "plans/",
            "plans/.kiro-tmp.4000000.17.1/",
            "plans/.kiro-tmp.4000000.17.1/own",
            "plans/.kiro-tmp.notes",
            "plans/x.md"
        ]
    );
}

#[test]
fn leftovers_are_removed_where_nothing_is_written_any_more() {
    let place = Place::new();
    place.put(
        "plans/.kiro-tmp.4000000.17.0",
        "as it was before the last tick",
    );
    place.put("plans/x.md", "- [x] 1. Whole");
    let path = |text: &str| RelPath::parse(text).expect("a path");
    host::files::clear_leftovers(&place.root, &path("plans/x.md")).expect("cleared");
    assert_eq!(place.names(), ["plans/", "plans/x.md"]);
    host::files::clear_leftovers(&place.root, &path("gone/x.md")).expect("nothing is there");
}

/// A landing that died after it had made the folder of a file whose content still lay above.
#[test]
fn leftovers_above_a_file_are_removed_too() {
    let place = Place::new();
    place.put(".kiro-tmp.4000000.17.0", "half");
    place.put("a/.kiro-tmp.4000000.17.1", "half");
    place.put("a/b/there", "1");
    place.put("c/.kiro-tmp.4000000.17.2", "elsewhere");
    let changes = changes(vec![change("a/b/new", None, Some("1"))]);
    let permit = granted(place.gate().judge_changes(&changes, &[], &[]));
    apply(permit, &place.root, &changes).unwrap();
    let names = [
        "a/",
        "a/b/",
        "a/b/new",
        "a/b/there",
        "c/",
        "c/.kiro-tmp.4000000.17.2",
    ];
    assert_eq!(place.names(), names);
}

#[test]
fn a_changeset_is_brought_in_whole() {
    let place = Place::new();
    place.put("keep", "kept");
    place.put("old/only", "1");
    place.put("old/shared", "1");
    place.put("gone/deep/er", "1");
    place.put("a", "file");
    place.put("run.sh", "#!/bin/sh\n");
    let wanted = changes(vec![
        change("new/deep/er", None, Some("new")),
        change("old/only", Some("1"), None),
        change("gone/deep/er", Some("1"), None),
        change("a", Some("file"), None),
        change("a/b", None, Some("inner")),
        FileChange {
            path: rel("run.sh"),
            before: Some(FileState::file("#!/bin/sh\n")),
            after: Some(FileState {
                mode: Mode::Executable,
                bytes: b"#!/bin/sh\n".to_vec(),
            }),
        },
        FileChange {
            path: rel("link"),
            before: None,
            after: Some(link("new/deep/er")),
        },
    ]);
    let applied = place.apply(&wanted).unwrap();
    assert_eq!(applied.landing.changes, wanted);
    assert!(applied.landing.skipped.is_empty() && applied.landing.merged.is_empty());
    assert_eq!(
        place.names(),
        [
            "a/",
            "a/b",
            "keep",
            "link",
            "new/",
            "new/deep/",
            "new/deep/er",
            "old/",
            "old/shared",
            "run.sh"
        ]
    );
    assert_eq!(place.text("link"), "new");
    assert_eq!(
        fs::metadata(place.path("run.sh")).unwrap().mode() & 0o111,
        0o111
    );
    let again = place.apply(&wanted).unwrap();
    assert!(again.landing.changes.is_empty());
    assert_eq!(again.landing.skipped.len(), wanted.files().len());
    place.apply(&wanted.inverted()).unwrap();
    assert_eq!(
        place.names(),
        [
            "a",
            "gone/",
            "gone/deep/",
            "gone/deep/er",
            "keep",
            "old/",
            "old/only",
            "old/shared",
            "run.sh"
        ]
    );
}

#[test]
fn the_users_edits_are_merged() {
    let place = Place::new();
    place.put("a", "mine\n2\n3\n4\n5\n");
    let wanted = changes(vec![change(
        "a",
        Some("1\n2\n3\n4\n5\n"),
        Some("1\n2\n3\n4\nfive\n"),
    )]);
    let seen = preview(&place.root, &wanted).unwrap();
    assert_eq!(place.text("a"), "mine\n2\n3\n4\n5\n");
    let applied = place.apply(&wanted).unwrap();
    assert_eq!(applied.landing, seen);
    assert_eq!(applied.landing.merged, [rel("a")]);
    assert_eq!(place.text("a"), "mine\n2\n3\n4\nfive\n");
    place.apply(&applied.landing.changes.inverted()).unwrap();
    assert_eq!(place.text("a"), "mine\n2\n3\n4\n5\n");
}

#[track_caller]
fn refused(place: &Place, wanted: Vec<FileChange>, expected: &str) {
    let mut wanted = wanted;
    wanted.push(change("innocent", None, Some("would be fine")));
    let before = place.names();
    let error = place.apply(&changes(wanted)).unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
    assert_eq!(place.names(), before, "something was written");
}

#[test]
fn a_conflict_writes_nothing_and_lists_every_file() {
    let place = Place::new();
    place.put("edited", "mine");
    place.put("kept", "changed");
    place.put("both", "mine");
    place.put("folder/x", "mine");
    place.put("file", "mine");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        place.path("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RWXU,
        0,
    )
    .unwrap();
    let wanted = changes(vec![
        change("edited", Some("old"), Some("theirs")),
        change("deleted", Some("old"), Some("theirs")),
        change("kept", Some("old"), None),
        change("both", None, Some("theirs")),
        change("folder", None, Some("theirs")),
        change("file/inner", None, Some("theirs")),
        change("pipe", None, Some("theirs")),
        change("innocent", None, Some("fine")),
    ]);
    let before = place.names();
    let Err(ApplyError::Conflict { files }) = place.apply(&wanted) else {
        panic!("it was applied");
    };
    let lines: Vec<String> = files.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "both: you and the task both created it",
            "deleted: you deleted it, and the task changes it",
            "edited: you and the task changed the same lines",
            "file/inner: a file or a link stands where its folder belongs",
            "folder: a folder stands there",
            "kept: you changed it, and the task deletes it",
            "pipe: a pipe stands there",
        ]
    );
    assert_eq!(place.names(), before);
    assert_eq!(place.text("edited"), "mine");
}

#[test]
fn nothing_is_written_through_a_link_or_into_gits_folder() {
    let place = Place::new();
    fs::create_dir(place.root.parent().unwrap().join("home")).unwrap();
    symlink("../home", place.path("away")).unwrap();
    refused(
        &place,
        vec![change("away/x", None, Some("evil"))],
        "a file or a link stands where its folder belongs",
    );
    for target in ["/etc/passwd", "../home", "away/x", ".git/config"] {
        let wanted = FileChange {
            path: rel("new-link"),
            before: None,
            after: Some(link(target)),
        };
        refused(&place, vec![wanted], "which leads out of the folder");
    }
    assert!(
        fs::read_dir(place.root.parent().unwrap().join("home"))
            .unwrap()
            .next()
            .is_none()
    );
}

#[test]
fn a_folder_makes_room_only_when_the_changeset_empties_it() {
    let place = Place::new();
    place.put("a/x", "1");
    place.put("a/deep/y", "2");
    let wanted = || {
        vec![
            change("a/x", Some("1"), None),
            change("a/deep/y", Some("2"), None),
            change("a", None, Some("now a file")),
        ]
    };
    place.put("a/deep/mine", "the user's");
    refused(&place, wanted(), "a: a folder stands there");
    fs::rename(place.path("a/deep/mine"), place.path("mine")).unwrap();
    place.apply(&changes(wanted())).unwrap();
    assert_eq!(place.text("a"), "now a file");
}

#[test]
fn folders_are_made_for_everybody_or_for_the_user_alone() {
    let place = Place::new();
    ensure_folder(&place.path("a/b")).unwrap();
    ensure_folder(&place.path("a/b")).unwrap();
    ensure_private_folder(&place.path("p/q")).unwrap();
    for name in ["p", "p/q"] {
        assert_eq!(
            fs::metadata(place.path(name)).unwrap().mode() & 0o777,
            0o700
        );
    }
    place.put("file", "");
    assert!(ensure_folder(&place.path("file/x")).is_err());
    assert!(ensure_folder(Path::new("relative")).is_err());
    assert!(disk_free(&place.path("not/there/yet")).unwrap() > 0);
}

#[test]
fn a_tree_goes_whole_and_nothing_else() {
    let place = Place::new();
    put(&place.root.parent().unwrap().join("outside"), "stays");
    fs::create_dir(place.root.parent().unwrap().join("folder")).unwrap();
    place.put("tree/a/b/c", "1");
    place.put("tree/locked/inner/x", "1");
    place.put(
        "tree/1.removed/x",
        "a name that the removal itself would use",
    );
    symlink("../../outside", place.path("tree/link")).unwrap();
    symlink("../../folder", place.path("tree/folder-link")).unwrap();
    symlink("loop", place.path("tree/loop")).unwrap();
    for name in ["tree/locked/inner", "tree/locked"] {
        fs::set_permissions(place.path(name), fs::Permissions::from_mode(0o000)).unwrap();
    }
    remove_tree(&place.path("tree")).unwrap();
    assert!(place.names().is_empty(), "{:?}", place.names());
    assert!(place.root.parent().unwrap().join("outside").exists());
    assert!(place.root.parent().unwrap().join("folder").exists());
    remove_tree(&place.path("tree")).unwrap();
    symlink("../folder", place.path("tree")).unwrap();
    remove_tree(&place.path("tree")).unwrap();
    assert!(place.root.parent().unwrap().join("folder").exists());
    for bad in ["/", "tree", "/tmp/.."] {
        assert!(remove_tree(Path::new(bad)).is_err(), "{bad}");
    }
}

#[test]
fn a_tree_of_any_depth_goes() {
    let place = Place::new();
    fs::create_dir(place.path("tree")).unwrap();
    let flags = rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::RDONLY;
    let mut at = rustix::fs::open(place.path("tree"), flags, rustix::fs::Mode::empty()).unwrap();
    for _ in 0..1200 {
        rustix::fs::mkdirat(&at, "deeper", rustix::fs::Mode::RWXU).unwrap();
        at = rustix::fs::openat(&at, "deeper", flags, rustix::fs::Mode::empty()).unwrap();
    }
    remove_tree(&place.path("tree")).unwrap();
    assert!(place.names().is_empty());
}

impl Place {
    fn rewrite(&self, name: &str, before: Option<&str>, text: &str) -> Rewrite {
        let (path, bytes) = (rel(name), text.as_bytes());
        Rewrite {
            permit: granted(self.gate().judge_attempt_write(&self.root, &path, bytes)),
            path,
            before: before.map(|it| change::Digest::of(it.as_bytes())),
            bytes: bytes.to_vec(),
        }
    }
}

#[test]
fn several_files_are_written_together() {
    let place = Place::new();
    place.put("a.sh", "old");
    fs::set_permissions(place.path("a.sh"), fs::Permissions::from_mode(0o750)).unwrap();
    let files = vec![
        place.rewrite("a.sh", Some("old"), "new"),
        place.rewrite("deep/er/b", None, "made"),
    ];
    write_all_in(&place.root, files).unwrap();
    assert_eq!(
        (place.text("a.sh"), place.text("deep/er/b")),
        ("new".into(), "made".into())
    );
    let bits = fs::metadata(place.path("a.sh"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(bits & 0o777, 0o750);
    assert_eq!(place.names(), ["a.sh", "deep/", "deep/er/", "deep/er/b"]);
}

#[test]
fn of_several_files_none_is_written_when_one_cannot_be() {
    let place = Place::new();
    place.put("a", "one");
    place.put("b", "two");
    place.put("folder/x", "");
    symlink("b", place.path("link")).unwrap();
    let before = place.names();
    let check = |bad: Rewrite, why: &str| {
        let files = vec![
            place.rewrite("a", Some("one"), "changed"),
            place.rewrite("new", None, "made"),
            bad,
        ];
        let error = write_all_in(&place.root, files).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
        assert_eq!(
            (place.text("a"), place.text("b")),
            ("one".into(), "two".into())
        );
        assert_eq!(place.names(), before);
    };
    check(place.rewrite("b", Some("other"), "x"), "it changed since");
    check(place.rewrite("b", None, "x"), "it changed since");
    check(place.rewrite("gone", Some("was"), "x"), "it changed since");
    check(
        place.rewrite("link", Some("two"), "x"),
        "a link stands there",
    );
    check(place.rewrite("folder", None, "x"), "a folder stands there");
    check(place.rewrite("b/c", None, "x"), "is a link or no folder");
    let mut other = place.rewrite("b", Some("two"), "x");
    other.bytes = b"y".to_vec();
    check(other, "not what was permitted");
}

#[test]
fn what_has_landed_is_put_back() {
    let place = Place::new();
    place.put("a", "one");
    // The same file twice: the second finds that it changed, after the first has landed.
    let files = vec![
        place.rewrite("new", None, "made"),
        place.rewrite("a", Some("one"), "two"),
        place.rewrite("a", Some("one"), "three"),
    ];
    let error = write_all_in(&place.root, files).unwrap_err();
    assert!(matches!(error, FileError::Changed { .. }), "{error}");
    assert_eq!(place.text("a"), "one");
    assert_eq!(place.names(), ["a"]);
}

#[test]
fn looking_around_follows_no_link() {
    let place = Place::new();
    place.put("a/b", "text");
    place.put(".kiro-tmp.1.2.3", "");
    fs::set_permissions(place.path("a/b"), fs::Permissions::from_mode(0o700)).unwrap();
    symlink("a", place.path("inner")).unwrap();
    symlink("a/b", place.path("to-b")).unwrap();
    let entry = |name: &str, kind| (name.to_owned(), kind);
    let entries = |folder: Option<&RelPath>| -> Vec<(String, EntryKind)> {
        let found = entries_in(&place.root, folder).unwrap();
        found.into_iter().map(|it| (it.name, it.kind)).collect()
    };
    assert_eq!(
        entries(None),
        [
            entry("a", EntryKind::Folder),
            entry("inner", EntryKind::Link),
            entry("to-b", EntryKind::Link),
        ]
    );
    assert_eq!(entries(Some(&rel("a"))), [entry("b", EntryKind::File(4))]);
    let loaded = load_in(&place.root, &rel("a/b"), 4).unwrap();
    assert_eq!((&*loaded.bytes, loaded.bits), (&b"text"[..], 0o700));
    for (name, limit, why) in [
        ("a/b", 3, "larger than 3 bytes"),
        ("a", 9, "a folder stands there"),
        ("to-b", 9, "is a link"),
        ("inner/b", 9, "is a link"),
        ("none", 9, "does not exist"),
    ] {
        let error = load_in(&place.root, &rel(name), limit)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(why) && error.starts_with("cannot read"),
            "{error}"
        );
    }
    for name in ["inner", "a/b", "none"] {
        assert!(entries_in(&place.root, Some(&rel(name))).is_err(), "{name}");
    }
}

#[test]
fn what_a_person_names_may_be_a_pipe() {
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    let place = PathBuf::from(format!("/dev/fd/{}", reader.as_raw_fd()));
    writer.write_all(b"0123456789").expect("it fits");
    drop(writer);
    assert!(read(&place, 100).is_err(), "Kiro's own are files");
    assert_eq!(read_given(&place, 10).expect("read"), b"0123456789");
    let folder = tempfile::tempdir().expect("a folder");
    assert!(read_given(folder.path(), 100).is_err());
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(b"0123456789").expect("written");
    let error = read_given(file.path(), 9).expect_err("too large");
    assert!(matches!(error, FileError::TooLarge { limit: 9, .. }));
}
