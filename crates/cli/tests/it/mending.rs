//! A function whose own examples do not show what is wrong with it, and one that calls it and shows it.

use serde_json::{Value, json};
use testkit::{Output, World};

use crate::{autopilot, world};

/// `2` is as much its double as its square.
const SPEC: &str = "\
# Numbers

## Functional Requirements

### FR-1: Doubling

`double(n: int) -> int` in `kit/double.py` gives twice a number.

- `double(2)` → `4`

### FR-2: Both

`both(a: int, b: int) -> int` in `FILE` adds what `double` gives for each.

- `both(0, 2)` → `4`
- `both(1, 3)` → `8`
";

/// Answers to `both` that differ and all do the same.
const BOTH: [&str; 9] = [
    "double(a) + double(b)",
    "double(b) + double(a)",
    "sum([double(a), double(b)])",
    "sum((double(a), double(b)))",
    "sum(double(n) for n in (a, b))",
    "0 + double(a) + double(b)",
    "double(a) + 0 + double(b)",
    "double(a) - -double(b)",
    "sum(map(double, (a, b)))",
];

fn answer(signature: &str, body: &str) -> Value {
    json!({"reply": format!("```python\ndef {signature}:\n    return {body}\n```")})
}

fn double(body: &str) -> Value {
    answer("double(n)", body)
}

/// Carries the spec out with what the model says of `double` when it is looked at again.
fn ran(file: &str, again: &[&str]) -> (World, Output) {
    let world = world();
    world.write("specs/numbers.md", SPEC.replace("FILE", file));
    // Nobody agrees with the square; all others are wrong in the example.
    let mut replies = vec![double("n ** 2")];
    replies.extend(std::iter::repeat_n(double("n"), 17));
    replies.extend(BOTH.map(|it| answer("both(a, b)", it)));
    replies.extend(again.iter().map(|it| double(it)));
    let model = world.script(&replies);
    let ran = autopilot(&world, &model, &[]);
    (world, ran)
}

#[test]
fn what_its_callers_examples_show_to_be_wrong_is_written_anew() {
    for file in ["kit/both.py", "kit/double.py"] {
        let (world, ran) = ran(file, &["n * 2", "2 * n"]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let told = "both fail alike: double, which they come to, is looked at again";
        assert!(ran.stderr.contains(told), "{}", ran.stderr);
        let told = "double was at fault and is written anew";
        assert!(ran.stderr.contains(told), "{}", ran.stderr);
        let double = world.read("kit/double.py");
        assert!(double.contains("return n * 2\n"), "{double}");
        assert!(!double.contains("**"), "{double}");
        let both = world.read(file);
        assert!(both.contains("return double(a) + double(b)\n"), "{both}");
        let status = world.kiro(&["status"]);
        assert!(!status.stdout.contains("stale"), "{}", status.stdout);
    }
}

#[test]
fn an_answer_that_was_there_already_is_taken_first() {
    let world = world();
    world.write("specs/numbers.md", SPEC.replace("FILE", "kit/both.py"));
    // Two agree on the square, and one answer among the others is right.
    let mut replies = vec![double("n ** 2"), double("n * 2")];
    replies.extend(std::iter::repeat_n(double("n * n"), 4));
    replies.extend(BOTH.map(|it| answer("both(a, b)", it)));
    let ran = autopilot(&world, &world.script(&replies), &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(!ran.stderr.contains("looked at again"), "{}", ran.stderr);
    let told = "double was at fault and is written anew";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    assert!(world.read("kit/double.py").contains("return n * 2\n"));
}

#[test]
fn what_is_called_by_what_it_calls_is_looked_at_too() {
    let world = world();
    let spec = SPEC.replace("FILE", "kit/both.py").replace(
        "- `both(1, 3)` → `8`\n",
        "\n### FR-3: Whole\n\n`whole(a: int, b: int) -> int` in `kit/whole.py` gives what `both` gives.\n\n\
         - `whole(0, 2)` → `4`\n- `whole(1, 3)` → `8`\n",
    );
    world.write("specs/numbers.md", spec);
    let mut replies = vec![double("n ** 2")];
    replies.extend(std::iter::repeat_n(double("n"), 17));
    replies.extend(BOTH[..2].iter().map(|it| answer("both(a, b)", it)));
    let whole = |it: usize| answer("whole(a, b)", &format!("both(a, b) + {it} - {it}"));
    replies.extend((0..9).map(whole));
    replies.extend(["n * 2", "2 * n"].map(double));
    let ran = autopilot(&world, &world.script(&replies), &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let told = "whole fail alike: double, which they come to, is looked at again";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    assert!(world.read("kit/double.py").contains("return n * 2\n"));
}

#[test]
fn what_two_answers_agree_on_is_not_looked_at_again() {
    let world = world();
    world.write("specs/numbers.md", SPEC.replace("FILE", "kit/both.py"));
    let mut replies = vec![double("n ** 2"), double("n * n")];
    replies.extend(BOTH.map(|it| answer("both(a, b)", it)));
    let ran = autopilot(&world, &world.script(&replies), &[]);
    assert!(ran.stderr.contains("has no reply left"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("looked at again"), "{}", ran.stderr);
    assert!(world.read("kit/double.py").contains("n ** 2"));
}

#[test]
fn what_a_person_changed_is_not_looked_at_again() {
    let world = world();
    world.write("specs/numbers.md", SPEC.replace("FILE", "kit/both.py"));
    let mut replies = vec![double("n ** 2")];
    replies.extend(std::iter::repeat_n(double("n"), 17));
    let model = world.script(&replies);
    let ran = autopilot(&world, &model, &["--task", "1"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let mine = "def double(n):\n    return n * n\n";
    world.write("kit/double.py", mine);
    let model = world.script(&BOTH.map(|it| answer("both(a, b)", it)));
    let ran = autopilot(&world, &model, &[]);
    assert!(ran.stderr.contains("has no reply left"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("looked at again"), "{}", ran.stderr);
    assert_eq!(world.read("kit/double.py"), mine);
}
