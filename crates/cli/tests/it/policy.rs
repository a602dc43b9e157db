//! `kiro policy`: verdicts with their reasons, and nothing that runs.

use serde_json::Value;
use testkit::World;

use crate::{json_lines, world};

const CONFIG: &str = r#"
security:
  trusted_commands:
    - "npm test"
    - "git status"
    - "git diff"
  denied_commands:
    - "rm -rf"
    - "sudo"
    - "curl | bash"
"#;

fn configured() -> World {
    let world = world();
    world.write(".kiro/config.yaml", CONFIG);
    world
}

/// The folder's own rules count once it is trusted.
fn trusted() -> World {
    let world = configured();
    assert_eq!(world.kiro(&["trust", "--yes"]).code, Some(0));
    world
}

fn explained(world: &World, command: &str) -> Value {
    let shown = world.kiro(&["policy", "explain", command, "--json"]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    serde_json::from_str(&shown.stdout).expect("JSON")
}

#[test]
fn a_verdict_names_its_part_its_rule_and_the_way_there() {
    let world = trusted();
    let denied = explained(&world, "git status && bash -c 'rm -r --force build'");
    assert_eq!(denied["verdict"], "deny");
    assert_eq!(denied["rule"], "security.denied_commands: rm -rf");
    assert_eq!(denied["part"], "rm -r --force build");
    assert_eq!(denied["denied"][0]["through"][0], "bash -c");
    assert_eq!(denied["plan"], Value::Null);

    let asked = explained(&world, "git status && git push origin main");
    assert_eq!(asked["verdict"], "ask");
    assert_eq!(asked["part"], "git push origin main");
    let trusted = "security.trusted_commands: git status";
    assert_eq!(asked["parts"][0]["trusted"], trusted);
    assert_eq!(asked["offers"][0]["kind"], "exact");
    assert_eq!(asked["offers"][0]["for"], "run");

    let allowed = explained(&world, "git status && npm test 2>&1");
    assert_eq!(allowed["verdict"], "allow");
    assert_eq!(allowed["plan"]["and"][1]["run"]["argv"][1], "test");
    assert_eq!(allowed["plan"]["and"][1]["run"]["copies"][0][0], 2);
}

#[test]
fn what_is_shown_cannot_fool_the_eye() {
    let world = configured();
    let shown = world.kiro(&["policy", "explain", "git status \u{202e}\u{1b}[31m"]);
    assert_eq!(shown.code, Some(0));
    assert!(shown.stdout.starts_with("ask"), "{}", shown.stdout);
    assert!(shown.stdout.contains("\\u{202e}"), "{}", shown.stdout);
    assert!(!shown.stdout.contains('\u{202e}') && !shown.stdout.contains('\u{1b}'));
}

#[test]
fn nothing_that_is_explained_runs() {
    let world = configured();
    let shown = world.kiro(&["policy", "explain", "touch canary; $(touch canary2)"]);
    assert_eq!(shown.code, Some(0));
    assert!(!world.has("canary") && !world.has("canary2"));
}

#[test]
fn a_corpus_is_judged_line_by_line() {
    let world = configured();
    let corpus = "{\"id\":\"a\",\"cmd\":\"git status\"}\n\n{\"id\":\"b\",\"cmd\":\"sudo id\\n\",\"more\":1}\n{\"id\":\"c\",\"cmd\":\"\"}\n";
    world.write("corpus.jsonl", corpus);
    let args = [
        "policy",
        "test",
        "--config",
        ".kiro/config.yaml",
        "--jsonl",
        "corpus.jsonl",
    ];
    let judged = world.kiro(&args);
    assert_eq!(judged.code, Some(0), "{}", judged.stderr);
    let lines = json_lines(&judged);
    let verdicts: Vec<_> = lines.iter().map(|it| (&it["id"], &it["verdict"])).collect();
    assert_eq!(
        verdicts,
        [
            (&Value::from("a"), &Value::from("allow")),
            (&Value::from("b"), &Value::from("deny")),
            (&Value::from("c"), &Value::from("ask")),
        ]
    );
    assert_eq!(lines[1]["rule"], "security.denied_commands: sudo");
}

#[test]
fn input_that_cannot_be_read_is_named_with_its_place() {
    let world = configured();
    world.write("bad.jsonl", "{\"id\":\"a\",\"cmd\":\"x\"}\n{\"id\":3}\n");
    world.write("bad.yaml", "security:\n  denied_commands: [\"a && b\"]\n");
    for (config, corpus, words) in [
        (".kiro/config.yaml", "none.jsonl", "none.jsonl"),
        (".kiro/config.yaml", "bad.jsonl", "bad.jsonl:2"),
        ("bad.yaml", "bad.jsonl", "a && b"),
        ("none.yaml", "bad.jsonl", "none.yaml"),
    ] {
        let judged = world.kiro(&["policy", "test", "--config", config, "--jsonl", corpus]);
        assert_eq!(judged.code, Some(2), "{}", judged.stdout);
        assert!(judged.stderr.contains(words), "{}", judged.stderr);
        assert!(judged.stdout.is_empty(), "{}", judged.stdout);
    }
}

#[test]
fn what_is_explained_is_what_holds_here() {
    let world = configured();
    let asked = explained(&world, "git status");
    let rule = "security.trusted_commands: git status (the folder is not trusted yet)";
    assert_eq!(
        (&asked["verdict"], &asked["rule"]),
        (&"ask".into(), &rule.into())
    );
    world.write(
        ".kiro/settings/permissions.yaml",
        "rules:\n  - {capability: shell, effect: deny, match: ['git push*']}\n  - {capability: shell, effect: allow, match: ['*']}\n",
    );
    assert_eq!(world.kiro(&["trust", "--yes"]).code, Some(0));
    for (command, verdict) in [
        ("git status", "allow"),
        ("make all && ls -l", "allow"),
        ("rm -fr build", "deny"),
        ("rm --recursive --force build", "deny"),
        ("/bin/rm -r -f build", "deny"),
        ("env -i rm -rf build", "deny"),
        ("/usr/bin/git push origin", "deny"),
        ("echo x; bash -c 'git push'", "deny"),
        ("echo $HOME", "ask"),
        ("ls > x", "ask"),
        ("git status &", "ask"),
    ] {
        assert_eq!(explained(&world, command)["verdict"], verdict, "{command}");
    }
}
