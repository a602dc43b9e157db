//! Several edits in one call, and whole files.

use std::os::unix::fs::symlink;

use serde_json::json;

use crate::desk::Desk;

#[test]
fn edits_of_several_files_are_made_in_order() {
    let desk = Desk::new();
    desk.put("a.py", b"x = 1\ny = 2\n", 0o644);
    desk.put("b/c.txt", b"one\r\ntwo\r\n", 0o600);
    let answer = desk.edit(json!([
        {"path": "a.py", "old": "x = 1", "new": "x = 10"},
        {"path": "b/c.txt", "old": "one", "new": "1\nand"},
        {"path": "a.py", "old": "x = 10\n", "new": "x = 100\n"},
        {"path": "new/d.md", "content": "# made\n"},
    ]));
    assert!(!answer.failed, "{}", answer.text);
    assert_eq!(answer.changed, ["a.py", "b/c.txt", "new/d.md"]);
    assert_eq!(desk.bytes("a.py"), b"x = 100\ny = 2\n");
    assert_eq!(desk.bytes("b/c.txt"), b"1\r\nand\r\ntwo\r\n");
    assert_eq!(desk.bytes("new/d.md"), b"# made\n");
    assert_eq!((desk.mode("a.py"), desk.mode("b/c.txt")), (0o644, 0o600));
    assert!(answer.text.contains("+x = 100") && answer.text.contains("new/d.md (new, 1 line)"));
}

#[test]
fn one_that_cannot_be_made_leaves_all_unmade() {
    let desk = Desk::new();
    desk.put("a", b"x = 1\n", 0o644);
    desk.put("b", b"y = 1\n", 0o644);
    for (bad, why) in [
        (
            json!({"path": "b", "old": "z = 1", "new": "z"}),
            "edit 3 of 3 cannot be made, so none was",
        ),
        (
            json!({"path": "b", "old": "y = 1", "new": "y = 1"}),
            "are the same",
        ),
        (
            json!({"path": "missing", "old": "y", "new": "z"}),
            "no such file",
        ),
        (json!({"path": ".git/config", "content": "x"}), "refused"),
        (
            json!({"path": ".vscode/tasks.json", "content": "{}"}),
            "no agent writes it",
        ),
        (json!({"path": ".env", "content": "x"}), "sensitive"),
        (
            json!({"path": "../out", "content": "x"}),
            "outside the workspace",
        ),
        (
            json!({"path": "/etc/passwd", "old": "root", "new": "x"}),
            "outside the workspace",
        ),
        (
            json!({"path": "b", "old": "y", "symbol": "f", "new": "z"}),
            "an edit has",
        ),
        (json!({"path": "b", "new": "z"}), "an edit has"),
        (json!({"path": "b", "old": "y"}), "needs `new`"),
        (json!({"path": "b", "content": "z"}), "was not read"),
        (
            json!({"path": "a/inner", "content": "z"}),
            "a file stands where a folder has to",
        ),
    ] {
        let answer = desk.edit(json!([
            {"path": "a", "old": "x = 1", "new": "x = 2"},
            {"path": "c", "content": "made\n"},
            bad,
        ]));
        assert!(
            answer.failed && answer.text.contains(why),
            "{bad}: {}",
            answer.text
        );
        assert_eq!(desk.bytes("a"), b"x = 1\n", "{bad}");
        assert_eq!(desk.names(), ["a", "b"], "{bad}");
    }
}

#[test]
fn a_preview_writes_nothing() {
    let desk = Desk::new();
    desk.put("a", b"x = 1\n", 0o644);
    let edits = json!({"edits": [{"path": "a", "old": "x = 1", "new": "x = 2"}], "preview": true});
    let answer = desk.call("edit", &edits);
    assert!(
        !answer.failed && answer.text.contains("+x = 2"),
        "{}",
        answer.text
    );
    assert_eq!(desk.bytes("a"), b"x = 1\n");
    assert!(answer.changed.is_empty());
}

#[test]
fn one_edit_needs_no_list() {
    let desk = Desk::new();
    desk.put("a", b"x = 1\n", 0o644);
    let flat = json!({"file_path": "a", "old_string": "1", "new_string": "2"});
    let answer = desk.call("edit", &flat);
    assert!(!answer.failed, "{}", answer.text);
    assert_eq!(desk.bytes("a"), b"x = 2\n");
}

#[test]
fn a_whole_file_is_replaced_only_by_who_has_read_it() {
    let desk = Desk::new();
    desk.put("a.txt", b"\xef\xbb\xbfone\r\ntwo\r\n", 0o640);
    let write = |content: &str| desk.call("write", &json!({"path": "a.txt", "content": content}));
    let unread = write("three\n");
    assert!(
        unread.failed && unread.text.contains("read it first"),
        "{}",
        unread.text
    );
    assert!(!desk.call("read", &json!({"path": "a.txt"})).failed);
    desk.put("a.txt", b"\xef\xbb\xbfone\r\nTWO\r\n", 0o640);
    let stale = write("three\n");
    assert!(
        stale.failed && stale.text.contains("changed since"),
        "{}",
        stale.text
    );
    assert!(!desk.call("read", &json!({"path": "a.txt"})).failed);
    let answer = write("three\nfour\n");
    assert!(
        !answer.failed && answer.text.contains("CRLF"),
        "{}",
        answer.text
    );
    assert_eq!(desk.bytes("a.txt"), b"\xef\xbb\xbfthree\r\nfour\r\n");
    assert_eq!(desk.mode("a.txt"), 0o640);
    let again = write("five\n");
    assert!(!again.failed, "what was written is known: {}", again.text);
    let elided = write("six\n// ... existing code ...\n");
    assert!(
        elided.failed && elided.text.contains("left out"),
        "{}",
        elided.text
    );
    let same = write("five\n");
    assert!(
        same.failed && same.text.contains("nothing would change"),
        "{}",
        same.text
    );
}

#[test]
fn links_are_followed_inside_and_nowhere_else() {
    let desk = Desk::new();
    let outside = tempfile::tempdir_in(desk.root.parent().expect("it has one")).expect("a folder");
    std::fs::rename(
        {
            desk.put("moved", b"secret\n", 0o600);
            desk.root.join("moved")
        },
        outside.path().join("file"),
    )
    .expect("it moves");
    desk.put("real.txt", b"x\n", 0o644);
    desk.put(".env", b"KEY=1\n", 0o600);
    for (target, link) in [
        (outside.path().join("file"), "out"),
        (outside.path().to_path_buf(), "folder"),
        ("real.txt".into(), "inner"),
        (".env".into(), "notes.txt"),
        ("nowhere".into(), "broken"),
    ] {
        symlink(target, desk.root.join(link)).expect("a link");
    }
    for (path, why) in [
        ("out", "leads out of the workspace"),
        ("folder/file", "leads out of the workspace"),
        ("folder/new", "leads out of the workspace"),
        ("notes.txt", "sensitive"),
        ("broken", "broken link"),
    ] {
        for answer in [
            desk.call("read", &json!({"path": path})),
            desk.call("write", &json!({"path": path, "content": "x"})),
            desk.edit(json!([{"path": path, "old": "secret", "new": "x"}])),
        ] {
            assert!(
                answer.failed && answer.text.contains(why),
                "{path}: {}",
                answer.text
            );
            assert!(!answer.text.contains("KEY=1"), "{path}");
        }
    }
    let answer = desk.edit(json!([{"path": "inner", "old": "x", "new": "y"}]));
    assert!(!answer.failed, "{}", answer.text);
    assert_eq!(
        (answer.changed, desk.bytes("real.txt")),
        (vec!["real.txt".to_owned()], b"y\n".to_vec())
    );
    let secret = std::fs::read(outside.path().join("file")).expect("it is there");
    assert_eq!(secret, b"secret\n");
}

#[test]
fn a_definition_is_replaced_by_its_name() {
    let desk = Desk::new();
    let before = "\u{feff}class Shape:\r\n    def area(self):\r\n        return 0\r\n\r\n    def name(self):\r\n        \
                  return \"shape\"\r\n\r\n\r\nLAST = 1";
    desk.put("shape.py", before.as_bytes(), 0o755);
    let replace = |symbol: &str, new: &str| {
        desk.edit(json!([{"path": "shape.py", "symbol": symbol, "new": new}]))
    };
    let answer = replace(
        "Shape.area",
        "def area(self):\n    side = 2\n    return side * side\n",
    );
    assert!(!answer.failed, "{}", answer.text);
    let expected = before.replace(
        "        return 0\r\n",
        "        side = 2\r\n        return side * side\r\n",
    );
    assert_eq!(String::from_utf8_lossy(&desk.bytes("shape.py")), expected);
    assert_eq!(desk.mode("shape.py"), 0o755);
    for (symbol, new, why) in [
        (
            "Shape.size",
            "def size(self):\n    return 1\n",
            "does not define «Shape.size»; it defines Shape",
        ),
        (
            "Shape.area",
            "def other(self):\n    return 1\n",
            "does not define `Shape.area`",
        ),
        ("Shape.area", "def area(self:\n", "syntax error"),
    ] {
        let answer = replace(symbol, new);
        assert!(
            answer.failed && answer.text.contains(why),
            "{}",
            answer.text
        );
        assert_eq!(String::from_utf8_lossy(&desk.bytes("shape.py")), expected);
    }
}

#[test]
fn a_break_of_the_syntax_is_told() {
    let desk = Desk::new();
    desk.put("a.rs", b"fn a() {\n    b();\n}\n", 0o644);
    let answer = desk.edit(json!([{"path": "a.rs", "old": "b();\n}", "new": "b(;\n}"}]));
    assert!(
        !answer.failed && answer.text.contains("syntax error now: line 2"),
        "{}",
        answer.text
    );
}
