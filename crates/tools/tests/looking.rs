//! Tools that look: what they show, what they withhold, how much they say.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use policy::{Gate, Rules};
use proptest::prelude::*;
use serde_json::{Value, json};
use tools::{Answer, Nobody, Toolbox, Workbench, Workspace};

struct Room {
    _held: tempfile::TempDir,
    root: PathBuf,
    bench: Workbench,
}

impl Room {
    fn new() -> Room {
        let held = tempfile::tempdir().expect("a folder");
        let root = held.path().canonicalize().expect("it exists");
        let rules = Rules::parse(
            Some("security:\n  sensitive_files: [\"**/private/**\"]\n"),
            None,
        );
        let gate = Gate::new(&root, rules.expect("sound rules"));
        let workspace = Workspace::open(&root, &gate).expect("it opens");
        let bench = Workbench::writing(workspace, Box::new(Nobody));
        Room {
            _held: held,
            root,
            bench,
        }
    }

    /// A small project in which some things are not to be seen.
    fn furnished() -> Room {
        let room = Room::new();
        for (name, text) in [
            (
                "src/shop.py",
                "class Shop:\n    def total(self, items):\n        return sum(items)\n\n\nLIMIT = 3\n",
            ),
            (
                "src/util/text.ts",
                "export function shout(text: string): string {\n  return text.toUpperCase();\n}\n",
            ),
            (
                "src/lib.rs",
                "pub struct Total;\n\nimpl Total {\n    pub fn total(&self) -> u32 {\n        3\n    }\n}\n",
            ),
            ("README.md", "# Shop\n\nThe total of all items.\n"),
            (".gitignore", "*.log\nout/\n!keep.log\n"),
            ("src/.gitignore", "generated.py\n"),
            ("a.log", "total\n"),
            ("keep.log", "total kept\n"),
            ("out/b.txt", "total\n"),
            ("src/generated.py", "total = 1\n"),
            ("node_modules/x/index.js", "function total() {}\n"),
            (".env", "TOTAL_KEY=total\n"),
            ("private/notes.md", "the total secret\n"),
            (".git/config", "[remote] total\n"),
            (".github/ci.yml", "run: total\n"),
        ] {
            room.put(name, text.as_bytes());
        }
        room.put("blob.bin", b"total\0total\n");
        symlink("README.md", room.root.join("link.md")).expect("a link");
        room
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        let path = self.root.join(name);
        fs::create_dir_all(path.parent().expect("it has one")).expect("folders");
        let mut file = fs::File::create(path).expect("a file");
        file.write_all(bytes).expect("written");
    }

    fn ask(&self, name: &str, arguments: Value) -> Answer {
        self.bench.call(name, &arguments, &|| false, &|_| {})
    }

    #[track_caller]
    fn text(&self, name: &str, arguments: Value) -> String {
        let answer = self.ask(name, arguments);
        assert!(!answer.failed, "{}", answer.text);
        answer.text
    }

    #[track_caller]
    fn refused(&self, name: &str, arguments: Value, why: &str) {
        let answer = self.ask(name, arguments);
        assert!(
            answer.failed && answer.text.contains(why),
            "{}",
            answer.text
        );
    }
}

#[test]
fn lines_are_read_with_their_numbers_and_what_does_not_show_is_told() {
    let room = Room::furnished();
    let text = room.text("read", json!({"path": "src/shop.py"}));
    assert!(
        text.starts_with("src/shop.py: 6 lines\n     1\tclass Shop:\n"),
        "{text}"
    );
    let text = room.text(
        "read",
        json!({"path": "./src/../src/shop.py", "from": 2, "to": 3}),
    );
    assert_eq!(
        text,
        "src/shop.py: lines 2-3 of 6\n     2\t    def total(self, items):\n     3\t        return sum(items)\n"
    );
    let absolute = room.root.join("README.md");
    assert!(
        room.text("read", json!({"path": absolute}))
            .contains("# Shop")
    );
    room.put(
        "odd.txt",
        "\u{feff}one\r\ntwo\u{202e}\r\ncaf\u{e9}".as_bytes(),
    );
    let text = room.text("read", json!({"path": "odd.txt"}));
    for note in [
        "CRLF",
        "byte order mark",
        "no newline at the end",
        "hidden or control characters in lines 2",
    ] {
        assert!(text.contains(note), "{note}: {text}");
    }
    assert!(
        text.contains("     1\tone\n     2\ttwo\u{202e}\n"),
        "{text:?}"
    );
    room.put("latin.txt", b"caf\xe9\n");
    let text = room.text("read", json!({"path": "latin.txt"}));
    assert!(
        text.contains("not UTF-8 from byte 3") && text.contains("caf\u{fffd}"),
        "{text}"
    );
    room.put("empty", b"");
    assert_eq!(
        room.text("read", json!({"path": "empty"})),
        "empty: empty\n"
    );
}

#[test]
fn long_files_and_lines_are_cut_and_say_how_to_go_on() {
    let room = Room::new();
    let many: String = (1..=3000).map(|it| format!("line {it}\n")).collect();
    room.put("many.txt", many.as_bytes());
    let text = room.text("read", json!({"path": "many.txt"}));
    assert!(
        text.starts_with("many.txt: lines 1-800 of 3000\n")
            && text.ends_with("[cut: go on with from=801]\n")
    );
    let rest = room.text("read", json!({"path": "many.txt", "from": "2990"}));
    assert!(
        rest.contains("  3000\tline 3000\n") && !rest.contains("[cut"),
        "{rest}"
    );
    room.put("wide.txt", "é".repeat(5000).as_bytes());
    let text = room.text("read", json!({"path": "wide.txt"}));
    assert!(
        text.len() < 3000 && text.contains("more bytes]"),
        "{}",
        text.len()
    );
    room.put("vast.txt", "x".repeat(900).as_bytes());
    room.put(
        "vast.txt",
        format!("{}\n", "x".repeat(900)).repeat(700).as_bytes(),
    );
    let text = room.text("read", json!({"path": "vast.txt"}));
    assert!(
        text.len() < 50_000 && text.contains("[cut: go on with from="),
        "{}",
        text.len()
    );
}

#[test]
fn what_is_not_to_be_read_is_refused_with_a_reason() {
    let room = Room::furnished();
    let huge = fs::File::create(room.root.join("huge")).expect("a file");
    huge.set_len(5 << 30).expect("a hole");
    for (path, why) in [
        (".env", "sensitive"),
        ("private/notes.md", "sensitive"),
        ("PRIVATE/../private/notes.md", "sensitive"),
        (".git/config", "git's own"),
        ("blob.bin", "not text: 12 bytes"),
        ("huge", "larger than"),
        ("src", "a folder stands there"),
        ("none.txt", "there is no file none.txt"),
        ("../x", "outside the workspace"),
        ("/etc/passwd", "outside the workspace"),
        (".", "not a file in it"),
        ("", "not a file in it"),
        ("a\0b", "NUL"),
    ] {
        room.refused("read", json!({"path": path}), why);
    }
    room.refused(
        "read",
        json!({"path": "README.md", "from": 4}),
        "only 3 lines",
    );
    room.refused(
        "read",
        json!({"path": "README.md", "from": 3, "to": 2}),
        "before",
    );
    let evil = format!("{}-evil/x", room.root.display());
    room.refused("read", json!({"path": evil}), "outside the workspace");
}

#[test]
fn folders_are_listed_without_what_is_ignored() {
    let room = Room::furnished();
    let text = room.text("list", json!({}));
    for row in [
        ".github/\n",
        "README.md  32 B\n",
        "link.md  link\n",
        "src/\n",
        "keep.log  11 B\n",
        "keep.log",
    ] {
        assert!(text.contains(row), "{row}: {text}");
    }
    assert!(
        text.contains(".env  16 B  sensitive, never shown\n"),
        "{text}"
    );
    for row in ["a.log", "out/", "node_modules", ".git/"] {
        assert!(!text.contains(row), "{row}: {text}");
    }
    assert!(text.contains("left out as ignored"), "{text}");
    let text = room.text("list", json!({"path": "src", "depth": 2}));
    assert!(
        text.contains("src/util/text.ts") && !text.contains("generated.py"),
        "{text}"
    );
    let text = room.text("list", json!({"path": "private"}));
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn files_are_found_by_pattern() {
    let room = Room::furnished();
    let find = |pattern: &str| room.text("glob", json!({"pattern": pattern}));
    assert_eq!(
        find("src/**/*.{py,rs}"),
        "src/lib.rs\nsrc/shop.py\n[5 left out as ignored]\n"
    );
    assert!(find("*.ts").starts_with("src/util/text.ts\n"));
    assert!(find("*.go").starts_with("*.go matches no file\n"));
    assert!(find("*.log").starts_with("keep.log\n"));
    room.refused("glob", json!({"pattern": "a{b"}), "not a path pattern");
    for at in 0..600 {
        room.put(&format!("many/{at:03}.txt"), b"");
    }
    let text = find("many/*");
    assert!(
        text.contains("many/499.txt")
            && !text.contains("many/500.txt")
            && text.contains("[cut after 500")
    );
}

#[test]
fn lines_are_searched_as_ripgrep_does() {
    let room = Room::furnished();
    let text = room.text("search", json!({"pattern": "total"}));
    for row in [
        "README.md\n     3:The total of all items.\n",
        "src/lib.rs\n     4:",
        "keep.log\n",
        ".github/ci.yml\n",
    ] {
        assert!(text.contains(row), "{row}: {text}");
    }
    for row in [
        "TOTAL_KEY",
        "secret",
        "a.log",
        "remote",
        "generated",
        "node_modules",
        "blob",
    ] {
        assert!(!text.contains(row), "{row}: {text}");
    }
    assert!(text.contains("[2 files not searched: sensitive]"), "{text}");
    let text = room.text(
        "search",
        json!({"pattern": "RETURN", "ignore_case": true, "context": 1, "glob": "*.py"}),
    );
    assert_eq!(
        text.lines().take(4).collect::<Vec<_>>(),
        [
            "src/shop.py",
            "     2-    def total(self, items):",
            "     3:        return sum(items)",
            "     4-"
        ]
    );
    let text = room.text(
        "search",
        json!({"pattern": "sum(items)", "literal": true, "path": "src/shop.py"}),
    );
    assert!(text.contains("     3:        return sum(items)"), "{text}");
    assert!(
        room.text("search", json!({"pattern": "zebra"}))
            .starts_with("no line matches «zebra»")
    );
    room.refused("search", json!({"pattern": "(a"}), "literal: true");
    room.refused("search", json!({"pattern": ""}), "empty");
    room.refused(
        "search",
        json!({"pattern": "a", "path": ".env"}),
        "sensitive",
    );
    room.put("many.txt", "needle\n".repeat(5000).as_bytes());
    let text = room.text("search", json!({"pattern": "needle", "limit": 7}));
    assert!(
        text.matches(":needle").count() == 7 && text.contains("[cut after 7 lines"),
        "{text}"
    );
    room.put(
        "wide.txt",
        format!("haystack{}\n", "x".repeat(100_000))
            .repeat(50)
            .as_bytes(),
    );
    let text = room.text("search", json!({"pattern": "haystack"}));
    assert!(text.len() < 30_000, "{}", text.len());
}

#[test]
fn definitions_are_outlined_and_found() {
    let room = Room::furnished();
    let text = room.text("symbols", json!({"path": "src/shop.py"}));
    assert!(text.contains("     1\tclass Shop"), "{text}");
    assert!(text.contains("     2\t  def total(self, items)"), "{text}");
    let find = |name: &str| room.text("symbols", json!({"name": name}));
    let text = find("total");
    assert!(
        text.contains("src/shop.py:2\tShop.total") && text.contains("src/lib.rs:4\tTotal.total"),
        "{text}"
    );
    assert!(
        !text.contains("generated") && !text.contains("node_modules"),
        "{text}"
    );
    let text = find("Total::total");
    assert!(
        text.contains("src/lib.rs:4") && !text.contains("shop.py"),
        "{text}"
    );
    let text = find("shou");
    assert!(
        text.starts_with("nothing defines exactly «shou»; similar:\nsrc/util/text.ts:1"),
        "{text}"
    );
    assert!(find("zebra").contains("`search` finds uses"));
    room.refused("symbols", json!({"path": "README.md"}), "use `read`");
    room.refused("symbols", json!({}), "needs the `path`");
}

#[test]
fn the_agents_own_list_is_kept() {
    let room = Room::new();
    let text = room.text(
        "todo",
        json!({"items": [{"text": "read\n it", "state": "done"}, {"text": "mend it", "state": "doing"}, "test it"]}),
    );
    assert_eq!(text, "[x] read  it\n[~] mend it\n[ ] test it");
    assert_eq!(room.text("todo", json!({})), text);
    assert_eq!(room.bench.todo().len(), 3);
    room.refused(
        "todo",
        json!({"items": [{"text": "a", "state": "soon"}]}),
        "open, doing or done",
    );
    assert_eq!(room.bench.todo().len(), 3);
    assert_eq!(room.text("todo", json!({"items": []})), "the list is empty");
}

#[test]
fn a_reading_workbench_offers_nothing_that_changes() {
    let room = Room::furnished();
    let gate = Gate::new(&room.root, Rules::parse(None, None).expect("sound rules"));
    let workspace = Workspace::open(&room.root, &gate).expect("it opens");
    let bench = Workbench::reading(workspace, Box::new(Nobody));
    let names: Vec<String> = bench.specs().into_iter().map(|it| it.name).collect();
    assert_eq!(
        names,
        [
            "read", "list", "glob", "search", "symbols", "todo", "ask_user"
        ]
    );
    let answer = bench.call(
        "write",
        &json!({"path": "x", "content": "y"}),
        &|| false,
        &|_| {},
    );
    assert!(
        answer.failed && answer.text.starts_with("there is no tool `write`"),
        "{}",
        answer.text
    );
    assert!(!room.root.join("x").exists());
}

#[test]
fn what_tools_say_of_themselves_is_short() {
    let room = Room::new();
    let specs = room.bench.specs();
    let bytes: usize = specs
        .iter()
        .map(|it| it.name.len() + it.description.len() + it.parameters.to_string().len())
        .sum();
    assert!(bytes < 4500, "{bytes} bytes");
    for spec in specs {
        assert_eq!(spec.parameters["type"], "object", "{}", spec.name);
        assert!(spec.name.len() <= 64 && !spec.description.is_empty());
    }
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z./*\\\\({\u{0}é ]{0,12}".prop_map(Value::from),
        Just(json!("README.md")),
        Just(json!("src/shop.py")),
        Just(json!("src")),
    ];
    let name = prop::sample::select(vec![
        "path", "from", "to", "pattern", "glob", "context", "limit", "depth", "name", "items",
        "text", "state", "edits", "old", "new", "all", "line", "symbol", "content", "preview",
        "question", "options", "literal", "odd",
    ]);
    leaf.prop_recursive(3, 24, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(name.clone(), inner, 0..5).prop_map(|map| map
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    })
}

#[test]
fn no_arguments_are_too_odd() {
    let room = Room::furnished();
    let names: Vec<String> = room.bench.specs().into_iter().map(|it| it.name).collect();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(150));
    let outcome = runner.run(&values(), |arguments| {
        for name in names.iter().map(String::as_str).chain(["no_such_tool"]) {
            let _any = room.bench.effect(name, &arguments);
            let answer = room.bench.call(name, &arguments, &|| false, &|_| {});
            prop_assert!(!answer.text.contains("TOTAL_KEY") && !answer.summary.contains('\n'));
            prop_assert!(answer.text.len() < 200_000);
        }
        Ok(())
    });
    outcome.expect("every call is answered");
}

#[test]
fn a_secret_is_not_shown_by_another_of_its_names() {
    let room = Room::new();
    let put = |name: &str, text: &str| {
        let mut file = fs::File::create(room.root.join(name)).expect("a file");
        file.write_all(text.as_bytes()).expect("written");
    };
    put(".env", "total=planted\n");
    put("plain.txt", "total\n");
    #[expect(
        clippy::disallowed_methods,
        reason = "a test plants what a person may have made"
    )]
    fs::hard_link(room.root.join(".env"), room.root.join("notes.txt")).expect("a link");
    #[expect(
        clippy::disallowed_methods,
        reason = "a test plants what a person may have made"
    )]
    fs::hard_link(room.root.join("plain.txt"), room.root.join("twin.txt")).expect("a link");
    room.refused("read", json!({"path": "notes.txt"}), "sensitive");
    let found = room.text("search", json!({"pattern": "total"}));
    assert!(!found.contains("planted"), "{found}");
    assert!(
        found.contains("twin.txt") && found.contains("plain.txt"),
        "{found}"
    );
    assert!(
        room.text("read", json!({"path": "twin.txt"}))
            .contains("total")
    );
}
