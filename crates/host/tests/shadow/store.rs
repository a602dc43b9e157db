//! The store of snapshots: what it keeps, shares and cleans.

use crate::place::*;

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
        assert_eq!(
            shadow.read_changes(&base, &captured.tree).unwrap(),
            captured.changes
        );
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
        let loose = read_back(&objects)
            .into_keys()
            .filter(|it| !it.starts_with("pack/"))
            .count();
        assert_eq!(loose, 0);
        assert_eq!(place.names(&shadow, &base).len(), 300);
        for bad in ["", "../x", "a//b", "a.lock"] {
            assert!(
                matches!(shadow.pin(bad, &base), Err(ShadowError::BadName { .. })),
                "{bad}"
            );
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
        for name in [
            &b"a b:c\"d\\e"[..],
            b"$(touch ran);`x`",
            b"new\nline",
            b"\xff\xfe",
        ] {
            let root = place.top.join(OsStr::from_bytes(name));
            fs::create_dir(&root).unwrap();
            place.user_git_at(&root, &["init", "-q"]);
            put(&root.join("a"), "1");
            place.user_git_at(&root, &["add", "a"]);
            let shadow = place.open_at(&root);
            let tree = shadow.snapshot(ALL).unwrap().tree;
            let into = place
                .top
                .join(OsStr::from_bytes(&[name, b"-attempt"].concat()));
            shadow.checkout(&tree, &into).unwrap();
            put(&into.join("b"), "2");
            let captured = shadow.capture(&tree, &into, ALL).unwrap();
            assert_eq!(summary(&captured.changes), ["Added b"]);
        }
    });
}

#[test]
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
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
                error.ends_with(&format!(
                    "{name}: permission denied; make it readable or add it to .gitignore"
                )),
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
