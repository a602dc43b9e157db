//! Specs that change: what a change touches, and plans that follow it while what a person wrote stays.

use serde_json::Value;
use testkit::World;

fn git(world: &World, args: &[&str]) {
    assert_eq!(world.run(&mut world.git(args)).code, Some(0), "{args:?}");
}

fn plan(world: &World, more: &[&str]) -> testkit::Output {
    let model = world.script(&[]);
    let args = [&["plan", "numbers", "--model", model.as_str()], more].concat();
    world.kiro(&args)
}

#[test]
fn a_diff_names_the_criteria_and_tasks_that_depend_on_a_change() {
    let world = super::numbers();
    git(&world, &["init", "-q"]);
    git(&world, &["add", "-A"]);
    git(&world, &["commit", "-qm", "first"]);
    assert_eq!(plan(&world, &[]).code, Some(0));
    world.write(
        "specs/numbers.md",
        super::SPEC.replace("rounded down", "rounded up"),
    );
    let diff = world.kiro(&["spec", "diff", "numbers", "--json"]);
    assert_eq!(diff.code, Some(0), "{}", diff.stderr);
    let diff: Value = serde_json::from_str(&diff.stdout).expect("JSON");
    assert_eq!(
        diff["requirements"].as_array().expect("requirements").len(),
        1
    );
    assert_eq!(diff["requirements"][0]["criteria"][0]["id"], "FR-2.1");
    assert_eq!(diff["requirements"][0]["criteria"][0]["kind"], "changed");
    let tasks: Vec<&str> = diff["tasks"]
        .as_array()
        .expect("tasks")
        .iter()
        .map(|it| it["id"].as_str().expect("an id"))
        .collect();
    assert_eq!(tasks, ["2"]);
    world.write("old.md", super::SPEC);
    let same = world.kiro(&["spec", "diff", "numbers", "HEAD..old.md"]);
    assert_eq!(
        (same.code, same.stdout.as_str()),
        (Some(0), ""),
        "{}",
        same.stderr
    );
    let unknown = world.kiro(&["spec", "diff", "numbers", "v9.."]);
    assert_eq!(unknown.code, Some(2), "{}", unknown.stderr);
}

#[test]
fn an_update_changes_what_depends_on_the_change_and_keeps_what_a_person_wrote() {
    let world = super::numbers();
    assert_eq!(plan(&world, &[]).code, Some(0));
    let edited = world.read("plans/numbers-tasks.md").replacen(
        "  - Estimated",
        "  - Ask Ana first\n  - Estimated",
        1,
    );
    world.write("plans/numbers-tasks.md", &edited);
    assert_eq!(
        world.kiro(&["tasks", "numbers", "set", "1", "done"]).code,
        Some(0)
    );
    world.write(
        "specs/numbers.md",
        super::SPEC.replace("### FR-2: Halving", "### FR-2: Halves"),
    );
    let updated = plan(&world, &["--update"]);
    assert_eq!(updated.code, Some(0), "{}", updated.stderr);
    let tasks = world.read("plans/numbers-tasks.md");
    assert!(
        tasks.contains("- [x] 1. Implement `double`") && tasks.contains("Ask Ana first"),
        "{tasks}"
    );
    assert!(
        tasks.contains("(FR-2: Halves)") && !tasks.contains("Halving"),
        "{tasks}"
    );
}

#[test]
fn an_edit_that_the_new_plan_changes_too_is_shown_and_kept() {
    let world = super::numbers();
    assert_eq!(plan(&world, &[]).code, Some(0));
    let edited = world
        .read("plans/numbers-tasks.md")
        .replace("(FR-2: Halving)", "by halves");
    world.write("plans/numbers-tasks.md", &edited);
    world.write(
        "specs/numbers.md",
        super::SPEC.replace("### FR-2: Halving", "### FR-2: Halves"),
    );
    let updated = plan(&world, &[]);
    assert_eq!(updated.code, Some(2), "{}", updated.stderr);
    assert!(
        updated.stderr.contains("by halves") && updated.stderr.contains("FR-2: Halves"),
        "{}",
        updated.stderr
    );
    assert_eq!(world.read("plans/numbers-tasks.md"), edited);
    assert_eq!(plan(&world, &["--fresh"]).code, Some(0));
    assert!(
        world
            .read("plans/numbers-tasks.md")
            .contains("FR-2: Halves")
    );
}

#[test]
fn considerations_become_constraints_or_tasks() {
    let world = super::numbers();
    assert_eq!(plan(&world, &[]).code, Some(0));
    let with = world.read("plans/numbers-plan.md").replace(
        "<!-- kiro",
        "## Additional Considerations\n\n- Implement halve without floats\n- Support huge values in the future\n- Publish release notes\n\n<!-- kiro",
    );
    world.write("plans/numbers-plan.md", with);
    let again = plan(&world, &[]);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    let tasks = world.read("plans/numbers-tasks.md");
    assert!(
        tasks.contains("  - Constraint: Implement halve without floats"),
        "{tasks}"
    );
    assert!(tasks.contains(". Publish release notes"), "{tasks}");
    assert!(
        again.stderr.contains("«Support huge values in the future»"),
        "{}",
        again.stderr
    );
    assert!(
        world
            .read("plans/numbers-plan.md")
            .contains("- Publish release notes")
    );
}

#[test]
fn a_trace_leads_from_requirements_to_files_and_back() {
    let world = super::numbers();
    let model = world.script(&super::good_replies());
    assert_eq!(super::autopilot(&world, &model, &[]).code, Some(0));
    let all = world.kiro(&["spec", "trace", "--json"]);
    assert_eq!(all.code, Some(0), "{}", all.stderr);
    let all: Value = serde_json::from_str(&all.stdout).expect("JSON");
    assert_eq!(all["coverage"].as_array().expect("rows").len(), 2);
    let back = world.kiro(&["spec", "trace", "numbers_kit/halve.py:2"]);
    assert_eq!(back.code, Some(0), "{}", back.stderr);
    assert!(
        back.stdout.contains("FR-2 Halving") && !back.stdout.contains("FR-1"),
        "{}",
        back.stdout
    );
    assert!(back.stdout.contains("passed, 0 failed"), "{}", back.stdout);
    let one = world.kiro(&["spec", "trace", "fr-1"]);
    assert!(
        one.stdout.contains("numbers_kit/double.py"),
        "{}",
        one.stdout
    );
    assert_eq!(world.kiro(&["spec", "trace", "FR-9"]).code, Some(2));
}

#[test]
fn a_plan_says_why_each_task_is_there() {
    let world = crate::numbers();
    let none = world.kiro(&["plan", "numbers", "--explain"]);
    assert_eq!(none.code, Some(2), "{}", none.stdout);
    assert!(none.stderr.contains("kiro plan"), "{}", none.stderr);
    assert_eq!(world.kiro(&["plan", "numbers"]).code, Some(0));
    let before = world.read("plans/numbers-tasks.md");
    let told = world.kiro(&["plan", "numbers", "--explain", "--json"]);
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    let value: serde_json::Value = serde_json::from_str(&told.stdout).expect("JSON");
    let tasks = value["tasks"].as_array().expect("tasks");
    assert_eq!(tasks[0]["beside"], serde_json::json!(["2"]));
    assert_eq!(tasks[0]["serves"][0]["title"], "Doubling");
    assert_eq!(tasks[0]["judged_by"][0]["examples"], 2);
    assert_eq!(tasks[2]["waits_for"][0]["id"], "1");
    assert_eq!(
        value["success"][0]["how"],
        "every test of the project is run"
    );
    let shown = world.kiro(&["plan", "numbers", "--explain"]).stdout;
    assert!(
        shown.contains("waits for 1 (`numbers_kit/__init__.py` imports"),
        "{shown}"
    );
    assert_eq!(world.read("plans/numbers-tasks.md"), before);
}
