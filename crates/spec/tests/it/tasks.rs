//! Task lists.

use proptest::prelude::*;
use spec::view::TaskListView;
use spec::{MarkError, Task, TaskId, TaskList, TaskMark, set_mark};

const SEED: &str = include_str!("../fixtures/user-authentication-tasks.md");

#[test]
fn the_seeds_tasks_are_read() {
    let list = TaskList::parse(SEED);
    let shown: Vec<_> = list
        .all()
        .map(|it| (it.id.as_str(), it.title.as_str(), it.estimate_minutes))
        .collect();
    assert_eq!(
        shown,
        [
            ("1", "Create database migration for users table", Some(10)),
            (
                "2",
                "Create database migration for refresh_tokens table",
                Some(10)
            ),
            ("3", "Create SQLAlchemy ORM models", Some(20)),
            ("4", "Implement Token Service", Some(45)),
        ]
    );
    assert_eq!(
        list.tasks[2].depends_on,
        [TaskId::from("1"), TaskId::from("2")]
    );
    assert_eq!(
        list.tasks[3].files,
        ["src/tokens/service.py", "tests/unit/test_token_service.py"]
    );
    assert_eq!(list.diagnostics, []);
    let done = set_mark(SEED, &TaskId::from("2"), TaskMark::Done).expect("task 2");
    assert_eq!(done.len(), SEED.len());
    let marks: Vec<_> = TaskList::parse(&done).all().map(|it| it.mark).collect();
    assert_eq!(
        marks,
        [
            TaskMark::Open,
            TaskMark::Done,
            TaskMark::Open,
            TaskMark::Open
        ]
    );
}

/// Each task with what it stands under, as machines see it.
fn nesting(text: &str) -> Vec<String> {
    fn walk(tasks: &[spec::view::TaskView], under: &str, told: &mut Vec<String>) {
        for task in tasks {
            told.push(format!("{under}>{}", task.id));
            walk(&task.subtasks, &task.id, told);
        }
    }
    let list = TaskList::parse(text);
    let view = TaskListView::new(&list, text, |_| String::new());
    let mut told = Vec::new();
    walk(&view.tasks, "", &mut told);
    told
}

#[test]
fn in_a_flat_list_numbers_say_what_belongs_to_what() {
    let flat = "- [ ] 1. A\n- [ ] 1.1 B\n  - [ ] 1.1.1 C\n- [ ] 1.1.2 D\n- [x] 1.2 E\n- [ ] 2. F\n- [ ] 1.3 G\n- [ ] 10. H\n- [ ] 1.4 I\n";
    assert_eq!(
        nesting(flat),
        [
            ">1",
            "1>1.1",
            "1.1>1.1.1",
            "1.1>1.1.2",
            "1>1.2",
            ">2",
            ">1.3",
            ">10",
            ">1.4"
        ]
    );
    let leaves: Vec<String> = TaskList::parse(flat)
        .leaves()
        .map(|it| it.id.to_string())
        .collect();
    assert_eq!(leaves, ["1.1.1", "1.1.2", "1.2", "2", "1.3", "10", "1.4"]);
    let parted = "## A\n- [ ] 1. A\n## B\n- [ ] 1.1 B\n";
    assert_eq!(
        nesting(parted),
        [">1", ">1.1"],
        "another heading lies between"
    );
}

fn list() -> Vec<Task> {
    let first = Task {
        phase: Some("Phase 1: Code".to_owned()),
        files: vec!["a.py".to_owned(), "b.py".to_owned()],
        estimate_minutes: Some(10),
        requirements: vec!["FR-1".to_owned(), "NFR-2".to_owned()],
        subtasks: vec![Task {
            optional: true,
            phase: Some("Phase 1: Code".to_owned()),
            details: vec!["[x] is kept".to_owned()],
            ..Task::new(TaskId::from("1.1"), "Write tests")
        }],
        ..Task::new(TaskId::from("1"), "Create slugs")
    };
    let second = Task {
        phase: Some("Phase 2: Proof".to_owned()),
        depends_on: vec![TaskId::from("1"), TaskId::from("1.1")],
        mark: TaskMark::Done,
        ..Task::new(TaskId::from("2"), "Prove it")
    };
    vec![first, second]
}

#[test]
fn a_list_is_written_in_the_seeds_form() {
    let text = TaskList::render("Text Toolkit", &list(), Some("1a2b3c4d5e6f7081"));
    insta::assert_snapshot!(text, @r##"
    # Tasks: Text Toolkit

    ## Phase 1: Code

    - [ ] 1. Create slugs
      - Scope: `a.py`, `b.py`
      - Estimated: 10 minutes
      - Requirements: FR-1, NFR-2
      - [ ]* 1.1 Write tests
        - \[x] is kept

    ## Phase 2: Proof

    - [x] 2. Prove it
      - Dependencies: 1, 1.1

    <!-- kiro: spec 1a2b3c4d5e6f7081 -->
    "##);
    let read = TaskList::parse(&text);
    assert_eq!(
        read.tasks.iter().cloned().map(unplaced).collect::<Vec<_>>(),
        list()
    );
    assert_eq!(read.spec_fingerprint.as_deref(), Some("1a2b3c4d5e6f7081"));
    assert_eq!(read.diagnostics, []);
}

fn unplaced(task: Task) -> Task {
    Task {
        span: 0..0,
        mark_span: 0..0,
        subtasks: task.subtasks.into_iter().map(unplaced).collect(),
        ..task
    }
}

#[test]
fn real_projects_lists_are_read() {
    let text = "# Implementation Plan: Folders

## Overview
## Tasks

- [x] 1. Steering reader
  - [x] 1.1 Create `src/a.ts` and its tests
    - detail bullet
    - _Requirements: 2.1, 2.2, 7.4_
- [ ] 2. Next group
  - [-] 2.1 in progress
  - [~] 2.2 queued
  - [ ]* 2.3 Write property test (optional)
    - **Property 3: Round trip**
    - **Validates: Requirements 1.2**
- [ ] 3. Checkpoint - Ensure all tests pass

## Notes
- Tasks marked with `*` are optional
";
    let list = TaskList::parse(text);
    let shown: Vec<_> = list
        .all()
        .map(|it| {
            (
                it.id.as_str(),
                it.number.as_deref(),
                it.mark,
                it.optional,
                it.phase.as_deref(),
            )
        })
        .collect();
    use TaskMark::{Done, Open, Queued, Running};
    assert_eq!(
        shown,
        [
            ("1", Some("1"), Done, false, None),
            ("1.1", Some("1.1"), Done, false, None),
            ("2", Some("2"), Open, false, None),
            ("2.1", Some("2.1"), Running, false, None),
            ("2.2", Some("2.2"), Queued, false, None),
            ("2.3", Some("2.3"), Open, true, None),
            ("3", Some("3"), Open, false, None),
        ]
    );
    assert_eq!(
        list.tasks[0].subtasks[0].requirements,
        ["2.1", "2.2", "7.4"]
    );
    assert_eq!(list.tasks[0].subtasks[0].details, ["detail bullet"]);
    assert_eq!(list.tasks[1].subtasks[2].requirements, ["1.2"]);
    assert_eq!(
        list.tasks[1].subtasks[2].details,
        ["**Property 3: Round trip**"]
    );
    assert_eq!(list.tasks.len(), 3);
}

#[test]
fn what_projects_really_write_is_read() {
    let text = include_str!("../fixtures/wild-tasks.md");
    let list = TaskList::parse(text);
    let shown: Vec<String> = list
        .all()
        .map(|it| {
            format!(
                "{} {:?} {:?}{}{} {}",
                it.number.as_deref().unwrap_or("-"),
                it.mark,
                it.title,
                if it.optional { " optional" } else { "" },
                if it.covers_all { " all" } else { "" },
                it.requirements.join(" ")
            )
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    1 Done "Storage" 
    1.1 Done "Open the `ledger.db` file" 1.1 1.2
    1.2 Open "Property test for the store" optional 1.1 1.2 1.3
    2 Running "Commands" 
    2.1 Done "`add`" FR-2.1 NFR-3
    2.2 Queued "`list` (Req 2.3, 2.4)" 2.3 2.4
    2.3 Open "Write tests" optional 2.5
    3 Open "Import" 3.1 3.2
    T004 Open "[P] Export" 
    - Open "Check it by hand" all 
    5 Open "Documentation" 
    6 Open "Release" 
    - Done "done with `*` marks optional work" 
    "#);
    let under: Vec<_> = list.tasks.iter().map(|it| it.subtasks.len()).collect();
    assert_eq!(under, [0, 0, 0, 3, 0, 1, 0, 0, 0]);
    let leaves: Vec<_> = list.leaves().map(|it| it.id.as_str()).collect();
    assert_eq!(
        leaves,
        [
            "1.1", "1.2", "2.1", "2.2", "2.3", "3", "T004.1", "5", "6", "9"
        ]
    );
    assert_eq!(list.tasks[7].depends_on, [TaskId::from("5")]);
    assert_eq!(
        list.tasks[7].details,
        ["_Requirements: Backend test coverage_"]
    );
}

#[test]
fn an_unknown_task_is_not_marked() {
    let error = set_mark("- [ ] 1. a\n", &TaskId::from("2"), TaskMark::Done);
    assert_eq!(
        error,
        Err(MarkError::UnknownTask {
            id: TaskId::from("2")
        })
    );
    assert_eq!(
        set_mark("- [X] 1. a\n", &TaskId::from("1"), TaskMark::Done).as_deref(),
        Ok("- [X] 1. a\n")
    );
}

#[test]
fn the_json_is_the_contracts() {
    let text = "- [ ] 1. a\n  - [x] 1.1 b\n";
    let view = TaskListView::new(&TaskList::parse(text), text, |id| {
        if id.as_str() == "1" {
            "ready".to_owned()
        } else {
            "done".to_owned()
        }
    });
    let json = serde_json::to_value(view).expect("serialisable");
    assert_eq!(json["tasks"][0]["state"], "ready");
    assert_eq!(
        json["tasks"][0]["subtasks"][0]["span"],
        serde_json::json!({"start": 13, "end": 24, "line": 2})
    );
    for key in [
        "id",
        "number",
        "title",
        "state",
        "phase",
        "depends_on",
        "requirements",
        "files",
        "estimate_minutes",
        "optional",
        "span",
        "subtasks",
    ] {
        assert!(json["tasks"][0].get(key).is_some(), "{key}");
    }
}

/// The contract's own count of tasks, written a second time and differently.
fn boxes(text: &str) -> usize {
    let mut fence: Option<&str> = None;
    let mut count = 0;
    for line in text
        .trim_start_matches('\u{feff}')
        .replace("\r\n", "\n")
        .split(['\n', '\r'])
    {
        let line = line.trim();
        let mark = ["```", "~~~"].into_iter().find(|it| line.starts_with(it));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark && line == mark => fence = None,
            (None, None) => {
                let bytes = line.as_bytes();
                let is_box = bytes.len() >= 5
                    && b"-*+".contains(&bytes[0])
                    && &bytes[1..3] == b" ["
                    && b" xX~-".contains(&bytes[3])
                    && bytes[4] == b']';
                count += usize::from(is_box);
            }
            _ => {}
        }
    }
    count
}

pub(crate) fn documents() -> impl Strategy<Value = String> {
    let line = "[ \t]{0,6}([-*+] \\[[ xX~y-]\\]\\*?( (Task )?[0-9.]{0,4} ?[a-zé]{0,3})?|```|~~~|## P|- [a-z]|Scope: a|- Dependencies: [0-9]|[a-z☐ ]{0,4})";
    let ending = prop_oneof![Just("\n"), Just("\r\n"), Just("\n\n")];
    (
        any::<bool>(),
        proptest::collection::vec((line, ending), 0..25),
    )
        .prop_map(|(mark, lines)| {
            let body: String = lines
                .into_iter()
                .map(|(line, ending)| line + ending)
                .collect();
            if mark {
                format!("\u{feff}{body}")
            } else {
                body
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn every_box_outside_fences_is_exactly_one_task(text in documents()) {
        let text = text.replace('☐', "o");
        let list = TaskList::parse(&text);
        prop_assert_eq!(list.all().count(), boxes(&text));
        let ids: std::collections::HashSet<_> = list.all().map(|it| it.id.clone()).collect();
        prop_assert_eq!(ids.len(), list.all().count());
    }

    #[test]
    fn marking_changes_one_byte(text in documents(), pick in any::<prop::sample::Index>(), to in 0..4_usize) {
        let list = TaskList::parse(&text);
        let ids: Vec<_> = list.all().map(|it| (it.id.clone(), it.mark_span.clone())).collect();
        prop_assume!(!ids.is_empty());
        let (id, span) = pick.get(&ids);
        let mark = [TaskMark::Open, TaskMark::Queued, TaskMark::Running, TaskMark::Done][to];
        let marked = set_mark(&text, id, mark).expect("a known task");
        prop_assert_eq!(marked.len(), text.len());
        prop_assert_eq!(&marked[..span.start], &text[..span.start]);
        prop_assert_eq!(&marked[span.end..], &text[span.end..]);
        let again = TaskList::parse(&marked);
        for task in again.all() {
            let before = list.task(&task.id).expect("the same tasks");
            prop_assert_eq!(task.mark, if task.id == *id { mark } else { before.mark });
        }
    }
}
