//! `kiro chat` as a conversation at a real terminal. The scripted model stands in for a real one.

use serde_json::{Value, json};
use testkit::{Output, Scene, World};

use crate::driven::{drives, write};
use crate::world;

fn talk(world: &World, lines: &[Value], more: &[&str], scenes: &[Scene<'_>]) -> Output {
    let model = world.script(&drives(lines));
    let mut args = vec!["chat", "--model", &model];
    args.extend(more);
    world.at_terminal(world.command(&args), scenes)
}

const SPEC: &str = "# Zebras\n\n## Functional Requirements\n\n### FR-1: Counting\n\n`count(n: int) -> int` in `zebra.py`.\n\n- The same number\n  - `count(2)` → `2`\n\n## Success Criteria\n\n- All tests pass\n";

fn lines() -> Vec<Value> {
    vec![
        json!({"when": "Make our conversation a specification", "calls": [write("specs/zebra.md", SPEC)]}),
        json!({"when": "specs/zebra.md (new", "reply": "It is written."}),
        json!({"when": "Person: count zebras\nYou: Gladly.", "reply": "You wanted zebras."}),
        json!({"when": "count zebras", "reply": "Gladly."}),
    ]
}

#[test]
fn what_was_said_before_is_known_kept_and_becomes_a_spec() {
    let world = world();
    let scenes = [
        ("›", "count zebras"),
        ("Gladly.", ""),
        ("›", "what did I want?"),
        ("You wanted zebras.", "/nonsense"),
        ("there is no command /nonsense", "/spec zebra"),
        ("s[t]op >", "a"),
        ("kiro run zebra", "/quit"),
    ];
    let ran = talk(&world, &lines(), &[], &scenes);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    assert_eq!(world.read("specs/zebra.md"), SPEC);
    let listed = world.kiro(&["chat", "--list", "--json"]);
    let listed: Value = serde_json::from_str(&listed.stdout).expect("JSON");
    assert_eq!(listed["conversations"][0]["requests"], 3);
    assert_eq!(listed["conversations"][0]["title"], "count zebras");
    let exported = world.kiro(&["chat", "--export"]).stdout;
    assert!(
        exported.contains("> count zebras\n\nGladly.\n")
            && exported.contains("Changed: specs/zebra.md"),
        "{exported}"
    );

    let again = talk(
        &world,
        &lines(),
        &["--resume"],
        &[
            ("3 exchanges so far", "what did I want?"),
            ("You wanted zebras.", "/quit"),
        ],
    );
    assert_eq!(again.code, Some(0), "{}", again.stdout);
}

#[test]
fn usage_is_told() {
    let world = world();
    let none = world.kiro(&["chat"]);
    assert_eq!(none.code, Some(2), "{}", none.stderr);
    assert!(none.stderr.contains("needs a terminal"), "{}", none.stderr);
    assert_eq!(
        world.kiro(&["chat", "--list"]).stdout,
        "no conversation was kept yet\n"
    );
    assert_eq!(world.kiro(&["chat", "--export"]).code, Some(2));
    let missing = world.kiro(&["chat", "--export", "ffff"]);
    assert!(
        missing.stderr.contains("there is no conversation ffff"),
        "{}",
        missing.stderr
    );
}
