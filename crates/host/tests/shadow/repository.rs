//! Folders inside a git repository of the user's.

use crate::place::*;
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
        assert_eq!(
            read_back(&place.attempt()).into_keys().collect::<Vec<_>>(),
            IN_REPOSITORY
        );
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
        assert_eq!(
            summary(&captured.changes),
            ["Modified build/tracked", "Added new"]
        );
        assert_eq!(captured.left_out, []);
        shadow.pin("run-1/task-1/base", &base).unwrap();
        shadow.pin("run-1/task-1/after", &captured.tree).unwrap();
        assert_eq!(
            read_back(&place.path(".git")),
            before,
            "the user's repository was written"
        );
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
            [
                ".gitignore",
                "build/tracked",
                "committed",
                "removed",
                "target/mod.rs"
            ]
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
        assert_eq!(
            place.names(&shadow, &shadow.snapshot(ALL).unwrap().tree),
            ["a"]
        );
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
            .args([
                "-c",
                "user.name=u",
                "-c",
                "user.email=u@localhost",
                "merge",
                "-q",
                "other",
            ])
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
        for name in [
            "y.log",
            "build/z",
            "src/again.log",
            "src/lib.rs",
            ":(top)x",
            "-x",
            "*",
        ] {
            put(&place.attempt().join(name), "1");
        }
        let captured = place.capture(&shadow, &tree);
        assert_eq!(
            summary(&captured.changes),
            [
                "Added *",
                "Added -x",
                "Added :(top)x",
                "Added src/again.log",
                "Added src/lib.rs"
            ]
        );
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
