//! Specs in, plans out.

use super::*;
use crate::{TaskRecord, check_plan};

const SPEC: &str = "\
# Toolkit

## Functional Requirements

### FR-1: Slugs

`slugify(text: str) -> str` makes an address.

- Convert to lower case
  - `slugify(\"A\")` → `\"a\"`

### FR-2: Titles

`title(text: str) -> str` in `toolkit/title.py`.

- Uses `slugify` first
  - `title(\"ab\")` → `\"Ab\"`
- Looks nice

## Non-Functional Requirements

### NFR-1: Purity
- Print nothing

## Technical Constraints

- Language: Python 3.12

## Architecture

### Components
1. Slugs: `slugify` in `toolkit/slug.py`
";

fn existing(paths: &[&str]) -> BTreeSet<String> {
    paths.iter().map(|it| (*it).to_owned()).collect()
}

fn records(draft: &Draft) -> Vec<TaskRecord> {
    let record = |task: &DraftTask| TaskRecord {
        id: task.number.to_string(),
        title: task.title.clone(),
        depends_on: task
            .depends_on
            .iter()
            .map(|(on, _)| on.to_string())
            .collect(),
        requirements: task.requirements.clone(),
        files: task.files.clone(),
        fingerprint: String::new(),
        ticked: false,
    };
    draft.tasks.iter().map(record).collect()
}

#[test]
fn a_plan_is_derived_in_the_seeds_form() {
    let draft = derive(
        &Spec::parse("toolkit", SPEC),
        &Tooling::default(),
        &existing(&["toolkit/slug.py"]),
    );
    let text = draft.plan.render();
    let text = text
        .split("<!--")
        .next()
        .unwrap_or_default()
        .trim_end()
        .to_owned();
    insta::assert_snapshot!(text, @r"
    # Implementation Plan: Toolkit

    ## Analysis

    - Target: Change of existing code for Toolkit
    - Requirements: 3 with 6 criteria and 2 examples
    - Estimated complexity: Medium
    - Estimated files: 4 new, 1 modified
    - Estimated time: 45 minutes

    ## File Structure

    ```
    tests/
      test_fr_1_slugs.py  # [NEW] examples of FR-1
      test_fr_2_titles.py  # [NEW] examples of FR-2
    toolkit/
      __init__.py  # [NEW] exports of the package
      slug.py  # [MODIFY] Slugs
      title.py  # [NEW] task 2
    ```

    ## Implementation Steps

    ### Phase 1: Functions (Tasks 1-2)

    1. Implement `slugify` (FR-1: Slugs)
    2. Implement `title` (FR-2: Titles)

    ### Phase 2: Package (Task 3)

    3. Export `slugify` and `title` from `toolkit`

    ## Dependencies Between Tasks

    - Task 2 depends on Task 1 (uses `slugify` from `toolkit/slug.py`)
    - Task 3 depends on Tasks 1-2 (`toolkit/__init__.py` imports `slugify` from `toolkit/slug.py`; `toolkit/__init__.py` imports `title` from `toolkit/title.py`)

    ## Risk Mitigation

    - FR-2: FR-2.3 has no example of its own; only the 1 example of FR-2 as a whole judges it
    - NFR-1: nothing checks NFR-1.1; examples in the spec would

    ## Architectural Decisions

    - Language: Python 3.12
    - Checks: unittest files compiled from the spec's 2 examples, red before a task and green after it
    ");
}

#[test]
fn derived_plans_pass_their_own_checks() {
    for (text, files) in [
        (SPEC, existing(&[])),
        (SPEC, existing(&["toolkit/slug.py"])),
        ("### FR-1: A\n- nothing\n", existing(&[])),
    ] {
        let spec = Spec::parse("toolkit", text);
        let draft = derive(&spec, &Tooling::default(), &files);
        assert_eq!(check_plan(&spec, &draft.plan, &records(&draft), &files), []);
    }
}

#[test]
fn a_bad_plan_is_told_what_is_wrong() {
    let spec = Spec::parse("toolkit", SPEC);
    let draft = derive(&spec, &Tooling::default(), &existing(&[]));
    let mut plan = draft.plan.clone();
    let mut tasks = records(&draft);
    tasks
        .iter_mut()
        .for_each(|it| it.requirements.retain(|id| id != "FR-1"));
    tasks[0].files.push("invented.cfg".into());
    tasks[0].depends_on = vec!["2".into()];
    plan.files[0].kind = FileKind::Modify;
    plan.dependencies.retain(|it| it.task != 2);
    let told: Vec<String> = check_plan(&spec, &plan, &tasks, &existing(&[]))
        .into_iter()
        .map(|it| it.message)
        .collect();
    let has = |words: &str| {
        assert!(
            told.iter().any(|it| it.contains(words)),
            "{words} in {told:#?}"
        )
    };
    has("no task carries out FR-1");
    has("in a circle");
    has("to be modified but does not exist");
    has("invented.cfg, which neither exists nor is planned");
    has("names no file or symbol that causes it");
}

#[test]
fn scripts_get_a_package_with_their_first_task() {
    let text = "# S\n\n### FR-1: A\n\n`f(n)` in `a.mjs`.\n\n- `f(1)` → `2`\n\n### FR-2: B\n\n`g(n)` in `b.js`.\n\n- `g(1)` → `2`\n";
    let spec = Spec::parse("s", text);
    let draft = derive(&spec, &Tooling::default(), &existing(&[]));
    let files: Vec<String> = draft.tasks.iter().map(|it| it.files.join(" ")).collect();
    assert_eq!(
        files,
        [
            "a.mjs tests/fr_1_a.test.mjs",
            "b.js tests/fr_2_b.test.mjs package.json"
        ]
    );
    assert!(
        draft
            .plan
            .render()
            .contains("node --test files compiled from the spec's 2 examples")
    );
    let draft = derive(&spec, &Tooling::default(), &existing(&["package.json"]));
    assert!(
        draft
            .tasks
            .iter()
            .all(|it| !it.files.contains(&PACKAGE_JSON.to_owned()))
    );
}
