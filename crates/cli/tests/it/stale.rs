//! Finished work that goes stale, in both directions, and what brings it back. The scripted model stands in for a real one.

use serde_json::Value;
use testkit::World;

use crate::{HALVE, SPEC, autopilot, good_replies, numbers, states};

fn json(world: &World, args: &[&str]) -> Value {
    let ran = world.kiro(args);
    serde_json::from_str(&ran.stdout)
        .unwrap_or_else(|error| panic!("{args:?}: {error}: {}{}", ran.stdout, ran.stderr))
}

/// The stale tasks of the only spec, each with why, in words.
fn stale(world: &World) -> Vec<(String, Vec<String>)> {
    let status = json(world, &["status", "--json"]);
    let tasks = status["specs"][0]["stale"].as_array().expect("tasks");
    let words = |it: &Value| it["told"].as_str().expect("words").to_owned();
    tasks
        .iter()
        .map(|it| {
            let why = it["why"].as_array().expect("why");
            let id = it["id"].as_str().expect("an id").to_owned();
            (id, why.iter().map(words).collect())
        })
        .collect()
}

fn finished() -> World {
    let world = numbers();
    let model = world.script(&good_replies());
    let ran = autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(stale(&world), []);
    world
}

#[test]
fn code_that_changed_under_a_tick_is_told_and_proven_again() {
    let world = finished();
    let halve = world.read("numbers_kit/halve.py");
    world.write("numbers_kit/halve.py", format!("# mine\n{halve}"));
    let told = "numbers_kit/halve.py was changed since, not by Kiro".to_owned();
    assert_eq!(stale(&world), [("2".to_owned(), vec![told])]);
    assert_eq!(states(&world), ["done", "stale", "done"]);
    let shown = world.kiro(&["status"]).stdout;
    assert!(shown.contains("stale task 2 "), "{shown}");
    assert_eq!(world.kiro(&["spec", "trace", "FR-2"]).code, Some(0));

    let verified = json(&world, &["verify", "--json"]);
    assert_eq!(verified["holds"], true, "{verified}");
    assert_eq!(verified["tasks"][0]["task"], "2");
    assert_eq!(verified["tasks"][0]["confirmed"], true, "{verified}");
    assert_eq!(stale(&world), []);
    assert_eq!(states(&world), ["done", "done", "done"]);
    assert_eq!(
        json(&world, &["verify", "--json"])["tasks"],
        Value::Array(Vec::new())
    );

    world.write("numbers_kit/halve.py", halve.replace("// 2", "/ 2"));
    let verified = world.kiro(&["verify", "--json"]);
    assert_eq!(verified.code, Some(1), "{}", verified.stderr);
    let verified: Value = serde_json::from_str(&verified.stdout).expect("JSON");
    assert_eq!(verified["tasks"][0]["confirmed"], false);
    assert_eq!(verified["tasks"][0]["failed"], 1);
    assert_eq!(stale(&world).len(), 1);

    world.remove("numbers_kit/halve.py");
    let told = "numbers_kit/halve.py was removed since, not by Kiro".to_owned();
    assert_eq!(stale(&world), [("2".to_owned(), vec![told])]);
    world.write("numbers_kit/halve.py", halve);
    assert_eq!(
        stale(&world).len(),
        1,
        "the confirmed content is what counts"
    );
}

#[test]
fn a_run_proves_again_what_changed_and_works_on_what_no_longer_holds() {
    let world = finished();
    let nothing = world.script(&[]);
    let ran = autopilot(&world, &nothing, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(!ran.stderr.contains("proven again"), "{}", ran.stderr);

    let halve = world.read("numbers_kit/halve.py");
    let mine = format!("# mine\n{halve}");
    world.write("numbers_kit/halve.py", &mine);
    let ran = autopilot(&world, &nothing, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let told = "task 2 is proven again: numbers_kit/halve.py was changed since, not by Kiro, and its 2 checks pass";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    assert_eq!(
        (stale(&world), world.read("numbers_kit/halve.py")),
        (Vec::new(), mine)
    );

    world.write("numbers_kit/halve.py", halve.replace("// 2", "/ 2"));
    let before = world.files();
    let model = world.script(&testkit::two_answers("halve", HALVE.trim_end()));
    let ran = autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let told = "task 2 is to be worked on again: numbers_kit/halve.py was changed since, not by Kiro, and 1 of its 2 checks fail";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    assert_eq!(states(&world), ["done", "done", "done"]);
    assert_eq!(stale(&world), []);
    let changed = world.files().into_iter().filter(|it| !before.contains(it));
    let changed: Vec<String> = changed.map(|it| it.0).collect();
    assert_eq!(changed, ["numbers_kit/halve.py"]);
}

#[test]
fn a_run_that_goes_on_proves_again_what_its_next_task_builds_on() {
    let world = numbers();
    let model = world.script(&good_replies());
    let ran = autopilot(&world, &model, &["--task", "1"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let double = world.read("numbers_kit/double.py");
    world.write("numbers_kit/double.py", double.replace("* 2", "* 3"));
    // With nobody to mend it the run does not say that it is done.
    let ran = autopilot(&world, &world.script(&[]), &[]);
    assert_ne!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("task 1 is to be worked on again"),
        "{}",
        ran.stderr
    );
    assert_ne!(states(&world)[0], "done");
    world.write("numbers_kit/double.py", double);
    let halves = world.script(&testkit::two_answers("halve", HALVE.trim_end()));
    let ran = autopilot(&world, &halves, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(states(&world), ["done", "done", "done"]);
}

#[test]
fn a_later_task_of_kiro_and_an_undo_make_nothing_stale() {
    let world = finished();
    let undone = world.kiro(&["undo"]);
    assert_eq!(undone.code, Some(0), "{}", undone.stderr);
    assert_eq!(stale(&world), []);
    assert_eq!(world.kiro(&["redo"]).code, Some(0));
    assert_eq!(stale(&world), []);
}

#[test]
fn a_persons_word_settles_what_is_stale() {
    let world = finished();
    let halve = world.read("numbers_kit/halve.py");
    world.write("numbers_kit/halve.py", format!("# mine\n{halve}"));
    world.write("specs/numbers.md", SPEC.replace("Odd words", "Words"));
    assert_eq!(stale(&world)[0].1.len(), 2, "{:?}", stale(&world));
    let set = world.kiro(&["tasks", "numbers", "set", "2", "done"]);
    assert_eq!(set.code, Some(0), "{}", set.stderr);
    assert_eq!(stale(&world), []);
    let tasks = json(&world, &["tasks", "numbers", "--json"]);
    assert_eq!(tasks["ticked_by_person"], serde_json::json!(["2"]));
}

#[test]
fn a_changed_requirement_reopens_what_depends_on_it_and_a_run_touches_nothing_else() {
    let world = finished();
    let before: Vec<(String, Vec<u8>)> = world.files();
    world.write(
        "specs/numbers.md",
        SPEC.replace("rounded down", "rounded up")
            .replace("`halve(9)` → `4`", "`halve(9)` → `5`"),
    );
    let told = "FR-2 changed since".to_owned();
    assert_eq!(stale(&world), [("2".to_owned(), vec![told])]);
    let model = world.script(&[]);
    let updated = world.kiro(&["plan", "numbers", "--update", "--model", &model]);
    assert_eq!(updated.code, Some(0), "{}", updated.stderr);
    assert!(
        updated
            .stderr
            .contains("task 2 is to be worked on again: FR-2 changed"),
        "{}",
        updated.stderr
    );
    assert_eq!(states(&world), ["done", "stale", "done"]);
    assert!(world.read("plans/numbers-tasks.md").contains("- [ ] 2. "));

    let up = HALVE.replace("n // 2", "-(-n // 2)");
    let model = world.script(&testkit::two_answers("halve", up.trim_end()));
    let ran = autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(states(&world), ["done", "done", "done"]);
    let changed: Vec<String> = world
        .files()
        .into_iter()
        .filter(|it| !before.contains(it))
        .map(|it| it.0)
        .collect();
    assert_eq!(
        changed,
        [
            "numbers_kit/halve.py",
            "plans/numbers-plan.md",
            "plans/numbers-tasks.md",
            "specs/numbers.md",
            "tests/test_fr_2_halving.py",
        ]
    );
}

#[test]
fn a_constraint_that_a_person_adds_reopens_its_task() {
    let world = finished();
    let with = world.read("plans/numbers-plan.md").replace(
        "<!-- kiro",
        "## Additional Considerations\n\n- Task 2 must not use floats\n\n<!-- kiro",
    );
    world.write("plans/numbers-plan.md", with);
    let model = world.script(&[]);
    let planned = world.kiro(&["plan", "numbers", "--model", &model]);
    assert_eq!(planned.code, Some(0), "{}", planned.stderr);
    assert_eq!(states(&world), ["done", "stale", "done"]);
    let told = "it says something else since".to_owned();
    assert_eq!(stale(&world), [("2".to_owned(), vec![told])]);
}

#[test]
fn projects_inside_a_project_have_each_their_own_past() {
    let world = crate::world();
    world.write("README.md", "# Many\n");
    std::fs::create_dir(world.project().join(".git")).expect("a folder");
    for app in ["apps/a", "apps/b"] {
        world.write(&format!("{app}/specs/numbers.md"), SPEC);
        let model = world.script(&good_replies());
        let spec = format!("{app}/specs/numbers.md");
        let ran = world.kiro(&["run", &spec, "--autopilot", "--model", &model]);
        assert_eq!(ran.code, Some(0), "{app}: {}", ran.stderr);
    }
    let halve = world.read("apps/a/numbers_kit/halve.py");
    world.write("apps/a/numbers_kit/halve.py", format!("# mine\n{halve}"));
    let status = json(&world, &["status", "--json"]);
    let specs = status["specs"].as_array().expect("specs");
    let told: Vec<(&str, usize)> = specs
        .iter()
        .map(|it| {
            let stale = it["stale"].as_array().expect("tasks").len();
            (it["spec"].as_str().expect("a path"), stale)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("apps/a/specs/numbers.md", 1),
            ("apps/b/specs/numbers.md", 0)
        ]
    );
    for (file, source) in [
        ("apps/a/numbers_kit/halve.py:1", "nobody"),
        ("apps/a/numbers_kit/halve.py:2", "journal"),
        ("apps/b/numbers_kit/halve.py:1", "journal"),
    ] {
        let traced = json(&world, &["spec", "trace", file, "--json"]);
        assert_eq!(traced["line"]["source"], source, "{file}: {traced}");
        let coverage = traced["coverage"].as_array().expect("rows");
        let own = coverage
            .iter()
            .all(|it| file.starts_with(&it["spec"].as_str().expect("a path")[..6]));
        assert!(own, "{file}: {traced}");
    }
}
