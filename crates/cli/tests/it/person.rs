//! A person at a terminal: what tools ask them, and what comes of their answers. The scripted model stands in for a real one.

use std::process::Command;

use serde_json::{Value, json};
use testkit::{Output, World};

use crate::driven::drives;
use crate::world;

/// Starts a program at a terminal of its own, types, and prints what the terminal showed.
const AT_A_TERMINAL: &str = "\
import os, pty, sys
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[2], sys.argv[2:])
os.write(terminal, sys.argv[1].encode())
shown = b''
while True:
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        break
    if not piece:
        break
    shown += piece
status = os.waitpid(child, 0)[1]
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(status))
";

#[expect(
    clippy::disallowed_methods,
    reason = "a test starts the binary that it is about"
)]
fn typing(world: &World, typed: &str, args: &[&str]) -> Output {
    let kiro = world.command(args);
    let mut command = Command::new("python3");
    command
        .args(["-c", AT_A_TERMINAL, typed])
        .arg(kiro.get_program())
        .args(kiro.get_args())
        .current_dir(world.project())
        .env_clear()
        .env("TERM", "dumb");
    let variables = kiro
        .get_envs()
        .filter_map(|(name, value)| Some((name, value?)));
    command.envs(variables);
    world.run(&mut command)
}

fn script() -> Vec<Value> {
    let question = json!({"question": "Which colour?", "options": ["blue", "red"]});
    let command = json!({"command": "touch made.txt"});
    drives(&[
        json!({"when": "paint", "calls": [{"name": "ask_user", "arguments": question}]}),
        json!({"when": "the user answered: red", "calls": [{"name": "shell", "arguments": command}]}),
        json!({"reply": "That is what there was to do."}),
    ])
}

fn chat(world: &World, typed: &str) -> Output {
    let model = world.script(&script());
    typing(world, typed, &["chat", "-p", "paint it", "--model", &model])
}

#[test]
fn tools_ask_the_person_at_the_terminal() {
    let world = world();
    world.write("a.txt", "one\n");
    let ran = chat(&world, "2\ny\na\n");
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    for shown in ["Which colour?", "2. red", "touch made.txt", "made.txt"] {
        assert!(ran.stdout.contains(shown), "{shown}: {}", ran.stdout);
    }
    assert!(world.has("made.txt"));
}

#[test]
fn a_no_is_a_no() {
    let world = world();
    world.write("a.txt", "one\n");
    let ran = chat(&world, "2\nn\n");
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    assert!(ran.stdout.contains("nothing changed"), "{}", ran.stdout);
    assert!(!world.has("made.txt"));
}

#[test]
fn without_a_terminal_nobody_is_asked() {
    let world = world();
    let mut script = script();
    script[2] = json!({"when": "nobody answered", "reply": "Then it stays as it is."});
    let model = world.script(&script);
    let ran = world.kiro(&["chat", "-p", "paint it", "--model", &model]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("Which colour?"), "{}", ran.stderr);
    assert!(
        ran.stdout.contains("Then it stays as it is."),
        "{}",
        ran.stdout
    );
}
