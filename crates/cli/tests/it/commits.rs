//! `kiro run --commit-per-task --branch`: what git holds afterwards, and what it does not. The scripted model stands in for a
//! real one.

use testkit::World;

use crate::{autopilot, good_replies, numbers};

fn git(world: &World, args: &[&str]) -> String {
    let ran = world.run(&mut world.git(args));
    assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.stderr);
    ran.stdout.trim_end().to_owned()
}

/// A repository with one commit, something staged, and something changed.
fn repository() -> World {
    let world = numbers();
    world.write("notes.txt", "one\ntwo\n");
    git(&world, &["init", "--quiet", "-b", "main"]);
    git(&world, &["config", "user.name", "A"]);
    git(&world, &["config", "user.email", "a@example.org"]);
    git(&world, &["add", "."]);
    git(&world, &["commit", "--quiet", "-m", "first"]);
    world.write("staged.txt", "staged\n");
    git(&world, &["add", "staged.txt"]);
    world.write("notes.txt", "one\ntwo\nthree\n");
    world
}

const RUN: [&str; 3] = ["--commit-per-task", "--branch", "work"];

#[test]
fn each_task_is_a_commit_of_its_own_files_with_trailers() {
    let world = repository();
    let model = world.script(&good_replies());
    let ran = autopilot(&world, &model, &RUN);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(git(&world, &["symbolic-ref", "--short", "HEAD"]), "work");
    assert_eq!(git(&world, &["log", "--format=%s", "main"]), "first");
    let log = git(
        &world,
        &[
            "log",
            "--format=%s|%(trailers:key=Kiro-Task,valueonly,separator=)|%(trailers:key=Kiro-Requirements,valueonly,separator=)",
            "main..work",
        ],
    );
    let lines: Vec<&str> = log.lines().collect();
    assert!(lines.iter().any(|it| it.ends_with("|1|FR-1")), "{log}");
    assert!(lines.iter().any(|it| it.ends_with("|2|FR-2")), "{log}");
    let run = git(
        &world,
        &[
            "log",
            "-1",
            "--format=%(trailers:key=Kiro-Run,valueonly,separator=)",
        ],
    );
    assert!(world.kiro(&["log"]).stdout.contains(&run), "{run}");
    let files = git(&world, &["diff", "--name-only", "main", "work"]);
    assert!(
        files.contains("numbers_kit/double.py") && files.contains("numbers_kit/halve.py"),
        "{files}"
    );
    for own in ["notes.txt", "staged.txt", "plans/"] {
        assert!(!files.contains(own), "{own}: {files}");
    }
    assert_eq!(
        git(&world, &["diff", "--cached", "--name-only"]),
        "staged.txt"
    );
    assert_eq!(git(&world, &["diff", "--name-only"]), "notes.txt");
    let log = world.kiro(&["log"]).stdout;
    assert!(log.contains("task 1: commit "), "{log}");

    let text = world.kiro(&["pr", "numbers"]);
    assert_eq!(text.code, Some(0), "{}", text.stderr);
    let head = git(&world, &["log", "-1", "--format=%H", "--grep=Kiro-Task: 1"]);
    let task = format!("(FR-1 Doubling): 2 checks pass ({})", &head[..12]);
    for said in [
        task.as_str(),
        "- [x] SC-1: All tests pass",
        "approved by the rules",
    ] {
        assert!(text.stdout.contains(said), "{said}: {}", text.stdout);
    }
    assert_eq!(
        world.kiro(&["pr", "numbers", "--title"]).stdout,
        "Numbers\n"
    );
}

#[test]
fn a_list_of_tasks_that_git_holds_is_ticked_with_each_commit() {
    let world = repository();
    assert_eq!(world.kiro(&["plan", "specs/numbers.md"]).code, Some(0));
    git(&world, &["add", "plans"]);
    git(&world, &["commit", "--quiet", "-m", "plan", "--", "plans"]);
    let tasks = "plans/numbers-tasks.md";
    let planned = world.read(tasks);
    world.write(tasks, format!("{planned}\nA remark of mine.\n"));
    let ran = autopilot(&world, &world.script(&good_replies()), &RUN);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let held = |it: &str| git(&world, &["show", &format!("{it}:{tasks}")]);
    let ticks = |it: &str| held(it).matches("- [x]").count();
    let each = ["main", "work~2", "work~1", "work"].map(ticks);
    assert_eq!(each, [0, 1, 2, 3]);
    assert_eq!(held("work").replace("[x]", "[ ]"), planned.trim_end());
    assert!(world.read(tasks).ends_with("A remark of mine.\n"));
}

#[test]
fn what_a_person_changed_in_the_same_file_stays_out_of_the_commit() {
    let world = repository();
    world.write("numbers_kit/double.py", "A = 1\n\n\n\n\n\nB = 2\n");
    git(&world, &["add", "numbers_kit/double.py"]);
    git(
        &world,
        &[
            "commit",
            "--quiet",
            "-m",
            "second",
            "--",
            "numbers_kit/double.py",
        ],
    );
    world.write("numbers_kit/double.py", "A = 10  # mine\n\n\n\n\n\nB = 2\n");
    let model = world.script(&good_replies());
    let ran = autopilot(&world, &model, &["--commit-per-task", "--task", "1"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let held = git(&world, &["show", "HEAD:numbers_kit/double.py"]);
    assert!(
        held.contains("def double") && held.contains("A = 1\n"),
        "{held}"
    );
    assert!(!held.contains("mine"), "{held}");
    assert!(world.read("numbers_kit/double.py").contains("# mine"));
    let left = git(&world, &["diff", "--", "numbers_kit/double.py"]);
    assert!(
        left.contains("+A = 10  # mine") && !left.contains("def double"),
        "{left}"
    );
}

#[test]
fn gits_hooks_run_as_by_hand_and_may_refuse_and_do_not_run_untrusted() {
    let world = repository();
    let mark = world.home().join("ran");
    world.write_program(
        ".git/hooks/pre-commit",
        &format!(
            "#!/bin/sh\ngit diff --cached --name-only >> '{}'\n",
            mark.display()
        ),
    );
    let model = world.script(&good_replies());
    let ran = autopilot(&world, &model, &["--commit-per-task", "--task", "1"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let seen = std::fs::read_to_string(&mark).expect("the hook ran");
    assert!(
        seen.contains("double.py") && !seen.contains("staged.txt"),
        "{seen}"
    );

    world.write_program(
        ".git/hooks/pre-commit",
        "#!/bin/sh\necho not today >&2\nexit 1\n",
    );
    let ran = autopilot(&world, &model, &["--commit-per-task", "--task", "2"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("was not committed: not today"),
        "{}",
        ran.stderr
    );
    assert!(world.has("numbers_kit/halve.py"), "it is done all the same");

    let world = repository();
    world.write_program(".git/hooks/pre-commit", "#!/bin/sh\nexit 1\n");
    world.write(
        ".kiro/config.yaml",
        "security: {trusted_commands: ['make all']}\n",
    );
    let model = world.script(&good_replies());
    let ran = autopilot(&world, &model, &["--commit-per-task", "--task", "1"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("waits for trust"), "{}", ran.stderr);
    assert!(git(&world, &["show", "--name-only", "HEAD"]).contains("double.py"));
}

#[test]
fn where_nothing_can_be_committed_nothing_begins() {
    let world = numbers();
    let model = world.script(&good_replies());
    let ran = autopilot(&world, &model, &["--commit-per-task"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("no git repository"), "{}", ran.stderr);
    assert!(!world.has("numbers_kit/double.py"));
    let world = repository();
    for name in ["-x", "a..b", ""] {
        let ran = autopilot(&world, &world.script(&[]), &["--branch", name]);
        assert_eq!(ran.code, Some(2), "{name}: {}", ran.stderr);
    }
    assert_eq!(
        git(&world, &["branch", "--format=%(refname:short)"]),
        "main"
    );
}

#[test]
fn nothing_that_a_folder_names_runs_for_a_commit_before_it_is_trusted() {
    let world = repository();
    let mark = world.home().join("ran");
    world.write_program(
        "canary.sh",
        &format!("#!/bin/sh\ntouch '{}'\nexec cat\n", mark.display()),
    );
    git(&world, &["branch", "there"]);
    let program = world.project().join("canary.sh").display().to_string();
    for key in ["gpg.program", "filter.x.clean", "filter.x.smudge"] {
        git(&world, &["config", key, &program]);
    }
    git(&world, &["config", "commit.gpgSign", "true"]);
    world.write(".gitattributes", "*.py filter=x\n");
    world.write(
        ".kiro/config.yaml",
        "security: {trusted_commands: ['make all']}\n",
    );
    let model = world.script(&good_replies());
    let ran = autopilot(&world, &model, &["--commit-per-task", "--task", "1"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(git(&world, &["show", "--name-only", "HEAD"]).contains("double.py"));
    let there = autopilot(&world, &world.script(&[]), &["--branch", "there"]);
    assert_eq!(there.code, Some(3), "{}", there.stderr);
    assert!(there.stderr.contains("kiro trust"), "{}", there.stderr);
    assert!(!mark.exists(), "a program of the folder ran");
}
