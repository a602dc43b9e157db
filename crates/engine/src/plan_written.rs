//! Plans and tasks that a model wrote, judged by the program before they count.
//!
//! What follows from the spec by itself is never the model's choice: which functions there are, where they stand,
//! and which files their checks need. The derived draft says so, and a written plan must hold at least that.

use std::collections::BTreeSet;

use spec::{FileKind, Plan, PlannedFile, Requirement, Spec, Task, TaskList};

use crate::fact::TaskRecord;
use crate::fingerprint;
use crate::plan::{Draft, DraftTask, derive};
use crate::plan_check::{Finding, check_plan};
use crate::tooling::Tooling;
use crate::work::{source_files, work_of};

/// Most findings that are told at once.
const FINDINGS_MAX: usize = 20;

/// A plan and its tasks that passed every check.
#[derive(Clone, Debug)]
pub struct WrittenPlan {
    /// The plan, with the spec's fingerprint.
    pub plan: Plan,
    /// The tasks, all open.
    pub tasks: Vec<Task>,
}

/// Reads a plan and a task list as a model wrote them, adds what follows from the spec by itself, and checks the whole.
///
/// # Errors
/// Everything that is wrong, each in one sentence that says what would be right.
pub fn read_written(
    spec: &Spec,
    tooling: &Tooling,
    existing: &BTreeSet<String>,
    plan: &str,
    tasks: &str,
) -> Result<WrittenPlan, Vec<Finding>> {
    let list = TaskList::parse(tasks);
    let derived = derive(spec, tooling, existing);
    let mut findings: Vec<String> = list
        .diagnostics
        .iter()
        .map(|it| format!("the task list: {}", it.message))
        .collect();
    let mut written = WrittenPlan {
        plan: Plan::parse(plan),
        tasks: list.tasks,
    };
    written.plan.title.clone_from(&spec.title);
    written.plan.spec_fingerprint = Some(spec.fingerprint.clone());
    for task in &mut written.tasks {
        add_what_follows(spec, &derived, task);
    }
    name_phases(&mut written);
    plan_files(&mut written, existing);
    findings.extend(unlike(&written));
    let records = records(spec, &written.tasks);
    findings.extend(unknown(spec, &records));
    findings.extend(uncarried(spec, &derived, &records));
    let plain = check_plan(spec, &written.plan, &records, existing);
    findings.extend(plain.into_iter().map(|it| it.message));
    findings.extend(unprovable(spec, tooling, &records));
    if findings.is_empty() {
        return Ok(written);
    }
    findings.truncate(FINDINGS_MAX);
    let finding = |message| Finding { message };
    Err(findings.into_iter().map(finding).collect())
}

/// The tasks that are worked on: those without tasks below them.
fn leaves(tasks: &[Task]) -> Vec<&Task> {
    fn below(task: &Task) -> Vec<&Task> {
        match task.subtasks.is_empty() {
            true => vec![task],
            false => leaves(&task.subtasks),
        }
    }
    tasks.iter().flat_map(below).collect()
}

fn records(spec: &Spec, tasks: &[Task]) -> Vec<TaskRecord> {
    let record = |task: &Task| TaskRecord {
        id: task.id.to_string(),
        title: task.title.clone(),
        depends_on: task.depends_on.iter().map(ToString::to_string).collect(),
        requirements: task.requirements.clone(),
        files: task.files.clone(),
        fingerprint: fingerprint::of_task(spec, &task.title, &task.requirements, &task.files),
        prints: Vec::new(),
        ticked: false,
    };
    leaves(tasks).into_iter().map(record).collect()
}

/// Test files compiled from examples and what a package needs belong to the task that writes the source: the program
/// knows them, and a model need not.
fn add_what_follows(spec: &Spec, derived: &Draft, task: &mut Task) {
    for it in &mut task.subtasks {
        add_what_follows(spec, derived, it);
    }
    task.mark = spec::TaskMark::Open;
    let sources = source_files(spec);
    let is_source = |it: &String| sources.contains(it);
    let alike = derived.tasks.iter().filter(|it| {
        let source = it
            .files
            .iter()
            .any(|it| is_source(it) && task.files.contains(it));
        source
            && it
                .requirements
                .iter()
                .any(|it| cites(spec, &task.requirements, it))
    });
    let follows = alike.flat_map(|it| it.files.iter().filter(|it| !is_source(it)));
    let follows: Vec<String> = follows.cloned().collect();
    for file in follows {
        if !task.files.contains(&file) {
            task.files.push(file);
        }
    }
}

/// Tasks that stand under no heading stand under their phase of the plan.
fn name_phases(written: &mut WrittenPlan) {
    for task in &mut written.tasks {
        let own = |it: &&spec::Phase| it.tasks.iter().any(|it| it.number == task.id.number());
        let phase = written.plan.phases.iter().find(own);
        if let (None, Some(phase)) = (&task.phase, phase) {
            task.phase = Some(phase.title.clone()).filter(|it| !it.is_empty());
        }
    }
}

/// Whether names of requirements or of their criteria name this requirement.
fn cites(spec: &Spec, names: &[String], requirement: &str) -> bool {
    let mut all = spec.requirements.iter();
    let found = all.find(|it| it.id.as_str() == requirement);
    found.is_some_and(|it| names.iter().any(|name| it.is_named(name)))
}

/// The plan's tree holds every file of every task, as it is on disk.
fn plan_files(written: &mut WrittenPlan, existing: &BTreeSet<String>) {
    let kind = |path: &str| match existing.contains(path) {
        true => FileKind::Modify,
        false => FileKind::New,
    };
    for file in &mut written.plan.files {
        file.kind = kind(&file.path);
    }
    let tasks = leaves(&written.tasks);
    let files = tasks.iter().flat_map(|it| &it.files);
    for path in files {
        if written.plan.files.iter().all(|it| it.path != *path) {
            written.plan.files.push(PlannedFile {
                path: path.clone(),
                kind: kind(path),
                note: String::new(),
            });
        }
    }
}

/// Plan and task list must speak of the same tasks.
fn unlike(written: &WrittenPlan) -> Vec<String> {
    let planned: BTreeSet<u32> = written.plan.tasks().map(|it| it.number).collect();
    let listed: BTreeSet<u32> = written.tasks.iter().map(|it| it.id.number()).collect();
    let mut wrong = Vec::new();
    if written.plan.phases.is_empty() {
        wrong.push(
            "the plan has no phase; write «### Phase 1: Title (Tasks 1-2)» with a numbered list"
                .to_owned(),
        );
        return wrong;
    }
    let only = |left: &BTreeSet<u32>, right: &BTreeSet<u32>, where_: &str| -> Vec<String> {
        let missing = left.difference(right);
        missing
            .map(|it| format!("task {it} stands {where_} only"))
            .collect()
    };
    wrong.extend(only(&planned, &listed, "in the plan"));
    wrong.extend(only(&listed, &planned, "in the task list"));
    wrong
}

/// Names that mean nothing: requirements that are none, files that are no paths, tasks without files.
fn unknown(spec: &Spec, tasks: &[TaskRecord]) -> Vec<String> {
    let mut wrong = Vec::new();
    for task in tasks {
        let known = |name: &String| spec.requirements.iter().any(|it| it.is_named(name));
        let strange = task.requirements.iter().filter(|it| !known(it));
        wrong.extend(
            strange.map(|it| format!("task {} names {it}, which the spec does not have", task.id)),
        );
        if task.files.is_empty() {
            wrong.push(format!(
                "task {} names no file; write «Scope: `path`» below it",
                task.id
            ));
        }
        let odd = task
            .files
            .iter()
            .filter(|it| change::RelPath::parse(it).is_err());
        wrong.extend(odd.map(|it| format!("task {} names {it}, which is no path", task.id)));
    }
    wrong
}

/// What the derived draft carries out and the written one does not.
fn uncarried(spec: &Spec, derived: &Draft, tasks: &[TaskRecord]) -> Vec<String> {
    let carried = |requirement: &String, file: &String| {
        tasks
            .iter()
            .any(|it| it.files.contains(file) && cites(spec, &it.requirements, requirement))
    };
    let named = |file: &String| tasks.iter().any(|it| it.files.contains(file));
    let sources = source_files(spec);
    let mut wrong = BTreeSet::new();
    let wants = |task: &DraftTask, file: &String| -> Option<String> {
        let own = task.requirements.first();
        match own.filter(|_| sources.contains(file)) {
            Some(own) if !carried(own, file) => Some(format!(
                "no task that carries out {own} has `{file}` in its scope, where the spec places its code"
            )),
            None if !named(file) => Some(format!("no task writes `{file}`, which is needed")),
            _ => None,
        }
    };
    for task in &derived.tasks {
        wrong.extend(task.files.iter().filter_map(|file| wants(task, file)));
    }
    wrong.into_iter().collect()
}

/// Tasks that nothing could prove, although the spec has examples for what they cite, or they cite nothing.
fn unprovable(spec: &Spec, tooling: &Tooling, tasks: &[TaskRecord]) -> Vec<String> {
    let has_examples = |task: &TaskRecord| {
        let cited = |it: &Requirement| task.requirements.iter().any(|name| it.is_named(name));
        let mut all = spec.requirements.iter();
        task.requirements.is_empty() || all.any(|it| cited(it) && !it.examples.is_empty())
    };
    let why = |task: &TaskRecord| {
        let work = work_of(spec, tooling, &task.id, &task.requirements, &task.files);
        match work {
            Ok(work) if work.unjudged.is_some() && has_examples(task) => Some(format!(
                "task {} could never be proven: give it the file that the spec's examples of its requirement call, or \
                 make it a part of the task that has that file",
                task.id
            )),
            _ => None,
        }
    };
    tasks.iter().filter_map(why).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: &str = "\
# Numbers

## Functional Requirements

### FR-1: Doubling

`double(n: int) -> int` in `kit/double.py`.

- Twice the number
  - `double(2)` → `4`

### FR-2: Halving

`halve(n: int) -> int` in `kit/halve.py`.

- Half of the number
  - `halve(4)` → `2`
";

    const PLAN: &str = "\
# Implementation Plan: whatever

## File Structure
```
kit/
  double.py  # [NEW] doubles
  halve.py   # [MODIFY] halves
  __init__.py # [NEW]
```

## Implementation Steps

### Phase 1: Functions (Tasks 1-2)
1. Write double
2. Write halve

### Phase 2: Package (Task 3)
3. Export both

## Dependencies Between Tasks
- Task 3 depends on Tasks 1-2 (`kit/__init__.py` imports both)

## Architectural Decisions
- Pattern: plain functions
";

    const TASKS: &str = "\
# Tasks

- [ ] 1. Write double
  - Scope: `kit/double.py`
  - Requirements: FR-1
- [x] 2. Write halve
  - Scope: `kit/halve.py`
  - Requirements: FR-2.1
- [ ] 3. Export both
  - Scope: `kit/__init__.py`
  - Dependencies: Task 1, Task 2
";

    fn read(plan: &str, tasks: &str) -> Result<WrittenPlan, String> {
        let spec = Spec::parse("numbers", SPEC);
        let existing = BTreeSet::new();
        let read = read_written(&spec, &Tooling::default(), &existing, plan, tasks);
        read.map_err(|findings| {
            let messages: Vec<String> = findings.into_iter().map(|it| it.message).collect();
            messages.join("\n")
        })
    }

    #[test]
    fn a_good_plan_gets_what_follows_from_the_spec() {
        let written = read(PLAN, TASKS).expect("good");
        let text = TaskList::render("Numbers", &written.tasks, None);
        insta::assert_snapshot!(text, @r"
        # Tasks: Numbers

        ## Functions

        - [ ] 1. Write double
          - Scope: `kit/double.py`, `tests/test_fr_1_doubling.py`
          - Requirements: FR-1
        - [ ] 2. Write halve
          - Scope: `kit/halve.py`, `tests/test_fr_2_halving.py`
          - Requirements: FR-2.1

        ## Package

        - [ ] 3. Export both
          - Scope: `kit/__init__.py`
          - Dependencies: 1, 2
        ");
        let plan = written.plan.render();
        assert!(plan.contains("[NEW] halves"), "{plan}");
        assert!(plan.contains("test_fr_1_doubling.py"), "{plan}");
        assert_eq!(Plan::parse(&plan), written.plan);
    }

    #[track_caller]
    fn check(plan: &str, tasks: &str, expected: &[&str]) {
        let found = read(plan, tasks).expect_err("findings");
        for it in expected {
            assert!(found.contains(it), "{it}\nin\n{found}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        check(
            "",
            "",
            &[
                "the plan has no phase",
                "no task carries out FR-1",
                "no task writes `kit/__init__.py`",
            ],
        );
        check(
            PLAN,
            &TASKS.replace("FR-1", "FR-9"),
            &[
                "task 1 names FR-9, which the spec does not have",
                "no task carries out FR-1",
            ],
        );
        check(
            PLAN,
            &TASKS.replace("kit/double.py", "kit/twice.py"),
            &[
                "no task that carries out FR-1 has `kit/double.py` in its scope",
                "task 1 could never be proven",
            ],
        );
        check(
            PLAN,
            &TASKS.replace("  - Scope: `kit/__init__.py`\n", ""),
            &["task 3 names no file"],
        );
        check(
            PLAN,
            &TASKS.replace("- [x] 2.", "- [ ] 5."),
            &[
                "task 2 stands in the plan only",
                "task 5 stands in the task list only",
            ],
        );
        check(
            PLAN,
            &TASKS.replace("FR-1\n", "FR-1\n  - Dependencies: Task 3\n"),
            &["in a circle"],
        );
        check(
            &PLAN.replace(" (`kit/__init__.py` imports both)", ""),
            TASKS,
            &["names no file or symbol that causes it"],
        );
        check(
            PLAN,
            &TASKS.replace("kit/__init__.py", "../out.py"),
            &["../out.py, which is no path"],
        );
        let more = format!("{TASKS}- [ ] 4. Write the docs\n  - Scope: `docs.md`\n");
        let plan = PLAN.replace("3. Export both\n", "3. Export both\n4. Write the docs\n");
        check(&plan, &more, &["task 4 could never be proven"]);
    }
}
