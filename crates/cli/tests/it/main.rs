//! The whole binary in a hermetic world, with the scripted model in place of a real one.

mod acp;
mod approvals;
mod bad_input;
mod chat;
mod client;
mod commits;
mod completions;
mod context;
mod conversation;
mod criteria;
mod dialect_runs;
mod dialects;

mod double;
mod driven;
mod eval;
mod forms;
mod governance;
mod guided;
mod hooks;
mod hooks_events;
mod hooks_git;
mod hooks_index;
mod hooks_later;
mod hooks_watch;
mod hostile_specs;
mod injection;
mod interruption;
mod languages;
mod lint;
mod living;
mod lsp;
mod mcp;
mod mcp_serve;
mod mending;
mod metrics;
mod models;
mod network;
mod parallel;
mod path;
mod person;
mod pictures;
mod planned;
mod policy;
mod policy_paths;
mod providers;
mod sharing;
mod spec_new;
mod stale;
mod tasks_edit;
mod trust;
mod undo;
mod unjudged;
mod verify;
mod weakening;
mod why;

use serde_json::Value;
use testkit::{Output, World};

/// A spec of two functions, the second of which the examples tell apart from a lazy answer.
pub(crate) const SPEC: &str = "\
# Numbers

## Functional Requirements

### FR-1: Doubling

`double(n: int) -> int` in `numbers_kit/double.py`.

- Twice the number
  - `double(2)` → `4`
  - `double(-3)` → `-6`

### FR-2: Halving

`halve(n: int) -> int` in `numbers_kit/halve.py`.

- Half of the number, rounded down
  - `halve(9)` → `4`
- Odd words are refused
  - `halve(\"x\")` raises `TypeError`

## Success Criteria

- All tests pass
- Every example in this document holds
";

/// What the spec's first function is.
pub(crate) const DOUBLE: &str = "def double(n):\n    return n * 2\n";
/// What the spec's second function is.
pub(crate) const HALVE: &str = "\
def halve(n):
    if not isinstance(n, int):
        raise TypeError(n)
    return n // 2
";

pub(crate) fn world() -> World {
    World::new(env!("CARGO_BIN_EXE_kiro"))
}

/// A world whose project holds [`SPEC`].
pub(crate) fn numbers() -> World {
    let world = world();
    world.write("specs/numbers.md", SPEC);
    world
}

/// Lets a model do one thing, in Autopilot.
pub(crate) fn chat_once(world: &World, model: &str) -> Output {
    world.kiro(&[
        "chat",
        "-p",
        "do it",
        "--autopilot",
        "--json",
        "--model",
        model,
    ])
}

/// Carries [`SPEC`] out in Autopilot; `more` are further arguments.
pub(crate) fn autopilot(world: &World, model: &str, more: &[&str]) -> Output {
    let run = ["run", "numbers", "--autopilot", "--model", model];
    world.kiro(&[&run, more].concat())
}

/// The lines of JSON that were printed.
pub(crate) fn json_lines(ran: &Output) -> Vec<Value> {
    let lines = ran.stdout.lines();
    lines
        .map(|it| serde_json::from_str(it).expect("JSON"))
        .collect()
}

/// Replies that fill both slots at the first try.
pub(crate) fn good_replies() -> Vec<Value> {
    let mut replies = testkit::two_answers("double", DOUBLE.trim_end());
    replies.extend(testkit::two_answers("halve", HALVE.trim_end()));
    replies
}

/// States of the spec's tasks, in order.
pub(crate) fn states(world: &World) -> Vec<String> {
    let shown = world.kiro(&["tasks", "numbers", "--json"]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    let value: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    let tasks = value["tasks"].as_array().expect("tasks");
    tasks
        .iter()
        .map(|it| it["state"].as_str().expect("a state").to_owned())
        .collect()
}
