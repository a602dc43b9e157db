//! Plans.

use proptest::prelude::*;
use spec::{FileKind, Phase, Plan, PlanDependency, PlanTask, PlannedFile};

const SEED: &str = include_str!("../fixtures/user-authentication-plan.md");

#[test]
fn the_seeds_plan_is_read_whole() {
    let plan = Plan::parse(SEED);
    assert_eq!(plan.title, "User Authentication System");
    assert_eq!(
        plan.analysis[1],
        ("Estimated complexity".to_owned(), "Medium".to_owned())
    );
    let files: Vec<_> = plan
        .files
        .iter()
        .map(|it| (it.path.as_str(), it.kind, it.note.as_str()))
        .collect();
    assert_eq!(files.len(), 17);
    assert_eq!(
        files[1],
        ("src/auth/router.py", FileKind::New, "FastAPI router")
    );
    assert_eq!(
        files[7],
        (
            "src/database/models.py",
            FileKind::Modify,
            "Add User and RefreshToken models"
        )
    );
    assert_eq!(
        files[14],
        (
            "tests/integration/test_auth_endpoints.py",
            FileKind::New,
            ""
        )
    );
    assert_eq!(
        plan.phases
            .iter()
            .map(|it| it.tasks.len())
            .collect::<Vec<_>>(),
        [3, 4, 3, 2, 3]
    );
    assert_eq!(plan.phases[1].title, "Core Services");
    assert_eq!(
        plan.tasks().last().map(|it| (it.number, it.title.as_str())),
        Some((15, "Test rate limiting and security measures"))
    );
    let waits: Vec<_> = plan
        .dependencies
        .iter()
        .map(|it| (it.task, it.on.as_slice(), it.because.as_str()))
        .collect();
    let all: Vec<u32> = (1..=12).collect();
    assert_eq!(
        waits,
        [
            (3, &[1, 2][..], "migrations before models"),
            (8, &[3], "models needed for Pydantic"),
            (9, &[4, 5, 6, 7, 8], ""),
            (10, &[4], ""),
            (13, &all, ""),
            (14, &all, ""),
            (15, &all, ""),
        ]
    );
    assert_eq!((plan.risks.len(), plan.decisions.len()), (3, 4));
    assert_eq!(
        plan.decisions[0],
        (
            "Pattern".to_owned(),
            "Repository pattern for database access".to_owned()
        )
    );
    assert_eq!(plan.spec_fingerprint, None);
    assert_eq!(Plan::parse(&plan.render()), plan);
}

#[test]
fn a_persons_additions_are_kept() {
    let text = format!(
        "{SEED}\n## Additional Considerations\n- Add rate limiting to prevent\n  brute force\n- Ensure GDPR compliance\n"
    );
    assert_eq!(
        Plan::parse(&text).considerations,
        [
            "Add rate limiting to prevent brute force",
            "Ensure GDPR compliance"
        ]
    );
}

#[test]
fn a_plan_is_written_in_the_seeds_form() {
    let task = |number: u32, title: &str| PlanTask {
        number,
        title: title.to_owned(),
    };
    let plan = Plan {
        title: "Text Toolkit".to_owned(),
        analysis: vec![("Estimated files".to_owned(), "2 new".to_owned())],
        files: vec![
            PlannedFile {
                path: "kit/slug.py".to_owned(),
                kind: FileKind::New,
                note: "Slugs".to_owned(),
            },
            PlannedFile {
                path: "kit/tests/test_slug.py".to_owned(),
                kind: FileKind::New,
                note: String::new(),
            },
            PlannedFile {
                path: "README.md".to_owned(),
                kind: FileKind::Modify,
                note: "Usage".to_owned(),
            },
        ],
        phases: vec![
            Phase {
                title: "Code".to_owned(),
                tasks: vec![task(1, "Write slugs"), task(2, "Write counts")],
            },
            Phase {
                title: "Proof".to_owned(),
                tasks: vec![task(3, "Test")],
            },
        ],
        dependencies: vec![PlanDependency {
            task: 3,
            on: vec![1, 2],
            because: "tests need code".to_owned(),
        }],
        risks: vec!["Accents: normalise first".to_owned()],
        decisions: vec![("Layout".to_owned(), "one module a function".to_owned())],
        considerations: Vec::new(),
        spec_fingerprint: Some("1a2b3c4d5e6f7081".to_owned()),
    };
    insta::assert_snapshot!(plan.render(), @r##"
    # Implementation Plan: Text Toolkit

    ## Analysis

    - Estimated files: 2 new

    ## File Structure

    ```
    kit/
      slug.py  # [NEW] Slugs
      tests/
        test_slug.py  # [NEW]
    README.md  # [MODIFY] Usage
    ```

    ## Implementation Steps

    ### Phase 1: Code (Tasks 1-2)

    1. Write slugs
    2. Write counts

    ### Phase 2: Proof (Task 3)

    3. Test

    ## Dependencies Between Tasks

    - Task 3 depends on Tasks 1-2 (tests need code)

    ## Risk Mitigation

    - Accents: normalise first

    ## Architectural Decisions

    - Layout: one module a function

    <!-- kiro: spec 1a2b3c4d5e6f7081 -->
    "##);
    assert_eq!(Plan::parse(&plan.render()), plan);
}

fn text() -> impl Strategy<Value = String> {
    let word = "[^\\s\u{0}-\u{1f}]{1,8}";
    proptest::collection::vec(word, 1..5)
        .prop_map(|words| {
            words
                .join(" ")
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        })
        .prop_filter("blank", |it| !it.is_empty())
}

fn pairs() -> impl Strategy<Value = Vec<(String, String)>> {
    let key = text().prop_map(|it| it.replace([':', '*', '_', '`', '\\', '~'], "k"));
    let value = text().prop_filter("bold", |it| !it.starts_with("**"));
    proptest::collection::vec((key, value), 0..3)
}

fn files() -> impl Strategy<Value = Vec<PlannedFile>> {
    let file = (
        "[a-zA-Z0-9_.]{0,3}[a-z]",
        proptest::collection::vec("[a-z]{1,2}[ .#]?[a-z]", 0..3),
        any::<bool>(),
        text(),
    );
    let file = file.prop_map(|(name, folders, is_new, note)| PlannedFile {
        path: folders
            .into_iter()
            .chain([name])
            .collect::<Vec<_>>()
            .join("/"),
        kind: if is_new {
            FileKind::New
        } else {
            FileKind::Modify
        },
        note,
    });
    proptest::collection::vec(file, 0..6)
}

prop_compose! {
    fn plans()(
        title in text(), analysis in pairs(), files in files(), decisions in pairs(),
        phases in proptest::collection::vec((text(), proptest::collection::vec((any::<u32>(), text()), 0..4)), 0..3),
        waits in proptest::collection::vec((any::<u32>(), proptest::collection::vec(0..20_u32, 1..5), text()), 0..3),
        risks in proptest::collection::vec(text(), 0..3), considerations in proptest::collection::vec(text(), 0..3),
        spec_fingerprint in proptest::option::of("[0-9a-f]{16}"),
    ) -> Plan {
        let task = |(number, title): (u32, String)| PlanTask { number: number % 999_999_999, title };
        Plan {
            title, analysis, files, decisions, risks, considerations, spec_fingerprint,
            phases: phases.into_iter().map(|(title, tasks)| Phase { title, tasks: tasks.into_iter().map(task).collect() }).collect(),
            dependencies: waits.into_iter().map(|(task, on, because)| PlanDependency { task, on, because }).collect(),
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(plan in plans()) {
        let text = plan.render();
        prop_assert_eq!(Plan::parse(&text), plan, "{}", text);
    }

    #[test]
    fn any_text_is_a_plan(text in "(#{1,3} (Analysis|Files|Steps|Phase 1|Dependencies)\n|[-*] |1\\. |```\n|Task 1-9 depends on 2|\\PC{0,9}|\n|  ){0,30}") {
        Plan::parse(&text).render();
    }
}
