//! A person at a terminal: what tools ask them, and what comes of their answers. The scripted model stands in for a real one.

use serde_json::{Value, json};
use testkit::{Output, Scene, World};

use crate::driven::drives;
use crate::world;

fn script() -> Vec<Value> {
    let question = json!({"question": "Which colour?", "options": ["blue", "red"]});
    let command = json!({"command": "touch made.txt"});
    drives(&[
        json!({"when": "paint", "calls": [{"name": "ask_user", "arguments": question}]}),
        json!({"when": "the user answered: red", "calls": [{"name": "shell", "arguments": command}]}),
        json!({"reply": "That is what there was to do."}),
    ])
}

fn chat(world: &World, scenes: &[Scene<'_>]) -> Output {
    let model = world.script(&script());
    let command = world.command(&["chat", "-p", "paint it", "--model", &model]);
    world.at_terminal(command, scenes)
}

#[test]
fn tools_ask_the_person_at_the_terminal() {
    let world = world();
    world.write("a.txt", "one\n");
    let scenes = [("your answer >", "2"), ("[n]o >", "y"), ("s[t]op >", "a")];
    let ran = chat(&world, &scenes);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    for shown in ["Which colour?", "2 red", "touch made.txt", "made.txt"] {
        assert!(ran.stdout.contains(shown), "{shown}: {}", ran.stdout);
    }
    assert!(world.has("made.txt"));
}

#[test]
fn a_no_is_a_no() {
    let world = world();
    world.write("a.txt", "one\n");
    let ran = chat(&world, &[("your answer >", "2"), ("[n]o >", "n")]);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    assert!(ran.stdout.contains("nothing changed"), "{}", ran.stdout);
    assert!(!world.has("made.txt"));
}

/// What was approved for the project is not asked again; what was approved once is.
#[test]
fn an_approval_for_the_project_lasts() {
    let world = world();
    world.write("a.txt", "one\n");
    let scenes = [("your answer >", "2"), ("[n]o >", "2"), ("s[t]op >", "s")];
    let ran = chat(&world, &scenes);
    assert!(
        ran.stdout
            .contains("2 yes, and «touch made.txt» in this project"),
        "{}",
        ran.stdout
    );
    let ran = chat(&world, &[("your answer >", "2"), ("s[t]op >", "a")]);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    assert!(!ran.stdout.contains("yes, this once"), "{}", ran.stdout);
    assert!(world.has("made.txt"));
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
