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
    assert_eq!(
        diff["tasks"][0]["tests"],
        serde_json::json!(["tests/test_fr_2_halving.py"])
    );
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

/// What `kiro spec trace WHAT --json` says.
fn traced(world: &World, what: &str) -> Value {
    let told = world.kiro(&["spec", "trace", what, "--json"]);
    assert_eq!(told.code, Some(0), "{what}: {}", told.stderr);
    serde_json::from_str(&told.stdout).expect("JSON")
}

#[test]
fn a_line_is_traced_to_who_wrote_it_through_later_edits() {
    let world = super::numbers();
    let model = world.script(&super::good_replies());
    assert_eq!(super::autopilot(&world, &model, &[]).code, Some(0));
    let halve = world.read("numbers_kit/halve.py");
    world.write("numbers_kit/halve.py", format!("# mine\n{halve}"));
    let line = &traced(&world, "numbers_kit/halve.py:1")["line"];
    assert_eq!(
        (&line["source"], &line["task"]),
        (&"nobody".into(), &Value::Null)
    );
    let told = traced(&world, "numbers_kit/halve.py:2");
    let line = &told["line"];
    assert_eq!(line["source"], "journal");
    assert_eq!(
        (&line["task"], &line["spec"]),
        (&"2".into(), &"specs/numbers.md".into())
    );
    assert_eq!(line["requirements"], serde_json::json!(["FR-2"]));
    assert!(
        line["text"].as_str().expect("text").contains("def halve"),
        "{line}"
    );
    assert_eq!(told["coverage"][0]["requirement"], "FR-2");
    let wrote = traced(&world, "FR-2");
    let edges = wrote["edges"].as_array().expect("edges").iter();
    let of_file = |it: &&Value| it["kind"] == "wrote" && it["to"] == "numbers_kit/halve.py";
    let lines: Vec<&Value> = edges.filter(of_file).map(|it| &it["lines"]).collect();
    assert_eq!(
        lines,
        [&serde_json::json!([[2, 1 + halve.lines().count()]])]
    );
    let none = world.kiro(&["spec", "trace", "numbers_kit/halve.py:99"]);
    assert_eq!(none.code, Some(2), "{}", none.stdout);
    let all = world.kiro(&["spec", "trace"]).stdout;
    assert!(
        all.contains("of 2 requirements 2 reach code and 2 a check that passed last"),
        "{all}"
    );
}

#[test]
fn lines_are_traced_through_renames() {
    let world = super::numbers();
    let model = world.script(&super::good_replies());
    let ran = super::autopilot(&world, &model, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let halve = world.read("numbers_kit/halve.py");
    world.remove("numbers_kit/halve.py");
    // Moved as it was, then moved and edited.
    for (path, text, line) in [
        ("lib/halves.py", halve.clone(), 1),
        ("numbers_kit/half.py", format!("# mine\n{halve}"), 2),
    ] {
        world.write(path, &text);
        let told = traced(&world, &format!("{path}:{line}"));
        assert_eq!(told["line"]["source"], "journal", "{told}");
        assert_eq!(told["line"]["requirements"], serde_json::json!(["FR-2"]));
        let by_requirement = traced(&world, "FR-2");
        let mut edges = by_requirement["edges"].as_array().expect("edges").iter();
        let moved = edges.find(|it| it["to"] == path).expect("the new name");
        assert_eq!(moved["was"], "numbers_kit/halve.py");
        assert_eq!(moved["lines"][0][0], line, "{moved}");
        let shown = world.kiro(&["spec", "trace", path]).stdout;
        assert!(shown.contains("(was numbers_kit/halve.py)"), "{shown}");
        world.remove(path);
    }
    // What only looks alike in name is nobody's.
    world.write(
        "numbers_kit/halve2.py",
        "print('something else altogether')\n",
    );
    let other = traced(&world, "numbers_kit/halve2.py:1");
    assert_eq!(other["line"]["source"], "nobody", "{other}");
}

#[test]
fn a_clone_without_a_journal_is_traced_by_trailers_and_runs_nothing_of_the_repository() {
    let world = super::numbers();
    git(&world, &["init", "-q"]);
    git(&world, &["config", "user.name", "A"]);
    git(&world, &["config", "user.email", "a@example.org"]);
    git(&world, &["add", "."]);
    git(&world, &["commit", "-qm", "first"]);
    let model = world.script(&super::good_replies());
    let ran = super::autopilot(&world, &model, &["--commit-per-task"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let commit = traced(&world, "numbers_kit/halve.py:1")["line"]["commit"].clone();
    assert_eq!(commit.as_str().map(str::len), Some(40), "{commit}");

    // Another person's machine: the same repository, and no state of Kiro's.
    let state = world.home().join(".kiro");
    std::fs::rename(&state, world.home().join("elsewhere")).expect("moved");
    let mark = world.home().join("ran");
    let program = format!("#!/bin/sh\ntouch '{}'\ncat\n", mark.display());
    world.write_program("planted.sh", &program);
    world.write(".gitattributes", "*.py diff=planted filter=planted\n");
    let planted = world.project().join("planted.sh");
    let planted = planted.to_str().expect("plain text");
    for key in [
        "diff.planted.textconv",
        "filter.planted.clean",
        "filter.planted.smudge",
        "gpg.program",
        "core.pager",
    ] {
        git(&world, &["config", key, planted]);
    }
    git(&world, &["config", "log.showSignature", "true"]);
    let told = traced(&world, "numbers_kit/halve.py:1");
    let line = &told["line"];
    assert_eq!(line["source"], "trailers", "{line}");
    assert_eq!((&line["task"], &line["commit"]), (&"2".into(), &commit));
    assert_eq!(line["requirements"], serde_json::json!(["FR-2"]));
    let by_requirement = traced(&world, "FR-1");
    let nodes = by_requirement["nodes"].as_array().expect("nodes").iter();
    let kinds: Vec<&str> = nodes
        .map(|it| it["kind"].as_str().expect("a kind"))
        .collect();
    assert!(
        kinds.contains(&"commit") && kinds.contains(&"file"),
        "{kinds:?}"
    );
    assert!(!mark.exists(), "a program that the repository names ran");
    assert_eq!(
        traced(&world, "specs/numbers.md:1")["line"]["source"],
        "commit"
    );
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
