//! Tasks against their spec: what is covered, what waits for what, what would be written at once.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::diagnostic::{Code, Diagnostic};
use crate::id::TaskId;
use crate::{Named, Spec, Task, TaskList, TaskMark};

/// A task's own line.
fn line(task: &Task) -> std::ops::Range<usize> {
    let start = task.span.start;
    start..(task.mark_span.end + 1).max(start)
}

pub(super) fn references(list: &TaskList, spec: &Spec, found: &mut Vec<Diagnostic>) {
    for task in list.all() {
        for name in task
            .requirements
            .iter()
            .filter(|it| spec.named(it).is_none())
        {
            let message = format!(
                "Task {} cites {name}, which is not in the spec; correct the id or remove it.",
                task.id
            );
            found.push(Diagnostic::new(Code::UnknownReference, line(task), message));
        }
    }
}

pub(super) fn coverage(list: &TaskList, spec: &Spec, text: &str, found: &mut Vec<Diagnostic>) {
    if list.tasks.is_empty() {
        return;
    }
    let (mut requirements, mut criteria) = (HashSet::new(), HashSet::new());
    let mut all = false;
    for task in list.all() {
        all |= task.covers_all;
        for named in task.requirements.iter().filter_map(|it| spec.named(it)) {
            match named {
                Named::Requirement(it) => requirements.insert(it.id.clone()),
                Named::Criterion(_, it) => criteria.insert(it.id.as_str().to_owned()),
            };
        }
    }
    let is_idle =
        |it: &&Task| it.requirements.is_empty() && !it.covers_all && !is_checkpoint(&it.title);
    let any = !requirements.is_empty() || !criteria.is_empty();
    let parents = parents(list);
    for task in list.leaves().filter(|_| any).filter(is_idle) {
        let above = std::iter::successors(parents.get(&task.id), |it| parents.get(*it));
        let is_served = above
            .filter_map(|it| list.task(it))
            .any(|it| !it.requirements.is_empty() || it.covers_all);
        if !is_served {
            let message = format!(
                "Task {} cites no requirement; add \"_Requirements: …_\" under it, or remove it.",
                task.id
            );
            found.push(Diagnostic::new(Code::IdleTask, line(task), message));
        }
    }
    if all {
        return;
    }
    let end = text.len();
    let all = spec.to_carry_out().into_iter();
    for requirement in all.filter(|it| !requirements.contains(&it.id)) {
        let missing: Vec<&str> = requirement
            .criteria
            .iter()
            .map(|it| it.id.as_str())
            .filter(|it| !criteria.contains(*it))
            .collect();
        if missing.is_empty() && !requirement.criteria.is_empty() {
            continue;
        }
        let what = if missing.len() == requirement.criteria.len() {
            requirement.id.to_string()
        } else {
            missing.join(", ")
        };
        let message = format!(
            "No task cites {what} ({}); name it under the task that carries it out.",
            requirement.title
        );
        found.push(Diagnostic::new(Code::UncoveredCriterion, end..end, message));
    }
}

fn parents(list: &TaskList) -> HashMap<TaskId, TaskId> {
    list.all()
        .flat_map(|task| {
            task.subtasks
                .iter()
                .map(|it| (it.id.clone(), task.id.clone()))
        })
        .collect()
}

/// A pause for checks, which serves all requirements and no one of them.
fn is_checkpoint(title: &str) -> bool {
    let lower = title.to_lowercase();
    ["checkpoint", "检查点", "チェックポイント"]
        .iter()
        .any(|it| lower.contains(it))
}

/// Tasks that wait for each other.
pub(super) fn order(list: &TaskList, found: &mut Vec<Diagnostic>) {
    let needs: BTreeMap<&TaskId, &[TaskId]> = list
        .all()
        .map(|it| (&it.id, it.depends_on.as_slice()))
        .collect();
    let mut left: HashSet<&TaskId> = needs.keys().copied().collect();
    let mut waiting: HashMap<&TaskId, usize> = HashMap::new();
    let mut waited_for: HashMap<&TaskId, Vec<&TaskId>> = HashMap::new();
    for (task, on) in &needs {
        let known: HashSet<&TaskId> = on.iter().filter(|it| needs.contains_key(it)).collect();
        waiting.insert(task, known.len());
        known
            .into_iter()
            .for_each(|it| waited_for.entry(it).or_default().push(task));
    }
    let mut free: Vec<&TaskId> = waiting
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(id, _)| *id)
        .collect();
    while let Some(id) = free.pop() {
        left.remove(id);
        for task in waited_for.get(id).into_iter().flatten() {
            let count = waiting.entry(task).or_insert(1);
            *count -= 1;
            if *count == 0 {
                free.push(task);
            }
        }
    }
    let circle = list
        .all()
        .find(|it| left.contains(&it.id))
        .map(|it| circle(&it.id, &needs, &left));
    if let Some(circle) = circle
        && let Some(task) = list.task(&circle[0])
    {
        let names: Vec<&str> = circle.iter().map(TaskId::as_str).collect();
        let message = format!(
            "Tasks wait for each other in a circle: {}; remove one of these dependencies.",
            names.join(" → ")
        );
        found.push(Diagnostic::new(Code::DependencyCycle, line(task), message));
    }
}

fn circle(
    start: &TaskId,
    needs: &BTreeMap<&TaskId, &[TaskId]>,
    left: &HashSet<&TaskId>,
) -> Vec<TaskId> {
    let mut path = vec![start.clone()];
    let mut places: HashMap<TaskId, usize> = HashMap::from([(start.clone(), 0)]);
    let mut at = start.clone();
    while let Some(next) = needs
        .get(&at)
        .and_then(|on| on.iter().find(|it| left.contains(it)))
    {
        if let Some(from) = places.get(next) {
            let mut circle = path.split_off(*from);
            circle.push(next.clone());
            return circle;
        }
        places.insert(next.clone(), path.len());
        path.push(next.clone());
        at = next.clone();
    }
    path
}

/// Waves that name unknown tasks, and tasks of one wave that write the same file.
pub(super) fn waves(list: &TaskList, found: &mut Vec<Diagnostic>) {
    let by_number: HashMap<&str, &Task> = list
        .all()
        .filter_map(|it| Some((it.number.as_deref()?, it)))
        .collect();
    for wave in &list.waves {
        let mut writers: HashMap<&str, &str> = HashMap::new();
        for number in &wave.tasks {
            let Some(task) = by_number.get(number.as_str()) else {
                let message = format!(
                    "Wave {} names task {number}, which is not in the list; correct the number or remove it.",
                    wave.id
                );
                found.push(Diagnostic::new(
                    Code::UnknownInWave,
                    wave.span.clone(),
                    message,
                ));
                continue;
            };
            for file in &task.files {
                if let Some(other) = writers.insert(file, number)
                    && other != number
                {
                    let message = format!(
                        "Tasks {other} and {number} of wave {} both write {file}; put one of them in a later wave.",
                        wave.id
                    );
                    found.push(Diagnostic::new(
                        Code::WaveOverlap,
                        wave.span.clone(),
                        message,
                    ));
                }
            }
        }
    }
}

/// Ticked tasks above open ones that are not optional.
pub(super) fn boxes(list: &TaskList, found: &mut Vec<Diagnostic>) {
    for task in list.all().filter(|it| it.mark == TaskMark::Done) {
        let open = task
            .subtasks
            .iter()
            .find(|it| it.mark != TaskMark::Done && !it.optional);
        if let Some(open) = open {
            let message = format!(
                "Task {} is ticked, but {} below it is open; finish {}, or untick {}.",
                task.id, open.id, open.id, task.id
            );
            found.push(Diagnostic::new(Code::TickedTooEarly, line(task), message));
        }
    }
}
