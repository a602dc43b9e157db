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
        prints: Vec::new(),
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
    - Estimated complexity: Medium: 3 tasks with 3 dependencies
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

const SEED: &str = include_str!("../../../spec/tests/fixtures/user-authentication.md");

#[test]
fn the_seeds_spec_is_planned_whole() {
    let spec = Spec::parse("user-authentication", SEED);
    let draft = derive(&spec, &Tooling::default(), &existing(&[]));
    assert_eq!(
        check_plan(&spec, &draft.plan, &records(&draft), &existing(&[])),
        []
    );
    let cited: BTreeSet<&String> = draft.tasks.iter().flat_map(|it| &it.requirements).collect();
    let all: Vec<String> = spec.criteria().map(|it| it.id.to_string()).collect();
    assert_eq!(all.len(), 30);
    assert_eq!(
        all.iter().filter(|it| !cited.contains(it)).count(),
        0,
        "{cited:?}"
    );
    assert_eq!(spec.components.len(), 6);
    for component in &spec.components {
        let builds = |it: &&DraftTask| it.title.starts_with(&format!("Build {}", component.name));
        let task = draft.tasks.iter().find(builds).expect(&component.name);
        assert!(!task.files.is_empty(), "{}", component.name);
    }
    let files: BTreeSet<&String> = draft.tasks.iter().flat_map(|it| &it.files).collect();
    for table in ["users", "refresh_tokens"] {
        assert!(
            files
                .iter()
                .any(|it| it.starts_with("migrations/") && it.contains(table)),
            "{files:?}"
        );
    }
    let cases: Vec<&str> = spec
        .testing
        .iter()
        .filter(|it| it.group.is_some())
        .map(|it| it.text.as_str())
        .collect();
    assert_eq!(cases.len(), 9);
    for case in cases {
        let tests = |it: &&DraftTask| {
            it.title.contains(case) && it.files.iter().any(|it| it.starts_with("tests/"))
        };
        assert_eq!(draft.tasks.iter().filter(tests).count(), 1, "{case}");
    }
    let titles: Vec<String> = draft
        .tasks
        .iter()
        .map(|it| {
            format!(
                "{} {} [{}] after {:?}",
                it.number,
                it.title,
                it.files.join(", "),
                it.depends_on.iter().map(|it| it.0).collect::<Vec<_>>()
            )
        })
        .collect();
    insta::assert_snapshot!(titles.join("\n"), @r"
    1 Create the migration for table `users` [migrations/001_create_users.sql] after []
    2 Create the migration for table `refresh_tokens` [migrations/002_create_refresh_tokens.sql] after [1]
    3 Map `users` and `refresh_tokens` with SQLAlchemy 2.x [src/database/models.py] after [1, 2]
    4 Build User Repository (database access): store refresh tokens hashed in database, database queries optimized with indexes and handle database connection failures gracefully [src/user/repository.py] after [3]
    5 Build Token Service (JWT operations): return access token, validate token signature and expiry, issue new access token, rotate refresh token and 2 more [src/token/service.py] after [4]
    6 Build Email Service (verification emails): validate email format, send verification email and retry email sending with exponential backoff [src/email/service.py] after []
    7 Build Auth Service (business logic): password requirements, hash passwords with bcrypt, rate limit, log successful/failed attempts and 1 more [src/auth/service.py] after [5, 6]
    8 Build Auth Middleware (request validation): verify JWT signature, check token expiry, extract user ID and roles, attach to request context and 1 more [src/auth/middleware.py] after [4, 5, 7]
    9 Build Auth Router (FastAPI router): accept email and password, return 201 with user ID, accept refresh token, implement HTTPS-only in production and 3 more [src/auth/router.py] after [4, 5, 6, 7, 8]
    10 Test Auth Router: Valid registration, Duplicate email registration and Invalid password formats [tests/test_auth_router.py] after [9]
    11 Test Auth Service: Successful login, Failed login (wrong password) and Rate limiting trigger [tests/test_auth_service.py] after [7]
    12 Test Token Service: Token refresh flow, Expired token handling and Invalid token handling [tests/test_token_service.py] after [5]
    13 Pin pyjwt 2.8.0, bcrypt 4.1.2, fastapi 0.110.0, sqlalchemy 2.0.27, psycopg2-binary 2.9.9, pydantic 2.6.1, python-multipart 0.0.9 and boto3 1.34.51 [requirements.txt] after []
    14 Deployment-ready with Docker configuration (SC-5) [Dockerfile] after []
    ");
}

#[test]
fn no_sentence_of_a_plan_would_fit_another_spec() {
    let said = |name: &str, text: &str| -> BTreeSet<String> {
        let plan = derive(
            &Spec::parse(name, text),
            &Tooling::default(),
            &existing(&[]),
        )
        .plan
        .render();
        let is_sentence = |it: &&str| {
            !it.starts_with('#')
                && !it.starts_with("```")
                && it.split_whitespace().count() > 2
                && !text.contains(*it)
        };
        plan.lines()
            .filter(is_sentence)
            .map(|it| {
                it.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.')
                    .trim()
                    .to_owned()
            })
            .collect()
    };
    let (one, other) = (said("user-authentication", SEED), said("toolkit", SPEC));
    assert!(one.len() > 30 && other.len() > 5);
    assert_eq!(one.intersection(&other).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn a_changed_spec_changes_only_the_tasks_that_depend_on_it() {
    let render = |draft: &Draft| -> String {
        let line = |it: &DraftTask| {
            format!(
                "{} {} {:?} {:?}\n",
                it.number, it.title, it.files, it.depends_on
            )
        };
        draft.tasks.iter().map(line).collect()
    };
    let list = |draft: &Draft| {
        let task = |it: &DraftTask| spec::Task {
            files: it.files.clone(),
            requirements: it.requirements.clone(),
            phase: Some(it.phase.clone()),
            ..spec::Task::new(spec::TaskId::new(it.number.to_string()), it.title.clone())
        };
        let tasks: Vec<spec::Task> = draft.tasks.iter().map(task).collect();
        spec::TaskList::parse(&spec::TaskList::render("T", &tasks, None))
    };
    let parse = |text: &str| Spec::parse("user-authentication", text);
    let plan = |text: &str, before: &spec::TaskList| {
        derive_after(&parse(text), &Tooling::default(), &existing(&[]), before)
    };
    let first = plan(SEED, &spec::TaskList::default());
    let again = plan(SEED, &list(&first));
    assert_eq!(render(&again), render(&first));
    let more = SEED.replace(
        "CREATE INDEX idx_refresh_tokens_user_id",
        "CREATE TABLE audit (id INT);\nCREATE INDEX idx_refresh_tokens_user_id",
    );
    let changed = plan(&more, &list(&first));
    let (old, new) = (render(&first), render(&changed));
    let fresh: Vec<&str> = new.lines().filter(|it| !old.contains(it)).collect();
    assert_eq!(fresh.len(), 2, "{fresh:#?}");
    assert!(
        fresh[0].starts_with("15 Create the migration for table `audit`"),
        "{fresh:#?}"
    );
    assert!(
        fresh[1].starts_with("3 Map `users`, `refresh_tokens` and `audit`"),
        "{fresh:#?}"
    );
}

const BUG: &str = "\
# Bugfix Requirements Document

## Bug Analysis

### Current Behavior (Defect)

1.1 WHEN prices are given THEN `total` leaves the first one out

### Expected Behavior (Correct)

`total(prices: list[int]) -> int` in `cart.py`

2.1 WHEN prices are given THEN the system SHALL add all of them
  - `total([1, 2])` → `3`

### Unchanged Behavior (Regression Prevention)

3.1 WHEN none is given THEN the system SHALL CONTINUE TO give zero
  - `total([])` → `0`
";

fn told(draft: &Draft) -> Vec<String> {
    let told = |it: &DraftTask| {
        let after: Vec<String> = it.depends_on.iter().map(|(on, _)| on.to_string()).collect();
        format!(
            "{} [{}] after [{}]",
            it.title,
            it.requirements.join(" "),
            after.join(" ")
        )
    };
    draft.tasks.iter().map(told).collect()
}

#[test]
fn a_bugfix_pins_what_stays_and_mends_the_rest() {
    let files = existing(&["cart.py"]);
    let spec = Spec::parse("fix", BUG);
    let draft = derive(&spec, &Tooling::default(), &files);
    assert_eq!(
        told(&draft),
        [
            "Pin `total` (3: Unchanged Behavior) [3] after []",
            "Mend `total` (2: Expected Behavior) [2 1] after [1]",
        ]
    );
    assert_eq!(check_plan(&spec, &draft.plan, &records(&draft), &files), []);
    let words = |it: &str| !it.trim_start().starts_with(['-', '`']);
    let prose: Vec<&str> = BUG.lines().filter(|it| words(it)).collect();
    let spec = Spec::parse("fix", &prose.join("\n"));
    let draft = derive(&spec, &Tooling::default(), &files);
    assert_eq!(
        told(&draft),
        [
            "Write a failing test of what goes wrong today (1: Current Behavior) [1] after []",
            "Write tests of what works today and must stay (3: Unchanged Behavior) [3] after []",
            "Carry out 2: Expected Behavior [2 1] after [1 2]",
        ]
    );
    assert_eq!(check_plan(&spec, &draft.plan, &records(&draft), &files), []);
}
