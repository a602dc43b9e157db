//! `kiro policy test-paths` over both corpora of cases: nothing too lax, nothing too strict, nearly all exact.

use std::collections::HashMap;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use testkit::World;

use crate::world;

const CONFIG: &str = r#"
security:
  sensitive_files: ["**/.env*", "**/*secret*", "**/*credentials*", "**/config/production.yaml"]
  trusted_commands: ["npm test"]
governance:
  require_approval:
    - files_matching: ["**/migration/**", "**/schema/**"]
"#;

const GOVERNANCE: &str = r#"
require_human_approval:
  - file_patterns: ["**/migrations/**", "**/schema/**", "**/*production*", "**/Dockerfile", "**/.github/workflows/**"]
  - change_types: [database_schema, security_config, ci_cd_pipeline, environment_variables]
"#;

/// Files that the cases assume.
const FILES: &[&str] = &[
    "src/main.rs",
    "src/lib.rs",
    "src/environment.ts",
    "src/env.ts",
    "src/secretary.ts",
    "src/credential.ts",
    "src/.env.d.ts",
    "src/café.rs",
    "README.md",
    "package.json",
    "Cargo.toml",
    "Makefile",
    "AGENTS.md",
    ".env",
    ".env.local",
    ".env.production",
    ".envrc",
    "apps/web/.env",
    "apps/web/.env.local",
    "foo.env",
    "config/production.yaml",
    "config/staging.yaml",
    "config/production.yml",
    "config/production.yaml.bak",
    "services/api/config/production.yaml",
    "production.yaml",
    "xconfig/production.yaml",
    "deploy/my-secret.txt",
    "secrets/prod.txt",
    "docs/credentials-guide.md",
    "docs/schema.md",
    "aws_credentials",
    ".envoy/config.json",
    ".gitattributes",
    ".gitmodules",
    ".kiro/config.yaml",
    ".kiro/governance.yaml",
    ".kiro/hooks/auto-test.yaml",
    ".kiro/specs/auth/requirements.md",
    ".kiro/steering/product.md",
    ".kiro/settings/mcp.json",
    ".vscode/settings.json",
    ".vscode/tasks.json",
    ".github/workflows/ci.yml",
    "Dockerfile",
    "docker/Dockerfile",
    "db/migrations/001.sql",
    "db/migration/001.sql",
    "db/schema/x.sql",
    "app/production_settings.py",
    "sub/x.txt",
    ".git/HEAD",
    ".git/config",
    ".git/hooks/sample",
    "~notes.txt",
    "~/inside",
    "hard/ok1",
];

/// Links that the cases assume; `WS` and `BASE` stand for the project and the folder that it lies in.
const LINKS: &[(&str, &str)] = &[
    ("to_env", "../.env"),
    ("env_alias.txt", "../.env.local"),
    ("to_passwd", "/etc/passwd"),
    ("to_outside", "BASE/outside"),
    ("to_src", "../src"),
    ("chain1", "chain2"),
    ("chain2", "../../outside/o.txt"),
    ("loop_a", "loop_b"),
    ("loop_b", "loop_a"),
    ("dangling_out", "BASE/outside/new.txt"),
    ("abs_inside", "WS/src/main.rs"),
    ("to_git", "../.git"),
    ("to_root", "/"),
    ("to_ws", ".."),
    ("to_parent", "../.."),
    ("procroot", "/proc/self/root"),
    ("to_kiro", "../.kiro"),
    ("plain_dir", "../secrets"),
    ("to_src2", "to_src"),
];

/// A tree with everything that the cases ask about, in a folder named as they name it.
struct Tree {
    world: World,
    pipes: Option<UnixListener>,
}

impl Tree {
    fn new() -> Tree {
        let world = world();
        let base = world.project();
        for file in FILES {
            world.write(&format!("ws/{file}"), "x\n");
        }
        for file in ["ws-evil/x.txt", "outside/o.txt", "outside/dir/d.txt"] {
            world.write(file, "x\n");
        }
        let root = base.join("ws");
        for folder in ["links", "special"] {
            std::fs::create_dir(root.join(folder)).expect("a folder");
        }
        let canonical = base.canonicalize().expect("a folder");
        for (name, target) in LINKS {
            let target = target
                .replace("WS", &canonical.join("ws").display().to_string())
                .replace("BASE", &canonical.display().to_string());
            symlink(target, root.join("links").join(name)).expect("a link");
        }
        for (of, name) in [
            ("ws/.env", "hard/notes.txt"),
            ("outside/o.txt", "hard/pass.txt"),
            ("ws/hard/ok1", "hard/ok2"),
        ] {
            link(&base.join(of), &root.join(name));
        }
        make_pipe(&root.join("special/fifo"));
        let pipes = UnixListener::bind(root.join("special/sock")).ok();
        Tree { world, pipes }
    }

    /// The verdicts of the cases, by id.
    fn verdicts(&self, cases: &str) -> HashMap<String, String> {
        let scripts = |name: &str, text: &str| {
            self.world.write(name, text);
            self.world.project().join(name).display().to_string()
        };
        let ran = self.world.kiro(&[
            "policy",
            "test-paths",
            "--config",
            &scripts("config.yaml", CONFIG),
            "--governance",
            &scripts("governance.yaml", GOVERNANCE),
            "--workspace",
            "ws",
            "--home",
            &self.world.home().display().to_string(),
            "--jsonl",
            &scripts("cases.jsonl", cases),
        ]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let verdict = |line: &str| {
            let value: Value = serde_json::from_str(line).expect("JSON");
            assert!(
                value["rule"].as_str().is_some_and(|it| !it.is_empty()),
                "{line}"
            );
            let text = |key: &str| value[key].as_str().expect("text").to_owned();
            (text("id"), text("verdict"))
        };
        ran.stdout.lines().map(verdict).collect()
    }
}

#[expect(clippy::disallowed_methods, reason = "a test plants a second name")]
fn link(of: &Path, name: &Path) {
    std::fs::hard_link(of, name).expect("a second name");
}

#[expect(clippy::disallowed_methods, reason = "a test plants a pipe")]
fn make_pipe(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status().expect("mkfifo");
    assert!(made.success());
}

/// Checks a corpus; gives how many cases are exact, and how many there are.
fn score(tree: &Tree, cases: &str) -> (usize, usize) {
    let verdicts = tree.verdicts(cases);
    let (mut exact, mut all) = (0, 0);
    for line in cases.lines() {
        let case: Value = serde_json::from_str(line).expect("JSON");
        let id = case["id"].as_str().expect("an id");
        let got = verdicts
            .get(id)
            .unwrap_or_else(|| panic!("{id} has no verdict"));
        let expected = case["expect"].as_str().expect("a verdict");
        let also = case["also"].as_array().cloned().unwrap_or_default();
        assert!(
            got == expected || also.iter().any(|it| it == got),
            "{line}\n got {got}"
        );
        exact += usize::from(got == expected);
        all += 1;
    }
    (exact, all)
}

#[test]
fn every_case_is_judged_as_it_must_be() {
    let tree = Tree::new();
    assert!(tree.pipes.is_some(), "no socket could be made");
    for cases in [
        include_str!("../data/paths.jsonl"),
        include_str!("../data/paths_own.jsonl"),
    ] {
        let (exact, all) = score(&tree, cases);
        assert!(exact * 100 >= all * 98, "{exact} of {all} exact");
    }
}

#[test]
fn half_a_character_is_denied_and_what_is_no_case_is_told_with_its_line() {
    let tree = Tree::new();
    let half = r#"{"id":"h","op":"read","path":"a\ud800b"}"#;
    assert_eq!(tree.verdicts(half)["h"], "deny");
    tree.world.write(
        "bad.jsonl",
        format!("{half}\n{{\"id\":\"x\",\"op\":\"eat\"}}\n"),
    );
    let home = tree.world.home().display().to_string();
    let args = [
        "policy",
        "test-paths",
        "--workspace",
        "ws",
        "--home",
        &home,
        "--jsonl",
    ];
    let bad = tree.world.kiro(&[&args[..], &["bad.jsonl"]].concat());
    assert_eq!(bad.code, Some(2));
    assert!(
        bad.stderr.contains("line 2") && bad.stderr.contains("eat"),
        "{}",
        bad.stderr
    );
    assert_eq!(
        tree.world.kiro(&[&args[..], &["none.jsonl"]].concat()).code,
        Some(2)
    );
}
