//! Edits in every form, as the lines that change.

use super::*;

const NATIVE: &str = "\
# Tasks: T

## Phase 1: A

- [x] 1. First
  - Scope: `a.py`
  - Estimated: 10 minutes
  - Requirements: FR-1
- [ ] 2. Second
  - Scope: `b.py`, `c.py`
  - Dependencies: 1
  - kept as it is

## Phase 2: B

- [ ] 3. Third
  - Dependencies: 1, 2 (the model), 3x

<!-- kiro: spec 1a2b3c4d5e6f7081 -->
";

const SEED: &str = "☐ Task 1: First\n  Scope: m/1.sql\n\n☑ Task 2: Second\n  Scope: m/2.sql\n  Dependencies: Task 1\n";

const KIRO: &str = "# Implementation Plan\r\n\r\n- [ ] 1. Group\r\n  - [x] 1.1 One\r\n    - detail\r\n    - _Requirements: 1.1, 1.2_\r\n  - [ ]* 1.2 Two\r\n- [ ] 2. Checkpoint\r\n\r\n```json\r\n{\"waves\": [{\"id\": 0, \"tasks\": [\"1.1\"]}, {\"id\": 1, \"tasks\": [\"1.2\", \"2\"]}]}\r\n```";

const SPEC_KIT: &str = "## Phase 1\n\n- [ ] T001 Create it\n- [ ] T009 [P] Write src/b.ts\n";

const PLAIN: &str = "- [ ] a\n- [ ] b\n  - Dependencies: 1\n- [ ] c\n  - Dependencies: 1, 2\n";

fn ids(names: &[&str]) -> Vec<TaskId> {
    names.iter().map(|it| TaskId::from(*it)).collect()
}

fn wish(title: &str) -> TaskWish {
    TaskWish {
        title: Some(title.to_owned()),
        ..TaskWish::default()
    }
}

/// The lines that an edit took away, and those that it brought.
fn difference(before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) =
        (before.split('\n').collect(), after.split('\n').collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = (old.len().min(new.len())) - same;
    let tail = old.iter().rev().zip(new.iter().rev()).take(rest);
    let tail = tail.take_while(|(a, b)| a == b).count();
    let shown = |sign: &str, lines: &[&str]| -> String {
        lines.iter().map(|it| format!("{sign}{it}\n")).collect()
    };
    let (old, new) = (&old[same..old.len() - tail], &new[same..new.len() - tail]);
    shown("-", old) + &shown("+", new)
}

fn added(text: &str, wish: &TaskWish, place: &TaskPlace) -> String {
    let edited = add_task(text, wish, place).expect("added");
    format!("{}: {}", edited.task, difference(text, &edited.text))
}

#[test]
fn a_new_task_takes_the_form_of_those_beside_it() {
    let full = TaskWish {
        files: Some(vec!["d.py".to_owned(), "e.py".to_owned()]),
        depends_on: Some(ids(&["1", "2"])),
        requirements: Some(vec!["FR-2".to_owned()]),
        estimate_minutes: Some(20),
        ..wish("More  of\nit")
    };
    insta::assert_snapshot!(added(NATIVE, &full, &TaskPlace::After("1".into())), @"
    4: +- [ ] 4. More of it
    +  - Scope: `d.py`, `e.py`
    +  - Dependencies: 1, 2
    +  - Estimated: 20 minutes
    +  - Requirements: FR-2
    ");
    insta::assert_snapshot!(added(NATIVE, &wish("n"), &TaskPlace::Phase("phase 1".into())), @"4: +- [ ] 4. n");
    insta::assert_snapshot!(added(NATIVE, &wish("n"), &TaskPlace::Under("2".into())), @"2.1: +  - [ ] 2.1 n");
    insta::assert_snapshot!(added(SEED, &full, &TaskPlace::End), @"
    3: +☐ Task 3: More of it
    +  Scope: d.py, e.py
    +  Dependencies: Task 1, Task 2
    +  Estimated: 20 minutes
    +  Requirements: FR-2
    +
    ");
    insta::assert_snapshot!(added(SPEC_KIT, &wish("[P] n"), &TaskPlace::Before("T009".into())), @"T010: +- [ ] T010 [P] n");
    insta::assert_snapshot!(added(PLAIN, &wish("n"), &TaskPlace::Before("2".into())), @"
    2: -- [ ] b
    -  - Dependencies: 1
    -- [ ] c
    -  - Dependencies: 1, 2
    +- [ ] n
    +- [ ] b
    +  - Dependencies: 1
    +- [ ] c
    +  - Dependencies: 1, 3
    ");
    insta::assert_snapshot!(added("", &wish("n"), &TaskPlace::End), @"1: +- [ ] 1. n");
    insta::assert_snapshot!(added("# T\n\ntext", &wish("n"), &TaskPlace::End), @"
    1: +
    +- [ ] 1. n
    ");
    let kiro = TaskWish {
        requirements: Some(vec!["2.1".to_owned()]),
        ..wish("n")
    };
    let there = added(KIRO, &kiro, &TaskPlace::Under("1".into())).replace('\r', "␍");
    insta::assert_snapshot!(there, @"
    1.3: +  - [ ] 1.3 n␍
    +    - _Requirements: 2.1_␍
    ");
}

fn changed(text: &str, id: &str, wish: &TaskWish) -> String {
    let edited = edit_task(text, &id.into(), wish).expect("edited");
    assert_eq!(edited.task.as_str(), id);
    difference(text, &edited.text)
}

#[test]
fn an_edit_changes_what_is_wished_and_nothing_else() {
    let files = |files: &[&str]| TaskWish {
        files: Some(files.iter().map(|it| (*it).to_owned()).collect()),
        ..TaskWish::default()
    };
    let on = |on: &[&str]| TaskWish {
        depends_on: Some(ids(on)),
        ..TaskWish::default()
    };
    let minutes = |minutes| TaskWish {
        estimate_minutes: Some(minutes),
        ..TaskWish::default()
    };
    let requirements = |all: &[&str]| TaskWish {
        requirements: Some(all.iter().map(|it| (*it).to_owned()).collect()),
        ..TaskWish::default()
    };
    let mut shown = String::new();
    for (text, id, wish) in [
        (NATIVE, "2", wish("Another")),
        (NATIVE, "2", files(&["b.py", "z.py"])),
        (NATIVE, "2", files(&[])),
        (NATIVE, "2", on(&[])),
        (NATIVE, "1", minutes(45)),
        (NATIVE, "2", minutes(1)),
        (NATIVE, "1", requirements(&["FR-1", "NFR-1"])),
        (SEED, "2", on(&[])),
        (SEED, "1", files(&["m/1.sql", "m/3.sql"])),
        (SEED, "1", wish("One")),
        (KIRO, "1.1", requirements(&["1.2"])),
        (KIRO, "1.2", on(&["1.1"])),
        (SPEC_KIT, "T009", on(&["T001"])),
    ] {
        shown += &changed(text, id, &wish).replace('\r', "");
        shown += "\n";
    }
    insta::assert_snapshot!(shown, @"
    -- [ ] 2. Second
    +- [ ] 2. Another

    -  - Scope: `b.py`, `c.py`
    +  - Scope: `b.py`, `z.py`

    -  - Scope: `b.py`, `c.py`

    -  - Dependencies: 1

    -  - Estimated: 10 minutes
    +  - Estimated: 45 minutes

    +  - Estimated: 1 minute

    -  - Requirements: FR-1
    +  - Requirements: FR-1, NFR-1

    -  Dependencies: Task 1

    -  Scope: m/1.sql
    +  Scope: m/1.sql, m/3.sql

    -☐ Task 1: First
    +☐ Task 1: One

    -    - _Requirements: 1.1, 1.2_
    +    - _Requirements: 1.2_

    +    - Dependencies: 1.1

    +  - Dependencies: T001
    ");
    assert_eq!(changed(NATIVE, "2", &files(&["b.py", "c.py"])), "");
}

#[test]
fn a_moved_task_keeps_its_number_and_takes_what_is_below_along() {
    let moved = |text: &str, id: &str, place: TaskPlace| {
        let edited = move_task(text, &id.into(), &place).expect("moved");
        format!(
            "{}: {}{:?}",
            edited.task,
            edited.text.replace('\r', ""),
            edited.renamed
        )
    };
    insta::assert_snapshot!(moved(NATIVE, "1", TaskPlace::End), @"
    1: # Tasks: T

    ## Phase 1: A

    - [ ] 2. Second
      - Scope: `b.py`, `c.py`
      - Dependencies: 1
      - kept as it is

    ## Phase 2: B

    - [ ] 3. Third
      - Dependencies: 1, 2 (the model), 3x

    - [x] 1. First
      - Scope: `a.py`
      - Estimated: 10 minutes
      - Requirements: FR-1

    <!-- kiro: spec 1a2b3c4d5e6f7081 -->
    []
    ");
    insta::assert_snapshot!(moved(KIRO, "1", TaskPlace::After("2".into())), @r#"
    1: # Implementation Plan

    - [ ] 2. Checkpoint
    - [ ] 1. Group
      - [x] 1.1 One
        - detail
        - _Requirements: 1.1, 1.2_
      - [ ]* 1.2 Two

    ```json
    {"waves": [{"id": 0, "tasks": ["1.1"]}, {"id": 1, "tasks": ["1.2", "2"]}]}
    ```[]
    "#);
    insta::assert_snapshot!(moved(KIRO, "1.1", TaskPlace::After("2".into())), @r#"
    1.1: # Implementation Plan

    - [ ] 1. Group
      - [ ]* 1.2 Two
    - [ ] 2. Checkpoint
    - [x] 1.1 One
      - detail
      - _Requirements: 1.1, 1.2_

    ```json
    {"waves": [{"id": 0, "tasks": ["1.1"]}, {"id": 1, "tasks": ["1.2", "2"]}]}
    ```[]
    "#);
    insta::assert_snapshot!(moved(PLAIN, "1", TaskPlace::After("2".into())), @r#"
    2: - [ ] b
      - Dependencies: 2
    - [ ] a
    - [ ] c
      - Dependencies: 2, 1
    [(TaskId("2"), TaskId("1")), (TaskId("1"), TaskId("2"))]
    "#);
    let itself = move_task(KIRO, &"1".into(), &TaskPlace::Under("1.2".into()));
    assert_eq!(itself, Err(EditError::Itself("1".into())));
}

#[test]
fn who_waited_for_a_dropped_task_waits_for_what_that_one_waited_for() {
    let needed = drop_task(NATIVE, &"2".into(), false).expect_err("it is needed");
    assert_eq!(needed.to_string(), "task 2 is waited for by 3");
    let shown = |text: &str, id: &str| {
        let edited = drop_task(text, &id.into(), true).expect("dropped");
        let renamed = edited.renamed.iter().map(|(a, b)| format!("{a}→{b} "));
        let renamed: String = renamed.collect();
        format!(
            "{:?} {renamed}\n{}",
            edited.released,
            difference(text, &edited.text)
        )
        .replace('\r', "")
    };
    insta::assert_snapshot!(shown(NATIVE, "2"), @r#"
    [TaskId("3")] 
    -- [ ] 2. Second
    -  - Scope: `b.py`, `c.py`
    -  - Dependencies: 1
    -  - kept as it is
    -
    -## Phase 2: B
    -
    -- [ ] 3. Third
    -  - Dependencies: 1, 2 (the model), 3x
    +
    +## Phase 2: B
    +
    +- [ ] 3. Third
    +  - Dependencies: 1, 3x
    "#);
    insta::assert_snapshot!(shown(KIRO, "1.1"), @r#"
    [] 
    -  - [x] 1.1 One
    -    - detail
    -    - _Requirements: 1.1, 1.2_
    -  - [ ]* 1.2 Two
    -- [ ] 2. Checkpoint
    -
    -```json
    -{"waves": [{"id": 0, "tasks": ["1.1"]}, {"id": 1, "tasks": ["1.2", "2"]}]}
    +  - [ ]* 1.2 Two
    +- [ ] 2. Checkpoint
    +
    +```json
    +{"waves": [{"id": 0, "tasks": []}, {"id": 1, "tasks": ["1.2", "2"]}]}
    "#);
    insta::assert_snapshot!(shown(KIRO, "1.2"), @r#"
    [] 
    -  - [ ]* 1.2 Two
    -- [ ] 2. Checkpoint
    -
    -```json
    -{"waves": [{"id": 0, "tasks": ["1.1"]}, {"id": 1, "tasks": ["1.2", "2"]}]}
    +- [ ] 2. Checkpoint
    +
    +```json
    +{"waves": [{"id": 0, "tasks": ["1.1"]}, {"id": 1, "tasks": ["2"]}]}
    "#);
    insta::assert_snapshot!(shown(PLAIN, "1"), @r#"
    [TaskId("2"), TaskId("3")] 2→1 3→2 
    -- [ ] a
    -- [ ] b
    -  - Dependencies: 1
    -- [ ] c
    -  - Dependencies: 1, 2
    +- [ ] b
    +- [ ] c
    +  - Dependencies: 1
    "#);
    insta::assert_snapshot!(shown(SEED, "1"), @r#"
    [TaskId("2")] 
    -☐ Task 1: First
    -  Scope: m/1.sql
    -
    -☑ Task 2: Second
    -  Scope: m/2.sql
    -  Dependencies: Task 1
    +☑ Task 2: Second
    +  Scope: m/2.sql
    "#);
}

#[test]
fn what_cannot_be_is_refused() {
    let unknown = TaskWish {
        depends_on: Some(ids(&["9"])),
        ..wish("n")
    };
    assert_eq!(
        add_task(NATIVE, &unknown, &TaskPlace::End),
        Err(EditError::UnknownDependency("9".into()))
    );
    assert_eq!(
        add_task(NATIVE, &wish(" "), &TaskPlace::End),
        Err(EditError::NoTitle)
    );
    let nowhere = add_task(NATIVE, &wish("n"), &TaskPlace::Phase("C".into())).expect_err("nowhere");
    assert_eq!(
        nowhere.to_string(),
        "no task stands under «C»; the phases are: Phase 1: A, Phase 2: B"
    );
    assert_eq!(
        edit_task(NATIVE, &"9".into(), &wish("n")),
        Err(EditError::UnknownTask("9".into()))
    );
    // A bare number is one only beside its neighbours.
    let loose = "- [ ] 1 one\n- [ ] 2 two\n- [ ] 3 three\n";
    assert!(matches!(
        drop_task(loose, &"2".into(), true),
        Err(EditError::Unclear(_))
    ));
    // The requirement stands in the text, not in a field.
    let text = "- [ ] 1. a\n  - Prove it (Req 1.1)\n";
    let none = TaskWish {
        requirements: Some(Vec::new()),
        ..TaskWish::default()
    };
    assert!(matches!(
        edit_task(text, &"1".into(), &none),
        Err(EditError::Unclear(_))
    ));
}
