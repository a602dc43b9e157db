//! What a person wrote under "Additional Considerations" acts: a line becomes a constraint of the task that it speaks of, a task
//! of its own, or a remark that it found no place.

use std::collections::BTreeSet;

use spec::{Plan, Task, TaskId, TaskList};

use super::task_id;
use crate::documents;
use crate::error::SessionError;
use crate::places::SpecPlace;

/// The phase of tasks that a consideration became, and the word before a constraint.
const PHASE: &str = "Additional Considerations";
const CONSTRAINT: &str = "Constraint: ";

/// The lines under "Additional Considerations" of the plan that stands there.
pub(crate) fn lines(place: &SpecPlace) -> Result<Vec<String>, SessionError> {
    let plan = documents::read(&place.project, &place.plan())?.unwrap_or_default();
    Ok(Plan::parse(&plan).considerations)
}

/// Gives every line a place among `tasks`.
pub(super) fn place_all(lines: &[String], tasks: &mut Vec<Task>) {
    for line in lines {
        if is_for_later(line) || has_place(line, tasks) {
            continue;
        }
        match spoken_of(line, tasks) {
            Some(at) => tasks[at].details.push(format!("{CONSTRAINT}{line}")),
            None => {
                let next = tasks.iter().map(|it| it.id.number()).max().unwrap_or(0) + 1;
                tasks.push(Task {
                    phase: Some(PHASE.to_owned()),
                    ..Task::new(task_id(next), line.clone())
                });
            }
        }
    }
}

/// The lines that no task holds, each with why.
pub(super) fn homeless(lines: &[String], list: &TaskList) -> Vec<String> {
    let all: Vec<Task> = list.all().cloned().collect();
    let told = lines.iter().filter(|it| !has_place(it, &all)).map(|line| {
        if is_for_later(line) {
            format!("«{line}» under Additional Considerations is for later, so no task holds it; put it into the spec to have it built")
        } else {
            format!("«{line}» under Additional Considerations has no task yet; `kiro plan` gives it one")
        }
    });
    told.collect()
}

/// The constraints that a task holds.
pub(super) fn constraints(task: &Task) -> Vec<&str> {
    let details = task.details.iter();
    details
        .filter_map(|it| it.strip_prefix(CONSTRAINT))
        .collect()
}

fn has_place(line: &str, tasks: &[Task]) -> bool {
    let holds = |it: &Task| {
        it.title == *line
            || it
                .details
                .iter()
                .any(|it| it.strip_prefix(CONSTRAINT) == Some(line))
    };
    tasks.iter().any(holds)
}

/// A thought about another time, and no work of this plan.
fn is_for_later(line: &str) -> bool {
    let lower = line.to_lowercase();
    [
        "future",
        "later",
        "next iteration",
        "next version",
        "out of scope",
        "someday",
    ]
    .iter()
    .any(|it| lower.contains(it))
}

/// The task that a line speaks of: named by its number, or the one that shares most words with it, if those are two at least.
fn spoken_of(line: &str, tasks: &[Task]) -> Option<usize> {
    const SHARED: usize = 2;
    let lower = line.to_lowercase();
    let by_number = tasks.iter().position(|it| is_named(&lower, &it.id));
    by_number.or_else(|| {
        let wanted = words(line);
        let shared = |it: &Task| {
            let own = words(&format!("{} {}", it.title, it.files.join(" ")));
            wanted.intersection(&own).count()
        };
        let scored = tasks.iter().map(shared).enumerate();
        let best = scored.max_by_key(|(at, count)| (*count, usize::MAX - at))?;
        (best.1 >= SHARED).then_some(best.0)
    })
}

fn is_named(lower: &str, id: &TaskId) -> bool {
    let name = format!("task {id}").to_lowercase();
    lower.match_indices(&name).any(|(at, _)| {
        !lower[at + name.len()..].starts_with(|c: char| c.is_ascii_digit() || c == '.')
    })
}

fn words(text: &str) -> BTreeSet<String> {
    const SHORTEST: usize = 4;
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|it| it.chars().count() >= SHORTEST)
        .map(|it| it.to_lowercase().trim_end_matches('s').to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_finds_its_place() {
        let task = |id: u32, title: &str, file: &str| Task {
            files: vec![file.to_owned()],
            ..Task::new(task_id(id), title)
        };
        let mut tasks = vec![
            task(
                1,
                "Build Auth Router: rate limiting on all auth endpoints",
                "src/auth/router.py",
            ),
            task(
                2,
                "Build User Repository (database access)",
                "src/user/repository.py",
            ),
        ];
        let lines: Vec<String> = [
            "Add rate limiting to prevent brute force",
            "Consider adding 2FA in future iteration",
            "Ensure GDPR compliance for user data",
            "Task 2 must not log e-mail addresses",
        ]
        .map(str::to_owned)
        .to_vec();
        place_all(&lines, &mut tasks);
        place_all(&lines, &mut tasks);
        assert_eq!(
            tasks[0].details,
            ["Constraint: Add rate limiting to prevent brute force"]
        );
        assert_eq!(
            tasks[1].details,
            ["Constraint: Task 2 must not log e-mail addresses"]
        );
        assert_eq!(
            (tasks.len(), tasks[2].title.as_str()),
            (3, "Ensure GDPR compliance for user data")
        );
        let list = TaskList {
            tasks,
            ..TaskList::default()
        };
        let told = homeless(&lines, &list);
        assert_eq!(told.len(), 1);
        assert!(
            told[0].contains("2FA") && told[0].contains("for later"),
            "{told:?}"
        );
    }
}
