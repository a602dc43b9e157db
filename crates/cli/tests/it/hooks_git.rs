//! Git's own hooks: installed beside others, taken out without a trace, and what no commit may hold.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;
use testkit::{Output, World};

use crate::driven::drives;
use crate::hooks::trust;
use crate::world;

fn git_as(world: &World, arguments: &[&str], env: &[(&str, &str)]) -> Output {
    world.run(world.git(arguments).envs(env.iter().copied()))
}

fn git(world: &World, arguments: &[&str]) -> Output {
    git_as(world, arguments, &[])
}

fn repository() -> World {
    let world = world();
    assert_eq!(git(&world, &["init", "-q", "-b", "main"]).code, Some(0));
    world
}

fn commit(world: &World, model: &str) -> Output {
    assert_eq!(git(world, &["add", "-A"]).code, Some(0));
    git_as(
        world,
        &["commit", "-q", "-m", "a change"],
        &[("KIRO_MODEL", model)],
    )
}

/// Every file of a folder with its bytes and its mode.
fn all_files(folder: &Path) -> Vec<(String, Vec<u8>, u32)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(at) = open.pop() {
        for entry in std::fs::read_dir(&at).into_iter().flatten().flatten() {
            let path = entry.path();
            let mode = entry.metadata().expect("metadata").permissions().mode();
            match path.is_dir() {
                true => open.push(path),
                false => found.push((
                    path.display().to_string(),
                    std::fs::read(&path).expect("reads"),
                    mode,
                )),
            }
        }
    }
    found.sort();
    found
}

#[test]
fn hooks_that_are_there_run_first_and_come_back() {
    let world = repository();
    world.write_program(".git/hooks/pre-commit", "#!/bin/sh\necho own >> own.log\n");
    world.write_program(".git/hooks/pre-push", "#!/bin/sh\ncat > pushed.log\n");
    let before = all_files(&world.project().join(".git/hooks"));
    for _ in 0..2 {
        let done = world.kiro(&["hooks", "install"]);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
    }
    world.write("a.txt", "a\n");
    let done = commit(&world, "");
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert_eq!(world.read("own.log"), "own\n");
    assert_eq!(
        git(&world, &["init", "-q", "--bare", "../remote"]).code,
        Some(0)
    );
    let pushed = git(&world, &["push", "-q", "../remote", "main"]);
    assert_eq!(pushed.code, Some(0), "{}", pushed.stderr);
    assert!(
        world.read("pushed.log").starts_with("refs/heads/main "),
        "the input of a push reaches both"
    );
    assert_eq!(world.kiro(&["hooks", "uninstall"]).code, Some(0));
    assert_eq!(
        all_files(&world.project().join(".git/hooks")),
        before,
        "no trace is left"
    );
    assert_eq!(
        world.kiro(&["hooks", "uninstall"]).code,
        Some(0),
        "twice is once"
    );
}

#[test]
fn a_tool_that_comes_later_and_moves_hooks_aside_is_left_alone() {
    let world = repository();
    world.write_program(".git/hooks/pre-commit", "#!/bin/sh\necho own >> own.log\n");
    assert_eq!(world.kiro(&["hooks", "install"]).code, Some(0));
    // As pre-commit does it.
    let hooks = world.project().join(".git/hooks");
    let legacy = hooks.join("pre-commit.legacy");
    std::fs::rename(hooks.join("pre-commit"), &legacy).expect("moved");
    let later = "#!/bin/sh\n\"$(dirname \"$0\")/pre-commit.legacy\" \"$@\" || exit 1\necho later >> own.log\n";
    world.write_program(".git/hooks/pre-commit", later);
    world.write("a.txt", "a\n");
    let done = commit(&world, "");
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert_eq!(world.read("own.log"), "own\nlater\n");
    world.write("key.txt", format!("AKIA{}\n", "Q7".repeat(8)));
    assert_ne!(commit(&world, "").code, Some(0));
    assert_eq!(world.kiro(&["hooks", "uninstall"]).code, Some(0));
    assert_eq!(world.read(".git/hooks/pre-commit"), later);
    assert_eq!(
        std::fs::read_to_string(legacy).expect("reads"),
        "#!/bin/sh\necho own >> own.log\n"
    );
    assert!(!world.has(".git/hooks/pre-commit.before-kiro"));
}

#[test]
fn a_tool_that_writes_its_hook_anew_is_put_before_ours_again() {
    let world = repository();
    let hooks = world.project().join(".git/hooks");
    let lefthook = |line: &str| {
        world.write_program(
            ".git/hooks/pre-commit",
            &format!("#!/bin/sh\n# lefthook\n{line}\n"),
        );
    };
    lefthook("echo older >> own.log");
    assert_eq!(world.kiro(&["hooks", "install"]).code, Some(0));
    // As lefthook does it, which does not run what it moved.
    std::fs::rename(hooks.join("pre-commit"), hooks.join("pre-commit.old")).expect("moved");
    lefthook("echo newer >> own.log");
    let again = world.kiro(&["hooks", "install"]);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    world.write("a.txt", "a\n");
    assert_eq!(commit(&world, "").code, Some(0));
    assert_eq!(world.read("own.log"), "newer\n");
    world.write("key.txt", format!("AKIA{}\n", "Q7".repeat(8)));
    assert_ne!(commit(&world, "").code, Some(0));
    assert_eq!(world.kiro(&["hooks", "uninstall"]).code, Some(0));
    let left = world.read(".git/hooks/pre-commit");
    assert_eq!(left, "#!/bin/sh\n# lefthook\necho newer >> own.log\n");
    assert!(
        !world.has(".git/hooks/pre-commit.old") && !world.has(".git/hooks/pre-commit.before-kiro")
    );
    // As pre-commit does it, which runs what it moved.
    assert_eq!(world.kiro(&["hooks", "install"]).code, Some(0));
    std::fs::rename(hooks.join("pre-commit"), hooks.join("pre-commit.legacy")).expect("moved");
    let later = "#!/bin/sh\n# https://pre-commit.com\n\"$(dirname \"$0\")/pre-commit.legacy\" \"$@\" || exit 1\n";
    world.write_program(".git/hooks/pre-commit", later);
    assert_eq!(world.kiro(&["hooks", "install"]).code, Some(0));
    assert_eq!(
        world.read(".git/hooks/pre-commit"),
        later,
        "it runs ours already"
    );
}

#[test]
fn another_hooks_path_is_respected_and_restored() {
    let world = repository();
    world.write_program(
        ".husky/_/pre-commit",
        "#!/bin/sh\necho husky >> husky.log\n",
    );
    world.write_program(
        ".husky/_/prepare-commit-msg",
        "#!/bin/sh\necho prepared >> husky.log\n",
    );
    world.write(".husky/_/.gitignore", "*\n");
    assert_eq!(
        git(&world, &["config", "core.hooksPath", ".husky/_"]).code,
        Some(0)
    );
    let config = world.read(".git/config");
    let before = all_files(&world.project());
    for _ in 0..2 {
        let done = world.kiro(&["hooks", "install"]);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
    }
    let husky = all_files(&world.project().join(".husky"));
    assert!(
        before
            .iter()
            .filter(|it| it.0.contains(".husky"))
            .eq(husky.iter()),
        "nothing in that folder is touched"
    );
    world.write("a.txt", "a\n");
    let done = commit(&world, "");
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert_eq!(world.read("husky.log"), "husky\nprepared\n");
    world.write("key.txt", format!("AKIA{}\n", "Q7".repeat(8)));
    assert_ne!(commit(&world, "").code, Some(0), "Kiro has its say too");
    world.remove("key.txt");
    assert_eq!(world.kiro(&["hooks", "uninstall"]).code, Some(0));
    assert_eq!(world.read(".git/config"), config);
    assert!(!world.has(".git/kiro-hooks"));
}

/// Ten secrets as people leave them, none of which stands here as one.
fn secrets() -> Vec<(&'static str, String)> {
    let many = |text: &str, times: usize| text.repeat(times);
    vec![
        ("aws.py", format!("KEY = 'AKIA{}'\n", many("Q7", 8))),
        ("github.txt", format!("token: ghp_{}\n", many("a1B2c3", 7))),
        (
            "slack.js",
            format!("const t = \"xoxb-{}\";\n", many("12345abcde", 3)),
        ),
        (
            "stripe.rb",
            format!("Stripe.api_key = 'sk_live_{}'\n", many("4eC39H", 5)),
        ),
        (
            "id.pub.txt",
            format!(
                "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n",
                many("MIIEow", 12)
            ),
        ),
        (
            "db.yaml",
            "url: postgres://admin:Zq81mvKK20pw@db.internal:5432/app\n".to_owned(),
        ),
        ("settings.py", "password = 'Zq81mvKK20pw!x'\n".to_owned()),
        (
            "openai.ts",
            format!("export const key = 'sk-proj-{}';\n", many("Ab3dEf", 8)),
        ),
        (
            "google.json",
            format!("{{\"api_key\": \"AIza{}\"}}\n", many("SyB7x9", 7)),
        ),
        (
            "anthropic.go",
            format!("const key = \"sk-ant-api03-{}\"\n", many("x9Y8z7", 10)),
        ),
    ]
}

#[test]
fn ten_of_ten_planted_secrets_stop_a_real_commit() {
    let world = repository();
    assert_eq!(world.kiro(&["hooks", "install"]).code, Some(0));
    world.write(
        "clean.py",
        "def password_field():\n    return get_secret('name')\n",
    );
    let done = commit(&world, "");
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let mut stopped = 0;
    for (file, text) in secrets() {
        world.write(file, format!("line one\n{text}"));
        let done = commit(&world, "");
        stopped += usize::from(
            done.code != Some(0) && done.stderr.contains(&format!("{file}:2 holds a secret")),
        );
        assert!(
            !done.stderr.contains("Q7Q7") && !done.stderr.contains("Zq81"),
            "the secret itself is not told"
        );
        world.remove(file);
        assert_eq!(git(&world, &["add", "-A"]).code, Some(0));
    }
    assert_eq!(stopped, 10);
    let passed = git(&world, &["commit", "-q", "--allow-empty", "-m", "after"]);
    assert_eq!(passed.code, Some(0), "{}", passed.stderr);
}

#[test]
fn only_what_is_staged_is_looked_at_and_old_secrets_are_not_told_again() {
    let world = repository();
    let key = format!("KEY = 'AKIA{}'\n", "Q7".repeat(8));
    world.write("old.py", &key);
    assert_eq!(commit(&world, "").code, Some(0));
    assert_eq!(world.kiro(&["hooks", "install"]).code, Some(0));
    world.write("old.py", format!("{key}x = 1\n"));
    assert_eq!(commit(&world, "").code, Some(0), "it stood there before");
    world.write("new.py", "x = 1\n");
    assert_eq!(git(&world, &["add", "new.py"]).code, Some(0));
    world.write("new.py", &key);
    assert_eq!(
        git(&world, &["commit", "-q", "-m", "staged"]).code,
        Some(0),
        "what is not staged is not committed"
    );
}

/// The replies are scripted: what is shown is that the hook's own question is asked, and of whom.
#[test]
fn a_small_model_is_asked_the_hooks_own_question_once_it_tells_controls_apart() {
    let world = repository();
    let hook = "name: Marks\ntrigger: {event: git.pre-commit}\naction: {type: agent, prompt: 'No marks for later may be added.', blocking: true}\n";
    world.write(".kiro/hooks/marks.yaml", hook);
    assert_eq!(world.kiro(&["hooks", "install"]).code, Some(0));
    trust(&world);
    assert_eq!(git(&world, &["add", "-A"]).code, Some(0));
    let first = git(&world, &["commit", "-q", "--no-verify", "-m", "before"]);
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    world.write("a.py", "x = 1  # TODO\n");
    let pass = r#"{"verdict": "pass", "findings": []}"#;
    let block = r#"{"verdict": "block", "findings": ["a mark for later"]}"#;
    let of = |when: &str, reply: &str| json!({"when": when, "reply": reply});
    let controls = [
        of("verify=False", block),
        of("timeout=5)", pass),
        of("HERE 1", block),
        of("def double", pass),
        of("DROP TABLE", block),
        of("total_cents", pass),
    ];
    let own = "The hook says:\nNo marks for later may be added.";
    let able = [&[of(own, block)], &controls[..]].concat();
    let stopped = commit(&world, &world.script(&able));
    assert_eq!(stopped.code, Some(1), "{}", stopped.stderr);
    let told = "a.py: a mark for later (the model's opinion)";
    assert!(stopped.stderr.contains(told), "{}", stopped.stderr);
    // Whoever is not asked does not mind how much there is.
    for at in 0..41 {
        world.write(&format!("many/{at}.txt"), "x\n");
    }
    let unable = [of(own, block), of("verify=False", pass)];
    let passed = commit(&world, &world.script(&unable));
    assert_eq!(passed.code, Some(0), "{}", passed.stderr);
    let told = "was not judged: the model cannot tell";
    assert!(passed.stderr.contains(told), "{}", passed.stderr);
}

#[test]
fn a_blocking_hook_stops_a_real_commit() {
    let world = repository();
    let hook = "name: Review\ntrigger: {event: git.pre-commit}\naction: {type: agent, prompt: 'Review all staged changes.', blocking: true}\n";
    world.write(".kiro/hooks/review.yaml", hook);
    assert_eq!(world.kiro(&["hooks", "install"]).code, Some(0));
    world.write("a.py", "x = 1\n");
    let untrusted = commit(&world, "");
    assert_eq!(untrusted.code, Some(1));
    assert!(
        untrusted.stderr.contains("not trusted yet"),
        "{}",
        untrusted.stderr
    );
    trust(&world);
    let verdict = |it: &str, findings: &[&str]| {
        let arguments = json!({"verdict": it, "findings": findings});
        let call =
            json!({"when": "+x = 1", "calls": [{"name": "hook_verdict", "arguments": arguments}]});
        world.script(&drives(&[call, json!({"reply": "done"})]))
    };
    let model = verdict("block", &["a.py: no error handling"]);
    let blocked = commit(&world, &model);
    assert_eq!(blocked.code, Some(1), "{}", blocked.stderr);
    assert!(
        blocked.stderr.contains("a.py: no error handling"),
        "{}",
        blocked.stderr
    );
    assert_eq!(
        git(&world, &["rev-parse", "-q", "--verify", "HEAD"]).code,
        Some(1),
        "nothing was committed"
    );
    let model = verdict("pass", &[]);
    let passed = commit(&world, &model);
    assert_eq!(passed.code, Some(0), "{}", passed.stderr);
    let misspelt = hook
        .replace("git.pre-commit", "git.precommit")
        .replace("Review", "Misspelt");
    world.write(".kiro/hooks/misspelt.yaml", misspelt);
    trust(&world);
    let stopped = commit(&world, &verdict("pass", &[]));
    assert_eq!(stopped.code, Some(1), "what it waits for is not known");
    assert!(stopped.stderr.contains("Misspelt"), "{}", stopped.stderr);
    world.remove(".kiro/hooks/misspelt.yaml");
    world.write(".kiro/hooks/broken.yaml", "name: [\n");
    let broken = commit(&world, &model);
    assert_eq!(broken.code, Some(1));
    assert!(
        broken.stderr.contains("broken.yaml") || broken.stderr.contains("cannot be read"),
        "{}",
        broken.stderr
    );
}

#[test]
fn messages_and_what_was_committed_reach_hooks() {
    let world = repository();
    world.write(".kiro/hooks/msg.yaml", "name: Message\ntrigger: {event: git.commit-msg, condition: \"not (commit_message starts_with 'feat: ')\"}\naction: {type: command, command: 'echo {commit_message} >&2; exit 1', blocking: true}\n");
    world.write(".kiro/hooks/post.yaml", "name: After\ntrigger: {event: git.post-commit, filter: ['*.py']}\naction: {type: command, command: 'true'}\n");
    assert_eq!(world.kiro(&["hooks", "install"]).code, Some(0));
    trust(&world);
    world.write("a.py", "x = 1\n");
    let refused = commit(&world, "");
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(refused.stderr.contains("a change"), "{}", refused.stderr);
    let passed = git(&world, &["commit", "-q", "-m", "feat: a change"]);
    assert_eq!(passed.code, Some(0), "{}", passed.stderr);
    let log = world.kiro(&["logs", "--hooks"]).stdout;
    assert!(log.contains("«After» on git.post-commit: passed"), "{log}");
}

#[test]
fn auto_commit_commits_its_own_files_alone() {
    let world = repository();
    let hook = "name: Stamp\ntrigger: {event: file.save, filter: ['src/*.py']}\naction: {type: command, command: 'echo stamped > stamp.txt', require_approval: false, auto_commit: true}\n";
    world.write(".kiro/hooks/stamp.yaml", hook);
    world.write("src/a.py", "x = 1\n");
    world.write("staged.txt", "s\n");
    assert_eq!(commit(&world, "").code, Some(0));
    world.write("src/a.py", "x = 2\n");
    world.write("staged.txt", "t\n");
    assert_eq!(git(&world, &["add", "staged.txt"]).code, Some(0));
    assert_eq!(world.kiro(&["hooks", "install"]).code, Some(0));
    trust(&world);
    for (name, value) in [("user.name", "A"), ("user.email", "a@b.c")] {
        assert_eq!(git(&world, &["config", name, value]).code, Some(0));
    }
    let ran = world.kiro(&[
        "run-hook",
        ".kiro/hooks/stamp.yaml",
        "--file",
        "src/a.py",
        "--json",
    ]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert_eq!(
        git(&world, &["show", "--format=%s", "--name-only", "HEAD"]).stdout,
        "Stamp\n\nstamp.txt\n"
    );
    let status = git(&world, &["status", "--porcelain"]).stdout;
    assert_eq!(status, " M src/a.py\nM  staged.txt\n");
}

#[test]
fn a_hold_stops_the_commit_of_that_content_only() {
    let world = repository();
    let hook = "name: Tags\ntrigger: {event: file.save, filter: ['*.yaml']}\naction: {type: command, command: 'grep -q Owner {file_path}', blocking: true}\n";
    world.write(".kiro/hooks/tags.yaml", hook);
    assert_eq!(world.kiro(&["hooks", "install"]).code, Some(0));
    world.write("stack.yaml", "a: 1\n");
    trust(&world);
    let run = || world.kiro(&["run-hook", ".kiro/hooks/tags.yaml", "--file", "stack.yaml"]);
    assert_eq!(run().code, Some(1));
    let held = commit(&world, "");
    assert_eq!(held.code, Some(1));
    assert!(
        held.stderr.contains("stack.yaml is held by «Tags»"),
        "{}",
        held.stderr
    );
    world.write("stack.yaml", "a: 1\nOwner: me\n");
    assert_eq!(run().code, Some(0));
    let passed = commit(&world, "");
    assert_eq!(passed.code, Some(0), "{}", passed.stderr);
}
