//! Properties of bringing changesets in, with crashes at every operation.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use change::{Changeset, Digest, FileChange, FileState, Mode, RelPath};
use policy::{Gate, Rules, Verdict};
use proptest::prelude::*;
use rustix::io::Errno;

use super::apply::{ApplyError, bring_in};
use super::temp;

type Tree = BTreeMap<String, FileState>;

const PATHS: &[&str] = &["a", "a/b", "a/b/c", "a/d", "e", "e/f", "g/h/i", "g/j"];

fn state() -> impl Strategy<Value = FileState> {
    let mode = prop_oneof![
        4 => Just(Mode::File),
        1 => Just(Mode::Executable),
        1 => Just(Mode::Symlink),
    ];
    (mode, prop_oneof![Just("1"), Just("2"), Just("x/y")]).prop_map(|(mode, text)| FileState {
        mode,
        bytes: text.into(),
    })
}

/// A tree in which no file is the folder of another.
fn tree() -> impl Strategy<Value = Tree> {
    prop::collection::vec(prop::option::of(state()), PATHS.len()).prop_map(|states| {
        let mut tree = Tree::new();
        for (path, state) in PATHS.iter().zip(states) {
            let blocked = tree.keys().any(|it| path.starts_with(&format!("{it}/")));
            if let (Some(state), false) = (state, blocked) {
                tree.insert((*path).to_owned(), state);
            }
        }
        tree
    })
}

/// A folder in memory where there is one: every operation here is synced.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

fn difference(before: &Tree, after: &Tree) -> Changeset {
    let change = |path: &&str| FileChange {
        path: RelPath::parse(path).unwrap(),
        before: before.get(*path).cloned(),
        after: after.get(*path).cloned(),
    };
    Changeset::new(PATHS.iter().map(change).collect()).unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test plays the user's editor"
)]
fn lay_out(root: &Path, tree: &Tree) {
    for (path, state) in tree {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if state.mode == Mode::Symlink {
            symlink(std::str::from_utf8(&state.bytes).unwrap(), &path).unwrap();
            continue;
        }
        fs::write(&path, &state.bytes).unwrap();
        if state.mode == Mode::Executable {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
}

/// What stands in the folder, and whether a folder in it is empty.
fn read_back(root: &Path) -> (Tree, bool) {
    let mut tree = Tree::new();
    let mut empty = false;
    let mut todo = vec![root.to_path_buf()];
    while let Some(folder) = todo.pop() {
        let entries: Vec<_> = fs::read_dir(&folder).unwrap().map(Result::unwrap).collect();
        empty |= entries.is_empty() && folder != root;
        for entry in entries {
            let name = entry.file_name().into_string().unwrap();
            let path = entry.path();
            let kind = entry.file_type().unwrap();
            if name.starts_with(temp::PREFIX) {
                continue;
            } else if kind.is_dir() {
                todo.push(path);
                continue;
            }
            let state = if kind.is_symlink() {
                let target = fs::read_link(&path).unwrap();
                FileState {
                    mode: Mode::Symlink,
                    bytes: target.into_os_string().into_encoded_bytes(),
                }
            } else if entry.metadata().unwrap().permissions().mode() & 0o100 == 0 {
                FileState::file(fs::read(&path).unwrap())
            } else {
                FileState {
                    mode: Mode::Executable,
                    bytes: fs::read(&path).unwrap(),
                }
            };
            tree.insert(
                path.strip_prefix(root).unwrap().display().to_string(),
                state,
            );
        }
    }
    (tree, empty)
}

fn bring(root: &Path, changes: &Changeset) {
    bring_in(root, changes, &mut |_| Ok(())).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_folder_becomes_the_tree_after(before in tree(), after in tree()) {
        let folder = folder();
        lay_out(folder.path(), &before);
        let changes = difference(&before, &after);
        bring(folder.path(), &changes);
        prop_assert_eq!(read_back(folder.path()), (after.clone(), false));
        bring(folder.path(), &changes);
        prop_assert_eq!(read_back(folder.path()), (after, false));
        bring(folder.path(), &changes.inverted());
        prop_assert_eq!(read_back(folder.path()), (before, false));
    }

    #[test]
    fn a_crash_at_any_operation_is_completed_by_the_next_try(before in tree(), after in tree()) {
        let changes = difference(&before, &after);
        for crash_at in 0.. {
            let folder = folder();
            lay_out(folder.path(), &before);
            let mut operations = 0;
            let crashed = catch_unwind(AssertUnwindSafe(|| {
                bring_in(folder.path(), &changes, &mut |_| {
                    if operations == crash_at {
                        // Unwinding without the hook keeps the test's output readable.
                        std::panic::resume_unwind(Box::new("the power is gone"));
                    }
                    operations += 1;
                    Ok(())
                })
            }));
            let whole = crashed.is_ok();
            bring(folder.path(), &changes);
            let found = read_back(folder.path());
            prop_assert_eq!(found, (after.clone(), false), "after a crash at operation {}", crash_at);
            if whole {
                break;
            }
        }
    }
}

#[test]
fn a_full_disk_before_the_first_file_is_touched_leaves_nothing() {
    let folder = folder();
    let before: Tree = [("a/b".to_owned(), FileState::file("1"))].into();
    let after: Tree = [
        ("a/b".to_owned(), FileState::file("2")),
        ("e".to_owned(), FileState::file("2")),
    ]
    .into();
    lay_out(folder.path(), &before);
    let mut operations = 0;
    let error = bring_in(folder.path(), &difference(&before, &after), &mut |_| {
        operations += 1;
        if operations == 2 {
            Err(Errno::NOSPC)
        } else {
            Ok(())
        }
    })
    .unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, ApplyError::File(_)), "{text}");
    assert!(
        text.starts_with("nothing was written: cannot write "),
        "{text}"
    );
    assert!(text.ends_with("e: no space left on the disk"), "{text}");
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 1, "a temporary file was left behind");
    assert_eq!(read_back(folder.path()), (before, false));
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the test plays the user's editor"
)]
fn an_edit_in_the_very_moment_is_not_overwritten() {
    let folder = folder();
    let before: Tree = [
        ("a/d".to_owned(), FileState::file("1")),
        ("e".to_owned(), FileState::file("1")),
    ]
    .into();
    let after: Tree = [
        ("a/d".to_owned(), FileState::file("2")),
        ("e".to_owned(), FileState::file("2")),
    ]
    .into();
    lay_out(folder.path(), &before);
    let changes = difference(&before, &after);
    let edited = folder.path().join("e");
    let mut operations = 0;
    let error = bring_in(folder.path(), &changes, &mut |_| {
        operations += 1;
        if operations == 3 {
            fs::write(&edited, "the user's").unwrap();
        }
        Ok(())
    })
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "e changed while 1 of 2 files were brought in; apply the same changes again to complete it"
    );
    assert_eq!(fs::read(&edited).unwrap(), b"the user's");
    let again = bring_in(folder.path(), &changes, &mut |_| Ok(()));
    assert!(matches!(again, Err(ApplyError::Conflict { .. })));
    assert_eq!(fs::read(&edited).unwrap(), b"the user's");
}

/// Whichever operation comes next: what the user did just before it stands afterwards.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the test plays the user's editor"
)]
fn there_is_no_moment_in_which_an_edit_is_lost() {
    let states = |text: &str| [("a/d".to_owned(), FileState::file(text))].into();
    let (one, two, none) = (states("1"), states("2"), Tree::new());
    for (before, after) in [(&one, &two), (&one, &none), (&none, &two)] {
        for at in 1..6 {
            for removes in [false, true] {
                let folder = folder();
                lay_out(folder.path(), before);
                let file = folder.path().join("a/d");
                let mut operations = 0;
                let mut acted = false;
                let _ = bring_in(folder.path(), &difference(before, after), &mut |_| {
                    operations += 1;
                    let stands = file.is_file();
                    if operations != at || !file.parent().is_some_and(Path::is_dir) {
                        return Ok(());
                    }
                    match removes {
                        true if stands => fs::remove_file(&file).unwrap(),
                        true => return Ok(()),
                        false => fs::write(&file, "the user's").unwrap(),
                    }
                    acted = true;
                    Ok(())
                });
                let now = fs::read(&file).ok();
                let wanted = (!removes).then(|| b"the user's".to_vec());
                assert!(
                    !acted || now == wanted,
                    "{before:?} {after:?} {at} {removes}"
                );
            }
        }
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the test plays the user's editor"
)]
fn a_document_is_written_over_only_as_it_was_read() {
    let folder = folder();
    let root = folder.path().canonicalize().unwrap();
    let rules = Rules::parse(None, None).unwrap();
    let (file, gate) = (root.join("plans/a.md"), Gate::new(&root, rules));
    fs::create_dir(root.join("plans")).unwrap();
    let write = |before: Option<&str>, text: &str| {
        let path = RelPath::parse("plans/a.md").unwrap();
        let Verdict::Allow(permit) = gate.judge_document(&path, text.as_bytes()) else {
            panic!("a document may be written");
        };
        let before = before.map(|it| Digest::of(it.as_bytes()));
        super::write_over(permit, &file, before, text.as_bytes())
    };
    write(None, "one").unwrap();
    assert!(matches!(
        write(None, "two"),
        Err(super::FileError::Changed { .. })
    ));
    fs::write(&file, "the user's").unwrap();
    assert!(matches!(
        write(Some("one"), "two"),
        Err(super::FileError::Changed { .. })
    ));
    assert_eq!(fs::read(&file).unwrap(), b"the user's");
    write(Some("the user's"), "two").unwrap();
    assert_eq!(fs::read(&file).unwrap(), b"two");
    fs::remove_file(&file).unwrap();
    assert!(write(Some("two"), "three").is_err());
    assert_eq!(fs::read_dir(root.join("plans")).unwrap().count(), 0);
}

#[test]
fn an_error_half_way_says_how_far_it_came() {
    let folder = folder();
    let after: Tree = [
        ("a/d".to_owned(), FileState::file("2")),
        ("e".to_owned(), FileState::file("2")),
    ]
    .into();
    let changes = difference(&Tree::new(), &after);
    let mut operations = 0;
    let error = bring_in(folder.path(), &changes, &mut |_| {
        operations += 1;
        if operations == 5 {
            Err(Errno::IO)
        } else {
            Ok(())
        }
    })
    .unwrap_err()
    .to_string();
    assert!(
        error.starts_with("1 of 2 files were brought in, then: cannot write "),
        "{error}"
    );
    assert!(
        error.contains("e: the disk reported an error; apply"),
        "{error}"
    );
    bring(folder.path(), &changes);
    assert_eq!(read_back(folder.path()), (after, false));
}
