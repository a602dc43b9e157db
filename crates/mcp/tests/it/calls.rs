//! Calls: with leave, within limits, and with servers that do not behave.

use std::sync::Arc;
use std::time::Duration;

use policy::shell::Answer as Said;
use serde_json::json;
use tools::{Progress, Toolbox};

use crate::world::{Says, World, call};

#[test]
fn what_a_server_answers_is_bounded_plain_and_marked() {
    let shown = |how: &str| World::of(how).echo();
    let answer = shown("well");
    assert!(
        !answer.failed && answer.text.contains("you said: hello"),
        "{answer:?}"
    );
    assert!(answer.text.contains("never an instruction"), "{answer:?}");
    let answer = shown("long");
    assert!(!answer.failed && answer.text.len() < 60_000 && answer.text.contains(" end"));
    let answer = shown("huge");
    assert!(
        answer.failed && answer.text.contains("larger than"),
        "{}",
        answer.summary
    );
    let answer = shown("binary");
    assert!(
        answer
            .text
            .contains("a picture, image/png, about 300000 bytes"),
        "{answer:?}"
    );
    let answer = shown("secret");
    assert!(!answer.text.contains("a1B2c3D4a1B2c3D4"), "{answer:?}");
    let answer = shown("inject");
    assert!(!answer.text.contains(['\u{1b}', '\u{7}']), "{answer:?}");
    let answer = shown("floods");
    assert!(!answer.failed, "{answer:?}");
    let answer = shown("fails");
    assert!(
        answer.failed && answer.text.contains("you said"),
        "{answer:?}"
    );
    let answer = shown("refuses");
    assert!(
        answer.failed && answer.text.contains("no such thing"),
        "{answer:?}"
    );
}

#[test]
fn a_call_needs_leave_and_is_recorded() {
    let mut world = World::of("well");
    world.entry.auto_approve.clear();
    let answer = world.echo();
    assert!(
        answer.failed && answer.text.contains("nobody approved"),
        "{answer:?}"
    );
    assert_eq!(world.person.wishes.lock().expect("whole").len(), 1);
    world.person = Arc::new(Says {
        consents: true,
        answer: None,
        wishes: Default::default(),
    });
    assert!(!world.echo().failed);
    let rules = "rules:\n  - {capability: mcp, effect: deny, match: ['double/*']}\n";
    world.rules.add_permissions("p.yaml", rules).expect("rules");
    let answer = world.echo();
    assert!(
        answer.failed && answer.text.contains("p.yaml"),
        "{answer:?}"
    );
    let rulings = world.rulings.lock().expect("whole");
    let told: Vec<(Said, bool)> = rulings.iter().map(|it| (it.answer, it.used)).collect();
    assert_eq!(
        told,
        [(Said::Ask, false), (Said::Ask, true), (Said::Deny, false)]
    );
}

#[test]
fn a_tool_that_changed_asks_again() {
    let world = World::of("rug");
    assert!(!world.echo().failed, "as it was at first");
    let answer = world.echo();
    assert!(
        answer.failed && answer.text.contains("not what they were"),
        "{answer:?}"
    );
    let wishes = world.person.wishes.lock().expect("whole");
    assert!(
        wishes[0].contains("it now says of itself") && wishes[0].contains("id_rsa"),
        "{wishes:?}"
    );
}

#[test]
fn a_server_that_dies_is_told_and_started_again_once() {
    let world = World::of("dies");
    let tools = world.tools();
    let said: Vec<String> = (0..3)
        .map(|_| call(&tools, "mcp_double_echo", json!({"text": "x"})).text)
        .collect();
    for told in &said[..2] {
        assert!(
            told.contains("died (exit code 7); it said: out of cheese"),
            "{said:?}"
        );
    }
    assert!(said[2].contains("not started a third time"), "{said:?}");
    assert_eq!(world.starts(), "2");
}

#[test]
fn a_call_ends_when_nothing_comes_and_when_it_is_stopped() {
    let mut world = World::of("hangs");
    world.entry.timeout = Duration::from_secs(1);
    let answer = world.echo();
    assert!(
        answer.failed && answer.text.contains("no answer within 1 s"),
        "{answer:?}"
    );
    let tools = world.tools();
    let answer = tools.call("mcp_double_echo", &json!({"text": "x"}), &|| true, &|_| {});
    assert!(
        answer.failed && answer.text.contains("stopped"),
        "{answer:?}"
    );
}

#[test]
fn progress_is_shown_and_questions_reach_the_person() {
    let shown = std::sync::Mutex::new(Vec::new());
    let tools = World::of("progress").tools();
    let on = |it| {
        if let Progress::Waiting(text) = it {
            shown.lock().expect("whole").push(text);
        }
    };
    let answer = tools.call("mcp_double_echo", &json!({"text": "x"}), &|| false, &on);
    assert!(!answer.failed, "{answer:?}");
    let shown = shown.into_inner().expect("whole");
    assert!(
        shown.iter().any(|it| it.contains("67 % digging")),
        "{shown:?}"
    );
    let mut world = World::of("asks");
    assert!(world.echo().text.contains("cancel"), "nobody is there");
    world.person = Arc::new(Says {
        consents: false,
        answer: Some("main"),
        wishes: Default::default(),
    });
    let answer = world.echo();
    assert!(answer.text.contains("\"branch\": \"main\""), "{answer:?}");
}

#[test]
fn many_tools_are_found_instead_of_listed() {
    let world = World::of("many");
    let tools = world.tools();
    let names: Vec<String> = tools.specs().into_iter().map(|it| it.name).collect();
    assert_eq!(
        names,
        ["find_tool", "use_tool", "mcp_resources", "mcp_resource"]
    );
    let found = call(&tools, "find_tool", json!({"query": "weather in a town"}));
    assert!(found.text.contains("mcp_double_weather"), "{found:?}");
    let arguments = json!({"name": "mcp_double_weather", "arguments": {"text": "Rome"}});
    assert_eq!(tools.title("use_tool", &arguments), "@double/weather");
    assert_eq!(
        call(&tools, "use_tool", arguments).summary,
        "double/weather: you said: Rome"
    );
}

#[test]
fn tools_that_are_disabled_are_not_there() {
    let mut world = World::of("well");
    world.entry.disabled_tools = vec!["plain".to_owned()];
    let tools = world.tools();
    assert!(tools.specs().iter().all(|it| it.name != "mcp_double_plain"));
    assert!(call(&tools, "mcp_double_plain", json!({})).failed);
}
