//! Linters and compilers, as far as this machine has them.

use serde_json::json;

use crate::yard::{Yard, find};

#[test]
fn python_and_node_name_what_does_not_compile() {
    let yard = Yard::new();
    yard.put("good.py", "def f():\n    return 1\n");
    yard.put("bad.py", "def f(:\n    return 1\n");
    yard.put("bad.js", "function f( {\n");
    let answer = yard.call("diagnostics", &json!({}));
    assert!(!answer.failed, "{}", answer.text);
    if find("python3").is_some() {
        assert!(
            answer.text.contains("== python: exit code 1"),
            "{}",
            answer.text
        );
        assert!(
            answer.text.contains("./bad.py:1: ") && !answer.text.contains("./good.py:"),
            "{}",
            answer.text
        );
        assert!(
            answer.summary.contains("python: findings"),
            "{}",
            answer.summary
        );
        let one = yard.call("diagnostics", &json!({"path": "good.py"}));
        assert!(
            one.text.contains("== python: exit code 0") && !one.text.contains("bad"),
            "{}",
            one.text
        );
    } else {
        println!("no python3: not asked");
    }
    if find("node").is_some() {
        assert!(
            answer.text.contains("== node --check: exit code 1"),
            "{}",
            answer.text
        );
        assert!(answer.text.contains("bad.js:"), "{}", answer.text);
    } else {
        println!("no node: not asked");
    }
    let said = answer.text.contains("not installed: ruff");
    assert!(find("ruff").is_some() || said, "{}", answer.text);
    assert!(
        !yard.tree.join("__pycache__").exists(),
        "nothing is left in the tree"
    );
}

#[test]
fn cargo_checks_what_it_can_build() {
    let yard = Yard::new();
    if find("cargo").is_none() {
        println!("no cargo: not asked");
        return;
    }
    yard.put(
        "part/Cargo.toml",
        "[package]\nname = \"part\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n",
    );
    yard.put("part/src/lib.rs", "pub fn f() -> u32 {\n    \"text\"\n}\n");
    let answer = yard.call("diagnostics", &json!({"path": "part/src/lib.rs"}));
    assert!(
        answer.text.contains("== cargo check: exit code 101"),
        "{}",
        answer.text
    );
    assert!(
        answer.text.contains("src/lib.rs:2:5: error[E0308]"),
        "{}",
        answer.text
    );
    assert!(
        !yard.tree.join("part/target").exists(),
        "nothing is built in the tree"
    );
}

#[test]
fn nothing_to_ask_is_said() {
    let yard = Yard::new();
    yard.put("a.txt", "text\n");
    let answer = yard.call("diagnostics", &json!({}));
    assert!(
        !answer.failed && answer.text.contains("no compiler or linter"),
        "{}",
        answer.text
    );
}

#[test]
fn what_runs_code_of_the_folder_needs_a_yes() {
    if find("cargo").is_none() {
        println!("no cargo: not asked");
        return;
    }
    let ran = |rules: Option<&str>| {
        let yard = Yard::with(Box::new(tools::Nobody), rules);
        yard.put(
            "Cargo.toml",
            "[package]\nname = \"part\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n",
        );
        yard.put("src/lib.rs", "");
        yard.put(
            "build.rs",
            "fn main() { std::fs::File::create(\"ran\").unwrap(); }\n",
        );
        yard.put("good.py", "");
        let answer = yard.call("diagnostics", &json!({}));
        (answer.text, yard.tree.join("ran").exists())
    };
    let (text, ran_build) = ran(None);
    assert!(
        !ran_build && text.contains("[not run: cargo check, which runs code"),
        "{text}"
    );
    assert!(
        find("python3").is_none() || text.contains("== python: exit code 0"),
        "{text}"
    );
    let allow = "rules: [{capability: diagnostics, effect: allow}]\n";
    let (text, ran_build) = ran(Some(allow));
    assert!(
        ran_build && text.contains("== cargo check: exit code 0"),
        "{text}"
    );
    let deny = "rules: [{capability: diagnostics, effect: deny, match: ['python*']}]\n";
    let (text, _) = ran(Some(deny));
    assert!(!text.contains("== python"), "{text}");
}
