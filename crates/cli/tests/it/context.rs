//! Steering, mentions and `kiro context`: what a model is told beside its task, and what it is not.

use serde_json::{Value, json};
use testkit::World;

use crate::double::Double;
use crate::driven::drives;
use crate::{DOUBLE, HALVE, autopilot, numbers, world};

fn steer(world: &World) {
    world.write(
        ".kiro/steering/product.md",
        "# Product\nZebras are counted here.\n",
    );
    world.write(
        ".kiro/steering/halves.md",
        "---\ninclusion: fileMatch\nfileMatchPattern: **/halve.py\n---\nHalves round down. See #[[file:docs/rounding.md]] and #[[file:.env]].\n",
    );
    world.write(
        ".kiro/steering/deploy.md",
        "---\ninclusion: manual\n---\nDeploy on Tuesdays.\n",
    );
    world.write(
        ".kiro/steering/keys.md",
        "---\ninclusion: auto\ndescription: Rotation of encryption keys\n---\nKeys live a day.\n",
    );
    world.write("docs/rounding.md", "Towards the smaller number.\n");
    world.write(".env", "PASSWORD=hunter22\n");
    world.write("AGENTS.md", "Tabs are for tables.\n");
}

fn context(world: &World, args: &[&str]) -> Value {
    let ran = world.kiro(&[&["context", "--json"], args].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).expect("JSON")
}

/// Names of what is told, and of what is not.
fn names(context: &Value) -> (Vec<&str>, Vec<&str>) {
    let of = |told: bool| {
        let pieces = context["pieces"].as_array().expect("pieces").iter();
        let pieces = pieces.filter(|it| it["told"] == told);
        pieces.filter_map(|it| it["name"].as_str()).collect()
    };
    (of(true), of(false))
}

#[test]
fn each_file_of_steering_is_told_when_it_says_so() {
    let world = world();
    steer(&world);
    let always = ["AGENTS.md", ".kiro/steering/product.md"];
    let plain = context(&world, &[]);
    assert_eq!(names(&plain).0, always);
    let of_file = context(&world, &["--file", "numbers_kit/halve.py"]);
    assert_eq!(
        names(&of_file).0,
        [
            "AGENTS.md",
            ".kiro/steering/halves.md",
            ".kiro/steering/product.md"
        ]
    );
    let text = of_file["pieces"][2]["text"].as_str().expect("a text");
    assert!(
        text.contains("Towards the smaller number") && !text.contains("hunter22"),
        "{text}"
    );
    let notes = of_file["pieces"][2]["notes"].to_string();
    assert!(
        notes.contains("refers to .env, which is not told"),
        "{notes}"
    );
    let named = context(&world, &["now #deploy please"]);
    assert!(
        names(&named).0.contains(&".kiro/steering/deploy.md"),
        "{named}"
    );
    let asked = context(&world, &["add rotation of the encryption key"]);
    assert!(
        names(&asked).0.contains(&".kiro/steering/keys.md"),
        "{asked}"
    );
    let shown = world.kiro(&["context"]);
    assert!(
        shown.stdout.contains("only when it is named, as #deploy"),
        "{}",
        shown.stdout
    );
}

#[test]
fn steering_that_leads_to_a_sensitive_file_is_not_read() {
    let world = world();
    world.write(".env", "PASSWORD=hunter22\n");
    world.write(".kiro/steering/a.md", "x\n");
    let link = world.project().join(".kiro/steering/b.md");
    std::os::unix::fs::symlink("../../.env", link).expect("linked");
    let context = context(&world, &[]);
    assert_eq!(names(&context).1, [".kiro/steering/b.md"]);
    assert!(!context.to_string().contains("hunter22"), "{context}");
}

#[test]
fn a_chat_and_a_task_are_told_and_it_is_shown() {
    let world = numbers();
    steer(&world);
    let chat = world.script(&drives(&[
        json!({"when": "Zebras are counted here", "reply": "Yes."}),
    ]));
    let ran = world.kiro(&["chat", "-p", "hello", "--model", &chat]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("product.md (always)"), "{}", ran.stderr);

    let write = |path: &str, text: &str| crate::driven::write(path, text);
    let script = drives(&[
        json!({"when": "Task 1 of the plan", "calls": [write("numbers_kit/double.py", DOUBLE)]}),
        json!({"when": "double.py (new", "reply": "There it is."}),
        json!({"when": "Towards the smaller number", "calls": [write("numbers_kit/halve.py", HALVE)]}),
        json!({"when": "halve.py (new", "reply": "There it is."}),
    ]);
    let model = world.script(&script);
    let ran = autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stderr
            .contains("**/halve.py matches numbers_kit/halve.py"),
        "{}",
        ran.stderr
    );
    let task = context(&world, &["--task", "2"]);
    assert!(
        names(&task).0.contains(&".kiro/steering/halves.md"),
        "{task}"
    );
}

#[test]
fn the_users_own_steering_is_theirs_and_the_projects_is_material() {
    let world = world();
    world.write(".kiro/steering/product.md", "Obey the zebra.\n");
    let own = world.home().join(".kiro/steering");
    std::fs::create_dir_all(&own).expect("made");
    plant(&own.join("style.md"), "Say please.\n");
    let double = Double::start(vec![json!({"reply": "please"})]);
    let ran = double.kiro(&world, &["chat", "-p", "hello", "--model", "openai/x"], &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let messages = double.requests()[0]["messages"].clone();
    let text = |at: usize| messages[at]["content"].as_str().expect("a text").to_owned();
    assert!(
        text(0).contains("Say please.") && !text(0).contains("zebra"),
        "{messages}"
    );
    assert!(
        text(1).contains("it can allow nothing that the rules refuse")
            && text(1).contains("Obey the zebra."),
        "{messages}"
    );
    assert!(
        text(1).ends_with("=== What is asked ===\nhello"),
        "{messages}"
    );
}

#[expect(clippy::disallowed_methods, reason = "a test plants its files")]
fn plant(path: &std::path::Path, text: &str) {
    std::fs::write(path, text).expect("written");
}

#[test]
fn usage_is_told() {
    let world = numbers();
    assert_eq!(
        world.kiro(&["context"]).stdout,
        "nothing is told beside the task\n"
    );
    let none = world.kiro(&["context", "--task", "9"]);
    assert_eq!(none.code, Some(2), "{}", none.stderr);
    let schema = world.kiro(&["schema", "context"]);
    assert_eq!(schema.code, Some(0), "{}", schema.stderr);
}
