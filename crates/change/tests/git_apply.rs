//! The unified diff is what git takes it for: applied by `git apply`, it turns the old tree into the
//! new one.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use change::{Changeset, FileChange, FileState, Mode, RelPath};
use proptest::prelude::*;
use tempfile::TempDir;

#[expect(clippy::disallowed_methods, reason = "git is the judge of this test")]
fn git(folder: &Path, arguments: &[&str], input: &str) -> Output {
    use std::io::Write as _;
    let mut child = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CEILING_DIRECTORIES", folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

fn place(folder: &Path, path: &RelPath, state: &FileState) {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let file = folder.join(path.as_str());
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    if state.mode == Mode::Symlink {
        return symlink(std::ffi::OsStr::from_bytes(&state.bytes), &file).unwrap();
    }
    #[expect(clippy::disallowed_methods, reason = "a test's own folder")]
    std::fs::write(&file, &state.bytes).unwrap();
    let bits = if state.mode == Mode::Executable {
        0o755
    } else {
        0o644
    };
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(bits)).unwrap();
}

fn read_tree(folder: &Path, prefix: &str, tree: &mut BTreeMap<String, FileState>) {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::PermissionsExt as _;
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            read_tree(&entry.path(), &format!("{name}/"), tree);
            continue;
        }
        let state = if kind.is_symlink() {
            let target = std::fs::read_link(entry.path()).unwrap();
            FileState {
                mode: Mode::Symlink,
                bytes: target.as_os_str().as_bytes().to_vec(),
            }
        } else {
            let bits = entry.metadata().unwrap().permissions().mode();
            let mode = if bits & 0o100 == 0 {
                Mode::File
            } else {
                Mode::Executable
            };
            FileState {
                mode,
                bytes: std::fs::read(entry.path()).unwrap(),
            }
        };
        tree.insert(name, state);
    }
}

/// Builds the old tree, applies the diff with git, and compares with the new tree.
fn check(changes: &Changeset) {
    let folder = TempDir::new().unwrap();
    let mut expected = BTreeMap::new();
    for file in changes.files() {
        if let Some(before) = &file.before {
            place(folder.path(), &file.path, before);
        }
        if let Some(after) = &file.after {
            expected.insert(file.path.as_str().to_owned(), after.clone());
        }
    }
    let diff = changes.unified();
    let output = git(folder.path(), &["apply", "--whitespace=nowarn", "-"], &diff);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{message}\n{diff}");
    let mut found = BTreeMap::new();
    read_tree(folder.path(), "", &mut found);
    assert_eq!(found, expected, "{diff}");
}

fn state(mode: Mode, text: &str) -> Option<FileState> {
    Some(FileState {
        mode,
        bytes: text.as_bytes().to_vec(),
    })
}

fn text(text: &str) -> Option<FileState> {
    state(Mode::File, text)
}

fn one(path: &str, before: Option<FileState>, after: Option<FileState>) -> Changeset {
    let path = RelPath::parse(path).unwrap();
    Changeset::new(vec![FileChange {
        path,
        before,
        after,
    }])
    .unwrap()
}

#[test]
fn additions_changes_and_deletions() {
    check(&one("a", None, text("1\n2\n")));
    check(&one("a", None, text("")));
    check(&one("a", text(""), None));
    check(&one("a", text("1\n2"), None));
    check(&one("dir/a", text("1\n2\n3\n"), text("1\nX\n3\n")));
    check(&one("a", text("1\n2"), text("1\n2\n")));
    check(&one("a", text("1\n2\n"), text("1\n2")));
    check(&one("a", text("1\n"), text("")));
    check(&one("a", text("1\r\n2\r\n"), text("1\r\nX\r\n2\n")));
    let far: String = (0..100).map(|n| format!("{n}\n")).collect();
    check(&one(
        "a",
        text(&far),
        text(&far.replace("17\n", "x\ny\n").replace("80\n", "")),
    ));
}

#[test]
fn modes_and_links() {
    check(&one("run", text("1\n"), state(Mode::Executable, "1\n")));
    check(&one("run", state(Mode::Executable, "1\n"), text("2\n")));
    check(&one("run", None, state(Mode::Executable, "#!/bin/sh\n")));
    check(&one("link", None, state(Mode::Symlink, "target/file")));
    check(&one(
        "link",
        state(Mode::Symlink, "old"),
        state(Mode::Symlink, "new"),
    ));
    check(&one("link", state(Mode::Symlink, "old"), None));
    check(&one("link", text("1\n2\n"), state(Mode::Symlink, "new")));
    check(&one("link", state(Mode::Symlink, "old"), text("1\n2\n")));
}

#[test]
fn unusual_paths() {
    for path in [
        "a b.txt",
        " lead",
        "trail ",
        "quo\"te",
        "back\\slash",
        "tab\there",
        "new\nline",
        "bell\u{7}",
        "\u{1b}[31m",
        "c1\u{9b}x",
        "ümlaut/日本",
        "a b/c\" d",
        "-dash",
        "dev/null",
        "b/a b/x",
    ] {
        check(&one(path, None, text("1\n")));
        check(&one(path, text("1\n"), text("2\n")));
        check(&one(path, text("1\n"), None));
        check(&one(path, text("1\n"), state(Mode::Executable, "1\n")));
    }
}

#[test]
fn lines_that_look_like_a_diff() {
    let tricky =
        "--- a/x\n+++ b/x\n@@ -1 +1 @@\n\\ No newline at end of file\ndiff --git a/x b/x\n";
    check(&one("a", None, text(tricky)));
    check(&one(
        "a",
        text(tricky),
        text(&format!("-- b\n{tricky}++ c\n")),
    ));
}

#[test]
fn the_text_itself() {
    let changes = Changeset::new(vec![
        FileChange {
            path: RelPath::parse("a b").unwrap(),
            before: text("1\n2"),
            after: text("1\n3\n"),
        },
        FileChange {
            path: RelPath::parse("bin").unwrap(),
            before: text("1"),
            after: text("\0"),
        },
        FileChange {
            path: RelPath::parse("new\n").unwrap(),
            before: None,
            after: state(Mode::Executable, "x\u{1b}\n"),
        },
    ])
    .unwrap();
    insta::assert_snapshot!(changes.display(), @r#"
    diff --git a/a b b/a b
    --- a/a b	
    +++ b/a b	
    @@ -1,2 +1,2 @@
     1
    -2
    \ No newline at end of file
    +3
    diff --git a/bin b/bin
    Binary files a/bin and b/bin differ
    diff --git "a/new\n" "b/new\n"
    new file mode 100755
    --- /dev/null
    +++ "b/new\n"
    @@ -0,0 +1 @@
    +x\u{1b}
    "#);
}

fn small_text() -> impl Strategy<Value = Option<FileState>> {
    let line = prop_oneof![
        Just("a\n"),
        Just("b\n"),
        Just("\n"),
        Just("c\r\n"),
        Just("-\n"),
        Just(" \n")
    ];
    let lines = proptest::collection::vec(line, 0..20);
    (
        lines,
        prop_oneof![3 => Just(""), 1 => Just("end")],
        any::<bool>(),
    )
        .prop_map(|(lines, last, run)| {
            let mode = if run { Mode::Executable } else { Mode::File };
            state(mode, &(lines.concat() + last))
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_change_applies(
        pairs in proptest::collection::vec((proptest::option::of(small_text()), proptest::option::of(small_text())), 1..6),
    ) {
        let files = pairs.into_iter().enumerate().map(|(n, (before, after))| FileChange {
            path: RelPath::parse(&format!("d{}/f{n}", n % 2)).unwrap(),
            before: before.flatten(),
            after: after.flatten(),
        });
        let changes = Changeset::new(files.collect()).unwrap();
        if !changes.is_empty() {
            check(&changes);
        }
    }
}
