//! Specs of other tools in a repository that means harm: links that lead out of it, circles, names that a terminal would obey,
//! numbers that are none.

use std::os::unix::fs::symlink;

use serde_json::Value;
use testkit::{Output, World};

use crate::world;

const KEY: &str = "# Key\n\n### FR-1: Key\n\n- It is hunter2-outside\n";

/// A place of the user's own outside the project, with a document and a task list.
fn outside(world: &World) -> std::path::PathBuf {
    for (name, text) in [
        ("key.md", KEY),
        ("tasks.md", "- [ ] 1. Mine\n"),
        ("key", KEY),
    ] {
        world.write(&format!("private/{name}"), text);
    }
    let folder = world.home().join("private");
    std::fs::rename(world.project().join("private"), &folder).expect("moved");
    folder
}

fn link(world: &World, to: &std::path::Path, path: &str) {
    let at = world.project().join(path);
    std::fs::create_dir_all(at.parent().expect("a folder")).expect("made");
    symlink(to, at).expect("a link");
}

fn told(ran: &Output) -> String {
    format!("{}{}", ran.stdout, ran.stderr)
}

#[test]
fn a_document_that_is_a_link_out_of_the_project_is_not_read() {
    let world = world();
    let private = outside(&world);
    link(
        &world,
        &private.join("key.md"),
        ".kiro/specs/own/requirements.md",
    );
    link(&world, &private.join("key.md"), "specs/001-kit/spec.md");
    link(&world, &private.join("key.md"), "specs/plan-kit/plan.md");
    world.write(
        "specs/plan-kit/spec.md",
        "# Kit\n\n### FR-1: A\n\n- It is\n",
    );
    world.write("openspec/changes/change/proposal.md", "# Change\n");
    link(
        &world,
        &private.join("key.md"),
        "openspec/changes/change/specs/a/spec.md",
    );
    world.write(
        ".kiro/specs/cc/spec.json",
        "{\"feature_name\": \"../../x\"}",
    );
    link(
        &world,
        &private.join("key.md"),
        ".kiro/specs/cc/requirements.md",
    );
    // A link within the project leads to what is no document.
    world.write("notes.txt", KEY);
    link(
        &world,
        &world.project().join("notes.txt"),
        ".kiro/specs/text/requirements.md",
    );
    for spec in ["own", "001-kit", "change", "cc", "text"] {
        for args in [
            &["spec", "show", spec, "--json"][..],
            &["spec", "lint", spec],
            &["plan", spec],
            &["run", spec, "--autopilot", "--model", &world.script(&[])],
        ] {
            let ran = world.kiro(args);
            assert_eq!(ran.code, Some(3), "{args:?}: {}", told(&ran));
            assert!(
                told(&ran).contains("is a link to"),
                "{args:?}: {}",
                told(&ran)
            );
            assert!(!told(&ran).contains("hunter2"), "{args:?}: {}", told(&ran));
        }
    }
    let ran = world.kiro(&["plan", "plan-kit"]);
    assert!(!told(&ran).contains("hunter2"), "{}", told(&ran));
    // Within the project a document may stand elsewhere.
    world.write("lib/a.md", "# A\n\n### FR-1: A\n\n- It is\n");
    link(
        &world,
        &world.project().join("lib/a.md"),
        ".kiro/specs/shared/requirements.md",
    );
    let ran = world.kiro(&["spec", "show", "shared", "--json"]);
    assert_eq!(ran.code, Some(0), "{}", told(&ran));
}

#[test]
fn a_task_list_that_is_a_link_out_of_the_project_is_neither_read_nor_written() {
    let world = world();
    let private = outside(&world);
    for (folder, document) in [
        (".kiro/specs/own", "requirements.md"),
        ("specs/001-kit", "spec.md"),
        ("openspec/changes/change", "proposal.md"),
    ] {
        world.write(
            &format!("{folder}/{document}"),
            "# A\n\n### FR-1: A\n\n- It is\n",
        );
        link(
            &world,
            &private.join("tasks.md"),
            &format!("{folder}/tasks.md"),
        );
    }
    for spec in ["own", "001-kit", "change"] {
        for args in [
            &["tasks", spec, "--json"][..],
            &["tasks", spec, "set", "1", "done"],
            &["tasks", spec, "add", "More"],
        ] {
            let ran = world.kiro(args);
            assert_eq!(ran.code, Some(3), "{args:?}: {}", told(&ran));
            assert!(!told(&ran).contains("Mine"), "{args:?}: {}", told(&ran));
        }
    }
    let mine = std::fs::read_to_string(private.join("tasks.md")).expect("there");
    assert_eq!(mine, "- [ ] 1. Mine\n");
}

#[test]
fn folders_that_lead_in_circles_or_out_are_not_walked() {
    let world = world();
    let private = outside(&world);
    world.write("openspec/changes/loop/proposal.md", "# Loop\n");
    let change = world.project().join("openspec/changes/loop");
    link(&world, &change, "openspec/changes/loop/specs/again");
    link(&world, &world.project(), ".kiro/specs/whole");
    link(&world, &private, ".kiro/specs/private");
    std::fs::rename(private.join("key.md"), private.join("requirements.md")).expect("moved");
    let ran = world.kiro(&["spec", "list", "--json"]);
    assert_eq!(ran.code, Some(0), "{}", told(&ran));
    let value: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let names: Vec<&str> = value["specs"]
        .as_array()
        .expect("specs")
        .iter()
        .filter_map(|it| it["name"].as_str())
        .collect();
    assert_eq!(names, ["loop"], "{}", ran.stdout);
    for args in [&["spec", "lint"][..], &["status"], &["spec", "trace"]] {
        let ran = world.kiro(args);
        assert!(matches!(ran.code, Some(0 | 1)), "{args:?}: {}", told(&ran));
        assert!(!told(&ran).contains("hunter2"), "{args:?}: {}", told(&ran));
    }
}

#[test]
fn names_and_words_that_a_terminal_would_obey_are_shown_and_escaped() {
    let world = world();
    let evil = "\u{1b}]0;owned\u{7}";
    let text = format!(
        "# A{evil}\n\n### FR-1: A {evil}\n\n- It is fast {evil}\u{202e}\n\n```gherkin\nScenario: {evil}\n  Given a\n  Then b\n```\n"
    );
    world.write(&format!("specs/a\n{evil}b.md"), &text);
    world.write(&format!(".kiro/specs/x{evil}/requirements.md"), &text);
    for args in [
        &["spec", "list"][..],
        &["spec", "lint"],
        &["spec", "lint", "--sarif"],
        &["spec", "lint", "--json"],
        &["status"],
        &["spec", "trace"],
    ] {
        let ran = world.kiro(args);
        assert!(matches!(ran.code, Some(0 | 1)), "{args:?}: {}", told(&ran));
        assert!(
            !ran.stdout.contains("\u{1b}]") && !ran.stderr.contains("\u{1b}]"),
            "{args:?}: {:?}",
            told(&ran)
        );
    }
    let sarif: Value =
        serde_json::from_str(&world.kiro(&["spec", "lint", "--sarif"]).stdout).expect("JSON");
    for result in sarif["runs"][0]["results"].as_array().expect("results") {
        let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        let uri = uri.as_str().expect("an address");
        assert!(uri.bytes().all(|it| it.is_ascii_graphic()), "{uri}");
    }
}

#[test]
fn names_that_lead_elsewhere_make_no_spec() {
    let world = world();
    for name in ["../out", "/tmp/out", "a/../../out", ".", "..", "a\nb", ""] {
        for more in [
            &["--template"][..],
            &["--template", "--dialect", "kiro"],
            &["--template", "--dialect", "spec-kit"],
            &["--template", "--dialect", "openspec-change"],
        ] {
            let args = [&["spec", "new", name][..], more].concat();
            let ran = world.kiro(&args);
            assert_ne!(ran.code, Some(0), "{name:?}: {}", told(&ran));
            assert_ne!(ran.code, Some(5), "{name:?}: {}", told(&ran));
        }
    }
    assert_eq!(world.files(), []);
}

#[test]
fn numbers_that_are_none_measure_nothing() {
    let world = world();
    let nines = "9".repeat(400);
    let statements = [
        format!("`f(1)` takes < {nines} ms p95"),
        "`f(1)` takes < 1e999 ms p95".to_owned(),
        "`f(1)` takes < -5 ms p95".to_owned(),
        "`f(1)` takes < NaN ms".to_owned(),
        "`f(1)` takes < ٢٠٠ ms".to_owned(),
        "`f(1)` takes < 1.2.3 ms".to_owned(),
        format!("Code coverage ≥ {nines} %"),
        "Code coverage ≥ 101 %".to_owned(),
        "Code coverage ≥ -1 %".to_owned(),
        "Code coverage ≥ 80 % and ≤ 20 %".to_owned(),
        format!("`a.py` is at most {nines} lines"),
    ];
    let list: String = statements.iter().map(|it| format!("- {it}\n")).collect();
    world.write(
        "specs/n.md",
        format!("# N\n\n### FR-1: A\n\n`f(n: int) -> int` in `a.py`.\n\n- `f(1)` → `1`\n\n## Success Criteria\n\n{list}"),
    );
    world.write("a.py", "def f(n):\n    return n\n");
    let shown = world.kiro(&["spec", "show", "n", "--json"]);
    assert_eq!(shown.code, Some(0), "{}", told(&shown));
    let value: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    assert_eq!(
        value["success"].as_array().expect("criteria").len(),
        statements.len()
    );
    // A limit that nothing can break proves nothing.
    let verified = world.kiro(&["verify", "n", "--json"]);
    assert_eq!(verified.code, Some(1), "{}", told(&verified));
    let value: Value = serde_json::from_str(&verified.stdout).expect("JSON");
    for claim in value["claims"].as_array().expect("claims") {
        assert!(claim["proof"].is_null(), "{claim}");
    }
}
