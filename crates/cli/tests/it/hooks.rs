//! Hook files at work: validated, explained, run by hand and inside runs. The scripted model stands in for a real one, so
//! what it says proves how answers are carried, not that a review is any good.

use serde_json::{Value, json};
use testkit::{Output, World};

use crate::driven::{drives, write};
use crate::{autopilot, good_replies, numbers, states, world};

/// A hook that runs a command when a Python file below `src` is saved.
pub(crate) fn command_hook(command: &str, more: &str) -> String {
    format!(
        "name: \"Check\"\ntrigger:\n  event: \"file.save\"\n  filter: [\"src/**/*.py\"]\naction:\n  type: command\n  \
         command: |\n    {command}\n{more}"
    )
}

/// A hook that asks an agent when a Python file below `src` is saved.
fn agent_hook(more: &str) -> String {
    format!(
        "name: \"Ask\"\ntrigger:\n  event: \"file.save\"\n  filter: [\"src/**/*.py\"]\naction:\n  type: agent\n  \
         prompt: |\n    Look at {{file_path}}.\n{more}"
    )
}

pub(crate) fn trust(world: &World) {
    assert_eq!(world.kiro(&["trust", "--yes"]).code, Some(0));
}

pub(crate) fn json_of(output: &Output) -> Value {
    serde_json::from_str(&output.stdout)
        .unwrap_or_else(|_| panic!("{}{}", output.stdout, output.stderr))
}

/// Runs the hook file by hand on `src/a.py`.
pub(crate) fn run_hook(world: &World, file: &str, more: &[&str]) -> (Option<i32>, Value, String) {
    let args = [&["run-hook", file, "--file", "src/a.py", "--json"], more].concat();
    let ran = world.kiro(&args);
    (
        ran.code,
        serde_json::from_str(&ran.stdout).unwrap_or_default(),
        ran.stderr,
    )
}

#[test]
fn init_writes_the_four_built_in_hooks_and_they_are_valid() {
    let world = world();
    assert_eq!(world.kiro(&["init"]).code, Some(0));
    for name in [
        "auto-doc",
        "auto-test",
        "pre-commit-review",
        "dependency-check",
    ] {
        assert!(world.has(&format!(".kiro/hooks/{name}.yaml")), "{name}");
    }
    for name in ["auto-optimize", "aws-tagging"] {
        assert_eq!(
            world.kiro(&["hooks", "new", "--template", name]).code,
            Some(0)
        );
    }
    let told = world.kiro(&["validate-hooks"]);
    assert_eq!(told.code, Some(0), "{}{}", told.stdout, told.stderr);
    assert_eq!(told.stdout.matches("ok ").count(), 6, "{}", told.stdout);
    let again = world.kiro(&["hooks", "new", "--template", "auto-optimize"]);
    assert_eq!(again.code, Some(2), "{}", again.stdout);
    let rows = json_of(&world.kiro(&["hooks", "list", "--json"]));
    let rows = rows["hooks"].as_array().expect("hooks");
    let names: Vec<&str> = rows.iter().filter_map(|it| it["name"].as_str()).collect();
    assert_eq!(
        names,
        [
            "Auto-Documentation",
            "Auto-Optimization",
            "Auto-Test Generation",
            "AWS Resource Tagging",
            "Dependency Freshness Check",
            "Pre-Commit Code Review"
        ]
    );
    assert!(rows.iter().all(|it| {
        it["hindrance"]
            .as_str()
            .is_some_and(|it| it.contains("kiro trust"))
    }));
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_code_1() {
    for (text, code, at) in [
        ("name: [\n".to_owned(), "syntax", 1),
        (
            command_hook("true", "").replace("file.save", "file.saved"),
            "unknown-event",
            3,
        ),
        (
            command_hook("true", "").replace("action:", "  condition: size > 3\naction:"),
            "unknown-fact",
            5,
        ),
        (
            command_hook("true", "").replace("\"src/**/*.py\"", "\"a/*.py\", \"!a/**\""),
            "never-matches",
            4,
        ),
        (
            command_hook("true", "").replace("src/**/*.py", "**"),
            "matches-everything",
            4,
        ),
        (
            command_hook("bash scripts/none.sh", ""),
            "missing-script",
            8,
        ),
        (command_hook("echo {file}", ""), "unknown-variable", 8),
    ] {
        let world = world();
        world.write(".kiro/hooks/x.yaml", &text);
        let told = world.kiro(&["validate-hooks", "--json"]);
        assert_eq!(told.code, Some(1), "{code}: {}{}", told.stdout, told.stderr);
        let value = json_of(&told);
        let findings = value["files"][0]["findings"].as_array().expect("findings");
        let found = findings
            .iter()
            .find(|it| it["code"] == code)
            .unwrap_or_else(|| panic!("{code}: {findings:?}"));
        assert_eq!(found["line"], at, "{code}: {found}");
        let (start, end) = (
            found["span"]["start"].as_u64(),
            found["span"]["end"].as_u64(),
        );
        assert!(
            start < end && end <= Some(text.len() as u64),
            "{code}: {found}"
        );
        let words = world.kiro(&["validate-hooks"]);
        assert!(
            words.stdout.contains(&format!("x.yaml:{at}:"))
                && words.stdout.contains(&format!("[{code}]")),
            "{}",
            words.stdout
        );
    }
    let world = world();
    assert_eq!(
        world.kiro(&["validate-hooks"]).code,
        Some(0),
        "nothing is nothing wrong"
    );
}

#[test]
fn explain_names_the_clause_that_decides() {
    let world = world();
    world.write(".kiro/hooks/a.yaml", command_hook("true", ""));
    world.write(
        ".kiro/hooks/b.yaml",
        command_hook("true", "")
            .replace("\"Check\"", "\"Large\"")
            .replace("action:", "  condition: lines > 3\naction:"),
    );
    world.write(".kiro/hooks/c.yaml", "name: Off\nenabled: false\ntrigger: {event: file.save, filter: ['*.md']}\naction: {type: command, command: 'true'}\n");
    world.write("src/a.py", "x = 1\n");
    let explain = |file: &str| {
        let told = json_of(&world.kiro(&[
            "hooks",
            "explain",
            "--event",
            "file.save",
            "--file",
            file,
            "--json",
        ]));
        let rows = told["hooks"].as_array().expect("hooks").clone();
        rows.iter()
            .map(|it| {
                format!(
                    "{} {} {}",
                    it["hook"].as_str().unwrap_or(""),
                    it["fires"],
                    it["clause"].as_str().unwrap_or("")
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        explain("src/a.py"),
        [
            "Check false trust",
            "Large false condition",
            "Off false enabled"
        ]
    );
    trust(&world);
    assert_eq!(
        explain("src/a.py"),
        [
            "Check true filter",
            "Large false condition",
            "Off false enabled"
        ]
    );
    assert_eq!(explain("README.md")[0], "Check false filter");
    let wrong = world.kiro(&["hooks", "explain", "--event", "file.svae", "--file", "x"]);
    assert_eq!(wrong.code, Some(2));
    assert!(
        wrong.stderr.contains("did you mean «file.save»"),
        "{}",
        wrong.stderr
    );
    assert_eq!(world.kiro(&["hooks", "on", "Off"]).code, Some(0));
    assert!(world.read(".kiro/hooks/c.yaml").contains("enabled: true\n"));
}

#[test]
fn nothing_runs_before_the_folder_is_trusted() {
    let world = world();
    let mark = world.home().join("mark");
    world.write("src/a.py", "x = 1\n");
    world.write(
        ".kiro/hooks/a.yaml",
        command_hook(&format!("touch '{}' here.txt", mark.display()), ""),
    );
    let (code, value, told) = run_hook(&world, ".kiro/hooks/a.yaml", &[]);
    assert_eq!(code, Some(3), "{value} {told}");
    assert_eq!(value["ran"][0]["outcome"], "skipped");
    assert!(
        value["ran"][0]["why"]
            .as_str()
            .is_some_and(|it| it.contains("kiro trust")),
        "{value}"
    );
    let (code, value, _) = run_hook(&world, ".kiro/hooks/a.yaml", &["--dry-run"]);
    assert_eq!(
        (
            code,
            value["decisions"][0]["fires"].clone(),
            value["ran"].clone()
        ),
        (Some(0), json!(true), json!([]))
    );
    assert!(!mark.exists() && !world.has("here.txt"));
    trust(&world);
    world.write(".kiro/hooks/a.yaml", command_hook("touch other.txt", ""));
    assert_eq!(
        run_hook(&world, ".kiro/hooks/a.yaml", &[]).0,
        Some(3),
        "what changed is not trusted"
    );
}

#[test]
fn a_command_runs_within_walls_and_its_changes_need_approval() {
    let world = world();
    let outside = world.home().join("outside");
    world.write("src/a.py", "x = 1\n");
    let command = format!(
        "cat {{file_path}}; echo made > made.txt; touch '{}' 2>/dev/null; exit 0",
        outside.display()
    );
    world.write(".kiro/hooks/a.yaml", command_hook(&command, ""));
    trust(&world);
    let (code, value, told) = run_hook(&world, ".kiro/hooks/a.yaml", &[]);
    assert_eq!(code, Some(3), "{value} {told}");
    assert_eq!(value["ran"][0]["outcome"], "waiting");
    assert_eq!(value["ran"][0]["text"], "x = 1");
    assert!(
        value["ran"][0]["diff"]
            .as_str()
            .is_some_and(|it| it.contains("+made")),
        "{value}"
    );
    assert!(!world.has("made.txt") && !outside.exists());
    world.write(
        ".kiro/hooks/a.yaml",
        command_hook(&command, "  require_approval: false\n"),
    );
    trust(&world);
    let (code, value, told) = run_hook(&world, ".kiro/hooks/a.yaml", &[]);
    assert_eq!(code, Some(0), "{value} {told}");
    assert_eq!(value["ran"][0]["files"], json!(["made.txt"]));
    assert_eq!(world.read("made.txt"), "made\n");
    assert!(!outside.exists(), "the walls hold");
    world.write(".kiro/config.yaml", "security: {denied_commands: [cat]}\n");
    let (code, value, _) = run_hook(&world, ".kiro/hooks/a.yaml", &[]);
    assert_eq!(code, Some(1), "{value}");
    assert!(
        value["ran"][0]["why"]
            .as_str()
            .is_some_and(|it| it.contains("denied_commands")),
        "{value}"
    );
    let log = world.kiro(&["logs", "--hooks"]);
    assert!(
        log.stdout
            .contains("«Check» on file.save of src/a.py: passed; changed made.txt"),
        "{}",
        log.stdout
    );
}

#[test]
fn governance_holds_for_what_a_hook_changes() {
    let world = world();
    world.write("src/a.py", "x = 1\n");
    world.write(
        ".kiro/config.yaml",
        "governance: {require_approval: [{files_matching: ['made.txt']}]}\n",
    );
    world.write(
        ".kiro/hooks/a.yaml",
        command_hook(
            "echo made > made.txt; echo x > .env",
            "  require_approval: false\n",
        ),
    );
    trust(&world);
    let (code, value, _) = run_hook(&world, ".kiro/hooks/a.yaml", &[]);
    assert_eq!(
        (code, value["ran"][0]["outcome"].clone()),
        (Some(3), json!("waiting")),
        "{value}"
    );
    assert!(!world.has("made.txt") && !world.has(".env"));
}

#[test]
fn a_hanging_command_is_ended_with_its_children() {
    let world = world();
    world.write("src/a.py", "x = 1\n");
    world.write(
        ".kiro/hooks/a.yaml",
        command_hook(
            "(setsid sleep 986 &) ; sleep 987",
            "  timeout: 1\n  blocking: true\n",
        ),
    );
    trust(&world);
    let (code, value, told) = run_hook(&world, ".kiro/hooks/a.yaml", &[]);
    assert_eq!(code, Some(1), "{value} {told}");
    assert_eq!(value["ran"][0]["outcome"], "blocked");
    assert!(
        value["ran"][0]["why"]
            .as_str()
            .is_some_and(|it| it.contains("longer than 1 s")),
        "{value}"
    );
    let alive = std::fs::read_dir("/proc")
        .expect("processes")
        .flatten()
        .any(|it| {
            let line = std::fs::read(it.path().join("cmdline")).unwrap_or_default();
            line == b"sleep\x00986\x00" || line == b"sleep\x00987\x00"
        });
    assert!(!alive, "a child lives on");
}

#[test]
fn names_that_a_shell_would_read_are_words() {
    let world = world();
    let name = "src/a b'$(touch evil)`touch evil`;touch evil.py";
    world.write(name, "x = 1\n");
    world.write(
        ".kiro/hooks/a.yaml",
        command_hook("cat {file_path} && printf '%s' \"$KIRO_FILE_PATH\"", ""),
    );
    trust(&world);
    let ran = world.kiro(&["run-hook", ".kiro/hooks/a.yaml", "--file", name, "--json"]);
    let value = json_of(&ran);
    assert_eq!(ran.code, Some(0), "{value}");
    assert_eq!(value["ran"][0]["text"], format!("x = 1\n{name}"));
    assert!(!world.has("evil"));
}

#[test]
fn an_agent_changes_files_in_a_transaction() {
    let world = world();
    world.write("src/a.py", "x = 1\n");
    world.write(
        ".kiro/hooks/a.yaml",
        agent_hook("  require_approval: false\n"),
    );
    trust(&world);
    let lines = [
        json!({"when": "Look at src/a.py.", "calls": [write("src/b.py", "y = 2\n")]}),
        json!({"reply": "b.py is there."}),
    ];
    let model = world.script(&drives(&lines));
    let (code, value, told) = run_hook(&world, ".kiro/hooks/a.yaml", &["--model", &model]);
    assert_eq!(code, Some(0), "{value} {told}");
    assert_eq!(value["ran"][0]["files"], json!(["src/b.py"]));
    assert_eq!(world.read("src/b.py"), "y = 2\n");
    world.write("src/a.py", "x = 2\n");
    world.write(".kiro/hooks/a.yaml", agent_hook(""));
    trust(&world);
    let model = world.script(&drives(&[
        json!({"calls": [write("src/c.py", "z\n")]}),
        json!({"reply": "done"}),
    ]));
    let (code, value, _) = run_hook(&world, ".kiro/hooks/a.yaml", &["--model", &model]);
    assert_eq!(
        (code, value["ran"][0]["outcome"].clone()),
        (Some(3), json!("waiting")),
        "approval is the default"
    );
    assert!(!world.has("src/c.py"));
}

#[test]
fn a_blocking_agent_passes_by_a_verdict_and_nothing_else() {
    let verdict = |it: Value| json!({"calls": [{"name": "hook_verdict", "arguments": it}]});
    let words = json!({"reply": "All is well, I pass it."});
    let cut = json!({"reply": "I beg", "error": "cut"});
    for (lines, outcome, finding) in [
        (
            vec![
                verdict(json!({"verdict": "pass", "findings": []})),
                words.clone(),
            ],
            "passed",
            None,
        ),
        (
            vec![
                verdict(json!({"verdict": "block", "findings": ["no tags"]})),
                words.clone(),
            ],
            "blocked",
            Some("no tags"),
        ),
        (vec![words.clone()], "blocked", None),
        (
            vec![verdict(json!({"verdict": "maybe"})), words.clone()],
            "blocked",
            None,
        ),
        (
            vec![
                verdict(json!({"verdict": "block", "findings": ["bad"]})),
                verdict(json!({"verdict": "pass", "findings": []})),
                words.clone(),
            ],
            "blocked",
            Some("bad"),
        ),
        (vec![cut.clone(), cut.clone(), cut], "blocked", None),
        (
            vec![json!({"reply": ["slow"], "delay_ms": 5000})],
            "blocked",
            None,
        ),
    ] {
        let world = world();
        world.write("src/a.py", "x = 1\n");
        world.write(
            ".kiro/hooks/a.yaml",
            agent_hook("  blocking: true\n  timeout: 2\n"),
        );
        trust(&world);
        let model = world.script(&drives(&lines));
        let (code, value, told) = run_hook(&world, ".kiro/hooks/a.yaml", &["--model", &model]);
        assert_eq!(
            value["ran"][0]["outcome"], outcome,
            "{lines:?}: {value} {told}"
        );
        assert_eq!(code, Some(i32::from(outcome != "passed")), "{value}");
        assert_eq!(value["ran"][0]["findings"][0].as_str(), finding);
        assert!(
            value["ran"][0]["wall_ms"]
                .as_u64()
                .is_some_and(|it| it < 4_500),
            "{value}"
        );
    }
}

#[test]
fn a_model_without_tools_answers_by_a_verdict_alone() {
    for (reply, outcome) in [
        (r#"{"verdict": "pass", "findings": []}"#, "passed"),
        (
            r#"{"verdict": "block", "findings": ["no tags"]}"#,
            "blocked",
        ),
        (
            r#"It looks fine. {"verdict": "pass", "findings": []}"#,
            "blocked",
        ),
        ("PASS", "blocked"),
    ] {
        let world = world();
        world.write("src/a.py", "x = 1\n");
        world.write(".kiro/hooks/a.yaml", agent_hook("  blocking: true\n"));
        trust(&world);
        let model = world.script(&[json!({"when": "Must it be stopped", "reply": reply})]);
        let (_, value, told) = run_hook(&world, ".kiro/hooks/a.yaml", &["--model", &model]);
        assert_eq!(
            value["ran"][0]["outcome"], outcome,
            "{reply}: {value} {told}"
        );
    }
    let world = world();
    world.write("src/a.py", "x = 1\n");
    world.write(
        ".kiro/hooks/a.yaml",
        agent_hook("  require_approval: false\n"),
    );
    trust(&world);
    let reply = "FILE: src/a.py\n```python\n\"\"\"A.\"\"\"\nx = 1\n```\n";
    let model = world.script(&[json!({"when": "Look at src/a.py", "reply": reply})]);
    let (code, value, told) = run_hook(&world, ".kiro/hooks/a.yaml", &["--model", &model]);
    assert_eq!(code, Some(0), "{value} {told}");
    assert_eq!(world.read("src/a.py"), "\"\"\"A.\"\"\"\nx = 1\n");
}

#[test]
fn tests_gate_what_run_tests_brings_in() {
    let world = world();
    world.write("src/a.py", "x = 1\n");
    world.write("tests/test_a.py", "import unittest\n\nclass A(unittest.TestCase):\n    def test_x(self):\n        self.assertIn('x = 1', open('src/a.py').read())\n");
    let more = "  require_approval: false\n  run_tests: true\n";
    world.write(
        ".kiro/hooks/a.yaml",
        command_hook("echo 'y = 2' >> src/a.py", more),
    );
    world.write(
        ".kiro/hooks/b.yaml",
        command_hook("echo 'z' > src/a.py", more).replace("Check", "Break"),
    );
    trust(&world);
    let (code, value, told) = run_hook(&world, ".kiro/hooks/a.yaml", &[]);
    assert_eq!(code, Some(0), "{value} {told}");
    assert_eq!(world.read("src/a.py"), "x = 1\ny = 2\n");
    let (code, value, _) = run_hook(&world, ".kiro/hooks/b.yaml", &[]);
    assert_eq!(code, Some(1), "{value}");
    assert!(
        value["ran"][0]["why"]
            .as_str()
            .is_some_and(|it| it.contains("the tests fail")),
        "{value}"
    );
    assert_eq!(world.read("src/a.py"), "x = 1\ny = 2\n");
}

#[test]
fn a_run_asks_its_hooks() {
    let world = numbers();
    world.write(".kiro/hooks/start.yaml", "name: Start\ntrigger: {event: task.start, condition: \"task == '2'\"}\naction: {type: command, command: 'exit 1', blocking: true}\n");
    world.write(".kiro/hooks/save.yaml", "name: Saved\ntrigger: {event: file.save, filter: ['numbers_kit/*.py']}\naction: {type: command, command: 'test -s {file_path}'}\n");
    world.write(
        ".kiro/hooks/tests.yaml",
        "name: Tested\ntrigger: {event: test.pass}\naction: {type: command, command: 'true'}\n",
    );
    world.write(
        ".kiro/hooks/end.yaml",
        "name: End\ntrigger: {event: session.stop}\naction: {type: command, command: 'true'}\n",
    );
    trust(&world);
    let model = world.script(&good_replies());
    let ran = autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    assert_eq!(states(&world)[..2], ["done", "failed"]);
    let log = world.kiro(&["logs", "--hooks"]).stdout;
    for part in [
        "«Start» does not fire on task.start: condition",
        "«Start» on task.start: blocked",
        "«Saved» on file.save of numbers_kit/double.py: passed",
        "«Tested» on test.pass: passed",
        "«End» on session.stop: passed",
    ] {
        assert!(log.contains(part), "{part}\n{log}");
    }
}

#[test]
fn a_hook_may_keep_a_runs_tests_from_beginning() {
    for (exit, states_then, told) in [(0, "done", "passed"), (1, "failed", "blocked")] {
        let world = numbers();
        let hook = format!(
            "name: Begins\ntrigger: {{event: test.run}}\naction: {{type: command, command: 'exit {exit}', blocking: true}}\n"
        );
        world.write(".kiro/hooks/tests.yaml", hook);
        trust(&world);
        let ran = autopilot(&world, &world.script(&good_replies()), &["--task", "1"]);
        assert_eq!(
            states(&world)[0],
            states_then,
            "{}{}",
            ran.stdout,
            ran.stderr
        );
        let log = world.kiro(&["logs", "--hooks"]).stdout;
        let line = format!("«Begins» on test.run: {told}");
        assert!(log.contains(&line), "{log}");
        let is_named = format!("{}{}", ran.stdout, ran.stderr).contains("not run: «Begins»");
        assert_eq!(is_named, exit == 1, "{}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn held_content_is_not_completed() {
    let world = numbers();
    let hook = "name: Tags\ntrigger: {event: file.save, filter: ['numbers_kit/double.py']}\naction: {type: command, command: 'grep -q tagged {file_path}', blocking: true}\n";
    world.write(".kiro/hooks/tags.yaml", hook);
    trust(&world);
    let model = world.script(&good_replies());
    let ran = autopilot(&world, &model, &["--task", "1"]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    assert_ne!(states(&world)[0], "done");
    assert!(
        world
            .kiro(&["logs", "--hooks"])
            .stdout
            .contains("«Tags» holds numbers_kit/double.py")
    );
}

#[test]
fn a_hook_before_a_tool_can_stop_the_call() {
    let world = world();
    let hook = json!({"version": "v1", "hooks": [
        {"name": "guard", "trigger": "PreToolUse", "matcher": "fs_write", "action": {"type": "command", "command": "python3 -c \"import json,sys; sys.exit(2 if 'evil' in json.load(sys.stdin)['tool_input']['path'] else 1)\""}},
    ]});
    world.write(".kiro/hooks/guard.json", hook.to_string());
    trust(&world);
    let lines = [
        json!({"calls": [write("evil.txt", "x\n")]}),
        json!({"when": "a hook of the project does not let this call happen", "calls": [write("good.txt", "x\n")]}),
        json!({"reply": "done"}),
    ];
    let model = world.script(&drives(&lines));
    let ran = crate::chat_once(&world, &model);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert!(
        world.has("good.txt") && !world.has("evil.txt"),
        "2 stops, another code does not"
    );
}

#[test]
fn exec_tells_how_tests_ended() {
    let world = world();
    let hook = |name: &str, event: &str, more: &str| {
        format!(
            "name: {name}\ntrigger: {{event: {event}{more}}}\naction: {{type: command, command: 'echo {name}'}}\n"
        )
    };
    world.write(
        ".kiro/hooks/a.yaml",
        hook("Fail", "test.fail", ", condition: 'exit_code == 7'"),
    );
    world.write(".kiro/hooks/b.yaml", hook("Pass", "test.pass", ""));
    world.write(".kiro/hooks/c.yaml", "name: Gate\ntrigger: {event: deploy.start}\naction: {type: command, command: 'exit 1', blocking: true}\n");
    trust(&world);
    let exec = |kind: &str, code: &str| {
        world
            .kiro(&[
                "exec",
                "--as",
                kind,
                "--",
                "sh",
                "-c",
                &format!("exit {code}"),
            ])
            .code
    };
    assert_eq!(exec("test", "7"), Some(7));
    assert_eq!(exec("test", "0"), Some(0));
    assert_eq!(exec("deploy", "0"), Some(3), "the gate is closed");
    let log = world.kiro(&["logs", "--hooks"]).stdout;
    assert!(
        log.contains("«Fail» on test.fail: passed") && log.contains("«Pass» on test.pass: passed"),
        "{log}"
    );
    assert_eq!(world.kiro(&["logs", "--hooks", "--since", "0s"]).stdout, "");
    assert_eq!(
        world.kiro(&["logs", "--hooks", "--since", "soon"]).code,
        Some(2)
    );
}

#[test]
fn a_hook_is_drafted_from_words() {
    let world = world();
    let draft = |event: &str| {
        let draft = json!({
            "name": "Lint", "event": event, "filter": ["src/**/*.ts"], "type": "command",
            "text": "npx eslint {file_path}\n# \"x\": y", "blocking": false,
        });
        draft.to_string()
    };
    let model = world.script(&[
        json!({"when": "run eslint", "reply": draft("file.saved")}),
        json!({"when": "unknown event", "reply": "a hook"}),
        json!({"when": "no JSON object", "reply": format!("```json\n{}\n```", draft("file.save"))}),
    ]);
    let words = "run eslint when typescript is saved";
    let ran = world.kiro(&["hooks", "new", words, "--model", &model]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let file = world.read(".kiro/hooks/lint.yaml");
    assert!(
        file.contains("event: \"file.save\"") && file.contains("npx eslint {file_path}"),
        "{file}"
    );
    assert_eq!(world.kiro(&["validate-hooks"]).code, Some(0));
}

/// A small model makes up programs and patterns: what the request does not name is not run, and takes no file away.
#[test]
fn a_small_models_draft_is_held_to_the_request() {
    let world = world();
    let draft = |name: &str, event: &str, filter: &[&str]| {
        let draft = json!({
            "name": name, "event": event, "filter": filter, "type": "command",
            "text": "pandoc --spelling {files}", "blocking": true,
        });
        draft.to_string()
    };
    let model = world.script(&[
        json!({"when": "leaked passwords", "reply": draft("Leaks", "git.pre-commit", &["**/*.ts", "*.py"])}),
        json!({"when": "in Markdown", "reply": draft("Spelling", "file.save", &["docs/**/*.md"])}),
    ]);
    let new = |words: &str| {
        let ran = world.kiro(&["hooks", "new", words, "--model", &model]);
        assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    };
    new("look for leaked passwords in Python before a commit");
    let leaks = world.read(".kiro/hooks/leaks.yaml");
    let told = "prompt: \"look for leaked passwords in Python before a commit\"";
    assert!(
        leaks.contains("type: agent") && leaks.contains(told),
        "{leaks}"
    );
    assert!(leaks.contains("*.py") && !leaks.contains("*.ts"), "{leaks}");
    new("mend {spelling} in Markdown");
    let spelling = world.read(".kiro/hooks/spelling.yaml");
    let told = "prompt: \"mend {{spelling}} in Markdown\\n\\nThe file: {file_path}\"";
    assert!(spelling.contains(told), "{spelling}");
    assert_eq!(world.kiro(&["validate-hooks"]).code, Some(0));
}
