//! Folders of any kind: what goes in comes out.

use crate::place::*;
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
            !["node_modules", "__pycache__", ".kiro"]
                .iter()
                .any(|it| name.contains(it))
        });
        assert_eq!(read_back(&place.attempt()), expected);
        assert_eq!(
            shadow.snapshot(ALL).unwrap(),
            snapshot,
            "the same folder, another snapshot"
        );
        let error = shadow
            .checkout(&snapshot.tree, &place.attempt())
            .unwrap_err();
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
        assert_eq!(
            shadow.read_changes(&base, &captured.tree).unwrap(),
            captured.changes
        );
    });
}

#[test]
fn whatever_happened_in_the_attempt_is_captured() {
    each(|place| {
        for name in [
            "edited", "deleted", "moved", "mode", "folder/a", "file", "to-link",
        ] {
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
        let link = captured
            .changes
            .get(&RelPath::parse("to-link").unwrap())
            .unwrap();
        let after = link.after.as_ref().unwrap();
        assert_eq!(
            (after.mode, after.bytes.as_slice()),
            (Mode::Symlink, &b"/etc/passwd"[..])
        );
        assert_eq!(captured.left_out, []);
        assert_eq!(
            place.capture(&shadow, &base),
            captured,
            "the second look differs"
        );
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
        fs::OpenOptions::new()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(time)
            .unwrap();
        assert_eq!(
            summary(&place.capture(&shadow, &base).changes),
            ["Modified a"]
        );
        let first = shadow.snapshot(ALL).unwrap().tree;
        for text in ["1st", "2nd", "3rd"] {
            place.put("a", text);
            let next = shadow.snapshot(ALL).unwrap().tree;
            let changes = shadow.read_changes(&first, &next).unwrap();
            assert_eq!(
                changes.files()[0].after.as_ref().unwrap().bytes,
                text.as_bytes()
            );
        }
    });
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test plants what a person may have made"
)]
fn a_file_that_is_refused_is_refused_by_each_of_its_names() {
    each(|place| {
        place.put(".env", "K=planted");
        place.put(".gitignore", ".env\n");
        place.put("plain.txt", "plain");
        fs::hard_link(place.path(".env"), place.path("notes.txt")).unwrap();
        fs::hard_link(place.path("plain.txt"), place.path("twin.txt")).unwrap();
        let keep = |path: &RelPath| path.as_str() != ".env";
        let shadow = place.open();
        let snapshot = shadow.snapshot(&keep).unwrap();
        let refused = snapshot.left_out.iter().filter(|it| it.why == Why::Refused);
        let refused: Vec<&str> = refused.map(|it| it.path.as_str()).collect();
        assert!(refused.contains(&"notes.txt"), "{refused:?}");
        shadow.checkout(&snapshot.tree, &place.attempt()).unwrap();
        let names: Vec<String> = read_back(&place.attempt()).into_keys().collect();
        assert_eq!(names, [".gitignore", "plain.txt", "twin.txt"]);
    });
}
