//! How servers start, and what is said of those that do not.

use std::time::Duration;

use mcp::Trouble;

use crate::world::World;

fn trouble(world: &World) -> Trouble {
    world
        .fleet()
        .introduction("double")
        .expect_err("it is not there")
}

#[test]
fn a_server_introduces_itself() {
    for how in ["well", "chatty", "modern_and_well"] {
        let introduction = World::of(how).fleet().introduction("double").expect(how);
        assert_eq!(introduction.calls_itself, "double 1.0");
        let tools: Vec<&str> = introduction
            .tools
            .iter()
            .map(|it| it.name.as_str())
            .collect();
        assert_eq!(tools, ["echo", "plain"]);
        assert_eq!(introduction.resources[0].name, "note://one");
    }
}

#[test]
fn what_went_wrong_is_said_in_plain_words() {
    let mut world = World::of("exits");
    let told = trouble(&world);
    assert_eq!(told.code(), "exited", "{told}");
    let told = told.to_string();
    assert!(
        told.contains("exit code 1") && told.contains("the configuration is missing"),
        "{told}"
    );
    for (how, says) in [
        ("garbage", "Welcome to the server!"),
        ("mute", "within 2 s"),
    ] {
        let mut world = World::of(how);
        world.entry.start_timeout = Duration::from_secs(2);
        let told = trouble(&world);
        assert_eq!(told.code(), "no-answer", "{told}");
        assert!(told.to_string().contains(says), "{told}");
    }
    world.argv = vec!["/nowhere/at/all".to_owned()];
    assert_eq!(trouble(&world).code(), "not-started");
}

#[test]
fn a_folders_server_does_not_start_untrusted() {
    let world = World::of("well");
    let told = world
        .fleet_of(false)
        .introduction("double")
        .expect_err("refused");
    assert_eq!(told.code(), "not-trusted");
    assert_eq!(world.starts(), "", "it never ran");
}

#[test]
fn tools_that_lie_about_themselves_do_no_harm() {
    let introduction = World::of("liar")
        .fleet()
        .introduction("double")
        .expect("there");
    assert_eq!(introduction.tools.len(), 1, "{introduction:?}");
    assert_eq!(introduction.tools[0].schema["type"], "object");
    assert_eq!(introduction.notes.len(), 3, "{:?}", introduction.notes);
    let introduction = World::of("hidden")
        .fleet()
        .introduction("double")
        .expect("there");
    assert_eq!(
        introduction.tools[0].description,
        "Says back what it is told."
    );
}
