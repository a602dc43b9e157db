//! Commands that misbehave, each in the real sandbox: nothing hangs, nothing survives, memory stays small.
//!
//! With `KIRO_LONG_TESTS=1` one of them prints 1 GiB instead of 64 MiB.

#![cfg(target_os = "linux")]
#![expect(
    clippy::print_stdout,
    reason = "a test says aloud what this machine did not let it try"
)]

mod diagnostics;
mod network;
mod yard;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use policy::shell::{CommandPattern, PatternScope};
use serde_json::json;
use tools::{Consent, Person, Stop, Toolbox, Wish};

use yard::{Yard, alive, find, mark, most_memory};

#[test]
fn what_ends_at_once_and_says_nothing_has_ended() {
    let yard = Yard::new();
    for _ in 0..3 {
        let answer = yard.shell("true");
        assert!(
            !answer.failed && answer.text.starts_with("exit code 0 after"),
            "{}",
            answer.text
        );
        assert!(answer.text.contains("no output"), "{}", answer.text);
    }
}

#[test]
fn exit_codes_and_streams_are_told_apart() {
    let yard = Yard::new();
    let answer = yard.shell("echo out; echo err >&2; (exit 3)");
    assert!(
        answer.failed && answer.text.starts_with("exit code 3 after"),
        "{}",
        answer.text
    );
    assert!(
        answer.text.contains("--- stdout\nout\n--- stderr\nerr\n"),
        "{}",
        answer.text
    );
    assert!(answer.summary.contains("exit code 3"));
    assert!(yard.heard().contains("out\n") && yard.heard().contains("err\n"));
    let killed = yard.shell("kill -9 $$");
    assert!(
        killed.failed && killed.text.starts_with("killed by signal 9"),
        "{}",
        killed.text
    );
    let missing = yard.shell("sh -c no-such-program-anywhere");
    assert!(
        missing.text.starts_with("exit code 127"),
        "{}",
        missing.text
    );
}

#[test]
fn a_flood_of_output_is_cut_in_the_middle_in_little_memory() {
    let yard = Yard::new();
    let long = std::env::var_os("KIRO_LONG_TESTS").is_some();
    let megabytes = if long { 1024 } else { 64 };
    let command = format!(
        "echo begin; yes 0123456789abcdef | head -c {megabytes}M; echo; echo end >&2; echo end"
    );
    let answer = yard.shell(&command);
    assert!(
        answer.text.starts_with("exit code 0"),
        "{}",
        &answer.text[..200]
    );
    assert!(answer.text.len() < 60_000, "{}", answer.text.len());
    assert!(answer.text.contains("--- stdout\nbegin\n") && answer.text.contains("bytes left out]"));
    assert!(answer.text.contains("\nend\n--- stderr\nend\n"));
    let memory = most_memory();
    println!(
        "{megabytes} MiB printed, at most {} MB of memory held",
        memory / 1_000_000
    );
    assert!(memory <= 200_000_000, "{memory} bytes");
    assert!(
        yard.heard().len() < 600_000,
        "what is passed on is bounded too"
    );
}

#[test]
fn what_ignores_every_request_to_end_is_ended() {
    let yard = Yard::new();
    let mark = mark();
    let command = format!(
        "trap '' TERM INT HUP; sh -c 'trap \"\" TERM INT HUP; while :; do sleep 1; done' {mark}"
    );
    let answer = yard.call("shell", &json!({"command": command, "timeout_seconds": 1}));
    assert!(
        answer.failed && answer.text.starts_with("stopped: out of time"),
        "{}",
        answer.text
    );
    assert!(answer.text.contains("`background`"), "{}", answer.text);
    assert_eq!(alive(&mark), 0);
}

#[test]
fn what_forks_away_ends_with_its_command() {
    let yard = Yard::new();
    let mark = mark();
    let stubborn = format!("sh -c 'trap \"\" TERM HUP; while :; do sleep 1; done' {mark}");
    let command = format!(
        "(setsid {stubborn} >/dev/null 2>&1 &)\nnohup setsid sh -c '({stubborn} &)' >/dev/null 2>&1 &\n\
         {stubborn} &\nsleep 0.2; echo started",
        stubborn = stubborn
            .replace('\'', "\"")
            .replace("trap \"\" TERM HUP; ", ""),
    );
    let answer = yard.shell(&command);
    assert!(
        !answer.failed && answer.text.contains("started"),
        "{}",
        answer.text
    );
    assert_eq!(alive(&mark), 0);
}

#[test]
fn what_waits_for_input_finds_its_end() {
    let yard = Yard::new();
    let answer = yard.shell("cat; read line; echo \"read: $?\"; head -c 1 | wc -c");
    assert!(answer.text.contains("read: 1\n0"), "{}", answer.text);
}

#[test]
fn what_says_nothing_for_long_is_ended() {
    let yard = Yard::new();
    let mark = mark();
    let command = format!("echo on; sh -c 'while :; do sleep 1; done' {mark}");
    let answer = yard.call("shell", &json!({"command": command, "idle_seconds": 1}));
    assert!(
        answer.failed && answer.text.starts_with("stopped: silent for too long"),
        "{}",
        answer.text
    );
    assert!(
        answer.text.contains("on\n") && answer.text.contains("idle_seconds"),
        "{}",
        answer.text
    );
    assert_eq!(alive(&mark), 0);
}

#[test]
fn pagers_and_editors_do_not_wait() {
    let yard = Yard::new();
    yard.put("long.txt", &"a line\n".repeat(500));
    for command in [
        "$PAGER long.txt",
        "less long.txt",
        "more long.txt",
        "git -p diff --no-index /dev/null long.txt",
        "$EDITOR long.txt; wc -l < long.txt",
    ] {
        let program = command.split(' ').next().expect("a word");
        if !program.starts_with('$') && find(program).is_none() {
            println!("{program} is not installed: not tried");
            continue;
        }
        let answer = yard.call("shell", &json!({"command": command, "timeout_seconds": 20}));
        assert!(
            !answer.text.starts_with("stopped"),
            "{command}: {}",
            answer.text
        );
        assert!(
            answer.text.contains("a line") || answer.text.contains("500"),
            "{command}: {}",
            answer.text
        );
    }
}

#[test]
fn a_turn_that_is_stopped_ends_its_command() {
    let yard = Yard::new();
    let mark = mark();
    let asked = AtomicUsize::new(0);
    let stop = || asked.fetch_add(1, Ordering::Relaxed) > 10;
    let command = format!("sh -c 'while :; do sleep 1; done' {mark}");
    let answer = yard.call_until("shell", &json!({"command": command}), &stop);
    assert!(
        answer.failed && answer.text.starts_with("stopped: cancelled"),
        "{}",
        answer.text
    );
    assert_eq!(alive(&mark), 0);
}

#[test]
fn commands_run_within_walls_in_a_folder_of_the_workspace() {
    let yard = Yard::new();
    yard.put("inner/file", "x");
    let answer = yard.call(
        "shell",
        &json!({"command": "ls; touch made; touch /etc/made", "cwd": "inner"}),
    );
    assert!(
        answer.failed && answer.text.contains("file\n"),
        "{}",
        answer.text
    );
    assert!(yard.tree.join("inner/made").exists() && !std::path::Path::new("/etc/made").exists());
    let outside = yard.call("shell", &json!({"command": "ls", "cwd": "/etc"}));
    assert!(
        outside.failed && outside.text.contains("outside the workspace"),
        "{}",
        outside.text
    );
    let secret = yard.shell("echo ${SECRET_OF_THE_USER-none}; ls ~/.ssh");
    assert!(
        secret.text.contains("none\n") && secret.text.contains("No such file"),
        "{}",
        secret.text
    );
}

#[test]
fn commands_in_the_background_are_kept_track_of() {
    let yard = Yard::new();
    let mark = mark();
    let command = format!(
        "sh -c 'echo ready; while ! test -e go; do sleep 0.05; done; echo went; sleep 600' {mark}"
    );
    let answer = yard.call("shell", &json!({"command": command, "background": true}));
    assert!(
        !answer.failed && answer.text.starts_with("b1: running"),
        "{}",
        answer.text
    );
    assert_eq!(
        yard.bench.background(),
        [("b1".to_owned(), command.clone())]
    );
    let mut seen = answer.text;
    yard.put("go", "");
    let asked = |wait: usize| yard.call("shell_output", &json!({"id": "b1", "wait_seconds": wait}));
    for _ in 0..100 {
        seen.push_str(&asked(1).text);
        if seen.contains("went") {
            break;
        }
    }
    assert!(
        seen.contains("ready\n") && seen.contains("went\n"),
        "{seen}"
    );
    assert!(asked(0).text.contains("no new output"));
    let answer = yard.call("shell_stop", &json!({"id": "b1"}));
    assert!(
        !answer.failed && answer.text.contains("stopped: cancelled"),
        "{}",
        answer.text
    );
    assert_eq!(alive(&mark), 0);
    assert!(yard.bench.background().is_empty());
    let unknown = yard.call("shell_output", &json!({"id": "b7"}));
    assert!(
        unknown.failed && unknown.text.contains("there are b1"),
        "{}",
        unknown.text
    );
}

#[test]
fn background_commands_end_with_the_toolbox_and_keep_little() {
    let yard = Yard::new();
    let mark = mark();
    let quiet = format!("sh -c 'trap \"\" TERM; while :; do sleep 1; done' {mark}");
    for _ in 0..2 {
        yard.call("shell", &json!({"command": quiet, "background": true}));
    }
    let noisy = yard.call(
        "shell",
        &json!({"command": "yes 0123456789 | head -c 50M", "background": true}),
    );
    assert!(noisy.text.starts_with("b3: "), "{}", noisy.text);
    let ended = yard.call("shell_output", &json!({"id": "b3", "wait_seconds": 60}));
    assert!(ended.text.starts_with("exit code 0"), "{}", ended.text);
    // On a quick machine the first answer tells the output already.
    let told = noisy.text + &ended.text;
    assert!(
        told.contains("bytes left out]") && told.len() < 200_000,
        "{told}"
    );
    assert_eq!(yard.bench.background().len(), 2);
    drop(yard);
    assert_eq!(alive(&mark), 0);
}

/// Says the same to everything, and remembers what it was asked.
struct Says(Consent, Arc<Mutex<Vec<String>>>);

impl Person for Says {
    fn ask(&self, question: &str, options: &[String], _stop: Stop<'_>) -> Option<String> {
        self.1.lock().expect("no panic").push(question.to_owned());
        (self.0 != Consent::No).then(|| options.first().cloned().unwrap_or_default())
    }

    fn approve(&self, wish: &Wish, _stop: Stop<'_>) -> Consent {
        self.1.lock().expect("no panic").push(wish.act.clone());
        self.0.clone()
    }
}

const RULES: &str = "rules:\n  - {capability: shell, effect: allow, match: ['echo*', 'true', 'false', 'cat', 'tr *', 'no-such*', 'rm *', 'ls *']}\n  - {capability: shell, effect: deny, match: ['rm -r*', 'git push*']}\n  - {capability: fs_write, effect: deny, match: ['made/**']}\n";

#[test]
fn every_command_is_judged_before_it_starts() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    for (says, runs) in [(Consent::No, false), (Consent::Once, true)] {
        let yard = Yard::with(Box::new(Says(says, Arc::clone(&asked))), Some(RULES));
        for background in [false, true] {
            let answer = yard.call(
                "shell",
                &json!({"command": "echo one && touch made", "background": background}),
            );
            if background && runs {
                assert!(
                    answer.text.contains("one command at a time"),
                    "{}",
                    answer.text
                );
                continue;
            }
            assert_eq!(answer.failed, !runs, "{}", answer.text);
            assert!(
                runs || answer
                    .text
                    .contains("«touch made»: it is not a trusted command"),
                "{}",
                answer.text
            );
            assert!(runs || !answer.text.contains("one\n"), "{}", answer.text);
        }
        let denied = yard.shell("echo x; bash -c 'git push'");
        assert!(
            denied.failed && denied.text.contains("deny rm -r*, git push*"),
            "{}",
            denied.text
        );
        drop(yard.bench);
        assert_eq!(yard.tree.join("made").exists(), runs);
    }
    assert_eq!(
        *asked.lock().expect("no panic"),
        vec!["run «echo one && touch made»"; 4]
    );
}

#[test]
fn what_a_person_approves_further_is_not_asked_again() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let words = ["touch", "made"].map(str::to_owned).to_vec();
    let further = Consent::Further(CommandPattern::Exact(words), PatternScope::Run);
    let yard = Yard::with(Box::new(Says(further, Arc::clone(&asked))), None);
    for command in ["touch made", "touch made", "touch made && touch made"] {
        let answer = yard.shell(command);
        assert!(!answer.failed, "{}", answer.text);
    }
    assert_eq!(*asked.lock().expect("no panic"), ["run «touch made»"]);
}

#[test]
fn a_chain_runs_as_it_was_judged_and_without_a_shell() {
    let yard = Yard::with(Box::new(tools::Nobody), Some(RULES));
    yard.put("a", "");
    for (command, shows, fails) in [
        ("echo '$HOME *'", "$HOME *\n", false),
        ("echo one && false && echo two", "one\n", true),
        ("false || echo three", "three\n", false),
        ("! false", "no output", false),
        ("false; echo four", "four\n", false),
        ("{ echo five; false; } || (echo six)", "five\nsix\n", false),
        ("echo seven | tr e E | cat", "sEvEn\n", false),
        ("false | cat", "no output", false),
        ("ls none 2>&1 | tr a-z A-Z", "NONE", false),
        ("no-such-program x", "was not found on PATH", true),
        ("rm -r a", "deny rm -r*", true),
        ("rm -f -r a", "deny rm -r*", false),
    ] {
        let answer = yard.shell(command);
        if command == "rm -f -r a" {
            // A pattern over letters is no more than that; `denied_commands` knows programs.
            assert!(!answer.failed, "{}", answer.text);
            continue;
        }
        assert_eq!(answer.failed, fails, "{command}: {}", answer.text);
        assert!(answer.text.contains(shows), "{command}: {}", answer.text);
    }
    let denied = yard.call("write", &json!({"path": "made/x", "content": "x"}));
    assert!(
        denied.failed && denied.text.contains("deny made/**"),
        "{}",
        denied.text
    );
}

#[test]
fn questions_reach_the_person_or_say_that_nobody_is_there() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let yard = Yard::with(Box::new(Says(Consent::Once, Arc::clone(&asked))), None);
    let question = json!({"question": "Which one?", "options": ["left", "right"]});
    let answer = yard.call("ask_user", &question);
    assert_eq!(
        (answer.failed, answer.text.as_str()),
        (false, "the user answered: left")
    );
    assert_eq!(*asked.lock().expect("no panic"), ["Which one?"]);
    let answer = Yard::with(Box::new(tools::Nobody), None).call("ask_user", &question);
    assert!(
        answer.failed && answer.text.contains("nobody answered"),
        "{}",
        answer.text
    );
}

#[test]
fn reading_calls_run_beside_a_command() {
    let yard = Yard::new();
    yard.put("a.txt", "text\n");
    let read = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let command =
            scope.spawn(|| yard.shell("while ! test -e seen; do sleep 0.05; done; echo over"));
        let answer = yard.call("read", &json!({"path": "a.txt"}));
        read.store(!answer.failed, Ordering::Relaxed);
        yard.put("seen", "");
        assert!(command.join().expect("no panic").text.contains("over"));
    });
    assert!(read.load(Ordering::Relaxed));
    assert_eq!(yard.bench.effect("read", &json!({})), tools::Effect::Reads);
    assert_eq!(
        yard.bench.effect("shell", &json!({})),
        tools::Effect::Changes
    );
}
