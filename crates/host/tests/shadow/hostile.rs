//! Repositories and attempts that mean harm, and files that are no files.

use crate::place::*;
#[test]
fn nothing_that_the_repository_names_runs_or_changes_a_byte() {
    each(|place| {
        place.user_git(&["init", "-q"]);
        let mark = place.top.join("ran");
        let canary = place.top.join("canary.sh");
        put(
            &canary,
            format!("#!/bin/sh\ntouch '{}'\ncat\n", mark.display()),
        );
        fs::set_permissions(&canary, fs::Permissions::from_mode(0o755)).unwrap();
        let canary = canary.to_str().unwrap();
        for key in [
            "core.fsmonitor",
            "filter.evil.clean",
            "filter.evil.smudge",
            "diff.external",
        ] {
            place.user_git(&["config", key, canary]);
        }
        place.user_git(&["config", "core.autocrlf", "true"]);
        for hook in [
            "post-index-change",
            "post-checkout",
            "pre-commit",
            "reference-transaction",
        ] {
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
            let git = place
                .attempt()
                .join(folder)
                .join(if folder == "bare" { "" } else { ".git" });
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
            [
                "Modified a",
                "Added bare/HEAD",
                "Added bare/config",
                "Modified sub/b"
            ]
        );
        assert_eq!(
            captured.changes.files()[0].after.as_ref().unwrap().bytes,
            b"edited\r\n$Id$\n"
        );
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
        put(
            &at(OsStr::from_bytes(b"bad-\xff")
                .to_str()
                .unwrap_or("bad-name")),
            "1",
        );
        put(&place.attempt().join(OsStr::from_bytes(b"bad-\xff")), "1");
        fs::File::create(at("huge"))
            .unwrap()
            .set_len((64 << 20) + 1)
            .unwrap();
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
            assert!(
                error.ends_with(&format!("{name} is a pipe, not a file; remove it")),
                "{error}"
            );
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
        fs::File::create(place.path("huge"))
            .unwrap()
            .set_len((64 << 20) + 1)
            .unwrap();
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
        assert_eq!(
            read_back(&place.attempt()).into_keys().collect::<Vec<_>>(),
            ["a"]
        );
        put(&place.attempt().join(".env"), "planted");
        let captured = shadow
            .capture(&snapshot.tree, &place.attempt(), &keep)
            .unwrap();
        assert!(captured.changes.is_empty());
        assert_eq!(left_out(&captured.left_out), [(".env", Why::Refused)]);
        for secret in ["the-secret-of-env", "the-secret-of-keys", "planted"] {
            assert!(
                !has_object(&place.git, &state, secret),
                "{secret} was hashed"
            );
        }
        assert!(
            has_object(&place.git, &state, "1"),
            "the check finds nothing at all"
        );

        place.user_git(&["init", "-q"]);
        place.user_git(&["add", "-A"]);
        let tracked = shadow.snapshot(&keep).unwrap();
        assert_eq!(tracked, snapshot, "what git tracks is refused all the same");
        let all = shadow.snapshot(ALL).unwrap().tree;
        let strict = shadow.snapshot(&keep).unwrap().tree;
        assert_eq!(
            strict, snapshot.tree,
            "a file that was taken once stayed in"
        );
        let into = place.top.join("second");
        shadow.checkout(&all, &into).unwrap();
        host::files::remove_tree(&into.join(".env")).unwrap();
        let captured = shadow.capture(&all, &into, &keep).unwrap();
        assert!(
            captured.changes.is_empty(),
            "what may not be read counts as unchanged"
        );
    });
}
