//! Commits are judged by what they would hold, and by what was trusted: nothing beside the index, no later change, no other
//! name, and no hostile hook file is a way around.

use std::time::{Duration, Instant};

use testkit::World;

use crate::hooks::trust;
use crate::world;

fn git(world: &World, arguments: &[&str]) {
    let done = world.run(&mut world.git(arguments));
    assert_eq!(done.code, Some(0), "{arguments:?}: {}", done.stderr);
}

fn repository(hook: &str) -> World {
    let world = world();
    git(&world, &["init", "-q", "-b", "main"]);
    world.write(".kiro/hooks/a.yaml", hook);
    assert_eq!(world.kiro(&["hooks", "install"]).code, Some(0));
    trust(&world);
    world
}

fn on_commit(command: &str) -> String {
    format!(
        "name: Check\ntrigger: {{event: git.pre-commit}}\naction:\n  type: command\n  command: {command:?}\n  blocking: true\n"
    )
}

#[test]
fn a_hook_sees_the_index_and_nothing_else() {
    let world = repository(&on_commit(
        "cat kept.txt staged.txt && test ! -e loose.txt && ! grep -q bad kept.txt staged.txt",
    ));
    world.write("kept.txt", "bad\n");
    git(&world, &["add", "kept.txt"]);
    git(&world, &["commit", "-q", "--no-verify", "-m", "one"]);
    world.write("staged.txt", "fine\n");
    git(&world, &["add", "staged.txt"]);
    world.write("kept.txt", "mended, and not staged\n");
    world.write("loose.txt", "not tracked\n");
    let refused = world.run(&mut world.git(&["commit", "-q", "-m", "two"]));
    assert_eq!(
        refused.code,
        Some(1),
        "what would be committed is still bad: {}",
        refused.stderr
    );
    git(&world, &["add", "kept.txt"]);
    world.write("kept.txt", "bad again, and not staged\n");
    let passed = world.run(&mut world.git(&["commit", "-q", "-m", "two"]));
    assert_eq!(passed.code, Some(0), "{}", passed.stderr);
}

#[test]
fn a_script_that_is_staged_is_not_the_one_that_was_trusted() {
    let world = world();
    git(&world, &["init", "-q", "-b", "main"]);
    world.write_program("check.sh", "#!/bin/sh\ntrue\n");
    world.write(".kiro/hooks/a.yaml", on_commit("sh check.sh"));
    git(&world, &["add", "-A"]);
    git(&world, &["commit", "-q", "-m", "one"]);
    assert_eq!(world.kiro(&["hooks", "install"]).code, Some(0));
    trust(&world);
    world.write_program("check.sh", "#!/bin/sh\necho another; true\n");
    git(&world, &["add", "check.sh"]);
    world.write_program("check.sh", "#!/bin/sh\ntrue\n");
    let refused = world.run(&mut world.git(&["commit", "-q", "-m", "two"]));
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("is not what was trusted"),
        "{}",
        refused.stderr
    );
    assert!(!refused.stderr.contains("another;"), "it did not run");
    git(&world, &["reset", "-q", "--hard"]);
    world.write("a.txt", "a\n");
    git(&world, &["add", "a.txt"]);
    git(&world, &["commit", "-q", "-m", "two"]);
}

#[test]
fn what_is_staged_while_hooks_look_is_not_committed() {
    let world = repository(&on_commit("sleep 5"));
    world.write("a.txt", "a\n");
    world.write("b.txt", "b\n");
    git(&world, &["add", "a.txt"]);
    std::thread::scope(|scope| {
        let commit = scope.spawn(|| world.run(&mut world.git(&["commit", "-q", "-m", "one"])));
        let end = Instant::now() + Duration::from_secs(60);
        while !world
            .kiro(&["logs", "--hooks"])
            .stdout
            .contains("«Check» begins")
        {
            assert!(Instant::now() < end, "the hook did not begin");
            std::thread::sleep(Duration::from_millis(50));
        }
        git(&world, &["add", "b.txt"]);
        let refused = commit.join().expect("ends");
        assert_eq!(refused.code, Some(1), "{}", refused.stderr);
        assert!(
            refused.stderr.contains("changed while hooks looked"),
            "{}",
            refused.stderr
        );
    });
}

#[test]
fn another_name_lifts_no_hold() {
    let hook = "name: Tags\ntrigger: {event: file.save, filter: ['*.yaml']}\naction: {type: command, command: 'grep -q Owner {file_path}', blocking: true}\n";
    let world = repository(hook);
    world.write("stack.yaml", "a: 1\n");
    let ran = world.kiro(&["run-hook", ".kiro/hooks/a.yaml", "--file", "stack.yaml"]);
    assert_eq!(ran.code, Some(1));
    for (name, held) in [
        ("renamed.yaml", true),
        ("Stack.YAML.yaml", true),
        ("notes.txt", false),
    ] {
        world.write(name, "a: 1\n");
        git(&world, &["add", name]);
        let done = world.run(&mut world.git(&["commit", "-q", "-m", "one"]));
        assert_eq!(done.code == Some(0), !held, "{name}: {}", done.stderr);
        if held {
            assert!(done.stderr.contains("is held by «Tags»"), "{}", done.stderr);
            git(&world, &["rm", "-q", "-f", "--cached", name]);
        }
    }
}

#[test]
fn hostile_hook_files_are_told_stop_a_commit_and_hang_nothing() {
    let nest = format!("name: {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    let mut bomb = String::from("a0: &a0 [x, x]\n");
    for at in 1..40 {
        bomb.push_str(&format!("a{at}: &a{at} [*a{0}, *a{0}]\n", at - 1));
    }
    let hook =
        r#"{"name":"a","trigger":"PostFileSave","action":{"type":"command","command":"true"}}"#;
    let many = format!(
        r#"{{"version":"v1","hooks":[{}]}}"#,
        vec![hook; 10_000].join(",")
    );
    let hostile: [(&str, Vec<u8>); 6] = [
        ("many.json", many.into_bytes()),
        ("nest.yaml", nest.clone().into_bytes()),
        ("bomb.yaml", bomb.into_bytes()),
        ("bytes.yaml", b"name: \xff\xfe\n".to_vec()),
        ("large.yaml", vec![b'#'; 3 << 20]),
        ("nest.json", nest.as_bytes()[6..].to_vec()),
    ];
    for (name, bytes) in hostile {
        let world = repository(
            "name: Fine\ntrigger: {event: manual}\naction: {type: command, command: 'true'}\n",
        );
        world.write("a.txt", "a\n");
        world.write(&format!(".kiro/hooks/{name}"), bytes);
        let clock = Instant::now();
        let told = world.kiro(&["validate-hooks"]);
        assert_eq!(told.code, Some(1), "{name}: {}{}", told.stdout, told.stderr);
        git(&world, &["add", "a.txt"]);
        let refused = world.run(&mut world.git(&["commit", "-q", "-m", "one"]));
        assert_eq!(refused.code, Some(1), "{name}: {}", refused.stderr);
        assert!(clock.elapsed() < Duration::from_secs(30), "{name}");
    }
    let world = repository(
        "name: Fine\ntrigger: {event: manual}\naction: {type: command, command: 'true'}\n",
    );
    #[expect(clippy::disallowed_methods, reason = "a test makes a pipe")]
    let made = std::process::Command::new("mkfifo")
        .arg(world.project().join(".kiro/hooks/pipe.yaml"))
        .status();
    assert!(made.expect("mkfifo runs").success());
    assert_eq!(world.kiro(&["validate-hooks"]).code, Some(1));
    std::os::unix::fs::symlink(
        "/etc/hostname",
        world.project().join(".kiro/hooks/link.yaml"),
    )
    .expect("linked");
    let told = world.kiro(&["validate-hooks"]);
    assert!(
        told.stdout.contains("link.yaml") && told.code == Some(1),
        "{}",
        told.stdout
    );
}
