//! What a window does in the folder.

use std::time::{Duration, Instant};

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::page::{Page, Window};

fn window(page: &Page) -> Window {
    let cookie = page.enter();
    page.window(&cookie)
}

fn write(window: &mut Window, path: &str, text: &str) -> Result<Value, Value> {
    let base64 = BASE64.encode(text.as_bytes());
    let params = json!({"path": path, "base64": base64, "create": true, "overwrite": true});
    window.ask("files/write", params)
}

fn read(window: &mut Window, path: &str) -> Result<String, Value> {
    let told = window.ask("files/read", json!({ "path": path }))?;
    let bytes = BASE64.decode(told["base64"].as_str().expect("text").as_bytes());
    Ok(String::from_utf8(bytes.expect("base64")).expect("text"))
}

#[track_caller]
fn fails(result: Result<Value, Value>, why: &str) {
    let error = result.expect_err("it is refused");
    assert_eq!(error["data"]["why"], why, "{error}");
}

#[test]
fn files_are_written_read_moved_and_removed() {
    let page = Page::open();
    let mut window = window(&page);
    write(&mut window, "a/b.txt", "one").expect("written");
    assert_eq!(read(&mut window, "a/b.txt").expect("read"), "one");
    let stat = window
        .ask("files/stat", json!({"path": "a"}))
        .expect("there");
    assert_eq!(stat["kind"], "folder");
    window
        .ask("files/make_folder", json!({"path": "c"}))
        .expect("made");
    fails(
        window.ask("files/make_folder", json!({"path": "c"})),
        "exists",
    );
    let moved = json!({"path": "a/b.txt", "to": "c/d.txt", "overwrite": false});
    window.ask("files/rename", moved.clone()).expect("moved");
    fails(window.ask("files/rename", moved), "missing");
    write(&mut window, "e.txt", "two").expect("written");
    let onto = |overwrite| json!({"path": "e.txt", "to": "c/d.txt", "overwrite": overwrite});
    fails(window.ask("files/rename", onto(false)), "exists");
    window.ask("files/rename", onto(true)).expect("moved");
    assert_eq!(read(&mut window, "c/d.txt").expect("read"), "two");
    let listed = window
        .ask("files/list", json!({"path": ""}))
        .expect("listed");
    let entries = json!([{"name": "a", "kind": "folder"}, {"name": "c", "kind": "folder"}]);
    assert_eq!(listed["entries"], entries);
    window
        .ask("files/remove", json!({"path": "a", "recursive": false}))
        .expect("removed");
    fails(
        window.ask("files/remove", json!({"path": "c", "recursive": false})),
        "failed",
    );
    window
        .ask("files/remove", json!({"path": "c", "recursive": true}))
        .expect("removed");
    fails(window.ask("files/stat", json!({"path": "c"})), "missing");
}

#[test]
fn no_path_leads_out_of_the_folder() {
    let page = Page::open();
    let outside = tempfile::tempdir().expect("a folder");
    let secret = outside.path().join("secret");
    let mut window = window(&page);
    write(&mut window, "in.txt", "in").expect("written");
    std::os::unix::fs::symlink(outside.path(), page.folder.path().join("out")).expect("linked");
    std::os::unix::fs::symlink(&secret, page.folder.path().join("leak")).expect("linked");
    std::os::unix::fs::symlink("in.txt", page.folder.path().join("alias")).expect("linked");
    for path in ["../x", "/etc/passwd", "a/../../x", "out/secret", "leak"] {
        assert!(read(&mut window, path).is_err(), "{path}");
        assert!(write(&mut window, path, "x").is_err(), "{path}");
        let moved = json!({"path": "in.txt", "to": path, "overwrite": false});
        assert!(window.ask("files/rename", moved).is_err(), "{path}");
    }
    assert!(!secret.exists());
    write(&mut window, "alias", "through a link").expect("written");
    assert_eq!(read(&mut window, "in.txt").expect("read"), "through a link");
    window
        .ask("files/remove", json!({"path": "out", "recursive": true}))
        .expect("removed");
    assert!(outside.path().exists(), "only the link is gone");
}

#[test]
fn changes_are_told() {
    let page = Page::open();
    let mut window = window(&page);
    write(&mut window, "new/file.txt", "x").expect("written");
    let has = |path: &'static str| {
        move |params: &Value| {
            let changes = params["changes"].as_array().expect("a list");
            changes.iter().any(|it| it["path"] == path).then_some(())
        }
    };
    window.hear("files/changed", has("new"));
    window.hear("files/changed", has("new/file.txt"));
}

#[test]
fn names_and_lines_are_found_and_what_git_ignores_is_not() {
    let page = Page::open();
    let mut window = window(&page);
    write(
        &mut window,
        "src/deep/needle.rs",
        "let a = 1;\r\nlet ü = needle(\"x\");\r\n",
    )
    .expect("written");
    write(&mut window, ".gitignore", "out/\n").expect("written");
    write(&mut window, "out/needle.rs", "needle\n").expect("written");
    let files = window
        .ask("search/files", json!({"query": "sndlrs", "limit": 10}))
        .expect("found");
    assert_eq!(
        files,
        json!({"paths": ["src/deep/needle.rs"], "is_cut": false})
    );
    let query = json!({"search": 7, "pattern": "needle", "limit": 10, "include": ["**/*.rs"]});
    let result = window.ask("search/text", query).expect("found");
    assert_eq!(result, json!({"lines": 1, "is_cut": false}));
    let found = window.hear("search/found", |it| Some(it.clone()));
    let line = json!({"line": 1, "text": "let ü = needle(\"x\");", "places": [[8, 14]]});
    assert_eq!(
        found,
        json!({"search": 7, "path": "src/deep/needle.rs", "lines": [line]})
    );
    let bad = json!({"search": 8, "pattern": "(", "is_regex": true, "limit": 10});
    assert!(window.ask("search/text", bad).is_err());
}

#[test]
fn a_terminal_outlives_its_window_and_misses_nothing() {
    let page = Page::open();
    let cookie = page.enter();
    let mut first = page.window(&cookie);
    let opened = json!({"cwd": page.folder.path(), "columns": 80, "rows": 24});
    let terminal = first.ask("terminal/open", opened).expect("opened")["terminal"].clone();
    let of = |more: Value| {
        let mut params = more;
        params["terminal"] = terminal.clone();
        params
    };
    first
        .ask("terminal/attach", of(json!({"from": 0})))
        .expect("attached");
    let says = |text: &'static str| {
        move |it: &Value| {
            let bytes = BASE64.decode(it["base64"].as_str()?.as_bytes()).ok()?;
            String::from_utf8_lossy(&bytes).contains(text).then_some(())
        }
    };
    let typed = |number: u64, text: &str| of(json!({"number": number, "text": text}));
    first
        .ask("terminal/type", typed(1, "echo o''ne\n"))
        .expect("typed");
    first.hear("terminal/output", says("one"));
    drop(first);
    let mut second = page.window(&cookie);
    let is_free = |it: &Value| it["terminal"] == terminal && it["shown"] == false;
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let told = second.ask("terminal/list", json!({})).expect("listed");
        if told["terminals"]
            .as_array()
            .expect("a list")
            .iter()
            .any(is_free)
        {
            break;
        }
        assert!(Instant::now() < end, "{told}");
    }
    // What was typed already is not typed again.
    second
        .ask("terminal/type", typed(1, "exit 3\n"))
        .expect("taken");
    second
        .ask("terminal/type", typed(2, "echo t''wo; exit 5\n"))
        .expect("typed");
    let told = second
        .ask("terminal/attach", of(json!({"from": 0})))
        .expect("attached");
    assert_eq!(told["typed"], 2);
    second.hear("terminal/output", says("one"));
    let code = second.hear("terminal/ended", |it| Some(it["code"].clone()));
    assert_eq!(code, 5);
    second.ask("terminal/close", of(json!({}))).expect("closed");
    assert!(
        second
            .ask("terminal/attach", of(json!({"from": 0})))
            .is_err()
    );
}

#[test]
fn changes_are_staged_committed_and_compared() {
    let page = Page::open();
    let mut window = window(&page);
    let nothing = window.ask("git/status", json!({})).expect("answered");
    assert_eq!(nothing, json!({"is_repository": false}));
    window.ask("git/init", json!({})).expect("made");
    write(&mut window, "a b.txt", "one\n").expect("written");
    let changes = |window: &mut Window| {
        let status = window.ask("git/status", json!({})).expect("answered");
        let changes = status["changes"].as_array().expect("a list").clone();
        let shown = |it: &Value| {
            format!(
                "{}{} {}",
                it["staged"].as_str().expect("a letter"),
                it["unstaged"].as_str().expect("a letter"),
                it["path"].as_str().expect("a path")
            )
        };
        changes.iter().map(shown).collect::<Vec<String>>()
    };
    assert_eq!(changes(&mut window), ["?? a b.txt"]);
    window
        .ask("git/stage", json!({"paths": ["a b.txt"]}))
        .expect("staged");
    assert_eq!(changes(&mut window), ["A. a b.txt"]);
    window
        .ask("git/unstage", json!({"paths": ["a b.txt"]}))
        .expect("unstaged");
    assert_eq!(changes(&mut window), ["?? a b.txt"]);
    window.ask("git/stage", json!({})).expect("staged");
    window
        .ask("git/commit", json!({"message": "first\n\n-- why"}))
        .expect("committed");
    write(&mut window, "a b.txt", "two\n").expect("written");
    assert_eq!(changes(&mut window), [".M a b.txt"]);
    let shown = window
        .ask("git/show", json!({"path": "a b.txt", "revision": "HEAD"}))
        .expect("shown");
    assert_eq!(shown["base64"], BASE64.encode(b"one\n"));
    window
        .ask("git/discard", json!({"paths": ["a b.txt"]}))
        .expect("discarded");
    assert_eq!(read(&mut window, "a b.txt").expect("read"), "one\n");
    window
        .ask("git/switch", json!({"branch": "topic", "create": true}))
        .expect("switched");
    let branches = window.ask("git/branches", json!({})).expect("listed");
    assert_eq!(branches["branches"].as_array().map(Vec::len), Some(2));
    let error = window
        .ask("git/commit", json!({"message": "nothing"}))
        .expect_err("refused");
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|it| it.contains("nothing to commit")),
        "{error}"
    );
}

#[test]
fn looking_at_a_repository_runs_none_of_its_programs() {
    let page = Page::open();
    let mut window = window(&page);
    window.ask("git/init", json!({})).expect("made");
    write(&mut window, "a.txt", "one\n").expect("written");
    window.ask("git/stage", json!({})).expect("staged");
    write(&mut window, ".gitattributes", "*.txt filter=evil\n").expect("written");
    let mark = page.folder.path().join("ran");
    let settings = format!(
        "[filter \"evil\"]\n\tclean = touch {0}; cat\n\tprocess = touch {0}\n\trequired = true\n[core]\n\tfsmonitor = touch {0}\n",
        mark.display()
    );
    write(&mut window, ".git/config", &settings).expect("written");
    write(&mut window, "a.txt", "two\n").expect("written");
    window.ask("git/status", json!({})).expect("answered");
    window
        .ask("git/show", json!({"path": "a.txt", "revision": ""}))
        .expect("answered");
    assert!(!mark.exists());
}
