//! The checks that every plan must pass, whoever wrote it.

use std::collections::{BTreeMap, BTreeSet};

use spec::{FileKind, Plan, Spec};

use crate::fact::TaskRecord;
use crate::run::Run;

/// Something wrong with a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What, in one sentence that says where.
    pub message: String,
}

/// Checks a plan and its tasks against the spec and the project's files: every requirement is covered, no
/// task waits in a circle, files exist or are new, and each dependency names what causes it.
pub fn check_plan(
    spec: &Spec,
    plan: &Plan,
    tasks: &[TaskRecord],
    existing: &BTreeSet<String>,
) -> Vec<Finding> {
    let mut findings = uncovered(spec, tasks);
    findings.extend(Run::check_graph(tasks).err().map(|it| it.to_string()));
    findings.extend(wrong_files(plan, tasks, existing));
    findings.extend(causeless(plan, tasks));
    findings
        .into_iter()
        .map(|message| Finding { message })
        .collect()
}

fn uncovered(spec: &Spec, tasks: &[TaskRecord]) -> Vec<String> {
    let cited: BTreeSet<&String> = tasks.iter().flat_map(|it| &it.requirements).collect();
    let named = cited.iter().filter_map(|it| spec.named(it));
    let named: BTreeSet<_> = named.map(|it| &it.requirement().id).collect();
    let all = spec.to_carry_out().into_iter();
    let missing = all.filter(|it| !named.contains(&it.id));
    missing
        .map(|it| format!("no task carries out {}", it.id))
        .collect()
}

fn wrong_files(plan: &Plan, tasks: &[TaskRecord], existing: &BTreeSet<String>) -> Vec<String> {
    let planned: BTreeMap<&str, FileKind> = plan
        .files
        .iter()
        .map(|it| (it.path.as_str(), it.kind))
        .collect();
    let mut wrong: Vec<String> = planned
        .iter()
        .filter(|(path, kind)| **kind == FileKind::Modify && !existing.contains(**path))
        .map(|(path, _)| format!("{path} is to be modified but does not exist"))
        .collect();
    for task in tasks {
        let unknown = task
            .files
            .iter()
            .filter(|it| !planned.contains_key(it.as_str()) && !existing.contains(*it));
        wrong.extend(unknown.map(|it| {
            format!(
                "task {} changes {it}, which neither exists nor is planned as new",
                task.id
            )
        }));
    }
    wrong
}

/// A dependency's cause names a file of either task, or a symbol in backticks.
fn causeless(plan: &Plan, tasks: &[TaskRecord]) -> Vec<String> {
    let stated: BTreeMap<u32, &str> = plan
        .dependencies
        .iter()
        .map(|it| (it.task, it.because.as_str()))
        .collect();
    let dependent = tasks.iter().filter(|it| !it.depends_on.is_empty());
    dependent
        .filter(|task| {
            let number = task.id.parse::<u32>().unwrap_or(0);
            let because = stated.get(&number).copied().unwrap_or("");
            !because.contains('`') && !task.files.iter().any(|it| because.contains(it.as_str()))
        })
        .map(|it| {
            format!(
                "task {} depends on {} but the plan names no file or symbol that causes it",
                it.id,
                it.depends_on.join(", ")
            )
        })
        .collect()
}
